"""Times as decisions, from the definitions: every whole departure, begin and break is looked at.

Drawn instances with such times have shifts that end by 150, so that tables over all whole times do.
"""

from __future__ import annotations

import functools
from fractions import Fraction
from math import ceil

import numpy as np

NEVER = 1 << 40


def client(rng, on, fields):
    """Soft windows of a drawn client."""
    if on(0.5):
        fields["soft_window"] = tuple(np.sort(rng.integers(0, 90, 2)).tolist())
        fields["early_cost"] = int(rng.integers(0, 4))
        fields["late_cost"] = int(rng.integers(0, 4))


def vehicle(rng, on, fields, road):
    """Breaks and overtime of a drawn vehicle type."""
    begin = fields.get("shift", (0, 0))[0]
    fields["shift"] = (begin, int(rng.integers(60, 150)))
    if on(0.4):
        fields["regular_duration"] = int(rng.integers(0, 70))
        fields["overtime_cost"] = int(rng.integers(1, 4))
    rests = []
    for _ in range(int(rng.integers(0, 3)) if on(0.6) else 0):
        spans = np.sort(rng.choice(np.arange(begin, 50), 4, replace=False)).tolist()
        windows = [spans[:2], spans[2:]][: 1 + on(0.3)]
        rests.append((int(rng.integers(0, 10)), *(tuple(w) for w in windows)))
    fields["breaks"] = rests
    if rests and road:
        fields["breaks_on_road"] = on(0.6)
    if rests and on(0.4):
        fields["unpaid"] = int(rng.integers(0, sum(r[0] for r in rests) + 1))


def traffic(rng, slow):
    """Periods and matrices around given durations."""
    periods = [0, *np.sort(rng.choice(np.arange(5, 80), int(rng.integers(1, 3)), replace=False))]
    factors = [rng.uniform(0.4, 2.0, slow.shape) for _ in periods]
    closed = slow >= NEVER
    return periods, [np.where(closed, slow, np.ceil(slow * f).astype(int)) for f in factors]


def tables(rng, slow):
    """Durations by departure around given ones, first in, first out for speeds from 500 on."""
    periods, rows = traffic(rng, slow)
    for q in range(1, len(rows)):
        fall = (periods[q] - periods[q - 1] - 1) // 2
        rows[q] = np.where(slow >= NEVER, slow, np.maximum(rows[q], rows[q - 1] - fall))
    return periods, rows


def arrival(i, t, a, b, leave):
    """Arrival: the share of the way done in every period, what is left rounded up at its end.

    With durations by departure, the one on the line between two entries, rounded up.
    """
    p, speed = int(i.profile[t]), int(i.speed[t])
    if i.traffic is None:
        raw = i.distance if i.duration is None else i.duration
        if raw is None:
            raise ValueError("needs matrices")
        return leave + ceil(Fraction(1000 * int(raw[p, a, b]), speed))
    pace = [ceil(Fraction(1000 * int(m[p, a, b]), speed)) for m in i.traffic]
    q = max(k for k in range(len(pace)) if i.period[k] <= leave)
    if i.traffic_by == "departure":
        if q + 1 == len(pace):
            return leave + pace[q]
        share = Fraction(leave - int(i.period[q]), int(i.period[q + 1] - i.period[q]))
        return leave + ceil((1 - share) * pace[q] + share * pace[q + 1])
    left = pace[q]
    while q + 1 < len(pace) and leave + left > i.period[q + 1]:
        over = left - (int(i.period[q + 1]) - leave)
        left = ceil(Fraction(over * pace[q + 1], pace[q])) if pace[q] else 0
        leave, q = int(i.period[q + 1]), q + 1
    return leave + left


def rested(rest, now):
    """End of a break that may begin at `now`."""
    length, windows = rest
    for opens, closes in windows:
        if now <= closes:
            return max(now, opens) + length
    return NEVER


def _interrupted(i, t, free, rests, first, last, drive, setup, closes):
    """Earliest time of being ready where breaks may come between any two units of a drive."""
    if drive > i.shift[t, 1]:
        return NEVER
    times = {first: free}
    for done in range(drive + 1):
        for b in range(first, last):
            if times.get(b, NEVER) < NEVER:
                times[b + 1] = min(times.get(b + 1, NEVER), rested(rests[b], times[b]))
        if done < drive:
            times = {b: now + 1 for b, now in times.items() if now < NEVER}
    best = NEVER
    for b, now in times.items():
        now = now + setup if now <= closes else NEVER
        for later in range(b, last):
            now = rested(rests[later], now)
        best = min(best, now)
    return best


@functools.lru_cache(maxsize=3000)
def _ready(i, t, start, goal, first, last, move, setup):
    """By the time of being free at a node: earliest time when the next is ready."""
    rests, closes = i.breaks_of(t), NEVER
    if goal is not None and goal[1] == "end":
        closes = int(i.depot_window[i.end_depot[t], 1])
    table = []
    for free in range(int(i.shift[t, 1]) + 1):
        best = NEVER
        if i.breaks_on_road[t] and goal is not None:
            drive = move(i, t, start, goal[0], 0)
            best = _interrupted(i, t, free, rests, first, last, drive, setup, closes)
        for split in range(first, last + 1):
            now = free
            for b in range(first, split):
                now = rested(rests[b], now)
            if now < NEVER and goal is not None:
                now = move(i, t, start, goal[0], now)
                now = now + setup if now <= closes else NEVER
            for b in range(split, last):
                now = rested(rests[b], now)
            best = min(best, now)
        table.append(best)
    return np.array(table)


def price(i, t, trips, reloads, move, service, setup):
    """Least cost of time of a route, None if it has no schedule.

    ``move(i, t, a, b, leave)``, ``service(i, t, c)`` and ``setup(i, t, a, c)`` as elsewhere.
    """
    late, rests = int(i.shift[t, 1]), len(i.breaks_of(t))
    every = np.arange(late + 1)
    unit, over = int(i.duration_cost[t]), int(i.overtime_cost[t])

    def depot(d, trip):
        opens, closes = i.depot_window[d].tolist()
        opens = max(opens, max(int(i.release[c]) for c in trip))
        return (every >= opens) & (every <= closes), 0, 0 * every

    def served(c):
        spans = i.window[i.window_first[c] : i.window_first[c + 1]].tolist()
        allowed = np.any([(every >= a) & (every <= z) for a, z in spans], axis=0)
        opens, closes = i.soft_window[c].tolist()
        cost = int(i.early_cost[c]) * np.maximum(0, opens - every)
        cost = cost + int(i.late_cost[c]) * np.maximum(0, every - closes)
        return allowed, service(i, t, c), cost

    nodes, places = [], []
    for k, trip in enumerate(trips):
        d = int(i.start_depot[t]) if k == 0 else reloads[k - 1]
        nodes.append(depot(d, trip))
        places.append((int(i.depot_location[d]), "depot", None))
        for c in trip:
            nodes.append(served(c))
            places.append((int(i.client_location[c]), "client", c))
    nodes.append((every >= 0, 0, 0 * every))
    end = int(i.end_depot[t])
    places.append(None if end < 0 else (int(i.depot_location[end]), "end", None))
    allowed = nodes[0][0] & (every >= i.shift[t, 0])
    counts = unit or over or i.max_duration[t] <= late
    rows = every if counts else every[:1]
    begin = np.full((len(rows), late + 1), NEVER)
    if counts:
        begin[every[allowed], every[allowed]] = 0
    else:
        begin[0, allowed] = 0
    states = [begin] + [np.full_like(begin, NEVER)] * rests
    for k in range(len(nodes) - 1):
        work, after = nodes[k][1], []
        may, _, cost = nodes[k + 1]
        free = [np.full_like(begin, NEVER) for _ in states]
        for b, state in enumerate(states):
            if work <= late:
                free[b][:, work:] = state[:, : late + 1 - work]
        for b in range(rests + 1):
            best = np.full_like(begin, NEVER)
            for a in range(b + 1):
                extra = 0
                if places[k + 1] is not None and places[k + 1][1] == "client":
                    extra = setup(i, t, places[k][0], places[k + 1][2])
                goal = None if places[k + 1] is None else places[k + 1][:2]
                ready = _ready(i, t, places[k][0], goal, a, b, move, extra)
                least = np.minimum.accumulate(free[a], axis=1)
                for s in np.flatnonzero(may):
                    ok = int((ready <= s).sum())  # who is free later is never ready earlier
                    if ok:
                        best[:, s] = np.minimum(best[:, s], least[:, ok - 1])
            best = np.where(best < NEVER, best + cost, NEVER)
            best[:, ~may] = NEVER
            after.append(best)
        states = after
    final = states[rests]
    if counts:
        length = every[None, :] - rows[:, None] - int(i.unpaid[t])
        total = final + unit * length + over * np.maximum(0, length - int(i.regular_duration[t]))
        total[(final >= NEVER) | (length > i.max_duration[t])] = NEVER
    else:
        total = final
    return None if total.min() >= NEVER else int(total.min())
