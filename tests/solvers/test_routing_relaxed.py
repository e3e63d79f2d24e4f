"""Bounds of what column generation does not know."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.models.test_routing_fleet import town
from zerogap.models.routing import Builder, check
from zerogap.solvers.routing.relaxed import relaxation, worth

CASES = [
    (lambda r, c: {"together": c // 6}, None),
    (lambda r, c: {"soft_window": (100, 200), "late_cost": 1, "setup": 2}, None),
    (None, lambda r, t: {"breaks": [(30, (60, 200))], "speed": 900 + 300 * t}),
    (None, lambda r, t: {"min_stops": 5, "max_travel_time": 300}),
    (lambda r, c: {"pickup": 2}, lambda r, t: {"on_board": 10, "regular_duration": 90,
                                               "overtime_cost": 2}),
]  # fmt: skip


@pytest.mark.parametrize(("client", "vehicle"), CASES)
def test_a_plan_of_the_instance_is_one_of_its_relaxation_at_no_higher_cost(client, vehicle):
    instance = town(client=client, vehicle=vehicle)
    made = relaxation(instance)
    assert made is not None
    plan = zg.solve(instance, method="kernel", time_limit=30, iterations=2000, threads=1).solution
    assert plan is not None
    assert check(made, plan) <= check(instance, plan)


@pytest.mark.parametrize("threads", [1, 2])
def test_one_conflict_or_group_keeps_a_bound(threads):
    rng = np.random.default_rng(2)
    b = Builder()
    b.add_depot(50, 50)
    for _ in range(30):
        b.add_client(*rng.integers(0, 100, 2), delivery=int(rng.integers(1, 9)))
    b.add_conflict(0, 1)
    b.add_together(2, 3, 4)
    b.add_vehicle_type(6, capacity=40)
    instance = b.build()
    result = zg.solve(instance, time_limit=6, threads=threads)
    assert result.solution is not None
    assert result.bound is None or result.bound <= result.objective


def test_relaxations_are_asked_for_only_where_rules_need_them():
    class Search:
        iterations = None

    assert not worth(town(), Search())
    assert worth(town(client=lambda r, c: {"not_first": c == 0}), Search())
