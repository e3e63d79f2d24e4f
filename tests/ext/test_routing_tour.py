"""The travelling salesman's kernel against Held and Karp's dynamic programme."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap._ext.routing.problem import Problem
from zerogap._ext.routing.tour import Tour
from zerogap.models.routing import Builder
from zerogap.solvers.routing.arrays import arrays, flat, solution
from zerogap.solvers.routing.kernels import salesman


def instance(seed: int, clients: int, kind: str = "plane"):
    """One vehicle; clients in the plane, on few points (ties, no distance), or a random matrix."""
    rng = np.random.default_rng(seed)
    builder = Builder("round")
    points = rng.integers(0, 3 if kind == "few" else 100, (clients + 1, 2)).astype(float)
    builder.add_depot(*points[0])
    for x, y in points[1:]:
        builder.add_client(x, y, delivery=1)
    if kind == "matrix":
        matrix = rng.integers(0, 50, (clients + 1, clients + 1))
        builder.set_matrices(np.triu(matrix, 1) + np.triu(matrix, 1).T)
    builder.add_vehicle_type(1, capacity=clients, fixed_cost=seed % 3)
    return builder.build()


def shortest(matrix: np.ndarray) -> int:
    """Held and Karp (1962): the best path through every set of clients to every member."""
    n = len(matrix) - 1
    best = {(1 << c, c): int(matrix[0, c + 1]) for c in range(n)}
    for visited in range(1, 1 << n):
        for last in range(n):
            if visited >> last & 1 and visited & (visited - 1):
                before = visited ^ 1 << last
                best[visited, last] = min(
                    best[before, c] + int(matrix[c + 1, last + 1])
                    for c in range(n)
                    if before >> c & 1
                )
    return min(best[(1 << n) - 1, c] + int(matrix[c + 1, 0]) for c in range(n))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(8, 10), st.sampled_from(["plane", "few", "matrix"]))
def test_small_tours_are_optimal(seed, clients, kind):
    problem = instance(seed, clients, kind)
    assert salesman(problem)
    kernel = Tour(Problem(arrays(problem), 10), seed, limit=3000)
    kernel.run(iterations=3000)
    # Depot first: clients 0 … n − 1 and the depot n are the rows of the kernels' matrix.
    order = [clients, *range(clients)]
    matrix = arrays(problem)["dist"][0][np.ix_(order, order)]
    expected = shortest(matrix) + int(problem.fixed_cost[0])
    assert kernel.objective == expected == zg.check(problem, solution(kernel.best()))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 200), st.sampled_from(["plane", "few", "matrix"]))
def test_what_it_reports_is_what_it_holds(seed, clients, kind):
    problem = instance(seed, clients, kind)
    kernel = Tour(Problem(arrays(problem), 10), seed, limit=500)
    last = math.inf
    for _ in range(5):
        kernel.run(iterations=100)
        assert kernel.objective == zg.check(problem, solution(kernel.best())) <= last
        last = kernel.objective
    assert kernel.iterations == 500


def test_the_same_seed_gives_the_same_tour():
    problem = instance(1, 300)
    found = []
    for seed in (3, 3, 4):
        kernel = Tour(Problem(arrays(problem), 10), seed, limit=5000)
        kernel.run(iterations=5000)
        found.append(kernel.best()[1].tolist())
    assert found[0] == found[1] != found[2]


def test_an_injected_tour_is_never_lost_and_rubbish_is_refused():
    problem = instance(2, 120)
    good = Tour(Problem(arrays(problem), 10), 1, limit=20000)
    good.run(iterations=20000)
    other = Tour(Problem(arrays(problem), 10), 2, limit=10)
    other.inject(*good.best())
    assert other.objective == good.objective
    other.run(iterations=500)
    assert other.objective <= good.objective
    first, stops, types = good.best()
    for wrong in (stops[:-1], np.append(stops[:-1], stops[0]), stops + 1):
        with pytest.raises(ValueError, match="not one route"):
            other.inject(first, wrong, types)
    matrix = arrays(problem) | {}
    matrix["dist_back"] = matrix["dist"] + 1
    with pytest.raises(ValueError, match="not symmetric"):
        Tour(Problem(matrix, 10))


def test_solve_uses_it_and_takes_a_start():
    problem = instance(5, 90)
    assert salesman(problem) and not salesman(problem.replace(vehicles=[2]))
    result = zg.solve(problem, method="kernel", iterations=2000, seed=1)
    assert any(p.source == "tour" for p in result.trace)
    again = zg.solve(problem, method="kernel", iterations=10, start=result.solution)
    assert again.objective <= result.objective
    assert flat(again.solution)[0].tolist() == [0, 90]
