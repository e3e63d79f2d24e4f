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


def kernel_agrees(instance, iterations=4000, seed=1):
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
    kernel_agrees(instance)
    kernel_agrees(town(client=lambda rng, c: {"setup": 4, "window": (0, 300)}))


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
