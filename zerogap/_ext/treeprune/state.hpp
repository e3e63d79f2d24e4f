// A set of kept leaves with everything that its objective and its side conditions need, kept up
// to date leaf by leaf; and the greedy local search that turns any set into a feasible one.
#pragma once
#include "treeprune/tree.hpp"

namespace zg::treeprune {

class State {
public:
    const Tree* t = nullptr;
    const Problem* p = nullptr;
    // Retained children of every merged node, at a leaf whether it is kept. So a leaf that comes or
    // goes touches only the nodes that come or go with it, however deep it lies.
    std::vector<int> below;
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
        for (int v = i; v >= 0 && !below[v] && more <= room; v = t->par[v]) more += t->tokens[v];
        return more <= room;
    }

    void add(int i) {
        for (int v = i; v >= 0; v = t->par[v]) {
            if (below[v]++) break;
            used += t->tokens[v];
        }
        if (t->cluster[i] >= 0) ++count[t->cluster[i]];
        ++kept;
    }

    void drop(int i) {
        for (int v = i; v >= 0; v = t->par[v]) {
            if (--below[v]) break;
            used -= t->tokens[v];
        }
        if (t->cluster[i] >= 0) --count[t->cluster[i]];
        --kept;
    }

    // Whether a kept leaf may go without leaving the minimum, a mandatory leaf or a bare tree.
    bool free_to_drop(int i) const {
        if ((t->forced[i] & 2) || kept <= p->low) return false;
        for (int v = i; v >= 0 && below[v] == 1; v = t->par[v])
            if (t->forced[v]) return false;
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
        take(wanted);
        fill();
        polish();
        return feasible();
    }

    void polish() {
        for (int round = 0; round < 8; ++round) {
            bool moved = false;
            const bool limited = room < INF;
            lacking.resize(t->m);
            if (limited) need.resize(t->m);
            for (int i = 0; i < t->m; ++i) {
                // What is not retained above i costs; older than what this round has added, so that
                // it is looked at again before anything is added.
                lacking[i] = below[i] ? 0 : t->cost[i] + (i ? lacking[t->par[i]] : 0);
                if (limited) need[i] = below[i] ? 0 : t->tokens[i] + (i ? need[t->par[i]] : 0);
                if (t->leaf[i] < 0) continue;
                if (!below[i]) {
                    if (limited && used + need[i] > room) continue;
                    const int k = t->cluster[i];
                    const double g = t->reward[i] - lacking[i] + (k >= 0 ? weight(k, count[k]) : 0);
                    if (g > 0 && gain(i) > 0 && fits(i)) { add(i); moved = true; }
                } else if (loss(i) < 0 && free_to_drop(i)) { drop(i); moved = true; }
            }
            if (!moved) break;
        }
    }

private:
    std::vector<double> lacking, need;
    std::vector<std::pair<double, int>> worth;

    // Every leaf of a list that fits. Under a budget looking for that costs a walk up to what is
    // retained; once those have cost as much as some passes, the way as it was then has to do.
    void take(const std::vector<int>& wanted) {
        long walked = 0;
        bool measured = false;
        for (int i : wanted) {
            if (below[i]) continue;
            if (room < INF && walked > 8L * t->m) {
                if (!measured) {
                    measured = true;
                    need.resize(t->m);
                    for (int v = 0; v < t->m; ++v)
                        need[v] = below[v] ? 0 : t->tokens[v] + (v ? need[t->par[v]] : 0);
                }
                if (used + need[i] > room) continue;
            } else if (room < INF) {
                double more = used;
                for (int v = i; v >= 0 && !below[v] && more <= room; v = t->par[v], ++walked)
                    more += t->tokens[v];
                if (more > room) continue;
            }
            if (fits(i)) add(i);
        }
    }

    // The leaves below v that are not kept, with what they bring now; under a budget with the
    // tokens that they need.
    void offers(int v) {
        worth.clear();
        lacking.resize(t->m);
        double above = 0;
        const std::vector<double>& price = room < INF ? t->tokens : t->cost;
        for (int u = v ? t->par[v] : -1; u >= 0 && !below[u]; u = t->par[u]) above += price[u];
        for (int i = v; i < t->end[v]; ++i) {
            lacking[i] = below[i] ? 0 : price[i] + (i == v ? above : lacking[t->par[i]]);
            if (t->leaf[i] < 0 || below[i]) continue;
            const int k = t->cluster[i];
            const double bonus = k >= 0 ? weight(k, count[k]) : 0;
            worth.emplace_back(room < INF ? -lacking[i] : t->reward[i] - lacking[i] + bonus, i);
        }
    }

    // The leaf below v that fits and brings the most; under a budget the one with fewest tokens.
    int cheapest(int v) {
        offers(v);
        int best = -1;
        double most = -INF;
        for (const auto& [g, i] : worth)
            if (g > most && fits(i)) { most = g; best = i; }
        return best;
    }

    // Up to the least number of leaves: one by one while few are lacking, else by the quarter of
    // what lacks, so that a large minimum does not cost a pass a leaf.
    void fill() {
        while (kept < p->low) {
            const int lack = p->low - kept, portion = lack <= 64 ? 1 : lack / 4;
            if (portion == 1) {
                const int i = cheapest(0);
                if (i < 0) return;
                add(i);
                continue;
            }
            offers(0);
            std::sort(worth.begin(), worth.end(), [](const auto& a, const auto& b) {
                return a.first != b.first ? a.first > b.first : a.second < b.second;
            });
            int added = 0;
            for (const auto& [g, i] : worth) {
                if (added == portion) break;
                if (fits(i)) { add(i); ++added; }
            }
            if (!added) return;
        }
    }
};

}  // namespace zg::treeprune
