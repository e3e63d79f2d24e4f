// Enumeration of the parent sets that can be part of an optimal graph.
//
// A set is useless if one of its subsets costs no more: the subset fits wherever the set does. With
// v* the variance given all candidates, no superset of U can beat the best subset of U once
// base(v*) + edge (|U| + 1) is not below it; then U is not extended. Sets are built level by level;
// a set whose proper subsets were not all extended is useless too.
#ifndef ZEROGAP_DAG_PARENTS
#define ZEROGAP_DAG_PARENTS
#include "dag/local.hpp"

namespace zg::dag {

// Open addressing from sets (up to eight candidate numbers + 1, a byte each) to their best cost.
class SetTable {
  public:
    void clear() { keys.assign(1024, 0); values.assign(1024, 0); count = 0; }
    const double* find(uint64_t key) const {
        size_t k = spot(key);
        while (keys[k]) {
            if (keys[k] == key) return &values[k];
            k = (k + 1) & (keys.size() - 1);
        }
        return nullptr;
    }
    void put(uint64_t key, double value) {
        size_t k = spot(key);
        while (keys[k]) k = (k + 1) & (keys.size() - 1);
        keys[k] = key;
        values[k] = value;
        if (++count * 2 > keys.size()) grow();
    }
    size_t count = 0;

  private:
    std::vector<uint64_t> keys;
    std::vector<double> values;
    size_t spot(uint64_t key) const {
        key = (key ^ (key >> 31)) * 0x9e3779b97f4a7c15ULL;
        return (key ^ (key >> 29)) & (keys.size() - 1);
    }
    void grow() {
        std::vector<uint64_t> k(keys.size() * 2, 0);
        std::vector<double> v(keys.size() * 2, 0);
        k.swap(keys);
        v.swap(values);
        for (size_t i = 0; i < k.size(); ++i) {
            if (!k[i]) continue;
            size_t at = spot(k[i]);
            while (keys[at]) at = (at + 1) & (keys.size() - 1);
            keys[at] = k[i];
            values[at] = v[i];
        }
    }
};

class ParentSets {
  public:
    std::vector<uint64_t> sets;  // packed, of the last variable enumerated
    std::vector<double> costs;
    bool complete = true;        // nothing useful is missing
    double missing = 0;          // else: every missing set costs at least this
    int64_t evaluated = 0;

    void enumerate(const Problem& p, int j, int64_t budget) {
        problem = &p;
        const std::vector<int>& candidates = p.candidates[j];
        const std::vector<int>& required = p.required[j];
        k = (int)candidates.size();
        order.assign(candidates.begin(), candidates.end());
        order.push_back(j);
        m = k + 1;
        most = std::min({p.most_parents - (int)required.size(), k, 8});
        levels.assign(most + 1, std::vector<double>());
        levels[0].resize((size_t)m * m);
        base_matrix(required);
        best.clear();
        sets.clear();
        costs.clear();
        evaluated = 1;
        fixed = p.edge * (double)required.size();
        const double all = p.base(full_variance());
        const double empty = p.base(levels[0][(size_t)k * m + k]) + fixed;
        sets.push_back(0);
        costs.push_back(empty);
        last_level = 0;
        floor = all + fixed;
        worth = floor + p.edge < empty ? 1 : 0;
        for (int size = 1; size <= most && worth; ++size) {
            worth = 0;
            for (int i = 0; i + size <= k && evaluated <= budget; ++i) descend(0, i, 0, size, size);
            if (evaluated > budget) return finish(false);
            last_level = size;
        }
        // Up to the in-degree limit everything was looked at; beyond eight parents it was not.
        finish(!worth || most < 8 || most == k || most == p.most_parents - (int)required.size());
    }

  private:
    const Problem* problem = nullptr;
    int k = 0, m = 0, most = 0, last_level = 0;
    int64_t worth = 0;  // sets of this level that are worth extending
    double fixed = 0, floor = 0;
    std::vector<int> order;
    std::vector<std::vector<double>> levels;
    SetTable best;

    void finish(bool whole) {
        complete = whole;
        missing = floor + problem->edge * (last_level + 1);
        std::vector<size_t> rank(sets.size());
        for (size_t i = 0; i < rank.size(); ++i) rank[i] = i;
        std::stable_sort(rank.begin(), rank.end(), [&](size_t a, size_t b) { return costs[a] < costs[b]; });
        std::vector<uint64_t> s;
        std::vector<double> c;
        for (size_t r : rank) { s.push_back(sets[r]); c.push_back(costs[r]); }
        sets.swap(s);
        costs.swap(c);
    }

    // Covariance of candidates and target given the required parents.
    void base_matrix(const std::vector<int>& required) {
        const size_t d = problem->d;
        std::vector<int> all(order);
        all.insert(all.end(), required.begin(), required.end());
        const int t = (int)all.size();
        std::vector<double> M((size_t)t * t);
        for (int a = 0; a < t; ++a)
            for (int b = 0; b < t; ++b) M[(size_t)a * t + b] = problem->S[all[a] * d + all[b]];
        for (int x = m; x < t; ++x)
            for (int a = 0; a < t; ++a) {
                if (a >= m && a <= x) continue;
                const double c = M[(size_t)a * t + x] / M[(size_t)x * t + x];
                for (int b = 0; b < t; ++b) if (b != x) M[(size_t)a * t + b] -= c * M[(size_t)x * t + b];
            }
        for (int a = 0; a < m; ++a)
            for (int b = 0; b < m; ++b) levels[0][(size_t)a * m + b] = M[(size_t)a * t + b];
    }

    double full_variance() const {
        std::vector<double> M(levels[0]);
        for (int x = 0; x < k; ++x)
            for (int a = x + 1; a < m; ++a) {
                const double c = M[(size_t)a * m + x] / M[(size_t)x * m + x];
                for (int b = x + 1; b < m; ++b) M[(size_t)a * m + b] -= c * M[(size_t)x * m + b];
            }
        return std::max(M[(size_t)k * m + k], 1e-300) * (1 - 1e-12);
    }

    // Extend the set `key` (depth elements, covariance given it on levels[depth]) by element i.
    void descend(uint64_t key, int i, int depth, int size, int left) {
        const double* M = levels[depth].data();
        const uint64_t next = key | (uint64_t)(i + 1) << (8 * depth);
        if (left == 1) { leaf(next, i, M, size); return; }
        if (!best.find(next)) return;
        std::vector<double>& out = levels[depth + 1];
        out.resize((size_t)m * m);
        const double* row = M + (size_t)i * m;
        for (int a = i + 1; a < m; ++a) {
            const double c = row[a] / row[i];
            for (int b = i + 1; b < m; ++b) out[(size_t)a * m + b] = M[(size_t)a * m + b] - c * row[b];
        }
        for (int x = i + 1; x + left - 1 <= k; ++x) descend(next, x, depth + 1, size, left - 1);
    }

    void leaf(uint64_t key, int i, const double* M, int size) {
        ++evaluated;
        const double c = M[(size_t)i * m + k];
        const double v = M[(size_t)k * m + k] - c * c / M[(size_t)i * m + i];
        const double cost = problem->base(std::max(v, 1e-300)) + fixed + problem->edge * size;
        // Least cost of a proper subset; all of them must have been worth extending. On the last
        // level only sets that beat every subset matter, and most fail at the first.
        const bool last = size == most;
        double below = costs[0];
        if (last && cost >= below) return;
        for (int e = size - 1; e >= 0 && size > 1; --e) {
            const uint64_t low = key & ((1ULL << (8 * e)) - 1);
            const uint64_t high = e == 7 ? 0 : (key >> (8 * (e + 1))) << (8 * e);
            const double* known = best.find(low | high);
            if (!known || (last && cost >= *known)) return;
            below = std::min(below, *known);
        }
        if (cost < below) {
            sets.push_back(key);
            costs.push_back(cost);
            below = cost;
        }
        if (floor + problem->edge * (size + 1) < below) {
            ++worth;
            if (!last) best.put(key, below);
        }
    }
};

}  // namespace zg::dag
#endif
