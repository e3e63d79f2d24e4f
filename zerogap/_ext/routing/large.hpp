// Ruin and recreate under annealing (Christiaens, Vanden Berghe 2020) for the plain CVRP in the plane
// at any size: clients stand in memory in the order of a k-d tree, ruins walk over the map in
// overlapping windows, a trial costs what it touches, and the first solution is by savings (Clarke,
// Wright 1964) over near pairs, in O(n log n).
#pragma once
#include <cmath>

#include "routing/plane.hpp"
#include "routing/problem.hpp"

namespace zg::routing {

struct LargeSettings {
    double removals = 10;   // clients removed on average
    int string = 10;        // longest string
    double split = 0.5;     // share of strings that keep one client in their middle
    double blink = 0.01;    // share of places overlooked
    int near = 40;          // neighbours whose sides are places to insert
    int window = 1500;      // clients of a window
    double stay = 0.25;     // trials a client of the window before it moves on by half of its size
};

template <class Rng, uint64_t (*draw)(Rng*)>
class Large {
   public:
    int64_t iterations = 0;
    int64_t best_cost = INT64_MAX / 4;
    bool found = false;

    Large(const Problem& problem, const LargeSettings& settings, Rng seed)
        : P(problem), S(settings), rng(seed), n(problem.n), plane(problem.x, problem.y, problem.n) {
        scale = P.scale;
        offset = P.offset;
        capacity = P.sum_capacity[0];
        fixed = P.fixed[0];
        unit = P.unit_distance[0];
        alone = fixed / unit;
        fleet = (int)std::min<int64_t>(P.vehicles[0], n);
        width = std::max(0, std::min(S.near, n - 1));
        near = plane.nearest(width);
        length.resize(near.size());
        node.assign((size_t)n + 2 * fleet, Node{});
        const int depot = P.start_row[0];
        for (int k = 0; k < n; ++k) {
            Node& a = node[k];
            a.x = plane.x[k];
            a.y = plane.y[k];
            a.q = P.sum[plane.order[k]];
            a.route = -1;
        }
        for (int r = fleet - 1; r >= 0; --r) {
            for (int e = 0; e < 2; ++e) {
                Node& a = node[start_of(r) + e];
                a.x = P.x[depot];
                a.y = P.y[depot];
                a.route = r;
            }
            spare.push_back(r);
        }
        for (int k = 0; k < n; ++k) {
            Node& a = node[k];
            const double dx = a.x - P.x[depot], dy = a.y - P.y[depot];
            a.home = (int32_t)(scale * std::sqrt(dx * dx + dy * dy) + offset);
            for (int i = 0; i < width; ++i)
                length[(size_t)k * width + i] = d(k, near[(size_t)k * width + i]);
        }
        reach.assign(node.size(), NOWHERE);
        route.assign(fleet, Slot{});
        next_blink = blink_gap();
        turn();
    }

    // First solution: savings, merging routes end to end while the load allows; false if it needs
    // more vehicles than there are.
    bool construct() {
        struct Pair { int64_t saving; int32_t a, b; };
        std::vector<Pair> pairs;
        for (int a = 0; a < n; ++a)
            for (int i = 0; i < width; ++i) {
                const int b = near[(size_t)a * width + i];
                if (b < a && mutual(b, a)) continue;
                const int64_t saving = (int64_t)node[a].home + node[b].home - length[(size_t)a * width + i];
                if (saving > 0) pairs.push_back({saving, a, b});
            }
        std::sort(pairs.begin(), pairs.end(), [](const Pair& p, const Pair& q) {
            return p.saving != q.saving ? p.saving > q.saving : p.a != q.a ? p.a < q.a : p.b < q.b; });
        std::vector<int32_t> one(n, -1), two(n, -1), root(n);
        std::vector<int64_t> carried(n);
        std::iota(root.begin(), root.end(), 0);
        for (int k = 0; k < n; ++k) carried[k] = node[k].q;
        auto find = [&](int v) {
            while (root[v] != v) v = root[v] = root[root[v]];
            return v;
        };
        for (const Pair& p : pairs) {
            if (two[p.a] >= 0 || two[p.b] >= 0) continue;
            const int a = find(p.a), b = find(p.b);
            if (a == b || carried[a] + carried[b] > capacity) continue;
            root[b] = a;
            carried[a] += carried[b];
            (one[p.a] < 0 ? one : two)[p.a] = p.b;
            (one[p.b] < 0 ? one : two)[p.b] = p.a;
        }
        clear();
        for (int k = 0; k < n; ++k) {
            if (node[k].route >= 0 || two[k] >= 0) continue;
            if (spare.empty()) return false;
            const int r = open();
            for (int v = k, before = -1, at = start_of(r); v >= 0;) {
                attach(v, at);
                const int after = one[v] == before ? two[v] : one[v];
                before = at = v;
                v = after;
            }
        }
        keep();
        return true;
    }

    void anneal(int count) {
        for (int i = 0; i < count; ++i) step();
    }
    void set_temperature(double t) { temperature = t; }
    double mean_cost() const { return std::max(1.0, (double)total / n); }
    double mean_route() const { return std::max(1.0, (double)total / std::max(1, open_routes)); }
    // Remember the solution if it is the best so far; costs O(n).
    void keep() {
        if (total >= best_cost && found) return;
        best_cost = total;
        found = true;
        best_first.assign(1, 0);
        best_stops.clear();
        for (int r = 0; r < fleet; ++r) {
            if (route[r].count == 0) continue;
            for (int v = node[start_of(r)].next; v < n; v = node[v].next) best_stops.push_back(plane.order[v]);
            best_first.push_back((int32_t)best_stops.size());
        }
    }
    // Whether the present solution beats the best one that is kept.
    bool ahead() const { return total < best_cost; }

    // Replace the solution by complete routes within capacity; true if it was taken.
    bool set_solution(const int32_t* first, const int32_t* stops, int routes) {
        if (routes > fleet) return false;
        std::vector<int32_t> place(n);
        for (int k = 0; k < n; ++k) place[plane.order[k]] = k;
        clear();
        for (int k = 0; k < routes; ++k) {
            const int r = open();
            int at = start_of(r);
            for (int q = first[k]; q < first[k + 1]; ++q) {
                attach(place[stops[q]], at);
                at = place[stops[q]];
            }
        }
        keep();
        return true;
    }
    std::vector<int32_t> best_first, best_stops;
    // The clients nearest to a client, by number (tests).
    std::vector<int32_t> neighbours() const {
        std::vector<int32_t> all(near.size());
        for (int k = 0; k < n; ++k)
            for (int i = 0; i < width; ++i)
                all[(size_t)plane.order[k] * width + i] = plane.order[near[(size_t)k * width + i]];
        return all;
    }

    // Links, loads and costs recomputed from scratch agree with what is kept (tests).
    bool consistent() const {
        int64_t sum = 0;
        int seen = 0;
        for (int r = 0; r < fleet; ++r) {
            if (route[r].count == 0) continue;
            int64_t load = 0;
            int count = 0;
            sum += fixed;
            for (int v = start_of(r); v != start_of(r) + 1; v = node[v].next) {
                const int w = node[v].next;
                if (node[w].prev != v || node[v].route != r || node[v].dn != d(v, w) || node[w].dp != d(v, w))
                    return false;
                sum += unit * node[v].dn;
                if (v < n) { ++count; load += node[v].q; }
            }
            if (count != route[r].count || load != route[r].load || load > capacity) return false;
            seen += count;
        }
        return seen == n && sum == total;
    }

   private:
    struct alignas(64) Node {
        int32_t next = -1, prev = -1, route = -1, dn = 0, dp = 0, home = 0;
        int64_t q = 0;
        double x = 0, y = 0;
    };
    struct Slot { int64_t load = 0; int32_t count = 0, mark = 0; };
    static constexpr int32_t NOWHERE = INT32_MIN / 4;
    enum { ATTACH, DETACH, OPEN, CLOSE };
    struct Op { int32_t kind, a, b; };

    const Problem& P;
    const LargeSettings S;
    Rng rng;
    const int n;
    Plane plane;
    double scale = 1, offset = 0.5, temperature = 0;
    int64_t capacity = 0, fixed = 0, unit = 1, alone = 0, total = 0;
    int fleet = 0, width = 0, open_routes = 0, stamp = 0;
    std::vector<int32_t> near, length;
    std::vector<int32_t> reach;  // a node's longer edge; where it is not served, so little that no place is there
    std::vector<Node> node;
    std::vector<Slot> route;
    std::vector<int32_t> spare;
    std::vector<Op> log;
    std::vector<int32_t> bank, sequence;
    std::vector<std::pair<int64_t, int32_t>> keys;
    int64_t next_blink = 1;
    int from = 0, span = 1, left = 0;  // the window and the trials left in it

    uint32_t below(uint32_t k) { return (uint32_t)(((draw(&rng) >> 32) * (uint64_t)k) >> 32); }
    double uniform() { return (double)((draw(&rng) >> 11) + 1) * 0x1.0p-53; }
    int64_t blink_gap() {
        if (S.blink <= 0) return INT64_MAX / 2;
        return 1 + (int64_t)(std::log(uniform()) / std::log(1 - S.blink));
    }
    bool blink() {
        if (--next_blink > 0) return false;
        next_blink = blink_gap();
        return true;
    }
    int start_of(int r) const { return n + 2 * r; }
    inline int32_t d(int a, int b) const { return d(node[a], node[b]); }
    inline int32_t d(const Node& a, const Node& b) const {
        const double dx = a.x - b.x, dy = a.y - b.y;
        return (int32_t)(scale * std::sqrt(dx * dx + dy * dy) + offset);
    }
    bool mutual(int a, int b) const {
        const int32_t* list = &near[(size_t)a * width];
        return std::find(list, list + width, b) != list + width;
    }

    int open() {
        const int r = spare.back();
        spare.pop_back();
        Node &s = node[start_of(r)], &e = node[start_of(r) + 1];
        s.next = start_of(r) + 1; s.prev = -1; s.dn = 0;
        e.prev = start_of(r); e.next = -1; e.dp = 0;
        const int mark = route[r].mark;
        route[r] = Slot{0, 0, mark};
        total += fixed;
        ++open_routes;
        return r;
    }
    void close(int r) {
        spare.push_back(r);
        total -= fixed;
        --open_routes;
    }
    void attach(int c, int i) {
        Node &a = node[i], &x = node[c], &b = node[a.next];
        const int32_t ac = d(a, x), cb = d(x, b);
        x.prev = i; x.next = a.next; x.route = a.route;
        total += unit * ((int64_t)ac + cb - a.dn);
        x.dp = a.dn = ac;
        x.dn = b.dp = cb;
        a.next = c; b.prev = c;
        Slot& s = route[a.route];
        s.load += x.q;
        ++s.count;
        measure(c);
        measure(x.prev);
        measure(x.next);
    }
    void detach(int c) {
        Node& x = node[c];
        Node &a = node[x.prev], &b = node[x.next];
        const int32_t ab = d(a, b);
        total += unit * ((int64_t)ab - x.dp - x.dn);
        a.next = x.next; b.prev = x.prev;
        a.dn = b.dp = ab;
        Slot& s = route[x.route];
        s.load -= x.q;
        --s.count;
        x.route = -1;
        reach[c] = NOWHERE;
        measure(x.prev);
        measure(x.next);
    }
    void measure(int v) { reach[v] = std::max(node[v].dn, node[v].dp); }
    void clear() {
        for (int k = 0; k < n; ++k) node[k].route = -1;
        std::fill(reach.begin(), reach.end(), NOWHERE);
        spare.clear();
        for (int r = fleet - 1; r >= 0; --r) { route[r] = Slot{}; spare.push_back(r); }
        total = 0;
        open_routes = 0;
        stamp = 0;
    }

    // -- one trial ---------------------------------------------------------------------------------
    void turn() {
        span = std::min(n, std::max(8, S.window));
        from = from + span / 2;
        if (from >= n) from = 0;
        left = std::max(1, (int)(S.stay * span));
    }
    void step() {
        ++iterations;
        ++stamp;
        if (--left < 0) turn();
        const int64_t before = total;
        log.clear();
        bank.clear();
        ruin();
        bool accept = recreate();
        if (accept && total > before)
            accept = (double)(total - before) < -temperature * std::log(uniform());
        if (!accept) undo();
    }
    void undo() {
        for (size_t k = log.size(); k-- > 0;) {
            const Op& op = log[k];
            switch (op.kind) {
                case ATTACH: detach(op.a); break;
                case DETACH: attach(op.a, op.b); break;
                case OPEN: close(op.a); break;
                case CLOSE: open(); break;  // the last one closed
            }
        }
    }

    void ruin() {
        const double mean = (double)n / std::max(1, open_routes);
        const double longest = std::min<double>(S.string, std::max(1.0, mean));
        const double most = 4.0 * S.removals / (1.0 + longest) - 1.0;
        const int strings = 1 + (int)(uniform() * std::max(0.0, most));
        int seed = from + (int)below((uint32_t)span);
        if (seed >= n) seed -= n;
        const int32_t* list = &near[(size_t)seed * width];
        int done = 0;
        for (int k = -1; k < width && done < strings; ++k) {
            const int c = k < 0 ? seed : list[k];
            const int r = node[c].route;
            if (r < 0 || route[r].mark == stamp) continue;
            route[r].mark = stamp;
            take_string(c, r, 1 + (int)(uniform() * std::min<double>(longest, route[r].count)));
            ++done;
        }
    }
    void take_string(int c, int r, int wanted) {
        const int count = route[r].count, number = std::min(wanted, count);
        int keep = 0;
        if (number > 1 && number < count && uniform() < S.split) {
            keep = 1;
            while (number + keep < count && uniform() < 0.01) ++keep;
        }
        const int reach = number + keep;
        // `ahead` clients before c, the rest behind it; moved where the route ends too soon.
        int ahead = (int)below((uint32_t)reach), at = c;
        while (ahead > 0 && node[at].prev < n) { at = node[at].prev; --ahead; }
        sequence.clear();
        for (int v = at; v < n && (int)sequence.size() < reach; v = node[v].next) sequence.push_back(v);
        for (int v = node[at].prev; v < n && (int)sequence.size() < reach; v = node[v].prev) sequence.push_back(v);
        const int head = keep ? 1 + (int)below((uint32_t)(number - 1)) : number;
        for (int k = 0; k < reach; ++k) {
            if (k >= head && k < head + keep) continue;
            const int v = sequence[k];
            log.push_back({DETACH, v, node[v].prev});
            detach(v);
            bank.push_back(v);
        }
        if (route[r].count == 0) { log.push_back({CLOSE, r, 0}); close(r); }
    }

    // False if a client finds no place.
    bool recreate() {
        sort_bank();
        for (const int c : bank) {
            int after = place(c);
            if (after < 0) {
                if (spare.empty()) return false;
                const int r = open();
                log.push_back({OPEN, r, 0});
                after = start_of(r);
            }
            log.push_back({ATTACH, c, 0});
            attach(c, after);
        }
        return true;
    }
    void sort_bank() {
        const int m = (int)bank.size(), pick = (int)below(11);
        keys.resize(m);
        for (int k = 0; k < m; ++k) {
            const Node& a = node[bank[k]];
            keys[k] = {pick < 4 ? (int64_t)(draw(&rng) >> 1) : pick < 8 ? -a.q : pick < 10 ? -(int64_t)a.home : a.home,
                       bank[k]};
        }
        for (int a = 1; a < m; ++a) {
            const auto key = keys[a];
            int b = a;
            for (; b > 0 && key.first < keys[b - 1].first; --b) keys[b] = keys[b - 1];
            keys[b] = key;
        }
        for (int k = 0; k < m; ++k) bank[k] = keys[k].second;
    }
    // The node behind which c costs least, or −1 for a route of its own.
    int place(int c) {
        const Node& x = node[c];
        const int32_t* list = &near[(size_t)c * width];
        const int32_t* far = &length[(size_t)c * width];
        const int64_t room = capacity - x.q;
        int64_t least = spare.empty() ? INT64_MAX / 8 : 2 * (int64_t)x.home + alone;
        int after = -1;
        for (int k = 0; k < width; ++k) {
            // By the triangle inequality a place beside v costs at least twice what v is farther off
            // than its neighbour in the route.
            const int v = list[k];
            const int64_t there = far[k];
            if (2 * (there - reach[v]) >= least) continue;
            const Node& a = node[v];
            if (route[a.route].load > room) continue;
            if (2 * (there - a.dn) < least) {
                const int64_t delta = there + d(x, node[a.next]) - a.dn;
                if (delta < least && !blink()) { least = delta; after = v; }
            }
            if (2 * (there - a.dp) < least) {
                const int64_t delta = there + d(x, node[a.prev]) - a.dp;
                if (delta < least && !blink()) { least = delta; after = a.prev; }
            }
        }
        return after;
    }
};

}  // namespace zg::routing
