"""Peer: the plain clique number of python-igraph; only where fairness demands nothing."""

from __future__ import annotations

import math
from typing import Any

from zerogap.models.fairclique import Clique, FairClique

#: What the result line names the versions of.
PACKAGES = ("igraph",)


def solve(graph: FairClique, time_limit: float, threads: int, seed: int) -> dict[str, Any]:
    """Largest cliques (igraph knows no time limit and one thread)."""
    import igraph

    if graph.k > 0 or graph.delta != math.inf:
        raise ValueError("igraph knows no fairness: k = 0 and delta = inf only")
    own = igraph.Graph(n=graph.vertices, edges=graph.edge_list().tolist())
    clique = own.largest_cliques()[0]
    return {
        "objective": len(clique),
        "bound": len(clique),
        "status": "optimal",
        "solution": Clique(graph.ids[list(clique)]),
    }
