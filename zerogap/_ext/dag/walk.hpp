// Local search over orders for any local score: insertions as walks of neighbour swaps.
//
// Swapping the neighbours x, y changes the possible parents of these two alone, so one step costs two
// local scores, and a walk to the end of the order evaluates every place of a variable.
#ifndef ZEROGAP_DAG_WALK
#define ZEROGAP_DAG_WALK
#include "dag/local.hpp"
#include "dag/search.hpp"

namespace zg::dag {

class OrderWalk {
  public:
    const Problem* problem = nullptr;
    LocalScore* score = nullptr;
    std::vector<uint8_t> before;
    std::vector<int> order, place, best_order;
    double best = std::numeric_limits<double>::infinity();
    int64_t iterations = 0, moves = 0;

    void init(const Problem& p, LocalScore& s, const uint8_t* closed, const int* start, uint64_t seed) {
        problem = &p;
        score = &s;
        before.assign(closed, closed + (size_t)p.d * p.d);
        random.seed(seed);
        order.resize(p.d);
        place.resize(p.d);
        queued.assign(p.d, 0);
        inject(start);
    }

    void inject(const int* start) {
        order.assign(start, start + problem->d);
        evaluate();
        current = std::numeric_limits<double>::infinity();
        descending = true;
        all();
        note();
    }

    void run(double seconds, int64_t count) {
        const double deadline = now() + seconds;
        const int64_t last = count < 0 ? INT64_MAX : iterations + count;
        while (true) {
            if (!descend(deadline)) return;
            if (descending) finish();
            if (iterations >= last || now() >= deadline) return;
            ++iterations;
            disturb();
        }
    }

    Bits available(int j) const { return open[j]; }
    // Whether the last descent has come to its end.
    bool rested() const { return !descending; }

  private:
    Random random;
    std::vector<Bits> open, kept_open;   // available candidates of every variable
    std::vector<double> costs, kept_costs;
    std::vector<int> tokens, kept_tokens;  // what the local score chose, by variable
    std::vector<int> queue, kept_order;
    std::vector<uint8_t> queued;
    size_t head = 0;
    double current = 0;
    bool descending = true;
    int idle = 0;

    double total() const {
        double f = 0;
        for (double c : costs) f += c;
        return f;
    }

    double tiny() const { return 1e-12 * std::max(1.0, std::abs(best)); }

    void evaluate() {
        const int d = problem->d;
        for (int k = 0; k < d; ++k) place[order[k]] = k;
        open.assign(d, Bits());
        costs.assign(d, 0.0);
        tokens.assign(d, -1);
        for (int j = 0; j < d; ++j) {
            const auto& candidates = problem->candidates[j];
            for (size_t c = 0; c < candidates.size(); ++c)
                if (place[candidates[c]] < place[j]) open[j].flip((int)c);
            costs[j] = score->cost(j, open[j]);
            tokens[j] = score->choice(j, open[j]);
        }
    }

    void push(int x) { if (!queued[x]) { queued[x] = 1; queue.push_back(x); } }

    void clear() {
        queue.clear();
        head = 0;
        std::fill(queued.begin(), queued.end(), 0);
    }

    void all() {
        clear();
        std::vector<int> shuffled(order);
        for (int k = (int)shuffled.size() - 1; k > 0; --k)
            std::swap(shuffled[k], shuffled[random.below(k + 1)]);
        for (int x : shuffled) push(x);
    }

    // Let i change sides for j: updates the set and what is chosen, returns the cost.
    double flip(int j, int i, Bits& set, double cost, int& token) const {
        const int slot = problem->slot[(size_t)j * problem->d + i];
        if (slot < 0) return cost;
        set.flip(slot);
        return score->change(j, set, slot, set.test(slot), cost, token);
    }

    // Best other place of x; the change of the total.
    double best_place(int x, int& where) const {
        const int p = place[x], d = problem->d;
        double best_change = std::numeric_limits<double>::infinity();
        where = p;
        for (int side = -1; side <= 1; side += 2) {
            Bits mine = open[x];
            int token = tokens[x];
            double own = costs[x], change = 0;
            for (int k = p + side; k >= 0 && k < d; k += side) {
                const int y = order[k];
                if (side < 0 ? before[(size_t)y * d + x] : before[(size_t)x * d + y]) break;
                own = flip(x, y, mine, own, token);
                Bits other = open[y];
                int chosen = tokens[y];
                change += flip(y, x, other, costs[y], chosen) - costs[y];
                const double delta = change + own - costs[x];
                if (delta < best_change) { best_change = delta; where = k; }
            }
        }
        return best_change;
    }

    void move(int p, int q) {
        const int x = order[p], side = q < p ? -1 : 1;
        for (int k = p; k != q; k += side) {
            const int y = order[k + side];
            costs[x] = flip(x, y, open[x], costs[x], tokens[x]);
            costs[y] = flip(y, x, open[y], costs[y], tokens[y]);
            order[k] = y;
            place[y] = k;
        }
        order[q] = x;
        place[x] = q;
    }

    void touch(int p, int q) {
        const int low = std::max(0, std::min(p, q) - 1);
        const int high = std::min(problem->d - 1, std::max(p, q) + 1);
        for (int k = low; k <= high; ++k) push(order[k]);
    }

    bool descend(double deadline) {
        while (head < queue.size()) {
            if (now() >= deadline) return false;
            const int x = queue[head++];
            queued[x] = 0;
            int q;
            const int p = place[x];
            if (best_place(x, q) < -tiny()) {
                move(p, q);
                ++moves;
                touch(p, q);
            }
        }
        clear();
        return true;
    }

    void note() {
        const double f = total();
        if (f < best - tiny() || best_order.empty()) { best = f; best_order = order; }
    }

    void finish() {
        const double f = total();
        if (f <= current + tiny()) {
            idle = f < current - tiny() ? 0 : idle + 1;
            current = f;
            kept_order = order;
            kept_open = open;
            kept_costs = costs;
            kept_tokens = tokens;
            note();
        } else {
            ++idle;
            order = kept_order;
            open = kept_open;
            costs = kept_costs;
            tokens = kept_tokens;
            for (size_t k = 0; k < order.size(); ++k) place[order[k]] = (int)k;
        }
        descending = false;
    }

    void disturb() {
        const int d = problem->d;
        descending = true;
        clear();
        if (d < 3) return;
        if (idle > 20 * d + 100) {
            idle = 0;
            current = std::numeric_limits<double>::infinity();
            for (int k = 0; k < 2 * d; ++k) random_move(d);
            all();
            return;
        }
        const int kicks = 1 + random.below(4);
        for (int k = 0; k < kicks; ++k) random_move(std::min(d, 3 + random.below(d)));
    }

    void random_move(int reach) {
        const int d = problem->d, p = random.below(d), x = order[p];
        int q = p + (random.below(2) ? 1 : -1) * (1 + random.below(reach));
        q = std::max(0, std::min(d - 1, q));
        int t = p;
        while (t > q && !before[(size_t)order[t - 1] * d + x]) --t;
        while (t < q && !before[(size_t)x * d + order[t + 1]]) ++t;
        move(p, t);
        touch(p, t);
    }
};

}  // namespace zg::dag
#endif
