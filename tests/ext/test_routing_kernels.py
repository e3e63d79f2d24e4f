"""The ruin-and-recreate kernel: what it keeps incrementally, what it returns, how it repeats."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zerogap as zg
from zerogap._ext.routing.hgs import Hgs
from zerogap._ext.routing.problem import Problem
from zerogap._ext.routing.sisr import Sisr
from zerogap.models.routing import TYPES, UNLIMITED, Builder, Route, check, check_route, variant
from zerogap.solvers.routing.arrays import arrays, flat, solution


def _random_instance(seed: int, n: int):
    """Any mixture of features; serving everybody is always possible or optional."""
    rng = np.random.default_rng(seed)
    b = Builder("round")
    for _ in range(int(rng.integers(1, 3))):
        b.add_depot(*rng.integers(0, 100, 2).astype(float))
    timed, mixed, optional, trips = rng.random(4) < 0.5
    grouped = rng.random() < 0.3
    groups = [b.add_group(bool(rng.random() < 0.5)) for _ in range(2 if grouped else 0)]
    for i in range(n):
        early = int(rng.integers(0, 300))
        windows = [(early, early + int(rng.integers(100, 900)))]
        if rng.random() < 0.3:
            windows.append((windows[0][1] + 50, windows[0][1] + 400))
        b.add_client(
            *rng.integers(0, 100, 2).astype(float),
            delivery=int(rng.integers(0, 6)),
            pickup=int(rng.integers(0, 6)) if mixed else 0,
            service=int(rng.integers(0, 10)),
            window=windows if timed else None,
            release=int(rng.integers(0, 50)) if timed and trips else 0,
            prize=int(rng.integers(0, 80)),
            required=not optional,
            group=groups[i % 2] if grouped and i < 6 else None,
        )
    if rng.random() < 0.4 and n > 8:
        b.add_shipment(6, 7, int(rng.integers(0, 5)))
    if rng.random() < 0.4:
        b.add_conflict(0, 1)
        b.add_precedence(2, 3)
    for depot in range(len(b._depots)):
        b.add_vehicle_type(
            n,
            capacity=int(rng.integers(12, 30)),
            start_depot=depot,
            end_depot=None if not trips and rng.random() < 0.3 else depot,
            fixed_cost=int(rng.integers(0, 50)),
            duration_cost=int(rng.random() < 0.3),
            max_duration=2000 if rng.random() < 0.5 else UNLIMITED,
            max_distance=900 if rng.random() < 0.3 else UNLIMITED,
            max_trips=int(rng.integers(2, 4)) if trips else 1,
            preference=rng.integers(0, 9, n).tolist() if rng.random() < 0.3 else None,
        )
    return b.build()


def _run(instance, seed=1, iterations=400, **options):
    kernel = Sisr(Problem(arrays(instance), 40), seed, horizon_iterations=iterations, **options)
    kernel.run(iterations=iterations)
    return kernel


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(8, 25))
def test_the_checker_accepts_what_the_kernel_finds(seed, n):
    instance = _random_instance(seed, n)
    kernel = _run(instance, seed)
    assert kernel.consistent()
    best = kernel.best()
    if best is None:
        return
    cost = check(instance, solution(best))
    # With several windows the kernel may overestimate a duration, never underestimate it.
    several = len(instance.window) > n and instance.duration_cost.any()
    assert cost <= kernel.objective if several else cost == kernel.objective


@pytest.mark.slow
@settings(max_examples=1500, deadline=None)
@given(st.integers(0, 10**9), st.integers(8, 40))
def test_the_checker_accepts_what_the_kernel_finds_often(seed, n):
    test_the_checker_accepts_what_the_kernel_finds.hypothesis.inner_test(seed, n)


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_is_consistent(kind):
    instance = variant(3, kind, 24)
    kernel = _run(instance, iterations=600)
    assert kernel.consistent()
    check(instance, solution(kernel.best()))


def test_slices_do_not_matter():
    instance = variant(1, "vrptw", 40)
    whole = Sisr(Problem(arrays(instance)), 7, horizon_iterations=2000)
    whole.run(iterations=2000)
    sliced = Sisr(Problem(arrays(instance)), 7, horizon_iterations=2000)
    for _ in range(20):
        sliced.run(iterations=100)
    assert whole.objective == sliced.objective
    assert all((a == b).all() for a, b in zip(whole.best(), sliced.best()))


def test_an_injected_solution_is_the_floor():
    instance = variant(1, "mtvrp", 30)
    good = _run(instance, iterations=3000)
    other = Sisr(Problem(arrays(instance)), 2, horizon_iterations=10)
    other.inject(*flat(solution(good.best())))
    assert other.objective == good.objective
    other.run(iterations=10)
    assert other.objective <= good.objective


@pytest.mark.parametrize("seed", range(3))
def test_a_route_is_opened_for_clients_that_pay_only_together(seed):
    # A town far off: the way there costs more than any prize in it, and less than all of them.
    # Another is too poor for its way, and stays unserved.
    b = Builder("round")
    b.add_depot(0, 0)
    for i in range(8):
        b.add_client(1000 + 3 * (i % 3), 3 * (i // 3), prize=400, required=False)
        b.add_client(-1000 - 3 * (i % 3), 3 * (i // 3), prize=200, required=False)
    b.add_vehicle_type(3)
    instance = b.build()
    kernel = Sisr(Problem(arrays(instance)), seed, horizon_iterations=5000)
    kernel.inject([0], [], [])
    assert kernel.objective == 8 * 400 + 8 * 200
    kernel.run(iterations=5000)
    assert kernel.consistent()
    first, stops, _ = kernel.best()
    assert sorted(stops) == list(range(0, 16, 2)) and len(first) == 2
    assert kernel.objective == check(instance, solution(kernel.best()))


@pytest.mark.parametrize("seed", range(3))
def test_routes_with_windows_change_their_tails(seed):
    # Two streets far apart, each to be driven from west to east; the start has the eastern halves
    # exchanged, thirty clients each, three times as many as a string holds.
    b = Builder("round")
    b.add_depot(-1000, 500)
    length = 60
    for street in range(2):
        for i in range(length):
            b.add_client(100 * i, 1000 * street, window=(100 * i, 100 * i + 2500))
    b.add_vehicle_type(2)
    instance = b.build()
    low, high = list(range(length)), list(range(length, 2 * length))
    half = length // 2
    crossed = low[:half] + high[half:] + high[:half] + low[half:]
    kernel = Sisr(Problem(arrays(instance)), seed, horizon_iterations=200, hot=0.01, cold=0.01)
    kernel.inject([0, length, 2 * length], crossed, [0, 0])
    kernel.run(iterations=200)
    assert kernel.consistent()
    straight = solution((np.array([0, length, 2 * length]), np.array(low + high), np.zeros(2, int)))
    assert kernel.objective == check(instance, straight)


def test_a_damaged_solution_is_refused():
    instance = variant(1, "cvrp", 10)
    kernel = Sisr(Problem(arrays(instance)), 1)
    with pytest.raises(ValueError, match="out of range"):
        kernel.inject([0, 1], [99], [0])
    with pytest.raises(ValueError, match="twice"):
        kernel.inject([0, 2], [3, 3], [0])


def test_neighbours_are_the_nearest():
    instance = variant(5, "cvrp", 30)
    near = Problem(arrays(instance), 5).near
    matrix = instance.matrix()[1:, 1:].astype(float) + np.diag([np.inf] * 30)
    for c in range(30):
        assert matrix[c, near[c]].max() <= np.sort(matrix[c])[4]


def test_the_grid_finds_the_neighbours_too():
    rng = np.random.default_rng(1)
    b = Builder()
    b.add_depot(0, 0)
    for x, y in rng.integers(0, 10_000, (5000, 2)):
        b.add_client(float(x), float(y))
    b.add_vehicle_type(1)
    instance = b.build()
    near = Problem(arrays(instance), 8).near
    places = instance.client_location
    for c in range(0, 5000, 500):
        away = instance.travel(places[c], places)
        away[c] = 1 << 40
        assert instance.travel(places[c], places[near[c]]).max() <= np.sort(away)[7]


@pytest.mark.parametrize("seed", range(6))
def test_genetic_search_returns_what_it_says(seed):
    size = int(np.random.default_rng(seed).integers(5, 60))
    instance = zg.generate("routing", "cvrp", seed=seed, clients=size, demand="small", route_size=4)
    kernel = Hgs(Problem(arrays(instance), 30), seed)
    kernel.run(iterations=250)
    assert check(instance, solution(kernel.best())) == kernel.objective
    for vehicle, length, stops in kernel.pool()[-20:]:
        route = Route(vehicle, (tuple(stops),))
        assert check_route(instance, route).distance == length


def test_genetic_search_repeats_and_takes_parents():
    instance = zg.generate("routing", "cvrp", seed=3, clients=40, demand="small")
    first, second = (Hgs(Problem(arrays(instance)), 4) for _ in range(2))
    first.run(iterations=150)
    second.run(iterations=150)
    assert first.objective == second.objective
    third = Hgs(Problem(arrays(instance)), 5)
    third.inject(*first.best())
    assert third.objective == first.objective
    with pytest.raises(ValueError, match="missing"):
        third.inject([0, 1], [3], [0])


def test_genetic_search_equals_the_optimum_of_small_ones():
    instance = variant(2, "cvrp", 9)
    kernel = Hgs(Problem(arrays(instance)), 1)
    kernel.run(iterations=400)
    assert kernel.objective == zg.solve(instance, threads=1, time_limit=60).objective
