// Random walk in the flip graph of matrix-multiplication schemes (Kauers, Moosbauer 2022) with plus
// transitions (Arai, Ichikawa, Hukushima 2024).
//
// A scheme is a sum of products sign·a⊗b⊗c of canonical factors; the sign of the product stands apart.
//
// Invariant between steps: on each side the products with equal factors form a circular list (a
// class), classes are found by hashing, and `active` holds every (side, product) whose class has
// at least two members. Drawing a flip and moving a changed factor then cost O(1) in the rank.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "shared/rng.hpp"

#include "matmul/factor.hpp"

namespace zg::matmul {

// What the Cython class sees of a walk, whatever its width and ring.
struct Walk {
    virtual ~Walk() = default;
    virtual void load(int rank, const int8_t *u, const int8_t *v, const int8_t *w) = 0;
    virtual void store(bool best, int8_t *u, int8_t *v, int8_t *w) const = 0;
    virtual void walk(uint64_t steps) = 0;
    virtual int rank() const = 0;
    virtual int best_rank() const = 0;
    virtual void restart_from_best() = 0;
    virtual void forget_best() = 0;
    virtual bool expand() = 0;
    virtual int reduce() = 0;
    virtual uint64_t fingerprint() const = 0;
    virtual uint64_t pairs() const = 0;
    virtual bool consistent() const = 0;

    uint64_t steps = 0, flips = 0, reductions = 0, expansions = 0, returns = 0, dead = 0;
    uint64_t plus_low = 5000, plus_high = 50000;  // steps without a reduction before a plus
    int band = 2;                                 // how far above its best rank a walk may rise
    int goal = 0;                                 // walk() returns when the best rank is <= goal
    Draw draw;
};

template <int W, bool T>
class FlipWalk final : public Walk {
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
    uint64_t countdown = 0;

    struct Snapshot {
        int rank = 0;
        std::vector<F> value[3];
        std::vector<uint8_t> negative;
    } top;

   public:
    FlipWalk(const int *entries, int max_rank, uint64_t seed) : capacity(max_rank + 8) {
        uint32_t table = 16;
        while (table < 2u * capacity) table *= 2;
        mask = table - 1;
        for (int s = 0; s < 3; ++s) {
            widths[s] = entries[s];
            entry[s].resize(capacity);
            cls[s].resize(capacity + 1);
            head[s].resize(table);
            top.value[s].resize(capacity);
        }
        negative.resize(capacity);
        top.negative.resize(capacity);
        active.resize(3 * capacity);
        draw.state = seed * 0x9e3779b97f4a7c15ULL + 0x1234567;
    }

    void load(int rank, const int8_t *u, const int8_t *v, const int8_t *w) override {
        clear();
        const int8_t *sides[3] = {u, v, w};
        for (int p = 0; p < rank; ++p) {
            F f[3];
            bool sign = false, zero = false;
            for (int s = 0; s < 3; ++s) {
                std::memset(&f[s], 0, sizeof(F));
                const int8_t *row = sides[s] + (size_t)p * widths[s];
                for (int e = 0; e < widths[s]; ++e) {
                    if (!(T ? row[e] : row[e] & 1)) continue;
                    f[s].nz[e >> 6] |= 1ULL << (e & 63);
                    if constexpr (T)
                        if (row[e] < 0) f[s].neg[e >> 6] |= 1ULL << (e & 63);
                }
                sign ^= f[s].normalise();
                zero |= f[s].zero();
            }
            if (!zero) append(f, sign);
        }
        settle_all();
        if (top.rank == 0 || r < top.rank) remember();
        reset_countdown();
    }

    void store(bool best, int8_t *u, int8_t *v, int8_t *w) const override {
        int8_t *sides[3] = {u, v, w};
        const int n = best ? top.rank : r;
        for (int s = 0; s < 3; ++s) {
            for (int p = 0; p < n; ++p) {
                const F &f = best ? top.value[s][p] : entry[s][p].value;
                const bool sign = s == 2 && (best ? top.negative[p] : negative[p]);
                int8_t *row = sides[s] + (size_t)p * widths[s];
                for (int e = 0; e < widths[s]; ++e) {
                    row[e] = (int8_t)(f.nz[e >> 6] >> (e & 63) & 1);
                    if constexpr (T)
                        if (row[e] && ((f.neg[e >> 6] >> (e & 63) & 1) != sign)) row[e] = -1;
                }
            }
        }
    }

    int rank() const override { return r; }
    int best_rank() const override { return top.rank; }
    void forget_best() override { remember(); }

    void restart_from_best() override {
        Snapshot copy = top;
        clear();
        for (int p = 0; p < copy.rank; ++p) {
            F f[3] = {copy.value[0][p], copy.value[1][p], copy.value[2][p]};
            append(f, copy.negative[p]);
        }
        reset_countdown();
    }

    // Independent of the order of the products.
    uint64_t fingerprint() const override {
        uint64_t total = 0;
        for (int p = 0; p < top.rank; ++p) {
            uint64_t h = 0;
            for (int s = 0; s < 3; ++s)
                h = (h ^ top.value[s][p].hash()) * 0x94d049bb133111ebULL + s;
            total += (h ^ (h >> 31)) * 0x9e3779b97f4a7c15ULL;
        }
        return total;
    }

    uint64_t pairs() const override {
        uint64_t n = 0;
        for (uint32_t x = 0; x < live; ++x) {
            const uint32_t s = active[x] >> 16;
            n += cls[s][entry[s][active[x] & 0xffff].cls].size - 1;
        }
        return n / 2;
    }

    void walk(uint64_t count) override {
        const uint64_t end = steps + count;
        while (steps < end) {
            if (top.rank <= goal) return;
            if (live == 0) {  // no flip at all: only a plus leads on
                ++steps;
                ++dead;
                climb();
                continue;
            }
            uint64_t run = end - steps;
            if (run > countdown) run = countdown;
            const uint64_t before = steps;
            const int level = r;
            for (uint64_t i = 0; i < run; ++i) {
                ++steps;
                if (step()) break;
            }
            countdown -= steps - before;
            if (r < level) {
                ++reductions;
                if (r < top.rank) remember();
                reset_countdown();
            } else if (countdown == 0) {
                pause();
            }
        }
    }

    // Products a⊗b_i⊗c_i of one class whose b_i are linearly dependent: one of them can be spread over
    // the others (Kauers, Moosbauer 2022, definition of a reduction). Returns how many were saved.
    int reduce() override {
        int saved = 0;
        for (bool again = true; again;) {
            again = false;
            for (int s = 0; s < 3 && !again; ++s)
                for (int p = 0; p < r && !again; ++p) {
                    const Class &c = cls[s][entry[s][p].cls];
                    if (c.first != p || c.size < 3 || c.size > 16) continue;
                    again = eliminate(s, p, (s + 1) % 3) || eliminate(s, p, (s + 2) % 3);
                }
            saved += again;
        }
        if (saved) {
            ++reductions;
            if (r < top.rank) remember();
        }
        return saved;
    }

    // a1⊗b1⊗c1 + a2⊗b2⊗c2 = a1⊗(b1 + b2)⊗c1 + a1⊗b2⊗(c2 − c1) + (a2 − a1)⊗b2⊗c2, or a split
    // a1⊗b⊗c = a2⊗b⊗c + (a1 − a2)⊗b⊗c; one product more.
    bool expand() override {
        if (r < 2 || r + 1 >= capacity) return false;
        for (int trial = 0; trial < 200; ++trial) {
            const uint64_t bits = draw.next();
            const int p = draw.below(r), q = draw.below(r), i = draw.below(3);
            const int j = (i + 1 + (bits & 1)) % 3, k = 3 - i - j;
            const bool minus = T && (bits & 2);
            if (p == q || same(i, p, q)) continue;
            if ((bits & 4) ? plus(i, j, k, p, q, minus) : split(i, p, q, minus)) {
                ++expansions;
                return true;
            }
        }
        return false;
    }

    bool consistent() const override {
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

   private:
    bool same(int s, int p, int q) const { return entry[s][p].cls == entry[s][q].cls; }

    void reset_countdown() {
        countdown = plus_low + (plus_high > plus_low ? draw.next() % (plus_high - plus_low) : 0);
        if (countdown == 0) countdown = 1;
    }

    void remember() {
        top.rank = r;
        for (int s = 0; s < 3; ++s)
            for (int p = 0; p < r; ++p) top.value[s][p] = entry[s][p].value;
        std::copy(negative.begin(), negative.begin() + r, top.negative.begin());
    }

    // No reduction came for `countdown` steps.
    void pause() {
        reset_countdown();
        const int level = r;
        reduce();
        if (r < level) return;
        if (r == top.rank) remember();  // drift along the plateau
        climb();
    }

    // Up to `band` plus transitions at once: after a single one most walks fall straight back. A
    // walk at the upper edge of the band returns to its best scheme first.
    void climb() {
        if (r >= top.rank + band) {
            ++returns;
            restart_from_best();
        }
        if (band <= 0) return;
        for (int n = 1 + (int)draw.below(top.rank + band - r); n; --n)
            if (!expand()) break;
    }

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

    // One attempted flip; true if the rank changed.
    bool step() {
        uint64_t bits = draw.next();
        const uint32_t code = active[(uint32_t)(((bits & 0xffffffffu) * (uint64_t)live) >> 32)];
        bits >>= 32;
        const int i = (int)(code >> 16), p = (int)(code & 0xffff);
        // A uniform member of a non-trivial class and a uniform partner: members of large classes
        // are not drawn more often than others, though they have more flips.
        int q = entry[i][p].next;
        const uint32_t others = cls[i][entry[i][p].cls].size - 1u;
        for (uint32_t hops = (uint32_t)((bits & 0xffff) * others >> 16); hops; --hops)
            q = entry[i][q].next;
        static constexpr uint8_t SECOND[3][2] = {{1, 2}, {2, 0}, {0, 1}};
        const int j = SECOND[i][bits >> 31], k = 3 - i - j;
        const bool minus = T && (bits >> 30 & 1);
        const bool against = T && !(minus ^ negative[p] ^ negative[q]);
        F b, c;
        // Both sums before one branch: which of them fails is unpredictable.
        if (!(entry[j][p].value.sum(entry[j][q].value, minus, b) &
              entry[k][q].value.sum(entry[k][p].value, against, c)))
            return false;
        ++flips;
        if (b.zero() || c.zero()) return vanish(j, k, p, q, b, c);
        if constexpr (T) {
            negative[p] ^= (uint8_t)b.normalise();
            negative[q] ^= (uint8_t)c.normalise();
        }
        change(j, p, b);
        change(k, q, c);
        if (!meets(j, p) && !meets(k, q)) return false;
        if (!settle(p) && !settle(q)) return false;
        settle_all();
        return true;
    }

    bool vanish(int j, int k, int p, int q, F &b, F &c) {
        const bool lost_p = b.zero(), lost_q = c.zero();
        if (!lost_p) {
            negative[p] ^= (uint8_t)b.normalise();
            change(j, p, b);
        }
        if (!lost_q) {
            negative[q] ^= (uint8_t)c.normalise();
            change(k, q, c);
        }
        const int high = p > q ? p : q, low = p > q ? q : p;
        if (high == p ? lost_p : lost_q) drop(high);
        if (low == p ? lost_p : lost_q) drop(low);
        settle_all();
        return true;
    }

    bool plus(int i, int j, int k, int p, int q, bool minus) {
        if (same(j, p, q) || same(k, p, q)) return false;
        // The c's carry the signs σ of the products, t = ±1:
        // a1⊗(b1 + t b2)⊗σ1 c1 + a1⊗b2⊗(σ2 c2 − t σ1 c1) + (a2 − a1)⊗b2⊗σ2 c2
        const bool s1 = negative[p], s2 = negative[q];
        const F a1 = entry[i][p].value, b2 = entry[j][q].value, c2 = entry[k][q].value;
        F b, c, a;
        if (!entry[j][p].value.sum(b2, minus, b)) return false;
        // σ2 c2 − t σ1 c1 = σ2 (c2 − t σ1 σ2 c1)
        if (!c2.sum(entry[k][p].value, T && !(minus ^ s1 ^ s2), c)) return false;
        if (!entry[i][q].value.sum(a1, T, a)) return false;
        if (b.zero() || c.zero() || a.zero()) return false;
        negative[p] ^= (uint8_t)b.normalise();
        change(j, p, b);
        F added[3];
        added[i] = a1;
        added[j] = b2;
        added[k] = c;
        const bool sign = s2 ^ added[k].normalise();
        negative[q] ^= (uint8_t)a.normalise();
        change(i, q, a);
        append(added, sign);
        return true;
    }

    // a1⊗b⊗c = t a2⊗b⊗c + (a1 − t a2)⊗b⊗c
    bool split(int i, int p, int q, bool minus) {
        F a;
        if (!entry[i][p].value.sum(entry[i][q].value, T && !minus, a) || a.zero()) return false;
        F added[3];
        for (int s = 0; s < 3; ++s) added[s] = entry[s][p].value;
        added[i] = entry[i][q].value;
        const bool sign = negative[p] ^ minus;
        negative[p] ^= (uint8_t)a.normalise();
        change(i, p, a);
        append(added, sign);
        return true;
    }

    // Look for a product of the class of (s, p) whose factor on side `on` depends on the others'.
    bool eliminate(int s, int p, int on) {
        Index member[16];
        int n = 0;
        for (Index m = (Index)p; n < 16;) {
            member[n++] = m;
            m = entry[s][m].next;
            if (m == p) break;
        }
        // Elimination over Z2; over ZT its combinations are candidates for the signs tried below.
        uint64_t row[16][W];
        uint32_t combination[16];
        for (int x = 0; x < n; ++x) {
            std::memcpy(row[x], entry[on][member[x]].value.nz, sizeof(row[x]));
            combination[x] = 1u << x;
        }
        for (int x = 0; x < n; ++x) {
            int word = 0;
            while (word < W && !row[x][word]) ++word;
            if (word == W) {
                if (spread(s, on, 3 - s - on, member, combination[x])) return true;
                continue;
            }
            const uint64_t low = row[x][word] & (~row[x][word] + 1);
            for (int y = x + 1; y < n; ++y) {
                if (!(row[y][word] & low)) continue;
                for (int i = 0; i < W; ++i) row[y][i] ^= row[x][i];
                combination[y] ^= combination[x];
            }
        }
        return false;
    }

    // Σ λ_x b_x = 0 over the members in `set`: solve for the signs and spread one member's c.
    bool spread(int s, int on, int other, const Index *member, uint32_t set) {
        int list[16], n = 0;
        for (int x = 0; x < 16; ++x)
            if (set >> x & 1) list[n++] = member[x];
        if (n < 2 || n > 8) return false;
        for (uint32_t signs = 0; signs < (T ? 1u << (n - 1) : 1u); ++signs) {
            if (!vanishes(on, list, n, signs)) continue;
            for (int x = 0; x < n; ++x)
                if (spread_one(other, list, n, signs, x)) return true;
        }
        return false;
    }

    // Whether b_0 ± b_1 ± … = 0, partial sums being integers of any size.
    bool vanishes(int on, const int *list, int n, uint32_t signs) const {
        if constexpr (!T) return true;
        for (int e = 0; e < widths[on]; ++e) {
            int total = 0;
            for (int x = 0; x < n; ++x) {
                const F &f = entry[on][list[x]].value;
                if (!(f.nz[e >> 6] >> (e & 63) & 1)) continue;
                const bool minus = (f.neg[T ? e >> 6 : 0] >> (e & 63) & 1) ^ (x ? signs >> (x - 1) & 1 : 0);
                total += minus ? -1 : 1;
            }
            if (total) return false;
        }
        return true;
    }

    // b_x = −λ_x Σ λ_y b_y (y ≠ x): every c_y takes −λ_x λ_y c_x, product x is gone.
    bool spread_one(int other, const int *list, int n, uint32_t signs, int x) {
        F sums[8];
        const bool lx = x ? signs >> (x - 1) & 1 : 0;
        const int p = list[x];
        for (int y = 0; y < n; ++y) {
            if (y == x) continue;
            const bool ly = y ? signs >> (y - 1) & 1 : 0;
            const int m = list[y];
            // σ_m c_m − λ_x λ_y σ_p c_p = σ_m (c_m − λ_x λ_y σ_m σ_p c_p)
            const bool minus = T && !(lx ^ ly ^ negative[m] ^ negative[p]);
            if (!entry[other][m].value.sum(entry[other][p].value, minus, sums[y])) return false;
        }
        bool gone[8] = {};
        for (int y = 0; y < n; ++y) {
            if (y == x) continue;
            gone[y] = sums[y].zero();
            if (gone[y]) continue;
            negative[list[y]] ^= (uint8_t)sums[y].normalise();
            change(other, list[y], sums[y]);
        }
        gone[x] = true;
        for (int m = r - 1; m >= 0; --m)  // from the top: drop() fills the hole from there
            for (int y = 0; y < n; ++y)
                if (gone[y] && list[y] == m) {
                    drop(m);
                    break;
                }
        settle_all();
        return true;
    }
};

inline std::unique_ptr<Walk> make_walk(const int *entries, int max_rank, bool ternary, uint64_t seed) {
    int width = 0;
    for (int s = 0; s < 3; ++s) width = entries[s] > width ? entries[s] : width;
    if (width <= 64) {
        if (ternary) return std::make_unique<FlipWalk<1, true>>(entries, max_rank, seed);
        return std::make_unique<FlipWalk<1, false>>(entries, max_rank, seed);
    }
    if (width <= 128) {
        if (ternary) return std::make_unique<FlipWalk<2, true>>(entries, max_rank, seed);
        return std::make_unique<FlipWalk<2, false>>(entries, max_rank, seed);
    }
    if (ternary) return std::make_unique<FlipWalk<4, true>>(entries, max_rank, seed);
    return std::make_unique<FlipWalk<4, false>>(entries, max_rank, seed);
}

}  // namespace zg::matmul
