"""Annealing over whole tours: what speaks of all tours together, and energy.

Objectives of the longest or costliest tour, limits on the number of vehicles, quotas of units and
two objectives one after the other are beyond ruin and recreate, which sees a route at a time.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from zerogap.models.routing import UNLIMITED, Route, Routes, Routing
from zerogap.models.routing.exact.ways import Way, Ways
from zerogap.models.routing.fields import OBJECTIVES
from zerogap.models.routing.solution import stops_of
from zerogap.solvers.routing.arrays import arrays, by_type, flat, solution
from zerogap.solvers.search import Search

_SLICE = 0.1
#: Seconds of the first round and of the longest; a round is twice as long as the one before.
FIRST, LONGEST = 0.4, 60.0
#: Features that the kernel knows; an instance with another one is not given to it.
KNOWN = {
    "several vehicle types", "several depots", "open routes", "time windows",
    "several time windows", "pickups", "shipments", "prizes", "groups",
    "release times", "trips", "distance limit", "duration limit", "stops limit", "duration costs",
    "profiles", "preferences", "permissions", "conflicts", "precedences", "quota", "fairness",
    "purchases", "units quota", "fleet limits", "energy", "setup times", "speeds",
    "service by vehicle", "objective longest", "objective bottleneck", "objective costliest",
    "then cost", "then longest", "then spread",
}  # fmt: skip
AIMS = {"": -1, **{name: k for k, name in enumerate((*OBJECTIVES, "spread"))}}


class Engine:
    """The kernel of one instance, and what its solutions are.

    Parameters
    ----------
    instance : Routing
        With one end a type and visits once (see `ends`, `closure`).
    seed : int
    horizon : float
        Seconds of the first round.
    iterations : int
        The same in iterations, −1: by seconds.
    """

    def __init__(self, instance: Routing, seed: int, horizon: float, iterations: int = -1) -> None:
        from zerogap._ext.routing.problem import Problem
        from zerogap._ext.routing.tours import Tours

        self.instance = instance
        self.limited = bool((instance.energy < UNLIMITED).any())
        self.ways = Ways(instance) if self.limited else None
        problem = Problem(arrays(instance), 20)
        self.kernel = Tours(problem, self._facts(), seed, horizon, iterations)

    def _facts(self) -> dict[str, Any]:
        instance = self.instance
        first, rows = self._table() if self.limited else ([], [])
        return {
            "units": instance.units,
            "energy": instance.energy,
            "refill": instance.refill,
            "way_first": np.array(first, np.int64),
            "way": np.array(rows, np.int64),
            "min_units": instance.min_units,
            "max_units": instance.max_units,
            "min_vehicles": instance.min_vehicles,
            "max_vehicles": instance.max_vehicles,
            "weight": instance.weight,
            "first": AIMS[instance.objective],
            "second": AIMS[instance.then],
        }

    def _table(self) -> tuple[list[int], list[tuple[int, ...]]]:
        """Ways of every type with limited energy between all rows of the kernels."""
        instance, n = self.instance, self.instance.clients
        places = [*instance.client_location.tolist(), *instance.depot_location.tolist(), None]
        first: list[int] = []
        rows: list[tuple[int, ...]] = []
        for t in range(instance.types):
            if instance.energy[t] >= UNLIMITED:
                first += [len(rows)] * (len(places) ** 2 + 1)
                continue
            for i, a in enumerate(places):
                for j, b in enumerate(places):
                    first.append(len(rows))
                    if a is None or (i == j and i < n):
                        continue
                    more = self._more(t, i, j)
                    rows += [
                        (w.distance, w.time + more, w.arc, w.first, w.last, int(bool(w.via)))
                        for w in self._between(t, a, b)
                    ]
            first.append(len(rows))
        return first, rows

    def _between(self, t: int, a: int | None, b: int | None) -> list[Way]:
        assert self.ways is not None
        return self.ways.between(t, a, b)

    def _more(self, t: int, i: int, j: int) -> int:
        """Service at row i and setup at row j, where kernels have them in the arcs."""
        instance, n = self.instance, self.instance.clients
        if not by_type(instance):
            return 0
        more = int(instance.service_of(t)[i]) if i < n else 0
        if j < n:
            a = instance.client_location[i] if i < n else instance.depot_location[i - n]
            more += int(instance.setup_from(t, a, j))
        return more

    def best(self) -> Routes | None:
        """The kernel's best solution with its ways; None if there is none."""
        found = self.kernel.best()
        if found is None:
            return None
        routes = solution(found)
        if not self.limited:
            return routes
        charged = [self._charged(route) for route in routes]
        return None if None in charged else Routes(tuple(charged))  # type: ignore[arg-type]

    def _charged(self, route: Route) -> Route | None:
        """The route by the best ways that its energy allows, None if there are none in time."""
        instance, t = self.instance, route.vehicle
        if instance.energy[t] >= UNLIMITED:
            return route
        stops = stops_of(instance, route)
        if instance.end_depot[t] < 0:
            stops.append((-1, -1))
        begin = max(
            int(instance.shift[t, 0]),
            int(instance.depot_window[instance.start_depot[t], 0]),
            max(int(instance.release[c]) for c in route),
        )
        labels = [_Label(0, 0, 0, begin, ())]
        for (a, code), (b, goal) in zip(stops, stops[1:]):
            ways = self._between(t, a, None if b < 0 else b)
            more = self._stop_times(t, a, code, goal)
            fresh = [x for label in labels for w in ways
                     if (x := self._moved(label, w, t, goal, more)) is not None]  # fmt: skip
            labels = _pareto(fresh)
            if not labels:
                return None
        if instance.objective == "bottleneck":
            best = min(labels, key=lambda x: (x.arc, x.distance, x.calls))
        else:
            best = min(labels, key=lambda x: (x.distance, x.calls))
        via = best.via[:-1] if instance.end_depot[t] < 0 else best.via
        return replace(route, via=via if any(via) else ())

    def _stop_times(self, t: int, a: int, code: int, goal: int) -> int:
        instance = self.instance
        served = int(instance.service_of(t)[code]) if code >= 0 else 0
        return served + (int(instance.setup_from(t, a, goal)) if goal >= 0 else 0)

    def _moved(self, label: _Label, way: Way, t: int, goal: int, more: int) -> _Label | None:
        instance = self.instance
        used = label.used + (way.first if way.via else way.distance)
        if used > instance.energy[t]:
            return None
        used, now = way.last if way.via else used, label.now + way.time + more
        if goal >= 0:
            windows = instance.windows(goal)
            later = windows[windows[:, 1] >= now]
            if not len(later):
                return None
            now = max(now, int(later[0, 0]))
            used = 0 if instance.refill[goal] else used
        return _Label(label.distance + way.distance, used, max(label.arc, way.arc), now,
                      (*label.via, way.via))  # fmt: skip


class _Label(NamedTuple):
    distance: int
    used: int
    arc: int
    now: int
    via: tuple[tuple[int, ...], ...]

    @property
    def calls(self) -> int:
        return sum(map(len, self.via))


def _pareto(labels: list[_Label]) -> list[_Label]:
    labels.sort(key=lambda x: (x[:4], x.calls))
    kept: list[_Label] = []
    for label in labels:
        if not any(all(a <= b for a, b in zip(other[:4], label[:4])) for other in kept):
            kept.append(label)
    return kept


def unknown(instance: Routing) -> str:
    """A feature of the instance that the kernel does not know; empty if it knows all."""
    return next((f for f in instance.features() if f not in KNOWN), "")


def anneal(search: Search, *, seconds: float = math.inf, iterations: int | None = None,
           lane: int = 0) -> None:  # fmt: skip
    """Rounds of annealing until the search, the seconds or the iterations end.

    Every second round begins with the best solution, the others from nothing.
    """
    if unknown(search.instance):
        return
    seconds = min(seconds, search.remaining)
    if search.iterations is not None:
        iterations = min(search.iterations, iterations or search.iterations)
        seconds = math.inf
    elif math.isfinite(seconds):
        iterations = None
    horizon = FIRST if not math.isfinite(seconds) else min(FIRST, max(seconds / 4, 1e-3))
    counted = -1 if iterations is None else iterations
    engine = Engine(search.instance, search.seed + 7919 * lane, horizon, counted)
    if search.hint is not None and lane % 2 == 0:
        engine.kernel.inject(*flat(search.hint))
    if iterations is not None:
        _slices(search, engine, math.inf, iterations)
        return
    left, number = seconds, 0
    while search.open and left > 0:
        spent = min(horizon, left)
        _slices(search, engine, spent, None)
        left -= spent
        number += 1
        horizon = max(1e-3, min(2 * horizon, LONGEST, left))
        if left > 0:
            engine.kernel.restart(horizon, fresh=number % 2 == 1)
            if number % 2 == 0:
                _take_up(search, engine)


def _slices(search: Search, engine: Engine, seconds: float, iterations: int | None) -> None:
    """Run the kernel in slices, offering what it finds."""
    kernel = engine.kernel
    begun, last = kernel.seconds, kernel.iterations + (iterations or 0)
    piece = 0.005
    while search.open:
        if iterations is not None:
            if kernel.iterations >= last:
                break
            kernel.run(_SLICE, last - kernel.iterations)
        else:
            if (rest := seconds - (kernel.seconds - begun)) <= 0:
                break
            kernel.run(min(piece, rest, max(search.remaining, 1e-4)))
        piece = min(2 * piece, _SLICE)
        _offer(search, engine)
    _offer(search, engine)


def _take_up(search: Search, engine: Engine) -> None:
    """Go on from the incumbent where another method or thread has found a better one."""
    known, own = search.objective, engine.kernel.objective
    if search.solution is not None and known is not None and (own is None or known < own):
        engine.kernel.inject(*flat(search.solution))


def _offer(search: Search, engine: Engine) -> None:
    objective = engine.kernel.objective
    if objective is None or objective == getattr(engine, "offered", None):
        return
    engine.offered = objective  # type: ignore[attr-defined]
    known = search.objective
    if known is not None and objective >= known and not engine.limited:
        return
    found = engine.best()
    if found is not None:
        search.offer(found, "tours")
