// Annealing over whole tours, for objectives and limits that speak of all tours together: the longest
// or costliest tour, the longest arc, their spread, one objective after the other, limits on the
// number of vehicles, quotas of units, energy that is refilled on the way. A move changes one or two
// routes, which are evaluated anew; what is missing (clients, vehicles, units) is charged.
#pragma once
#include <cmath>

#include "routing/problem.hpp"
#include "shared/rng.hpp"

namespace zg::routing {

enum Aim { NOTHING = -1, COST = 0, LONGEST = 1, BOTTLENECK = 2, COSTLIEST = 3, SPREAD = 4 };

// What this kernel knows beyond the problem. Ways: per vehicle type with limited energy and pair of
// rows, rows of (distance, time, longest arc, to the first station, from the last one, calls).
struct TourFacts {
    const int64_t *units = nullptr, *energy = nullptr;
    const uint8_t* refill = nullptr;
    const int64_t *way_first = nullptr, *way = nullptr;
    int64_t min_units = 0, max_units = UNLIMITED, min_vehicles = 0, max_vehicles = UNLIMITED;
    int64_t weight = 1;
    int first = COST, second = NOTHING;
};

struct Worth {
    bool ok = false;
    int64_t dist = 0, cost = 0, arc = 0;
    double rough = 0;  // Σ (arc / scale)^6: how near arcs are to the longest
};

struct Tour1 {
    int type = 0, size = 0;
    Worth worth;
    std::vector<int32_t> stops;
};

struct Label {
    int64_t dist, used, arc, now;
};

class Tours {
   public:
    int64_t iterations = 0, best_key = INT64_MAX;
    bool found = false;

    Tours(const Problem& problem, const TourFacts& facts, uint64_t seed)
        : P(problem), F(facts), rng(seed) {
        room = 2 * P.n + 2;
        limit = 0;
        for (int t = 0; t < P.types; ++t) limit += (int)std::min<int64_t>(P.vehicles[t], P.n);
        limit = std::max(1, (int)std::min<int64_t>({limit, P.n, F.max_vehicles}));
        now.resize(limit);
        best.resize(limit);
        for (auto* side : {&now, &best})
            for (Tour1& r : *side) r.stops.assign(room, 0);
        for (Tour1& r : trial) r.stops.assign(room, 0);
        at.assign(P.n, -1);
        position.assign(P.n, 0);
        used.assign(P.types, 0);
        group_count.assign(std::max(1, P.groups), 0);
        labels.resize(2 * LABELS);
        order.resize(P.n);
        picked.assign(P.n, 0);
        measure();
        construct();
    }

    // Temperatures fall from `hot` to `cold` mean arcs as `progress` goes from 0 to 1.
    void anneal(int count, double progress) {
        const bool late = F.second != NOTHING && F.first != COST && progress > 0.4;
        if (late != second_phase) enter(late);
        heat = unit * hot * std::pow(cold / hot, std::min(1.0, progress));
        for (int k = 0; k < count; ++k) {
            ++iterations;
            step();
        }
    }

    bool inject(const int32_t* first, const int32_t* stops, const int32_t* types, int m) {
        if (m > limit) return false;
        clear();
        for (int r = 0; r < m; ++r) {
            Tour1& tour = now[r];
            tour.type = types[r];
            tour.size = std::min(room, first[r + 1] - first[r]);
            std::copy(stops + first[r], stops + first[r] + tour.size, tour.stops.begin());
            tour.worth = value(tour.stops.data(), tour.size, tour.type);
            if (!tour.worth.ok) {
                clear();
                construct();
                return false;
            }
        }
        routes = m;
        recount();
        note();
        return true;
    }

    // Begin anew from nothing (`fresh`) or from the best.
    void restart(bool fresh) {
        second_phase = false;
        if (fresh || !found) {
            clear();
            construct();
        } else {
            load_best();
        }
    }

    void get_best(std::vector<int32_t>& first, std::vector<int32_t>& stops,
                  std::vector<int32_t>& types) const {
        first.assign(1, 0);
        for (int r = 0; r < best_routes; ++r) {
            stops.insert(stops.end(), best[r].stops.begin(), best[r].stops.begin() + best[r].size);
            first.push_back((int32_t)stops.size());
            types.push_back(best[r].type);
        }
    }

    // Whether everything that is kept agrees with a recomputation.
    bool consistent() {
        const double before = score;
        recount();
        for (int r = 0; r < routes; ++r) {
            const Worth w = value(now[r].stops.data(), now[r].size, now[r].type);
            if (!w.ok || w.dist != now[r].worth.dist || w.cost != now[r].worth.cost) return false;
        }
        return std::abs(before - score) <= 1e-6 * std::max(1.0, std::abs(before));
    }

    double hot = 0.6, cold = 0.004;

   private:
    static constexpr int LABELS = 24;
    const Problem& P;
    TourFacts F;
    Random rng;
    int room, limit, routes = 0, best_routes = 0;
    std::vector<Tour1> now, best;
    Tour1 trial[2];
    std::vector<int32_t> at, position, order;
    std::vector<int64_t> picked;  // when, and in which trip, a pickup was seen
    int64_t token = 1;
    std::vector<int64_t> used;
    std::vector<int32_t> group_count;
    std::vector<Label> labels;
    double score = 0, heat = 1, unit = 1, scale = 1, charge = 1;
    bool second_phase = false;
    int64_t cap = UNLIMITED;  // what the first objective of a route may be in the second phase
    // Sums over what is served.
    int64_t missing = 0, units = 0, clients = 0, prize = 0, lost = 0;

    void measure() {
        double sum = 0, most = 1;
        int64_t count = 0;
        for (int a = 0; a < P.n; ++a)
            for (int k = 0; k < 40; ++k) {
                const int b = rng.below(P.n + 1) == 0 ? P.start_row[0] : rng.below(P.n);
                const int32_t d = P.d(P.profile[0], a, b);
                if (a == b || d >= ARC_FORBIDDEN) continue;
                sum += d;
                most = std::max<double>(most, d);
                ++count;
            }
        scale = most;
        unit = std::max(1.0, count ? sum / count : 1.0);
        charge = 4 * unit + 2.5 * scale;
        if (F.first != COST && F.first != COSTLIEST) return;
        double dear = 0.05, reward = 0, fixed = 0;
        for (int t = 0; t < P.types; ++t) {
            dear = std::max(dear, (double)std::max(P.unit_distance[t], P.unit_duration[t]));
            fixed = std::max(fixed, (double)P.fixed[t]);
            for (int c = 0; c < P.n; ++c)
                reward = std::max(reward, std::abs((double)P.reward(t, c)));
        }
        unit *= dear;
        charge = charge * dear + 2 * reward + fixed;
    }

    void clear() {
        for (int r = 0; r < routes; ++r) now[r].size = 0;
        routes = 0;
        recount();
    }

    // -- worth of one route ---------------------------------------------------------------------
    // Permissions, trips, and shipments whole: both ends in one trip, the pickup first.
    bool shaped(const int32_t* stop, int m, int type) {
        int trips = 1, open = 0;
        token += room;
        for (int i = 0; i < m; ++i) {
            if (stop[i] >= 0) {
                if (!P.may(type, stop[i])) return false;
                if (P.shipments && P.end_of[stop[i]] > 0) {
                    ++open;
                    picked[stop[i]] = token + trips;
                } else if (P.shipments && P.end_of[stop[i]] < 0) {
                    --open;
                    if (picked[P.partner[stop[i]]] != token + trips) return false;
                }
                continue;
            }
            ++trips;
            if (open) return false;
            if (i == 0 || i == m - 1 || stop[i + 1] < 0) return false;
            if (!P.reload[(size_t)type * P.depots + (-1 - stop[i])]) return false;
        }
        return open == 0 && trips <= P.max_trips[type];
    }

    Worth value(const int32_t* stop, int m, int type) {
        Worth w;
        if (m == 0 || !shaped(stop, m, type)) return w;
        const Evaluation e = evaluate(P, stop, m, type);
        if (!e.feasible) return w;
        int64_t duration = e.duration;
        if (F.energy[type] < UNLIMITED) {
            if (!charged(stop, m, type, w, duration)) return w;
        } else {
            const int p = P.profile[type];
            int a = P.start_row[type];
            for (int i = 0; i <= m; ++i) {
                const int b = i == m ? P.end_row[type] : stop[i] >= 0 ? stop[i] : P.n - 1 - stop[i];
                const int64_t d = P.d(p, a, b);
                if (d >= ARC_FORBIDDEN) return w;
                take(w, d, d);
                a = b;
            }
        }
        if (w.dist > P.max_distance[type]) return w;
        w.cost = P.fixed[type] + P.unit_distance[type] * w.dist + P.unit_duration[type] * duration;
        for (int i = 0; i < m; ++i)
            if (stop[i] >= 0) w.cost -= P.reward(type, stop[i]);
        w.ok = first_of(w) <= cap;
        return w;
    }

    void take(Worth& w, int64_t d, int64_t arc) const {
        w.dist += d;
        w.arc = std::max(w.arc, arc);
        if (F.first == BOTTLENECK) {
            const double x = arc / scale, y = x * x;
            w.rough += y * y * y;
        }
    }

    int64_t first_of(const Worth& w) const {
        return F.first == LONGEST ? w.dist : F.first == COSTLIEST ? w.cost
               : F.first == BOTTLENECK ? w.arc : INT64_MIN;
    }

    // The best ways between the stops, by labels (distance, energy used, longest arc, time).
    bool charged(const int32_t* stop, int m, int type, Worth& w, int64_t& duration) {
        const int64_t full = F.energy[type];
        const int64_t* hours = &P.depot_window[2 * (P.start_row[type] - P.n)];
        int64_t begin = std::max(P.shift[2 * type], hours[0]);
        for (int i = 0; i < m; ++i)
            if (stop[i] >= 0) begin = std::max(begin, P.release[stop[i]]);
        Label *old = labels.data(), *fresh = old + LABELS;
        int count = 1;
        old[0] = {0, 0, 0, begin};
        int a = P.start_row[type];
        const int64_t* first = F.way_first + (size_t)type * ((size_t)P.rows * P.rows + 1);
        for (int i = 0; i <= m; ++i) {
            const int b = i == m ? P.end_row[type] : stop[i];
            if (b < 0) return false;
            const int64_t served = i ? P.service[a] : 0;
            int made = 0;
            for (int64_t k = first[(size_t)a * P.rows + b]; k < first[(size_t)a * P.rows + b + 1]; ++k) {
                const int64_t* way = F.way + 6 * k;
                for (int l = 0; l < count; ++l) {
                    Label x = old[l];
                    x.used += way[5] ? way[3] : way[0];
                    if (x.used > full) continue;
                    if (way[5]) x.used = way[4];
                    x.dist += way[0];
                    x.arc = std::max(x.arc, way[2]);
                    x.now += served + way[1];
                    if (i < m) {
                        x.now = P.open_at(b, x.now);
                        if (x.now < 0) continue;
                        if (F.refill[b]) x.used = 0;
                    } else {
                        int64_t close = P.shift[2 * type + 1];
                        if (b < P.rows - 1) close = std::min(close, P.depot_window[2 * (b - P.n) + 1]);
                        if (x.now > close) continue;
                    }
                    made = keep(fresh, made, x);
                }
            }
            if (made == 0) return false;
            count = made;
            std::swap(old, fresh);
            a = b;
        }
        int chosen = 0;
        for (int l = 1; l < count; ++l)
            if (F.first == BOTTLENECK ? old[l].arc < old[chosen].arc : old[l].dist < old[chosen].dist)
                chosen = l;
        take(w, old[chosen].dist, old[chosen].arc);
        duration = old[chosen].now - begin;
        return duration <= P.max_duration[type];
    }

    static int keep(Label* kept, int count, const Label& x) {
        for (int l = 0; l < count; ++l) {
            const Label& y = kept[l];
            if (y.dist <= x.dist && y.used <= x.used && y.arc <= x.arc && y.now <= x.now) return count;
        }
        int left = 0;
        for (int l = 0; l < count; ++l) {
            const Label& y = kept[l];
            if (!(x.dist <= y.dist && x.used <= y.used && x.arc <= y.arc && x.now <= y.now))
                kept[left++] = y;
        }
        if (left < LABELS) {
            kept[left++] = x;
            return left;
        }
        int worst = 0;
        for (int l = 1; l < left; ++l)
            if (kept[l].dist > kept[worst].dist) worst = l;
        if (x.dist < kept[worst].dist) kept[worst] = x;
        return left;
    }

    // -- worth of all -----------------------------------------------------------------------------
    struct Whole {
        int64_t cost = 0, longest = 0, shortest = INT64_MAX, arc = 0, dear = INT64_MIN, dist = 0;
        double rough = 0;
        void add(const Worth& w) {
            cost += w.cost;
            dist += w.dist;
            longest = std::max(longest, w.dist);
            shortest = std::min(shortest, w.dist);
            arc = std::max(arc, w.arc);
            dear = std::max(dear, w.cost);
            rough += w.rough;
        }
    };

    // All routes, those of `changed` as they are in `trial`.
    Whole whole(const int* changed, int changes, int count) const {
        Whole all;
        for (int r = 0; r < count; ++r) {
            const Tour1* tour = r < routes ? &now[r] : nullptr;
            for (int k = 0; k < changes; ++k)
                if (changed[k] == r) tour = &trial[k];
            if (tour && tour->size) all.add(tour->worth);
        }
        if (all.shortest == INT64_MAX) all.shortest = 0;
        if (all.dear == INT64_MIN) all.dear = 0;
        return all;
    }

    int64_t exactly(int aim, const Whole& all) const {
        switch (aim) {
            case LONGEST: return all.longest;
            case BOTTLENECK: return all.arc;
            case COSTLIEST: return all.dear;
            case SPREAD: return all.longest - all.shortest;
            case COST: return all.cost + lost + P.fairness * (all.longest - all.shortest);
            default: return 0;
        }
    }

    // The objective with something of what leads there: all of the others matter a little.
    double smooth(int aim, const Whole& all) const {
        const double value = (double)exactly(aim, all);
        switch (aim) {
            case LONGEST: return value + 0.02 * all.dist;
            case COSTLIEST: return value + 0.02 * all.cost;
            case BOTTLENECK: return value + 0.3 * scale * all.rough;
            case SPREAD: return value;
            default: return value;
        }
    }

    double rated(const Whole& all, int count, bool* feasible) const {
        double value;
        if (second_phase)
            value = smooth(F.second, all);
        else
            value = smooth(F.first, all) + (F.second == NOTHING ? 0 : 0.02 * smooth(F.second, all));
        const int64_t few = std::max<int64_t>(0, F.min_vehicles - count);
        const int64_t many = std::max<int64_t>(0, count - F.max_vehicles);
        const int64_t want = std::max<int64_t>(0, P.min_clients - clients);
        double short_units = 0;
        if (units < F.min_units) short_units = 1 + 4.0 * (F.min_units - units) / F.min_units;
        if (units > F.max_units) short_units = 1 + 4.0 * (units - F.max_units) / (1.0 + F.max_units);
        double poor = 0;
        if (prize < P.min_prize) poor = 1 + 4.0 * (P.min_prize - prize) / P.min_prize;
        const double wrong = missing + few + many + want + short_units + poor;
        *feasible = wrong == 0;
        return value + charge * wrong;
    }

    void recount() {
        std::fill(at.begin(), at.end(), -1);
        std::fill(used.begin(), used.end(), 0);
        std::fill(group_count.begin(), group_count.end(), 0);
        missing = units = clients = prize = lost = 0;
        for (int r = 0; r < routes; ++r) {
            ++used[now[r].type];
            place(r);
        }
        for (int c = 0; c < P.n; ++c) lost += P.prize[c];
        for (int g = 0; g < P.groups; ++g) missing += P.group_required[g] != 0;
        for (int c = 0; c < P.n; ++c) {
            missing += P.required[c] != 0;
            if (at[c] >= 0) count_in(c);
        }
        bool feasible;
        score = rated(whole(nullptr, 0, routes), routes, &feasible);
    }

    void place(int r) {
        for (int i = 0; i < now[r].size; ++i)
            if (now[r].stops[i] >= 0) at[now[r].stops[i]] = r, position[now[r].stops[i]] = i;
    }

    void count_in(int c) {
        ++clients;
        units += F.units[c];
        prize += P.prize[c];
        lost -= P.prize[c];
        if (P.required[c]) --missing;
        if (P.group[c] >= 0 && group_count[P.group[c]]++ == 0 && P.group_required[P.group[c]]) --missing;
    }

    void count_out(int c) {
        --clients;
        units -= F.units[c];
        prize -= P.prize[c];
        lost += P.prize[c];
        if (P.required[c]) ++missing;
        if (P.group[c] >= 0 && --group_count[P.group[c]] == 0 && P.group_required[P.group[c]]) ++missing;
    }

    void note() {
        bool feasible;
        const Whole all = whole(nullptr, 0, routes);
        rated(all, routes, &feasible);
        if (!feasible) return;
        int64_t key = exactly(F.first, all) * F.weight;
        if (F.second != NOTHING) key += exactly(F.second, all);
        if (found && key >= best_key) return;
        found = true;
        best_key = key;
        best_routes = routes;
        for (int r = 0; r < routes; ++r) {
            best[r].type = now[r].type;
            best[r].size = now[r].size;
            std::copy(now[r].stops.begin(), now[r].stops.begin() + now[r].size, best[r].stops.begin());
        }
    }

    void load_best() {
        cap = UNLIMITED;
        routes = best_routes;
        for (int r = 0; r < routes; ++r) {
            now[r].type = best[r].type;
            now[r].size = best[r].size;
            std::copy(best[r].stops.begin(), best[r].stops.begin() + best[r].size, now[r].stops.begin());
            now[r].worth = value(now[r].stops.data(), now[r].size, now[r].type);
        }
        recount();
    }

    // The second objective among solutions that are as good in the first.
    void enter(bool second) {
        second_phase = false;
        cap = UNLIMITED;
        if (second && found) {
            load_best();
            cap = exactly(F.first, whole(nullptr, 0, routes));
            second_phase = true;
        }
        recount();
    }

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

    // Clients in a random order, each at its best place in any route; the first ones open routes.
    void construct() {
        cap = UNLIMITED;
        second_phase = false;
        recount();
        for (int c = 0; c < P.n; ++c) order[c] = c;
        for (int c = P.n - 1; c > 0; --c) std::swap(order[c], order[rng.below(c + 1)]);
        heat = 1e-9;
        for (int round = 0; round < 3; ++round)
            for (int c : order)
                if (at[c] < 0) serve(c);
        note();
    }
};

}  // namespace zg::routing
