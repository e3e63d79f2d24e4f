// Branch and bound for every variant: Lagrangian bounds by a tree DP.
//
// Prices move the coupling constraints into the objective: p_k pays every kept leaf of cluster k,
// mu charges tokens against the budget, nu charges leaves against their number. What remains is a
// closure problem on the tree, one bottom-up pass, integral, so that the best prices give the
// bound of the LP relaxation. Subtrees are fixed in or out by what the DP says they would cost.
#pragma once
#include "treeprune/state.hpp"

namespace zg::treeprune {

class Side {
public:
    double best = -INF, bound = INF;
    std::vector<uint8_t> kept;  // merged leaves of the incumbent
    long long nodes = 0, passes = 0;
    bool finished = false;

    void start(const Tree& tree, const Problem& problem) {
        t = &tree;
        p = &problem;
        state.reset(tree, problem);
        const int m = t->m;
        eps = 1e-12 * std::max(t->scale, 1e-300);
        fix.assign(m, 0);
        trail.clear();
        stack.clear();
        price.assign(t->clusters, 0);
        mu = nu = 0;
        g.resize(m); merit.assign(m, 0); lone.resize(m); picked.assign(m, 0); average.assign(m, 0.5);
        loss_in.resize(m); loss_out.resize(m); open.resize(m);
        count.resize(t->clusters); target.resize(t->clusters);
        sure.resize(t->clusters); maybe.resize(t->clusters);
        for (int k = 0; k < t->clusters; ++k) price[k] = 0.5 * t->bonus[k];
        span = 0;
        for (int v = 0; v < m; ++v) span += t->tokens[v];
        span = std::max(span / std::max(1, t->leaves), 1e-300);
        limited = problem.budget < INF;
        counted = problem.low > 1 || problem.high < t->leaves;
        best = -INF;
        bound = INF;
        nodes = passes = repairs = 0;
        finished = false;
        kept.clear();
        bool possible = true;
        for (int v = 0; v < m && possible; ++v)
            if (t->forced[v] || (v == 0 && problem.low >= 1)) possible = force(v);
        if (!possible || !propagate()) { finished = true; bound = best; return; }
        upper = INF;
        descend = true;
    }

    // A feasible set from outside; merged leaves.
    void inject(const std::vector<int>& leaves) {
        state.reset(*t, *p);
        for (int i : leaves) state.add(i);
        if (state.feasible()) take();
    }

    // Works until the deadline; false when the search is exhausted.
    bool run(double seconds, long long limit) {
        if (finished) return false;
        deadline = seconds < 1e9 ? now() + seconds : INF;
        for (long long done = 0;; ++done) {
            if (limit >= 0 && done >= limit) break;
            if (now() >= deadline) break;
            if (descend) {
                ++nodes;
                if (!explore()) descend = false;
            } else if (!backtrack()) {
                finished = true;
                bound = best;
                return false;
            }
        }
        bound = std::max(best, upper);
        for (const Frame& f : stack)
            if (!f.second) bound = std::max(bound, f.bound);
        return true;
    }

private:
    struct Frame { int node; uint8_t first; bool second; size_t mark; double bound; };

    const Tree* t = nullptr;
    const Problem* p = nullptr;
    State state;
    std::vector<uint8_t> fix;  // 0 free, 1 in, 2 out
    std::vector<int> trail, open, count, target, sure, maybe, wanted;
    std::vector<Frame> stack;
    std::vector<double> price, g, average, loss_in, loss_out, keep_price, lone;
    std::vector<uint8_t> picked, merit;
    std::vector<double> way;
    int repairs = 0;
    double under = -INF, above = INF, reach = 0;  // of the one price that is halved
    double mu = 0, nu = 0, eps = 0, upper = INF, span = 1, deadline = INF;
    int sure_leaves = 0, maybe_leaves = 0, best_nu_count = 0;
    bool limited = false, counted = false, descend = true;

    void set(int v, uint8_t value) { fix[v] = value; trail.push_back(v); }

    bool force(int v) {
        for (int u = v; u >= 0 && fix[u] != 1; u = t->par[u]) {
            if (fix[u] == 2) return false;
            set(u, 1);
        }
        return true;
    }

    bool banish(int v) {
        for (int u = v; u < t->end[v];) {
            if (fix[u] == 1) return false;
            if (fix[u] == 2) { u = t->end[u]; continue; }
            set(u, 2);
            ++u;
        }
        return true;
    }

    void undo(size_t mark) {
        while (trail.size() > mark) { fix[trail.back()] = 0; trail.pop_back(); }
    }

    // Counts what is fixed and open, fixes what follows, until nothing more does.
    bool propagate() {
        const int m = t->m;
        for (bool again = true; again;) {
            again = false;
            std::fill(sure.begin(), sure.end(), 0);
            std::fill(maybe.begin(), maybe.end(), 0);
            sure_leaves = maybe_leaves = 0;
            double used = 0;
            for (int v = m; v-- > 0;) {
                if (t->leaf[v] < 0) continue;
                open[v] = fix[v] != 2;
                const int k = t->cluster[v];
                if (fix[v] == 1) { ++sure_leaves; if (k >= 0) ++sure[k]; }
                if (fix[v] == 0) { ++maybe_leaves; if (k >= 0) ++maybe[k]; }
            }
            for (int v = 0; v < m; ++v) if (t->leaf[v] < 0) open[v] = 0;
            for (int v = m; v-- > 0;) {
                if (fix[v] == 1) used += t->tokens[v];
                if (t->par[v] >= 0 && open[v] && fix[v] != 2) ++open[t->par[v]];
            }
            bool banished = false;  // then the numbers of open children are out of date
            for (int v = 0; v < m; ++v) {
                if (open[v] == 0 && fix[v] != 2) {
                    if (!banish(v)) return false;
                    again = banished = true;
                }
                // Parents come first, so that a whole path is forced in one pass.
                if (fix[v] == 1 && t->leaf[v] < 0 && open[v] == 1 && !banished)
                    for (int c = v + 1; c < t->end[v]; c = t->end[c])
                        if (fix[c] == 0 && open[c]) { set(c, 1); again = true; break; }
            }
            if (again) continue;
            const double room = p->budget + 0.5e-9 * std::max(1.0, p->budget);
            if (used > room) return false;
            if (sure_leaves > p->high || sure_leaves + maybe_leaves < p->low) return false;
            for (int k = 0; k < t->clusters; ++k) if (sure[k] > t->cap[k]) return false;
            // Tokens that a free node needs beyond what is surely retained; loss_in is scratch.
            for (int v = 0; v < m; ++v) {
                const double above = v ? loss_in[t->par[v]] : 0;
                loss_in[v] = fix[v] == 1 ? 0 : above + t->tokens[v];
                if (fix[v] != 0) continue;
                const int k = t->cluster[v];
                const bool full = t->leaf[v] >= 0 &&
                    (sure_leaves == p->high || (k >= 0 && sure[k] == t->cap[k]));
                if (full || (limited && used + loss_in[v] > room * (1 + 1e-15))) {
                    if (!banish(v)) return false;
                    again = true;
                }
            }
        }
        return true;
    }

    // The DP under the present prices; fills g, picked, count, target and returns the bound.
    double relax(double& tokens_used, int& leaves_used) {
        ++passes;
        const int m = t->m;
        double total = 0;
        for (int v = m; v-- > 0;) {
            if (fix[v] == 2) { g[v] = -INF; continue; }
            double value = -t->cost[v] - mu * t->tokens[v];
            if (t->leaf[v] >= 0) {
                value += t->reward[v] - nu;
                if (t->cluster[v] >= 0) value += price[t->cluster[v]];
            } else {
                double sum = 0, most = -INF;
                bool any = false;
                for (int c = v + 1; c < t->end[v]; c = t->end[c]) {
                    if (fix[c] == 2) continue;
                    if (fix[c] == 1 || g[c] > 0) { sum += g[c]; any = true; }
                    else if (g[c] > most) most = g[c];
                }
                merit[v] = any;
                lone[v] = most;
                value += any ? sum : most;
            }
            g[v] = value;
        }
        const bool rooted = fix[0] == 1 || g[0] > 0;
        if (rooted) total += g[0];
        select(rooted, tokens_used, leaves_used);
        if (limited) total += mu * state.room;
        if (counted) {
            const int least = std::max(p->low, sure_leaves);
            const int most = std::min(p->high, sure_leaves + maybe_leaves);
            best_nu_count = nu > 0 ? most : least;
            total += nu * best_nu_count;
        }
        for (int k = 0; k < t->clusters; ++k) {
            const int most = std::min(t->cap[k], sure[k] + maybe[k]);
            int j = 0;
            double worth = 0;
            while (j < sure[k] || (j < most && state.weight(k, j) > price[k])) {
                worth += state.weight(k, j) - price[k];
                ++j;
            }
            target[k] = j;
            total += worth;
        }
        return total;
    }

    void select(bool rooted, double& tokens_used, int& leaves_used) {
        std::fill(count.begin(), count.end(), 0);
        tokens_used = 0;
        leaves_used = 0;
        std::fill(picked.begin(), picked.end(), 0);
        picked[0] = rooted;
        for (int v = 0; v < t->m; ++v) {
            if (!picked[v]) continue;
            tokens_used += t->tokens[v];
            if (t->leaf[v] >= 0) {
                ++leaves_used;
                if (t->cluster[v] >= 0) ++count[t->cluster[v]];
                continue;
            }
            int most = -1;
            bool any = false;
            for (int c = v + 1; c < t->end[v]; c = t->end[c]) {
                if (fix[c] == 2) continue;
                if (fix[c] == 1 || g[c] > 0) { picked[c] = 1; any = true; }
                else if (most < 0 || g[c] > g[most]) most = c;
            }
            if (!any && most >= 0) picked[most] = 1;
        }
    }

    void take() {
        const double value = state.objective();
        if (value <= best + (best > -INF ? eps : 0)) return;
        best = value;
        kept.assign(t->m, 0);
        for (int i = 0; i < t->m; ++i) kept[i] = t->leaf[i] >= 0 && state.below[i] > 0;
    }

    void repair() {
        wanted.clear();
        for (int i = 0; i < t->m; ++i)
            if (t->leaf[i] >= 0 && picked[i]) wanted.push_back(i);
        if (limited || counted)
            std::sort(wanted.begin(), wanted.end(),
                      [&](int a, int b) { return g[a] != g[b] ? g[a] > g[b] : a < b; });
        // Every other time by the way from the root: in deep trees the limit is met on the way.
        if ((limited || counted) && ++repairs % 2 == 0) {
            way.resize(t->m);
            const std::vector<double>& price = limited ? t->tokens : t->cost;
            for (int v = 0; v < t->m; ++v) way[v] = price[v] + (v ? way[t->par[v]] : 0);
            std::stable_sort(wanted.begin(), wanted.end(),
                             [&](int a, int b) { return way[a] < way[b]; });
        }
        state.reset(*t, *p);
        if (state.build(wanted)) take();
    }

    // One node of the tree: bound, incumbents, fixings; false if it is closed.
    bool explore() {
        const bool root = stack.empty();
        if (!propagate()) return false;
        const int rounds = root ? 200 : 25;
        double lowest = INF, theta = root ? 1.0 : 0.5;
        int stale = 0;
        for (int i = 0; i < t->m; ++i) average[i] = fix[i] == 1 ? 1 : fix[i] == 2 ? 0 : 0.5;
        double kept_mu = mu, kept_nu = nu;
        under = -INF;
        above = INF;
        reach = 0;
        keep_price = price;
        for (int r = 0; r < rounds; ++r) {
            double used;
            int leaves;
            const double d = relax(used, leaves);
            for (int i = 0; i < t->m; ++i) average[i] += 0.15 * (picked[i] - average[i]);
            if (d < lowest - 1e-6 * std::fabs(lowest - best)) stale = 0; else ++stale;
            if (d < lowest) {
                lowest = d;
                kept_mu = mu; kept_nu = nu;
                keep_price = price;
            }
            if (r % 10 == 0 || stale == 0) if (r < 5 || r % 5 == 0) repair();
            if (closed(lowest)) { restore(kept_mu, kept_nu); return false; }
            // A large root may not hold up the clock: what is known by now has to do.
            if (r % 8 == 7 && best > -INF && now() >= deadline) break;
            if (stale >= 6) { theta *= 0.6; stale = 0; if (theta < 0.01) break; }
            if (!step(d, theta, used, leaves)) break;
        }
        restore(kept_mu, kept_nu);
        double used;
        int leaves;
        const double current = relax(used, leaves);
        double d = std::min(current, lowest);
        if (!root) d = std::min(d, stack.back().bound);
        repair();
        if (closed(d)) return false;
        upper = d;
        if (!tighten(current)) return false;
        return branch(d);
    }

    void restore(double kept_mu, double kept_nu) {
        mu = kept_mu;
        nu = kept_nu;
        price = keep_price;
    }

    bool closed(double d) const { return d <= best + eps; }

    // Polyak's step along the subgradient; false if the relaxed solution satisfies all it needs.
    bool step(double d, double theta, double used, int leaves) {
        double norm = 0;
        const double slack_mu = limited ? (p->budget - used) / span : 0;
        const double slack_nu = counted ? best_nu_count - leaves : 0;
        if (limited && !(mu <= 0 && slack_mu > 0)) norm += slack_mu * slack_mu;
        if (counted) norm += slack_nu * slack_nu;
        for (int k = 0; k < t->clusters; ++k) {
            const double s = count[k] - target[k];
            norm += s * s;
        }
        if (norm <= 0) return false;
        // One price alone is found by halving, whatever the scale of the tree.
        if (t->clusters == 0 && limited != counted)
            return limited ? halve(mu, slack_mu, 0) : halve(nu, slack_nu, -INF);
        const double goal = best > -INF ? best : d - 0.05 * t->scale;
        const double length = theta * std::max(d - goal, 1e-9 * t->scale) / norm;
        if (limited) mu = std::max(0.0, mu - length * slack_mu / span);
        if (counted) {
            nu -= length * slack_nu;
            if (p->high >= sure_leaves + maybe_leaves && nu > 0) nu = 0;
            if (p->low <= sure_leaves && nu < 0) nu = 0;
        }
        for (int k = 0; k < t->clusters; ++k) {
            price[k] -= length * (count[k] - target[k]);
            if (price[k] > state.weight(k, 0)) price[k] = state.weight(k, 0);
            if (price[k] < 0 && t->cap[k] >= sure[k] + maybe[k]) price[k] = 0;
        }
        return true;
    }

    // The next price between one that is too low and one that is too high; false at the end.
    bool halve(double& x, double slack, double floor) {
        (slack > 0 ? above : under) = x;
        if (under > -INF && above < INF) {
            if (above - under <= 1e-13 * std::max(std::fabs(above), std::fabs(under))) return false;
            x = 0.5 * (above + under);
            return true;
        }
        if (slack > 0 && x <= floor) return false;
        const double unit = limited ? t->scale / (span * std::max(1, t->leaves))
                                    : t->scale / std::max(1, t->leaves);
        if (reach == 0) reach = x != 0 ? 0.1 * std::fabs(x) : std::max(unit, 1e-300);
        x = slack > 0 ? std::max(floor, x - reach) : x + reach;
        reach *= 4;
        return true;
    }

    // What forcing a node in or out would cost the bound; fixes the opposite where it closes.
    bool tighten(double d) {
        bool fixed = false;
        for (int v = 0; v < t->m; ++v) {
            if (fix[v] == 1) {
                loss_in[v] = 0;
                loss_out[v] = INF;
                continue;
            }
            if (fix[v] == 2) continue;
            const int a = t->par[v];
            // Below a parent that lives on its best child alone, forcing another replaces that one.
            const double missing = a >= 0 && !merit[a] ? lone[a] - g[v] : std::max(0.0, -g[v]);
            loss_in[v] = missing + (a >= 0 ? loss_in[a] : 0);
            loss_out[v] = picked[v] && g[v] > 0 ? std::min(g[v], a >= 0 ? loss_out[a] : INF) : 0;
        }
        for (int v = 1; v < t->m; ++v) {
            if (fix[v] != 0) continue;
            if (d - loss_in[v] <= best + eps && loss_in[v] > 0) {
                if (!banish(v)) return false;
                fixed = true;
            } else if (d - loss_out[v] <= best + eps && loss_out[v] > 0) {
                if (!force(v)) return false;
                fixed = true;
            }
        }
        return !fixed || propagate();
    }

    bool branch(double d) {
        int chosen = -1;
        double most = -1;
        for (int v = 0; v < t->m; ++v) {
            if (fix[v] != 0) continue;
            const double a = average[v];
            const double score = std::min(a, 1 - a) + 1e-3 * (t->leaf[v] < 0);
            if (score > most + 1e-12) { most = score; chosen = v; }
        }
        if (chosen < 0) {  // everything is fixed: the set itself
            state.reset(*t, *p);
            for (int i = 0; i < t->m; ++i)
                if (t->leaf[i] >= 0 && fix[i] == 1) state.add(i);
            if (state.feasible()) take();
            return false;
        }
        const uint8_t first = average[chosen] >= 0.5 ? 1 : 2;
        stack.push_back({chosen, first, false, trail.size(), d});
        return first == 1 ? force(chosen) : banish(chosen);
    }

    // To the next open node; false if there is none.
    bool backtrack() {
        while (!stack.empty()) {
            Frame& f = stack.back();
            undo(f.mark);
            if (f.second || closed(f.bound)) { stack.pop_back(); continue; }
            f.second = true;
            upper = f.bound;
            if (f.first == 1 ? banish(f.node) : force(f.node)) {
                descend = true;
                return true;
            }
        }
        return false;
    }
};

}  // namespace zg::treeprune
