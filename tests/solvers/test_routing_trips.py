"""Trips that do not know of each other, seen as routes of their own."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from zerogap._ext.routing.problem import Problem
from zerogap._ext.routing.sisr import Sisr
from zerogap.models.routing import Route, Routes, check
from zerogap.solvers.routing.arrays import arrays, flat, solution
from zerogap.solvers.routing.trips import independent, untied


class Tied:
    """As much of a search as a view of it needs."""

    def __init__(self, instance, solution=None):
        self.instance, self.solution, self.hint = instance, solution, solution
        self.offered = []

    def offer(self, solution, source):
        self.offered.append(solution)
        return True


def profiled(kind, seed=1, clients=30):
    return zg.generate("routing", kind, seed=seed, clients=clients, vehicles=3)


@pytest.mark.parametrize("kind", ["pvrp-p", "pvrp-zc"])
@pytest.mark.parametrize("seed", range(5))
def test_both_views_cost_the_same(kind, seed):
    instance = profiled(kind, seed)
    result = zg.solve(instance, method="kernel", iterations=500, threads=1, seed=seed)
    search = Tied(instance, result.solution)
    view = untied(search)
    assert view is not search and not (view.instance.max_trips > 1).any()
    assert all(len(route.trips) == 1 for route in view.solution)
    assert check(view.instance, view.solution) == result.objective
    view.offer(view.solution, "test")
    assert check(instance, search.offered[0]) == result.objective
    assert len(search.offered[0]) <= instance.vehicles.sum()


def test_vehicles_are_filled_up_to_their_trips():
    instance = profiled("pvrp-zc").replace(max_trips=[2, 30, 30], vehicles=[2, 1, 1], allowed=None)
    search = Tied(instance)
    view = untied(search)
    assert view.instance.vehicles.tolist() == [4, 30, 30]
    view.offer(Routes(tuple(Route(0, ((c,),)) for c in range(3))), "test")
    assert [route.trips for route in search.offered[0]] == [((0,), (1,)), ((2,),)]
    assert [route.reloads for route in search.offered[0]] == [(0,), ()]


def test_bound_trips_stay_together():
    instance = profiled("pvrp-p")
    assert independent(instance)
    last = np.array(instance.window)
    last[0, 1] = 10**6
    for change in (
        {"window": last},
        {"fixed_cost": [1, 1, 1]},
        {"max_duration": [10**6] * 3},
        {"max_distance": [10**6] * 3},
        {"conflicts": [[0, 1]]},
        {"max_trips": [1, 1, 1]},
    ):
        assert not independent(instance.replace(**change)), change


@pytest.mark.parametrize("kind", ["pvrp-p", "pvrp-zc"])
@pytest.mark.parametrize("seed", range(4))
def test_the_kernel_keeps_its_totals_when_routes_change_their_type(kind, seed):
    instance = untied(Tied(profiled(kind, seed, 25))).instance
    kernel = Sisr(Problem(arrays(instance), 25), seed, 1.0, 3000)
    for _ in range(10):
        kernel.run(iterations=300)
        assert kernel.consistent()
        assert kernel.objective == check(instance, solution(kernel.best()))
    again = Sisr(Problem(arrays(instance), 25), seed, 1.0, 3000)
    again.inject(*flat(solution(kernel.best())))
    assert again.objective == kernel.objective


@pytest.mark.parametrize("kind", ["pvrp-p", "pvrp-zc"])
def test_columns_prove_what_circuits_prove(kind):
    instance = profiled(kind, 3, 7)
    exact = zg.solve(instance, method="exact", threads=1, time_limit=60)
    columns = zg.solve(instance, method="columns", threads=1, time_limit=60)
    assert exact.status == columns.status == "optimal"
    assert exact.objective == columns.objective == check(instance, columns.solution)
