"""Lower bounds that every instance has: what each client costs, and what routes must hold.

Every relaxation here forgets constraints and keeps the costs, so that it is valid with all features
and under constraints that users add. They cost O(n²) at most.
"""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np

from zerogap._ext.routing.onetree import OneTree, nearest
from zerogap._ext.routing.problem import Problem
from zerogap.models.routing import FORBIDDEN, UNLIMITED, Routing
from zerogap.solvers.routing.arrays import arrays
from zerogap.solvers.routing.closure import on_shortest_ways
from zerogap.solvers.routing.large import spacious
from zerogap.solvers.search import Search

SOURCE = "relaxation"
#: Clients up to which all arcs are looked at; beyond them, in the plane, the nearest place only.
BY_PLACE = 1500
_CHUNK = 512


def relax(search: Search) -> None:
    """Report the best bound that needs no search."""
    # The shortest ways reach less far: the power of ten before the first objective stays the
    # instance's own.
    value = lower_bound(on_shortest_ways(search).instance, search.instance.weight)
    if value is not None:
        # Valid: see `lower_bound`; `extend` only takes solutions away.
        search.tighten(value, SOURCE)


def lower_bound(instance: Routing, weight: int | None = None) -> int | None:
    """Least objective that a solution can have, as far as relaxations see; None if unseen.

    `weight` is what the first of two objectives counts, the instance's if None.
    """
    if instance.clients == 0:
        return None
    if spacious(instance):
        return radial(instance)
    shares = Shares(instance)
    if not shares.complete:
        return None
    value = shares.objective(instance.objective)
    if instance.then:
        # Both parts are bounded by themselves, and `weight` is positive.
        value *= instance.weight if weight is None else weight
        value += shares.objective(instance.then)
    return value


def climb(instance: Routing, search: Search, seconds: float) -> None:
    """Held–Karp bound of a travelling salesman for so long, or until it stalls."""
    problem = Problem(arrays(instance), 8)
    begun = time.monotonic()
    tree = OneTree(problem)
    unit, fixed = int(instance.distance_cost[0]), int(instance.fixed_cost[0])
    rest = seconds
    while search.open and rest > 0:
        # Valid: the one vehicle drives one tour through everybody, which is a 1-tree.
        search.tighten(fixed + unit * tree.bound, "one-trees")
        known = search.objective
        target = tree.bound if known is None else (int(known) - fixed) // max(1, unit)
        more = tree.run(target, min(0.5 * rest, 5.0))
        if tree.certify() and not more:
            break
        rest = seconds - (time.monotonic() - begun)
    search.tighten(fixed + unit * tree.bound, "one-trees")


def radial(instance: Routing) -> int:
    """Of a plain CVRP in the plane: loads times distances from the depot.

    A route is at least twice as long as the way to any of its clients, hence also to their mean by
    load, whose weights sum to load / capacity ≤ 1 (Haimovich, Rinnooy Kan 1985). Rounding takes at
    most 1 − offset from an arc, and a route of m clients has m + 1 ≤ 2 m arcs.
    """
    depot = instance.depot_location[instance.start_depot[0]]
    places = instance.client_location
    away = instance.scale * np.hypot(
        instance.x[places] - instance.x[depot], instance.y[places] - instance.y[depot]
    )
    capacity = int(instance.capacity[0, 0])
    lost = 2 * instance.clients * max(0.0, 1 - instance.offset)
    length = 2 * float((away * instance.delivery[:, 0]).sum()) / capacity - lost
    routes = -(-int(instance.delivery[:, 0].sum()) // capacity)
    whole = max(0, math.floor(length * (1 - 1e-9)))
    return int(instance.distance_cost[0]) * whole + routes * int(instance.fixed_cost[0])


class Shares:
    """What every client costs at least if it is served.

    Every client has one arc (or way) into it and one out of it, and every arc leads out of one stop
    and into one: half of both, or all arcs in, or all arcs out, sum to no more than what is driven.
    """

    def __init__(self, instance: Routing) -> None:
        self.instance = instance
        n = instance.clients
        # Per client over the types that may serve it: least cost of an arc in, out; of the stop.
        self.into = np.full(n, np.inf)
        self.out = np.full(n, np.inf)
        self.stop = np.full(n, np.inf)
        self.way_in = np.full(n, np.inf)
        self.way_out = np.full(n, np.inf)
        done: dict[tuple[int, ...], tuple[np.ndarray, ...]] = {}
        for t in range(instance.types):
            key = (
                int(instance.profile[t]),
                int(instance.distance_cost[t]),
                int(instance.duration_cost[t]),
                int(instance.speed[t]),
                # Only an open route ends at a client.
                int(_open(instance, t)),
            )
            if key not in done:
                done[key] = self._arcs(t)
            may = np.ones(n, bool) if instance.allowed is None else instance.allowed[t]
            stop = _hourly(instance, t) * instance.service_of(t) + instance.purchase
            if instance.preference is not None:
                stop = stop - instance.preference[t]
            for mine, arc in zip((self.into, self.out, self.way_in, self.way_out), done[key]):
                mine[:] = np.where(may, np.minimum(mine, arc), mine)
            self.stop[:] = np.where(may, np.minimum(self.stop, stop), self.stop)
        self.needed = instance.required & (instance.group < 0)
        self.served = np.isfinite(self.into) & np.isfinite(self.out) & np.isfinite(self.stop)
        #: Whether everybody has somebody who can come; else others say that nobody can.
        self.complete = bool(self.served.all())

    def _arcs(self, t: int) -> tuple[np.ndarray, ...]:
        made, n = self.instance, self.instance.clients
        at, p = made.client_location, int(made.profile[t])
        far, slow = int(made.distance_cost[t]), _hourly(made, t)
        others = np.concatenate([at, made.depot_location])
        rows = np.arange(len(others))
        best = [np.full(n, np.inf) for _ in range(4)]
        if n > BY_PLACE and made.distance is None and made.duration is None:
            # No arc is shorter than the one to the nearest place, rounded alike, nor faster.
            near = nearest(made.x[others], made.y[others])
            a, b = at, others[near[:n]]
            way = np.asarray(made.travel(a, b, p), float)
            cost = far * way + slow * np.asarray(made.drive(t, a, b), float)
            best = [cost, cost.copy(), way, way.copy()]
        # In the plane ways out are ways in.
        alike = made.distance is None and made.duration is None
        for begin in range(0, 0 if np.isfinite(best[0]).all() else n, _CHUNK):
            own = np.arange(begin, min(n, begin + _CHUNK))
            for k, (a, b) in enumerate(
                ((others[:, None], at[own][None, :]), (at[own][:, None], others[None, :]))
            ):
                if k == 1 and alike:
                    best[1][own], best[3][own] = best[0][own], best[2][own]
                    break
                way = np.asarray(made.travel(a, b, p), float)
                closed = way >= FORBIDDEN
                cost = far * way
                if slow or made.duration is not None:
                    time = np.asarray(made.drive(t, a, b), float)
                    closed |= time >= FORBIDDEN
                    cost = cost + slow * time
                closed |= (rows[:, None] == own[None, :]) if k == 0 else (own[:, None] == rows)
                cost[closed], way[closed] = np.inf, np.inf
                best[k][own] = cost.min(axis=k)
                best[2 + k][own] = way.min(axis=k)
        if _open(made, t):
            best[1] = np.zeros(n)
            best[3] = np.zeros(n)
        return tuple(best)

    # -- objectives -----------------------------------------------------------------------------
    def objective(self, name: str) -> int:
        """Bound of one objective."""
        made = self.instance
        ways = self.way_in, self.way_out
        routes = int(min(made.vehicles.sum(), made.max_vehicles, made.clients))
        if name == "cost":
            return max(self.cost(share) for share in self._shares())
        if name == "longest":
            # One route holds each needed client with both of its arcs; and of the sum of all, one
            # of the routes has its share.
            alone = (ways[0] + ways[1])[self.needed].max(initial=0.0)
            halves = (ways[0] + ways[1]) / 2
            every = max(float(part[self.needed].sum()) for part in (*ways, halves))
            return _whole(max(alone, every / max(1, routes)))
        if name == "bottleneck":
            return _whole(np.maximum(*ways)[self.needed].max(initial=0.0))
        if name == "costliest":
            # Without prizes, which no route pays: who need not be served costs nothing, or less.
            every = max(
                float(np.where(self.needed, share, np.minimum(share, 0)).sum())
                + self._units(np.maximum(share, 0)[~self.needed], np.flatnonzero(~self.needed))
                for share in self._shares()
            )
            return _whole(every / max(1, routes)) if every > 0 else _whole(every)
        return 0  # "spread": a difference of two lengths, the greater less the smaller

    def _shares(self) -> list[np.ndarray]:
        half = (self.into + self.out) / 2
        return [part + self.stop for part in (half, self.into, self.out)]

    def cost(self, share: np.ndarray) -> int:
        """Cost of routes and of prizes that are left, by these shares of the clients."""
        made = self.instance
        prize = made.prize.astype(float)
        total = float(share[self.needed].sum()) + self.fixed()
        for g in range(len(made.group_required)):
            members = np.flatnonzero(made.group == g)
            left = float(prize[members].sum())
            options = [float(share[m]) + left - float(prize[m]) for m in members]
            if not made.group_required[g] or not options:
                options.append(left)
            total += min(options)
        free = np.flatnonzero(~made.required & (made.group < 0))
        if len(free):
            total += max(self._by_limits(share, free), self._by_quota(share, free))
        return _whole(total)

    def fixed(self) -> float:
        """Fixed costs: no fewer vehicles than the loads of those who must be served need."""
        made = self.instance
        most = (made.capacity.astype(float) * made.max_trips[:, None]).max(axis=0)
        need = int(made.min_vehicles)
        for loads in (made.delivery, made.pickup):
            total = loads[self.needed].sum(axis=0)
            for k in np.flatnonzero((most > 0) & (total > 0)):
                need = max(need, math.ceil(total[k] / most[k] - 1e-9))
        need = max(need, int(self.needed.any()))
        return need * float(max(0, made.fixed_cost.min()))

    def _by_limits(self, share: np.ndarray, free: np.ndarray) -> float:
        """Optional clients: prizes left, less what the fleet can gain within each of its limits.

        A fractional knapsack for each limit by itself; the gain is at most the least of them.
        """
        made = self.instance
        prize = made.prize[free].astype(float)
        gain = np.maximum(0.0, prize - share[free])
        least = float(gain.sum())
        fleet = np.minimum(made.vehicles, made.clients)
        resources: list[tuple[Any, np.ndarray]] = []
        half = (self.way_in + self.way_out) / 2
        for way in (half, self.way_in, self.way_out):
            resources.append((_supply(fleet, made.max_distance), way))
        resources.append((_supply(fleet, made.max_stops), np.ones(made.clients)))
        for k in range(made.dimensions):
            supply = _supply(fleet, made.capacity[:, k].astype(float) * made.max_trips)
            resources += [(supply, made.delivery[:, k]), (supply, made.pickup[:, k])]
        for supply, use in resources:
            if supply is None:
                continue
            left = max(0.0, float(supply - use[self.needed].sum()))
            least = min(least, _knapsack(gain, use[free].astype(float), left))
        return float(prize.sum()) - least

    def _by_quota(self, share: np.ndarray, free: np.ndarray) -> float:
        """Optional clients: the cheapest way to serve so many, or to so much prize."""
        made = self.instance
        prize = made.prize[free].astype(float)
        base = np.minimum(share[free], prize)
        extra = np.sort(share[free] - base)
        if len(made.group_required):
            return float(base.sum())  # members of groups count, too
        lacking = made.min_clients - int(self.needed.sum())
        by_number = float(extra[: max(0, lacking)].sum())
        want = made.min_prize - float(made.prize[self.needed].sum())
        # To have the prize `want` costs the least of a covering knapsack: all the extra cost less
        # what the rest of the prize can spare.
        spare = float(prize.sum()) - max(0.0, want)
        full = share[free] - base
        by_prize = float(full.sum()) - _knapsack(full, prize, max(0.0, spare)) if want > 0 else 0.0
        return float(base.sum()) + max(by_number, by_prize, self._units(full, free))

    def _units(self, extra: np.ndarray, free: np.ndarray) -> float:
        """What the quota of units costs at least if to serve a free client costs so much more.

        All of it less what the units that may be left out can spare, a fractional knapsack.
        """
        units = self.instance.units
        want = self.instance.min_units - int(units[self.needed].sum())
        if want <= 0:
            return 0.0
        spare = max(0, int(units[free].sum()) - want)
        return float(extra.sum()) - _knapsack(extra, units[free].astype(float), float(spare))


def _hourly(instance: Routing, t: int) -> int:
    """Cost of duration; none where times are decided: traffic may be faster than the matrix."""
    return 0 if instance.decides_times() else int(instance.duration_cost[t])


def _open(instance: Routing, t: int) -> bool:
    return bool(instance.end_depot[t] < 0)


def _supply(fleet: np.ndarray, limit: np.ndarray) -> float | None:
    """What all vehicles have together, None if one has no limit."""
    used = fleet > 0
    if (limit[used] >= UNLIMITED).any():
        return None
    return float((fleet[used].astype(float) * limit[used]).sum())


def _knapsack(gain: np.ndarray, use: np.ndarray, supply: float) -> float:
    """Greatest gain of fractions within the supply."""
    free = float(gain[use <= 0].sum())
    some = np.flatnonzero((use > 0) & (gain > 0))
    order = some[np.argsort(-gain[some] / use[some], kind="stable")]
    filled = np.cumsum(use[order])
    whole = int(np.searchsorted(filled, supply, side="right"))
    value = free + float(gain[order[:whole]].sum())
    if whole < len(order):
        left = supply - (filled[whole - 1] if whole else 0.0)
        value += float(gain[order[whole]]) * left / float(use[order[whole]])
    return value


def _whole(value: float) -> int:
    """The least integer not below, with the errors of floating point taken off."""
    return math.ceil(value - 1e-9 * max(1.0, abs(value)) - 1e-6)
