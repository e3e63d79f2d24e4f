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

// The best closed set under prices of levels and of numbers of nodes. Values fall along every path,
// and what is needed comes first: for a depth the m nodes of greatest value are closed.
inline double grow_priced(int n, const int32_t* depth, const double* value, int size,
                          double depth_cost, const double* latency, std::vector<int>& chosen) {
    int deepest = 0;
    for (int v = 0; v < n; ++v) deepest = std::max(deepest, int(depth[v]));
    auto better = [&](int a, int b) { return value[a] != value[b] ? value[a] > value[b] : a < b; };
    std::vector<int> order;
    for (int v = 0; v < n; ++v)
        if (value[v] > 0) order.push_back(v);
    std::sort(order.begin(), order.end(), better);
    double best = -latency[0];
    int at = 0, many = 0;
    chosen.clear();
    for (int d = depth_cost > 0 ? 1 : deepest; d <= deepest; ++d) {
        double total = -depth_cost * d;
        int m = 0;
        for (size_t i = 0; i < order.size() && m < size; ++i) {
            if (depth[order[i]] > d) continue;
            total += value[order[i]];
            ++m;
            if (total - latency[m] > best) { best = total - latency[m]; at = d; many = m; }
        }
    }
    for (size_t i = 0; i < order.size() && int(chosen.size()) < many; ++i)
        if (depth[order[i]] <= at) chosen.push_back(order[i]);
    return best;
}

// The same where a node needs one other node, whatever their values: nodes in preorder of what they
// need, the nodes that need v, and theirs, being v + 1 … end[v] - 1. F[i][j] is the best of the nodes
// i, i + 1, … with j of them: node i and the rest, or none of its range.
inline double grow_ordered(int n, const int32_t* end, const int32_t* depth, const double* value,
                           int size, double depth_cost, const double* latency,
                           std::vector<int>& chosen) {
    const double none = -1e300;
    const size_t row = size_t(size) + 1;
    std::vector<double> table((size_t(n) + 1) * row);
    int deepest = 0;
    for (int v = 0; v < n; ++v) deepest = std::max(deepest, int(depth[v]));
    auto fill = [&](int d) {
        double* last = &table[size_t(n) * row];
        last[0] = 0;
        for (int j = 1; j <= size; ++j) last[j] = none;
        for (int v = n; v-- > 0;) {
            double* f = &table[size_t(v) * row];
            const double *next = f + row, *skip = &table[size_t(end[v]) * row];
            f[0] = 0;
            for (int j = 1; j <= size; ++j) {
                const double with = depth[v] <= d ? value[v] + next[j - 1] : none;
                f[j] = with > skip[j] ? with : skip[j];
            }
        }
    };
    double best = -latency[0];
    int at = 0, many = 0, filled = -1;
    for (int d = depth_cost > 0 ? 1 : deepest; d <= deepest && n; ++d) {
        // More than one token a node is never accepted.
        if (size - depth_cost * d <= best) break;
        fill(filled = d);
        for (int j = 1; j <= size; ++j) {
            const double total = table[j] - depth_cost * d - latency[j];
            if (table[j] > none / 2 && total > best) { best = total; at = d; many = j; }
        }
    }
    chosen.clear();
    if (many == 0) return best;
    if (filled != at) fill(at);
    for (int v = 0, j = many; j > 0 && v < n;) {
        const double* f = &table[size_t(v) * row];
        if (f[j] > table[size_t(end[v]) * row + j]) { chosen.push_back(v); ++v; --j; }
        else v = end[v];
    }
    return best;
}

}  // namespace zg::treeprune
