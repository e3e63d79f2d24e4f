# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Hybrid genetic search for the CVRP: one vehicle type, one depot, symmetric distances."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.rng cimport Rng, rng_next, rng_seed  # no-cython-lint
from zerogap._ext.routing.problem cimport CProblem, Problem


cdef extern from "routing/hgs.hpp" namespace "zg::routing" nogil:
    """
    typedef zg::routing::Hgs<ZgRng, zg_rng_next> ZgHgs;
    """
    cdef cppclass CHgs "ZgHgs":
        int64_t iterations, best_cost
        cbool found
        vector[vector[int]] best
        vector[vector[int]] pool
        CHgs(const CProblem& problem, Rng rng)
        void anneal(int count)
        void inject(const vector[vector[int]]& routes)


cdef class Hgs:
    """Hybrid genetic search.

    Parameters
    ----------
    problem : Problem
        A plain CVRP: see ``zerogap.solvers.routing.kernels.plain``.
    seed : int
    """

    cdef CHgs* kernel
    cdef Problem problem
    cdef readonly double seconds

    def __cinit__(self, Problem problem, seed=0):
        cdef Rng rng
        if problem.data.types != 1 or problem.data.full or problem.data.timed:
            raise ValueError("hybrid genetic search is for the plain CVRP")
        if problem.data.dist == NULL or problem.data.n < 2 or problem.data.sums != 1:
            raise ValueError("hybrid genetic search needs a dense matrix, two clients, one load")
        rng_seed(&rng, <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))
        self.problem = problem
        self.kernel = new CHgs(problem.data, rng)
        self.seconds = 0

    def __dealloc__(self):
        del self.kernel

    def run(self, double seconds=1e300, int64_t iterations=-1):
        """Generations for a slice; always returns True."""
        cdef double begin = now(), at = begin
        cdef int64_t last = self.kernel.iterations + iterations
        with nogil:
            while (iterations < 0 or self.kernel.iterations < last) and at - begin < seconds:
                self.kernel.anneal(1)
                at = now()
        self.seconds += at - begin
        return True

    def inject(self, first, stops, types):
        """Add a solution (flat arrays as `best` returns them) to the population."""
        cdef vector[vector[int]] routes
        cdef vector[int] row
        seen = set()
        for k in range(len(first) - 1):
            row.clear()
            for c in stops[first[k]:first[k + 1]]:
                if not 0 <= c < self.problem.data.n or c in seen:
                    raise ValueError("a client is out of range or visited twice")
                seen.add(int(c))
                row.push_back(c)
            routes.push_back(row)
        if len(seen) != self.problem.data.n:
            raise ValueError("a client is missing")
        self.kernel.inject(routes)

    def best(self):
        """Best solution: (first, stops, types) or None."""
        if not self.kernel.found:
            return None
        first, stops = [0], []
        for route in self.kernel.best:
            stops += route
            first.append(len(stops))
        return (np.array(first, np.int32), np.array(stops, np.int32),
                np.zeros(len(first) - 1, np.int32))

    def pool(self, Py_ssize_t start=0):
        """Routes of good solutions from number `start`: list of (type, distance, stops)."""
        cdef Py_ssize_t k
        cdef int64_t length
        cdef int at, c, depot = self.problem.data.n
        cdef const int32_t* dist = self.problem.data.dist
        cdef int rows = self.problem.data.rows
        found = []
        for k in range(start, <Py_ssize_t>self.kernel.pool.size()):
            length, at = 0, depot
            for c in self.kernel.pool[k]:
                length += dist[at * rows + c]
                at = c
            length += dist[at * rows + depot]
            found.append((0, length, list(self.kernel.pool[k])))
        return found

    @property
    def iterations(self):
        return self.kernel.iterations

    @property
    def objective(self):
        return self.kernel.best_cost if self.kernel.found else None
