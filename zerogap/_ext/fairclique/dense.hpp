// Dense subproblems as bit matrices, and what all searches of one solve share.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "fairclique/graph.hpp"

namespace zg::fairclique {

typedef uint64_t Word;

// Vertices `base` are chosen; the n candidates are adjacent to all of them.
struct Local {
    int n = 0, words = 1;
    int depth = 0;                 // no clique among the candidates is larger
    std::vector<Word> adj, masks;  // n rows; one mask an attribute
    std::vector<uint8_t> attr;
    std::vector<int32_t> vertex;  // of the input
    std::vector<int32_t> base;
    std::vector<uint8_t> base_attr;

    const Word* row(int v) const { return &adj[(size_t)v * words]; }
    Word* row(int v) { return &adj[(size_t)v * words]; }
    const Word* mask(int i) const { return &masks[(size_t)i * words]; }
    bool edge(int u, int v) const { return row(u)[v >> 6] >> (v & 63) & 1; }

    void resize(int vertices, int attributes) {
        n = vertices;
        words = std::max(1, (n + 63) >> 6);
        adj.assign((size_t)n * words, 0);
        masks.assign((size_t)attributes * words, 0);
        attr.resize(n);
        vertex.resize(n);
    }
    void set_attr(int v, int a) {
        attr[v] = (uint8_t)a;
        masks[(size_t)a * words + (v >> 6)] |= 1ULL << (v & 63);
    }
    void connect(int u, int v) {
        row(u)[v >> 6] |= 1ULL << (v & 63);
        row(v)[u >> 6] |= 1ULL << (u & 63);
    }
};

// The incumbent of all threads, or the list of all optimal cliques.
struct Shared {
    Rule rule;                    // without target
    std::atomic<int> best{-1};    // size of the incumbent
    std::vector<int32_t> clique;  // its vertices, in input numbers
    bool all = false;             // list every clique of size `best` instead
    size_t limit = 0;
    std::vector<std::vector<int32_t>> found;
    std::atomic<bool> full{false};
    std::mutex lock;

    int target() const {
        const int b = best.load(std::memory_order_relaxed);
        return all ? b : b + 1;
    }

    // The path (and base) of a local search, trimmed to the largest fair subset.
    void record(const Local& g, const int32_t* path, int length, const int* counts) {
        int m = counts[0];
        for (int i = 1; i < rule.attributes; ++i) m = std::min(m, counts[i]);
        int room[MAX_ATTRIBUTES];
        for (int i = 0; i < rule.attributes; ++i)
            room[i] = (int)std::min((long)counts[i], (long)m + rule.delta);
        std::vector<int32_t> result;
        for (size_t j = 0; j < g.base.size(); ++j)
            if (room[g.base_attr[j]]-- > 0) result.push_back(g.base[j]);
        for (int j = 0; j < length; ++j)
            if (room[g.attr[path[j]]]-- > 0) result.push_back(g.vertex[path[j]]);
        std::sort(result.begin(), result.end());
        take(result);
    }

    void take(std::vector<int32_t>& result) {
        std::lock_guard<std::mutex> guard(lock);
        if (all) {
            if (found.size() < limit) found.push_back(result);
            if (found.size() >= limit) full = true;
        } else if ((int)result.size() > best) {
            clique.swap(result);
            best = (int)clique.size();
        }
    }
};

// A branch and bound that can be left and taken up again.
struct Branching {
    virtual ~Branching() = default;
    virtual void start(const Local* local, const int* base_counts, int base_size) = 0;
    // Works for `budget` steps; false when the subproblem is exhausted.
    virtual bool run(long budget, long& nodes) = 0;
};

}  // namespace zg::fairclique

#define ZG_FAIR_TARGET plain
#include "fairclique/branch.hpp"
#undef ZG_FAIR_TARGET
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("popcnt,lzcnt,bmi,bmi2,avx2")
#define ZG_FAIR_TARGET avx2
#include "fairclique/branch.hpp"
#undef ZG_FAIR_TARGET
#pragma GCC pop_options
#define ZG_FAIR_HAS_AVX2 1
#endif

namespace zg::fairclique {

inline std::unique_ptr<Branching> make_branch(Shared* shared, int words) {
#ifdef ZG_FAIR_HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt"))
        return avx2::make_branch(shared, words);
#endif
    return plain::make_branch(shared, words);
}

}  // namespace zg::fairclique
