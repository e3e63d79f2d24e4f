"""The optimum of small instances by the sets of clients that a route can serve.

For every vehicle type, set of clients and last client the routes of which no other is as short, as
early, as charged and without longer arcs (Held and Karp 1962, with labels); then the best way to
give sets to vehicles, one vehicle after the other. With two objectives, of which the first is that
of the worst route, the second is optimised among routes that are no worse in the first.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing import UNLIMITED, Routing
from zerogap.models.routing.exact.hints import timed
from zerogap.models.routing.exact.ways import Way, Ways

SOURCE = "subsets"
CLIENTS = 12
#: Labels after which it gives up.
LABELS = 400_000
#: Features whose meaning for a route is in the labels, or for all routes in the assignment.
KNOWN = {
    "several vehicle types", "several depots", "open routes", "time windows",
    "several time windows", "pickups", "prizes", "groups", "distance limit", "stops limit",
    "setup times", "speeds", "service by vehicle", "profiles", "preferences", "permissions",
    "conflicts", "precedences", "quota", "purchases", "units quota", "fleet limits",
    "several ends", "energy", "repeated visits", "objective longest", "objective bottleneck",
    "objective costliest", "then cost", "then longest", "then spread",
}  # fmt: skip

Label = tuple[int, int, int, int]  # distance, time, energy used, longest arc


@dataclass(frozen=True, slots=True)
class Path:
    """What a finished route amounts to: distance, longest arc, cost."""

    distance: int
    arc: int
    cost: int


def applicable(instance: Routing) -> bool:
    """Whether the optimum of an instance can be found here."""
    mixed = bool(instance.pickup.any() and instance.delivery.any())
    two = bool(instance.then) and instance.objective == "cost"
    strange = set(instance.features()) - KNOWN
    return 0 < instance.clients <= CLIENTS and not (strange or mixed or two)


def optimum(instance: Routing, known: int | None, going: Callable[[], bool]) -> int | None:
    """The optimum, ∞ where there is no solution, or None where it gave up.

    Parameters
    ----------
    instance : Routing
        One that `applicable` accepts.
    known : int or None
        Objective of a solution. What is found is at most this.
    going : callable
        Whether to go on.
    """
    try:
        return _Subsets(instance, going).best(known)
    except (_GaveUp, InstanceError):
        return None


class _GaveUp(Exception):
    """Too many labels, or no time."""


class _Subsets:
    def __init__(self, instance: Routing, going: Callable[[], bool]) -> None:
        self.instance, self.going = instance, going
        self.n, self.size = instance.clients, 1 << instance.clients
        self.timed = timed(instance)
        self.ways = Ways(instance)
        self.labels = 0
        self.masks = np.arange(self.size)
        before = [0] * self.n  # who may not come after c
        for a, b in instance.precedences.tolist():
            before[a] |= 1 << b
        self.before = before
        self.apart = [0] * self.n
        for a, b in instance.conflicts.tolist():
            self.apart[a] |= 1 << b
            self.apart[b] |= 1 << a
        self.all_lengths = False  # whether a longer route may be what makes the spread small
        self.served = self._served()
        self.limit: int | None = None
        self._entries()

    # -- which sets may be served ------------------------------------------------------------------
    def _served(self) -> np.ndarray:
        """Sets of clients, as flags by mask, that satisfy what is said of all that is served."""
        i = self.instance
        bits = (self.masks[:, None] >> np.arange(self.n)) & 1
        good = (bits | ~i.required).all(axis=1)
        for g, wanted in enumerate(i.group_required):
            count = bits[:, i.group == g].sum(axis=1)
            good &= (count == 1) if wanted else (count <= 1)
        units = bits @ i.units
        good &= (units >= i.min_units) & (units <= i.max_units)
        good &= (bits.sum(axis=1) >= i.min_clients) & (bits @ i.prize >= i.min_prize)
        self.lost = (1 - bits) @ i.prize
        return np.asarray(good)

    def _entries(self) -> None:
        """By set: least cost of entering the required clients that are not in it.

        Every client that a route serves is entered by some way, whatever else is served.
        """
        i, every = self.instance, np.arange(self.n)
        self.entry = np.zeros(self.size, np.int64)
        if i.objective != "cost" or i.then or i.preference is not None:
            return
        places = i.client_location.tolist()
        starts = [int(i.depot_location[d]) for d in i.start_depot]
        least = np.full(self.n, 1 << 40, np.int64)
        for t in range(i.types):
            for c in range(self.n):
                for a in [*(places[b] for b in range(self.n) if b != c), starts[t]]:
                    for way in self.ways.between(t, a, places[c]):
                        least[c] = min(least[c], way.distance)
        bits = (self.masks[:, None] >> every) & 1
        least[~i.required] = 0
        self.entry = int(i.distance_cost.min()) * ((1 - bits) @ least)

    # -- routes ------------------------------------------------------------------------------------
    def routes(self, t: int, cap: int | None) -> dict[int, list[Path]]:
        """Finished routes of a type by set: no other of the set is better in all that counts."""
        i, n = self.instance, self.n
        home = int(i.depot_location[i.start_depot[t]])
        places = [int(p) for p in i.client_location]
        begin = max(int(i.shift[t, 0]), int(i.depot_window[i.start_depot[t], 0]))
        if begin > i.depot_window[i.start_depot[t], 1]:
            return {}
        may = [i.allowed is None or bool(i.allowed[t, c]) for c in range(n)]
        legs = [[self.ways.between(t, a, b) for b in places] for a in [*places, home]]
        ends = [self.ways.home(t, a) for a in places]
        setup = [[int(i.setup_from(t, a, c)) for c in range(n)] for a in [*places, home]]
        states: dict[tuple[int, int], list[Label]] = {}
        fits = self._fitting(t).tolist()
        bits = (self.masks[:, None] >> np.arange(n)) & 1
        self.set_cost = int(i.fixed_cost[t]) + bits @ i.purchase
        if i.preference is not None:
            self.set_cost = self.set_cost - bits @ i.preference[t]
        self.all_lengths = i.then == "spread" and cap is not None
        for c in range(n):
            if may[c] and fits[1 << c]:
                self._extend(states, t, (0, begin, 0, 0), legs[n][c], setup[n][c], 0, c, cap)
        found: dict[int, list[Path]] = {}
        # A mask is greater than all that it grew from: in their order all labels are final.
        for mask in range(1, self.size):
            for c in range(n):
                for label in states.pop((mask, c), ()):
                    self._finish(found, t, mask, label, ends[c], c, cap)
                    for d in range(n):
                        bit = 1 << d
                        if mask & bit or not may[d] or self.apart[d] & mask:
                            continue
                        # Nobody who must come after d may stand before it.
                        if self.before[d] & mask or not fits[mask | bit]:
                            continue
                        self._extend(states, t, label, legs[c][d], setup[c][d], mask, d, cap)
        return found

    def _fitting(self, t: int) -> np.ndarray:
        """Sets, as flags by mask, that a route of a type holds and that leave others a client."""
        i = self.instance
        bits = (self.masks[:, None] >> np.arange(self.n)) & 1
        good = ((bits @ (i.delivery + i.pickup)) <= i.capacity[t]).all(axis=1)
        most = min(int(i.max_stops[t]), self.n - max(0, i.min_vehicles - 1))
        return np.asarray(good & (bits.sum(axis=1) <= most))

    def _extend(self, states: dict, t: int, label: Label, ways: list[Way], setup: int, mask: int,
                c: int, cap: int | None) -> None:  # fmt: skip
        i = self.instance
        for way in ways:
            moved = self._moved(t, label, way, cap)
            if moved is None:
                continue
            distance, now, used, arc = moved
            if self.timed:
                now += setup
                windows = i.windows(c)
                later = windows[windows[:, 1] >= now]
                if not len(later):
                    continue
                now = max(now, int(later[0, 0])) + int(i.service_of(t)[c])
            used = 0 if i.refill[c] else used
            if self.limit is not None:
                spent = int(i.distance_cost[t]) * distance + int(self.entry[mask | 1 << c])
                if spent > self.limit:
                    continue  # no plan with this route is as good as the one that is known
            self._keep(states.setdefault((mask | 1 << c, c), []), (distance, now, used, arc))

    def _moved(self, t: int, label: Label, way: Way, cap: int | None) -> Label | None:
        """The label at the end of a way, None where limits forbid it."""
        i = self.instance
        distance, now, used, arc = label
        if i.energy[t] < UNLIMITED:
            used += way.first if way.via else way.distance
            if used > i.energy[t]:
                return None
            used = way.last if way.via else used
        distance, arc = distance + way.distance, max(arc, way.arc)
        if distance > i.max_distance[t]:
            return None
        if cap is not None and i.objective == "bottleneck" and arc > cap:
            return None
        if cap is not None and i.objective == "longest" and distance > cap:
            return None
        # Which arc is the longest matters while the first objective is that, and no more then.
        arc = arc if i.objective == "bottleneck" and cap is None else 0
        return distance, now + way.time if self.timed else 0, used, arc

    def _keep(self, kept: list[Label], label: Label) -> None:
        """Take a label of which no other is better in all."""
        if self.all_lengths:
            same = [o for o in kept if o[0] == label[0]]
        else:
            same = kept
        if any(o[0] <= label[0] and o[1] <= label[1] and o[2] <= label[2] and o[3] <= label[3]
               for o in same):  # fmt: skip
            return
        kept.append(label)
        self.labels += 1
        if self.labels > LABELS or (self.labels % 1000 == 0 and not self.going()):
            raise _GaveUp

    def _finish(self, found: dict, t: int, mask: int, label: Label, ways: list[Way], c: int,
                cap: int | None) -> None:  # fmt: skip
        i = self.instance
        for way in ways:
            moved = self._moved(t, label, way, cap)
            if moved is None:
                continue
            distance, now, _, arc = moved
            usual = int(i.end_depot[t])
            if self.timed:
                close = int(i.shift[t, 1])
                if usual >= 0:
                    end = usual if way.end is None else way.end
                    close = min(close, int(i.depot_window[end, 1]))
                if now > close:
                    continue
            cost = int(self.set_cost[mask]) + int(i.distance_cost[t]) * distance
            if cap is not None and i.objective == "costliest" and cost > cap:
                continue
            path, same = Path(distance, arc, cost), found.setdefault(mask, [])
            if path not in same:
                same.append(path)

    # -- all routes --------------------------------------------------------------------------------
    def best(self, known: int | None) -> int | None:
        i = self.instance
        if i.objective == "cost" and not i.then and i.preference is None:
            self.limit = known
        first = self._optimise(i.objective, None)
        if first is None and self.limit is not None:
            return known  # nothing is as good, and that there is
        if first is None:
            return math.inf  # type: ignore[return-value]
        if not i.then:
            return first
        rest = None
        if known is not None and known // i.weight == first:
            rest = known - first * i.weight
        second = self._optimise(i.then, first, rest)
        assert second is not None  # the routes of the first are there
        return first * i.weight + second

    def _optimise(self, objective: str, cap: int | None, known: int | None = None) -> int | None:
        """The best value of an objective over routes within `cap`; None if there are none."""
        i = self.instance
        # The plan without routes is worth 0 in the first objective: not among those of less.
        self.empty = cap is None or cap >= 0
        tables = [self.routes(t, cap) if i.vehicles[t] > 0 else {} for t in range(i.types)]
        if objective == "spread":
            return self._spread(tables, known)
        value: Callable[[Path], int] = {
            "cost": lambda p: p.cost, "costliest": lambda p: p.cost,
            "longest": lambda p: p.distance, "bottleneck": lambda p: p.arc,
        }[objective]  # fmt: skip
        chosen = [{m: min(map(value, paths)) for m, paths in table.items()} for table in tables]
        return self._assigned(chosen, objective == "cost")

    def _spread(self, tables: list[dict[int, list[Path]]], known: int | None) -> int | None:
        """Least difference of the longest and the shortest route.

        For every length m the shortest route may have: the least longest route M(m) where all are m
        at least. M never falls; to beat a spread s by a larger m', m' > M(m) − s is needed.
        """
        lengths = sorted({p.distance for table in tables for same in table.values() for p in same})
        best = math.inf if known is None else known
        if self.empty and self.instance.min_vehicles == 0 and bool(self.served[0]):
            return 0
        at = 0
        while at < len(lengths):
            if not self.going():
                raise _GaveUp
            m = lengths[at]
            chosen = [
                {mask: min(fits) for mask, same in table.items()
                 if (fits := [p.distance for p in same if p.distance >= m])}
                for table in tables
            ]  # fmt: skip
            most = self._assigned(chosen, False)
            if most is None:
                break
            best = min(best, most - m)
            low = most - best  # a larger m up to here gives no less
            at = max(at + 1, int(np.searchsorted(lengths, low, side="right")))
        return None if math.isinf(best) else int(best)

    def _assigned(self, chosen: list[dict[int, int]], add: bool) -> int | None:
        """Least sum (or maximum) of values over all ways to give sets to vehicles."""
        i = self.instance
        big = np.int64(1) << 61
        most = min(i.routes, self.n)
        # By number of routes and set served; the empty plan is worth 0.
        table = np.full((most + 1, self.size), big)
        table[0, 0] = 0
        for t, values in enumerate(chosen):
            for _ in range(min(int(i.vehicles[t]), most)):
                fresh = table.copy()
                for mask, value in values.items():
                    free = self.masks[(self.masks & mask) == 0]
                    old = table[:-1, free]
                    new = old + value if add else np.maximum(old, value)
                    if not add:  # without a route yet the first one's value counts, also below 0
                        new[0, free == 0] = value if table[0, 0] < big else big
                    new = np.where(old >= big, big, new)
                    goal = fresh[1:, free | mask]
                    fresh[1:, free | mask] = np.minimum(goal, new)
                if not self.going():
                    raise _GaveUp
                if (fresh == table).all():
                    break
                table = fresh
        counts = np.arange(most + 1)
        good = self.served[None, :] & (table < big) & (counts >= i.min_vehicles)[:, None]
        good[0] &= self.empty
        if not good.any():
            return None
        total = table + self.lost[None, :] if add else table
        return int(total[good].min())


def prove(instance: Routing, search: Any) -> None:
    """The optimum as a bound, where it can be found: every feasible solution is no better.

    All sets of clients, all types, all orders that are not dominated and all assignments are looked
    at; no constraint of a user is known, so that `extend` must not be used.
    """
    if not applicable(instance) or search.extend is not None:
        return
    value = optimum(instance, search.objective, lambda: search.open)
    if value is None:
        return
    if math.isinf(value):
        search.prove_infeasible("no way to give all clients to the vehicles", SOURCE)
    else:
        search.tighten(value, SOURCE)
