"""What fleets need: the definitions by hand, kernels against the checker, bad input."""

from __future__ import annotations

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.routing import FAMILY, Builder, Routes, check

JSON = FAMILY.formats[0]


def street(clients=({}, {}), vehicles=({},), depot=None):
    """A depot at 0 and clients 10 apart on a line, with the fields given."""
    b = Builder()
    b.add_depot(0, 0, **(depot or {}))
    for k, fields in enumerate(clients):
        b.add_client(*fields.pop("at", (10 * (k + 1), 0)), **fields)
    for fields in vehicles:
        b.add_vehicle_type(**fields)
    return b.build()


def town(seed=0, n=25, client=None, vehicle=None, types=2):
    """A random instance in which `client(rng, c)` and `vehicle(rng, t)` give more fields."""
    rng = np.random.default_rng(seed)
    b = Builder()
    b.add_depot(50, 50)
    for c in range(n):
        fields = {"delivery": int(rng.integers(1, 9)), "service": 3}
        b.add_client(*rng.integers(0, 100, 2), **(fields | (client(rng, c) if client else {})))
    for t in range(types):
        fields = {"number": 4, "capacity": 40, "shift": (0, 900)}
        b.add_vehicle_type(**(fields | (vehicle(rng, t) if vehicle else {})))
    return b.build()


def assert_kernel_agrees(instance, iterations=4000, seed=1):
    """The kernel finds a plan, and costs it as the checker does."""
    from zerogap._ext.routing.sisr import Sisr
    from zerogap.solvers.routing.arrays import solution
    from zerogap.solvers.routing.kernels import make

    kernel = Sisr(make(instance), seed, 1.0, iterations)
    kernel.run(iterations=iterations)
    assert kernel.objective is not None
    assert kernel.consistent()
    plan = solution(kernel.best())
    assert check(instance, plan) == kernel.objective
    return plan


def again(instance):
    """The instance written and read: the same by its digest."""
    copy = JSON.read(JSON.write(instance), file="copy.json")
    assert zg.digest(copy) == zg.digest(instance)
    return copy


def test_setup_counts_once_a_place():
    two = street([{"at": (10, 0), "setup": 7}, {"at": (10, 0), "setup": 7}], [{"duration_cost": 1}])
    assert check(two, Routes.of([[0, 1]])) == 20 + (10 + 7 + 10)
    assert check(again(two), Routes.of([[1, 0]])) == 20 + 27
    far = street([{"setup": 7}, {"setup": 7}], [{"duration_cost": 1}])
    assert check(far, Routes.of([[0, 1]])) == 40 + 40 + 14


def test_setup_lies_between_arrival_and_service():
    late = street([{"setup": 7, "window": (12, 16)}])
    with pytest.raises(InfeasibleSolution, match="at 17, it closes at 16"):
        check(late, Routes.of([[0]]))


def test_service_and_speed_of_a_type():
    types = [{"duration_cost": 1}, {"duration_cost": 1, "speed": 600, "service": [5, 9]}]
    pair = street([{"service": 2}, {"service": 2}], types)
    assert check(pair, Routes.of([[0, 1]])) == 40 + 44
    # 10 at 600 thousandths is 16.67, rounded up; 20 is 33.33.
    assert check(pair, Routes.of([[0, 1]], vehicle=1)) == 40 + 17 + 5 + 17 + 9 + 34
    again(pair)


@pytest.mark.parametrize("duration", [0, 1])
def test_kernel_knows_service_setup_and_speed(duration):
    instance = town(
        client=lambda rng, c: {"setup": int(rng.integers(0, 9))},
        vehicle=lambda rng, t: {
            "speed": 700 + 500 * t,
            "service": rng.integers(1, 20, 25).tolist(),
            "duration_cost": duration,
        },
    )
    assert_kernel_agrees(instance)
    assert_kernel_agrees(town(client=lambda rng, c: {"setup": 4, "window": (0, 300)}))


@pytest.mark.parametrize(
    ("room", "fields", "message"),
    [
        ("client", {"setup": -1}, "setup: entry 0 is -1"),
        ("vehicle", {"speed": 0}, "speed: entry 0 is 0, expected 1"),
        ("vehicle", {"speed": 1.5}, "speed: entry 0 is 1.5, not an integer|speed.*integer"),
        ("vehicle", {"service": [1, 2, 3]}, r"type_service: shape \(1, 3\), expected \(1, 2\)"),
        ("vehicle", {"service": [1, -2]}, r"type_service: entry \(0, 1\) is -2"),
    ],
)
def test_bad_fields_are_named(room, fields, message):
    with pytest.raises(InstanceError, match=message):
        street(
            [fields, {}] if room == "client" else ({}, {}), [fields if room == "vehicle" else {}]
        )


def test_skills_and_fixed_vehicles_narrow_what_is_allowed():
    instance = street(
        [{"skills": ["cold"]}, {"vehicle": "van"}, {}],
        [{"name": "van"}, {"name": "truck", "skills": ["cold", "lift"]}],
    )
    assert instance.allowed.tolist() == [[False, True, True], [True, False, True]]
    again(instance)
    with pytest.raises(InfeasibleSolution, match=r"van \(lacks the skill cold"):
        check(instance, Routes.of([[0]]))
    with pytest.raises(InfeasibleSolution, match="fixed to vehicle type van"):
        check(instance, Routes.of([[1]], vehicle=1))
    nobody = street([{"skills": ["gas"]}], [{}])
    assert "needs the skill gas" in zg.solve(nobody, time_limit=5).messages[0]


def test_together_first_last_and_least():
    instance = street([{}, {"not_first": True}, {"not_last": True}], [{"number": 2}])
    for wrong, word in (([[1, 0, 2]], "begins with client 2"), ([[0, 1, 2]], "ends with client 3")):
        with pytest.raises(InfeasibleSolution, match=word):
            check(again(instance), Routes.of(wrong))
    pair = street([{"together": 0}, {}, {"together": 0}], [{"number": 2}])
    with pytest.raises(InfeasibleSolution, match="client 3 and client 1 of one same-vehicle group"):
        check(again(pair), Routes.of([[0, 1], [2]]))
    assert check(pair, Routes.of([[0, 2], [1]])) == 100
    least = street([{"delivery": 2}, {"pickup": 3}], [{"number": 2, "min_stops": 2}])
    with pytest.raises(InfeasibleSolution, match="1 stops, at least 2"):
        check(again(least), Routes.of([[0], [1]]))
    load = street([{"delivery": 2}, {"pickup": 3}], [{"number": 2, "min_load": 4}])
    with pytest.raises(InfeasibleSolution, match="load 2, at least 4"):
        check(again(load), Routes.of([[0], [1]]))
    drives = street([{"service": 50}, {}], [{"max_travel_time": 39}])
    with pytest.raises(InfeasibleSolution, match="drives for 40, at most 39"):
        check(again(drives), Routes.of([[0, 1]]))


def test_builder_gathers_clients():
    b = Builder()
    b.add_depot(0, 0)
    first, second, third = (b.add_client(k, 0) for k in range(3))
    b.add_together(first, third)
    with pytest.raises(InstanceError, match="client 3 is in group 0 already"):
        b.add_together(second, third)
    with pytest.raises(InstanceError, match="there is no client 7"):
        b.add_together(7)


@pytest.mark.parametrize(
    ("client", "vehicle"),
    [
        (lambda r, c: {"not_first": c % 3 == 0, "not_last": c % 4 == 0}, None),
        (lambda r, c: {"not_first": c % 3 == 0}, lambda r, t: {"max_trips": 2}),
        (lambda r, c: {"together": c // 5}, None),
        (lambda r, c: {"together": c // 5}, lambda r, t: {"max_trips": 2, "duration_cost": 1}),
        (None, lambda r, t: {"max_travel_time": 250, "speed": 800 + 400 * t}),
        (None, lambda r, t: {"min_stops": 6, "min_load": 25}),
        (lambda r, c: {"required": False, "prize": 40}, lambda r, t: {"min_stops": 7}),
    ],
)
def test_kernel_knows_ends_groups_and_sizes(client, vehicle):
    assert_kernel_agrees(town(client=client, vehicle=vehicle))


@pytest.mark.parametrize(
    ("clients", "vehicles", "message"),
    [
        ([{"skills": "cold"}], [{}], "client_skills: is 'cold', expected a list of names"),
        ([{"vehicle": 3}], [{}], "fixed_vehicle: entry 0 is 3"),
        ([{"vehicle": "van"}], [{"name": "truck"}], "'van' is the name of 0 vehicle types"),
        ([{"together": -2}], [{}], "together: entry 0 is -2"),
        ([{}], [{"min_stops": -1}], "min_stops: entry 0 is -1"),
        ([{}], [{"min_load": [-1]}], "min_load: entry"),
        ([{}], [{"max_travel_time": -5}], "max_travel_time: entry 0 is -5"),
    ],
)
def test_bad_rules_are_named(clients, vehicles, message):
    with pytest.raises(InstanceError, match=message):
        street(clients, vehicles)


def test_identity_survives_whatever_the_order_of_places():
    b = Builder()
    b.add_client(3, 4)
    b.add_depot(0, 0)
    b.add_client(6, 8)
    b.add_vehicle_type(2)
    late = b.build()
    copy = again(late)
    assert check(copy, Routes.of([[0, 1]])) == check(late, Routes.of([[0, 1]])) == 20
    matrix = np.arange(4).reshape(1, 2, 2) * 5
    shared = street([{}, {}]).replace(
        x=np.zeros(2), y=np.zeros(2), client_location=np.array([1, 1]), distance=matrix
    )
    assert again(shared).client_location.tolist() == [1, 1]
    for order in ([0, 1], [0, 0, 2], [0, 1, "x"], 7):
        with pytest.raises(InstanceError, match="order: expected the location of each of the 3"):
            data = JSON.write(street())
            JSON.read(_with(data, order), file="bad.json")


def _with(text, order):
    import json

    return json.dumps(json.loads(text) | {"order": order})
