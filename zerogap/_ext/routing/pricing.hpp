// Pricing of routes for column generation: ng-route labelling with rank-1 cuts of limited memory.
//
// Paths grow from both ends up to half of the primary resource (load, or time where there are
// windows) and are joined in the middle (Righini, Salani 2006). Without windows and with symmetric
// data the backward paths are the forward ones.
#ifndef ZEROGAP_ROUTING_PRICING
#define ZEROGAP_ROUTING_PRICING

#include "routing/enumeration.hpp"
#include "routing/labels.hpp"

namespace zg::routing {

struct Priced {
    double cost;             // reduced cost
    std::vector<int> route;  // clients, from 1
};

// The cuts of one pricing as arrays: CUT_WORDS words a node, a penalty a cut, the highest first.
struct CutArrays {
    const uint64_t *member, *keep;
    const double* penalty;
    int count;
};

class PricerBase {
  public:
    virtual ~PricerBase() {}
    virtual void set_ng(const int32_t* neighbour, int size) = 0;
    virtual void grow_ng(const int* cycle, int length) = 0;
    virtual double price(const double* rc, const CutArrays& cuts, bool heuristic, int most,
                         size_t limit, std::vector<Priced>& out) = 0;
    virtual bool enumerate(const double* rc, const double* price, const CutArrays& cuts, double gap,
                           const Limits& limits, RoutePool& out) = 0;
    Problem problem;
    bool exact = false;  // whether the last `price` was exhaustive
    size_t labels = 0;   // of the last `price`
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

    double price(const double* rc, const CutArrays& cuts, bool heuristic, int most, size_t limit,
                 std::vector<Priced>& out) override {
        if (cuts.count <= 64) return priced<1>(rc, cuts, heuristic, most, limit, out);
        if (cuts.count <= 128) return priced<2>(rc, cuts, heuristic, most, limit, out);
        return priced<CUT_WORDS>(rc, cuts, heuristic, most, limit, out);
    }

    bool enumerate(const double* rc, const double* price, const CutArrays& cuts, double gap,
                   const Limits& limits, RoutePool& out) override {
        if (cuts.count <= 64) return enumerated<1>(rc, price, cuts, gap, limits, out);
        if (cuts.count <= 128) return enumerated<2>(rc, price, cuts, gap, limits, out);
        return enumerated<CUT_WORDS>(rc, price, cuts, gap, limits, out);
    }

  private:
    std::vector<Bits<W>> ng_;

    template <int C>
    double priced(const double* rc, const CutArrays& c, bool heuristic, int most, size_t limit,
                  std::vector<Priced>& out) {
        const Problem& p = problem;
        const Cuts<C> cuts(p.n, c.member, c.keep, c.penalty, c.count);
        const int64_t half = (p.windows ? p.horizon : p.capacity) / 2;
        const bool mirror = p.symmetric && !p.windows;
        Completions to_end, to_start;
        to_end.build(p, rc, false);
        Direction<W, C> ahead(p, rc, ng_, cuts, false, heuristic);
        // Only routes below zero are asked for.
        ahead.fathom(&to_end, -EPS);
        ahead.run(half, limit);
        Direction<W, C> behind(p, rc, ng_, cuts, true, heuristic);
        if (!mirror) {
            to_start.build(p, rc, true);
            behind.fathom(&to_start, -EPS);
            behind.run(half, limit);
        }
        const Direction<W, C>& back = mirror ? ahead : behind;
        exact = !heuristic && !ahead.truncated && !back.truncated;
        labels = ahead.pool.size() + behind.pool.size();
        return join<C>(rc, cuts, ahead, back, half, most, out);
    }

    template <int C>
    bool enumerated(const double* rc, const double* price, const CutArrays& c, double gap,
                    const Limits& limits, RoutePool& out) {
        const Cuts<C> cuts(problem.n, c.member, c.keep, c.penalty, c.count);
        return Enumeration<W, C>(problem, ng_, rc, price, cuts, gap, limits).run(out);
    }

    struct Joint { double cost; int first, second; };

    // The `most` cheapest joints below zero.
    struct Kept {
        int most;
        double best = INF;
        std::vector<Joint> heap;
        static bool heavier(const Joint& a, const Joint& b) { return a.cost < b.cost; }
        // The worst of those kept; joints above it need not be looked at.
        double bar() const { return (int)heap.size() < most ? -EPS : heap.front().cost; }
        void take(double cost, int a, int b) {
            best = std::min(best, cost);
            if (cost >= bar()) return;
            heap.push_back({cost, a, b});
            std::push_heap(heap.begin(), heap.end(), heavier);
            if ((int)heap.size() > most) {
                std::pop_heap(heap.begin(), heap.end(), heavier);
                heap.pop_back();
            }
        }
    };

    template <int C>
    double join(const double* rc, const Cuts<C>& cuts, const Direction<W, C>& ahead,
                const Direction<W, C>& back, int64_t half, int most, std::vector<Priced>& out) {
        const Problem& p = problem;
        const int m = p.n + 1;
        Kept kept{most};
        lone(rc, ahead, back, kept);
        const Other other = others<C>(back);
        std::vector<Point> here;
        // A few routes of every client in the middle, so that they differ.
        std::vector<Joint> found = kept.heap;
        double best = kept.best;
        for (int i = 1; i <= p.n; ++i) {
            here.clear();
            for (int s = 0; s < ahead.shelves(); ++s)
                for (const auto& e : ahead.shelf(i, s))
                    if (e.primary <= half) here.push_back({e.cost, e.primary, e.index});
            std::sort(here.begin(), here.end());
            Kept own{std::max(2, 3 * most / p.n)};
            for (int j = 1; j <= p.n; ++j) {
                const double arc = rc[i * m + j];
                if (i == j || arc == INF) continue;
                for (const Point& x : here) {
                    if (x.cost + arc + other.least[j].back() >= own.bar()) break;
                    meet<C>(cuts, ahead.pool[x.index], x.index, j, x.cost + arc, back, other, own);
                }
            }
            best = std::min(best, own.best);
            found.insert(found.end(), own.heap.begin(), own.heap.end());
        }
        std::sort(found.begin(), found.end(), Kept::heavier);
        if ((int)found.size() > most) found.resize(most);
        for (const Joint& c : found) {
            Priced r;
            r.cost = c.cost;
            if (c.first >= 0) ahead.path(c.first, r.route);
            std::reverse(r.route.begin(), r.route.end());
            if (c.second >= 0) back.path(c.second, r.route);
            // Driven either way round it is the same route.
            if (&ahead == &back && r.route.front() > r.route.back())
                std::reverse(r.route.begin(), r.route.end());
            out.push_back(std::move(r));
        }
        return best;
    }

    // Paths that return to the depot at once.
    template <int C>
    void lone(const double* rc, const Direction<W, C>& ahead, const Direction<W, C>& back, Kept& kept) {
        const Problem& p = problem;
        const int m = p.n + 1;
        for (int i = 1; i <= p.n; ++i)
            for (int s = 0; s < ahead.shelves(); ++s)
                for (const auto& e : ahead.shelf(i, s)) {
                    const int64_t time = ahead.pool[e.index].time;
                    if (rc[i * m] < INF && (!p.windows || time + p.travel[i * m] <= p.due[0]))
                        kept.take(e.cost + rc[i * m], e.index, -1);
                }
        // A first client beyond the half is met by the backward paths alone.
        for (int j = 1; j <= p.n && &ahead != &back; ++j)
            for (int s = 0; s < back.shelves(); ++s)
                for (const auto& e : back.shelf(j, s)) {
                    const int64_t time = back.pool[e.index].time;
                    const bool fits = !p.windows || p.ready[0] + p.travel[j] + time <= p.horizon;
                    if (rc[j] < INF && fits) kept.take(e.cost + rc[j], -1, e.index);
                }
    }

    // The backward paths that end at every client, by rising cost, and the least cost up to a shelf.
    struct Point {
        double cost;
        int64_t primary;
        int index;
        bool operator<(const Point& o) const { return cost < o.cost; }
    };
    struct Other {
        std::vector<std::vector<Point>> at;
        std::vector<std::vector<double>> least;
    };
    template <int C> Other others(const Direction<W, C>& back) const {
        Other o;
        o.at.resize(problem.n + 1);
        o.least.assign(problem.n + 1, std::vector<double>(back.shelves(), INF));
        for (int j = 1; j <= problem.n; ++j) {
            for (int s = 0; s < back.shelves(); ++s) {
                double& least = o.least[j][s];
                if (s) least = o.least[j][s - 1];
                for (const auto& e : back.shelf(j, s)) {
                    least = std::min(least, e.cost);
                    o.at[j].push_back({e.cost, e.primary, e.index});
                }
            }
            std::sort(o.at[j].begin(), o.at[j].end());
        }
        return o;
    }

    // Join one forward path with the backward paths that end at j; `cost` has the arc in it.
    template <int C>
    void meet(const Cuts<C>& cuts, const Label<W, C>& x, int a, int j, double cost,
              const Direction<W, C>& back, const Other& other, Kept& kept) {
        const Problem& p = problem;
        const int64_t room = p.windows ? p.horizon - x.time - p.travel[x.node * (p.n + 1) + j]
                                       : p.capacity - x.load;
        if (room < 0 || cost + other.least[j][back.shelf_of(room)] >= kept.bar()) return;
        for (const Point& e : other.at[j]) {
            if (cost + e.cost >= kept.bar()) break;
            if (e.primary > room) continue;
            const Label<W, C>& y = back.pool[e.index];
            if (x.load + y.load > p.capacity || x.memory.meets(y.memory)) continue;
            kept.take(cost + e.cost + cuts.both(x.odd, y.odd), a, e.index);
        }
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
