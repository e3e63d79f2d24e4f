# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Placement of boxes with fixed lifetimes in a scratchpad."""

import math

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "scratchpad/race.hpp" namespace "zg::scratchpad" nogil:
    cdef cppclass Race:
        int64_t best, bound
        vector[int64_t] offsets
        Race(const vector[int]&, const vector[int64_t]&, const vector[int64_t]&,
             const vector[int64_t]&, const vector[int64_t]&, int64_t, cbool, uint64_t)
        long long nodes()
        cbool refuted()
        cbool done()
        cbool run(long long)


cdef int64_t NONE = (<int64_t>0x7fffffffffffffff) // 4


cdef class Placing:
    """Offsets of boxes with fixed lifetimes in one memory.

    Parameters
    ----------
    begin, end, size : array_like of int64
        Half-open lifetimes and sizes; boxes of size 0 get offset 0.
    capacity : int
        Limit on the height.
    minimise : bool
        Look for the least height; otherwise any placement within the capacity will do.
    seed : int
    grain : array_like of int64, optional
        Offsets are multiples of it, a power of two a box.
    owner : array_like of int32, optional
        Box of every lifetime, where boxes are there several times; each has one at least.
    """

    cdef Race* race
    cdef readonly double seconds
    cdef object _some
    cdef int _all

    def __cinit__(self, begin, end, size, capacity, minimise=False, seed=0, grain=None,
                  owner=None):
        begin, end, size = (np.asarray(x, dtype=np.int64) for x in (begin, end, size))
        n = len(size)
        grain = np.ones(n, dtype=np.int64) if grain is None else np.asarray(grain, dtype=np.int64)
        owner = np.arange(n) if owner is None else np.asarray(owner, dtype=np.int64)
        if not (len(begin) == len(end) == len(owner) and len(grain) == n):
            raise ValueError("begin, end and size differ in length")
        if (begin >= end).any() or (size < 0).any():
            raise ValueError("a lifetime is empty or a size negative")
        if (grain < 1).any() or (grain & (grain - 1)).any():
            raise ValueError("a grain is no power of two")
        if len(np.unique(owner)) != n or (n and (owner.min() < 0 or owner.max() >= n)):
            raise ValueError("every box needs a lifetime")
        self._some = np.flatnonzero(size > 0)
        self._all = n
        number = np.cumsum(size > 0) - 1
        there = (size > 0)[owner] if n else np.zeros(0, dtype=bool)
        self.race = new Race(number[owner[there]].tolist(), begin[there].tolist(),
                             end[there].tolist(), size[self._some].tolist(),
                             grain[self._some].tolist(), capacity, minimise, seed)
        self.seconds = 0.0

    def __dealloc__(self):
        del self.race

    def run(self, double seconds=math.inf, long long iterations=-1):
        """Search for at most so long or so many nodes; False when nothing is left to do."""
        cdef double begun = now(), deadline = begun + seconds
        cdef long long left = iterations if iterations >= 0 else <long long>1 << 60
        cdef long long piece
        cdef cbool more = not self.race.done()
        with nogil:
            while more and left > 0:
                piece = 64 if left > 64 else left
                more = self.race.run(piece)
                left -= piece
                if now() >= deadline:
                    break
        self.seconds += now() - begun
        return bool(more)

    def best(self):
        """Offsets of the best placement, None if there is none yet."""
        if self.race.best >= NONE:
            return None
        result = np.zeros(self._all, dtype=np.int64)
        result[self._some] = np.array(self.race.offsets, dtype=np.int64)
        return result

    @property
    def objective(self):
        """Height of the best placement, None if there is none yet."""
        return None if self.race.best >= NONE else self.race.best

    @property
    def bound(self):
        """No placement is lower."""
        return self.race.bound

    @property
    def refuted(self):
        """Whether no placement within the capacity exists."""
        return bool(self.race.refuted())

    @property
    def iterations(self):
        """Boxes placed so far."""
        return self.race.nodes()
