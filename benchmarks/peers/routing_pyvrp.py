"""Peer: PyVRP, on the same integers as ours (dense matrices, profiles by forbidding arcs)."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.routing import FORBIDDEN, UNLIMITED, Route, Routes, Routing
from zerogap.solvers.routing.trips import independent, join, loosened

#: What the result line names the versions of.
PACKAGES = ("pyvrp",)

_FAR = 1 << 44  # what PyVRP takes as a distance that nobody drives


def _cap(value) -> int:
    return int(value) if value < UNLIMITED else int(np.iinfo(np.int64).max)


def _matrices(instance: Routing):
    """One (distance, duration) pair for every different combination a vehicle type needs.

    PyVRP knows no preferences: a type's reward for a client goes onto the arcs into it, shifted by
    the largest reward of any so that no arc is negative (every client is entered once, so the
    shift is a constant).
    """
    places = np.concatenate([instance.depot_location, instance.client_location])
    d = instance.depots
    kinds: dict[bytes, int] = {}
    distances, durations, profile = [], [], []
    top = 0 if instance.preference is None else int(instance.preference.max())
    for t in range(instance.types):
        p = int(instance.profile[t])
        distance = instance.matrix(p)[np.ix_(places, places)].copy()
        duration = instance.time_matrix(p)[np.ix_(places, places)].copy()
        closed = (distance >= FORBIDDEN) | (duration >= FORBIDDEN)
        if instance.preference is not None:
            distance[:, d:] += (top - instance.preference[t])[None, :]
        if instance.allowed is not None:
            ban = np.concatenate([np.zeros(d, bool), ~instance.allowed[t]])
            closed |= ban[:, None] | ban[None, :]
        if instance.backhaul == "last":
            line = np.flatnonzero(instance.delivery.any(axis=1)) + d
            back = np.flatnonzero(instance.pickup.any(axis=1)) + d
            closed[:d, back] = True
            closed[np.ix_(back, line)] = True
        distance[closed], duration[closed] = _FAR, min(_FAR, int(duration.max()))
        np.fill_diagonal(distance, 0)
        np.fill_diagonal(duration, 0)
        key = distance.tobytes() + duration.tobytes()
        if key not in kinds:
            kinds[key] = len(kinds)
            distances.append(distance)
            durations.append(duration)
        profile.append(kinds[key])
    return distances, durations, profile


def build(instance: Routing) -> Any:
    """PyVRP's data of an instance."""
    import pyvrp

    if instance.objective != "cost" or instance.fairness or instance.min_clients:
        raise ValueError("PyVRP has no such objective")
    if len(instance.window) > instance.clients or len(instance.shipments):
        raise ValueError("not adapted: several windows, shipments")
    distances, durations, profile = _matrices(instance)
    d = instance.depots
    place = np.concatenate([instance.depot_location, instance.client_location])
    groups = [
        pyvrp.ClientGroup(np.flatnonzero(instance.group == g).tolist(), required=bool(r))
        for g, r in enumerate(instance.group_required)
    ]
    clients = [
        pyvrp.Client(
            location=d + c,
            delivery=instance.delivery[c].tolist(),
            pickup=instance.pickup[c].tolist(),
            service_duration=int(instance.service[c]),
            tw_early=int(instance.window[c, 0]),
            tw_late=_cap(instance.window[c, 1]),
            release_time=int(instance.release[c]),
            prize=int(instance.prize[c]),
            required=bool(instance.required[c]),
            group=int(instance.group[c]) if instance.group[c] >= 0 else None,
        )
        for c in range(instance.clients)
    ]
    types = [
        pyvrp.VehicleType(
            num_available=int(min(instance.vehicles[t], instance.clients)),
            capacity=[_cap(q) for q in instance.capacity[t]],
            start_depot=int(instance.start_depot[t]),
            end_depot=int(instance.end_depot[t]),
            fixed_cost=int(instance.fixed_cost[t]),
            tw_early=int(instance.shift[t, 0]),
            tw_late=_cap(instance.shift[t, 1]),
            shift_duration=_cap(instance.max_duration[t]),
            max_distance=_cap(instance.max_distance[t]),
            unit_distance_cost=int(instance.distance_cost[t]),
            unit_duration_cost=int(instance.duration_cost[t]),
            profile=profile[t],
            reload_depots=np.flatnonzero(instance.reload[t]).tolist()
            if instance.max_trips[t] > 1
            else [],
            max_reloads=int(min(instance.max_trips[t] - 1, instance.clients)),
        )
        for t in range(instance.types)
    ]
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(x=float(instance.x[p]), y=float(instance.y[p])) for p in place],
        clients=clients,
        depots=[
            pyvrp.Depot(
                location=i,
                tw_early=int(instance.depot_window[i, 0]),
                tw_late=_cap(instance.depot_window[i, 1]),
            )
            for i in range(d)
        ],
        vehicle_types=types,
        distance_matrices=distances,
        duration_matrices=durations,
        groups=groups,
    )


def solve(
    instance: Routing, time_limit: float, threads: int = 1, seed: int = 0, reload: bool = False
) -> dict:
    """Run PyVRP (one thread) for `time_limit` seconds.

    Trips that do not know of each other are vehicles of their own, as many as there are clients, a
    model on which PyVRP is stronger by per cents than with reloads; `reload` asks for those.
    """
    if independent(instance) and not reload:
        found = solve(loosened(instance), time_limit, threads, seed, reload=True)
        plan = found.get("solution")
        return found if plan is None else found | {"solution": join(instance, plan)}
    import pyvrp
    from pyvrp.stop import MaxRuntime

    data = build(instance)
    result = pyvrp.solve(data, MaxRuntime(time_limit), seed=seed, display=False)
    if not result.is_feasible():
        return {"status": "unknown", "objective": None, "bound": None}
    routes = []
    for route in result.best.routes():
        trips: list[list[int]] = [[]]
        reloads = []
        for activity in list(route)[1:-1]:
            if activity.is_depot():
                reloads.append(activity.idx)
                trips.append([])
            else:
                trips[-1].append(activity.idx)
        keep = [i for i, trip in enumerate(trips) if trip]
        if keep:
            routes.append(
                Route(
                    route.vehicle_type(),
                    tuple(tuple(trips[i]) for i in keep),
                    tuple(reloads[i - 1] for i in keep[1:]),
                )
            )
    return {"objective": None, "status": "feasible", "solution": Routes(tuple(routes))}
