// When do two discs collide that move along edges, or stay at vertices? As intervals of offsets.
//
// An element is a motion p + v x, 0 <= x <= d (a move), or a point (d = 0: being at a vertex at an
// instant). Element A begun at time a and element B begun at time b collide iff a - b lies in an
// open interval (lo, hi): the pairs (x, y) of progress at which the discs overlap form a convex set
// (a box cut with the preimage of an open disc under an affine map), and a - b = y - x is linear.
#ifndef ZEROGAP_MAPF_GEOMETRY
#define ZEROGAP_MAPF_GEOMETRY
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_map>
#include <vector>

namespace zg::mapf {

constexpr double INF = std::numeric_limits<double>::infinity();

struct Span {
    double lo = INF, hi = -INF;
    bool empty() const { return !(lo < hi); }
};

struct Motion {
    double px, py, vx, vy, d;
};

// Offsets a - b at which A and B collide, with `reach` between the centres.
inline Span collide(const Motion& A, const Motion& B, double reach) {
    const double qx = A.px - B.px, qy = A.py - B.py, square = reach * reach;
    double low = INF, high = -INF;
    auto take = [&](double x, double y) {
        low = std::min(low, y - x);
        high = std::max(high, y - x);
    };
    // A side of the box: positions c + w t for t in [0, d] nearer than reach.
    auto side = [&](double cx, double cy, double wx, double wy, double d, double& t0, double& t1) {
        const double a = wx * wx + wy * wy, b = cx * wx + cy * wy, c = cx * cx + cy * cy - square;
        if (a <= 0) {
            t0 = 0, t1 = d;
            return c < 0;
        }
        const double disc = b * b - a * c;
        if (disc <= 0) return false;
        const double root = std::sqrt(disc);
        // The root of larger magnitude first, lest digits cancel.
        const double q = b > 0 ? -b - root : -b + root;
        double r0 = q / a, r1 = q != 0 ? c / q : 0.0;
        if (r0 > r1) std::swap(r0, r1);
        t0 = std::max(0.0, r0);
        t1 = std::min(d, r1);
        return d > 0 ? t0 < t1 || (t0 == t1 && r0 < r1) : r0 < 0 && r1 > 0;
    };
    double t0, t1;
    for (int end = 0; end < (A.d > 0 ? 2 : 1); ++end) {
        const double x = end ? A.d : 0.0;
        if (side(qx + A.vx * x, qy + A.vy * x, -B.vx, -B.vy, B.d, t0, t1)) take(x, t0), take(x, t1);
    }
    for (int end = 0; end < (B.d > 0 ? 2 : 1); ++end) {
        const double y = end ? B.d : 0.0;
        if (side(qx - B.vx * y, qy - B.vy * y, A.vx, A.vy, A.d, t0, t1)) take(t0, y), take(t1, y);
    }
    // Extremes of y - x on the ellipse: there the distance is perpendicular to vA - vB.
    const double cross = A.vx * B.vy - A.vy * B.vx;
    const double ux = A.vx - B.vx, uy = A.vy - B.vy, u = std::hypot(ux, uy);
    const double scale = std::hypot(A.vx, A.vy) * std::hypot(B.vx, B.vy);
    if (std::fabs(cross) > 1e-12 * scale && u > 0) {
        for (int sign = -1; sign <= 1; sign += 2) {
            const double tx = -sign * reach * uy / u - qx, ty = sign * reach * ux / u - qy;
            // vA x - vB y = t
            const double x = (tx * -B.vy + ty * B.vx) / -cross, y = (A.vx * ty - A.vy * tx) / -cross;
            if (x >= 0 && x <= A.d && y >= 0 && y <= B.d) take(x, y);
        }
    }
    Span made;
    // A touch (a single offset) is contact. Being at two near vertices collides at offset 0 only.
    if (low < high || (A.d == 0 && B.d == 0 && low <= high)) made.lo = low, made.hi = high;
    return made;
}

// The graph, with the agents' classes: all agents of one radius and one speed.
struct Graph {
    int n = 0, m = 0, classes = 0;
    const double* xy = nullptr;       // n x 2
    const int32_t* first = nullptr;   // n + 1
    const int32_t* tail = nullptr;    // m
    const int32_t* head = nullptr;    // m
    const double* length = nullptr;   // m
    const double* room = nullptr;     // m
    std::vector<double> radius, speed;  // by class
    // A lattice of unit cells: type of a move (1 ... types - 1), 0 is staying. columns = 0: none.
    int columns = 0, rows = 0, types = 0;
    const int32_t* type = nullptr;    // m
    std::vector<int32_t> step;        // types x 2: rows, columns
    double reach = 0;                 // longest edge

    int degree(int v) const { return first[v + 1] - first[v]; }
    int slots(int v) const { return columns ? types : degree(v) + 1; }
    int slot(int e) const { return columns ? type[e] : e - first[tail[e]] + 1; }
    std::vector<double> lasts;        // classes x m: durations, INF where there is no room

    void prepare() {
        lasts.resize(static_cast<size_t>(classes) * m);
        for (int c = 0; c < classes; ++c)
            for (int e = 0; e < m; ++e) {
                const bool fits = radius[c] <= room[e] * (1 + 1e-6) + 1e-12;
                lasts[static_cast<size_t>(c) * m + e] = fits ? length[e] / speed[c] : INF;
            }
    }
    double duration(int e, int c) const { return lasts[static_cast<size_t>(c) * m + e]; }
    bool usable(int e, int c) const { return duration(e, c) < INF; }
    double tick() const {
        double r = INF, v = 0;
        for (double x : radius) r = std::min(r, x);
        for (double x : speed) v = std::max(v, x);
        return 1e-9 * r / v;
    }
    Motion stay(int v) const { return {xy[2 * v], xy[2 * v + 1], 0, 0, 0}; }
    Motion move(int e, int c) const {
        const int a = tail[e], b = head[e];
        const double d = length[e] / speed[c];
        Motion made{xy[2 * a], xy[2 * a + 1], 0, 0, d};
        if (d > 0) made.vx = (xy[2 * b] - made.px) / d, made.vy = (xy[2 * b + 1] - made.py) / d;
        return made;
    }
};

// What may collide near a hub (a vertex with its moves): another hub, and spans by pairs of slots.
struct Near {
    int u;
    const Span* spans;  // slots of the hub x slots of u
    int cols;
};

// Spans of all pairs of elements, computed when they are first needed; on a lattice once an offset.
class Tables {
  public:
    // share: by what the sum of the radii is multiplied.
    void build(const Graph& graph, double share) {
        g = &graph;
        factor = share;
        const int pairs = g->classes * g->classes;
        lists.assign(g->columns ? 0 : static_cast<size_t>(pairs) * g->n, {});
        done.assign(lists.size(), 0);
        offsets.assign(pairs, {});
        if (g->columns) {
            for (int a = 0; a < g->classes; ++a)
                for (int b = 0; b < g->classes; ++b) lattice(a, b);
            return;
        }
        order.resize(g->n);
        for (int v = 0; v < g->n; ++v) order[v] = v;
        std::sort(order.begin(), order.end(),
                  [&](int a, int b) { return g->xy[2 * a] < g->xy[2 * b]; });
    }

    // Calls visit(near) for every hub that may collide with v's, for a class against another.
    template <class Visit>
    void around(int v, int self, int other, Visit&& visit) {
        const int pair = self * g->classes + other;
        if (g->columns) {
            const int row = v / g->columns, column = v % g->columns;
            for (const Offset& o : offsets[pair]) {
                const int r = row + o.row, c = column + o.column;
                if (r < 0 || r >= g->rows || c < 0 || c >= g->columns) continue;
                visit(Near{r * g->columns + c, o.spans, g->types});
            }
            return;
        }
        for (const Near& near : list(v, pair)) visit(near);
    }

    // Offsets of one element against another: (hub, slot) of a class each.
    Span span(int v, int i, int self, int u, int j, int other) {
        const int pair = self * g->classes + other;
        if (g->columns) {
            const int dr = u / g->columns - v / g->columns, dc = u % g->columns - v % g->columns;
            if (std::abs(dr) > wide || std::abs(dc) > wide) return {};
            const Span* spans = grid[pair][(dr + wide) * (2 * wide + 1) + dc + wide];
            return spans ? spans[i * g->types + j] : Span{};
        }
        const std::vector<Near>& near = list(v, pair);
        auto it = std::lower_bound(near.begin(), near.end(), u,
                                   [](const Near& a, int b) { return a.u < b; });
        if (it == near.end() || it->u != u) return {};
        return it->spans[i * it->cols + j];
    }

  private:
    struct Offset {
        int row, column;
        const Span* spans;
    };

    double gap(int a, int b) const { return (g->radius[a] + g->radius[b]) * factor; }

    void lattice(int a, int b) {
        const int pair = a * g->classes + b, t = g->types;
        int longest = 1;
        for (int32_t s : g->step) longest = std::max(longest, std::abs(s));
        wide = 2 * longest + static_cast<int>(std::ceil(largest()));
        const double reach = gap(a, b);
        auto motion = [&](int row, int column, int i, int c) {
            Motion made{double(column), double(row), 0, 0, 0};
            if (i) {
                const double x = g->step[2 * i + 1], y = g->step[2 * i];
                made.d = std::hypot(x, y) / g->speed[c];
                made.vx = x / made.d;
                made.vy = y / made.d;
            }
            return made;
        };
        grid.resize(g->classes * g->classes);
        grid[pair].assign((2 * wide + 1) * (2 * wide + 1), nullptr);
        for (int row = -wide; row <= wide; ++row)
            for (int column = -wide; column <= wide; ++column) {
                std::unique_ptr<Span[]> spans(new Span[t * t]);
                bool any = false;
                for (int i = 0; i < t; ++i)
                    for (int j = 0; j < t; ++j) {
                        const Span s =
                            collide(motion(0, 0, i, a), motion(row, column, j, b), reach);
                        spans[i * t + j] = s;
                        any |= s.lo <= s.hi;
                    }
                if (!any) continue;
                grid[pair][(row + wide) * (2 * wide + 1) + column + wide] = spans.get();
                offsets[pair].push_back({row, column, spans.get()});
                kept.push_back(std::move(spans));
            }
    }

    double largest() const {
        double r = 0;
        for (double x : g->radius) r = std::max(r, x);
        return 2 * r;
    }

    const std::vector<Near>& list(int v, int pair) {
        const size_t key = static_cast<size_t>(pair) * g->n + v;
        if (!done[key]) {
            done[key] = 1;
            fill(v, pair, lists[key]);
        }
        return lists[key];
    }

    void fill(int v, int pair, std::vector<Near>& out) {
        const int a = pair / g->classes, b = pair % g->classes;
        const double reach = gap(a, b), x = g->xy[2 * v], y = g->xy[2 * v + 1];
        double own = 0;
        for (int e = g->first[v]; e < g->first[v + 1]; ++e) own = std::max(own, g->length[e]);
        const double limit = own + g->reach + reach;
        auto from = std::lower_bound(order.begin(), order.end(), x - limit,
                                     [&](int w, double value) { return g->xy[2 * w] < value; });
        for (; from != order.end() && g->xy[2 * *from] <= x + limit; ++from) {
            const int u = *from;
            if (std::fabs(g->xy[2 * u + 1] - y) > limit) continue;
            const int rows = g->degree(v) + 1, cols = g->degree(u) + 1;
            std::unique_ptr<Span[]> spans(new Span[rows * cols]);
            bool any = false;
            for (int i = 0; i < rows; ++i) {
                const Motion A = i ? g->move(g->first[v] + i - 1, a) : g->stay(v);
                for (int j = 0; j < cols; ++j) {
                    const Motion B = j ? g->move(g->first[u] + j - 1, b) : g->stay(u);
                    const Span s = collide(A, B, reach);
                    spans[i * cols + j] = s;
                    any |= s.lo <= s.hi;
                }
            }
            if (!any) continue;
            out.push_back({u, spans.get(), cols});
            kept.push_back(std::move(spans));
        }
        std::sort(out.begin(), out.end(), [](const Near& p, const Near& q) { return p.u < q.u; });
    }

    const Graph* g = nullptr;
    double factor = 1;
    int wide = 0;
    std::vector<std::vector<Offset>> offsets;
    std::vector<std::vector<const Span*>> grid;
    std::vector<std::vector<Near>> lists;
    std::vector<char> done;
    std::vector<int> order;
    std::vector<std::unique_ptr<Span[]>> kept;
};

}  // namespace zg::mapf
#endif
