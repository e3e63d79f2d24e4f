// Random walk in the flip graph of matrix-multiplication schemes (Kauers, Moosbauer 2022) with plus
// transitions (Arai, Ichikawa, Hukushima 2024). Drawing a flip and carrying it out cost O(1) in the rank.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "shared/rng.hpp"

#include "matmul/factor.hpp"
#include "matmul/reduction.hpp"

namespace zg::matmul {

// What the Cython class sees of a walk, whatever its width and ring.
struct Walk {
    virtual ~Walk() = default;
    virtual void load(int rank, const int8_t *u, const int8_t *v, const int8_t *w) = 0;
    virtual void store(bool best, int8_t *u, int8_t *v, int8_t *w) const = 0;
    // A slice of the walk; false once the best rank is down to the goal.
    bool run(int64_t number) {
        walk(static_cast<uint64_t>(number));
        return best_rank() > goal;
    }
    int64_t made() const { return static_cast<int64_t>(steps); }
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
class FlipWalk final : public Walk, private Reducible<W, T> {
    using Base = Reducible<W, T>;
    using typename Base::F;
    using typename Base::Index;
    using Base::active;
    using Base::append;
    using Base::capacity;
    using Base::change;
    using Base::clear;
    using Base::cls;
    using Base::drop;
    using Base::entry;
    using Base::live;
    using Base::meets;
    using Base::negative;
    using Base::r;
    using Base::same;
    using Base::settle;
    using Base::settle_all;
    using Base::widths;

    uint64_t countdown = 0;

    struct Snapshot {
        int rank = 0;
        std::vector<F> value[3];
        std::vector<uint8_t> negative;
    } top;

   public:
    FlipWalk(const int *entries, int max_rank, uint64_t seed) : Base(entries, max_rank) {
        for (int s = 0; s < 3; ++s) top.value[s].resize(capacity);
        top.negative.resize(capacity);
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

    uint64_t pairs() const override { return Base::pairs(); }
    bool consistent() const override { return Base::consistent(); }

    int reduce() override {
        const int saved = Base::reduce();
        if (saved) {
            ++reductions;
            if (r < top.rank) remember();
        }
        return saved;
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

   private:

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
