// Prioritised planning with ejections, then large neighbourhood search.
//
// An agent that finds no path beside those planned before it takes its own best path; whom it
// touches there is ejected and planned again. Once all have paths, groups of agents that stand in
// each other's way are planned anew in random order and kept if that is no worse.
#ifndef ZEROGAP_MAPF_LNS
#define ZEROGAP_MAPF_LNS
#include <numeric>

#include "mapf/world.hpp"
#include "shared/clock.hpp"
#include "shared/rng.hpp"

namespace zg::mapf {

class Planner {
  public:
    long long iterations = 0;
    double objective = INF;     // of the best solution
    std::vector<Path> best;
    bool finished = false;      // every agent arrives as early as it could alone

    void build(World& world, uint64_t seed) {
        w = &world;
        random.seed(seed);
        // A little more than the checker's distance, so that rounding cannot bring discs nearer.
        tables.build(w->g, (1 - 1e-6) * (1 + 1e-8));
        record.build(w->g, w->agents);
        sipp.build(w->g);
        paths.assign(w->agents.k, {});
        planned.assign(w->agents.k, 0);
        hard.assign(w->agents.k, 0);
        failures.assign(w->agents.k, 0);
        all.tables = soft.tables = &tables;
        all.g = soft.g = &w->g;
        all.record = soft.record = &record;
        restart();
    }

    // False when nothing is left to be done.
    bool run(double seconds, long long limit) {
        const double end = now() + seconds;
        for (long long i = 0; limit < 0 || i < limit; ++i) {
            if (finished) return false;
            if (now() >= end) break;
            ++iterations;
            if (!waiting.empty()) construct();
            else improve();
        }
        return !finished;
    }

    // Take a feasible solution from elsewhere, if it is better.
    bool inject(const std::vector<Path>& given) {
        const double cost = w->cost(given);
        if (cost >= objective) return false;
        record.clear();
        paths = given;
        for (int a = 0; a < w->agents.k; ++a) {
            record.add(a, paths[a]);
            planned[a] = 1;
        }
        waiting.clear();
        keep();
        return true;
    }

    size_t unplanned() const { return waiting.size(); }

  private:
    void restart() {
        record.clear();
        std::fill(planned.begin(), planned.end(), 0);
        waiting.resize(w->agents.k);
        std::iota(waiting.begin(), waiting.end(), 0);
        // The first order: longest paths last to be popped are planned last; later ones random,
        // with those that failed before planned earlier.
        std::vector<double> key(w->agents.k);
        for (int a = 0; a < w->agents.k; ++a)
            key[a] = (rounds ? random.real() * 4 : random.real() * 0.5) + failures[a];
        std::sort(waiting.begin(), waiting.end(), [&](int a, int b) { return key[a] < key[b]; });
        ejections = 0;
        ++rounds;
    }

    bool plan(int a, Path& out) {
        return sipp.plan(w->query(a), all, static_cast<std::nullptr_t*>(nullptr), w->to_goal[a],
                         out);
    }

    void construct() {
        const int a = waiting.back();
        Path path;
        if (plan(a, path)) {
            waiting.pop_back();
            place(a, path);
        } else {
            eject(a);
        }
        if (waiting.empty()) {
            if (w->cost(paths) < objective - 1e-12) keep();
            else if (objective < INF) paths = best, reload();
        }
    }

    void place(int a, const Path& path) {
        paths[a] = path;
        planned[a] = 1;
        record.add(a, path);
    }
    void displace(int a) {
        record.remove(a, paths[a]);
        planned[a] = 0;
    }

    void eject(int a) {
        ++failures[a];
        ++ejections;
        if (ejections > 20 * w->agents.k + 200) {
            restart();
            return;
        }
        // Agents that failed as often as this one are not pushed away again, if that can be.
        Path path;
        bool found = false;
        for (int level = 0; level < 2 && !found; ++level) {
            for (int b = 0; b < w->agents.k; ++b)
                hard[b] = level == 0 && failures[b] >= failures[a] + static_cast<int>(random.below(3u));
            all.only = &hard, all.wanted = 1;
            soft.only = &hard, soft.wanted = 0;
            found = sipp.plan(w->query(a), all, &soft, w->to_goal[a], path);
            all.only = nullptr;
        }
        if (!found) {
            restart();
            return;
        }
        waiting.pop_back();
        group.clear();
        touching(a, path, [&](int b) { group.push_back(b); });
        std::sort(group.begin(), group.end());
        group.erase(std::unique(group.begin(), group.end()), group.end());
        for (int b : group) {
            displace(b);
            waiting.push_back(b);
        }
        const size_t count = group.size(), low = waiting.size() - count;
        for (size_t i = 0; i + 1 < count; ++i)
            std::swap(waiting[low + i], waiting[low + i + random.below(static_cast<uint32_t>(count - i))]);
        place(a, path);
    }

    // Planned agents whose paths collide with a path of agent a.
    template <class Visit>
    void touching(int a, const Path& path, Visit&& visit) {
        const Graph& g = w->g;
        const int c = w->agents.cls[a];
        each_use(g, w->agents.start[a], c, path, [&](int v, int slot, double s, double e) {
            touch(a, v, slot, s, e, visit);
        });
    }
    template <class Visit>
    void touch(int a, int v, int slot, double s, double e, Visit&& visit) {
        const Graph& g = w->g;
        for (int other = 0; other < g.classes; ++other)
            tables.around(v, w->agents.cls[a], other, [&](const Near& near) {
                for (const Use& use : record.at(near.u)) {
                    if (use.agent == a || w->agents.cls[use.agent] != other) continue;
                    const Span span = near.spans[slot * near.cols + use.slot];
                    if (span.lo <= span.hi && use.s + span.lo < e && s < use.e + span.hi &&
                        (span.lo < span.hi || s < e))
                        visit(use.agent);
                }
            });
    }

    void keep() {
        best = paths;
        objective = w->cost(paths);
        double floor = 0, most = 0;
        for (double d : w->least) floor += d, most = std::max(most, d);
        finished = objective <= (w->makespan ? most : floor) + 1e-9;
    }

    void reload() {
        record.clear();
        for (int a = 0; a < w->agents.k; ++a) record.add(a, paths[a]), planned[a] = 1;
        waiting.clear();
    }

    double delay(int a) const { return paths[a].arrival - w->least[a]; }

    void improve() {
        const int k = w->agents.k;
        if (k == 1) {
            finished = true;
            return;
        }
        // Roulette over the three kinds of neighbourhoods by what they brought.
        const double total = weight[0] + weight[1] + weight[2];
        double pick = random.real() * total;
        int kind = 0;
        while (kind < 2 && pick >= weight[kind]) pick -= weight[kind++];
        const int size = std::min<int>(k, 2 + random.below(1u << (1 + random.below(4u))));
        group.clear();
        if (kind == 0) blocked(size);
        else if (kind == 1) place_based(size);
        else scattered(size);
        const double gain = replan();
        weight[kind] = std::max(0.02, 0.99 * weight[kind] + 0.01 * std::min(gain, 10.0));
    }

    void join(int a, int size) {
        if (static_cast<int>(group.size()) < size &&
            std::find(group.begin(), group.end(), a) == group.end())
            group.push_back(a);
    }

    // The agent to help: late ones more often; for the makespan often the last.
    int late() {
        const int k = w->agents.k;
        if (w->makespan && random.below(2u)) {
            int last = 0;
            for (int a = 1; a < k; ++a)
                if (paths[a].arrival > paths[last].arrival) last = a;
            return last;
        }
        double total = 0;
        for (int a = 0; a < k; ++a) total += delay(a);
        double pick = random.real() * total;
        for (int a = 0; a < k; ++a)
            if ((pick -= delay(a)) <= 0 && delay(a) > 0) return a;
        return random.below(static_cast<uint32_t>(k));
    }

    // A late agent, and those that stand in the way of its shortest path from somewhere on its own.
    void blocked(int size) {
        const Graph& g = w->g;
        const int a = late();
        join(a, size);
        for (int tries = 0; tries < 10 && static_cast<int>(group.size()) < size; ++tries) {
            const int b = group[random.below(static_cast<uint32_t>(group.size()))];
            const Path& path = paths[b];
            const int c = w->agents.cls[b];
            int v = w->agents.start[b];
            double t = 0;
            if (!path.moves.empty() && tries) {
                const size_t i = random.below(static_cast<uint32_t>(path.moves.size() + 1));
                if (i) {
                    const Move& m = path.moves[i - 1];
                    v = g.head[m.edge];
                    t = m.t + g.duration(m.edge, c);
                }
            }
            for (int steps = 0; v != w->agents.goal[b] && steps < 10000; ++steps) {
                int chosen = -1, ties = 0;
                double lowest = INF;
                for (int e = g.first[v]; e < g.first[v + 1]; ++e) {
                    if (!g.usable(e, c)) continue;
                    const double f = g.duration(e, c) + w->to_goal[b](g.head[e]);
                    if (f < lowest - 1e-9) lowest = f, chosen = e, ties = 1;
                    else if (f <= lowest + 1e-9 && random.below(static_cast<uint32_t>(++ties)) == 0)
                        chosen = e;
                }
                if (chosen < 0) break;
                touch(b, v, g.slot(chosen), t, t, [&](int o) { join(o, size); });
                t += g.duration(chosen, c);
                v = g.head[chosen];
                if (static_cast<int>(group.size()) >= size) break;
            }
            touch(b, v, 0, t, INF, [&](int o) { join(o, size); });
        }
    }

    // Agents that pass by a place on the path of a random agent.
    void place_based(int size) {
        const Graph& g = w->g;
        const int a = random.below(4u) ? late() : random.below(static_cast<uint32_t>(w->agents.k));
        join(a, size);
        const Path& path = paths[a];
        const size_t at = random.below(static_cast<uint32_t>(path.moves.size() + 1));
        std::vector<int> queue{at ? g.head[path.moves[at - 1].edge] : w->agents.start[a]};
        std::vector<int> seen = queue;
        for (size_t i = 0; i < queue.size() && i < 200; ++i) {
            const int v = queue[i];
            for (const Use& use : record.at(v)) join(use.agent, size);
            if (static_cast<int>(group.size()) >= size) return;
            for (int e = g.first[v]; e < g.first[v + 1]; ++e)
                if (std::find(seen.begin(), seen.end(), g.head[e]) == seen.end()) {
                    seen.push_back(g.head[e]);
                    queue.push_back(g.head[e]);
                }
        }
    }

    void scattered(int size) {
        while (static_cast<int>(group.size()) < size)
            join(random.below(static_cast<uint32_t>(w->agents.k)), size);
    }

    // Plan the group anew in random order; returns the gain (0 if the old paths stay).
    double replan() {
        const int count = static_cast<int>(group.size());
        old.resize(count);
        double before = 0, floor = 0;
        for (int i = 0; i < count; ++i) {
            std::swap(group[i], group[i + random.below(static_cast<uint32_t>(count - i))]);
        }
        for (int i = 0; i < count; ++i) {
            old[i] = paths[group[i]];
            before += old[i].arrival;
            floor += w->least[group[i]];
            displace(group[i]);
        }
        double worst = 0;
        if (w->makespan) {
            for (const Path& p : paths) worst = std::max(worst, p.arrival);
        }
        double sum = 0, rest = floor;
        int done = 0;
        bool good = true;
        for (; done < count && good; ++done) {
            const int a = group[done];
            Query q = w->query(a);
            rest -= w->least[a];
            // More than the others leave cannot be no worse.
            q.by = w->makespan ? worst : before - sum - rest;
            Path path;
            if (q.by < w->least[a] - 1e-9 ||
                !sipp.plan(q, all, static_cast<std::nullptr_t*>(nullptr), w->to_goal[a], path)) {
                good = false;
                break;
            }
            sum += path.arrival;
            place(a, path);
        }
        bool better = false;
        if (good) {
            if (w->makespan) {
                const double most = w->cost(paths);
                good = most < worst - 1e-12 || (most <= worst && sum <= before);
                better = most < objective - 1e-9;
            } else {
                good = sum <= before + 1e-12;
                better = sum < before - 1e-9;
            }
        }
        if (!good) {
            for (int i = 0; i < done; ++i) displace(group[i]);
            for (int i = 0; i < count; ++i) place(group[i], old[i]);
            return 0;
        }
        if (better && w->cost(paths) < objective - 1e-12) keep();
        return std::max(0.0, before - sum);
    }

    World* w = nullptr;
    Tables tables;
    Record record;
    Sipp sipp;
    Others all, soft;
    Random random;
    std::vector<Path> paths, old;
    std::vector<char> planned, hard;
    std::vector<int> waiting, failures, group;
    int rounds = 0;
    long long ejections = 0;
    double weight[3] = {1, 1, 0.3};
};

}  // namespace zg::mapf
#endif
