// xoshiro256** 1.0 (Blackman, Vigna 2018), seeded by splitmix64 as its authors advise.
// Header-only: every kernel inlines its own copy, so that drawing costs no call.
#ifndef ZEROGAP_RNG
#define ZEROGAP_RNG
#include <cstdint>

struct ZgRng { uint64_t s[4]; };
static inline uint64_t zg_rotl(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }
static inline void zg_rng_seed(ZgRng* g, uint64_t seed) {
    for (int i = 0; i < 4; ++i) {
        seed += 0x9e3779b97f4a7c15ULL;
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        g->s[i] = z ^ (z >> 31);
    }
}
static inline uint64_t zg_rng_next(ZgRng* g) {
    uint64_t* s = g->s;
    const uint64_t result = zg_rotl(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3];
    s[2] ^= t; s[3] = zg_rotl(s[3], 45);
    return result;
}
// Lemire's multiply-shift; the bias is below n / 2^32, far under what a heuristic can see.
static inline uint32_t zg_rng_below(ZgRng* g, uint32_t n) {
    return (uint32_t)(((zg_rng_next(g) >> 32) * (uint64_t)n) >> 32);
}
static inline double zg_rng_double(ZgRng* g) {
    return (double)(zg_rng_next(g) >> 11) * 0x1.0p-53;
}

namespace zg {

// The same generator for the C++ parts of the kernels.
struct Random {
    ZgRng state;

    Random() = default;
    explicit Random(uint64_t value) { seed(value); }
    void seed(uint64_t value) { zg_rng_seed(&state, value); }
    uint64_t next() { return zg_rng_next(&state); }
    // Uniform in [0, n), 0 < n < 2^32.
    template <class Number>
    Number below(Number n) { return static_cast<Number>(((next() >> 32) * static_cast<uint64_t>(n)) >> 32); }
    double real() { return zg_rng_double(&state); }
};

}  // namespace zg
#endif
