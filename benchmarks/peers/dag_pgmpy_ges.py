"""Peer: greedy equivalence search (package ``pgmpy``), BDeu, BIC, AIC or K2."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from zerogap.models.dag import Categorical, check

#: What the result line names the versions of.
PACKAGES = ("pgmpy",)

sys.path.insert(0, str(Path(__file__).parent))


def solve(dag: Categorical, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """GES with its defaults; it knows neither a time limit nor one on parents."""
    from dag_pgmpy import frame, graph, score
    from pgmpy.causal_discovery import GES

    if not isinstance(dag, Categorical) or dag.max_parents is not None:
        raise ValueError("pgmpy's GES is run on categories without a limit on parents")
    search = GES(scoring_method=score(dag), return_type="dag")
    search.fit(frame(dag))
    solution = graph(dag, search.causal_graph_.edges())
    return {"objective": check(dag, solution), "status": "feasible", "solution": solution}
