"""The walk: whatever it does, the scheme stays right and its index of equal factors too."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zerogap._ext.matmul.walk import FlipWalk
from zerogap.models.matmul import Scheme, check_scheme, moves


def walker(n, ternary, seed=0, **settings):
    entries = [n[0] * n[1], n[1] * n[2], n[2] * n[0]]
    walk = FlipWalk(entries, n[0] * n[1] * n[2] + 8, ternary, seed, **settings)
    walk.load(*moves.naive(n))
    return walk


def verify(n, ternary, factors):
    check_scheme(n, "ZT" if ternary else "Z2", Scheme(*factors))


@settings(max_examples=40, deadline=None)
@given(
    n=st.tuples(*[st.integers(1, 4)] * 3),
    ternary=st.booleans(),
    seed=st.integers(0, 10**6),
    plus=st.integers(1, 200),
    band=st.integers(0, 5),
)
def test_every_state_of_a_walk_is_a_right_scheme(n, ternary, seed, plus, band):
    walk = walker(n, ternary, seed, plus=(plus, 2 * plus), band=band)
    for steps in (1, 10, 100, 1000, 5000):
        walk.run(iterations=steps)
        assert walk.consistent()
        verify(n, ternary, walk.current())
        verify(n, ternary, walk.best())
        assert len(walk.best()[0]) == walk.objective <= n[0] * n[1] * n[2]


@pytest.mark.parametrize("n", [(8, 9, 8), (11, 12, 2), (16, 16, 1)], ids=["2", "4", "4 full"])
@pytest.mark.parametrize("ternary", [False, True])
def test_wide_factors(n, ternary):
    walk = walker(n, ternary, 3, plus=(50, 100))
    walk.run(iterations=200_000)
    assert walk.consistent()
    verify(n, ternary, walk.current())


@pytest.mark.parametrize(("ternary", "n", "rank"), [
    (True, (2, 2, 2), 7), (False, (2, 2, 2), 7), (True, (2, 2, 3), 11), (False, (2, 3, 3), 15),
    (False, (3, 3, 3), 23),
])  # fmt: skip
def test_known_ranks_are_found(ternary, n, rank):
    walk = walker(n, ternary, 1, plus=(1000, 4000))
    walk.goal = rank
    walk.run(iterations=20_000_000)
    assert walk.objective == rank
    verify(n, ternary, walk.best())


def test_same_seed_same_walk_however_sliced():
    one, other = (walker((3, 3, 3), True, 7) for _ in range(2))
    one.run(iterations=30_000)
    for steps in (1, 9_999, 15_000, 5_000):
        other.run(iterations=steps)
    assert all(np.array_equal(a, b) for a, b in zip(one.current(), other.current()))
    assert one.counts == other.counts
    assert one.state == other.state


def test_dependent_products_are_spread():
    """Three products of one class whose second factors add up to zero become two."""
    rng = np.random.default_rng(0)
    for ternary in (False, True):
        a = np.array([[1, 1, 0, 0]] * 3)
        b = np.array([[1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 1, 0]])
        c = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
        order = rng.permutation(3)
        walk = FlipWalk([4, 4, 4], 10, ternary)
        walk.load(a[order], b[order], c[order])
        assert walk.reduce() == 1
        u, v, w = (m.astype(int) for m in walk.current())
        difference = np.einsum("ra,rb,rc->abc", u, v, w) - np.einsum("ra,rb,rc->abc", a, b, c)
        assert not (difference % 2 if not ternary else difference).any()
        assert walk.rank == 2


def test_the_fingerprint_ignores_order_and_signs():
    walk = walker((2, 2, 2), True, 1, plus=(100, 200))
    walk.goal = 7
    walk.run(iterations=10**6)
    u, v, w = walk.best()
    other = FlipWalk([4, 4, 4], 16, True)
    order = np.random.default_rng(1).permutation(7)
    other.load(-u[order], v[order], -w[order])
    assert other.fingerprint == walk.fingerprint
    other.load(*moves.naive((2, 2, 2)))
    assert other.fingerprint != walk.fingerprint


def test_bad_arguments_are_refused():
    with pytest.raises(ValueError, match="expected three in"):
        FlipWalk([257, 1, 1], 10, True)
    with pytest.raises(ValueError, match="capacity"):
        FlipWalk([4, 4, 4], 0, True)
    walk = FlipWalk([4, 4, 4], 7, True)
    with pytest.raises(ValueError, match="load a scheme"):
        walk.run(iterations=1)
    with pytest.raises(ValueError, match="rank is 8"):
        walk.load(*moves.naive((2, 2, 2)))
    with pytest.raises(ValueError, match="rows have"):
        walk.load(*moves.naive((1, 2, 2)))
    with pytest.raises(ValueError, match="plus"):
        walk.plus = (5, 1)
    with pytest.raises(ValueError, match="band"):
        walk.band = -1
