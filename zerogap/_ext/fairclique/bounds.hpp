// The upper bounds of the published method (Zhang, Li, Zheng, Qin, Yuan, Wang 2023), in the form
// in which they are valid, and the same method's branch and bound over start vertices, so that its
// comparison of bounds can be made again. Two attribute values; our own search does not use them.
#pragma once

#include "fairclique/local.hpp"

namespace zg::fairclique {

enum class Bound { size, attribute, colour, attribute_colour, enhanced_attribute_colour,
                   degeneracy, h_index, colourful_degeneracy, colourful_h_index, colourful_path };

// A subgraph with a colouring, on which bounds are asked for.
class Bounds {
  public:
    Bounds(const Graph& g, const std::vector<int32_t>& colours, int palette, const Rule& rule)
        : g_(g), colours_(colours), palette_(palette), rule_(rule) {}

    int operator()(Bound which) const {
        switch (which) {
            case Bound::size: return g_.n;
            case Bound::attribute: return balanced(counts(false));
            case Bound::colour: return palette_used();
            case Bound::attribute_colour: return balanced(counts(true));
            case Bound::enhanced_attribute_colour: return enhanced();
            case Bound::degeneracy: return g_.n ? degeneracy_of() + 1 : 0;
            case Bound::h_index: return h_index(degrees());
            case Bound::colourful_degeneracy: return colourful_degeneracy();
            case Bound::colourful_h_index: return colourful_h_index();
            case Bound::colourful_path: return colourful_path();
        }
        return g_.n;
    }

  private:
    struct Pair {
        int a, b;
    };

    // Largest fair size under caps on the counts, whatever k.
    int balanced(Pair c) const {
        const long low = std::min(c.a, c.b);
        return (int)(std::min((long)c.a, low + rule_.delta) + std::min((long)c.b, low + rule_.delta));
    }

    // Vertices, or distinct colours, of each attribute.
    Pair counts(bool distinct) const {
        std::vector<uint8_t> seen(palette_, 0);
        int c[2] = {0, 0};
        for (int v = 0; v < g_.n; ++v) {
            const int bit = 1 << g_.attr[v];
            if (distinct && (seen[colours_[v]] & bit)) continue;
            seen[colours_[v]] |= bit;
            ++c[g_.attr[v]];
        }
        return {c[0], c[1]};
    }

    std::vector<int> kinds() const {
        std::vector<uint8_t> seen(palette_, 0);
        for (int v = 0; v < g_.n; ++v) seen[colours_[v]] |= 1 << g_.attr[v];
        std::vector<int> kind(4, 0);
        for (const uint8_t s : seen) ++kind[s];
        return kind;
    }

    int palette_used() const {
        const auto k = kinds();
        return k[1] + k[2] + k[3];
    }

    // Colours of both attributes go to the side that has fewer of its own.
    int enhanced() const {
        const auto k = kinds();
        const long low = std::min(k[1], k[2]), high = std::max(k[1], k[2]), mixed = k[3];
        if (low + mixed < high - rule_.delta) return (int)(2 * (low + mixed) + rule_.delta);
        return (int)(low + high + mixed);
    }

    std::vector<int> degrees() const {
        std::vector<int> d(g_.n);
        for (int v = 0; v < g_.n; ++v) d[v] = g_.degree(v);
        return d;
    }

    int degeneracy_of() const {
        std::vector<int32_t> order, core;
        return degeneracy(g_, order, core);
    }

    // A clique of s vertices has s vertices of degree at least s - 1.
    static int h_index(std::vector<int> d) {
        std::sort(d.rbegin(), d.rend());
        int h = 0;
        while (h < (int)d.size() && d[h] >= h) ++h;
        return h;
    }

    // Distinct colours of every attribute among the neighbours of v, v's own not counted.
    Pair colourful(int v, const std::vector<uint8_t>& alive, std::vector<int32_t>& stamp) const {
        int c[2] = {0, 0};
        for (int64_t e = g_.first[v]; e < g_.first[v + 1]; ++e) {
            const int u = g_.adj[e];
            if (!alive[u]) continue;
            int32_t& s = stamp[(size_t)colours_[u] * 2 + g_.attr[u]];
            if (s == v) continue;
            s = v;
            ++c[g_.attr[u]];
        }
        ++c[g_.attr[v]];
        return {c[0], c[1]};
    }

    // Least attribute count that a clique with v can reach by colours.
    std::vector<int> colourful_degrees() const {
        std::vector<uint8_t> alive(g_.n, 1);
        std::vector<int32_t> stamp((size_t)palette_ * 2, -1);
        std::vector<int> d(g_.n);
        for (int v = 0; v < g_.n; ++v) {
            const Pair c = colourful(v, alive, stamp);
            d[v] = std::min(c.a, c.b);
        }
        return d;
    }

    // With least count m in the clique, all of its vertices have colourful degree m at least.
    int colourful_degeneracy() const {
        std::vector<uint8_t> alive(g_.n, 1);
        std::vector<int32_t> stamp((size_t)palette_ * 2, -1);
        std::vector<int> d = colourful_degrees();
        int most = 0;
        for (int left = g_.n; left > 0; --left) {
            int x = -1;
            for (int v = 0; v < g_.n; ++v)
                if (alive[v] && (x < 0 || d[v] < d[x])) x = v;
            most = std::max(most, d[x]);
            alive[x] = 0;
            for (int64_t e = g_.first[x]; e < g_.first[x + 1]; ++e) {
                const int u = g_.adj[e];
                if (!alive[u]) continue;
                // A stamp is the vertex looked at: forget it before u is looked at again.
                for (int64_t f = g_.first[u]; f < g_.first[u + 1]; ++f)
                    stamp[(size_t)colours_[g_.adj[f]] * 2 + g_.attr[g_.adj[f]]] = -1;
                const Pair c = colourful(u, alive, stamp);
                d[u] = std::min(c.a, c.b);
            }
        }
        return 2 * most + rule_.delta;
    }

    int colourful_h_index() const {
        std::vector<int> d = colourful_degrees();
        std::sort(d.rbegin(), d.rend());
        int h = 0;  // a clique with least count m has at least 2m vertices of degree m
        while (2 * (h + 1) <= (int)d.size() && d[2 * (h + 1) - 1] >= h + 1) ++h;
        return 2 * h + rule_.delta;
    }

    // A clique is a path of rising colours; the longest one by dynamic programming.
    int colourful_path() const {
        std::vector<int32_t> order(g_.n), length(g_.n, 1);
        for (int v = 0; v < g_.n; ++v) order[v] = v;
        std::sort(order.begin(), order.end(),
                  [&](int u, int v) { return colours_[u] < colours_[v]; });
        int longest = 0;
        for (const int v : order) {
            for (int64_t e = g_.first[v]; e < g_.first[v + 1]; ++e)
                if (colours_[g_.adj[e]] < colours_[v])
                    length[v] = std::max(length[v], length[g_.adj[e]] + 1);
            longest = std::max(longest, length[v]);
        }
        return longest;
    }

    const Graph& g_;
    const std::vector<int32_t>& colours_;
    int palette_;
    Rule rule_;
};

}  // namespace zg::fairclique
