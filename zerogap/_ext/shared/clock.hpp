// Monotonic wall clock in seconds; about 25 ns a reading, so kernels look every few hundred moves.
#ifndef ZEROGAP_CLOCK
#define ZEROGAP_CLOCK
#include <chrono>

namespace zg {

inline double now() {
    return std::chrono::duration<double>(
        std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace zg
#endif
