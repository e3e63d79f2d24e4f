// The published problem (rewards, costs, one bonus a cluster) by reductions.
//
// A node stands for everything that is in whenever it is. Its own weight is what it brings without
// any bonus; nodes of weight >= 0 follow their parent, so that below the root only nodes of
// negative weight remain, and all that can pay for them is the bonus of clusters they cover.
// Each round drops what cannot pay, merges what stands or falls together and lowers a cluster's
// bonus to the price at which the root can have it anyway.
#pragma once
#include "treeprune/tree.hpp"

namespace zg::treeprune {

class Cover {
public:
    // What is left: nodes in preorder, 0 the root, which is in.
    int n = 0;
    std::vector<int> par, end, id, first, cover;  // cover[first[v] .. first[v+1])
    std::vector<double> weight;
    std::vector<double> bonus;  // by cluster, what covering it still brings
    double settled = 0;         // value of what is decided
    int rounds = 0;

    void reduce(const Tree& tree, double weight_of_first) {
        t = &tree;
        const int m = t->m;
        bonus.resize(t->clusters);
        for (int k = 0; k < t->clusters; ++k) bonus[k] = weight_of_first * t->bonus[k];
        offered.clear();
        state.assign(m, DEAD);
        up.resize(m);
        settled = 0;
        contract();
        rounds = 0;
        while (n > 1 && round()) ++rounds;
    }

    // Marks the kept merged leaves, given which of the remaining nodes are chosen.
    void expand(const std::vector<uint8_t>& chosen, std::vector<uint8_t>& kept) {
        const int m = t->m;
        kept.assign(m, 0);
        for (int v = 0; v < n; ++v) kept[id[v]] = chosen[v];
        std::vector<uint8_t>& done = mark;
        done.assign(t->clusters, 0);
        for (int v = 0; v < m; ++v) {
            if (state[v] == MERGED) kept[v] = kept[up[v]];
            if (kept[v] && t->cluster[v] >= 0) done[t->cluster[v]] = 1;
        }
        // The latest offer first: its price may count on what it spares an earlier one.
        for (size_t i = offered.size(); i-- > 0;) {
            const auto [k, node] = offered[i];
            if (done[k]) continue;
            kept[node] = 1;
            for (int v = node; v < t->end[node]; ++v) {
                if (v > node && !(state[v] == MERGED && kept[up[v]])) continue;
                kept[v] = 1;
                if (t->cluster[v] >= 0) done[t->cluster[v]] = 1;
            }
        }
        for (int v = 0; v < m; ++v)
            if (t->leaf[v] < 0) kept[v] = 0;
    }

private:
    enum : uint8_t { DEAD, LIVE, MERGED };
    const Tree* t = nullptr;
    std::vector<uint8_t> state, mark;
    std::vector<std::pair<int, int>> offered;  // cluster and the node that has it at the root
    std::vector<int> up, place, seen, kids, target, where, next_par, next_id, next_first,
        next_cover;
    std::vector<double> next_weight, own, reach, cheapest;
    
    // Bottom-up: what is worth keeping without any bonus follows its parent.
    void contract() {
        const int m = t->m;
        own.resize(m);
        for (int v = 0; v < m; ++v)
            own[v] = -t->cost[v] + (t->leaf[v] >= 0 ? t->reward[v] : 0);
        for (int v = m; --v > 0;)
            if (own[v] >= 0 || t->forced[v]) own[t->par[v]] += own[v];
        place.resize(m);  // the node that v follows
        place[0] = 0;
        for (int v = 1; v < m; ++v)
            place[v] = own[v] >= 0 || t->forced[v] ? place[t->par[v]] : v;
        // Clusters that the root covers are paid for; of the others every node counts its own.
        mark.assign(t->clusters, 0);
        for (int v = 0; v < m; ++v)
            if (t->cluster[v] >= 0 && place[v] == 0 && !mark[t->cluster[v]]) {
                mark[t->cluster[v]] = 1;
                settled += bonus[t->cluster[v]];
                bonus[t->cluster[v]] = 0;
            }
        settled += own[0];
        reach.assign(m, 0);
        for (int v = 0; v < m; ++v)
            if (t->cluster[v] >= 0) reach[place[v]] += bonus[t->cluster[v]];
        for (int v = m; --v > 0;) {
            if (place[v] != v) continue;
            reach[v] += own[v];
            if (reach[v] > 0) reach[place[t->par[v]]] += reach[v];
        }
        n = 0;
        par.clear(); end.clear(); id.clear(); weight.clear();
        kids.resize(m);
        for (int v = 0; v < m; ++v) {
            const bool heads = place[v] == v;
            const int above = v && heads ? place[t->par[v]] : -1;
            if (heads && (v == 0 || (state[above] == LIVE && reach[v] > 0))) {
                state[v] = LIVE;
                kids[v] = n++;
                id.push_back(v);
                par.push_back(above < 0 ? -1 : kids[above]);
                weight.push_back(v ? own[v] : 0);
            } else if (!heads && state[place[v]] == LIVE) {
                state[v] = MERGED;
                up[v] = place[v];
            }
        }
        first.assign(n + 1, 0);
        auto counts = [&](int v) {
            return t->cluster[v] >= 0 && bonus[t->cluster[v]] > 0 && state[place[v]] == LIVE;
        };
        for (int v = 1; v < m; ++v)
            if (counts(v)) ++first[kids[place[v]] + 1];
        for (int v = 0; v < n; ++v) first[v + 1] += first[v];
        cover.resize(first[n]);
        where.assign(first.begin(), first.end() - 1);
        for (int v = 1; v < m; ++v)
            if (counts(v)) cover[where[kids[place[v]]]++] = t->cluster[v];
        ranges();
    }

    void ranges() {
        end.resize(n);
        for (int v = 0; v < n; ++v) end[v] = v + 1;
        for (int v = n; --v > 0;) end[par[v]] = std::max(end[par[v]], end[v]);
    }

    // One round of all reductions and a compaction; false if nothing changed.
    bool round() {
        const int K = t->clusters;
        bool changed = prune_covers();
        // A cluster that one node alone can cover is that node's own worth.
        where.assign(K, 0);
        for (int k : cover) ++where[k];
        kids.assign(n, 0);
        own.resize(n);
        reach.assign(n, 0);
        for (int v = 1; v < n; ++v) {
            int to = first[v];
            for (int j = first[v]; j < last[v]; ++j) {
                const int k = cover[j];
                if (where[k] == 1) { weight[v] += bonus[k]; bonus[k] = 0; changed = true; }
                else cover[to++] = k;
            }
            last[v] = to;
            own[v] = weight[v];
            for (int j = first[v]; j < to; ++j) own[v] += bonus[cover[j]];
        }
        // Bottom-up: what can pay at all, and who stands or falls with the parent.
        target.resize(n);
        for (int v = 0; v < n; ++v) target[v] = v;
        for (int v = n; --v > 0;) {
            reach[v] += own[v];
            if (reach[v] <= 0) { target[v] = -1; changed = true; continue; }
            reach[par[v]] += reach[v];
            ++kids[par[v]];
        }
        for (int v = n; --v > 0;) {
            if (target[v] < 0) continue;
            if (weight[v] >= 0) { target[v] = par[v]; weight[par[v]] += weight[v]; changed = true; }
        }
        only_children(changed);
        offers(changed);
        if (changed) compact();
        return changed;
    }

    std::vector<int> last;

    // Drops clusters that the node or an ancestor covers already, or that bring nothing.
    bool prune_covers() {
        bool changed = false;
        seen.assign(t->clusters, 0);
        last.assign(first.begin() + 1, first.end());
        int total = 0;
        for (int v = 1; v < n; ++v) {
            int to = first[v];
            for (int j = first[v]; j < first[v + 1]; ++j) {
                const int k = cover[j];
                if (bonus[k] <= 0 || seen[k] > v) { cover[j] = -1; changed = true; continue; }
                seen[k] = end[v];
                cover[to++] = k;
            }
            last[v] = to;
            total += to - first[v];
        }
        if (total < int(cover.size())) squeeze();
        return changed;
    }

    void squeeze() {
        int to = 0;
        for (int v = 0; v < n; ++v) {
            const int from = first[v], stop = v ? last[v] : first[1];
            first[v] = to;
            if (v)
                for (int j = from; j < stop; ++j) cover[to++] = cover[j];
        }
        first[n] = to;
        cover.resize(to);
        for (int v = 0; v < n; ++v) last[v] = first[v + 1];
    }

    // A node that does not pay alone and has one child goes with it.
    void only_children(bool& changed) {
        for (int v = n; --v > 0;) {
            const int a = par[v];
            if (target[v] == v && a > 0 && kids[a] == 1 && own[a] <= 0 && target[a] == a) {
                target[v] = a;
                weight[a] += weight[v];
                changed = true;
            }
        }
    }

    // Childless nodes that cover one cluster: below the root the cheapest sets the cluster's
    // price; among siblings only the cheapest stays.
    void offers(bool& changed) {
        cheapest.assign(t->clusters, INF);
        seen.assign(t->clusters, -1);
        for (int a = 0; a < n; ++a) {
            if (target[a] < 0) continue;
            for (int c = a + 1; c < end[a]; c = end[c]) {
                if (target[c] != c || kids[c] || last[c] - first[c] != 1) continue;
                const int k = cover[first[c]];
                const int other = seen[k];
                if (other >= 0 && par[other] == a && target[other] == other) {
                    const int worse = -weight[c] < -weight[other] ? other : c;
                    target[worse] = -1;
                    changed = true;
                    if (worse == c) continue;
                }
                seen[k] = c;
            }
            if (a > 0) continue;
            for (int c = 1; c < n; c = end[c]) {
                if (target[c] != c || kids[c] || last[c] - first[c] != 1) continue;
                const int k = cover[first[c]];
                settled += bonus[k] + weight[c];
                bonus[k] = -weight[c];
                offered.emplace_back(k, id[c]);
                target[c] = -1;
                changed = true;
            }
        }
    }

    // Renumbers the survivors; a merged node's clusters and children go to the node it follows.
    void compact() {
        place.resize(n);
        int next = 0;
        for (int v = 0; v < n; ++v) {
            const int a = par[v];
            if (v == 0) { place[0] = next++; continue; }
            if (target[v] < 0 || place[a] < 0) {
                place[v] = -1;
                state[id[v]] = state[id[v]] == LIVE ? DEAD : state[id[v]];
                continue;
            }
            if (target[v] != v) {
                place[v] = place[a];
                state[id[v]] = MERGED;
                up[id[v]] = id[a];
            } else place[v] = next++;
        }
        // The root's new clusters are paid for.
        for (int v = 1; v < n; ++v)
            if (place[v] == 0)
                for (int j = first[v]; j < last[v]; ++j) {
                    settled += bonus[cover[j]];
                    bonus[cover[j]] = 0;
                }
        settled += weight[0];
        weight[0] = 0;
        next_par.assign(next, -1); next_id.resize(next); next_weight.resize(next);
        next_first.assign(next + 1, 0);
        for (int v = 0; v < n; ++v) {
            const int i = place[v];
            if (i < 0) continue;
            if (v == 0 || target[v] == v) {
                next_id[i] = id[v];
                next_weight[i] = weight[v];
                next_par[i] = v ? place[par[v]] : -1;
            }
            if (i > 0) next_first[i + 1] += last[v] - first[v];
        }
        for (int i = 0; i < next; ++i) next_first[i + 1] += next_first[i];
        next_cover.resize(next_first[next]);
        where.assign(next_first.begin(), next_first.end());
        for (int v = 1; v < n; ++v) {
            const int i = place[v];
            if (i <= 0) continue;
            for (int j = first[v]; j < last[v]; ++j) next_cover[where[i]++] = cover[j];
        }
        par.swap(next_par); id.swap(next_id); weight.swap(next_weight);
        first.swap(next_first); cover.swap(next_cover);
        n = next;
        ranges();
    }
};

}  // namespace zg::treeprune
