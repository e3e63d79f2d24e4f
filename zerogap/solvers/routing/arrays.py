"""Between instances, solutions and the flat arrays of the kernels."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing import FORBIDDEN, UNLIMITED, Route, Routes, Routing
from zerogap.models.routing.fields import OBJECTIVES, kernel_arrays

ARC = 1 << 28  # what kernels take for a forbidden arc; finite entries must stay below
DENSE = 4000  # nodes up to which the kernels keep a dense matrix


def arrays(instance: Routing) -> dict[str, Any]:
    """Everything a kernel needs, by the names of its C++ fields."""
    n, k = instance.clients, instance.dimensions
    depots = instance.depot_location
    places = np.concatenate([instance.client_location, depots])
    travel = _travel(instance, places)
    nowhere = n + instance.depots
    pickups = instance.pickup.any()
    shipments = len(instance.shipments) > 0
    mixed = bool(pickups and instance.backhaul == "mixed") or shipments
    trips = bool((instance.max_trips > 1).any())
    durations = bool((instance.max_duration < UNLIMITED).any() or instance.duration_cost.any())
    related = len(instance.conflicts) > 0 or len(instance.precedences) > 0
    last = instance.window[:, 1]
    windows = bool((instance.window[:, 0] > 0).any() or (last < UNLIMITED).any())
    depot_hours = bool(
        (instance.depot_window[:, 0] > 0).any() or (instance.depot_window[:, 1] < UNLIMITED).any()
    )
    shifts = bool((instance.shift[:, 0] > 0).any() or (instance.shift[:, 1] < UNLIMITED).any())
    released = bool(instance.release.any())
    timed = windows or depot_hours or shifts or released
    hours = _times(instance, places, travel)
    fleet = _fleet(instance, hours.pop("drive", None))
    sums, capacity = additive(instance)
    partner, end_of = np.full(n, -1), np.zeros(n, np.int8)
    shipped = np.zeros((n, k), np.int64)
    if shipments:
        p, d = instance.shipments.T
        partner[p], partner[d] = d, p
        end_of[p], end_of[d] = 1, -1
        shipped[p] = shipped[d] = instance.shipment_load
    relation_first, relation = _relations(instance)
    return (
        kernel_arrays(instance)
        | {
            "n": n,
            "depots": instance.depots,
            "types": instance.types,
            "profiles": instance.profiles,
            "dims": k,
            "sums": sums.shape[1],
            "groups": len(instance.group_required),
            "objective": OBJECTIVES.index(instance.objective),
            "x": np.append(instance.x[places], 0.0),
            "y": np.append(instance.y[places], 0.0),
            "scale": instance.scale,
            "offset": instance.offset,
            "sum": sums,
            "partner": partner,
            "end_of": end_of,
            "shipment_load": shipped,
            "relation_first": relation_first,
            "relation": relation,
            "sum_capacity": capacity,
            # Every used vehicle takes all its breaks: unpaid time is a constant of its routes.
            "fixed": instance.fixed_cost - instance.duration_cost * instance.unpaid,
            "max_duration": np.array([instance.longest_away(t)[0] for t in range(instance.types)]),
            "start_row": n + instance.start_depot,
            "preference": rewards(instance),
            "end_row": np.where(instance.end_depot < 0, nowhere, n + instance.end_depot),
            "min_clients": instance.min_clients,
            "min_prize": instance.min_prize,
            "fairness": instance.fairness,
            "backhaul_last": instance.backhaul == "last",
            "timed": timed,
            "full": trips or durations or mixed or shipments or related or released or bool(fleet),
            "fleet": fleet,
            "trips": trips,
            "durations": durations,
            "profile_loads": mixed,
            "shipments": shipments,
            "related": related,
            "multi_window": len(instance.window) > n,
        }
        | travel
        | hours
    )


def rewards(instance: Routing) -> np.ndarray | None:
    """Reward of serving a client with a type: the preference without the price of its purchase."""
    if not instance.purchase.any():
        return instance.preference
    zero = np.zeros((instance.types, instance.clients), np.int64)
    return (zero if instance.preference is None else instance.preference) - instance.purchase


def additive(instance: Routing) -> tuple[np.ndarray, np.ndarray]:
    """Resources that just add up along a trip: amounts (n, R) and limits (T, R).

    Loads delivered; loads picked up, which must fit by themselves (in a mixed route more is
    checked); and stops, where a route may not have as many as there are clients (of a route with
    several trips all stops are counted, by its full evaluation).
    """
    amounts, limits = [instance.delivery], [instance.capacity]
    if instance.pickup.any():
        amounts.append(instance.pickup)
        limits.append(instance.capacity)
    if "stops limit" in instance.features():
        amounts.append(np.ones((instance.clients, 1), np.int64))
        limits.append(instance.max_stops[:, None])
    return np.hstack(amounts), np.hstack(limits)


def _relations(instance: Routing) -> tuple[np.ndarray, np.ndarray]:
    """Conflicts (0), ``other comes after me`` (1) and ``other comes before me`` (2), by client."""
    rows = [(int(a), int(b), 0) for a, b in instance.conflicts]
    rows += [(int(b), int(a), 0) for a, b in instance.conflicts]
    rows += [(int(a), int(b), 1) for a, b in instance.precedences]
    rows += [(int(b), int(a), 2) for a, b in instance.precedences]
    rows.sort()
    first = np.searchsorted([r[0] for r in rows], np.arange(instance.clients + 1))
    return first.astype(np.int64), np.array([(b << 2) | kind for _, b, kind in rows], np.int32)


def _fleet(instance: Routing, drive: np.ndarray | None) -> dict[str, Any]:
    """What only `fleet.hpp` knows; empty, and free, where an instance uses none of it."""
    held: dict[str, Any] = {}
    used = instance.features()
    if "first and last" in used and (instance.max_trips > 1).any():
        held |= {"not_first": instance.not_first, "not_last": instance.not_last}
    if "smallest routes" in used:
        held |= {"min_stops": instance.min_stops, "min_load": instance.min_load}
    if "travel time limit" in used:
        held |= {"max_travel_time": instance.max_travel_time, "drive": drive}
    if instance.on_board.any():
        held["on_board"] = instance.on_board
    if instance.decides_times():
        held |= {"timing": True, "drive": drive} | _hours(instance)
    if "same vehicle" in used:
        others: list[list[int]] = [[] for _ in range(instance.clients)]
        for g in np.unique(instance.together[instance.together >= 0]):
            members = np.flatnonzero(instance.together == g).tolist()
            for a in members:
                others[a] = [b for b in members if b != a]
        counts = np.cumsum([0, *map(len, others)])
        held |= {"together_first": counts, "together": [b for row in others for b in row]}
    return held


def _hours(instance: Routing) -> dict[str, Any]:
    """What decides times; travel by period stands in the order of the kernels' rows."""
    types = range(instance.types)
    held: dict[str, Any] = {"service": np.array([instance.service_of(t) for t in types])}
    if instance.early_cost.any() or instance.late_cost.any():
        held |= {"soft": instance.soft_window.ravel(), "early_cost": instance.early_cost}
        held["late_cost"] = instance.late_cost
    if instance.overtime_cost.any():
        regular = [instance.longest_away(t)[1] for t in types]
        held |= {"regular": regular, "overtime_cost": instance.overtime_cost}
    if len(instance.breaks):
        rests = [instance.breaks_of(t) for t in types]
        flat = [rest for row in rests for rest in row]
        if instance.breaks_on_road.any():
            held["on_road"] = instance.breaks_on_road
        held["break_first"] = np.cumsum([0, *map(len, rests)])
        held["break_length"] = [length for length, _ in flat]
        held["break_window_first"] = np.cumsum([0, *(len(w) for _, w in flat)])
        held["break_window"] = np.array([w for _, spans in flat for w in spans]).ravel()
    if instance.traffic is not None:
        places = np.concatenate([instance.client_location, instance.depot_location])
        m = len(places) + 1
        pace = np.zeros((len(instance.period), instance.types, m, m), np.int64)
        for t in types:
            raw = instance.traffic[:, int(instance.profile[t]), places[:, None], places]
            pace[:, t, :-1, :-1] = -(-1000 * raw // int(instance.speed[t]))
        pace[pace >= ARC] = 0  # arcs that may not be driven
        held |= {"periods": len(instance.period), "period": instance.period, "traffic": pace}
        held["tables"] = instance.traffic_by == "departure"
    return {k: v if k in ("periods", "tables") else np.ravel(v) for k, v in held.items()}


def by_type(instance: Routing) -> bool:
    """Whether times differ in more than the profile: kernels then get a profile a vehicle type."""
    return bool(
        instance.setup.any()
        or (instance.speed != 1000).any()
        or instance.type_service is not None
        or (instance.max_travel_time < UNLIMITED).any()
        or instance.decides_times()
    )


def _times(instance: Routing, places: np.ndarray, travel: dict[str, Any]) -> dict[str, Any]:
    """What one type's service, setup and speed are to kernels: parts of the time of an arc.

    The arc from i to j takes the service at i, the drive, and the setup at j. A route ends at its
    last client's departure, so that arcs to the nowhere of open routes take the service too.
    """
    if not by_type(instance):
        return {}
    n, m, types = instance.clients, len(places) + 1, instance.types
    if m > DENSE:
        raise InstanceError(
            f"speeds, setups and service by vehicle need dense matrices, at most {DENSE} nodes",
            field="clients",
        )
    every = np.arange(n)
    time = np.zeros((types, m, m), np.int64)
    told = (instance.max_travel_time < UNLIMITED).any() or instance.decides_times()
    drive = np.zeros_like(time) if told else None
    for t in range(types):
        time[t, :-1, :-1] = instance.drive(t, places[:, None], places)
        if drive is not None:
            drive[t] = np.where(time[t] >= FORBIDDEN, 0, time[t])
        time[t, :-1, :n] += instance.setup_from(t, places[:, None], every[None, :])
        time[t, :n, :] += instance.service_of(t)[:, None]
    closed = travel["dist"][instance.profile] >= ARC
    time[closed | (time >= FORBIDDEN)] = 0
    if time.max() >= ARC:
        raise InstanceError(
            f"a service and drive of {time.max()}; use units in which they stay below {ARC}",
            field="duration",
        )
    return {
        "profiles": types,
        "profile": np.arange(types, dtype=np.int32),
        "service": np.zeros(n, np.int64),
        "dist": np.ascontiguousarray(travel["dist"][instance.profile]),
        "dist_back": np.ascontiguousarray(travel["dist_back"][instance.profile]),
        "time": np.ascontiguousarray(time, np.int32),
        "drive": None if drive is None else np.ascontiguousarray(drive, np.int32),
    }


def _travel(instance: Routing, places: np.ndarray) -> dict[str, Any]:
    """Matrices in node order with a last row and column of zeros for the nowhere of open routes."""
    m = len(places) + 1
    backhauls = instance.backhaul == "last" and instance.pickup.any()
    if instance.distance is None and m > DENSE:
        for feature in ("backhauls last", "first and last"):
            if feature in instance.features():
                raise InstanceError(f"{feature}: needs a dense matrix, at most {DENSE} nodes")
        wide, high = (float(np.ptp(axis[places])) for axis in (instance.x, instance.y))
        longest = instance.scale * float(np.hypot(wide, high)) + 1
        if longest >= ARC:
            raise InstanceError(
                f"distances up to {longest:.3g}; use units in which they stay below {ARC}",
                field="x",
            )
        return {"dist": None, "dist_back": None, "time": None}
    dist = np.zeros((instance.profiles, m, m), np.int64)
    time = None if instance.duration is None else np.zeros_like(dist)
    for p in range(instance.profiles):
        dist[p, :-1, :-1] = instance.matrix(p)[np.ix_(places, places)]
        if time is not None:
            time[p, :-1, :-1] = instance.time_matrix(p)[np.ix_(places, places)]
    closed = dist >= FORBIDDEN
    if time is not None:
        closed |= time >= FORBIDDEN
        time[closed] = 0
    original = np.where(closed, 0, dist)
    for field, matrix in (("distance", original), ("duration", time)):
        if matrix is not None and matrix.max() >= ARC:
            raise InstanceError(
                f"an entry is {matrix.max()}; use units in which it stays below {ARC}", field=field
            )
    dist = np.where(closed, ARC, dist)
    if backhauls:
        if time is None:
            time = original.copy()
        n = instance.clients
        # By arcs alone: no delivery behind a pickup, and a pickup only behind a delivery. What
        # has neither may stand anywhere; the kernels put it before the pickups and a delivery.
        delivers, picks = instance.delivery.any(axis=1), instance.pickup.any(axis=1)
        early = np.flatnonzero(delivers | ~picks)
        only = np.flatnonzero(picks & ~delivers)
        dist[:, n : n + instance.depots, only] = ARC
        dist[:, np.flatnonzero(picks)[:, None], early[None, :]] = ARC
        dist[:, np.flatnonzero(~delivers & ~picks)[:, None], only[None, :]] = ARC
    elif closed.any() and time is None:
        time = original
    if not (instance.max_trips > 1).any() and (instance.not_first.any() or instance.not_last.any()):
        # Without trips the arcs from and to depots (or nowhere) are a route's first and last.
        if time is None:
            time = original.copy()
        n = instance.clients
        dist[:, n : n + instance.depots, np.flatnonzero(instance.not_first)] = ARC
        dist[:, np.flatnonzero(instance.not_last), n:] = ARC
    back = np.ascontiguousarray(dist.transpose(0, 2, 1), np.int32)
    return {
        "dist": np.ascontiguousarray(dist, np.int32),
        "dist_back": back,
        "time": None if time is None else np.ascontiguousarray(time, np.int32),
    }


def solution(best) -> Routes:
    """Routes from a kernel's flat arrays."""
    first, stops, types = best
    routes = []
    for r, vehicle in enumerate(types):
        trips: list[list[int]] = [[]]
        reloads: list[int] = []
        for stop in stops[first[r] : first[r + 1]]:
            if stop < 0:
                reloads.append(-1 - int(stop))
                trips.append([])
            else:
                trips[-1].append(int(stop))
        routes.append(Route(int(vehicle), tuple(tuple(t) for t in trips), tuple(reloads)))
    return Routes(tuple(routes))


def flat(routes: Routes) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A kernel's flat arrays from routes; the inverse of `solution`."""
    first, stops, types = [0], [], []
    for route in routes:
        for i, trip in enumerate(route.trips):
            if i:
                stops.append(-1 - route.reloads[i - 1])
            stops += trip
        first.append(len(stops))
        types.append(route.vehicle)
    return np.array(first, np.int32), np.array(stops, np.int32), np.array(types, np.int32)
