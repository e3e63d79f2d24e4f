// What a resource holds while a list is scheduled: a machine's tasks, a profile, a reservoir's changes.
#ifndef ZEROGAP_SCHEDULING_LINE
#define ZEROGAP_SCHEDULING_LINE
#include <algorithm>
#include <cstdint>
#include <vector>

namespace zg::scheduling {

constexpr int64_t FAR = int64_t(1) << 60;

// A machine: tasks in the order of time, gaps with the setups on both sides.
struct Line {
    struct Entry { int64_t start, hold; int task; };
    std::vector<Entry> entries;

    void clear() { entries.clear(); }

    // First time from s on at which [s, e) fits; a task that waits for `blocker` lets it go at its start.
    template <class Shop, class Ends>
    int64_t fit(const Shop& w, int r, int t, int64_t s, int64_t e, int blocker, const Ends& ends) const {
        const int64_t length = e >= FAR ? FAR : e - s;
        // Entries that let go before s can only matter as the one right before.
        size_t i = std::partition_point(entries.begin(), entries.end(),
                                        [&](const Entry& x) { return x.hold <= s && x.start < s; }) - entries.begin();
        for (; i <= entries.size(); ++i) {
            int64_t ready = 0;
            if (i == 0) {
                ready = w.setup(r, -1, t);
            } else {
                const Entry& x = entries[i - 1];
                const int64_t change = w.setup(r, x.task, t);
                int64_t until = x.hold;
                if (until >= FAR && x.task == blocker) {
                    if (change > 0) return FAR;  // held until t itself starts: no time is left for the setup
                    until = ends[x.task];
                }
                if (until >= FAR) return FAR;
                ready = until + change;
            }
            const int64_t c = std::max(s, ready);
            if (i == entries.size()) return c;
            const Entry& next = entries[i];
            if (length < FAR && c + length + w.setup(r, t, next.task) <= next.start) return c;
        }
        return FAR;
    }

    void add(int t, int64_t start, int64_t hold) {
        const Entry x{start, hold, t};
        auto at = std::upper_bound(entries.begin(), entries.end(), x, [](const Entry& a, const Entry& b) {
            return a.start != b.start ? a.start < b.start : a.hold != b.hold ? a.hold < b.hold : a.task < b.task;
        });
        entries.insert(at, x);
    }

    void let_go(int t, int64_t hold) {
        for (Entry& x : entries) if (x.task == t) x.hold = hold;
    }
};

// A renewable resource: steps of its use.
struct Profile {
    std::vector<int64_t> time, use;

    void clear() { time.clear(); use.clear(); }

    // First time from s on at which the use stays at most `room` for e - s.
    int64_t fit(int64_t s, int64_t e, int64_t room) const {
        const int64_t length = e - s;
        size_t i = std::upper_bound(time.begin(), time.end(), s) - time.begin();
        if (i) --i;
        for (; i < time.size(); ++i) {
            if (time[i] >= s + length) return s;
            const int64_t until = i + 1 < time.size() ? time[i + 1] : FAR;
            if (use[i] > room && until > s) s = until;
        }
        return s;
    }

    void add(int64_t s, int64_t e, int64_t amount) {
        const size_t a = split(s), b = split(e);
        for (size_t i = a; i < b; ++i) use[i] += amount;
    }

private:
    size_t split(int64_t at) {
        const size_t i = std::lower_bound(time.begin(), time.end(), at) - time.begin();
        if (i < time.size() && time[i] == at) return i;
        const int64_t before = i ? use[i - 1] : 0;
        time.insert(time.begin() + i, at);
        use.insert(use.begin() + i, before);
        return i;
    }
};

// A reservoir: its changes by time; the level counts after all changes of a moment.
struct Reservoir {
    std::vector<std::pair<int64_t, int64_t>> changes;

    void clear() { changes.clear(); }

    void add(int64_t at, int64_t amount) {
        const auto x = std::make_pair(at, amount);
        changes.insert(std::upper_bound(changes.begin(), changes.end(), x), x);
    }

    template <class Shop>
    int64_t fit(const Shop& w, int r, int m, int64_t s, int64_t e) const {
        if (allows(w, r, m, s, e)) return s;
        // Only where a change of the task meets one that is there already anything can turn.
        const int64_t length = e - s;
        int64_t next = FAR;
        for (const auto& x : changes) {
            if (x.first > s) next = std::min(next, x.first);
            if (x.first - length > s) next = std::min(next, x.first - length);
        }
        return next;
    }

private:
    template <class Shop>
    bool allows(const Shop& w, int r, int m, int64_t s, int64_t e) const {
        int64_t at_start = 0, at_end = 0;
        for (int64_t i = w.first_demand[m]; i < w.first_demand[m + 1]; ++i)
            if (w.demand_resource[i] == r) (w.demand_at[i] == 1 ? at_start : at_end) += w.demand_amount[i];
        int64_t level = w.level[r];
        bool started = false, ended = false;
        size_t i = 0;
        for (;;) {
            int64_t now = i < changes.size() ? changes[i].first : FAR;
            if (!started) now = std::min(now, s);
            if (!ended) now = std::min(now, e);
            if (now >= FAR) return true;
            while (i < changes.size() && changes[i].first == now) level += changes[i++].second;
            if (!started && s == now) { level += at_start; started = true; }
            if (!ended && e == now) { level += at_end; ended = true; }
            if (level < w.low[r] || level > w.capacity[r]) return false;
        }
    }
};

}  // namespace zg::scheduling
#endif
