"""Routes: what was decided, and their JSON form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing
from zerogap.models.routing.timing import decided_rows, end_of, plan, stops_of

__all__ = ["end_of", "plan", "stops_of"]  # handed on


@dataclass(frozen=True, slots=True)
class Route:
    """One vehicle's work.

    Parameters
    ----------
    vehicle : int
        Vehicle type, from 0.
    trips : tuple of tuples of int
        Clients (from 0) of every trip in order.
    reloads : tuple of int
        Depot between each two trips.
    end : int, optional
        Depot where it ends, where that is not the usual one of its type.
    via : tuple of tuples of int
        What is passed on the way from every stop to the next: clients, and depots as −1 − depot.
        Empty: nothing (with repeated visits: some shortest ways).
    times : tuple of int
        Where times are decisions: departure, begin at every stop (clients and reload depots), end.
        Empty: the best that are found.
    rests : tuple of int
        With `times`: begins of the breaks in their order.
    """

    vehicle: int
    trips: tuple[tuple[int, ...], ...]
    reloads: tuple[int, ...] = ()
    end: int | None = None
    via: tuple[tuple[int, ...], ...] = ()
    times: tuple[int, ...] = ()
    rests: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[int]:
        for trip in self.trips:
            yield from trip

    def __len__(self) -> int:
        return sum(map(len, self.trips))


@dataclass(frozen=True, slots=True)
class Routes:
    """A solution: the routes that are driven. Clients in none of them are not served."""

    routes: tuple[Route, ...]

    @classmethod
    def of(cls, lists, vehicle: int = 0) -> Routes:
        """From plain lists of clients, all driven by one vehicle type."""
        return cls(tuple(Route(vehicle, (tuple(int(c) for c in r),)) for r in lists if len(r)))

    def __len__(self) -> int:
        return len(self.routes)

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)


def encode(solution: Routes) -> dict[str, Any]:
    """JSON form; clients are numbered from 1.

    On a way (``via``) depots are 0 for depot 0, −1 for depot 1, and so on.
    """
    rows = []
    for route in solution.routes:
        row: dict[str, Any] = {"vehicle": int(route.vehicle)}
        if len(route.trips) == 1:
            row["clients"] = [int(c) + 1 for c in route.trips[0]]
        else:
            row["trips"] = [[int(c) + 1 for c in trip] for trip in route.trips]
            row["reloads"] = [int(d) for d in route.reloads]
        if route.end is not None:
            row["end"] = int(route.end)
        if any(route.via):
            row["via"] = [[int(c) + 1 for c in way] for way in route.via]
        if route.times:
            row["times"] = [int(v) for v in route.times]
        if route.rests:
            row["breaks"] = [int(v) for v in route.rests]
        rows.append(row)
    return {"routes": rows}


def decode(instance: Routing, data: dict[str, Any]) -> Routes:
    """Routes from their JSON form."""
    if not isinstance(data, dict) or not isinstance(data.get("routes"), list):
        raise InstanceError("expected an object with a list of routes", field="routes")
    routes = []
    for i, row in enumerate(data["routes"]):
        field = f"routes[{i}]"
        if isinstance(row, list):
            row = {"clients": row}
        if not isinstance(row, dict) or not ("clients" in row or "trips" in row):
            raise InstanceError("expected an object with clients or trips", field=field)
        trips = row["trips"] if "trips" in row else [row["clients"]]
        vehicle, reloads = row.get("vehicle", 0), row.get("reloads")
        if reloads is None:
            reloads = [0] * (len(trips) - 1)
        end, via = row.get("end"), row.get("via", ())
        numbers = [vehicle, *reloads, *(c for trip in trips for c in trip)]
        times, rests = row.get("times", ()), row.get("breaks", ())
        numbers += [*times, *rests]
        numbers += [c for way in via for c in way] + [0 if end is None else end]
        if not all(isinstance(v, int) and not isinstance(v, bool) for v in numbers):
            raise InstanceError("expected integers", field=field)
        routes.append(
            Route(
                vehicle,
                tuple(tuple(c - 1 for c in trip) for trip in trips),
                tuple(reloads),
                end,
                tuple(tuple(c - 1 for c in way) for way in via),
                tuple(times),
                tuple(rests),
            )
        )
    return Routes(tuple(routes))


# -- what checker and exact model both derive from a route -----------------------------------------
def place_of(instance: Routing, code: int) -> int:
    """Location of a client, or of the depot −1 − code."""
    places = instance.client_location if code >= 0 else instance.depot_location
    return int(places[code if code >= 0 else -1 - code])


def driven(instance: Routing, route: Route, stops) -> list[list[tuple[int, int, int]]]:
    """(distance, time, code of where it leads) of every arc of every leg of a route.

    With repeated visits a leg takes the time of its whole length; where no ways are given it is
    one arc as long as the shortest way.
    """
    t, repeat = route.vehicle, instance.visits == "repeat"
    p = int(instance.profile[t])
    legs = []
    for k, ((a, _), (b, goal)) in enumerate(pairwise(stops)):
        if repeat and not route.via:
            way = int(shortest(instance, p)[a, b])
            legs.append([(way, instance.at_speed(t, way), goal)])
            continue
        via = route.via[k] if route.via else ()
        places = [a, *(place_of(instance, c) for c in via), b]
        ways = [int(instance.travel(x, y, p)) for x, y in pairwise(places)]
        times = [int(instance.drive(t, x, y)) for x, y in pairwise(places)]
        if repeat:
            times = [0] * len(via) + [instance.at_speed(t, sum(ways))]
        legs.append(list(zip(ways, times, [*via, goal])))
    return legs


def rides(instance: Routing, route: Route, stops: list[tuple[int, int]]) -> list[int]:
    """Time between each two stops: driving at the type's speed, and the setup at its end."""
    times = [sum(time for _, time, _ in leg) for leg in driven(instance, route, stops)]
    for k, ((a, _), (_, c)) in enumerate(pairwise(stops)):
        if c >= 0 and instance.setup[c]:
            times[k] += int(instance.setup_from(route.vehicle, a, c))
    return times


@lru_cache(maxsize=8)
def shortest(instance: Routing, profile: int) -> np.ndarray:
    """Shortest ways between all locations by way of clients and depots (Floyd and Warshall)."""
    best = np.where(instance.matrix(profile) >= FORBIDDEN, FORBIDDEN, instance.matrix(profile))
    for k in {*instance.client_location.tolist(), *instance.depot_location.tolist()}:
        best = np.minimum(best, best[:, k, None] + best[None, k, :])
    return np.minimum(best, FORBIDDEN)


def expanded(instance: Routing, solution: Routes) -> Routes:
    """The same routes with what they pass on their ways, where visits may be repeated."""
    if instance.visits != "repeat":
        return solution
    routes = []
    for route in solution:
        p = int(instance.profile[route.vehicle])
        places = [place for place, _ in stops_of(instance, route)]
        via = tuple(_passed(instance, p, a, b) for a, b in pairwise(places))
        routes.append(replace(route, via=via if any(via) else ()))
    return Routes(tuple(routes))


def _passed(instance: Routing, p: int, a: int, b: int) -> tuple[int, ...]:
    """Clients, and depots as −1 − depot, on a shortest way of fewest arcs between locations."""
    best, matrix = shortest(instance, p), instance.matrix(p)
    if matrix[a, b] <= best[a, b] or best[a, b] >= FORBIDDEN:
        return ()  # straight on, or no way at all
    codes = [*range(instance.clients), *(-1 - d for d in range(instance.depots))]
    places = {place_of(instance, code): code for code in reversed(codes)}
    places.pop(b, None)
    before: dict[int, int] = {}
    front = [a]
    while front:
        x = front.pop(0)
        left = int(best[a, b] if x == a else best[x, b])
        if x != a and matrix[x, b] == left:
            way = [x]
            while before[way[-1]] != a:
                way.append(before[way[-1]])
            return tuple(places[k] for k in reversed(way))
        for y in places:
            if y != a and y not in before and matrix[x, y] + best[y, b] == left:
                before[y] = x
                front.append(y)
    return ()


def schedule(instance: Routing, route: Route, stops, times, fail) -> tuple[int, int]:
    """Departure and return of a feasible schedule of least duration.

    The return is a non-decreasing, piecewise linear function of the departure; the duration is
    least where some arrival meets a time of the data with no waiting before it, or at the earliest
    departure. All these departures are tried.
    """
    t = route.vehicle
    releases = [max((int(instance.release[c]) for c in trip), default=0) for trip in route.trips]
    begin = max(int(instance.shift[t, 0]), releases[0])
    begin = max(begin, int(instance.depot_window[instance.start_depot[t], 0]))
    first = _drive(instance, t, stops, times, releases, begin)
    if isinstance(first, str):
        fail(first, "time")
        raise AssertionError("fail() raises")
    if instance.max_duration[t] >= UNLIMITED and not instance.duration_cost[t]:
        return begin, first
    best = (begin, first)
    elapsed, trip = 0, 0
    for i, (_, c) in enumerate(stops):
        if i:
            elapsed += times[i - 1]
        if c < 0:
            meet = [int(v) for v in instance.depot_window[-1 - c]] + [int(instance.shift[t, 1])]
            if 0 < i < len(stops) - 1:
                trip += 1
                meet.append(releases[trip])
        else:
            meet = [int(v) for v in instance.windows(c).ravel()]
        for value in meet:
            if value >= UNLIMITED or value - elapsed <= begin:
                continue
            end = _drive(instance, t, stops, times, releases, value - elapsed)
            if not isinstance(end, str) and end - (value - elapsed) < best[1] - best[0]:
                best = (value - elapsed, end)
        if c >= 0:
            elapsed += int(instance.service_of(t)[c])
    return best


def _drive(instance: Routing, t: int, stops, times, releases, begin: int) -> int | str:
    """Earliest return when the vehicle departs at ``begin``, or why it cannot."""
    now, trip = begin, 0
    for i, (_, c) in enumerate(stops):
        if i:
            now += times[i - 1]
        if c < 0:
            depot = -1 - c
            if 0 < i < len(stops) - 1:
                trip += 1
                now = max(now, releases[trip])
            if i < len(stops) - 1:
                now = max(now, int(instance.depot_window[depot, 0]))
            if now > instance.depot_window[depot, 1]:
                return f"at depot {depot} at {now}, it closes at {instance.depot_window[depot, 1]}"
        else:
            windows = instance.windows(c)
            later = windows[windows[:, 1] >= now]
            if not len(later):
                return f"arrives at {instance.client(c)} at {now}, it closes at {windows[-1, 1]}"
            now = max(now, int(later[0, 0])) + int(instance.service_of(t)[c])
    if now > instance.shift[t, 1]:
        return f"returns at {now}, the shift ends at {instance.shift[t, 1]}"
    return now


def timetable(instance: Routing, route: Route) -> list[tuple[int, int, int, int]]:
    """(client, arrival, begin of service, departure) of every stop, in the order driven.

    Reload depots stand as −1 − depot. The route departs as late as its least duration allows, as
    the checker counts it; waiting is what lies between arrival and begin.
    """
    if instance.decides_times():
        return decided_rows(instance, route)
    stops = stops_of(instance, route)
    times = rides(instance, route, stops)

    def late(message: str, *_: Any) -> None:
        raise InfeasibleSolution(message, constraint="time")

    now, _ = schedule(instance, route, stops, times, late)
    rows, trip = [], 0
    for i, (_, c) in enumerate(stops[1:], 1):
        now += times[i - 1]
        arrival = begin = now
        if c >= 0:
            windows = instance.windows(c)
            begin = max(now, int(windows[windows[:, 1] >= now][0, 0]))
            now = begin + int(instance.service_of(route.vehicle)[c])
        elif i < len(stops) - 1:
            trip += 1
            released = max(int(instance.release[x]) for x in route.trips[trip])
            begin = now = max(now, released, int(instance.depot_window[-1 - c, 0]))
        else:
            break
        rows.append((c, arrival, begin, now))
    return rows
