// The products of a scheme, sign·a⊗b⊗c of canonical factors, indexed by equal factors; the sign of a
// product stands apart.
//
// Invariant between steps: on each side the products with equal factors form a circular list (a
// class), classes are found by hashing, and `active` holds every (side, product) whose class has
// at least two members. Drawing a flip and moving a changed factor then cost O(1) in the rank.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "matmul/factor.hpp"

namespace zg::matmul {

template <int W, bool T>
struct Products {
    using F = Factor<W, T>;
    using Index = uint16_t;
    static constexpr Index NONE = 0xffff;

    struct Entry {
        F value;
        Index cls, next, prev, slot;  // slot: position in `active`, or NONE
    };
    struct Class {
        uint32_t hash;
        Index size, first, chain;  // chain: next class in the same hash bucket, or free class
    };

    int widths[3];
    int capacity;
    int r = 0;
    std::vector<Entry> entry[3];
    std::vector<Class> cls[3];
    std::vector<Index> head[3];
    Index free_class[3];
    uint32_t mask;
    std::vector<uint8_t> negative;  // sign of a product
    std::vector<uint32_t> active;   // side << 16 | product
    uint32_t live = 0;

    Products(const int *entries, int max_rank) : capacity(max_rank + 8) {
        uint32_t table = 16;
        while (table < 2u * capacity) table *= 2;
        mask = table - 1;
        for (int s = 0; s < 3; ++s) {
            widths[s] = entries[s];
            entry[s].resize(capacity);
            cls[s].resize(capacity + 1);
            head[s].resize(table);
        }
        negative.resize(capacity);
        active.resize(3 * capacity);
    }

    bool same(int s, int p, int q) const { return entry[s][p].cls == entry[s][q].cls; }

    void clear() {
        r = 0;
        live = 0;
        for (int s = 0; s < 3; ++s) {
            std::fill(head[s].begin(), head[s].end(), NONE);
            for (int c = 0; c <= capacity; ++c) cls[s][c].chain = (Index)(c + 1);
            free_class[s] = 0;
        }
    }

    void append(const F *f, bool sign) {
        const int p = r++;
        negative[p] = sign;
        for (int s = 0; s < 3; ++s) {
            entry[s][p].slot = NONE;
            entry[s][p].value = f[s];
            join(s, p);
        }
    }

    void activate(int s, int p) {
        entry[s][p].slot = (Index)live;
        active[live++] = (uint32_t)(s << 16 | p);
    }

    void deactivate(int s, int p) {
        const Index slot = entry[s][p].slot;
        const uint32_t last = active[--live];
        active[slot] = last;
        entry[last >> 16][last & 0xffff].slot = slot;
        entry[s][p].slot = NONE;
    }

    // Enter the class of an entry's value, or open one.
    void join(int s, int p) {
        Entry &e = entry[s][p];
        const uint32_t h = (uint32_t)e.value.hash();
        Index &bucket = head[s][h & mask];
        for (Index c = bucket; c != NONE; c = cls[s][c].chain) {
            Class &k = cls[s][c];
            if (k.hash != h || !(entry[s][k.first].value == e.value)) continue;
            Entry &first = entry[s][k.first];
            e.cls = c;
            e.next = k.first;
            e.prev = first.prev;
            entry[s][first.prev].next = (Index)p;
            first.prev = (Index)p;
            if (k.size == 1) activate(s, k.first);
            ++k.size;
            activate(s, p);
            return;
        }
        const Index c = free_class[s];
        Class &k = cls[s][c];
        free_class[s] = k.chain;
        k = {h, 1, (Index)p, bucket};
        bucket = c;
        e.cls = c;
        e.next = e.prev = (Index)p;
    }

    void leave(int s, int p) {
        Entry &e = entry[s][p];
        Class &k = cls[s][e.cls];
        if (k.size == 1) {
            Index *link = &head[s][k.hash & mask];
            while (*link != e.cls) link = &cls[s][*link].chain;
            *link = k.chain;
            k.chain = free_class[s];
            free_class[s] = e.cls;
            return;
        }
        deactivate(s, p);
        entry[s][e.prev].next = e.next;
        entry[s][e.next].prev = e.prev;
        if (k.first == p) k.first = e.next;
        --k.size;
        if (k.size == 1) deactivate(s, k.first);
    }

    void change(int s, int p, const F &value) {
        leave(s, p);
        entry[s][p].value = value;
        join(s, p);
    }

    void drop(int p) {
        for (int s = 0; s < 3; ++s) leave(s, p);
        const int last = --r;
        if (p == last) return;
        negative[p] = negative[last];
        for (int s = 0; s < 3; ++s) {
            Entry &e = entry[s][p];
            e = entry[s][last];
            if (e.next == last) {
                e.next = e.prev = (Index)p;
            } else {
                entry[s][e.next].prev = (Index)p;
                entry[s][e.prev].next = (Index)p;
            }
            Class &k = cls[s][e.cls];
            if (k.first == last) k.first = (Index)p;
            if (e.slot != NONE) active[e.slot] = (uint32_t)(s << 16 | p);
        }
    }

    // Merge product p with one that agrees with it on two sides; true if the rank fell.
    bool settle(int p) {
        for (int s = 0; s < 3; ++s) {
            for (Index m = entry[s][p].next; m != p; m = entry[s][m].next) {
                const int x = same((s + 1) % 3, p, m) ? (s + 2) % 3 : same((s + 2) % 3, p, m) ? (s + 1) % 3 : -1;
                if (x < 0) continue;
                F sum;
                if (!entry[x][p].value.sum(entry[x][m].value, T && negative[p] != negative[m], sum))
                    continue;
                if (sum.zero()) {
                    drop(p > m ? p : m);
                    drop(p > m ? m : p);
                    return true;
                }
                negative[p] ^= (uint8_t)sum.normalise();
                change(x, p, sum);
                drop(m);
                return true;
            }
        }
        return false;
    }

    void settle_all() {
        for (int p = 0; p < r; ++p)
            if (settle(p)) p = -1;
    }

    // Whether p, whose factor on side s has just changed, agrees with some product on two sides.
    bool meets(int s, int p) const {
        const Entry &e = entry[s][p];
        const Index a = entry[(s + 1) % 3][p].cls, b = entry[(s + 2) % 3][p].cls;
        for (Index m = e.next; m != p; m = entry[s][m].next)
            if (entry[(s + 1) % 3][m].cls == a || entry[(s + 2) % 3][m].cls == b) return true;
        return false;
    }

    uint64_t pairs() const {
        uint64_t n = 0;
        for (uint32_t x = 0; x < live; ++x) {
            const uint32_t s = active[x] >> 16;
            n += cls[s][entry[s][active[x] & 0xffff].cls].size - 1;
        }
        return n / 2;
    }

    bool consistent() const {
        uint32_t found = 0;
        for (int s = 0; s < 3; ++s)
            for (int p = 0; p < r; ++p) {
                const Entry &e = entry[s][p];
                int n = 0;
                for (int q = 0; q < r; ++q) {
                    const bool equal = entry[s][q].value == e.value;
                    if (equal != (entry[s][q].cls == e.cls)) return false;
                    n += equal;
                }
                if (n != cls[s][e.cls].size) return false;
                if (entry[s][e.next].prev != p || entry[s][e.prev].next != p) return false;
                if ((n > 1) != (e.slot != NONE)) return false;
                if (n > 1 && active[e.slot] != (uint32_t)(s << 16 | p)) return false;
                found += n > 1;
            }
        return found == live;
    }
};

}  // namespace zg::matmul
