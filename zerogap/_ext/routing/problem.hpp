// A routing problem as the kernels see it: flat arrays, clients 0 … n−1, then depots, then the
// nowhere of open routes. Owns nothing but what it derives (transposed matrices, neighbours).
#pragma once
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

namespace zg::routing {

constexpr int64_t UNLIMITED = int64_t(1) << 60;
constexpr int32_t ARC_FORBIDDEN = 1 << 28;  // matrices hold it where an arc may not be driven

struct Problem {
    int n = 0, depots = 0, types = 0, profiles = 1, dims = 1, sums = 1;
    int rows = 0;  // n + depots + 1; the last is nowhere
    // Travel: dense (profiles, rows, rows), or from the coordinates of the rows.
    const int32_t* dist = nullptr;
    const int32_t* dist_back = nullptr;  // transposed
    const int32_t* time = nullptr;
    const double *x = nullptr, *y = nullptr;
    double scale = 1, offset = 0.5;
    bool symmetric = true;
    // Clients.
    const int64_t *delivery = nullptr, *pickup = nullptr;  // (n, dims)
    const int64_t* sum = nullptr;                          // (n, sums): loads that just add up
    const int64_t *service = nullptr, *release = nullptr, *prize = nullptr;
    const uint8_t* required = nullptr;
    const int64_t *window_first = nullptr, *window = nullptr;
    const int32_t* group = nullptr;
    int groups = 0;
    const uint8_t* group_required = nullptr;
    const int32_t* partner = nullptr;        // other end of the shipment, or −1
    const int8_t* end_of = nullptr;          // +1 pickup, −1 delivery of a shipment, 0
    const int64_t* shipment_load = nullptr;  // (n, dims), at both ends
    const int64_t* relation_first = nullptr; // (n + 1)
    const int32_t* relation = nullptr;       // client << 2 | kind: 0 conflict, 1 I before it, 2 after
    // Vehicles.
    const int64_t *vehicles = nullptr, *capacity = nullptr, *sum_capacity = nullptr;
    const int64_t *fixed = nullptr, *unit_distance = nullptr, *unit_duration = nullptr;
    const int32_t *start_row = nullptr, *end_row = nullptr, *profile = nullptr;
    const int64_t *shift = nullptr, *max_distance = nullptr, *max_duration = nullptr;
    const int64_t *max_trips = nullptr, *max_stops = nullptr;
    const uint8_t* reload = nullptr;       // (types, depots)
    const int64_t* preference = nullptr;   // (types, n) or null
    const uint8_t* allowed = nullptr;      // (types, n) or null
    const int64_t* depot_window = nullptr; // (depots, 2)
    int objective = 0;                     // 0 cost, 1 longest, 2 bottleneck
    bool backhaul_last = false;
    int64_t min_clients = 0, min_prize = 0, fairness = 0;
    // What the data use.
    bool timed = false, full = false, trips = false, durations = false, profile_loads = false;
    bool shipments = false, optional = false, related = false, multi_window = false;

    // Nearest clients of every client, by distance (and time, where there are windows).
    int near_count = 0;
    std::vector<int32_t> near;

    inline int32_t plane(int a, int b) const {
        if (a == rows - 1 || b == rows - 1) return 0;
        const double dx = x[a] - x[b], dy = y[a] - y[b];
        return (int32_t)std::floor(scale * std::sqrt(dx * dx + dy * dy) + offset);
    }
    inline int32_t d(int p, int a, int b) const {
        if (dist) return dist[((size_t)p * rows + a) * rows + b];
        return plane(a, b);
    }
    inline int32_t t(int p, int a, int b) const {
        if (time) return time[((size_t)p * rows + a) * rows + b];
        return d(p, a, b);
    }
    inline bool may(int type, int c) const { return !allowed || allowed[(size_t)type * n + c]; }
    inline int64_t reward(int type, int c) const {
        return preference ? preference[(size_t)type * n + c] : 0;
    }

    // Earliest start of service at c when arriving at `now`, or -1.
    inline int64_t open_at(int c, int64_t now) const {
        for (int64_t w = window_first[c]; w < window_first[c + 1]; ++w)
            if (window[2 * w + 1] >= now) return std::max(now, window[2 * w]);
        return -1;
    }
    // Latest start of service at c that is not after `limit`, or -1.
    inline int64_t open_until(int c, int64_t limit) const {
        for (int64_t w = window_first[c + 1] - 1; w >= window_first[c]; --w)
            if (window[2 * w] <= limit) return std::min(limit, window[2 * w + 1]);
        return -1;
    }

    void find_neighbours(int count) {
        near_count = std::max(0, std::min(count, n - 1));
        near.assign((size_t)n * near_count, 0);
        if (near_count == 0) return;
        if (dist == nullptr && n > 2500) by_grid(); else by_scan();
    }

   private:
    double proximity(int a, int b) const {
        double least = 1e300;
        for (int p = 0; p < profiles; ++p) {
            double ab = d(p, a, b), ba = d(p, b, a);
            if (timed) {
                ab += time_cost(p, a, b);
                ba += time_cost(p, b, a);
            }
            least = std::min(least, std::min(ab, ba));
        }
        return least;
    }
    // Waiting costs a fifth, arriving too late all of its time.
    double time_cost(int p, int a, int b) const {
        const int64_t travel = t(p, a, b) + service[a];
        const int64_t a_early = window[2 * window_first[a]];
        const int64_t a_late = window[2 * window_first[a + 1] - 1];
        const int64_t b_early = window[2 * window_first[b]];
        const int64_t b_late = window[2 * window_first[b + 1] - 1];
        const double wait = std::max<double>(0, (double)b_early - travel - a_late);
        const double late = std::max<double>(0, (double)a_early + travel - b_late);
        return 0.2 * wait + late;
    }
    void by_scan() {
        std::vector<std::pair<double, int>> all(n);
        for (int a = 0; a < n; ++a) {
            int m = 0;
            for (int b = 0; b < n; ++b)
                if (b != a) all[m++] = {proximity(a, b), b};
            std::partial_sort(all.begin(), all.begin() + near_count, all.begin() + m);
            for (int k = 0; k < near_count; ++k) near[(size_t)a * near_count + k] = all[k].second;
        }
    }
    // A grid with about two clients a cell; rings of cells until enough are found.
    void by_grid() {
        double x0 = 1e300, x1 = -1e300, y0 = 1e300, y1 = -1e300;
        for (int i = 0; i < n; ++i) {
            x0 = std::min(x0, x[i]); x1 = std::max(x1, x[i]);
            y0 = std::min(y0, y[i]); y1 = std::max(y1, y[i]);
        }
        const int side = std::max(1, (int)std::sqrt(n / 2.0));
        const double w = std::max((x1 - x0), (y1 - y0)) / side + 1e-9;
        auto cell = [&](int i) { return int((x[i] - x0) / w) * (side + 1) + int((y[i] - y0) / w); };
        std::vector<std::vector<int>> grid((size_t)(side + 1) * (side + 1));
        for (int i = 0; i < n; ++i) grid[cell(i)].push_back(i);
        std::vector<std::pair<double, int>> found;
        for (int a = 0; a < n; ++a) {
            found.clear();
            const int cx = int((x[a] - x0) / w), cy = int((y[a] - y0) / w);
            int enough = -1;
            for (int r = 0; r <= side; ++r) {
                for (int gx = std::max(0, cx - r); gx <= std::min(side, cx + r); ++gx)
                    for (int gy = std::max(0, cy - r); gy <= std::min(side, cy + r); ++gy) {
                        if (std::max(std::abs(gx - cx), std::abs(gy - cy)) != r) continue;
                        for (int b : grid[(size_t)gx * (side + 1) + gy])
                            if (b != a) found.push_back({proximity(a, b), b});
                    }
                if (enough < 0 && (int)found.size() >= near_count) enough = r + 1 + r / 2;
                if (enough >= 0 && r >= enough) break;
            }
            while ((int)found.size() < near_count) found.push_back({1e300, a == 0 ? 1 : 0});
            std::partial_sort(found.begin(), found.begin() + near_count, found.end());
            for (int k = 0; k < near_count; ++k) near[(size_t)a * near_count + k] = found[k].second;
        }
    }
};

// A route as a sequence of stops: clients, and reload depots as −1 − depot.
struct Evaluation {
    bool feasible = false;
    int64_t duration = 0;
};

// Whether the number of stops and the loads fit, trip by trip.
inline bool loads_fit(const Problem& P, const int32_t* stop, int m, int type) {
    int stops = 0;
    for (int i = 0; i < m; ++i) stops += stop[i] >= 0;
    if (stops > P.max_stops[type]) return false;
    for (int a = 0; a < m;) {
        int b = a;
        while (b < m && stop[b] >= 0) ++b;
        if (b > a) {
            for (int k = 0; k < P.dims; ++k) {
                const int64_t capacity = P.capacity[(size_t)type * P.dims + k];
                int64_t load = 0;
                for (int i = a; i < b; ++i) load += P.delivery[(size_t)stop[i] * P.dims + k];
                if (load > capacity) return false;
                if (P.profile_loads)
                    for (int i = a; i < b; ++i) {
                        const size_t c = (size_t)stop[i] * P.dims + k;
                        load += P.pickup[c] - P.delivery[c];
                        if (P.shipments && P.end_of[stop[i]])
                            load += P.end_of[stop[i]] * P.shipment_load[c];
                        if (load > capacity) return false;
                    }
            }
        }
        a = b + 1;
    }
    return true;
}

// Everything a sequence must satisfy but distance, permission and fleet; O(length · dims), and
// relations only where they are asked for.
inline Evaluation evaluate(const Problem& P, const int32_t* stop, int m, int type,
                           bool relations = true) {
    Evaluation result;
    const int p = P.profile[type];
    if (!loads_fit(P, stop, m, type)) return result;
    if (relations && P.related)
        for (int i = 0; i < m; ++i)
            if (stop[i] >= 0)
                for (int64_t q = P.relation_first[stop[i]]; q < P.relation_first[stop[i] + 1]; ++q) {
                    const int other = P.relation[q] >> 2, kind = P.relation[q] & 3;
                    for (int j = i + 1; j < m; ++j)
                        if (stop[j] == other && kind != 1) return result;
                }
    // Time: segments of (duration, earliest and latest departure that attain it).
    const int64_t* depot = &P.depot_window[2 * (P.start_row[type] - P.n)];
    int64_t release = 0;
    int next = 0;
    auto trip_release = [&](int from) {
        int64_t r = 0;
        for (next = from; next < m && stop[next] >= 0; ++next) r = std::max(r, P.release[stop[next]]);
        return r;
    };
    release = trip_release(0);
    const int64_t begin = std::max(std::max(P.shift[2 * type], depot[0]), release);
    int64_t now = begin;              // earliest schedule
    int64_t duration = 0, early = begin, late = depot[1];
    if (begin > depot[1]) return result;
    int at = P.start_row[type];
    int64_t served = 0;
    for (int i = 0; i <= m; ++i) {
        int row;
        int64_t open = 0, close = 0;
        if (i == m) {
            row = P.end_row[type];
            open = 0;
            close = P.shift[2 * type + 1];
            if (row < P.rows - 1) close = std::min(close, P.depot_window[2 * (row - P.n) + 1]);
        } else {
            row = stop[i] >= 0 ? stop[i] : P.n - 1 - stop[i];
        }
        const int64_t travel = served + P.t(p, at, row);
        now += travel;
        if (i < m && stop[i] >= 0) {
            int64_t w = P.window_first[row];
            const int64_t end = P.window_first[row + 1];
            while (w < end && P.window[2 * w + 1] < now) ++w;
            if (w == end) return result;
            open = P.window[2 * w];
            close = P.window[2 * w + 1];
            served = P.service[row];
        } else if (i < m) {
            const int64_t* hours = &P.depot_window[2 * (row - P.n)];
            open = std::max(hours[0], trip_release(i + 1));
            close = hours[1];
            served = 0;
        }
        if (now > close) return result;
        now = std::max(now, open);
        if (now > close) return result;
        if (P.durations) {
            const int64_t reach = duration + travel;
            const int64_t wait = std::max<int64_t>(0, open - reach - late);
            early = std::max(early, open - reach) - wait;
            late = std::min(late, close - reach);
            early = std::min(early, late);
            duration = reach + wait;
        }
        at = row;
    }
    if (P.durations && duration > P.max_duration[type]) return result;
    result.feasible = true;
    result.duration = duration;
    return result;
}

}  // namespace zg::routing
