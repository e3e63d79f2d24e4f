"""The solution: an order and weighted edges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError
from zerogap.models.dag.instance import Dag


@dataclass(frozen=True, slots=True)
class Structure:
    """A directed acyclic graph with weights.

    Parameters
    ----------
    order : ndarray of int32, shape (d,)
        The variables, every edge leading from an earlier to a later one.
    edges : ndarray of int32, shape (m, 2)
        Edges i → j.
    weights : ndarray of float64, shape (m,)
        Coefficient of i in the equation of j.
    names : tuple of str
        Names of the variables.
    """

    order: np.ndarray
    edges: np.ndarray
    weights: np.ndarray
    names: tuple[str, ...] = ()

    def __post_init__(self):
        put = object.__setattr__
        order = frozen(self.order, np.int32, field="order", shape=(None,))
        d = len(order)
        raw = np.asarray(self.edges)
        edges = frozen(
            raw if raw.size else np.empty((0, 2), np.int32),
            np.int32,
            field="edges",
            shape=(None, 2),
            low=0,
            high=d - 1,
        )
        weights = frozen(self.weights, np.float64, field="weights", shape=(len(edges),))
        if not np.isfinite(weights).all():
            raise InstanceError("holds infinities, expected numbers", field="weights")
        put(self, "order", order)
        put(self, "edges", edges)
        put(self, "weights", weights)
        put(self, "names", tuple(self.names) or tuple(f"X{j + 1}" for j in range(d)))
        if len(self.names) != d:
            raise InstanceError(f"{len(self.names)} names for {d} variables", field="names")

    @property
    def adjacency(self) -> np.ndarray:
        """W, float64 (d, d): W[i, j] is the weight of i → j, 0 where there is no edge."""
        d = len(self.order)
        matrix = np.zeros((d, d))
        matrix[self.edges[:, 0], self.edges[:, 1]] = self.weights
        return matrix

    @classmethod
    def from_adjacency(
        cls, matrix: Any, *, order: Any = None, names: Sequence[str] = ()
    ) -> Structure:
        """From W; the order is found by sorting if it is not given.

        Raises
        ------
        InstanceError
            If the nonzeros close a cycle.
        """
        W = frozen(matrix, np.float64, field="adjacency", shape=(None, None))
        if W.shape[0] != W.shape[1]:
            raise InstanceError("expected a square matrix", field="adjacency")
        edges = np.argwhere(W != 0).astype(np.int32)
        if order is None:
            order = topological(W != 0)
        return cls(np.asarray(order), edges, W[edges[:, 0], edges[:, 1]], tuple(names))

    def threshold(self, smallest: float) -> Structure:
        """Without the edges of absolute weight below `smallest`."""
        keep = np.abs(self.weights) >= smallest
        return Structure(self.order, self.edges[keep], self.weights[keep], self.names)

    def graph(self) -> Any:
        """A ``networkx.DiGraph`` over the names with the attribute ``weight``."""
        import networkx as nx

        graph = nx.DiGraph()
        graph.add_nodes_from(self.names[v] for v in self.order.tolist())
        for (i, j), w in zip(self.edges.tolist(), self.weights.tolist()):
            graph.add_edge(self.names[i], self.names[j], weight=w)
        return graph


def topological(support: np.ndarray) -> np.ndarray:
    """An order of the vertices of an acyclic support, smallest index first among the free."""
    import heapq

    d = len(support)
    wait = support.sum(axis=0).astype(int)
    free = [j for j in range(d) if wait[j] == 0]
    order: list[int] = []
    while free:
        i = heapq.heappop(free)
        order.append(i)
        for j in np.flatnonzero(support[i]).tolist():
            wait[j] -= 1
            if wait[j] == 0:
                heapq.heappush(free, j)
    if len(order) < d:
        from zerogap.models.dag.rules import cycle

        loop = cycle(((int(i), int(j)) for i, j in np.argwhere(support)), d)
        path = " → ".join(map(str, loop))
        raise InstanceError(f"the edges close the cycle {path}", field="adjacency")
    return np.array(order, dtype=np.int32)


def encode(solution: Structure) -> dict:
    """The solution as JSON-able data."""
    edges = [[i, j, w] for (i, j), w in zip(solution.edges.tolist(), solution.weights.tolist())]
    return {"order": solution.order.tolist(), "edges": edges, "names": list(solution.names)}


def decode(instance: Dag, data: dict) -> Structure:
    """The solution from JSON data.

    Raises
    ------
    InstanceError
        If a key is missing or malformed, or the names are not those of the instance.
    """
    if not isinstance(data, dict):
        raise InstanceError("expected an object", field="solution")
    d = instance.variables
    names = data.get("names") or list(instance.names)
    if not isinstance(names, list) or tuple(map(str, names)) != instance.names:
        raise InstanceError("are not the names of the instance", field="solution.names")
    edges = data.get("edges")
    if not isinstance(edges, list):
        raise InstanceError("expected a list of [i, j, weight]", field="solution.edges")
    W = np.zeros((d, d), dtype=bool)
    pairs, weights = [], []
    for k, edge in enumerate(edges):
        ends = edge[:2] if isinstance(edge, list) and len(edge) == 3 else None
        if (
            ends is None
            or not all(type(v) is int and 0 <= v < d for v in ends)
            or isinstance(edge[2], bool)
            or not isinstance(edge[2], int | float)
        ):
            raise InstanceError(
                f"element {k} is {edge!r}, expected [i, j, weight] with 0 <= i, j < {d}",
                field="solution.edges",
            )
        pairs.append(ends)
        weights.append(float(edge[2]))
        W[ends[0], ends[1]] = True
    order = data.get("order")
    if order is None:
        order = topological(W)
    elif not isinstance(order, list) or not all(type(v) is int for v in order):
        raise InstanceError("expected a list of variables", field="solution.order")
    links = np.array(pairs or np.empty((0, 2)))
    return Structure(np.asarray(order), links, np.array(weights), instance.names)
