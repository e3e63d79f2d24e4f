"""Random numbers, clock and bit sets of the kernels against slow twins."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zerogap._ext.shared.parts import Bits, Xoshiro, clock

MASK = 2**64 - 1


class SlowXoshiro:
    """xoshiro256** 1.0 after Blackman and Vigna, seeded by splitmix64."""

    def __init__(self, seed):
        self.s = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & MASK
            z = seed
            z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
            self.s.append(z ^ (z >> 31))

    def next(self):
        def rotl(x, k):
            return ((x << k) | (x >> (64 - k))) & MASK

        s = self.s
        result = (rotl((s[1] * 5) & MASK, 7) * 9) & MASK
        t = (s[1] << 17) & MASK
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotl(s[3], 45)
        return result


@given(st.integers(0, MASK))
def test_generator_equals_its_twin(seed):
    fast, slow = Xoshiro(seed), SlowXoshiro(seed)
    assert fast.state == slow.s
    assert [fast.next() for _ in range(20)] == [slow.next() for _ in range(20)]


def test_ranges():
    g = Xoshiro(7)
    assert {g.below(5) for _ in range(500)} == set(range(5))
    values = [g.double() for _ in range(5000)]
    assert all(0 <= v < 1 for v in values) and abs(sum(values) / 5000 - 0.5) < 0.03
    with pytest.raises(ValueError, match="empty"):
        g.below(0)


def test_clock_never_goes_back():
    times = [clock() for _ in range(1000)]
    assert times == sorted(times)


@given(st.integers(1, 300), st.randoms(use_true_random=False))
def test_bits_equal_python_sets(n, rnd: random.Random):
    a = {rnd.randrange(n) for _ in range(rnd.randrange(n + 1))}
    b = {rnd.randrange(n) for _ in range(rnd.randrange(n + 1))}
    fast_a, fast_b = Bits(n, a), Bits(n, b)
    assert list(fast_a) == sorted(a) and len(fast_a) == len(a) and bool(fast_a) == bool(a)
    assert set(fast_a & fast_b) == a & b
    assert set(fast_a - fast_b) == a - b
    assert fast_a.common(fast_b) == len(a & b)
    for i in range(n):
        assert (i in fast_a) == (i in a)
    if a:
        gone = min(a)
        fast_a.discard(gone)
        assert gone not in fast_a
    with pytest.raises(IndexError):
        fast_a.add(n)
