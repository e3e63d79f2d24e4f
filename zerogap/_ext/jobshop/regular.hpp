// Simulated annealing for shops with regular objectives that are sums over the jobs: weighted tardiness, flow time, number of
// tardy jobs. A move takes an operation of the critical path of a costly job out and puts it back elsewhere, on any of its
// machines; it is valued exactly, by the heads that change behind it, and taken back in the same time if it is refused.
#pragma once

#include <cmath>
#include <limits>

#include "jobshop/flexible.hpp"

namespace zg::jobshop {

enum class Sum : int { tardiness, flow, tardy };

// What a job costs when it ends; `soft` is what the search goes by.
struct Costs {
    Sum kind = Sum::tardiness;
    std::vector<int64_t> due, weight, soonest;  // soonest: end of the job if it never waits
    double scale = 1;                           // lateness at which a tardy job costs twice a job that is just tardy

    int64_t exact(int j, int64_t end) const {
        if (kind == Sum::flow) return weight[j] * (end - due[j]);
        const int64_t late = end - due[j];
        if (late <= 0) return 0;
        return kind == Sum::tardy ? weight[j] : weight[j] * late;
    }
    // Jobs that are hopelessly late cost no more than others, so that they make way; those a little late are drawn back.
    double soft(int j, int64_t end) const {
        if (kind != Sum::tardy) return static_cast<double>(exact(j, end));
        const int64_t late = end - due[j];
        if (late <= 0) return 0;
        return static_cast<double>(weight[j]) * (1 + std::min(1.0, static_cast<double>(late) / scale));
    }
};

class Annealing : private PlanLists {
public:
    int64_t iterations = 0, cycles = 0, record = std::numeric_limits<int64_t>::max();
    int64_t target = std::numeric_limits<int64_t>::min();  // objective at which to stop, a lower bound
    Plan best;
    double hottest = 0.5, coldest = 0.03;  // first temperature / small worsening of a move, last / first temperature

    void attach(const FlexibleShop& s, const Costs& c, uint64_t seed, int64_t first_cycle) {
        PlanLists::attach(s);
        costs = &c;
        random.seed(seed);
        length = first_cycle;
        head.assign(N + 2, 0);
        order.assign(N + 2, 0), place.assign(N + 2, N + 5);
        dirty.assign(N + 2, 0), mark.assign(N + 2, 0), kept.resize(N);
        cost.assign(s.jobs, 0), value.assign(s.jobs, 0);
        old_head.reserve(N), changed.reserve(N), touched.reserve(N), worse.reserve(200);
    }

    bool ready() const { return loaded; }

    // Takes a plan over as the current one.
    void load(const Plan& plan) {
        PlanLists::load(plan, [this](int x) { head[x] = earliest(x); });
        total = 0, soft_total = 0;
        for (int j = 0; j < shop->jobs; ++j) {
            const int x = shop->first[j + 1] - 1;
            cost[j] = costs->exact(j, head[x] + size[x]), value[j] = costs->soft(j, head[x] + size[x]);
            total += cost[j], soft_total += value[j];
        }
        pending = total < record;
        if (pending) record = total;
        settle();
        loaded = true;
    }

    // Takes note of a better plan found elsewhere, to go on from when this cooling has ended.
    void adopt(const Plan& plan, int64_t worth) {
        if (worth >= record) return;
        best = plan, record = worth, best.makespan = worth, pending = false;
    }

    int64_t made() const { return iterations; }

    // Moves; false once the target is reached or where no operation can move.
    bool run(int64_t moves) {
        for (int64_t stop = iterations + moves; iterations < stop;) {
            if (record <= target) {
                settle();
                return false;
            }
            if (step_of_cycle == 0) heat();
            step();
            ++iterations;
            if (++step_of_cycle % 256 == 0) temperature *= cooling;
            if (step_of_cycle >= length) rest();
        }
        settle();
        return record > target;
    }

    int64_t start_of(int x) const { return head[x]; }
    int64_t current() const { return total; }

    // Whether heads, order and costs agree with a recomputation; for tests.
    bool consistent() const {
        int64_t sum = 0;
        std::vector<int32_t> seen(shop->machines, N);
        for (int p = 0; p < N; ++p) {
            const int x = order[p], m = shop->machine[taken[x]];
            if (place[x] != p || head[x] != earliest(x) || mp[x] != seen[m]) return false;
            if (jp[x] < N && place[jp[x]] > p) return false;
            if (size[x] != shop->duration[taken[x]]) return false;
            seen[m] = x;
        }
        for (int j = 0; j < shop->jobs; ++j) {
            const int x = shop->first[j + 1] - 1;
            sum += costs->exact(j, head[x] + size[x]);
        }
        return sum == total;
    }

private:
    const Costs* costs = nullptr;
    Random random;
    std::vector<int64_t> head;
    std::vector<int32_t> kept, touched;
    std::vector<uint8_t> dirty, mark;
    std::vector<int64_t> cost;
    std::vector<double> value, worse;
    int64_t total = 0;
    double soft_total = 0, temperature = 0, cooling = 1, limit = 0, level = 0.2;
    int64_t length = 0, step_of_cycle = 0, old_record = std::numeric_limits<int64_t>::max();
    bool pending = false, loaded = false;

    // What the last move changed.
    struct Change {
        int32_t job;
        int64_t cost;
        double value;
    };
    std::vector<std::pair<int32_t, int64_t>> old_head;
    std::vector<Change> changed;
    int32_t old_alternative = 0, old_behind = 0, low = 0, high = -1;

    int64_t earliest(int x) const {
        const int64_t by_job = jp[x] < N ? head[jp[x]] + size[jp[x]] : shop->release[shop->job[x]];
        return std::max(by_job, mp[x] < N ? head[mp[x]] + size[mp[x]] : 0);
    }

    // Copies the best plan only when it is about to be left.
    void settle() {
        if (!pending) return;
        best.taken.assign(taken.begin(), taken.end()), best.order.assign(order.begin(), order.begin() + N);
        best.makespan = record, pending = false;
    }

    // ---- temperature -----------------------------------------------------------------------------------------------------

    // Temperatures are shares of a small worsening of random moves (the lower fifth): large ones grow with the shop, as
    // a move delays all that comes after it, and say nothing of what separates good plans.
    void heat() {
        worse.clear();
        limit = std::numeric_limits<double>::infinity();
        for (int k = 0; k < 600 && worse.size() < 200; ++k) {
            Move move;
            if (!propose(move)) continue;
            const double delta = apply(move);
            undo(move);
            if (delta > 0) worse.push_back(delta);
        }
        double small = 1;
        if (!worse.empty()) {
            const auto fifth = worse.begin() + static_cast<int64_t>(worse.size() / 5);
            std::nth_element(worse.begin(), fifth, worse.end());
            small = *fifth;
        }
        static constexpr double kHeat[4] = {1, 0.4, 1, 2.5};
        temperature = small * hottest * level * kHeat[cycles % 4];
        const double last = std::max(temperature * coldest, 0.02);
        cooling = std::exp(std::log(std::min(1.0, last / temperature)) / (static_cast<double>(length) / 256));
    }

    // The next cooling begins cooler if this one did not find back to the best plan, hotter if it never left it.
    void rest() {
        settle();
        step_of_cycle = 0, ++cycles;
        if (record == old_record) level = total > record ? std::max(0.02, level * 0.75) : std::min(8.0, level * 1.5);
        old_record = record;
        if (cycles % 3 == 0) length = length + length / 2;
        if (random.below(3) && !best.order.empty() && total > record) {
            const Plan again = best;
            load(again);
        }
    }

    // ---- moves -----------------------------------------------------------------------------------------------------------

    struct Move {
        int32_t v = -1, alternative = -1, behind = -1;  // put v behind this operation (N: first) on the alternative's machine
    };

    void step() {
        Move move;
        if (!propose(move)) return;
        // Drawn before the move is valued, so that its valuation can end early.
        limit = -temperature * std::log(1 - random.real());
        const double delta = apply(move);
        if (delta <= limit) {
            if (total < record) {
                record = total, pending = true;
            } else if (pending) {
                // The move leaves the best plan: save it as it was.
                undo(move), settle();
                limit = std::numeric_limits<double>::infinity();
                apply(move);
            }
            return;
        }
        undo(move);
    }

    int costly() {
        for (int k = 0; k < 12; ++k) {
            const int j = random.below(shop->jobs);
            if (value[j] > 0 && end_of(j) > costs->soonest[j]) return j;
        }
        int chosen = -1;
        uint32_t count = 0;
        for (int j = 0; j < shop->jobs; ++j)
            if (value[j] > 0 && end_of(j) > costs->soonest[j] && random.below(++count) == 0) chosen = j;
        return chosen;
    }

    int64_t end_of(int j) const {
        const int x = shop->first[j + 1] - 1;
        return head[x] + size[x];
    }

    // A random place on the critical path of a costly job: a machine's arc to be turned, or an operation to be moved.
    // Now and then any operation, so that every plan can be reached.
    bool propose(Move& move) {
        if (random.below(24) == 0) {
            const int v = random.below(N);
            const bool choices = shop->choice[v + 1] - shop->choice[v] > 1;
            if (choices && (random.next() >> 63)) return assign(v, move);
            return mp[v] < N && turn(v, move);
        }
        const int j = costly();
        if (j < 0) return false;
        int x = shop->first[j + 1] - 1, arc = -1, choice = -1;
        uint32_t arcs = 0, choices = 0;
        for (;;) {
            const int a = jp[x], b = mp[x];
            const bool by_machine = b < N && head[b] + size[b] == head[x];
            const bool by_job = a < N && head[a] + size[a] == head[x];
            if (by_machine && random.below(++arcs) == 0) arc = x;
            if (shop->choice[x + 1] - shop->choice[x] > 1 && random.below(++choices) == 0) choice = x;
            if (!by_machine && !by_job) break;
            x = by_machine && (!by_job || (random.next() >> 63)) ? b : a;
        }
        if (choice >= 0 && (arc < 0 || random.below(100) < 45)) return assign(choice, move);
        if (arc < 0) return false;
        return turn(arc, move);
    }

    // The operation before v on its critical arc goes behind it, or v before it: one step, or several within the machine.
    bool turn(int v, Move& move) {
        const int u = mp[v];
        uint32_t far = 0;
        while (far < 8 && random.below(3) == 0) ++far;
        if (random.next() >> 63) {
            int w = u;
            while (far-- && mp[w] < N && early(v, mp[w])) w = mp[w];
            if (!early(v, w)) return false;
            move = {v, taken[v], mp[w]};
        } else {
            int w = v;
            while (far-- && ms[w] < N && late(u, ms[w])) w = ms[w];
            if (!late(u, w)) return false;
            move = {u, taken[u], w};
        }
        return true;
    }

    // Whether v may stand before w: w leads to no predecessor of v if it ends after v's job predecessor begins.
    bool early(int v, int w) const {
        const int a = jp[v];
        return a >= N || (w != a && head[w] + size[w] > head[a]);
    }
    // Whether v may stand behind w: v's job successor does not lead to w if w begins before it ends.
    bool late(int v, int w) const {
        const int b = js[v];
        return b >= N || (w != b && head[w] < head[b] + size[b]);
    }

    // Puts v on one of its machines, near where it could start.
    bool assign(int v, Move& move) {
        const int from = shop->choice[v], count = shop->choice[v + 1] - from;
        const int64_t ready = jp[v] < N ? head[jp[v]] + size[jp[v]] : shop->release[shop->job[v]];
        if (random.below(100) < 40) {
            int64_t soonest = std::numeric_limits<int64_t>::max();
            for (int i = from; i < from + count; ++i) {
                const int a = natural(v, shop->machine[i], ready);
                const int64_t end = std::max(ready, a < N ? head[a] + size[a] : 0) + shop->duration[i];
                if (i != taken[v] && end < soonest) soonest = end, move = {v, i, a};
            }
        } else {
            int i = from + random.below(count - 1);
            i += i >= taken[v];
            move = {v, i, natural(v, shop->machine[i], ready)};
        }
        // Now and then a few places earlier or later.
        const uint32_t shift = random.below(4);
        const int m = shop->machine[move.alternative];
        if (shift == 0) {
            uint32_t far = 1 + random.below(3);
            while (far-- && move.behind < N && early(v, move.behind)) move.behind = mp[move.behind];
        } else if (shift == 1) {
            uint32_t far = 1 + random.below(2);
            while (far--) {
                const int b = move.behind < N ? ms[move.behind] : front[m];
                if (b >= N || !late(v, b)) break;
                move.behind = b;
            }
        }
        const int b = move.behind < N ? ms[move.behind] : front[m];
        return (b >= N || early(v, b)) && (move.behind >= N || late(v, move.behind));
    }

    // The operation of machine m behind which v, ready at a moment, belongs; v is not on m.
    int natural(int v, int m, int64_t ready) const {
        int a = back[m];
        while (a < N && (2 * head[a] + size[a] > 2 * ready) && early(v, a)) a = mp[a];
        while (a < N && !late(v, a)) a = mp[a];
        return a;
    }

    // ---- doing and undoing -----------------------------------------------------------------------------------------------

    // Makes a move; returns by how much the soft cost grows.
    double apply(const Move& move) {
        const int v = move.v, follower = ms[v];
        old_alternative = taken[v], old_behind = mp[v];
        unlink(v);
        taken[v] = move.alternative, size[v] = shop->duration[move.alternative];
        link(v, move.behind);
        reorder(v);
        old_head.clear(), changed.clear();
        return propagate(v, follower);
    }

    void undo(const Move& move) {
        const int v = move.v;
        unlink(v);
        taken[v] = old_alternative, size[v] = shop->duration[old_alternative];
        link(v, old_behind);
        for (int p = low; p <= high; ++p) place[order[p] = kept[p - low]] = p;
        for (const auto& [x, h] : old_head) head[x] = h;
        for (const Change& c : changed) {
            total += c.cost - cost[c.job], soft_total += c.value - value[c.job];
            cost[c.job] = c.cost, value[c.job] = c.value;
        }
    }

    // Heads from v on, and of what stood behind it; only what changes is followed. Once no head that may still fall is left,
    // costs only grow: beyond the limit the rest need not be known, as the move will be taken back.
    double propagate(int v, int follower) {
        int open = 0, falling = 0, at = place[v];
        touched.clear();
        auto touch = [&](int x, uint8_t how) {
            if (x >= N || dirty[x] >= how) return;
            if (!dirty[x]) touched.push_back(x), ++open;
            falling += how == 2;
            dirty[x] = how;
        };
        for (int x : {v, ms[v], js[v], follower}) {
            touch(x, 2);
            if (x < N) at = std::min(at, place[x]);
        }
        double delta = 0;
        for (int p = at; open; ++p) {
            const int x = order[p];
            if (!dirty[x]) continue;
            falling -= dirty[x] == 2, --open;
            dirty[x] = 0;
            const int64_t h = earliest(x);
            if (h == head[x] && x != v) continue;
            const uint8_t how = h > head[x] && x != v ? 1 : 2;
            old_head.emplace_back(x, head[x]);
            head[x] = h;
            touch(ms[x], how);
            if (js[x] < N) {
                touch(js[x], how);
                continue;
            }
            const int j = shop->job[x];
            const int64_t now = costs->exact(j, h + size[x]);
            const double soft = costs->soft(j, h + size[x]);
            if (now == cost[j] && soft == value[j]) continue;
            changed.push_back({j, cost[j], value[j]});
            total += now - cost[j], delta += soft - value[j];
            cost[j] = now, value[j] = soft;
            if (!falling && delta > limit) {
                for (int y : touched) dirty[y] = 0;
                break;
            }
        }
        soft_total += delta;
        return delta;
    }

    // Puts v where its new neighbours ask for it; what lies between is split into what must precede v and the rest. The
    // segment as it was stays in `kept`.
    void reorder(int v) {
        const int a = mp[v], b = ms[v], now = place[v];
        low = high = now, kept[0] = v;
        if (b < N && place[b] < now) {
            backward(v, b, jp[v], now);
        } else if (a < N && place[a] > now) {
            forward(v, a, js[v], now);
        }
    }

    // The segment from b to v: first what leads to `before`, then v, then the rest.
    void backward(int v, int b, int before, int now) {
        low = place[b];
        std::copy(order.begin() + low, order.begin() + high + 1, kept.begin());
        int count = high - low, ahead = 0;
        if (before < N && place[before] >= low) mark[before] = 1;
        for (int p = high - 1; p >= low; --p) {
            const int x = order[p];
            if ((js[x] < N && x != v && mark[js[x]]) || (ms[x] < N && ms[x] != v && mark[ms[x]])) mark[x] = 1;
            ahead += mark[x];
        }
        int first = low, rest = low + ahead + 1;
        for (int i = 0; i < count; ++i) {
            const int x = kept[i];
            if (mark[x]) {
                mark[x] = 0;
                place[order[first] = x] = first, ++first;
            } else {
                place[order[rest] = x] = rest, ++rest;
            }
        }
        place[order[first] = v] = first;
    }

    // The segment from v to a: first what `after` does not lead to, then v, then the rest.
    void forward(int v, int a, int after, int now) {
        high = place[a];
        std::copy(order.begin() + low, order.begin() + high + 1, kept.begin());
        int behind = 0;
        if (after < N && place[after] <= high) mark[after] = 1;
        for (int p = low + 1; p <= high; ++p) {
            const int x = order[p];
            if ((jp[x] < N && mark[jp[x]]) || (mp[x] < N && mp[x] != v && mark[mp[x]])) mark[x] = 1;
            behind += mark[x];
        }
        int first = low, rest = high - behind + 1;
        for (int i = 1; i <= high - low; ++i) {
            const int x = kept[i];
            if (mark[x]) {
                mark[x] = 0;
                place[order[rest] = x] = rest, ++rest;
            } else {
                place[order[first] = x] = first, ++first;
            }
        }
        place[order[first] = v] = first;
    }
};

}  // namespace zg::jobshop
