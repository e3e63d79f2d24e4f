# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Iterated greedy for permutation flow shops, with setups, without waiting, in several factories."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "scheduling/flow.hpp" namespace "zg::scheduling" nogil:
    cdef cppclass FlowShop:
        int n, m, factories
        void assign(int jobs, int machines, int lines, cbool nowait, int what,
                    const int32_t* times, const int32_t* setup, const int32_t* initial,
                    const int64_t* w, const int32_t* d) except +

    cdef cppclass Sequences:
        vector[vector[int]] line
        int64_t cost

    cdef cppclass Search "zg::scheduling::FlowSearch":
        int64_t iterations
        Sequences best
        void attach(const FlowShop& s, uint64_t seed, int64_t goal_value, int jobs_out,
                    double temperature) except +
        void inject(const vector[vector[int]]& given) except +
        cbool run(int64_t moves)
        int64_t made()
        void starts(int64_t* start, int32_t* factory)


cdef class FlowSearch:
    """Sequences of a permutation flow shop; minimises makespan or a weighted sum over the jobs.

    Parameters
    ----------
    times : array of int32, shape (jobs, machines)
    setup : array of int32, shape (machines, jobs, jobs), optional
        Time between a job and the next on a machine.
    initial : array of int32, shape (machines, jobs), optional
        Setup before the first job.
    no_wait : bool
        Whether a job's operations follow each other without a pause (makespan only, no setups).
    factories : int
        Lines alike; every job stays in one.
    goal : int
        0 makespan, 1 weighted completion, 2 weighted tardiness.
    weight, due : array, shape (jobs,), optional
    seed : int
    target : int
        Objective at which to stop, a lower bound.
    destruct : int
        Jobs taken out in a turn.
    heat : float
        Temperature of the acceptance, in tenths of a mean duration.
    """

    cdef FlowShop shop
    cdef Search search
    cdef readonly double seconds

    def __init__(self, times, *, setup=None, initial=None, cbool no_wait=False, int factories=1,
                 int goal=0, weight=None, due=None, uint64_t seed=0, int64_t target=0,
                 int destruct=2, double heat=0.7):
        cdef const int32_t[:, ::1] p = np.ascontiguousarray(times, dtype=np.int32)
        cdef int n = <int>p.shape[0], m = <int>p.shape[1]
        if n < 1 or m < 1 or factories < 1 or not 0 <= goal <= 2 or destruct < 1:
            raise ValueError("a size is out of range")
        if np.min(times) < 0 or float(np.sum(times, dtype=np.float64)) > 2**30:
            raise ValueError("times are out of range")
        if no_wait and (goal != 0 or setup is not None):
            raise ValueError("without waiting only the makespan, without setups")
        cdef const int64_t[::1] w = np.ascontiguousarray(
            np.ones(n) if weight is None else weight, dtype=np.int64)
        cdef const int32_t[::1] d = np.ascontiguousarray(
            np.zeros(n) if due is None else due, dtype=np.int32)
        if w.shape[0] != n or d.shape[0] != n:
            raise ValueError("weight and due must have an entry a job")
        cdef const int32_t[:, :, ::1] s
        cdef const int32_t[:, ::1] first
        if setup is None:
            self.shop.assign(n, m, factories, no_wait, goal, &p[0, 0], NULL, NULL, &w[0], &d[0])
        else:
            s = np.ascontiguousarray(setup, dtype=np.int32)
            first = np.ascontiguousarray(
                np.zeros((m, n)) if initial is None else initial, dtype=np.int32)
            if s.shape[0] != m or s.shape[1] != n or s.shape[2] != n or \
                    first.shape[0] != m or first.shape[1] != n:
                raise ValueError("setup or initial does not fit")
            self.shop.assign(n, m, factories, no_wait, goal, &p[0, 0], &s[0, 0, 0], &first[0, 0],
                             &w[0], &d[0])
        self.search.attach(self.shop, seed, target, destruct, heat)
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        cdef double begun = now()
        cdef int64_t piece = 1
        cdef cbool more
        with nogil:
            more = slices(self.search, seconds, iterations, piece)
        self.seconds += now() - begun
        return more

    def best(self):
        """Starts, shape (jobs, machines), and the factory of every job; None before the first."""
        if self.search.best.cost < 0:
            return None
        start = np.zeros((self.shop.n, self.shop.m), dtype=np.int64)
        factory = np.zeros(self.shop.n, dtype=np.int32)
        cdef int64_t[:, ::1] s = start
        cdef int32_t[::1] f = factory
        self.search.starts(&s[0, 0], &f[0])
        return start, factory

    def inject(self, lines):
        """Hand in sequences found elsewhere: a list of jobs for every factory."""
        if len(lines) != self.shop.factories or \
                sorted(j for line in lines for j in line) != list(range(self.shop.n)):
            raise ValueError("every job must be in one line once")
        cdef vector[vector[int]] given
        for line in lines:
            given.push_back(<vector[int]>[int(j) for j in line])
        self.search.inject(given)

    @property
    def objective(self):
        """Objective of the best sequences, None before the first turn."""
        return None if self.search.best.cost < 0 else self.search.best.cost

    @property
    def iterations(self):
        """Turns made."""
        return self.search.iterations
