// Lower bounds of the symmetric travelling salesman by 1-trees (Held, Karp 1971): a spanning tree of
// all nodes but one, and the two cheapest edges of that one, under node prices that a subgradient
// method improves. Most trees run over a few candidate edges; only a tree over all edges counts as
// a bound, and what it uses joins the candidates. Exact: prices are integers in 1/UNIT.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "routing/plane.hpp"
#include "routing/problem.hpp"

namespace zg::routing {

class OneTree {
   public:
    int64_t bound = 0;  // length that no tour can beat
    int64_t trees = 0;

    OneTree(const Problem& problem, int width) : P(problem), N(problem.n + 1), special(problem.n) {
        price.assign(N, 0);
        degree.assign(N, 0);
        last.assign(N, 0);
        // Near clients, and the depot's own: by the distances that the instance has.
        const int some = std::min(width, P.near_count);
        for (int c = 0; c < P.n; ++c)
            for (int i = 0; i < some; ++i) join(c, P.near[(size_t)c * P.near_count + i]);
        std::vector<std::pair<int32_t, int32_t>> home(P.n);
        for (int c = 0; c < P.n; ++c) home[c] = {P.d(0, special, c), c};
        const int own = std::min(width, P.n);
        std::partial_sort(home.begin(), home.begin() + own, home.end());
        for (int i = 0; i < own; ++i) join(special, home[i].second);
        certify();
    }

    // A step of the method towards `target`, the length of a tour; false once it has stalled.
    bool improve(int64_t target) {
        const int64_t value = sparse();
        if (!started || value > best_value) {
            best_value = value;
            best_price = price;
            started = true;
            calm = 0;
        } else if (++calm >= PATIENCE) {
            calm = 0;
            step /= 2;
            if (step < 1e-3) return false;
        }
        int64_t norm = 0;
        for (int v = 0; v < N; ++v) norm += (int64_t)(degree[v] - 2) * (degree[v] - 2);
        if (norm == 0) return false;  // a tour
        const double gap = std::max<double>(UNIT, (double)(UNIT * target - value) + 0.01 * (double)UNIT * target);
        const double length = step * gap / (double)norm;
        for (int v = 0; v < N; ++v) {
            const double way = 0.7 * (degree[v] - 2) + 0.3 * last[v];
            price[v] += (int64_t)std::llround(length * way);
            last[v] = degree[v] - 2;
        }
        return true;
    }

    // The tree over all edges at the best prices so far: a bound. True if the candidates had it all.
    bool certify() {
        if (started) price = best_price;
        const size_t known = edges.size();
        std::vector<int64_t> cost(N, INT64_MAX);
        std::vector<int32_t> from(N, -1);
        std::vector<uint8_t> in(N, 0);
        int64_t sum = 0;
        int at = special == 0 ? 1 : 0;
        in[at] = in[special] = 1;
        for (int k = 1; k < N - 1; ++k) {
            int next = -1;
            for (int v = 0; v < N; ++v) {
                if (in[v]) continue;
                const int64_t w = weight(at, v);
                if (w < cost[v]) { cost[v] = w; from[v] = at; }
                if (next < 0 || cost[v] < cost[next]) next = v;
            }
            in[next] = 1;
            sum += cost[next];
            join(next, from[next]);
            at = next;
        }
        int one = -1, two = -1;
        for (int v = 0; v < N; ++v) {
            if (v == special) continue;
            if (one < 0 || weight(special, v) < weight(special, one)) { two = one; one = v; }
            else if (two < 0 || weight(special, v) < weight(special, two)) two = v;
        }
        join(special, one);
        join(special, two);
        sum += weight(special, one) + weight(special, two);
        for (int v = 0; v < N; ++v) sum -= 2 * price[v];
        // Every tour is a 1-tree in which the prices cancel out, and its length is an integer.
        const int64_t whole = sum >= 0 ? (sum + UNIT - 1) / UNIT : 0;
        bound = std::max(bound, whole);
        if (edges.size() == known) return true;
        started = false;  // the candidates' trees were cheaper than they seemed
        step = std::max(step, 0.05);
        return false;
    }

   private:
    static constexpr int64_t UNIT = 64;
    static constexpr int PATIENCE = 25;
    struct Edge { int32_t a, b; int64_t weight; };
    const Problem& P;
    const int N, special;
    std::vector<int64_t> price, best_price;
    std::vector<int32_t> degree, last, root;
    std::vector<std::vector<int32_t>> joined{};
    std::vector<Edge> edges;
    int64_t best_value = INT64_MIN;
    double step = 1.0;
    int calm = 0;
    bool started = false;

    int64_t weight(int a, int b) const { return UNIT * P.d(0, a, b) + price[a] + price[b]; }
    void join(int a, int b) {
        if (joined.empty()) joined.resize(N);
        if (a > b) std::swap(a, b);
        if (std::find(joined[a].begin(), joined[a].end(), b) != joined[a].end()) return;
        joined[a].push_back(b);
        edges.push_back({a, b, 0});
    }
    int find(int v) {
        while (root[v] != v) v = root[v] = root[root[v]];
        return v;
    }
    // Kruskal over the candidates (connected, since they hold a whole tree).
    int64_t sparse() {
        ++trees;
        for (Edge& e : edges) e.weight = weight(e.a, e.b);
        std::sort(edges.begin(), edges.end(), [](const Edge& p, const Edge& q) {
            return p.weight != q.weight ? p.weight < q.weight : p.a != q.a ? p.a < q.a : p.b < q.b; });
        root.resize(N);
        for (int v = 0; v < N; ++v) { root[v] = v; degree[v] = 0; }
        int64_t sum = 0;
        int own = 0;
        for (const Edge& e : edges) {
            if (e.a == special || e.b == special) {
                if (own == 2) continue;
                ++own;
            } else {
                const int a = find(e.a), b = find(e.b);
                if (a == b) continue;
                root[a] = b;
            }
            sum += e.weight;
            ++degree[e.a];
            ++degree[e.b];
        }
        for (int v = 0; v < N; ++v) sum -= 2 * price[v];
        return sum;
    }
};

}  // namespace zg::routing
