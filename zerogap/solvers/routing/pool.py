"""Routes that were good somewhere, recombined by a set-partitioning MIP."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.routing import Routes, Routing
from zerogap.models.routing.timing import timed
from zerogap.solvers.backends import highs
from zerogap.solvers.routing.arrays import solution
from zerogap.solvers.search import Search

MOST = 8000  # columns of the MIP
CLIENTS = 600  # beyond, the MIP rarely finishes in its share of the time


class Pool:
    """The cheapest order of every set of clients that a vehicle type was seen to serve."""

    def __init__(self, instance: Routing) -> None:
        self.instance = instance
        self.routes: dict[tuple[int, frozenset[int]], tuple[int, list[int]]] = {}

    def add(self, found: list[tuple[int, int, list[int]]]) -> None:
        """Take routes (type, cost, stops) as kernels give them; the latest go to the end."""
        for vehicle, cost, stops in found:
            key = (vehicle, frozenset(s for s in stops if s >= 0))
            old = self.routes.pop(key, None)
            self.routes[key] = (cost, stops) if old is None or cost < old[0] else old

    def recombine(self, search: Search, seconds: float) -> bool:
        """Whether the best selection of routes improves the incumbent."""
        instance = self.instance
        serves = search.solution is not None and visits(instance) <= CLIENTS
        if not serves or not selectable(instance) or seconds < 0.05 or len(self.routes) < 2:
            return False
        columns = list(self.routes.items())[-MOST:]
        cost, rows = self._program(columns)
        found = highs.solve_mip(
            cost,
            highs.Rows.of(rows),
            np.zeros(len(cost)),
            np.ones(len(cost)),
            np.ones(len(cost), bool),
            cutoff=float(search.objective) - 0.5,
            seconds=min(seconds, search.remaining),
            threads=1,
            seed=search.seed,
            stopped=lambda: not search.open,
        )
        if found.values is None:
            return False
        chosen = [c for c in np.flatnonzero(found.values > 0.5) if c < len(columns)]
        return search.offer(
            timed(instance, self._routes([columns[c] for c in chosen])), "route pool"
        )

    def _program(self, columns) -> tuple[list[float], list[tuple[dict[int, float], float, float]]]:
        """Every required client once; an optional one once or its prize; types as available."""
        instance = self.instance
        n, groups = instance.clients, len(instance.group_required)
        rows: list[tuple[dict[int, float], float, float]] = []
        alone = instance.group < 0
        for c in range(n):
            rows.append(({}, float(instance.required[c]) if alone[c] else -math.inf, 1.0))
        rows += [({}, float(r), 1.0) for r in instance.group_required]
        rows += [({}, -math.inf, float(min(v, n))) for v in instance.vehicles]
        cost = []
        for k, ((vehicle, clients), (price, _)) in enumerate(columns):
            # Serving an optional client saves its prize.
            cost.append(float(price - sum(int(instance.prize[c]) for c in clients)))
            for c in clients:
                rows[c][0][k] = 1.0
                if instance.group[c] >= 0:
                    row = rows[n + instance.group[c]][0]
                    row[k] = row.get(k, 0.0) + 1.0
            rows[n + groups + vehicle][0][k] = 1.0
        return cost, [row for row in rows if row[0]]

    def _routes(self, chosen: list[Any]) -> Routes:
        first, stops, types = [0], [], []
        for (vehicle, _), (_, order) in chosen:
            stops += order
            first.append(len(stops))
            types.append(vehicle)
        return solution((first, stops, types))


def visits(instance: Routing) -> int:
    """Clients that one solution serves at most: one of a group."""
    return len(instance.group_required) + int((instance.group < 0).sum())


def selectable(instance: Routing) -> bool:
    """Whether the cost of a solution is the sum of its routes', so that they can be recombined."""
    return instance.objective == "cost" and not (
        (instance.together >= 0).any()
        or instance.fairness
        or instance.min_clients
        or instance.min_prize
    )
