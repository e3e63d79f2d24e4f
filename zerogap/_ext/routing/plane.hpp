// Points of the plane in the order of a balanced k-d tree, and their nearest neighbours. The order
// is a space-filling one: what is near is near in memory. Equal points and clusters cost nothing
// extra, since the tree splits by rank.
#pragma once
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace zg::routing {

class Plane {
   public:
    std::vector<int32_t> order;  // order[k]: which point stands at place k of the tree's order
    std::vector<double> x, y;    // in that order

    Plane(const double* px, const double* py, int count) : n(count) {
        order.resize(n);
        std::iota(order.begin(), order.end(), 0);
        split(px, py, 0, n);
        x.resize(n);
        y.resize(n);
        for (int k = 0; k < n; ++k) {
            x[k] = px[order[k]];
            y[k] = py[order[k]];
        }
        box.assign(2 * boxes(n) + 2, Box{});
        measure(0, 0, n);
    }

    // The `width` nearest others of every point, nearest first, by place; equal ones in tree order.
    std::vector<int32_t> nearest(int width) {
        std::vector<int32_t> all((size_t)n * width);
        for (int k = 0; k < n; ++k) {
            heap.clear();
            wanted = width;
            visit(0, 0, n, k);
            std::sort_heap(heap.begin(), heap.end());
            for (int i = 0; i < width; ++i) all[(size_t)k * width + i] = heap[i].second;
        }
        return all;
    }

   private:
    struct Box { double x0, x1, y0, y1; };
    static constexpr int LEAF = 8;
    int n, wanted = 0;
    std::vector<Box> box;
    std::vector<std::pair<double, int32_t>> heap;  // the farthest of the nearest first

    static size_t boxes(int m) {
        size_t size = 1;
        while (m > LEAF) { m = (m + 1) / 2; size *= 2; }
        return size;
    }
    void split(const double* px, const double* py, int a, int b) {
        if (b - a <= LEAF) return;
        double x0 = 1e300, x1 = -1e300, y0 = 1e300, y1 = -1e300;
        for (int k = a; k < b; ++k) {
            const int c = order[k];
            x0 = std::min(x0, px[c]); x1 = std::max(x1, px[c]);
            y0 = std::min(y0, py[c]); y1 = std::max(y1, py[c]);
        }
        const double* key = x1 - x0 >= y1 - y0 ? px : py;
        const int middle = a + (b - a + 1) / 2;
        std::nth_element(order.begin() + a, order.begin() + middle, order.begin() + b,
                         [&](int p, int q) { return key[p] != key[q] ? key[p] < key[q] : p < q; });
        split(px, py, a, middle);
        split(px, py, middle, b);
    }
    void measure(size_t at, int a, int b) {
        Box& o = box[at];
        o = Box{1e300, -1e300, 1e300, -1e300};
        for (int k = a; k < b; ++k) {
            o.x0 = std::min(o.x0, x[k]); o.x1 = std::max(o.x1, x[k]);
            o.y0 = std::min(o.y0, y[k]); o.y1 = std::max(o.y1, y[k]);
        }
        if (b - a <= LEAF) return;
        const int middle = a + (b - a + 1) / 2;
        measure(2 * at + 1, a, middle);
        measure(2 * at + 2, middle, b);
    }
    double far(size_t at, int k) const {
        const Box& o = box[at];
        const double dx = std::max(0.0, std::max(o.x0 - x[k], x[k] - o.x1));
        const double dy = std::max(0.0, std::max(o.y0 - y[k], y[k] - o.y1));
        return dx * dx + dy * dy;
    }
    void visit(size_t at, int a, int b, int k) {
        if (b - a <= LEAF) {
            for (int v = a; v < b; ++v) {
                if (v == k) continue;
                const double dx = x[v] - x[k], dy = y[v] - y[k];
                const std::pair<double, int32_t> entry{dx * dx + dy * dy, v};
                if ((int)heap.size() < wanted) {
                    heap.push_back(entry);
                    std::push_heap(heap.begin(), heap.end());
                } else if (entry.first < heap.front().first) {
                    std::pop_heap(heap.begin(), heap.end());
                    heap.back() = entry;
                    std::push_heap(heap.begin(), heap.end());
                }
            }
            return;
        }
        const int middle = a + (b - a + 1) / 2;
        const size_t left = 2 * at + 1, right = left + 1;
        const double l = far(left, k), r = far(right, k);
        const bool first = k < middle ? l <= r : l < r;
        for (int turn = 0; turn < 2; ++turn) {
            const bool go_left = (turn == 0) == first;
            const double d = go_left ? l : r;
            if ((int)heap.size() == wanted && d >= heap.front().first) continue;
            go_left ? visit(left, a, middle, k) : visit(right, middle, b, k);
        }
    }
};

}  // namespace zg::routing
