// One plan by given priorities: what starts next is chosen among what can.
#ifndef ZG_SCHEDULING_DISPATCH_HPP
#define ZG_SCHEDULING_DISPATCH_HPP

#include "scheduling/list.hpp"

namespace zg::scheduling {

class Dispatcher : public ListSearch {
public:
    // The plan that ranks make, the least first; the search goes on as if nothing had been.
    // window >= 0: a task is chosen among those that can start at most so much later than the first
    // that can (parallel generation); window < 0: ranks alone decide (serial generation).
    void dispatch(const std::vector<double>& rank, double window, Outcome& o) {
        const Workshop& w = *shop;
        const State before = state;
        size(o);
        for (int t = 0; t < w.n; ++t) { state.rank[t] = rank[t]; state.mode[t] = -1; state.here[t] = !w.optional[t]; }
        for (const auto& g : w.groups)
            if (!g.empty()) state.here[*std::min_element(g.begin(), g.end(), [&](int a, int b) { return rank[a] < rank[b]; })] = 1;
        for (const auto& p : w.together) state.here[p[0]] = state.here[p[1]] = state.here[p[0]] | state.here[p[1]];
        if (w.has_budgets) { cheapest(); repair(); }
        std::fill(delay.begin(), delay.end(), 0);
        for (int tries = 0; tries < 60; ++tries) {
            culprit = -1;
            const int failed = window < 0 ? build(o, false) : by_time(o, window);
            o.broken = failed < 0 ? 0 : 1 + w.n - failed;
            if (failed < 0 || culprit < 0) break;
            delay[culprit] = std::max(delay[culprit], o.start[culprit] + shift);
        }
        if (o.broken == 0) judge(o);
        state = before;
    }

private:
    struct Offer { Place place; int task; };
    std::vector<Offer> offers;

    // Place all; -1 if every task found its place, else how many did.
    int by_time(Outcome& o, double window) {
        const Workshop& w = *shop;
        clear();
        o.here = state.here;
        std::fill(o.start.begin(), o.start.end(), -1);
        std::fill(o.end.begin(), o.end.end(), -1);
        std::fill(o.mode.begin(), o.mode.end(), -1);
        auto later = [](const std::pair<double, int>& a, const std::pair<double, int>& b) { return a > b; };
        auto push = [&](double key, int t) { heap.emplace_back(key, t); std::push_heap(heap.begin(), heap.end(), later); };
        heap.clear();
        waiting.assign(w.n, 0);
        int required = 0;
        for (int t = 0; t < w.n; ++t) { left[t] = w.waits[t]; required += state.here[t]; }
        for (int t = 0; t < w.n; ++t) if (!state.here[t]) for (int b : w.follow[t]) --left[b];
        for (int t = 0; t < w.n; ++t) if (state.here[t] && left[t] == 0) { push(0, t); waiting[t] = 1; }
        for (int count = 0; count < required; ++count) {
            if (heap.empty()) {  // a circle of lags that take no time: break it at the lowest rank
                int first = -1;
                for (int t = 0; t < w.n; ++t)
                    if (state.here[t] && !waiting[t] && (first < 0 || state.rank[t] < state.rank[first])) first = t;
                waiting[first] = 1;
                push(0, first);
            }
            // A key is a start found earlier: what is placed since then rarely makes it smaller.
            offers.clear();
            double limit = 1e300;
            while (!heap.empty() && heap.front().first <= limit) {
                std::pop_heap(heap.begin(), heap.end(), later);
                const int t = heap.back().second;
                heap.pop_back();
                Window v;
                bound(o, t, v);
                Place p;
                const bool overtaken = w.blocks[t] >= 0 && placed[w.blocks[t]];
                if (overtaken || !find(o, t, v, p)) {
                    if (culprit < 0 && !overtaken && v.limiter >= 0 && w.fixed_start[v.limiter] < 0) blame(o, t, v, wanted(t));
                    p = {FAR, FAR, -1};  // perhaps later: a reservoir may be filled
                } else {
                    limit = std::min(limit, (double)p.start + window);
                }
                offers.push_back({p, t});
            }
            int chosen = -1;
            for (int i = 0; i < (int)offers.size(); ++i) {
                const Offer& x = offers[i];
                if (x.place.mode < 0 || (double)x.place.start > limit) continue;
                if (chosen < 0) { chosen = i; continue; }
                const Offer& y = offers[chosen];
                const double a = state.rank[x.task], b = state.rank[y.task];
                if (a != b ? a < b : x.place.start != y.place.start ? x.place.start < y.place.start : x.task < y.task) chosen = i;
            }
            if (chosen < 0) return count;
            culprit = -1;
            for (int i = 0; i < (int)offers.size(); ++i)
                if (i != chosen) push((double)offers[i].place.start, offers[i].task);
            const int t = offers[chosen].task;
            put(o, t, offers[chosen].place);
            for (int b : w.follow[t])
                if (--left[b] == 0 && state.here[b] && !waiting[b]) { waiting[b] = 1; push(0, b); }
        }
        o.broken = 0;
        return -1;
    }
    std::vector<char> waiting;
};

}  // namespace zg::scheduling
#endif
