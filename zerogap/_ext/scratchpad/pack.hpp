// Placement of very many boxes, each upon the skyline of those before it: O(n log n) an order.
//
// A box lies at the highest top of the boxes before it that it overlaps in time (one range maximum,
// one range assignment). Holes below the skyline are given up; lifetimes that nest, as those of
// training graphs do, leave none when the longer ones come first.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>
#include "shared/rng.hpp"

namespace zg::scratchpad {

class Pack {
public:
    int64_t best = INT64_MAX / 4;
    std::vector<int64_t> offsets;
    long long orders = 0;

    Pack(const std::vector<int64_t>& begin, const std::vector<int64_t>& end,
         const std::vector<int64_t>& size, const std::vector<int64_t>& grain, uint64_t seed)
        : n_((int)size.size()), first_(n_), last_(n_), sorted_(n_), size_(size), grain_(grain),
          at_(n_), key_(n_), random_(seed) {
        std::vector<int64_t> points(begin);
        std::sort(points.begin(), points.end());
        points.erase(std::unique(points.begin(), points.end()), points.end());
        auto place = [&](int64_t x) {
            return int(std::lower_bound(points.begin(), points.end(), x) - points.begin()); };
        for (int i = 0; i < n_; ++i) { first_[i] = place(begin[i]); last_[i] = place(end[i]) - 1; }
        for (leaves_ = 1; leaves_ < (int)points.size();) leaves_ *= 2;
        most_.resize(2 * leaves_);
        all_.resize(2 * leaves_);
    }

    // One more order of the boxes; the first ones are fixed, later ones weigh and disturb.
    void run() {
        static const double fixed[][2] = {{1, 0.01}, {1, 0.5}, {1, 1}, {0.3, 1}};
        double span = 2, size = 0, noise = 0;
        if (orders < 4) { span = fixed[orders][0]; size = fixed[orders][1]; }
        else { span = 1; size = random_.real(); noise = 0.4 * random_.real(); }
        ++orders;
        for (int i = 0; i < n_; ++i)
            key_[i] = span * std::log(last_[i] - first_[i] + 1.0) + size * std::log(1.0 + size_[i]) +
                      (noise > 0 ? noise * random_.real() : 0);
        std::iota(sorted_.begin(), sorted_.end(), 0);
        std::stable_sort(sorted_.begin(), sorted_.end(), [&](int a, int b) { return key_[a] > key_[b]; });
        std::fill(most_.begin(), most_.end(), 0);
        std::fill(all_.begin(), all_.end(), 0);
        for (int i : sorted_) {
            const int64_t low = highest(1, 0, leaves_ - 1, first_[i], last_[i]);
            at_[i] = (low + grain_[i] - 1) & ~(grain_[i] - 1);
            raise(1, 0, leaves_ - 1, first_[i], last_[i], at_[i] + size_[i]);
        }
        if (most_[1] < best) { best = most_[1]; offsets = at_; }
    }

private:
    int n_, leaves_ = 1;
    std::vector<int> first_, last_, sorted_;
    std::vector<int64_t> size_, grain_, at_, most_, all_;   // all_: top over a node's whole range
    std::vector<double> key_;
    Random random_;

    int64_t highest(int node, int low, int high, int from, int to) const {
        if (to < low || high < from) return 0;
        if (from <= low && high <= to) return most_[node];
        const int middle = (low + high) / 2;
        return std::max({all_[node], highest(2 * node, low, middle, from, to),
                         highest(2 * node + 1, middle + 1, high, from, to)});
    }

    // Tops only grow where a box is put, so that a mark on a range never has to be taken back.
    void raise(int node, int low, int high, int from, int to, int64_t top) {
        if (to < low || high < from) return;
        most_[node] = std::max(most_[node], top);
        if (from <= low && high <= to) { all_[node] = std::max(all_[node], top); return; }
        const int middle = (low + high) / 2;
        raise(2 * node, low, middle, from, to, top);
        raise(2 * node + 1, middle + 1, high, from, to, top);
    }
};

}  // namespace zg::scratchpad
