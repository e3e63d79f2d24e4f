"""When a vehicle leaves, serves and rests, where that is a decision.

Soft windows, overtime, breaks and travel times that depend on the hour make waiting and the time of
departure worth deciding. A solution stores what was decided (`Route.times`, `Route.rests`); the
checker only recomputes. For routes without stored times the best are found here: a dynamic program
over the times at which anything of the data can be met, moved along the route in both directions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.routing.instance import UNLIMITED, Routing

NEVER = 1 << 61
#: Times of a stop that are looked at; more are thinned out evenly.
CANDIDATES = 160


@dataclass(frozen=True, slots=True)
class Timing:
    """Departure, begin at every stop, and end; begins of the breaks in their order."""

    times: tuple[int, ...]
    rests: tuple[int, ...] = ()


def stops_of(instance: Routing, route: Any) -> list[tuple[int, int]]:
    """(location, client or −1−depot) of every stop, the depots included."""
    t = route.vehicle
    stops = []
    for i, trip in enumerate(route.trips):
        depot = int(instance.start_depot[t]) if i == 0 else route.reloads[i - 1]
        stops.append((int(instance.depot_location[depot]), -1 - depot))
        stops += [(int(instance.client_location[c]), c) for c in trip]
    if (depot := end_of(instance, route)) >= 0:
        stops.append((int(instance.depot_location[depot]), -1 - depot))
    return stops


def end_of(instance: Routing, route: Any) -> int:
    """The depot where a route ends, −1 for open routes."""
    return int(instance.end_depot[route.vehicle]) if route.end is None else route.end


def timed(instance: Routing, solution: Any) -> Any:
    """The routes with the best times found, where times are decisions and none are stored."""
    if not instance.decides_times():
        return solution
    routes = []
    for route in solution:
        if not route.times:
            found = plan(instance, route)
            if not isinstance(found, str):
                route = replace(route, times=found.times, rests=found.rests)
        routes.append(route)
    return type(solution)(tuple(routes))


@lru_cache(maxsize=20_000)
def plan(instance: Routing, route: Any) -> Timing | str:
    """The best times found for a route, or why there are none."""
    return _Plan(instance, route).best()


class _Plan:
    """One route: node 0 is the departure, the last node the end."""

    def __init__(self, instance: Routing, route: Any) -> None:
        self.instance, self.route = instance, route
        self.t = t = route.vehicle
        self.stops = stops_of(instance, route)
        self.open = instance.end_depot[t] < 0
        self.rests, self.road = instance.breaks_of(t), bool(instance.breaks_on_road[t])
        self.nodes = len(self.stops) + self.open
        self.reload = 0
        self.spans, self.service, self.own = [], [], []
        trips = iter(route.trips[1:])
        first = max((int(instance.release[c]) for c in route.trips[0]), default=0)
        for k in range(self.nodes):
            last = k == self.nodes - 1
            code = None if last and self.open else self.stops[k][1]
            begin, end, work, own = 0, UNLIMITED, 0, []
            spans: list[tuple[int, int]]
            if last:
                spans = [(0, int(instance.shift[t, 1]))]
            elif code is not None and code >= 0:
                spans = [(int(a), int(b)) for a, b in instance.windows(code)]
                work = int(instance.service_of(t)[code])
                if instance.early_cost[code] or instance.late_cost[code]:
                    own = [int(v) for v in instance.soft_window[code]]
            else:
                assert code is not None
                begin, end = (int(v) for v in instance.depot_window[-1 - code])
                if k == 0:
                    begin = max(begin, int(instance.shift[t, 0]), first)
                else:
                    begin = max(begin, max(int(instance.release[c]) for c in next(trips)))
                spans = [(begin, end)] if begin <= end else []
            own += [v for span in spans for v in span]
            for length, windows in self.rests:
                own += [v for a, b in windows for v in (a, a - work, a + length, b, b + length)]
            if len(instance.period):
                own += [int(v) - work for v in instance.period]
            self.spans.append(spans)
            self.service.append(work)
            self.own.append([v for v in own if 0 <= v < UNLIMITED])

    # -- travel ------------------------------------------------------------------------------------
    def ready(self, k: int, gone: np.ndarray, first: int, last: int) -> np.ndarray:
        """Earliest time at node k + 1 when free at `gone`, resting first … last − 1 between."""
        best = np.full(len(gone), NEVER)
        before = gone
        for split in range(first, last + 1):
            if split > first:
                before = self.rested(before, split - 1)
            after = self.travel(k, self.left(k, gone, before, first, split))
            for b in range(split, last):
                after = self.rested(after, b)
            best = np.minimum(best, after)
        return best

    def left(self, k: int, gone, before, first: int, split: int) -> np.ndarray:
        """Departure that arrives like breaks first … split − 1 begun before the arrival.

        Free at `gone`, the last of them over at `before`. On the road only their lengths are lost,
        and the rest of the drive may be nothing.
        """
        if not self.road or split == first or k + 1 == len(self.stops):
            return before
        (a, _), (b, _) = self.stops[k : k + 2]
        lost = sum(length for length, _ in self.rests[first:split])
        drive = int(self.instance.drive(self.t, a, b))
        return np.where(before < NEVER, np.maximum(before - drive, gone + lost), NEVER)

    def rested(self, now: np.ndarray, b: int) -> np.ndarray:
        """When break b ends if it may begin at `now`."""
        length, windows = self.rests[b]
        end = np.full(len(now), NEVER)
        for opens, closes in reversed(windows):
            end = np.where(now <= closes, np.maximum(now, opens) + length, end)
        return end

    def travel(self, k: int, leave: np.ndarray) -> np.ndarray:
        """Arrival and setup at node k + 1; too late for a depot's hours is never."""
        instance = self.instance
        if k + 1 == len(self.stops):
            return leave  # the nowhere of open routes
        (a, _), (b, code) = self.stops[k : k + 2]
        there = np.where(
            leave < NEVER, instance.arrival(self.t, a, b, np.minimum(leave, UNLIMITED)), NEVER
        )
        if code >= 0:
            return np.where(there < NEVER, there + int(instance.setup_from(self.t, a, code)), NEVER)
        if k + 1 == self.nodes - 1:
            return np.where(there <= instance.depot_window[-1 - code, 1], there, NEVER)
        return there

    # -- times -------------------------------------------------------------------------------------
    def snapped(self, k: int, times: np.ndarray) -> np.ndarray:
        """Each time moved to the next one at which node k may begin."""
        moved = np.full(len(times), NEVER)
        for opens, closes in reversed(self.spans[k]):
            moved = np.where(times <= closes, np.maximum(times, opens), moved)
        return np.unique(moved[moved < min(NEVER, UNLIMITED)])

    def thinned(self, times: np.ndarray) -> np.ndarray:
        if len(times) <= CANDIDATES:
            return times
        return times[np.unique(np.linspace(0, len(times) - 1, CANDIDATES).astype(int))]

    def candidates(self) -> list[np.ndarray] | str:
        """Times at which every node may begin, ascending."""
        rests = len(self.rests)
        blocks = [(0, 0)] + [(b, b + 1) for b in range(rests)] + [(0, rests)] * (rests > 1)
        found = [self.snapped(0, np.array(self.own[0] + [0]))]
        for k in range(self.nodes - 1):
            if not len(found[k]):
                return self.stuck(k)
            gone = found[k] + self.service[k]
            reached = [self.ready(k, gone, a, b) for a, b in blocks]
            times = np.concatenate([*reached, np.array(self.own[k + 1], np.int64)])
            least = min(int(r[0]) for r in reached)
            times = self.snapped(k + 1, times[(times >= least) & (times < UNLIMITED)])
            found.append(self.thinned(times))
        if not len(found[-1]):
            return self.stuck(self.nodes - 1)
        for k in range(self.nodes - 2, -1, -1):
            early = [self.latest(k, found[k + 1], a, b) for a, b in blocks]
            times = np.concatenate([found[k], *early])
            times = self.snapped(k, times[times >= found[k][0]])
            kept = np.union1d(self.thinned(times), found[k][:1])
            found[k] = kept
        return found

    def latest(self, k: int, goal: np.ndarray, first: int, last: int) -> np.ndarray:
        """Latest begins of node k from which node k + 1 is ready at the goals (by bisection)."""
        low, high = np.full(len(goal), -1), goal.copy()
        while (high - low > 1).any():
            middle = (low + high) // 2
            fits = self.ready(k, np.maximum(middle, 0) + self.service[k], first, last) <= goal
            low, high = np.where(fits, middle, low), np.where(fits, high, middle)
        fits = self.ready(k, np.maximum(high, 0) + self.service[k], first, last) <= goal
        times = np.where(fits, high, low)
        return times[times >= 0]

    def stuck(self, k: int) -> str:
        instance = self.instance
        if k >= len(self.stops) or k == self.nodes - 1:
            return f"cannot end within the shift, which ends at {instance.shift[self.t, 1]}"
        code = self.stops[k][1]
        if code < 0:
            return f"depot {-1 - code} cannot be reached in its hours"
        closes = int(instance.windows(code)[-1, 1])
        return f"arrives at {instance.client(code)} too late, it closes at {closes}"

    # -- the program -------------------------------------------------------------------------------
    def best(self) -> Timing | str:
        """The cheapest times."""
        times = self.candidates()
        if isinstance(times, str):
            return times
        instance, t, rests = self.instance, self.t, len(self.rests)
        unit, over = int(instance.duration_cost[t]), int(instance.overtime_cost[t])
        limit, regular = instance.longest_away(t)
        start = times[0]
        if over or limit < UNLIMITED:  # what a departure costs is known at the end alone
            first = np.where(np.eye(len(start), dtype=bool), -unit * start, NEVER)
        else:
            first = (-unit * start)[None, :]
        empty = np.full((len(first), len(start)), NEVER)
        values = [[first] + [empty] * rests]
        for k in range(self.nodes - 1):
            gone, row = times[k] + self.service[k], []
            for b in range(rests + 1):
                best = np.full((len(first), len(times[k + 1])), NEVER)
                for a in range(b + 1):
                    least = np.minimum.accumulate(values[k][a], axis=1)
                    count = np.searchsorted(self.ready(k, gone, a, b), times[k + 1], side="right")
                    come = np.where(count > 0, least[:, np.maximum(count - 1, 0)], NEVER)
                    best = np.minimum(best, come)
                row.append(np.where(best < NEVER, best + self.price(k + 1, times[k + 1]), NEVER))
            values.append(row)
        final = values[-1][rests] + unit * times[-1]
        final = np.where(values[-1][rests] < NEVER, final, NEVER)
        if len(first) > 1 or over or limit < UNLIMITED:
            length = times[-1][None, :] - start[:, None]
            final = np.where((final < NEVER) & (length <= limit), final, NEVER)
            if over:
                late = np.maximum(0, length - regular)
                final = np.where(final < NEVER, final + over * late, NEVER)
        if final.min() >= NEVER:
            return self.impossible()
        r, i = (int(v) for v in np.unravel_index(int(final.argmin()), final.shape))
        return self.traced(times, values, r, i)

    def impossible(self) -> str:
        if self.rests:
            return "its breaks cannot be taken in their windows, the shift and the longest duration"
        return f"takes longer than {self.instance.max_duration[self.t]}"

    def price(self, k: int, times: np.ndarray) -> np.ndarray:
        """Cost of beginning node k at each of the times."""
        if k >= len(self.stops) or (c := self.stops[k][1]) < 0:
            return np.zeros(len(times), np.int64)
        opens, closes = (int(v) for v in self.instance.soft_window[c])
        early = int(self.instance.early_cost[c]) * np.maximum(0, opens - times)
        return early + int(self.instance.late_cost[c]) * np.maximum(0, times - closes)

    def traced(self, times: list[np.ndarray], values: list, r: int, i: int) -> Timing:
        """The decisions that lead to the value of row r, time i of the last node."""
        chosen, b = [int(times[-1][i])], len(self.rests)
        begins: list[int] = []
        for k in range(self.nodes - 2, -1, -1):
            goal = values[k + 1][b][r, i] - self.price(k + 1, times[k + 1][i : i + 1])[0]
            gone = times[k] + self.service[k]
            for a in range(b, -1, -1):
                ready = self.ready(k, gone, a, b) <= times[k + 1][i]
                fits = np.flatnonzero(ready & (values[k][a][r] == goal))
                if len(fits):
                    j = int(fits[-1])
                    begins[:0] = self.resting(k, int(gone[j]), a, b)
                    i, b = j, a
                    break
            chosen.append(int(times[k][i]))
        return Timing(tuple(reversed(chosen)), tuple(begins))

    def resting(self, k: int, gone: int, first: int, last: int) -> list[int]:
        """Begins of the breaks first … last − 1 on the earliest way to node k + 1."""
        best, kept = NEVER + 1, []
        for split in range(first, last + 1):
            now, begins = np.array([gone]), []
            for b in range(first, last + 1):
                if b == split:
                    now = self.travel(k, self.left(k, np.array([gone]), now, first, split))
                if b < last:
                    now = self.rested(now, b)
                    begins.append(int(now[0]) - self.rests[b][0])
            if now[0] < best:
                best, kept = int(now[0]), begins
        return kept


def decided(instance: Routing, route: Any) -> Timing:
    """The stored times of a route, or the best found.

    Raises
    ------
    InfeasibleSolution
        If it has none.
    """
    if route.times:
        return Timing(route.times, route.rests)
    found = plan(instance, route)
    if isinstance(found, str):
        raise InfeasibleSolution(found, constraint="time")
    return found


def decided_rows(instance: Routing, route: Any) -> list[tuple[int, int, int, int]]:
    """Rows of `zerogap.models.routing.solution.timetable`, with the times that were decided.

    A break taken before a stop counts as waiting, one behind it lies between its departure and the
    drive.
    """
    found, t = decided(instance, route), route.vehicle
    stops, lengths = stops_of(instance, route), [length for length, _ in instance.breaks_of(t)]
    ends = [begin + length for begin, length in zip(found.rests, lengths)]
    rows, free, taken = [], found.times[0], 0
    inner = len(stops) - (instance.end_depot[t] >= 0)
    for k in range(1, inner):
        (a, _), (b, code), begin = stops[k - 1], stops[k], found.times[k]
        setup = int(instance.setup_from(t, a, code)) if code >= 0 else 0
        leave, drive, road = free, int(instance.drive(t, a, b)), bool(instance.breaks_on_road[t])
        arrival = int(instance.arrival(t, a, b, free))
        while taken < len(ends) and found.rests[taken] >= free and ends[taken] <= begin:
            if found.rests[taken] < arrival + setup:  # taken before the drive
                # On the road only its length is lost.
                gone = leave + lengths[taken] if road else ends[taken]
                leave = max(ends[taken] - drive * road, gone)
                arrival = int(instance.arrival(t, a, b, leave))
            taken += 1
        free = begin + (int(instance.service_of(t)[code]) if code >= 0 else 0)
        rows.append((code, arrival, begin, free))
    return rows
