"""Routes: what was decided, and their JSON form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.routing.instance import Routing


@dataclass(frozen=True, slots=True)
class Route:
    """One vehicle's work.

    Parameters
    ----------
    vehicle : int
        Vehicle type, from 0.
    trips : tuple of tuples of int
        Clients (from 0) of every trip in order.
    reloads : tuple of int
        Depot between each two trips.
    """

    vehicle: int
    trips: tuple[tuple[int, ...], ...]
    reloads: tuple[int, ...] = ()

    def __iter__(self) -> Iterator[int]:
        for trip in self.trips:
            yield from trip

    def __len__(self) -> int:
        return sum(map(len, self.trips))


@dataclass(frozen=True, slots=True)
class Routes:
    """A solution: the routes that are driven. Clients in none of them are not served."""

    routes: tuple[Route, ...]

    @classmethod
    def of(cls, lists, vehicle: int = 0) -> Routes:
        """From plain lists of clients, all driven by one vehicle type."""
        return cls(tuple(Route(vehicle, (tuple(int(c) for c in r),)) for r in lists if len(r)))

    def __len__(self) -> int:
        return len(self.routes)

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)


def encode(solution: Routes) -> dict[str, Any]:
    """JSON form; clients are numbered from 1."""
    rows = []
    for route in solution.routes:
        row: dict[str, Any] = {"vehicle": int(route.vehicle)}
        if len(route.trips) == 1:
            row["clients"] = [int(c) + 1 for c in route.trips[0]]
        else:
            row["trips"] = [[int(c) + 1 for c in trip] for trip in route.trips]
            row["reloads"] = [int(d) for d in route.reloads]
        rows.append(row)
    return {"routes": rows}


def decode(instance: Routing, data: dict[str, Any]) -> Routes:
    """Routes from their JSON form."""
    if not isinstance(data, dict) or not isinstance(data.get("routes"), list):
        raise InstanceError("expected an object with a list of routes", field="routes")
    routes = []
    for i, row in enumerate(data["routes"]):
        field = f"routes[{i}]"
        if isinstance(row, list):
            row = {"clients": row}
        if not isinstance(row, dict) or not ("clients" in row or "trips" in row):
            raise InstanceError("expected an object with clients or trips", field=field)
        trips = row["trips"] if "trips" in row else [row["clients"]]
        vehicle, reloads = row.get("vehicle", 0), row.get("reloads")
        if reloads is None:
            reloads = [0] * (len(trips) - 1)
        numbers = [vehicle, *reloads, *(c for trip in trips for c in trip)]
        if not all(isinstance(v, int) and not isinstance(v, bool) for v in numbers):
            raise InstanceError("expected integers", field=field)
        routes.append(
            Route(vehicle, tuple(tuple(c - 1 for c in trip) for trip in trips), tuple(reloads))
        )
    return Routes(tuple(routes))
