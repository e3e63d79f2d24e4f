"""Weights and demanded vertices: the search in the common neighbourhood of the demanded ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap._ext.fairclique.clique import reduce
from zerogap._ext.fairclique.weighted import WeightedSearch
from zerogap.models.fairclique import Clique, FairClique
from zerogap.solvers.search import Search


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


def solve(graph: FairClique, search: Search, *, prove: bool = True) -> None:
    """Greedy cliques, and the branch and bound over what is left to choose from."""
    place = around(graph)
    if place is None:
        # Two demanded vertices are not adjacent: no clique has both.
        search.prove_infeasible("two of the anchors are not adjacent", "kernel")
        return
    found = heaviest(graph, place, prove=prove)
    if search.solution is not None:
        _inject(found, graph, place, search)
    limit = search.options["enumerate"] if prove else 0
    whole = limit or (prove and search.options["disjoint"] > 1)
    drive(found, graph, place, search, offer=not whole)
    size = found.objective
    if found.exhausted and size is None:
        # Every path was tried or cut by a bound that no fair clique passes: there is none.
        search.prove_infeasible("no clique with the anchors is fair", "kernel")
        return
    if size is None:
        return
    best = Clique(clique_of(graph, place, found.best()), names=graph.names)
    if limit and found.exhausted and search.open:
        listed = heaviest(graph, place, exactly=size, limit=limit)
        drive(listed, graph, place, search, offer=False)
        cliques = sorted(clique_of(graph, place, part).tolist() for part in listed.cliques())
        others = [np.array(c) for c in cliques if c != best.vertices.tolist()]
        best = Clique(best.vertices, tuple(others[: limit - 1]), names=graph.names)
    if found.exhausted and whole:
        from zerogap.solvers.fairclique.packing import disjoint

        best = disjoint(graph, search, best)
    search.offer(best, "kernel", size)
    if found.exhausted:
        # The kernel has cut only what cannot be heavier than its own best, which `size` is.
        search.prove_optimal("kernel", size)


def _inject(found: WeightedSearch, graph: FairClique, place: Around, search: Search) -> None:
    index = graph.index(search.solution.vertices)
    part = np.flatnonzero(np.isin(place.vertices, index))
    if len(part) + len(place.chosen) == len(index):
        found.inject(part, int(search.objective))


def drive(
    found: WeightedSearch, graph: FairClique, place: Around, search: Search, *, offer: bool
) -> None:
    """Slices until the end; cliques and bounds flow into the search."""
    piece, budget, known = 0.005, search.iterations, None
    while search.open and (budget is None or budget > 0):
        before = found.iterations
        more = found.run(min(piece, search.remaining), -1 if budget is None else min(budget, 4096))
        piece = min(2 * piece, 0.1)
        if budget is not None:
            budget -= max(1, found.iterations - before)
        size = found.objective
        if offer and size is not None and size != known:
            best = Clique(clique_of(graph, place, found.best()), names=graph.names)
            search.offer(best, "kernel", size)
            known = size
        if offer and found.bound >= 0:
            # Colour bounds of the start vertices not done with, and the best: all cliques are
            # found at their first vertex.
            search.tighten(found.bound, "kernel")
        if not more:
            break
