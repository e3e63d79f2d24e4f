"""Operator graphs as compilers dump them, and the baseline that evicts the fewest bytes."""

from __future__ import annotations

import json

import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.scratchpad import Network, replay
from zerogap.solvers.scratchpad import greedy

GRAPH = {
    "name": "small",
    "dtype_bytes": 1,
    "tensors": [
        {"size": 10, "kind": "input"},
        {"size": 4, "kind": "weight"},
        {"size": 8, "kind": "act"},
        {"size": 2, "kind": "output"},
    ],
    "operators": [
        {"name": "conv", "inputs": [0, 1], "outputs": [2]},
        {"name": "pool", "inputs": [2, 2], "outputs": [3]},
    ],
}


def written(tmp_path, **changes):
    path = tmp_path / "small.json"
    path.write_text(json.dumps(GRAPH | changes))
    return path


def test_a_graph_is_read_and_solved(tmp_path):
    net = zg.read(written(tmp_path), capacity="1.0x")
    assert net.name == "small" and net.operators == ("conv", "pool")
    assert net.size.tolist() == [10, 4, 8, 2] and net.weight.tolist() == [False, True, False, False]
    assert net.output.tolist() == [False, False, False, True]
    assert net.inputs == ((0, 1), (2,)) and net.outputs == ((2,), (3,))
    assert net.capacity == 22  # input, weight and result of the convolution
    result = zg.solve(net, time_limit=20)
    assert result.status == "optimal" and result.objective == 16  # nothing beyond 10 + 4 + 2
    assert len(zg.read(written(tmp_path), capacity=22, weights="ignore").size) == 3
    assert zg.read(written(tmp_path), capacity=22, weights="stream").stream_weights


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"tensors": [{"size": 1, "kind": "constant"}]}, r"tensors\[0\].kind: is 'constant'"),
        ({"tensors": [{"size": 1, "kind": "act", "x": 1}]}, r"tensors\[0\]: is .*expected size"),
        ({"operators": [{"name": "a", "inputs": [9], "outputs": []}]},
         r"operators\[0\].inputs\[0\]: is 9, expected a tensor from 0 to 3"),
        ({"operators": [{"name": "a", "inputs": []}]}, r"operators\[0\]: is .*expected name"),
        ({"order": [0]}, "unknown key 'order'"),
    ],
)  # fmt: skip
def test_bad_graphs_are_refused_by_their_path(tmp_path, changes, text):
    with pytest.raises(InstanceError, match=text):
        zg.read(written(tmp_path, **changes), family="scratchpad", capacity=30)


def test_fewest_evicts_what_costs_the_fewest_bytes():
    """Residents of 6 and 1 + 1 bytes side by side: room for 2 is made where it costs 2."""
    net = Network(
        size=[6, 1, 1, 2, 9],
        inputs=[(0,), (1,), (2,), (3,), (0, 1, 2)],
        outputs=[(), (), (), (), (4,)],
        capacity=17,
        order=[0, 1, 2, 3, 4],
    )
    tight = Network(size=net.size, inputs=net.inputs, outputs=net.outputs, capacity=17)
    allocator = greedy.Allocator(tight, [0, 1, 2, 3, 4], "fewest")
    allocator.capacity = 8
    for k in range(4):
        allocator._execute(k, k)
    assert set(allocator.address) == {0}  # 6 bytes stayed; the two of 1 byte made room
    assert sorted((t, first, last) for t, first, last, _ in allocator.rows) == [
        (1, 1, 1), (2, 2, 2), (3, 3, 3),
    ]  # fmt: skip


def test_fewest_is_a_baseline_whose_plans_are_checked():
    for seed in range(6):
        net = zg.generate("scratchpad", "random", operators=12, seed=seed, capacity="1.1x")
        found = zg.solve(net, method="fewest")
        best = zg.solve(net, time_limit=30, threads=1)
        assert zg.check(net, found.solution) == found.objective >= best.objective
        assert replay(net, found.solution).avoidable >= 0
