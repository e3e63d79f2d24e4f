"""Exact formulations: CP-SAT and Pyomo, on the whole graph or on what reductions left of it.

Both have a binary for every vertex, counts by attribute value, and non-adjacent vertices excluded
by *independent sets*: at most one vertex of an independent set is in a clique. Every non-edge
stands in one of the sets, each grown greedily to cover many of them; the plain edge formulation
would have a constraint for each and a linear relaxation of half of all vertices.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.instance import FairClique
from zerogap.models.fairclique.solution import Clique

#: Largest number of vertices of a formulation: its non-edges are held in a square matrix.
MAX_VERTICES = 6000


class Vertices(dict):
    """Vertex variables by original id or name; those of the reduction are made on demand.

    These are fixed to 0, so that constraints over any vertex can be written.
    """

    def __init__(self, instance: FairClique, absent: Callable[[int], Any]):
        super().__init__()
        self._graph = instance
        self._absent = absent

    def __missing__(self, vertex: Any) -> Any:
        known = int(self._graph.lookup([vertex])[0])
        if isinstance(vertex, str):
            return self[known]
        self[known] = self._absent(known)
        return self[known]


def independent_sets(matrix: np.ndarray) -> list[np.ndarray]:
    """Independent sets of a graph that together contain every pair of non-adjacent vertices.

    Parameters
    ----------
    matrix : ndarray of bool, shape (n, n)
        Adjacency.

    Returns
    -------
    list of ndarray
        Indices; for each uncovered pair one set is grown, always by the vertex with most
        uncovered pairs to the set.
    """
    n = len(matrix)
    apart = ~matrix
    np.fill_diagonal(apart, False)
    bare = apart.copy()
    sets = []
    for u in range(n):
        while bare[u].any():
            members = [u]
            free = apart[u].copy()
            gain = bare[u].astype(np.int32)
            while True:
                gain_now = np.where(free, gain, -1)
                v = int(gain_now.argmax())
                if gain_now[v] <= 0:
                    break
                members.append(v)
                free &= apart[v]
                gain += bare[v]
            block = np.array(sorted(members))
            bare[np.ix_(block, block)] = False
            sets.append(block)
    return sets


def chosen(instance: FairClique, vertices: Any) -> np.ndarray:
    index = np.arange(instance.vertices) if vertices is None else np.unique(vertices)
    if len(index) > MAX_VERTICES:
        raise InstanceError(
            f"{len(index)} vertices are left, an exact model takes at most {MAX_VERTICES}",
            field="vertices",
        )
    return index


def weights(instance: FairClique, index: np.ndarray) -> np.ndarray:
    """What every vertex of a model is worth."""
    return np.ones(len(index), np.int64) if instance.weight is None else instance.weight[index]


def anchors(instance: FairClique, index: np.ndarray) -> list[int]:
    """Places of the demanded vertices in a model; all of them must be in it."""
    where = instance.index(list(instance.anchor))
    places = np.searchsorted(index, where)
    if (places >= len(index)).any() or (index[places] != where).any():
        raise InstanceError("an anchor is not among the vertices", field="vertices")
    return places.tolist()


def reader(
    instance: FairClique, index: np.ndarray, variables: list[Any]
) -> Callable[[Callable[[Any], float]], Clique]:
    ids, names = instance.ids[index], instance.names

    def read(value: Callable[[Any], float]) -> Clique:
        taken = np.array([value(x) > 0.5 for x in variables], dtype=bool)
        return Clique(ids[taken], names=names)

    return read


def hints(
    instance: FairClique, vertex: dict[int, Any], count: list[Any], total: Any
) -> Callable[[Clique], Iterable[tuple[Any, float]]]:
    def hint(solution: Clique) -> Iterable[tuple[Any, float]]:
        inside = set(solution.vertices.tolist())
        for v, x in vertex.items():
            yield x, int(v in inside)
        index = instance.index(solution.vertices)
        counts = np.bincount(instance.attribute[index], minlength=len(count))
        yield from zip(count, counts.tolist())
        if total is not None:
            yield total, int(weights(instance, index).sum())

    return hint
