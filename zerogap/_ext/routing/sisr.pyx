# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Ruin and recreate under annealing: the workhorse of routing, for every variant."""

import numpy as np

from libc.math cimport exp, log
from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.rng cimport Rng, rng_next, rng_seed  # no-cython-lint
from zerogap._ext.routing.problem cimport CProblem, Problem


cdef extern from "routing/sisr.hpp" namespace "zg::routing" nogil:
    """
    typedef zg::routing::Sisr<ZgRng, zg_rng_next> ZgSisr;
    """
    cdef cppclass Fleet "zg::routing::Fleet":
        const uint8_t *not_first
        const uint8_t *not_last
        const int64_t *min_stops
        const int64_t *min_load
        const int64_t *max_travel_time
        const int64_t *on_board
        const int64_t *together_first
        const int32_t *together
        cbool timing
        const int32_t *drive
        const int64_t *service
        const int64_t *soft
        const int64_t *early_cost
        const int64_t *late_cost
        const int64_t *regular
        const int64_t *overtime_cost
        const int64_t *break_first
        const int64_t *break_length
        const int64_t *break_window_first
        const int64_t *break_window
        int periods
        bint tables
        const uint8_t *on_road
        const int64_t *period
        const int32_t *traffic

    cdef cppclass Settings "zg::routing::SisrSettings":
        double removals, split, blink, eager, bias, venture, hot, cold
        int string, near, wishes, cross

    cdef cppclass PoolRoute "zg::routing::PoolRoute":
        int32_t type
        int64_t cost
        vector[int32_t] stops

    cdef cppclass CSisr "ZgSisr":
        int64_t iterations, best_cost
        cbool found, recording
        vector[PoolRoute] pool
        CSisr(CProblem& problem, const Settings& settings, Rng rng, const Fleet* fleet)
        void construct()
        void anneal(int count)
        void set_temperature(double t)
        double mean_cost()
        void set_solution(const int32_t* first, const int32_t* stops, const int32_t* types, int m)
        void get_best(vector[int32_t]& first, vector[int32_t]& stops, vector[int32_t]& types)
        cbool consistent()


cdef const int64_t* _i64(dict held, str name) except? NULL:
    array = held.get(name)
    if array is None:
        return NULL
    held[name] = array = np.ascontiguousarray(np.append(array, 0), np.int64)
    cdef const int64_t[::1] view = array
    return &view[0]


cdef const int32_t* _i32(dict held, str name) except? NULL:
    array = held.get(name)
    if array is None:
        return NULL
    held[name] = array = np.ascontiguousarray(np.append(array, 0), np.int32)
    cdef const int32_t[::1] view = array
    return &view[0]


cdef const uint8_t* _u8(dict held, str name) except? NULL:
    array = held.get(name)
    if array is None:
        return NULL
    held[name] = array = np.ascontiguousarray(np.append(array, 0), np.uint8)
    cdef const uint8_t[::1] view = array
    return &view[0]


cdef class Sisr:
    """Ruin-and-recreate annealing.

    Parameters
    ----------
    problem : Problem
    seed : int
    horizon : float
        Seconds over which the temperature falls (ignored if `horizon_iterations` is given).
    horizon_iterations : int
        Iterations over which it falls: the run is then the same for the same seed.
    settings
        removals, string, split, blink, near, eager, bias, wishes, venture, cross, hot, cold: see
        ``SisrSettings``.
    record : bool
        Keep the routes of all good solutions of the cooler half in the pool.

    Attributes
    ----------
    iterations, seconds
        Work done so far.
    objective
        Cost of the best solution as annealing sees it, None before the first feasible one.
    """

    cdef CSisr* kernel
    cdef Problem problem
    cdef Fleet fleet
    cdef dict held
    cdef readonly double seconds
    cdef double horizon, mean, hot, cold
    cdef int64_t horizon_iterations
    cdef cbool started, record

    def __cinit__(self, Problem problem, seed=0, double horizon=10.0,
                  int64_t horizon_iterations=-1, *, double removals=10, int string=10,
                  double split=0.5, double blink=0.01, int near=80, double eager=0.05,
                  double bias=0.4, int wishes=60, double venture=0.25, int cross=20,
                  double hot=1.0, double cold=0.01, bint record=False):
        cdef Settings settings
        cdef Rng rng
        settings.removals, settings.string, settings.split = removals, string, split
        settings.blink, settings.near = blink, near
        settings.eager, settings.bias, settings.wishes = eager, bias, wishes
        settings.venture, settings.cross = venture, cross
        self.hot, self.cold, self.record = hot, cold, record
        rng_seed(&rng, <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))
        self.problem = problem
        self.held = dict(problem.arrays.get("fleet") or {})
        if self.held:
            self._hire()
        self.kernel = new CSisr(problem.data, settings, rng, &self.fleet if self.held else NULL)
        self.horizon, self.horizon_iterations = horizon, horizon_iterations
        self.seconds = 0
        self.started = False

    cdef _hire(self):
        """What fleets need, as pointers into arrays that are kept (see ``fleet.hpp``)."""
        cdef Fleet* f = &self.fleet
        held = self.held
        f.not_first, f.not_last = _u8(held, "not_first"), _u8(held, "not_last")
        f.min_stops, f.min_load = _i64(held, "min_stops"), _i64(held, "min_load")
        f.max_travel_time, f.on_board = _i64(held, "max_travel_time"), _i64(held, "on_board")
        f.together_first, f.together = _i64(held, "together_first"), _i32(held, "together")
        f.timing, f.periods = held.get("timing", False), held.get("periods", 0)
        f.tables = held.get("tables", False)
        f.on_road = _u8(held, "on_road")
        f.drive, f.service = _i32(held, "drive"), _i64(held, "service")
        f.soft, f.early_cost = _i64(held, "soft"), _i64(held, "early_cost")
        f.late_cost, f.regular = _i64(held, "late_cost"), _i64(held, "regular")
        f.overtime_cost = _i64(held, "overtime_cost")
        f.break_first, f.break_length = _i64(held, "break_first"), _i64(held, "break_length")
        f.break_window_first = _i64(held, "break_window_first")
        f.break_window = _i64(held, "break_window")
        f.period, f.traffic = _i64(held, "period"), _i32(held, "traffic")

    def __dealloc__(self):
        del self.kernel

    def run(self, double seconds=1e300, int64_t iterations=-1):
        """Anneal for a slice of time or iterations; always returns True (there is always more)."""
        cdef double begin = now(), at = begin, progress
        cdef int64_t last = self.kernel.iterations + iterations
        cdef int count
        with nogil:
            if not self.started:
                self.kernel.construct()
                self.mean = self.kernel.mean_cost()
                self.started = True
                at = now()
            while (iterations < 0 or self.kernel.iterations < last) and at - begin < seconds:
                if self.horizon_iterations >= 0:
                    progress = <double>self.kernel.iterations / (self.horizon_iterations + 1)
                else:
                    progress = (self.seconds + at - begin) / self.horizon
                progress = min(1.0, progress)
                self.kernel.recording = self.record and progress > 0.5
                self.kernel.set_temperature(
                    self.mean * self.hot * exp(progress * log(self.cold / self.hot)))
                count = 100
                if iterations >= 0 and last - self.kernel.iterations < count:
                    count = <int>(last - self.kernel.iterations)
                self.kernel.anneal(count)
                at = now()
        self.seconds += at - begin
        return True

    def inject(self, first, stops, types):
        """Go on from another solution (flat arrays as `best` returns them)."""
        cdef int32_t[::1] f = np.ascontiguousarray(first, np.int32)
        cdef int32_t[::1] s = np.ascontiguousarray(np.append(stops, 0), np.int32)
        cdef int32_t[::1] t = np.ascontiguousarray(np.append(types, 0), np.int32)
        cdef int n = self.problem.data.n
        own = np.asarray(s)[: f[f.shape[0] - 1]]
        if len(own) and (own.max() >= n or own.min() < -self.problem.data.depots):
            raise ValueError("a stop is out of range")
        if len(np.unique(own[own >= 0])) != (own >= 0).sum():
            raise ValueError("a client is visited twice")
        self.kernel.set_solution(&f[0], &s[0], &t[0], <int>f.shape[0] - 1)
        if not self.started:
            self.mean = self.kernel.mean_cost()
            self.started = True

    def best(self):
        """Best solution: (first, stops, types) or None; reloads are stops −1 − depot."""
        cdef vector[int32_t] first, stops, types
        if not self.kernel.found:
            return None
        self.kernel.get_best(first, stops, types)
        return (np.array(first, np.int32), np.array(stops, np.int32), np.array(types, np.int32))

    def pool(self, Py_ssize_t start=0):
        """Routes of improving solutions from number `start`: list of (type, cost, stops)."""
        cdef Py_ssize_t k
        return [
            (self.kernel.pool[k].type, self.kernel.pool[k].cost, list(self.kernel.pool[k].stops))
            for k in range(start, <Py_ssize_t>self.kernel.pool.size())
        ]

    def consistent(self):
        """Whether all that is kept incrementally agrees with a recomputation."""
        return self.kernel.consistent()

    @property
    def iterations(self):
        return self.kernel.iterations

    @property
    def objective(self):
        return self.kernel.best_cost if self.kernel.found else None
