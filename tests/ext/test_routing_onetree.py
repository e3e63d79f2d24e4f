"""Held–Karp bounds: never above the optimum, and near it."""

import itertools

import numpy as np
import pytest

import zerogap
from zerogap._ext.routing.onetree import OneTree, nearest
from zerogap._ext.routing.problem import Problem
from zerogap.models.routing import Routing
from zerogap.solvers.routing.arrays import arrays


def salesman(n, seed=0, spread=100) -> Routing:
    rng = np.random.default_rng(seed)
    b = zerogap.models.routing.Builder("round")
    b.add_depot(*rng.integers(0, spread, 2).tolist())
    for _ in range(n):
        b.add_client(*rng.integers(0, spread, 2).tolist())
    b.add_vehicle_type(1, capacity=1)
    return b.build()


def optimum(matrix) -> int:
    n = len(matrix)
    return min(
        sum(matrix[a, b] for a, b in itertools.pairwise((0, *order, 0)))
        for order in itertools.permutations(range(1, n))
    )


def climbed(made: Routing, target: int, rounds=20) -> OneTree:
    tree = OneTree(Problem(arrays(made), 8))
    for _ in range(rounds):
        tree.run(target, 0.01)
        tree.certify()
    return tree


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("spread", [4, 100])
def test_no_bound_is_above_the_optimum(seed, spread):
    made = salesman(3 + seed % 5, seed, spread)
    best = optimum(made.matrix())
    # Also with targets that are none: they only make the steps longer or shorter.
    for target in (best, 0, 10 * best + 5):
        assert climbed(made, target, 4).bound <= best


def test_by_matrix_without_the_plane():
    rng = np.random.default_rng(3)
    for _ in range(10):
        matrix = rng.integers(1, 50, (7, 7))
        matrix = np.triu(matrix, 1) + np.triu(matrix, 1).T
        made = salesman(6).replace(distance=matrix[None])
        best = optimum(matrix[np.ix_(*2 * [[made.depot_location[0], *made.client_location]])])
        assert climbed(made, best, 4).bound <= best


def test_prices_close_most_of_the_gap():
    made = salesman(80, 1)
    tour = zerogap.solve(made, method="kernel", iterations=20_000).objective
    tree = OneTree(Problem(arrays(made), 8))
    plain = tree.bound
    for _ in range(30):
        tree.run(tour, 0.05)
        tree.certify()
    assert plain < tree.bound <= tour
    assert tree.bound >= 0.97 * tour


def test_nearest_places():
    rng = np.random.default_rng(5)
    x, y = rng.random(300), rng.random(300)
    away = np.hypot(x[:, None] - x, y[:, None] - y)
    np.fill_diagonal(away, np.inf)
    assert (nearest(x, y) == away.argmin(axis=1)).all()
    assert sorted(nearest([1.0, 1.0], [2.0, 2.0])) == [0, 1]
    with pytest.raises(ValueError, match="two points"):
        nearest([1.0], [1.0])
