# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Ruin and recreate for the plain CVRP in the plane, from some thousand clients to a million."""

import numpy as np

from libc.math cimport exp, log
from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.rng cimport Rng, rng_next, rng_seed  # no-cython-lint
from zerogap._ext.routing.problem cimport CProblem, Problem


cdef extern from "routing/large.hpp" namespace "zg::routing" nogil:
    """
    typedef zg::routing::Large<ZgRng, zg_rng_next> ZgLarge;
    """
    cdef cppclass Settings "zg::routing::LargeSettings":
        double removals, split, blink, stay
        int string, near, window

    cdef cppclass CLarge "ZgLarge":
        int64_t iterations, best_cost
        cbool found
        vector[int32_t] best_first, best_stops
        CLarge(const CProblem& problem, const Settings& settings, Rng rng)
        cbool construct()
        void anneal(int count)
        void set_temperature(double t)
        double mean_cost()
        double mean_route()
        cbool ahead()
        void keep()
        cbool set_solution(const int32_t* first, const int32_t* stops, int routes)
        cbool consistent()
        vector[int32_t] neighbours()


cdef class Large:
    """Ruin-and-recreate annealing of a plain CVRP by coordinates.

    Parameters
    ----------
    problem : Problem
        A plain CVRP: see ``zerogap.solvers.routing.kernels.large``.
    seed : int
    horizon : float
        Seconds of work after which the temperature is at its end; may be changed on the way
        (ignored if `horizon_iterations` is given).
    horizon_iterations : int
        Iterations over which it falls: the run is then the same for the same seed.
    settings
        removals, string, split, blink, near, window, stay: see ``LargeSettings``; hot: first
        temperature in mean costs of a route; cold: last one in mean costs of a client.

    Attributes
    ----------
    iterations, seconds
        Work done so far.
    heat
        Factor of the first temperature.
    objective
        Cost of the best solution, None before the first.
    """

    cdef CLarge* kernel
    cdef Problem problem
    cdef readonly double seconds
    cdef public double horizon, heat
    cdef double hot, cold, first, last
    cdef int64_t horizon_iterations

    def __cinit__(self, Problem problem, seed=0, double horizon=10.0,
                  int64_t horizon_iterations=-1, *, double removals=10, int string=10,
                  double split=0.5, double blink=0.01, int near=40, int window=1500,
                  double stay=0.25, double hot=0.03, double cold=0.01):
        cdef Settings settings
        cdef Rng rng
        cdef double begin = now()
        data = &problem.data
        if data.types != 1 or data.full or data.timed or data.sums != 1 or data.depots != 1:
            raise ValueError("this kernel is for the plain CVRP")
        if data.dist != NULL or data.profiles != 1 or data.objective or data.groups:
            raise ValueError("this kernel takes distances from coordinates")
        settings.removals, settings.string, settings.split = removals, string, split
        settings.blink, settings.near = blink, near
        settings.window, settings.stay = window, stay
        self.hot, self.cold = hot, cold
        rng_seed(&rng, <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))
        self.problem = problem
        with nogil:
            self.kernel = new CLarge(problem.data, settings, rng)
        self.horizon, self.horizon_iterations = horizon, horizon_iterations
        self.seconds = now() - begin
        self.first, self.heat = 0, 1

    def __dealloc__(self):
        del self.kernel

    cdef void scale(self) noexcept nogil:
        if self.first == 0:
            self.first = self.hot * self.kernel.mean_route()
            self.last = min(self.first, self.cold * self.kernel.mean_cost())

    def construct(self):
        """First solution by savings; False if there are too few vehicles for it."""
        cdef cbool done
        cdef double begin = now()
        with nogil:
            done = self.kernel.construct()
            self.scale()
        self.seconds += now() - begin
        return done

    def run(self, double seconds=1e300, int64_t iterations=-1):
        """Anneal for a slice of time or iterations; always returns True (there is always more)."""
        cdef double begin = now(), at = begin, progress
        cdef int64_t end = self.kernel.iterations + iterations
        cdef int count
        cdef double first = max(self.last, self.heat * self.first)
        if self.first == 0:
            raise ValueError("nothing to anneal: construct or inject first")
        with nogil:
            while (iterations < 0 or self.kernel.iterations < end) and at - begin < seconds:
                if self.horizon_iterations >= 0:
                    progress = <double>self.kernel.iterations / (self.horizon_iterations + 1)
                else:
                    progress = (self.seconds + at - begin) / self.horizon
                progress = min(1.0, progress)
                self.kernel.set_temperature(
                    first * exp(progress * log(self.last / first)))
                count = 100
                if iterations >= 0 and end - self.kernel.iterations < count:
                    count = <int>(end - self.kernel.iterations)
                self.kernel.anneal(count)
                at = now()
        self.seconds += at - begin
        return True

    def inject(self, first, stops, types):
        """Go on from another solution (flat arrays as `best` returns them)."""
        cdef int32_t[::1] f = np.ascontiguousarray(first, np.int32)
        cdef int32_t[::1] s = np.ascontiguousarray(np.append(stops, 0), np.int32)
        cdef int n = self.problem.data.n
        own = np.asarray(s)[: f[f.shape[0] - 1]]
        if len(own) != n or (np.sort(own) != np.arange(n)).any():
            raise ValueError("not every client is visited once")
        if not self.kernel.set_solution(&f[0], &s[0], <int>f.shape[0] - 1):
            raise ValueError("more routes than vehicles")
        self.scale()

    def best(self):
        """Best solution kept: (first, stops, types) or None."""
        if not self.kernel.found:
            return None
        first = np.array(self.kernel.best_first, np.int32)
        return first, np.array(self.kernel.best_stops, np.int32), np.zeros(len(first) - 1, np.int32)

    def neighbours(self):
        """Nearest clients of every client, shape (n, near)."""
        return np.array(self.kernel.neighbours(), np.int32).reshape(self.problem.data.n, -1)

    def consistent(self):
        """Whether all that is kept incrementally agrees with a recomputation."""
        return self.kernel.consistent()

    @property
    def iterations(self):
        return self.kernel.iterations

    @property
    def ahead(self):
        """Whether the present solution beats the best one that is kept."""
        return self.kernel.ahead()

    def keep(self):
        """Remember the present solution if it is the best so far."""
        with nogil:
            self.kernel.keep()

    @property
    def objective(self):
        return self.kernel.best_cost if self.kernel.found else None
