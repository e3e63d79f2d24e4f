"""Instances, checker and files of the scratchpad family."""

from __future__ import annotations

import json

import numpy as np
import pytest

import zerogap as zg
from zerogap.models import base, files
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.scratchpad import Buffers, Network, Placement, Plan, replay
from zerogap.models.scratchpad.formats import size_of

FAMILY = base.family("scratchpad")


def chain(**fields) -> Network:
    """a reads 0 makes 1; b reads 1 makes 2; c reads 1 and 2 makes 3."""
    defaults = {
        "size": [4, 4, 4, 2],
        "inputs": [(0,), (1,), (1, 2)],
        "outputs": [(1,), (2,), (3,)],
        "capacity": 12,
        "tensors": ("x", "a", "b", "y"),
        "operators": ("A", "B", "C"),
    }
    return Network(**defaults | fields)


PLAN = Plan([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 0), (3, 2, 2, 8)])


def test_traffic_is_replayed():
    moved = replay(chain(), PLAN)
    assert (moved.loaded, moved.stored, moved.compulsory, moved.height) == (4, 2, 6, 10)
    assert zg.check(chain(), PLAN) == 6
    assert moved.avoidable == 0


def test_an_eviction_is_a_store_and_a_load_once_clean_only_a_load():
    net = chain(inputs=[(0,), (1,), (2, 1)], outputs=[(1,), (2,), (3,)])
    rows = [(0, 0, 0, 0), (1, 0, 0, 4), (1, 1, 1, 4), (1, 2, 2, 4), (2, 1, 2, 0), (3, 2, 2, 8)]
    moved = replay(net, Plan([0, 1, 2], rows))
    assert (moved.loaded, moved.stored) == (4 + 8, 2 + 4)
    every = chain(write_every_eviction=True)
    assert replay(every, Plan([0, 1, 2], rows)).stored == 2 + 8


@pytest.mark.parametrize(
    "schedule, rows, constraint",
    [
        ([0, 1], PLAN.residencies, "schedule"),
        ([0, 0, 1], PLAN.residencies, "schedule"),
        ([0, 2, 1], PLAN.residencies, "precedence"),
        ([0, 1, 5], PLAN.residencies, "schedule"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 0)], "residency"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 1, 2, 4), (2, 1, 2, 0), (3, 2, 2, 8)], "residency"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 0, 1, 4), (2, 1, 2, 0), (3, 2, 2, 8)], "residency"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 0), (3, 2, 3, 8)], "residency"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 0), (9, 2, 2, 8)], "residency"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 0), (3, 2, 2, 11)], "capacity"),
        ([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 1), (3, 2, 2, 8)], "overlap"),
        ([0, 1, 2], [(0, 0, 0, -1), (1, 0, 2, 4), (2, 1, 2, 0), (3, 2, 2, 8)], "alignment"),
        ([0, 1, 2], [*PLAN.residencies.tolist(), (4, 0, 0, 8)], "workspace"),
    ],
)
def test_the_violated_constraint_is_named(schedule, rows, constraint):
    with pytest.raises(InfeasibleSolution) as caught:
        zg.check(chain(), Plan(schedule, rows))
    assert caught.value.constraint == constraint


def test_in_place_writes_over_what_leaves():
    rows = [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 0), (3, 2, 2, 4)]
    with pytest.raises(InfeasibleSolution, match="share"):
        zg.check(chain(), Plan([0, 1, 2], rows))
    assert zg.check(chain(in_place=[False, False, True]), Plan([0, 1, 2], rows)) == 6
    # The residency of an input that stays does not make room.
    longer = chain(in_place=[False, True, False])
    with pytest.raises(InfeasibleSolution, match="share"):
        zg.check(longer, Plan([0, 1, 2], [(0, 0, 0, 0), (1, 0, 2, 4), (2, 1, 2, 4), (3, 2, 2, 8)]))


def test_streamed_weights_do_not_stay():
    net = chain(weight=[True, False, False, False], inputs=[(0,), (1, 0), (1, 2)],
                stream_weights=True, capacity=16)  # fmt: skip
    stays = [(0, 0, 1, 0), (1, 0, 2, 4), (2, 1, 2, 8), (3, 2, 2, 0)]
    with pytest.raises(InfeasibleSolution, match="streamed"):
        zg.check(net, Plan([0, 1, 2], stays))
    assert zg.check(net, Plan([0, 1, 2], [(0, 0, 0, 0), (0, 1, 1, 0), *stays[1:]])) == 10


def test_peak_allows_no_replacement():
    rows = [(0, 0, 0, 0), (1, 0, 0, 4), (1, 1, 2, 4), (2, 1, 2, 0), (3, 2, 2, 8)]
    net = chain(objective="peak", capacity=None)
    assert zg.check(net, PLAN) == 10
    with pytest.raises(InfeasibleSolution, match="no replacement"):
        zg.check(net, Plan([0, 1, 2], rows))


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"size": [4, -1, 4, 2]}, "size: element 1 is -1"),
        ({"size": [4, 4, 4]}, "inputs|outputs|expected"),
        ({"inputs": [(0,), (1,), (7,)]}, r"inputs\[2\]: element 0 is 7"),
        ({"outputs": [(1,), (2,), (2,)]}, "two producers"),
        ({"inputs": [(2,), (1,), (1, 2)]}, "A -> B -> A|B -> A -> B"),
        ({"alignment": 3}, "not a power of two"),
        ({"alignment": 0}, "alignment"),
        ({"capacity": None}, "capacity: is missing"),
        ({"capacity": -5}, "capacity"),
        ({"objective": "speed"}, "objective"),
        ({"tensors": ("x", "x", "b", "y")}, "used twice"),
        ({"weight": [False, True, False, False]}, "is written"),
        ({"order": [1, 0, 2]}, "before the producer"),
        ({"order": [0, 1, 1]}, "missing"),
        ({"size": [2**60, 4, 4, 2]}, "size"),
        ({"size": [float("nan"), 4, 4, 2]}, "size"),
    ],
)
def test_bad_networks_are_refused(fields, words):
    with pytest.raises(InstanceError, match=words):
        chain(**fields)


def test_size_zero_is_legal():
    net = chain(size=[4, 0, 4, 2])
    assert zg.solve(net, time_limit=5).status == "optimal"


@pytest.mark.parametrize(
    "text, value",
    [("4096", 4096), ("512KiB", 524288), ("1MB", 10**6), ("2k", 2048), ("1.5KiB", 1536)],
)
def test_sizes_are_read(text, value):
    assert size_of(text) == value


@pytest.mark.parametrize("text", ["", "x", "12 parsecs", "-4", "1.3"])
def test_bad_sizes_are_refused(text):
    with pytest.raises(ValueError):
        size_of(text)


def test_networks_survive_a_round_trip(tmp_path):
    for seed in range(10):
        net = zg.generate("scratchpad", "random", seed=seed, in_place=True, alignment=2)
        files.write(net, tmp_path / "net.json")
        again = zg.read(tmp_path / "net.json")
        assert base.digest(again) == base.digest(net)
    fixed = chain(order=[0, 1, 2])
    files.write(fixed, tmp_path / "net.json")
    assert base.digest(zg.read(tmp_path / "net.json")) == base.digest(fixed)


def test_buffers_survive_a_round_trip(tmp_path):
    buffers = Buffers([0, 2], [3, 4], [5, 6], ids=("p", "q"))
    for name in ("b.csv", "b.json"):
        files.write(buffers, tmp_path / name)
        assert base.digest(zg.read(tmp_path / name)) == base.digest(buffers)


def test_solutions_survive_a_round_trip():
    data = json.loads(json.dumps(FAMILY.encode(PLAN)))
    again = FAMILY.decode(chain(), data)
    assert np.array_equal(again.residencies, PLAN.residencies)
    with pytest.raises(InstanceError, match="residencies"):
        FAMILY.decode(chain(), {"schedule": [0]})


@pytest.mark.parametrize(
    "text, words",
    [
        ("id,lower,upper,size\n", "no buffer"),
        ("id,lower,upper,size\n1,0,3\n", ":2: has 3 values"),
        ("id,lower,upper,size\n1,0,3,x\n", ":2: size: 'x' is no integer"),
        ("id,lower,upper,size\n1,0,3,-2\n", ":2: size"),
        ("id,lower,upper,size\n1,3,3,2\n", ":2: upper"),
        ("id,lower,upper,size\n1,0,3,2\n1,0,3,2\n", ":3: id: id '1' is used twice"),
        ("id,lower,upper,size\n1,0,99999999999999999999,2\n", ":2: upper"),
        ("id,lower,lower,upper,size\n1,0,1,2,3\n", "twice"),
    ],
)
def test_bad_buffers_are_refused(tmp_path, text, words):
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(InstanceError, match=words):
        zg.read(path, family="scratchpad")


@pytest.mark.parametrize(
    "change, words",
    [
        (lambda d: d.pop("operators"), "'operators' is missing"),
        (lambda d: d["tensors"][1].pop("size"), "has no size"),
        (lambda d: d["tensors"][1].update(size="big"), "size"),
        (lambda d: d["tensors"][1].update(name="x"), "used twice"),
        (lambda d: d["operators"][1].update(name="A"), "used twice"),
        (lambda d: d["operators"][1]["inputs"].append("ghost"), "unknown name 'ghost'"),
        (lambda d: d["operators"][0]["inputs"].append("b"), "depend on each other"),
        (lambda d: d.update(capacity="lots"), "expected bytes"),
        (lambda d: d.update(order=["A"]), "order"),
        (lambda d: d["operators"][0].update(in_place="yes"), "true or false"),
    ],
)
def test_bad_json_is_refused(tmp_path, change, words):
    path = tmp_path / "net.json"
    files.write(chain(), path)
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(InstanceError, match=words):
        zg.read(path, family="scratchpad")


def test_capacity_in_the_file_name_and_inclusive_ends(tmp_path):
    path = tmp_path / "few.100.csv"
    path.write_text("buffer,start,end,size\np,0,2,5\nq,3,4,5\n")
    buffers = zg.read(path, family="scratchpad")
    assert buffers.capacity == 100 and buffers.upper.tolist() == [3, 5]
    assert zg.check(buffers, Placement([0, 0])) == 5
    with pytest.raises(InfeasibleSolution, match="capacity"):
        zg.check(buffers, Placement([0, 96]))
    with pytest.raises(InfeasibleSolution, match="share"):
        zg.check(Buffers([0, 0], [2, 2], [3, 3]), Placement([0, 2]))


@pytest.mark.parametrize(
    "name", [n for n in FAMILY.generators if n not in ("random", "training", "trace")]
)
def test_generated_networks_have_their_published_size(name):
    net = zg.generate("scratchpad", name, seed=1, weights="resident", bytes=1, capacity="1.0x")
    parameters = {"resnet18": 11.7, "resnet50": 25.6, "mobilenetv2": 3.5, "squeezenet": 1.24,
                  "googlenet": 7.0, "densenet121": 8.0, "bert": 85.0, "efficientnetb0": 5.3,
                  "nasnet": 5.3, "darts": 4.7}  # fmt: skip
    if name in parameters:
        millions = net.size[net.weight].sum() / 1e6
        assert millions == pytest.approx(parameters[name], rel=0.12)
    assert base.digest(net) == base.digest(
        zg.generate("scratchpad", name, seed=1, weights="resident", bytes=1, capacity="1.0x")
    )
