// Scores of categorical data from counts: what a variable costs with a set of parents, and all sets
// of parents that can be part of an optimal graph.
//
// Costs are negated log scores. Rows are distinct, with multiplicities; a set of parents numbers its
// observed configurations densely, a further parent refines the numbering in one pass over the rows.
#ifndef ZEROGAP_DAG_COUNTS
#define ZEROGAP_DAG_COUNTS
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "dag/parents.hpp"
#include "shared/clock.hpp"

namespace zg::dag {

enum Kind { BDEU = 0, BIC = 1, AIC = 2, K2 = 3, FNML = 4, QNML = 5 };

// Rows and score of an instance; read only once it is made.
struct Counted {
    int d = 0, rows = 0;
    int64_t n = 0;                       // rows with multiplicity
    Kind kind = BDEU;
    double ess = 1;
    std::vector<uint16_t> x;             // by columns
    std::vector<uint32_t> weight;
    bool plain = true;                   // all weights are 1
    std::vector<int> arity;
    std::vector<double> nlogn;           // c log c for small c

    void prepare() {
        plain = n == rows;
        nlogn.resize((size_t)std::min<int64_t>(n, 65536) + 1);
        nlogn[0] = 0;
        for (size_t c = 1; c < nlogn.size(); ++c) nlogn[c] = (double)c * std::log((double)c);
    }
    double clogc(int64_t c) const {
        return c < (int64_t)nlogn.size() ? nlogn[c] : (double)c * std::log((double)c);
    }
    bool dirichlet() const { return kind == BDEU || kind == K2; }
    bool informed() const { return kind == BIC || kind == AIC; }
};

// log of the multinomial normaliser C(n, L) = sum over k of n(n-1)...(n-k+1) (L-1)L...(L+k-2) / (n^k k!)
// (Mononen and Myllymaki 2008); all terms are positive and vanish soon after they fall.
inline double log_regret(int64_t n, double L) {
    if (n <= 0 || L <= 1) return 0;
    double top = 0, sum = 1, term = 0;  // logs of the largest term so far; sum in its units
    for (int64_t k = 1; k <= n; ++k) {
        const double before = term;
        term += std::log1p(-(double)(k - 1) / (double)n) + std::log((L + (double)k - 2) / (double)k);
        if (term > top) {
            sum = sum * std::exp(top - term) + 1;
            top = term;
        } else {
            const double part = std::exp(term - top);
            sum += part;
            if (term < before && part < 1e-18 * sum) break;
        }
    }
    return top + std::log(sum);
}

// Log-gamma ratios lgamma(a + c) - lgamma(a) for small c, computed when first asked for.
class Ratios {
  public:
    explicit Ratios(double a) : a(a), base(std::lgamma(a)), known(4096, NAN) {}
    double operator()(int64_t c) {
        if (c >= (int64_t)known.size()) return std::lgamma(a + (double)c) - base;
        double& value = known[c];
        if (std::isnan(value)) value = std::lgamma(a + (double)c) - base;
        return value;
    }

  private:
    double a, base;
    std::vector<double> known;
};

// A set of parents as a partition of the rows, with the product of its arities.
struct Partition {
    std::vector<int32_t> id;
    int64_t blocks = 1;
    double states = 1;
    int aimed = -1;             // the variable that `cell` is about
    std::vector<int32_t> cell;  // by row: block and value of that variable together
};

// Local scores with their scratch; one a thread.
class Counter {
  public:
    const Counted* data;
    explicit Counter(const Counted& c) : data(&c) {}

    void whole(Partition& p) const {
        p.id.assign(data->rows, 0);
        p.blocks = 1;
        p.states = 1;
        p.aimed = -1;
    }

    // `out` = `in` refined by variable i; blocks numbered in order of appearance.
    void refine(const Partition& in, int i, Partition& out) {
        const int r = data->arity[i], rows = data->rows;
        const uint16_t* x = &data->x[(size_t)i * rows];
        out.id.resize(rows);
        out.aimed = -1;
        out.states = in.states * r;
        number.assign((size_t)in.blocks * r, -1);
        int32_t next = 0;
        for (int t = 0; t < rows; ++t) {
            int32_t& to = number[(size_t)in.id[t] * r + x[t]];
            if (to < 0) to = next++;
            out.id[t] = to;
        }
        out.blocks = next;
    }

    // Cost of j whose parents are those of `in` and variable i (none if i < 0); counts the blocks.
    double cost(int j, Partition& in, int i) {
        const int r = data->arity[j], rows = data->rows;
        if (i >= 0) {
            const int64_t cells = in.blocks * r, all = cells * data->arity[i];
            if (all <= std::max<int64_t>(1024, 2 * (int64_t)rows)) {
                aim(j, in);
                count.assign((size_t)all, 0);
                tally(&data->x[(size_t)i * rows], (int32_t)cells, in.cell.data());
                return total(r, in.blocks * data->arity[i], in.states * data->arity[i]);
            }
            refine(in, i, scratch);
            return cost(j, scratch, -1);
        }
        aim(j, in);
        count.assign((size_t)in.blocks * r, 0);
        for (int t = 0; t < rows; ++t) count[in.cell[t]] += data->weight[t];
        return total(r, in.blocks, in.states);
    }

    int64_t seen = 0;  // configurations of the parents with rows, of the last cost

    // What the number of parameters costs, BIC and AIC only.
    double parameters(int r, double states) const {
        return (data->kind == BIC ? 0.5 * std::log((double)data->n) : 1.0) * states * (r - 1);
    }

  private:
    std::vector<int32_t> number;
    std::vector<uint32_t> count;
    Partition scratch;

    void aim(int j, Partition& p) const {
        if (p.aimed == j) return;
        const int r = data->arity[j], rows = data->rows;
        const uint16_t* y = &data->x[(size_t)j * rows];
        p.cell.resize(rows);
        for (int t = 0; t < rows; ++t) p.cell[t] = p.id[t] * r + y[t];
        p.aimed = j;
    }

    // Counts of (x, cell). Rows are sorted, so neighbours often meet in one counter, and every
    // addition would wait for the one before: four places far from each other take turns.
    void tally(const uint16_t* x, int32_t cells, const int32_t* cell) {
        uint32_t* c = count.data();
        const int rows = data->rows, step = rows / 4;
        if (data->plain) {
            for (int t = 0; t < step; ++t) {
                ++c[x[t] * cells + cell[t]];
                ++c[x[t + step] * cells + cell[t + step]];
                ++c[x[t + 2 * step] * cells + cell[t + 2 * step]];
                ++c[x[t + 3 * step] * cells + cell[t + 3 * step]];
            }
            for (int t = 4 * step; t < rows; ++t) ++c[x[t] * cells + cell[t]];
            return;
        }
        for (int t = 0; t < rows; ++t) c[x[t] * cells + cell[t]] += data->weight[t];
    }
    std::unordered_map<double, Ratios> ratios;
    std::unordered_map<int64_t, double> regrets;
    std::unordered_map<double, double> wholes;

    Ratios& ratio(double a) {
        auto it = ratios.find(a);
        if (it == ratios.end()) it = ratios.emplace(a, Ratios(a)).first;
        return it->second;
    }

    double regret(int64_t n, int r) {
        auto it = regrets.find(n * 1048576 + r);
        if (it == regrets.end()) it = regrets.emplace(n * 1048576 + r, log_regret(n, r)).first;
        return it->second;
    }

    double whole_regret(double L) {
        auto it = wholes.find(L);
        if (it == wholes.end()) it = wholes.emplace(L, log_regret(data->n, L)).first;
        return it->second;
    }

    double total(int r, int64_t blocks, double states) {
        seen = 0;
        if (data->dirichlet()) return dirichlet(r, blocks, states);
        double value = 0;
        for (int64_t b = 0; b < blocks; ++b) {
            const uint32_t* c = &count[(size_t)b * r];
            int64_t sum = 0;
            for (int k = 0; k < r; ++k) {
                if (!c[k]) continue;
                sum += c[k];
                value -= data->clogc(c[k]);
            }
            if (!sum) continue;
            ++seen;
            value += data->clogc(sum);
            if (data->kind == FNML) value += regret(sum, r);
        }
        if (data->informed()) value += parameters(r, states);
        if (data->kind == QNML)
            value += whole_regret(states * r) - whole_regret(states);
        return value;
    }

    double dirichlet(int r, int64_t blocks, double states) {
        const bool uniform = data->kind == K2;
        Ratios& all = ratio(uniform ? (double)r : data->ess / states);
        Ratios& each = ratio(uniform ? 1.0 : data->ess / (states * r));
        double value = 0;
        for (int64_t b = 0; b < blocks; ++b) {
            const uint32_t* c = &count[(size_t)b * r];
            int64_t sum = 0;
            for (int k = 0; k < r; ++k) {
                if (!c[k]) continue;
                sum += c[k];
                value -= each(c[k]);
            }
            if (!sum) continue;
            ++seen;
            value += all(sum);
        }
        return value;
    }
};

// The parent sets of one variable that no subset beats.
//
// A set is not extended once no superset V of U can beat the best subset of U:
//  - every score but the Bayesian ones costs at least -L*, L* being the log-likelihood given all
//    candidates (finer partitions never fit worse), and BIC and AIC charge V at least the parameters
//    of U times the least arity of a candidate;
//  - the first row of every observed configuration has predictive probability 1/r under BDeu and K2
//    (r values of equal prior weight), every further row at most 1, and V has no fewer observed
//    configurations than U; their likelihood is a mean of likelihoods, at most exp L*, too.
class CountedSets {
  public:
    std::vector<uint64_t> sets;
    std::vector<double> costs;
    bool complete = true;
    double missing = 0;
    int64_t evaluated = 0;

    void enumerate(const Counted& c, int child, const std::vector<int>& candidates_,
                   const std::vector<int>& required, int most_parents, int64_t budget,
                   double seconds, bool every_) {
        Counter own(c);
        counter = &own;
        data = &c;
        j = child;
        every = every_;
        candidates = candidates_;
        k = (int)candidates.size();
        most = std::min({most_parents - (int)required.size(), k, 8});
        levels.assign(most + 2, Partition());
        own.whole(levels[0]);
        Partition spare;
        for (int i : required) {
            own.refine(levels[0], i, spare);
            std::swap(levels[0], spare);
        }
        best.clear();
        sets.clear();
        costs.clear();
        deadline = now() + seconds;
        limit = budget;
        evaluated = 1;
        stopped = false;
        prepare();
        const double empty = own.cost(j, levels[0], -1);
        sets.push_back(0);
        costs.push_back(empty);
        last_level = 0;
        worth = every || beyond(levels[0].states, own.seen) < empty ? 1 : 0;
        for (int size = 1; size <= most && worth; ++size) {
            worth = 0;
            for (int i = 0; i + size <= k && !stopped; ++i) descend(0, i, 0, size, size);
            if (stopped) return finish(false);
            last_level = size;
        }
        finish(!worth || most < 8 || most == k || most == most_parents - (int)required.size());
    }

  private:
    Counter* counter = nullptr;
    const Counted* data = nullptr;
    int j = 0, k = 0, most = 0, last_level = 0, least_arity = 2;
    bool every = false, stopped = false;
    int64_t worth = 0, limit = 0;
    double floor = 0, deadline = 0;
    std::vector<int> candidates;
    std::vector<Partition> levels;
    SetTable best;

    // -L* and the least arity of a candidate.
    void prepare() {
        Partition p = levels[0], q;
        least_arity = std::numeric_limits<int>::max();
        for (int i : candidates) {
            counter->refine(p, i, q);
            std::swap(p, q);
            least_arity = std::min(least_arity, data->arity[i]);
        }
        if (candidates.empty()) least_arity = 1;
        const int r = data->arity[j];
        std::vector<int64_t> count((size_t)p.blocks * r, 0), sum(p.blocks, 0);
        for (int t = 0; t < data->rows; ++t) {
            count[(size_t)p.id[t] * r + data->x[(size_t)j * data->rows + t]] += data->weight[t];
            sum[p.id[t]] += data->weight[t];
        }
        floor = 0;
        for (int64_t c : count) floor -= data->clogc(c);
        for (int64_t c : sum) floor += data->clogc(c);
        floor = std::max(0.0, floor * (1 - 1e-12) - 1e-12 * (double)data->n);
    }

    // No strict superset of a set with these states and observed configurations costs less.
    double beyond(double states, int64_t seen) const {
        const int r = data->arity[j];
        if (data->informed()) return floor + counter->parameters(r, states * least_arity);
        if (data->dirichlet()) return std::max(floor, (double)seen * std::log((double)r) * (1 - 1e-12));
        return floor;
    }

    void finish(bool whole) {
        complete = whole;
        missing = floor;
        if (data->informed())
            missing += counter->parameters(
                data->arity[j], levels[0].states * std::pow((double)least_arity, last_level + 1));
        std::vector<size_t> rank(sets.size());
        for (size_t i = 0; i < rank.size(); ++i) rank[i] = i;
        std::stable_sort(rank.begin(), rank.end(),
                         [&](size_t a, size_t b) { return costs[a] < costs[b]; });
        std::vector<uint64_t> s;
        std::vector<double> c;
        for (size_t r : rank) { s.push_back(sets[r]); c.push_back(costs[r]); }
        sets.swap(s);
        costs.swap(c);
    }

    // Extend the set `key` (its partition on levels[depth]) by candidate i.
    void descend(uint64_t key, int i, int depth, int size, int left) {
        const uint64_t next = key | (uint64_t)(i + 1) << (8 * depth);
        if (left == 1) { leaf(next, i, levels[depth], size); return; }
        if (!every && !best.find(next)) return;
        counter->refine(levels[depth], candidates[i], levels[depth + 1]);
        for (int x = i + 1; x + left - 1 <= k && !stopped; ++x)
            descend(next, x, depth + 1, size, left - 1);
    }

    void leaf(uint64_t key, int i, Partition& p, int size) {
        // Least cost of a proper subset; all of them must have been worth extending.
        double below = costs[0];
        for (int e = size - 1; e >= 0 && size > 1 && !every; --e) {
            const uint64_t low = key & ((1ULL << (8 * e)) - 1);
            const uint64_t high = e == 7 ? 0 : (key >> (8 * (e + 1))) << (8 * e);
            const double* known = best.find(low | high);
            if (!known) return;
            below = std::min(below, *known);
        }
        // The parameters alone may cost too much already; then so do those of every superset.
        if (!every && data->informed() &&
            floor + counter->parameters(data->arity[j], p.states * data->arity[candidates[i]]) >= below)
            return;
        if (++evaluated > limit || ((evaluated & 15) == 0 && now() > deadline)) {
            stopped = true;
            return;
        }
        const double cost = counter->cost(j, p, candidates[i]);
        if (every || cost < below) {
            sets.push_back(key);
            costs.push_back(cost);
            below = std::min(below, cost);
        }
        if (every || beyond(p.states * data->arity[candidates[i]], counter->seen) < below) {
            ++worth;
            if (size < most && !every) best.put(key, below);
        }
    }
};

}  // namespace zg::dag
#endif
