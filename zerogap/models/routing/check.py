"""The exact checker: recomputes everything from the definition, in integers.

It shares no code with any solver.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing
from zerogap.models.routing.solution import (
    Route,
    Routes,
    driven,
    plan,
    rides,
    schedule,
    shortest,
    stops_of,
)

#: Clients from which plain instances are first checked all at once.
MANY = 2000


@dataclass(frozen=True, slots=True)
class RouteCost:
    """Of one route: distance, duration that counts, longest arc, cost with its purchases."""

    distance: int
    duration: int
    longest_arc: int
    cost: int
    start: int
    end: int


def check(instance: Routing, solution: Routes) -> int:
    """Objective of a solution, or the constraint that it violates.

    Raises
    ------
    InfeasibleSolution
        Naming the constraint, where it is violated and by how much.
    """
    if instance.clients >= MANY and (cost := _plain(instance, solution)) is not None:
        return cost
    served = _served(instance, solution)
    used = np.zeros(instance.types, np.int64)
    costs = []
    for r, route in enumerate(solution.routes):
        if not 0 <= route.vehicle < instance.types:
            raise InfeasibleSolution(
                f"route {r + 1}: no vehicle type {route.vehicle}", constraint="vehicle", where=r
            )
        costs.append(check_route(instance, route, r))
        used[route.vehicle] += 1
    over = np.flatnonzero(used > instance.vehicles)
    if len(over):
        t = int(over[0])
        raise InfeasibleSolution(
            f"{used[t]} vehicles of type {t} are used, {instance.vehicles[t]} exist",
            constraint="fleet size",
            where=t,
            by=int(used[t] - instance.vehicles[t]),
        )
    for word, limit in (("least", instance.min_vehicles), ("most", instance.max_vehicles)):
        off = limit - len(costs) if word == "least" else len(costs) - limit
        if off > 0:
            raise InfeasibleSolution(
                f"{len(costs)} vehicles are used, expected at {word} {limit}",
                constraint="fleet limits",
                by=off,
            )
    _service(instance, served)
    _together(instance, solution)
    value = _valued(instance, instance.objective, costs, served)
    if instance.then:
        value = value * instance.weight + _valued(instance, instance.then, costs, served)
    return value


def _valued(instance: Routing, objective: str, costs: list[RouteCost], served: np.ndarray) -> int:
    """One objective of a solution."""
    lengths = [c.distance for c in costs]
    if objective == "longest":
        return max(lengths, default=0)
    if objective == "spread":
        return max(lengths, default=0) - min(lengths, default=0)
    if objective == "bottleneck":
        return max((c.longest_arc for c in costs), default=0)
    if objective == "costliest":
        return max((c.cost for c in costs), default=0)
    total = sum(c.cost for c in costs) + sum(int(p) for p in instance.prize[~served])
    if instance.fairness and costs:
        total += instance.fairness * (max(lengths) - min(lengths))
    return total


def _plain(instance: Routing, solution: Routes) -> int | None:
    """Cost of a solution without fault of an instance without features, by whole arrays.

    None where anything is amiss or needs more: then the routes are looked at one by one, which
    names the fault.
    """
    routes = solution.routes
    plain = all(len(r.trips) == 1 and not r.reloads and r.vehicle == 0 for r in routes)
    if instance.features() or not plain or not 0 < len(routes) <= instance.vehicles[0]:
        return None
    sizes = np.array([len(r.trips[0]) for r in routes], np.int64)
    stops = np.fromiter(chain.from_iterable(r.trips[0] for r in routes), np.int64, sizes.sum())
    inside = bool(sizes.min() > 0 and stops.min() >= 0 and stops.max() < instance.clients)
    if not inside or (np.bincount(stops, minlength=instance.clients) != 1).any():
        return None
    last = np.cumsum(sizes) - 1
    first = last + 1 - sizes
    if (np.add.reduceat(instance.delivery[stops], first) > instance.capacity[0]).any():
        return None
    depot = instance.depot_location
    places = instance.client_location[stops]
    before, behind = np.empty_like(places), places[last]
    before[1:] = places[:-1]
    before[first] = depot[instance.start_depot[0]]
    profile = int(instance.profile[0])
    legs = instance.travel(before, places, profile)
    home = instance.travel(behind, depot[instance.end_depot[0]], profile)
    if legs.max() >= FORBIDDEN or home.max() >= FORBIDDEN or instance.duration is not None:
        return None
    distance = int(legs.sum()) + int(home.sum())
    return len(routes) * int(instance.fixed_cost[0]) + int(instance.distance_cost[0]) * distance


def _served(instance: Routing, solution: Routes) -> np.ndarray:
    """Mark the clients that are served; nobody twice."""
    served = np.zeros(instance.clients, bool)
    for r, route in enumerate(solution.routes):
        if not len(route):
            raise InfeasibleSolution(f"route {r + 1} is empty", constraint="route", where=r)
        for c in route:
            if not 0 <= c < instance.clients:
                raise InfeasibleSolution(
                    f"route {r + 1}: there is no client {c + 1}", constraint="client", where=r
                )
            if served[c]:
                raise InfeasibleSolution(
                    f"{instance.client(c)} is served twice",
                    constraint="visit once",
                    where=c,
                )
            served[c] = True
    return served


def _service(instance: Routing, served: np.ndarray) -> None:
    """Required clients, groups, shipments, quotas."""
    missing = np.flatnonzero(instance.required & ~served)
    if len(missing):
        raise InfeasibleSolution(
            f"{instance.client(int(missing[0]))} is not served",
            constraint="required",
            where=int(missing[0]),
            by=len(missing),
        )
    groups = len(instance.group_required)
    count = np.bincount(instance.group[served & (instance.group >= 0)], minlength=groups)
    for g in np.flatnonzero((count > 1) | (instance.group_required & (count == 0))):
        raise InfeasibleSolution(
            f"group {g}: {count[g]} clients are served, expected "
            f"{'exactly' if instance.group_required[g] else 'at most'} one",
            constraint="group",
            where=int(g),
        )
    for s, (p, d) in enumerate(instance.shipments):
        if served[p] != served[d]:
            raise InfeasibleSolution(
                f"shipment {s}: only one of the clients {p + 1}, {d + 1} is served",
                constraint="shipment",
                where=s,
            )
    for name, got, want in (
        ("clients", int(served.sum()), instance.min_clients),
        ("prize", int(instance.prize[served].sum()), instance.min_prize),
        ("units", int(instance.units[served].sum()), instance.min_units),
    ):
        if got < want:
            raise InfeasibleSolution(
                f"served {name}: {got}, expected at least {want}",
                constraint="quota",
                by=want - got,
            )
    over = int(instance.units[served].sum()) - instance.max_units
    if over > 0:
        raise InfeasibleSolution(
            f"served units: {over + instance.max_units}, expected at most {instance.max_units}",
            constraint="quota",
            by=over,
        )


def check_route(instance: Routing, route: Route, number: int = 0) -> RouteCost:
    """Distance, duration and cost of one route, or the constraint that it violates."""
    t, label = route.vehicle, f"route {number + 1}"

    def fail(message, constraint, by=None):
        raise InfeasibleSolution(f"{label}: {message}", constraint=constraint, where=number, by=by)

    if len(route.trips) > instance.max_trips[t]:
        fail(f"{len(route.trips)} trips, at most {instance.max_trips[t]}", "trips")
    if len(route) > instance.max_stops[t]:
        over = len(route) - int(instance.max_stops[t])
        fail(f"{len(route)} stops, at most {instance.max_stops[t]}", "stops", over)
    _sizes(instance, route, fail)
    if len(route.reloads) != len(route.trips) - 1:
        fail("the number of reload depots is not the number of trips − 1", "trips")
    if not all(route.trips):
        fail("a trip is empty", "trips")
    for depot in route.reloads:
        if not 0 <= depot < instance.depots or not instance.reload[t, depot]:
            fail(
                f"{instance.vehicle(t)} may not reload at depot {depot}",
                "reload depot",
            )
    for k, trip in enumerate(route.trips):
        _loads(instance, t, trip, fail, first=k == 0)
    order = {c: i for i, c in enumerate(route)}
    _relations(instance, route, order, fail)

    if route.end is not None and route.end not in instance.ends(t):
        fail(f"{instance.vehicle(t)} may not end at depot {route.end}", "end depot")
    stops = stops_of(instance, route)
    legs = _legs(instance, route, stops, fail)
    distance = sum(way for leg in legs for way, _, _ in leg)
    hours = sum(time for leg in legs for _, time, _ in leg)
    if hours > instance.max_travel_time[t]:
        over = hours - int(instance.max_travel_time[t])
        fail(f"drives for {hours}, at most {instance.max_travel_time[t]}", "travel time", over)
    if distance > instance.max_distance[t]:
        over = distance - int(instance.max_distance[t])
        fail(f"distance {distance}, at most {instance.max_distance[t]}", "distance", over)
    extra = 0
    if instance.decides_times():
        start, end, extra = _hours(instance, route, stops, fail)
    else:
        start, end = schedule(instance, route, stops, rides(instance, route, stops), fail)
    spent = end - start - int(instance.unpaid[t])
    if spent > instance.max_duration[t]:
        over = spent - int(instance.max_duration[t])
        fail(f"duration {spent}, at most {instance.max_duration[t]}", "duration", over)
    cost = int(instance.fixed_cost[t]) + int(instance.distance_cost[t]) * distance
    cost += int(instance.duration_cost[t]) * spent + extra
    cost += int(instance.overtime_cost[t]) * max(0, spent - int(instance.regular_duration[t]))
    cost += sum(int(instance.purchase[c]) for c in route)
    if instance.preference is not None:
        cost -= sum(int(instance.preference[t, c]) for c in route)
    longest = max(way for leg in legs for way, _, _ in leg)
    return RouteCost(distance, spent, longest, cost, start, end)


def _legs(instance: Routing, route: Route, stops, fail) -> list[list[tuple[int, int, int]]]:
    """The arcs of a route, leg by leg: what is passed, what may be driven, and the energy."""
    t, repeat = route.vehicle, instance.visits == "repeat"
    if route.via and len(route.via) != len(stops) - 1:
        fail(f"{len(route.via)} ways given, there are {len(stops) - 1}", "way")
    for code in (c for way in route.via for c in way):
        depot = -1 - code
        if not -instance.depots <= code < instance.clients:
            fail(f"passes a client or depot that does not exist ({code + 1})", "way")
        if not repeat and not (depot >= 0 and instance.stations[t, depot]):
            fail(f"may not pass {_passed(instance, code)} on its way", "way")
    legs = driven(instance, route, stops)
    for k, leg in enumerate(legs):
        if any(way >= FORBIDDEN or time >= FORBIDDEN for way, time, _ in leg):
            (a, _), (b, _) = stops[k : k + 2]
            fail(f"the arc from location {a} to {b} may not be driven", "arc")
        if repeat and route.via:
            (a, _), (b, _) = stops[k : k + 2]
            best = int(shortest(instance, int(instance.profile[t]))[a, b])
            if sum(way for way, _, _ in leg) > best:
                fail(f"the way from location {a} to {b} is no shortest one, {best}", "way")
    if instance.energy[t] < UNLIMITED:
        used, last = 0, len(legs) - 1
        for k, leg in enumerate(legs):
            for j, (way, _, code) in enumerate(leg):
                used += way
                if used > instance.energy[t]:
                    fail(
                        f"distance {used} without refilling, energy for {instance.energy[t]}",
                        "energy",
                        used - int(instance.energy[t]),
                    )
                on_the_way = j < len(leg) - 1
                if on_the_way or (k < last and code >= 0 and instance.refill[code]):
                    used = 0
    return legs


def _passed(instance: Routing, code: int) -> str:
    return instance.client(code) if code >= 0 else f"depot {-1 - code}"


def _hours(instance: Routing, route: Route, stops, fail) -> tuple[int, int, int]:
    """Departure, end, and cost of earliness and lateness of a route whose times are decided."""
    t, open_end = route.vehicle, instance.end_depot[route.vehicle] < 0
    times, rests, lengths = route.times, list(route.rests), instance.breaks_of(t)
    if not times:
        found = plan(instance, route)
        if isinstance(found, str):
            fail(found, "breaks" if "breaks" in found else "time")
            raise AssertionError("fail() raises")
        times, rests = found.times, list(found.rests)
    if len(times) != len(stops) + open_end:
        fail(f"{len(times)} times, expected {len(stops) + open_end}", "times")
    if len(rests) != len(lengths):
        fail(f"{len(rests)} breaks, expected {len(lengths)}", "breaks")
    for k, (begin, (_, windows)) in enumerate(zip(rests, lengths)):
        if not any(a <= begin <= z for a, z in windows):
            fail(f"break {k + 1} begins at {begin}, its windows are {windows}", "breaks")
    ends = [begin + length for begin, (length, _) in zip(rests, lengths)]
    if rests and rests[0] < times[0]:
        fail(f"break 1 begins at {rests[0]}, before the departure at {times[0]}", "breaks")
    trips = iter(route.trips)
    taken, cost, free = 0, 0, 0
    for k, begin in enumerate(times):
        last, code = k == len(times) - 1, stops[k][1] if k < len(stops) else None
        if k:
            arrived, taken = _gap(instance, route, stops, k, free, begin, rests, ends, taken, fail)
            if last and code is not None and arrived > instance.depot_window[-1 - code, 1]:
                closes = instance.depot_window[-1 - code, 1]
                fail(f"at depot {-1 - code} at {arrived}, it closes at {closes}", "time")
        free = begin
        if last:
            break
        assert code is not None
        if code >= 0:
            if not any(a <= begin <= z for a, z in instance.windows(code)):
                spans = instance.windows(code).tolist()
                fail(f"{instance.client(code)} at {begin}, its windows are {spans}", "time")
            free = begin + int(instance.service_of(t)[code])
            opens, closes = (int(v) for v in instance.soft_window[code])
            cost += int(instance.early_cost[code]) * max(0, opens - begin)
            cost += int(instance.late_cost[code]) * max(0, begin - closes)
        else:
            opens, closes = (int(v) for v in instance.depot_window[-1 - code])
            opens = max(opens, max((int(instance.release[c]) for c in next(trips)), default=0))
            opens = max(opens, int(instance.shift[t, 0]) if k == 0 else 0)
            if not opens <= begin <= closes:
                fail(f"leaves depot {-1 - code} at {begin}, possible {opens} … {closes}", "time")
    if taken < len(rests):
        fail(f"break {taken + 1} at {rests[taken]} is not between two stops", "breaks")
    if times[-1] > instance.shift[t, 1]:
        fail(f"returns at {times[-1]}, the shift ends at {instance.shift[t, 1]}", "time")
    return times[0], times[-1], cost


def _gap(instance, route, stops, k, free, begin, rests, ends, taken, fail) -> tuple[int, int]:
    """Arrival at node k, free since `free` at the one before, and the breaks taken up to there."""
    t, among = route.vehicle, taken
    while among < len(rests) and rests[among] >= free and ends[among] <= begin:
        if among > taken and rests[among] < ends[among - 1]:
            break
        among += 1
    earliest = free
    for split in range(taken, among + 1):  # breaks before `split` come before the drive
        leave = free if split == taken else ends[split - 1]
        arrived = ready = leave
        if k < len(stops):
            (a, _), (b, code) = stops[k - 1], stops[k]
            if instance.breaks_on_road[t] and split > taken:
                # What is not rested since `free` may be driven; the drive ends no earlier than the
                # breaks that interrupt it.
                lost = sum(ends[m] - rests[m] for m in range(taken, split))
                leave = max(leave - int(instance.drive(t, a, b)), free + lost)
            arrived = ready = int(instance.arrival(t, a, b, leave))
            if code >= 0:
                ready += int(instance.setup_from(t, a, code))
        if ready <= (rests[split] if split < among else begin):
            return arrived, among
        earliest = ready
    fail(f"begins at {begin}, it cannot be there before {earliest}", "time")
    raise AssertionError("fail() raises")


def _loads(instance: Routing, t: int, trip, fail, first: bool = False) -> None:
    """Load on board after every stop of a trip, against the capacity of type ``t``."""
    sign: dict[int, tuple[int, int]] = {}
    for s, (p, d) in enumerate(instance.shipments):
        sign[int(p)], sign[int(d)] = (s, 1), (s, -1)
    load = np.zeros(instance.dimensions, np.int64)
    for c in trip:
        load = load + instance.delivery[c]
    capacity, backhaul = instance.capacity[t], False
    load = load + (instance.on_board[t] if first else 0)
    for c in (None, *trip):
        if c is not None:
            load = load - instance.delivery[c] + instance.pickup[c]
            if c in sign:
                s, way = sign[c]
                load = load + way * instance.shipment_load[s]
            if instance.backhaul == "last":
                if backhaul and instance.delivery[c].any():
                    fail(
                        f"delivery to {instance.client(c)} after a pickup",
                        "backhauls last",
                    )
                backhaul = backhaul or bool(instance.pickup[c].any())
        if (load > capacity).any():
            k = int(np.argmax(load > capacity))
            at = "at its start" if c is None else f"after {instance.client(c)}"
            fail(
                f"load {load[k]} {at}, capacity {capacity[k]}",
                "capacity",
                int((load - capacity)[k]),
            )
    if instance.backhaul == "last" and backhaul and not instance.delivery[list(trip)].any():
        fail("a trip with pickups and no delivery", "backhauls last")


def _sizes(instance: Routing, route: Route, fail) -> None:
    """What a route serves at least, its first and last client."""
    t, order = route.vehicle, list(route)
    if len(order) < instance.min_stops[t]:
        lack = int(instance.min_stops[t]) - len(order)
        fail(f"{len(order)} stops, at least {instance.min_stops[t]}", "smallest route", lack)
    load = (instance.delivery[order] + instance.pickup[order]).sum(axis=0)
    for k in np.flatnonzero(load < instance.min_load[t]):
        least = int(instance.min_load[t, k])
        fail(f"load {load[k]}, at least {least}", "smallest route", least - int(load[k]))
    if order and instance.not_first[order[0]]:
        fail(f"begins with {instance.client(order[0])}, which may not be first", "first")
    if order and instance.not_last[order[-1]]:
        fail(f"ends with {instance.client(order[-1])}, which may not be last", "last")


def _together(instance: Routing, solution: Routes) -> None:
    """Same-vehicle groups: the route of each."""
    seen: dict[int, tuple[int, int]] = {}
    for r, route in enumerate(solution.routes):
        for c in route:
            if (g := int(instance.together[c])) < 0:
                continue
            other, where = seen.setdefault(g, (c, r))
            if where != r:
                raise InfeasibleSolution(
                    f"{instance.client(c)} and {instance.client(other)} of one same-vehicle group "
                    f"are on routes {r + 1} and {where + 1}",
                    constraint="same vehicle",
                    where=c,
                )


def _relations(instance: Routing, route: Route, order: dict, fail) -> None:
    t = route.vehicle
    if instance.allowed is not None:
        for c in route:
            if not instance.allowed[t, c]:
                fail(
                    f"{instance.client(c)} may not be served by {instance.vehicle(t)}"
                    f"{instance.why_not(t, c)}",
                    "permission",
                )
    trip_of = {c: i for i, trip in enumerate(route.trips) for c in trip}
    for p, d in instance.shipments:
        if p in order or d in order:
            if p not in order or d not in order:
                fail(
                    f"clients {p + 1} and {d + 1} of a shipment are on different routes", "shipment"
                )
            if order[p] > order[d] or trip_of[p] != trip_of[d]:
                fail(
                    f"{instance.client(d)} is served before its pickup at "
                    f"{instance.called('client', p)}",
                    "shipment",
                )
    for a, b in instance.conflicts:
        if a in order and b in order:
            fail(f"clients {a + 1} and {b + 1} may not share a route", "conflict")
    for a, b in instance.precedences:
        if a in order and b in order and order[a] > order[b]:
            fail(
                f"{instance.client(b)} comes before {instance.client(a)}",
                "precedence",
            )
