// Part of the class Sisr (included in its body): loads, times and full evaluation of a route.

    // Recompute what depends on the order of a route: heads, loads of trips, times, duration.
    void refresh(int r) {
        if (!P.timed && !P.full) return;
        const int type = route[r].type, p = P.profile[type], s = start_of(r), e = end_of(r);
        if (P.full) {
            total -= route_cost(r);
            int head = s;
            std::fill(load_of(s), load_of(s) + P.sums, 0);
            tails[r].clear();
            for (int v = node[s].next; v != e; v = node[v].next) {
                if (node[v].next >= P.n) tails[r].push_back(v);
                if (v >= P.n) { head = v; std::fill(load_of(v), load_of(v) + P.sums, 0); }
                else for (int k = 0; k < P.sums; ++k) load_of(head)[k] += P.sum[(size_t)v * P.sums + k];
                node[v].head = head;
            }
            node[e].head = head;
            route[r].late = false;
            if (P.durations || F) {
                const Outcome x = examine(r, -1, -1, 0, -1, -1);
                route[r].duration = P.durations ? x.duration : 0;
                route[r].extra = x.extra;
                route[r].lacking = x.lacking;
                route[r].late = !x.feasible;
            }
            total += route_cost(r);
        }
        forward(s, e, p, s);
        backward(e, s, p);
        if (!P.durations && !F) route[r].late = is_late(r);
    }
    // Whether a route misses a window. Insertions never make one late; taking a client out may,
    // where the way past it is slower than the way over it.
    bool is_late(int r) const {
        const int p = P.profile[route[r].type], s = start_of(r), e = end_of(r);
        if (leave[s] > P.depot_window[2 * (row[s] - P.n) + 1]) return true;
        for (int head = s; head != e;) {
            const int w = node[head].next;
            if (leave[head] + (P.time ? P.t(p, row[head], row[w]) : node[head].dn) > latest[w]) return true;
            if (!P.trips) return false;  // what comes behind the first client is in its latest arrival
            for (head = w; head < P.n;) head = node[head].next;  // the next node that is no client
        }
        return false;
    }
    int64_t trip_release(int head) const {
        int64_t release = 0;
        for (int v = node[head].next; v < P.n; v = node[v].next) release = std::max(release, P.release[v]);
        return release;
    }
    void forward(int from, int e, int p, int s) {
        if (from == s && P.full) {
            const int type = route[node[s].route].type;
            const int64_t* hours = &P.depot_window[2 * (row[s] - P.n)];
            leave[s] = std::max(std::max(P.shift[2 * type], hours[0]), trip_release(s));
        }
        int64_t now = leave[from];
        for (int v = node[from].next; v != e; v = node[v].next) {
            now += P.time ? P.t(p, row[node[v].prev], row[v]) : node[v].dp;
            if (v < P.n) {
                const int64_t opens = P.multi_window ? P.open_at(v, now) : std::max(now, P.window[2 * v]);
                now = (opens < 0 ? now : opens) + P.service[v];
            } else {
                now = std::max(std::max(now, P.depot_window[2 * (row[v] - P.n)]), trip_release(v));
            }
            leave[v] = now;
        }
    }
    void backward(int e, int s, int p) {
        int64_t limit = latest[e];
        for (int v = node[e].prev; v != s; v = node[v].prev) {
            limit -= P.time ? P.t(p, row[v], row[node[v].next]) : node[v].dn;
            if (v < P.n) {
                limit -= P.service[v];
                limit = P.multi_window ? P.open_until(v, limit) : std::min(limit, P.window[2 * v + 1]);
            } else {
                limit = std::min(limit, P.depot_window[2 * (row[v] - P.n) + 1]);
            }
            latest[v] = limit;
        }
    }

    Outcome assess(const int32_t* stop, int m, int type) const {
        Outcome result;
        static_cast<Evaluation&>(result) = evaluate(P, stop, m, type);
        if (F && result.feasible) result.feasible = fleet(P, *F, stop, m, type, result);
        return result;
    }
    // What a route with these hours and sizes costs more than one with those of slot s.
    int64_t dearer(const Outcome& x, const Slot& s, int type) const {
        const int64_t longer = P.unit_duration[type] * (x.duration - s.duration);
        return F ? longer + x.extra - s.extra + penalty * (x.lacking - s.lacking) : longer;
    }

    // Evaluate route r with client c after `after` (kind as in Place) and partner c2 after `after2`.
    Outcome examine(int r, int c, int after, int kind, int c2, int after2, int reload = -1) {
        tour.clear();
        const int s = start_of(r), e = end_of(r);
        auto put = [&](int v) { tour.push_back(v < P.n ? v : P.n - 1 - row[v]); };
        for (int v = s; v != e; v = node[v].next) {
            if (v != s) put(v);
            if (c >= 0 && v == after) {
                if (kind == TRIP_BEFORE) tour.push_back(P.n - 1 - reload);
                tour.push_back(c);
                if (kind == TRIP_AFTER) tour.push_back(P.n - 1 - reload);
                if (c2 >= 0 && after2 == c) tour.push_back(c2);
            }
            if (c2 >= 0 && v == after2) tour.push_back(c2);
        }
        return assess(tour.data(), (int)tour.size(), route[r].type);
    }
