"""The 23 types against brute force, named infeasibility, starts, seeds and users' constraints."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing import TYPES, UNLIMITED, Builder, Route, check, check_route, variant

WORST = 1 << 55


def _best_routes(instance, t):
    """Cheapest route of type t for every set of clients: all orders, all ways to cut into trips."""
    n, size = instance.clients, 1 << instance.clients
    best = np.full(size, WORST, dtype=np.int64)
    trips = instance.max_trips[t] > 1
    single = instance.replace(fixed_cost=instance.fixed_cost * 0) if trips else instance
    for k in range(1, n + 1):
        for order in permutations(range(n), k):
            try:
                cost = check_route(single, Route(t, (order,)))
            except InfeasibleSolution:
                continue
            value = {
                "cost": cost.cost,
                "longest": cost.distance,
                "bottleneck": cost.longest_arc,
            }[instance.objective]
            mask = sum(1 << c for c in order)
            best[mask] = min(best[mask], value)
    if trips:  # the trips of the oracle's instances do not share time, so they only add up
        for mask in range(size):
            part = (mask - 1) & mask
            while part:
                best[mask] = min(best[mask], best[part] + best[mask ^ part])
                part = (part - 1) & mask
        best = np.where(best < WORST, best + instance.fixed_cost[t], WORST)
    return best


def brute_force(instance):
    """Optimal objective by dynamic programming over all sets of clients."""
    n, size = instance.clients, 1 << instance.clients
    combine = (lambda a, b: a + b) if instance.objective == "cost" else max
    state = np.full(size, WORST, dtype=np.int64)
    state[0] = 0
    for t in range(instance.types):
        route = _best_routes(instance, t)
        for _ in range(int(min(instance.vehicles[t], n))):
            after = state.copy()
            for mask in range(size):
                part = mask
                while part:
                    if state[mask ^ part] < WORST and route[part] < WORST:
                        after[mask] = min(
                            after[mask], combine(int(state[mask ^ part]), int(route[part]))
                        )
                    part = (part - 1) & mask
            if (after == state).all():
                break
            state = after
    best = WORST
    for mask in range(size):
        served = np.array([mask >> c & 1 for c in range(n)], bool)
        if state[mask] >= WORST or (instance.required & ~served).any():
            continue
        count = [
            int(served[instance.group == g].sum()) for g in range(len(instance.group_required))
        ]
        if any(c > 1 or (r and not c) for c, r in zip(count, instance.group_required)):
            continue
        if served.sum() < instance.min_clients:
            continue
        if instance.prize[served].sum() < instance.min_prize:
            continue
        lost = int(instance.prize[~served].sum()) if instance.objective == "cost" else 0
        best = min(best, int(state[mask]) + lost)
    return best


def assert_agrees(kind, seed, clients):
    instance = variant(seed, kind, clients)
    want = brute_force(instance)
    if want >= WORST:
        for method in ("auto", "exact"):
            result = zg.solve(instance, method=method, threads=1, time_limit=60)
            assert result.status == "infeasible"
        return
    auto = zg.solve(instance, threads=1, time_limit=60)
    assert (auto.status, auto.objective, auto.bound) == ("optimal", want, want)
    assert check(instance, auto.solution) == want
    kernel = zg.solve(instance, method="kernel", threads=1, iterations=5000, seed=seed)
    assert kernel.objective == want


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_equals_brute_force(kind):
    assert_agrees(kind, seed=1, clients=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("kind", TYPES)
def test_every_type_equals_brute_force_on_more_clients(kind, seed):
    assert_agrees(kind, seed, clients=7)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPES)
def test_every_type_equals_brute_force_on_eight_clients(kind):
    assert_agrees(kind, seed=5, clients=8)


@pytest.mark.parametrize("kind", TYPES)
def test_exact_alone_agrees_with_auto(kind):
    instance = variant(2, kind, 4)
    exact = zg.solve(instance, method="exact", threads=1, time_limit=60)
    auto = zg.solve(instance, threads=1, time_limit=60)
    assert exact.status == auto.status
    assert exact.objective == auto.objective


def _base():
    b = Builder()
    b.add_depot(0, 0)
    return b


def _reason(b):
    result = zg.solve(b.build(), threads=1, time_limit=10)
    assert result.status == "infeasible"
    assert result.solution is None
    return " ".join(result.messages)


def test_a_client_heavier_than_every_vehicle_is_named():
    b = _base()
    b.add_client(1, 1, delivery=3)
    b.add_client(5, 5, delivery=30)
    b.add_vehicle_type(2, capacity=10)
    b.add_vehicle_type(2, capacity=20)
    assert "client 2 is heavier than every vehicle" in _reason(b)


def test_a_window_that_cannot_be_met_is_named():
    b = _base()
    b.add_client(30, 40, window=(0, 49))
    b.add_vehicle_type(1)
    assert "the window of client 1 cannot be met" in _reason(b)


def test_a_client_forbidden_to_all_is_named():
    b = _base()
    b.add_client(1, 1)
    b.add_client(2, 2)
    b.add_vehicle_type(1, allowed=[True, False])
    b.add_vehicle_type(1, allowed=[True, False])
    assert "client 2 is forbidden to all vehicles" in _reason(b)


def test_a_fleet_too_small_for_the_demand_is_named():
    b = _base()
    for i in range(5):
        b.add_client(i, 1, delivery=4)
    b.add_vehicle_type(2, capacity=8)
    assert "amount to 20, all vehicles together hold 16" in _reason(b)


def test_a_client_out_of_reach_is_named():
    b = _base()
    b.add_client(300, 400)
    b.add_vehicle_type(3, max_distance=999)
    assert "client 1" in _reason(b)


def test_infeasible_without_a_single_culprit_is_proven():
    b = _base()
    for i in range(3):
        b.add_client(10 * i - 10, 0, delivery=2, window=(10, 12))
    b.add_vehicle_type(2, capacity=10)
    assert zg.solve(b.build(), threads=1, time_limit=20).status == "infeasible"


def test_the_same_seed_and_iterations_give_the_same_routes():
    instance = zg.generate("routing", "vrptw", seed=3, clients=40)
    first, second = (
        zg.solve(instance, method="kernel", threads=1, iterations=3000, seed=5) for _ in range(2)
    )
    assert first.solution == second.solution


@pytest.mark.parametrize("method", ["kernel", "auto"])
def test_a_start_is_never_made_worse(method):
    instance = variant(4, "cvrp", 30)
    good = zg.solve(instance, method="kernel", threads=1, iterations=20_000)
    again = zg.solve(
        instance, method=method, threads=1, time_limit=0.3, start=good.solution, seed=1
    )
    assert again.objective <= good.objective


def test_a_users_constraint_is_kept():
    instance = variant(1, "cvrp", 9)
    free = zg.solve(instance, threads=1, time_limit=30)
    together = [set(route) for route in free.solution]
    a, b = next(
        (x, y) for x in range(9) for y in range(x) if not any({x, y} <= s for s in together)
    )

    def extend(model):
        vehicles = {key[1] for key in model.variables if key[0] == "use"}
        for v in vehicles:
            model.model.add(model.variables["serve", v, a] == model.variables["serve", v, b])

    tied = zg.solve(instance, threads=1, time_limit=30, extend=extend)
    assert tied.status == "optimal"
    assert tied.objective >= free.objective
    assert any({a, b} <= set(route) for route in tied.solution)


@pytest.mark.parametrize("kind", ["cvrp", "vrptw", "hfvrp", "mdvrp", "pdptw", "pvrp-p", "top"])
def test_thirty_clients_are_served_in_time(kind):
    instance = variant(7, kind, 30)
    result = zg.solve(instance, method="kernel", threads=1, iterations=2000)
    assert check(instance, result.solution) == result.objective


def test_fairness_narrows_the_spread():
    base = variant(3, "cvrp", 12)
    fair = base.replace(fairness=50)

    def spread(solution):
        lengths = [check_route(base, route).distance for route in solution]
        return max(lengths) - min(lengths)

    plain = zg.solve(base, method="kernel", threads=1, iterations=20_000)
    balanced = zg.solve(fair, method="kernel", threads=1, iterations=20_000)
    assert spread(balanced.solution) <= spread(plain.solution)


def test_conflicts_and_precedences_are_kept():
    b = _base()
    for i in range(6):
        b.add_client(i, i % 2)
    b.add_vehicle_type(3, fixed_cost=100)
    b.add_conflict(0, 1)
    b.add_precedence(5, 2)
    instance = b.build()
    exact = zg.solve(instance, method="exact", threads=1, time_limit=30)
    kernel = zg.solve(instance, method="kernel", threads=1, iterations=5000)
    assert exact.objective == kernel.objective
    for route in kernel.solution:
        order = list(route)
        assert not {0, 1} <= set(order)
        if {5, 2} <= set(order):
            assert order.index(5) < order.index(2)


def test_ten_thousand_clients_need_no_dense_matrix():
    instance = zg.generate("routing", "cvrp", seed=1, clients=6000, demand="small")
    result = zg.solve(instance, method="kernel", threads=1, iterations=500)
    assert check(instance, result.solution) == result.objective


def test_no_clients():
    b = _base()
    b.add_vehicle_type(1, capacity=UNLIMITED)
    assert zg.solve(b.build(), threads=1, time_limit=5).objective == 0


def test_distances_too_large_for_the_kernels_are_named():
    for clients in (5, 4500):
        b = _base()
        for i in range(clients):
            b.add_client(2e8 * i, 0)
        b.add_vehicle_type(1)
        with pytest.raises(InstanceError, match="use units in which"):
            zg.solve(b.build(), method="kernel", threads=1, iterations=10)
