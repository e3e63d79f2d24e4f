"""Weights and demanded vertices: the search in the common neighbourhood of the demanded ones."""

from __future__ import annotations

import numpy as np

from zerogap._ext.fairclique.weighted import WeightedSearch
from zerogap.models.fairclique import Clique, FairClique
from zerogap.solvers.fairclique.around import Around, around, clique_of, heaviest
from zerogap.solvers.fairclique.packing import disjoint
from zerogap.solvers.search import Search


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
