// Part of the class Sisr (included in its body): removal of strings, insertion of clients.

    // -- ruin --------------------------------------------------------------------------------------
    void ruin() {
        const double mean = open_routes ? (double)served / open_routes : 1.0;
        const double longest = std::min<double>(S.string, std::max(1.0, mean));
        const double most = 4.0 * S.removals / (1.0 + longest) - 1.0;
        const int strings = 1 + (int)(uniform() * std::max(0.0, most));
        const int seed = (int)below((uint32_t)P.n);
        int done = 0, wishes = eager ? 1 + (int)below((uint32_t)S.wishes) : 8;
        const int32_t* near = P.near.data() + (size_t)seed * P.near_count;
        for (int k = -1; k < P.near_count && (done < strings || (eager && wishes > 0)); ++k) {
            const int c = k < 0 ? seed : near[k];
            const int r = node[c].route;
            if (r < 0) {
                if (!in_bank[c] && wishes > 0 && wanted(c)) { to_bank(c); --wishes; }
                continue;
            }
            if (done >= strings || route[r].mark == stamp) continue;
            touch(r);
            const int length = 1 + (int)(uniform() * std::min<double>(longest, route[r].count));
            take_string(c, r, std::min(length, (int)route[r].count));
            ++done;
        }
        if (missing > 0 || quota) more_missing();
        if (P.full || P.timed)
            for (int r : touched) {
                if (P.trips) drop_empty_trips(r);
                refresh(r);
            }
        for (int r : touched)
            if (route[r].count == 0 && route[r].type >= 0) { if (P.trips) drop_reloads(r); close(r); }
    }
    bool wanted(int c) const {
        return P.required[c] || P.prize[c] > 0 || P.group[c] < 0 ? P.group[c] < 0 || !group_served[P.group[c]]
                                                                 : !group_served[P.group[c]];
    }
    // Some of the clients that are not served although they should be get another chance.
    void more_missing() {
        int found_missing = 0;
        const int from = (int)below((uint32_t)P.n);
        for (int k = 0; k < P.n && found_missing < 12; ++k) {
            const int c = from + k < P.n ? from + k : from + k - P.n;
            if (node[c].route >= 0 || in_bank[c]) continue;
            const bool lacks = P.required[c] || quota ||
                (P.group[c] >= 0 && P.group_required[P.group[c]] && !group_served[P.group[c]]);
            if (lacks) { to_bank(c); ++found_missing; }
        }
    }
    void to_bank(int c) {
        if (in_bank[c]) return;
        in_bank[c] = 1;
        bank.push_back(c);
    }
    void take(int c) {
        const int r = node[c].route;
        unlink(c);
        to_bank(c);
        if (gathers && uniform() < 0.5)
            for (int64_t q = F->together_first[c]; q < F->together_first[c + 1]; ++q)
                if (node[F->together[q]].route == r) take(F->together[q]);
        const int other = P.shipments ? P.partner[c] : -1;
        if (other >= 0 && node[other].route >= 0) { unlink(other); to_bank(other); }
    }
    // Remove `length` clients around c; sometimes keep a few in the middle of a longer string.
    void take_string(int c, int r, int length) {
        const int count = route[r].count;
        int keep = 0;
        if (length > 1 && length < count && uniform() < S.split) {
            keep = 1;
            while (length + keep < count && uniform() > 0.01) ++keep;
        }
        const int span = length + keep;
        int offset = (int)below((uint32_t)span), at = c;
        for (int v = node[c].prev; offset > 0 && v != start_of(r); v = node[v].prev)
            if (v < P.n) { at = v; --offset; }
        // Too near the end for the whole span: begin further to the front.
        sequence.clear();
        for (int v = at; v != end_of(r) && (int)sequence.size() < span; v = node[v].next)
            if (v < P.n) sequence.push_back(v);
        for (int v = node[at].prev; v != start_of(r) && (int)sequence.size() < span; v = node[v].prev)
            if (v < P.n) sequence.insert(sequence.begin(), v);
        const int head = keep ? 1 + (int)below((uint32_t)(length - 1)) : length;
        for (int k = 0; k < (int)sequence.size(); ++k) {
            if (k >= head && k < head + keep) continue;
            if (node[sequence[k]].route >= 0) take(sequence[k]);
        }
    }
    void drop_empty_trips(int r) {
        for (int v = node[start_of(r)].next; v != end_of(r);) {
            const int w = node[v].next;
            if (v >= P.n && (node[v].prev >= P.n || w >= P.n)) unlink(v);
            v = w;
        }
    }

    // -- recreate ----------------------------------------------------------------------------------
    void recreate_dispatch(bool sort) {
        if (sort) sort_bank();
        const bool dense = P.dist != nullptr;
        if (P.full) dense ? recreate<true, 2>() : recreate<false, 2>();
        else if (P.timed) dense ? recreate<true, 1>() : recreate<false, 1>();
        else dense ? recreate<true, 0>() : recreate<false, 0>();
    }
    void sort_bank() {
        const int m = (int)bank.size();
        sort_key.resize(m);
        const int weights = P.timed ? 14 : 11, pick = (int)below((uint32_t)weights);
        const int depot = P.start_row[0];
        for (int k = 0; k < m; ++k) {
            const int c = bank[k];
            double key;
            if (pick < 4) key = uniform();
            else if (pick < 8) key = -(double)(P.sum[(size_t)c * P.sums]);
            else if (pick < 10) key = -(double)P.d(0, depot, c);
            else if (pick < 11) key = (double)P.d(0, depot, c);
            else if (pick < 12) key = (double)(P.window[2 * P.window_first[c] + 1] - P.window[2 * P.window_first[c]]);
            else if (pick < 13) key = (double)P.window[2 * P.window_first[c]];
            else key = -(double)P.window[2 * P.window_first[c] + 1];
            sort_key[k] = key;
        }
        for (int a = 1; a < m; ++a)
            for (int b = a; b > 0 && sort_key[b] < sort_key[b - 1]; --b) {
                std::swap(sort_key[b], sort_key[b - 1]);
                std::swap(bank[b], bank[b - 1]);
            }
    }
    template <bool DENSE, int MODE>
    void recreate() {
        if (quota) {
            if (P.shipments) pairs_first();
            recreate_best_first<DENSE, MODE>();
            return;
        }
        const size_t m = bank.size();
        for (size_t k = 0; k < m; ++k) {
            const int c = bank[k];
            if (node[c].route >= 0) continue;
            if (P.shipments && P.partner[c] >= 0) {
                insert_shipment(P.end_of[c] > 0 ? c : P.partner[c]);
                continue;
            }
            const int g = P.group[c];
            if (g >= 0) {
                if (!group_served[g]) insert_group<DENSE, MODE>(c, g);
                continue;
            }
            Place place{NOWHERE, 0, -1, -1, INTO, -1, -1};
            if (venture && P.required[c] && !(gathers && home_of(c) >= 0)) {
                new_route<MODE>(c, place);
                venture = false;
            }
            if (place.key >= NOWHERE) place = cheapest<DENSE, MODE>(c);
            if (place.key < NOWHERE && (P.required[c] || pays(place.delta, P.prize[c]))) put(c, place);
        }
    }
    // Whether an optional client is worth its cost; annealing blurs the threshold.
    bool pays(int64_t delta, int64_t prize) {
        const int64_t loss = delta - prize - bias;
        return forced || eager || loss < 0 || (double)loss < -temperature * std::log(uniform());
    }
    bool optional(int v) const {
        return v < P.n && !P.required[v] && P.group[v] < 0 && !(P.shipments && P.partner[v] >= 0);
    }
    // With a quota: repeatedly the client that is cheapest for what it brings, sometimes in a much blurred order, or
    // no client that never looks cheap would ever be tried.
    // Under a quota: shipments, in the order of the bank; both ends count towards it.
    void pairs_first() {
        for (size_t k = 0; k < bank.size(); ++k) {
            const int c = bank[k];
            if (P.partner[c] < 0 || node[c].route >= 0) continue;
            const bool lacks = served < P.min_clients || served_prize < P.min_prize;
            insert_shipment(P.end_of[c] > 0 ? c : P.partner[c], lacks);
        }
    }
    template <bool DENSE, int MODE>
    void recreate_best_first() {
        const double blur = uniform() < 0.3 ? 6.0 : 0.4;
        for (;;) {
            int who = -1;
            Place best{};
            double least = 1e300;
            for (int c : bank) {
                if (node[c].route >= 0 || (P.group[c] >= 0 && group_served[P.group[c]])) continue;
                if (P.shipments && P.partner[c] >= 0) continue;
                Place place = cheapest<DENSE, MODE>(c);
                if (place.key >= NOWHERE) continue;
                const bool lacks = served < P.min_clients || served_prize < P.min_prize;
                const int64_t worth = P.prize[c];
                if (!P.required[c] && !lacks && !pays(place.delta, worth)) continue;
                const double noise = std::exp(blur * (uniform() - 0.5));
                double score = (double)(place.delta - worth);
                score = score < 0 ? score / noise : score * noise;
                if (served_prize < P.min_prize) score /= 1.0 + (double)P.prize[c];
                if (P.required[c]) score -= 1e12;
                if (score < least) { least = score; who = c; best = place; }
            }
            if (who < 0) return;
            put(who, best);
        }
    }
    template <bool DENSE, int MODE>
    void insert_group(int c, int g) {
        int who = -1;
        Place best{};
        best.key = NOWHERE;
        for (int k = group_first(g); k < group_first(g + 1); ++k) {
            const int v = group_member[k];
            // A place must beat the one known already by what it costs less the prize.
            Place place = cheapest<DENSE, MODE>(v, who < 0 ? NOWHERE : best.key + P.prize[v]);
            if (place.after < 0 && place.kind != NEW) continue;
            place.key -= P.prize[v];
            best = place;
            who = v;
        }
        (void)c;
        if (who < 0) return;
        if (!P.group_required[g] && !pays(best.delta, P.prize[who])) return;
        put(who, best);
    }
    std::vector<int32_t> group_member, group_start;
    int group_first(int g) {
        if (group_start.empty()) {
            group_start.assign(P.groups + 1, 0);
            for (int c = 0; c < P.n; ++c) if (P.group[c] >= 0) ++group_start[P.group[c] + 1];
            for (int k = 0; k < P.groups; ++k) group_start[k + 1] += group_start[k];
            std::vector<int32_t> at(group_start.begin(), group_start.end() - 1);
            group_member.resize(group_start.back());
            for (int c = 0; c < P.n; ++c) if (P.group[c] >= 0) group_member[at[P.group[c]]++] = c;
        }
        return group_start[g];
    }

    void put(int c, const Place& place) {
        int after = place.after;
        int r;
        if (place.kind == NEW) {
            r = open(place.type);
            after = start_of(r);
        } else {
            r = node[after].route;
            if (place.type >= 0 && place.type != route[r].type) {
                log.push_back({RETYPE, r, route[r].type});
                retype_to(r, place.type);
            }
        }
        touch(r);
        if (place.kind == TRIP_BEFORE) {
            const int v = take_reload(place.reload);
            link(v, after);
            link(c, v);
        } else {
            link(c, after);
            if (place.kind == TRIP_AFTER) link(take_reload(place.reload), c);
        }
        if (P.full) {
            refresh(r);
        } else if (P.timed) {
            const int p = P.profile[route[r].type];
            forward(node[c].prev, end_of(r), p, start_of(r));
            backward(node[c].next, start_of(r), p);
        }
    }

    // Loads of a trip allow client c; may lift the route to a larger type (then place.type says so).
    template <int MODE>
    inline bool fits(int head, int r, int c, const int64_t* q) {
        const int64_t* l = load_of(head);
        const int64_t* cap = &P.sum_capacity[(size_t)route[r].type * P.sums];
        for (int k = 0; k < P.sums; ++k)
            if (l[k] + q[k] > cap[k]) return false;
        return true;
    }
    // Extra cost of the type that takes client c into route r at the least; computed once a client.
    int64_t lift(int r, int c, const int64_t* q, int ticket) {
        Slot& s = route[r];
        if (s.lift_stamp == ticket) return s.lift_cost;
        s.lift_stamp = ticket;
        s.lift_cost = NOWHERE;
        s.lift_type = -1;
        const int64_t now = price(r, s.type);
        int64_t least = NOWHERE;
        for (int t = 0; t < P.types; ++t) {
            if ((t != s.type && free_count[t] <= 0) || !P.may(t, c) || !holds(r, t, q)) continue;
            const int64_t cost = price(r, t);
            if (cost >= NOWHERE) continue;
            const int64_t mine = cost - now - P.reward(t, c);
            if (mine < least || (mine == least && t == s.type)) {
                least = mine;
                s.lift_cost = cost - now;
                s.lift_type = t;
            }
        }
        return s.lift_cost;
    }
    int ticket = 0;

    // What the places of client c are judged by, at hand for one profile.
    struct Guest {
        const int32_t *out, *in, *tout, *tin;  // rows of the matrices; null without dense ones
        int64_t early, late, service;
        int profile;
    };
    template <bool DENSE>
    inline void face(Guest& g, int c, int profile) {
        g.profile = profile;
        if (!DENSE) return;
        const size_t base = ((size_t)profile * P.rows + c) * P.rows;
        g.out = P.dist + base;
        g.in = P.dist_back + base;
    }
    // Driving times to and from client c: those of the distance matrix where there is no other.
    template <bool DENSE>
    inline int32_t time_to(const Guest& g, int c, int from) {
        if (P.time) return P.t(g.profile, from, c);
        return DENSE ? g.in[from] : P.plane(from, c);
    }
    template <bool DENSE>
    inline int32_t time_from(const Guest& g, int c, int to) {
        if (P.time) return P.t(g.profile, c, to);
        return DENSE ? g.out[to] : P.plane(c, to);
    }

    // The route of a served client that c must share its vehicle with, or −1.
    int home_of(int c) const {
        for (int64_t q = F->together_first[c]; q < F->together_first[c + 1]; ++q)
            if (node[F->together[q]].route >= 0) return node[F->together[q]].route;
        return -1;
    }

    // Cheapest feasible place of client c beside its neighbours, in a new route or trip: one that
    // costs less than `limit`, or a place with after −1 in an old route.
    template <bool DENSE, int MODE>
    Place cheapest(int c, int64_t limit = NOWHERE) {
        if (MODE == 0 && by_route) return by_routes<DENSE>(c, limit);
        Place best{limit, 0, -1, -1, INTO, -1, -1};
        const int64_t* q = &P.sum[(size_t)c * P.sums];
        ++ticket;
        Guest g{nullptr, nullptr, nullptr, nullptr, P.window[2 * P.window_first[c]],
                P.window[2 * P.window_first[c + 1] - 1], P.service[c], -1};
        const int many = std::min(S.near, P.near_count);
        const int32_t* near = P.near.data() + (size_t)c * P.near_count;
        const bool one_profile = P.profiles == 1, skip = bounded;
        const int64_t twice = 2 * cheapest_unit;
        if (one_profile) face<DENSE>(g, c, 0);
        if (MODE == 2 && gathers) {
            const int r = home_of(c);
            if (r >= 0) {
                inside<DENSE, MODE>(g, c, r, best);
                if (P.trips) new_trip<MODE>(c, best, r);
                return best;
            }
        }
        for (int k = 0; k < many; ++k) {
            const int v = near[k];
            const Node& a = node[v];
            const int r = a.route;
            if (r < 0) continue;
            // By the triangle inequality a place beside v costs at least twice what v is farther off
            // than its neighbour in the route.
            bool behind = true, before = true;
            if (skip) {
                const int64_t there = DENSE ? g.in[v] : P.plane(v, c);
                behind = twice * (there - a.dn) < best.key;
                before = twice * (there - a.dp) < best.key;
                if (!behind && !before) continue;
            }
            int64_t extra = 0;
            int type = -1;
            if (!P.may(route[r].type, c) || !fits<MODE>(a.head, r, c, q)) {
                if (!cheap_types) continue;
                extra = lift(r, c, q, ticket);
                if (extra >= NOWHERE) continue;
                type = route[r].lift_type;
            }
            if (!one_profile) {
                const int p = P.profile[route[r].type];
                if (p != g.profile) face<DENSE>(g, c, p);
            }
            // What v alone tells is asked first: it decides most places where there are windows.
            if (MODE >= 1) {
                behind = behind && leave[v] + time_to<DENSE>(g, c, v) <= g.late;
                before = before && g.early + g.service + time_from<DENSE>(g, c, v) <= latest[v];
            }
            if (behind && !blink()) attempt<DENSE, MODE>(g, c, v, a.next, a.dn, r, extra, type, best);
            if (before && !blink()) attempt<DENSE, MODE>(g, c, a.prev, v, a.dp, r, extra, type, best);
        }
        new_route<MODE>(c, best);
        if (MODE == 2 && P.trips) new_trip<MODE>(c, best);
        if (best.key >= NOWHERE) everywhere<DENSE, MODE>(g, c, best);
        return best;
    }
    // The same where vehicles differ in what they like or may serve: route by route, each driven by
    // whom it would suit best with c. Most routes are full, or no place in them can pay, at one glance.
    template <bool DENSE>
    Place by_routes(int c, int64_t limit) {
        Place best{limit, 0, -1, -1, INTO, -1, -1};
        const int64_t* q = &P.sum[(size_t)c * P.sums];
        Guest g{nullptr, nullptr, nullptr, nullptr, 0, 0, 0, -1};
        face<DENSE>(g, c, P.profile[0]);
        ++ticket;
        new_route<0>(c, best);
        for (const int r : open_list) {
            const Slot& s = route[r];
            int64_t extra = 0;
            int t = s.type;
            if (P.preference || !P.may(t, c) || !fits<0>(start_of(r), r, c, q)) {
                extra = lift(r, c, q, ticket);
                if (extra >= NOWHERE) continue;
                t = s.lift_type;
            }
            if (P.preference) extra -= P.reward(t, c);
            if (metric && extra > best.key) continue;
            const int64_t unit = P.unit_distance[t];
            const int end = end_of(r);
            for (int v = start_of(r); v != end;) {
                const Node& a = node[v];
                const int w = a.next;
                const int rv = row[v], rw = row[w];
                const int32_t vc = DENSE ? g.in[rv] : P.plane(rv, c), cw = DENSE ? g.out[rw] : P.plane(c, rw);
                const int64_t change = (int64_t)vc + cw - a.dn, delta = unit * change + extra;
                if (delta < best.key && vc < ARC_FORBIDDEN && cw < ARC_FORBIDDEN &&
                    !(distance_limit && s.dist + change > P.max_distance[t]) && !blink())
                    best = Place{delta, delta, v, t == s.type ? -1 : t, INTO, -1, -1};
                v = w;
            }
        }
        return best;
    }
    // All places of all routes, for a client that finds none beside its neighbours.
    template <bool DENSE, int MODE>
    void everywhere(Guest& g, int c, Place& best) {
        for (int r = 0; r < slots; ++r)
            if (route[r].type >= 0) inside<DENSE, MODE>(g, c, r, best);
    }
    // All places of one route.
    template <bool DENSE, int MODE>
    void inside(Guest& g, int c, int r, Place& best) {
        const int64_t* q = &P.sum[(size_t)c * P.sums];
        const bool allowed = P.may(route[r].type, c);
        if (!allowed && !cheap_types) return;
        const int p = P.profile[route[r].type];
        if (p != g.profile) face<DENSE>(g, c, p);
        for (int v = start_of(r); v != end_of(r); v = node[v].next) {
            int64_t extra = 0;
            int type = -1;
            if (!allowed || !fits<MODE>(node[v].head, r, c, q)) {
                if (!cheap_types) {
                    if (!P.trips) break;
                    continue;
                }
                extra = lift(r, c, q, ticket);
                if (extra >= NOWHERE) break;
                type = route[r].lift_type;
            }
            attempt<DENSE, MODE>(g, c, v, node[v].next, node[v].dn, r, extra, type, best);
        }
    }
    template <bool DENSE, int MODE>
    inline __attribute__((always_inline)) void attempt(const Guest& g, int c, int i, int j, int32_t old,
                                                       int r, int64_t extra, int type, Place& best) {
        const Slot& s = route[r];
        const int t = type >= 0 ? type : s.type;
        const int ri = row[i], rj = row[j];
        const int32_t ic = DENSE ? g.in[ri] : P.plane(ri, c), cj = DENSE ? g.out[rj] : P.plane(c, rj);
        const int64_t change = (int64_t)ic + cj - old;
        int64_t delta = P.unit_distance[t] * change + extra;
        if (P.preference) delta -= P.reward(t, c);
        if (delta >= best.key && !lenient) return;
        if (ic >= ARC_FORBIDDEN || cj >= ARC_FORBIDDEN) return;
        if (distance_limit && s.dist + change > P.max_distance[t]) return;
        if (MODE >= 1) {
            int64_t now = leave[i] + (P.time ? P.t(g.profile, ri, c) : ic);
            if (P.multi_window) {
                now = P.open_at(c, now);
                if (now < 0) return;
            } else {
                if (now > g.late) return;
                now = std::max(now, g.early);
            }
            if (now + g.service + (P.time ? P.t(g.profile, c, rj) : cj) > latest[j]) return;
        }
        int64_t key = delta;
        if (special) {
            if (P.objective == 1) key = delta + 4 * std::max<int64_t>(0, s.dist + change - ruined_longest);
            else if (P.objective == 2) key = SPREAD * std::max(ic, cj) + change;
            if (key >= best.key) return;
        }
        if (MODE == 2) {
            // A release that makes the trip leave too late for its first client.
            const int head = node[i].head;
            if (P.release[c] > leave[head]) {
                const int first = i == head ? c : node[head].next;
                const int64_t now = P.release[c] + P.t(g.profile, row[head], row[first]);
                if (now > (i == head ? g.late : latest[first])) return;
            }
            const Outcome e = examine(r, c, i, INTO, -1, -1);
            if (!e.feasible) return;
            const int64_t longer = dearer(e, s, t);
            key += longer;
            delta += longer;
            if (key >= best.key) return;
        }
        best = Place{key, delta, i, type, INTO, -1, -1};
    }
    template <int MODE>
    void new_route(int c, Place& best) {
        if (free_slots.empty()) return;
        const int64_t* q = &P.sum[(size_t)c * P.sums];
        for (int t = 0; t < P.types; ++t) {
            if (free_count[t] <= 0 || !P.may(t, c)) continue;
            const int64_t* cap = &P.sum_capacity[(size_t)t * P.sums];
            bool ok = true;
            for (int k = 0; k < P.sums; ++k) ok = ok && q[k] <= cap[k];
            const int p = P.profile[t], s = P.start_row[t], e = P.end_row[t];
            const int32_t sc = P.d(p, s, c), ce = P.d(p, c, e);
            const int64_t length = (int64_t)sc + ce;
            const int64_t delta = P.fixed[t] + P.unit_distance[t] * length - P.reward(t, c);
            if (!ok || sc >= ARC_FORBIDDEN || ce >= ARC_FORBIDDEN || length > P.max_distance[t]) continue;
            int64_t key = delta;
            if (P.objective == 1) key += 4 * std::max<int64_t>(0, length - ruined_longest);
            if (P.objective == 2) key = SPREAD * std::max(sc, ce) + length;
            if (key >= best.key) continue;
            int64_t cost = delta;
            if (MODE >= 1) {
                const int32_t stop = c;
                const Outcome v = assess(&stop, 1, t);
                if (!v.feasible) continue;
                const int64_t more = dearer(v, Slot{}, t);
                key += more;
                cost += more;
                if (key >= best.key) continue;
            }
            best = Place{key, cost, -1, t, NEW, -1, -1};
        }
    }
    // A trip of its own for c: behind the last client of a trip, or before a route's first.
    template <int MODE>
    void new_trip(int c, Place& best, int only = -1) {
        if (free_reloads.empty()) return;  // those taken out in this iteration are free after it
        for (int r = only < 0 ? 0 : only; r < (only < 0 ? slots : only + 1); ++r) {
            const int t = route[r].type;
            if (t < 0 || route[r].trips >= P.max_trips[t] || !P.may(t, c)) continue;
            const int p = P.profile[t];
            for (size_t k = 0; k <= tails[r].size(); ++k) {
                const bool first = k == 0;
                const int v = first ? start_of(r) : tails[r][k - 1], w = node[v].next;
                for (int depot = 0; depot < P.depots; ++depot) {
                    if (!P.reload[(size_t)t * P.depots + depot]) continue;
                    const int d = P.n + depot;
                    const int64_t change = (first ? (int64_t)P.d(p, row[v], c) + P.d(p, c, d) + P.d(p, d, row[w])
                                                  : (int64_t)P.d(p, row[v], d) + P.d(p, d, c) + P.d(p, c, row[w])) -
                                           node[v].dn;
                    int64_t delta = P.unit_distance[t] * change - P.reward(t, c);
                    int64_t key = delta;
                    if (P.objective == 1) key += 4 * std::max<int64_t>(0, route[r].dist + change - ruined_longest);
                    if ((key >= best.key && !lenient) || change >= ARC_FORBIDDEN / 2) continue;
                    if (distance_limit && route[r].dist + change > P.max_distance[t]) continue;
                    const int kind = first ? TRIP_AFTER : TRIP_BEFORE;
                    const Outcome x = examine(r, c, v, kind, -1, -1, d);
                    if (!x.feasible) continue;
                    const int64_t more = dearer(x, route[r], t);
                    if (key + more >= best.key) continue;
                    best = Place{key + more, delta + more, v, -1, kind, d, -1};
                }
            }
        }
    }

    // -- shipments ---------------------------------------------------------------------------------
    // Both ends of the shipment that starts at a, at the cheapest pair of places in one route.
    void insert_shipment(int a, bool wanted = false) {
        const int b = P.partner[a];
        Place best{NOWHERE, 0, -1, -1, INTO, -1, -1};
        ++ticket;
        const int home = gathers ? std::max(home_of(a), home_of(b)) : -1;
        if (home >= 0) {
            for (int c : {a, b})
                if (home_of(c) >= 0 && home_of(c) != home) return;
            pair_into(a, b, home, best);
        }
        for (int end = 0; end < 2 && home < 0; ++end) {
            const int c = end ? b : a;
            const int32_t* near = P.near.data() + (size_t)c * P.near_count;
            const int many = std::min(S.near, P.near_count);
            for (int k = 0; k < many; ++k) {
                const int r = node[near[k]].route;
                if (r < 0 || route[r].lift_stamp == ticket) continue;
                route[r].lift_stamp = ticket;
                pair_into(a, b, r, best);
            }
        }
        if (home < 0) pair_alone(a, b, best);
        if (best.key >= NOWHERE && home < 0)
            for (int r = 0; r < slots; ++r)
                if (route[r].type >= 0 && route[r].lift_stamp != ticket) pair_into(a, b, r, best);
        if (best.key >= NOWHERE) return;
        if (!wanted && !P.required[a] && !pays(best.delta, P.prize[a] + P.prize[b])) return;
        int at = best.after, r;
        if (best.kind == NEW) {
            r = open(best.type);
            at = start_of(r);
        } else {
            r = node[at].route;
        }
        touch(r);
        link(a, at);
        link(b, best.kind == NEW || best.after2 == best.after ? a : best.after2);
        refresh(r);
    }
    void pair_into(int a, int b, int r, Place& best) {
        const int t = route[r].type, p = P.profile[t], e = end_of(r);
        if (!P.may(t, a) || !P.may(t, b)) return;
        const int64_t reward = P.reward(t, a) + P.reward(t, b);
        for (int i = start_of(r); i != e; i = node[i].next) {
            const int j = node[i].next;
            const int32_t ia = P.d(p, row[i], a);
            if (ia >= ARC_FORBIDDEN) continue;
            const int64_t first = (int64_t)ia + P.d(p, a, row[j]) - node[i].dn;
            if (P.timed) {
                const int64_t now = P.open_at(a, leave[i] + P.t(p, row[i], a));
                if (now < 0) break;
                if (now + P.service[a] + P.t(p, a, row[j]) > latest[j]) continue;
            }
            if (blink()) continue;
            for (int v = i;; v = node[v].next) {
                const int w = node[v].next;
                int64_t change;
                if (v == i) change = (int64_t)ia + P.d(p, a, b) + P.d(p, b, row[w]) - node[i].dn;
                else change = first + P.d(p, row[v], b) + P.d(p, b, row[w]) - node[v].dn;
                const int64_t delta = P.unit_distance[t] * change - reward;
                int64_t key = delta;
                if (P.objective == 1) key += 4 * std::max<int64_t>(0, route[r].dist + change - ruined_longest);
                if ((key < best.key || lenient) && change < ARC_FORBIDDEN / 2 &&
                    !(distance_limit && route[r].dist + change > P.max_distance[t])) {
                    const Outcome x = examine(r, a, i, INTO, b, v == i ? a : v);
                    if (x.feasible) {
                        const int64_t more = dearer(x, route[r], t);
                        if (key + more < best.key) best = Place{key + more, delta + more, i, -1, INTO, -1, v};
                    }
                }
                if (w >= P.n) break;  // a delivery may not wait for the next trip
            }
        }
    }
    void pair_alone(int a, int b, Place& best) {
        if (free_slots.empty()) return;
        for (int t = 0; t < P.types; ++t) {
            if (free_count[t] <= 0 || !P.may(t, a) || !P.may(t, b)) continue;
            const int p = P.profile[t];
            const int64_t length = (int64_t)P.d(p, P.start_row[t], a) + P.d(p, a, b) + P.d(p, b, P.end_row[t]);
            int64_t cost = P.fixed[t] + P.unit_distance[t] * length - P.reward(t, a) - P.reward(t, b);
            if (length >= ARC_FORBIDDEN || length > P.max_distance[t] || cost >= best.key) continue;
            const int32_t stops[2] = {a, b};
            const Outcome x = assess(stops, 2, t);
            if (!x.feasible) continue;
            cost += dearer(x, Slot{}, t);
            if (cost < best.key) best = Place{cost, cost, -1, t, NEW, -1, -1};
        }
    }
