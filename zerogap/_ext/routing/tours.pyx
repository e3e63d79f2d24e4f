# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Annealing over whole tours: objectives and limits that speak of all tours together, and energy."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.routing.problem cimport CProblem, Problem


cdef extern from "routing/tours.hpp" namespace "zg::routing" nogil:
    cdef cppclass TourFacts:
        const int64_t *units
        const int64_t *energy
        const uint8_t *refill
        const int64_t *way_first
        const int64_t *way
        int64_t min_units, max_units, min_vehicles, max_vehicles, weight
        int first, second

    cdef cppclass CTours "zg::routing::Tours":
        int64_t iterations, best_key
        cbool found
        double hot, cold
        CTours(const CProblem& problem, const TourFacts& facts, uint64_t seed)
        void anneal(int count, double progress)
        cbool inject(const int32_t* first, const int32_t* stops, const int32_t* types, int m)
        void restart(cbool fresh)
        void get_best(vector[int32_t]& first, vector[int32_t]& stops, vector[int32_t]& types)
        cbool consistent()


cdef class Tours:
    """Annealing over whole tours.

    Parameters
    ----------
    problem : Problem
    facts : dict
        units, energy, refill, way_first, way, min_units, max_units, min_vehicles, max_vehicles,
        weight, first, second: see ``TourFacts``.
    seed : int
    horizon : float
        Seconds over which the temperature falls (ignored if `horizon_iterations` is given).
    horizon_iterations : int
        Iterations over which it falls: the run is then the same for the same seed.
    hot, cold : float
        First and last temperature in mean arcs.

    Attributes
    ----------
    iterations, seconds
        Work done so far.
    objective
        Objective of the best solution (two objectives as one number), None before there is one.
    """

    cdef CTours* kernel
    cdef Problem problem
    cdef dict facts
    cdef readonly double seconds
    cdef double horizon, begun
    cdef int64_t horizon_iterations, first_iteration

    def __cinit__(self, Problem problem, dict facts, seed=0, double horizon=10.0,
                  int64_t horizon_iterations=-1, double hot=0.6, double cold=0.004):
        cdef TourFacts f
        cdef const int64_t[::1] units, energy, way_first, way
        cdef const uint8_t[::1] refill
        cdef int n = problem.data.n, types = problem.data.types, rows = problem.data.rows
        cdef uint64_t start = <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF)
        if not horizon > 0 or not hot > 0 or not cold > 0:
            raise ValueError("horizon and temperatures must be positive")
        facts = dict(facts)
        for name, count in (("units", n), ("energy", types), ("refill", n)):
            kind = np.uint8 if name == "refill" else np.int64
            facts[name] = np.ascontiguousarray(facts[name], kind)
            if facts[name].shape != (count,):
                raise ValueError(f"{name} has the wrong length")
        limited = (facts["energy"] < (1 << 60)).any()
        for name in ("way_first", "way"):
            facts[name] = np.ascontiguousarray(facts[name], np.int64).reshape(-1)
        if limited and len(facts["way_first"]) != types * (rows * rows + 1):
            raise ValueError("way_first has the wrong length")
        if limited and 6 * int(facts["way_first"].max()) > len(facts["way"]):
            raise ValueError("way has the wrong length")
        units, energy, refill = facts["units"], facts["energy"], facts["refill"]
        f.units, f.energy, f.refill = &units[0], &energy[0], &refill[0]
        if limited:
            way_first = facts["way_first"]
            way = np.append(facts["way"], 0)
            facts["way"] = way
            f.way_first, f.way = &way_first[0], &way[0]
        f.min_units, f.max_units = facts["min_units"], facts["max_units"]
        f.min_vehicles, f.max_vehicles = facts["min_vehicles"], facts["max_vehicles"]
        f.weight, f.first, f.second = facts["weight"], facts["first"], facts["second"]
        self.problem, self.facts = problem, facts
        self.horizon, self.horizon_iterations = horizon, horizon_iterations
        self.seconds = self.begun = 0
        self.first_iteration = 0
        with nogil:
            self.kernel = new CTours(problem.data, f, start)
        self.kernel.hot, self.kernel.cold = hot, cold

    def __dealloc__(self):
        del self.kernel

    def run(self, double seconds=1e300, int64_t iterations=-1):
        """Anneal for a slice of time or iterations; always returns True (there is always more)."""
        cdef double begin = now(), at = begin, progress
        cdef int64_t last = self.kernel.iterations + iterations
        cdef int count
        with nogil:
            while (iterations < 0 or self.kernel.iterations < last) and at - begin < seconds:
                if self.horizon_iterations >= 0:
                    progress = <double>(self.kernel.iterations - self.first_iteration)
                    progress /= self.horizon_iterations + 1
                else:
                    progress = (self.seconds - self.begun + at - begin) / self.horizon
                count = 200
                if iterations >= 0 and last - self.kernel.iterations < count:
                    count = <int>(last - self.kernel.iterations)
                self.kernel.anneal(count, progress)
                at = now()
        self.seconds += at - begin
        return True

    def restart(self, double horizon, bint fresh=False):
        """Heat up again, from the best solution or from nothing."""
        if not horizon > 0:
            raise ValueError("the horizon must be positive")
        self.horizon, self.begun = horizon, self.seconds
        self.first_iteration = self.kernel.iterations
        with nogil:
            self.kernel.restart(fresh)

    def inject(self, first, stops, types):
        """Go on from another solution (flat arrays as `best` returns them); whether it can be."""
        cdef int32_t[::1] f = np.ascontiguousarray(first, np.int32)
        cdef int32_t[::1] s = np.ascontiguousarray(np.append(stops, 0), np.int32)
        cdef int32_t[::1] t = np.ascontiguousarray(np.append(types, 0), np.int32)
        own = np.asarray(s)[: f[f.shape[0] - 1]]
        if len(own) and (own.max() >= self.problem.data.n or own.min() < -self.problem.data.depots):
            raise ValueError("a stop is out of range")
        if len(np.unique(own[own >= 0])) != (own >= 0).sum():
            raise ValueError("a client is visited twice")
        return self.kernel.inject(&f[0], &s[0], &t[0], <int>f.shape[0] - 1)

    def best(self):
        """Best solution: (first, stops, types) or None; reloads are stops −1 − depot."""
        cdef vector[int32_t] first, stops, types
        if not self.kernel.found:
            return None
        self.kernel.get_best(first, stops, types)
        return (np.array(first, np.int32), np.array(stops, np.int32), np.array(types, np.int32))

    def consistent(self):
        """Whether all that is kept incrementally agrees with a recomputation."""
        return self.kernel.consistent()

    @property
    def iterations(self):
        return self.kernel.iterations

    @property
    def objective(self):
        return self.kernel.best_key if self.kernel.found else None
