"""Walks over schemes with the cyclic symmetry: always right, always symmetric."""

from __future__ import annotations

import numpy as np
import pytest

from zerogap._ext.matmul.cyclic import CyclicWalk
from zerogap.models.matmul import Scheme, check_scheme
from zerogap.solvers.matmul.cyclic import cyclic
from zerogap.solvers.matmul.pools import Pools


def _products(factors):
    return sorted(tuple(m[r].tobytes() for m in factors) for r in range(len(factors[0])))


@pytest.mark.parametrize("n", range(2, 7))
@pytest.mark.parametrize("band", [0, 3, 20])
@pytest.mark.parametrize("plus", [(1, 1), (50, 200), (2000, 8000)])
def test_every_scheme_is_right_and_symmetric(n, band, plus):
    walk = CyclicWalk(n, seed=n + band, plus=plus, band=band)
    best = n**3
    for _ in range(12):
        walk.run(iterations=3000)
        factors = walk.best()
        check_scheme((n, n, n), "Z2", Scheme(*factors))
        assert len(factors[0]) == walk.objective <= best
        assert walk.rank <= walk.objective + band + 12
        u, v, w = factors
        assert _products((u, v, w)) == _products((v, w, u))
        best = walk.objective
    assert walk.iterations == 36000


def test_small_cubes_reach_the_known_ranks():
    pools = Pools(4)
    assert cyclic(2, pools, iterations=12 << 18, seed=1) == 7
    assert cyclic(3, pools, iterations=20 << 18, seed=1) == 23
    assert pools.rank((2, 2, 2), "ZT") == 7
    u, v, w = pools.pools[(3, 3, 3), "Z2"].schemes[0]
    check_scheme((3, 3, 3), "Z2", Scheme(u, v, w))


def test_a_seed_walks_one_way():
    first, second = (CyclicWalk(4, seed=9, plus=(100, 300)) for _ in range(2))
    first.run(iterations=200_000)
    for _ in range(4):
        second.run(iterations=50_000)
    assert first.counts == second.counts
    assert all((a == b).all() for a, b in zip(first.best(), second.best()))


def test_a_walk_stops_at_its_goal():
    walk = CyclicWalk(3, seed=2)
    walk.goal = 24
    assert not walk.run(iterations=10_000_000)
    assert walk.objective <= 24
    assert walk.iterations < 10_000_000


@pytest.mark.parametrize(
    "arguments", [{"n": 1}, {"n": 9}, {"n": 3, "band": -1}, {"n": 3, "plus": (5, 2)}]
)
def test_settings_out_of_range_are_named(arguments):
    with pytest.raises(ValueError, match=r"is .*, expected"):
        CyclicWalk(**arguments)
    assert np.array(CyclicWalk(2).best()[0]).shape == (8, 4)
