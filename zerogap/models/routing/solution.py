"""Routes: what was decided, and their JSON form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing.instance import UNLIMITED, Routing


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
    """

    vehicle: int
    trips: tuple[tuple[int, ...], ...]
    reloads: tuple[int, ...] = ()

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
    """JSON form; clients are numbered from 1."""
    rows = []
    for route in solution.routes:
        row: dict[str, Any] = {"vehicle": int(route.vehicle)}
        if len(route.trips) == 1:
            row["clients"] = [int(c) + 1 for c in route.trips[0]]
        else:
            row["trips"] = [[int(c) + 1 for c in trip] for trip in route.trips]
            row["reloads"] = [int(d) for d in route.reloads]
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
        numbers = [vehicle, *reloads, *(c for trip in trips for c in trip)]
        if not all(isinstance(v, int) and not isinstance(v, bool) for v in numbers):
            raise InstanceError("expected integers", field=field)
        routes.append(
            Route(vehicle, tuple(tuple(c - 1 for c in trip) for trip in trips), tuple(reloads))
        )
    return Routes(tuple(routes))


# -- what checker and exact model both derive from a route -----------------------------------------
def stops_of(instance: Routing, route: Route) -> list[tuple[int, int]]:
    """(location, client or −1−depot) of every stop, the depots included."""
    t = route.vehicle
    stops = []
    for i, trip in enumerate(route.trips):
        depot = int(instance.start_depot[t]) if i == 0 else route.reloads[i - 1]
        stops.append((int(instance.depot_location[depot]), -1 - depot))
        stops += [(int(instance.client_location[c]), c) for c in trip]
    if (depot := int(instance.end_depot[t])) >= 0:
        stops.append((int(instance.depot_location[depot]), -1 - depot))
    return stops


def rides(instance: Routing, route: Route, stops: list[tuple[int, int]]) -> list[int]:
    """Time between each two stops: driving at the type's speed, and the setup at its end."""
    t, times = route.vehicle, []
    for (a, _), (b, c) in zip(stops, stops[1:]):
        time = int(instance.drive(t, a, b))
        if c >= 0 and instance.setup[c]:
            time += int(instance.setup_from(t, a, c))
        times.append(time)
    return times


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
