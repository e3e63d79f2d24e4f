// The symmetric travelling salesman: 2-opt and Or-opt with neighbour lists and a work list, kicked by segment swaps
// within a small stretch of the tour (a local double bridge), accepted as in annealing. Whatever a rejected kick did is
// undone from a log, so that a trial costs what it touches and not the length of the tour.
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "routing/problem.hpp"

namespace zg::routing {

template <class Rng, uint64_t (*draw)(Rng*)>
class Tour {
public:
    int64_t iterations = 0, best_cost = 0;
    std::vector<int> best;  // nodes 0 … n, n being the depot, in the order of the tour

    Tour(const Problem& problem, Rng generator, double first_heat, double last_heat)
        : p(problem), rng(generator), N(problem.n + 1), hot(first_heat), cold(last_heat) {
        find_near();
        tour.resize(N), at.resize(N), waiting.assign(N, 0);
        queue.reserve(N), log.reserve(1024);
        nearest_neighbour();
        settle();
        for (int c : tour) enlist(c);
        descend();
        log.clear();
        keep();
    }

    // Takes a tour over if it is better than the current one; `order` holds every client once.
    void inject(const std::vector<int>& order) {
        std::vector<int> own = tour;
        const int64_t before = cost;
        std::copy(order.begin(), order.end(), tour.begin());
        tour[N - 1] = p.n;
        settle();
        if (cost >= before) {
            tour = own;
            settle();
        }
        if (cost < best_cost) keep();
    }

    // `count` kicks at this share of the schedule (0 begins, 1 ends).
    void anneal(int count, double progress) {
        if (N < 8) {
            iterations += count;
            return;
        }
        const double mean = double(best_cost) / N;
        const double heat = mean * hot * std::pow(cold / hot, std::min(1.0, progress));
        for (int k = 0; k < count; ++k, ++iterations) {
            const int64_t before = cost;
            kick();
            descend();
            if (cost > before && cost - before >= -heat * std::log(1 - real())) {
                undo();
                cost = before;
            } else if (cost < best_cost) {
                keep();
            }
            log.clear();
        }
    }

private:
    static constexpr int NEAR = 10;     // neighbours of a node
    static constexpr int SCANNED = 4000;  // nodes up to which all are looked at
    static constexpr int STRETCH = 50;  // a kick swaps two segments of up to so many nodes
    const Problem& p;
    Rng rng;
    const int N;
    const double hot, cold;  // temperatures in mean lengths of an edge
    int width = 0;           // neighbours of every node, NEAR or fewer
    std::vector<int32_t> near, near_length;
    std::vector<int> tour, at;
    std::vector<int> queue;
    std::vector<uint8_t> waiting;
    std::vector<std::pair<int, int>> log;  // (place, node that was there) since the last accepted kick
    int64_t cost = 0;

    int d(int a, int b) const { return p.d(0, a, b); }
    int next(int c) const { return tour[at[c] + 1 == N ? 0 : at[c] + 1]; }
    int previous(int c) const { return tour[at[c] == 0 ? N - 1 : at[c] - 1]; }
    int below(int limit) { return int(((draw(&rng) >> 32) * uint64_t(limit)) >> 32); }
    double real() { return double(draw(&rng) >> 11) * 0x1.0p-53; }

    // The nearest nodes, and the nearest ones of every quadrant: those alone lead out of a cluster.
    void find_near() {
        width = std::min(NEAR, N - 1);
        near.resize(size_t(N) * width), near_length.resize(near.size());
        std::vector<std::pair<int32_t, int>> some, chosen;
        for (int c = 0; c < N; ++c) {
            some.clear(), chosen.clear();
            if (c == p.n || N <= SCANNED || p.near_count < width) {
                for (int o = 0; o < N; ++o)
                    if (o != c) some.push_back({d(c, o), o});
            } else {
                for (int k = 0; k < p.near_count; ++k) {
                    const int o = p.near[size_t(c) * p.near_count + k];
                    some.push_back({d(c, o), o});
                }
                some.push_back({d(c, p.n), p.n});
            }
            std::partial_sort(some.begin(), some.begin() + width, some.end());
            const int plain = std::max(0, width - 4);
            chosen.assign(some.begin(), some.begin() + plain);
            int nearest[4] = {-1, -1, -1, -1};
            for (int k = plain; k < int(some.size()); ++k) {
                int& found = nearest[quadrant(c, some[k].second)];
                if (found < 0 || some[k] < some[found]) found = k;
            }
            for (const int k : nearest)
                if (k >= 0) chosen.push_back(some[k]);
            for (int k = plain; int(chosen.size()) < width; ++k)
                if (k != nearest[quadrant(c, some[k].second)]) chosen.push_back(some[k]);
            std::sort(chosen.begin(), chosen.end());
            for (int k = 0; k < width; ++k) {
                near_length[size_t(c) * width + k] = chosen[k].first;
                near[size_t(c) * width + k] = chosen[k].second;
            }
        }
    }
    int quadrant(int a, int b) const { return 2 * (p.x[b] >= p.x[a]) + (p.y[b] >= p.y[a]); }

    // The nearest unvisited of the listed neighbours; where all are visited, of all nodes.
    void nearest_neighbour() {
        std::vector<int> left(N), place(N);
        for (int c = 0; c < N; ++c) left[c] = place[c] = c;
        int c = p.n;
        for (int k = 0;; ++k) {
            tour[k] = c;
            const int hole = place[c];
            left[hole] = left.back(), place[left[hole]] = hole, place[c] = -1;
            left.pop_back();
            if (left.empty()) return;
            int chosen = -1;
            for (int i = 0; i < width && chosen < 0; ++i) {
                const int o = near[size_t(c) * width + i];
                if (place[o] >= 0) chosen = o;
            }
            if (chosen < 0)
                chosen = *std::min_element(left.begin(), left.end(), [&](int a, int b) { return d(c, a) < d(c, b); });
            c = chosen;
        }
    }

    void settle() {
        cost = d(tour[N - 1], tour[0]);
        for (int i = 0; i < N; ++i) {
            at[tour[i]] = i;
            if (i) cost += d(tour[i - 1], tour[i]);
        }
    }
    void keep() { best_cost = cost, best = tour; }

    void enlist(int c) {
        if (!waiting[c]) waiting[c] = 1, queue.push_back(c);
    }

    int wrap(int i) const { return i < 0 ? i + N : i >= N ? i - N : i; }
    void put(int i, int c) {
        log.push_back({i, tour[i]});
        tour[i] = c, at[c] = i;
    }
    void undo() {
        for (auto entry = log.rbegin(); entry != log.rend(); ++entry)
            tour[entry->first] = entry->second, at[entry->second] = entry->first;
    }

    // Reverses the places i … j of the circle, or the rest where that is shorter.
    void reverse(int i, int j) {
        int inside = wrap(j - i) + 1;
        if (2 * inside > N) {
            const int k = i;
            i = wrap(j + 1), j = wrap(k - 1);
            inside = N - inside;
        }
        for (int swaps = inside / 2; swaps-- > 0; i = wrap(i + 1), j = wrap(j - 1)) {
            const int a = tour[i], b = tour[j];
            put(i, b), put(j, a);
        }
    }

    void descend() {
        while (!queue.empty()) {
            const int c = queue.back();
            queue.pop_back();
            waiting[c] = 0;
            while (improve(c)) {
            }
        }
    }

    bool improve(int c) { return two_opt(c) || or_opt(c, true) || or_opt(c, false); }

    // Replace the edge behind or before c by one to a neighbour.
    bool two_opt(int c) {
        const int32_t* const list = &near[size_t(c) * width];
        const int32_t* const length = &near_length[size_t(c) * width];
        const int after = next(c), before = previous(c);
        const int to_after = d(c, after), to_before = d(c, before);
        const int farthest = std::max(to_after, to_before);
        for (int k = 0; k < width && length[k] < farthest; ++k) {
            const int o = list[k];
            if (length[k] < to_after) {
                const int beyond = next(o);
                const int gain = to_after + d(o, beyond) - length[k] - d(after, beyond);
                if (gain > 0 && o != after) {
                    reverse(at[after], at[o]);
                    return changed(gain, c, after, o, beyond);
                }
            }
            if (length[k] < to_before) {
                const int beyond = previous(o);
                const int gain = to_before + d(o, beyond) - length[k] - d(before, beyond);
                if (gain > 0 && o != before) {
                    reverse(at[c], at[beyond]);
                    return changed(gain, c, before, o, beyond);
                }
            }
        }
        return false;
    }

    // Move up to three nodes, c first and the others behind (forward) or before it, so that c touches a neighbour.
    bool or_opt(int c, bool forward) {
        const int32_t* const list = &near[size_t(c) * width];
        const int32_t* const length = &near_length[size_t(c) * width];
        const int outer = forward ? previous(c) : next(c);  // c leaves it
        const int leave = d(outer, c);
        int last = c;
        for (int size = 1; size <= 3 && size < N - 3; ++size, last = forward ? next(last) : previous(last)) {
            const int inner = forward ? next(last) : previous(last);
            if (inner == outer) return false;
            const int saved = leave + d(last, inner) - d(outer, inner);
            if (saved <= 0) continue;
            for (int k = 0; k < width && length[k] < saved; ++k) {
                const int o = list[k];
                int behind = at[o] - at[c];
                if (!forward) behind = -behind;
                if (behind < 0) behind += N;
                if (behind < size) continue;  // within the segment
                for (const int e : {next(o), previous(o)}) {
                    // Between o and e: c at o's side, `last` at e's; the gap that the segment leaves is no place.
                    if (e == c || e == last) continue;
                    const int gain = saved + d(o, e) - length[k] - d(last, e);
                    if (gain <= 0) continue;
                    shift(c, forward, size, o, e);
                    enlist(outer), enlist(inner);
                    return changed(gain, c, last, o, e);
                }
            }
        }
        return false;
    }

    // Takes `size` nodes, c and those behind (forward) or before it, out and puts them between o and e, c beside o.
    // The nodes on the shorter way from there to here make room.
    void shift(int c, bool forward, int size, int o, int e) {
        int part[3], low = at[c], high = at[c];
        for (int k = 0; k < size; ++k) part[k] = tour[wrap(forward ? low + k : high - k)];
        (forward ? high : low) = at[part[size - 1]];
        const bool first = next(o) == e;  // the tour runs from o to e, so c comes first
        const int left = at[first ? o : e], right = at[first ? e : o];
        const int behind = wrap(left - high), before = wrap(low - right);
        int to;
        if (behind <= before) {
            for (int k = 0; k < behind; ++k) put(wrap(low + k), tour[wrap(high + 1 + k)]);
            to = wrap(low + behind);
        } else {
            for (int k = 0; k < before; ++k) put(wrap(high - k), tour[wrap(low - 1 - k)]);
            to = right;
        }
        for (int k = 0; k < size; ++k) put(wrap(to + k), part[first ? k : size - 1 - k]);
    }

    bool changed(int gain, int a, int b, int e, int f) {
        cost -= gain;
        enlist(a), enlist(b), enlist(e), enlist(f);
        return true;
    }

    // Two segments that follow each other change places.
    void kick() {
        const int longest = std::min(STRETCH, (N - 2) / 2);
        const int first = 1 + below(longest), second = 1 + below(longest), start = below(N);
        int moved[STRETCH];
        for (int k = 0; k < first; ++k) moved[k] = tour[wrap(start + 1 + k)];
        const int a = tour[start], b = moved[0], c = moved[first - 1];
        const int e = tour[wrap(start + 1 + first)], f = tour[wrap(start + first + second)];
        const int g = tour[wrap(start + 1 + first + second)];
        for (int k = 0; k < second; ++k) put(wrap(start + 1 + k), tour[wrap(start + 1 + first + k)]);
        for (int k = 0; k < first; ++k) put(wrap(start + 1 + second + k), moved[k]);
        cost += d(a, e) + d(f, b) + d(c, g) - d(a, b) - d(c, e) - d(f, g);
        for (const int node : {a, b, c, e, f, g}) enlist(node);
    }
};

}  // namespace zg::routing
