# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Simulated annealing for (flexible) job-shops whose objective is a sum over the jobs."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.jobshop.plans cimport FlexibleShop, Plan, read_plan, take
from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "jobshop/regular.hpp" namespace "zg::jobshop" nogil:
    cdef enum class Sum(int):
        tardiness
        flow
        tardy

    cdef cppclass Costs:
        Sum kind
        vector[int64_t] due, weight, soonest
        double scale

    cdef cppclass Annealing:
        int64_t iterations, cycles, record, target
        double hottest, coldest
        Plan best
        void attach(const FlexibleShop& shop, const Costs& costs, uint64_t seed,
                    int64_t first_cycle) except +
        void load(const Plan& plan)
        void adopt(const Plan& plan, int64_t worth)
        cbool ready()
        cbool run(int64_t moves)
        int64_t start_of(int x)
        int64_t current()
        cbool consistent()


cdef class RegularSearch:
    """Annealed plans of a shop; minimises a weighted sum over the jobs.

    Parameters
    ----------
    first, choice, machine, duration, release, machines
        Arrays of a `FlexibleJobShop` (`release` may be None; an ordinary shop has one alternative
        an operation).
    due, weight : array of int64
        Of the jobs; for ``flow`` the release dates take the place of the due dates.
    kind : {"tardiness", "flow", "tardy"}
    seed : int
    cycle : int
        Moves of the first cooling; every third is followed by longer ones. 0: by the size.
    target : int
        Objective at which to stop, a lower bound.
    hottest, coldest : float
        First temperature in small worsenings of a move; last in first temperatures.
    """

    cdef FlexibleShop shop
    cdef Costs costs
    cdef Annealing search, reader
    cdef int64_t piece
    cdef readonly double seconds

    def __init__(self, first, choice, machine, duration, release, int machines, due, weight, *,
                 str kind="tardiness", uint64_t seed=0, int64_t cycle=0, int64_t target=0,
                 double hottest=0.5, double coldest=0.03):
        take(&self.shop, first, choice, machine, duration, release, machines)
        cdef Py_ssize_t jobs = self.shop.jobs
        if release is None:
            release = np.zeros(jobs, dtype=np.int64)
        if len(due) != jobs or len(weight) != jobs or np.min(weight) < 0 or cycle < 0:
            raise ValueError("due, weight or cycle is out of range")
        if kind not in ("tardiness", "flow", "tardy"):
            raise ValueError(f"kind is {kind!r}, expected tardiness, flow or tardy")
        shortest = np.minimum.reduceat(np.asarray(duration, dtype=np.int64),
                                       np.asarray(choice)[:-1])
        work = np.add.reduceat(shortest, np.asarray(first)[:-1])
        self.costs.kind = {"tardiness": Sum.tardiness, "flow": Sum.flow, "tardy": Sum.tardy}[kind]
        self.costs.due = np.asarray(due, dtype=np.int64)
        self.costs.weight = np.asarray(weight, dtype=np.int64)
        self.costs.soonest = np.asarray(release, dtype=np.int64) + work
        self.costs.scale = max(1.0, 2.0 * float(np.mean(work)))
        if not cycle:
            cycle = 20_000 + 200 * self.shop.operations
        self.search.attach(self.shop, self.costs, seed, cycle)
        self.reader.attach(self.shop, self.costs, 0, 1)
        self.search.hottest, self.search.coldest = hottest, coldest
        self.piece = max(16, 20000 // (self.shop.operations + 1))
        self.search.target = target
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        if not self.search.ready():
            raise ValueError("inject a plan first")
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = slices(self.search, seconds, iterations, self.piece)
        self.seconds += now() - begun
        return more

    def best(self):
        """Start times and chosen machines of the best plan."""
        cdef int x, n = self.shop.operations
        self.reader.load(self.search.best)
        start = np.empty(n, dtype=np.int64)
        chosen = np.empty(n, dtype=np.int32)
        cdef int64_t[::1] s = start
        cdef int32_t[::1] c = chosen
        for x in range(n):
            s[x] = self.reader.start_of(x)
            c[x] = self.shop.machine[self.search.best.taken[x]]
        return start, chosen

    def inject(self, machine, order):
        """Hand in a plan: the first is the start, later ones are gone on from if they are better.

        Parameters
        ----------
        machine : array of int32
            Machine of every operation.
        order : array of int32
            All operations in an order that agrees with jobs and machines.
        """
        cdef Plan plan
        read_plan(&self.shop, machine, order, &plan)
        if self.search.ready():
            self.reader.load(plan)
            self.search.adopt(plan, self.reader.current())
        else:
            self.search.load(plan)

    @property
    def objective(self):
        """Value of the best plan, None before the first is injected."""
        return self.search.record if self.search.ready() else None

    @property
    def iterations(self):
        """Moves tried."""
        return self.search.iterations

    @property
    def cycles(self):
        """Coolings completed."""
        return self.search.cycles

    @property
    def consistent(self):
        """Whether heads, order and costs agree with a recomputation."""
        return self.search.consistent()
