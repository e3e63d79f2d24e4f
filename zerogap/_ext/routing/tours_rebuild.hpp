// Ruin and recreate over whole tours: strings of neighbouring clients leave several tours at once and
// each goes, or another of its group does, to the place that the objective of all tours likes best.
#pragma once
#include "routing/tours_moves.hpp"

namespace zg::routing {

class TourRebuild : public TourMoves {
   public:
    TourRebuild(const Problem& problem, const TourFacts& facts, uint64_t seed)
        : TourMoves(problem, facts, seed) {
        saved.resize(limit);
        rest.resize(limit + 1);
        gone.reserve(P.n);
        lanes.reserve(limit + 1);
        lane_seen.assign(limit + 1, 0);
        places.resize(PLACES);
        for (Tour1& r : saved) r.stops.assign(room, 0);
        exact = !P.durations;
        for (int t = 0; t < P.types; ++t) exact = exact && F.energy[t] >= UNLIMITED;
        member_first.assign(P.groups + 1, 0);
        for (int c = 0; c < P.n; ++c)
            if (P.group[c] >= 0) ++member_first[P.group[c] + 1];
        for (int g = 0; g < P.groups; ++g) member_first[g + 1] += member_first[g];
        members.resize(member_first[P.groups]);
        std::vector<int32_t> next(member_first.begin(), member_first.end());
        for (int c = 0; c < P.n; ++c)
            if (P.group[c] >= 0) members[next[P.group[c]]++] = c;
    }

   protected:
    static constexpr int PLACES = 12;   // that are looked at exactly, for one client
    static constexpr int STRING = 6;    // clients that leave a tour at most
    static constexpr int GONE = 10;     // clients that leave at most
    static constexpr int LANES = 12;    // tours that a client may go to
    static constexpr int MEMBERS = 8;   // of a group that are tried
    static constexpr int BLINK = 50;    // one place in so many is not seen

    // A round of ruin and recreate around a client; all is as before if it is not accepted.
    void rebuild(int c) {
        save();
        const double before = score;
        gone.clear();
        if (!ruin(c)) return restore(before);
        call_more(c);
        arrange();
        for (int32_t one : gone) settle(one);
        int count = 0;
        for (int r = 0; r < routes; ++r) count += now[r].size > 0;
        bool feasible;
        const double after = rated(whole(nullptr, 0, routes), count, &feasible);
        const double delta = after - before;
        if (delta > 0 && rng.real() >= std::exp(-delta / heat)) return restore(before);
        for (int r = routes - 1; r >= 0; --r) {
            if (now[r].size) continue;
            ++used[now[r].type];  // `ruin` has counted it out already, as `drop` does
            drop(r);
        }
        score = after;
        if (feasible) note();
    }

   private:
    struct Place {
        double rate;
        int route, where, type;
        int32_t client;
    };
    std::vector<Tour1> saved;
    std::vector<int32_t> saved_at, saved_position, saved_groups, members, member_first, gone, lanes;
    std::vector<int64_t> saved_used, lane_seen;
    int64_t lane_token = 0;
    std::vector<Whole> rest;
    std::vector<Place> places;
    int saved_routes = 0, found_places = 0;
    bool exact = true;  // whether what a place costs is known before it is evaluated
    Sums saved_sums;

    static void copy_tour(const Tour1& from, Tour1& to) {
        to.type = from.type;
        to.size = from.size;
        to.worth = from.worth;
        std::copy(from.stops.begin(), from.stops.begin() + from.size, to.stops.begin());
    }

    void save() {
        for (int r = 0; r < routes; ++r) copy_tour(now[r], saved[r]);
        saved_at = at;
        saved_position = position;
        saved_used = used;
        saved_groups = group_count;
        saved_sums = sums;
        saved_routes = routes;
    }

    void restore(double before) {
        for (int r = saved_routes; r < routes; ++r) now[r].size = 0;
        routes = saved_routes;
        for (int r = 0; r < routes; ++r) copy_tour(saved[r], now[r]);
        at = saved_at;
        position = saved_position;
        used = saved_used;
        group_count = saved_groups;
        sums = saved_sums;
        score = before;
    }

    // Strings around a client and its neighbours leave their tours; false if what is left of one of
    // them is no tour any more.
    bool ruin(int c) {
        const int want = 1 + rng.below(std::min(GONE, P.n));
        const int longest = 1 + rng.below(STRING);
        ++lane_token;
        for (int k = -1; k < P.near_count && (int)gone.size() < want; ++k) {
            const int seed = k < 0 ? c : P.near[(size_t)c * P.near_count + k];
            const int r = at[seed];
            if (r < 0 || lane_seen[r] == lane_token) continue;
            if (longest > 1) lane_seen[r] = lane_token;
            const int most = std::min({longest, now[r].size, want - (int)gone.size()});
            const int length = 1 + rng.below(std::max(1, most));
            int from = position[seed] - rng.below(length);
            from = std::max(0, std::min(from, now[r].size - length));
            Tour1& tour = now[r];
            int kept = from;
            for (int i = from; i < tour.size; ++i) {
                const int32_t stop = tour.stops[i];
                const bool goes = i < from + length && stop >= 0
                                  && !(P.shipments && P.end_of[stop]);
                if (!goes) {
                    tour.stops[kept++] = stop;
                    continue;
                }
                gone.push_back(stop);
                at[stop] = -1;
                count_out(stop);
            }
            tour.size = kept;
            tidy(tour);
            place(r);
            if (tour.size == 0) {
                --used[tour.type];
                continue;
            }
            tour.worth = value(tour.stops.data(), tour.size, tour.type);
            if (!tour.worth.ok) return false;
        }
        return true;
    }

    // What is missing, and some neighbours that nobody serves, are called as well.
    void call_more(int c) {
        const size_t before = gone.size();
        if (sums.missing > (int64_t)before || P.optional || P.groups) {
            for (int k = 0; k < 4; ++k) {
                const int other = neighbour(c);
                if (at[other] < 0) call(other);
            }
        }
        if (sums.missing <= (int64_t)before) return;
        const int begin = rng.below(P.n);
        for (int k = 0; k < P.n && gone.size() < before + GONE; ++k) {
            const int other = begin + k < P.n ? begin + k : begin + k - P.n;
            if (at[other] < 0 && (P.required[other] || P.group[other] >= 0)) call(other);
        }
    }

    void call(int c) {
        if (P.shipments && P.end_of[c]) return;
        const int g = P.group[c];
        for (int32_t one : gone)
            if (one == c || (g >= 0 && P.group[one] == g)) return;
        if (g < 0 || group_count[g] == 0) gone.push_back(c);
    }

    // In a random order, the far ones first or the near ones first.
    void arrange() {
        for (int k = (int)gone.size() - 1; k > 0; --k) std::swap(gone[k], gone[rng.below(k + 1)]);
        const int way = rng.below(4);
        if (way > 1) return;
        const int home = P.start_row[0], p = P.profile[0];
        std::stable_sort(gone.begin(), gone.end(), [&](int32_t a, int32_t b) {
            const int32_t x = P.d(p, home, a), y = P.d(p, home, b);
            return way ? x > y : x < y;
        });
    }

    // A client, or another of its group, goes to its best place; who need not be served, only if
    // that is better than to stay away.
    void settle(int32_t c) {
        const int g = P.group[c];
        if (at[c] >= 0 || (g >= 0 && group_count[g] > 0)) return;
        found_places = 0;
        choose_lanes(c);
        if (g < 0) {
            look(c);
        } else {
            const int first = member_first[g], size = member_first[g + 1] - first;
            const int begin = rng.below(size);
            for (int k = 0; k < std::min(size, MEMBERS); ++k) look(members[first + (begin + k) % size]);
        }
        const bool must = P.required[c] || (g >= 0 && P.group_required[g]);
        double least = 1e300;
        int chosen = -1;
        for (int k = 0; k < found_places; ++k) {
            const Place& at_ = places[k];
            if (!put_in(at_, trial[0])) continue;
            const double rate = exact ? at_.rate : rate_of(at_.route, trial[0].worth, at_.client);
            if (rate < least) least = rate, chosen = k;
            if (exact) break;
        }
        if (chosen < 0) return;
        if (!must) {
            bool feasible;
            int count = 0;
            for (int r = 0; r < routes; ++r) count += now[r].size > 0;
            const double without = rated(whole(nullptr, 0, routes), count, &feasible);
            if (least > without && rng.real() >= std::exp((without - least) / heat)) return;
        }
        const Place place_ = places[chosen];
        put_in(place_, trial[0]);
        const int r = place_.route;
        if (r >= routes) {
            routes = r + 1;
            now[r].size = 0;
        }
        if (now[r].size == 0) ++used[place_.type];
        copy_tour(trial[0], now[r]);
        place(r);
        count_in(place_.client);
    }

    bool put_in(const Place& at_, Tour1& tour) {
        if (at_.route < routes && now[at_.route].size) {
            copy_tour(now[at_.route], tour);
        } else {
            tour.size = 0;
            tour.type = at_.type;
        }
        if (!insert(tour, at_.where, &at_.client, 1)) return false;
        tour.worth = value(tour.stops.data(), tour.size, tour.type);
        return tour.worth.ok;
    }

    // Tours that a client may go to: all, or where there are many those of its neighbours; and an
    // empty one. For each what all the others are together.
    void choose_lanes(int c) {
        lanes.clear();
        int empty = -1;
        for (int r = 0; r < routes && empty < 0; ++r)
            if (now[r].size == 0) empty = r;
        if (empty < 0 && routes < limit) empty = routes;
        if (routes <= LANES) {
            for (int r = 0; r < routes; ++r)
                if (now[r].size) lanes.push_back(r);
        } else {
            ++lane_token;
            for (int k = 0; k < P.near_count && (int)lanes.size() < LANES; ++k) {
                const int r = at[P.near[(size_t)c * P.near_count + k]];
                if (r < 0 || lane_seen[r] == lane_token) continue;
                lane_seen[r] = lane_token;
                lanes.push_back(r);
            }
        }
        if (empty >= 0) lanes.push_back(empty);
        for (int r : lanes) {
            Whole others;
            for (int s = 0; s < routes; ++s)
                if (s != r && now[s].size) others.add(now[s].worth);
            rest[r] = others;
        }
        filled = 0;
        for (int r = 0; r < routes; ++r) filled += now[r].size > 0;
    }
    int filled = 0;

    // The objective of all if a tour is worth so much and a client is served.
    double rate_of(int r, const Worth& w, int32_t c) {
        Whole all = rest[r];
        all.add(w);
        const bool fresh = r >= routes || now[r].size == 0;
        bool feasible;
        count_in(c);
        const double rate = rated(all, filled + fresh, &feasible);
        count_out(c);
        return rate;
    }

    void look(int32_t c) {
        for (int r : lanes) {
            if (r < routes && now[r].size) {
                if (P.may(now[r].type, c) && fits(now[r], c)) look_in(r, c);
                continue;
            }
            const int begin = rng.below(P.types);
            for (int k = 0, tried = 0; k < P.types && tried < 4; ++k) {
                const int t = (begin + k) % P.types;
                if (used[t] >= P.vehicles[t] || !P.may(t, c)) continue;
                ++tried;
                const int p = P.profile[t];
                const int64_t there = P.d(p, P.start_row[t], c), back = P.d(p, c, P.end_row[t]);
                if (there >= ARC_FORBIDDEN || back >= ARC_FORBIDDEN) continue;
                Worth w;
                take(w, there, there);
                take(w, back, back);
                w.cost = P.fixed[t] + P.unit_distance[t] * w.dist - P.reward(t, c);
                offer(w, r, 0, t, c);
            }
        }
    }

    // Loads that just add up, where a tour has one trip.
    bool fits(const Tour1& tour, int32_t c) const {
        if (P.trips) return true;
        for (int k = 0; k < P.sums; ++k) {
            int64_t load = P.sum[(size_t)c * P.sums + k];
            for (int i = 0; i < tour.size; ++i) load += P.sum[(size_t)tour.stops[i] * P.sums + k];
            if (load > P.sum_capacity[(size_t)tour.type * P.sums + k]) return false;
        }
        return true;
    }

    // The places of a tour between those that must come before a client and those that must not.
    void look_in(int r, int32_t c) {
        const Tour1& tour = now[r];
        int low = 0, high = tour.size;
        if (P.related && !between(tour, c, low, high)) return;
        const int t = tour.type, p = P.profile[t];
        const bool arcs = F.first == BOTTLENECK;
        int a = low ? row(tour.stops[low - 1]) : P.start_row[t];
        for (int i = low; i <= high; ++i) {
            const int b = i == tour.size ? P.end_row[t] : row(tour.stops[i]);
            const int64_t in = P.d(p, a, c), out = P.d(p, c, b), old = P.d(p, a, b);
            a = b;
            if (in >= ARC_FORBIDDEN || out >= ARC_FORBIDDEN || rng.below(BLINK) == 0) continue;
            Worth w = tour.worth;
            const int64_t more = in + out - old;
            w.dist += more;
            w.cost += P.unit_distance[t] * more - P.reward(t, c);
            if (arcs) {
                w.arc = std::max({w.arc, in, out});
                if (old > target) w.rough -= (double)(old - target);
                if (in > target) w.rough += (double)(in - target);
                if (out > target) w.rough += (double)(out - target);
            }
            if (first_of(w) > cap) continue;
            offer(w, r, i, t, c);
        }
    }

    bool between(const Tour1& tour, int32_t c, int& low, int& high) const {
        for (int64_t q = P.relation_first[c]; q < P.relation_first[c + 1]; ++q) {
            const int other = P.relation[q] >> 2, kind = P.relation[q] & 3;
            const int r = at[other];
            if (r < 0 || &now[r] != &tour) continue;
            if (kind == 0) return false;
            if (kind == 1) high = std::min(high, position[other]);
            else low = std::max(low, position[other] + 1);
        }
        return low <= high;
    }

    void offer(const Worth& w, int r, int where, int type, int32_t c) {
        const double rate = rate_of(r, w, c);
        if (found_places == PLACES && rate >= places[PLACES - 1].rate) return;
        int k = found_places < PLACES ? found_places++ : PLACES - 1;
        for (; k > 0 && places[k - 1].rate > rate; --k) places[k] = places[k - 1];
        places[k] = {rate, r, where, type, c};
    }
};

}  // namespace zg::routing
