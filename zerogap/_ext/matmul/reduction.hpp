// Reductions of a scheme: products that share a factor and whose second factors are linearly
// dependent save one of them.
#pragma once

#include <cstdint>
#include <cstring>

#include "matmul/products.hpp"

namespace zg::matmul {

template <int W, bool T>
struct Reducible : Products<W, T> {
    using Base = Products<W, T>;
    using typename Base::Class;
    using typename Base::F;
    using typename Base::Index;
    using Base::change;
    using Base::cls;
    using Base::drop;
    using Base::entry;
    using Base::negative;
    using Base::r;
    using Base::settle_all;
    using Base::widths;
    using Base::Base;

    // Products a⊗b_i⊗c_i of one class whose b_i are linearly dependent: one of them can be spread over
    // the others (Kauers, Moosbauer 2022, definition of a reduction). Returns how many were saved.
    int reduce() {
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
        return saved;
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

}  // namespace zg::matmul
