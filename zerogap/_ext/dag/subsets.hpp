// Exact dynamic programming over sets of variables for any local score.
//
//     f(U) = min over the last variable j of U of  f(U \ j) + c_j(U \ j),
// c_j(P) being the least cost of j with parents within P. The tables c_j range over the subsets of the
// candidates of j alone. Sets run in ascending binary order, so that subsets come first.
#ifndef ZEROGAP_DAG_SUBSETS
#define ZEROGAP_DAG_SUBSETS
#include "dag/local.hpp"
#include "dag/search.hpp"

namespace zg::dag {

class SubsetProgram {
  public:
    const Problem* problem = nullptr;
    LocalScore* score = nullptr;  // null: costs follow from variances, parents may be left out
    double value = std::numeric_limits<double>::infinity();
    std::vector<int> order;
    std::vector<std::vector<int>> parents;
    bool done = false;
    int64_t steps = 0;

    void init(const Problem& p, LocalScore* s, const uint8_t* before) {
        problem = &p;
        score = s;
        d = p.d;
        need.assign(d, 0);
        for (int i = 0; i < d; ++i)
            for (int j = 0; j < d; ++j)
                if (before[(size_t)i * d + j]) need[j] |= 1u << i;
        tables.resize(d);
        low.assign((size_t)d << HALF, 0);
        high.assign((size_t)d << HALF, 0);
        candidate.assign(d, 0);
        required.assign(d, 0);
        for (int j = 0; j < d; ++j) {
            const auto& c = p.candidates[j];
            for (int i : p.required[j]) required[j] |= 1u << i;
            for (size_t k = 0; k < c.size(); ++k) candidate[j] |= 1u << c[k];
            tables[j].assign((size_t)1 << c.size(), std::numeric_limits<double>::infinity());
            for (uint32_t m = 0; m < 1u << HALF; ++m)
                for (size_t k = 0; k < c.size(); ++k) {
                    if (c[k] < HALF && (m >> c[k] & 1)) low[((size_t)j << HALF) + m] |= 1u << k;
                    if (c[k] >= HALF && (m >> (c[k] - HALF) & 1)) high[((size_t)j << HALF) + m] |= 1u << k;
                }
        }
        block_bits = std::min(d, 12);
        phase = 0;
        cursor = 0;
        matrices.resize((size_t)(block_bits + 2) * d * d);
    }

    // Work for at most so long; true while there is more to do.
    bool run(double seconds) {
        const double deadline = now() + seconds;
        while (!done) {
            if (phase == 0) fill();
            else if (phase == 1) propagate();
            else program();
            if (now() >= deadline) break;
        }
        return !done;
    }

  private:
    static constexpr int HALF = 14;
    int d = 0, block_bits = 0, phase = 0;
    uint64_t cursor = 0;
    std::vector<uint32_t> need, low, high, candidate, required;
    std::vector<std::vector<double>> tables;
    std::vector<double> f, matrices;

    uint32_t compress(int j, uint32_t set) const {
        return low[((size_t)j << HALF) + (set & ((1u << HALF) - 1))] |
               high[((size_t)j << HALF) + (set >> HALF)];
    }

    // Phase 0: costs of all parent sets, a block of sets with common high bits at a time.
    void fill() {
        if (score) return fill_by_score();
        const uint64_t blocks = 1ULL << (d - block_bits);
        double* M = &matrices[(size_t)block_bits * d * d];
        std::memcpy(M, problem->S.data(), sizeof(double) * d * d);
        const uint32_t prefix = (uint32_t)(cursor << block_bits);
        for (int x = block_bits; x < d; ++x) {
            if (!(prefix >> x & 1)) continue;
            for (int i = 0; i < d; ++i) {
                if (i == x) continue;
                const double c = M[(size_t)i * d + x] / M[(size_t)x * d + x];
                for (int j = 0; j < d; ++j)
                    if (j != x) M[(size_t)i * d + j] -= c * M[(size_t)x * d + j];
            }
        }
        sweep(block_bits, prefix);
        steps += 1LL << block_bits;
        if (++cursor == blocks) { phase = 1; cursor = 0; }
    }

    void sweep(int t, uint32_t set) {
        const double* C = &matrices[(size_t)t * d * d];
        if (t == 0) {
            const int size = __builtin_popcount(set);
            if (size > problem->most_parents) return;
            const double edges = problem->edge * size;
            for (int j = 0; j < d; ++j) {
                if ((set >> j & 1) || (set & ~(candidate[j] | required[j])) || (required[j] & ~set))
                    continue;
                tables[j][compress(j, set)] =
                    problem->base(std::max(C[(size_t)j * d + j], 1e-300)) + edges;
            }
            return;
        }
        double* M = &matrices[(size_t)(t - 1) * d * d];
        const int x = t - 1;
        // Rows below x serve further conditioning; of the others only the diagonal is needed.
        std::memcpy(M, C, sizeof(double) * (size_t)x * d);
        for (int i = x; i < d; ++i) M[(size_t)i * d + i] = C[(size_t)i * d + i];
        sweep(t - 1, set);
        const double* row = C + (size_t)x * d;
        const double inverse = 1.0 / row[x];
        for (int i = 0; i < x; ++i) {
            const double c = row[i] * inverse;
            for (int j = 0; j < d; ++j) M[(size_t)i * d + j] = C[(size_t)i * d + j] - c * row[j];
        }
        for (int i = x; i < d; ++i)
            M[(size_t)i * d + i] = C[(size_t)i * d + i] - row[i] * row[i] * inverse;
        sweep(t - 1, set | 1u << x);
    }

    void fill_by_score() {
        // cursor counts through all tables; a few sets a call, since one may take a millisecond.
        for (int tries = 0; tries < 16; ++tries) {
            uint64_t k = cursor;
            int j = 0;
            while (j < d && k >= tables[j].size()) k -= tables[j++].size();
            if (j == d) { phase = 1; cursor = 0; return; }
            Bits set;
            set.w[0] = k;
            const int size = __builtin_popcountll(k) + (int)problem->required[j].size();
            if (size <= problem->most_parents) tables[j][k] = score->cost(j, set);
            ++cursor;
            ++steps;
        }
    }

    // Phase 1: a set is worth at least its best subset. One variable a call.
    void propagate() {
        if (cursor == (uint64_t)d) { phase = 2; cursor = 0; return; }
        std::vector<double>& table = tables[cursor];
        for (size_t bit = 1; bit < table.size(); bit <<= 1)
            for (size_t high_part = bit; high_part < table.size(); high_part += 2 * bit)
                for (size_t k = high_part; k < high_part + bit; ++k)
                    table[k] = std::min(table[k], table[k - bit]);
        ++cursor;
    }

    // Phase 2: the program itself, 2^16 sets a call.
    void program() {
        const uint64_t sets = 1ULL << d;
        if (!cursor) {
            f.assign(sets, std::numeric_limits<double>::infinity());
            f[0] = 0;
        }
        const uint64_t end = std::min(sets, cursor + 65536);
        for (; cursor < end; ++cursor) {
            const uint32_t set = (uint32_t)cursor;
            const double here = f[set];
            if (!(here < std::numeric_limits<double>::infinity())) continue;
            for (uint32_t rest = (uint32_t)(sets - 1) & ~set; rest; rest &= rest - 1) {
                const int j = __builtin_ctz(rest);
                if (need[j] & ~set) continue;
                double& to = f[set | 1u << j];
                to = std::min(to, here + tables[j][compress(j, set)]);
            }
        }
        steps += 65536;
        if (cursor == sets) { trace(); done = true; }
    }

    void trace() {
        uint32_t set = (uint32_t)((1ULL << d) - 1);
        value = f[set];
        order.assign(d, -1);
        parents.assign(d, {});
        if (!(value < std::numeric_limits<double>::infinity())) return;
        for (int k = d - 1; k >= 0; --k) {
            int last = -1;
            double nearest = std::numeric_limits<double>::infinity();
            for (int j = 0; j < d; ++j) {
                if (!(set >> j & 1)) continue;
                const uint32_t rest = set & ~(1u << j);
                if (need[j] & ~rest) continue;
                const double error = std::abs(f[rest] + tables[j][compress(j, rest)] - f[set]);
                if (error < nearest) { nearest = error; last = j; }
            }
            order[k] = last;
            set &= ~(1u << last);
            choose(last, compress(last, set));
        }
    }

    // The smallest set behind a table entry: drop candidates while the cost stays the same.
    void choose(int j, uint32_t set) {
        const double c = tables[j][set];
        for (bool dropped = true; dropped;) {
            dropped = false;
            for (uint32_t rest = set; rest; rest &= rest - 1) {
                const uint32_t bit = rest & -rest;
                if (tables[j][set & ~bit] == c) { set &= ~bit; dropped = true; break; }
            }
        }
        parents[j] = problem->required[j];
        for (size_t k = 0; k < problem->candidates[j].size(); ++k)
            if (set >> k & 1) parents[j].push_back(problem->candidates[j][k]);
    }
};

}  // namespace zg::dag
#endif
