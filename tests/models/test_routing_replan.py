"""The rest of a day: what is driven stays, the plan is never worse, repairs are named."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from tests.models.test_routing_fleet import street, town
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing import Route, Routes, check, keep, repair, replan


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("now", [0, 60, 150, 400, 900])
def test_driven_part_and_rest_are_a_plan_of_the_day(seed, now):
    day = town(
        seed,
        client=lambda r, c: {"window": (0, 700), "pickup": int(r.integers(0, 3))},
        vehicle=lambda r, t: {"max_stops": 9, "max_duration": 800},
    )
    plan = zg.solve(day, method="kernel", time_limit=30, iterations=1500, threads=1).solution
    cut = replan(day, plan, now)
    assert not cut.broken and not cut.repaired and cut.start is not None
    assert sorted([*cut.clients, *(c for r in cut.driven for c in r)]) == list(range(25))
    assert check(day, cut.whole(cut.start)) <= check(day, plan)
    settings = {"time_limit": 30, "iterations": 800, "threads": 1, "method": "kernel"}
    rest = zg.solve(cut.instance, start=cut.start, **settings)
    assert rest.objective <= check(cut.instance, cut.start)
    whole = cut.whole(rest.solution)
    assert check(day, whole) <= check(day, plan)
    for done, route in zip(cut.driven, whole):
        assert tuple(route)[: len(done)] == tuple(done)


def test_a_driven_part_that_breaks_a_window_is_kept_and_named():
    late = street([{"window": (0, 5)}, {}, {}], [{"shift": (0, 500)}])
    cut = replan(late, Routes.of([[0, 1, 2]]), 15)
    assert "arrives at client 1 at 10, it closes at 5 (driven, kept)" in cut.broken[0]
    # At 15 it is on its way to the second stop, which is kept, too.
    assert [tuple(r) for r in cut.driven] == [(0, 1)] and cut.clients == (2,)
    assert cut.instance.shift[0, 0] == 20
    assert check(cut.instance, cut.start) == 10 + 30


def test_goods_on_board_stay_with_their_vehicle():
    b = zg.routing.Builder()
    b.add_depot(0, 0)
    for x in (10, 20, 30):
        b.add_client(x, 0)
    b.add_shipment(0, 2, 4)
    b.add_vehicle_type(2, capacity=5)
    day = b.build()
    cut = replan(day, Routes.of([[0, 1, 2]]), 5)
    assert cut.instance.delivery.ravel().tolist() == [0, 4, 0]
    assert cut.instance.allowed.tolist() == [[True, True, True], [True, False, False]]
    assert check(day, cut.whole(cut.start)) == 60


def test_a_start_is_repaired_and_the_repair_named():
    day = street([{}, {"window": (0, 15)}, {"delivery": 9}], [{"number": 2, "capacity": 5}])
    plan = Routes((Route(0, ((0, 1, 2),)), Route(0, ((0,),)), Route(7, ((1,),))))
    mended, said = repair(day, plan)
    assert [tuple(r) for r in mended] == [(0,)]
    assert any("client 3 is taken out" in s for s in said)
    assert any("no such vehicle" in s for s in said) and any("served before" in s for s in said)


def test_few_changes_are_preferred():
    # Two vehicles either of which could serve both; the plan splits them at a small loss.
    pair = street([{}, {}], [{"number": 1}, {"number": 1}])
    plan = Routes((Route(0, ((0,),)), Route(1, ((1,),))))
    assert zg.solve(pair, time_limit=10, threads=1).objective == 40
    kept = zg.solve(keep(pair, plan, 30), time_limit=10, threads=1)
    assert {r.vehicle: tuple(r) for r in kept.solution} == {0: (0,), 1: (1,)}
    assert kept.objective == 60 - 2 * 30


def test_what_cannot_be_cut_is_refused_by_name():
    trips = street([{}, {}], [{"max_trips": 2}])
    with pytest.raises(InstanceError, match="route 1 under way has several trips"):
        replan(trips, Routes((Route(0, ((0,), (1,)), (0,)),)), 5)
    with pytest.raises(InstanceError, match="energy"):
        replan(street([{}], [{"energy": 50}]), Routes.of([[0]]), 5)


def test_no_start_where_the_rest_of_the_plan_lacks_somebody():
    day = street([{}, {}, {}], [{"number": 2}])
    cut = replan(day, Routes.of([[0, 1]]), 5)
    assert cut.start is None and "client 3 is not served" in cut.repaired[-1]
    with pytest.raises(InfeasibleSolution):
        check(day, Routes.of([[0, 1]]))
    result = zg.solve(cut.instance, time_limit=10, threads=1)
    assert check(day, cut.whole(result.solution)) > 0
    assert isinstance(cut.instance.shift, np.ndarray)
