// Moves of the annealing over whole tours that change one or two routes.
#pragma once
#include "routing/tours_state.hpp"

namespace zg::routing {

class TourMoves : public TourState {
   public:
    using TourState::TourState;

   protected:

    // -- moves ------------------------------------------------------------------------------------
    // Routes `a` (and `b`) become trial[0] (and trial[1]); `in` and `out` change what is served.
    bool decide(int a, int b, int in, int out) {
        int changed[2] = {a, b};
        const int changes = b >= 0 && b != a ? 2 : 1;
        int count = 0;
        for (int k = 0; k < changes; ++k) {
            Tour1& tour = trial[k];
            if (tour.size == 0) continue;
            tour.worth = value(tour.stops.data(), tour.size, tour.type);
            if (!tour.worth.ok) return false;
        }
        for (int r = 0; r < routes; ++r) count += r != changed[0] && (changes < 2 || r != changed[1]);
        for (int k = 0; k < changes; ++k) count += trial[k].size > 0;
        if (in >= 0) count_in(in);
        if (out >= 0) count_out(out);
        int top = routes;
        for (int k = 0; k < changes; ++k) top = std::max(top, changed[k] + 1);
        bool feasible;
        const double value_now = rated(whole(changed, changes, top), count, &feasible);
        const double delta = value_now - score;
        if (delta > 0 && rng.real() >= std::exp(-delta / heat)) {
            if (in >= 0) count_out(in);
            if (out >= 0) count_in(out);
            return false;
        }
        if (out >= 0) at[out] = -1;
        for (int k = 0; k < changes; ++k) put(changed[k], k);
        // Routes that became empty go; the last one takes the place.
        for (int k = changes - 1; k >= 0; --k) {
            const int r = changed[k];
            if (r < routes && now[r].size == 0) drop(r);
        }
        if (changes == 2) {
            // Dropping one may have moved the other; both are placed anew where they are.
            for (int r = 0; r < routes; ++r) place(r);
        }
        score = value_now;
        if (feasible) note();
        return true;
    }

    void put(int r, int k) {
        if (r >= routes) {  // a new route
            routes = r + 1;
            now[r].size = 0;
        } else {
            --used[now[r].type];
        }
        now[r].type = trial[k].type;
        now[r].worth = trial[k].worth;
        now[r].size = trial[k].size;
        std::copy(trial[k].stops.begin(), trial[k].stops.begin() + trial[k].size, now[r].stops.begin());
        ++used[now[r].type];
        place(r);
    }

    void drop(int r) {
        --used[now[r].type];
        --routes;
        if (r != routes) {
            std::swap(now[r].stops, now[routes].stops);
            now[r].type = now[routes].type;
            now[r].size = now[routes].size;
            now[r].worth = now[routes].worth;
            place(r);
        }
        now[routes].size = 0;
    }

    void copy(int k, int r) {
        trial[k].type = now[r].type;
        trial[k].size = now[r].size;
        std::copy(now[r].stops.begin(), now[r].stops.begin() + now[r].size, trial[k].stops.begin());
    }
    static void erase(Tour1& t, int from, int count) {
        std::copy(t.stops.begin() + from + count, t.stops.begin() + t.size, t.stops.begin() + from);
        t.size -= count;
    }
    bool insert(Tour1& t, int where, const int32_t* what, int count) const {
        if (t.size + count > room) return false;
        std::copy_backward(t.stops.begin() + where, t.stops.begin() + t.size,
                           t.stops.begin() + t.size + count);
        std::copy(what, what + count, t.stops.begin() + where);
        t.size += count;
        return true;
    }
    // A type of which a vehicle is left, or −1.
    int free_type() {
        const int begin = rng.below(P.types);
        for (int k = 0; k < P.types; ++k) {
            const int t = (begin + k) % P.types;
            if (used[t] < P.vehicles[t]) return t;
        }
        return -1;
    }
    // Route number of a new route in trial[k], or −1.
    int fresh(int k) {
        const int t = routes < limit ? free_type() : -1;
        if (t < 0) return -1;
        trial[k].type = t;
        trial[k].size = 0;
        return routes;
    }
    int neighbour(int c) {
        if (P.near_count == 0 || rng.below(10) == 0) return rng.below(P.n);
        return P.near[(size_t)c * P.near_count + rng.below(std::min(P.near_count, 16))];
    }

    void step() {
        const int c = rng.below(P.n);
        if (at[c] < 0) {
            serve(c);
            return;
        }
        const bool optional = !P.required[c];
        switch (rng.below(optional ? 12 : 10)) {
            case 0: case 1: case 2: relocate(c); break;
            case 3: case 4: exchange(c); break;
            case 5: case 6: reverse(c); break;
            case 7: tails(c); break;
            case 8: P.types > 1 ? retype(c) : relocate(c); break;
            case 9: P.trips ? reloads(c) : reverse(c); break;
            case 10: leave(c); break;
            default: replace(c);
        }
    }

    // An unserved client goes to its best place in one route, or a new one; shipments as pairs.
    void serve(int c) {
        if (P.group[c] >= 0 && group_count[P.group[c]] > 0) {
            for (int k = 0; k < 4; ++k) {  // it stands in for the one that is served
                const int other = neighbour(c);
                if (at[other] >= 0 && P.group[other] == P.group[c]) return stand_in(c, other);
            }
            return;
        }
        if (P.shipments && P.end_of[c]) return serve_pair(c);
        int r = rng.below(routes + 1);
        if (rng.below(2)) {
            const int b = neighbour(c);
            if (at[b] >= 0) r = at[b];
        }
        if (r >= routes) {
            r = fresh(0);
            if (r < 0) return;
        } else {
            copy(0, r);
        }
        const int where = best_place(c);
        const int32_t what = c;
        if (where < 0 || !insert(trial[0], where, &what, 1)) return;
        decide(r, -1, c, -1);
    }

    // The place in trial[0] where a client costs least distance, among those that are feasible.
    int best_place(int c) {
        int chosen = -1;
        double least = 1e300;
        const int32_t what = c;
        for (int i = 0; i <= trial[0].size; ++i) {
            if (!insert(trial[0], i, &what, 1)) return -1;
            const Worth w = value(trial[0].stops.data(), trial[0].size, trial[0].type);
            erase(trial[0], i, 1);
            if (!w.ok) continue;
            const double rate = (F.first == BOTTLENECK ? w.rough * scale * 4 : 0) + (double)w.dist
                                + unit * 0.2 * rng.real();
            if (rate < least) least = rate, chosen = i;
        }
        return chosen;
    }

    void serve_pair(int c) {
        const int first = P.end_of[c] > 0 ? c : P.partner[c], second = P.partner[first];
        if (at[first] >= 0 || at[second] >= 0) return;
        int r = rng.below(routes + 1);
        if (r >= routes) {
            r = fresh(0);
            if (r < 0) return;
        } else {
            copy(0, r);
        }
        const int i = rng.below(trial[0].size + 1);
        const int j = i + 1 + rng.below(trial[0].size - i + 1);
        const int32_t a = first, b = second;
        if (!insert(trial[0], i, &a, 1) || !insert(trial[0], j, &b, 1)) return;
        // Both are counted by hand: `decide` knows of one.
        count_in(second);
        if (!decide(r, -1, first, -1)) count_out(second);
    }

    void stand_in(int c, int other) {
        const int r = at[other];
        copy(0, r);
        trial[0].stops[position[other]] = c;
        decide(r, -1, c, other);
    }

    // A served client is left out; both ends of a shipment are.
    void leave(int c) {
        const int r = at[c];
        copy(0, r);
        int32_t other = -1;
        if (P.shipments && P.end_of[c]) {
            other = P.partner[c];
            if (P.required[other]) return;
            const int i = std::min(position[c], position[other]), j = std::max(position[c], position[other]);
            erase(trial[0], j, 1);
            erase(trial[0], i, 1);
            count_out(other);
            if (decide(r, -1, -1, c)) at[other] = -1;
            else count_in(other);
            return;
        }
        erase(trial[0], position[c], 1);
        tidy(trial[0]);
        decide(r, -1, -1, c);
    }

    // An unserved client in the place of a served one.
    void replace(int c) {
        if (P.shipments && P.end_of[c]) return;
        for (int k = 0; k < 6; ++k) {
            const int other = neighbour(c);
            if (at[other] >= 0 || (P.shipments && P.end_of[other])) continue;
            const int g = P.group[other];
            if (g >= 0 && group_count[g] > 0 && g != P.group[c]) continue;
            stand_in(other, c);
            return;
        }
    }

    // Trips that became empty lose the reload before or after them.
    void tidy(Tour1& t) const {
        if (!P.trips) return;
        int m = 0;
        for (int i = 0; i < t.size; ++i) {
            if (t.stops[i] < 0 && (m == 0 || t.stops[m - 1] < 0)) continue;
            t.stops[m++] = t.stops[i];
        }
        while (m && t.stops[m - 1] < 0) --m;
        t.size = m;
    }

    // One to three clients from c on go beside another client, or into a route of their own.
    void relocate(int c) {
        const int r = at[c], i = position[c];
        if (P.shipments && P.end_of[c]) return move_pair(c);
        copy(0, r);
        int count = 1 + rng.below(3);
        count = std::min(count, now[r].size - i);
        for (int k = 1; k < count; ++k)
            if (now[r].stops[i + k] < 0 || (P.shipments && P.end_of[now[r].stops[i + k]])) count = k;
        int32_t part[3];
        std::copy(now[r].stops.begin() + i, now[r].stops.begin() + i + count, part);
        if (rng.below(2)) std::reverse(part, part + count);
        erase(trial[0], i, count);
        int goal = rng.below(P.n) == 0 || rng.below(24) == 0 ? -1 : neighbour(c);
        if (goal >= 0 && at[goal] < 0) return;
        if (goal < 0) {
            const int s = fresh(1);
            if (s < 0 || !insert(trial[1], 0, part, count)) return;
            tidy(trial[0]);
            decide(r, s, -1, -1);
            return;
        }
        for (int k = 0; k < count; ++k)
            if (part[k] == goal) return;
        const int s = at[goal];
        int j = position[goal] + (int)rng.below(2);
        if (s == r) {
            if (j > i) j -= count;
            if (j < 0 || !insert(trial[0], j, part, count)) return;
            tidy(trial[0]);
            decide(r, -1, -1, -1);
            return;
        }
        copy(1, s);
        if (!insert(trial[1], j, part, count)) return;
        tidy(trial[0]);
        decide(r, s, -1, -1);
    }

    void move_pair(int c) {
        const int first = P.end_of[c] > 0 ? c : P.partner[c], second = P.partner[first];
        if (at[second] != at[first]) return;
        const int r = at[first];
        copy(0, r);
        erase(trial[0], position[second], 1);
        erase(trial[0], position[first], 1);
        tidy(trial[0]);
        const int32_t a = first, b = second;
        int s = rng.below(routes + 1);
        if (s == r) {
            const int i = rng.below(trial[0].size + 1), j = i + 1 + rng.below(trial[0].size - i + 1);
            if (insert(trial[0], i, &a, 1) && insert(trial[0], j, &b, 1)) decide(r, -1, -1, -1);
            return;
        }
        if (s >= routes) s = fresh(1);
        else copy(1, s);
        if (s < 0) return;
        const int i = rng.below(trial[1].size + 1), j = i + 1 + rng.below(trial[1].size - i + 1);
        if (insert(trial[1], i, &a, 1) && insert(trial[1], j, &b, 1)) decide(r, s, -1, -1);
    }

    // Two clients change places.
    void exchange(int c) {
        int other = neighbour(c);
        if (at[other] < 0 || other == c) return;
        if (rng.below(2)) {  // with the one before or behind the neighbour
            const int j = position[other] + (rng.below(2) ? 1 : -1);
            const Tour1& t = now[at[other]];
            if (j < 0 || j >= t.size || t.stops[j] < 0) return;
            other = t.stops[j];
            if (other == c) return;
        }
        const int r = at[c], s = at[other];
        copy(0, r);
        if (r == s) {
            std::swap(trial[0].stops[position[c]], trial[0].stops[position[other]]);
            decide(r, -1, -1, -1);
            return;
        }
        copy(1, s);
        trial[0].stops[position[c]] = other;
        trial[1].stops[position[other]] = c;
        decide(r, s, -1, -1);
    }

    // The piece between two clients of a route is driven the other way.
    void reverse(int c) {
        const int other = neighbour(c), r = at[c];
        if (other == c || at[other] != r) return;
        int i = position[c], j = position[other];
        if (i > j) std::swap(i, j);
        if (rng.below(2)) ++i;
        else --j;
        if (i >= j) return;
        copy(0, r);
        std::reverse(trial[0].stops.begin() + i, trial[0].stops.begin() + j + 1);
        decide(r, -1, -1, -1);
    }

    // Two routes change their tails, or the head of one is joined to the turned head of the other.
    void tails(int c) {
        const int other = neighbour(c), r = at[c], s = at[other];
        if (s < 0 || s == r) return;
        const int i = position[c] + (int)rng.below(2), j = position[other] + (int)rng.below(2);
        const Tour1 &x = now[r], &y = now[s];
        trial[0].type = x.type;
        trial[1].type = y.type;
        if (i + y.size - j > room || j + x.size - i > room) return;
        if (rng.below(4)) {
            std::copy(x.stops.begin(), x.stops.begin() + i, trial[0].stops.begin());
            std::copy(y.stops.begin() + j, y.stops.begin() + y.size, trial[0].stops.begin() + i);
            trial[0].size = i + y.size - j;
            std::copy(y.stops.begin(), y.stops.begin() + j, trial[1].stops.begin());
            std::copy(x.stops.begin() + i, x.stops.begin() + x.size, trial[1].stops.begin() + j);
            trial[1].size = j + x.size - i;
        } else {
            std::copy(x.stops.begin(), x.stops.begin() + i, trial[0].stops.begin());
            std::reverse_copy(y.stops.begin(), y.stops.begin() + j, trial[0].stops.begin() + i);
            trial[0].size = i + j;
            std::reverse_copy(x.stops.begin() + i, x.stops.begin() + x.size, trial[1].stops.begin());
            std::copy(y.stops.begin() + j, y.stops.begin() + y.size,
                      trial[1].stops.begin() + x.size - i);
            trial[1].size = x.size - i + y.size - j;
            if (trial[0].size > room || trial[1].size > room) return;
        }
        tidy(trial[0]);
        tidy(trial[1]);
        decide(r, s, -1, -1);
    }

    // A route gets another type: a free vehicle, or another route's.
    void retype(int c) {
        const int r = at[c];
        copy(0, r);
        const int s = rng.below(routes);
        if (s != r && now[s].type != now[r].type) {
            copy(1, s);
            std::swap(trial[0].type, trial[1].type);
            decide(r, s, -1, -1);
            return;
        }
        const int t = free_type();
        if (t < 0 || t == now[r].type) return;
        trial[0].type = t;
        decide(r, -1, -1, -1);
    }

    // A reload is put in before a client, taken out, or changes its depot.
    void reloads(int c) {
        const int r = at[c], i = position[c];
        copy(0, r);
        const int depot = rng.below(P.depots);
        if (!P.reload[(size_t)trial[0].type * P.depots + depot]) return;
        const int32_t what = -1 - depot;
        if (i > 0 && trial[0].stops[i - 1] < 0) {
            if (rng.below(2)) erase(trial[0], i - 1, 1);
            else trial[0].stops[i - 1] = what;
        } else if (i == 0 || !insert(trial[0], i, &what, 1)) {
            return;
        }
        decide(r, -1, -1, -1);
    }
};

}  // namespace zg::routing
