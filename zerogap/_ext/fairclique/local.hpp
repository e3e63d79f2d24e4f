// From a sparse graph to the dense subproblem of one vertex, and heuristics on dense subproblems.
#pragma once

#include "fairclique/dense.hpp"
#include "shared/rng.hpp"

namespace zg::fairclique {

// Cuts the neighbourhood of a vertex out of a graph; one object a thread, its arrays are reused.
class Builder {
  public:
    Builder(const Graph& g, const std::vector<uint8_t>& alive, const std::vector<int32_t>& colours,
            int palette_size, const Rule& rule)
        : g_(g), alive_(alive), colours_(colours), place_(g.n, -1),
          palette_(palette_size, rule.attributes) {}

    // The living neighbours of v (after it in the order only, if `later`), peeled by their
    // numbers of neighbours, in degeneracy order (last removed first). False if no clique of the
    // rule's target with v is left. At most `most` candidates are taken, the last in the order.
    // Without `ordered` they keep the order of the graph, which is cheaper.
    bool build(int v, const Rule& rule, bool later, int most, Local& out, bool ordered = true) {
        cand_.clear();
        palette_.clear();
        for (int64_t e = g_.first[v + 1]; e-- > g_.first[v];) {
            const int u = g_.adj[e];
            if (later && u < v) break;
            if (!alive_[u]) continue;
            if ((int)cand_.size() >= most) break;
            cand_.push_back(u);
            palette_.add(colours_[u], g_.attr[u]);
        }
        int own[MAX_ATTRIBUTES] = {0};
        own[g_.attr[v]] = 1;
        if (palette_.allowance(rule, own, true) < 0) return false;
        matrix();
        if (!peel(rule, own)) return false;
        if (ordered)
            arrange();
        else
            keep_order();
        copy(rule, out);
        out.base.assign(1, g_.origin[v]);
        out.base_attr.assign(1, g_.attr[v]);
        return true;
    }

    // The whole graph as one dense problem; own[i] vertices are chosen elsewhere.
    bool whole(const Rule& rule, const int* own, Local& out) {
        cand_.clear();
        for (int v = g_.n; v-- > 0;)
            if (alive_[v]) cand_.push_back(v);
        matrix();
        if (!peel(rule, own)) return false;
        arrange();
        copy(rule, out);
        out.base.clear();
        out.base_attr.clear();
        return true;
    }

    long work = 0;  // arcs and words looked at

  private:
    void matrix() {
        const int n = (int)cand_.size();
        words_ = std::max(1, (n + 63) >> 6);
        rows_.assign((size_t)n * words_, 0);
        for (int i = 0; i < n; ++i) place_[cand_[i]] = i;
        for (int i = 0; i < n; ++i) {
            const int u = cand_[i];
            // Later neighbours only: the earlier of two candidates sees the pair.
            for (int64_t e = g_.first[u + 1]; e-- > g_.first[u];) {
                const int w = g_.adj[e];
                if (w < u) break;
                ++work;
                const int j = place_[w];
                if (j < 0) continue;
                rows_[(size_t)i * words_ + (j >> 6)] |= 1ULL << (j & 63);
                rows_[(size_t)j * words_ + (i >> 6)] |= 1ULL << (i & 63);
            }
        }
        for (const int u : cand_) place_[u] = -1;
    }

    bool peel(const Rule& rule, const int* own) {
        const int n = (int)cand_.size(), A = rule.attributes, least = rule.least();
        int chosen = 0;
        for (int i = 0; i < A; ++i) chosen += own[i];
        masks_.assign((size_t)A * words_, 0);
        for (int i = 0; i < n; ++i)
            masks_[(size_t)g_.attr[cand_[i]] * words_ + (i >> 6)] |= 1ULL << (i & 63);
        live_.assign(n, 1);
        left_ = n;
        const auto fails = [&](int i) {
            const Word* N = &rows_[(size_t)i * words_];
            int u[MAX_ATTRIBUTES], all = chosen + 1;
            work += words_;
            for (int a = 0; a < A; ++a) {
                const Word* M = &masks_[(size_t)a * words_];
                int c = 0;
                for (int k = 0; k < words_; ++k) c += __builtin_popcountll(N[k] & M[k]);
                u[a] = c + own[a] + (g_.attr[cand_[i]] == a);
                if (u[a] < least) return true;
                all += c;
            }
            return all < rule.target || rule.largest(u) < rule.target;
        };
        for (bool changed = true; changed;) {
            changed = false;
            for (int i = 0; i < n; ++i) {
                if (!live_[i] || !fails(i)) continue;
                live_[i] = 0;
                --left_;
                masks_[(size_t)g_.attr[cand_[i]] * words_ + (i >> 6)] &= ~(1ULL << (i & 63));
                changed = true;
            }
        }
        return left_ > 0 || chosen >= rule.target;
    }

    void keep_order() {
        position_.clear();
        for (int i = 0; i < (int)cand_.size(); ++i)
            if (live_[i]) position_.push_back(i);
        depth_ = left_;
    }

    // Degeneracy order of what is left; ties by the sum of the neighbours' degrees at the start.
    void arrange() {
        const int n = (int)cand_.size();
        work += (long)left_ * left_ + (long)n * words_;
        all_.assign(words_, 0);
        for (int i = 0; i < n; ++i)
            if (live_[i]) all_[i >> 6] |= 1ULL << (i & 63);
        degree_.assign(n, 0);
        support_.assign(n, 0);
        for (int i = 0; i < n; ++i)
            if (live_[i])
                for (int k = 0; k < words_; ++k)
                    degree_[i] += __builtin_popcountll(rows_[(size_t)i * words_ + k] & all_[k]);
        for (int i = 0; i < n; ++i)
            if (live_[i]) each(i, [&](int j) { support_[i] += degree_[j]; });
        depth_ = 0;
        position_.assign(left_, 0);
        for (int p = left_ - 1; p >= 0; --p) {
            int best = -1;
            for (int k = 0; k < words_; ++k)
                for (Word x = all_[k]; x; x &= x - 1) {
                    const int i = (k << 6) + __builtin_ctzll(x);
                    if (best < 0 || degree_[i] < degree_[best] ||
                        (degree_[i] == degree_[best] && support_[i] < support_[best]))
                        best = i;
                }
            depth_ = std::max(depth_, degree_[best] + 1);
            position_[p] = best;
            all_[best >> 6] &= ~(1ULL << (best & 63));
            each(best, [&](int j) { --degree_[j]; });
        }
    }

    // The candidates in the places of position_.
    void copy(const Rule& rule, Local& out) {
        out.resize(left_, rule.attributes);
        out.depth = depth_;
        label_.resize(cand_.size());
        for (int p = 0; p < left_; ++p) {
            const int i = position_[p];
            label_[i] = p;
            out.set_attr(p, g_.attr[cand_[i]]);
            out.vertex[p] = g_.origin[cand_[i]];
        }
        for (int p = 0; p < left_; ++p) {
            const Word* N = &rows_[(size_t)position_[p] * words_];
            for (int k = 0; k < words_; ++k)
                for (Word x = N[k]; x; x &= x - 1) {
                    const int i = (k << 6) + __builtin_ctzll(x);
                    if (!live_[i]) continue;
                    ++work;
                    out.row(p)[label_[i] >> 6] |= 1ULL << (label_[i] & 63);
                }
        }
    }

    template <class F>
    void each(int i, F f) const {
        const Word* N = &rows_[(size_t)i * words_];
        for (int k = 0; k < words_; ++k)
            for (Word x = N[k] & all_[k]; x; x &= x - 1) f((k << 6) + __builtin_ctzll(x));
    }

    const Graph& g_;
    const std::vector<uint8_t>& alive_;
    const std::vector<int32_t>& colours_;
    std::vector<int32_t> place_, cand_, degree_, position_, label_;
    std::vector<int64_t> support_;
    std::vector<Word> rows_, masks_, all_;
    std::vector<uint8_t> live_;
    Palette palette_;
    int words_ = 1, left_ = 0, depth_ = 0;
};

// Greedy and swap-based search for a large fair clique in a dense subproblem.
class Climber {
  public:
    Climber(Shared* shared, uint64_t seed) : s_(shared) { zg_rng_seed(&rng_, seed); }

    // Always the attribute that lags behind, always the vertex with most candidates left.
    void greedy(const Local& g) {
        begin(g);
        std::vector<Word>& P = set_;
        P.assign(g.words, 0);
        for (int v = 0; v < g.n; ++v) P[v >> 6] |= 1ULL << (v & 63);
        for (;;) {
            const int a = lagging(g, P.data());
            if (a < 0) break;
            int best = -1, most = -1;
            const Word* M = g.mask(a);
            for (int k = 0; k < g.words; ++k)
                for (Word x = P[k] & M[k]; x; x &= x - 1) {
                    const int v = (k << 6) + __builtin_ctzll(x);
                    const Word* N = g.row(v);
                    int c = 0;
                    for (int j = 0; j < g.words; ++j) c += __builtin_popcountll(N[j] & P[j]);
                    if (c > most) {
                        most = c;
                        best = v;
                    }
                }
            work += g.words * (long)g.n / 2;
            path_.push_back(best);
            ++r_[a];
            const Word* N = g.row(best);
            for (int k = 0; k < g.words; ++k) P[k] &= N[k];
        }
        offer(g);
    }

    // Plateau search: add a vertex, else swap one in for the only member it misses, else drop.
    // A vertex that left stays out for some moves.
    void climb(const Local& g, long moves) {
        begin(g);
        missing_.assign(g.n, 0);
        until_.assign(g.n, 0);
        in_.assign(g.n, 0);
        for (long t = 1; t <= moves; ++t) {
            int add = -1, swap = -1, ties = 0, swap_ties = 0, low = INT_MAX;
            for (int v = 0; v < g.n; ++v) {
                if (in_[v] || until_[v] > t || missing_[v] > 1) continue;
                if (missing_[v] == 0) {
                    const int key = r_[g.attr[v]];
                    if (key < low) {
                        low = key;
                        ties = 0;
                    }
                    if (key == low && zg_rng_below(&rng_, ++ties) == 0) add = v;
                } else if (zg_rng_below(&rng_, ++swap_ties) == 0) {
                    swap = v;
                }
            }
            work += g.n;
            if (add >= 0) {
                enter(g, add);
            } else if (swap >= 0) {
                for (size_t j = 0; j < path_.size(); ++j)
                    if (!g.edge(swap, path_[j])) {
                        leave(g, (int)j, t + 2 + zg_rng_below(&rng_, 8));
                        break;
                    }
                enter(g, swap);
            } else if (!path_.empty()) {
                leave(g, (int)zg_rng_below(&rng_, (uint32_t)path_.size()), t + 7);
            }
            if (s_->rule.largest(r_) >= s_->target()) offer(g);
            if (swap_ties == 0 && add < 0 && path_.empty()) break;
        }
    }

    long work = 0;

  private:
    void begin(const Local& g) {
        path_.clear();
        std::fill(r_, r_ + MAX_ATTRIBUTES, 0);
        for (const uint8_t a : g.base_attr) ++r_[a];
    }

    int lagging(const Local& g, const Word* P) const {
        int best = -1;
        for (int a = 0; a < s_->rule.attributes; ++a) {
            if (best >= 0 && r_[a] >= r_[best]) continue;
            const Word* M = g.mask(a);
            Word any = 0;
            for (int k = 0; k < g.words; ++k) any |= P[k] & M[k];
            if (any) best = a;
        }
        return best;
    }

    void enter(const Local& g, int v) {
        path_.push_back(v);
        in_[v] = 1;
        ++r_[g.attr[v]];
        for (int u = 0; u < g.n; ++u) missing_[u] += !g.edge(v, u);
    }

    void leave(const Local& g, int j, long until) {
        const int v = path_[j];
        path_[j] = path_.back();
        path_.pop_back();
        in_[v] = 0;
        --r_[g.attr[v]];
        until_[v] = until;
        for (int u = 0; u < g.n; ++u) missing_[u] -= !g.edge(v, u);
    }

    void offer(const Local& g) {
        if (s_->rule.largest(r_) >= s_->target())
            s_->record(g, path_.data(), (int)path_.size(), r_);
    }

    Shared* s_;
    ZgRng rng_;
    int r_[MAX_ATTRIBUTES] = {0};
    std::vector<int32_t> path_, missing_;
    std::vector<int64_t> until_;
    std::vector<uint8_t> in_;
    std::vector<Word> set_;
};

}  // namespace zg::fairclique
