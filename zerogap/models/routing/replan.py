"""The rest of a day that has begun: what is driven stays, vehicles go on from where they are.

`replan` cuts a plan at a time. Stops whose service has begun, and the stop that a vehicle is on its
way to, are kept as they are, even where they break a constraint, which is named. What is left is an
instance of its own, its clients and vehicles by the same names, with the rest of the plan as a
start that the new one is never worse than; `Replanned.whole` puts both together again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing.check import check, check_route
from zerogap.models.routing.fields import FIELDS, UNLIMITED
from zerogap.models.routing.instance import Routing
from zerogap.models.routing.solution import Route, Routes, place_of, stops_of, timetable


@dataclass(frozen=True)
class Replanned:
    """The rest of a day.

    Parameters
    ----------
    instance : Routing
        Clients not yet served, and behind them one for every vehicle under way, which stands for
        its last stop: it begins there and so drives home whatever else it does. A vehicle type for
        every vehicle under way, then the rest of the fleet.
    start : Routes or None
        The rest of the plan, repaired where the instance has changed; None if clients that must be
        served are in none of its routes.
    clients : tuple of int
        The original number of every client of `instance`.
    driven : tuple of Route
        What is kept of every vehicle under way, in the numbers of the original.
    broken : tuple of str
        Constraints that the driven part breaks; it is kept nevertheless.
    repaired : tuple of str
        What was taken out of the start.
    """

    instance: Routing
    start: Routes | None
    clients: tuple[int, ...]
    driven: tuple[Route, ...]
    broken: tuple[str, ...]
    repaired: tuple[str, ...]

    def whole(self, rest: Routes) -> Routes:
        """Driven part and rest as routes of the original; times are not kept."""
        routes: list[Route] = []
        going = {r.vehicle: r for r in rest if r.vehicle < len(self.driven)}
        for t, done in enumerate(self.driven):
            stops = list(going.get(t, ()))
            later = tuple(self.clients[c] for c in stops if c < len(self.clients))
            routes.append(Route(done.vehicle, ((*done.trips[0], *later),)))
        for route in rest:
            if route.vehicle >= len(self.driven):
                trips = tuple(tuple(self.clients[c] for c in trip) for trip in route.trips)
                kind = route.vehicle - len(self.driven)
                routes.append(replace(route, vehicle=kind, trips=trips, times=(), rests=()))
        return Routes(tuple(routes))


def repair(instance: Routing, plan: Routes) -> tuple[Routes, list[str]]:
    """The plan without what breaks a constraint of its route, and what that was.

    Clients are taken out one by one: the first whose absence mends the route, else its last.
    """
    kept: list[Route] = []
    said: list[str] = []
    seen: set[int] = set()
    used = np.zeros(instance.types, np.int64)
    for r, route in enumerate(plan):
        if (
            not 0 <= route.vehicle < instance.types
            or used[route.vehicle] >= instance.vehicles[route.vehicle]
        ):
            said.append(f"route {r + 1}: there is no such vehicle any more")
            continue
        trips = [[c for c in trip if 0 <= c < instance.clients and c not in seen]
                 for trip in route.trips]  # fmt: skip
        if sum(map(len, trips)) < len(route):
            said.append(f"route {r + 1}: clients that are unknown or served before are left out")
        made = _trimmed(route, trips)
        while len(made) and (why := _broken(instance, made)):
            mended = next((c for c in made if not _broken(instance, _less(made, c))), None)
            out = list(made)[-1] if mended is None else mended
            said.append(f"{why}: {instance.client(out)} is taken out")
            made = _less(made, out)
        if len(made):
            kept.append(made)
            seen.update(made)
            used[made.vehicle] += 1
    return Routes(tuple(kept)), said


def _trimmed(route: Route, trips: list[list[int]]) -> Route:
    """A route with other clients in its trips; trips without any go, and so do their reloads."""
    left = [k for k, trip in enumerate(trips) if trip]
    reloads = tuple(route.reloads[k - 1] for k in left[1:])
    clients = tuple(tuple(trips[k]) for k in left)
    return replace(route, trips=clients, reloads=reloads, via=(), times=(), rests=())


def _less(route: Route, client: int) -> Route:
    return _trimmed(route, [[c for c in trip if c != client] for trip in route.trips])


def _broken(instance: Routing, route: Route) -> str:
    """What a route breaks, but for the minima of a route that may still grow."""
    if not len(route):
        return ""
    free = instance.replace(min_stops=np.zeros_like(instance.min_stops),
                            min_load=np.zeros_like(instance.min_load))  # fmt: skip
    try:
        check_route(free, route)
    except InfeasibleSolution as error:
        return str(error).partition(": ")[2] or str(error)
    return ""


def keep(instance: Routing, plan: Routes, cost: int) -> Routing:
    """The instance in which every stop that leaves its vehicle type of the plan costs `cost` more.

    It is a reward for those that stay (``preference``), so that the objective is lower by `cost`
    times the stops of the plan.
    """
    wish = np.zeros((instance.types, instance.clients), np.int64)
    if instance.preference is not None:
        wish += instance.preference
    for route in plan:
        wish[route.vehicle, list(route)] += cost
    return instance.replace(preference=wish)


def replan(instance: Routing, plan: Routes, now: int, *, change_cost: int = 0) -> Replanned:
    """The rest of a plan from a time on.

    Parameters
    ----------
    instance : Routing
        With all its clients, also those that came since; windows, loads and vehicles as they are
        now.
    plan : Routes
        What is driven: its times are those that it stores, or the checker's.
    now : int
        Stops whose service begins by then, and the one that a vehicle is driving to, are driven.
    change_cost : int
        Cost of every stop that leaves its vehicle (see `keep`).

    Returns
    -------
    Replanned

    Raises
    ------
    InstanceError
        Where vehicles under way have several trips, or energy is limited.
    """
    if (instance.energy < UNLIMITED).any() or instance.visits == "repeat":
        raise InstanceError("not with energy or repeated visits", field="replan")
    under_way: list[tuple[Route, list[int], list[int], int, int]] = []
    idle: list[Route] = []
    broken: list[str] = []
    for r, route in enumerate(plan):
        free = instance.replace(
            window_first=np.arange(instance.clients + 1),
            window=np.tile([0, UNLIMITED], (instance.clients, 1)),
            shift=np.stack([instance.shift[:, 0], np.full(instance.types, UNLIMITED)], axis=1),
        )
        rows = _rows(instance, free, route)
        left = rows[0][1] - int(instance.drive(route.vehicle, stops_of(instance, route)[0][0],
                                               stops_of(instance, route)[1][0]))  # fmt: skip
        done = [row for row in rows if row[2] <= now]
        if left > now and not done:
            idle.append(route)
            continue
        if len(route.trips) > 1:
            raise InstanceError(f"route {r + 1} under way has several trips", field="replan")
        if len(done) < len(rows) and (not done or done[-1][3] <= now):
            done.append(rows[len(done)])  # on its way there
        driven = [c for c, *_ in done]
        rest = [c for c in route if c not in driven]
        try:
            check_route(instance, Route(route.vehicle, (tuple(driven),)), r)
        except InfeasibleSolution as error:
            if error.constraint not in ("smallest route", "shipment", "breaks"):
                broken.append(f"{error} (driven, kept)")
        under_way.append((route, driven, rest, done[-1][3], min(left, now)))
    return _Rest(instance, now, under_way, idle).made(change_cost, tuple(broken))


def _rows(instance: Routing, free: Routing, route: Route) -> list[tuple[int, int, int, int]]:
    """The timetable of a route, also of one that breaks a window or its shift."""
    try:
        return [row for row in timetable(instance, route) if row[0] >= 0]
    except InfeasibleSolution:
        return [row for row in timetable(free, route) if row[0] >= 0]


class _Rest:
    """Collects what is left."""

    def __init__(self, instance: Routing, now: int, under_way: list, idle: list[Route]) -> None:
        self.instance, self.now, self.under_way, self.idle = instance, now, under_way, idle
        driven = {c for _, done, _, _, _ in under_way for c in done}
        self.clients = [c for c in range(instance.clients) if c not in driven]
        self.every = [*self.clients, *(done[-1] for _, done, *_ in under_way)]
        self.new = {c: k for k, c in enumerate(self.clients)}

    def made(self, change_cost: int, broken: tuple[str, ...]) -> Replanned:
        """The instance, its start, and what is kept."""
        old, going = self.instance, len(self.under_way)
        kinds = [route.vehicle for route, *_ in self.under_way]
        order = np.array([*kinds, *range(old.types)], int)
        fields: dict[str, Any] = {}
        for row in FIELDS:
            array = getattr(old, row.name)
            if array is None or row.name in ("group_required", "window"):
                continue
            for size, keep_ in (("n", self.every), ("T", order)):
                if size in row.shape:
                    array = np.take(array, keep_, axis=row.shape.index(size))
                    fields[row.name] = array
            if row.kind in ("name", "skills"):
                chosen = self.every if row.room == "client" else order
                fields[row.name] = tuple(array[k] for k in chosen)
        here = slice(len(self.clients), None)
        for name in ("delivery", "pickup", "service", "setup", "release", "prize", "early_cost",
                     "late_cost", "purchase", "units"):  # fmt: skip
            fields[name][here] = 0
        for name in ("not_first", "not_last", "refill"):
            fields[name][here] = False
        fields["required"][here], fields["group"][here], fields["together"][here] = True, -1, -1
        for name in ("type_service", "preference"):
            if name in fields:
                fields[name][:, here] = 0
        last = [f"last stop of vehicle {k + 1}" for k in range(going)]
        fields["client_names"] = (*(old.called("client", c) for c in self.clients), *last)
        if "client_skills" in fields:
            fields["client_skills"] = (*fields["client_skills"][: len(self.clients)],
                                       *[()] * going)  # fmt: skip
        spans = [old.windows(c) for c in self.clients]
        spans += [np.array([[free, free]]) for _, _, _, free, _ in self.under_way]
        fields["window_first"] = np.concatenate([[0], np.cumsum([len(s) for s in spans])])
        fields["window"] = np.concatenate([np.zeros((0, 2), np.int64), *spans])
        for name in ("conflicts", "precedences"):
            pairs = [[self.new[a], self.new[z]] for a, z in getattr(old, name).tolist()
                     if a in self.new and z in self.new]  # fmt: skip
            fields[name] = np.array(pairs, np.int32).reshape(-1, 2)
        fields["fixed_vehicle"] = np.full(len(self.every), -1)
        self._fleet(fields, order, going)
        self._shipments(fields, going)
        self._groups(fields)
        made = old.replace(**fields, traffic=old.traffic)
        start, repaired = repair(made, self._start(going))
        if change_cost:
            made = keep(made, start, change_cost)
        first: Routes | None = start
        try:
            check(made, start)
        except InfeasibleSolution as error:
            first = None
            repaired.append(f"no start: {error}")
        driven = tuple(Route(route.vehicle, (tuple(done),)) for route, done, *_ in self.under_way)
        return Replanned(made, first, tuple(self.clients), driven, broken, tuple(repaired))

    def _fleet(self, fields: dict[str, Any], order: np.ndarray, going: int) -> None:
        """Vehicles under way: where and when they are free, and what is left of their limits."""
        old = self.instance
        places, hours, number = old.depot_location.tolist(), old.depot_window.tolist(), old.depots
        allowed = np.ones((len(order), len(self.every)), bool)
        if old.allowed is not None:
            allowed &= fields["allowed"]
        mine = np.zeros((len(order), going), bool)
        mine[np.arange(going), np.arange(going)] = True
        allowed[:, len(self.clients) :] = mine
        taken = np.bincount(order[:going], minlength=old.types)
        fields["vehicles"][going:] = np.maximum(0, old.vehicles - taken)
        fields["shift"][going:, 0] = np.maximum(old.shift[:, 0], self.now)
        fields["shift"][:, 1] = np.maximum(fields["shift"][:, 1], fields["shift"][:, 0])
        names = []
        for k, (route, done, rest, free, begun) in enumerate(self.under_way):
            t, at = route.vehicle, place_of(old, done[-1])
            places.append(at)
            hours.append([0, UNLIMITED])
            fields["start_depot"][k] = number + k
            fields["vehicles"][k], fields["max_trips"][k] = 1, 1
            fields["fixed_cost"][k] = 0  # spent already
            end = max(int(old.shift[t, 1]), free)
            fields["shift"][k] = free, end
            stops = [place for place, _ in stops_of(old, Route(t, (tuple(done),)))]
            stops = stops[: len(done) + 1]
            p = int(old.profile[t])
            way = sum(int(old.travel(a, z, p)) for a, z in zip(stops, stops[1:]))
            drive = sum(int(old.drive(t, a, z)) for a, z in zip(stops, stops[1:]))
            rested = sum(length for length, windows in old.breaks_of(t) if windows[-1][1] < free)
            unpaid = min(int(old.unpaid[t]), rested)
            fields["unpaid"][k] -= unpaid
            paid = max(0, free - begun - unpaid)
            for name, spent in (
                ("max_distance", way), ("max_travel_time", drive), ("max_stops", len(done)),
                ("max_duration", paid), ("regular_duration", paid),
            ):  # fmt: skip
                if fields[name][k] < UNLIMITED:
                    fields[name][k] = max(0, int(fields[name][k]) - spent)
            if fields["max_stops"][k] < UNLIMITED:
                fields["max_stops"][k] += 1  # its last stop
            fields["min_stops"][k] = max(0, int(fields["min_stops"][k]) - len(done) + 1)
            held = old.pickup[done].sum(axis=0)
            carried = (old.delivery[done] + old.pickup[done]).sum(axis=0)
            fields["min_load"][k] = np.maximum(0, fields["min_load"][k] - carried)
            fields["on_board"][k] = np.minimum(old.on_board[t] + held, old.capacity[t])
            # What a vehicle brings is on board already: nobody else's goods are.
            others = [self.new[c] for c in self.clients
                      if c not in rest and old.delivery[c].any()]  # fmt: skip
            allowed[k, others] = False
            names.append(f"{old.called('vehicle', t)} under way {k + 1}")
        for c in self.clients:
            if (fixed := int(old.fixed_vehicle[c])) >= 0:
                allowed[:, self.new[c]] &= order == fixed
        grouped = {int(old.together[c]): k for k, (_, done, *_) in enumerate(self.under_way)
                   for c in done if old.together[c] >= 0}  # fmt: skip
        for c in self.clients:
            if (g := int(old.together[c])) in grouped:
                allowed[:, self.new[c]] &= np.arange(len(order)) == grouped[g]
        for k, (_, done, *_) in enumerate(self.under_way):
            bans = [(a, z) for a, z in old.conflicts.tolist()]
            bans += [(z, a) for a, z in old.conflicts.tolist()]
            bans += [(z, a) for a, z in old.precedences.tolist()]  # a would come behind z
            for z, a in bans:
                if z in done and a in self.new:
                    allowed[k, self.new[a]] = False
        fields["reload"][:going] = False
        for name in ("reload", "end_depots", "stations"):
            more = np.zeros((len(order), going), bool)
            fields[name] = np.concatenate([fields[name], more], axis=1)
        fields["depot_location"], fields["depot_window"] = places, np.array(hours)
        fields["allowed"] = None if allowed.all() else allowed
        rest = [old.called("vehicle", t) for t in range(old.types)]
        fields["vehicle_names"] = (*names, *rest)
        breaks = []
        for k, t in enumerate(order.tolist()):
            begun = self.under_way[k][3] if k < going else 0
            later = [b for b in old.breaks_of(t) if k >= going or b[1][-1][1] >= begun]
            breaks += [(k, m, length, *w) for m, (length, windows) in enumerate(later)
                       for w in windows if w[1] >= begun]  # fmt: skip
        fields["breaks"] = np.array(breaks, np.int64).reshape(-1, 5)

    def _groups(self, fields: dict[str, Any]) -> None:
        """Groups of which one is served want no other; quotas count what is driven."""
        old = self.instance
        driven = [c for c in range(old.clients) if c not in self.new]
        happy = {int(old.group[c]) for c in driven if old.group[c] >= 0}
        wanted = old.group_required.copy()
        wanted[list(happy)] = False
        fields["group_required"] = wanted
        out = [self.new[c] for c in self.clients if int(old.group[c]) in happy]
        if out:
            if fields["allowed"] is None:
                types = len(fields["vehicles"])
                fields["allowed"] = np.ones((types, len(self.every)), bool)
            fields["allowed"][:, out] = False
        fields["min_clients"] = max(0, old.min_clients - len(driven))
        fields["min_prize"] = max(0, old.min_prize - int(old.prize[driven].sum()))

    def _shipments(self, fields: dict[str, Any], going: int) -> None:
        """Shipments picked up are goods on board, which only their vehicle can bring."""
        old = self.instance
        pairs, loads = [], []
        for (p, d), load in zip(old.shipments.tolist(), old.shipment_load):
            if p in self.new and d in self.new:
                pairs.append([self.new[p], self.new[d]])
                loads.append(load)
            elif d in self.new:
                k = next(k for k, (_, done, *_) in enumerate(self.under_way) if p in done)
                fields["delivery"][self.new[d]] += load
                may = np.zeros(len(fields["vehicles"]), bool)
                may[k] = True
                if fields["allowed"] is None:
                    fields["allowed"] = np.ones((len(may), len(self.every)), bool)
                fields["allowed"][:, self.new[d]] = may
        fields["shipments"] = np.array(pairs, np.int32).reshape(-1, 2)
        fields["shipment_load"] = np.array(loads, np.int64).reshape(-1, old.dimensions)

    def _start(self, going: int) -> Routes:
        """The rest of the plan in the new numbers."""
        routes = [
            Route(k, ((len(self.clients) + k, *(self.new[c] for c in rest)),))
            for k, (_, _, rest, *_) in enumerate(self.under_way)
        ]
        for route in self.idle:
            trips = tuple(tuple(self.new[c] for c in trip) for trip in route.trips)
            routes.append(replace(route, vehicle=going + route.vehicle, trips=trips,
                                  times=(), rests=()))  # fmt: skip
        return Routes(tuple(routes))
