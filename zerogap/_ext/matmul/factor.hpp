// Factors of products as bit masks: one row of words over Z2, two over ZT (non-zeros, signs). They are
// canonical, their lowest non-zero coefficient being +1, so that equality up to sign is equality.
#pragma once

#include <cstdint>

namespace zg::matmul {

// Wyrand: one word of state, so that a checkpoint of a walk is its scheme and this number.
struct Draw {
    uint64_t state = 0;
    uint64_t next() {
        state += 0xa0761d6478bd642fULL;
        const unsigned __int128 m = (unsigned __int128)state * (state ^ 0xe7037ed1a0b428dbULL);
        return (uint64_t)(m >> 64) ^ (uint64_t)m;
    }
    uint32_t below(uint32_t n) { return (uint32_t)(((next() >> 32) * (uint64_t)n) >> 32); }
};

template <int W, bool T>
struct Factor {
    uint64_t nz[W];
    uint64_t neg[T ? W : 1];

    bool operator==(const Factor &o) const {
        uint64_t d = 0;
        for (int i = 0; i < W; ++i) d |= nz[i] ^ o.nz[i];
        if constexpr (T)
            for (int i = 0; i < W; ++i) d |= neg[i] ^ o.neg[i];
        return d == 0;
    }
    bool zero() const {
        uint64_t d = 0;
        for (int i = 0; i < W; ++i) d |= nz[i];
        return d == 0;
    }
    uint64_t hash() const {
        uint64_t h = 0;
        for (int i = 0; i < W; ++i) h = (h ^ nz[i]) * 0x9e3779b97f4a7c15ULL;
        if constexpr (T)
            for (int i = 0; i < W; ++i) h = (h ^ (h >> 29) ^ neg[i]) * 0xbf58476d1ce4e5b9ULL;
        return h ^ (h >> 32);
    }
    // this + t·o with t = ±1; false if a coefficient leaves {-1, 0, 1}.
    bool sum(const Factor &o, bool minus, Factor &out) const {
        if constexpr (T) {
            const uint64_t flip = minus ? ~0ULL : 0ULL;
            uint64_t bad = 0;
            for (int i = 0; i < W; ++i) {
                const uint64_t signs = neg[i] ^ o.neg[i] ^ (flip & o.nz[i]);
                bad |= nz[i] & o.nz[i] & ~signs;
                out.nz[i] = nz[i] ^ o.nz[i];
                out.neg[i] = signs & out.nz[i];
            }
            return bad == 0;
        } else {
            for (int i = 0; i < W; ++i) out.nz[i] = nz[i] ^ o.nz[i];
            out.neg[0] = 0;
            return true;
        }
    }
    // Make the lowest non-zero coefficient +1; returns whether the sign changed.
    bool normalise() {
        if constexpr (T) {
            for (int i = 0; i < W; ++i) {
                if (!nz[i]) continue;
                if (!(neg[i] & (nz[i] & (~nz[i] + 1)))) return false;
                for (int k = i; k < W; ++k) neg[k] ^= nz[k];
                return true;
            }
        }
        return false;
    }
};

}  // namespace zg::matmul
