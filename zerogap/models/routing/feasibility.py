"""What makes an instance infeasible by itself, said by name before any search.

Every reason is a proof for all instances: it uses shortest paths where the direct way need not be
the best one (one-way streets, matrices of real road networks), and nothing that another client on
the route could change. More constraints only make it truer.
"""

from __future__ import annotations

import numpy as np

from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing

#: Locations up to which shortest paths are computed; beyond, the tests that need them are left out.
LARGE = 20_000


def obstacles(instance: Routing, limit: int = 10) -> list[str]:
    """Reasons why no solution exists: clients that no vehicle can serve on any route, and fleets
    whose capacity is less than the demand. An empty list proves nothing.
    """
    found: list[str] = []
    if (most := min(int(instance.vehicles.sum()), instance.clients)) < instance.min_vehicles:
        what = f"{instance.clients} clients" if most == instance.clients else f"{most} vehicles"
        found.append(f"{instance.min_vehicles} vehicles must be used, there are {what}")
    if (units := int(instance.units.sum())) < instance.min_units:
        found.append(f"the clients have {units} units, at least {instance.min_units} are wanted")
    partner: dict[int, int] = {}
    for s, (p, d) in enumerate(instance.shipments):
        partner[int(p)] = partner[int(d)] = s
    ways = _Ways(instance)
    quick = _quick(instance)
    for c in np.flatnonzero(instance.required & ~quick):
        if (reason := _unservable(instance, int(c), partner, ways)) is not None:
            found.append(reason)
            if len(found) >= limit:
                return found
    for g in np.flatnonzero(instance.group_required):
        members = np.flatnonzero(instance.group == g)
        if not len(members):
            found.append(f"group {g} is required and has no member")
        elif not quick[members].any() and all(
            _unservable(instance, int(c), partner, ways) is not None for c in members
        ):
            found.append(f"group {g}: no vehicle can serve any of its clients")
    found += _fleet(instance)
    return found[:limit]


def _quick(instance: Routing) -> np.ndarray:
    """Clients that the first vehicle type can surely serve alone (vectorised; the usual case)."""
    t, depot = 0, instance.start_depot[0]
    home = instance.depot_location[depot]
    p = instance.profile[t]
    fits = (instance.delivery <= instance.capacity[t]).all(axis=1)
    fits &= (instance.pickup <= instance.capacity[t]).all(axis=1)
    out = instance.travel(home, instance.client_location, p)
    time = instance.drive(t, home, instance.client_location) + instance.setup
    service = instance.service_of(t)
    back, late = np.zeros_like(out), np.zeros_like(out)
    if instance.end_depot[t] >= 0:
        end = instance.depot_location[instance.end_depot[t]]
        back = instance.travel(instance.client_location, end, p)
        late = instance.drive(t, instance.client_location, end)
    fits &= (out < FORBIDDEN) & (back < FORBIDDEN) & (time < FORBIDDEN) & (late < FORBIDDEN)
    fits &= out + back <= min(instance.max_distance[t], instance.energy[t])
    first = instance.window[instance.window_first[:-1]]
    begin = np.maximum(instance.release, max(instance.shift[t, 0], instance.depot_window[depot, 0]))
    arrive = np.maximum(begin + time, first[:, 0])
    fits &= arrive <= first[:, 1]
    close = instance.shift[t, 1]
    if instance.end_depot[t] >= 0:
        close = min(close, instance.depot_window[instance.end_depot[t], 1])
    fits &= arrive + service + late <= close
    fits &= begin <= instance.depot_window[depot, 1]
    fits &= time + service + late <= instance.max_duration[t]
    if (instance.max_duration[t] < UNLIMITED) and instance.depot_window[depot, 1] < UNLIMITED:
        fits[:] = False
    if instance.allowed is not None:
        fits &= instance.allowed[t]
    if instance.backhaul == "last":
        fits &= instance.delivery.any(axis=1) | ~instance.pickup.any(axis=1)
    fits[instance.shipments.ravel()] = False
    return fits & (instance.vehicles[t] > 0)


class _Ways:
    """Shortest distances and driving times from a location, or to one; computed when asked for.

    What a vehicle drives between two of its stops is never less, whatever it serves in between:
    service and waiting only add time.
    """

    def __init__(self, instance: Routing):
        self.instance = instance
        self.known: dict[tuple[str, int, int, bool], np.ndarray] = {}

    def __call__(self, kind: str, place: int, profile: int, back: bool = False) -> np.ndarray:
        """Shortest ``distance`` or ``time`` from `place` to all locations (`back`: to it)."""
        key = (kind, place, profile, back)
        if key not in self.known:
            self.known[key] = self._dijkstra(*key)
        return self.known[key]

    def _dijkstra(self, kind: str, place: int, profile: int, back: bool) -> np.ndarray:
        instance = self.instance
        every = np.arange(instance.locations)
        if instance.locations > LARGE:
            return np.zeros(instance.locations, np.int64)  # no less than nothing: always valid

        def arcs(v: int) -> np.ndarray:
            a, b = (every, v) if back else (v, every)
            distance = instance.travel(a, b, profile)
            time = instance.travel_time(a, b, profile)
            length = distance if kind == "distance" else time
            return np.where((distance < FORBIDDEN) & (time < FORBIDDEN), length, UNLIMITED)

        best = np.full(instance.locations, UNLIMITED, np.int64)
        best[place] = 0
        waiting = np.ones(instance.locations, bool)
        for _ in range(instance.locations):
            v = int(np.where(waiting, best, UNLIMITED).argmin())
            if not waiting[v] or best[v] >= UNLIMITED:
                break
            waiting[v] = False
            best = np.minimum(best, np.minimum(best[v] + arcs(v), UNLIMITED))
        return best


def _unservable(instance: Routing, c: int, partner: dict[int, int], ways: _Ways) -> str | None:
    """Why no vehicle can serve client c on any route; None where that is not proven."""
    reasons: dict[str, str] = {}
    for t in np.flatnonzero(instance.vehicles > 0).tolist():
        reason = _refused(instance, c, t, partner, ways)
        if reason is None:
            return None
        reasons.setdefault(*reason)
    what = f"{instance.client(c)}"
    if not reasons:
        return f"there is no vehicle for {what}"
    if "capacity" in reasons and len(reasons) == 1:
        return f"{what} is heavier than every vehicle: {reasons['capacity']}"
    if "permission" in reasons and len(reasons) == 1:
        wanted = instance.client_skills[c] if instance.client_skills is not None else ()
        skills = f" (it needs the skill {', '.join(wanted)})" if wanted else ""
        return f"{what} is forbidden to all vehicles{skills}"
    if "time" in reasons and len(reasons) == 1:
        return f"the window of {what} cannot be met: {reasons['time']}"
    return f"no vehicle can serve {what}: {'; '.join(sorted(set(reasons.values())))}"


def _refused(
    instance: Routing, c: int, t: int, partner: dict[int, int], ways: _Ways
) -> tuple[str, str] | None:
    """(constraint, reason) why type t can serve client c on no route; None if not proven."""
    if instance.allowed is not None and not instance.allowed[t, c]:
        return (
            "permission",
            f"{instance.client(c)} may not be served by {instance.vehicle(t)}"
            f"{instance.why_not(t, c)}",
        )
    # The load at the trip's start holds this delivery, that behind the client its pickup and what
    # of a shipment is on board at one of the two ends; the others' loads are never negative.
    load = np.maximum(instance.delivery[c], instance.pickup[c])
    if c in partner:
        load = np.maximum(load, instance.shipment_load[partner[c]])
    for k in np.flatnonzero(load > instance.capacity[t]):
        return "capacity", f"load {load[k]}, capacity {instance.capacity[t, k]}"
    if (
        instance.backhaul == "last"
        and instance.pickup[c].any()
        and not _delivers(instance, t).any()
    ):
        return "backhauls last", "no delivery can come before its pickup"
    return _path(instance, c, t, ways)


def _delivers(instance: Routing, t: int) -> np.ndarray:
    delivers = instance.delivery.any(axis=1)
    return np.asarray(
        delivers if instance.allowed is None else delivers & instance.allowed[t], dtype=bool
    )


def _path(instance: Routing, c: int, t: int, ways: _Ways) -> tuple[str, str] | None:
    """Ways from the start over client c to the end: arcs, distance, windows, duration."""
    place, p = int(instance.client_location[c]), int(instance.profile[t])
    depot, end = int(instance.start_depot[t]), int(instance.end_depot[t])
    start = int(instance.depot_location[depot])
    out = int(ways("distance", start, p)[place])
    there = _driven(instance, t, int(ways("time", start, p)[place]))
    home = late = 0
    if end >= 0:
        goals = [int(instance.depot_location[d]) for d in instance.ends(t)]
        home = min(int(ways("distance", goal, p, back=True)[place]) for goal in goals)
        late = min(int(ways("time", goal, p, back=True)[place]) for goal in goals)
        late = _driven(instance, t, late)
    if max(out, home) >= UNLIMITED:
        return "arc", f"no way leads over location {place} that may be driven"
    if instance.energy[t] < UNLIMITED:
        charged = _charged(instance, t)
        there_and_on = min(int(ways("distance", q, p)[place]) for q in {start, *charged})
        if end >= 0 and not instance.refill[c]:
            there_and_on += min(
                int(ways("distance", q, p, back=True)[place]) for q in {*goals, *charged}
            )
        if there_and_on > instance.energy[t]:
            return "energy", (
                f"{instance.client(c)} is {there_and_on} away between two refills, the energy is "
                f"for {instance.energy[t]}"
            )
    if out + home > instance.max_distance[t]:
        return "distance", f"distance {out + home}, at most {instance.max_distance[t]}"
    service = int(instance.service_of(t)[c])
    if there + late > instance.max_travel_time[t]:
        return "travel time", f"drives for {there + late}, at most {instance.max_travel_time[t]}"
    if there + service + late > instance.max_duration[t]:
        return "duration", f"duration {there + service + late}, at most {instance.max_duration[t]}"
    begin = max(int(instance.shift[t, 0]), int(instance.depot_window[depot, 0]))
    # Its trip leaves the depot it begins at, the start or one of reloading, after its release.
    sources = {start} | {
        int(instance.depot_location[d]) for d in np.flatnonzero(instance.reload[t])
    }
    trip = min(_driven(instance, t, int(ways("time", d, p)[place])) for d in sources)
    arrive = max(begin + there, int(instance.release[c]) + trip)
    windows = instance.windows(c)
    open_ = windows[windows[:, 1] >= arrive]
    if not len(open_):
        return "time", f"arrives at {arrive} at the earliest, it closes at {windows[-1, 1]}"
    back = max(arrive, int(open_[0, 0])) + service + late
    close = int(instance.shift[t, 1])
    if end >= 0:
        close = min(close, max(int(instance.depot_window[d, 1]) for d in instance.ends(t)))
    if back > close:
        return "time", f"returns at {back} at the earliest, {close} is the latest"
    return None


def _driven(instance: Routing, t: int, time: int) -> int:
    """A shortest time at the type's speed: each leg is rounded up, so their sum is no less."""
    return time if time >= FORBIDDEN else -(-1000 * time // int(instance.speed[t]))


def _charged(instance: Routing, t: int) -> set[int]:
    """Locations where a vehicle may refill on its way."""
    stations = {int(instance.depot_location[d]) for d in np.flatnonzero(instance.stations[t])}
    return stations | {int(instance.client_location[c]) for c in np.flatnonzero(instance.refill)}


def _fleet(instance: Routing) -> list[str]:
    """Total demand against total capacity, where trips are bounded.

    A trip starts with all its deliveries on board and ends with all its pickups.
    """
    found = []
    trips = np.minimum(instance.max_trips, instance.clients)
    for k in range(instance.dimensions):
        capacity = sum(
            int(c) * int(v) * int(w)
            for c, v, w in zip(instance.capacity[:, k], instance.vehicles, trips)
        )
        for name, loads in (("deliveries", instance.delivery), ("pickups", instance.pickup)):
            demand = int(loads[instance.required, k].sum())
            if demand > capacity:
                found.append(
                    f"the {name} amount to {demand}, all vehicles together hold {capacity}"
                )
    return found
