// Tabu search for flexible job-shops: an operation of a critical path is taken out and put back on any of its machines
// (k-insertion, Mastrolilli and Gambardella 2000), every insertion valued exactly; path relinking on top.
#pragma once

#include <cmath>
#include <limits>

#include "jobshop/graph.hpp"

namespace zg::jobshop {

struct FlexibleShop {
    int operations = 0, jobs = 0, machines = 0;
    std::vector<int32_t> first, choice, machine, job;  // job of every operation; choice, machine, duration: alternatives
    std::vector<int64_t> duration, release;

    void assign(int n_jobs, int n_machines, const int32_t* first_, const int32_t* choice_, const int32_t* machine_,
                const int64_t* duration_, const int64_t* release_) {
        jobs = n_jobs, machines = n_machines, operations = first_[jobs];
        first.assign(first_, first_ + jobs + 1), choice.assign(choice_, choice_ + operations + 1);
        machine.assign(machine_, machine_ + choice[operations]);
        duration.assign(duration_, duration_ + choice[operations]);
        release.assign(release_, release_ + jobs);
        job.resize(operations);
        for (int j = 0; j < jobs; ++j)
            for (int x = first[j]; x < first[j + 1]; ++x) job[x] = j;
    }
};

// What is decided: the alternative of every operation, and one order of all of them that jobs and machines follow.
struct Plan {
    int64_t makespan = std::numeric_limits<int64_t>::max();
    std::vector<int32_t> taken, order;
};

// A plan as linked lists: jobs and machines with the operation before and behind, and one order of all operations.
// Nodes N and N + 1 stand for "nothing before" and "nothing behind".
struct PlanLists {
    const FlexibleShop* shop = nullptr;
    int N = 0;
    std::vector<int64_t> size;  // duration of the alternative taken
    std::vector<int32_t> jp, js, mp, ms, front, back, order, place, taken;

    void attach(const FlexibleShop& s) {
        shop = &s, N = s.operations;
        size.assign(N + 2, 0);
        jp.assign(N + 2, N), js.assign(N + 2, N + 1), mp.assign(N + 2, N), ms.assign(N + 2, N + 1);
        front.assign(s.machines, N + 1), back.assign(s.machines, N);
        order.assign(N, 0), place.assign(N + 2, 0), taken.assign(N, 0);
        for (int x = 0; x < N; ++x) {
            if (x > s.first[s.job[x]]) jp[x] = x - 1;
            if (x + 1 < s.first[s.job[x] + 1]) js[x] = x + 1;
        }
    }

    // The lists of a plan; `then` is called with every operation in its order, once those before it are linked.
    template <class Then>
    void load(const Plan& plan, Then&& then) {
        taken = plan.taken;
        std::fill(front.begin(), front.end(), N + 1), std::fill(back.begin(), back.end(), N);
        for (int p = 0; p < N; ++p) {
            const int x = order[p] = plan.order[p], m = shop->machine[taken[x]];
            place[x] = p, size[x] = shop->duration[taken[x]];
            mp[x] = back[m], ms[x] = N + 1;
            (back[m] < N ? ms[back[m]] : front[m]) = x;
            back[m] = x;
            then(x);
        }
    }

    void unlink(int v) {
        const int m = shop->machine[taken[v]], a = mp[v], b = ms[v];
        (a < N ? ms[a] : front[m]) = b;
        (b < N ? mp[b] : back[m]) = a;
    }
    void link(int v, int a) {
        const int m = shop->machine[taken[v]], b = a < N ? ms[a] : front[m];
        mp[v] = a, ms[v] = b;
        (a < N ? ms[a] : front[m]) = v;
        (b < N ? mp[b] : back[m]) = v;
    }
};

class FlexibleTabu : private PlanLists {
public:
    Plan best;
    int64_t iterations = 0, idle = 0, makespan = 0;
    bool stuck = false;

    void attach(const FlexibleShop& s, uint64_t seed) {
        PlanLists::attach(s);
        random.seed(seed);
        head.assign(N + 2, 0), tail.assign(N + 2, 0);
        head_without.assign(N + 2, 0), tail_without.assign(N + 2, 0);
        degree.resize(N);
        ban.assign(s.choice[N], 0);
    }

    void start(const Plan& plan) {
        load(plan, [](int) {});
        update(0, N - 1);
        std::fill(ban.begin(), ban.end(), 0);
        clock = idle = 0, stuck = false;
        best.makespan = std::numeric_limits<int64_t>::max();
        keep();
    }

    bool run(int64_t count, int64_t patience, int64_t target) {
        for (int64_t stop = iterations + count; iterations < stop;) {
            if (idle >= patience || stuck || best.makespan <= target) return false;
            step();
        }
        return idle < patience && !stuck && best.makespan > target;
    }

    int64_t start_of(int x) const { return head[x]; }

private:
    Random random;
    std::vector<int64_t> head, tail, head_without, tail_without, ban;
    std::vector<int32_t> degree;
    int64_t clock = 0;

    struct Insertion {
        int64_t value = std::numeric_limits<int64_t>::max(), through = value;
        int32_t v = -1, alternative = -1, behind = -1;
    };
    Insertion chosen, any;
    uint32_t ties = 0, seen = 0;

    int64_t released(int x) const { return jp[x] < N ? 0 : shop->release[shop->job[x]]; }

    void keep() {
        if (makespan >= best.makespan) return;
        best.makespan = makespan, best.taken = taken, best.order = order;
        idle = 0;
    }

    void update(int from, int to) {
        for (int p = from; p < N; ++p) {
            const int x = order[p];
            head[x] = std::max(released(x), std::max(head[jp[x]] + size[jp[x]], head[mp[x]] + size[mp[x]]));
        }
        for (int p = to; p >= 0; --p) {
            const int x = order[p];
            tail[x] = size[x] + std::max(tail[js[x]], tail[ms[x]]);
        }
        makespan = 0;
        for (int j = 0; j < shop->jobs; ++j) {
            const int x = shop->first[j + 1] - 1;
            makespan = std::max(makespan, head[x] + size[x]);
        }
    }

    // Heads and tails without v: it keeps its place in the job but weighs nothing and is on no machine. Every schedule
    // with v put back is then as long as the longer of this graph and of the longest path through v, exactly.
    int64_t without(int v) {
        const int64_t weight = size[v];
        const int a = mp[v], b = ms[v];
        unlink(v);
        mp[v] = N, ms[v] = N + 1, size[v] = 0;
        std::copy(head.begin(), head.end(), head_without.begin());
        std::copy(tail.begin(), tail.end(), tail_without.begin());
        int64_t* const h = head_without.data();
        int64_t* const t = tail_without.data();
        for (int p = place[v]; p < N; ++p) {
            const int x = order[p];
            h[x] = std::max(released(x), std::max(h[jp[x]] + size[jp[x]], h[mp[x]] + size[mp[x]]));
        }
        for (int p = place[v]; p >= 0; --p) {
            const int x = order[p];
            t[x] = size[x] + std::max(t[js[x]], t[ms[x]]);
        }
        int64_t longest = 0;
        for (int j = 0; j < shop->jobs; ++j) {
            const int x = shop->first[j + 1] - 1;
            longest = std::max(longest, h[x] + size[x]);
        }
        size[v] = weight;
        mp[v] = a, ms[v] = b;
        (a < N ? ms[a] : front[shop->machine[taken[v]]]) = v;
        (b < N ? mp[b] : back[shop->machine[taken[v]]]) = v;
        return longest;
    }

    void insertions(int v) {
        const int64_t rest = without(v);
        if (rest > chosen.value) return;
        const int64_t* const h = head_without.data();
        const int64_t* const t = tail_without.data();
        const int before = jp[v], after = js[v];
        const int64_t ready = std::max(released(v), before < N ? h[before] + size[before] : 0);
        // b cannot precede jp(v) if it ends after jp(v) begins; a cannot follow js(v) if it begins before js(v) ends.
        const int64_t job_head = before < N ? h[before] : -1;
        const int64_t job_end = after < N ? h[after] + size[after] : std::numeric_limits<int64_t>::max();
        const int64_t job_tail = t[after];
        for (int i = shop->choice[v]; i < shop->choice[v + 1]; ++i) {
            const int m = shop->machine[i];
            const int64_t p = shop->duration[i];
            const bool own = i == taken[v];
            const bool tabu = ban[i] > clock;
            for (int a = N, b = front[m];;) {
                if (b == v) b = ms[b];
                if (a < N && (a == after || h[a] >= job_end)) break;
                if (b >= N || (b != before && h[b] + size[b] > job_head)) {
                    if (!(own && a == mp[v])) {
                        const int64_t begin = a < N ? std::max(ready, h[a] + size[a]) : ready;
                        const int64_t through = begin + p + std::max(job_tail, b < N ? t[b] : 0);
                        consider({std::max(rest, through), through, v, i, a}, tabu);
                    }
                }
                if (b >= N) break;
                a = b, b = ms[b];
            }
        }
    }

    void consider(const Insertion& move, bool tabu) {
        if (random.below(++seen) == 0) any = move;
        if (move.value > chosen.value || (tabu && move.value >= best.makespan)) return;
        if (move.value < chosen.value || move.through < chosen.through) {
            chosen = move, ties = 1;
        } else if (move.through == chosen.through && random.below(++ties) == 0) {
            chosen = move;
        }
    }

    void step() {
        chosen = any = Insertion{}, ties = seen = 0;
        // A random critical path, from its end.
        int x = -1, length = 0;
        uint32_t count = 0;
        for (int j = 0; j < shop->jobs; ++j) {
            const int y = shop->first[j + 1] - 1;
            if (head[y] + size[y] == makespan && random.below(++count) == 0) x = y;
        }
        while (x < N) {
            ++length;
            insertions(x);
            const int a = jp[x], b = mp[x];
            const bool job = a < N && head[a] + size[a] == head[x], machine = b < N && head[b] + size[b] == head[x];
            if (!job && !machine) break;
            x = job && (!machine || (random.next() >> 63)) ? a : b;
        }
        ++iterations, ++idle, ++clock;
        if (seen == 0) {
            stuck = true;
            return;
        }
        if (chosen.v < 0) chosen = any;
        const int v = chosen.v;
        const int options = shop->choice[v + 1] - shop->choice[v];
        ban[taken[v]] = clock + length / 2 + options / 2 + random.below(length / 2 + options / 2 + 2);
        unlink(v);
        taken[v] = chosen.alternative, size[v] = shop->duration[chosen.alternative];
        link(v, chosen.behind);
        reorder(v);
        keep();
    }

    // Puts v to a place of the order between its predecessors and successors; if there is none, sorts anew.
    void reorder(int v) {
        int low = -1, high = N;
        if (jp[v] < N) low = std::max(low, place[jp[v]]);
        if (mp[v] < N) low = std::max(low, place[mp[v]]);
        if (js[v] < N) high = std::min(high, place[js[v]]);
        if (ms[v] < N) high = std::min(high, place[ms[v]]);
        const int now = place[v];
        if (low >= high) {
            sort();
            update(0, N - 1);
            return;
        }
        if (now < low) {
            for (int p = now; p < low; ++p) place[order[p] = order[p + 1]] = p;
            place[order[low] = v] = low;
        } else if (now > high) {
            for (int p = now; p > high; --p) place[order[p] = order[p - 1]] = p;
            place[order[high] = v] = high;
        }
        // What lost or got v as a neighbour stands behind the earlier of its places (heads) or before the later (tails).
        update(std::min(now, place[v]), std::max(now, place[v]));
    }

    void sort() {
        int end = 0;
        for (int x = 0; x < N; ++x) {
            degree[x] = (jp[x] < N) + (mp[x] < N);
            if (!degree[x]) order[end++] = x;
        }
        for (int p = 0; p < end; ++p) {
            const int x = order[p];
            place[x] = p;
            if (js[x] < N && !--degree[js[x]]) order[end++] = js[x];
            if (ms[x] < N && !--degree[ms[x]]) order[end++] = ms[x];
        }
        assert(end == N);
    }
};

class FlexiblePopulation {
public:
    Plan record;
    FlexibleTabu search;
    int64_t count = 0;

    FlexiblePopulation(const FlexibleShop& s, uint64_t seed, int members_, int64_t patience_, int64_t target_)
        : shop(s), limit(members_), patience(patience_), target(target_) {
        random.seed(seed);
        search.attach(shop, random.next());
        key.resize(shop.operations);
    }

    int64_t made() const { return search.iterations; }

    bool run(int64_t moves) {
        const int64_t stop = search.iterations + moves;
        while (search.iterations < stop) {
            if (record.makespan <= target) return false;
            if (!busy) begin();
            const bool more = search.run(stop - search.iterations, patience, target);
            if (search.best.makespan < record.makespan) record = search.best;
            if (!more) finish();
        }
        return record.makespan > target;
    }

    void inject(const Plan& plan) {
        if (waiting.size() < 4) waiting.push_back(plan);
    }

private:
    const FlexibleShop& shop;
    int limit;
    int64_t patience, target, fruitless = 0;
    int twins = 0;
    Random random;
    std::vector<Plan> members, waiting;
    std::vector<double> key;
    bool busy = false;

    void begin() {
        Plan plan;
        if (!waiting.empty()) {
            plan = waiting.back();
            waiting.pop_back();
        } else if (static_cast<int>(members.size()) < limit) {
            greedy(plan);
        } else {
            const int a = random.below(members.size());
            int b = random.below(members.size() - 1);
            b += b >= a;
            relink(members[a], members[b], plan);
        }
        search.start(plan);
        busy = true;
    }

    void finish() {
        busy = false, ++count, ++fruitless;
        // A step that changed nothing still counts, so that a shop without any choice cannot spin for ever.
        ++search.iterations;
        bool known = false;
        for (const Plan& m : members)
            known |= m.makespan == search.best.makespan && m.taken == search.best.taken && m.order == search.best.order;
        if (static_cast<int>(members.size()) < limit) {
            // Shops with fewer schedules than members take twins.
            if (!known || ++twins > 3 * limit) members.push_back(search.best);
            return;
        }
        if (known) return;
        auto worst = std::max_element(members.begin(), members.end(),
                                      [](const Plan& a, const Plan& b) { return a.makespan < b.makespan; });
        if (search.best.makespan <= worst->makespan) {
            if (search.best.makespan < worst->makespan) fruitless = 0;
            *worst = search.best;
        }
        if (fruitless > 4 * limit) members.assign(1, record), fruitless = twins = 0;
    }

    // Jobs drawn at random, every operation on the machine that ends it first (or, one time in ten, on any).
    void greedy(Plan& plan) {
        const int N = shop.operations;
        std::vector<int64_t> free_at(shop.machines, 0), ready(shop.release);
        std::vector<int32_t> next(shop.first.begin(), shop.first.end() - 1), jobs(shop.jobs);
        for (int j = 0; j < shop.jobs; ++j) jobs[j] = j;
        plan.taken.assign(N, 0), plan.order.clear();
        while (!jobs.empty()) {
            // The earliest of two random jobs.
            int i = random.below(jobs.size()), other = random.below(jobs.size());
            if (ready[jobs[other]] < ready[jobs[i]]) i = other;
            const int j = jobs[i], x = next[j]++;
            int pick = -1;
            int64_t soonest = std::numeric_limits<int64_t>::max();
            for (int c = shop.choice[x]; c < shop.choice[x + 1]; ++c) {
                const int64_t end = std::max(ready[j], free_at[shop.machine[c]]) + shop.duration[c];
                if (end < soonest) soonest = end, pick = c;
            }
            if (random.below(10) == 0) pick = shop.choice[x] + random.below(shop.choice[x + 1] - shop.choice[x]);
            const int m = shop.machine[pick];
            ready[j] = free_at[m] = std::max(ready[j], free_at[m]) + shop.duration[pick];
            plan.taken[x] = pick;
            plan.order.push_back(x);
            if (next[j] == shop.first[j + 1]) jobs[i] = jobs.back(), jobs.pop_back();
        }
    }

    // Places are mixed as in the plain population; machines come from either parent.
    void relink(const Plan& from, const Plan& to, Plan& plan) {
        const int N = shop.operations;
        const double share = 0.2 + 0.4 * random.real();
        for (int p = 0; p < N; ++p) key[from.order[p]] = (1 - share) * p;
        for (int p = 0; p < N; ++p) key[to.order[p]] += share * p;
        plan.order = from.order, plan.taken = from.taken;
        std::stable_sort(plan.order.begin(), plan.order.end(), [this](int a, int b) { return key[a] < key[b]; });
        for (int x = 0; x < N; ++x)
            if (random.real() < share) plan.taken[x] = to.taken[x];
    }
};

}  // namespace zg::jobshop
