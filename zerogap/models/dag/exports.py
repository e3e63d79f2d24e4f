"""Graphs for other programs: DOT, GraphML, BIF, networkx, pgmpy."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag.categorical import Categorical
from zerogap.models.dag.metrics import cpdag
from zerogap.models.dag.networks import fitted
from zerogap.models.dag.solution import Structure


def dot(structure: Structure, *, pattern: bool = False) -> str:
    """The graph in the language of Graphviz; with `pattern` its equivalence class.

    In the class, edges whose direction the data cannot tell are drawn without an arrow head.
    """

    def quoted(name: str) -> str:
        return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'

    lines = ["digraph {"]
    lines += [f"  {quoted(name)};" for name in structure.names]
    for i, j, w, directed in _edges(structure, pattern):
        style = "" if directed else " [dir=none]"
        label = "" if w == 1 or pattern else f' [label="{w:.4g}"]'
        lines.append(
            f"  {quoted(structure.names[i])} -> {quoted(structure.names[j])}{style}{label};"
        )
    return "\n".join([*lines, "}"]) + "\n"


def _edges(structure: Structure, pattern: bool) -> list[tuple[int, int, float, bool]]:
    if not pattern:
        pairs = zip(structure.edges.tolist(), structure.weights.tolist())
        return [(i, j, w, True) for (i, j), w in pairs]
    both = cpdag(_support(structure))
    d = len(structure.order)
    out = []
    for i in range(d):
        for j in range(d):
            if both[i, j] and not (both[j, i] and j < i):
                out.append((i, j, 1.0, not both[j, i]))
    return out


def graphml(structure: Structure) -> str:
    """The graph as GraphML: names of the nodes, weights of the edges."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">',
        '  <key id="name" for="node" attr.name="name" attr.type="string"/>',
        '  <key id="weight" for="edge" attr.name="weight" attr.type="double"/>',
        '  <graph edgedefault="directed">',
    ]
    for name in structure.names:
        data = f'<data key="name">{escape(name)}</data>'
        lines.append(f"    <node id={quoteattr(name)}>{data}</node>")
    for (i, j), w in zip(structure.edges.tolist(), structure.weights.tolist()):
        ends = f"source={quoteattr(structure.names[i])} target={quoteattr(structure.names[j])}"
        lines.append(f'    <edge {ends}><data key="weight">{w!r}</data></edge>')
    return "\n".join([*lines, "  </graph>", "</graphml>"]) + "\n"


def bif(instance: Any, structure: Structure) -> str:
    """The network with parameters from the data as a BIF file.

    Raises
    ------
    InstanceError
        If the instance holds no categories, which tables are made of.
    """
    if not isinstance(instance, Categorical):
        raise InstanceError("a BIF file holds tables of categories, which the instance has not")
    return fitted(instance, structure).bif()


def to_pgmpy(instance: Any, structure: Structure) -> Any:
    """A pgmpy network: with its tables for categorical data, else the graph alone.

    Raises
    ------
    ModuleNotFoundError
        If pgmpy is not installed.
    """
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.models import DiscreteBayesianNetwork

    names = structure.names
    model = DiscreteBayesianNetwork([(names[i], names[j]) for i, j in structure.edges.tolist()])
    model.add_nodes_from(names)
    if not isinstance(instance, Categorical):
        return model
    network = fitted(instance, structure)
    for j, (parents, table) in enumerate(zip(network.parents, network.tables)):
        values = np.moveaxis(table, -1, 0).reshape(table.shape[-1], -1)
        states = {names[v]: list(network.levels[v]) for v in (j, *parents)}
        evidence = [names[i] for i in parents]
        sizes = [len(network.levels[i]) for i in parents]
        model.add_cpds(
            TabularCPD(names[j], len(values), values, evidence or None, sizes or None, states)
        )
    return model


def _support(structure: Structure) -> np.ndarray:
    d = len(structure.order)
    support = np.zeros((d, d), dtype=bool)
    support[structure.edges[:, 0], structure.edges[:, 1]] = True
    return support
