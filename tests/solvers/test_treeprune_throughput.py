"""The throughput model against the same sums written out, and what it must say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from zerogap.models.base import InstanceError
from zerogap.solvers.treeprune import POLICIES, simulate, throughput
from zerogap.solvers.treeprune.simulate import Run, Step, _to_root


def run(*steps: tuple[int, float, float, float, float]) -> Run:
    """Steps of leaves, retained and candidate cache, new tokens, tokens along all paths."""
    return Run(
        [Step(n, 1, 1, kv, most, 1.0, 1.0, 1.0, new, path) for n, kv, most, new, path in steps]
    )


MACHINE = throughput.Machine(memory=1100.0, bandwidth=100.0, weights=100.0, token=2.0)


def test_the_sums_of_a_small_search():
    search = run((2, 60.0, 100.0, 40.0, 200.0), (4, 90.0, 125.0, 80.0, 400.0))
    assert throughput.batch(search, MACHINE) == pytest.approx(1000 / 250)  # largest: 125 tokens
    # 20 passes that read 100 + 4 · 2 · (60 + 100)/2, then 20 of 100 + 4 · 2 · (60 + 125)/2
    seconds = 20 * (100 + 8 * 80) / 100 + 20 * (100 + 8 * 92.5) / 100
    assert throughput.throughput(search, MACHINE) == pytest.approx(4 / seconds)
    apart = replace(MACHINE, shared=False)
    seconds = 20 * (100 + 8 * 200) / 100 + 20 * (100 + 8 * 400) / 100
    assert throughput.throughput(search, apart) == pytest.approx(4 / seconds)


def test_half_the_cache_is_twice_the_batch():
    whole = run((2, 60.0, 100.0, 40.0, 200.0))
    half = run((2, 30.0, 50.0, 40.0, 100.0))
    assert throughput.batch(half, MACHINE) == pytest.approx(2 * throughput.batch(whole, MACHINE))
    assert throughput.throughput(half, MACHINE) > throughput.throughput(whole, MACHINE)
    # With weights that outweigh all caches only the batch counts.
    heavy = throughput.Machine(memory=1e9 + 1000, bandwidth=100.0, weights=1e9, token=2.0)
    ratio = throughput.throughput(half, heavy) / throughput.throughput(whole, heavy)
    assert ratio == pytest.approx(2.0, rel=1e-4)


def test_policies_beside_rebase():
    runs = {name: [simulate(p, 16, s) for s in range(4)] for name, p in POLICIES.items()}
    found = throughput.compared(runs)
    assert found["rebase"] == 1.0
    assert found["beam"] > found["ets"] > 1.0  # the fewer tokens are kept, the more searches fit
    alone = throughput.compared(runs, throughput.Machine(shared=False))
    assert 1.0 < alone["ets"] < found["ets"]  # reads are not shared: only the room is saved


def test_paths_to_the_root():
    parent = np.array([-1, 0, 0, 1, 3])
    assert _to_root(parent, np.array([10.0, 1.0, 2.0, 3.0, 4.0])).tolist() == [10, 11, 12, 14, 18]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"bandwidth": 0.0}, "bandwidth: is 0.0, expected a positive number"),
        ({"token": float("nan")}, "token: is nan"),
        ({"weights": 1100.0}, "weights: leaves no memory"),
    ],
)
def test_impossible_machines_are_refused(change, text):
    with pytest.raises(InstanceError, match=text):
        replace(MACHINE, **change)
