"""Peer: LKH (Helsgaun) as the package elkai ships it; symmetric travelling salesman only.

One run as the package does it: it knows no time limit, so that its own time counts (``seconds`` of
the result line).
"""

from __future__ import annotations

import numpy as np

from zerogap.models.routing import Routes, Routing


def solve(instance: Routing, time_limit: float, threads: int = 1, seed: int = 0) -> dict:
    """One run of LKH on the integer distance matrix."""
    import elkai

    if instance.features() or int(instance.vehicles.sum()) != 1:
        raise ValueError("LKH as elkai has it solves the travelling salesman only")
    places = np.concatenate([instance.depot_location, instance.client_location])
    matrix = instance.matrix()[np.ix_(places, places)]
    tour = elkai.DistanceMatrix(matrix.tolist()).solve_tsp(runs=1)
    return {
        "objective": None,
        "status": "feasible",
        "solution": Routes.of([[v - 1 for v in tour if v != 0]]),
    }
