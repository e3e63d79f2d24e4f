# The random numbers of the kernels, see rng.hpp.
from libc.stdint cimport uint32_t, uint64_t

cdef extern from "shared/rng.hpp":
    cdef struct Rng "ZgRng":
        uint64_t s[4]
    void rng_seed "zg_rng_seed"(Rng* g, uint64_t seed) noexcept nogil
    uint64_t rng_next "zg_rng_next"(Rng* g) noexcept nogil
    uint32_t rng_below "zg_rng_below"(Rng* g, uint32_t n) noexcept nogil
    double rng_double "zg_rng_double"(Rng* g) noexcept nogil
