// Times for given routes with a given order at every place: a longest path.
//
// Where two elements of different agents may collide, one goes first; with the order fixed, every
// demand is t_x >= t_y + c. The least times by sweeps; a cycle means that the order is impossible.
#ifndef ZEROGAP_MAPF_RETIME
#define ZEROGAP_MAPF_RETIME
#include "mapf/world.hpp"

namespace zg::mapf {

class Retimer {
  public:
    void build(World& world, Tables& upper) {
        w = &world;
        tables = &upper;
    }

    // Paths whose times may be a little too early become safe for the tables' distance; false if
    // the order that they stand for is impossible.
    bool run(std::vector<Path>& paths) {
        collect(paths);
        demands.clear();
        for (size_t i = 0; i < uses.size(); ++i) relate(static_cast<int>(i));
        for (const auto& d : demands)
            if (d.x < 0) return false;
        return solve(paths);
    }

  private:
    // A use of a hub: a move, or a presence between two moves (-1: before the first, after the last).
    struct Piece {
        int agent, v, slot;
        int in, out;   // variables of the moves before and after; a move's own is `in`
        double s, e;   // times before
    };
    struct Demand {
        int x, y;
        double c;
    };
    struct Variable {
        double t, least, duration;
        int before;  // the move before it of the same agent, -1
    };

    void collect(const std::vector<Path>& paths) {
        uses.clear();
        variables.clear();
        const Graph& g = w->g;
        for (int a = 0; a < w->agents.k; ++a) {
            const int c = w->agents.cls[a];
            int v = w->agents.start[a], before = -1;
            double t = 0;
            for (const Move& m : paths[a].moves) {
                const int x = static_cast<int>(variables.size());
                variables.push_back({m.t, 0, g.duration(m.edge, c), before});
                uses.push_back({a, v, 0, before, x, t, m.t});
                uses.push_back({a, v, g.slot(m.edge), x, x, m.t, m.t});
                before = x;
                t = m.t + g.duration(m.edge, c);
                v = g.head[m.edge];
            }
            uses.push_back({a, v, 0, before, -1, t, INF});
        }
        at.assign(g.n, {});
        for (size_t i = 0; i < uses.size(); ++i) at[uses[i].v].push_back(static_cast<int>(i));
    }

    // Demands between piece i and the later ones in its neighbourhood.
    void relate(int i) {
        const Piece& p = uses[i];
        const int c = w->agents.cls[p.agent];
        for (int other = 0; other < w->g.classes; ++other)
            tables->around(p.v, c, other, [&](const Near& near) {
                for (int j : at[near.u]) {
                    const Piece& q = uses[j];
                    if (j <= i || q.agent == p.agent || w->agents.cls[q.agent] != other) continue;
                    const Span span = near.spans[p.slot * near.cols + q.slot];
                    if (span.lo <= span.hi) order(p, q, span);
                }
            });
    }

    // p after q: begin(p) - end(q) >= hi; p before q: end(p) - begin(q) <= lo.
    void order(const Piece& p, const Piece& q, const Span& span) {
        const double after = p.s - q.e - span.hi, before = q.s + span.lo - p.e;
        if (after >= before) {
            demand(p, q, span.hi);
        } else {
            demand(q, p, -span.lo);
        }
    }

    // begin(x) >= end(y) + c, for pieces.
    void demand(const Piece& x, const Piece& y, double c) {
        const bool moving_x = x.slot != 0, moving_y = y.slot != 0;
        const int from = moving_y ? y.in : y.out;  // its end: the move itself, or the move away
        if (from < 0) {
            demands.push_back({-1, -1, 0});  // it never ends
            return;
        }
        if (!moving_x && x.in < 0) {  // there from the beginning
            demands.push_back({-1, -1, 0});
            return;
        }
        // A presence begins when the move before it ends.
        const double shift = moving_x ? 0.0 : variables[x.in].duration;
        demands.push_back({x.in, from, c - shift});
    }

    bool solve(std::vector<Path>& paths) {
        // By the old times the demands are nearly in order, so that few sweeps suffice.
        std::sort(demands.begin(), demands.end(), [&](const Demand& a, const Demand& b) {
            const double p = variables[a.x].t, q = variables[b.x].t;
            return p < q || (p == q && (a.x < b.x || (a.x == b.x && a.y < b.y)));
        });
        const double tick = w->g.tick();
        bool changed = true;
        for (int sweep = 0; changed; ++sweep) {
            if (sweep > 200) return false;
            changed = false;
            for (size_t x = 0; x < variables.size(); ++x) {
                Variable& v = variables[x];
                if (v.before < 0) continue;
                const double t = variables[v.before].least + variables[v.before].duration;
                if (t > v.least) v.least = t, changed = true;
            }
            for (const Demand& d : demands) {
                const double t = variables[d.y].least + d.c;
                if (t > variables[d.x].least) {
                    changed |= t > variables[d.x].least + 0.01 * tick;
                    variables[d.x].least = t;
                }
            }
        }
        size_t x = 0;
        for (int a = 0; a < w->agents.k; ++a) {
            paths[a].arrival = 0;
            for (Move& m : paths[a].moves) {
                m.t = variables[x].least;
                paths[a].arrival = m.t + variables[x].duration;
                ++x;
            }
        }
        return true;
    }

    World* w = nullptr;
    Tables* tables = nullptr;
    std::vector<Piece> uses;
    std::vector<Variable> variables;
    std::vector<Demand> demands;
    std::vector<std::vector<int>> at;
};

}  // namespace zg::mapf
#endif
