"""The part of a graph that can hold a fair clique around its anchors, and the search there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap._ext.fairclique.clique import reduce
from zerogap._ext.fairclique.weighted import WeightedSearch
from zerogap.models.fairclique import FairClique


@dataclass
class Around:
    """What is left to choose from once the demanded vertices are chosen.

    Parameters
    ----------
    chosen : ndarray
        Indices of the demanded vertices.
    vertices : ndarray
        Indices of their common neighbours that some fair clique may have.
    first, neighbour : ndarray
        The graph on `vertices`.
    counts : list of int
        Demanded vertices by attribute value.
    """

    chosen: np.ndarray
    vertices: np.ndarray
    first: np.ndarray
    neighbour: np.ndarray
    counts: list[int]


def around(graph: FairClique) -> Around | None:
    """The choice beside the demanded vertices; None if two of these are not adjacent."""
    chosen = graph.index(list(graph.anchor))
    common = np.arange(graph.vertices)
    for v in chosen:
        row = graph.row(int(v))
        if not np.isin(chosen[chosen != v], row).all():
            return None
        common = np.intersect1d(common, row, assume_unique=True)
    counts = np.bincount(graph.attribute[chosen], minlength=len(graph.values))
    # With own counts o, a fair clique has x with x + o >= k and spread(x + o) <= delta, hence
    # x >= k - max o and spread(x) <= delta + spread(o): what the reductions may count on.
    k = max(0, graph.k - int(counts.max()))
    delta = graph.delta + int(counts.max() - counts.min())
    first, neighbour = graph.first, graph.neighbour
    if len(chosen):
        part = graph.subgraph(common) if len(common) else None
        first = np.zeros(1, np.int64) if part is None else part.first
        neighbour = np.empty(0, np.int32) if part is None else part.neighbour
    for rule in ("attribute-core", "enhanced-core", "attribute-core"):
        attribute = np.ascontiguousarray(graph.attribute[common])
        first, neighbour, kept = reduce(
            np.ascontiguousarray(first), neighbour, attribute, len(graph.values), k, delta, rule
        )
        common = common[kept]
    return Around(chosen, common, first, neighbour, counts.tolist())


def weights(graph: FairClique, index: np.ndarray) -> np.ndarray:
    """What some vertices are worth."""
    return np.ones(len(index), np.int64) if graph.weight is None else graph.weight[index]


def heaviest(graph: FairClique, place: Around, **settings: Any) -> WeightedSearch:
    """The kernel on what is left to choose from."""
    return WeightedSearch(
        place.first,
        place.neighbour,
        np.ascontiguousarray(graph.attribute[place.vertices]),
        np.ascontiguousarray(weights(graph, place.vertices)),
        len(graph.values),
        graph.k,
        graph.delta,
        place.counts,
        int(weights(graph, place.chosen).sum()),
        **settings,
    )


def clique_of(graph: FairClique, place: Around, part: np.ndarray) -> np.ndarray:
    """Ids of a clique: the demanded vertices and some of those left to choose from."""
    return np.sort(graph.ids[np.concatenate([place.chosen, place.vertices[part]])])
