// Safe-interval path planning in continuous time: the earliest arrival of one agent.
//
// A state is a vertex with one of its safe intervals; the earliest time at which it can be reached
// dominates all later ones, since the agent may wait there. Moves begin outside the open intervals
// in which they would collide. `Rules` is where the intervals come from: paths of others (planning)
// or constraints (conflict-based search); `Record` of others' paths may count soft conflicts, by
// which paths that arrive at the same time are told apart.
#ifndef ZEROGAP_MAPF_SIPP
#define ZEROGAP_MAPF_SIPP
#include <type_traits>

#include "mapf/paths.hpp"

namespace zg::mapf {

struct Range {
    double lo, hi;
};

// A move that has to be made, beginning in [lo, hi]; what comes after it in a list comes later.
struct Mark {
    int edge;
    double lo, hi;
    Distances* to;  // travel times to the tail of the edge
};

// What a planning run asks for beside the rules.
struct Query {
    const std::vector<Mark>* marks = nullptr;
    int agent = 0, cls = 0, start = 0, goal = 0;
    double not_before = 0;  // the goal is reached for good no earlier (a superset of later arrivals)
    double by = INF;        // and no later
};

class Sipp {
  public:
    long long expanded = 0;
    // Times that differ by less are the same: what a disc moves meanwhile is below all margins.
    double tick = 1e-10;

    void build(const Graph& graph) {
        g = &graph;
        tick = graph.tick();
        mark.assign(g->n, 0);
        base.assign(g->n, 0);
        left.assign(g->n, 0);
        move_base.assign(g->n, 0);
    }

    // Rules: forbid(v, query, from, to, visit) calls visit(local slot, lo, hi) for slots in [from, to);
    // an instant, lo == hi, for local slot 0 only. soft may be null.
    template <class Rules, class Soft>
    bool plan(const Query& q, Rules& rules, Soft* soft, Distances& to_goal, Path& out) {
        begin();
        query = q;
        last = q.marks ? static_cast<int>(q.marks->size()) : 0;
        if (static_cast<int>(layers.size()) < last + 1) layers.resize(last + 1);
        goal_times = &to_goal;
        double h = to_goal(q.start);
        if (h == INF) return false;
        h = ahead(0, q.start, 0);
        if (h == INF) return false;
        int first = hub(q.start, rules);
        int state = -1;
        for (int i = offset[first]; i < offset[first + 1]; ++i)
            if (pool[i].lo <= 0 && pool[i].hi >= 0) state = i;
        if (state < 0) return false;
        const double limit = q.by + tick;
        push(0, state, q.start, 0, 0, h, -1, -1, 0);
        if (last == 0 && terminal_at >= 0 && state == terminal_at) {
            out.moves.clear();
            out.arrival = 0;
            return true;
        }
        while (!heap.empty()) {
            std::pop_heap(heap.begin(), heap.end());
            const Entry top = heap.back();
            heap.pop_back();
            if (layers[top.phase][top.state].stamp != top.stamp) continue;
            if (top.phase == last && top.state == terminal_at) {
                trace(top.state, out);
                return true;
            }
            ++expanded;
            expand(top.phase, top.state, rules, soft, limit);
        }
        return false;
    }

  private:
    struct Node {
        double g = INF;
        int conflicts = 0;
        int v = -1, parent = -1, edge = -1;
        bool marked = false;  // by the mark of the phase before: its parent is there
        double depart = 0;
        int stamp = -1;
    };
    struct Entry {
        double f;
        int conflicts;
        double g;
        int state, stamp, phase;
        // A max-heap: the best entry is the largest. Deeper paths first among equals.
        bool operator<(const Entry& o) const {
            if (f != o.f) return f > o.f;
            if (conflicts != o.conflicts) return conflicts > o.conflicts;
            if (g != o.g) return g < o.g;
            return state > o.state;
        }
    };

    void begin() {
        ++run;
        pool.clear();
        offset.clear();
        bans.clear();
        ban_offset.clear();
        for (auto& layer : layers) layer.clear();
        heap.clear();
        softs.clear();
        soft_offset.clear();
        terminal_at = -1;
        stamps = 0;
    }

    // Index into `offset` of the safe intervals of v.
    template <class Rules>
    int hub(int v, Rules& rules) {
        if (mark[v] == run) return base[v];
        mark[v] = run;
        if (raw.empty()) raw.resize(1);
        raw[0].clear();
        rules.forbid(v, query, 0, 1, [&](int, double lo, double hi) {
            if (hi >= 0) raw[0].push_back({lo, hi});
        });
        base[v] = static_cast<int>(offset.size());
        offset.push_back(static_cast<int>(pool.size()));
        safe(v);
        offset.push_back(static_cast<int>(pool.size()));
        return base[v];
    }

    // Index into `ban_offset` of the forbidden intervals of v's moves, found when v is left first;
    // those of its soft conflicts, waiting included, have the same index in `soft_offset`.
    template <class Rules, class Soft>
    int leave(int v, Rules& rules, Soft* soft) {
        if (left[v] == run) return move_base[v];
        left[v] = run;
        const int slots = g->degree(v) + 1;
        if (static_cast<int>(raw.size()) < slots) raw.resize(slots);
        const int at = move_base[v] = static_cast<int>(ban_offset.size());
        for (int i = 0; i < slots; ++i) raw[i].clear();
        rules.forbid(v, query, 1, slots, [&](int slot, double lo, double hi) {
            if (hi >= 0 && lo < hi) raw[slot].push_back({lo, hi});
        });
        ban_offset.push_back(static_cast<int>(bans.size()));
        for (int i = 1; i < slots; ++i) {
            ban_offset.push_back(static_cast<int>(bans.size()));
            merged(raw[i]);
        }
        ban_offset.push_back(static_cast<int>(bans.size()));
        if constexpr (!std::is_same_v<Soft, std::nullptr_t>) {
            for (int i = 0; i < slots; ++i) raw[i].clear();
            soft->forbid(v, query, 0, slots, [&](int slot, double lo, double hi) {
                if (hi >= 0 && lo < hi) raw[slot].push_back({lo, hi});
            });
            for (int i = 0; i < slots; ++i) {
                soft_offset.push_back(static_cast<int>(softs.size()));
                softs.insert(softs.end(), raw[i].begin(), raw[i].end());
            }
            soft_offset.push_back(static_cast<int>(softs.size()));
        }
        return at;
    }

    // The complement of the open forbidden intervals of staying, and of the forbidden instants: an
    // agent leaves before such an instant, or comes at it (the limit of coming after it).
    void safe(int v) {
        auto& list = raw[0];
        std::sort(list.begin(), list.end(), [](const Range& a, const Range& b) {
            return a.lo < b.lo || (a.lo == b.lo && a.hi < b.hi);
        });
        double from = 0;
        for (const Range& r : list) {
            if (r.lo == r.hi) {  // an instant
                if (r.lo <= from) {
                    // Present at `from` itself is forbidden: what remains begins there, as a limit.
                    if (r.lo == 0 && from == 0) from = std::nextafter(0.0, 1.0);
                    continue;
                }
                put(from, std::nextafter(r.lo, -INF));
                from = r.lo;
            } else if (r.lo >= from) {
                put(from, r.lo);
                from = r.hi;
            } else {
                from = std::max(from, r.hi);
            }
        }
        put(from, INF);
        if (v == query.goal && from < INF) {
            const int last = static_cast<int>(pool.size()) - 1;
            if (query.not_before > pool[last].lo) {
                // Reached for good not before: a state of its own; the agent may still pass through.
                put(query.not_before, INF);
                terminal_at = last + 1;
            } else {
                terminal_at = last;
            }
        }
    }
    void put(double lo, double hi) {
        if (lo > hi || lo == INF) return;
        pool.push_back({lo, hi});
    }
    void merged(std::vector<Range>& list) {
        std::sort(list.begin(), list.end(),
                  [](const Range& a, const Range& b) { return a.lo < b.lo; });
        const size_t from = bans.size();
        for (const Range& r : list) {
            // Open intervals that only touch leave an instant between them.
            if (bans.size() > from && r.lo < bans.back().hi)
                bans.back().hi = std::max(bans.back().hi, r.hi);
            else
                bans.push_back(r);
        }
    }

    double quantum(double f) const { return std::floor(f / tick); }

    // Time from v at `at` to the goal by way of the marks from `phase` on, at least; INF if one of
    // them cannot be made in time.
    double ahead(int phase, int v, double at) {
        if (phase == last) return (*goal_times)(v);
        double t = at;
        for (int p = phase; p < last; ++p) {
            const Mark& mark = (*query.marks)[p];
            t = std::max(t + (*mark.to)(v), mark.lo);
            if (t > mark.hi + tick) return INF;
            t += g->duration(mark.edge, query.cls);
            v = g->head[mark.edge];
        }
        return t + (*goal_times)(v) - at;
    }

    void push(int phase, int state, int v, double at, int conflicts, double h, int parent, int edge,
              double depart, bool marked = false) {
        auto& nodes = layers[phase];
        if (nodes.size() < pool.size()) nodes.resize(pool.size());
        Node& node = nodes[state];
        // Times that differ by rounding only are the same; then fewer conflicts win.
        if (at > node.g - tick && !(at <= node.g + tick && conflicts < node.conflicts)) return;
        node.g = at;
        node.conflicts = conflicts;
        node.v = v;
        node.parent = parent;
        node.edge = edge;
        node.depart = depart;
        node.marked = marked;
        node.stamp = ++stamps;
        heap.push_back({quantum(at + h), conflicts, at, state, node.stamp, phase});
        std::push_heap(heap.begin(), heap.end());
    }

    template <class Rules, class Soft>
    void expand(int phase, int state, Rules& rules, Soft* soft, double limit) {
        const Node here = layers[phase][state];
        layers[phase][state].stamp = -2 - state;  // closed, unless it is reached better
        const int v = here.v;
        const int at = leave(v, rules, soft);
        const double until = pool[state].hi;
        for (int e = g->first[v]; e < g->first[v + 1]; ++e) {
            if (g->duration(e, query.cls) == INF) continue;
            go<Rules, Soft>(phase, phase, state, here, at, e, 0, until, rules, limit);
        }
        if (phase == last) return;
        const Mark& mark = (*query.marks)[phase];
        if (g->tail[mark.edge] != v || here.g > mark.hi + tick) return;
        go<Rules, Soft>(phase, phase + 1, state, here, at, mark.edge, mark.lo,
                        std::min(until, mark.hi + tick), rules, limit);
    }

    // Moves along e that begin within [from, until], to every safe interval of its head.
    template <class Rules, class Soft>
    void go(int phase, int next, int state, const Node& here, int at, int e, double from,
            double until, Rules& rules, double limit) {
        const int v = here.v, w = g->head[e], slot = e - g->first[v] + 1;
        const double d = g->duration(e, query.cls), begin = std::max(here.g, from);
        const double soon = ahead(next, w, begin + d);
        if (soon == INF || std::max(begin + d + soon, query.not_before) > limit) return;
        const int there = hub(w, rules);
        for (int k = offset[there]; k < offset[there + 1]; ++k) {
            const Range room = pool[k];
            if (room.hi < begin + d) continue;
            if (room.lo > until + d) break;
            double t = std::max(begin, room.lo - d);
            for (int f = ban_offset[at + slot]; f < ban_offset[at + slot + 1]; ++f) {
                if (bans[f].lo >= t) break;
                if (t < bans[f].hi) t = bans[f].hi;
            }
            // A move past a goal that is taken for good never begins again.
            if (t > until || t + d > room.hi || t == INF) continue;
            // The state that ends the search is reached by moving in at its time or later.
            const double arrive = std::max(t + d, room.lo);
            const double h = last ? ahead(next, w, arrive) : soon;
            if (h == INF) continue;
            double least = arrive + h;
            if (k != terminal_at || next != last) least = std::max(least, query.not_before);
            if (least > limit) continue;
            int conflicts = here.conflicts;
            if constexpr (!std::is_same_v<Soft, std::nullptr_t>)
                conflicts += count(at, slot, here.g, t);
            push(next, k, w, arrive, conflicts, least - arrive, state, e, t, next != phase);
        }
    }

    // Conflicts of waiting from g to t and then moving at t.
    int count(int at, int slot, double from, double t) const {
        int sum = 0;
        for (int i = soft_offset[at + slot]; i < soft_offset[at + slot + 1]; ++i)
            sum += softs[i].lo + tick < t && t < softs[i].hi - tick;
        if (t > from)
            for (int i = soft_offset[at]; i < soft_offset[at + 1]; ++i)
                sum += softs[i].lo + tick < t && from < softs[i].hi - tick;
        return sum;
    }

    void trace(int state, Path& out) {
        out.moves.clear();
        for (int s = state, phase = last; layers[phase][s].parent >= 0;) {
            const Node& node = layers[phase][s];
            out.moves.push_back({node.edge, node.depart});
            s = node.parent;
            phase -= node.marked;
        }
        std::reverse(out.moves.begin(), out.moves.end());
        // Times that were taken for the same are made the same, lest differences add up.
        double t = 0;
        for (Move& m : out.moves) {
            m.t = std::max(m.t, t);
            t = m.t + g->duration(m.edge, query.cls);
        }
        out.arrival = t;
    }

    const Graph* g = nullptr;
    Query query;
    int run = 0, terminal_at = -1, stamps = 0;
    std::vector<int> mark, base, left, move_base, offset, ban_offset, soft_offset;
    std::vector<Range> pool, bans, softs;
    std::vector<std::vector<Range>> raw;
    std::vector<std::vector<Node>> layers;  // by phase: how many marks are done
    Distances* goal_times = nullptr;
    int last = 0;
    std::vector<Entry> heap;
};

// Rules from the paths of others: nobody else may be touched.
class Others {
  public:
    Tables* tables = nullptr;
    const Graph* g = nullptr;
    const Record* record = nullptr;
    // If given: only agents whose entry is `wanted`.
    const std::vector<char>* only = nullptr;
    char wanted = 1;

    template <class Visit>
    void forbid(int v, const Query& q, int from, int to, Visit&& visit) {
        const int32_t* type = g->columns ? g->type + g->first[v] - 1 : nullptr;
        for (int other = 0; other < g->classes; ++other)
            tables->around(v, q.cls, other, [&](const Near& near) {
                for (const Use& use : record->at(near.u)) {
                    if (use.agent == q.agent || (only && (*only)[use.agent] != wanted)) continue;
                    if (g->classes > 1 && record->cls(use.agent) != other) continue;
                    for (int i = from; i < to; ++i) {
                        const int row = i && type ? type[i] : i;
                        const Span s = near.spans[row * near.cols + use.slot];
                        // Being at two near vertices collides at offset 0 alone, for as long.
                        if (s.lo <= s.hi && use.s + s.lo < use.e + s.hi)
                            visit(i, use.s + s.lo, use.e + s.hi);
                    }
                }
            });
    }
};

}  // namespace zg::mapf
#endif
