// What both kernels share: the graph, the agents, and exact travel times to their goals.
#ifndef ZEROGAP_MAPF_WORLD
#define ZEROGAP_MAPF_WORLD
#include <cstdlib>

#include "mapf/sipp.hpp"

namespace zg::mapf {

struct World {
    Graph g;
    Agents agents;
    bool makespan = false;
    std::vector<int> in_first, in_edge;
    std::vector<Distances> to_goal;
    std::vector<double> least;  // travel times without others

    // Returns the first agent whose goal cannot be reached, -1 if there is none.
    int build() {
        g.prepare();
        in_first.assign(g.n + 1, 0);
        in_edge.resize(g.m);
        for (int e = 0; e < g.m; ++e) ++in_first[g.head[e] + 1];
        for (int v = 0; v < g.n; ++v) in_first[v + 1] += in_first[v];
        std::vector<int> fill(in_first.begin(), in_first.end() - 1);
        for (int e = 0; e < g.m; ++e) in_edge[fill[g.head[e]]++] = e;
        g.reach = 0;
        for (int e = 0; e < g.m; ++e) g.reach = std::max(g.reach, g.length[e]);
        to_goal.resize(agents.k);
        least.resize(agents.k);
        for (int a = 0; a < agents.k; ++a) {
            to_goal[a].build(g, in_first, in_edge, agents.goal[a], agents.start[a], agents.cls[a]);
            least[a] = to_goal[a](agents.start[a]);
            if (least[a] == INF) return a;
        }
        return -1;
    }

    double cost(const std::vector<Path>& paths) const {
        double sum = 0, most = 0;
        for (const Path& p : paths) {
            sum += p.arrival;
            most = std::max(most, p.arrival);
        }
        return makespan ? most : sum;
    }

    Query query(int a) const {
        Query q;
        q.agent = a;
        q.cls = agents.cls[a];
        q.start = agents.start[a];
        q.goal = agents.goal[a];
        return q;
    }
};

}  // namespace zg::mapf
#endif
