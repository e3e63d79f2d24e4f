# Monotonic wall clock in seconds; about 25 ns a reading, so kernels look every few hundred moves.
cdef extern from *:
    """
    #ifndef ZEROGAP_CLOCK
    #define ZEROGAP_CLOCK
    #include <chrono>
    static inline double zg_now() {
        return std::chrono::duration<double>(
            std::chrono::steady_clock::now().time_since_epoch()).count();
    }
    #endif
    """
    double now "zg_now"() noexcept nogil
