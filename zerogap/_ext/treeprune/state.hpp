// A set of kept leaves with everything that its objective and its side conditions need, kept up
// to date leaf by leaf; and the greedy local search that turns any set into a feasible one.
#pragma once
#include "treeprune/tree.hpp"

namespace zg::treeprune {

class State {
public:
    const Tree* t = nullptr;
    const Problem* p = nullptr;
    std::vector<int> below;  // kept leaves at or below every merged node
    std::vector<int> count;  // kept leaves of every cluster
    int kept = 0;
    double used = 0, room = INF;

    void reset(const Tree& tree, const Problem& problem) {
        t = &tree;
        p = &problem;
        below.assign(tree.m, 0);
        count.assign(tree.clusters, 0);
        kept = 0;
        used = 0;
        // The same slack as the checker's, halved: sums in another order must pass there too.
        room = problem.budget + 0.5e-9 * std::max(1.0, problem.budget);
    }

    // What the kept leaf number j (from 0) of a cluster brings.
    double weight(int k, int j) const {
        if (!p->coverage) return j == 0 ? t->bonus[k] : 0;
        return j < p->weights ? t->bonus[k] * p->coverage[j] : 0;
    }

    double gain(int i) const {
        double g = t->reward[i];
        for (int v = i; v >= 0 && !below[v]; v = t->par[v]) g -= t->cost[v];
        return t->cluster[i] >= 0 ? g + weight(t->cluster[i], count[t->cluster[i]]) : g;
    }

    double loss(int i) const {
        double g = t->reward[i];
        for (int v = i; v >= 0 && below[v] == 1; v = t->par[v]) g -= t->cost[v];
        return t->cluster[i] >= 0 ? g + weight(t->cluster[i], count[t->cluster[i]] - 1) : g;
    }

    bool fits(int i) const {
        const int k = t->cluster[i];
        if (kept >= p->high || (k >= 0 && count[k] >= t->cap[k])) return false;
        if (room == INF) return true;
        double more = used;
        for (int v = i; v >= 0 && !below[v]; v = t->par[v]) more += t->tokens[v];
        return more <= room;
    }

    void add(int i) {
        for (int v = i; v >= 0; v = t->par[v])
            if (!below[v]++) used += t->tokens[v];
        if (t->cluster[i] >= 0) ++count[t->cluster[i]];
        ++kept;
    }

    void drop(int i) {
        for (int v = i; v >= 0; v = t->par[v])
            if (!--below[v]) used -= t->tokens[v];
        if (t->cluster[i] >= 0) --count[t->cluster[i]];
        --kept;
    }

    // Whether a kept leaf may go without leaving the minimum, a mandatory leaf or a bare tree.
    bool free_to_drop(int i) const {
        if ((t->forced[i] & 2) || kept <= p->low) return false;
        for (int v = i; v >= 0; v = t->par[v])
            if (t->forced[v] && below[v] == 1) return false;
        return true;
    }

    bool feasible() const {
        if (kept < p->low || kept > p->high || used > room) return false;
        for (int k = 0; k < t->clusters; ++k)
            if (count[k] > t->cap[k]) return false;
        for (int v = 0; v < t->m; ++v)
            if (t->forced[v] && !below[v]) return false;
        return true;
    }

    // From the definition, in the order of the nodes, so that equal sets have equal values.
    double objective() const {
        double total = 0;
        for (int v = 0; v < t->m; ++v)
            if (below[v]) total += (t->leaf[v] >= 0 ? t->reward[v] : 0) - t->cost[v];
        for (int k = 0; k < t->clusters; ++k)
            for (int j = 0; j < count[k] && (j == 0 || (p->coverage && j < p->weights)); ++j)
                total += weight(k, j);
        return total;
    }

    // Greedy from an order of preference: must-haves, then what fits, then the minimum, then
    // single additions and removals as long as they pay. Returns whether the result is feasible.
    bool build(const std::vector<int>& wanted) {
        for (int i = 0; i < t->m; ++i)
            if (t->leaf[i] >= 0 && (t->forced[i] & 2)) add(i);
        for (int v = 0; v < t->m; ++v)
            if (t->forced[v] && !below[v]) {
                const int i = cheapest(v);
                if (i >= 0) add(i);
            }
        for (int i : wanted)
            if (!below[i] && fits(i)) add(i);
        while (kept < p->low) {
            const int i = cheapest(0);
            if (i < 0) break;
            add(i);
        }
        polish();
        return feasible();
    }

    void polish() {
        for (int round = 0; round < 8; ++round) {
            bool moved = false;
            for (int i = 0; i < t->m; ++i) {
                if (t->leaf[i] < 0) continue;
                if (!below[i]) {
                    if (gain(i) > 0 && fits(i)) { add(i); moved = true; }
                } else if (loss(i) < 0 && free_to_drop(i)) { drop(i); moved = true; }
            }
            if (!moved) break;
        }
    }

private:
    // The leaf below v that fits and brings the most; under a budget the one with fewest tokens.
    int cheapest(int v) const {
        int best = -1;
        double most = -INF;
        for (int i = v; i < t->end[v]; ++i) {
            if (t->leaf[i] < 0 || below[i] || !fits(i)) continue;
            double g = gain(i);
            if (room < INF) {
                g = 0;
                for (int u = i; u >= 0 && !below[u]; u = t->par[u]) g -= t->tokens[u];
            }
            if (g > most) { most = g; best = i; }
        }
        return best;
    }
};

}  // namespace zg::treeprune
