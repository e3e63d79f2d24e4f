// Pricing of routes for column generation: ng-route labelling with subset-row cuts.
//
// A label is a partial path from the depot: its end, load, time, reduced cost, ng memory (Baldacci,
// Mingozzi, Roberti 2011) and the parity of its visits to every subset-row cut (Jepsen et al. 2008).
// Paths grow from both ends up to half of the primary resource (load, or time where there are
// windows) and are joined in the middle (Righini, Salani 2006). Without windows and with symmetric
// data the backward paths are the forward ones.
#ifndef ZEROGAP_ROUTING_PRICING
#define ZEROGAP_ROUTING_PRICING

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <unordered_map>
#include <vector>

#include "shared/clock.hpp"

namespace zg::routing {

constexpr double INF = std::numeric_limits<double>::infinity();
constexpr double EPS = 1e-7;
constexpr int MAX_CUTS = 64;

struct Priced {
    double cost;             // reduced cost
    std::vector<int> route;  // clients, from 1
};

// Data of one pricing problem; node 0 is the depot, clients are 1 … n.
struct Problem {
    int n = 0;
    int64_t capacity = 0, horizon = 0;
    bool windows = false, symmetric = false;
    std::vector<int64_t> demand, travel, ready, due;  // travel includes the service at its tail
    std::vector<uint8_t> allowed;                     // clients this vehicle may serve
};

template <int W> struct Bits {
    uint64_t w[W];
    void clear() { for (int k = 0; k < W; ++k) w[k] = 0; }
    bool test(int i) const { return (w[i >> 6] >> (i & 63)) & 1; }
    void set(int i) { w[i >> 6] |= 1ULL << (i & 63); }
    bool within(const Bits& o) const {
        for (int k = 0; k < W; ++k) if (w[k] & ~o.w[k]) return false;
        return true;
    }
    bool meets(const Bits& o) const {
        for (int k = 0; k < W; ++k) if (w[k] & o.w[k]) return true;
        return false;
    }
    bool equals(const Bits& o) const {
        for (int k = 0; k < W; ++k) if (w[k] != o.w[k]) return false;
        return true;
    }
};

template <int W> struct Label {
    double cost;
    int64_t load, time;
    int node, from;  // index of the label it grew from, -1 at the depot
    uint64_t parity;
    Bits<W> memory;
    bool dead;
};

// One direction of the labelling. `reverse` walks every arc against its direction.
template <int W> class Direction {
  public:
    std::vector<Label<W>> pool;
    std::vector<std::vector<int>> at;  // by node, ascending reduced cost
    bool truncated = false;

    Direction(const Problem& p, const double* rc, const std::vector<Bits<W>>& ng,
              const std::vector<uint64_t>& member, const std::vector<double>& penalty,
              bool reverse, bool heuristic, bool elementary)
        : at(p.n + 1), p_(p), rc_(rc), ng_(ng), member_(member), penalty_(penalty),
          reverse_(reverse), heuristic_(heuristic), elementary_(elementary) {}

    double reduced(int i, int j) const {
        return reverse_ ? rc_[j * (p_.n + 1) + i] : rc_[i * (p_.n + 1) + j];
    }
    int64_t travel(int i, int j) const {
        return reverse_ ? p_.travel[j * (p_.n + 1) + i] : p_.travel[i * (p_.n + 1) + j];
    }
    int64_t ready(int i) const { return reverse_ ? p_.horizon - p_.due[i] : p_.ready[i]; }
    int64_t due(int i) const { return reverse_ ? p_.horizon - p_.ready[i] : p_.due[i]; }

    // Grow all labels whose primary resource is at most `half`.
    void run(int64_t half, size_t limit) {
        const int64_t span = (p_.windows ? p_.horizon : p_.capacity) + 1;
        // Buckets of the primary resource: within one, order does not matter for correctness.
        const int count = (int)std::min<int64_t>(span, 4096);
        std::vector<std::vector<int>> bucket(count);
        auto place = [&](int index) {
            const int64_t r = p_.windows ? pool[index].time : pool[index].load;
            return (int)std::min<int64_t>(count - 1, r * count / span);
        };
        for (int j = 1; j <= p_.n; ++j) {
            if (!p_.allowed[j] || p_.demand[j] > p_.capacity || reduced(0, j) == INF) continue;
            Label<W> l;
            l.load = p_.demand[j];
            l.time = 0;
            if (p_.windows) {
                l.time = std::max(ready(j), ready(0) + travel(0, j));
                if (l.time > due(j)) continue;
            }
            l.cost = reduced(0, j);
            l.node = j;
            l.from = -1;
            l.dead = false;
            l.memory.clear();
            l.memory.set(j);
            l.parity = 0;
            visit(l, j);
            if (insert(l)) bucket[place((int)pool.size() - 1)].push_back((int)pool.size() - 1);
        }
        for (int b = 0; b < count; ++b) {
            for (size_t k = 0; k < bucket[b].size(); ++k) {
                const int index = bucket[b][k];
                if (pool[index].dead) continue;
                if ((p_.windows ? pool[index].time : pool[index].load) > half) continue;
                for (int j = 1; j <= p_.n; ++j) {
                    Label<W> l;
                    if (!grow(index, j, l) || !insert(l)) continue;
                    const int fresh = (int)pool.size() - 1;
                    bucket[std::max(b, place(fresh))].push_back(fresh);
                }
                if (pool.size() > limit) { truncated = true; return; }
            }
        }
    }

    void path(int index, std::vector<int>& out) const {
        for (; index >= 0; index = pool[index].from) out.push_back(pool[index].node);
    }

  private:
    const Problem& p_;
    const double* rc_;
    const std::vector<Bits<W>>& ng_;
    const std::vector<uint64_t>& member_;
    const std::vector<double>& penalty_;
    bool reverse_, heuristic_, elementary_;

    void visit(Label<W>& l, int j) const {
        const uint64_t both = l.parity & member_[j];
        for (uint64_t b = both; b; b &= b - 1) l.cost += penalty_[__builtin_ctzll(b)];
        l.parity ^= member_[j];
    }

    bool grow(int index, int j, Label<W>& l) const {
        const Label<W>& f = pool[index];
        if (j == f.node || !p_.allowed[j] || f.memory.test(j)) return false;
        l.load = f.load + p_.demand[j];
        if (l.load > p_.capacity) return false;
        const double arc = reduced(f.node, j);
        if (arc == INF) return false;
        l.time = 0;
        if (p_.windows) {
            l.time = std::max(ready(j), f.time + travel(f.node, j));
            if (l.time > due(j)) return false;
        }
        l.cost = f.cost + arc;
        l.node = j;
        l.from = index;
        l.dead = false;
        l.parity = f.parity;
        for (int k = 0; k < W; ++k)
            l.memory.w[k] = elementary_ ? f.memory.w[k] : f.memory.w[k] & ng_[j].w[k];
        l.memory.set(j);
        visit(l, j);
        return true;
    }

    bool dominates(const Label<W>& a, const Label<W>& b) const {
        if (a.cost > b.cost + 1e-12 || a.load > b.load || a.time > b.time) return false;
        if (heuristic_) return true;
        if (!a.memory.within(b.memory)) return false;
        double cost = a.cost;
        for (uint64_t c = a.parity & ~b.parity; c; c &= c - 1) {
            cost += penalty_[__builtin_ctzll(c)];
            if (cost > b.cost + 1e-12) return false;
        }
        return true;
    }

    bool insert(const Label<W>& l) {
        std::vector<int>& list = at[l.node];
        size_t k = 0;
        for (; k < list.size() && pool[list[k]].cost <= l.cost + 1e-12; ++k)
            if (dominates(pool[list[k]], l)) return false;
        const size_t here = k;
        size_t out = here;
        for (size_t m = here; m < list.size(); ++m) {
            if (dominates(l, pool[list[m]])) pool[list[m]].dead = true;
            else list[out++] = list[m];
        }
        list.resize(out);
        pool.push_back(l);
        list.insert(list.begin() + here, (int)pool.size() - 1);
        return true;
    }
};

class PricerBase {
  public:
    virtual ~PricerBase() {}
    virtual void set_ng(const int32_t* neighbour, int size) = 0;
    virtual void grow_ng(const int* cycle, int length) = 0;
    virtual double price(const double* rc, const uint64_t* member, const double* penalty, int cuts,
                         bool heuristic, int most, size_t limit, std::vector<Priced>& out) = 0;
    virtual bool enumerate(const double* rc, const double* price, const uint64_t* member,
                           const double* penalty, int cuts, double gap, size_t limit, size_t labels,
                           double seconds, std::vector<Priced>& out) = 0;
    Problem problem;
    bool exact = false;  // whether the last `price` was exhaustive
};

template <int W> class Pricer : public PricerBase {
  public:
    void set_ng(const int32_t* neighbour, int size) override {
        ng_.assign(problem.n + 1, Bits<W>());
        for (int i = 0; i <= problem.n; ++i) {
            ng_[i].clear();
            ng_[i].set(i);
            for (int k = 0; k < size && i; ++k) ng_[i].set(neighbour[i * size + k]);
        }
    }

    // Every client between the two visits of `cycle`'s ends shall remember its first client.
    void grow_ng(const int* cycle, int length) override {
        for (int k = 1; k + 1 < length; ++k) ng_[cycle[k]].set(cycle[0]);
    }

    double price(const double* rc, const uint64_t* member, const double* penalty, int cuts,
                 bool heuristic, int most, size_t limit, std::vector<Priced>& out) override {
        prepare(member, penalty, cuts);
        const Problem& p = problem;
        const int64_t whole = p.windows ? p.horizon : p.capacity;
        Direction<W> ahead(p, rc, ng_, member_, penalty_, false, heuristic, false);
        ahead.run(whole / 2, limit);
        Direction<W> behind(p, rc, ng_, member_, penalty_, true, heuristic, false);
        const bool mirror = p.symmetric && !p.windows;
        if (!mirror) behind.run(whole / 2, limit);
        const Direction<W>& back = mirror ? ahead : behind;
        exact = !heuristic && !ahead.truncated && !back.truncated;
        const double best = join(rc, ahead, back, whole / 2, most, out);
        return best;
    }

    // For every set of clients that an elementary route of reduced cost below `gap` visits, the route
    // of least true cost (by the arcs' `price`) among those below the gap. Orders of one set may
    // cross a cut's set differently often, so that reduced costs do not compare like true ones.
    // False if there are more than `limit` sets, more than `labels` partial paths, or no time left.
    bool enumerate(const double* rc, const double* price, const uint64_t* member,
                   const double* penalty, int cuts, double gap, size_t limit, size_t labels,
                   double seconds, std::vector<Priced>& out) override {
        const double deadline = now() + seconds;
        prepare(member, penalty, cuts);
        const Problem& p = problem;
        if (!completions(rc, labels)) return false;
        struct Node { double cost; int64_t load, time; int node, from; uint64_t parity; Bits<W> set; double plain, worth; };
        std::vector<Node> pool;
        std::unordered_map<uint64_t, std::vector<int>> seen;  // hash of (set, end) -> labels
        std::unordered_map<uint64_t, std::vector<int>> closed;
        std::vector<Priced> found;
        std::vector<Bits<W>> sets;
        std::vector<double> worth;
        auto hash = [](const Bits<W>& s, int end) {
            uint64_t h = 0x9e3779b97f4a7c15ULL * (uint64_t)(end + 1);
            for (int k = 0; k < W; ++k) { h ^= s.w[k]; h *= 0xff51afd7ed558ccdULL; h ^= h >> 32; }
            return h;
        };
        auto add = [&](Node& l, int j) {
            for (uint64_t b = l.parity & member_[j]; b; b &= b - 1)
                l.cost += penalty_[__builtin_ctzll(b)];
            l.parity ^= member_[j];
            if (l.cost + completion(j, l.load, l.time) > gap + EPS) return;
            // Same clients, same end: a path that is no later and dearer neither in true nor in reduced
            // cost is enough, since whatever completes this one completes that one as well, to a route
            // that is no dearer in either. Loads and parities are equal for equal sets.
            std::vector<int>& list = seen[hash(l.set, j)];
            for (int k : list) {
                const Node& o = pool[k];
                if (o.node == j && o.set.equals(l.set) && o.worth <= l.worth && o.time <= l.time &&
                    o.plain <= l.plain + 1e-12)
                    return;
            }
            pool.push_back(l);
            list.push_back((int)pool.size() - 1);
        };
        for (int j = 1; j <= p.n; ++j) {
            if (!p.allowed[j] || p.demand[j] > p.capacity || rc[j] == INF) continue;
            Node l;
            l.load = p.demand[j];
            l.time = p.windows ? std::max(p.ready[j], p.ready[0] + p.travel[j]) : 0;
            if (p.windows && l.time > p.due[j]) continue;
            l.cost = l.plain = rc[j];
            l.worth = price[j];
            l.node = j; l.from = -1; l.parity = 0;
            l.set.clear(); l.set.set(j);
            add(l, j);
        }
        const int m = p.n + 1;
        for (size_t k = 0; k < pool.size(); ++k) {
            if (pool.size() > labels) return false;
            if ((k & 1023) == 0) {
                if (now() > deadline) return false;
            }
            const Node f = pool[k];
            const double back = rc[f.node * m];
            if (back < INF && (!p.windows || f.time + p.travel[f.node * m] <= p.due[0]) &&
                f.cost + back <= gap + EPS) {
                std::vector<int>& list = closed[hash(f.set, 0)];
                int same = -1;
                for (int c : list) if (sets[c].equals(f.set)) { same = c; break; }
                const double value = f.worth + price[f.node * m];
                if (same < 0 || value < worth[same]) {
                    if (same < 0) {
                        same = (int)found.size();
                        list.push_back(same);
                        found.emplace_back();
                        sets.push_back(f.set);
                        worth.push_back(value);
                        if (found.size() > limit) return false;
                    }
                    worth[same] = value;
                    found[same].cost = f.cost + back;
                    found[same].route.clear();
                    for (int at = (int)k; at >= 0; at = pool[at].from)
                        found[same].route.push_back(pool[at].node);
                    std::reverse(found[same].route.begin(), found[same].route.end());
                }
            }
            for (int j = 1; j <= p.n; ++j) {
                if (f.set.test(j) || !p.allowed[j]) continue;
                const double arc = rc[f.node * m + j];
                if (arc == INF || f.load + p.demand[j] > p.capacity) continue;
                Node l = f;
                l.load += p.demand[j];
                if (p.windows) {
                    l.time = std::max(p.ready[j], f.time + p.travel[f.node * m + j]);
                    if (l.time > p.due[j]) continue;
                }
                l.cost += arc; l.plain += arc; l.worth += price[f.node * m + j];
                l.node = j; l.from = (int)k; l.set.set(j);
                add(l, j);
            }
        }
        out = std::move(found);
        return true;
    }

  private:
    std::vector<Bits<W>> ng_;
    std::vector<uint64_t> member_;
    std::vector<double> penalty_;
    std::vector<std::vector<double>> by_load_, by_time_;  // prefix minima of completion costs
    int steps_ = 0;

    void prepare(const uint64_t* member, const double* penalty, int cuts) {
        member_.assign(member, member + problem.n + 1);
        penalty_.assign(penalty, penalty + cuts);
        penalty_.resize(MAX_CUTS, 0.0);
    }

    // Cheapest ng-path from every client to the depot by room left and by time left. Subset-row
    // penalties are left out: they only add cost, so the bound stays valid.
    bool completions(const double* rc, size_t labels) {
        const Problem& p = problem;
        std::vector<uint64_t> none(p.n + 1, 0);
        Direction<W> back(p, rc, ng_, none, penalty_, true, false, false);
        back.run(p.windows ? p.horizon : p.capacity, labels);
        if (back.truncated) return false;
        steps_ = (int)std::min<int64_t>(p.capacity, 2000) + 1;
        by_load_.assign(p.n + 1, std::vector<double>(steps_ + 1, INF));
        by_time_.assign(p.n + 1, std::vector<double>(steps_ + 1, INF));
        for (int i = 1; i <= p.n; ++i) {
            for (int k : back.at[i]) {
                const Label<W>& l = back.pool[k];
                // Rounded down: the bound may only get weaker.
                double& a = by_load_[i][slot(l.load - p.demand[i], p.capacity)];
                a = std::min(a, l.cost);
                if (p.windows) {
                    double& b = by_time_[i][slot(l.time, p.horizon)];
                    b = std::min(b, l.cost);
                }
            }
            for (int s = 1; s <= steps_; ++s) {
                by_load_[i][s] = std::min(by_load_[i][s], by_load_[i][s - 1]);
                by_time_[i][s] = std::min(by_time_[i][s], by_time_[i][s - 1]);
            }
        }
        return true;
    }

    int slot(int64_t value, int64_t range) const {
        return (int)(value * (int64_t)steps_ / std::max<int64_t>(1, range));
    }

    double completion(int i, int64_t load, int64_t time) const {
        const Problem& p = problem;
        double bound = by_load_[i][slot(p.capacity - load, p.capacity)];
        if (p.windows) bound = std::max(bound, by_time_[i][slot(p.horizon - time, p.horizon)]);
        return bound;
    }

    struct Cut { double cost; int first, second; };

    double join(const double* rc, const Direction<W>& ahead, const Direction<W>& back, int64_t half,
                int most, std::vector<Priced>& out) {
        const Problem& p = problem;
        const int m = p.n + 1;
        std::vector<Cut> found;
        double best = INF;
        // The worst of the `most` kept so far; joins above it need not be looked at.
        auto bar = [&]() { return (int)found.size() < most ? -EPS : found.front().cost; };
        auto heavier = [](const Cut& a, const Cut& b) { return a.cost < b.cost; };
        auto keep = [&](double cost, int a, int b) {
            best = std::min(best, cost);
            if (cost >= bar()) return;
            found.push_back({cost, a, b});
            std::push_heap(found.begin(), found.end(), heavier);
            if ((int)found.size() > most) {
                std::pop_heap(found.begin(), found.end(), heavier);
                found.pop_back();
            }
        };
        for (int i = 1; i <= p.n; ++i) {
            for (int k : ahead.at[i]) {
                const Label<W>& l = ahead.pool[k];
                if (rc[i * m] < INF && (!p.windows || l.time + p.travel[i * m] <= p.due[0]))
                    keep(l.cost + rc[i * m], k, -1);
            }
        }
        // A first client beyond the half is met by the backward paths alone.
        for (int j = 1; j <= p.n && &ahead != &back; ++j) {
            for (int k : back.at[j]) {
                const Label<W>& l = back.pool[k];
                const bool fits = !p.windows || p.ready[0] + p.travel[j] + l.time <= p.horizon;
                if (rc[j] < INF && fits) keep(l.cost + rc[j], -1, k);
            }
        }
        for (int i = 1; i <= p.n; ++i) {
            for (int j = 1; j <= p.n; ++j) {
                if (i == j || rc[i * m + j] == INF || ahead.at[i].empty() || back.at[j].empty()) continue;
                const double arc = rc[i * m + j];
                const double cheapest = back.pool[back.at[j][0]].cost;
                for (int a : ahead.at[i]) {
                    const Label<W>& x = ahead.pool[a];
                    if (x.cost + arc + cheapest >= bar()) break;
                    if ((p.windows ? x.time : x.load) > half) continue;
                    for (int b : back.at[j]) {
                        const Label<W>& y = back.pool[b];
                        double cost = x.cost + arc + y.cost;
                        if (cost >= bar()) break;
                        if (x.load + y.load > p.capacity || x.memory.meets(y.memory)) continue;
                        if (p.windows && x.time + p.travel[i * m + j] + y.time > p.horizon) continue;
                        for (uint64_t c = x.parity & y.parity; c; c &= c - 1)
                            cost += penalty_[__builtin_ctzll(c)];
                        keep(cost, a, b);
                    }
                }
            }
        }
        std::sort_heap(found.begin(), found.end(), heavier);
        for (const Cut& c : found) {
            Priced r;
            r.cost = c.cost;
            if (c.first >= 0) ahead.path(c.first, r.route);
            std::reverse(r.route.begin(), r.route.end());
            if (c.second >= 0) back.path(c.second, r.route);
            out.push_back(std::move(r));
        }
        return best;
    }
};

inline PricerBase* make_pricer(int n) {
    if (n < 64) return new Pricer<1>();
    if (n < 128) return new Pricer<2>();
    if (n < 256) return new Pricer<4>();
    return new Pricer<16>();
}

}  // namespace zg::routing
#endif
