"""Peer: CP-SAT on the whole graph, a constraint for every non-edge, as one would write it down."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from zerogap.models.fairclique import Clique, FairClique


def solve(graph: FairClique, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Build and solve."""
    from ortools.sat.python import cp_model

    n = graph.vertices
    if n > 2000:
        raise ValueError(f"{n * (n - 1) // 2} pairs of vertices are too many for this formulation")
    matrix = graph.induced(np.arange(n))
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{v}") for v in range(n)]
    for u, v in itertools.combinations(range(n), 2):
        if not matrix[u, v]:
            model.add_bool_or(~x[u], ~x[v])
    counts = [
        sum(x[v] for v in np.flatnonzero(graph.attribute == a)) for a in range(len(graph.values))
    ]
    for a in counts:
        model.add(a >= min(graph.k, n + 1))
    if graph.delta != math.inf:
        for a, b in itertools.permutations(counts, 2):
            model.add(a - b <= int(graph.delta))
    model.maximize(sum(x))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = time_limit
    solver.parameters.num_workers = threads
    solver.parameters.random_seed = seed
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return {"objective": None, "bound": None, "status": "infeasible"}
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return {"objective": None, "bound": None, "status": "unknown"}
    chosen = [v for v in range(n) if solver.value(x[v])]
    return {
        "objective": len(chosen),
        "bound": math.floor(solver.best_objective_bound + 1e-6),
        "status": "optimal" if status == cp_model.OPTIMAL else "feasible",
        "solution": Clique(graph.ids[chosen]),
    }
