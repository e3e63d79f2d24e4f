"""Times as decisions: soft windows, overtime, breaks, traffic; stored, recomputed, refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import zerogap as zg
from tests.models.test_routing_fleet import again, street, town
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing import Builder, Routes, check, decode, encode
from zerogap.models.routing.solution import timetable
from zerogap.models.routing.timing import timed


def test_soft_windows_cost_what_is_early_and_late():
    pair = street(
        [{"soft_window": (30, 40), "early_cost": 2}, {"soft_window": (0, 15), "late_cost": 3}]
    )
    # Waiting for the first costs lateness at the second: at 10 it is 20 · 2, then 5 · 3.
    assert check(again(pair), Routes.of([[0, 1]])) == 40 + 40 + 15
    # The other way round the second comes first at 20, the first at 30.
    assert check(pair, Routes.of([[1, 0]])) == 40 + 15
    assert zg.solve(pair, time_limit=10, threads=1).objective == 55


def test_overtime_counts_beyond_the_regular_duration():
    pair = street(
        [{"window": (100, 200)}, {"window": (0, 50)}],
        [{"regular_duration": 60, "overtime_cost": 2, "max_duration": 130, "number": 2}],
    )
    # Second at 50 at the latest, first not before 100: away from 30 to 110.
    assert check(again(pair), Routes.of([[1, 0]])) == 40 + 2 * 20
    assert check(pair, Routes.of([[0], [1]])) == 60
    tight = pair.replace(max_duration=np.array([79]))
    with pytest.raises(InfeasibleSolution, match="takes longer than 79"):
        check(tight, Routes.of([[1, 0]]))


def test_breaks_are_taken_beside_stops_only():
    one = street([{"at": (30, 0)}], [{"breaks": [(10, (20, 25))], "duration_cost": 1}])
    # On the way out from 0 to 30 there is no stop: the departure waits until 20 … 25 + 10, or the
    # vehicle leaves so that it arrives at 20 … 25 (it cannot before 30 after departing at 0).
    route = timed(again(one), Routes.of([[0]])).routes[0]
    assert (route.times, route.rests) == ((20, 60, 90), (20,))
    assert check(one, Routes((route,))) == 60 + 70
    rows = timetable(one, route)
    assert rows == [(0, 60, 60, 60)]
    assert decode(one, encode(Routes((route,)))) == Routes((route,))
    for wrong, message in (
        (replace(route, rests=(19,)), "break 1 begins at 19"),
        (replace(route, rests=(21,)), "cannot be there before 61"),
        (replace(route, times=(20, 59, 89)), "begins at 59"),
        (replace(route, times=(22, 62, 92)), "before the departure at 22"),
        (replace(route, rests=()), "0 breaks, expected 1"),
        (replace(route, times=(20, 60)), "2 times, expected 3"),
    ):
        with pytest.raises(InfeasibleSolution, match=message):
            check(one, Routes((wrong,)))
    late = one.replace(shift=np.array([[0, 89]]))
    with pytest.raises(InfeasibleSolution):
        check(late, Routes.of([[0]]))


def jam(**vehicle):
    """Two places; from 100 on the road takes three times as long."""
    b = Builder()
    b.add_depot(0, 0)
    b.add_client(60, 0, window=(0, 400))
    b.add_vehicle_type(**({"shift": (80, 1000)} | vehicle))
    fast = np.array([[0, 60], [60, 0]])
    b.set_traffic([0, 100], [fast, 3 * fast])
    return b.build()


def test_traffic_goes_on_at_the_next_periods_speed():
    instance = again(jam(duration_cost=1))
    # From 80 a third of the way (20 of 60) is done at 100; the rest takes 120 more.
    assert instance.arrival(0, 0, 1, [0, 40, 80, 99, 100]).tolist() == [60, 100, 220, 277, 280]
    assert check(instance, Routes.of([[0]])) == 120 + (220 - 80) + 180
    assert zg.solve(instance, time_limit=10, threads=1).objective == 440
    early = np.arange(300)
    assert (np.diff(instance.arrival(0, 0, 1, early)) >= 0).all()


def test_traffic_is_fifo_whatever_the_matrices():
    rng = np.random.default_rng(1)
    for _ in range(20):
        b = Builder()
        b.add_depot(0, 0)
        b.add_client(1, 0)
        b.add_vehicle_type(speed=int(rng.integers(300, 3000)))
        slow = rng.integers(0, 90, (4, 2, 2))
        slow[:, [0, 1], [0, 1]] = 0
        b.set_traffic([0, 17, 50, 55], slow)
        arrivals = b.build().arrival(0, 0, 1, np.arange(120))
        assert (np.diff(arrivals) >= 0).all() and (arrivals >= np.arange(120)).all()


@pytest.mark.parametrize(
    ("client", "vehicle"),
    [
        (lambda r, c: {"soft_window": (100, 300), "late_cost": 2, "early_cost": 1}, None),
        (None, lambda r, t: {"regular_duration": 100, "overtime_cost": 2, "max_duration": 400}),
        (None, lambda r, t: {"breaks": [(30, (60, 120)), (15, (200, 300))], "duration_cost": 1}),
        (lambda r, c: {"window": (0, 400)}, lambda r, t: {"breaks": [(30, (60, 90), (150, 200))]}),
        (lambda r, c: {"pickup": 3}, lambda r, t: {"on_board": 12}),
    ],
)
def test_kernel_never_counts_less_than_the_checker(client, vehicle):
    from zerogap._ext.routing.sisr import Sisr
    from zerogap.solvers.routing.arrays import solution
    from zerogap.solvers.routing.kernels import make

    instance = town(client=client, vehicle=vehicle)
    kernel = Sisr(make(instance), 1, 1.0, 2000)
    kernel.run(iterations=2000)
    assert kernel.objective is not None and kernel.consistent()
    assert check(instance, solution(kernel.best())) <= kernel.objective


def test_kernel_drives_in_traffic():
    rng = np.random.default_rng(3)
    b = Builder()
    b.add_depot(50, 50)
    places = [(50, 50), *rng.integers(0, 100, (20, 2)).tolist()]
    for x, y in places[1:]:
        b.add_client(x, y, service=5, window=(0, 500), delivery=1)
    b.add_vehicle_type(4, capacity=8, shift=(0, 700), duration_cost=1)
    flat = np.array(places)
    far = np.hypot(*(flat[:, None] - flat[None]).transpose(2, 0, 1)).astype(int)
    b.set_traffic([0, 100, 200], [far, 2 * far, far], far)
    result = zg.solve(b.build(), time_limit=20, iterations=2000, threads=1)
    assert result.solution is not None and all(r.times for r in result.solution)


@pytest.mark.parametrize(
    ("clients", "vehicles", "message"),
    [
        ([{"soft_window": (9, 3)}], [{}], "soft_window: entry 0: closes at 3 before it opens at 9"),
        ([{"late_cost": -1}], [{}], "late_cost: entry 0 is -1"),
        ([{}], [{"breaks": [(10,), (5, (3, 1))]}], r"breaks\[1\] of type 0: window \(3, 1\)"),
        ([{}], [{"breaks": [(10, (0, 9), (5, 20))]}], "windows overlap or are out of order"),
        ([{}], [{"breaks": [10]}], r"breaks\[0\]: is 10, expected a duration and windows"),
        ([{}], [{"breaks": [{"duration": 1, "window": 2}]}], r"breaks\[0\]: is .*expected"),
        ([{}], [{"breaks": [(10, (95, 99))], "shift": (0, 100)}], "cannot be taken"),
        ([{}], [{"breaks": [(1,)] * 9}], "at most 8 breaks"),
        ([{}], [{"on_board": 5, "capacity": 4}], "type 0 has 5 on board, capacity 4"),
        ([{}], [{"overtime_cost": -2}], "overtime_cost: entry 0 is -2"),
    ],
)
def test_bad_hours_are_named(clients, vehicles, message):
    with pytest.raises(InstanceError, match=message):
        street(clients, vehicles)


def test_bad_traffic_is_named():
    def made(periods, durations, **more):
        b = Builder()
        b.add_depot(0, 0)
        b.add_client(1, 0)
        b.add_vehicle_type(**more)
        b.set_traffic(periods, durations)
        return b.build()

    flat = np.ones((2, 2, 2), int)
    for periods, durations, message in (
        ([0], flat, "2 matrices for 1 periods"),
        ([5, 9], flat, "expected 0 and then ascending"),
        ([0, 0], flat, "expected 0 and then ascending"),
        ([0, 9], -flat, "traffic: entry .* is -1"),
        ([0, 9], np.ones((2, 3, 3), int), r"traffic: shape"),
        ([0, 9], np.stack([flat[0], flat[0] * zg.routing.FORBIDDEN]), "in some periods only"),
    ):
        with pytest.raises(InstanceError, match=message):
            made(periods, durations)
    with pytest.raises(InstanceError, match="with energy, durations are the distances"):
        made([0, 9], flat, energy=9)


def test_unpaid_breaks_are_no_duration():
    wide = {"breaks": [(10, (20, 40))], "duration_cost": 1, "max_duration": 63}
    told = [street([{"at": (30, 0)}], [wide | more]) for more in ({}, {"unpaid": 7})]
    assert zg.solve(told[0], time_limit=5, threads=1).status == "infeasible"  # 60 + 10
    for method in ("auto", "kernel", "exact"):
        result = zg.solve(told[1], method=method, time_limit=5, threads=1, iterations=2000)
        assert result.objective == 60 + 63
    over = {"regular_duration": 60, "overtime_cost": 5, "max_duration": 1000}
    late = street([{"at": (30, 0)}], [wide | over | {"unpaid": 7}])
    result = zg.solve(late, time_limit=5, threads=1)
    assert result.status == "optimal" and result.objective == 60 + 63 + 5 * 3
    with pytest.raises(zg.InstanceError, match="unpaid: type 0 has 11, its breaks last 10"):
        street([{"at": (30, 0)}], [wide | {"unpaid": 11}])


def test_durations_by_departure_lie_on_lines_and_are_first_in_first_out():
    def table(*drives, speed=1000, periods=(0, 10, 20)):
        b = Builder()
        b.add_depot(0, 0)
        b.add_client(1, 0)
        b.add_vehicle_type(speed=speed)
        b.set_traffic(list(periods), [[[0, d], [d, 0]] for d in drives], by="departure")
        return b.build()

    made = table(4, 9, 3)
    assert made.arrival(0, 0, 1, [0, 1, 5, 10, 11, 19, 20, 50]).tolist() == [
        4, 6, 12, 19, 20, 23, 23, 53,
    ]  # fmt: skip
    assert again(made).traffic_by == "departure"
    with pytest.raises(InstanceError, match="first in, first out: vehicle type 0 that leaves"):
        table(4, 15, 4)
    table(4, 9, 2)
    with pytest.raises(InstanceError, match="first in, first out"):
        table(4, 9, 2, speed=500)  # twice as slow: 28 and 24
    with pytest.raises(InstanceError, match="traffic_by"):
        made.replace(traffic_by="hour")


def test_breaks_on_the_road_cost_only_their_length():
    def made(road, opens=30):
        b = Builder()
        b.add_depot(0, 0)
        b.add_client(100, 0, setup=7)
        b.add_vehicle_type(
            shift=(0, 400), duration_cost=1, breaks=[(15, (opens, opens + 5))], breaks_on_road=road
        )
        return b.build()

    plan = Routes.of([[0]])
    # Beside stops only the vehicle leaves at 45, after its break, or a little before it.
    assert check(made(False), plan) == 200 + 200 + 7 + 15
    free = made(False, 150), made(True, 150)
    # Late enough it stands beside the client, or on the way back.
    assert check(free[0], plan) == check(free[1], plan) == 200 + 200 + 7 + 15
    road = again(made(True))
    stored = timed(road, plan)
    assert check(road, stored) == 200 + 200 + 7 + 15
    early = Routes((replace(stored.routes[0], times=(0, 122, 222), rests=(30,)),))
    assert check(road, early) == 200 + 222  # 30 driven, 15 at rest, 70 driven, 7 of setup
    with pytest.raises(InfeasibleSolution, match="cannot be there before"):
        check(made(False), early)
    with pytest.raises(InfeasibleSolution, match="cannot be there before 122"):
        check(road, Routes((replace(early.routes[0], times=(0, 121, 222)),)))
    fixed = road.replace(shift=np.array([[0, 222]]))
    assert zg.solve(fixed, threads=1, time_limit=20).objective == 422
    beside = made(False).replace(shift=np.array([[0, 222]]))
    assert zg.solve(beside, threads=1, time_limit=20).status == "infeasible"
