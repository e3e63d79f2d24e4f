// Ruin and recreate under annealing (Christiaens, Vanden Berghe 2020: slack induction by string
// removals) for every variant. Routes are linked lists with sentinels at both ends; insertion is the
// only place that knows constraints. Three modes share the code: loads that add up (0), windows with
// earliest departure and latest start at every node (1), and full evaluation of promising places (2).
#pragma once
#include <unordered_map>

#include "routing/fleet.hpp"

namespace zg::routing {

struct SisrSettings {
    double removals = 10;     // clients removed on average
    int string = 10;          // longest string
    double split = 0.5;       // share of strings that keep some clients in their middle
    double blink = 0.01;      // share of places overlooked
    int near = 80;            // neighbours whose sides are places to insert
    // Optional clients. A new route rarely pays for its first client, so some iterations put in many
    // at once and see afterwards; and being left out costs `bias` temperatures more than the prize,
    // or heat alone would empty the routes (there are more ways to leave a client out than to serve it).
    double eager = 0.05;              // share of such iterations
    double bias = 0.4;                // temperatures
    int wishes = 60;                  // clients such an iteration asks for at most
    // Time windows: a new route does not pay at once there either.
    double venture = 0.25;  // share of iterations that open one for the first client they insert
    int cross = 20;         // served neighbours whose routes are asked for a change of tails
    double hot = 1.0, cold = 0.01;  // temperatures in mean costs of a client
};

struct Node {
    int32_t next, prev, head, route;  // head: first node of the trip; route −1: not served
    int32_t dn, dp;                   // distance to next, from prev
};

struct Slot {
    int32_t type, count, trips, mark;
    int64_t dist, duration, reward;
    int64_t extra, lacking;  // cost of its hours; by how much it serves too little
    int64_t lift_cost;  // cost of the next type that takes the client under insertion
    int32_t lift_type, lift_stamp;
    bool late;  // a window, or the longest duration, is missed
};

struct Place {
    int64_t key, delta;
    int32_t after, type, kind, reload, after2;
};

struct PoolRoute {
    int32_t type;
    int64_t cost;
    std::vector<int32_t> stops;
};

enum { INTO = 0, NEW = 1, TRIP_BEFORE = 2, TRIP_AFTER = 3 };

template <class Rng, uint64_t (*draw)(Rng*)>
class Sisr {
   public:
    Problem& P;
    SisrSettings S;
    Rng rng;
    int64_t iterations = 0;
    bool found = false;
    int64_t best_cost = INT64_MAX / 4;

    const Fleet* F = nullptr;  // null where nothing of it is used

    Sisr(Problem& problem, const SisrSettings& settings, Rng seed, const Fleet* fleet = nullptr)
        : P(problem), S(settings), rng(seed), F(fleet) {
        slots = 0;
        for (int t = 0; t < P.types; ++t) slots += (int)std::min<int64_t>(P.vehicles[t], P.n);
        slots = std::max(1, std::min(slots, P.n));
        reload_base = P.n + 2 * slots;
        // In use at once are fewer than n; as many may have been taken out in an iteration.
        const int nodes = reload_base + (P.trips ? 2 * P.n : 0);
        node.assign(nodes, Node{-1, -1, -1, -1, 0, 0});
        row.assign(nodes, 0);
        leave.assign(nodes, 0);
        latest.assign(nodes, 0);
        load.assign((size_t)(nodes - P.n) * P.sums, 0);
        route.assign(slots, Slot{});
        tails.resize(slots);
        best_next.assign(nodes, -1);
        best_row.assign(nodes, 0);
        best_type.assign(slots, -1);
        dirty_mark.assign(slots, 0);
        free_count.assign(P.vehicles, P.vehicles + P.types);
        for (int c = 0; c < P.n; ++c) row[c] = c;
        for (int r = slots - 1; r >= 0; --r) {
            route[r].type = -1;
            free_slots.push_back(r);
        }
        for (int k = nodes - 1; k >= reload_base; --k) free_reloads.push_back(k);
        in_bank.assign(P.n, 0);
        group_served.assign(P.groups, 0);
        zobrist.resize(P.n);
        for (auto& z : zobrist) z = draw(&rng);
        int64_t far = 1;
        for (int c = 0; c < P.n; ++c)
            for (int t = 0; t < P.types; ++t) {
                const int64_t there = P.d(P.profile[t], P.start_row[t], c);
                if (there < ARC_FORBIDDEN)
                    far = std::max(far, P.fixed[t] + 2 * there * std::max<int64_t>(1, P.unit_distance[t]));
                far = std::max(far, std::abs(P.reward(t, c)));
                far = std::max(far, P.prize[c]);
            }
        penalty = 5 * far;
        cheap_types = P.types > 1;
        for (int t = 1; t < P.types; ++t)
            cheap_types = cheap_types && P.profile[t] == P.profile[0] && P.start_row[t] == P.start_row[0] &&
                          P.end_row[t] == P.end_row[0] && !P.full &&
                          P.shift[2 * t] == P.shift[0] && P.shift[2 * t + 1] == P.shift[1];
        if (cheap_types && (P.preference || P.allowed)) weigh_types();
        distance_limit = false;
        for (int t = 0; t < P.types; ++t) distance_limit |= P.max_distance[t] < UNLIMITED;
        special = P.objective != 0 || P.fairness > 0;
        gathers = F && F->together;
        lenient = special || (F && F->min_stops);
        quota = P.min_clients > 0 || P.min_prize > 0;
        if (!quota && !special)
            for (int c = 0; c < P.n; ++c) choosy |= optional(c) && P.prize[c] > 0;
        layered = P.groups > 0 && !P.timed && !P.full && !special && !distance_limit;
        for (int c = 0; c < P.n && layered; ++c)
            for (int v = P.group[c] < 0 ? c : group_member[group_first(P.group[c])], k = 0; k < P.sums; ++k)
                layered = layered && P.sum[(size_t)c * P.sums + k] == P.sum[(size_t)v * P.sums + k];
        int visits = P.groups;
        for (int c = 0; c < P.n; ++c) visits += P.group[c] < 0;
        if ((P.timed || P.groups > 0) && !P.full && !special && !distance_limit && !P.preference)
            crossing = S.cross * std::max(1, P.n / std::max(1, visits));
        cheapest_unit = *std::min_element(P.unit_distance, P.unit_distance + P.types);
        by_route = weighed && !special && !lenient && !P.timed && P.n <= FEW;
        metric = !special && (by_route || !P.preference) && looks_metric();
        open_place.assign(slots, -1);
        next_blink = blink_gap();
        total = 0;
        served = 0; served_prize = 0; missing = 0;
        for (int c = 0; c < P.n; ++c) total += absent_cost(c);
        for (int g = 0; g < P.groups; ++g)
            if (P.group_required[g]) { total += penalty; ++missing; }
        for (int c = 0; c < P.n; ++c) missing += P.required[c] != 0;
    }

    // Build a first solution: clients by angle around the first depot, each at its cheapest place.
    void construct() {
        std::vector<int> order;
        std::vector<double> angle(P.n, 0.0);
        const int depot = P.start_row[0];
        for (int c = 0; c < P.n; ++c) {
            if (P.x) angle[c] = std::atan2(P.y[c] - P.y[depot], P.x[c] - P.x[depot]);
            if (node[c].route < 0) order.push_back(c);
        }
        std::sort(order.begin(), order.end(), [&](int a, int b) {
            return angle[a] != angle[b] ? angle[a] < angle[b] : a < b; });
        ++stamp;
        bank.clear();
        for (int c : order) to_bank(c);
        forced = true;  // all prizes are collected first; annealing drops what does not pay
        recreate_dispatch(false);
        forced = false;
        settle();
        for (int r : touched) mark_dirty(r);
        for (int c : bank) in_bank[c] = 0;
        current = objective() + left_out();
        keep_best();
    }

    // Iterations at one temperature; returns how many were done.
    void anneal(int count) {
        for (int i = 0; i < count; ++i) step();
        if (recording && iterations - recorded >= 4 * P.n) {
            recorded = iterations;
            const double cost = (double)(current - left_out());
            if (missing == 0 && cost <= best_cost + 0.02 * std::abs((double)best_cost))
                for (int r = 0; r < slots; ++r)
                    if (route[r].type >= 0 && route[r].dist < ARC_FORBIDDEN) to_pool(r);
        }
    }
    // Whether the routes of good solutions go to the pool, also those that are no improvement.
    bool recording = false;
    void set_temperature(double t) {
        temperature = t;
        bounded = metric && served >= LONG * open_routes;
        current -= left_out();
        bias = choosy ? (int64_t)(S.bias * t) : 0;
        current += left_out();
    }
    // Distance cost of the current solution a client served.
    double mean_cost() const {
        double costs = 0, distance = 0;
        for (int r = 0; r < slots; ++r) {
            if (route[r].type < 0) continue;
            costs += (double)P.unit_distance[route[r].type] * route[r].dist;
            distance += (double)route[r].dist;
        }
        return std::max(1.0, (costs > 0 ? costs : distance) / std::max<int64_t>(1, served));
    }

    // Replace the current solution. stops: clients, and reload depots as −1 − depot.
    void set_solution(const int32_t* first, const int32_t* stops, const int32_t* types, int routes) {
        clear();
        for (int k = 0; k < routes; ++k) {
            const int r = open(types[k]);
            if (r < 0) continue;
            int at = start_of(r);
            for (int q = first[k]; q < first[k + 1]; ++q) {
                int c = stops[q];
                if (c < 0) c = take_reload(P.n - 1 - c);
                if (c < 0) continue;
                link(c, at);
                at = c;
            }
            refresh(r);
        }
        log.clear();
        touched.clear();
        current = objective() + left_out();
        for (int r = 0; r < slots; ++r) mark_dirty(r);
        keep_best();
    }

    // Best solution as flat arrays.
    void get_best(std::vector<int32_t>& first, std::vector<int32_t>& stops, std::vector<int32_t>& types) const {
        first.assign(1, 0); stops.clear(); types.clear();
        for (int r = 0; r < slots; ++r) {
            if (best_type[r] < 0) continue;
            for (int v = best_next[P.n + 2 * r]; v != P.n + 2 * r + 1; v = best_next[v])
                stops.push_back(v < P.n ? v : P.n - 1 - best_row[v]);
            types.push_back(best_type[r]);
            first.push_back((int32_t)stops.size());
        }
    }
    std::vector<PoolRoute> pool;

    // All links, loads and costs recomputed from scratch agree with what is kept (debugging, tests).
    bool consistent() {
        int64_t sum = 0;
        for (int r = 0; r < slots; ++r) {
            if (route[r].type < 0) continue;
            int64_t dist = 0;
            for (int v = start_of(r); v != end_of(r); v = node[v].next) {
                const int w = node[v].next;
                if (node[w].prev != v || (v < P.n && node[v].route != r)) return false;
                dist += P.d(P.profile[route[r].type], row[v], row[w]);
            }
            if (dist != route[r].dist) return false;
            sum += route_cost(r);
        }
        for (int c = 0; c < P.n; ++c) if (node[c].route < 0) sum += absent_cost(c);
        for (int g = 0; g < P.groups; ++g) if (P.group_required[g] && !group_served[g]) sum += penalty;
        return sum == total;
    }

   private:
    int slots, reload_base, open_routes = 0;
    std::vector<Node> node;
    std::vector<int32_t> row;
    std::vector<int64_t> leave, latest, load;
    std::vector<Slot> route;
    std::vector<std::vector<int32_t>> tails;  // of a route with trips: the last client of each
    std::vector<int32_t> free_slots, free_reloads, released;
    std::vector<int64_t> free_count;
    struct Op { int32_t kind, a, b; };
    std::vector<Op> log;
    std::vector<int32_t> touched, bank, sequence, tour;
    std::vector<double> sort_key;
    std::vector<uint8_t> in_bank;
    std::vector<int32_t> group_served;
    std::vector<uint64_t> zobrist;
    std::unordered_map<uint64_t, int> pool_index;
    std::vector<int32_t> best_next, best_row, best_type, dirty, dirty_mark;
    int stamp = 0;
    int64_t recorded = 0;
    int64_t total = 0, current = 0, penalty = 0, ruined_longest = 0;
    int64_t served = 0, served_prize = 0, missing = 0;
    int64_t next_blink = 1;
    double temperature = 0;
    bool layered = false;                  // members of a group can stand in for each other
    bool metric = false, bounded = false;  // the triangle inequality holds; and is worth asking
    int64_t cheapest_unit = 0, bias = 0;
    bool forced = false, eager = false, choosy = false;
    bool venture = false;  // open a route for the next client
    int crossing = 0;      // neighbours that a change of tails is tried with
    bool cheap_types = false, distance_limit = false, special = false, quota = false;
    bool gathers = false;  // some clients share their vehicle
    bool lenient = false;  // a place may be worth more than its distance tells
    enum { LINK, UNLINK, OPEN, CLOSE, RETYPE };

    uint32_t below(uint32_t k) { return (uint32_t)(((draw(&rng) >> 32) * (uint64_t)k) >> 32); }
    double uniform() { return (double)((draw(&rng) >> 11) + 1) * 0x1.0p-53; }
    int64_t blink_gap() {
        if (S.blink <= 0) return INT64_MAX / 2;
        return 1 + (int64_t)(std::log(uniform()) / std::log(1 - S.blink));
    }
    bool blink() {
        if (--next_blink > 0) return false;
        next_blink = blink_gap();
        return true;
    }
    int start_of(int r) const { return P.n + 2 * r; }
    int end_of(int r) const { return P.n + 2 * r + 1; }
    int64_t* load_of(int head) { return &load[(size_t)(head - P.n) * P.sums]; }
    int64_t absent_cost(int c) const {
        return P.required[c] ? penalty : P.prize[c];
    }
    // What every type earns in every route: sums of rewards, and how many clients it may not serve.
    // Kept at every change, so that another vehicle for the same sequence is priced in O(1).
    std::vector<int64_t> worth, earned;  // by client or route, then type
    std::vector<int32_t> barred, banned;
    bool weighed = false;
    // Where clients are few, their places are sought route by route among those that are open.
    static constexpr int FEW = 250;
    bool by_route = false;
    std::vector<int32_t> open_list, open_place;
    void weigh_types() {
        weighed = true;
        worth.assign((size_t)P.n * P.types, 0);
        barred.assign((size_t)P.n * P.types, 0);
        for (int c = 0; c < P.n; ++c)
            for (int t = 0; t < P.types; ++t) {
                worth[(size_t)c * P.types + t] = P.reward(t, c);
                barred[(size_t)c * P.types + t] = !P.may(t, c);
            }
        earned.assign((size_t)slots * P.types, 0);
        banned.assign((size_t)slots * P.types, 0);
    }
    void weigh(int r, int c, int sign) {
        const size_t to = (size_t)r * P.types, from = (size_t)c * P.types;
        if (P.preference)
            for (int t = 0; t < P.types; ++t) earned[to + t] += sign * worth[from + t];
        if (P.allowed)
            for (int t = 0; t < P.types; ++t) banned[to + t] += sign * barred[from + t];
    }
    int64_t route_cost(int r) const {
        const Slot& s = route[r];
        return P.fixed[s.type] + P.unit_distance[s.type] * s.dist + P.unit_duration[s.type] * s.duration - s.reward + s.extra +
               penalty * s.lacking;
    }

    // -- changes, each with its inverse ----------------------------------------------------------
    int open(int type) {
        if (free_slots.empty() || free_count[type] <= 0) return -1;
        const int r = free_slots.back();
        free_slots.pop_back();
        open_at(r, type);
        log.push_back({OPEN, r, type});
        return r;
    }
    void open_at(int r, int type) {
        --free_count[type];
        ++open_routes;
        if (by_route) {
            open_place[r] = (int32_t)open_list.size();
            open_list.push_back(r);
        }
        const int s = start_of(r), e = end_of(r);
        row[s] = P.start_row[type];
        row[e] = P.end_row[type];
        if (weighed) {
            std::fill_n(earned.begin() + (size_t)r * P.types, P.types, 0);
            std::fill_n(banned.begin() + (size_t)r * P.types, P.types, 0);
        }
        const int d = P.d(P.profile[type], row[s], row[e]);
        node[s] = Node{e, -1, s, r, d, 0};
        node[e] = Node{-1, s, s, r, 0, d};
        for (int k = 0; k < P.sums; ++k) load_of(s)[k] = 0;
        Slot& t = route[r];
        t.type = type; t.count = 0; t.trips = 1; t.dist = d; t.duration = 0; t.reward = 0; t.extra = 0; t.lacking = 0; t.lift_stamp = -1; t.late = false;
        const int64_t* hours = &P.depot_window[2 * (row[s] - P.n)];
        leave[s] = std::max(P.shift[2 * type], hours[0]);
        latest[s] = hours[1];
        latest[e] = P.shift[2 * type + 1];
        if (row[e] < P.rows - 1) latest[e] = std::min(latest[e], P.depot_window[2 * (row[e] - P.n) + 1]);
        total += route_cost(r);
    }
    void close_at(int r) {
        total -= route_cost(r);
        --open_routes;
        if (by_route) {
            open_list[open_place[r]] = open_list.back();
            open_place[open_list.back()] = open_place[r];
            open_list.pop_back();
        }
        ++free_count[route[r].type];
        route[r].type = -1;
    }
    void close(int r) {
        log.push_back({CLOSE, r, route[r].type});
        close_at(r);
        free_slots.push_back(r);
    }
    void retype_to(int r, int type) {
        total -= route_cost(r);
        ++free_count[route[r].type];
        route[r].type = type;
        --free_count[type];
        if (weighed) {
            route[r].reward = earned[(size_t)r * P.types + type];
        } else if (P.preference) {
            route[r].reward = 0;
            for (int v = node[start_of(r)].next; v != end_of(r); v = node[v].next)
                if (v < P.n) route[r].reward += P.reward(type, v);
        }
        total += route_cost(r);
    }
    int take_reload(int depot_row) {
        if (free_reloads.empty()) return -1;
        const int v = free_reloads.back();
        free_reloads.pop_back();
        row[v] = depot_row;
        return v;
    }
    void attach(int c, int i) {
        Node &a = node[i], &x = node[c];
        const int j = a.next, r = a.route;
        Node& b = node[j];
        Slot& s = route[r];
        const int p = P.profile[s.type];
        const int ac = P.d(p, row[i], row[c]), cb = P.d(p, row[c], row[j]);
        const int64_t change = (int64_t)ac + cb - a.dn;
        x.prev = i; x.next = j; x.route = r; x.head = a.head;
        x.dp = a.dn = ac;
        x.dn = b.dp = cb;
        a.next = c; b.prev = c;
        s.dist += change;
        total += P.unit_distance[s.type] * change;
        if (c < P.n) {
            ++s.count;
            if (weighed) weigh(r, c, 1);
            const int64_t* q = &P.sum[(size_t)c * P.sums];
            int64_t* l = load_of(a.head);
            for (int k = 0; k < P.sums; ++k) l[k] += q[k];
            const int64_t gain = P.reward(s.type, c);
            s.reward += gain;
            total -= gain + absent_cost(c);
            ++served; served_prize += P.prize[c];
            missing -= P.required[c] != 0;
            const int g = P.group[c];
            if (g >= 0 && group_served[g]++ == 0 && P.group_required[g]) { total -= penalty; --missing; }
        } else {
            x.head = c;
            ++s.trips;
        }
    }
    void detach(int c) {
        Node& x = node[c];
        const int i = x.prev, j = x.next, r = x.route;
        Node &a = node[i], &b = node[j];
        Slot& s = route[r];
        const int ab = P.d(P.profile[s.type], row[i], row[j]);
        const int64_t change = (int64_t)ab - x.dp - x.dn;
        a.next = j; b.prev = i;
        a.dn = b.dp = ab;
        s.dist += change;
        total += P.unit_distance[s.type] * change;
        if (c < P.n) {
            --s.count;
            if (weighed) weigh(r, c, -1);
            const int64_t* q = &P.sum[(size_t)c * P.sums];
            int64_t* l = load_of(x.head);
            for (int k = 0; k < P.sums; ++k) l[k] -= q[k];
            const int64_t gain = P.reward(s.type, c);
            s.reward -= gain;
            total += gain + absent_cost(c);
            --served; served_prize -= P.prize[c];
            missing += P.required[c] != 0;
            const int g = P.group[c];
            if (g >= 0 && --group_served[g] == 0 && P.group_required[g]) { total += penalty; ++missing; }
        } else {
            --s.trips;
        }
        x.route = -1;
    }
    void link(int c, int i) { attach(c, i); log.push_back({LINK, c, 0}); }
    void unlink(int c) {
        log.push_back({UNLINK, c, node[c].prev});
        detach(c);
        if (c >= P.n) released.push_back(c);
    }
    void touch(int r) {
        if (route[r].mark != stamp) { route[r].mark = stamp; touched.push_back(r); }
    }
    void undo(int64_t old_total) {
        for (size_t k = log.size(); k-- > 0;) {
            const Op& op = log[k];
            switch (op.kind) {
                case LINK: detach(op.a); if (op.a >= P.n) free_reloads.push_back(op.a); break;
                case UNLINK: attach(op.a, op.b); break;
                case OPEN: close_at(op.a); free_slots.push_back(op.a); break;
                case CLOSE: free_slots.pop_back(); open_at(op.a, op.b); break;
                case RETYPE: retype_to(op.a, op.b); break;
            }
        }
        released.clear();
        if (P.timed || P.full)
            for (int r : touched) if (route[r].type >= 0) refresh(r);
        total = old_total;
    }

    // -- one iteration -----------------------------------------------------------------------------
    void step() {
        ++iterations;
        ++stamp;
        log.clear();
        touched.clear();
        released.clear();
        bank.clear();
        const int64_t old_total = total, old_served = served, old_prize = served_prize, old_missing = missing;
        if (P.objective == 1) {
            ruined_longest = 0;
            for (int r = 0; r < slots; ++r)
                if (route[r].type >= 0) ruined_longest = std::max(ruined_longest, route[r].dist);
        }
        eager = choosy && uniform() < S.eager;
        venture = P.timed && uniform() < S.venture;
        ruin();
        recreate_dispatch(true);
        if (eager) prune();
        if (crossing > 0) cross();
        settle();
        if (layered)
            for (int r : touched)
                if (route[r].type >= 0) reselect(r);
        const int64_t value = objective() + left_out();
        bool accept = value <= current;
        const bool sound = is_sound();
        if (!sound) accept = false;
        else if (!accept) accept = (double)(value - current) < -temperature * std::log(uniform());
        if (accept) {
            current = value;
            for (int v : released) free_reloads.push_back(v);
            for (int r : touched) mark_dirty(r);
            if (value - left_out() < best_cost) keep_best();
        } else {
            undo(old_total);
            served = old_served; served_prize = old_prize; missing = old_missing;
        }
        for (int c : bank) in_bank[c] = 0;
    }
    // Whether all touched routes keep their windows, durations and distances.
    bool is_sound() const {
        if (!P.timed && !P.full && !distance_limit) return true;
        for (int r : touched) {
            if (route[r].type < 0) continue;
            if (route[r].late || route[r].dist > P.max_distance[route[r].type]) return false;
        }
        return true;
    }
    bool has_forbidden(int r) const {
        for (int v = start_of(r); v != end_of(r); v = node[v].next)
            if (node[v].dn >= ARC_FORBIDDEN) return true;
        return false;
    }

    // Close empty routes, let the cheapest type drive each touched route.
    void settle() {
        for (int r : touched) {
            if (route[r].type < 0) continue;
            if (route[r].count == 0) { drop_reloads(r); close(r); continue; }
            if (cheap_types) cheapest_type(r);
        }
    }
    void drop_reloads(int r) {
        for (int v = node[start_of(r)].next; v != end_of(r);) {
            const int w = node[v].next;
            if (v >= P.n) unlink(v);
            v = w;
        }
    }
    void cheapest_type(int r) {
        const int old = route[r].type;
        int best = old;
        int64_t least = price(r, old);
        for (int t = 0; t < P.types; ++t) {
            if (t == old || free_count[t] <= 0 || !holds(r, t, nullptr)) continue;
            const int64_t cost = price(r, t);
            if (cost < least) { least = cost; best = t; }
        }
        if (best != old) { log.push_back({RETYPE, r, old}); retype_to(r, best); }
    }
    // What route r costs if type t drives it; too much where t may not serve one of its clients.
    int64_t price(int r, int t) const {
        const int64_t cost = P.fixed[t] + P.unit_distance[t] * route[r].dist;
        if (!weighed) return cost;
        const size_t at = (size_t)r * P.types + t;
        return banned[at] ? NOWHERE : cost - earned[at];
    }
    bool holds(int r, int t, const int64_t* more) {
        const int64_t* l = load_of(start_of(r));
        for (int k = 0; k < P.sums; ++k)
            if (l[k] + (more ? more[k] : 0) > P.sum_capacity[(size_t)t * P.sums + k]) return false;
        return route[r].dist <= P.max_distance[t];
    }

    // Cost that annealing sees.
    int64_t objective() const {
        int64_t value = total;
        if (quota) {
            value += penalty * std::max<int64_t>(0, P.min_clients - served);
            if (served_prize < P.min_prize) value += penalty + (P.min_prize - served_prize);
        }
        if (!special) return value;
        int64_t longest = 0, shortest = INT64_MAX, arc = 0, sum = 0;
        for (int r = 0; r < slots; ++r) {
            if (route[r].type < 0) continue;
            longest = std::max(longest, route[r].dist);
            shortest = std::min(shortest, route[r].dist);
            sum += route[r].dist;
            if (P.objective == 2)
                for (int v = start_of(r); v != end_of(r); v = node[v].next) arc = std::max<int64_t>(arc, node[v].dn);
        }
        if (P.fairness && longest) value += P.fairness * (longest - shortest);
        // The sum of all distances, small against one unit, guides the search across plateaus.
        if (P.objective == 1) value = SPREAD * longest + sum / 16 + missing * penalty * SPREAD;
        if (P.objective == 2) value = SPREAD * arc + sum / 16 + missing * penalty * SPREAD;
        return value;
    }
    // Whether distances are symmetric and obey the triangle inequality up to rounding, by sample.
    bool looks_metric() {
        if (P.profiles > 1) return false;
        for (int k = 0; k < 20000; ++k) {
            const int a = (int)below((uint32_t)(P.n + P.depots)), b = (int)below((uint32_t)P.n);
            const int c = (int)below((uint32_t)P.n);
            const int64_t ab = P.d(0, a, b);
            if (ab != P.d(0, b, a) || ab > (int64_t)P.d(0, a, c) + P.d(0, c, b) + 2) return false;
        }
        return true;
    }
    static constexpr int64_t SPREAD = 64;
    static constexpr int64_t NOWHERE = INT64_MAX / 4;  // the cost of a place or a type that there is not
    static constexpr int LONG = 16;  // clients of a route from which most places are too far to pay
    // What annealing adds for clients that are not served.
    int64_t left_out() const { return bias * (P.n - served); }

    void mark_dirty(int r) {
        if (!dirty_mark[r]) { dirty_mark[r] = 1; dirty.push_back(r); }
    }
    void keep_best() {
        const int64_t cost = current - left_out();
        if (missing > 0 || cost >= best_cost) return;
        if (served < P.min_clients || served_prize < P.min_prize) return;
        if (F && F->min_stops)
            for (int r = 0; r < slots; ++r)
                if (route[r].type >= 0 && route[r].lacking > 0) return;
        // A forbidden arc is a cost that no annealing accepts; after a ruin without repair it may stand.
        for (int r : dirty)
            if (route[r].type >= 0 && route[r].dist >= ARC_FORBIDDEN && has_forbidden(r)) return;
        best_cost = cost;
        found = true;
        for (int r : dirty) {
            dirty_mark[r] = 0;
            best_type[r] = route[r].type;
            if (route[r].type < 0) continue;
            for (int v = start_of(r); v != end_of(r); v = node[v].next) {
                best_next[v] = node[v].next;
                best_row[v] = row[v];
            }
            to_pool(r);
        }
        dirty.clear();
    }
    void to_pool(int r) {
        if (pool.size() > 200000 || route[r].lacking > 0) return;
        uint64_t hash = 0x9e3779b97f4a7c15ULL * (uint64_t)(route[r].type + 1);
        for (int v = node[start_of(r)].next; v != end_of(r); v = node[v].next)
            if (v < P.n) hash ^= zobrist[v];
        auto it = pool_index.find(hash);
        const int64_t cost = route_cost(r);
        if (it != pool_index.end() && pool[it->second].cost <= cost) return;
        PoolRoute entry{route[r].type, cost, {}};
        for (int v = node[start_of(r)].next; v != end_of(r); v = node[v].next)
            entry.stops.push_back(v < P.n ? v : P.n - 1 - row[v]);
        if (it != pool_index.end()) { pool[it->second] = std::move(entry); return; }
        pool_index[hash] = (int)pool.size();
        pool.push_back(std::move(entry));
    }
    void clear() {
        for (int r = 0; r < slots; ++r) {
            if (route[r].type < 0) continue;
            while (node[start_of(r)].next != end_of(r)) {
                const int v = node[start_of(r)].next;
                detach(v);
                if (v >= P.n) free_reloads.push_back(v);
            }
            close_at(r);
            free_slots.push_back(r);
        }
    }

#include "routing/sisr_times.hpp"
#include "routing/sisr_moves.hpp"
#include "routing/sisr_repair.hpp"
};

}  // namespace zg::routing
