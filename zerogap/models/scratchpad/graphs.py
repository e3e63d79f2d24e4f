"""Operator graphs as compilers dump them: tensors by number with a kind, no names.

``{"name", "dtype_bytes", "tensors": [{"size", "kind"}], "operators": [{"name", "inputs",
"outputs"}]}``: `kind` is ``input``, ``act``, ``weight`` or ``output`` (a result of the network);
inputs and outputs are numbers of tensors, from 0. The order of the file is a topological one.
"""

from __future__ import annotations

import json
import re
from typing import Any

from zerogap.models.base import InstanceError, wanted
from zerogap.models.scratchpad import formats
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.instance import Network
from zerogap.models.scratchpad.memories import Trace

KINDS = ("input", "act", "weight", "output")
_KEYS = {"name", "dtype_bytes", "tensors", "operators"}


def sniff(head: str, name: str) -> bool:
    """Whether the file has tensors of a kind, and the size of an element."""
    return bool(re.search(r'"dtype_bytes"\s*:', head) and re.search(r'"kind"\s*:', head))


def read(text: str, *, file: str, **options: Any) -> Network | Buffers | Trace:
    """The network; the family's options (capacity, weights, …) as for its own JSON."""
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        raise InstanceError(f"not JSON: {error.msg}", file=file, line=error.lineno) from None
    if not isinstance(data, dict) or not {"tensors", "operators"} <= set(data):
        raise InstanceError("expected an object with tensors and operators", file=file)
    strange = sorted(set(data) - _KEYS)
    if strange:
        raise InstanceError(f"unknown key {strange[0]!r}", file=file)
    return formats.decode(_named(data), file=file, **options)


def _named(data: dict[str, Any]) -> dict[str, Any]:
    """The same in the family's own JSON, tensors called ``t0``, ``t1``, …"""
    tensors, count = [], len(data["tensors"])
    for i, entry in enumerate(data["tensors"]):
        where = f"tensors[{i}]"
        if not isinstance(entry, dict) or set(entry) != {"size", "kind"}:
            raise InstanceError(f"is {entry!r}, expected size and kind", field=where)
        if entry["kind"] not in KINDS:
            raise InstanceError(
                f"is {entry['kind']!r}, expected one of {', '.join(KINDS)}", field=f"{where}.kind"
            )
        kind = {"weight": entry["kind"] == "weight", "output": entry["kind"] == "output"}
        tensors.append({"name": f"t{i}", "size": entry["size"]} | kind)
    operators = []
    for i, entry in enumerate(data["operators"]):
        where = f"operators[{i}]"
        if not isinstance(entry, dict) or set(entry) != {"name", "inputs", "outputs"}:
            raise InstanceError(f"is {entry!r}, expected name, inputs, outputs", field=where)
        operator = {"name": entry["name"]}
        for side in ("inputs", "outputs"):
            for place, t in enumerate(entry[side]):
                if not isinstance(t, int) or isinstance(t, bool) or not 0 <= t < count:
                    raise InstanceError(
                        f"is {t!r}, expected a tensor from 0 to {count - 1}",
                        field=f"{where}.{side}[{place}]",
                    )
            # A tensor that an operator reads twice lies in the scratchpad once.
            operator[side] = [f"t{t}" for t in dict.fromkeys(entry[side])]
        operators.append(operator)
    return {"name": str(data.get("name", "")), "tensors": tensors, "operators": operators}


def from_networkx(
    graph: Any, *, size: str = "size", weights: str = "weights", name: str = "", **options: Any
) -> Network:
    """A network from a directed graph of operators whose edges lead from producers to readers.

    Parameters
    ----------
    graph : networkx.DiGraph
        A node an operator with one result, by its name; a node without predecessors is an input of
        the network, one without successors a result of it. Nodes are taken in a topological order.
    size : str
        Node attribute: bytes of what the operator makes (or of the input).
    weights : str
        Node attribute: bytes of weights that the operator reads; none where it lacks.
    name : str
    **options
        ``capacity=…`` and the other settings of reading.

    Raises
    ------
    InstanceError
        If the graph has a cycle or no direction, or a node no size.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph([("image", "conv"), ("conv", "relu"), ("conv", "add"), ("relu", "add")])
    >>> nx.set_node_attributes(graph, 64, "size")
    >>> from_networkx(graph, capacity=192).name
    'graph'
    """
    if not hasattr(graph, "is_directed"):
        raise TypeError("expected a directed graph of networkx")
    if not graph.is_directed():
        raise InstanceError(
            "is undirected; expected edges from producers to readers", field="graph"
        )
    import networkx

    if not networkx.is_directed_acyclic_graph(graph):
        raise InstanceError("has a cycle; operators expect an order", field="graph")
    tensors, operators = [], []
    for node in networkx.topological_sort(graph):
        told = graph.nodes[node]
        if size not in told:
            raise InstanceError(f"operator {node} has no {size!r}", field="size")
        label = str(node)
        tensors.append({"name": label, "size": told[size], "output": graph.out_degree(node) == 0})
        before = [str(u) for u in graph.predecessors(node)]
        if not before:
            continue
        if told.get(weights):
            tensors.append({"name": f"{label} weights", "size": told[weights], "weight": True})
            before.append(f"{label} weights")
        operators.append({"name": label, "inputs": before, "outputs": [label]})
    called = name or str(graph.name or "") or "graph"
    data = {"name": called, "tensors": tensors, "operators": operators}
    made = formats.decode(data, file="", **wanted(formats.decode, options, "graph"))
    assert isinstance(made, Network)
    return made
