"""What makes an instance infeasible by itself, said by name before any search."""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.routing.check import check_route
from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing
from zerogap.models.routing.solution import Route


def obstacles(instance: Routing, limit: int = 10) -> list[str]:
    """Reasons why no solution exists: clients that no vehicle can serve even alone, and fleets
    whose capacity is less than the demand. An empty list proves nothing.
    """
    found: list[str] = []
    partner = {int(p): int(d) for p, d in instance.shipments}
    deliveries = set(partner.values())
    required = instance.required.copy()
    quick = _quick(instance)
    for c in np.flatnonzero(required & ~quick):
        if c in deliveries:
            continue
        if (reason := _unservable(instance, int(c), partner)) is not None:
            found.append(reason)
            if len(found) >= limit:
                return found
    for g in np.flatnonzero(instance.group_required):
        members = np.flatnonzero(instance.group == g)
        if not len(members):
            found.append(f"group {g} is required and has no member")
        elif not quick[members].any() and all(
            _unservable(instance, int(c), partner) is not None for c in members
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
    time = instance.travel_time(home, instance.client_location, p)
    back, late = np.zeros_like(out), np.zeros_like(out)
    if instance.end_depot[t] >= 0:
        end = instance.depot_location[instance.end_depot[t]]
        back = instance.travel(instance.client_location, end, p)
        late = instance.travel_time(instance.client_location, end, p)
    fits &= (out < FORBIDDEN) & (back < FORBIDDEN) & (time < FORBIDDEN) & (late < FORBIDDEN)
    fits &= out + back <= instance.max_distance[t]
    first = instance.window[instance.window_first[:-1]]
    begin = np.maximum(instance.release, max(instance.shift[t, 0], instance.depot_window[depot, 0]))
    arrive = np.maximum(begin + time, first[:, 0])
    fits &= arrive <= first[:, 1]
    close = instance.shift[t, 1]
    if instance.end_depot[t] >= 0:
        close = min(close, instance.depot_window[instance.end_depot[t], 1])
    fits &= arrive + instance.service + late <= close
    fits &= begin <= instance.depot_window[depot, 1]
    fits &= time + instance.service + late <= instance.max_duration[t]
    if (instance.max_duration[t] < UNLIMITED) and instance.depot_window[depot, 1] < UNLIMITED:
        fits[:] = False
    if instance.allowed is not None:
        fits &= instance.allowed[t]
    if instance.backhaul == "last":
        fits &= instance.delivery.any(axis=1)
    fits[instance.shipments.ravel()] = False
    return fits & (instance.vehicles[t] > 0)


def _unservable(instance: Routing, c: int, partner: dict[int, int]) -> str | None:
    """Why no vehicle can serve client c alone (with its delivery, if it begins a shipment)."""
    trip = (c, partner[c]) if c in partner else (c,)
    what = f"client {c + 1}" if len(trip) == 1 else f"clients {c + 1} and {trip[1] + 1}"
    reasons: dict[str, str] = {}
    if instance.backhaul == "last" and not instance.delivery[c].any():
        return None  # never alone: it needs a delivery before it
    for t in np.flatnonzero(instance.vehicles > 0):
        try:
            check_route(instance, Route(int(t), (trip,)))
            return None
        except InfeasibleSolution as error:
            reasons.setdefault(error.constraint or "", error.message.removeprefix("route 1: "))
    if "capacity" in reasons and len(reasons) == 1:
        return f"{what} is heavier than every vehicle: {reasons['capacity']}"
    if "permission" in reasons and len(reasons) == 1:
        return f"{what} is forbidden to all vehicles"
    if "time" in reasons and len(reasons) == 1:
        return f"the window of {what} cannot be met: {reasons['time']}"
    return f"no vehicle can serve {what}: {'; '.join(sorted(set(reasons.values())))}"


def _fleet(instance: Routing) -> list[str]:
    """Total demand against total capacity, where trips are bounded."""
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
