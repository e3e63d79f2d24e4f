"""Peer: HGS-CVRP (Vidal) as the package hygese ships it; CVRP only."""

from __future__ import annotations

import numpy as np

from zerogap.models.routing import Routes, Routing

#: What the result line names the versions of.
PACKAGES = ("hygese",)


def solve(instance: Routing, time_limit: float, threads: int = 1, seed: int = 0) -> dict:
    """Run HGS-CVRP for `time_limit` seconds on the integer distance matrix."""
    import hygese

    if instance.features():
        raise ValueError(f"HGS-CVRP has no {', '.join(instance.features())}")
    places = np.concatenate([instance.depot_location, instance.client_location])
    data = {
        "distance_matrix": instance.matrix()[np.ix_(places, places)].astype(float),
        "x_coordinates": instance.x[places],
        "y_coordinates": instance.y[places],
        "demands": np.concatenate([[0], instance.delivery[:, 0]]).astype(float),
        "vehicle_capacity": float(instance.capacity[0, 0]),
        "service_times": np.zeros(len(places)),
        "depot": 0,
        # As for the other peers: as many vehicles as they like.
        "num_vehicles": int(min(instance.vehicles[0], instance.clients)),
    }
    parameters = hygese.AlgorithmParameters(timeLimit=time_limit, seed=seed, nbIter=1_000_000)
    result = hygese.Solver(parameters=parameters, verbose=False).solve_cvrp(data, rounding=False)
    routes = [[c - 1 for c in route] for route in result.routes]
    return {"objective": None, "status": "feasible", "solution": Routes.of(routes)}
