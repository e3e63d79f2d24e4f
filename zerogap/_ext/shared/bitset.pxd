# Sets of small integers as arrays of 64-bit words: bit i stands in word i >> 6.
# All functions take the number of words; bits beyond the universe must stay clear.
from libc.stdint cimport uint64_t

cdef extern from *:
    """
    #ifndef ZEROGAP_BITSET
    #define ZEROGAP_BITSET
    #include <cstdint>
    typedef uint64_t ZgWord;
    static inline int zg_words(int n) { return (n + 63) >> 6; }
    static inline int zg_popcount(ZgWord w) { return __builtin_popcountll(w); }
    static inline int zg_ctz(ZgWord w) { return __builtin_ctzll(w); }
    static inline void zg_bit_set(ZgWord* b, int i) { b[i >> 6] |= 1ULL << (i & 63); }
    static inline void zg_bit_clear(ZgWord* b, int i) { b[i >> 6] &= ~(1ULL << (i & 63)); }
    static inline bool zg_bit_test(const ZgWord* b, int i) { return (b[i >> 6] >> (i & 63)) & 1; }
    static inline void zg_bits_and(ZgWord* r, const ZgWord* a, const ZgWord* b, int w) {
        for (int k = 0; k < w; ++k) r[k] = a[k] & b[k];
    }
    static inline void zg_bits_andnot(ZgWord* r, const ZgWord* a, const ZgWord* b, int w) {
        for (int k = 0; k < w; ++k) r[k] = a[k] & ~b[k];
    }
    static inline int zg_bits_count(const ZgWord* a, int w) {
        int c = 0;
        for (int k = 0; k < w; ++k) c += zg_popcount(a[k]);
        return c;
    }
    static inline int zg_bits_count_and(const ZgWord* a, const ZgWord* b, int w) {
        int c = 0;
        for (int k = 0; k < w; ++k) c += zg_popcount(a[k] & b[k]);
        return c;
    }
    static inline bool zg_bits_any(const ZgWord* a, int w) {
        for (int k = 0; k < w; ++k) if (a[k]) return true;
        return false;
    }
    // First member >= i, or -1.
    static inline int zg_bits_next(const ZgWord* a, int w, int i) {
        int k = i >> 6;
        if (k >= w) return -1;
        ZgWord x = a[k] & (~0ULL << (i & 63));
        while (!x) { if (++k >= w) return -1; x = a[k]; }
        return (k << 6) + zg_ctz(x);
    }
    #endif
    """
    ctypedef uint64_t Word "ZgWord"
    int bits_words "zg_words"(int n) noexcept nogil
    int popcount "zg_popcount"(Word w) noexcept nogil
    int ctz "zg_ctz"(Word w) noexcept nogil
    void bit_set "zg_bit_set"(Word* b, int i) noexcept nogil
    void bit_clear "zg_bit_clear"(Word* b, int i) noexcept nogil
    bint bit_test "zg_bit_test"(const Word* b, int i) noexcept nogil
    void bits_and "zg_bits_and"(Word* r, const Word* a, const Word* b, int w) noexcept nogil
    void bits_andnot "zg_bits_andnot"(Word* r, const Word* a, const Word* b, int w) noexcept nogil
    int bits_count "zg_bits_count"(const Word* a, int w) noexcept nogil
    int bits_count_and "zg_bits_count_and"(const Word* a, const Word* b, int w) noexcept nogil
    bint bits_any "zg_bits_any"(const Word* a, int w) noexcept nogil
    int bits_next "zg_bits_next"(const Word* a, int w, int i) noexcept nogil
