// Greedy search over graphs: the edge to add, remove or turn round that gains most, again and again.
//
// It needs the scores next to the graph alone, d^2 of them, where the search over orders needs whole
// lists of parent sets: a first graph comes long before the lists do. At a local optimum a search
// over orders looks for a better graph among the parent sets met so far, which is quick, and the
// climb goes on from there. When that fails too, all small sets of the few parents that serve a variable
// best alone are looked at, of ever more of them, and then random changes disturb the graph. From the
// first of these on, a local optimum is left also by way of small parent sets out of the variables that
// stand next to one in the graph.
#ifndef ZEROGAP_DAG_CLIMB
#define ZEROGAP_DAG_CLIMB
#include <memory>

#include "dag/counts.hpp"
#include "dag/seen.hpp"
#include "shared/rng.hpp"

namespace zg::dag {

class Climb {
  public:
    std::vector<std::vector<int>> parents, best_parents;
    double best = std::numeric_limits<double>::infinity();
    int64_t iterations = 0, moves = 0, evaluations = 0;

    // allowed[i*d+j]: i may be a parent of j; before: transitively closed precedences; a required
    // edge stays.
    void init(const Counted& c, const uint8_t* allowed_, const uint8_t* required_,
              const uint8_t* before_, int most_parents, uint64_t seed) {
        data = &c;
        counter.reset(new Counter(c));
        d = c.d;
        words = (d + 63) / 64;
        most = most_parents;
        const size_t all = (size_t)d * d;
        allowed.assign(allowed_, allowed_ + all);
        required.assign(required_, required_ + all);
        before.assign(before_, before_ + all);
        random.seed(seed);
        parents.assign(d, {});
        for (int j = 0; j < d; ++j)
            for (int i = 0; i < d; ++i)
                if (required[at(i, j)]) parents[j].push_back(i);
        with.assign(all, NAN);
        own.assign(d, 0.0);
        alone.assign(all, NAN);
        plain.assign(d, 1);
        near.assign(d, {});
        known.assign(d, {});
        move_of.assign(d, Move());
        saved.assign(d, 0);
        changed.clear();
        levels.resize(LARGEST + 1);
        children.assign(d, {});
        above.assign((size_t)d * words, 0);
        for (int j = 0; j < d; ++j) own[j] = score(j, -1, -1);
        ancestors();
        cursor = 0;
        stage = CLIMBING;
        seen.init(d, required);
        for (int j = 0; j < d; ++j) seen.add(j, own[j], parents[j], -1, -1);
    }

    // Work until a limit; an iteration is a disturbance, or new sets, and the
    // climb after it.
    void run(double seconds, int64_t count) {
        const double deadline = now() + seconds;
        const int64_t last = count < 0 ? INT64_MAX : iterations + count;
        while (true) {
            if (!improve(deadline)) return;
            if (stage != DONE) finish();
            if (iterations >= last || now() >= deadline || d < 2) return;
            ++iterations;
            if (wide < std::min(d - 1, WIDEST)) {
                narrow = wide;
                wide = std::min({d - 1, WIDEST, wide + WIDER});
                stage = EXPANDING;
            } else {
                disturb();
            }
        }
    }

    // Whether the last iteration has come to its end.
    bool rested() const { return stage == DONE; }

  private:
    enum Kind { NOTHING, ADD, REMOVE, TURN };
    struct Move {
        double gain = 0;  // change of the cost
        Kind kind = NOTHING;
        int i = -1;
    };
    const Counted* data = nullptr;
    std::unique_ptr<Counter> counter;
    Random random;
    int d = 0, words = 0, most = 0, cursor = 0;
    static constexpr int WIDER = 8, WIDEST = 32, LARGEST = 3, NEAR = 12;
    enum Stage { EXPANDING, CLIMBING, SURROUNDING, WALKING, DONE } stage = CLIMBING;
    SeenSets seen;
    std::vector<int> base, ranked;
    std::vector<double> alone;       // alone[j*d+i]: cost of j with i beside what is required
    std::vector<Partition> levels;
    int narrow = 0, wide = 0;
    std::vector<int> order;          // one that fits the graph
    std::vector<std::vector<int>> other;
    std::vector<uint8_t> allowed, required, before, saved, plain;
    std::vector<std::vector<int>> near, known;  // variables next to j, now and when last looked at
    bool moved = true;               // whether the graph changed since
    // with[j*d+i]: cost of j with i added to its parents, or removed if it is one; NAN if not known.
    std::vector<double> with, own;
    std::vector<Move> move_of;       // best change of the parents of j
    std::vector<uint64_t> above;     // ancestors of every variable, precedences among them
    std::vector<int> wait, free;
    std::vector<std::vector<int>> children;
    Partition p, q;
    int split = -1;                  // the variable whose parents `p` is about
    struct Kept {
        int j;
        double own;
        std::vector<int> parents;
        std::vector<double> with;
    };
    std::vector<Kept> changed;       // what differs from the last local optimum kept

    size_t at(int i, int j) const { return (size_t)i * d + j; }
    bool over(int i, int j) const { return above[(size_t)j * words + i / 64] >> (i % 64) & 1; }
    double total() const {
        double f = 0;
        for (double c : own) f += c;
        return f;
    }
    double tiny() const { return 1e-11 * std::max(1.0, std::abs(best < 1e300 ? best : total())); }

    // Cost of j with i added (-1: none) or `without` left out.
    double score(int j, int i, int without) {
        ++evaluations;
        if (without >= 0) {
            split = -1;
            counter->whole(p);
            for (int k : parents[j]) {
                if (k == without) continue;
                counter->refine(p, k, q);
                std::swap(p, q);
            }
            return counter->cost(j, p, -1);
        }
        if (split != j) {
            counter->whole(p);
            for (int k : parents[j]) {
                counter->refine(p, k, q);
                std::swap(p, q);
            }
            split = j;
        }
        return counter->cost(j, p, i);
    }

    bool has(int i, int j) const {
        return std::binary_search(parents[j].begin(), parents[j].end(), i);
    }

    // Change of the cost of j when i joins its parents, or leaves them.
    double change(int i, int j) {
        double& value = with[at(j, i)];
        if (std::isnan(value)) {
            const bool there = has(i, j);
            value = there ? score(j, -1, i) : score(j, i, -1);
            if (!there && plain[j]) alone[at(j, i)] = value;
            // A set that costs more than what is there already serves no order better.
            if (there || value < own[j]) seen.add(j, value, parents[j], there ? -1 : i, there ? i : -1);
        }
        return value - own[j];
    }

    bool may(int i, int j) const { return allowed[at(i, j)] && !before[at(j, i)]; }

    // Whether i still precedes j when the edge i -> j is taken away.
    bool otherwise(int i, int j) const {
        if (before[at(i, j)]) return true;
        for (int k : parents[j])
            if (k != i && (over(i, k) || before[at(i, k)])) return true;
        // Precedences count as edges: any k between them that must stand before j.
        for (int k = 0; k < d; ++k)
            if (before[at(k, j)] && k != i && over(i, k)) return true;
        return false;
    }

    void ancestors() {
        std::fill(above.begin(), above.end(), 0);
        wait.assign(d, 0);
        for (auto& list : children) list.clear();
        order.clear();
        for (int j = 0; j < d; ++j) {
            for (int i = 0; i < d; ++i)
                if (before[at(i, j)] && !has(i, j)) { ++wait[j]; children[i].push_back(j); }
            for (int i : parents[j]) { ++wait[j]; children[i].push_back(j); }
            if (!wait[j]) free.push_back(j);
        }
        while (!free.empty()) {
            const int i = free.back();
            free.pop_back();
            order.push_back(i);
            for (int j : children[i]) {
                for (int w = 0; w < words; ++w)
                    above[(size_t)j * words + w] |= above[(size_t)i * words + w];
                above[(size_t)j * words + i / 64] |= 1ULL << (i % 64);
                if (!--wait[j]) free.push_back(j);
            }
        }
    }

    Move best_of(int j) {
        Move found;
        if ((int)parents[j].size() < most)
            for (int i = 0; i < d; ++i) {
                if (i == j || has(i, j) || !may(i, j) || over(j, i)) continue;
                const double gain = change(i, j);
                if (gain < found.gain) found = {gain, ADD, i};
            }
        for (int i : parents[j]) {
            if (required[at(i, j)]) continue;
            const double gain = change(i, j);
            if (gain < found.gain) found = {gain, REMOVE, i};
            if ((int)parents[i].size() >= most || !may(j, i) || otherwise(i, j)) continue;
            const double turned = gain + change(j, i);
            if (turned < found.gain) found = {turned, TURN, i};
        }
        return found;
    }

    void forget(int j) {
        for (int i = 0; i < d; ++i) with[at(j, i)] = NAN;
        if (split == j) split = -1;
        moved = true;
        own[j] = score(j, -1, -1);
    }

    void keep(int j) {
        if (saved[j]) return;
        saved[j] = 1;
        changed.push_back({j, own[j], parents[j],
                           std::vector<double>(with.begin() + at(j, 0), with.begin() + at(j, 0) + d)});
    }

    void insert(int i, int j) {
        keep(j);
        plain[j] = 0;
        parents[j].insert(std::lower_bound(parents[j].begin(), parents[j].end(), i), i);
        forget(j);
    }
    void erase(int i, int j) {
        keep(j);
        parents[j].erase(std::find(parents[j].begin(), parents[j].end(), i));
        forget(j);
    }

    void apply(const Move& m, int j) {
        ++moves;
        if (m.kind != ADD) erase(m.i, j);
        if (m.kind == ADD) insert(m.i, j);
        if (m.kind == TURN) insert(j, m.i);
        ancestors();
    }

    // Climb to a graph that neither single edges nor another order of known sets improve; false
    // if the time was over before.
    bool improve(double deadline) {
        while (stage != DONE) {
            if (stage != WALKING) {
                if (!(stage == CLIMBING   ? climb(deadline)
                      : stage == EXPANDING ? expand(deadline)
                                           : surround(deadline)))
                    return false;
                note();
                if (d < 3) return true;
                seen.begin(before.data(), order.data(), random.next());
                stage = WALKING;
            }
            seen.walk.run(deadline - now(), 2 * d - seen.walk.iterations);
            if (seen.walk.iterations < 2 * d || !seen.walk.rested()) return false;
            if (!(seen.walk.best < total() - tiny())) {
                if (!iterations || !moved) return true;
                moved = false;
                stage = SURROUNDING;
                continue;
            }
            seen.chosen(other);
            for (int j = 0; j < d; ++j)
                if (other[j] != parents[j]) {
                    keep(j);
                    parents[j] = other[j];
                    plain[j] = 0;
                    forget(j);
                }
            ancestors();
            stage = CLIMBING;
        }
        return true;
    }

    // Sets of the `wide` candidates that serve best alone, those of the `narrow` first of them left
    // out; false if the time was over before.
    bool expand(double deadline) {
        for (; cursor < d; ++cursor) {
            if (now() >= deadline) return false;
            const int j = cursor;
            base.clear();
            ranked.clear();
            for (int i = 0; i < d; ++i) {
                if (required[at(i, j)]) base.push_back(i);
                else if (i != j && may(i, j) && !std::isnan(alone[at(j, i)])) ranked.push_back(i);
            }
            std::stable_sort(ranked.begin(), ranked.end(), [&](int a, int b) {
                return alone[at(j, a)] < alone[at(j, b)];
            });
            if ((int)ranked.size() > wide) ranked.resize(wide);
            start(base);
            const int room = std::min(LARGEST, most - (int)base.size());
            if (room > 0) subsets(j, 0, 0, room, false, std::numeric_limits<double>::infinity());
        }
        cursor = 0;
        return true;
    }

    // Small parent sets out of the variables next to j: an edge that should point the other way hides
    // those which j would have if its children were its parents, and they count together only; false
    // if the time was over before.
    bool surround(double deadline) {
        if (!cursor) blankets();
        for (; cursor < d; ++cursor) {
            const int j = cursor;
            if (now() >= deadline) return false;
            if (near[j] == known[j]) continue;
            base.clear();
            for (int i : parents[j])
                if (required[at(i, j)]) base.push_back(i);
            const int room = std::min(LARGEST, most - (int)base.size());
            ranked = known[j] = near[j];
            if (room <= 0) continue;
            start(base);
            subsets(j, 0, 0, room, true, std::numeric_limits<double>::infinity());
        }
        cursor = 0;
        return true;
    }

    // Parents and children of every variable, then the other parents of its children.
    void blankets() {
        for (int j = 0; j < d; ++j) near[j].clear();
        const auto join = [&](int i, int j) {
            std::vector<int>& list = near[j];
            if (i == j || (int)list.size() >= NEAR || !may(i, j) || required[at(i, j)]) return;
            if (std::find(list.begin(), list.end(), i) == list.end()) list.push_back(i);
        };
        for (int j = 0; j < d; ++j)
            for (int i : parents[j]) { join(i, j); join(j, i); }
        for (int j = 0; j < d; ++j)
            for (int i : parents[j])
                for (int k : parents[j]) join(k, i);
        for (auto& list : near) std::sort(list.begin(), list.end());
    }

    void start(const std::vector<int>& set) {
        counter->whole(levels[0]);
        for (int i : set) {
            counter->refine(levels[0], i, q);
            std::swap(levels[0], q);
        }
    }

    void subsets(int j, int from, int depth, int room, bool fresh, double below) {
        for (int x = from; x < (int)ranked.size(); ++x) {
            const int i = ranked[x];
            const bool late = fresh || x >= narrow;
            double cost = below;
            if (late) {
                ++evaluations;
                cost = counter->cost(j, levels[depth], i);
                if (cost < below) seen.add(j, cost, base, i, -1);
            }
            if (depth + 1 == room) continue;
            counter->refine(levels[depth], i, levels[depth + 1]);
            base.push_back(i);
            subsets(j, x + 1, depth + 1, room, late, std::min(below, cost));
            base.pop_back();
        }
    }

    // The best change again and again; false if the time was over before.
    bool climb(double deadline) {
        while (true) {
            for (; cursor < d; ++cursor) {
                move_of[cursor] = best_of(cursor);
                if (now() >= deadline && cursor + 1 < d) { ++cursor; return false; }
            }
            cursor = 0;
            int j = 0;
            for (int k = 1; k < d; ++k)
                if (move_of[k].gain < move_of[j].gain) j = k;
            if (!(move_of[j].gain < -tiny())) return true;
            apply(move_of[j], j);
        }
    }

    void note() {
        const double f = total();
        if (f < best - tiny() || best_parents.empty()) {
            best = f;
            best_parents = parents;
        }
    }

    void finish() {
        stage = DONE;
        note();
        if (total() > best + tiny()) {
            for (Kept& k : changed) {
                own[k.j] = k.own;
                parents[k.j].swap(k.parents);
                std::copy(k.with.begin(), k.with.end(), with.begin() + at(k.j, 0));
            }
            split = -1;
            ancestors();
        }
        for (const Kept& k : changed) saved[k.j] = 0;
        changed.clear();
    }

    void disturb() {
        stage = CLIMBING;
        const int kicks = 2 + random.below(4);
        for (int k = 0, tries = 0; k < kicks && tries < 50 * kicks; ++tries) {
            const int j = random.below(d), i = random.below(d);
            if (i == j) continue;
            if (has(i, j)) {
                if (required[at(i, j)]) continue;
                const bool turn = (int)parents[i].size() < most && may(j, i) && !otherwise(i, j);
                apply({0, turn && random.below(2) ? TURN : REMOVE, i}, j);
            } else if ((int)parents[j].size() < most && may(i, j) && !over(j, i)) {
                apply({0, ADD, i}, j);
            } else {
                continue;
            }
            ++k;
        }
    }
};

}  // namespace zg::dag
#endif
