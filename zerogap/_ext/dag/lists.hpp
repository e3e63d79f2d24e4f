// Exact dynamic programming over sets of variables from sparse lists of parent sets.
//
//     f(U + j) = min over j not in U of  f(U) + the cheapest set of j within U;
// the lists are sorted by cost, so the first set that fits is the cheapest. No table over parent
// sets is made: 2^d doubles are all the memory. The cost of an order is that of its lists, whether
// or not smaller sets are in them.
#ifndef ZEROGAP_DAG_LISTS
#define ZEROGAP_DAG_LISTS
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "shared/clock.hpp"

namespace zg::dag {

class ListProgram {
  public:
    double value = std::numeric_limits<double>::infinity();
    std::vector<int> order;   // after `done`, if value is finite
    std::vector<int> choice;  // by variable: number in its list
    bool done = false;
    int64_t steps = 0;
    std::vector<double> f;    // by set of variables

    // Lists without their ends; `before` is transitively closed.
    void init(int d_, const std::vector<std::vector<double>>& costs_,
              const std::vector<std::vector<uint32_t>>& sets_, const uint8_t* before) {
        d = d_;
        costs = costs_;
        sets = sets_;
        need.assign(d, 0);
        for (int j = 0; j < d; ++j) {
            costs[j].push_back(std::numeric_limits<double>::infinity());
            sets[j].push_back(0);  // fits always: the end of every walk along the list
            for (int i = 0; i < d; ++i)
                if (before[(size_t)i * d + j]) need[j] |= 1u << i;
        }
        cursor = 0;
    }

    // Work for at most so long; true while there is more to do.
    bool run(double seconds) {
        const double deadline = now() + seconds;
        const uint64_t all = 1ULL << d;
        if (f.empty()) {
            f.assign(all, std::numeric_limits<double>::infinity());
            f[0] = 0;
        }
        while (!done) {
            const uint64_t end = cursor + 4096 < all ? cursor + 4096 : all;
            for (; cursor < end; ++cursor) expand((uint32_t)cursor, (uint32_t)(all - 1));
            steps += 4096;
            if (cursor == all) { trace((uint32_t)(all - 1)); done = true; }
            if (now() >= deadline) break;
        }
        return !done;
    }

  private:
    int d = 0;
    uint64_t cursor = 0;
    std::vector<std::vector<double>> costs;
    std::vector<std::vector<uint32_t>> sets;
    std::vector<uint32_t> need;

    size_t first(int j, uint32_t available) const {
        const uint32_t* s = sets[j].data();
        size_t k = 0;
        while (s[k] & ~available) ++k;
        return k;
    }

    void expand(uint32_t set, uint32_t all) {
        const double here = f[set];
        if (!(here < std::numeric_limits<double>::infinity())) return;
        for (uint32_t rest = all & ~set; rest; rest &= rest - 1) {
            const int j = __builtin_ctz(rest);
            if (need[j] & ~set) continue;
            const double cost = here + costs[j][first(j, set)];
            double& to = f[set | 1u << j];
            if (cost < to) to = cost;
        }
    }

    void trace(uint32_t set) {
        value = f[set];
        order.assign(d, -1);
        choice.assign(d, -1);
        if (!(value < std::numeric_limits<double>::infinity())) return;
        for (int k = d - 1; k >= 0; --k) {
            int last = -1;
            double nearest = std::numeric_limits<double>::infinity();
            for (int j = 0; j < d; ++j) {
                if (!(set >> j & 1)) continue;
                const uint32_t rest = set & ~(1u << j);
                if (need[j] & ~rest) continue;
                const double error = std::abs(f[rest] + costs[j][first(j, rest)] - f[set]);
                if (error < nearest) { nearest = error; last = j; }
            }
            order[k] = last;
            set &= ~(1u << last);
            choice[last] = (int)first(last, set);
        }
    }
};

}  // namespace zg::dag
#endif
