"""Profiled problems: generator, reader, and what gaps are relative to."""

import json
import math

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.routing import UNLIMITED, Route, Routes

INSTANCES = [
    f"pvrp-{kind}-n{n}-m{m}-s1"
    for kind in ("p-random", "p-angle", "p-cluster", "zc-random")
    for n, m in ((40, 3), (60, 3), (60, 7), (80, 5), (100, 3), (100, 7))
]
KIND = {"clients": 60, "vehicles": 5}


def test_profiles_follow_their_distributions():
    p = zg.generate("routing", "pvrp-p", seed=1, distribution="angle", **KIND)
    assert (np.count_nonzero(p.preference, axis=0) == 1).all()
    assert set(np.unique(p.preference)) == {0, 2000}
    assert p.capacity.max() == 40
    assert p.max_trips.min() > 1
    assert p.shift[0, 1] == UNLIMITED


def test_demands_are_uniform_on_one_to_nine():
    loads = np.concatenate(
        [
            zg.generate("routing", kind, seed=s, clients=9000).delivery[:, 0]
            for s, kind in enumerate(("pvrp-p", "pvrp-zc"))
        ]
    )
    counts = np.bincount(loads, minlength=10)
    assert counts[0] == 0
    assert len(counts) == 10
    assert (np.abs(counts[1:] - len(loads) / 9) < 0.12 * len(loads) / 9).all()


@pytest.mark.parametrize(("vehicles", "cells"), [(3, 1), (4, 4), (7, 4), (9, 9)])
def test_a_block_is_liked_by_its_vehicle_and_further_vehicles_like_nobody(vehicles, cells):
    p = zg.generate("routing", "pvrp-p", seed=2, distribution="block", clients=300,
                    vehicles=vehicles)  # fmt: skip
    liked = p.preference > 0
    assert (liked.sum(axis=0) == 1).all()
    assert liked[:cells].any(axis=1).all()
    assert not liked[cells:].any()
    side = math.isqrt(vehicles)
    for k in range(cells):
        x, y = (axis[p.client_location[liked[k]]] / 10_000 for axis in (p.x, p.y))
        assert (np.floor(x * side) == k // side).all()
        assert (np.floor(y * side) == k % side).all()


@pytest.mark.parametrize("distribution", ["random", "angle", "cluster", "block"])
@pytest.mark.parametrize("vehicles", [2, 3, 7])
def test_zones_always_forbid_something_and_leave_a_vehicle(distribution, vehicles):
    for seed in range(10):
        z = zg.generate("routing", "pvrp-zc", seed=seed, clients=30, vehicles=vehicles,
                        distribution=distribution)  # fmt: skip
        per_client = (~z.allowed).sum(axis=0)
        assert (per_client == per_client[0]).all()
        assert 1 <= per_client[0] <= max(1, vehicles * 2 // 3)
        assert z.allowed.any(axis=0).all()
        assert zg.routing.info(z)["forbidden pairs"] == 30 * per_client[0]


def test_the_rate_of_zones_can_be_given():
    z = zg.generate("routing", "pvrp-zc", seed=1, vehicles=5, clients=20, rate=0.41)
    assert ((~z.allowed).sum(axis=0) == 2).all()
    assert zg.generate("routing", "pvrp-zc", seed=1, rate=0).allowed.all()
    for wrong in ({"rate": 2}, {"rate": "half"}, {"vehicles": 1}):
        with pytest.raises(InstanceError):
            zg.generate("routing", "pvrp-zc", **wrong)


def test_gaps_are_those_of_length_and_missed_preferences():
    p = zg.generate("routing", "pvrp-p", seed=1, clients=12, vehicles=2, alpha=0.5)
    result = zg.solve(p, method="kernel", iterations=2000, threads=1)
    taken = sum(int(p.preference[r.vehicle, c]) for r in result.solution for c in r)
    length = result.objective + taken
    assert result.offset == 60_000
    assert result.objective + result.offset == length + (60_000 - taken)
    low = result.objective - 500
    assert zg.solvers.result.gap(result.objective, low, result.offset) == pytest.approx(
        500 / (length + 60_000 - taken)
    )
    assert result.to_dict()["offset"] == 60_000


def test_the_gap_limit_and_the_result_file_know_the_offset(tmp_path):
    p = zg.generate("routing", "pvrp-p", seed=3, clients=8, vehicles=2, alpha=0.4)
    result = zg.solve(p, threads=1, time_limit=20)
    assert result.status == "optimal"
    # Exactly 0, where a relative gap of the bare objective would be infinite.
    level = p.replace(gap_offset=max(0, -result.objective))
    assert zg.solvers.result.gap(0, -100, 1000) == 0.1
    result.save(str(tmp_path / "r.json"))
    assert zg.load_result(str(tmp_path / "r.json"), p).gap == 0
    text = json.loads((tmp_path / "r.json").read_text())
    loose = text | {"bound": text["bound"] - 100, "status": "feasible", "claims": []}
    loose["gap"] = 100 / (text["objective"] + text["offset"])
    (tmp_path / "loose.json").write_text(json.dumps(loose))
    assert zg.load_result(str(tmp_path / "loose.json"), p).gap == pytest.approx(loose["gap"])
    loose["gap"] = 100 / abs(text["objective"])
    (tmp_path / "loose.json").write_text(json.dumps(loose))
    with pytest.raises(InstanceError, match="gap"):
        zg.load_result(str(tmp_path / "loose.json"), p)
    assert zg.check(level, result.solution) == result.objective


def test_without_a_stated_offset_it_is_the_largest_reward_of_every_client():
    b = zg.routing.Builder()
    b.add_depot(0, 0)
    for x in (10, 20):
        b.add_client(x, 0)
    b.add_vehicle_type(1, preference=[5, -3])
    b.add_vehicle_type(1, preference=[7, -9])
    assert b.build().shift_of_gaps() == 7
    assert b.build().replace(gap_offset=3).shift_of_gaps() == 3
    for wrong in (-1, 2.5, "much"):
        with pytest.raises(InstanceError, match="gap_offset"):
            b.build().replace(gap_offset=wrong)


def test_the_offset_survives_the_json_file(tmp_path):
    p = zg.generate("routing", "pvrp-p", seed=1, clients=9)
    (tmp_path / "p.json").write_text(zg.routing.FAMILY.formats[0].write(p))
    again = zg.read(str(tmp_path / "p.json"))
    assert again.gap_offset == p.gap_offset == 18_000
    assert zg.digest(again) == zg.digest(p)


@pytest.mark.parametrize("name", INSTANCES)
def test_published_like_instances_are_read(name, data):
    path = data(f"routing/PVRP/{name}.json")
    raw = json.loads(path.read_text())
    instance = zg.read(str(path))
    assert (instance.clients, instance.types) == (raw["n"], raw["m"])
    assert instance.delivery[:, 0].tolist() == raw["demand"]
    assert instance.name == name
    if "preference" in raw:
        assert instance.gap_offset == round(10_000 * raw["alpha"] * raw["n"])
        want = np.rint(10_000 * raw["alpha"] * np.array(raw["preference"]))
        assert (instance.preference == want).all()
    else:
        assert (instance.allowed == np.array(raw["allowed"], bool)).all()
    # A vehicle out and back to everybody whom it may serve.
    rows = instance.preference if instance.preference is not None else instance.allowed
    chosen = np.argmax(rows, axis=0).tolist()
    routes = []
    for k in sorted(set(chosen)):
        trips = tuple((c,) for c in range(raw["n"]) if chosen[c] == k)
        routes.append(Route(k, trips, (0,) * (len(trips) - 1)))
    total = 0.0
    for c, (x, y) in enumerate(raw["clients"]):
        total += 2 * math.dist((x, y), raw["depot"])
        if "preference" in raw:
            total -= raw["alpha"] * raw["preference"][chosen[c]][c]
    assert zg.check(instance, Routes(tuple(routes))) == pytest.approx(1e4 * total, abs=2 * raw["n"])


SMALL = {
    "variant": "PVRP-P",
    "depot": [0.5, 0.5],
    "clients": [[0.1, 0.2], [0.3, 0.4]],
    "demand": [3, 4],
    "capacity": 9,
    "preference": [[0, 1], [1, 0.5]],
    "alpha": 0.2,
}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"depot": None}, "depot: is None, expected a list"),
        ({"clients": [[0.1], [0.3, 0.4]]}, r"clients\[0\]: has 1 entries, expected 2"),
        ({"clients": []}, "clients: is empty"),
        ({"demand": [3]}, "demand: has 1 entries, expected 2"),
        ({"demand": [3, 1.5]}, r"demand\[1\]: is 1.5, expected an integer"),
        ({"demand": [3, -1]}, r"demand\[1\]: is -1, expected 0"),
        ({"capacity": "big"}, "capacity: is 'big', expected an integer"),
        ({"preference": [[0, 1], [1, 2]]}, r"preference\[1\]\[1\]: is 2, expected 0 … 1"),
        ({"preference": [[0, 1], [1]]}, r"preference\[1\]: has 1 entries, expected 2"),
        ({"preference": [[0, True], [1, 0]]}, r"preference\[0\]\[1\]: is True, expected a number"),
        ({"alpha": None}, "alpha: is None"),
        ({"allowed": [[0, 1], [1, 0.5]]}, r"allowed\[1\]\[1\]: is 0.5, expected 0 or 1"),
        ({"allowed": [[0, 1]]}, "allowed: has 1 entries, expected 2"),
        ({"m": 3}, "m: is 3, there are 2 rows"),
        ({"n": 3}, "n: is 3, expected 1 … 2"),
        ({"trips_per_vehicle": 0}, "trips_per_vehicle: is 0"),
        ({"alfa": 1}, "unknown key 'alfa'"),
    ],
)
def test_what_is_wrong_in_a_file_is_named(tmp_path, change, message):
    file = tmp_path / "small.json"
    file.write_text(json.dumps(SMALL | change))
    with pytest.raises(InstanceError, match=message):
        zg.read(str(file), family="routing")


def test_zones_and_preferences_may_come_together_and_trips_may_be_limited(tmp_path):
    file = tmp_path / "both.json"
    file.write_text(json.dumps(SMALL | {"allowed": [[1, 0], [1, 1]], "trips_per_vehicle": 1}))
    instance = zg.read(str(file))
    assert instance.allowed.tolist() == [[True, False], [True, True]]
    assert instance.max_trips.tolist() == [1, 1]
    assert zg.solve(instance, threads=1, time_limit=20).status == "optimal"


@pytest.mark.parametrize("key", ["depot", "clients", "demand", "capacity", "preference"])
def test_missing_keys_are_named(tmp_path, key):
    file = tmp_path / "small.json"
    file.write_text(json.dumps({k: v for k, v in SMALL.items() if k != key}))
    with pytest.raises(InstanceError, match=f"{key}: is missing"):
        zg.read(str(file), family="routing")
