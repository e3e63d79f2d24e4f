"""The kernel for thousands of clients in the plane, and the checker's quick way."""

import importlib
import itertools

import numpy as np
import pytest

import zerogap
from zerogap._ext.routing.large import Large
from zerogap._ext.routing.problem import Problem
from zerogap.models.base import InfeasibleSolution
from zerogap.models.routing import Builder, Route, Routes, Routing, check
from zerogap.solvers.routing import large
from zerogap.solvers.routing.arrays import arrays, flat, solution


@pytest.fixture
def by_coordinates(monkeypatch):
    """Small instances without a dense matrix."""
    monkeypatch.setattr("zerogap.solvers.routing.arrays.DENSE", 0)
    monkeypatch.setattr("zerogap.solvers.routing.large.DENSE", 0)


def instance(n, seed=1, **changes) -> Routing:
    return zerogap.generate("routing", "cvrp", seed=seed, clients=n, demand="small", **changes)


def kernel(of: Routing, seed=1, iterations=2000, **settings) -> Large:
    return Large(Problem(arrays(of), 1), seed, 1e9, iterations, **settings)


@pytest.mark.parametrize("n", [2, 3, 7, 40, 300])
def test_stays_consistent_and_is_accepted_by_the_checker(by_coordinates, n):
    made = instance(n)
    k = kernel(made, near=20, window=50)
    assert k.construct()
    first = k.objective
    assert check(made, solution(k.best())) == first
    for _ in range(4):
        k.run(iterations=500)
        k.keep()
        assert k.consistent()
    assert check(made, solution(k.best())) == k.objective <= first


def test_same_seed_same_solution(by_coordinates):
    made = instance(120)
    found = []
    for _ in range(2):
        k = kernel(made)
        k.construct()
        k.run(iterations=1500)
        k.keep()
        found.append(k.objective)
    assert found[0] == found[1]


def test_finds_the_optimum_of_tiny_instances(by_coordinates):
    for seed in range(6):
        made = instance(6, seed, route_size=2.5)
        k = kernel(made, seed, hot=0.5)
        k.construct()
        k.run(iterations=2000)
        k.keep()
        assert k.objective == brute(made)


def brute(made: Routing) -> int:
    """Least cost over all partitions into routes, by dynamic programming over sets."""
    n, capacity = made.clients, int(made.capacity[0, 0])
    places = np.append(made.client_location, made.depot_location)
    matrix = made.matrix()[np.ix_(places, places)]
    route = {}
    for size in range(1, n + 1):
        for inside in itertools.combinations(range(n), size):
            if made.delivery[list(inside), 0].sum() > capacity:
                continue
            route[frozenset(inside)] = min(
                sum(matrix[a, b] for a, b in itertools.pairwise((n, *order, n)))
                for order in itertools.permutations(inside)
            )
    best = {frozenset(): 0}
    for size in range(1, n + 1):
        for inside in map(frozenset, itertools.combinations(range(n), size)):
            one = min(inside)
            options = [c + best[inside - r] for r, c in route.items() if one in r and r <= inside]
            best[inside] = min(options)
    return int(best[frozenset(range(n))])


@pytest.mark.parametrize("shape", ["one point", "a line", "a cluster and one far away"])
def test_awkward_places(by_coordinates, shape):
    n, b = 500, Builder("round")
    b.add_depot(0.0, 0.0)
    rng = np.random.default_rng(0)
    for k in range(n):
        x, y = {"one point": (5, 5), "a line": (k, 0)}.get(shape, tuple(rng.integers(0, 3, 2)))
        if shape.startswith("a cluster") and k == 0:
            x = 100_000
        b.add_client(float(x), float(y), delivery=int(rng.integers(0, 3)))
    b.add_vehicle_type(n, capacity=20)
    made = b.build()
    k = kernel(made)
    assert k.construct()
    k.run(iterations=2000)
    k.keep()
    assert k.consistent()
    assert check(made, solution(k.best())) == k.objective


def test_neighbours_are_the_nearest(by_coordinates):
    made = instance(200)
    near = kernel(made, near=12).neighbours()
    places = made.client_location
    for c in range(made.clients):
        away = np.hypot(made.x[places] - made.x[places[c]], made.y[places] - made.y[places[c]])
        away[c] = np.inf
        assert np.allclose(np.sort(away)[:12], away[near[c]])
        assert len(set(near[c])) == 12


def test_a_fleet_too_small_for_savings_is_left_to_others(by_coordinates):
    made = instance(60).replace(vehicles=np.array([1]))
    assert made.delivery.sum() > made.capacity[0, 0]
    assert not kernel(made).construct()


def test_injection_refuses_what_is_no_solution(by_coordinates):
    made = instance(30)
    k = kernel(made)
    with pytest.raises(ValueError, match="construct"):
        k.run(iterations=1)
    k.construct()
    first, stops, types = flat(solution(k.best()))
    with pytest.raises(ValueError, match="once"):
        k.inject(first, stops * 0, types)
    k.inject(first, stops, types)
    assert k.consistent()


@pytest.mark.parametrize(
    "changes",
    [
        {"max_distance": np.array([5000])},
        {"required": np.zeros(30, bool)},
        {"distance_cost": np.array([0])},
    ],
    ids=["distance limit", "prizes", "free driving"],
)
def test_only_plain_instances_are_taken(by_coordinates, changes):
    made = instance(30)
    assert large.spacious(made)
    assert not large.spacious(made.replace(**changes))


def test_solve_takes_it_and_a_start_is_never_made_worse(by_coordinates):
    made = instance(150)
    first = zerogap.solve(made, method="kernel", iterations=3000, seed=3)
    assert large.SOURCE in {point.source for point in first.trace}
    again = zerogap.solve(made, method="kernel", iterations=500, seed=4, start=first.solution)
    assert again.objective <= first.objective


def test_the_quick_check_agrees_with_the_slow_one(monkeypatch):
    made = instance(80, route_size=6.0)
    routes = list(zerogap.solve(made, method="kernel", iterations=300).solution.routes)
    together = routes[0].trips[0] + routes[1].trips[0] + routes[2].trips[0]
    faults = {
        "": routes,
        "required": routes[1:],
        "visit once": [*routes, routes[0]],
        "route": [*routes, Route(0, ((),))],
        "client": [*routes, Route(0, ((made.clients,),))],
        "vehicle": [*routes[1:], Route(1, routes[0].trips)],
        "capacity": [Route(0, (together,)), *routes[3:]],
    }
    slow = {name: outcome(made, rows) for name, rows in faults.items()}
    module = importlib.import_module("zerogap.models.routing.check")
    monkeypatch.setattr(module, "MANY", 1)
    assert module._plain(made, Routes(tuple(routes))) == slow[""][0]
    for name, rows in faults.items():
        assert outcome(made, rows) == slow[name], name
        assert slow[name][1] == name


def outcome(made, rows):
    try:
        return check(made, Routes(tuple(rows))), ""
    except InfeasibleSolution as fault:
        return str(fault), fault.constraint
