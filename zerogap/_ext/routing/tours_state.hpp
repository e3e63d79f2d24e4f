// Whole tours as the annealing over them sees them: worth of one route, of all, and what is missing.
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
    double rough = 0;  // Σ of what arcs are longer than the target
};

struct Tour1 {
    int type = 0, size = 0;
    Worth worth;
    std::vector<int32_t> stops;
};

struct Label {
    int64_t dist, used, arc, now;
};

class TourState {
   public:
    int64_t iterations = 0, best_key = INT64_MAX;
    bool found = false;
    double hot = 0.6, cold = 0.004;

    TourState(const Problem& problem, const TourFacts& facts, uint64_t seed)
        : P(problem), F(facts), rng(seed) {
        room = 2 * P.n + 2;
        limit = 0;
        for (int t = 0; t < P.types; ++t) limit += (int)std::min<int64_t>(P.vehicles[t], P.n);
        limit = std::max(1, (int)std::min<int64_t>({limit, P.n, F.max_vehicles}));
        for (auto* side : {&now, &best}) {
            side->resize(limit);
            for (Tour1& r : *side) r.stops.assign(room, 0);
        }
        for (Tour1& r : trial) r.stops.assign(room, 0);
        at.assign(P.n, -1);
        position.assign(P.n, 0);
        used.assign(P.types, 0);
        group_count.assign(std::max(1, P.groups), 0);
        labels.resize(2 * LABELS);
        order.resize(P.n);
        picked.assign(P.n, 0);
        seen.assign(P.n, 0);
        measure();
    }

   protected:
    static constexpr int LABELS = 24;
    const Problem& P;
    TourFacts F;
    Random rng;
    int room, limit, routes = 0, best_routes = 0;
    std::vector<Tour1> now, best;
    Tour1 trial[2];
    std::vector<int32_t> at, position, order;
    std::vector<int64_t> picked;  // when, and in which trip, a pickup was seen
    std::vector<int64_t> seen;    // when a client was, for relations
    int64_t token = 1;
    std::vector<int64_t> used;
    std::vector<int32_t> group_count;
    std::vector<Label> labels;
    double score = 0, heat = 1, unit = 1, scale = 1, charge = 1;
    bool second_phase = false;
    int64_t cap = UNLIMITED;     // what the first objective of a route may be in the second phase
    int64_t target = UNLIMITED;  // arcs above it are charged where the longest arc counts
    static constexpr double loose = 0.02;  // weight of the total where the longest route counts
    // Sums over what is served.
    struct Sums {
        int64_t missing = 0, units = 0, clients = 0, prize = 0, lost = 0;
    } sums;

    int row(int32_t stop) const { return stop >= 0 ? stop : P.n - 1 - stop; }

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
        target = (int64_t)(count ? sum / count : 0);
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
        if (m == 0 || !shaped(stop, m, type) || !related(stop, m)) return w;
        Evaluation e;
        if (P.timed || P.durations) e = evaluate(P, stop, m, type, false);
        else e.feasible = loads_fit(P, stop, m, type);
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

    // No conflict, and none that should come before a stop comes behind it; in one sweep from behind.
    bool related(const int32_t* stop, int m) {
        if (!P.related) return true;
        token += room;
        for (int i = m - 1; i >= 0; --i) {
            const int32_t c = stop[i];
            if (c < 0) continue;
            for (int64_t q = P.relation_first[c]; q < P.relation_first[c + 1]; ++q)
                if ((P.relation[q] & 3) != 1 && seen[P.relation[q] >> 2] == token) return false;
            seen[c] = token;
        }
        return true;
    }

    void take(Worth& w, int64_t d, int64_t arc) const {
        w.dist += d;
        w.arc = std::max(w.arc, arc);
        if (arc > target) w.rough += (double)(arc - target);
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
            case COST: return all.cost + sums.lost + P.fairness * (all.longest - all.shortest);
            default: return 0;
        }
    }

    // The objective with something of what leads there: all of the others matter a little.
    double smooth(int aim, const Whole& all) const {
        const double value = (double)exactly(aim, all);
        switch (aim) {
            case LONGEST: return value + loose * all.dist;
            case COSTLIEST: return value + loose * all.cost;
            case BOTTLENECK: return value + all.rough;
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
        const int64_t want = std::max<int64_t>(0, P.min_clients - sums.clients);
        double short_units = 0, poor = 0;
        if (sums.units < F.min_units)
            short_units = 1 + 4.0 * (F.min_units - sums.units) / F.min_units;
        if (sums.units > F.max_units)
            short_units = 1 + 4.0 * (sums.units - F.max_units) / (1.0 + F.max_units);
        if (sums.prize < P.min_prize) poor = 1 + 4.0 * (P.min_prize - sums.prize) / P.min_prize;
        const double wrong = sums.missing + few + many + want + short_units + poor;
        *feasible = wrong == 0;
        return value + charge * wrong;
    }

    void recount() {
        std::fill(at.begin(), at.end(), -1);
        std::fill(used.begin(), used.end(), 0);
        std::fill(group_count.begin(), group_count.end(), 0);
        sums = Sums();
        for (int r = 0; r < routes; ++r) {
            ++used[now[r].type];
            place(r);
        }
        for (int c = 0; c < P.n; ++c) sums.lost += P.prize[c];
        for (int g = 0; g < P.groups; ++g) sums.missing += P.group_required[g] != 0;
        for (int c = 0; c < P.n; ++c) {
            sums.missing += P.required[c] != 0;
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
        ++sums.clients;
        sums.units += F.units[c];
        sums.prize += P.prize[c];
        sums.lost -= P.prize[c];
        if (P.required[c]) --sums.missing;
        const int g = P.group[c];
        if (g >= 0 && group_count[g]++ == 0 && P.group_required[g]) --sums.missing;
    }

    void count_out(int c) {
        --sums.clients;
        sums.units -= F.units[c];
        sums.prize -= P.prize[c];
        sums.lost += P.prize[c];
        if (P.required[c]) ++sums.missing;
        const int g = P.group[c];
        if (g >= 0 && --group_count[g] == 0 && P.group_required[g]) ++sums.missing;
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

    void rescore() {
        bool feasible;
        score = rated(whole(nullptr, 0, routes), routes, &feasible);
    }

    // Arcs are charged from below the best longest one on: by less the later it is.
    void aim(double progress) {
        if (F.first != BOTTLENECK || !found || second_phase) return;
        const int64_t arc = best_key / F.weight;
        const int64_t goal = arc - 1 - (int64_t)(SLACK * (1 - std::min(1.0, progress)) * arc);
        if (goal == target) return;
        target = goal;
        for (int r = 0; r < routes; ++r)
            now[r].worth = value(now[r].stops.data(), now[r].size, now[r].type);
    }
    static constexpr double SLACK = 0.05;

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
};

}  // namespace zg::routing
