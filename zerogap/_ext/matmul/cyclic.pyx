# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Walks over schemes of n×n×n modulo 2 with the cyclic symmetry of the three factors."""

import math

import numpy as np

from libc.stdint cimport uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector
from cython.operator cimport dereference

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "matmul/cyclic.hpp" namespace "zg::matmul" nogil:
    cdef struct Draw:
        uint64_t state

    cdef cppclass CppWalk "zg::matmul::CyclicWalk":
        uint64_t steps, flips, reductions, expansions, returns
        uint64_t plus_low, plus_high
        int band, goal
        Draw draw
        CppWalk(int n, uint64_t seed) except +
        void naive() except +
        void load(const uint64_t* orbits, int count, const uint64_t* cubes, int number) except +
        int rank()
        int best_rank()
        const vector[uint64_t]& best_orbits()
        const vector[uint64_t]& best_cubes()
        void walk(uint64_t number)


cdef class CyclicWalk:
    """A walk from the naive scheme of n×n×n.

    Parameters
    ----------
    n : int
        2 to 8: a factor has n² bits.
    seed : int
    plus : tuple of int
        Range of steps without a better rank before a plus transition.
    band : int
        How far the rank may rise above the best.
    """

    cdef unique_ptr[CppWalk] _walk
    cdef readonly int n
    cdef readonly double seconds

    def __init__(self, int n, seed=0, plus=(5000, 50000), int band=6):
        if not 2 <= n <= 8:
            raise ValueError(f"n is {n}, expected 2..8")
        if band < 0:
            raise ValueError(f"band is {band}, expected at least 0")
        low, high = (int(x) for x in plus)
        if not 0 < low <= high:
            raise ValueError(f"plus is {plus}, expected 0 < low <= high")
        self.n = n
        self._walk.reset(new CppWalk(n, <uint64_t>(int(seed) & 0x7fffffffffffffff)))
        dereference(self._walk).plus_low = low
        dereference(self._walk).plus_high = high
        dereference(self._walk).band = band

    def run(self, double seconds=math.inf, long long iterations=-1):
        """Walk for a time or a number of attempted flips; False once the goal is reached."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = slices(self._walk.get()[0], seconds, iterations, 65536)
        self.seconds += now() - begun
        return more

    def best(self):
        """u, v, w of the best scheme: orbits in all three turns, then cubes."""
        cdef CppWalk* w = self._walk.get()
        orbits = [w.best_orbits()[k] for k in range(w.best_orbits().size())]
        cubes = [w.best_cubes()[k] for k in range(w.best_cubes().size())]
        rows = [[], [], []]
        for p in range(0, len(orbits), 3):
            three = orbits[p:p + 3]
            for turn in range(3):
                for side in range(3):
                    rows[side].append(three[(side + turn) % 3])
        for side in range(3):
            rows[side] += cubes
        bits = np.arange(self.n * self.n, dtype=np.uint64)
        return tuple(
            (np.array(side, np.uint64)[:, None] >> bits & np.uint64(1)).astype(np.int8)
            for side in rows
        )

    @property
    def objective(self):
        """Best rank."""
        return dereference(self._walk).best_rank()

    @property
    def rank(self):
        """Rank of the scheme the walk stands at."""
        return dereference(self._walk).rank()

    @property
    def iterations(self):
        """Attempted flips."""
        return dereference(self._walk).steps

    @property
    def counts(self):
        """Attempted and accepted flips, reductions, expansions, returns."""
        cdef CppWalk* w = self._walk.get()
        return {
            "steps": w.steps,
            "flips": w.flips,
            "reductions": w.reductions,
            "expansions": w.expansions,
            "returns": w.returns,
        }

    @property
    def goal(self):
        """Rank at which `run` stops."""
        return dereference(self._walk).goal

    @goal.setter
    def goal(self, int value):
        dereference(self._walk).goal = value
