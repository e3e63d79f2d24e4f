# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Placement of very many boxes on a skyline."""

import math

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "scratchpad/pack.hpp" namespace "zg::scratchpad" nogil:
    cdef cppclass Pack:
        int64_t best
        vector[int64_t] offsets
        long long orders
        Pack(const vector[int64_t]&, const vector[int64_t]&, const vector[int64_t]&,
             const vector[int64_t]&, uint64_t)
        void run()


cdef class Packing:
    """Low placements of boxes with fixed lifetimes, one order after the other; proves nothing.

    Parameters
    ----------
    begin, end, size, grain : array_like of int64
        Half-open lifetimes, sizes > 0, powers of two whose multiples the offsets are.
    floor : int
        No placement is lower: reaching it ends the search.
    seed : int
    """

    cdef Pack* pack
    cdef readonly double seconds
    cdef int64_t floor

    def __cinit__(self, begin, end, size, grain, floor=0, seed=0):
        begin, end, size, grain = (np.asarray(x, dtype=np.int64) for x in (begin, end, size, grain))
        if not len(begin) == len(end) == len(size) == len(grain):
            raise ValueError("begin, end, size and grain differ in length")
        if (begin >= end).any() or (size <= 0).any():
            raise ValueError("a lifetime or a size is empty")
        if (grain < 1).any() or (grain & (grain - 1)).any():
            raise ValueError("a grain is no power of two")
        self.pack = new Pack(begin.tolist(), end.tolist(), size.tolist(), grain.tolist(), seed)
        self.floor = floor
        self.seconds = 0.0

    def __dealloc__(self):
        del self.pack

    def run(self, double seconds=math.inf, long long iterations=-1):
        """Try orders for at most so long or so many; False when the floor is reached."""
        cdef double begun = now(), deadline = begun + seconds
        cdef long long left = iterations if iterations >= 0 else <long long>1 << 60
        with nogil:
            while left > 0 and (self.pack.orders == 0 or self.pack.best > self.floor):
                self.pack.run()
                left -= 1
                if now() >= deadline:
                    break
        self.seconds += now() - begun
        return bool(self.pack.best > self.floor)

    def best(self):
        """Offsets of the lowest placement, None before the first order."""
        return np.array(self.pack.offsets, dtype=np.int64) if self.pack.orders else None

    @property
    def objective(self):
        """Height of the lowest placement, None before the first order."""
        return self.pack.best if self.pack.orders else None

    @property
    def iterations(self):
        """Orders tried so far."""
        return self.pack.orders
