// Prefix trees of token sequences: shared prefixes once, edges compressed.
#pragma once
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace zg::treeprune {

class Radix {
public:
    std::vector<int32_t> parent;     // parents come before children only until a node is split
    std::vector<int64_t> from, to;   // tokens of the edge into every node
    std::vector<int32_t> last;       // node where every sequence ends

    // O(tokens): every token is compared once, with an edge that an earlier sequence has made.
    void build(const int32_t* token, const int64_t* offset, int64_t sequences) {
        last.reserve(sequences);
        for (int64_t s = 0; s < sequences; ++s) insert(token, offset[s], offset[s + 1]);
    }

private:
    std::unordered_map<uint64_t, int32_t> child;  // by node (−1 at the top) and first token

    static uint64_t key(int32_t node, int32_t token) {
        return uint64_t(uint32_t(node)) << 32 | uint32_t(token);
    }

    int32_t make(int32_t above, int64_t begin, int64_t end) {
        parent.push_back(above);
        from.push_back(begin);
        to.push_back(end);
        return int32_t(parent.size()) - 1;
    }

    void insert(const int32_t* token, int64_t at, int64_t end) {
        int32_t node = -1;
        while (at < end) {
            auto [entry, fresh] = child.try_emplace(key(node, token[at]), 0);
            if (fresh) {
                node = entry->second = make(node, at, end);
                break;
            }
            int32_t below = entry->second;
            int64_t x = from[below];
            while (x < to[below] && at < end && token[x] == token[at]) { ++x; ++at; }
            if (x < to[below]) {  // the edge is left midway: a node stands there from now on
                int32_t middle = make(node, from[below], x);
                entry->second = middle;
                child[key(middle, token[x])] = below;
                parent[below] = middle;
                from[below] = x;
                node = middle;
            } else {
                node = below;
            }
        }
        last.push_back(node);
    }
};

}  // namespace zg::treeprune
