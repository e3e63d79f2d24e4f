"""Peer: HiGHS alone on the Pyomo model, cold."""

from __future__ import annotations

from typing import Any

import zerogap as zg
from zerogap.models.treeprune import TreePrune


def solve(tree: TreePrune, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Build and solve."""
    result = zg.solve(
        tree, method="exact", backend="highs", time_limit=time_limit, threads=threads, seed=seed
    )
    return {
        "objective": result.objective,
        "bound": result.bound,
        "status": str(result.status.value),
        "solution": result.solution,
    }
