// Permutation flow shops: iterated greedy over the sequences of one or several factories.
//
// Makespan: all insertion places of a job in O(n m) from heads and tails (Taillard 1990), with setups
// as in Ruiz & Stuetzle 2008; without waiting from the distances of neighbours; sums of completion or
// tardiness by moving all places through the sequence side by side. The loops over places are the
// inner ones and carry nothing from one to the next, so that they fill vector registers.
#ifndef ZEROGAP_SCHEDULING_FLOW
#define ZEROGAP_SCHEDULING_FLOW
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "shared/rng.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define ZG_WIDE __attribute__((target_clones("avx2", "default")))
#else
#define ZG_WIDE
#endif

namespace zg::scheduling {

enum Goal { MAKESPAN = 0, COMPLETION = 1, TARDINESS = 2 };

// c[i] = longest path through place i when a job with times p is put there: heads e and tails q lie
// machine by machine, row length w, places 0 .. count - 1.
ZG_WIDE inline void places(const int32_t* e, const int32_t* q, const int32_t* p, int m, int w,
                           int count, int32_t* f, int32_t* c) {
    for (int i = 0; i < count; ++i) f[i] = c[i] = 0;
    for (int k = 0; k < m; ++k) {
        const int32_t* ek = e + (size_t)k * w;
        const int32_t* qk = q + (size_t)k * w;
        const int32_t pk = p[k];
        for (int i = 0; i < count; ++i) {
            const int32_t g = (f[i] > ek[i] ? f[i] : ek[i]) + pk;
            f[i] = g;
            c[i] = c[i] > g + qk[i] ? c[i] : g + qk[i];
        }
    }
}

// One job (times p) appended to `count` schedules side by side; ends[k * w + i] are their machines.
ZG_WIDE inline void append(int32_t* ends, const int32_t* p, int m, int w, int count) {
    for (int i = 0; i < count; ++i) ends[i] += p[0];
    for (int k = 1; k < m; ++k) {
        int32_t* now = ends + (size_t)k * w;
        const int32_t* last = now - w;
        const int32_t pk = p[k];
        for (int i = 0; i < count; ++i) now[i] = (now[i] > last[i] ? now[i] : last[i]) + pk;
    }
}

ZG_WIDE inline void add_late(const int32_t* ends, int32_t due, int64_t weight, int count,
                             int64_t* sum) {
    for (int i = 0; i < count; ++i) {
        const int32_t late = ends[i] - due;
        sum[i] += weight * (late > 0 ? late : 0);
    }
}

struct FlowShop {
    int n = 0, m = 0, factories = 1;
    bool setups = false, no_wait = false;
    int goal = MAKESPAN;
    std::vector<int32_t> p;         // n x m
    std::vector<int32_t> in, out;   // in[(j m + k) (n + 1) + a]: setup a -> j, a = n: initial; out: j -> b
    std::vector<int32_t> apart;     // without waiting: least distance of starts, n x n
    std::vector<int32_t> length;    // of a job alone
    std::vector<int32_t> due;
    std::vector<int64_t> weight;

    void assign(int jobs, int machines, int lines, bool nowait, int what, const int32_t* times,
                const int32_t* setup, const int32_t* initial, const int64_t* w, const int32_t* d) {
        n = jobs; m = machines; factories = lines; no_wait = nowait; goal = what;
        setups = setup != nullptr;
        p.assign(times, times + (size_t)n * m);
        weight.assign(w, w + n);
        due.assign(d, d + n);
        length.assign(n, 0);
        for (int j = 0; j < n; ++j)
            for (int k = 0; k < m; ++k) length[j] += p[(size_t)j * m + k];
        if (setups) {
            in.assign((size_t)n * m * (n + 1), 0);
            out.assign((size_t)n * m * (n + 1), 0);
            for (int k = 0; k < m; ++k)
                for (int a = 0; a < n; ++a)
                    for (int b = 0; b < n; ++b) {
                        const int32_t s = setup[((size_t)k * n + a) * n + b];
                        in[((size_t)b * m + k) * (n + 1) + a] = s;
                        out[((size_t)a * m + k) * (n + 1) + b] = s;
                    }
            for (int k = 0; k < m; ++k)
                for (int j = 0; j < n; ++j)
                    in[((size_t)j * m + k) * (n + 1) + n] = initial[(size_t)k * n + j];
        }
        if (no_wait) {
            apart.assign((size_t)n * n, 0);
            for (int a = 0; a < n; ++a)
                for (int b = 0; b < n; ++b) {
                    int32_t done = 0, before = 0, least = 0;
                    for (int k = 0; k < m; ++k) {
                        done += p[(size_t)a * m + k];
                        least = std::max(least, done - before);
                        before += p[(size_t)b * m + k];
                    }
                    apart[(size_t)a * n + b] = least;
                }
        }
    }
};

struct Line {
    std::vector<int> jobs;
    int64_t cost = 0;
    bool fresh = false;            // heads and tails belong to `jobs`
    std::vector<int32_t> e, q;     // m x (n + 2): place i has head of job i - 1 and tail of job i
};

struct Sequences {
    std::vector<std::vector<int>> line;
    int64_t cost = -1;
};

class FlowSearch {
public:
    const FlowShop* shop = nullptr;
    Random random;
    int64_t iterations = 0;
    int64_t target = 0;
    Sequences best;
    int destruct = 2;
    double heat = 0.7;

    void attach(const FlowShop& s, uint64_t seed, int64_t goal_value, int jobs_out, double temperature) {
        shop = &s;
        random.seed(seed);
        target = goal_value;
        destruct = std::min(jobs_out, s.n);
        heat = temperature;
        w = s.n + 2;
        lines.assign(s.factories, Line());
        for (Line& l : lines) {
            l.jobs.reserve(s.n + 1);
            l.e.assign((size_t)s.m * w, 0);
            l.q.assign((size_t)s.m * w, 0);
        }
        f.assign(w, 0); c.assign(w, 0); sum.assign(w, 0);
        ends.assign((size_t)s.m * w, 0);
        head.assign(s.m, 0);
        order.resize(s.n);
        out.reserve(s.n);
        where.assign(s.n, 0);
        scale = 0;
        for (int j = 0; j < s.n; ++j) scale += s.length[j];
        // A unit of the temperature: a tenth of a mean duration, as Ruiz & Stuetzle; sums change by
        // that much for many jobs at once.
        unit = (double)scale / ((double)s.n * s.m * 10.0);
        if (s.goal != MAKESPAN) unit *= 0.25 * s.n / std::max(1, s.factories);
        best.line.assign(s.factories, {});
        for (auto& l : best.line) l.reserve(s.n);
        now.line.assign(s.factories, {});
        for (auto& l : now.line) l.reserve(s.n);
    }

    void inject(const std::vector<std::vector<int>>& given) {
        for (int x = 0; x < shop->factories; ++x) { lines[x].jobs = given[x]; settle(lines[x]); }
        keep(now);
        if (best.cost < 0 || now.cost < best.cost) best = now;
    }

    // One turn of the iterated greedy; false when the target is reached.
    bool step() {
        if (best.cost < 0) { start(); if (shop->n < 2) return false; }
        if (best.cost <= target) return false;
        ++iterations;
        pull();
        if (shop->goal == MAKESPAN && shop->factories == 1) descend(true);
        for (int j : out) put_best(j);
        out.clear();
        descend(false);
        const int64_t cost = value();
        if (cost <= now.cost) {
            keep(now);
            if (cost < best.cost) best = now;
        } else if (random.real() <= std::exp(-(double)(cost - now.cost) / (heat * unit + 1e-9))) {
            keep(now);
        } else {
            restore(now);
        }
        if (++idle > 4000 && random.below(2u) == 0) { restore(best); keep(now); idle = 0; }
        return best.cost > target;
    }

    // The face of `slices`: so many steps at once, and how many were made.
    bool run(int64_t moves) {
        bool more = true;
        while (more && moves-- > 0) more = step();
        return more;
    }
    int64_t made() const { return iterations; }

    // Starts of the best sequences, n x m, and the factory of every job.
    void starts(int64_t* start, int32_t* factory) {
        const FlowShop& s = *shop;
        for (int x = 0; x < s.factories; ++x) {
            std::fill(head.begin(), head.end(), 0);
            int last = s.n;
            int32_t at = 0;
            for (int j : best.line[x]) {
                factory[j] = x;
                if (s.no_wait) {
                    at = last == s.n ? 0 : at + s.apart[(size_t)last * s.n + j];
                    int64_t t = at;
                    for (int k = 0; k < s.m; ++k) { start[(size_t)j * s.m + k] = t; t += s.p[(size_t)j * s.m + k]; }
                } else {
                    advance(last, j, head.data());
                    for (int k = 0; k < s.m; ++k) start[(size_t)j * s.m + k] = head[k] - s.p[(size_t)j * s.m + k];
                }
                last = j;
            }
        }
    }

private:
    int w = 0;
    double unit = 1, scale = 0;
    int64_t idle = 0;
    std::vector<Line> lines;
    Sequences now;
    std::vector<int32_t> f, c, ends, head;
    std::vector<int64_t> sum;
    std::vector<int> order, out, where;

    int64_t value() const {
        int64_t total = 0;
        for (const Line& l : lines) total = shop->goal == MAKESPAN ? std::max(total, l.cost) : total + l.cost;
        return total;
    }
    // What descents compare: for several factories the sum breaks ties of the largest makespan.
    int64_t rank() const {
        int64_t total = 0;
        for (const Line& l : lines) total += l.cost;
        return shop->goal == MAKESPAN ? value() * (shop->factories + 1) * 64 + total / std::max(1, shop->factories) / 64 : total;
    }
    void keep(Sequences& to) {
        for (size_t x = 0; x < lines.size(); ++x) to.line[x] = lines[x].jobs;
        to.cost = value();
        if (&to == &now && to.cost < best.cost) idle = 0;
    }
    void restore(const Sequences& from) {
        for (size_t x = 0; x < lines.size(); ++x)
            if (lines[x].jobs != from.line[x]) { lines[x].jobs = from.line[x]; settle(lines[x]); }
    }

    // Completions of job b after a, from those of a, in place.
    void advance(int a, int b, int32_t* at) const {
        const FlowShop& s = *shop;
        const int32_t* p = &s.p[(size_t)b * s.m];
        int32_t last = 0;
        for (int k = 0; k < s.m; ++k) {
            int32_t ready = at[k];
            if (s.setups) ready += s.in[((size_t)b * s.m + k) * (s.n + 1) + a];
            last = std::max(last, ready) + p[k];
            at[k] = last;
        }
    }

    int64_t term(int j, int32_t end) const {
        if (shop->goal == COMPLETION) return shop->weight[j] * end;
        return shop->weight[j] * std::max(0, end - shop->due[j]);
    }

    // Cost of a line from its sequence.
    void settle(Line& l) {
        const FlowShop& s = *shop;
        l.fresh = false;
        l.cost = 0;
        if (l.jobs.empty()) return;
        if (s.no_wait) {
            for (size_t i = 1; i < l.jobs.size(); ++i) l.cost += s.apart[(size_t)l.jobs[i - 1] * s.n + l.jobs[i]];
            l.cost += s.length[l.jobs.back()];
            return;
        }
        std::fill(head.begin(), head.end(), 0);
        int last = s.n;
        for (int j : l.jobs) {
            advance(last, j, head.data());
            if (s.goal != MAKESPAN) l.cost += term(j, head[s.m - 1]);
            last = j;
        }
        if (s.goal == MAKESPAN) l.cost = head[s.m - 1];
    }

    void heads(Line& l) {
        const FlowShop& s = *shop;
        const int n = (int)l.jobs.size();
        std::fill(head.begin(), head.end(), 0);
        for (int k = 0; k < s.m; ++k) l.e[(size_t)k * w] = 0;
        for (int i = 0; i < n; ++i) {
            advance(i ? l.jobs[i - 1] : s.n, l.jobs[i], head.data());
            for (int k = 0; k < s.m; ++k) l.e[(size_t)k * w + i + 1] = head[k];
        }
        l.fresh = true;
        if (s.goal != MAKESPAN) return;
        std::fill(head.begin(), head.end(), 0);
        for (int k = 0; k < s.m; ++k) l.q[(size_t)k * w + n] = 0;
        for (int i = n - 1; i >= 0; --i) {
            const int j = l.jobs[i];
            const int32_t* p = &s.p[(size_t)j * s.m];
            int32_t last = 0;
            for (int k = s.m - 1; k >= 0; --k) {
                int32_t ready = head[k];
                if (s.setups && i + 1 < n) ready += s.out[((size_t)j * s.m + k) * (s.n + 1) + l.jobs[i + 1]];
                last = std::max(last, ready) + p[k];
                head[k] = last;
                l.q[(size_t)k * w + i] = last;
            }
        }
    }

    // Cost of a line with job j at each place, in `sum`.
    void probe(Line& l, int j) {
        const FlowShop& s = *shop;
        const int n = (int)l.jobs.size();
        if (s.no_wait) {
            for (int i = 0; i <= n; ++i) {
                int64_t cost = l.cost;
                if (n == 0) cost = s.length[j];
                else if (i == 0) cost += s.apart[(size_t)j * s.n + l.jobs[0]];
                else if (i == n) cost += s.apart[(size_t)l.jobs[n - 1] * s.n + j] + s.length[j] - s.length[l.jobs[n - 1]];
                else cost += s.apart[(size_t)l.jobs[i - 1] * s.n + j] + s.apart[(size_t)j * s.n + l.jobs[i]]
                             - s.apart[(size_t)l.jobs[i - 1] * s.n + l.jobs[i]];
                sum[i] = cost;
            }
            return;
        }
        if (!l.fresh) heads(l);
        if (s.goal != MAKESPAN) return probe_sum(l, j);
        const int32_t* p = &s.p[(size_t)j * s.m];
        if (!s.setups) {
            places(l.e.data(), l.q.data(), p, s.m, w, n + 1, f.data(), c.data());
            for (int i = 0; i <= n; ++i) sum[i] = c[i];
            return;
        }
        for (int i = 0; i <= n; ++i) f[i] = c[i] = 0;
        for (int k = 0; k < s.m; ++k) {
            const int32_t* in = &s.in[((size_t)j * s.m + k) * (s.n + 1)];
            const int32_t* after = &s.out[((size_t)j * s.m + k) * (s.n + 1)];
            const int32_t* e = &l.e[(size_t)k * w];
            const int32_t* q = &l.q[(size_t)k * w];
            for (int i = 0; i <= n; ++i) {
                const int32_t g = std::max(f[i], e[i] + in[i ? l.jobs[i - 1] : s.n]) + p[k];
                f[i] = g;
                c[i] = std::max(c[i], g + q[i] + (i < n ? after[l.jobs[i]] : 0));
            }
        }
        for (int i = 0; i <= n; ++i) sum[i] = c[i];
    }

    void probe_sum(Line& l, int j) {
        const FlowShop& s = *shop;
        const int n = (int)l.jobs.size(), m = s.m;
        int64_t before = 0;
        for (int t = 0; t <= n; ++t) {
            // Places below t already hold j: they all go on with the job before place t.
            if (t) {
                const int a = l.jobs[t - 1];
                if (s.setups) {
                    for (int i = 0; i < t; ++i) {
                        const int last = i == t - 1 ? j : l.jobs[t - 2];
                        int32_t done = 0;
                        for (int k = 0; k < m; ++k) {
                            int32_t& at = ends[(size_t)k * w + i];
                            done = std::max(done, at + s.in[((size_t)a * m + k) * (s.n + 1) + last]) + s.p[(size_t)a * m + k];
                            at = done;
                        }
                    }
                } else {
                    append(ends.data(), &s.p[(size_t)a * m], m, w, t);
                }
                const int32_t* last = &ends[(size_t)(m - 1) * w];
                add_late(last, s.goal == COMPLETION ? 0 : s.due[a], s.weight[a], t, sum.data());
                before += term(a, l.e[(size_t)(m - 1) * w + t]);
            }
            for (int k = 0; k < m; ++k) head[k] = l.e[(size_t)k * w + t];
            advance(t ? l.jobs[t - 1] : s.n, j, head.data());
            for (int k = 0; k < m; ++k) ends[(size_t)k * w + t] = head[k];
            sum[t] = before + term(j, head[m - 1]);
        }
    }

    // Put a job where it costs least, ties at random; returns the line.
    int put_best(int j) {
        int64_t least = INT64_MAX;
        int line = 0, place = 0;
        uint32_t ties = 0;
        for (size_t x = 0; x < lines.size(); ++x) {
            Line& l = lines[x];
            probe(l, j);
            const int64_t own = shop->goal == MAKESPAN ? 0 : l.cost;
            for (int i = 0; i <= (int)l.jobs.size(); ++i) {
                const int64_t cost = sum[i] - own;
                if (cost > least) continue;
                if (cost < least) { least = cost; ties = 0; }
                if (random.below(++ties) == 0) { line = (int)x; place = i; }
            }
        }
        Line& l = lines[line];
        l.cost = shop->goal == MAKESPAN ? least : l.cost + least;
        l.jobs.insert(l.jobs.begin() + place, j);
        l.fresh = false;
        return line;
    }

    void take(int x, int place) {
        Line& l = lines[x];
        l.jobs.erase(l.jobs.begin() + place);
        if (shop->goal == MAKESPAN && !shop->no_wait) {
            heads(l);
            l.cost = 0;
            if (!l.jobs.empty()) l.cost = l.e[(size_t)(shop->m - 1) * w + l.jobs.size()];
        } else {
            settle(l);
        }
    }

    void pull() {
        int64_t longest = 0;
        size_t critical = 0;
        for (size_t x = 0; x < lines.size(); ++x)
            if (lines[x].cost > longest) { longest = lines[x].cost; critical = x; }
        for (int d = 0; d < destruct; ++d) {
            // Half of the jobs leave the factory that ends last.
            size_t x = d % 2 == 0 ? critical : random.below((uint32_t)lines.size());
            if (lines[x].jobs.empty()) continue;
            const int place = (int)random.below((uint32_t)lines[x].jobs.size());
            out.push_back(lines[x].jobs[place]);
            lines[x].jobs.erase(lines[x].jobs.begin() + place);
        }
        for (Line& l : lines) settle(l);
    }

    // Insertion descent in random order until a whole round brings nothing.
    void descend(bool partial) {
        size_t count = 0;
        for (const Line& l : lines) for (int j : l.jobs) order[count++] = j;
        if (count < 2) return;
        for (size_t i = count - 1; i > 0; --i) std::swap(order[i], order[random.below((uint32_t)(i + 1))]);
        size_t since = 0, at = 0, work = 0;
        const size_t limit = partial ? count : 40 * count;
        while (since < count && work++ < limit) {
            const int j = order[at];
            at = at + 1 == count ? 0 : at + 1;
            int x = 0, place = -1;
            for (; x < (int)lines.size(); ++x) {
                auto found = std::find(lines[x].jobs.begin(), lines[x].jobs.end(), j);
                if (found != lines[x].jobs.end()) { place = (int)(found - lines[x].jobs.begin()); break; }
            }
            const int64_t before = rank(), cost = lines[x].cost;
            take(x, place);
            const int y = put_best(j);
            const int64_t after = rank();
            if (after < before) { since = 0; continue; }
            ++since;
            if (after > before) {  // ties may drift, losses are taken back
                Line& l = lines[y];
                l.jobs.erase(std::find(l.jobs.begin(), l.jobs.end(), j));
                if (y != x) settle(l); else l.fresh = false;
                lines[x].jobs.insert(lines[x].jobs.begin() + place, j);
                lines[x].cost = cost;
                lines[x].fresh = false;
            }
        }
    }

    void start() {
        const FlowShop& s = *shop;
        for (int j = 0; j < s.n; ++j) order[j] = j;
        if (s.goal == TARDINESS)
            std::sort(order.begin(), order.end(), [&](int a, int b) { return s.due[a] != s.due[b] ? s.due[a] < s.due[b] : a < b; });
        else if (s.goal == COMPLETION)
            std::sort(order.begin(), order.end(), [&](int a, int b) { return s.length[a] != s.length[b] ? s.length[a] < s.length[b] : a < b; });
        else
            std::sort(order.begin(), order.end(), [&](int a, int b) { return s.length[a] != s.length[b] ? s.length[a] > s.length[b] : a < b; });
        for (Line& l : lines) { l.jobs.clear(); settle(l); }
        std::vector<int> first(order);
        for (int j : first) put_best(j);
        keep(now);
        best = now;
        descend(false);
        keep(now);
        if (now.cost < best.cost) best = now;
    }
};

}  // namespace zg::scheduling
#endif
