"""Peer: OR-Tools routing with guided local search; CVRP and VRPTW, several types and depots."""

from __future__ import annotations

import numpy as np

from zerogap.models.routing import UNLIMITED, Route, Routes, Routing


def solve(instance: Routing, time_limit: float, threads: int = 1, seed: int = 0) -> dict:
    """Run OR-Tools' routing library for `time_limit` seconds."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    extra = set(instance.features()) - {
        "time windows",
        "several vehicle types",
        "several depots",
        "distance limit",
    }
    if extra or instance.profiles > 1:
        raise ValueError(f"not adapted: {', '.join(sorted(extra))}")
    d = instance.depots
    places = np.concatenate([instance.depot_location, instance.client_location])
    matrix = instance.matrix()[np.ix_(places, places)]
    times = instance.time_matrix()[np.ix_(places, places)]
    load = np.concatenate([np.zeros(d, np.int64), instance.delivery[:, 0]])
    service = np.concatenate([np.zeros(d, np.int64), instance.service])
    fleet = [t for t in range(instance.types) for _ in range(int(min(instance.vehicles[t], 400)))]
    starts, ends = ([int(a[t]) for t in fleet] for a in (instance.start_depot, instance.end_depot))
    manager = pywrapcp.RoutingIndexManager(len(places), len(fleet), starts, ends)
    routing = pywrapcp.RoutingModel(manager)
    node = manager.IndexToNode
    costs = {}
    for v, t in enumerate(fleet):
        unit = int(instance.distance_cost[t])
        if unit not in costs:
            costs[unit] = routing.RegisterTransitMatrix((unit * matrix).tolist())
        routing.SetArcCostEvaluatorOfVehicle(costs[unit], v)
        routing.SetFixedCostOfVehicle(int(instance.fixed_cost[t]), v)
    loads = routing.RegisterUnaryTransitCallback(lambda i: int(load[node(i)]))
    capacity = [int(min(instance.capacity[t, 0], 1 << 40)) for t in fleet]
    routing.AddDimensionWithVehicleCapacity(loads, 0, capacity, True, "load")
    if "time windows" in instance.features():
        travel = routing.RegisterTransitMatrix((times + service[:, None]).tolist())
        horizon = int(min(instance.shift[:, 1].max(), 1 << 40))
        routing.AddDimension(travel, horizon, horizon, False, "time")
        clock = routing.GetDimensionOrDie("time")
        for c in range(instance.clients):
            low, high = (int(min(v, horizon)) for v in instance.window[c])
            clock.CumulVar(manager.NodeToIndex(d + c)).SetRange(low, high)
    limit = int(min(instance.max_distance.max(), 1 << 40))
    if limit < min(UNLIMITED, 1 << 40):
        length = routing.RegisterTransitMatrix(matrix.tolist())
        routing.AddDimension(length, 0, limit, True, "distance")
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.SAVINGS
    parameters.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    parameters.time_limit.FromMilliseconds(int(1000 * time_limit))
    answer = routing.SolveWithParameters(parameters)
    if answer is None:
        return {"status": "unknown", "objective": None, "bound": None}
    routes = []
    for v, t in enumerate(fleet):
        i, clients = answer.Value(routing.NextVar(routing.Start(v))), []
        while not routing.IsEnd(i):
            clients.append(node(i) - d)
            i = answer.Value(routing.NextVar(i))
        if clients:
            routes.append(Route(t, (tuple(clients),)))
    return {"objective": None, "status": "feasible", "solution": Routes(tuple(routes))}
