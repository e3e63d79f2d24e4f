// Iterated local search over orders on a Factor: insertion descent with a queue of variables whose
// surroundings changed, exact windows, and random disturbances.
#ifndef ZEROGAP_DAG_SEARCH
#define ZEROGAP_DAG_SEARCH
#include "dag/order.hpp"
#include "shared/clock.hpp"
#include "shared/rng.hpp"

namespace zg::dag {

class OrderSearch {
  public:
    Factor factor;
    std::vector<uint8_t> before;   // before[i*d+j]: i must precede j (transitively closed), or empty
    std::vector<int> best_order;
    double best = std::numeric_limits<double>::infinity();
    int64_t iterations = 0, moves = 0, evaluations = 0;
    int window = 9;

    bool init(int d, const double* S, const uint8_t* closed, const int* start, uint64_t seed) {
        random.seed(seed);
        factor.init(d, S);
        for (size_t k = 0; k < (size_t)d * d && before.empty(); ++k)
            if (closed[k]) before.assign(closed, closed + (size_t)d * d);
        queue.reserve(2 * d);
        queued.assign(d, 0);
        scratch.resize(d);
        return inject(start);
    }

    // Continue from an order; false if the covariance is not positive definite.
    bool inject(const int* start) {
        if (!factor.set(start)) return false;
        current = std::numeric_limits<double>::infinity();
        scale = factor.total();
        descending = true;
        swept = 0;
        all();
        note(factor.total());
        return true;
    }

    // Work until a limit; iterations are disturbances with the descent that follows.
    void run(double seconds, int64_t count) {
        const double deadline = now() + seconds;
        const int64_t last = count < 0 ? INT64_MAX : iterations + count;
        // A look at the clock costs as much as passing 20 variables.
        const int stride = factor.d < 200 ? 64 : 4;
        while (true) {
            if (!descend(deadline, stride)) return;
            if (descending) finish();
            if (iterations >= last || now() >= deadline) return;
            ++iterations;
            disturb();
        }
    }

  private:
    Random random;
    std::vector<int> queue, scratch, kept_order;
    std::vector<uint8_t> queued;
    std::vector<double> kept_B, kept_D;
    size_t head = 0;
    double current = std::numeric_limits<double>::infinity(), scale = 1;
    bool descending = true;
    int swept = 0, idle = 0;

    const uint8_t* rules() const { return before.empty() ? nullptr : before.data(); }

    void push(int x) { if (!queued[x]) { queued[x] = 1; queue.push_back(x); } }

    void all() {
        const int d = factor.d;
        queue.clear();
        head = 0;
        std::fill(queued.begin(), queued.end(), 0);
        for (int k = 0; k < d; ++k) scratch[k] = k;
        for (int k = d - 1; k > 0; --k) std::swap(scratch[k], scratch[random.below(k + 1)]);
        for (int k = 0; k < d; ++k) push(scratch[k]);
    }

    // First improvement by best insertion of each queued variable; false if time ran out.
    bool descend(double deadline, int stride) {
        int until = stride;
        while (head < queue.size()) {
            if (--until == 0) {
                if (now() >= deadline) return false;
                until = stride;
            }
            const int x = queue[head++];
            queued[x] = 0;
            if (head > 4096 && head * 2 > queue.size()) {
                queue.erase(queue.begin(), queue.begin() + head);
                head = 0;
            }
            int q;
            const int p = factor.place[x];
            ++evaluations;
            if (factor.best_place(p, rules(), q) < -1e-13 * scale) {
                factor.move(p, q);
                ++moves;
                const int low = std::max(0, std::min(p, q) - 1);
                const int high = std::min(factor.d - 1, std::max(p, q) + 1);
                for (int k = low; k <= high; ++k) push(factor.order[k]);
            }
        }
        queue.clear();
        head = 0;
        return true;
    }

    void note(double f) {
        if (f < best - 1e-13 * scale) { best = f; best_order = factor.order; }
    }

    // End of a descent: keep the order if it is no worse, else go back.
    void finish() {
        if (factor.rotations > 200000) {  // rounding errors of the rotations stay below 1e-10
            scratch.assign(factor.order.begin(), factor.order.end());
            factor.set(scratch.data());
        }
        const double f = factor.total();
        if (f <= current + 1e-13 * scale) {
            idle = f < current - 1e-12 * scale ? 0 : idle + 1;
            current = f;
            keep();
            note(f);
        } else {
            ++idle;
            restore();
        }
        descending = false;
    }

    void keep() {
        kept_B = factor.B;
        kept_D = factor.D;
        kept_order = factor.order;
    }

    void restore() {
        factor.B = kept_B;
        factor.D = kept_D;
        factor.order = kept_order;
        for (int k = 0; k < factor.d; ++k) factor.place[kept_order[k]] = k;
    }

    void disturb() {
        const int d = factor.d;
        descending = true;
        queue.clear();
        head = 0;
        std::fill(queued.begin(), queued.end(), 0);
        if (d < 3) return;
        // Windows slide over the order as long as nothing else is left to try; they are exact.
        if (idle >= d && swept + std::min(window, d) <= d) {
            if (exact_window(swept)) swept = 0;
            else swept += std::max(1, std::min(window, d) / 2);
            if (swept + std::min(window, d) > d) idle = 0;
            return;
        }
        if (idle > 40 * d + 200) {  // start anew: a random order, or strong noise on the best
            idle = 0;
            swept = 0;
            current = std::numeric_limits<double>::infinity();
            for (int k = 0; k < 2 * d; ++k) random_move(d);
            all();
            return;
        }
        swept = 0;
        const int kicks = 1 + random.below(3);
        for (int k = 0; k < kicks; ++k) random_move(std::max(3, std::min(d, 4 + random.below(d))));
    }

    // Put a random variable to a random place at most `reach` away (as far as the rules allow).
    void random_move(int reach) {
        const int d = factor.d;
        const int p = random.below(d);
        int q = p + (random.below(2) ? 1 : -1) * (1 + random.below(reach));
        q = std::max(0, std::min(d - 1, q));
        const uint8_t* rule = rules();
        const int x = factor.order[p];
        int t = p;
        while (t > q && !(rule && rule[(size_t)factor.order[t - 1] * d + x])) { factor.rotate(t - 1); --t; }
        while (t < q && !(rule && rule[(size_t)x * d + factor.order[t + 1]])) { factor.rotate(t); ++t; }
        for (int k = std::max(0, std::min(p, t) - 1); k <= std::min(d - 1, std::max(p, t) + 1); ++k)
            push(factor.order[k]);
    }

    // Best order of the w variables from position p on, by dynamic programming over their subsets.
    bool exact_window(int p) {
        const int d = factor.d, w = std::min(window, d - p);
        const int full = 1 << w;
        window_cost.assign(full, std::numeric_limits<double>::infinity());
        window_last.assign(full, -1);
        // C: covariance of the window given what precedes it = L_window L_window^T.
        window_cov.assign((size_t)(w + 1) * w * w, 0.0);
        double* C = window_cov.data() + (size_t)w * w * w;
        double old = 0;
        for (int i = 0; i < w; ++i)
            for (int j = 0; j <= i; ++j) {
                double c = 0;
                for (int m = 0; m <= j; ++m)
                    c += factor.B[(size_t)(p + m) * d + factor.order[p + i]] *
                         factor.B[(size_t)(p + m) * d + factor.order[p + j]];
                C[i * w + j] = C[j * w + i] = c;
            }
        for (int i = 0; i < w; ++i) old += factor.D[p + i];
        window_cost[0] = 0;
        subsets(p, w, w, 0);
        if (!(window_cost[full - 1] < old - 1e-12 * scale)) return false;
        std::vector<int> target(w);
        for (int set = full - 1, k = w - 1; set; --k) {
            target[k] = factor.order[p + window_last[set]];
            set ^= 1 << window_last[set];
        }
        for (int k = 0; k < w; ++k) factor.move(factor.place[target[k]], p + k);
        for (int k = std::max(0, p - 1); k < std::min(d, p + w + 1); ++k) push(factor.order[k]);
        return true;
    }

    // All subsets in ascending order: members >= t are decided, C[t] is the covariance given them.
    void subsets(int p, int w, int t, int set) {
        const double* C = window_cov.data() + (size_t)t * w * w;
        if (t == 0) {
            const double f = window_cost[set];
            for (int j = 0; j < w; ++j) {
                const int bit = 1 << j;
                if (set & bit) continue;
                if (!allowed(p, w, set, j)) continue;
                const double g = f + C[j * w + j];
                if (g < window_cost[set | bit]) {
                    window_cost[set | bit] = g;
                    window_last[set | bit] = (int8_t)j;
                }
            }
            return;
        }
        double* M = window_cov.data() + (size_t)(t - 1) * w * w;
        std::memcpy(M, C, sizeof(double) * w * w);
        subsets(p, w, t - 1, set);
        const int x = t - 1;
        const double* row = C + x * w;
        for (int i = 0; i < w; ++i) {
            // Rows of variables that are decided only serve their diagonal.
            const double c = row[i] / row[x];
            if (i < x) for (int j = 0; j < w; ++j) M[i * w + j] = C[i * w + j] - c * row[j];
            else M[i * w + i] = C[i * w + i] - c * row[i];
        }
        subsets(p, w, t - 1, set | 1 << x);
    }

    bool allowed(int p, int w, int set, int j) const {
        if (before.empty()) return true;
        for (int i = 0; i < w; ++i)
            if (i != j && !(set >> i & 1) &&
                before[(size_t)factor.order[p + i] * factor.d + factor.order[p + j]]) return false;
        return true;
    }

    std::vector<double> window_cost, window_cov;
    std::vector<int8_t> window_last;
};

}  // namespace zg::dag
#endif
