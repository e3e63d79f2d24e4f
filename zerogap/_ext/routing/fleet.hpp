// What fleets need of a route beyond loads, order and windows: its ends and sizes, soft windows,
// overtime, breaks, and travel times that depend on the hour. Asked only where an instance uses any
// of it, and after `evaluate`, which knows a relaxation: the fastest travel and no break.
#pragma once
#include "routing/problem.hpp"

namespace zg::routing {

struct Fleet {
    // Sequence. Null where not used.
    const uint8_t *not_first = nullptr, *not_last = nullptr;                  // (n)
    const int64_t *min_stops = nullptr, *min_load = nullptr;                  // (types), (types, dims)
    const int64_t* max_travel_time = nullptr;                                 // (types)
    const int64_t* on_board = nullptr;                                        // (types, dims), first trip
    const int64_t* together_first = nullptr; const int32_t* together = nullptr;  // same vehicle, by client
    // Time. The problem's times hold service, fastest drive and setup; these tell them apart.
    bool timing = false;
    const int32_t* drive = nullptr;                                           // (types, rows, rows)
    const int64_t* service = nullptr;                                         // (types, n)
    const int64_t *soft = nullptr, *early_cost = nullptr, *late_cost = nullptr;  // (n, 2), (n), (n)
    const int64_t *regular = nullptr, *overtime_cost = nullptr;               // (types)
    const int64_t *break_first = nullptr, *break_length = nullptr;            // (types + 1), (breaks)
    const uint8_t* on_road = nullptr;                                         // (types): breaks may interrupt drives
    const int64_t *break_window_first = nullptr, *break_window = nullptr;     // (breaks + 1), (·, 2)
    int periods = 0;
    bool tables = false;                                                      // by departure, lines between
    const int64_t* period = nullptr;                                          // (periods): where each begins
    const int32_t* traffic = nullptr;                                         // (periods, types, rows, rows)
};

struct Outcome : Evaluation {
    int64_t extra = 0;    // cost of earliness, lateness and overtime
    int64_t lacking = 0;  // by how much a used route serves too little
};

constexpr int MOST_BREAKS = 8;  // of a vehicle; validated

// Arrival at j when leaving i at `now`: at the speed of each period, rounded up where one ends
// (Ichoua, Gendreau, Potvin 2003). Who leaves later never arrives earlier.
inline int64_t arrival(const Problem& P, const Fleet& F, int type, int i, int j, int64_t now) {
    const size_t square = (size_t)P.rows * P.rows, at = (size_t)type * square + (size_t)i * P.rows + j;
    if (F.periods == 0) return now + F.drive[at];
    int q = 0;
    while (q + 1 < F.periods && F.period[q + 1] <= now) ++q;
    const size_t step = (size_t)P.types * square;
    int64_t pace = F.traffic[q * step + at], rest = pace;
    if (F.tables) {
        if (q + 1 == F.periods) return now + pace;
        // The line to the next entry, rounded up; first in, first out was checked.
        const int64_t span = F.period[q + 1] - F.period[q];
        const int64_t rise = (now - F.period[q]) * (F.traffic[(q + 1) * step + at] - pace);
        return now + pace + (rise > 0 ? (rise + span - 1) / span : -(-rise / span));
    }
    for (; q + 1 < F.periods && now + rest > F.period[q + 1]; ++q) {
        const int64_t next = F.traffic[(q + 1) * step + at];
        rest -= F.period[q + 1] - now;
        rest = pace > 0 ? (rest * next + pace - 1) / pace : 0;
        pace = next;
        now = F.period[q + 1];
    }
    return now + rest;
}

// One drive of a route: the earliest times by the number of breaks taken so far, in their order.
class Ride {
   public:
    int64_t end = 0, cost = 0;

    Ride(const Problem& problem, const Fleet& fleet, int vehicle) : P(problem), F(fleet), type(vehicle) {
        if (F.break_first) {
            first = F.break_first[type];
            count = (int)(F.break_first[type + 1] - first);
        }
    }
    // Whether the stops can be driven from a departure on; `wait`: for the soft opening of each.
    bool run(const int32_t* stop, int m, int64_t depart, bool wait) {
        for (int b = 0; b <= count; ++b) time[b] = NEVER;
        time[0] = depart;
        spent[0] = 0;
        int at = P.start_row[type];
        for (int i = 0; i <= m; ++i) {
            const int row = i == m ? P.end_row[type] : stop[i] >= 0 ? stop[i] : P.n - 1 - stop[i];
            const size_t arc = (size_t)type * P.rows * P.rows + (size_t)at * P.rows + row;
            if (F.on_road && F.on_road[type]) rest_on_road(F.drive[arc]);
            else rest_here();
            const int64_t setup = P.t(type, at, row) - F.drive[arc] - (at < P.n ? F.service[(size_t)type * P.n + at] : 0);
            for (int b = 0; b <= count; ++b)
                if (time[b] < NEVER) time[b] = arrival(P, F, type, at, row, time[b]) + setup;
            if (i == m && row < P.rows - 1)
                for (int b = 0; b <= count; ++b)
                    if (time[b] > P.depot_window[2 * (row - P.n) + 1]) time[b] = NEVER;
            rest_here();
            if (i == m) break;
            bool alive = false;
            for (int b = 0; b <= count; ++b) alive |= serve(stop, m, i, row, b, wait);
            if (!alive) return false;
            at = row;
        }
        end = time[count];
        cost = spent[count];
        return end <= P.shift[2 * type + 1];
    }

   private:
    static constexpr int64_t NEVER = INT64_MAX / 4;
    const Problem& P;
    const Fleet& F;
    int type, count = 0;
    int64_t first = 0, time[MOST_BREAKS + 1], spent[MOST_BREAKS + 1];

    void rest_here() {
        for (int b = 0; b < count; ++b) {
            if (time[b] >= NEVER) continue;
            for (int64_t w = F.break_window_first[first + b]; w < F.break_window_first[first + b + 1]; ++w) {
                if (F.break_window[2 * w + 1] < time[b]) continue;
                const int64_t back = std::max(time[b], F.break_window[2 * w]) + F.break_length[first + b];
                if (back < time[b + 1]) { time[b + 1] = back; spent[b + 1] = spent[b]; }
                break;
            }
        }
    }
    // Breaks before or during a drive, as the departure that arrives alike: on the road only their
    // length is lost, and the drive ends no earlier than they do.
    void rest_on_road(int64_t drive) {
        int64_t begun[MOST_BREAKS + 1], paid[MOST_BREAKS + 1];
        for (int b = 0; b <= count; ++b) { begun[b] = time[b]; paid[b] = spent[b]; }
        for (int a = 0; a < count; ++a) {
            if (begun[a] >= NEVER) continue;
            int64_t over = begun[a], lost = 0;
            for (int b = a; b < count; ++b) {
                int64_t back = NEVER;
                for (int64_t w = F.break_window_first[first + b]; w < F.break_window_first[first + b + 1]; ++w) {
                    if (F.break_window[2 * w + 1] < over) continue;
                    back = std::max(over, F.break_window[2 * w]) + F.break_length[first + b];
                    break;
                }
                if (back >= NEVER) break;
                over = back;
                lost += F.break_length[first + b];
                const int64_t leave = std::max(over - drive, begun[a] + lost);
                if (leave < time[b + 1]) { time[b + 1] = leave; spent[b + 1] = paid[a]; }
            }
        }
    }
    bool serve(const int32_t* stop, int m, int i, int row, int b, bool wait) {
        int64_t now = time[b];
        if (now >= NEVER) return false;
        if (row >= P.n) {  // another trip
            const int64_t* hours = &P.depot_window[2 * (row - P.n)];
            now = std::max(now, hours[0]);
            for (int k = i + 1; k < m && stop[k] >= 0; ++k) now = std::max(now, P.release[stop[k]]);
            time[b] = now <= hours[1] ? now : NEVER;
            return now <= hours[1];
        }
        int64_t begin = P.open_at(row, now);
        if (begin >= 0 && F.soft) {
            if (wait && F.early_cost[row] > 0 && begin < F.soft[2 * row]) {
                const int64_t later = P.open_at(row, F.soft[2 * row]);
                if (later >= 0) begin = later;
            }
            spent[b] += F.early_cost[row] * std::max<int64_t>(0, F.soft[2 * row] - begin) +
                        F.late_cost[row] * std::max<int64_t>(0, begin - F.soft[2 * row + 1]);
        }
        time[b] = begin < 0 ? NEVER : begin + F.service[(size_t)type * P.n + row];
        return begin >= 0;
    }
};

// Duration and cost of time: the best of a few departures and ways to wait. The exact schedule of a
// solution is made when it is handed over; here it need be good, feasible and quick.
inline bool timing(const Problem& P, const Fleet& F, const int32_t* stop, int m, int type, Outcome& result) {
    const int64_t* hours = &P.depot_window[2 * (P.start_row[type] - P.n)];
    int64_t begin = std::max(P.shift[2 * type], hours[0]), rests = 0;
    for (int i = 0; i < m && stop[i] >= 0; ++i) begin = std::max(begin, P.release[stop[i]]);
    if (begin > hours[1]) return false;
    if (F.break_first)
        for (int64_t b = F.break_first[type]; b < F.break_first[type + 1]; ++b) rests += F.break_length[b];
    const int64_t over = F.overtime_cost ? F.overtime_cost[type] : 0;
    const bool short_pays = P.max_duration[type] < UNLIMITED || P.unit_duration[type] > 0 || over > 0;
    Ride ride(P, F, type);
    int64_t least = INT64_MAX, end = -1;
    auto attempt = [&](int64_t depart) {
        for (int wait = 0; wait < (F.soft ? 2 : 1); ++wait) {
            if (!ride.run(stop, m, depart, wait)) continue;
            if (end < 0 || ride.end < end) end = ride.end;
            const int64_t length = ride.end - depart;
            if (length > P.max_duration[type]) continue;
            int64_t extra = ride.cost;
            if (over > 0) extra += over * std::max<int64_t>(0, length - F.regular[type]);
            const int64_t cost = P.unit_duration[type] * length + extra;
            if (cost < least) { least = cost; result.duration = length; result.extra = extra; }
        }
    };
    attempt(begin);
    if (end >= 0 && short_pays) {
        // The latest departure that still ends then, by the fastest drives.
        int64_t late = end;
        int next = P.end_row[type];
        for (int i = m - 1; i >= 0 && late >= 0; --i) {
            const int row = stop[i] >= 0 ? stop[i] : P.n - 1 - stop[i];
            late -= P.t(type, row, next);
            late = row < P.n ? P.open_until(row, late) : std::min(late, P.depot_window[2 * (row - P.n) + 1]);
            next = row;
        }
        late = std::min(late - P.t(type, P.start_row[type], next), hours[1]);
        if (late - rests > begin) attempt(late - rests);
        if (rests > 0 && late > begin) attempt(late);
    }
    return least < INT64_MAX;
}

// All that a fleet asks of a sequence; false where it may not be driven.
inline bool fleet(const Problem& P, const Fleet& F, const int32_t* stop, int m, int type, Outcome& result) {
    if (F.not_first && m && stop[0] >= 0 && F.not_first[stop[0]]) return false;
    if (F.not_last && m && stop[m - 1] >= 0 && F.not_last[stop[m - 1]]) return false;
    if (F.max_travel_time && F.max_travel_time[type] < UNLIMITED) {
        const int32_t* drive = F.drive + (size_t)type * P.rows * P.rows;
        int64_t sum = 0;
        int at = P.start_row[type];
        for (int i = 0; i <= m; ++i) {
            const int row = i == m ? P.end_row[type] : stop[i] >= 0 ? stop[i] : P.n - 1 - stop[i];
            sum += drive[(size_t)at * P.rows + row];
            at = row;
        }
        if (sum > F.max_travel_time[type]) return false;
    }
    if (F.on_board)
        for (int k = 0; k < P.dims; ++k) {
            const size_t own = (size_t)type * P.dims + k;
            int64_t load = F.on_board[own];
            if (load == 0) continue;
            for (int i = 0; i < m && stop[i] >= 0; ++i) load += P.delivery[(size_t)stop[i] * P.dims + k];
            if (load > P.capacity[own]) return false;
            for (int i = 0; i < m && stop[i] >= 0; ++i) {
                const size_t c = (size_t)stop[i] * P.dims + k;
                load += P.pickup[c] - P.delivery[c];
                if (P.shipments && P.end_of[stop[i]]) load += P.end_of[stop[i]] * P.shipment_load[c];
                if (load > P.capacity[own]) return false;
            }
        }
    if (F.min_stops) {
        int64_t stops = 0;
        for (int i = 0; i < m; ++i) stops += stop[i] >= 0;
        result.lacking = std::max<int64_t>(0, F.min_stops[type] - stops);
        for (int k = 0; k < P.dims; ++k) {
            const int64_t least = F.min_load[(size_t)type * P.dims + k];
            int64_t load = 0;
            for (int i = 0; i < m; ++i)
                if (stop[i] >= 0) load += P.delivery[(size_t)stop[i] * P.dims + k] + P.pickup[(size_t)stop[i] * P.dims + k];
            if (load < least) result.lacking += 1 + 8 * (least - load) / least;
        }
    }
    return !F.timing || timing(P, F, stop, m, type, result);
}

}  // namespace zg::routing
