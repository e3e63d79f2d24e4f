# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Tabu search for flexible job-shops."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "jobshop/flexible.hpp" namespace "zg::jobshop" nogil:
    cdef cppclass FlexibleShop:
        int operations, jobs, machines
        vector[int32_t] first, choice, machine
        void assign(int jobs, int machines, const int32_t* first, const int32_t* choice,
                    const int32_t* machine, const int64_t* duration,
                    const int64_t* release) except +

    cdef cppclass Plan:
        int64_t makespan
        vector[int32_t] taken, order

    cdef cppclass FlexibleTabu:
        int64_t iterations
        int64_t makespan
        void attach(const FlexibleShop& shop, uint64_t seed) except +
        void start(const Plan& plan)
        int64_t start_of(int x)

    cdef cppclass FlexiblePopulation:
        Plan record
        FlexibleTabu search
        int64_t count
        FlexiblePopulation(const FlexibleShop& shop, uint64_t seed, int members, int64_t patience,
                           int64_t target) except +
        cbool run(int64_t moves)
        void inject(const Plan& plan) except +


cdef class FlexibleSearch:
    """Population of tabu-searched plans of a flexible shop; minimises the makespan.

    Parameters
    ----------
    first, choice, machine, duration, release, machines
        Arrays of a `FlexibleJobShop` (`release` may be None).
    seed : int
    members : int
        Size of the population.
    patience : int
        Moves without improvement that end one tabu search.
    target : int
        Makespan at which to stop, a lower bound.
    """

    cdef FlexibleShop shop
    cdef unique_ptr[FlexiblePopulation] population
    cdef FlexibleTabu reader
    cdef int64_t piece
    cdef readonly double seconds

    def __init__(self, first, choice, machine, duration, release, int machines, *,
                 uint64_t seed=0, int members=12, int64_t patience=4000, int64_t target=0):
        cdef const int32_t[::1] f = np.ascontiguousarray(first, dtype=np.int32)
        cdef const int32_t[::1] c = np.ascontiguousarray(choice, dtype=np.int32)
        cdef const int32_t[::1] m = np.ascontiguousarray(machine, dtype=np.int32)
        cdef const int64_t[::1] d = np.ascontiguousarray(duration, dtype=np.int64)
        cdef Py_ssize_t jobs = f.shape[0] - 1
        if release is None:
            release = np.zeros(jobs, dtype=np.int64)
        cdef const int64_t[::1] r = np.ascontiguousarray(release, dtype=np.int64)
        if members < 2 or patience < 1:
            raise ValueError("members must be at least 2 and patience at least 1")
        if jobs < 1 or f[jobs] + 1 != c.shape[0] or c[c.shape[0] - 1] != m.shape[0] or \
                d.shape[0] != m.shape[0] or r.shape[0] != jobs:
            raise ValueError("first, choice, machine, duration and release do not fit together")
        if np.min(np.diff(first)) < 1 or np.min(np.diff(choice)) < 1 or np.min(duration) < 0 or \
                np.min(machine) < 0 or np.max(machine) >= machines:
            raise ValueError("an array is out of range")
        self.shop.assign(<int>jobs, machines, &f[0], &c[0], &m[0], &d[0], &r[0])
        self.population.reset(
            new FlexiblePopulation(self.shop, seed, members, patience, target))
        self.reader.attach(self.shop, 0)
        self.piece = max(1, 4000 // (self.shop.operations + 1))
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        cdef double begun = now(), end = begun + seconds
        cdef int64_t stop = self.population.get().search.iterations + iterations
        cdef int64_t left
        cdef cbool more = True
        with nogil:
            while more and now() < end:
                left = self.piece
                if iterations >= 0:
                    left = min(left, stop - self.population.get().search.iterations)
                    if left <= 0:
                        break
                more = self.population.get().run(left)
        self.seconds += now() - begun
        return more

    def best(self):
        """Start times and chosen machines of the best schedule, None before the first move."""
        cdef int x
        if self.population.get().record.taken.empty():
            return None
        self.reader.start(self.population.get().record)
        start = np.empty(self.shop.operations, dtype=np.int64)
        chosen = np.empty(self.shop.operations, dtype=np.int32)
        cdef int64_t[::1] s = start
        cdef int32_t[::1] c = chosen
        for x in range(self.shop.operations):
            s[x] = self.reader.start_of(x)
            c[x] = self.shop.machine[self.population.get().record.taken[x]]
        return start, chosen

    def inject(self, machine, order):
        """Hand in a plan found elsewhere.

        Parameters
        ----------
        machine : array of int32
            Machine of every operation.
        order : array of int32
            All operations in an order that agrees with jobs and machines.
        """
        cdef const int32_t[::1] chosen = np.ascontiguousarray(machine, dtype=np.int32)
        cdef const int32_t[::1] o = np.ascontiguousarray(order, dtype=np.int32)
        cdef int x, i, n = self.shop.operations
        cdef Plan plan
        if chosen.shape[0] != n or sorted(order) != list(range(n)):
            raise ValueError("machine or order does not fit the shop")
        place = np.empty(n, dtype=np.int64)
        place[np.asarray(order)] = np.arange(n)
        for x in range(self.shop.jobs):
            if np.any(np.diff(place[self.shop.first[x]:self.shop.first[x + 1]]) < 0):
                raise ValueError("the order contradicts a job")
        plan.taken.assign(n, -1)
        plan.order.resize(n)
        for x in range(n):
            plan.order[x] = o[x]
            for i in range(self.shop.choice[x], self.shop.choice[x + 1]):
                if self.shop.machine[i] == chosen[x]:
                    plan.taken[x] = i
            if plan.taken[x] < 0:
                raise ValueError(f"operation {x} cannot be done on machine {chosen[x]}")
        self.population.get().inject(plan)

    @property
    def objective(self):
        """Makespan of the best schedule, None before the first move."""
        if self.population.get().record.taken.empty():
            return None
        return self.population.get().record.makespan

    @property
    def iterations(self):
        """Moves made."""
        return self.population.get().search.iterations

    @property
    def searches(self):
        """Tabu searches completed."""
        return self.population.get().count
