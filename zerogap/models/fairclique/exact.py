"""Exact formulations: CP-SAT and Pyomo, on the whole graph or on what reductions left of it.

Both have a binary for every vertex, counts by attribute value, and non-adjacent vertices excluded
by *independent sets*: at most one vertex of an independent set is in a clique. Every non-edge
stands in one of the sets, each grown greedily to cover many of them; the plain edge formulation
would have a constraint for each and a linear relaxation of half of all vertices.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.fairclique.check import Clique
from zerogap.models.fairclique.instance import FairClique

#: Largest number of vertices of a formulation: its non-edges are held in a square matrix.
MAX_VERTICES = 6000


class Vertices(dict):
    """Vertex variables by original id; vertices outside the reduced graph are made on demand.

    These are fixed to 0, so that constraints over any vertex can be written.
    """

    def __init__(self, known: np.ndarray, absent: Callable[[int], Any]):
        super().__init__()
        self._known = known
        self._absent = absent

    def __missing__(self, vertex: int) -> Any:
        at = np.searchsorted(self._known, vertex)
        if at >= len(self._known) or self._known[at] != vertex:
            raise KeyError(vertex)
        self[vertex] = self._absent(vertex)
        return self[vertex]


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


def _chosen(instance: FairClique, vertices: Any) -> np.ndarray:
    index = np.arange(instance.vertices) if vertices is None else np.unique(vertices)
    if len(index) > MAX_VERTICES:
        raise InstanceError(
            f"{len(index)} vertices are left, an exact model takes at most {MAX_VERTICES}",
            field="vertices",
        )
    return index


def _reader(ids: np.ndarray, variables: list[Any]) -> Callable[[Callable[[Any], float]], Clique]:
    def read(value: Callable[[Any], float]) -> Clique:
        taken = np.array([value(x) > 0.5 for x in variables], dtype=bool)
        return Clique(ids[taken])

    return read


def _hint(
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
            yield total, len(solution)

    return hint


def cpsat(instance: FairClique, vertices: Any = None) -> Model:
    """CP-SAT formulation.

    Parameters
    ----------
    instance : FairClique
    vertices : array_like of int, optional
        Indices of the vertices to keep; all if left out.

    Returns
    -------
    Model
        With variables ``vertex`` (by original id), ``count`` (by attribute value) and
        ``objective``.
    """
    from ortools.sat.python import cp_model

    index = _chosen(instance, vertices)
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{v}") for v in instance.ids[index]]
    for block in independent_sets(instance.induced(index)):
        model.add_at_most_one(x[i] for i in block)
    n = len(index)
    count = [
        model.new_int_var(min(instance.k, n + 1), n + 1, f"count {v}") for v in instance.values
    ]
    for i, c in enumerate(count):
        model.add(c == sum(x[j] for j in np.flatnonzero(instance.attribute[index] == i)))
    if instance.delta != math.inf:
        for i, a in enumerate(count):
            for j, b in enumerate(count):
                if i != j:
                    model.add(a - b <= int(min(instance.delta, n)))
    total = model.new_int_var(0, n, "size")
    model.add(total == sum(x))
    model.maximize(total)
    vertex = Vertices(instance.ids, lambda v: model.new_constant(0))
    vertex.update(zip(instance.ids[index].tolist(), x))
    variables = {"vertex": vertex, "count": dict(zip(instance.values, count)), "objective": total}
    return Model(
        model, variables, _reader(instance.ids[index], x), _hint(instance, vertex, count, total)
    )


def pyomo(instance: FairClique, vertices: Any = None) -> Model:
    """Pyomo formulation, for HiGHS.

    Parameters and variables are those of `cpsat`, but that ``objective`` is an expression.
    """
    import pyomo.environ as pyo

    index = _chosen(instance, vertices)
    model = pyo.ConcreteModel()
    n = len(index)
    model.x = pyo.Var(range(n), domain=pyo.Binary)
    model.absent = pyo.VarList(domain=pyo.Binary)
    model.count = pyo.Var(
        range(len(instance.values)), domain=pyo.Integers, bounds=(min(instance.k, n + 1), n + 1)
    )
    model.apart = pyo.ConstraintList()
    for block in independent_sets(instance.induced(index)):
        model.apart.add(sum(model.x[int(i)] for i in block) <= 1)
    model.counting = pyo.ConstraintList()
    for i in range(len(instance.values)):
        members = np.flatnonzero(instance.attribute[index] == i).tolist()
        model.counting.add(model.count[i] - sum(model.x[j] for j in members) == 0)
    model.balance = pyo.ConstraintList()
    if instance.delta != math.inf:
        for i in range(len(instance.values)):
            for j in range(len(instance.values)):
                if i != j:
                    model.balance.add(model.count[i] - model.count[j] <= instance.delta)
    size = sum(model.count[i] for i in range(len(instance.values)))
    model.size = pyo.Objective(expr=size, sense=pyo.maximize)

    def absent(v: int) -> Any:
        variable = model.absent.add()
        variable.fix(0)
        return variable

    x = [model.x[i] for i in range(n)]
    count = [model.count[i] for i in range(len(instance.values))]
    vertex = Vertices(instance.ids, absent)
    vertex.update(zip(instance.ids[index].tolist(), x))
    variables = {"vertex": vertex, "count": dict(zip(instance.values, count)), "objective": size}
    return Model(
        model, variables, _reader(instance.ids[index], x), _hint(instance, vertex, count, None)
    )
