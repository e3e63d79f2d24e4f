// Bitset branch and bound on one dense subproblem. Included once for every instruction set
// (ZG_FAIR_TARGET names it), after fairclique_dense.hpp.
//
// A frame holds the candidates P and the branching set B ⊆ P: every fair clique that extends the
// path by candidates and beats the incumbent has a vertex in B. Three branching sets are known,
// and the smallest is preferred:
//   joint     P without what `target - 1 - |R|` independent sets cover,
//   attribute P_i without what `least - r_i - 1` independent sets of attribute i cover, since a
//             better clique needs `least` vertices of attribute i (least follows from the target
//             and delta: it is the incumbent that raises k).
// Vertices that found no independent set are tried again by re-colouring one vertex and by
// infra-chromatic triples: three independent sets that no triangle crosses count for two.

namespace zg::fairclique {
namespace ZG_FAIR_TARGET {

template <int W, int FixedA>
class Branch final : public Branching {
  public:
    explicit Branch(Shared* shared) : s_(shared), A_(shared->rule.attributes) {}

    void start(const Local* local, const int* base, int base_size) override {
        g_ = local;
        if (W == 0) w_ = local->words;
        const size_t depth = (size_t)local->depth + 2, set = (size_t)words();
        frames_.resize(depth * 2 * set);
        path_.resize(depth);
        const size_t classes = (size_t)local->depth + 2;
        class_.resize(classes * set);
        frozen_.resize(classes);
        scratch_.resize((size_t)(4 + A()) * set);
        base_ = size_ = base_size;
        std::copy(base, base + A(), r_);
        std::fill(asked_, asked_ + MAX_ATTRIBUTES, 0);
        std::fill(helped_, helped_ + MAX_ATTRIBUTES, 0);
        depth_ = 0;
        Word* P = cand(0);
        std::fill(P, P + set, 0);
        for (int v = 0; v < local->n; ++v) P[v >> 6] |= 1ULL << (v & 63);
        report();
        if (!expand(P, branch(0))) depth_ = -1;
    }

    bool run(long budget, long& nodes) override {
        while (depth_ >= 0) {
            if (budget-- <= 0) return true;
            Word* B = branch(depth_);
            int v = -1;
            for (int k = words() - 1; k >= 0; --k)
                if (B[k]) {
                    v = (k << 6) + 63 - __builtin_clzll(B[k]);
                    B[k] &= ~(1ULL << (v & 63));
                    break;
                }
            if (v < 0) {
                if (--depth_ >= 0) leave(path_[depth_]);
                continue;
            }
            Word* P = cand(depth_);
            P[v >> 6] &= ~(1ULL << (v & 63));
            Word* C = cand(depth_ + 1);
            const Word* N = g_->row(v);
            Word any = 0;
            for (int k = 0; k < words(); ++k) any |= C[k] = P[k] & N[k];
            ++nodes;
            path_[depth_] = v;
            ++size_;
            ++r_[g_->attr[v]];
            report();
            if (any && expand(C, branch(depth_ + 1)))
                ++depth_;
            else
                leave(v);
        }
        return false;
    }

  private:
    // Beyond so many uncovered vertices, trying them again hardly ever saves the node.
    static constexpr int FEW = 4;
    // Questions to an attribute before its success counts.
    static constexpr long ENOUGH = 128;

    int words() const { return W ? W : w_; }
    int A() const { return FixedA ? FixedA : A_; }
    Word* cand(int d) { return &frames_[(size_t)d * 2 * words()]; }
    Word* branch(int d) { return &frames_[((size_t)d * 2 + 1) * words()]; }
    Word* cls(int c) { return &class_[(size_t)c * words()]; }
    Word* spare(int i) { return &scratch_[(size_t)i * words()]; }

    void leave(int v) {
        --size_;
        --r_[g_->attr[v]];
    }

    int count(const Word* X) const {
        int c = 0;
        for (int k = 0; k < words(); ++k) c += __builtin_popcountll(X[k]);
        return c;
    }

    void report() {
        const Rule& rule = s_->rule;
        if (s_->all) {
            if (size_ != s_->target() || rule.largest(r_) != size_) return;
        } else if (rule.largest(r_) < s_->target()) {
            return;
        }
        s_->record(*g_, path_.data(), size_ - base_, r_);
    }

    // False if nothing better can be below; else B gets the branching set and P may lose
    // candidates of an attribute that is full.
    bool expand(Word* P, Word* B) {
        Rule rule = s_->rule;
        rule.target = s_->target();
        const int least = rule.least(), n_attr = A();
        int have[MAX_ATTRIBUTES], u[MAX_ATTRIBUTES], all = size_;
        for (int i = 0; i < n_attr; ++i) {
            const Word* M = g_->mask(i);
            int c = 0;
            for (int k = 0; k < words(); ++k) c += __builtin_popcountll(P[k] & M[k]);
            have[i] = c;
            u[i] = r_[i] + c;
            if (u[i] < least) return false;
            all += c;
        }
        if (all < rule.target || rule.largest(u) < rule.target) return false;
        if (!full(rule, P, have, u)) return false;

        Word* U = spare(0);
        int smallest = cover(P, rule.target - 1 - size_, B, true);
        if (smallest == 0) return false;
        for (int i = 0; i < n_attr && smallest > 1; ++i) {
            const int q = least - r_[i];
            if (q <= 0) continue;
            if (++asked_[i] > ENOUGH && helped_[i] * 8 < asked_[i] && asked_[i] % 16) continue;
            Word* side = spare(1);
            const Word* M = g_->mask(i);
            for (int k = 0; k < words(); ++k) side[k] = P[k] & M[k];
            const int left = cover(side, q - 1, U, false);
            if (left * 2 > smallest) continue;
            // One help in sixteen questions stands for those not asked.
            helped_[i] += asked_[i] > ENOUGH && helped_[i] * 8 < asked_[i] ? 16 : 1;
            if (left == 0) return false;
            smallest = left;
            std::copy(U, U + words(), B);
        }
        return true;
    }

    // Attributes whose count may not grow any more lose their candidates.
    bool full(const Rule& rule, Word* P, int* have, int* u) {
        int m = u[0];
        for (int i = 1; i < A(); ++i) m = std::min(m, u[i]);
        const int cap = m + rule.delta;
        bool changed = false;
        for (int i = 0; i < A(); ++i) {
            if (r_[i] > cap) return false;
            if (r_[i] < cap || have[i] == 0) continue;
            const Word* M = g_->mask(i);
            for (int k = 0; k < words(); ++k) P[k] &= ~M[k];
            have[i] = 0;
            u[i] = r_[i];
            changed = true;
        }
        return !changed || rule.largest(u) >= rule.target;
    }

    // What of X at most `classes` independent sets (less what triples save) do not cover, into U.
    int cover(const Word* X, int classes, Word* U, bool thorough) {
        std::copy(X, X + words(), U);
        if (classes <= 0) return count(U);
        int used = 0;
        Word* Q = spare(2);
        for (; used < classes; ++used) {
            Word any = 0;
            for (int k = 0; k < words(); ++k) any |= Q[k] = U[k];
            if (!any) return 0;
            Word* C = cls(used);
            std::fill(C, C + words(), 0);
            for (int k = 0; k < words(); ++k)
                while (Q[k]) {
                    const int bit = __builtin_ctzll(Q[k]);
                    const Word one = 1ULL << bit;
                    C[k] |= one;
                    Q[k] ^= one;
                    const Word* N = g_->row((k << 6) + bit);
                    for (int j = W && W <= 4 ? 0 : k; j < words(); ++j) Q[j] &= ~N[j];
                }
            for (int k = 0; k < words(); ++k) U[k] &= ~C[k];
        }
        int left = count(U);
        if (!thorough || left > FEW) return left;
        left = 0;
        std::fill(frozen_.begin(), frozen_.begin() + used, 0);
        for (int k = 0; k < words(); ++k)
            for (Word rest = U[k]; rest; rest &= rest - 1) {
                const int v = (k << 6) + __builtin_ctzll(rest);
                if (recolour(v, used) || triple(v, used))
                    U[k] &= ~(rest & -rest);
                else
                    ++left;
            }
        return left;
    }

    // v joins a class, if need be after its only neighbour there has moved to another class.
    bool recolour(int v, int used) {
        const Word* N = g_->row(v);
        for (int c = 0; c < used; ++c) {
            if (frozen_[c]) continue;
            Word* C = cls(c);
            int found = 0, w = -1;
            for (int k = 0; k < words() && found < 2; ++k) {
                const Word x = C[k] & N[k];
                if (!x) continue;
                found += (x & (x - 1)) ? 2 : 1;
                w = (k << 6) + __builtin_ctzll(x);
            }
            if (found > 1) continue;
            if (found == 1) {
                const int d = free_class(w, c, used);
                if (d < 0) continue;
                C[w >> 6] &= ~(1ULL << (w & 63));
                cls(d)[w >> 6] |= 1ULL << (w & 63);
            }
            C[v >> 6] |= 1ULL << (v & 63);
            return true;
        }
        return false;
    }

    int free_class(int w, int but, int used) {
        const Word* N = g_->row(w);
        for (int d = 0; d < used; ++d) {
            if (d == but || frozen_[d]) continue;
            const Word* D = cls(d);
            Word x = 0;
            for (int k = 0; k < words(); ++k) x |= D[k] & N[k];
            if (!x) return d;
        }
        return -1;
    }

    // {v} and two classes that no triangle crosses: together they hold two vertices of a clique
    // at most. Frozen classes may not change any more and serve one triple only.
    bool triple(int v, int used) {
        const Word* N = g_->row(v);
        Word* reach = spare(3);
        for (int c = 0; c + 1 < used; ++c) {
            if (frozen_[c]) continue;
            const Word* C = cls(c);
            std::fill(reach, reach + words(), 0);
            for (int k = 0; k < words(); ++k)
                for (Word x = C[k] & N[k]; x; x &= x - 1) {
                    const Word* M = g_->row((k << 6) + __builtin_ctzll(x));
                    for (int j = 0; j < words(); ++j) reach[j] |= M[j];
                }
            for (int k = 0; k < words(); ++k) reach[k] &= N[k];
            for (int d = c + 1; d < used; ++d) {
                if (frozen_[d]) continue;
                const Word* D = cls(d);
                Word x = 0;
                for (int k = 0; k < words(); ++k) x |= D[k] & reach[k];
                if (x) continue;
                frozen_[c] = frozen_[d] = 1;
                return true;
            }
        }
        return false;
    }

    Shared* s_;
    const Local* g_ = nullptr;
    const int A_;
    int w_ = W, depth_ = -1, size_ = 0, base_ = 0;
    int r_[MAX_ATTRIBUTES] = {0};
    long asked_[MAX_ATTRIBUTES] = {0}, helped_[MAX_ATTRIBUTES] = {0};
    std::vector<Word> frames_, class_, scratch_;
    std::vector<uint8_t> frozen_;
    std::vector<int32_t> path_;
};

inline std::unique_ptr<Branching> make_branch(Shared* shared, int words) {
    if (shared->rule.attributes == 2) switch (words) {
            case 1: return std::make_unique<Branch<1, 2>>(shared);
            case 2: return std::make_unique<Branch<2, 2>>(shared);
            case 3: return std::make_unique<Branch<3, 2>>(shared);
            case 4: return std::make_unique<Branch<4, 2>>(shared);
            case 5: return std::make_unique<Branch<5, 2>>(shared);
            case 6: return std::make_unique<Branch<6, 2>>(shared);
            case 7: return std::make_unique<Branch<7, 2>>(shared);
            case 8: return std::make_unique<Branch<8, 2>>(shared);
            default: return std::make_unique<Branch<0, 2>>(shared);
        }
    return std::make_unique<Branch<0, 0>>(shared);
}

}  // namespace ZG_FAIR_TARGET
}  // namespace zg::fairclique
