"""Trees, their checker, their files and what stands around them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.treeprune import (
    FAMILY,
    Kept,
    TreePrune,
    allocate,
    check,
    clusters,
    kv_bytes,
    normalised,
    random,
    read_trace,
    rebase,
    retained,
)
from zerogap.solvers.treeprune import ets, simulate


def small(**kw):
    """Root 0 with leaf 1 and inner node 2, below it leaves 3 and 4."""
    fields = {
        "parent": [-1, 0, 0, 2, 2],
        "reward": [9, 1, 9, 2, 4],
        "tokens": [1, 2, 3, 4, 5],
        "cluster": [-1, 7, -1, 7, 3],
        "lambda_d": 10.0,
    }
    return TreePrune(**(fields | kw))


def test_objective_is_the_definition():
    tree = small()
    assert tree.leaves.tolist() == [1, 3, 4]
    assert tree.clusters.tolist() == [3, 7]
    assert check(tree, Kept([1])) == 1 - 3 + 5
    assert check(tree, Kept([3, 4])) == 6 - 13 + 10
    assert check(tree, Kept([1, 3, 4])) == 7 - 15 + 10
    assert check(small(coverage=[1.0, 0.5]), Kept([1, 3])) == 3 - 10 + 7.5
    assert check(small(lambda_b=0), Kept([4])) == 4 + 5
    assert retained(tree, np.array([4])).tolist() == [True, False, True, False, True]


@pytest.mark.parametrize(
    ("kw", "keep", "constraint"),
    [
        ({}, [2], "leaves"),
        ({}, [99], "leaves"),
        ({}, [1, 1], "leaves"),
        ({}, [], "count"),
        ({"max_leaves": 1}, [1, 3], "count"),
        ({"min_leaves": 2}, [1], "count"),
        ({"budget": 2.5}, [1], "budget"),
        ({"mandatory": [3]}, [1], "mandatory"),
        ({"caps": {7: 1}}, [1, 3], "cap"),
    ],
)
def test_violations_are_named(kw, keep, constraint):
    with pytest.raises(InfeasibleSolution) as caught:
        check(small(**kw), Kept(keep))
    assert caught.value.constraint == constraint


def test_every_tree_keeps_a_leaf():
    tree = TreePrune([-1, -1], [1, 1], [1, 1], forest=True, every_tree=True)
    assert check(tree, Kept([0, 1])) == 0
    with pytest.raises(InfeasibleSolution, match="root 1"):
        check(tree, Kept([0]))


@pytest.mark.parametrize(
    ("kw", "message"),
    [
        ({"parent": [-1, 0, 0, 2, 5]}, "parent: element 4 is 5"),
        ({"parent": [-1, 0, 0, 2, -2]}, "parent: element 4 is -2"),
        ({"parent": [-1, 0, 3, 2, 2]}, "cycle"),
        ({"parent": [0, 0, 0, 2, 2]}, "cycle"),
        ({"parent": [-1, -1, 0, 2, 2]}, "both roots"),
        ({"parent": [], "reward": [], "tokens": [], "cluster": []}, "empty"),
        ({"parent": [-1, 0.5, 0, 2, 2]}, "integer"),
        ({"reward": [0, 0, 0, 0, float("nan")]}, "reward: element 4 is NaN"),
        ({"reward": [0, 0, 0, -2e12, 0]}, "reward: element 3"),
        ({"tokens": [0, 0, 0, -1, 0]}, "tokens: element 3"),
        ({"page": 2, "tokens": [1, 2, 3, 4, 0.5]}, "tokens: element 4 is 0.5"),
        ({"page": 0.5}, "page: is 0.5"),
        ({"held": [5]}, "held: element 0"),
        ({"names": ["a", "b", "c", "d"]}, "names: 4 names"),
        ({"names": ["a", "b", "c", "d", "d"]}, "one name"),
        ({"tokens": [0, 0, 0, 0, float("inf")]}, "tokens: element 4"),
        ({"tokens": [1, 2, 3]}, "tokens: has shape 3"),
        ({"cluster": [0, 0, 0, 0]}, "cluster: has shape 4"),
        ({"cluster": [0, 0, 0, 0, 2**40]}, "cluster: element 4"),
        ({"lambda_b": -1}, "lambda_b"),
        ({"lambda_d": float("nan")}, "lambda_d"),
        ({"budget": -1}, "budget"),
        ({"min_leaves": 3, "max_leaves": 2}, "max_leaves"),
        ({"min_leaves": 1.5}, "min_leaves"),
        ({"mandatory": [2]}, "node 2 is no leaf"),
        ({"mandatory": [9]}, "node 9 is no leaf"),
        ({"caps": [1, 1]}, "caps"),
        ({"coverage": [0.5, 1.0]}, "coverage"),
        ({"coverage": []}, "coverage"),
    ],
)
def test_bad_input_is_named(kw, message):
    with pytest.raises(InstanceError, match=message):
        small(**kw)


def test_any_order_of_nodes_and_holes_in_ids():
    tree = TreePrune([2, 2, -1], [1, 2, 0], [1, 1, 1], [10**9, 5, -1], lambda_d=2.0)
    assert tree.leaves.tolist() == [0, 1]
    assert check(tree, Kept([0, 1])) == 3 - 3 + 2


def test_a_long_chain_is_no_trouble():
    n = 50_000
    tree = TreePrune(np.r_[np.arange(1, n), -1], np.ones(n), np.ones(n))
    assert check(tree, Kept([0])) == 1 - n


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["plain", "mixed", "caps", "tokens", "mandatory"]),
       st.sampled_from(["random", "chain", "star", "forest"]))  # fmt: skip
def test_files_round_trip(seed, variant, shape):
    tree = random(seed=seed, leaves=12, variant=variant, shape=shape)
    text = FAMILY.formats[1].write(tree)
    assert FAMILY.formats[1].sniff(text, "x.json") and not FAMILY.formats[0].sniff(text, "x.json")
    assert zg.digest(FAMILY.formats[1].read(text, file="x")) == zg.digest(tree)


def test_reading_options_become_part_of_the_instance(tmp_path):
    path = tmp_path / "tree.json"
    zg.write(small(), path)
    tree = zg.read(path, lambda_b=2.0, lambda_d=0.5, budget=12.0, max_leaves=2)
    assert (tree.lambda_b, tree.lambda_d, tree.budget, tree.max_leaves) == (2.0, 0.5, 12.0, 2)


def test_nodes_as_objects():
    nodes = [{"parent": -1, "tokens": 1}, {"parent": 0, "tokens": 2, "reward": 3, "cluster": 0}]
    text = json.dumps({"family": "treeprune", "lambda_d": 1, "nodes": nodes})
    tree = FAMILY.formats[1].read(text, file="x")
    assert check(tree, Kept([1])) == 3 - 3 + 1


@pytest.mark.parametrize("text", [
    '{"family": "treeprune"}',
    '{"family": "treeprune", "parent": [-1], "reward": [NaN], "tokens": [1]}',
    '{"family": "treeprune", "parent": [-1], "reward": "x", "tokens": [1]}',
    '{"family": "treeprune", "parent": [-1], "reward": [1], "tokens": [1], "lamda": 2}',
    '{"family": "treeprune", "nodes": [3]}',
    '{"family": "treeprune", "parent": [-1',
])  # fmt: skip
def test_damaged_files_are_refused(text):
    with pytest.raises(InstanceError, match="x"):
        FAMILY.formats[1].read(text, file="x")


def test_a_trace_replays_the_search():
    run = simulate(ets, 16, 3, record=True)
    text = run.trace(1.0, 1.5)
    for step, entry in enumerate(run.steps):
        tree = read_trace(text, file="x", step=step)
        assert len(tree.leaves) == entry.leaves
        assert tree.tokens.sum() * entry.kv_candidates > 0
    assert len(read_trace(text, file="x").leaves) == run.steps[-1].leaves
    for step in (-1, len(run.steps)):
        with pytest.raises(InstanceError, match="step"):
            read_trace(text, file="x", step=step)
    broken = json.loads(text)
    broken["steps"][1]["parent"][0] = 10**6
    with pytest.raises(InstanceError, match="no node alive"):
        read_trace(json.dumps(broken), file="x")


def test_allocation_is_rebase():
    assert allocate(np.array([0.9, 0.5, 0.8]), 8).tolist() == [5, 0, 3]
    assert allocate(np.full(4, 0.3), 6).tolist() == [2, 2, 1, 1]
    assert allocate(np.array([]), 5).tolist() == []
    assert allocate(np.array([0.0, 1000.0]), 5).tolist() == [0, 5]
    with pytest.raises(ValueError):
        allocate(np.array([np.nan]), 3)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40), st.integers(0, 100))
def test_allocation_hands_out_the_whole_width(reward, width):
    children = allocate(np.array(reward), width)
    assert children.sum() == width and (children >= 0).all()
    order = np.argsort(-np.array(reward), kind="stable")
    assert (np.diff(children[order]) <= 0).all()


def test_clusters_of_embeddings():
    pytest.importorskip("scipy")
    points = np.array([[1, 0], [0, 1], [2, 0.01], [0, 3], [-1, 0]])
    assert clusters(points).tolist() == [0, 1, 0, 1, 2]
    assert clusters(points, threshold=3.0).tolist() == [0] * 5
    assert clusters(points, texts=["same"] * 5).tolist() == [0] * 5
    assert clusters(np.zeros((2, 3))).tolist() == [0, 1]
    assert clusters(np.ones((1, 3))).tolist() == [0]
    with pytest.raises(ValueError):
        clusters(np.array([[np.nan, 1.0]]))


def test_accounting():
    assert kv_bytes(100, layers=2, kv_heads=4, head_dim=8) == 2 * 100 * 2 * 4 * 8 * 2
    assert normalised(np.zeros(4)).tolist() == [0.25] * 4


def test_generated_trees_are_what_they_say():
    for cost in ("unit", "tokens"):
        tree = rebase(seed=5, width=64, cost=cost)
        assert len(tree.leaves) == 64
        assert tree.reward.sum() == pytest.approx(1)
        assert tree.tokens.sum() == pytest.approx(1)
    assert zg.digest(rebase(seed=5)) == zg.digest(rebase(seed=5)) != zg.digest(rebase(seed=6))
    for bad in ({"cost": "x"}, {"width": 0}):
        with pytest.raises(InstanceError):
            rebase(**bad)
    with pytest.raises(InstanceError):
        random(variant="x")
    with pytest.raises(InstanceError):
        random(shape="x")
