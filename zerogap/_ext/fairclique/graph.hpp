// Graphs in compressed rows, what a fair clique demands, and the peelings that keep every fair
// clique of at least a target size: attribute core, colourful core, colourful support.
#pragma once

#include <algorithm>
#include <climits>
#include <cstdint>
#include <vector>

namespace zg::fairclique {

constexpr int MAX_ATTRIBUTES = 16;
// Hall's condition is tested for every subset of attributes up to here, 2^A a test.
constexpr int HALL_ATTRIBUTES = 5;

// What is searched: counts >= k each, differing by at most delta, together at least `target`.
struct Rule {
    int attributes = 2;
    int k = 0;
    int delta = 0;
    int target = 0;

    // Least count of every attribute in a fair clique of at least `size` vertices: with least
    // count m the others have at most m + delta.
    int least(int size) const {
        const long rest = (long)size - (long)(attributes - 1) * delta;
        const int m = rest > 0 ? (int)((rest + attributes - 1) / attributes) : 0;
        return std::max(k, m);
    }
    int least() const { return least(target); }

    // Largest fair size under caps u[i] on the counts; -1 if none reaches k.
    int largest(const int* u) const {
        int m = u[0];
        for (int i = 1; i < attributes; ++i) m = std::min(m, u[i]);
        if (m < k) return -1;
        long s = 0;
        for (int i = 0; i < attributes; ++i) s += std::min((long)u[i], (long)m + delta);
        return (int)s;
    }
};

// Undirected simple graph; rows ascending, both directions stored.
struct Graph {
    int n = 0;
    std::vector<int64_t> first{0};
    std::vector<int32_t> adj;
    std::vector<uint8_t> attr;
    std::vector<int32_t> origin;  // vertex of the input

    int64_t edges() const { return (int64_t)adj.size() / 2; }
    int degree(int v) const { return (int)(first[v + 1] - first[v]); }
};

// A graph of somebody else's arrays.
struct View {
    int n;
    const int64_t* first;
    const int32_t* adj;
    const uint8_t* attr;
    View(int n_, const int64_t* f, const int32_t* a, const uint8_t* t)
        : n(n_), first(f), adj(a), attr(t) {}
    View(const Graph& g) : n(g.n), first(g.first.data()), adj(g.adj.data()), attr(g.attr.data()) {}
};

// The subgraph of the vertices with keep[v], and of the arcs with keep_arc[e] if given.
inline Graph compress(const View& g, const std::vector<uint8_t>& keep, const int32_t* origin,
                      const std::vector<uint8_t>* keep_arc = nullptr) {
    Graph r;
    std::vector<int32_t> label(g.n, -1);
    for (int v = 0; v < g.n; ++v)
        if (keep[v]) {
            label[v] = r.n++;
            r.origin.push_back(origin ? origin[v] : v);
            r.attr.push_back(g.attr[v]);
        }
    r.first.assign(r.n + 1, 0);
    int64_t total = 0;
    for (int v = 0; v < g.n; ++v)
        if (keep[v])
            for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e)
                total += keep[g.adj[e]] && (!keep_arc || (*keep_arc)[e]);
    r.adj.reserve(total);
    for (int v = 0; v < g.n; ++v) {
        if (!keep[v]) continue;
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e)
            if (keep[g.adj[e]] && (!keep_arc || (*keep_arc)[e])) r.adj.push_back(label[g.adj[e]]);
        r.first[label[v] + 1] = (int64_t)r.adj.size();
    }
    return r;
}

// Relabel by `order` (order[i] becomes vertex i); rows stay ascending.
inline Graph reorder(const Graph& g, const std::vector<int32_t>& order) {
    Graph r;
    r.n = g.n;
    std::vector<int32_t> label(g.n);
    for (int i = 0; i < g.n; ++i) label[order[i]] = i;
    r.first.resize(g.n + 1);
    r.adj.resize(g.adj.size());
    r.attr.resize(g.n);
    r.origin.resize(g.n);
    for (int i = 0; i < g.n; ++i) {
        const int v = order[i];
        r.first[i + 1] = r.first[i] + g.degree(v);
        r.attr[i] = g.attr[v];
        r.origin[i] = g.origin[v];
    }
    // Filling row by row of the neighbours in new order leaves every row sorted.
    std::vector<int64_t> at(r.first.begin(), r.first.end() - 1);
    for (int i = 0; i < g.n; ++i) {
        const int v = order[i];
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e) r.adj[at[label[g.adj[e]]]++] = i;
    }
    return r;
}

// Degeneracy order (Batagelj, Zaversnik): a vertex of least remaining degree next; O(n + m).
// Returns the degeneracy; `core` gets the core numbers.
inline int degeneracy(const View& g, std::vector<int32_t>& order, std::vector<int32_t>& core) {
    const int n = g.n;
    order.resize(n);
    core.resize(n);
    std::vector<int32_t> place(n), bin;
    int top = 0;
    for (int v = 0; v < n; ++v) {
        core[v] = (int32_t)(g.first[v + 1] - g.first[v]);
        top = std::max(top, core[v]);
    }
    bin.assign(top + 2, 0);
    for (int v = 0; v < n; ++v) ++bin[core[v] + 1];
    for (int d = 0; d <= top; ++d) bin[d + 1] += bin[d];
    std::vector<int32_t> next(bin.begin(), bin.end());
    for (int v = 0; v < n; ++v) {
        place[v] = next[core[v]]++;
        order[place[v]] = v;
    }
    int worst = 0;
    for (int i = 0; i < n; ++i) {
        const int v = order[i];
        worst = std::max(worst, core[v]);
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e) {
            const int u = g.adj[e];
            if (core[u] <= core[v]) continue;
            const int d = core[u], head = bin[d], w = order[head];
            if (u != w) {
                std::swap(order[place[u]], order[head]);
                std::swap(place[u], place[w]);
            }
            ++bin[d];
            --core[u];
        }
    }
    return worst;
}

// Greedy colouring against the degeneracy order; at most degeneracy + 1 colours.
inline int colour(const View& g, const std::vector<int32_t>& order, std::vector<int32_t>& colours) {
    colours.assign(g.n, -1);
    std::vector<int32_t> seen(g.n + 1, -1);
    int used = 0;
    for (int i = g.n - 1; i >= 0; --i) {
        const int v = order[i];
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e) {
            const int c = colours[g.adj[e]];
            if (c >= 0) seen[c] = v;
        }
        int c = 0;
        while (seen[c] == v) ++c;
        colours[v] = c;
        used = std::max(used, c + 1);
    }
    return used;
}

// Distinct colours by attribute in a set of vertices that is shown one by one. A clique has a
// colour once, so they bound what a clique in the set can have of every attribute and in all.
class Palette {
  public:
    Palette(int colours, int attributes)
        : A(attributes), mask_(colours, 0), stamp_(colours, 0) {}

    void clear() {
        if (++now_ == 0) {
            std::fill(stamp_.begin(), stamp_.end(), 0);
            now_ = 1;
        }
        total = 0;
        std::fill(count, count + A, 0);
        if (A <= HALL_ATTRIBUTES) std::fill(kind_, kind_ + (1 << A), 0);
    }
    void add(int colour, int attribute) {
        if (stamp_[colour] != now_) {
            stamp_[colour] = now_;
            mask_[colour] = 0;
            ++total;
        }
        const unsigned old = mask_[colour], bit = 1u << attribute;
        if (old & bit) return;
        mask_[colour] = (uint16_t)(old | bit);
        ++count[attribute];
        if (A <= HALL_ATTRIBUTES) {
            if (old) --kind_[old];
            ++kind_[old | bit];
        }
    }

    // Largest size that the colours allow to a fair clique with own[i] vertices besides the set.
    int bound(const Rule& rule, const int* own) const {
        int u[MAX_ATTRIBUTES], all = total;
        for (int i = 0; i < A; ++i) {
            u[i] = count[i] + own[i];
            all += own[i];
        }
        return std::min(rule.largest(u), all);
    }

    // How many vertices the set may lose before a clique of the target size might become
    // impossible; -1 if it is impossible already. `enhanced`: a colour serves one attribute only
    // (Hall's condition over the subsets of attributes).
    int allowance(const Rule& rule, const int* own, bool enhanced) const {
        const int least = rule.least();
        int slack = INT_MAX, all = total;
        for (int i = 0; i < A; ++i) {
            slack = std::min(slack, count[i] + own[i] - least);
            all += own[i];
        }
        slack = std::min(slack, all - rule.target);
        if (slack < 0) return -1;
        const int most = bound(rule, own) - rule.target;
        if (most < 0) return -1;
        slack = std::min(slack, most / A);
        if (!enhanced) return slack;
        if (A > HALL_ATTRIBUTES) {
            int need = 0;
            for (int i = 0; i < A; ++i) need += std::max(0, least - own[i]);
            slack = std::min(slack, total - need);
            return slack < 0 ? -1 : slack;
        }
        for (int subset = 1; subset < 1 << A; ++subset) {
            int have = 0;
            for (int kind = 1; kind < 1 << A; ++kind)
                if (kind & subset) have += kind_[kind];
            for (int i = 0; i < A; ++i)
                if (subset >> i & 1) have -= std::max(0, least - own[i]);
            slack = std::min(slack, have);
        }
        return slack < 0 ? -1 : slack;
    }

    const int A;
    int total = 0;
    int count[MAX_ATTRIBUTES] = {0};

  private:
    std::vector<uint16_t> mask_;
    std::vector<uint32_t> stamp_;
    uint32_t now_ = 0;
    int kind_[1 << HALL_ATTRIBUTES] = {0};
};

// Peel the vertices whose numbers of neighbours by attribute exclude a clique of the rule; O(n + m).
// The plain-degree forerunner of the colourful core: it needs no colouring.
inline int64_t attribute_core(const View& g, const Rule& rule, std::vector<uint8_t>& alive) {
    const int A = rule.attributes, least = rule.least();
    std::vector<int32_t> deg((size_t)g.n * A, 0);
    std::vector<int32_t> stack;
    int64_t removed = 0;
    const auto fails = [&](int v) {
        int u[MAX_ATTRIBUTES], all = 0;
        for (int i = 0; i < A; ++i) {
            u[i] = deg[(size_t)v * A + i] + (g.attr[v] == i);
            if (u[i] < least) return true;
            all += u[i];
        }
        return all < rule.target || rule.largest(u) < rule.target;
    };
    for (int v = 0; v < g.n; ++v) {
        if (!alive[v]) continue;
        int32_t* d = &deg[(size_t)v * A];
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e)
            if (alive[g.adj[e]]) ++d[g.attr[g.adj[e]]];
    }
    for (int v = 0; v < g.n; ++v)
        if (alive[v] && fails(v)) stack.push_back(v);
    for (const int v : stack) alive[v] = 0;
    while (!stack.empty()) {
        const int v = stack.back();
        stack.pop_back();
        ++removed;
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e) {
            const int u = g.adj[e];
            if (!alive[u]) continue;
            --deg[(size_t)u * A + g.attr[v]];
            if (fails(u)) {
                alive[u] = 0;
                stack.push_back(u);
            }
        }
    }
    return removed;
}

// Peel to the (enhanced) colourful core. A vertex is looked at again only when it has lost more
// neighbours than its last allowance, so hubs are not rescanned at every loss.
inline int64_t colourful_core(const View& g, const std::vector<int32_t>& colours, int palette_size,
                              const Rule& rule, bool enhanced, std::vector<uint8_t>& alive) {
    Palette palette(palette_size, rule.attributes);
    std::vector<int32_t> allow(g.n, 0), stack;
    int own[MAX_ATTRIBUTES] = {0};
    const auto scan = [&](int v) {
        palette.clear();
        for (int64_t e = g.first[v]; e < g.first[v + 1]; ++e)
            if (alive[g.adj[e]]) palette.add(colours[g.adj[e]], g.attr[g.adj[e]]);
        own[g.attr[v]] = 1;
        allow[v] = palette.allowance(rule, own, enhanced);
        own[g.attr[v]] = 0;
        if (allow[v] >= 0) return;
        alive[v] = 0;
        stack.push_back(v);
    };
    int64_t removed = 0;
    for (int v = 0; v < g.n; ++v) {
        if (!alive[v]) continue;
        scan(v);
        while (!stack.empty()) {
            const int x = stack.back();
            stack.pop_back();
            ++removed;
            for (int64_t e = g.first[x]; e < g.first[x + 1]; ++e) {
                const int u = g.adj[e];
                // Vertices after v are scanned when their turn comes.
                if (alive[u] && u <= v && --allow[u] < 0) scan(u);
            }
        }
    }
    return removed;
}

// Peel the edges whose common neighbours do not offer the colours that a clique of the rule needs
// (colourful support), to a fixpoint. `arc` holds 1 for every arc kept.
class SupportPeeling {
  public:
    SupportPeeling(const View& g, const std::vector<int32_t>& colours, int palette_size,
                   const Rule& rule, bool enhanced)
        : g_(g), colours_(colours), rule_(rule), enhanced_(enhanced),
          palette_(palette_size, rule.attributes), arc(g.first[g.n], 1), allow_(g.first[g.n], -2),
          mark_(g.n, -1) {}

    int64_t run() {
        for (int u = 0; u < g_.n; ++u)
            for (int64_t e = g_.first[u]; e < g_.first[u + 1]; ++e)
                if (arc[e] == 1 && g_.adj[e] > u) {
                    scan(u, e);
                    drain();
                }
        return removed_;
    }

  private:
    int64_t find(int u, int v) const {
        const int32_t* low = g_.adj + g_.first[u];
        return std::lower_bound(low, g_.adj + g_.first[u + 1], v) - g_.adj;
    }

    // Mark the living neighbours of u by their arcs; kept while u stays the same.
    void mark(int u) {
        if (marked_ == u) return;
        if (marked_ >= 0)
            for (int64_t e = g_.first[marked_]; e < g_.first[marked_ + 1]; ++e) mark_[g_.adj[e]] = -1;
        for (int64_t e = g_.first[u]; e < g_.first[u + 1]; ++e) mark_[g_.adj[e]] = e;
        marked_ = u;
    }

    // e is the arc u -> v, u < v.
    void scan(int u, int64_t e) {
        const int v = g_.adj[e];
        mark(u);
        palette_.clear();
        for (int64_t f = g_.first[v]; f < g_.first[v + 1]; ++f) {
            const int w = g_.adj[f];
            if (arc[f] == 1 && mark_[w] >= 0 && arc[mark_[w]] == 1)
                palette_.add(colours_[w], g_.attr[w]);
        }
        int own[MAX_ATTRIBUTES] = {0};
        ++own[g_.attr[u]];
        ++own[g_.attr[v]];
        allow_[e] = palette_.allowance(rule_, own, enhanced_);
        if (allow_[e] >= 0) return;
        // 2: its triangles still have to be told; counting them twice costs a scan, never an edge.
        arc[e] = arc[find(v, u)] = 2;
        stack_.push_back({u, v});
        ++removed_;
    }

    void drain() {
        while (!stack_.empty()) {
            const auto [u, v] = stack_.back();
            stack_.pop_back();
            common_.clear();
            mark(u);
            for (int64_t f = g_.first[v]; f < g_.first[v + 1]; ++f) {
                const int w = g_.adj[f];
                if (arc[f] && mark_[w] >= 0 && arc[mark_[w]]) common_.push_back(w);
            }
            arc[find(u, v)] = arc[find(v, u)] = 0;
            // lose() may mark another vertex and push, but it never touches common_.
            for (const int w : common_) {
                lose(std::min(u, w), std::max(u, w));
                lose(std::min(v, w), std::max(v, w));
            }
        }
    }

    void lose(int u, int v) {
        const int64_t e = find(u, v);
        // -2: not scanned yet, its turn comes.
        if (arc[e] != 1 || allow_[e] == -2 || --allow_[e] >= 0) return;
        scan(u, e);
    }

    View g_;
    const std::vector<int32_t>& colours_;
    Rule rule_;
    bool enhanced_;
    Palette palette_;

  public:
    std::vector<uint8_t> arc;

  private:
    std::vector<int32_t> allow_;
    std::vector<int64_t> mark_;
    std::vector<std::pair<int, int>> stack_;
    std::vector<int32_t> common_;
    int marked_ = -1;
    int64_t removed_ = 0;
};

}  // namespace zg::fairclique
