"""Several depots to end at: one that is as near as the nearest of them.

Kernels know one end of every vehicle type. Where a type may end at several depots it gets one of
its own, at the distance of the nearest from everywhere; solutions then end at that nearest one.
Depots with other opening hours than the usual one are left out: what kernels find stays feasible.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import numpy as np

from zerogap.models.routing import FORBIDDEN, Route, Routes, Routing
from zerogap.models.routing.solution import end_of, place_of
from zerogap.solvers.search import Search


def with_one_end(search: Search) -> Search:
    """The same search, seen through the instance in which every type has one end."""
    return cast(Search, _Ended(search)) if search.instance.end_depots.any() else search


class _Ended:
    """A search whose types have one end each; all else is the search's behind it."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._several = search.instance
        self.ends = [_alike(self._several, t) for t in range(self._several.types)]
        self.instance = _joined(self._several, self.ends)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)

    @property
    def solution(self) -> Routes | None:
        """Best checked solution, every route with the usual end; None if it is none of theirs."""
        return self._usual(self._search.solution)

    @property
    def hint(self) -> Routes | None:
        """What to start from."""
        return self._usual(self._search.hint)

    def offer(self, solution: Routes, source: str, *rest: Any, **named: Any) -> bool:
        """Hand in a solution; its routes end at the nearest depot."""
        ended = Routes(tuple(self._ended(route) for route in solution))
        return self._search.offer(ended, source, *rest, **named)

    def _usual(self, routes: Routes | None) -> Routes | None:
        """Routes with the usual ends; None where one ends at a depot that was left out."""
        if routes is None:
            return None
        if any(r.end is not None and r.end not in self.ends[r.vehicle] for r in routes):
            return None
        return Routes(tuple(replace(route, end=None) for route in routes))

    def _ended(self, route: Route) -> Route:
        instance, t = self._several, route.vehicle
        if len(self.ends[t]) < 2:
            return route
        # By way of stations the last one of these is where it comes from.
        last = route.via[-1][-1] if route.via and route.via[-1] else route.trips[-1][-1]
        places = instance.depot_location[self.ends[t]]
        p, at = int(instance.profile[t]), place_of(instance, last)
        far, slow = instance.travel(at, places, p), instance.drive(t, at, places)
        end = self.ends[t][int(np.lexsort((slow, far))[0])]
        return replace(route, end=None if end == end_of(instance, Route(t, ())) else end)


def _alike(instance: Routing, t: int) -> list[int]:
    """Ends of a type that are open when the usual one is."""
    ends = instance.ends(t)
    hours = instance.depot_window
    return [d for d in ends if (hours[d] == hours[ends[0]]).all()]


def _joined(instance: Routing, ends: list[list[int]]) -> Routing:
    """The instance with another depot for every type that has several ends."""
    several = [t for t, own in enumerate(ends) if len(own) > 1]
    old, more = instance.locations, len(several)
    size = old + more
    distance = np.full((instance.profiles, size, size), FORBIDDEN, np.int64)
    duration = None if instance.duration is None else distance.copy()
    for p in range(instance.profiles):
        distance[p, :old, :old] = instance.matrix(p)
        if duration is not None:
            duration[p, :old, :old] = instance.time_matrix(p)
        for k, t in enumerate(several):
            places = instance.depot_location[ends[t]]
            near = instance.matrix(p)[:, places]
            distance[p, :old, old + k] = near.min(axis=1)
            distance[p, old + k, old + k] = 0
            if duration is not None:
                times = instance.time_matrix(p)[:, places]
                nearest = near == near.min(axis=1, keepdims=True)
                duration[p, :old, old + k] = np.where(nearest, times, FORBIDDEN).min(axis=1)
                duration[p, old + k, old + k] = 0
    end = instance.end_depot.copy()
    end[several] = instance.depots + np.arange(more)
    wider = np.zeros((instance.types, more), bool)
    first = [ends[t][0] for t in several]
    return instance.replace(
        x=np.append(instance.x, instance.x[instance.depot_location[first]]),
        y=np.append(instance.y, instance.y[instance.depot_location[first]]),
        depot_location=np.append(instance.depot_location, old + np.arange(more)),
        depot_window=np.vstack([instance.depot_window, instance.depot_window[first]]),
        distance=distance,
        duration=duration,
        end_depot=end,
        end_depots=np.zeros((instance.types, instance.depots + more), bool),
        reload=np.hstack([instance.reload, wider]),
        stations=np.hstack([instance.stations, wider]),
    )
