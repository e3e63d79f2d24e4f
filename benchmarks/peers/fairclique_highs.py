"""Peer: HiGHS on the whole graph, a row for every non-edge, as one would write it down."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from zerogap.models.fairclique import Clique, FairClique


def solve(graph: FairClique, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Build and solve."""
    import highspy

    n = graph.vertices
    if n > 2000:
        raise ValueError(f"{n * (n - 1) // 2} pairs of vertices are too many for this formulation")
    matrix = graph.induced(np.arange(n))
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("time_limit", float(time_limit))
    highs.setOptionValue("threads", threads)
    highs.setOptionValue("random_seed", seed)
    x = [highs.addBinary(obj=1.0) for _ in range(n)]
    for u, v in itertools.combinations(range(n), 2):
        if not matrix[u, v]:
            highs.addRow(-highspy.kHighsInf, 1.0, 2, np.array([u, v]), np.ones(2))
    members = [np.flatnonzero(graph.attribute == a) for a in range(len(graph.values))]
    for own in members:
        highs.addRow(float(min(graph.k, n + 1)), float(n + 1), len(own), own, np.ones(len(own)))
    if graph.delta != math.inf:
        for a, b in itertools.permutations(members, 2):
            index = np.concatenate([a, b])
            sign = np.concatenate([np.ones(len(a)), -np.ones(len(b))])
            highs.addRow(-highspy.kHighsInf, float(graph.delta), len(index), index, sign)
    highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    highs.run()
    status, info = highs.getModelStatus(), highs.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return {"objective": None, "bound": None, "status": "infeasible"}
    if info.primal_solution_status != int(highspy.SolutionStatus.kSolutionStatusFeasible):
        return {"objective": None, "bound": None, "status": "unknown"}
    values = highs.getSolution().col_value
    chosen = [v for v in range(len(x)) if values[v] > 0.5]
    proven = status == highspy.HighsModelStatus.kOptimal
    return {
        "objective": len(chosen),
        "bound": len(chosen) if proven else math.floor(info.mip_dual_bound + 1e-6),
        "status": "optimal" if proven else "feasible",
        "solution": Clique(graph.ids[chosen]),
    }
