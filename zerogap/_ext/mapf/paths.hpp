// Paths of agents, the record of what they use, and distances to goals.
#ifndef ZEROGAP_MAPF_PATHS
#define ZEROGAP_MAPF_PATHS
#include <queue>

#include "mapf/geometry.hpp"

namespace zg::mapf {

struct Move {
    int edge;
    double t;  // when it begins
};

struct Path {
    std::vector<Move> moves;
    double arrival = 0;
};

// A use of a slot of a hub: at the vertex from s to e, or a move that begins at s = e.
struct Use {
    int agent;
    int slot;
    double s, e;
};

// The agents: starts, goals, classes.
struct Agents {
    int k = 0;
    const int32_t* start = nullptr;
    const int32_t* goal = nullptr;
    const int32_t* cls = nullptr;
};

// Calls visit(vertex, slot, s, e) for every wait (longer than 0) and move of a path, in order; the
// last is the rest at the goal, for ever.
template <class Visit>
inline void each_use(const Graph& g, int start, int cls, const Path& path, Visit&& visit) {
    int v = start;
    double t = 0;
    for (const Move& m : path.moves) {
        if (m.t > t) visit(v, 0, t, m.t);
        visit(v, g.slot(m.edge), m.t, m.t);
        t = m.t + g.duration(m.edge, cls);
        v = g.head[m.edge];
    }
    visit(v, 0, t, INF);
}

// Who uses what, by hub; a list of hubs that are not empty makes clearing cheap.
class Record {
  public:
    void build(const Graph& graph, const Agents& all) {
        g = &graph;
        agents = &all;
        uses.assign(g->n, {});
        touched.clear();
    }
    void clear() {
        for (int v : touched) uses[v].clear();
        touched.clear();
    }
    void add(int agent, const Path& path) {
        each_use(*g, agents->start[agent], agents->cls[agent], path,
                 [&](int v, int slot, double s, double e) {
                     if (uses[v].empty()) touched.push_back(v);
                     uses[v].push_back({agent, slot, s, e});
                 });
    }
    void remove(int agent, const Path& path) {
        each_use(*g, agents->start[agent], agents->cls[agent], path,
                 [&](int v, int, double, double) {
                     auto& list = uses[v];
                     for (size_t i = 0; i < list.size();)
                         if (list[i].agent == agent) list[i] = list.back(), list.pop_back();
                         else ++i;
                 });
        if (touched.size() > 4 * uses.size() + 64) {  // emptied and filled again many times
            std::vector<int> live;
            for (size_t v = 0; v < uses.size(); ++v)
                if (!uses[v].empty()) live.push_back(static_cast<int>(v));
            touched.swap(live);
        }
    }
    const std::vector<Use>& at(int v) const { return uses[v]; }
    int cls(int agent) const { return agents->cls[agent]; }

  private:
    const Graph* g = nullptr;
    const Agents* agents = nullptr;
    std::vector<std::vector<Use>> uses;
    std::vector<int> touched;
};

// Exact travel times to a goal, by a backward search that goes only as far as it is asked.
// Its own guide, the straight line to the start (on a grid with 4 or 8 neighbours: the way without
// obstacles), is a lower bound of the travel time and consistent, so that a closed vertex has its
// exact distance (but for ties that differ in the last digits).
class Distances {
  public:
    void build(const Graph& graph, const std::vector<int>& in_first, const std::vector<int>& in_edge,
               int goal, int start, int cls) {
        g = &graph;
        into = &in_first;
        edge = &in_edge;
        c = cls;
        sx = g->xy[2 * start], sy = g->xy[2 * start + 1];
        ways = g->columns ? g->types - 1 : 0;
        scale = 1 / g->tick();
        dist.reset(static_cast<double*>(std::calloc(g->n, sizeof(double))));
        state.reset(static_cast<uint8_t*>(std::calloc(g->n, 1)));
        heap = {};
        dist.get()[goal] = 0;
        state.get()[goal] = 1;
        heap.push({std::floor(guide(goal) * scale), 0, goal});
    }
    // INF where the goal cannot be reached from v.
    double operator()(int v) {
        while (state.get()[v] != 2) {
            if (heap.empty()) return INF;
            const Item top = heap.top();
            heap.pop();
            const int u = top.v;
            if (state.get()[u] == 2) continue;
            state.get()[u] = 2;
            const double here = dist.get()[u];
            for (int i = (*into)[u]; i < (*into)[u + 1]; ++i) {
                const int e = (*edge)[i], w = g->tail[e];
                if (state.get()[w] == 2) continue;
                const double d = here + g->duration(e, c);
                if (d == INF) continue;
                if (state.get()[w] == 0 || d < dist.get()[w]) {
                    state.get()[w] = 1;
                    dist.get()[w] = d;
                    heap.push({std::floor((d + guide(w)) * scale), d, w});
                }
            }
        }
        return dist.get()[v];
    }

  private:
    struct Item {
        double f, d;
        int v;
        bool operator<(const Item& o) const {
            if (f != o.f) return f > o.f;
            return d != o.d ? d < o.d : v > o.v;
        }
    };
    struct Free {
        void operator()(void* p) const { std::free(p); }
    };
    double guide(int v) const {
        // A little less than the straight line, so that rounding does not break consistency.
        const double x = std::fabs(g->xy[2 * v] - sx), y = std::fabs(g->xy[2 * v + 1] - sy);
        double d;
        if (ways == 4) d = x + y;
        else if (ways == 8) d = std::max(x, y) + (std::sqrt(2.0) - 1) * std::min(x, y);
        else d = std::sqrt(x * x + y * y);
        return (1 - 1e-12) * d / g->speed[c];
    }
    const Graph* g = nullptr;
    const std::vector<int>* into = nullptr;
    const std::vector<int>* edge = nullptr;
    int c = 0, ways = 0;
    double sx = 0, sy = 0, scale = 1;
    std::unique_ptr<double[], Free> dist;
    std::unique_ptr<uint8_t[], Free> state;
    std::priority_queue<Item> heap;
};

}  // namespace zg::mapf
#endif
