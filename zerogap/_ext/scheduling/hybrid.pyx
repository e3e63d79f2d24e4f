# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Annealing for hybrid flow shops with machines alike in every stage."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "scheduling/hybrid.hpp" namespace "zg::scheduling" nogil:
    cdef cppclass HybridShop:
        int n, stages
        void assign(int jobs, int count, int what, const int32_t* times, const int32_t* of,
                    const int64_t* w, const int32_t* d) except +

    cdef cppclass Search "zg::scheduling::HybridSearch":
        int64_t iterations, record
        vector[int] best
        void attach(const HybridShop& s, uint64_t seed, int64_t goal_value,
                    int64_t length) except +
        void inject(const vector[int]& given) except +
        cbool run(int64_t moves)
        int64_t made()
        void starts(int64_t* start, int32_t* machine)


cdef class HybridSearch:
    """Sequences of a hybrid flow shop; minimises makespan or a weighted sum over the jobs.

    Parameters
    ----------
    times : array of int32, shape (jobs, stages)
    machines : array of int32, shape (stages,)
    goal : int
        0 makespan, 1 weighted completion, 2 weighted tardiness.
    weight, due : array, shape (jobs,), optional
    seed : int
    target : int
        Objective at which to stop, a lower bound.
    cycle : int
        Trials between two heatings.
    """

    cdef HybridShop shop
    cdef Search search
    cdef readonly double seconds

    def __init__(self, times, machines, *, int goal=0, weight=None, due=None, uint64_t seed=0,
                 int64_t target=0, int64_t cycle=200000):
        cdef const int32_t[:, ::1] p = np.ascontiguousarray(times, dtype=np.int32)
        cdef const int32_t[::1] of = np.ascontiguousarray(machines, dtype=np.int32)
        cdef int n = <int>p.shape[0], stages = <int>p.shape[1]
        if n < 1 or stages < 1 or of.shape[0] != stages or not 0 <= goal <= 2:
            raise ValueError("a size is out of range")
        if np.min(machines) < 1 or np.min(times) < 0 or \
                float(np.sum(times, dtype=np.float64)) > 2**30:
            raise ValueError("times or machines are out of range")
        cdef const int64_t[::1] w = np.ascontiguousarray(
            np.ones(n) if weight is None else weight, dtype=np.int64)
        cdef const int32_t[::1] d = np.ascontiguousarray(
            np.zeros(n) if due is None else due, dtype=np.int32)
        if w.shape[0] != n or d.shape[0] != n:
            raise ValueError("weight and due must have an entry a job")
        self.shop.assign(n, stages, goal, &p[0, 0], &of[0], &w[0], &d[0])
        self.search.attach(self.shop, seed, target, cycle)
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        cdef double begun = now()
        cdef int64_t piece = max(1, 20000 // (self.shop.n * self.shop.stages))
        cdef cbool more
        with nogil:
            more = slices(self.search, seconds, iterations, piece)
        self.seconds += now() - begun
        return more

    def best(self):
        """Starts and machines within their stage, shape (jobs, stages); None before the first."""
        if self.search.record < 0:
            return None
        start = np.zeros((self.shop.n, self.shop.stages), dtype=np.int64)
        machine = np.zeros((self.shop.n, self.shop.stages), dtype=np.int32)
        cdef int64_t[:, ::1] s = start
        cdef int32_t[:, ::1] r = machine
        self.search.starts(&s[0, 0], &r[0, 0])
        return start, machine

    def inject(self, order):
        """Hand in a sequence of the first stage."""
        if sorted(order) != list(range(self.shop.n)):
            raise ValueError("the sequence must name every job once")
        self.search.inject(<vector[int]>[int(j) for j in order])

    @property
    def objective(self):
        """Objective of the best sequence, None before the first trial."""
        return None if self.search.record < 0 else self.search.record

    @property
    def iterations(self):
        """Trials made."""
        return self.search.iterations
