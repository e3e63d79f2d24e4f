// Hybrid flow shops: annealing over the sequence of the first stage.
//
// A sequence is decoded stage by stage: jobs enter the first stage in its order and the others in the
// order in which they left the stage before, each on the machine that is free first. A decoding that
// cannot end below what the acceptance would take is broken off at the stage that shows it.
#ifndef ZEROGAP_SCHEDULING_HYBRID
#define ZEROGAP_SCHEDULING_HYBRID
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "shared/rng.hpp"

namespace zg::scheduling {

struct HybridShop {
    int n = 0, stages = 0, goal = 0;
    std::vector<int32_t> p, rest;  // n x stages: duration, work of the job after the stage
    std::vector<int> machines;
    std::vector<int64_t> weight;
    std::vector<int32_t> due;

    void assign(int jobs, int count, int what, const int32_t* times, const int32_t* of,
                const int64_t* w, const int32_t* d) {
        n = jobs; stages = count; goal = what;
        p.assign(times, times + (size_t)n * stages);
        machines.assign(of, of + stages);
        weight.assign(w, w + n);
        due.assign(d, d + n);
        rest.assign((size_t)n * stages, 0);
        for (int j = 0; j < n; ++j)
            for (int k = stages - 2; k >= 0; --k)
                rest[(size_t)j * stages + k] = rest[(size_t)j * stages + k + 1] + p[(size_t)j * stages + k + 1];
    }
};

class HybridSearch {
public:
    const HybridShop* shop = nullptr;
    Random random;
    int64_t iterations = 0, target = 0, record = -1;
    std::vector<int> best;

    void attach(const HybridShop& s, uint64_t seed, int64_t goal_value, int64_t length) {
        shop = &s;
        random.seed(seed);
        target = goal_value;
        cycle = std::max<int64_t>(length, 1000);
        order.resize(s.n);
        best.resize(s.n);
        queue.resize(s.n);
        ready.resize(s.n);
        int most = 1;
        for (int k : s.machines) most = std::max(most, k);
        free_at.resize(most);
        double sum = 0;
        for (int32_t x : s.p) sum += x;
        mean = std::max(1.0, sum / s.p.size());
    }

    void inject(const std::vector<int>& given) {
        order = given;
        current = decode(order, INT64_MAX, nullptr, nullptr);
        note();
    }

    // One trial; false when the target is reached.
    bool step() {
        const HybridShop& s = *shop;
        if (record < 0) start();
        if (record <= target || s.n < 2) return false;
        // Saw-tooth cooling: every cycle from a twentieth of a mean duration down to nearly nothing.
        const double at = (double)(iterations % cycle) / cycle;
        if (iterations % cycle == 0 && iterations) { order = best; current = record; }
        ++iterations;
        const double heat = mean * (s.goal ? s.n * 0.05 : 0.05) * std::pow(0.02, at);
        const int64_t limit = current + (int64_t)(-std::log(1.0 - random.real() + 1e-12) * heat);
        const int a = (int)random.below((uint32_t)s.n);
        int b = (int)random.below((uint32_t)(s.n - 1));
        b += b >= a;
        const bool swap = random.below(3u) == 0;
        move(a, b, swap);
        const int64_t cost = decode(order, limit, nullptr, nullptr);
        if (cost <= limit) {
            current = cost;
            note();
        } else if (swap) {
            move(a, b, true);
        } else {
            move(b, a, false);
        }
        return record > target;
    }

    // The face of `slices`: so many steps at once, and how many were made.
    bool run(int64_t moves) {
        bool more = true;
        while (more && moves-- > 0) more = step();
        return more;
    }
    int64_t made() const { return iterations; }

    // Starts and machines (within their stage) of the best sequence, n x stages.
    void starts(int64_t* start, int32_t* machine) { decode(best, INT64_MAX, start, machine); }

private:
    int64_t current = 0, cycle = 0;
    double mean = 1;
    std::vector<int> order, queue;
    std::vector<int32_t> ready, free_at;

    void note() {
        if (record < 0 || current < record) { record = current; best = order; }
    }

    void move(int from, int to, bool swap) {
        if (swap) { std::swap(order[from], order[to]); return; }
        const int j = order[from];
        if (from < to) std::move(order.begin() + from + 1, order.begin() + to + 1, order.begin() + from);
        else std::move_backward(order.begin() + to, order.begin() + from, order.begin() + from + 1);
        order[to] = j;
    }

    // Objective of a sequence, or something above `limit` if it is above it.
    int64_t decode(const std::vector<int>& sequence, int64_t limit, int64_t* start, int32_t* machine) {
        const HybridShop& s = *shop;
        std::copy(sequence.begin(), sequence.end(), queue.begin());
        std::fill(ready.begin(), ready.end(), 0);
        for (int k = 0; k < s.stages; ++k) {
            if (k) sort();
            const int count = s.machines[k];
            std::fill(free_at.begin(), free_at.begin() + count, 0);
            for (int i = 0; i < s.n; ++i) {
                const int j = queue[i];
                int r = 0;
                for (int x = 1; x < count; ++x) r = free_at[x] < free_at[r] ? x : r;
                const int32_t begin = std::max(free_at[r], ready[j]);
                const int32_t end = begin + s.p[(size_t)j * s.stages + k];
                free_at[r] = ready[j] = end;
                if (s.goal == 0 && end + s.rest[(size_t)j * s.stages + k] > limit) return INT64_MAX;
                if (start != nullptr) {
                    start[(size_t)j * s.stages + k] = begin;
                    machine[(size_t)j * s.stages + k] = r;
                }
            }
        }
        int64_t cost = 0;
        for (int j = 0; j < s.n; ++j) {
            if (s.goal == 0) cost = std::max<int64_t>(cost, ready[j]);
            else if (s.goal == 1) cost += s.weight[j] * ready[j];
            else cost += s.weight[j] * std::max(0, ready[j] - s.due[j]);
        }
        return cost;
    }

    // Stable by time of release; the order of the stage before is nearly sorted already.
    void sort() {
        for (int i = 1; i < shop->n; ++i) {
            const int j = queue[i];
            const int32_t at = ready[j];
            int k = i;
            while (k > 0 && ready[queue[k - 1]] > at) { queue[k] = queue[k - 1]; --k; }
            queue[k] = j;
        }
    }

    void start() {
        const HybridShop& s = *shop;
        for (int j = 0; j < s.n; ++j) order[j] = j;
        auto work = [&](int j) { return s.rest[(size_t)j * s.stages] + s.p[(size_t)j * s.stages]; };
        std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
            if (s.goal == 2) return s.due[a] < s.due[b];
            return s.goal == 1 ? work(a) < work(b) : work(a) > work(b);
        });
        current = decode(order, INT64_MAX, nullptr, nullptr);
        note();
    }
};

}  // namespace zg::scheduling
#endif
