# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""List scheduling of the general encoding with a search over priorities, modes and presence."""

import math

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "scheduling/list.hpp" namespace "zg::scheduling" nogil:
    cdef cppclass Workshop:
        int n, modes, resources, jobs, families
        cbool simple
        int64_t horizon
        vector[int64_t] first_mode, mode_task, duration, mode_cost, first_demand
        vector[int64_t] demand_resource, demand_amount, demand_at, kind, capacity
        vector[int64_t] low, level, setup_of, calendar_of, first_break
        vector[int64_t] break_begin, break_end, release, latest_start, earliest_end
        vector[int64_t] deadline, optional, pause, family, fixed_start
        vector[int64_t] fixed_mode, planned, job, job_release, job_due
        vector[int64_t] job_weight, before, after, of, to
        vector[int64_t] lag, most, relation_kind, relation_first, relation_second
        vector[int64_t] rule_mode, rule_then, choice_group, choice_task, sequence_first
        vector[int64_t] sequence_second, setup_time, setup_cost, setup_initial, objective
        void finish() except +

    cdef cppclass Outcome:
        vector[int64_t] start, end
        vector[int] mode
        int64_t cost, broken

cdef extern from "scheduling/dispatch.hpp" namespace "zg::scheduling" nogil:
    cdef cppclass Search "zg::scheduling::Dispatcher":
        int64_t iterations
        Outcome best
        void dispatch(const vector[double]& rank, double window, Outcome& o)
        void attach(const Workshop& w, uint64_t seed, int64_t goal_value) except +
        void inject(const vector[int64_t]& start, const vector[int]& mode) except +
        cbool step()


cdef vector[int64_t] _vector(values):
    cdef const int64_t[::1] array = np.ascontiguousarray(values, dtype=np.int64).reshape(-1)
    cdef vector[int64_t] made
    cdef Py_ssize_t i
    made.resize(array.shape[0])
    for i in range(array.shape[0]):
        made[i] = array[i]
    return made


cdef class ListSearch:
    """Plans of a workshop by serial schedule generation.

    Parameters
    ----------
    arrays : dict of arrays
        The instance as the kernel counts it: windows of jobs merged into those of tasks, closings
        by calendar and the calendar of every mode, offsets of modes, demands and breaks, -1 where
        a field is not set, deadlines and
        largest lags 2**60 where there are none.
    horizon : int
    simple : bool
        Whether time may run backwards: justification is used.
    seed : int
    target : int
        Objective at which to stop, a lower bound.
    """

    cdef Workshop shop
    cdef Search search
    cdef readonly double seconds

    def __init__(self, arrays, *, int64_t horizon, cbool simple=False, uint64_t seed=0,
                 int64_t target=0):
        self.shop.n = len(arrays["release"])
        self.shop.modes = len(arrays["duration"])
        self.shop.resources = len(arrays["kind"])
        self.shop.jobs = len(arrays["job_due"])
        self.shop.families = np.shape(arrays["setup_time"])[1]
        self.shop.simple = simple
        self.shop.horizon = horizon
        self.shop.first_mode = _vector(arrays["first_mode"])
        self.shop.mode_task = _vector(arrays["mode_task"])
        self.shop.duration = _vector(arrays["duration"])
        self.shop.mode_cost = _vector(arrays["mode_cost"])
        self.shop.first_demand = _vector(arrays["first_demand"])
        self.shop.demand_resource = _vector(arrays["demand_resource"])
        self.shop.demand_amount = _vector(arrays["demand_amount"])
        self.shop.demand_at = _vector(arrays["demand_at"])
        self.shop.kind = _vector(arrays["kind"])
        self.shop.capacity = _vector(arrays["capacity"])
        self.shop.low = _vector(arrays["low"])
        self.shop.level = _vector(arrays["level"])
        self.shop.setup_of = _vector(arrays["setup_of"])
        self.shop.calendar_of = _vector(arrays["calendar_of"])
        self.shop.first_break = _vector(arrays["first_break"])
        self.shop.break_begin = _vector(arrays["break_begin"])
        self.shop.break_end = _vector(arrays["break_end"])
        self.shop.release = _vector(arrays["release"])
        self.shop.latest_start = _vector(arrays["latest_start"])
        self.shop.earliest_end = _vector(arrays["earliest_end"])
        self.shop.deadline = _vector(arrays["deadline"])
        self.shop.optional = _vector(arrays["optional"])
        self.shop.pause = _vector(arrays["pause"])
        self.shop.family = _vector(arrays["family"])
        self.shop.fixed_start = _vector(arrays["fixed_start"])
        self.shop.fixed_mode = _vector(arrays["fixed_mode"])
        self.shop.planned = _vector(arrays["planned"])
        self.shop.job = _vector(arrays["job"])
        self.shop.job_release = _vector(arrays["job_release"])
        self.shop.job_due = _vector(arrays["job_due"])
        self.shop.job_weight = _vector(arrays["job_weight"])
        self.shop.before = _vector(arrays["before"])
        self.shop.after = _vector(arrays["after"])
        self.shop.of = _vector(arrays["of"])
        self.shop.to = _vector(arrays["to"])
        self.shop.lag = _vector(arrays["lag"])
        self.shop.most = _vector(arrays["most"])
        self.shop.relation_kind = _vector(arrays["relation_kind"])
        self.shop.relation_first = _vector(arrays["relation_first"])
        self.shop.relation_second = _vector(arrays["relation_second"])
        self.shop.rule_mode = _vector(arrays["rule_mode"])
        self.shop.rule_then = _vector(arrays["rule_then"])
        self.shop.choice_group = _vector(arrays["choice_group"])
        self.shop.choice_task = _vector(arrays["choice_task"])
        self.shop.sequence_first = _vector(arrays["sequence_first"])
        self.shop.sequence_second = _vector(arrays["sequence_second"])
        self.shop.setup_time = _vector(arrays["setup_time"])
        self.shop.setup_cost = _vector(arrays["setup_cost"])
        self.shop.setup_initial = _vector(arrays["setup_initial"])
        self.shop.objective = _vector(arrays["objective"])
        if len(arrays["first_mode"]) != self.shop.n + 1 or \
                len(arrays["first_demand"]) != self.shop.modes + 1 or \
                len(arrays["calendar_of"]) != self.shop.modes or len(arrays["objective"]) != 13:
            raise ValueError("the arrays do not fit together")
        self.shop.finish()
        self.search.attach(self.shop, seed, target)
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        cdef double begun = now(), end = begun + seconds
        cdef int64_t left = iterations
        cdef cbool more = True
        with nogil:
            while more and left != 0 and now() < end:
                more = self.search.step()
                left -= 1
        self.seconds += now() - begun
        return more

    def best(self):
        """Start, end and mode of every task, -1 where it is left out; None without a plan."""
        cdef int t, n = self.shop.n
        if self.search.best.broken != 0:
            return None
        made = np.empty((3, n), dtype=np.int64)
        cdef int64_t[:, ::1] out = made
        for t in range(n):
            out[0, t] = self.search.best.start[t]
            out[1, t] = self.search.best.end[t]
            out[2, t] = self.search.best.mode[t]
        return made

    def inject(self, start, mode):
        """Hand in the order and the modes of a plan found elsewhere."""
        cdef vector[int] modes
        if len(start) != self.shop.n or len(mode) != self.shop.n:
            raise ValueError("start or mode does not fit")
        for m in mode:
            modes.push_back(<int>m)
        self.search.inject(_vector(start), modes)

    def dispatch(self, const double[::1] rank, double window=-1.0):
        """One plan by priorities, which the search takes no notice of.

        Parameters
        ----------
        rank : ndarray of float64, shape (tasks,)
            The least first; a task waits for those before it whatever its rank.
        window : float
            A task is chosen among those that can start at most so much later than the first that
            can; negative: ranks alone decide, and a task may fill a gap before others.

        Returns
        -------
        tuple or None
            Objective, and starts, ends and modes as of `best`; None if no plan comes of it.
        """
        cdef int t, n = self.shop.n
        cdef vector[double] given
        cdef Outcome made
        if rank.shape[0] != n:
            raise ValueError("rank does not fit")
        given.assign(&rank[0], &rank[0] + n)
        with nogil:
            self.search.dispatch(given, window, made)
        if made.broken != 0:
            return None
        plan = np.empty((3, n), dtype=np.int64)
        cdef int64_t[:, ::1] out = plan
        for t in range(n):
            out[0, t] = made.start[t]
            out[1, t] = made.end[t]
            out[2, t] = made.mode[t]
        return made.cost, plan

    @property
    def objective(self):
        """Objective of the best plan, None without one."""
        return None if self.search.best.broken != 0 else self.search.best.cost

    @property
    def iterations(self):
        """Plans tried."""
        return self.search.iterations
