// The general encoding scheduled from a list: every task at its earliest, in the order of priorities.
//
// A plan is made by serial schedule generation: the task of highest priority among those whose
// predecessors are placed goes to the earliest start that windows, lags, calendars, machines (gaps with
// their setups), profiles and reservoirs leave. A largest lag that cannot be kept delays the task it
// counts from and begins anew (Franck, Neumann, Schwindt 2001). The search perturbs priorities, modes
// and presence; where time can run backwards a plan is justified to the right and to the left (Valls,
// Ballestin, Quintanilla 2005), which never makes it longer.
#ifndef ZEROGAP_SCHEDULING_LIST
#define ZEROGAP_SCHEDULING_LIST
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

#include "scheduling/line.hpp"
#include "shared/rng.hpp"

namespace zg::scheduling {

using Ints = std::vector<int64_t>;

struct Workshop {
    int n = 0, modes = 0, resources = 0, jobs = 0, families = 0;
    bool simple = false;  // time may run backwards
    int64_t horizon = 0;
    Ints first_mode, mode_task, duration, mode_cost, first_demand, demand_resource, demand_amount, demand_at;
    Ints kind, capacity, low, level, setup_of;
    Ints calendar_of, first_break, break_begin, break_end;  // calendar of a mode, breaks of a calendar
    Ints release, latest_start, earliest_end, deadline, optional, pause, family, fixed_start, fixed_mode;
    Ints planned, job, job_release, job_due, job_weight;
    Ints before, after, of, to, lag, most;
    Ints relation_kind, relation_first, relation_second, rule_mode, rule_then, choice_group, choice_task;
    Ints sequence_first, sequence_second;
    Ints setup_time, setup_cost, setup_initial, objective;
    // Made by `finish`.
    std::vector<std::vector<int>> touch, follow;  // precedences of a task; tasks that wait for it
    std::vector<int> waits, blocks, blocked_by;
    std::vector<std::vector<int>> groups, together;
    bool has_setups = false, has_budgets = false;

    void finish() {
        touch.assign(n, {}); follow.assign(n, {}); waits.assign(n, 0);
        blocks.assign(n, -1); blocked_by.assign(n, -1);
        auto wait = [&](int a, int b) { follow[a].push_back(b); ++waits[b]; };
        for (size_t i = 0; i < before.size(); ++i) {
            touch[before[i]].push_back((int)i);
            touch[after[i]].push_back((int)i);
            if (lag[i] >= 0) wait((int)before[i], (int)after[i]);
        }
        for (size_t i = 0; i < relation_kind.size(); ++i) {
            const int a = (int)relation_first[i], b = (int)relation_second[i];
            if (relation_kind[i] == 0) { blocks[a] = b; blocked_by[b] = a; wait(a, b); }
            if (relation_kind[i] == 4) together.push_back({a, b});
        }
        int64_t count = 0;
        for (int64_t g : choice_group) count = std::max(count, g + 1);
        groups.assign(count, {});
        for (size_t i = 0; i < choice_group.size(); ++i) groups[choice_group[i]].push_back((int)choice_task[i]);
        for (int r = 0; r < resources; ++r) { has_setups |= setup_of[r] >= 0; has_budgets |= kind[r] == 2; }
    }
    int64_t setup(int r, int a, int b) const {
        const int64_t s = setup_of[r];
        if (s < 0) return 0;
        if (a < 0) return setup_initial[s * families + family[b]];
        return setup_time[(s * families + family[a]) * families + family[b]];
    }
};

struct State {
    std::vector<double> rank;  // low is early
    std::vector<int> mode;     // from the task's first; -1: whichever ends first
    std::vector<char> here;
};

struct Outcome {
    Ints start, end;
    std::vector<int> mode;
    std::vector<char> here;
    int64_t cost = 0, broken = -1;
    bool better(const Outcome& o) const { return broken != o.broken ? broken < o.broken : cost < o.cost; }
};

class ListSearch {
public:
    const Workshop* shop = nullptr;
    Random random;
    int64_t iterations = 0, target = 0;
    Outcome best;

    void attach(const Workshop& w, uint64_t seed, int64_t goal_value) {
        shop = &w;
        random.seed(seed);
        target = goal_value;
        const int n = w.n;
        size(current); size(best); size(trial);
        best.broken = current.broken = -1;
        state.rank.assign(n, 0); state.mode.assign(n, -1); state.here.assign(n, 1);
        kept = state;
        lines.assign(w.resources, {}); profiles.assign(w.resources, {}); levels.assign(w.resources, {});
        delay.assign(n, 0); hold.assign(n, 0); left.assign(n, 0); placed.assign(n, 0);
        used.assign(w.resources, 0); done.assign(w.jobs, -1);
        order.reserve(n);
        heap.reserve(n + 1);
    }

    bool step() {
        if (best.broken < 0) { start(); return more(); }
        ++iterations;
        perturb();
        run(trial);
        if (accept()) {
            std::swap(current, trial);
            adopt(current);
            if (current.better(best)) { best = current; idle = 0; }
        } else {
            state = kept;
        }
        kept = state;
        if (++idle > 500 + 2000000 / (shop->n + 1)) { adopt(best); current = best; kept = state; idle = 0; }
        return more();
    }

    void inject(const Ints& start, const std::vector<int>& mode) {
        const int n = shop->n;
        for (int t = 0; t < n; ++t) {
            state.here[t] = mode[t] >= 0;
            state.mode[t] = w_has(mode[t]);
            state.rank[t] = (double)start[t];
        }
        run(trial);
        current = trial;
        adopt(current);
        kept = state;
        if (best.broken < 0 || current.better(best)) best = current;
    }

protected:  // the dispatcher builds its plans with the same parts
    Outcome current, trial;
    State state, kept;
    std::vector<Line> lines;
    std::vector<Profile> profiles;
    std::vector<Reservoir> levels;
    Ints delay, hold, done;
    std::vector<int> left, placed, order;
    Ints used;
    std::vector<std::pair<double, int>> heap;
    int64_t idle = 0;
    int culprit = -1;
    int64_t shift = 0;

    // With budgets every task has a mode of its own, also one that is left out for now.
    int w_has(int mode) const { return mode < 0 && shop->has_budgets ? 0 : mode; }

    bool more() const { return best.broken != 0 || best.cost > target; }

    void size(Outcome& o) const {
        o.start.assign(shop->n, -1); o.end.assign(shop->n, -1);
        o.mode.assign(shop->n, -1); o.here.assign(shop->n, 1);
    }

    void adopt(const Outcome& o) {
        for (int t = 0; t < shop->n; ++t) {
            state.here[t] = o.here[t];
            if (o.here[t]) state.rank[t] = (double)o.start[t];
        }
    }

    bool accept() {
        if (trial.broken != current.broken) return trial.broken < current.broken;
        if (trial.cost <= current.cost) return true;
        const double heat = 0.002 * (std::abs((double)current.cost) + 1);
        return random.real() < std::exp(-(double)(trial.cost - current.cost) / heat) * 0.5;
    }

    // ---- one plan --------------------------------------------------------------------------------

    void run(Outcome& o) {
        std::fill(delay.begin(), delay.end(), 0);
        for (int tries = 0; tries < 60; ++tries) {
            culprit = -1;
            const int failed = build(o, false);
            if (failed < 0) break;
            o.broken = 1 + shop->n - failed;
            if (culprit < 0) break;
            delay[culprit] = std::max(delay[culprit], o.start[culprit] + shift);
        }
        if (o.broken == 0 && shop->simple) justify(o);
        if (o.broken == 0) judge(o);
        else o.cost = 0;
    }

    // Tasks in order of their ranks, none before those it waits for; false ranks never deadlock.
    void sort(bool mirror) {
        const Workshop& w = *shop;
        order.clear(); heap.clear();
        auto later = [](const std::pair<double, int>& a, const std::pair<double, int>& b) { return a > b; };
        if (mirror) return;
        int required = 0;
        for (int t = 0; t < w.n; ++t) { left[t] = w.waits[t]; placed[t] = 0; required += state.here[t]; }
        for (int t = 0; t < w.n; ++t)
            if (!state.here[t]) for (int b : w.follow[t]) --left[b];
        for (int t = 0; t < w.n; ++t)
            if (state.here[t] && left[t] == 0) { heap.emplace_back(state.rank[t], t); placed[t] = 1; }
        std::make_heap(heap.begin(), heap.end(), later);
        while ((int)order.size() < required) {
            if (heap.empty()) {  // a circle of lags that take no time: break it at the lowest rank
                int first = -1;
                for (int t = 0; t < w.n; ++t)
                    if (state.here[t] && !placed[t] && (first < 0 || state.rank[t] < state.rank[first])) first = t;
                placed[first] = 1;
                heap.emplace_back(state.rank[first], first);
            }
            std::pop_heap(heap.begin(), heap.end(), later);
            const int t = heap.back().second;
            heap.pop_back();
            order.push_back(t);
            for (int b : w.follow[t])
                if (--left[b] == 0 && state.here[b] && !placed[b]) {
                    placed[b] = 1;
                    heap.emplace_back(state.rank[b], b);
                    std::push_heap(heap.begin(), heap.end(), later);
                }
        }
    }

    void clear() {
        for (auto& l : lines) l.clear();
        for (auto& p : profiles) p.clear();
        for (int r = 0; r < shop->resources; ++r) levels[r].clear();
        std::fill(placed.begin(), placed.end(), 0);
    }

    // Place all; -1 if every task found its place, else how many did.
    int build(Outcome& o, bool mirror) {
        sort(mirror);
        clear();
        o.here = state.here;
        std::fill(o.start.begin(), o.start.end(), -1);
        std::fill(o.end.begin(), o.end.end(), -1);
        std::fill(o.mode.begin(), o.mode.end(), -1);
        int count = 0;
        for (int t : order) {
            if (!place(o, t)) return count;
            ++count;
        }
        o.broken = 0;
        return -1;
    }

    struct Window { int64_t est, lst, emin, emax; int limiter; };

    void bound(const Outcome& o, int t, Window& v) const {
        const Workshop& w = *shop;
        v = {std::max(w.release[t], delay[t]), FAR, w.earliest_end[t], std::min(w.horizon, w.deadline[t]), -1};
        if (w.latest_start[t] >= 0) v.lst = w.latest_start[t];
        if (w.fixed_start[t] >= 0) { v.est = std::max(v.est, w.fixed_start[t]); v.lst = std::min(v.lst, w.fixed_start[t]); }
        for (int i : w.touch[t]) {
            const bool second = w.after[i] == t;
            const int other = (int)(second ? w.before[i] : w.after[i]);
            if (!placed[other]) continue;
            const bool end_other = second ? w.of[i] : w.to[i], end_own = second ? w.to[i] : w.of[i];
            const int64_t at = end_other ? o.end[other] : o.start[other];
            // own - at in [lag, most] as the second task, at - own in [lag, most] as the first.
            const int64_t low = second ? at + w.lag[i] : (w.most[i] >= FAR ? -FAR : at - w.most[i]);
            const int64_t high = second ? (w.most[i] >= FAR ? FAR : at + w.most[i]) : at - w.lag[i];
            if (end_own) {
                v.emin = std::max(v.emin, low);
                if (high < v.emax) { v.emax = high; v.limiter = other; }
            } else {
                v.est = std::max(v.est, low);
                if (high < v.lst) { v.lst = high; v.limiter = other; }
            }
        }
        const int a = w.blocked_by[t];
        if (a >= 0 && placed[a]) v.est = std::max(v.est, o.end[a]);
    }

    // Whether t holds its machines until another starts.
    bool waited_for(int t) const { return shop->blocks[t] >= 0 && state.here[shop->blocks[t]]; }

    struct Place { int64_t start, end; int mode; };

    bool place(Outcome& o, int t) {
        if (shop->blocks[t] >= 0 && placed[shop->blocks[t]]) return false;  // its follower came first
        Window v;
        bound(o, t, v);
        Place p;
        if (!find(o, t, v, p)) {
            if (v.limiter >= 0 && shop->fixed_start[v.limiter] < 0) blame(o, t, v, wanted(t));
            return false;
        }
        put(o, t, p);
        return true;
    }

    int wanted(int t) const { return shop->fixed_mode[t] >= 0 ? (int)shop->fixed_mode[t] : state.mode[t]; }

    // Where the task ends first.
    bool find(const Outcome& o, int t, const Window& v, Place& p) const {
        const Workshop& w = *shop;
        p = {-1, FAR, -1};
        const int count = (int)(w.first_mode[t + 1] - w.first_mode[t]), only = wanted(t);
        for (int k = 0; k < count; ++k) {
            if (only >= 0 && k != only) continue;
            int64_t s, e;
            if (earliest(o, t, (int)w.first_mode[t] + k, v, s, e) && e < p.end) p = {s, e, k};
        }
        return p.mode >= 0;
    }

    void put(Outcome& o, int t, const Place& p) {
        o.start[t] = p.start; o.end[t] = p.end; o.mode[t] = p.mode;
        enter(o, t);
    }

    // How much later the task that limits this one would have to be.
    void blame(const Outcome& o, int t, Window v, int wanted) {
        const Workshop& w = *shop;
        const Window tight = v;
        v.lst = FAR;
        v.emax = w.horizon;
        const int m = (int)w.first_mode[t] + std::max(0, wanted);
        int64_t s, e;
        if (!earliest(o, t, m, v, s, e)) return;
        const int64_t over = std::max(s - tight.lst, e - tight.emax);
        if (over > 0) { culprit = tight.limiter; shift = over; }
    }

    void open(int m, bool pause, int64_t d, int64_t& s, int64_t& e) const {
        const Workshop& w = *shop;
        e = s + d;
        const int64_t c = w.calendar_of[m];
        for (int64_t i = w.first_break[c]; i < w.first_break[c + 1]; ++i) {
            const int64_t a = w.break_begin[i], b = w.break_end[i];
            if (b <= s) continue;
            if (a <= s || (!pause && a < e)) { s = b; e = s + d; }
            else if (pause && a < e) e += b - a;
            else if (a >= e) break;
        }
    }

    // First start in the window at which a mode of a task fits.
    bool earliest(const Outcome& o, int t, int m, const Window& v, int64_t& s, int64_t& e) const {
        const Workshop& w = *shop;
        const int64_t d = w.duration[m];
        const bool pause = w.pause[t];
        s = std::max<int64_t>(0, v.est);
        for (int rounds = 0; rounds < 100000; ++rounds) {
            open(m, pause, d, s, e);
            if (e < v.emin) { s += pause ? 1 : v.emin - e; continue; }
            if (s > v.lst || e > v.emax) return false;
            int64_t next = s;
            for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1] && next == s; ++i) {
                const int r = (int)w.demand_resource[i];
                if (w.kind[r] == 0) next = lines[r].fit(w, r, t, s, waited_for(t) ? FAR : e, w.blocked_by[t], o.end);
                else if (w.kind[r] == 1) {
                    if (w.demand_amount[i] > w.capacity[r]) return false;
                    if (e > s) next = profiles[r].fit(s, e, w.capacity[r] - w.demand_amount[i]);
                } else if (w.kind[r] == 3) next = levels[r].fit(w, r, m, s, e);
                if (next >= FAR) return false;
            }
            if (next == s) return true;
            s = next;
        }
        return false;
    }

    void enter(Outcome& o, int t) {
        const Workshop& w = *shop;
        const int m = (int)w.first_mode[t] + o.mode[t];
        placed[t] = 1;
        hold[t] = waited_for(t) ? FAR : o.end[t];
        for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i) {
            const int r = (int)w.demand_resource[i];
            if (w.kind[r] == 0) lines[r].add(t, o.start[t], hold[t]);
            else if (w.kind[r] == 1) { if (o.end[t] > o.start[t]) profiles[r].add(o.start[t], o.end[t], w.demand_amount[i]); }
            else if (w.kind[r] == 3) levels[r].add(w.demand_at[i] == 1 ? o.start[t] : o.end[t], w.demand_amount[i]);
        }
        const int a = w.blocked_by[t];
        if (a >= 0 && placed[a]) {
            hold[a] = o.start[t];
            const int am = (int)w.first_mode[a] + o.mode[a];
            for (int64_t i = w.first_demand[am]; i < w.first_demand[am + 1]; ++i)
                if (w.kind[w.demand_resource[i]] == 0) lines[w.demand_resource[i]].let_go(a, o.start[t]);
        }
    }

    // To the right and back to the left; the result is never longer (serial generation in the order
    // of starts moves no task to the right).
    void justify(Outcome& o) {
        const Workshop& w = *shop;
        const int64_t last = *std::max_element(o.end.begin(), o.end.end());
        order.clear();
        for (int t = 0; t < w.n; ++t) order.push_back(t);
        std::sort(order.begin(), order.end(), [&](int a, int b) { return o.end[a] != o.end[b] ? o.end[a] > o.end[b] : o.start[a] != o.start[b] ? o.start[a] > o.start[b] : a > b; });
        clear();
        for (int t : order) {
            int64_t at = 0;  // in time that runs backwards from `last`
            for (int b : w.follow[t]) if (placed[b]) at = std::max(at, last - o.start[b]);
            for (int i : w.touch[t]) if (w.before[i] == t && placed[w.after[i]]) at = std::max(at, last - o.start[w.after[i]] + w.lag[i]);
            const int m = (int)w.first_mode[t] + o.mode[t];
            Window v{at, FAR, 0, FAR, -1};
            int64_t s, e;
            if (!earliest(o, t, m, v, s, e)) return;
            o.start[t] = last - e;
            o.end[t] = last - s;
            placed[t] = 1;
            for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i) {
                const int r = (int)w.demand_resource[i];
                if (w.kind[r] == 0) lines[r].add(t, s, e);
                else if (w.kind[r] == 1 && e > s) profiles[r].add(s, e, w.demand_amount[i]);
            }
        }
        kept_modes.assign(state.mode.begin(), state.mode.end());
        for (int t = 0; t < w.n; ++t) { state.rank[t] = (double)o.start[t]; state.mode[t] = o.mode[t]; }
        const int failed = build(o, false);
        state.mode.assign(kept_modes.begin(), kept_modes.end());
        if (failed >= 0) o.broken = 1;
    }
    std::vector<int> kept_modes;

    // ---- what a complete plan is worth -----------------------------------------------------------

    void judge(Outcome& o) {
        const Workshop& w = *shop;
        int64_t broken = 0;
        if (w.has_budgets) {
            std::fill(used.begin(), used.end(), 0);
            for (int t = 0; t < w.n; ++t)
                if (o.here[t]) {
                    const int m = (int)w.first_mode[t] + o.mode[t];
                    for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i) used[w.demand_resource[i]] += w.demand_amount[i];
                }
            for (int r = 0; r < w.resources; ++r)
                if (w.kind[r] == 2 && used[r] > w.capacity[r]) broken += used[r] - w.capacity[r];
        }
        broken += relations(o) + sequences(o);
        o.broken = broken;
        o.cost = worth(o);
    }

    void machines_of(const Outcome& o, int t, std::vector<int>& to) const {
        const Workshop& w = *shop;
        to.clear();
        const int m = (int)w.first_mode[t] + o.mode[t];
        for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i)
            if (w.kind[w.demand_resource[i]] == 0) to.push_back((int)w.demand_resource[i]);
        std::sort(to.begin(), to.end());
    }
    std::vector<int> one, two;

    int64_t relations(const Outcome& o) {
        const Workshop& w = *shop;
        int64_t broken = 0;
        for (size_t i = 0; i < w.relation_kind.size(); ++i) {
            const int a = (int)w.relation_first[i], b = (int)w.relation_second[i];
            if (w.relation_kind[i] == 4) { broken += o.here[a] != o.here[b]; continue; }
            if (!o.here[a] || !o.here[b]) continue;
            if (w.relation_kind[i] == 1) broken += o.mode[a] != o.mode[b];
            if (w.relation_kind[i] == 2 || w.relation_kind[i] == 3) {
                machines_of(o, a, one);
                machines_of(o, b, two);
                if (w.relation_kind[i] == 2) broken += one != two;
                else for (int r : one) broken += std::binary_search(two.begin(), two.end(), r);
            }
        }
        for (size_t i = 0; i < w.rule_mode.size(); ++i) {
            const int a = (int)w.mode_task[w.rule_mode[i]], b = (int)w.mode_task[w.rule_then[i]];
            if (!o.here[a] || !o.here[b] || w.first_mode[a] + o.mode[a] != w.rule_mode[i]) continue;
            bool kept_rule = false;  // any of the modes named for the same pair will do
            for (size_t k = 0; k < w.rule_mode.size(); ++k)
                kept_rule |= w.rule_mode[k] == w.rule_mode[i] && w.first_mode[b] + o.mode[b] == w.rule_then[k];
            broken += !kept_rule;
        }
        for (const auto& g : w.groups) {
            if (g.empty()) continue;
            int count = 0;
            for (size_t i = 0; i < g.size(); ++i) count += std::find(g.begin(), g.begin() + i, g[i]) == g.begin() + i && o.here[g[i]];
            broken += count != 1;
        }
        return broken;
    }

    int64_t sequences(const Outcome& o) {
        const Workshop& w = *shop;
        int64_t broken = 0;
        for (size_t i = 0; i < w.sequence_first.size(); ++i) {
            const auto& a = lines[w.sequence_first[i]].entries;
            const auto& b = lines[w.sequence_second[i]].entries;
            // Place of every job on the second machine, then inversions along the first.
            for (const auto& x : a) {
                if (w.job[x.task] < 0) continue;
                for (const auto& y : a) {
                    if (w.job[y.task] < 0 || !strictly(o, x.task, y.task)) continue;
                    int p = -1, q = -1;
                    for (const auto& z : b) {
                        if (w.job[z.task] == w.job[x.task]) p = z.task;
                        if (w.job[z.task] == w.job[y.task]) q = z.task;
                    }
                    broken += p >= 0 && q >= 0 && strictly(o, q, p);
                }
            }
        }
        return broken;
    }
    static bool strictly(const Outcome& o, int a, int b) {
        return o.start[a] != o.start[b] ? o.start[a] < o.start[b] : o.end[a] < o.end[b];
    }

    int64_t worth(const Outcome& o) {
        const Workshop& w = *shop;
        int64_t total = 0, last = 0;
        std::fill(done.begin(), done.end(), -1);
        int64_t cost = 0, away = 0;
        for (int t = 0; t < w.n; ++t) {
            if (!o.here[t]) continue;
            last = std::max(last, o.end[t]);
            if (w.job[t] >= 0) done[w.job[t]] = std::max(done[w.job[t]], o.end[t]);
            cost += w.mode_cost[w.first_mode[t] + o.mode[t]];
            if (w.planned[t] >= 0) away += std::abs(o.start[t] - w.planned[t]);
        }
        int64_t completion = 0, flow = 0, tardiness = 0, tardy = 0, earliness = 0, lateness = 0;
        bool any = false;
        for (int j = 0; j < w.jobs; ++j) {
            if (done[j] < 0) continue;
            completion += w.job_weight[j] * done[j];
            flow += w.job_weight[j] * (done[j] - w.job_release[j]);
            if (w.job_due[j] < 0) continue;
            const int64_t late = done[j] - w.job_due[j];
            tardiness += w.job_weight[j] * std::max<int64_t>(0, late);
            tardy += w.job_weight[j] * (late > 0);
            earliness += w.job_weight[j] * std::max<int64_t>(0, -late);
            lateness = any ? std::max(lateness, late) : late;
            any = true;
        }
        int64_t setup_time = 0, setup_cost = 0, span = 0, idle_time = 0;
        for (int r = 0; r < w.resources; ++r) {
            const auto& row = lines[r].entries;
            if (row.empty()) continue;
            int64_t begin = FAR, finish = 0, work = 0;
            for (size_t i = 0; i < row.size(); ++i) {
                const int t = row[i].task;
                begin = std::min(begin, o.start[t]);
                finish = std::max(finish, o.end[t]);
                work += o.end[t] - o.start[t];
                if (w.setup_of[r] < 0) continue;
                const int a = i ? row[i - 1].task : -1;
                setup_time += w.setup(r, a, t);
                if (a >= 0) setup_cost += w.setup_cost[(w.setup_of[r] * w.families + w.family[a]) * w.families + w.family[t]];
            }
            span = std::max(span, finish - begin);
            idle_time += finish - begin - work;
        }
        const int64_t parts[] = {last, completion, flow, tardiness, tardy, earliness, lateness,
                                 setup_time, setup_cost, cost, span, idle_time, away};
        for (int i = 0; i < 13; ++i) total += w.objective[i] * parts[i];
        return total;
    }

    // ---- search ----------------------------------------------------------------------------------

    void start() {
        const Workshop& w = *shop;
        // Latest starts by the longest way to the end, in the order of the waits.
        std::vector<double> tail(w.n, 0);
        std::vector<int> open_count(w.n, 0), stack;
        for (int t = 0; t < w.n; ++t) open_count[t] = (int)w.follow[t].size();
        std::vector<std::vector<int>> back(w.n);
        for (int t = 0; t < w.n; ++t) for (int b : w.follow[t]) back[b].push_back(t);
        for (int t = 0; t < w.n; ++t) if (open_count[t] == 0) stack.push_back(t);
        while (!stack.empty()) {
            const int t = stack.back();
            stack.pop_back();
            tail[t] += (double)w.duration[w.first_mode[t]];
            for (int a : back[t]) {
                tail[a] = std::max(tail[a], tail[t]);
                if (--open_count[a] == 0) stack.push_back(a);
            }
        }
        for (int t = 0; t < w.n; ++t) {
            state.here[t] = !w.optional[t];
            const int64_t due = w.job[t] >= 0 && w.job_due[w.job[t]] >= 0 ? w.job_due[w.job[t]] : 0;
            state.rank[t] = (double)due - tail[t];
        }
        for (const auto& g : w.groups) if (!g.empty()) state.here[g[random.below((uint32_t)g.size())]] = 1;
        for (const auto& p : w.together) state.here[p[0]] = state.here[p[1]] = state.here[p[0]] | state.here[p[1]];
        if (w.has_budgets) cheapest();
        kept = state;
        run(current);
        best = current;
        adopt(current);
        kept = state;
    }

    // Modes that use the smallest share of the budgets.
    void cheapest() {
        const Workshop& w = *shop;
        for (int t = 0; t < w.n; ++t) {
            double least = 1e300;
            for (int64_t m = w.first_mode[t]; m < w.first_mode[t + 1]; ++m) {
                double share = 1e-6 * (double)w.duration[m];
                for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i)
                    if (w.kind[w.demand_resource[i]] == 2) share += (double)w.demand_amount[i] / (1.0 + w.capacity[w.demand_resource[i]]);
                if (share < least) { least = share; state.mode[t] = (int)(m - w.first_mode[t]); }
            }
        }
    }

    // Random changes of modes that lessen what the budgets are exceeded by, until nothing is.
    void repair() {
        const Workshop& w = *shop;
        std::fill(used.begin(), used.end(), 0);
        for (int t = 0; t < w.n; ++t)
            if (state.here[t]) spend((int)w.first_mode[t] + state.mode[t], 1);
        int64_t over = excess();
        for (int tries = 0; over > 0 && tries < 8 * w.n; ++tries) {
            const int t = (int)random.below((uint32_t)w.n);
            const int count = (int)(w.first_mode[t + 1] - w.first_mode[t]);
            if (count < 2 || !state.here[t]) continue;
            const int from = (int)w.first_mode[t] + state.mode[t];
            const int to = (int)w.first_mode[t] + (int)random.below((uint32_t)count);
            spend(from, -1);
            spend(to, 1);
            const int64_t now = excess();
            if (now < over) { over = now; state.mode[t] = to - (int)w.first_mode[t]; continue; }
            spend(to, -1);
            spend(from, 1);
        }
    }

    void spend(int m, int64_t sign) {
        const Workshop& w = *shop;
        for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i)
            if (w.kind[w.demand_resource[i]] == 2) used[w.demand_resource[i]] += sign * w.demand_amount[i];
    }

    int64_t excess() const {
        int64_t over = 0;
        for (int r = 0; r < shop->resources; ++r)
            if (shop->kind[r] == 2) over += std::max<int64_t>(0, used[r] - shop->capacity[r]);
        return over;
    }

    void perturb() {
        const Workshop& w = *shop;
        const double length = std::max<double>(1, *std::max_element(current.end.begin(), current.end.end()));
        const int most = random.below(3u) ? 4 : 16;
        const int count = 1 + (int)random.below((uint32_t)std::min(most, std::max(1, w.n / 3)));
        const uint32_t kind = random.below(4u);
        if (kind == 0) {  // a window of time is shaken
            const double at = random.real() * length, wide = length * (0.02 + 0.1 * random.real());
            for (int t = 0; t < w.n; ++t)
                if (current.start[t] >= at && current.start[t] <= at + wide) state.rank[t] = at + random.real() * wide;
        } else {
            const double reach = length * (kind == 1 ? 0.3 : kind == 2 ? 0.1 : 0.03);
            for (int i = 0; i < count; ++i) {
                const int t = (int)random.below((uint32_t)w.n);
                state.rank[t] += (random.real() * 2 - 1) * reach;
            }
        }
        if (w.modes > w.n)
            for (int i = 0, changes = 1 + (int)random.below(4u); i < changes; ++i) {
                const int t = (int)random.below((uint32_t)w.n);
                const int modes_of = (int)(w.first_mode[t + 1] - w.first_mode[t]);
                if (modes_of < 2) continue;
                const bool greedy = !w.has_budgets && random.below(2u) == 0;
                state.mode[t] = greedy ? -1 : (int)random.below((uint32_t)modes_of);
            }
        if (w.has_budgets) repair();
        if (!w.groups.empty() && random.below(2u) == 0) {
            const auto& g = w.groups[random.below((uint32_t)w.groups.size())];
            if (!g.empty()) {
                for (int t : g) state.here[t] = 0;
                state.here[g[random.below((uint32_t)g.size())]] = 1;
            }
        }
        if (random.below(8u) == 0) {
            const int t = (int)random.below((uint32_t)w.n);
            if (w.optional[t]) state.here[t] ^= 1;
        }
        for (const auto& p : w.together) {
            if (state.here[p[0]] == state.here[p[1]]) continue;
            const char value = !w.optional[p[0]] || !w.optional[p[1]] ? 1 : (char)random.below(2u);
            state.here[p[0]] = state.here[p[1]] = value;
        }
    }
};

}  // namespace zg::scheduling
#endif
