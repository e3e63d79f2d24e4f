// Granular local search for the CVRP with penalised loads: relocate, swap, 2-opt, 2-opt* between
// near clients, and SWAP* between routes whose boxes overlap (Vidal 2022). Symmetric distances, one
// depot, one capacity.
#pragma once
#include "routing/problem.hpp"

namespace zg::routing {

class LocalSearch {
   public:
    const Problem& P;
    int n, depot, fleet;
    int64_t capacity;
    double penalty = 1;

    LocalSearch(const Problem& problem, int near)
        : P(problem), n(problem.n), depot(problem.n) {
        capacity = P.sum_capacity[0];
        matrix = P.dist;
        rows = P.rows;
        // A third more vehicles than the demand needs, as far as they exist.
        int64_t demand = 0;
        for (int c = 0; c < n; ++c) demand += P.sum[c];
        const int64_t ample = (int64_t)(1.3 * (double)demand / (double)std::max<int64_t>(1, capacity)) + 4;
        fleet = (int)std::min<int64_t>(std::min<int64_t>(P.vehicles[0], n), ample);
        const int nodes = n + 2 * fleet;
        next.assign(nodes, 0); prev.assign(nodes, 0); of.assign(nodes, -1); place.assign(nodes, 0);
        load_to.assign(nodes, 0); tested.assign(n, -1);
        load.assign(fleet, 0); size.assign(fleet, 0); changed.assign(fleet, 0); swapped.assign(fleet, -1);
        box.assign(fleet, Box{});
        best_places.assign((size_t)fleet * n, Three{});
        places_at.assign((size_t)fleet * n, -1);
        find_near(near);
    }

    template <class Draw>
    void run(std::vector<std::vector<int>>& routes, double load_penalty, Draw&& draw) {
        penalty = load_penalty;
        load_routes(routes);
        order.resize(n);
        for (int i = 0; i < n; ++i) order[i] = i;
        for (int i = n - 1; i > 0; --i) std::swap(order[i], order[draw() % (uint32_t)(i + 1)]);
        moves = 1;
        std::fill(tested.begin(), tested.end(), -1);
        std::fill(changed.begin(), changed.end(), 0);
        std::fill(swapped.begin(), swapped.end(), -1);
        std::fill(places_at.begin(), places_at.end(), -1);
        bool improved = true;
        for (int loop = 0; improved; ++loop) {
            improved = loop < 1;
            bool any = false;
            for (int u : order) any |= around(u, loop);
            improved |= any;
            if (!any || loop < 1) improved |= swap_star_all();
        }
        store_routes(routes);
    }

   private:
    struct Box { double x0, x1, y0, y1; };
    struct Three { int64_t cost[3]; int32_t at[3]; };
    std::vector<int32_t> next, prev, of, place, size, order;
    std::vector<int64_t> load_to, load, tested, changed, swapped, places_at;
    std::vector<Box> box;
    std::vector<Three> best_places;
    int64_t moves = 1;
    const int32_t* matrix = nullptr;
    int rows = 0;

    std::vector<int32_t> near, near_first;

    // Whoever is among the nearest of a client also has that client on its list.
    void find_near(int count) {
        std::vector<std::vector<std::pair<int32_t, int32_t>>> lists(n);
        const int k = std::min(count, P.near_count);
        for (int c = 0; c < n; ++c)
            for (int i = 0; i < k; ++i) {
                const int o = P.near[(size_t)c * P.near_count + i];
                lists[c].push_back({P.d(0, c, o), o});
                lists[o].push_back({P.d(0, o, c), c});
            }
        near_first.assign(1, 0);
        for (auto& list : lists) {
            std::sort(list.begin(), list.end());
            list.erase(std::unique(list.begin(), list.end()), list.end());
            for (auto& entry : list) near.push_back(entry.second);
            near_first.push_back((int32_t)near.size());
        }
    }
    inline int row(int v) const { return v < n ? v : depot; }
    inline int64_t d(int a, int b) const { return matrix[(size_t)row(a) * rows + row(b)]; }
    inline int64_t q(int v) const { return v < n ? P.sum[v] : 0; }
    inline double over(int64_t l) const { return l > capacity ? penalty * (double)(l - capacity) : 0.0; }
    int start(int r) const { return n + 2 * r; }
    int end(int r) const { return n + 2 * r + 1; }

    void load_routes(const std::vector<std::vector<int>>& routes) {
        for (int r = 0; r < fleet; ++r) {
            int at = start(r);
            of[at] = of[end(r)] = r;
            if (r < (int)routes.size())
                for (int c : routes[r]) { next[at] = c; prev[c] = at; of[c] = r; at = c; }
            next[at] = end(r);
            prev[end(r)] = at;
            prev[start(r)] = next[end(r)] = -1;
            update(r);
        }
    }
    void store_routes(std::vector<std::vector<int>>& routes) const {
        routes.clear();
        for (int r = 0; r < fleet; ++r) {
            if (!size[r]) continue;
            routes.emplace_back();
            for (int v = next[start(r)]; v != end(r); v = next[v]) routes.back().push_back(v);
        }
    }
    void update(int r) {
        int64_t l = 0;
        int k = 0;
        Box b{1e300, -1e300, 1e300, -1e300};
        for (int v = start(r);; v = next[v]) {
            place[v] = k++;
            l += q(v);
            load_to[v] = l;
            if (v < n) {
                b.x0 = std::min(b.x0, P.x[v]); b.x1 = std::max(b.x1, P.x[v]);
                b.y0 = std::min(b.y0, P.y[v]); b.y1 = std::max(b.y1, P.y[v]);
            }
            if (v == end(r)) break;
        }
        load[r] = l;
        size[r] = k - 2;
        box[r] = b;
        changed[r] = moves;
    }
    void commit(int a, int b) {
        ++moves;
        update(a);
        if (b != a) update(b);
    }
    void insert(int c, int after) {
        next[c] = next[after]; prev[c] = after;
        prev[next[after]] = c; next[after] = c;
        of[c] = of[after];
    }
    void remove(int c) { next[prev[c]] = next[c]; prev[next[c]] = prev[c]; }

    bool around(int u, int loop) {
        bool any = false;
        const int64_t since = tested[u];
        tested[u] = moves;
        const int first = near_first[u], last = near_first[u + 1];
        for (int k = first; k < last; ++k) {
            const int v = near[k];
            if (loop > 0 && std::max(changed[of[u]], changed[of[v]]) <= since) continue;
            if (pair(u, v)) { any = true; k = first - 1; if (moves - since > 400) return true; continue; }
            if (prev[v] >= n && pair(u, prev[v])) { any = true; k = first - 1; if (moves - since > 400) return true; }
        }
        if (loop > 0) {
            for (int r = 0; r < fleet; ++r)
                if (!size[r]) { if (pair(u, start(r))) any = true; break; }
        }
        return any;
    }

    // All moves of u with v, where v may be the beginning of a route.
    bool pair(int u, int v) {
        const int ru = of[u], rv = of[v];
        const int x = next[u], y = next[v], pu = prev[u], xx = x < n ? next[x] : -1;
        const bool same = ru == rv;
        const double base = over(load[ru]) + (same ? 0 : over(load[rv]));
        const int64_t qu = q(u), qx = q(x), qv = q(v), qy = q(y);
        const int64_t uv = d(u, v), uy = d(u, y), pux = d(pu, x), vy = d(v, y), ux = d(u, x), puu = d(pu, u);
        auto loads = [&](int64_t out, int64_t in) {
            return same ? 0.0 : over(load[ru] - out + in) + over(load[rv] + out - in) - base;
        };
        constexpr double EPS = -1e-6;
        // Relocate u behind v.
        if (pu != v && u != y && (double)(pux + uv + uy - puu - ux - vy) + loads(qu, 0) < EPS) {
            remove(u); insert(u, v); commit(ru, rv);
            return true;
        }
        if (x < n && v != x && u != y) {
            const int64_t gap = d(pu, xx) - puu - d(x, xx) - vy;
            if (pu != v && (double)(gap + uv + d(x, y)) + loads(qu + qx, 0) < EPS) {
                remove(u); remove(x); insert(u, v); insert(x, u); commit(ru, rv);
                return true;
            }
            if ((double)(gap + d(v, x) + uy) + loads(qu + qx, 0) < EPS) {
                remove(u); remove(x); insert(x, v); insert(u, x); commit(ru, rv);
                return true;
            }
        }
        if (v < n) {
            const int pv = prev[v];
            if (u < v && pu != v && pv != u) {
                const int64_t change = d(pu, v) + d(v, x) - puu - ux + d(pv, u) + uy - d(pv, v) - vy;
                if ((double)change + loads(qu, qv) < EPS) { exchange(u, v); commit(ru, rv); return true; }
            }
            if (x < n && pu != v && v != x && y != u && pv != x) {
                const int64_t change = d(pu, v) + d(v, xx) - puu - d(x, xx) + d(pv, u) + d(x, y) - d(pv, v) - vy;
                if ((double)change + loads(qu + qx, qv) < EPS) {
                    exchange(u, v); remove(x); insert(x, u); commit(ru, rv);
                    return true;
                }
                if (y < n && u < v && y != pu && next[y] != u) {
                    const int yy = next[y];
                    const int64_t two = d(pu, v) + d(y, xx) - puu - d(x, xx) + d(pv, u) + d(x, yy) - d(pv, v) - d(y, yy);
                    if ((double)two + loads(qu + qx, qv + qy) < EPS) {
                        exchange(u, v); exchange(x, y); commit(ru, rv);
                        return true;
                    }
                }
            }
        }
        if (same) {
            // 2-opt: reverse x … v.
            if (place[u] < place[v] && v < n && x != v &&
                (double)(uv + d(x, y) - ux - vy) < EPS) {
                reverse(u, x, v, y); commit(ru, ru);
                return true;
            }
            return false;
        }
        // 2-opt*: u with v's head reversed, x with y; or heads and tails exchanged.
        const int64_t hu = load_to[u], hv = load_to[v], tu = load[ru] - hu, tv = load[rv] - hv;
        if ((double)(uv + d(x, y) - ux - vy) + over(hu + hv) + over(tu + tv) - base < EPS) {
            cross_reversed(u, v); commit(ru, rv);
            return true;
        }
        if ((double)(uy + d(v, x) - ux - vy) + over(hu + tv) + over(hv + tu) - base < EPS) {
            cross(u, v); commit(ru, rv);
            return true;
        }
        return false;
    }
    void exchange(int a, int b) {
        const int pa = prev[a], na = next[a], pb = prev[b], nb = next[b], ra = of[a], rb = of[b];
        next[pa] = b; prev[na] = b; next[pb] = a; prev[nb] = a;
        prev[b] = pa; next[b] = na; prev[a] = pb; next[a] = nb;
        of[a] = rb; of[b] = ra;
    }
    void reverse(int u, int x, int v, int y) {
        int at = v, last = u;
        while (true) {
            const int before = prev[at];
            next[last] = at; prev[at] = last;
            last = at;
            if (at == x) break;
            at = before;
        }
        next[last] = y; prev[y] = last;
    }
    void relink(int r, const std::vector<int32_t>& clients) {
        int at = start(r);
        for (int c : clients) { next[at] = c; prev[c] = at; of[c] = r; at = c; }
        next[at] = end(r); prev[end(r)] = at;
    }
    void cross(int u, int v) {
        const int ru = of[u], rv = of[v];
        std::vector<int32_t> a, b;
        for (int c = next[start(ru)];; c = next[c]) { a.push_back(c); if (c == u) break; }
        for (int c = next[v]; c < n; c = next[c]) a.push_back(c);
        if (v < n) for (int c = next[start(rv)];; c = next[c]) { b.push_back(c); if (c == v) break; }
        for (int c = next[u]; c < n; c = next[c]) b.push_back(c);
        relink(ru, a); relink(rv, b);
    }
    void cross_reversed(int u, int v) {
        const int ru = of[u], rv = of[v];
        std::vector<int32_t> a, b;
        for (int c = next[start(ru)];; c = next[c]) { a.push_back(c); if (c == u) break; }
        for (int c = v; c < n; c = prev[c]) a.push_back(c);
        for (int c = prev[end(ru)]; c != u; c = prev[c]) b.push_back(c);
        for (int c = next[v]; c < n; c = next[c]) b.push_back(c);
        relink(ru, a); relink(rv, b);
    }

    // -- SWAP* -------------------------------------------------------------------------------------
    bool swap_star_all() {
        bool any = false;
        for (int a = 0; a < fleet; ++a) {
            if (!size[a]) continue;
            const int64_t since = swapped[a];
            swapped[a] = moves;
            for (int b = 0; b < fleet; ++b) {
                if (a == b || !size[b] || (b < a && swapped[b] > changed[a] && swapped[b] > changed[b])) continue;
                if (std::max(changed[a], changed[b]) <= since) continue;
                if (box[a].x0 > box[b].x1 || box[b].x0 > box[a].x1 || box[a].y0 > box[b].y1 || box[b].y0 > box[a].y1)
                    continue;
                if (swap_star(a, b)) any = true;
            }
        }
        return any;
    }
    const Three& three(int c, int r) {
        const size_t k = (size_t)r * n + c;
        Three& t = best_places[k];
        if (places_at[k] == changed[r]) return t;
        places_at[k] = changed[r];
        for (int i = 0; i < 3; ++i) { t.cost[i] = INT64_MAX / 8; t.at[i] = -1; }
        for (int v = start(r); v != end(r); v = next[v]) {
            const int64_t cost = d(v, c) + d(c, next[v]) - d(v, next[v]);
            if (cost >= t.cost[2]) continue;
            int i = 2;
            while (i > 0 && cost < t.cost[i - 1]) { t.cost[i] = t.cost[i - 1]; t.at[i] = t.at[i - 1]; --i; }
            t.cost[i] = cost; t.at[i] = v;
        }
        return t;
    }
    // Cheapest place of c in the route of `gone`, which leaves it.
    int64_t without(int c, int gone, int& at) {
        const Three& t = three(c, of[gone]);
        int64_t best = d(prev[gone], c) + d(c, next[gone]) - d(prev[gone], next[gone]);
        at = prev[gone];
        for (int i = 0; i < 3; ++i)
            if (t.at[i] >= 0 && t.at[i] != gone && next[t.at[i]] != gone) {
                if (t.cost[i] < best) { best = t.cost[i]; at = t.at[i]; }
                break;
            }
        return best;
    }
    bool swap_star(int a, int b) {
        double least = -1e-6;
        int bu = -1, bv = -1, au = -1, av = -1;
        const double base = over(load[a]) + over(load[b]);
        auto leaving = [&](int c) { return d(prev[c], next[c]) - d(prev[c], c) - d(c, next[c]); };
        for (int u = next[start(a)]; u < n; u = next[u]) {
            const int64_t lu = leaving(u);
            const Three& tu = three(u, b);
            for (int v = next[start(b)]; v < n; v = next[v]) {
                const double loads = over(load[a] - q(u) + q(v)) + over(load[b] + q(u) - q(v)) - base;
                const int64_t lv = leaving(v);
                if (loads + (double)(lu + lv) > least) continue;
                    int at_u, at_v;
                const int64_t cost = without(u, v, at_u) + without(v, u, at_v) + lu + lv;
                if ((double)cost + loads < least) {
                    least = (double)cost + loads;
                    bu = u; bv = v; au = at_u; av = at_v;
                }
            }
            // u moves alone.
            const double loads = over(load[a] - q(u)) + over(load[b] + q(u)) - base;
            if (tu.at[0] >= 0 && (double)(tu.cost[0] + lu) + loads < least) {
                least = (double)(tu.cost[0] + lu) + loads;
                bu = u; bv = -1; au = tu.at[0];
            }
        }
        if (bu < 0) return false;
        remove(bu);
        if (bv >= 0) {
            remove(bv);
            insert(bu, au);
            insert(bv, av);
        } else {
            insert(bu, au);
        }
        commit(a, b);
        return true;
    }
};

}  // namespace zg::routing
