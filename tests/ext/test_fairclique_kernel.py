"""The fair clique kernel says what the maximal cliques say."""

from __future__ import annotations

import random

import numpy as np
import pytest

from tests.oracles import fairclique as oracle
from zerogap._ext.fairclique.clique import (
    BOUNDS,
    RULES,
    CliqueSearch,
    complete,
    published_bounds,
    reduce,
)
from zerogap.models.fairclique import Clique, FairClique, check
from zerogap.models.fairclique.generate import chung_lu, gnp


def search(graph: FairClique, **settings) -> CliqueSearch:
    kernel = CliqueSearch(*oracle.arrays(graph), **settings)
    while kernel.run():
        pass
    return kernel


def assert_agrees(graph: FairClique, **settings) -> None:
    kernel = search(graph, **settings)
    expected = oracle.fair_optimum(graph)
    size = -1 if kernel.objective is None else kernel.objective
    assert size == expected, (graph, settings)
    assert kernel.exhausted and kernel.bound == expected
    if size >= 0:
        assert check(graph, Clique(graph.ids[kernel.best()])) == size


def test_the_maximal_cliques_agree():
    for graph in oracle.random_graphs(250, seed=1):
        assert_agrees(graph)


def test_without_heuristic_every_incumbent_comes_from_the_branch_and_bound():
    for graph in oracle.random_graphs(120, seed=2):
        assert_agrees(graph, heuristic=False, support=True)


def test_four_and_more_attribute_values():
    for graph in oracle.random_graphs(80, seed=3, most=24, values=(1, 4, 6)):
        assert_agrees(graph)


@pytest.mark.slow
def test_the_maximal_cliques_agree_on_five_thousand_graphs():
    for i, graph in enumerate(oracle.random_graphs(5000, seed=4)):
        assert_agrees(graph, heuristic=i % 2 == 0, support=i % 3 == 0, enhanced=i % 5 != 0)


def reduced(graph: FairClique, rule: str, target: int) -> FairClique:
    first, neighbour, origin = reduce(*oracle.arrays(graph), rule, target)
    if len(origin) == 0:
        return None
    return FairClique(
        first,
        neighbour,
        graph.attribute[origin],
        graph.values,
        graph.k,
        graph.delta,
        graph.ids[origin],
    )


@pytest.mark.parametrize("rule", RULES)
def test_no_reduction_changes_the_optimum(rule):
    shrunk = 0
    for graph in oracle.random_graphs(100, seed=5):
        best = oracle.fair_optimum(graph)
        for target in {0, max(best, 0)}:
            rest = reduced(graph, rule, target)
            after = (0 if graph.k == 0 else -1) if rest is None else oracle.fair_optimum(rest)
            assert after == best, (rule, target, graph)
            shrunk += rest is None or rest.edges < graph.edges
    assert shrunk > 30


@pytest.mark.parametrize("rule", RULES)
def test_a_target_beyond_the_optimum_may_cost_it_but_never_more(rule):
    for graph in oracle.random_graphs(60, seed=6):
        rest = reduced(graph, rule, oracle.fair_optimum(graph) + 1)
        assert rest is None or oracle.fair_optimum(rest) <= oracle.fair_optimum(graph)


def test_enhanced_reductions_are_at_least_as_strong():
    for graph in oracle.random_graphs(60, seed=7):
        for plain, strong in (("colourful-core", "enhanced-core"),):
            _, _, weak = reduce(*oracle.arrays(graph), plain)
            _, _, tight = reduce(*oracle.arrays(graph), strong)
            assert set(tight.tolist()) <= set(weak.tolist())


def test_all_optimal_cliques_are_listed():
    for graph in oracle.random_graphs(80, seed=8, most=22):
        expected = oracle.all_optimal(graph)
        size = oracle.fair_optimum(graph)
        if size <= 0:
            continue
        found = search(graph, size=size, limit=10**6).cliques()
        listed = [tuple(graph.ids[c].tolist()) for c in found]
        assert len(set(listed)) == len(listed)
        assert set(listed) == expected


def test_the_list_ends_at_its_limit():
    graph = gnp(seed=1, vertices=40, probability=0.5, k=1, delta=3)
    size = oracle.fair_optimum(graph)
    kernel = search(graph, size=size, limit=2)
    assert len(kernel.cliques()) == 2 and not kernel.exhausted


def test_complete_extends_a_chosen_vertex():
    rng = random.Random(9)
    for _ in range(60):
        graph = oracle.random_graph(rng, most=20)
        size = oracle.fair_optimum(graph)
        expected = oracle.all_optimal(graph)
        if size <= 0:
            continue
        for v in range(graph.vertices):
            near = graph.row(v)
            matrix = graph.induced(near)
            first = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int64)
            counts = [int(graph.attribute[v] == i) for i in range(len(graph.values))]
            added = complete(
                first,
                np.nonzero(matrix)[1].astype(np.int32),
                np.ascontiguousarray(graph.attribute[near]),
                len(graph.values),
                graph.k,
                graph.delta,
                counts,
                size,
            )
            possible = any(int(graph.ids[v]) in clique for clique in expected)
            assert (added is not None) == possible
            if added is not None:
                whole = np.append(graph.ids[near[added]], graph.ids[v])
                assert check(graph, Clique(whole)) == size


def test_same_seed_and_iterations_give_the_same_state():
    graph = gnp(seed=3, vertices=120, probability=0.7, k=3, delta=2)

    def run(step):
        kernel = CliqueSearch(*oracle.arrays(graph), seed=5)
        while kernel.iterations < 400 and kernel.run(iterations=min(step, 400 - kernel.iterations)):
            pass
        best = kernel.best()
        return kernel.iterations, kernel.objective, None if best is None else best.tolist()

    assert run(400) == run(400) == run(37)


def test_bounds_fall_and_hold():
    graph = gnp(seed=2, vertices=120, probability=0.7, k=3, delta=2)
    final = search(graph).objective
    kernel = CliqueSearch(*oracle.arrays(graph))
    last = graph.vertices
    while kernel.run(iterations=50):
        assert final <= kernel.bound <= last
        last = kernel.bound
    assert kernel.bound == final


def test_two_threads_find_the_same_size():
    graph = gnp(seed=4, vertices=150, probability=0.75, k=3, delta=2)
    assert search(graph, threads=2).objective == search(graph, threads=1).objective


def test_a_better_injected_clique_is_kept():
    graph = gnp(seed=6, vertices=60, probability=0.6, k=2, delta=1)
    best = search(graph).best()
    kernel = CliqueSearch(*oracle.arrays(graph))
    kernel.inject(best)
    assert kernel.objective == len(best)
    while kernel.run():
        pass
    assert kernel.exhausted and kernel.objective == len(best)


def test_a_planted_clique_is_found_in_a_sparse_graph():
    graph = chung_lu(seed=1, vertices=20_000, edges=100_000, planted=16, k=5, delta=2)
    kernel = search(graph)
    assert kernel.objective >= 16 and kernel.exhausted


def test_the_funnel_narrows():
    graph = chung_lu(seed=2, vertices=5000, edges=40_000, planted=14, k=5, delta=2)
    sizes = [stage[1] for stage in search(graph).funnel]
    assert sizes[0] == 5000 and sizes == sorted(sizes, reverse=True)


def test_wrong_arrays_are_refused():
    graph = gnp(seed=1, vertices=10)
    with pytest.raises(ValueError, match="first"):
        CliqueSearch(graph.first[:-1], graph.neighbour, graph.attribute, 2, 1, 1)
    with pytest.raises(ValueError, match="attributes"):
        CliqueSearch(graph.first, graph.neighbour, graph.attribute, 17, 1, 1)
    with pytest.raises(ValueError, match="unknown rule"):
        reduce(*oracle.arrays(graph), "magic")


def test_published_bounds_hold():
    for graph in oracle.random_graphs(150, seed=10, values=(2,)):
        bounds = published_bounds(graph.first, graph.neighbour, graph.attribute, graph.delta)
        assert tuple(bounds) == BOUNDS
        best = oracle.fair_optimum(graph)
        for name, value in bounds.items():
            assert value >= best, (name, graph)
        assert bounds["ub_ac"] <= bounds["ub_a"] <= bounds["ub_s"]
        assert bounds["ub_eac"] <= bounds["ub_c"] <= bounds["ub_s"]


@pytest.mark.parametrize("bound", BOUNDS)
def test_no_published_bound_costs_the_optimum(bound):
    for graph in oracle.random_graphs(30, seed=15, values=(2,)):
        assert_agrees(graph, bound=bound, heuristic=False)


def test_the_names_of_the_bounds_are_those_of_the_option():
    from zerogap.models.fairclique import PUBLISHED_BOUNDS

    assert PUBLISHED_BOUNDS == BOUNDS
