"""Weights, anchors, disjoint cliques and all maximal ones, against the definitions."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

import zerogap as zg
from tests.oracles import fairclique as oracle
from zerogap.models.fairclique import Clique, from_edges
from zerogap.solvers.fairclique import maximal

PROVING = ("auto", "exact", "cpsat", "highs", "highs-warm")


def graphs(count: int, seed: int, most: int = 14):
    """Graphs with weights, anchors or both."""
    rng = random.Random(seed)
    for graph in oracle.random_graphs(count, seed=seed, most=most):
        n, changes = graph.vertices, {}
        if rng.random() < 0.7:
            changes["weight"] = [rng.choice((0, 1, 5, 2**31 - 1, 17)) for _ in range(n)]
        if rng.random() < 0.5 or not changes:
            changes["anchor"] = sorted(rng.sample(graph.ids.tolist(), min(n, rng.randint(1, 2))))
        yield dataclasses.replace(graph, k=rng.randint(0, 2), **changes)


@pytest.mark.parametrize("method", PROVING)
def test_every_method_proves_the_oracles_optimum(method):
    for graph in graphs(150 if method == "auto" else 12, seed=41):
        expected, _ = oracle.optimum(graph, {})
        result = zg.solve(graph, method=method, threads=1, time_limit=20)
        if expected is None:
            assert result.status == "infeasible", (method, graph)
            continue
        assert result.objective == expected, (method, graph)
        # HiGHS may be wrong by a millionth of all weights, and then claims no more.
        heavy = graph.weight is not None and graph.weight.sum() > 10**5
        assert result.status == "optimal" or (heavy and method.startswith("highs"))


def test_all_heaviest_cliques_are_listed():
    seen = 0
    for graph in graphs(80, seed=42, most=11):
        expected, _ = oracle.optimum(graph, {})
        if expected is None:
            continue
        result = zg.solve(graph, threads=1, enumerate=1000)
        ours = {tuple(result.solution.vertices), *map(tuple, result.solution.alternatives)}
        theirs = {c for c in oracle._cliques(graph) if oracle.worth(graph, c) == expected}
        assert ours == theirs
        seen += len(ours) > 1
    assert seen > 10


@pytest.mark.parametrize("weighted", [False, True])
def test_disjoint_cliques_are_each_the_best_of_what_is_left(weighted):
    rng = random.Random(7)
    several = 0
    for graph in oracle.random_graphs(60, seed=43, most=13):
        graph = dataclasses.replace(graph, k=min(graph.k, 1))
        if weighted:
            heavy = [rng.randint(0, 9) for _ in range(graph.vertices)]
            graph = dataclasses.replace(graph, weight=heavy)
        result = zg.solve(graph, threads=1, disjoint=4)
        if result.solution is None:
            continue
        assert len(result.solution.disjoint) <= 3
        left = graph
        for clique in (result.solution.vertices, *result.solution.disjoint):
            best, _ = oracle.optimum(left, {})
            assert oracle.worth(left, clique.tolist()) == best
            outside = left.without(left.index(clique))
            if not len(outside):
                break
            left = left.subgraph(outside)
        else:
            if len(result.solution.disjoint) < 3 and len(clique):
                assert oracle.optimum(left, {})[0] in (None, 0)
        several += len(result.solution.disjoint) > 1
    assert several > 5


def test_all_maximal_fair_cliques_come_once():
    for graph in oracle.random_graphs(120, seed=44, most=11):
        graph = dataclasses.replace(graph, k=min(graph.k, 2))
        if graph.vertices > 3 and graph.k == 1:
            graph = dataclasses.replace(graph, anchor=graph.ids[:1].tolist())
        ours = [tuple(c.tolist()) for c in maximal(graph)]
        assert len(ours) == len(set(ours)) and set(ours) == oracle.maximal(graph), graph
        assert len(list(maximal(graph, limit=2))) == min(2, len(ours))


def test_a_bound_is_never_below_the_optimum_when_stopped():
    rng = np.random.default_rng(3)
    graph = zg.generate("fairclique", "gnp", seed=2, vertices=90, probability=0.7, k=2, delta=1)
    graph = dataclasses.replace(graph, weight=rng.integers(1, 100, 90))
    best = zg.solve(graph, threads=1, time_limit=30)
    assert best.status == "optimal"
    for iterations in (1, 3, 30, 300, 3000):
        part = zg.solve(graph, threads=1, iterations=iterations)
        assert part.bound is None or part.bound >= best.objective
        assert part.objective is None or part.objective <= best.objective
    again = zg.solve(graph, threads=1, start=best.solution, iterations=10)
    assert again.objective == best.objective
    assert zg.solve(graph, method="cpsat", threads=2, time_limit=60).objective == best.objective


def test_apart_anchors_are_infeasible_and_names_reach_extend():
    graph = from_edges([(0, 1), (1, 2)], [0, 1, 0], names=["a", "b", "c"], k=0, anchor=["a", "c"])
    for method in PROVING:
        assert zg.solve(graph, method=method, threads=1).status == "infeasible"
    free = dataclasses.replace(graph, anchor=())

    def without_a(model):
        model.model.add(model.variables["vertex"]["a"] == 0)

    assert zg.solve(free, extend=without_a, threads=1).solution.labels == ["b", "c"]


def test_the_checker_knows_weights_anchors_and_disjoint_cliques():
    graph = from_edges([(0, 1), (2, 3)], [0, 1, 0, 1], k=1, weight=[1, 2, 3, 4])
    assert zg.check(graph, Clique([2, 3], disjoint=([0, 1],))) == 7
    for bad in (
        Clique([0, 1], disjoint=([2, 3],)),  # a better one after a worse one
        Clique([2, 3], disjoint=([2, 3],)),
        Clique([2, 3], alternatives=([0, 1],)),
        Clique([2, 3], names=("a", "b", "c", "d")),
    ):
        with pytest.raises(zg.InfeasibleSolution):
            zg.check(graph, bad)
    with pytest.raises(zg.InfeasibleSolution, match="must be in"):
        zg.check(dataclasses.replace(graph, anchor=[0]), Clique([2, 3]))


def test_published_bounds_with_three_values_are_refused_by_name():
    graph = zg.generate("fairclique", "gnp", seed=1, vertices=20, values=3)
    with pytest.raises(zg.InstanceError, match="option bound: the published bounds"):
        zg.solve(graph, bound="ub_c")
