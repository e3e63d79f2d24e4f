"""Networks from graphs of operators."""

from __future__ import annotations

import networkx as nx
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError


def diamond():
    graph = nx.DiGraph([("in", "a"), ("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], name="net")
    nx.set_node_attributes(graph, {"in": 8, "a": 16, "b": 32, "c": 4, "d": 2}, "size")
    graph.nodes["b"]["weights"] = 64
    return graph


def test_operators_tensors_and_weights():
    net = zg.scratchpad.from_networkx(diamond(), capacity=200)
    assert net.name == "net"
    plan = zg.solve(net, time_limit=5)
    # Everything fits: the input and the weights come in once, the result goes out.
    assert plan.status == "optimal" and plan.objective == 8 + 64 + 2
    table = plan.to_frame()
    assert set(table["tensor"]) == {"in", "a", "b", "b weights", "c", "d"}
    assert dict(zip(table["tensor"], table["bytes"]))["b weights"] == 64


def test_what_is_no_network_is_said():
    with pytest.raises(InstanceError, match="undirected"):
        zg.scratchpad.from_networkx(nx.path_graph(3), capacity=9)
    with pytest.raises(InstanceError, match="cycle"):
        zg.scratchpad.from_networkx(nx.DiGraph([(0, 1), (1, 0)]), capacity=9)
    with pytest.raises(InstanceError, match="operator 0 has no 'size'"):
        zg.scratchpad.from_networkx(nx.DiGraph([(0, 1)]), capacity=9)
