// Conflict-based search with branchings that lose no solution.
//
// A node holds demands on single agents; its cost is the sum (or largest) of the agents' earliest
// arrivals under them, a lower bound for all solutions that keep them. Two agents that collide are
// parted by two demands of which every solution keeps at least one:
//
//   two moves     a does not begin its move in [t_a, t_b + hi), or b not in [t_b, t_a - lo): the
//                 offset of any two such beginnings lies in (lo, hi), where the moves collide.
//   move, wait    at an instant T within the collision: a does not begin its move in
//                 (T + lo, T + hi), each of which has it touch b's vertex at T, or b is not at its
//                 vertex at T. (Forbidding b the vertex for the whole time of the collision, as
//                 published, loses solutions in which b leaves early and a begins a little later.)
//   two waits     at vertices too near each other: one of them is not there at the instant T.
//   goal          b rests at its goal: b arrives after T, or at T it is there for good, and then
//                 nobody else touches its goal from T on.
//
// Where a's demand is not to begin a move within an interval, the other side says more than b's
// demand: there a does begin it within, once, and then nobody else does what collides with every
// beginning in the interval.
//
// All spans are those of a distance a little below the checker's, and every demand is planned for
// with its limits included, so that a bound holds for every solution that the checker accepts.
#ifndef ZEROGAP_MAPF_CBS
#define ZEROGAP_MAPF_CBS
#include <deque>

#include "mapf/retime.hpp"
#include "shared/clock.hpp"

namespace zg::mapf {

struct Demand {
    enum Kind { NONE, BAN, EARLY, LATE, HOLD } kind = NONE;
    int agent = -1, v = -1, slot = 0;  // BAN, HOLD: local slot; lo == hi with slot 0: an instant
    double lo = 0, hi = 0;             // EARLY, LATE: the time is lo
};

// One element of a path with its times: a wait from s to e, or a move that begins at s = e.
struct Element {
    int v, slot, local;  // slot for the tables, local slot for the rules
    double s, e, end;
};

struct Conflict {
    int a = -1, b = -1;
    Element at, bt;
    double da = -1, db = -1;  // what the two demands cost at least, -1: not looked at
    double worth() const { return std::min(da, db); }
};

// The demands on one agent as rules of the planner.
class Demands {
  public:
    World* w = nullptr;
    Tables* tables = nullptr;
    std::vector<Demand> bans;    // of the agent
    std::vector<Demand> rests;   // EARLY of others: their goals are taken from then on
    std::vector<Demand> holds;   // HOLD of others: what collides with all that they may do

    template <class Visit>
    void forbid(int v, const Query& q, int from, int to, Visit&& visit) {
        for (const Demand& d : bans)
            if (d.v == v && d.slot >= from && d.slot < to) visit(d.slot, d.lo, d.hi);
        const Graph& g = w->g;
        for (const Demand& d : holds) {
            const int other = w->agents.cls[d.agent], held = g.slot(g.first[d.v] + d.slot - 1);
            for (int i = from; i < to; ++i) {
                const int slot = i == 0 ? 0 : g.slot(g.first[v] + i - 1);
                const Span s = tables->span(v, slot, q.cls, d.v, held, other);
                if (s.lo <= s.hi && d.hi + s.lo < d.lo + s.hi) visit(i, d.hi + s.lo, d.lo + s.hi);
            }
        }
        for (const Demand& d : rests) {
            const int goal = w->agents.goal[d.agent], other = w->agents.cls[d.agent];
            for (int i = from; i < to; ++i) {
                const int slot = i == 0 ? 0 : g.slot(g.first[v] + i - 1);
                const Span s = tables->span(v, slot, q.cls, goal, 0, other);
                if (s.lo <= s.hi) visit(i, d.lo + s.lo, INF);
            }
        }
    }
};

class Tree {
  public:
    long long iterations = 0, created = 0;
    double bound = 0;              // every solution costs at least this
    double cutoff = INF;           // nodes from here on are left aside (their cost stays counted)
    double objective = INF;        // of the best conflict-free node, with safe times
    std::vector<Path> best;
    bool finished = false, infeasible = false, full = false;
    bool disjoint = true;

    // hasty: nodes with few conflicts first, to find any solution; the bound stays the first one.
    void build(World& world, long long most_nodes, bool hasty) {
        w = &world;
        greedy = hasty;
        limit = most_nodes;
        tables.build(w->g, (1 - 1e-6) * (1 - 1e-8));
        upper.build(w->g, (1 - 1e-6) * (1 + 1e-8));
        record.build(w->g, w->agents);
        sipp.build(w->g);
        retimer.build(world, upper);
        rules.w = w;
        rules.tables = &tables;
        soft.tables = &tables;
        soft.g = &w->g;
        soft.record = &record;
        tick = w->g.tick();
        paths.resize(w->agents.k);
        elements.resize(w->agents.k);
        std::vector<double> costs(w->least);
        bound = total(costs);
    }

    bool run(double seconds, long long steps) {
        const double end = now() + seconds;
        for (long long i = 0; steps < 0 || i < steps; ++i) {
            if (finished || full) return false;
            if (now() >= end) break;
            ++iterations;
            if (nodes.empty()) root();
            else step();
        }
        return !finished && !full;
    }

    long long waiting() const { return static_cast<long long>(heap.size()); }
    bool solve_times(std::vector<Path>& given) { return retimer.run(given); }

  private:
    struct Node {
        int parent = -1, depth = 0;
        Demand demand, more;
        double f = 0, cost = 0;
        std::vector<std::pair<int, Path>> changed;
        std::vector<Conflict> conflicts;
    };
    struct Entry {
        double first, second;  // cost and conflicts; in haste the other way round
        int node;
        bool operator<(const Entry& o) const {
            if (first != o.first) return first > o.first;
            if (second != o.second) return second > o.second;
            return node < o.node;
        }
    };

    double total(const std::vector<double>& costs) const {
        double sum = 0, most = 0;
        for (double c : costs) sum += c, most = std::max(most, c);
        return w->makespan ? most : sum;
    }

    void root() {
        nodes.emplace_back();
        Node& node = nodes.back();
        std::vector<char> there(w->agents.k, 0);
        record.clear();
        for (int a = 0; a < w->agents.k; ++a) {
            rules.bans.clear();
            rules.rests.clear();
            rules.holds.clear();
            Path path;
            sipp.plan(w->query(a), rules, &soft, w->to_goal[a], path);
            record.add(a, path);
            node.changed.emplace_back(a, path);
        }
        // Once more, now that everybody's ways are known.
        for (int a = 0; a < w->agents.k; ++a) {
            Path path;
            record.remove(a, node.changed[a].second);
            sipp.plan(w->query(a), rules, &soft, w->to_goal[a], path);
            node.changed[a].second = path;
            record.add(a, path);
        }
        for (int a = 0; a < w->agents.k; ++a) set(a, node.changed[a].second);
        node.cost = w->cost(paths);
        for (int a = 0; a < w->agents.k; ++a)
            for (int b = a + 1; b < w->agents.k; ++b) find(a, b, node.conflicts);
        node.f = node.cost;
        open(0);
        settle();
    }

    void set(int a, const Path& path) {
        paths[a] = path;
        list(a, path, elements[a]);
    }

    void list(int a, const Path& path, std::vector<Element>& out) const {
        out.clear();
        const Graph& g = w->g;
        const int c = w->agents.cls[a];
        int v = w->agents.start[a];
        double t = 0;
        for (const Move& m : path.moves) {
            if (m.t > t) out.push_back({v, 0, 0, t, m.t, m.t});
            const double d = g.duration(m.edge, c);
            out.push_back({v, g.slot(m.edge), m.edge - g.first[v] + 1, m.t, m.t, m.t + d});
            t = m.t + d;
            v = g.head[m.edge];
        }
        out.push_back({v, 0, 0, t, INF, INF});
    }

    // The first collision of two agents, if any; adds it to the list.
    bool find(int a, int b, std::vector<Conflict>& out) {
        const auto &A = elements[a], &B = elements[b];
        const int ca = w->agents.cls[a], cb = w->agents.cls[b];
        size_t from = 0;
        for (const Element& p : A) {
            while (from < B.size() && B[from].end < p.s) ++from;
            for (size_t j = from; j < B.size() && B[j].s <= p.end; ++j) {
                const Element& q = B[j];
                const Span s = tables.span(p.v, p.slot, ca, q.v, q.slot, cb);
                if (!(s.lo <= s.hi)) continue;
                if (p.s - q.e < s.hi - 8 * tick && p.e - q.s > s.lo + 8 * tick) {
                    Conflict c;
                    c.a = a, c.b = b, c.at = p, c.bt = q;
                    out.push_back(c);
                    return true;
                }
            }
        }
        return false;
    }

    // The two demands that part a conflict; see the head of this file.
    void split(const Conflict& c, Demand& for_a, Demand& for_b) {
        const Span s = tables.span(c.at.v, c.at.slot, w->agents.cls[c.a], c.bt.v, c.bt.slot,
                                   w->agents.cls[c.b]);
        if (c.at.slot && c.bt.slot) {
            // Both intervals begin a little before the moves, and end as much earlier.
            const double shift = 2 * tick;
            for_a = {Demand::BAN, c.a, c.at.v, c.at.local, c.at.s - shift, c.bt.s + s.hi - shift};
            for_b = {Demand::BAN, c.b, c.bt.v, c.bt.local, c.bt.s - shift, c.at.s - s.lo - shift};
            return;
        }
        if (c.at.slot) return part(c.a, c.at, c.b, c.bt, s, for_a, for_b);
        if (c.bt.slot) return part(c.b, c.bt, c.a, c.at, {-s.hi, -s.lo}, for_b, for_a);
        const double from = std::max(c.at.s, c.bt.s), to = std::min(c.at.e, c.bt.e);
        if (c.at.e == INF || c.bt.e == INF) {
            const bool a_rests = c.at.e == INF;
            const double T = to - 1e-3 * (to - from);
            const int rests = a_rests ? c.a : c.b;
            Demand late{Demand::LATE, rests, -1, 0, T, T}, early{Demand::EARLY, rests, -1, 0, T, T};
            for_a = a_rests ? late : early;
            for_b = a_rests ? early : late;
            return;
        }
        for_a = {Demand::BAN, c.a, c.at.v, 0, to, to};
        for_b = {Demand::BAN, c.b, c.bt.v, 0, to, to};
    }

    // A move of m against a wait of r, offsets m - instant in (lo, hi).
    void part(int m, const Element& move, int r, const Element& rest, const Span& s, Demand& for_m,
              Demand& for_r) {
        const double from = std::max(rest.s, move.s - s.hi);
        const double leave = move.s - s.lo;  // the collision would end then
        double T;
        if (rest.e < leave - 8 * tick) T = rest.e;
        else T = leave - std::max(4 * tick, 1e-3 * (leave - from));
        if (T <= from) T = 0.5 * (from + std::min(leave, rest.e));
        if (rest.e == INF) {
            for_r = {Demand::LATE, r, -1, 0, T, T};
            for_m = {Demand::EARLY, r, -1, 0, T, T};
            return;
        }
        for_m = {Demand::BAN, m, move.v, move.local, T + s.lo, T + s.hi};
        for_r = {Demand::BAN, r, rest.v, 0, T, T};
    }

    // The rules of an agent in a node, with one more demand.
    Query gather(int a, int node, const Demand& more, const Demand& also) {
        Query q = w->query(a);
        rules.bans.clear();
        rules.rests.clear();
        rules.holds.clear();
        own.clear();
        auto take = [&](const Demand& d) {
            if (d.kind == Demand::BAN && d.agent == a) rules.bans.push_back(d);
            else if (d.kind == Demand::LATE && d.agent == a) q.not_before = std::max(q.not_before, d.lo);
            else if (d.kind == Demand::EARLY && d.agent == a) q.by = std::min(q.by, d.lo);
            else if (d.kind == Demand::EARLY) rules.rests.push_back(d);
            else if (d.kind == Demand::HOLD && d.agent != a) rules.holds.push_back(d);
            else if (d.kind == Demand::HOLD) own.push_back(d);
        };
        take(more);
        take(also);
        for (int i = node; i >= 0; i = nodes[i].parent) take(nodes[i].demand), take(nodes[i].more);
        if (!own.empty()) {
            arrange(a);
            q.marks = &marks;
        }
        return q;
    }

    // The moves that an agent has to make, in an order that is certain. Where it is not (another
    // order may be possible, or one move may answer two demands) a demand is left out: what is
    // planned for is then a superset, and bounds stay bounds.
    void arrange(int a) {
        const Graph& g = w->g;
        std::sort(own.begin(), own.end(), [](const Demand& x, const Demand& y) {
            return x.lo < y.lo || (x.lo == y.lo && x.hi < y.hi);
        });
        marks.clear();
        for (const Demand& d : own) {
            const int e = g.first[d.v] + d.slot - 1;
            if (!marks.empty()) {
                const Mark& before = marks.back();
                const bool same = before.edge == e && d.lo <= before.hi + tick;
                // It cannot come first: it would end too late for the one before.
                if (same || d.lo + g.duration(e, w->agents.cls[a]) <= before.hi + 4 * tick) continue;
            }
            const int64_t key = static_cast<int64_t>(a) * g.n + d.v;
            auto& way = ways[key];
            if (!way) {
                way = std::make_unique<Distances>();
                way->build(g, w->in_first, w->in_edge, d.v, w->agents.start[a], w->agents.cls[a]);
            }
            marks.push_back({e, d.lo, d.hi, way.get()});
        }
    }

    bool plan(int a, int node, const Demand& more, Path& out, const Demand& also = {}) {
        const Query q = gather(a, node, more, also);
        return sipp.plan(q, rules, &soft, w->to_goal[a], out);
    }

    // Whether a path does what collides with all that a held move may be.
    bool disturbs(int a, const Demand& d) {
        const int slot = w->g.slot(w->g.first[d.v] + d.slot - 1), other = w->agents.cls[d.agent];
        for (const Element& p : elements[a]) {
            const Span s = tables.span(p.v, p.slot, w->agents.cls[a], d.v, slot, other);
            if (!(s.lo <= s.hi)) continue;
            const double lo = d.hi + s.lo, hi = d.lo + s.hi;
            if (lo < hi - tick && p.s < hi - tick && p.e > lo + tick) return true;
        }
        return false;
    }

    // Whether a path touches the goal of d.agent from d.lo on.
    bool touches(int a, const Demand& d) {
        const int goal = w->agents.goal[d.agent], other = w->agents.cls[d.agent];
        for (const Element& p : elements[a]) {
            const Span s = tables.span(p.v, p.slot, w->agents.cls[a], goal, 0, other);
            if (s.lo <= s.hi && p.e > d.lo + s.lo + tick) return true;
        }
        return false;
    }

    // What a demand costs the agent that it is for (EARLY: the one that touches the goal).
    double price(int a, int node, const Demand& d) {
        Path path;
        if (d.kind == Demand::EARLY && paths[d.agent].arrival > d.lo + tick) return INF;
        if (!plan(a, node, d, path)) return INF;
        return std::max(0.0, path.arrival - paths[a].arrival);
    }

    void open(int id) {
        Node& node = nodes[id];
        if (node.conflicts.empty() && node.cost < leaf) solution(id);
        if (node.f >= cutoff) {
            aside = std::min(aside, node.f);
            node.conflicts.clear();
            node.conflicts.shrink_to_fit();
            return;
        }
        const double conflicts = static_cast<double>(node.conflicts.size());
        heap.push_back(greedy ? Entry{conflicts, node.f, id} : Entry{node.f, conflicts, id});
        std::push_heap(heap.begin(), heap.end());
    }

    // A node without conflicts: safe times for its paths make it a solution.
    void solution(int id) {
        leaf = nodes[id].cost;
        std::vector<Path> timed(w->agents.k);
        std::vector<char> seen(w->agents.k, 0);
        for (int i = id; i >= 0; i = nodes[i].parent)
            for (const auto& [a, path] : nodes[i].changed)
                if (!seen[a]) seen[a] = 1, timed[a] = path;
        if (!retimer.run(timed)) return;
        const double cost = w->cost(timed);
        if (cost < objective) objective = cost, best = timed;
    }

    // The bound: the least of all nodes that are open or were left aside.
    void settle() {
        double least = aside;
        if (!heap.empty()) least = greedy ? bound : std::min(least, heap.front().first);
        if (least == INF) {
            finished = infeasible = true;
            return;
        }
        bound = std::max(bound, least);
        if (heap.empty()) finished = true;
    }

    void load(int id) {
        std::vector<char>& seen = mask;
        seen.assign(w->agents.k, 0);
        int left = w->agents.k;
        for (int i = id; i >= 0 && left; i = nodes[i].parent)
            for (const auto& [a, path] : nodes[i].changed)
                if (!seen[a]) seen[a] = 1, --left, set(a, path);
        record.clear();
        for (int a = 0; a < w->agents.k; ++a) record.add(a, paths[a]);
    }

    void step() {
        if (heap.empty()) {
            settle();
            return;
        }
        std::pop_heap(heap.begin(), heap.end());
        const int id = heap.back().node;
        heap.pop_back();
        if (nodes[id].f >= cutoff) {
            aside = std::min(aside, nodes[id].f);
            drop(id);
            settle();
            return;
        }
        load(id);
        for (int rounds = 0;; ++rounds) {
            Node& node = nodes[id];
            if (node.conflicts.empty()) {
                // The cheapest node of all has no conflicts: its cost is the bound.
                aside = std::min(aside, node.f);
                if (!greedy) settle();
                finished = true;
                return;
            }
            for (Conflict& c : node.conflicts) look(id, c);
            const double f = std::max(node.f, estimate(node.conflicts, node.cost));
            if (f > node.f + tick) {
                node.f = f;
                if (f >= cutoff || (!greedy && !heap.empty() && f > heap.front().first + tick)) {
                    open(id);
                    settle();
                    return;
                }
            }
            const size_t chosen = choose(node.conflicts);
            if (!branch(id, chosen, rounds < 20)) break;
        }
        settle();
        if (static_cast<long long>(nodes.size()) >= limit) full = true;
    }

    void drop(int id) {
        nodes[id].conflicts.clear();
        nodes[id].conflicts.shrink_to_fit();
    }

    void look(int id, Conflict& c) {
        if (c.da >= 0) return;
        Demand for_a, for_b;
        split(c, for_a, for_b);
        c.da = price(c.a, id, for_a);
        c.db = price(c.b, id, for_b);
    }

    size_t choose(const std::vector<Conflict>& list) const {
        size_t chosen = 0;
        auto key = [&](const Conflict& c) {
            return std::make_pair(std::min(c.da, c.db), std::max(c.da, c.db));
        };
        for (size_t i = 1; i < list.size(); ++i)
            if (key(list[i]) > key(list[chosen]) ||
                (key(list[i]) == key(list[chosen]) && time(list[i]) < time(list[chosen])))
                chosen = i;
        return chosen;
    }
    static double time(const Conflict& c) { return std::max(c.at.s, c.bt.s); }

    // Cost of a node at least: of every conflict one of the two agents pays. For the sum a minimum
    // over all ways to pay, by components; too large ones by disjoint pairs.
    double estimate(const std::vector<Conflict>& list, double cost) {
        if (w->makespan) {
            double most = cost;
            for (const Conflict& c : list)
                most = std::max(most, std::min(paths[c.a].arrival + c.da, paths[c.b].arrival + c.db));
            return most;
        }
        edges.clear();
        for (const Conflict& c : list)
            if (c.worth() > tick) edges.push_back({c.a, c.b, c.da, c.db});
        if (edges.empty()) return cost;
        std::sort(edges.begin(), edges.end(), [](const Pay& p, const Pay& q) {
            const double x = std::min(p.da, p.db), y = std::min(q.da, q.db);
            return x > y || (x == y && (p.a < q.a || (p.a == q.a && p.b < q.b)));
        });
        paid.assign(w->agents.k, 0.0);
        budget = 2000;
        least_pay = INF;
        pay(0, 0.0);
        if (budget > 0) return cost + least_pay;
        mask.assign(w->agents.k, 0);
        double sum = 0;
        for (const Pay& e : edges)
            if (!mask[e.a] && !mask[e.b]) mask[e.a] = mask[e.b] = 1, sum += std::min(e.da, e.db);
        return cost + sum;
    }
    struct Pay {
        int a, b;
        double da, db;
    };
    void pay(size_t i, double sum) {
        if (sum >= least_pay || --budget <= 0) return;
        while (i < edges.size() && (paid[edges[i].a] >= edges[i].da || paid[edges[i].b] >= edges[i].db))
            ++i;
        if (i == edges.size()) {
            least_pay = sum;
            return;
        }
        const Pay& e = edges[i];
        for (int side = 0; side < 2; ++side) {
            const int a = side == (e.da <= e.db ? 0 : 1) ? e.a : e.b;
            const double d = a == e.a ? e.da : e.db, old = paid[a];
            if (d == INF) continue;
            paid[a] = d;
            pay(i + 1, sum + d - old);
            paid[a] = old;
        }
    }

    // Branch on a conflict; true: instead a way around it was taken and the node goes on.
    bool branch(int id, size_t chosen, bool around) {
        const Conflict c = nodes[id].conflicts[chosen];
        Demand demand[2];
        split(c, demand[0], demand[1]);
        // One side does not make the move, the other makes it; the costlier one, if there is a choice.
        Demand more[2];
        auto movable = [](const Demand& d) { return d.kind == Demand::BAN && d.slot > 0; };
        int hold = -1;
        if (movable(demand[0]) && (!movable(demand[1]) || c.da >= c.db)) hold = 0;
        else if (movable(demand[1])) hold = 1;
        if (disjoint && hold >= 0) {
            more[1 - hold] = demand[hold];
            more[1 - hold].kind = Demand::HOLD;
        }
        Node child[2];
        bool there[2];
        for (int side = 0; side < 2; ++side) {
            there[side] = make(id, demand[side], more[side], child[side]);
            if (!there[side] || !around) continue;
            Node& node = nodes[id];
            const bool free = child[side].cost <= node.cost + tick && child[side].changed.size() == 1;
            if (free && child[side].conflicts.size() < node.conflicts.size()) {
                // Paths as cheap with fewer conflicts: no demand is needed.
                const int a = child[side].changed[0].first;
                const Path path = child[side].changed[0].second;
                bool replaced = false;
                for (auto& [b, old] : node.changed)
                    if (b == a) old = path, replaced = true;
                if (!replaced) node.changed.emplace_back(a, path);
                record.remove(a, paths[a]);
                set(a, path);
                record.add(a, path);
                node.conflicts = child[side].conflicts;
                if (node.conflicts.empty() && node.cost < leaf) solution(id);
                return true;
            }
        }
        drop(id);
        for (int side = 0; side < 2; ++side) {
            if (!there[side]) continue;
            nodes.push_back(std::move(child[side]));
            ++created;
            open(static_cast<int>(nodes.size()) - 1);
        }
        return false;
    }

    // The child with one more demand; false if it holds no solution.
    bool make(int id, const Demand& d, const Demand& also, Node& out) {
        out.parent = id;
        out.depth = nodes[id].depth + 1;
        out.demand = d;
        out.more = also;
        std::vector<int> again;
        if (d.kind == Demand::EARLY) {
            if (paths[d.agent].arrival > d.lo + tick) return false;
            for (int a = 0; a < w->agents.k; ++a)
                if (a != d.agent && touches(a, d)) again.push_back(a);
        } else {
            again.push_back(d.agent);
            if (also.kind == Demand::HOLD)
                for (int a = 0; a < w->agents.k; ++a)
                    if (a != also.agent && a != d.agent && disturbs(a, also)) again.push_back(a);
        }
        double sum = 0, most = 0;
        for (const Path& p : paths) sum += p.arrival;
        old.clear();
        bool good = true;
        for (int a : again) {
            Path path;
            if (!plan(a, id, d, path, also)) {
                good = false;
                break;
            }
            old.emplace_back(a, paths[a]);
            sum += path.arrival - paths[a].arrival;
            record.remove(a, paths[a]);
            set(a, path);
            record.add(a, path);
            out.changed.emplace_back(a, std::move(path));
        }
        if (good) {
            for (const Path& p : paths) most = std::max(most, p.arrival);
            out.cost = w->makespan ? most : sum;
            out.f = std::max(nodes[id].f, out.cost);
            mask.assign(w->agents.k, 0);
            for (int a : again) mask[a] = 1;
            for (const Conflict& c : nodes[id].conflicts)
                if (!mask[c.a] && !mask[c.b]) out.conflicts.push_back(c);
            for (int a : again)
                for (int b = 0; b < w->agents.k; ++b)
                    if (b != a && !(mask[b] && b < a)) find(std::min(a, b), std::max(a, b), out.conflicts);
        }
        for (auto& [a, path] : old) {
            record.remove(a, paths[a]);
            set(a, path);
            record.add(a, path);
        }
        return good;
    }

    World* w = nullptr;
    Tables tables, upper;
    Record record;
    Sipp sipp;
    Retimer retimer;
    Demands rules;
    Others soft;
    std::vector<Demand> own;
    std::vector<Mark> marks;
    std::unordered_map<int64_t, std::unique_ptr<Distances>> ways;
    double tick = 1e-10, aside = INF, leaf = INF, least_pay = INF;
    int budget = 0;
    bool greedy = false;
    long long limit = 1000000;
    std::deque<Node> nodes;
    std::vector<Entry> heap;
    std::vector<Path> paths;
    std::vector<std::vector<Element>> elements;
    std::vector<std::pair<int, Path>> old;
    std::vector<Pay> edges;
    std::vector<double> paid;
    std::vector<char> mask;
};

}  // namespace zg::mapf
#endif
