"""A value for every variable of the circuit model, from a solution."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from zerogap.models.routing.exact.hours import hinted as hinted_hours
from zerogap.models.routing.exact.ways import Way, hinted
from zerogap.models.routing.instance import UNLIMITED, Routing
from zerogap.models.routing.solution import Route, Routes, schedule, stops_of


def timed(instance: Routing) -> bool:
    """Whether a schedule matters at all."""
    return bool(
        (instance.window[:, 0] > 0).any()
        or (instance.window[:, 1] < UNLIMITED).any()
        or (instance.shift[:, 0] > 0).any()
        or (instance.shift[:, 1] < UNLIMITED).any()
        or (instance.depot_window[:, 0] > 0).any()
        or (instance.depot_window[:, 1] < UNLIMITED).any()
        or (instance.max_duration < UNLIMITED).any()
        or instance.duration_cost.any()
        or instance.release.any()
        or instance.decides_times()
    )


def hint(b: Any, solution: Routes) -> Iterable[tuple[Any, float]]:
    """A value for every variable."""
    instance, n = b.instance, b.n
    values: dict[Any, int] = {}
    free = {t: [v for v, u in enumerate(b.copies) if u == t] for t in set(b.copies)}
    arcs, lengths, costs = [0], [], []
    # Vehicles of a type are used in the order of their least clients, as the plain model has it.
    for route in sorted(solution, key=lambda r: min(r)):
        v = free[route.vehicle].pop(0)
        distance, arc = _hint_route(b, v, route, values)
        lengths.append(distance)
        arcs.append(arc)
        costs.append(_hint_cost(instance, route, distance, values, v))
    values["peak", "longest"], values["peak", "bottleneck"] = max(lengths, default=0), max(arcs)
    values["peak", "costliest"] = max(costs, default=0)
    values["longest",], values["shortest",] = max(lengths, default=0), min(lengths, default=0)
    for c in range(n):
        values.setdefault(("start", c), int(instance.windows(c)[0, 0]))
    for names in (b.names, b.auxiliary):
        for key, variable in names.items():
            if key == "objective":
                continue
            default = 0
            if key[0] == "again":
                depot = b.reloads[key[1]][key[2] - n - 1]
                default = int(min(instance.depot_window[depot, 0], b.horizon))
            yield variable, values.get(key, default)


def _hint_route(b: Any, v: int, route: Route, values: dict[Any, int]) -> tuple[int, int]:
    """Values of what one route decides; returns its distance and longest arc."""
    instance, n = b.instance, b.n
    values["use", v] = 1
    unused = {
        d: [n + 1 + k for k, e in enumerate(b.reloads[v]) if e == d] for d in set(b.reloads[v])
    }
    nodes = [0]
    for k, trip in enumerate(route.trips):
        if k:
            nodes.append(unused[route.reloads[k - 1]].pop(0))
            values["visit", v, nodes[-1]] = 1
        nodes += [c + 1 for c in trip]
        _hint_trip(b, trip, k, values, instance.on_board[route.vehicle] if k == 0 else 0)
    for position, c in enumerate(route):
        values["serve", v, c] = values["served", c] = 1
        values["place", c] = position
    count = position = 0
    for i in nodes[1:]:
        if i > n:
            count += 1
            values["turn", v, i], values["count", v, i] = position - 1, count
        else:
            position += 1
    legs = []
    for k, (i, j) in enumerate(zip(nodes, [*nodes[1:], 0])):
        values["arc", v, i, j] = 1
        legs.append(_hint_way(b, v, i, j, route, k, values))
    values["distance", v] = sum(way.distance for way in legs)
    if instance.energy[route.vehicle] < UNLIMITED:
        values |= hinted(instance, route, legs)
    if instance.decides_times():
        hinted_hours(b, v, route, nodes, values)
    elif timed(instance):
        stops = stops_of(instance, route)
        times = [way.time for way in legs][: len(stops) - 1]
        begin, end = schedule(instance, route, stops, times, _impossible)
        values["leave", v], values["back", v] = begin, end
        _hint_times(b, v, nodes, times, begin, values)
    return values["distance", v], max(way.arc for way in legs)


def _hint_way(b: Any, v: int, i: int, j: int, route: Route, k: int, values) -> Way:
    """The way of the model that leg k of a route takes, or the shortest of its kind."""
    ways = b.ways[v, i, j]
    via = route.via[k] if k < len(route.via) and b.instance.visits == "once" else ()
    end = route.end if j == 0 and route.end != int(b.instance.end_depot[route.vehicle]) else None
    same = [n for n, w in enumerate(ways) if w.end == end and bool(w.via) == bool(via)]
    # A start may take a way that the model leaves out: the hint is then not complete.
    exact = [n for n in same if ways[n].via == via] or same or [0]
    if len(ways) > 1:
        values["way", v, i, j, exact[0]] = 1
    return ways[exact[0]]


def _hint_cost(instance: Routing, route: Route, distance: int, values, v: int) -> int:
    t, order = route.vehicle, list(route)
    cost = int(instance.fixed_cost[t] + instance.distance_cost[t] * distance)
    if instance.duration_cost[t]:
        cost += int(instance.duration_cost[t]) * (values["back", v] - values["leave", v])
        cost -= int(instance.duration_cost[t] * instance.unpaid[t])
    cost += int(instance.purchase[order].sum())
    if instance.preference is not None:
        cost -= int(instance.preference[t][order].sum())
    return cost


def _impossible(message: str, constraint: str, by: int | None = None) -> None:
    raise ValueError(f"the hint violates {constraint}: {message}")


def _hint_trip(b: Any, trip: tuple[int, ...], k: int, values: dict[Any, int], held) -> None:
    instance = b.instance
    shipped = {int(p): q for (p, _), q in zip(instance.shipments, instance.shipment_load)}
    shipped |= {int(d): -q for (_, d), q in zip(instance.shipments, instance.shipment_load)}
    rest = instance.delivery[list(trip)].sum(axis=0)
    taken = np.zeros_like(rest) + held
    picked = delivered = False
    for c in trip:
        rest = rest - instance.delivery[c]
        taken = taken + instance.pickup[c] + shipped.get(c, 0)
        picked = picked or bool(instance.pickup[c].any())
        delivered = delivered or bool(instance.delivery[c].any())
        values["picked", c], values["delivered", c], values["trip", c] = picked, delivered, k
        for d in range(instance.dimensions):
            values["rest", d, c], values["taken", d, c] = int(rest[d]), int(taken[d])


def _hint_times(b: Any, v: int, nodes, times, begin: int, values: dict[Any, int]) -> None:
    instance, n = b.instance, b.n
    now = since = begin
    for k, i in enumerate(nodes[1:]):
        now += times[k]
        if i > n:
            trip = [c - 1 for c in nodes[k + 2 :]]
            until = next((q for q, c in enumerate(trip) if c >= n), len(trip))
            released = max(int(instance.release[c]) for c in trip[:until])
            opens = int(instance.depot_window[b.reloads[v][i - n - 1], 0])
            now = since = max(now, released, opens)
            values["again", v, i] = now
        else:
            windows = instance.windows(i - 1)
            now = max(now, int(windows[windows[:, 1] >= now][0, 0]))
            values["start", i - 1], values["depart", i - 1] = now, since
            now += int(instance.service_of(b.copies[v])[i - 1])
