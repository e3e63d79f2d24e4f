// Exact search over orders for the least-squares score: dynamic programming over predecessor sets,
// layer by layer, with a bound that leaves few sets alive.
//
// f(U) = least sum of residual variances when the variables of U come first. For the rest R the
// residual variances of any order multiply to D = det(S_RR|U); so by the inequality of arithmetic
// and geometric means they sum to at least |R| D^(1/|R|). Two more facts sharpen it: variable i of R
// ends between l_i, its variance given all others, and u_i, its variance given U. The bound is the
// least sum of numbers l_i <= x_i <= u_i with product D, reached at x_i = min(u_i, max(l_i, t)).
// A set whose f plus bound is not below the cut-off cannot be part of a better order.
//
// Variables are numbered by a good order, the first in the highest bit. A layer sorted by its masks
// is a trie, and neighbouring sets share the conditional covariance of their common beginning.
#ifndef ZEROGAP_DAG_LAYERS
#define ZEROGAP_DAG_LAYERS
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "shared/clock.hpp"

namespace zg::dag {

inline uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}
inline uint64_t hash_of(uint64_t m) { return mix(m + 0x9e3779b97f4a7c15ULL); }
inline uint64_t hash_of(unsigned __int128 m) {
    return mix((uint64_t)m * 0x9e3779b97f4a7c15ULL + mix((uint64_t)(m >> 64) + 0x632be59bd9b4e019ULL));
}

template <class Mask>
class Layers {
  public:
    struct State { Mask set; double f; };

    int d = 0, layer = 0;
    int64_t expanded = 0, limit = 0;
    double cutoff = std::numeric_limits<double>::infinity();
    double bound = 0;        // every order costs at least min(bound, cut-off)
    bool done = false, full = false, found = false;
    std::vector<int> order;  // the better order, if one was found

    bool init(int n, const double* S_, const uint8_t* before, double cut, int64_t states) {
        d = n;
        limit = states;
        cutoff = cut;
        S.assign(S_, S_ + (size_t)d * d);
        stack.assign((size_t)(d + 1) * d * d, 0.0);
        logs.assign(d + 1, 0.0);
        path.clear();
        std::memcpy(stack.data(), S.data(), sizeof(double) * d * d);
        need.assign(d, 0);
        for (int i = 0; i < d; ++i)
            for (int j = 0; j < d; ++j)
                if (before[(size_t)i * d + j]) need[j] |= bit(i);
        if (!extremes()) return false;
        layers.assign(1, {});
        layers[0].push_back({0, 0.0});
        cursor = 0;
        layer = 0;
        open_next();
        bound = remaining(stack.data(), 0, d, total_log);
        if (bound >= margin()) finish_exhausted();
        return true;
    }

    // Expand sets until the time is over; true while there is more to do.
    bool run(double seconds) {
        const double deadline = zg::now() + seconds;
        while (!done && !full) {
            std::vector<State>& now = layers[layer];
            int until = 32;
            while (cursor < now.size()) {
                expand(now[cursor++]);
                if (full) return false;
                if (--until == 0) {
                    if (zg::now() >= deadline) return true;
                    until = 32;
                }
            }
            close_layer();
        }
        return false;
    }

    int64_t stored() const {
        int64_t n = (int64_t)count;
        for (const auto& l : layers) n += (int64_t)l.size();
        return n;
    }

  private:
    std::vector<double> S, stack, logs, least, ends;
    std::vector<int> path, members;
    std::vector<Mask> need;
    std::vector<std::vector<State>> layers;
    std::vector<State> table;
    std::vector<uint8_t> used;
    size_t count = 0, cursor = 0;
    double total_log = 0, next_bound = 0;

    Mask bit(int i) const { return (Mask)1 << (d - 1 - i); }
    double margin() const { return cutoff * (1 - 2e-10); }

    // l_i = 1 / (S^-1)_ii and log det S, by elimination of the identity.
    bool extremes() {
        std::vector<double> L(S), I((size_t)d * d, 0.0);
        least.assign(d, 0.0);
        total_log = 0;
        for (int k = 0; k < d; ++k) {
            for (int j = 0; j < k; ++j) {
                double c = L[(size_t)k * d + j];
                for (int m = 0; m < j; ++m) c -= L[(size_t)k * d + m] * L[(size_t)j * d + m];
                L[(size_t)k * d + j] = c / L[(size_t)j * d + j];
            }
            double v = S[(size_t)k * d + k];
            for (int m = 0; m < k; ++m) v -= L[(size_t)k * d + m] * L[(size_t)k * d + m];
            if (!(v > 0)) return false;
            L[(size_t)k * d + k] = std::sqrt(v);
            total_log += std::log(v);
            for (int j = 0; j <= k; ++j) {
                double c = j == k ? 1.0 : 0.0;
                for (int m = j; m < k; ++m) c -= L[(size_t)k * d + m] * I[(size_t)m * d + j];
                I[(size_t)k * d + j] = c / L[(size_t)k * d + k];
            }
        }
        for (int j = 0; j < d; ++j) {
            double s = 0;
            for (int k = j; k < d; ++k) s += I[(size_t)k * d + j] * I[(size_t)k * d + j];
            least[j] = (1 - 1e-12) / s;
        }
        return true;
    }

    // Condition M on x; rows of conditioned variables are left as they are.
    void condition(const double* M, int x, double* out) const {
        const double* row = M + (size_t)x * d;
        const double inverse = 1.0 / row[x];
        for (int i = 0; i < d; ++i) {
            const double c = row[i] * inverse;
            const double* m = M + (size_t)i * d;
            double* o = out + (size_t)i * d;
            for (int j = 0; j < d; ++j) o[j] = m[j] - c * row[j];
        }
    }

    // Covariance given the set, on top of the stack; conditions only on what differs from before.
    const double* covariance(Mask set) {
        members.clear();
        for (int i = 0; i < d; ++i) if (set & bit(i)) members.push_back(i);
        size_t common = 0;
        while (common < path.size() && common < members.size() && path[common] == members[common])
            ++common;
        path.resize(common);
        for (size_t k = common; k < members.size(); ++k) {
            const int x = members[k];
            const double* M = stack.data() + (size_t)k * d * d;
            logs[k + 1] = logs[k] + std::log(M[(size_t)x * d + x]);
            condition(M, x, stack.data() + (size_t)(k + 1) * d * d);
            path.push_back(x);
        }
        return stack.data() + members.size() * d * d;
    }

    // Least sum of x_i in [l_i, u_i] over the variables outside `set` with product exp(log).
    // `skip` is conditioned on besides, its row of M giving the upper ends. The Lagrangian
    //     g(t) = t log + sum_i min_x (x - t log x),   x_i = min(u_i, max(l_i, t)),
    // bounds the sum for every t > 0; a few fixed-point rounds bring t near its best.
    double remaining(const double* M, Mask set, int r, double log, int skip = -1) {
        if (r == 0) return 0;
        const double* row = skip < 0 ? nullptr : M + (size_t)skip * d;
        ends.clear();
        for (int i = 0; i < d; ++i) {
            if ((set & bit(i)) || i == skip) continue;
            ends.push_back(least[i]);
            ends.push_back(row ? M[(size_t)i * d + i] - row[i] * row[i] / row[skip]
                               : M[(size_t)i * d + i]);
        }
        double t = std::exp(log / r), value = r * t;
        for (int round = 0; round < 6; ++round) {
            double sum = 0, product = 1, logs_clamped = 0;
            int free = 0;
            for (int i = 0; i < r; ++i) {
                const double x = std::min(ends[2 * i + 1], std::max(ends[2 * i], t));
                if (x == t) { ++free; continue; }
                sum += x;
                product *= x;
                if (!(i & 7)) { logs_clamped += std::log(product); product = 1; }
            }
            logs_clamped += std::log(product);
            const double log_t = std::log(t);
            const double g = t * log + sum - t * logs_clamped + free * t * (1 - log_t);
            value = std::max(value, g);
            if (!free || free == r) break;
            const double next = std::exp((log - logs_clamped) / free);
            if (std::abs(next - t) <= 1e-9 * t) break;
            t = next;
        }
        return value;
    }

    void open_next() {
        size_t size = 1024;
        while (size < layers[layer].size() * 4) size *= 2;
        table.assign(size, {});
        used.assign(size, 0);
        count = 0;
        next_bound = std::numeric_limits<double>::infinity();
    }

    void expand(const State& state) {
        ++expanded;
        const double* M = covariance(state.set);
        const int r = d - (int)members.size();
        const double log = total_log - logs[members.size()];
        for (int j = 0; j < d; ++j) {
            if ((state.set & bit(j)) || (need[j] & ~state.set)) continue;
            const double v = M[(size_t)j * d + j];
            const double f = state.f + v;
            if (!(f < margin())) continue;
            const double rest = log - std::log(v);
            double total = f + (r > 1 ? (r - 1) * std::exp(rest / (r - 1)) : 0.0);
            if (!(total < margin())) continue;
            total = std::max(total, f + remaining(M, state.set, r - 1, rest, j));
            if (!(total < margin())) continue;
            next_bound = std::min(next_bound, total);
            insert(state.set | bit(j), f);
        }
    }

    void insert(Mask set, double f) {
        size_t k = hash_of(set) & (table.size() - 1);
        while (used[k] && table[k].set != set) k = (k + 1) & (table.size() - 1);
        if (used[k]) { table[k].f = std::min(table[k].f, f); return; }
        used[k] = 1;
        table[k] = {set, f};
        if (++count * 2 > table.size()) grow();
        if (stored() > limit) full = true;
    }

    void grow() {
        std::vector<State> old;
        old.swap(table);
        std::vector<uint8_t> was;
        was.swap(used);
        table.assign(old.size() * 2, {});
        used.assign(old.size() * 2, 0);
        for (size_t k = 0; k < old.size(); ++k) {
            if (!was[k]) continue;
            size_t at = hash_of(old[k].set) & (table.size() - 1);
            while (used[at]) at = (at + 1) & (table.size() - 1);
            used[at] = 1;
            table[at] = old[k];
        }
    }

    void close_layer() {
        std::vector<State> next;
        next.reserve(count);
        for (size_t k = 0; k < table.size(); ++k) if (used[k]) next.push_back(table[k]);
        std::sort(next.begin(), next.end(), [](const State& a, const State& b) { return a.set > b.set; });
        layers.push_back(std::move(next));
        ++layer;
        cursor = 0;
        bound = std::max(bound, std::min(next_bound, margin()));
        if (layers[layer].empty()) { finish_exhausted(); return; }
        if (layer == d) { trace(); return; }
        open_next();
    }

    void finish_exhausted() {
        done = true;
        bound = cutoff;
    }

    // The order behind f of the full set, found backwards through the layers.
    void trace() {
        done = found = true;
        Mask set = layers[d][0].set;
        double f = layers[d][0].f;
        bound = f;
        order.assign(d, -1);
        for (int k = d; k > 0; --k) {
            double best = std::numeric_limits<double>::infinity();
            int last = -1;
            double before = 0;
            for (int j = 0; j < d; ++j) {
                if (!(set & bit(j))) continue;
                const Mask rest = set & ~bit(j);
                if (need[j] & ~rest) continue;
                const auto& l = layers[k - 1];
                auto it = std::lower_bound(l.begin(), l.end(), rest,
                                           [](const State& s, Mask m) { return s.set > m; });
                if (it == l.end() || it->set != rest) continue;
                const double* M = covariance(rest);
                const double error = std::abs(it->f + M[(size_t)j * d + j] - f);
                if (error < best) { best = error; last = j; before = it->f; }
            }
            order[k - 1] = last;
            set &= ~bit(last);
            f = before;
        }
    }
};

}  // namespace zg::dag
#endif
