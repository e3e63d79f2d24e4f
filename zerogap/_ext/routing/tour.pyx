# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Iterated local search for the symmetric travelling salesman: one vehicle that visits everybody."""

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.rng cimport Rng, rng_next, rng_seed  # no-cython-lint
from zerogap._ext.routing.problem cimport CProblem, Problem


cdef extern from "routing/tour.hpp" namespace "zg::routing" nogil:
    """
    typedef zg::routing::Tour<ZgRng, zg_rng_next> ZgTour;
    """
    cdef cppclass CTour "ZgTour":
        int64_t iterations, best_cost
        vector[int] best
        CTour(const CProblem& problem, Rng rng, double first_heat, double last_heat)
        void anneal(int count, double progress)
        void inject(const vector[int]& order)


cdef class Tour:
    """2-opt and Or-opt under local double bridges, annealed.

    Parameters
    ----------
    problem : Problem
        See ``zerogap.solvers.routing.kernels.salesman`` for what it may hold.
    seed : int
    horizon : float
        Seconds after which the schedule ends; what runs longer stays cold.
    limit : int
        The same in kicks, -1: by seconds.
    hot, cold : float
        First and last temperature in mean lengths of an edge.
    """

    cdef CTour* kernel
    cdef Problem problem
    cdef double horizon
    cdef int64_t limit
    cdef readonly double seconds

    def __cinit__(self, Problem problem, seed=0, double horizon=60, int64_t limit=-1,
                  double hot=1.5, double cold=0.02):
        cdef Rng rng
        if problem.data.types != 1 or problem.data.depots != 1 or problem.data.n < 2:
            raise ValueError("a tour has one vehicle type, one depot and two clients or more")
        if problem.data.profiles != 1 or problem.data.full or problem.data.timed:
            raise ValueError("a tour has one profile, no windows and no side constraints")
        if problem.data.dist != NULL and not np.array_equal(
            problem.arrays["dist"], problem.arrays["dist_back"]
        ):
            raise ValueError("the distances are not symmetric")
        if not horizon > 0 or not hot > 0 or not cold > 0:
            raise ValueError("horizon and temperatures must be positive")
        rng_seed(&rng, <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))
        self.problem, self.horizon, self.limit = problem, horizon, limit
        self.seconds = 0
        with nogil:
            self.kernel = new CTour(problem.data, rng, hot, cold)

    def __dealloc__(self):
        del self.kernel

    def run(self, double seconds=1e300, int64_t iterations=-1):
        """Kicks for a slice; always returns True."""
        cdef double begin = now(), at = begin, progress
        cdef int64_t last = self.kernel.iterations + iterations
        cdef int piece = 64
        with nogil:
            while at - begin < seconds and (iterations < 0 or self.kernel.iterations < last):
                if iterations >= 0 and last - self.kernel.iterations < piece:
                    piece = <int>(last - self.kernel.iterations)
                if self.limit >= 0:
                    progress = <double>self.kernel.iterations / (self.limit + 1)
                else:
                    progress = (self.seconds + at - begin) / self.horizon
                self.kernel.anneal(piece, progress)
                at = now()
        self.seconds += at - begin
        return True

    def inject(self, first, stops, types):
        """Go on from a solution (flat arrays as `best` returns them) if it is better."""
        cdef vector[int] order = [int(c) for c in stops]
        if sorted(order) != list(range(self.problem.data.n)) or len(first) != 2:
            raise ValueError("not one route through every client")
        self.kernel.inject(order)

    def best(self):
        """Best solution: (first, stops, types)."""
        tour = np.array(self.kernel.best, np.int32)
        depot = int(np.argmax(tour))
        stops = np.concatenate([tour[depot + 1:], tour[:depot]])
        return np.array([0, len(stops)], np.int32), stops, np.zeros(1, np.int32)

    @property
    def iterations(self):
        return self.kernel.iterations

    @property
    def objective(self):
        data = self.problem.data
        return self.kernel.best_cost * int(data.unit_distance[0]) + int(data.fixed[0])
