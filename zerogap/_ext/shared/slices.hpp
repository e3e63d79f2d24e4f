// A kernel's slice: an engine works in pieces, short enough to look at the clock between two of them.
#ifndef ZEROGAP_SLICES
#define ZEROGAP_SLICES
#include <algorithm>
#include <cstdint>

#include "shared/clock.hpp"

namespace zg {

// Calls engine.run(moves) until it returns false, `seconds` are over, or `iterations` (< 0: no limit) moves are made.
// Engine: bool run(int64_t moves), int64_t made() const. Returns whether there is more to do.
template <class Engine>
bool slices(Engine& engine, double seconds, int64_t iterations, int64_t piece) {
    const double end = now() + seconds;
    const int64_t stop = engine.made() + iterations;
    bool more = true;
    while (more && now() < end) {
        int64_t left = piece;
        if (iterations >= 0) {
            left = std::min(left, stop - engine.made());
            if (left <= 0) break;
        }
        more = engine.run(left);
    }
    return more;
}

}  // namespace zg
#endif
