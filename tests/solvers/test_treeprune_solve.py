"""Strategies, exact models, policies and the simulator of tree pruning."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.treeprune import Kept, TreePrune, adversarial, check, random, rebase
from zerogap.models.treeprune.exact import cpsat, pyomo
from zerogap.models.treeprune.exact.parts import scaling
from zerogap.models.treeprune.solution import path_tokens
from zerogap.solvers.treeprune import (
    POLICIES,
    Candidates,
    SyntheticModel,
    beam,
    dvts,
    ets,
    simulate,
)

VARIANTS = ("plain", "unit", "equal", "budget", "tokens", "cardinality", "mandatory", "caps",
            "diminishing", "mixed")  # fmt: skip


@pytest.mark.parametrize("backend", ["cp-sat", "highs"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_kernel_and_exact_models_prove_the_same(variant, backend):
    for seed in range(2):
        tree = random(seed=seed, leaves=14, variant=variant, shape=["random", "forest"][seed],
                      lambda_b=3.0, lambda_d=4.0)  # fmt: skip
        mine = zg.solve(tree, method="kernel", threads=1)
        theirs = zg.solve(tree, method="exact", threads=1, backend=backend)
        assert mine.status == theirs.status
        if mine.status == "optimal":
            assert mine.objective == pytest.approx(theirs.objective, rel=1e-9, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_kernel_and_cpsat_agree_often(block):
    for seed in range(block * 50, block * 50 + 50):
        tree = random(seed=seed, leaves=30, variant=VARIANTS[seed % 10], lambda_b=4.0, lambda_d=6.0)
        mine = zg.solve(tree, method="kernel", threads=1)
        theirs = zg.solve(tree, method="exact", threads=1)
        assert mine.status == theirs.status
        if mine.status == "optimal":
            assert mine.objective == pytest.approx(theirs.objective, rel=1e-9, abs=1e-9)


def test_auto_is_optimal_on_the_instances(instances):
    import csv

    with open(instances / "treeprune" / "best_known.csv") as file:
        for row in csv.DictReader(file):
            tree = zg.read(instances / "treeprune" / f"{row['instance']}.json")
            result = zg.solve(tree, time_limit=30, threads=2)
            assert result.status == "optimal"
            assert result.objective == pytest.approx(float(row["lower"]), rel=1e-9)


@pytest.mark.parametrize("build", [cpsat.build, pyomo.build])
def test_hints_are_complete_and_feasible(build):
    tree = random(seed=3, leaves=12, variant="mixed")
    start = zg.solve(tree, method="kernel", threads=1).solution
    model = build(tree)
    hint = {str(variable): value for variable, value in model.hint(start)}
    count = (
        len(model.model.proto.variables)
        if build is cpsat.build
        else len(model.variables["y"]) + len(model.variables["z"])
    )
    assert len(hint) == count
    values = {id(variable): value for variable, value in model.hint(start)}
    assert model.read(lambda v: values[id(v)]).keep.tolist() == start.keep.tolist()


@pytest.mark.parametrize("backend", ["cp-sat", "highs"])
def test_a_start_is_never_lost(backend):
    tree = adversarial(seed=0, branches=12, leaves=8, clusters=20)
    best = zg.solve(tree, method="kernel", threads=1)
    for limit in (0.001, 5.0):
        result = zg.solve(tree, method="exact", backend=backend, time_limit=limit, threads=1,
                          start=best.solution)  # fmt: skip
        assert result.objective >= best.objective - 1e-9


@pytest.mark.parametrize("method", ["auto", "kernel", "exact"])
@pytest.mark.parametrize(
    ("kw", "reason"),
    [
        ({"budget": 3.0}, "cheapest path needs 5"),
        ({"min_leaves": 9}, "the tree has 2 leaves"),
        ({"max_leaves": 1, "mandatory": [1, 2]}, "2 leaves are mandatory"),
        ({"budget": 6.0, "mandatory": [1, 2]}, "the mandatory leaves need 11"),
    ],
)
def test_what_is_infeasible_is_said_with_the_amount(method, kw, reason):
    tree = TreePrune([-1, 0, 0], [1, 1, 1], [1, 4, 6], **kw)
    result = zg.solve(tree, method=method, threads=1)
    assert result.status == "infeasible"
    assert any(reason in message for message in result.messages)


@pytest.mark.parametrize("method", ["auto", "kernel", "exact"])
def test_infeasible_by_combination(method):
    tree = TreePrune([-1, 0, 0], [1, 1, 1], [1, 4, 6], [-1, 0, 0], caps=1, min_leaves=2)
    assert zg.solve(tree, method=method, threads=1).status == "infeasible"


def test_added_constraints_reach_the_exact_model():
    tree = rebase(seed=1, width=16)
    free = zg.solve(tree, threads=1)
    leaf = int(free.solution.keep[0])

    def without(model):
        model.model.add(model.variables["y"][leaf] == 0)

    bound = zg.solve(tree, threads=1, extend=without)
    assert leaf not in bound.solution.keep.tolist()
    assert bound.objective <= free.objective


def test_the_same_seed_gives_the_same_answer():
    tree = adversarial(seed=2, branches=25, leaves=12, clusters=40)
    runs = [zg.solve(tree, method="kernel", threads=1, iterations=40) for _ in range(2)]
    assert runs[0].solution.keep.tolist() == runs[1].solution.keep.tolist()
    assert (runs[0].objective, runs[0].bound) == (runs[1].objective, runs[1].bound)


def test_a_time_limit_leaves_a_bound():
    tree = adversarial(seed=0, branches=150, leaves=60, clusters=500)
    result = zg.solve(tree, time_limit=0.5, threads=1)
    assert result.status == "feasible"
    assert result.bound >= result.objective


def test_scaling_is_exact_where_it_can_be():
    assert scaling([0.5, -0.25, 3.0]) == (4.0, True)
    unit, exact = scaling([0.1, 1e9])
    assert not exact and 1e9 * unit <= 2**50
    assert scaling([]) == (1.0, True)


def test_path_tokens():
    tree = TreePrune([1, 2, -1], [0] * 3, [1, 2, 4])
    assert path_tokens(tree).tolist() == [7, 6, 4]


def candidates():
    return Candidates(
        parent=np.array([-1, 0, 0, 0, 0], dtype=np.int32),
        tokens=np.ones(5),
        leaves=np.arange(1, 5, dtype=np.int32),
        reward=np.array([0.9, 0.8, 0.2, 0.1]),
        cluster=np.array([0, 0, 1, 1], dtype=np.int32),
        group=np.array([0, 1, 2, 3], dtype=np.int32),
        width=8,
    )


def test_policies_hand_out_the_width():
    for name, policy in POLICIES.items():
        children = policy(candidates())
        assert children.sum() == 8, name
        assert (children >= 0).all()
    assert beam(candidates()).tolist() == [4, 4, 0, 0]
    assert dvts(candidates()).tolist() == [4, 4, 0, 0]
    assert (
        ets(candidates(), lambda_b=0, lambda_d=0).tolist()
        == POLICIES["rebase"](candidates()).tolist()
    )


def test_ets_needs_less_cache_than_rebase():
    model = SyntheticModel(steps=8)
    usual, pruned = (simulate(POLICIES[p], 64, 0, model) for p in ("rebase", "ets"))
    assert pruned.kv < usual.kv
    assert usual.share == 1.0 and usual.reward == pytest.approx(1.0)
    assert 0.5 < pruned.share <= 1.0 and pruned.reward > 0.9
    assert len(pruned.steps) == 8
    again = simulate(POLICIES["ets"], 64, 0, model)
    assert again.kv == pruned.kv and again.best == pruned.best


def test_picture(tmp_path):
    pytest.importorskip("matplotlib")
    from zerogap.report.treeprune import draw, layout

    for tree in (rebase(seed=0, width=16), random(seed=1, leaves=8, shape="forest"),
                 TreePrune([-1], [1], [1])):  # fmt: skip
        solution = zg.solve(tree, threads=1).solution
        figure = draw(tree, solution)
        figure.savefig(tmp_path / "tree.svg")
        x, y = layout(tree)
        assert len(set(x[tree.leaves].tolist())) == len(tree.leaves)
        assert (y <= 0).all()
    assert check(tree, Kept([0])) == 0


@pytest.mark.parametrize(
    "sides",
    [
        {},
        {"cluster": True, "lambda_d": 2.0},
        {"min_leaves": 300},
        {"every_tree": True, "mandatory": [199_999]},
        {"budget": 300.0},
        {"max_leaves": 200},
    ],
)
def test_deep_trees_take_no_quadratic_time(sides):
    """A spine of 20,000 nodes with 180,000 leaves along it: a quadratic pass would take minutes."""
    rng = np.random.default_rng(1)
    n, depth = 200_000, 20_000
    parent = np.concatenate([np.arange(-1, depth - 1), rng.integers(0, depth, n - depth)])
    sides = dict(sides)
    if sides.pop("cluster", False):
        sides["cluster"] = rng.integers(0, 2000, n)
    tree = TreePrune(
        parent=parent, reward=rng.random(n), tokens=rng.random(n), lambda_b=0.7, **sides
    )
    limited = "budget" in sides or "max_leaves" in sides
    result = zg.solve(tree, threads=1, time_limit=4 if limited else 60)
    assert result.solution is not None and result.bound >= result.objective - 1e-9
    assert result.gap <= (0.1 if limited else 0.0)


def test_one_price_is_found_whatever_the_scale():
    for scale in (1e-6, 1.0, 1e9):
        rng = np.random.default_rng(4)
        parent = [-1] + [int(rng.integers(0, v)) for v in range(1, 400)]
        tree = TreePrune(
            parent=parent,
            reward=rng.random(400) * scale,
            tokens=rng.random(400),
            lambda_b=0.1 * scale,
            budget=20.0,
        )
        result = zg.solve(tree, threads=1, time_limit=30)
        assert result.status == "optimal"
