"""Relaxations that every instance has: never above the optimum, whatever the features."""

from types import SimpleNamespace

import numpy as np
import pytest

import zerogap
from tests.oracles import routing as oracle
from zerogap.models.base import InstanceError
from zerogap.models.routing import TYPES, Routing
from zerogap.solvers.routing.shares import _knapsack, lower_bound, radial, relax


@pytest.mark.parametrize("block", range(6))
def test_never_above_the_optimum_of_mixed_instances(block):
    seen = 0
    for seed in range(40 * block, 40 * block + 40):
        made = oracle.draw(np.random.default_rng([77, seed]))
        made = made[0] if isinstance(made, tuple) else made
        if not isinstance(made, Routing):
            continue
        best, _ = oracle.optimum(made, {})
        bound = lower_bound(made)
        if best is not None and bound is not None:
            assert bound <= best, (seed, made.features())
            seen += 1
    assert seen > 5


@pytest.mark.parametrize("block", range(3))
def test_two_objectives_on_the_shortest_ways_count_as_on_all(block):
    """Shortest ways reach less far, which must not make the first objective count for less."""
    bounds = []
    for seed in range(60 * block, 60 * block + 60):
        made, _ = oracle.draw(np.random.default_rng([78, seed]))
        try:
            made = made.replace(visits="repeat", then="longest")
        except InstanceError:
            continue
        best, _ = oracle.optimum(made, {})
        if best is not None:
            tighten = lambda value, source, best=best: bounds.append((value, best))  # noqa: E731
            relax(SimpleNamespace(instance=made, tighten=tighten))
    assert len(bounds) > 2 and all(value <= best for value, best in bounds)


def test_radial_bound_holds_at_every_rounding():
    for seed in range(8):
        made = zerogap.generate(
            "routing", "cvrp", seed=seed, clients=60, demand="small", route_size=4.0
        )
        for offset in (0.0, 0.5, 1 - 1e-9):
            case = made.replace(offset=offset)
            best = zerogap.solve(case, method="kernel", iterations=4000).objective
            assert 0.4 * best < radial(case) <= best


@pytest.mark.parametrize("kind", TYPES)
def test_every_type_has_a_bound(kind):
    made = zerogap.generate("routing", kind, seed=2, clients=40)
    result = zerogap.solve(made, method="kernel", iterations=1000)
    assert result.bound is not None
    assert result.bound <= result.objective
    assert result.gap < 1


def test_fractional_knapsack():
    gain, use = np.array([6.0, 10.0, 12.0, 1.0]), np.array([1.0, 2.0, 3.0, 0.0])
    assert _knapsack(gain, use, 5.0) == pytest.approx(1 + 6 + 10 + 12 * 2 / 3)
    assert _knapsack(gain, use, 0.0) == 1.0
    assert _knapsack(gain, use, 99.0) == gain.sum()
