# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""The shared kernel parts (random numbers, clock, bit sets), callable from Python for tests."""

import numpy as np

from libc.stdint cimport uint64_t

from zerogap._ext.shared.bitset cimport (
    Word, bit_clear, bit_set, bit_test, bits_and, bits_andnot, bits_any, bits_count,
    bits_count_and, bits_next, bits_words,
)
from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.rng cimport Rng, rng_below, rng_double, rng_next, rng_seed


cdef class Xoshiro:
    """xoshiro256** as the kernels draw from it.

    Parameters
    ----------
    seed : int
        Any 64-bit number; taken modulo 2**64.
    """

    cdef Rng g

    def __init__(self, seed):
        rng_seed(&self.g, <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))

    def next(self):
        """The next 64 random bits."""
        return rng_next(&self.g)

    def below(self, unsigned int n):
        """A uniform integer in [0, n)."""
        if n == 0:
            raise ValueError("below(0): the range is empty")
        return rng_below(&self.g, n)

    def double(self):
        """A uniform double in [0, 1)."""
        return rng_double(&self.g)

    @property
    def state(self):
        """The four state words."""
        return [self.g.s[i] for i in range(4)]


def clock():
    """Monotonic seconds, as kernels see them."""
    return now()


cdef class Bits:
    """A bit set over {0, …, n−1} built on the shared header.

    Parameters
    ----------
    n : int
        Size of the universe.
    members : iterable of int
        Initial members.
    """

    cdef uint64_t[::1] words
    cdef readonly int n

    def __init__(self, int n, members=()):
        self.n = n
        self.words = np.zeros(max(1, bits_words(n)), dtype=np.uint64)
        for i in members:
            self.add(i)

    cdef Word* data(self) noexcept:
        return <Word*>&self.words[0]

    def _index(self, int i):
        if not 0 <= i < self.n:
            raise IndexError(i)
        return i

    def add(self, int i):
        bit_set(self.data(), self._index(i))

    def discard(self, int i):
        bit_clear(self.data(), self._index(i))

    def __contains__(self, int i):
        return 0 <= i < self.n and bit_test(self.data(), i)

    def __len__(self):
        return bits_count(self.data(), self.words.shape[0])

    def __bool__(self):
        return bits_any(self.data(), self.words.shape[0])

    def __iter__(self):
        cdef int i = bits_next(self.data(), self.words.shape[0], 0)
        while i >= 0:
            yield i
            i = bits_next(self.data(), self.words.shape[0], i + 1)

    def __and__(self, Bits other):
        cdef Bits result = Bits(self.n)
        bits_and(result.data(), self.data(), other.data(), self.words.shape[0])
        return result

    def __sub__(self, Bits other):
        cdef Bits result = Bits(self.n)
        bits_andnot(result.data(), self.data(), other.data(), self.words.shape[0])
        return result

    def common(self, Bits other):
        """Size of the intersection."""
        return bits_count_and(self.data(), other.data(), self.words.shape[0])
