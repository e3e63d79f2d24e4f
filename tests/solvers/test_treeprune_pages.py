"""Pages of the KV cache, held nodes, names, signed rewards and draft trees in the exact model."""

from __future__ import annotations

import dataclasses
import itertools
import json

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import treeprune as oracle
from zerogap.models.base import InstanceError
from zerogap.models.treeprune import FAMILY, Draft, Drafted, Kept, TreePrune, node_costs
from zerogap.solvers.treeprune import grow, prefix_tree

METHODS = (("auto", "cp-sat"), ("kernel", "cp-sat"), ("exact", "cp-sat"), ("exact", "highs"))


def test_pages_of_a_tree_are_those_of_its_sequences():
    """`prefix_tree` counts pages of tokens that it sees; the model of numbers of tokens agrees."""
    for seed in range(120):
        rng = np.random.default_rng([seed, 5])
        rows = [rng.integers(0, 2, rng.integers(1, 12)).tolist() for _ in range(rng.integers(1, 6))]
        block = int(rng.integers(1, 5))
        parent, tokens, leaf = prefix_tree(rows)
        above, cost, other = prefix_tree(rows, block=block)
        fields = {"reward": np.zeros(len(parent)), "lambda_b": 1.0, "forest": True, "min_leaves": 0}
        numbers = TreePrune(parent=parent, tokens=tokens, page=block, **fields)
        seen = TreePrune(parent=above, tokens=cost, **(fields | {"reward": np.zeros(len(above))}))
        for count in range(len(rows) + 1):
            for kept in itertools.combinations(range(len(rows)), count):
                ours = zg.check(numbers, Kept(leaf[list(kept)]))
                assert ours == zg.check(seen, Kept(other[list(kept)])), (rows, block, kept)


@pytest.mark.parametrize(("method", "backend"), METHODS)
def test_every_method_proves_the_oracles_optimum(method, backend):
    kinds = {"pages": 0, "held": 0, "signed": 0, "draft": 0}
    for seed in range(120 if method != "exact" else 40):
        rng = np.random.default_rng([seed, 77])
        tree, _ = oracle.draw(rng)
        draft = isinstance(tree, Draft)
        kinds["draft"] += draft
        if not draft:
            kinds["pages"] += tree.page > 0
            kinds["held"] += len(tree.held) > 0
            kinds["signed"] += bool((tree.reward < 0).any())
        best, _ = oracle.optimum(tree, {})
        result = zg.solve(tree, method=method, backend=backend, threads=1, time_limit=20)
        assert (result.status == "infeasible") == (best is None)
        if best is not None:
            assert result.status == "optimal"
            assert result.objective == pytest.approx(best, abs=1e-9)
    assert min(kinds.values()) > 3


def test_held_nodes_are_free_and_names_come_back(tmp_path):
    data = {
        "family": "treeprune",
        "page": 16,
        "lambda_b": 0.25,
        "held": ["prompt"],
        "mandatory": ["b"],
        "nodes": [
            {"id": "b", "parent": "prompt", "tokens": 20, "reward": -1.5},
            {"id": "prompt", "parent": None, "tokens": 40, "reward": 0},
            {"id": "a", "parent": "prompt", "tokens": 8, "reward": -0.1},
            {"id": "c", "parent": "prompt", "tokens": 9, "reward": 0.3},
        ],
    }
    path = tmp_path / "tree.json"
    path.write_text(json.dumps(data))
    tree = zg.read(path)
    # 40 tokens are two pages and a half: held. b ends at 60 (one page and its own), a at 48 (a page
    # that ends there, none of its own), c at 49 (that page again in c, and one token of its own).
    assert node_costs(tree).tolist() == [2, 0, 1, 2]
    result = zg.solve(tree)
    assert FAMILY.encode(result.solution) == {"keep": [0], "names": ["b"]}
    assert result.objective == pytest.approx(-1.5 - 0.25 * 2)
    zg.models.files.write(tree, tmp_path / "again.json")
    assert zg.digest(zg.read(tmp_path / "again.json")) == zg.digest(tree)
    assert node_costs(zg.read(path, page=0)).tolist() == [20, 0, 8, 9]
    for key, value, words in (
        ("held", ["nobody"], "held: element 0 is 'nobody'"),
        ("mandatory", ["prompt"], "no leaf"),
        ("page", 2.5, "page: is 2.5"),
        ("page", -1, "page: is -1"),
    ):
        path.write_text(json.dumps(data | {key: value}))
        with pytest.raises(InstanceError, match=words):
            zg.read(path)
    data["nodes"][0]["tokens"] = 1.5
    path.write_text(json.dumps(data))
    with pytest.raises(InstanceError, match="whole tokens"):
        zg.read(path)
    data["nodes"][0] |= {"id": "a", "tokens": 2}
    data["mandatory"] = []
    path.write_text(json.dumps(data))
    with pytest.raises(InstanceError, match="names"):
        zg.read(path)


# ---- draft trees ---------------------------------------------------------------------------------


def test_grow_and_the_model_agree():
    for seed in range(60):
        rng = np.random.default_rng([seed, 9])
        n, size = int(rng.integers(1, 40)), int(rng.integers(0, 12))
        parent = np.array([rng.integers(-1, v) for v in range(n)], dtype=np.int32)
        probability = rng.random(n)
        price = float(rng.choice([0.0, 0.1, 0.5]))
        keep, value = grow(parent, probability, size, price)
        draft = Draft(parent, probability, size, price)
        assert zg.check(draft, Drafted(keep)) == pytest.approx(value, abs=1e-12)
        assert zg.solve(draft, threads=1).objective == pytest.approx(value, abs=1e-9)


def test_siblings_in_order_need_more_than_a_heap():
    # The second sibling is likelier than the first, which has to be tried before it.
    draft = Draft([-1, -1, -1], [0.1, 0.9, 0.2], 2, order=[0, 1, 2])
    result = zg.solve(draft)
    assert result.solution.nodes.tolist() == [0, 1]
    assert result.objective == pytest.approx(0.1 + 0.9 * 0.9)
    dear = Draft([-1, -1, -1], [0.1, 0.9, 0.2], 2, order=[0, 1, 2], latency=[0, 0.2, 1.2])
    assert zg.solve(dear).objective == 0 and len(zg.solve(dear).solution.nodes) == 0


@pytest.mark.parametrize("ordered", [False, True])
def test_large_drafts_are_proven_and_the_backends_agree(ordered):
    settings = {"seed": 3, "size": 64, "ordered": ordered, "depth_cost": 0.02}
    draft = zg.generate("treeprune", "draft", candidates=4000, token_cost=0.001, **settings)
    result = zg.solve(draft, threads=1)
    assert result.status == "optimal"
    small = zg.generate("treeprune", "draft", candidates=60, token_cost=0.02, **settings)
    best = zg.solve(small, threads=1).objective
    for backend in ("cp-sat", "highs"):
        other = zg.solve(small, method="exact", backend=backend, threads=1, time_limit=30)
        assert other.objective == pytest.approx(best, abs=1e-6), backend


def test_drafts_in_files_and_bad_ones(tmp_path):
    draft = zg.generate("treeprune", "draft", candidates=12, size=5, ordered=True, token_cost=0.1)
    named = dataclasses.replace(draft, names=[f"t{i}" for i in range(12)])
    path = tmp_path / "d.json"
    for each in (draft, named):
        zg.models.files.write(each, path)
        assert zg.digest(zg.read(path)) == zg.digest(each)
        found = zg.solve(each).solution
        back = FAMILY.decode(each, json.loads(json.dumps(FAMILY.encode(found))))
        assert zg.check(each, back) == zg.check(each, found)
    assert FAMILY.encode(zg.solve(named).solution)["names"][0] == "t0"
    with pytest.raises(InstanceError, match="option page"):
        zg.read(path, page=16)
    for changes, field in (
        ({"parent": [0]}, "parent"),
        ({"parent": [1]}, "parent"),
        ({"probability": [1.5]}, "probability"),
        ({"probability": [0.5, 0.5]}, "probability"),
        ({"size": -1}, "size"),
        ({"size": 2.5}, "size"),
        ({"depth_cost": -1}, "depth_cost"),
        ({"latency": [0, 1]}, "latency"),
        ({"order": [0, 1]}, "order"),
        ({"names": [""]}, "names"),
    ):
        with pytest.raises(InstanceError) as error:
            Draft(**({"parent": [-1], "probability": [0.5], "size": 2} | changes))
        assert error.value.field == field
    with pytest.raises(InstanceError, match="one rank"):
        Draft([-1, -1], [0.5, 0.5], 2, order=[1, 1])


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([1], "0 above it is not"),
        ([0, 0], "twice"),
        ([9], "unknown"),
        ([0, 1, 2], "at most 2"),
        ([2], "0 before it is not"),
    ],
)
def test_the_checker_knows_draft_trees(nodes, words):
    draft = Draft([-1, 0, -1], [0.5, 0.5, 0.5], 2, order=[0, 0, 1])
    assert zg.check(draft, Drafted([0, 2])) == 0.75
    with pytest.raises(zg.InfeasibleSolution, match=words):
        zg.check(draft, Drafted(nodes))
    with pytest.raises(zg.InfeasibleSolution, match="expected a draft tree"):
        zg.check(draft, Kept([0]))
