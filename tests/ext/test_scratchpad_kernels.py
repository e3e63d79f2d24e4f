"""The placement and scheduling kernels against brute force and against their own promises."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from zerogap._ext.scratchpad.place import Placing
from zerogap._ext.scratchpad.schedule import Scheduling


def fits(begin, end, size, capacity) -> bool:
    """Whether any placement within `capacity` exists: every box at every address."""
    boxes = sorted(range(len(size)), key=lambda i: -size[i])

    def place(k, at):
        if k == len(boxes):
            return True
        i = boxes[k]
        for a in range(capacity - size[i] + 1):
            if all(
                begin[i] >= end[j] or begin[j] >= end[i] or a >= b + size[j] or b >= a + size[i]
                for j, b in at.items()
            ) and place(k + 1, {**at, i: a}):
                return True
        return False

    return place(0, {})


def valid(begin, end, size, offsets, height) -> bool:
    return all(a >= 0 and a + s <= height for a, s in zip(offsets, size)) and not any(
        begin[i] < end[j]
        and begin[j] < end[i]
        and offsets[i] < offsets[j] + size[j]
        and offsets[j] < offsets[i] + size[i]
        for i, j in itertools.combinations(range(len(size)), 2)
    )


def boxes(seed, count=None):
    rng = np.random.default_rng(seed)
    count = count or int(rng.integers(2, 9))
    begin = rng.integers(0, 8, count)
    return begin, begin + rng.integers(1, 6, count), rng.integers(1, 5, count)


def load(begin, end, size) -> int:
    return max(int(size[(begin <= t) & (t < end)].sum()) for t in begin)


MANY = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(1000, 3000)]


@pytest.mark.parametrize("seed", [*range(80), *MANY])
def test_least_height_is_that_of_brute_force(seed):
    begin, end, size = boxes(seed)
    kernel = Placing(begin, end, size, 1000, True, seed)
    assert kernel.run() is False
    height = kernel.objective
    assert valid(begin, end, size, kernel.best(), height)
    assert height == kernel.bound
    assert not fits(begin, end, size, height - 1)


@pytest.mark.parametrize("seed", range(60))
def test_a_capacity_is_met_or_refuted(seed):
    begin, end, size = boxes(seed + 500, 8)
    capacity = load(begin, end, size) + seed % 2
    kernel = Placing(begin, end, size, capacity, False, seed)
    assert kernel.run() is False
    assert kernel.refuted != fits(begin, end, size, capacity)
    if not kernel.refuted:
        assert valid(begin, end, size, kernel.best(), capacity)


def test_slices_do_not_change_the_result():
    begin, end, size = boxes(3, 60)
    capacity = load(begin, end, size)
    whole = Placing(begin, end, size, capacity, False, 5)
    whole.run(iterations=20_000)
    sliced = Placing(begin, end, size, capacity, False, 5)
    while sliced.iterations < whole.iterations and sliced.run(iterations=64):
        pass
    assert whole.best() is not None
    assert np.array_equal(whole.best(), sliced.best())


def test_boxes_without_size_take_no_room():
    kernel = Placing([0, 0], [1, 1], [0, 7], 7, True)
    kernel.run()
    assert kernel.objective == 7 and kernel.best().tolist() == [0, 0]
    empty = Placing([0], [1], [0], 0, False)
    assert empty.run() is False and empty.best().tolist() == [0]


def test_placing_refuses_bad_arrays():
    with pytest.raises(ValueError, match="length"):
        Placing([0], [1, 2], [1], 5)
    with pytest.raises(ValueError, match="lifetime"):
        Placing([1], [1], [1], 5)


GRAPH = {
    "inputs": [[], [0], [1], [0, 2]],
    "outputs": [[0], [1], [2], []],
    "read": [0, 0, 0, 1],
    "write": [0, 0, 0, 1],
    "in_place": [False] * 4,
    "units": [4, 4, 4],
    "bytes": [3, 5, 7],
    "producer": [0, 1, 2],
    "stored": [False] * 3,
    "capacity": 9,
    "every": False,
    "peak": False,
}


def test_an_eviction_costs_a_store_and_a_load():
    kernel = Scheduling(GRAPH)
    assert kernel.run() is False
    schedule, evictions = kernel.best()
    assert schedule.tolist() == [0, 1, 2, 3]
    assert evictions == [[], [], [0], []]
    assert kernel.objective == kernel.bound == 6 and kernel.exhausted


def test_a_stored_result_costs_a_load_only():
    kernel = Scheduling({**GRAPH, "stored": [True] * 3})
    kernel.run()
    assert kernel.objective == 3


def test_peak_needs_no_eviction():
    kernel = Scheduling({**GRAPH, "peak": True, "capacity": 100})
    kernel.run()
    assert kernel.objective == 12


def test_too_small_a_memory_has_no_schedule():
    kernel = Scheduling({**GRAPH, "capacity": 7})
    assert kernel.run() is False
    assert kernel.best() is None and kernel.objective is None
