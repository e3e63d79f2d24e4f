"""Solving fair clique instances: methods, limits, users' constraints, lists of optima."""

from __future__ import annotations

import random

import pytest

import zerogap as zg
from tests.oracles import fairclique as oracle
from zerogap.models.fairclique import Clique, generate
from zerogap.solvers.fairclique import all_optimal

PROVING = ("auto", "kernel", "exact", "cpsat", "highs", "highs-warm")


@pytest.mark.parametrize("method", PROVING)
def test_every_method_proves_the_oracles_optimum(method):
    count = 40 if method in ("auto", "kernel") else 8
    for graph in oracle.random_graphs(count, seed=31, most=22):
        expected = oracle.fair_optimum(graph)
        result = zg.solve(graph, method=method, threads=1, time_limit=60)
        if expected < 0:
            assert result.status == "infeasible", (method, graph)
        else:
            assert result.status == "optimal", (method, graph, result.messages)
            assert result.objective == result.bound == expected
            assert zg.check(graph, result.solution) == expected


def test_the_heuristic_is_fair_and_never_claims_too_much():
    for graph in oracle.random_graphs(40, seed=32):
        expected = oracle.fair_optimum(graph)
        result = zg.solve(graph, method="heuristic", threads=1)
        if result.solution is not None:
            assert result.objective <= expected
        if result.status == "optimal":
            assert result.objective == expected
        if result.status == "infeasible":
            assert expected == -1


@pytest.mark.slow
def test_two_hundred_graphs_against_cpsat():
    rng = random.Random(33)
    for _ in range(200):
        n = rng.randint(41, 120)
        p = rng.choice([0.1, 0.2, 0.3, 0.4, 0.5] if n > 80 else [0.2, 0.4, 0.5, 0.6])
        graph = generate.gnp(
            seed=rng.randrange(10**6),
            vertices=n,
            probability=p,
            values=rng.choice([2, 2, 3]),
            k=rng.randint(0, 4),
            delta=rng.randint(0, 5),
        )
        ours = zg.solve(graph, threads=1)
        theirs = zg.solve(graph, method="exact", threads=2, time_limit=600)
        assert ours.status == theirs.status and ours.objective == theirs.objective, graph


@pytest.mark.parametrize("method", ["kernel", "cpsat", "exact", "highs"])
def test_a_start_is_never_lost(method):
    graph = generate.gnp(seed=5, vertices=40, probability=0.6, k=2, delta=1)
    best = zg.solve(graph, threads=1).solution
    start = Clique(best.vertices)
    result = zg.solve(graph, method=method, start=start, threads=1, time_limit=0.3)
    assert result.objective >= len(start)


def test_infeasible_starts_are_refused():
    graph = generate.gnp(seed=5, vertices=10, probability=0.3, k=1, delta=0)
    with pytest.raises(zg.InfeasibleSolution):
        zg.solve(graph, start=Clique([0]))


def test_more_of_k_than_the_graph_has_is_proven_infeasible():
    for k in (3, 10, 2**31 - 1):
        graph = generate.gnp(seed=1, vertices=5, probability=1.0, k=k, delta=0)
        for method in PROVING:
            assert zg.solve(graph, method=method, threads=1).status == "infeasible"


def test_special_cases_weak_strong_and_plain():
    graph = generate.gnp(seed=2, vertices=40, probability=0.6, k=0, delta="inf")
    import networkx as nx

    plain = max(map(len, nx.find_cliques(zg.fairclique.to_networkx(graph))))
    assert zg.solve(graph, threads=1).objective == plain
    strong = zg.solve(generate.gnp(seed=2, vertices=40, probability=0.6, k=1, delta=0), threads=1)
    assert strong.objective % 2 == 0


def test_all_optimal_cliques_on_request():
    for graph in oracle.random_graphs(25, seed=34, most=20):
        expected = oracle.all_optimal(graph)
        if oracle.fair_optimum(graph) <= 0:
            continue
        assert {tuple(c.tolist()) for c in all_optimal(graph, limit=10**6)} == expected
        result = zg.solve(graph, threads=1, enumerate=10**6)
        listed = [result.solution.vertices, *result.solution.alternatives]
        assert {tuple(c.tolist()) for c in listed} == expected
        assert result.status == "optimal"
        first = zg.solve(graph, threads=1, ties="lexicographic").solution
        assert tuple(first.vertices.tolist()) == min(expected)


@pytest.mark.parametrize("method", ["heuristic", "exact", "cpsat", "highs", "highs-warm"])
@pytest.mark.parametrize("asked", [{"enumerate": 3}, {"ties": "lexicographic"}, {"disjoint": 2}])
def test_methods_of_one_clique_refuse_more(method, asked):
    graph = generate.gnp(seed=8, vertices=12, probability=0.6, k=1, delta=1)
    with pytest.raises(zg.InstanceError, match=f"option {next(iter(asked))}: is not for {method}"):
        zg.solve(graph, method=method, threads=1, **asked)


def test_users_constraints_reach_the_exact_model():
    graph = generate.gnp(seed=8, vertices=30, probability=0.6, k=2, delta=1)
    free = zg.solve(graph, threads=1)
    banned = int(free.solution.vertices[0])

    def forbid(model):
        model.model.add(model.variables["vertex"][banned] == 0)

    result = zg.solve(graph, threads=1, extend=forbid)
    assert result.status == "optimal" and banned not in result.solution.vertices
    rest = [v for v in range(30) if v != banned]
    smaller = zg.fairclique.to_networkx(graph).subgraph(rest)
    expected = oracle.fair_optimum(zg.fairclique.from_networkx(smaller, k=2, delta=1))
    assert result.objective == expected


def test_one_thread_and_iterations_repeat():
    graph = generate.gnp(seed=9, vertices=120, probability=0.7, k=3, delta=2)
    runs = [
        zg.solve(graph, threads=1, seed=3, iterations=300).solution.vertices.tolist()
        for _ in range(2)
    ]
    assert runs[0] == runs[1]


def test_a_time_limit_keeps_incumbent_and_bound():
    graph = generate.gnp(seed=1, vertices=400, probability=0.9, k=3, delta=2)
    result = zg.solve(graph, threads=1, time_limit=0.5)
    assert result.status == "feasible"
    assert result.objective < result.bound <= 400


#: Optima found by this solver and by CP-SAT: (k, delta) -> size.
NBA = {(2, 1): 11, (3, 2): 12, (5, 3): 12}
DBLP = {(4, 3): 20, (8, 3): 20}


@pytest.mark.parametrize(("k", "delta"), NBA)
def test_nba(data, k, delta):
    file = data("fairclique/NBA/NBA_bi.txt.gz")
    graph = zg.read(file, family="fairclique", attributes="NBA_attr.txt.gz", k=k, delta=delta)
    assert zg.solve(graph).objective == NBA[k, delta]


@pytest.mark.parametrize(("k", "delta"), DBLP)
def test_dblp(data, k, delta):
    file = data("fairclique/DBLP/DBLP_base_bi.txt.gz")
    graph = zg.read(file, family="fairclique", attributes="DBLP_DBAI_attr.txt.gz", k=k, delta=delta)
    result = zg.solve(graph)
    assert result.status == "optimal" and result.objective == DBLP[k, delta]
