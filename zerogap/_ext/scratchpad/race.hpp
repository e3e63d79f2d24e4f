// Several orders of the boxes race for a placement under a falling height limit.
//
// One order may need 10^8 nodes where another needs 10^3, so every order gets a small share of
// nodes, some of them a longer one (powers of two), until a height is reached or refuted.
#pragma once
#include <cmath>
#include "scratchpad/fit.hpp"
#include "shared/rng.hpp"

namespace zg::scratchpad {

class Race {
public:
    static constexpr int64_t NONE = INT64_MAX / 4;
    int64_t best = NONE;             // height of the best placement
    int64_t bound;                   // no placement is lower
    std::vector<int64_t> offsets;

    Race(const std::vector<int>& owner, const std::vector<int64_t>& begin,
         const std::vector<int64_t>& end, const std::vector<int64_t>& size,
         const std::vector<int64_t>& grain, int64_t capacity, bool minimise, uint64_t seed)
        : fit_(owner, begin, end, size, grain), size_(size), capacity_(capacity),
          minimise_(minimise), random_(seed) {
        bound = fit_.load();
        if (size.empty()) best = bound = 0;
    }

    long long nodes() const { return fit_.nodes; }
    bool refuted() const { return best == NONE && bound > capacity_; }
    bool done() const {
        return refuted() || (best != NONE && (best <= bound || !minimise_));
    }

    // Work for at most `budget` nodes; false when nothing is left to do.
    bool run(long long budget) {
        while (budget > 0 && !done()) {
            if (left_ <= 0) next();
            long long before = fit_.nodes, share = std::min(left_, budget);
            Fit::Status status = fit_.run(share);
            long long used = std::max(1LL, fit_.nodes - before);
            left_ -= used;
            budget -= used;
            if (status == Fit::FOUND) found();
            else if (status == Fit::EXHAUSTED) { bound = std::max(bound, target_ + 1); left_ = 0; }
        }
        return !done();
    }

private:
    void found() {
        int64_t height = 0;
        for (size_t i = 0; i < size_.size(); ++i) height = std::max(height, fit_.offsets()[i] + size_[i]);
        if (height < best) { best = height; offsets = fit_.offsets(); }
        left_ = 0;
    }

    void next() {
        int64_t top = best == NONE ? capacity_ : std::min(capacity_, best - 1);
        // The load is often attained; otherwise a short step down is easier than a long one.
        int64_t gap = top - bound;
        const int64_t targets[TARGETS] = {bound, top - gap / 2, top - gap / 8, top};
        target_ = !minimise_ ? top : targets[runs_ % TARGETS];
        long long factor = (which() + 1) & -(which() + 1);
        left_ = SHARE * factor;
        fit_.start(target_, order(), which() % 2 == 1);
        ++runs_;
    }

    // Number of the order; in minimising each is run for all targets.
    long long which() const { return minimise_ ? runs_ / TARGETS : runs_; }

    // Weights of span, size, degree and crowd with some noise; the first few are fixed.
    std::vector<int> order() {
        static const double fixed[][3] = {
            {1.5, 1.4, 0}, {1, 1, 0}, {1, 0.3, 1}, {1.5, 0.9, 0}};
        double span, size, degree, crowd = 0, noise = 0;
        if (which() < 8) {
            const double* f = fixed[which() / 2];
            span = f[0]; size = f[1]; degree = f[2];
        } else {
            span = 2 * random_.real();
            size = 1.75 * random_.real();
            degree = random_.real() < 0.5 ? 0 : 1.5 * random_.real();
            crowd = random_.real() < 0.5 ? 0 : 8 * random_.real();
            noise = random_.real() < 0.3 ? 0 : 0.5 * random_.real();
        }
        int n = fit_.boxes();
        std::vector<double> key(n);
        for (int i = 0; i < n; ++i)
            key[i] = span * std::log(fit_.span(i)) + size * std::log(size_[i]) +
                     degree * std::log(fit_.degree(i) + 1) +
                     crowd * std::log(fit_.crowd(i)) + noise * (random_.real() - 0.5);
        std::vector<int> sorted(n), rank(n);
        std::iota(sorted.begin(), sorted.end(), 0);
        std::stable_sort(sorted.begin(), sorted.end(), [&](int a, int b) { return key[a] > key[b]; });
        for (int k = 0; k < n; ++k) rank[sorted[k]] = k;
        return rank;
    }

    static constexpr long long SHARE = 500;
    static constexpr int TARGETS = 4;

    Fit fit_;
    std::vector<int64_t> size_;
    int64_t capacity_, target_ = 0;
    bool minimise_;
    Random random_;
    long long left_ = 0;
    long long runs_ = 0;
};

}  // namespace zg::scratchpad
