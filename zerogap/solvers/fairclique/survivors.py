"""What the reductions leave of a graph."""

from __future__ import annotations

import numpy as np

from zerogap._ext.fairclique.clique import reduce
from zerogap.models.fairclique import FairClique


def survivors(graph: FairClique, target: int = 0) -> np.ndarray:
    """Indices of the vertices that the reductions leave for cliques of at least `target`."""
    arrays = graph.first, graph.neighbour, graph.attribute
    origin = np.arange(graph.vertices)
    for rule in ("attribute-core", "enhanced-core", "enhanced-support", "attribute-core"):
        first, neighbour, kept = reduce(
            *arrays, len(graph.values), graph.k, graph.delta, rule, target
        )
        origin = origin[kept]
        arrays = first, neighbour, graph.attribute[origin]
    return origin
