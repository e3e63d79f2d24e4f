# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Genetic search over the orders and modes of a project."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "scheduling/project.hpp" namespace "zg::scheduling" nogil:
    cdef cppclass Project:
        int n, modes, width, budgets
        int32_t longest
        vector[int] first_mode
        vector[int32_t] duration, need, spend, capacity, release
        vector[int64_t] budget
        cbool link(const int* a, const int* b, const int32_t* lag, int arcs) except +

    cdef cppclass Member:
        vector[int32_t] start
        vector[int] mode
        int32_t span
        int64_t over

    cdef cppclass Search "zg::scheduling::ProjectSearch":
        int64_t iterations
        Member best
        void attach(const Project& p, uint64_t seed, int64_t goal, int members) except +
        void inject(const int64_t* start, const int* mode) except +
        cbool run(int64_t moves)
        int64_t made()


cdef vector[int32_t] _vector(values):
    cdef const int32_t[::1] array = np.ascontiguousarray(values, dtype=np.int32).reshape(-1)
    cdef vector[int32_t] made
    cdef Py_ssize_t i
    made.resize(array.shape[0])
    for i in range(array.shape[0]):
        made[i] = array[i]
    return made


cdef class ProjectSearch:
    """Plans of a project; minimises the makespan.

    Parameters
    ----------
    first_mode : array of int, shape (tasks + 1,)
    duration : array of int32, shape (modes,)
    need : array of int32, shape (modes, resources)
        Demands on renewable resources, none above the capacity.
    capacity : array of int32, shape (resources,)
    spend : array of int32, shape (modes, budgets)
    budget : array of int64, shape (budgets,)
    release : array of int32, shape (tasks,)
    before, after, lag : array of int32, shape (precedences,)
        From the end of `before` to the start of `after`, lags not negative, without circles.
    longest : int
        No plan that is generated in order ends later.
    members : int
        Size of the population.
    seed : int
    target : int
        Makespan at which to stop, a lower bound.
    """

    cdef Project project
    cdef Search search
    cdef readonly double seconds

    def __init__(self, first_mode, duration, need, capacity, spend, budget, release, before, after,
                 lag, *, int32_t longest, int members=40, uint64_t seed=0, int64_t target=0):
        cdef const int32_t[::1] a, b, lags
        cdef int n = <int>len(first_mode) - 1, modes = <int>len(duration)
        cdef int width = 4 * max(1, (len(capacity) + 3) // 4), i
        if n < 1 or n >= 1 << 24 or longest < 0 or first_mode[n] != modes or \
                np.min(np.diff(first_mode)) < 1 or np.shape(need) != (modes, len(capacity)) or \
                np.shape(spend) != (modes, len(budget)) or len(release) != n or \
                not len(before) == len(after) == len(lag) or np.min(duration) < 0:
            raise ValueError("the arrays do not fit together")
        if (np.asarray(need) > np.asarray(capacity)).any() or np.min(lag, initial=0) < 0:
            raise ValueError("a number is out of range")
        if len(before) and not (0 <= np.min(before) and np.max(before) < n
                                and 0 <= np.min(after) and np.max(after) < n):
            raise ValueError("a precedence is out of range")
        self.project.n, self.project.modes = n, modes
        self.project.width, self.project.budgets = width, <int>len(budget)
        self.project.longest = longest
        for i in range(n + 1):
            self.project.first_mode.push_back(first_mode[i])
        wide = np.zeros((modes, width), dtype=np.int32)
        wide[:, :len(capacity)] = need
        room = np.zeros(width, dtype=np.int32)
        room[:len(capacity)] = capacity
        self.project.duration = _vector(duration)
        self.project.need, self.project.capacity = _vector(wide), _vector(room)
        self.project.spend, self.project.release = _vector(spend), _vector(release)
        for i in range(len(budget)):
            self.project.budget.push_back(budget[i])
        a = np.ascontiguousarray(before, dtype=np.int32)
        b = np.ascontiguousarray(after, dtype=np.int32)
        lags = np.ascontiguousarray(lag, dtype=np.int32)
        if not self.project.link(
            <const int*>(&a[0] if len(a) else NULL), <const int*>(&b[0] if len(b) else NULL),
            &lags[0] if len(lags) else NULL, <int>len(a),
        ):
            raise ValueError("the precedences form a circle")
        self.search.attach(self.project, seed, target, members)
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
        """Start and mode (from the task's first) of every task; None without a plan."""
        cdef int t, n = self.project.n
        if self.objective is None:
            return None
        made = np.empty((2, n), dtype=np.int64)
        cdef int64_t[:, ::1] out = made
        for t in range(n):
            out[0, t] = self.search.best.start[t]
            out[1, t] = self.search.best.mode[t] - self.project.first_mode[t]
        return made

    def inject(self, start, mode):
        """Hand in a plan found elsewhere: its order and its modes."""
        cdef const int64_t[::1] s = np.ascontiguousarray(start, dtype=np.int64)
        cdef const int32_t[::1] m = np.ascontiguousarray(mode, dtype=np.int32)
        cdef int t
        if s.shape[0] != self.project.n or m.shape[0] != self.project.n:
            raise ValueError("start or mode does not fit")
        for t in range(self.project.n):
            if not 0 <= m[t] < self.project.first_mode[t + 1] - self.project.first_mode[t] or \
                    not 0 <= s[t] < 1 << 38:
                raise ValueError("start or mode is out of range")
        self.search.inject(&s[0], <const int*>&m[0])

    @property
    def objective(self):
        """Makespan of the best plan within the budgets, None without one."""
        if self.search.best.over != 0 or self.search.best.span == 2**31 - 1:
            return None
        return self.search.best.span

    @property
    def iterations(self):
        """Plans tried."""
        return self.search.iterations
