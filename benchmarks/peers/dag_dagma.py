"""Peer: DAGMA for linear models (package ``dagma``; its linear part does without torch)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from zerogap.models.dag import Dag, Structure, check

#: What the result line names the versions of.
PACKAGES = ("dagma",)

sys.path.insert(0, str(Path(__file__).parent))


def solve(dag: Dag, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """DAGMA with its defaults (λ = 0.03, threshold 0.3); it knows no time limit."""
    from dag_notears import acyclic
    from dagma.linear import DagmaLinear

    if dag.loss != "ls" or dag.data is None:
        raise ValueError("DAGMA is run for the loss ls, on rows")
    W = acyclic(DagmaLinear(loss_type="l2", verbose=False).fit(dag.data.copy(), lambda1=0.03))
    solution = Structure.from_adjacency(W, names=dag.names)
    return {"objective": check(dag, solution), "status": "feasible", "solution": solution}
