"""The best fair clique, the best of what it leaves, and so on: none of them shares a vertex."""

from __future__ import annotations

import numpy as np

from zerogap._ext.fairclique.clique import CliqueSearch
from zerogap.models.fairclique import Clique, FairClique
from zerogap.solvers.fairclique.around import around, clique_of, heaviest
from zerogap.solvers.search import Search


def disjoint(graph: FairClique, search: Search, best: Clique) -> Clique:
    """A best clique with those that follow it, as many as ``disjoint`` asks for.

    Only the first is the objective. The others are told as far as they are proven in time; a
    message says so if the time ended them.
    """
    wanted = search.options["disjoint"]
    found: list[np.ndarray] = []
    taken = graph.index(best.vertices)
    while len(found) + 1 < wanted and 0 < len(taken) < graph.vertices:
        rest = graph.subgraph(graph.without(taken))
        ids, proven = _best(rest, search)
        if not proven:
            search.messages.append(f"disjoint: the time ended after {len(found) + 1} cliques")
            break
        if ids is None or not len(ids):
            break
        found.append(ids)
        taken = np.concatenate([taken, graph.index(ids)])
    if not found:
        return best
    return Clique(best.vertices, best.alternatives, tuple(found), graph.names)


def _best(rest: FairClique, search: Search) -> tuple[np.ndarray | None, bool]:
    """Ids of a best clique of a graph (None: there is none), and whether that is proven."""
    if rest.weight is not None:
        place = around(rest)
        assert place is not None  # nothing is demanded
        heavy = heaviest(rest, place)
        while search.remaining > 0 and heavy.run(min(0.1, search.remaining)):
            pass
        best = heavy.best()
        return None if best is None else clique_of(rest, place, best), heavy.exhausted
    found = CliqueSearch(
        rest.first,
        rest.neighbour,
        rest.attribute,
        len(rest.values),
        rest.k,
        rest.delta,
        threads=search.threads,
        seed=search.seed,
    )
    while search.remaining > 0 and found.run(min(0.1, search.remaining)):
        pass
    best = found.best()
    return None if best is None else rest.ids[best], found.exhausted
