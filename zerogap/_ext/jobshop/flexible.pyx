# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Tabu search for flexible job-shops."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr

from zerogap._ext.jobshop.plans cimport FlexibleShop, Plan, read_plan, take
from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "jobshop/flexible.hpp" namespace "zg::jobshop" nogil:
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
        if members < 2 or patience < 1:
            raise ValueError("members must be at least 2 and patience at least 1")
        take(&self.shop, first, choice, machine, duration, release, machines)
        self.population.reset(
            new FlexiblePopulation(self.shop, seed, members, patience, target))
        self.reader.attach(self.shop, 0)
        self.piece = max(1, 4000 // (self.shop.operations + 1))
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = slices(self.population.get()[0], seconds, iterations, self.piece)
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
        cdef Plan plan
        read_plan(&self.shop, machine, order, &plan)
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
