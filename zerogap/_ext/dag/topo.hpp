// Swaps between orders as TOPO proposes them (Deng, Bello, Aragam, Ravikumar, ICML 2023), on a Factor.
//
// h(W) = -log det(I - |W|) has the gradient (I - |W|)^-T, whose entry for a pair that the order
// forbids is the total weight of the paths between the two: the smaller it is, the less a new edge
// would close a cycle. The pairs with the `small` smallest entries are tried by exchanging the two
// variables; all improving exchanges whose ranges do not overlap are made, best first. When none
// improves, the `large` set is tried, `chances` times in a run.
#ifndef ZEROGAP_DAG_TOPO
#define ZEROGAP_DAG_TOPO
#include "dag/search.hpp"

namespace zg::dag {

class TopoSwaps {
  public:
    Factor factor;
    std::vector<uint8_t> before;
    int64_t iterations = 0, evaluations = 0;
    int large_used = 0;
    bool done = false;

    bool init(int d, const double* S, const uint8_t* closed, const int* start, int small_size,
              int large_size, int chances_) {
        factor.init(d, S);
        for (size_t k = 0; k < (size_t)d * d && before.empty(); ++k)
            if (closed[k]) before.assign(closed, closed + (size_t)d * d);
        const int pairs = d * (d - 1) / 2;
        small = std::min(small_size, pairs);
        large = std::min(large_size, pairs);
        chances = chances_;
        A.resize((size_t)d * d);
        N.resize((size_t)d * d);
        return factor.set(start);
    }

    void run(double seconds, int64_t count) {
        const double deadline = now() + seconds;
        while (!done && count != 0) {
            step();
            ++iterations;
            if (count > 0) --count;
            if (now() >= deadline) return;
        }
    }

  private:
    struct Pair { double h; int p, q; };
    struct Exchange { double change; int p, q; };
    int small = 0, large = 0, chances = 0;
    std::vector<double> A, N, values;
    std::vector<Pair> pairs;
    std::vector<Exchange> good;
    std::vector<uint8_t> taken;

    // N = (I - |W|)^-1 in positions: path weights, upper triangular.
    void path_weights() {
        const int d = factor.d;
        for (int q = 0; q < d; ++q) {
            const double root = std::sqrt(factor.D[q]);
            const double* k = &factor.B[(size_t)q * d];
            for (int m = 0; m < q; ++m) A[(size_t)m * d + q] = std::abs(k[factor.order[m]]) * root;
        }
        for (int p = 0; p < d; ++p) {
            double* row = &N[(size_t)p * d];
            std::fill(row + p, row + d, 0.0);
            row[p] = 1;
            for (int m = p; m < d; ++m) {
                const double n = row[m];
                const double* a = &A[(size_t)m * d];
                for (int q = m + 1; q < d; ++q) row[q] += n * a[q];
            }
        }
    }

    void collect() {
        const int d = factor.d;
        pairs.clear();
        for (int p = 0; p < d; ++p)
            for (int q = p + 1; q < d; ++q) pairs.push_back({N[(size_t)p * d + q], p, q});
    }

    double threshold(int size) {
        values.resize(pairs.size());
        for (size_t k = 0; k < pairs.size(); ++k) values[k] = pairs[k].h;
        std::nth_element(values.begin(), values.begin() + (size - 1), values.end());
        return values[size - 1];
    }

    bool legal(int p, int q) const {
        if (before.empty()) return true;
        const int d = factor.d;
        const uint8_t* x = &before[(size_t)factor.order[p] * d];
        const int y = factor.order[q];
        if (x[y]) return false;
        for (int k = p + 1; k < q; ++k)
            if (x[factor.order[k]] || before[(size_t)factor.order[k] * d + y]) return false;
        return true;
    }

    // Exchanges with path weight in (above, upto] that lower the score.
    void search(double above, double upto) {
        good.clear();
        // An exchange that gains less than rounding is none: the published code's comparison of
        // losses cannot see it either.
        const double epsilon = 1e-14 * factor.total();
        for (const Pair& pair : pairs) {
            if (!(pair.h <= upto) || pair.h <= above || !legal(pair.p, pair.q)) continue;
            ++evaluations;
            const double change = factor.swap_change(pair.p, pair.q);
            if (change < -epsilon) good.push_back({change, pair.p, pair.q});
        }
    }

    void apply() {
        std::sort(good.begin(), good.end(), [](const Exchange& a, const Exchange& b) {
            if (a.change != b.change) return a.change < b.change;
            return a.p != b.p ? a.p < b.p : a.q < b.q;
        });
        taken.assign(factor.d, 0);
        for (const Exchange& e : good) {
            bool free = true;
            for (int k = e.p; k <= e.q && free; ++k) free = !taken[k];
            if (!free) continue;
            std::fill(taken.begin() + e.p, taken.begin() + e.q + 1, 1);
            factor.move(e.q, e.p);
            factor.move(e.p + 1, e.q);
        }
        if (factor.rotations > 200000) {
            const std::vector<int> order = factor.order;
            factor.set(order.data());
        }
    }

    void step() {
        if (factor.d < 2) { done = true; return; }
        path_weights();
        collect();
        const double low = threshold(small);
        search(-1.0, low);
        if (good.empty()) {
            if (large_used < chances) {
                search(low, threshold(large));
                if (!good.empty()) ++large_used;
            }
            if (good.empty()) { done = true; return; }
        }
        apply();
    }
};

}  // namespace zg::dag
#endif
