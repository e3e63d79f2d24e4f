// The tree in the shape that every algorithm of the family works on.
//
// Nodes whose only child follows them are merged with it (a chain stands or falls as one), nodes
// are numbered in preorder, so that a parent comes before its children and a subtree is a range,
// and node 0 is the root, or a root of cost 0 above the trees of a forest.
#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>
#include <algorithm>

#include "shared/clock.hpp"

namespace zg::treeprune {

constexpr double INF = std::numeric_limits<double>::infinity();

// Raw arrays of the caller; nothing here is owned. An absent array is null.
struct Problem {
    int n = 0;
    const int32_t* parent = nullptr;
    const double* reward = nullptr;
    const double* tokens = nullptr;
    const int32_t* cluster = nullptr;
    double lambda_b = 1, lambda_d = 0;
    double budget = INF;
    int low = 1, high = std::numeric_limits<int>::max();
    const int32_t* mandatory = nullptr;
    int mandatories = 0;
    const int32_t* caps = nullptr;  // by cluster id, negative: none
    int cap_ids = 0;
    const double* coverage = nullptr;  // not increasing; null: (1)
    int weights = 1;
    bool forest = false, every_tree = false;
};

enum Fault {
    OK = 0, EMPTY, PARENT, CYCLE, ROOTS, REWARD, TOKENS, MANDATORY, CAPS, COVERAGE, SETTING
};

class Tree {
public:
    int m = 0;                  // merged nodes
    std::vector<int> par, end;  // parent (−1 at 0) and end of the subtree's range
    std::vector<int> leaf;      // caller's leaf, −1 at inner nodes
    std::vector<int> cluster;   // dense cluster of a leaf, −1 for none
    std::vector<double> tokens, cost, reward;
    std::vector<uint8_t> forced;  // has to be retained
    std::vector<int> cap;         // by dense cluster, INT_MAX for none
    int clusters = 0, leaves = 0, mandatory = 0, trees = 0;
    bool over_root = false;       // node 0 is the root above a forest
    std::vector<double> bonus;    // λ_d / K, by dense cluster
    double scale = 0;             // magnitude of the sums, for tolerances
    int where = -1;               // index at fault

    Fault build(const Problem& p) {
        if (p.n <= 0) return EMPTY;
        if (Fault f = order(p)) return f;
        if (Fault f = values(p)) return f;
        merge(p);
        if (Fault f = sides(p)) return f;
        return OK;
    }

    // Merged node that contains the caller's leaf.
    int node_of(int original) const { return place[rep[original]]; }

private:
    std::vector<int> topo, children, rep, place, size, cursor, depth, path, table, ids;
    std::vector<double> chain;
    bool sorted = true;

    Fault order(const Problem& p) {
        const int n = p.n;
        children.assign(n, 0);
        trees = 0;
        sorted = true;
        for (int v = 0; v < n; ++v) {
            const int a = p.parent[v];
            if (a >= n || a < -1) { where = v; return PARENT; }
            if (a < 0) ++trees;
            else ++children[a];
            if (a >= v) sorted = false;
        }
        if (trees == 0) { where = 0; return CYCLE; }
        if (trees > 1 && !p.forest) {
            int seen = 0;
            for (where = 0; where < n; ++where)
                if (p.parent[where] < 0 && ++seen == 2) break;
            return ROOTS;
        }
        return sorted ? OK : by_depth(p);
    }

    // Counting sort by depth; a walk upwards that meets itself is a cycle.
    Fault by_depth(const Problem& p) {
        const int n = p.n;
        depth.assign(n, -1);
        int deepest = 0;
        for (int v = 0; v < n; ++v) {
            path.clear();
            int u = v;
            while (u >= 0 && depth[u] == -1) {
                depth[u] = -2;
                path.push_back(u);
                u = p.parent[u];
            }
            if (u >= 0 && depth[u] == -2) { where = u; return CYCLE; }
            int d = u < 0 ? 0 : depth[u] + 1;
            for (size_t i = path.size(); i-- > 0;) depth[path[i]] = d++;
            deepest = std::max(deepest, d);
        }
        cursor.assign(deepest + 2, 0);
        for (int v = 0; v < n; ++v) ++cursor[depth[v] + 1];
        for (int d = 0; d <= deepest; ++d) cursor[d + 1] += cursor[d];
        topo.resize(n);
        for (int v = 0; v < n; ++v) topo[cursor[depth[v]]++] = v;
        return OK;
    }

    Fault values(const Problem& p) {
        for (int v = 0; v < p.n; ++v) {
            // NaN fails the comparison too.
            if (!(p.tokens[v] >= 0 && p.tokens[v] <= 1e12)) { where = v; return TOKENS; }
            if (!(std::fabs(p.reward[v]) <= 1e12)) { where = v; return REWARD; }
        }
        if (!(p.lambda_b >= 0 && p.lambda_b <= 1e12) || !(p.lambda_d >= 0 && p.lambda_d <= 1e12) ||
            !(p.budget >= 0) || p.low < 0 || p.high < p.low) return SETTING;
        double before = INF;
        for (int j = 0; p.coverage && j < p.weights; ++j) {
            if (!(p.coverage[j] >= 0 && p.coverage[j] <= before)) { where = j; return COVERAGE; }
            before = p.coverage[j];
        }
        return OK;
    }

    void merge(const Problem& p) {
        const int n = p.n;
        rep.resize(n);
        chain.assign(n, 0);
        size.assign(n, 0);
        over_root = trees > 1;
        m = over_root ? 1 : 0;
        for (int t = 0; t < n; ++t) {
            const int v = sorted ? t : topo[t];
            const int a = p.parent[v];
            if (a >= 0 && children[a] == 1) rep[v] = rep[a];
            else { rep[v] = v; ++m; }
            chain[rep[v]] += p.tokens[v];
        }
        for (int t = n; t-- > 0;) {
            const int v = sorted ? t : topo[t];
            if (rep[v] != v) continue;
            ++size[v];
            if (p.parent[v] >= 0) size[rep[p.parent[v]]] += size[v];
        }
        number(p);
    }

    void number(const Problem& p) {
        const int n = p.n;
        place.resize(n);
        cursor.resize(n);
        for (auto* a : {&par, &end, &leaf, &cluster}) a->resize(m);
        for (auto* a : {&tokens, &cost, &reward}) a->resize(m);
        forced.assign(m, 0);
        int next = 0;
        scale = 0;
        if (over_root) {
            par[0] = -1; end[0] = m; leaf[0] = cluster[0] = -1;
            tokens[0] = cost[0] = reward[0] = 0;
            forced[0] = p.every_tree;
            next = 1;
        }
        for (int t = 0; t < n; ++t) {
            const int v = sorted ? t : topo[t];
            if (rep[v] != v) continue;
            const int a = p.parent[v];
            int& at = a < 0 ? next : cursor[rep[a]];
            const int i = place[v] = at;
            at += size[v];
            cursor[v] = i + 1;
            par[i] = a < 0 ? (over_root ? 0 : -1) : place[rep[a]];
            end[i] = i + size[v];
            leaf[i] = cluster[i] = -1;
            tokens[i] = chain[v];
            cost[i] = p.lambda_b * chain[v];
            scale += cost[i];
            reward[i] = 0;
            if (a < 0 && p.every_tree) forced[i] = 1;
        }
        leaves = 0;
        for (int v = 0; v < n; ++v) {
            if (children[v]) continue;
            const int i = place[rep[v]];
            leaf[i] = v;
            reward[i] = p.reward[v];
            scale += std::fabs(p.reward[v]);
            ++leaves;
        }
        group(p);
    }

    // Dense cluster numbers in the order of the ids.
    void group(const Problem& p) {
        clusters = 0;
        int largest = -1;
        if (p.cluster)
            for (int i = 0; i < m; ++i)
                if (leaf[i] >= 0) largest = std::max(largest, p.cluster[leaf[i]]);
        ids.clear();
        bonus.clear();
        if (largest < 0) return;
        if (largest <= 4LL * p.n + 64) {
            table.assign(largest + 1, 0);
            for (int i = 0; i < m; ++i)
                if (leaf[i] >= 0 && p.cluster[leaf[i]] >= 0) table[p.cluster[leaf[i]]] = 1;
            for (int k = 0; k <= largest; ++k)
                if (table[k]) { table[k] = clusters++; ids.push_back(k); }
            for (int i = 0; i < m; ++i)
                if (leaf[i] >= 0 && p.cluster[leaf[i]] >= 0) cluster[i] = table[p.cluster[leaf[i]]];
        } else {
            for (int i = 0; i < m; ++i)
                if (leaf[i] >= 0 && p.cluster[leaf[i]] >= 0) ids.push_back(p.cluster[leaf[i]]);
            std::sort(ids.begin(), ids.end());
            ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
            clusters = int(ids.size());
            for (int i = 0; i < m; ++i)
                if (leaf[i] >= 0 && p.cluster[leaf[i]] >= 0)
                    cluster[i] = int(std::lower_bound(ids.begin(), ids.end(), p.cluster[leaf[i]]) -
                                     ids.begin());
        }
        bonus.assign(clusters, p.lambda_d / clusters);
        double each = 0;
        for (int j = 0; j < p.weights; ++j) each += p.coverage ? p.coverage[j] : 1.0;
        scale += p.lambda_d * each;
    }

    Fault sides(const Problem& p) {
        mandatory = 0;
        for (int j = 0; j < p.mandatories; ++j) {
            const int v = p.mandatory[j];
            if (v < 0 || v >= p.n || children[v]) { where = j; return MANDATORY; }
            int i = place[rep[v]];
            if (!(forced[i] & 2)) { ++mandatory; forced[i] |= 2; }
            for (; i >= 0 && !(forced[i] & 1); i = par[i]) forced[i] |= 1;
        }
        cap.assign(clusters, std::numeric_limits<int>::max());
        for (int k = 0; p.caps && k < clusters; ++k) {
            if (ids[k] >= p.cap_ids) { where = ids[k]; return CAPS; }
            if (p.caps[ids[k]] >= 0) cap[k] = p.caps[ids[k]];
        }
        return OK;
    }
};

}  // namespace zg::treeprune
