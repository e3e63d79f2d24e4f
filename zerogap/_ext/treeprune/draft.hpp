// The draft tree of greatest expected accepted length, level by level.
//
// Values fall along every path (ties go to the lower number, hence to the parent), so the k nodes of
// greatest value within a depth are closed under parents. A heap keeps them while levels are added.
#pragma once
#include <algorithm>
#include <cstdint>
#include <queue>
#include <vector>

namespace zg::treeprune {

inline double grow_tree(int n, const int32_t* parent, const double* probability, int k,
                        double depth_cost, std::vector<int>& chosen) {
    std::vector<double> value(n);
    std::vector<int> depth(n), start, order(n);
    int deepest = 0;
    for (int v = 0; v < n; ++v) {
        value[v] = probability[v] * (parent[v] < 0 ? 1 : value[parent[v]]);
        depth[v] = parent[v] < 0 ? 1 : depth[parent[v]] + 1;
        deepest = std::max(deepest, depth[v]);
    }
    start.assign(deepest + 2, 0);
    for (int v = 0; v < n; ++v) ++start[depth[v]];
    for (int d = 1; d <= deepest + 1; ++d) start[d] += start[d - 1];
    for (int v = n; v-- > 0;) order[--start[depth[v]]] = v;  // start[d]: first of level d
    auto better = [&](int a, int b) { return value[a] != value[b] ? value[a] > value[b] : a < b; };
    auto level = [&](std::vector<int>& heap, int d) {
        for (int i = start[d]; i < (d < deepest ? start[d + 1] : n); ++i) {
            const int v = order[i];
            if (value[v] <= 0 || k == 0) continue;
            if (int(heap.size()) == k) {
                if (!better(v, heap.front())) continue;
                std::pop_heap(heap.begin(), heap.end(), better);
                heap.pop_back();
            }
            heap.push_back(v);
            std::push_heap(heap.begin(), heap.end(), better);
        }
    };
    std::vector<int> heap;
    double best = 0;
    int at = 0;
    for (int d = 1; d <= deepest; ++d) {
        level(heap, d);
        double total = -depth_cost * d;
        for (int v : heap) total += value[v];
        if (total > best) { best = total; at = d; }
    }
    heap.clear();
    for (int d = 1; d <= at; ++d) level(heap, d);
    std::sort(heap.begin(), heap.end());
    chosen = heap;
    return best;
}

}  // namespace zg::treeprune
