# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Dispatching of flexible job-shops by the priorities of `dispatch`, and by apparent tardiness costs."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp.vector cimport vector

from zerogap._ext.jobshop.plans cimport FlexibleShop, take


cdef extern from "jobshop/assigning.hpp" namespace "zg::jobshop" nogil:
    int kFeatures

    cdef cppclass Priority:
        vector[double] linear, hidden
        int units
        double delay, noise, urgency

    cdef cppclass Assigner:
        vector[int64_t] start
        vector[int32_t] chosen
        void attach(const FlexibleShop& shop, const int64_t* due, const double* weight) except +
        void run(const Priority& rule, uint64_t seed)


cdef class FlexibleDispatcher:
    """Builds schedules of a flexible shop operation by operation, and chooses the machines.

    Of all next operations the one that can end first, on any of its machines, decides the machine;
    its candidates are those that would end first there and could start up to a share `delay` of
    the time until that end. A step costs O(jobs).

    Parameters
    ----------
    first, choice, machine, duration, release, machines
        Arrays of a `FlexibleJobShop`; `release` may be None.
    due, weight : array, optional
        Of the jobs.
    """

    cdef FlexibleShop shop
    cdef Assigner assigner

    def __init__(self, first, choice, machine, duration, release, int machines, due=None,
                 weight=None):
        take(&self.shop, first, choice, machine, duration, release, machines)
        cdef Py_ssize_t jobs = self.shop.jobs
        nothing = np.zeros(jobs, dtype=np.int64)
        cdef const int64_t[::1] t = np.ascontiguousarray(
            nothing if due is None else due, dtype=np.int64)
        weights = np.ones(jobs) if weight is None else np.asarray(weight, dtype=np.float64)
        cdef const double[::1] w = weights / max(1e-9, float(np.mean(weights)))
        if t.shape[0] != jobs or w.shape[0] != jobs:
            raise ValueError("due or weight does not fit the jobs")
        self.assigner.attach(self.shop, &t[0], &w[0])

    def run(self, linear, hidden=None, *, double delay=0.0, double noise=0.0, uint64_t seed=0,
            double urgency=0.0):
        """Build one schedule.

        Parameters
        ----------
        linear, hidden, delay, noise, seed
            As in `zerogap._ext.jobshop.dispatch.Dispatcher`; the noise is uniform.
        urgency : float
            If positive the priority is the apparent tardiness cost that looks so many mean
            durations ahead, and the weights of features say nothing.

        Returns
        -------
        start : ndarray of int64
        machine : ndarray of int32
        """
        cdef Priority rule
        cdef int x
        weights = np.asarray(linear, dtype=np.float64)
        layer = np.zeros((0, kFeatures + 2)) if hidden is None else np.asarray(hidden, np.float64)
        if weights.shape != (kFeatures,) or layer.ndim != 2 or layer.shape[1] != kFeatures + 2:
            raise ValueError(f"expected {kFeatures} weights and rows of {kFeatures + 2}")
        if not 0.0 <= delay <= 1.0 or noise < 0 or urgency < 0:
            raise ValueError("delay must be in 0 … 1, noise and urgency not negative")
        rule.linear = weights
        rule.hidden = layer.ravel()
        rule.units = len(layer)
        rule.delay, rule.noise, rule.urgency = delay, noise, urgency
        with nogil:
            self.assigner.run(rule, seed)
        start = np.empty(self.shop.operations, dtype=np.int64)
        machine = np.empty(self.shop.operations, dtype=np.int32)
        cdef int64_t[::1] s = start
        cdef int32_t[::1] c = machine
        for x in range(self.shop.operations):
            s[x] = self.assigner.start[x]
            c[x] = self.shop.machine[self.assigner.chosen[x]]
        return start, machine
