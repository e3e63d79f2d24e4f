"""Trips that do not know of each other are routes of their own.

Where vehicles return to their depot as often as they like and neither time, distance nor any
relation binds their trips together, an instance with trips is the same as one with a vehicle for
every trip. Kernels, route pool and bounds are far stronger on that.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from zerogap.models.routing import Route, Routes, Routing
from zerogap.solvers.search import Search

#: Features that neither bind the trips of a vehicle together nor mean something else for a trip.
FREE = {
    "several vehicle types",
    "several depots",
    "pickups",
    "shipments",
    "prizes",
    "groups",
    "trips",
    "setup times",
    "speeds",
    "service by vehicle",
    "profiles",
    "preferences",
    "permissions",
    "quota",
    "purchases",
    "units quota",
}


def independent(instance: Routing) -> bool:
    """Whether every trip of `instance` could be another vehicle's."""
    several = instance.max_trips > 1
    if not several.any() or instance.objective != "cost" or set(instance.features()) - FREE:
        return False
    home = np.zeros_like(instance.reload)
    home[np.arange(instance.types), instance.start_depot] = True
    return bool(
        (instance.start_depot == instance.end_depot)[several].all()
        and (instance.reload == home)[several].all()
        and not instance.fixed_cost[several].any()
    )


def loosened(instance: Routing) -> Routing:
    """The instance with a vehicle for every trip, where trips are `independent`."""
    vehicles = np.minimum(instance.vehicles * instance.max_trips, instance.clients)
    return instance.replace(
        vehicles=vehicles,
        max_trips=np.ones_like(vehicles),
        reload=np.zeros_like(instance.reload),
    )


def untied(search: Search) -> Search:
    """The same search, seen through the instance with a vehicle a trip where there is one."""
    return cast(Search, _Untied(search)) if independent(search.instance) else search


class _Untied:
    """A search whose solutions have one trip a route; all else is the search's behind it."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._tied: Routing = search.instance
        self.instance = loosened(self._tied)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)

    @property
    def solution(self) -> Routes | None:
        """Best checked solution, a route a trip."""
        return _separate(self._search.solution)

    @property
    def hint(self) -> Routes | None:
        """What to start from, a route a trip."""
        return _separate(self._search.hint)

    def offer(self, solution: Routes, source: str, *rest: Any, **named: Any) -> bool:
        """Hand in a solution with a route a trip."""
        return self._search.offer(join(self._tied, solution), source, *rest, **named)


def _separate(routes: Routes | None) -> Routes | None:
    if routes is None:
        return None
    return Routes(tuple(Route(r.vehicle, (trip,)) for r in routes for trip in r.trips if trip))


def join(instance: Routing, routes: Routes) -> Routes:
    """Trips given to the vehicles of their type, each filled up before the next."""
    trips: dict[int, list[tuple[int, ...]]] = {}
    for route in routes:
        trips.setdefault(route.vehicle, []).extend(trip for trip in route.trips if trip)
    joined = []
    for vehicle, own in trips.items():
        most = int(instance.max_trips[vehicle])
        home = int(instance.start_depot[vehicle])
        for k in range(0, len(own), most):
            part = tuple(own[k : k + most])
            joined.append(Route(vehicle, part, (home,) * (len(part) - 1)))
    return Routes(tuple(joined))
