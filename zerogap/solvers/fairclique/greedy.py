"""The published heuristic HeurRFC: two greedies in linear time and a local search.

Zhang, Li, Zheng, Qin, Yuan, Wang, *Efficient Maximum Fair Clique Search over Large Networks*, 2023.
They are here by their names, as baselines: `auto` and `kernel` have a heuristic of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique import Clique, FairClique
from zerogap.solvers.fairclique.survivors import survivors
from zerogap.solvers.search import Search

#: From so many of the highest vertices a greedy begins; a constant, so that it stays linear.
STARTS = 8


def degree(graph: FairClique, search: Search) -> None:
    """Greedy by degree: the neighbour of highest degree, of the value that lags behind."""
    _run(graph, search, (_degrees,), polish=False)


def coloured_degree(graph: FairClique, search: Search) -> None:
    """Greedy by coloured degree: the least number of colours of one value around a vertex."""
    _run(graph, search, (_coloured_degrees,), polish=False)


def heurrfc(graph: FairClique, search: Search) -> None:
    """Both greedies, then vertices added and exchanged as long as the clique grows."""
    _run(graph, search, (_degrees, _coloured_degrees), polish=True)


def _run(
    graph: FairClique,
    search: Search,
    scores: tuple[Callable[[FairClique, np.ndarray], np.ndarray], ...],
    polish: bool,
) -> None:
    if not graph.plain:
        raise InstanceError("is not for weights and anchors", field=f"method {search.method}")
    # The reductions keep every fair clique; what they leave is small enough to be coloured here.
    alive = survivors(graph, 0)
    if len(alive) == 0 and graph.k > 0:
        search.prove_infeasible(
            f"no clique has {graph.k} vertices of every attribute value with counts within "
            f"{graph.delta}",
            "kernel",
        )
        return
    best = np.zeros(0, np.int64)
    if graph.k == 0:
        _offer(graph, search, best, "empty")
    inside = np.zeros(len(graph.attribute), bool)
    inside[alive] = True
    for score in scores:
        value = score(graph, inside)
        order = alive[np.lexsort((alive, -value[alive]))]
        for start in _starts(graph, order):
            found = grow(graph, int(start), inside, value)
            if len(found) > len(best):
                best = found
                _offer(graph, search, best, score.__name__.strip("_"))
            if not search.open:
                return
    if polish:
        for better in improved(graph, best, inside):
            _offer(graph, search, better, "local search")
            if not search.open:
                return


def _offer(graph: FairClique, search: Search, clique: np.ndarray, source: str) -> None:
    search.offer(Clique(graph.ids[np.sort(clique)], names=graph.names), source, len(clique))


def _starts(graph: FairClique, order: np.ndarray) -> np.ndarray:
    """The first vertices of an order, and the first of every value."""
    firsts = [order[graph.attribute[order] == a][:1] for a in range(len(graph.values))]
    return np.array(list(dict.fromkeys(np.concatenate([order[:STARTS], *firsts]).tolist())))


def fair(graph: FairClique, clique: np.ndarray) -> bool:
    """Whether the counts of a clique keep k and delta."""
    counts = np.bincount(graph.attribute[clique], minlength=len(graph.values))
    return bool(counts.min() >= graph.k and counts.max() - counts.min() <= graph.delta)


def grow(graph: FairClique, start: int, inside: np.ndarray, value: np.ndarray) -> np.ndarray:
    """The largest fair clique on the way of a greedy from `start`; empty if there is none.

    Parameters
    ----------
    graph : FairClique
    start : int
        Index of the first vertex.
    inside : ndarray of bool, shape (vertices,)
        Vertices that may be taken.
    value : ndarray, shape (vertices,)
        The candidate of greatest value is taken, ties by the lower index.

    Returns
    -------
    ndarray of int64
        Vertices by index, in the order in which they were taken.
    """
    chosen, best = [start], np.zeros(0, np.int64)
    counts = np.bincount(graph.attribute[[start]], minlength=len(graph.values))
    candidates = graph.row(start)
    candidates = candidates[inside[candidates]]
    while True:
        if fair(graph, np.array(chosen)):
            best = np.array(chosen, np.int64)
        taken = _next(graph, candidates, counts, value)
        if taken is None:
            return best
        chosen.append(taken)
        counts[graph.attribute[taken]] += 1
        candidates = np.intersect1d(candidates, graph.row(taken), assume_unique=True)


def _next(
    graph: FairClique, candidates: np.ndarray, counts: np.ndarray, value: np.ndarray
) -> int | None:
    """The best candidate of the value with the lowest count that still has one, if any helps."""
    kinds = graph.attribute[candidates]
    for kind in np.argsort(counts, kind="stable"):
        own = candidates[kinds == kind]
        # A value beyond the lowest count that can still be reached makes nothing fair again.
        if len(own) and counts[kind] + 1 - counts.min() <= max(graph.delta, 1):
            return int(own[np.lexsort((own, -value[own]))[0]])
    return None


def improved(graph: FairClique, clique: np.ndarray, inside: np.ndarray):
    """Larger and larger fair cliques: add one or two vertices, or give one up for two or three."""
    while len(clique):
        larger = _larger(graph, clique, inside)
        if larger is None:
            return
        clique = larger
        yield clique


def _larger(graph: FairClique, clique: np.ndarray, inside: np.ndarray) -> np.ndarray | None:
    for out in [None, *clique.tolist()]:
        kept = clique if out is None else clique[clique != out]
        if len(kept) == 0:
            continue
        room = _around(graph, kept, inside)
        room = room[room != out] if out is not None else room
        more = 1 if out is None else 2
        found = _extension(graph, kept, room, more)
        if found is not None:
            return found
    return None


def _around(graph: FairClique, clique: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Vertices adjacent to all of a clique."""
    rows = sorted((graph.row(int(v)) for v in clique), key=len)
    room = rows[0][inside[rows[0]]]
    for row in rows[1:]:
        room = np.intersect1d(room, row, assume_unique=True)
    return room


def _extension(
    graph: FairClique, kept: np.ndarray, room: np.ndarray, least: int
) -> np.ndarray | None:
    """`kept` with `least` or one more mutually adjacent vertices of `room`, if that is fair."""
    for number in (least, least + 1):
        for more in _cliques(graph, room, number):
            found = np.concatenate([kept, more])
            if fair(graph, found):
                return found
    return None


def _cliques(graph: FairClique, room: np.ndarray, number: int):
    """Cliques of `number` ≤ 3 vertices within `room`."""
    for v in room.tolist():
        if number == 1:
            yield np.array([v])
            continue
        later = np.intersect1d(room[room > v], graph.row(v), assume_unique=True)
        for rest in _cliques(graph, later, number - 1):
            yield np.append(rest, v)


def _degrees(graph: FairClique, inside: np.ndarray) -> np.ndarray:
    """Neighbours of every vertex that may be taken."""
    source = np.repeat(np.arange(len(inside)), np.diff(graph.first))
    keep = inside[graph.neighbour] & inside[source]
    return np.bincount(source[keep], minlength=len(inside))


def _coloured_degrees(graph: FairClique, inside: np.ndarray) -> np.ndarray:
    """The least number of distinct colours that one value has around every vertex."""
    colour = colouring(graph, inside)
    values = len(graph.values)
    source = np.repeat(np.arange(len(inside)), np.diff(graph.first))
    keep = inside[graph.neighbour] & inside[source]
    source, target = source[keep], graph.neighbour[keep]
    width = int(colour.max(initial=0)) + 1
    keys = (source * values + graph.attribute[target]) * width + colour[target]
    per_value = np.bincount(np.unique(keys) // width, minlength=len(inside) * values)
    return per_value.reshape(len(inside), values).min(axis=1)


def colouring(graph: FairClique, inside: np.ndarray) -> np.ndarray:
    """A proper colouring of the vertices inside, by falling degree, the least free colour each."""
    colour = np.full(len(inside), -1, np.int64)
    alive = np.nonzero(inside)[0]
    degrees = _degrees(graph, inside)
    for v in alive[np.lexsort((alive, -degrees[alive]))].tolist():
        near = colour[graph.row(v)]
        taken = np.unique(near[near >= 0])
        gaps = np.nonzero(taken != np.arange(len(taken)))[0]
        colour[v] = gaps[0] if len(gaps) else len(taken)
    return colour
