// Projects: precedences, renewable resources, modes and budgets, minimising the makespan.
//
// A genetic search over the order of tasks. A child takes a window of time from one parent and the
// rest from the other (Debels, Vanhoucke 2007), becomes a plan by serial generation, and is justified
// to the right and to the left (Valls, Ballestin, Quintanilla 2005); at every placement a task may change
// to the mode that ends first within the budgets. Use of resources is kept by unit of time, all
// resources of a moment beside each other, so that one comparison of vectors answers for all of them.
#ifndef ZEROGAP_SCHEDULING_PROJECT
#define ZEROGAP_SCHEDULING_PROJECT
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "shared/rng.hpp"

namespace zg::scheduling {

struct Arc { int task; int32_t lag; };

struct Project {
    int n = 0, modes = 0, width = 4, budgets = 0;  // width: resources, filled up to a multiple of 4
    int32_t longest = 0;                           // no plan that is generated ends later
    std::vector<int> first_mode;
    std::vector<int32_t> duration, need, spend;    // modes; modes x width; modes x budgets
    std::vector<int32_t> capacity;                 // width
    std::vector<int64_t> budget;
    std::vector<int32_t> release;
    std::vector<int> first_before, first_after;
    std::vector<Arc> before, after;                // predecessors and successors of every task
    std::vector<int> place, at;                    // in a topological order; and the task of a place

    // Arcs a -> b; false if they form a circle.
    bool link(const int* a, const int* b, const int32_t* lag, int arcs) {
        first_before.assign(n + 1, 0); first_after.assign(n + 1, 0);
        for (int i = 0; i < arcs; ++i) { ++first_before[b[i] + 1]; ++first_after[a[i] + 1]; }
        for (int t = 0; t < n; ++t) { first_before[t + 1] += first_before[t]; first_after[t + 1] += first_after[t]; }
        before.resize(arcs); after.resize(arcs);
        std::vector<int> x = first_before, y = first_after;
        for (int i = 0; i < arcs; ++i) { before[x[b[i]]++] = {a[i], lag[i]}; after[y[a[i]]++] = {b[i], lag[i]}; }
        std::vector<int> left(n), order;
        place.assign(n, 0);
        for (int t = 0; t < n; ++t) if ((left[t] = first_before[t + 1] - first_before[t]) == 0) order.push_back(t);
        for (size_t i = 0; i < order.size(); ++i) {
            place[order[i]] = (int)i;
            for (int k = first_after[order[i]]; k < first_after[order[i] + 1]; ++k)
                if (--left[after[k].task] == 0) order.push_back(after[k].task);
        }
        at = order;
        return (int)order.size() == n;
    }
};

struct Member {
    std::vector<int32_t> start;
    std::vector<int> mode;  // of the instance
    int32_t span = INT32_MAX;
    int64_t over = 0;       // what the budgets are exceeded by
    int64_t weight = 0;     // sum of the ends, by which copies are known
    bool better(const Member& o) const { return over != o.over ? over < o.over : span < o.span; }
    bool same(const Member& o) const { return over == o.over && span == o.span && weight == o.weight; }
};

class ProjectSearch {
public:
    Random random;
    int64_t iterations = 0, target = 0;
    Member best;

    void attach(const Project& p, uint64_t seed, int64_t goal, int members) {
        project = &p;
        random.seed(seed);
        target = goal;
        crowd = std::max(4, members);
        people.assign(crowd, {});
        for (Member& m : people) size(m);
        size(child); size(best);
        order.resize(p.n); left.resize(p.n); heap.reserve(p.n + 1);
        keys.resize(p.n); sorted.resize(p.n);
        room.assign((size_t)(p.longest + 1) * p.width, 0);
        used.assign(p.budgets, 0);
        ends();
    }

    // One plan more; false when the target is reached.
    bool step() {
        ++iterations;
        if (filled < crowd) {
            sample(child);
            decode(child);
            note();
            std::swap(people[filled++], child);
        } else {
            breed();
            decode(child);
            note();
            settle();
        }
        return best.over != 0 || best.span > target;
    }

    // The face of `slices`: so many steps at once, and how many were made.
    bool run(int64_t moves) {
        bool more = true;
        while (more && moves-- > 0) more = step();
        return more;
    }
    int64_t made() const { return iterations; }

    void inject(const int64_t* start, const int* mode) {
        const Project& p = *project;
        for (int t = 0; t < p.n; ++t) { child.mode[t] = p.first_mode[t] + mode[t]; keys[t] = start[t]; }
        decode(child);
        note();
        if (filled < crowd) std::swap(people[filled++], child);
        else std::swap(people[worst()], child);
    }

private:
    const Project* project = nullptr;
    Member child;
    std::vector<Member> people;
    std::vector<int> order, left;
    std::vector<int64_t> keys, late;
    std::vector<uint64_t> heap, sorted;
    std::vector<int32_t> room;
    std::vector<int64_t> used;
    int crowd = 0, filled = 0;
    int64_t stale = 0;
    int32_t clean = -1;  // moments up to here are in use

    void size(Member& m) const { m.start.assign(project->n, 0); m.mode.assign(project->n, 0); }

    void note() {
        if (best.span == INT32_MAX || child.better(best)) best = child;
    }

    // Latest starts, from the shortest modes.
    void ends() {
        const Project& p = *project;
        late.assign(p.n, 0);
        for (int i = p.n - 1; i >= 0; --i) {
            const int t = p.at[i];
            int64_t tail = 0;
            for (int k = p.first_after[t]; k < p.first_after[t + 1]; ++k)
                tail = std::max(tail, p.after[k].lag - late[p.after[k].task]);
            int32_t d = INT32_MAX;
            for (int m = p.first_mode[t]; m < p.first_mode[t + 1]; ++m) d = std::min(d, p.duration[m]);
            late[t] = -(tail + d);
        }
    }

    void sample(Member& m) {
        const Project& p = *project;
        const int64_t scale = filled == 0 ? 0 : 1 + *std::max_element(p.duration.begin(), p.duration.end());
        for (int t = 0; t < p.n; ++t) {
            keys[t] = late[t] + (scale ? (int64_t)(random.real() * 3 * scale) : 0);
            const int count = p.first_mode[t + 1] - p.first_mode[t];
            m.mode[t] = p.first_mode[t];
            if (count > 1) m.mode[t] += (int)random.below((uint32_t)count);
        }
    }

    // One of the worst by lot: equally good plans replace each other, so that a plateau is wandered.
    int worst() {
        int w = 0, count = 1;
        for (int i = 1; i < crowd; ++i) {
            if (people[w].better(people[i])) { w = i; count = 1; }
            else if (!people[i].better(people[w]) && random.below((uint32_t)++count) == 0) w = i;
        }
        return w;
    }

    void breed() {
        const Project& p = *project;
        const int a = (int)random.below((uint32_t)crowd);
        int b = (int)random.below((uint32_t)(crowd - 1));
        b += b >= a;
        const Member& one = people[a];
        const Member& two = people[b];
        const bool alone = random.below(4u) == 0;
        const int32_t span = std::max(1, one.span);
        // A window of `two` within `one`.
        const int32_t wide = 1 + (int32_t)(span * (0.1 + 0.6 * random.real()));
        const int32_t from = (int32_t)random.below((uint32_t)(span + wide)) - wide, to = from + wide;
        const int64_t far = (int64_t)p.longest + 1;
        if (!alone) {
            for (int t = 0; t < p.n; ++t) {
                if (two.start[t] >= from && two.start[t] < to) {
                    keys[t] = two.start[t];
                    child.mode[t] = two.mode[t];
                } else {
                    const int64_t s = one.start[t];
                    keys[t] = s < from ? s - far : s >= to ? s + far : s;
                    child.mode[t] = one.mode[t];
                }
            }
        } else {
            for (int t = 0; t < p.n; ++t) { keys[t] = one.start[t]; child.mode[t] = one.mode[t]; }
        }
        mutate(alone, span);
    }

    void mutate(bool strong, int32_t span) {
        const Project& p = *project;
        const int changes = strong ? 2 + (int)random.below(6u) : (int)random.below(3u);
        const int64_t reach = 1 + span / (strong ? 5 : 10);
        for (int i = 0; i < changes; ++i) {
            const int t = (int)random.below((uint32_t)p.n);
            keys[t] += (int64_t)random.below((uint64_t)(2 * reach + 1)) - reach;
        }
        if (p.modes == p.n) return;
        for (int i = 0, count = (int)random.below(4u); i < count; ++i) {
            const int t = (int)random.below((uint32_t)p.n);
            child.mode[t] = p.first_mode[t] + (int)random.below((uint32_t)(p.first_mode[t + 1] - p.first_mode[t]));
        }
    }

    void settle() {
        for (int i = 0; i < crowd; ++i) if (people[i].same(child)) { ++stale; return restart(); }
        const int w = worst();
        if (!people[w].better(child)) {
            const int32_t before = people[w].span;
            stale = child.span < before || child.over < people[w].over ? 0 : stale + 1;
            std::swap(people[w], child);
        } else {
            ++stale;
        }
        restart();
    }

    // Anew with a larger population, which takes longer to settle and settles on something better.
    void restart() {
        if (stale < 60 * crowd) return;
        stale = 0;
        filled = 0;
        const size_t before = people.size();
        crowd = std::max(crowd, std::min(3 * crowd, std::min(4000, 20000000 / project->n)));
        people.resize(std::max<size_t>(before, crowd));
        for (size_t i = before; i < people.size(); ++i) size(people[i]);
    }

    // ---- a plan from keys and modes ----------------------------------------------------------------

    void decode(Member& m) {
        const Project& p = *project;
        m.over = 0;
        if (p.budgets) repair(m);
        by_keys();
        // Modes that end first crowd the resources: few tasks change, in every third plan.
        forward(m, p.modes > p.n && random.below(3u) == 0);
        by_time(m, true);
        backward(m);
        by_time(m, false);
        forward(m, false);
        m.weight = 0;
        for (int t = 0; t < p.n; ++t) m.weight += m.start[t] + p.duration[m.mode[t]];
    }

    // Tasks in the order of keys, none before those it waits for.
    void by_keys() {
        const Project& p = *project;
        const int64_t low = *std::min_element(keys.begin(), keys.end());
        heap.clear();
        auto later = [](uint64_t a, uint64_t b) { return a > b; };
        for (int t = 0; t < p.n; ++t)
            if ((left[t] = p.first_before[t + 1] - p.first_before[t]) == 0) heap.push_back(pack(keys[t] - low, t));
        std::make_heap(heap.begin(), heap.end(), later);
        for (int i = 0; i < p.n; ++i) {
            std::pop_heap(heap.begin(), heap.end(), later);
            const int t = (int)(heap.back() & 0xffffff);
            heap.pop_back();
            order[i] = t;
            for (int k = p.first_after[t]; k < p.first_after[t + 1]; ++k) {
                const int b = p.after[k].task;
                if (--left[b] == 0) {
                    heap.push_back(pack(keys[b] - low, b));
                    std::push_heap(heap.begin(), heap.end(), later);
                }
            }
        }
    }

    static uint64_t pack(int64_t key, int t) { return ((uint64_t)key << 24) | (uint64_t)t; }

    // Orders of a plan: by rising starts, or by falling ends.
    void by_time(const Member& m, bool falling) {
        const Project& p = *project;
        for (int t = 0; t < p.n; ++t) {
            const int32_t at = m.start[t] + (falling ? p.duration[m.mode[t]] : 0);
            sorted[t] = ((uint64_t)at << 24 | (uint64_t)p.place[t]);
        }
        std::sort(sorted.begin(), sorted.end());
        for (int i = 0; i < p.n; ++i) order[falling ? p.n - 1 - i : i] = p.at[sorted[i] & 0xffffff];
    }

    void clear(int32_t until) {
        const Project& p = *project;
        for (int32_t t = 0; t <= until; ++t)
            std::memcpy(&room[(size_t)t * p.width], p.capacity.data(), sizeof(int32_t) * p.width);
        clean = until;
    }

    // First start from s on at which a mode fits; moments beyond `clean` are wholly free.
    template <int W>
    int32_t fit(const int32_t* need, int32_t d, int32_t s) const {
        const int width = W ? W : project->width;
        int32_t ready = s;  // everything in [ready, t) is known to fit
        for (int32_t t = s; t < ready + d; ++t) {
            if (t > clean) return ready;
            const int32_t* at = &room[(size_t)t * width];
            int32_t lacks = 0;
            for (int k = 0; k < width; ++k) lacks |= at[k] - need[k];
            if (lacks < 0) ready = t + 1;
        }
        return ready;
    }

    template <int W>
    void take(const int32_t* need, int32_t s, int32_t d) {
        const int width = W ? W : project->width;
        if (s + d > clean) {
            for (int32_t t = clean + 1; t <= s + d; ++t)
                std::memcpy(&room[(size_t)t * width], project->capacity.data(), sizeof(int32_t) * width);
            clean = s + d;
        }
        for (int32_t t = s; t < s + d; ++t) {
            int32_t* at = &room[(size_t)t * width];
            for (int k = 0; k < width; ++k) at[k] -= need[k];
        }
    }

    // Serial generation in `order`; `change`: tasks may take the mode that ends first.
    void forward(Member& m, bool change) {
        const int w = project->width;
        if (w == 4) forward_of<4>(m, change);
        else if (w == 8) forward_of<8>(m, change);
        else forward_of<0>(m, change);
    }

    void backward(Member& m) {
        const int w = project->width;
        if (w == 4) backward_of<4>(m);
        else if (w == 8) backward_of<8>(m);
        else backward_of<0>(m);
    }

    template <int W>
    void forward_of(Member& m, bool change) {
        const Project& p = *project;
        clean = -1;
        m.span = 0;
        for (int i = 0; i < p.n; ++i) {
            const int t = order[i];
            int32_t est = p.release[t];
            for (int k = p.first_before[t]; k < p.first_before[t + 1]; ++k) {
                const int a = p.before[k].task;
                est = std::max(est, m.start[a] + p.duration[m.mode[a]] + p.before[k].lag);
            }
            int mode = m.mode[t];
            int32_t d = p.duration[mode], s = fit<W>(&p.need[(size_t)mode * p.width], d, est);
            if (change && p.first_mode[t + 1] - p.first_mode[t] > 1 && random.below(8u) == 0)
                improve<W>(m, t, est, mode, s);
            d = p.duration[mode];
            m.mode[t] = mode;
            take<W>(&p.need[(size_t)mode * p.width], s, d);
            m.start[t] = s;
            m.span = std::max(m.span, s + d);
        }
    }

    // Another mode of a task that ends earlier and keeps the budgets.
    template <int W>
    void improve(const Member&, int t, int32_t est, int& mode, int32_t& s) {
        const Project& p = *project;
        int kept = mode;
        int32_t end = s + p.duration[mode];
        for (int x = p.first_mode[t]; x < p.first_mode[t + 1]; ++x) {
            if (x == mode || est + p.duration[x] >= end || !affords(mode, x)) continue;
            const int32_t at = fit<W>(&p.need[(size_t)x * p.width], p.duration[x], est);
            if (at + p.duration[x] < end) { end = at + p.duration[x]; kept = x; s = at; }
        }
        if (kept != mode) { pay(mode, -1); pay(kept, 1); mode = kept; }
    }

    // Every task as late as its successors and the resources let it, in time that runs backwards
    // from the end of the plan.
    template <int W>
    void backward_of(Member& m) {
        const Project& p = *project;
        const int32_t last = m.span;
        clean = -1;
        for (int i = 0; i < p.n; ++i) {
            const int t = order[i];
            int32_t est = 0;
            for (int k = p.first_after[t]; k < p.first_after[t + 1]; ++k)
                est = std::max(est, last - m.start[p.after[k].task] + p.after[k].lag);
            const int mode = m.mode[t];
            const int32_t d = p.duration[mode], s = fit<W>(&p.need[(size_t)mode * p.width], d, est);
            take<W>(&p.need[(size_t)mode * p.width], s, d);
            m.start[t] = last - s - d;
        }
    }

    // ---- budgets -----------------------------------------------------------------------------------

    void pay(int mode, int64_t sign) {
        const int b = project->budgets;
        for (int k = 0; k < b; ++k) used[k] += sign * project->spend[(size_t)mode * b + k];
    }

    bool affords(int from, int to) const {
        const Project& p = *project;
        const int b = p.budgets;
        for (int k = 0; k < b; ++k) {
            const int64_t more = p.spend[(size_t)to * b + k] - p.spend[(size_t)from * b + k];
            if (more > 0 && used[k] + more > p.budget[k]) return false;
        }
        return true;
    }

    int64_t excess() const {
        int64_t over = 0;
        for (int k = 0; k < project->budgets; ++k) over += std::max<int64_t>(0, used[k] - project->budget[k]);
        return over;
    }

    // Random changes of modes that lessen the excess, until there is none.
    void repair(Member& m) {
        const Project& p = *project;
        std::fill(used.begin(), used.end(), 0);
        for (int t = 0; t < p.n; ++t) pay(m.mode[t], 1);
        int64_t over = excess();
        for (int tries = 0; over > 0 && tries < 20 * p.n; ++tries) {
            const int t = (int)random.below((uint32_t)p.n);
            const int count = p.first_mode[t + 1] - p.first_mode[t];
            if (count < 2) continue;
            const int to = p.first_mode[t] + (int)random.below((uint32_t)count);
            pay(m.mode[t], -1);
            pay(to, 1);
            const int64_t now = excess();
            if (now < over || (now == over && random.below(4u) == 0)) {
                over = now;
                m.mode[t] = to;
            } else {
                pay(to, -1);
                pay(m.mode[t], 1);
            }
        }
        m.over = over;
    }
};

}  // namespace zg::scheduling
#endif
