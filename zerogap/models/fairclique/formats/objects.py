"""Graphs of other libraries: networkx, sparse matrices, data frames."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.formats.parts import (
    DELTA,
    Asked,
    K,
    Nodes,
    assemble,
)
from zerogap.models.fairclique.instance import MAX_LABEL, FairClique


def from_networkx(
    graph: Any,
    *,
    attribute: str = "attribute",
    weight: str | None = None,
    k: int = K,
    delta: float = DELTA,
    values: Any = None,
    anchor: Any = (),
    name: str = "",
) -> FairClique:
    """Make an instance from a networkx graph.

    Parameters
    ----------
    graph : networkx.Graph
        Directed graphs are taken without their directions. Nodes that are not all integers >= 0
        become names by ``str``.
    attribute : str
        Node attribute that holds the value.
    weight : str, optional
        Node attribute that holds the vertex weight.
    k, delta, anchor : object
        As in `FairClique`.
    values : sequence, optional
        Declared values; those that occur if left out.

    Returns
    -------
    FairClique
    """
    nodes = list(graph.nodes)
    for node in nodes:
        for key in (attribute, weight):
            if key is not None and key not in graph.nodes[node]:
                raise InstanceError(f"vertex {node} has no {key!r}", field="attribute")
    given = [graph.nodes[node][attribute] for node in nodes]
    heavy = None if weight is None else [graph.nodes[node][weight] for node in nodes]
    pairs = [(u, v) for u, v, *_ in graph.edges]
    asked = Asked(k, delta, values, _listed(anchor))
    return _made(nodes, pairs, given, heavy, asked, name or str(graph.name or ""))


def from_scipy(
    matrix: Any,
    attribute: Any,
    *,
    names: Any = None,
    weight: Any = None,
    k: int = K,
    delta: float = DELTA,
    values: Any = None,
    anchor: Any = (),
    name: str = "",
) -> FairClique:
    """Make an instance from a sparse (or dense) adjacency matrix.

    Parameters
    ----------
    matrix : scipy sparse matrix or array, or ndarray, shape (n, n)
        Entries other than 0 are edges, in either or both triangles.
    attribute : sequence, shape (n,)
        Values of the vertices.
    names : sequence of str, optional
        Names of the vertices.
    weight, k, delta, values, anchor
        As in `FairClique`.
    """
    if getattr(matrix, "ndim", 0) != 2 or matrix.shape[0] != matrix.shape[1]:
        raise InstanceError("expected a square matrix", field="matrix")
    n = matrix.shape[0]
    if hasattr(matrix, "tocoo"):
        entries = matrix.tocoo()
        there = np.asarray(entries.data) != 0
        ends = np.column_stack([entries.row[there], entries.col[there]])
    else:
        ends = np.argwhere(np.asarray(matrix) != 0)
    if len(attribute) != n:
        raise InstanceError(f"{len(attribute)} values for {n} vertices", field="attribute")
    labels: list[Any] = list(range(n)) if names is None else list(names)
    if len(labels) != n:
        raise InstanceError(f"{len(labels)} names for {n} vertices", field="names")
    pairs = [(labels[u], labels[v]) for u, v in ends.tolist()] if names is not None else ends
    asked = Asked(k, delta, values, _listed(anchor))
    return _made(labels, pairs, list(attribute), weight, asked, name)


def from_frames(
    edges: Any,
    nodes: Any,
    *,
    source: str = "source",
    target: str = "target",
    vertex: str = "id",
    attribute: str = "attribute",
    weight: str | None = None,
    k: int = K,
    delta: float = DELTA,
    values: Any = None,
    anchor: Any = (),
    name: str = "",
) -> FairClique:
    """Make an instance from two data frames (pandas, or mappings of columns).

    Parameters
    ----------
    edges : DataFrame
        With the columns `source` and `target`.
    nodes : DataFrame
        With the columns `vertex`, `attribute` and, if given, `weight`.
    k, delta, values, anchor
        As in `FairClique`.
    """

    def column(frame: Any, key: str, what: str) -> list[Any]:
        try:
            found = frame[key]
        except KeyError:
            raise InstanceError(f"{what} have no column {key!r}", field=key) from None
        return found.tolist() if hasattr(found, "tolist") else list(found)

    ends = list(zip(column(edges, source, "edges"), column(edges, target, "edges")))
    heavy = None if weight is None else column(nodes, weight, "nodes")
    asked = Asked(k, delta, values, _listed(anchor))
    labels, given = column(nodes, vertex, "nodes"), column(nodes, attribute, "nodes")
    return _made(labels, ends, given, heavy, asked, name)


def _listed(anchor: Any) -> list[Any]:
    return [anchor] if isinstance(anchor, str | int | np.integer) else list(anchor)


def _made(
    labels: list, pairs: Any, given: list, weight: Any, asked: Asked, name: str
) -> FairClique:
    values = []
    for label, value in zip(labels, given):
        # A missing value is NaN in data frames.
        if value is None or value != value or not str(value).strip():
            raise InstanceError(f"vertex {label} has no value", field="attribute")
        values.append(str(value).strip())
    whole = all(
        isinstance(v, int | np.integer) and not isinstance(v, bool) and 0 <= v <= MAX_LABEL
        for v in labels
    )
    heavy = None if weight is None else np.asarray(weight)
    if whole:
        ids = np.array(labels, dtype=np.int64)
        known = set(labels)
        if len(known) != len(labels):
            raise InstanceError("a vertex is given twice", field="ids")
        for pair in [] if isinstance(pairs, np.ndarray) else pairs:
            for end in pair:
                if end not in known:
                    raise InstanceError(f"vertex {end!r} has no attribute", field="attribute")
        table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        made = assemble(table, Nodes(ids, values, heavy), asked, file="")
    else:
        words = [str(v) for v in labels]
        if len(set(words)) != len(words):
            raise InstanceError("two vertices have one name", field="names")
        asked.anchor = [str(v) for v in asked.anchor]
        ends = [(str(u), str(v)) for u, v in pairs]
        made = assemble(ends, Nodes(words, values, heavy), asked, file="")
    object.__setattr__(made, "name", name)
    return made


def to_networkx(instance: FairClique) -> Any:
    """The instance as a `networkx.Graph`; nodes are ids or names and carry ``attribute``."""
    import networkx

    graph = networkx.Graph(name=instance.name)
    labels = [instance.label(v) for v in range(instance.vertices)]
    for v, a in enumerate(instance.attribute.tolist()):
        graph.add_node(labels[v], attribute=instance.values[a])
        if instance.weight is not None:
            graph.nodes[labels[v]]["weight"] = int(instance.weight[v])
    graph.add_edges_from((labels[u], labels[v]) for u, v in instance.edge_list().tolist())
    return graph
