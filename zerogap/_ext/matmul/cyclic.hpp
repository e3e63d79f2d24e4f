// Flip graph of schemes of n×n×n modulo 2 that the cyclic symmetry u → v → w → u maps to themselves
// (Moosbauer, Poole 2025): the products are orbits of three, O(a,b,c) = a⊗b⊗c + b⊗c⊗a + c⊗a⊗b, and
// cubes a⊗a⊗a. A flip of two orbits is three flips at once, so the search is for a third of the rank.
//
// Beyond flips: O(a,a,a) = a³, two equal cubes cancel, and
// O(a,a,b) + O(a,b,b) = (a+b)³ + a³ + b³.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "matmul/factor.hpp"

namespace zg::matmul {

class CyclicWalk {
   public:
    uint64_t steps = 0, flips = 0, reductions = 0, expansions = 0, returns = 0;
    uint64_t plus_low = 5000, plus_high = 50000;  // steps without a better rank before a plus
    int band = 6;                                 // how far above its best rank a walk may rise
    int goal = 0;
    Draw draw;

    explicit CyclicWalk(int n, uint64_t seed) : n_(n) {
        draw.state = seed * 0x9e3779b97f4a7c15ULL + 0x7654321;
        const size_t most = (size_t)n * n * n + 64;
        value_.reserve(3 * most);
        cube_.reserve(most);
        naive();
    }

    // The schoolbook scheme: cubes of the diagonal, orbits of all other entries.
    void naive() {
        value_.clear();
        cube_.clear();
        for (int i = 0; i < n_; ++i)
            for (int j = 0; j < n_; ++j)
                for (int k = 0; k < n_; ++k) {
                    if (i == j && j == k) cube_.push_back(entry(i, i));
                    // One of the three rotations of (i, j, k): the smallest.
                    const std::array<int, 3> own{i, j, k}, next{j, k, i}, last{k, i, j};
                    if (own < next && own < last) append(entry(i, j), entry(j, k), entry(k, i));
                }
        top_value_ = value_;
        top_cube_ = cube_;
        reset();
    }

    // Orbits row by row (three words each) and cubes, all non-zero.
    void load(const uint64_t *orbits, int count, const uint64_t *cubes, int number) {
        value_.assign(orbits, orbits + 3 * (size_t)count);
        cube_.assign(cubes, cubes + number);
        for (int p = 0; p < this->count();) p = tidy(p) ? 0 : p + 1;
        top_value_ = value_;
        top_cube_ = cube_;
        reset();
    }

    int count() const { return (int)(value_.size() / 3); }
    int rank() const { return (int)(value_.size() + cube_.size()); }
    int best_rank() const { return (int)(top_value_.size() + top_cube_.size()); }
    const std::vector<uint64_t> &best_orbits() const { return top_value_; }
    const std::vector<uint64_t> &best_cubes() const { return top_cube_; }

    // A slice of the walk; false once the best rank is down to the goal.
    bool run(int64_t number) {
        walk(static_cast<uint64_t>(number));
        return best_rank() > goal;
    }
    int64_t made() const { return static_cast<int64_t>(steps); }
    void walk(uint64_t number) {
        const uint64_t end = steps + number;
        while (steps < end) {
            if (best_rank() <= goal) return;
            ++steps;
            const int before = rank();
            if (step() && rank() < before) {
                ++reductions;
                if (rank() < best_rank()) {
                    keep();
                    reset();
                }
            }
            if (--countdown_ == 0) pause();
        }
    }

   private:
    int n_;
    std::vector<uint64_t> value_, cube_, top_value_, top_cube_;
    uint64_t countdown_ = 1;

    uint64_t entry(int i, int j) const { return 1ULL << (i * n_ + j); }
    void append(uint64_t a, uint64_t b, uint64_t c) {
        value_.push_back(a);
        value_.push_back(b);
        value_.push_back(c);
    }
    void keep() {
        top_value_ = value_;
        top_cube_ = cube_;
    }
    void reset() {
        countdown_ = plus_low + (plus_high > plus_low ? draw.next() % (plus_high - plus_low) : 0);
        if (countdown_ == 0) countdown_ = 1;
    }

    static int turned(int slot, int by) {
        const int p = slot / 3;
        return 3 * p + (slot - 3 * p + by) % 3;
    }

    // A random slot of another orbit with the value of slot x, or −1.
    int partner(int x) {
        const uint64_t a = value_[x];
        const int size = (int)value_.size(), own = x / 3;
        const uint64_t *v = value_.data();
        int found = 0;
        for (int k = 0; k < size; ++k) found += v[k] == a;
        for (int k = 3 * own; k < 3 * own + 3; ++k) found -= v[k] == a;
        if (!found) return -1;
        int skip = (int)draw.below((uint32_t)found);
        for (int k = 0; k < size; ++k)
            if (v[k] == a && k / 3 != own && skip-- == 0) return k;
        return -1;
    }

    bool step() {
        if (value_.empty()) return false;
        const int x = (int)draw.below((uint32_t)value_.size());
        const int y = partner(x);
        if (y < 0) return false;
        ++flips;
        const int first = 1 + (int)(draw.next() & 1), second = 3 - first;
        // a⊗b⊗c + a⊗b'⊗c' = a⊗(b + b')⊗c + a⊗b'⊗(c' + c)
        const int at = turned(x, first), to = turned(y, second);
        value_[at] ^= value_[turned(y, first)];
        value_[to] ^= value_[turned(x, second)];
        if (meets(at) || meets(to)) settle();
        return true;
    }

    // Whether the orbit of slot x, whose value has just changed, can be tidied.
    bool meets(int x) const {
        const uint64_t a = value_[x];
        if (!a) return true;
        const int next = turned(x, 1), last = turned(x, 2), own = x / 3;
        const uint64_t b = value_[next], c = value_[last];
        if (a == b && b == c) return true;
        const int size = (int)value_.size();
        const uint64_t *v = value_.data();
        for (int k = 0; k < size; ++k)
            if (v[k] == a && k / 3 != own && (v[turned(k, 1)] == b || v[turned(k, 2)] == c))
                return true;
        return false;
    }

    void settle() {
        for (int p = 0; p < count();) p = tidy(p) ? 0 : p + 1;
    }

    void toggle(uint64_t a) {
        if (!a) return;
        const auto at = std::find(cube_.begin(), cube_.end(), a);
        if (at == cube_.end()) {
            cube_.push_back(a);
        } else {
            *at = cube_.back();
            cube_.pop_back();
        }
    }

    void drop(int p) {
        const int last = count() - 1;
        for (int k = 0; k < 3; ++k) value_[3 * p + k] = value_[3 * last + k];
        value_.resize(3 * (size_t)last);
    }

    // What orbit p makes possible at once: it vanishes, is a cube, or merges with another. True if
    // the scheme changed (orbits may have moved).
    bool tidy(int p) {
        if (p >= count()) return false;
        const uint64_t a = value_[3 * p], b = value_[3 * p + 1], c = value_[3 * p + 2];
        if (!a || !b || !c) {
            drop(p);
            return true;
        }
        if (a == b && b == c) {
            drop(p);
            toggle(a);
            return true;
        }
        const int size = (int)value_.size();
        for (int i = 0; i < 3; ++i) {
            const uint64_t f = value_[3 * p + i], g = value_[3 * p + (i + 1) % 3];
            for (int k = 0; k < size; ++k) {
                if (value_[k] != f || k / 3 == p || value_[turned(k, 1)] != g) continue;
                value_[3 * p + (i + 2) % 3] ^= value_[turned(k, 2)];
                drop(k / 3);
                return true;
            }
        }
        return false;
    }

    void pause() {
        reset();
        if (rank() == best_rank()) keep();  // drift along the plateau
        if (rank() >= best_rank() + band) {
            ++returns;
            value_ = top_value_;
            cube_ = top_cube_;
        }
        const uint32_t dice = draw.below(8);
        if (dice == 0) exchange();
        else if (dice == 1) divide();
        else expand();
        settle();
    }

    // a⊗b⊗c + a'⊗b'⊗c' = a⊗(b + b')⊗c + a⊗b'⊗(c' + c) + (a' + a)⊗b'⊗c'
    void expand() {
        if (count() < 2) return divide();
        for (int trial = 0; trial < 100; ++trial) {
            const int x = (int)draw.below((uint32_t)value_.size());
            const int y = (int)draw.below((uint32_t)value_.size());
            if (x / 3 == y / 3) continue;
            const uint64_t a = value_[x], b = value_[turned(x, 1)], c = value_[turned(x, 2)];
            const uint64_t d = value_[y], e = value_[turned(y, 1)], f = value_[turned(y, 2)];
            if (a == d || b == e || c == f) continue;
            value_[turned(x, 1)] = b ^ e;
            value_[y] = a ^ d;
            append(a, e, c ^ f);
            ++expansions;
            return;
        }
    }

    // O(a,a,b) = O(a,b,b) + (a+b)³ + a³ + b³ for an orbit with two equal factors.
    void exchange() {
        const int size = count();
        if (!size) return;
        const int start = (int)draw.below((uint32_t)size);
        for (int k = 0; k < size; ++k) {
            const int p = (start + k) % size;
            for (int i = 0; i < 3; ++i) {
                const uint64_t a = value_[3 * p + i], b = value_[3 * p + (i + 2) % 3];
                if (value_[3 * p + (i + 1) % 3] != a || a == b) continue;
                value_[3 * p + i] = a;
                value_[3 * p + (i + 1) % 3] = b;
                toggle(a ^ b);
                toggle(a);
                toggle(b);
                ++expansions;
                return;
            }
        }
    }

    // a³ = (a+b)³ + b³ + O(a,a,b) + O(a,b,b) for a cube and a factor of some orbit or cube.
    void divide() {
        if (cube_.empty()) return;
        const uint64_t a = cube_[draw.below((uint32_t)cube_.size())];
        const uint32_t all = (uint32_t)(value_.size() + cube_.size());
        const uint32_t k = draw.below(all);
        const uint64_t b = k < value_.size() ? value_[k] : cube_[k - value_.size()];
        if (a == b) return;
        toggle(a);
        toggle(a ^ b);
        toggle(b);
        append(a, a, b);
        append(a, b, b);
        ++expansions;
    }
};

}  // namespace zg::matmul
