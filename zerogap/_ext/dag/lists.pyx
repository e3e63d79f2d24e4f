# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Exact search over orders from lists of parent sets."""

import numpy as np

from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int64_t, uint8_t, uint32_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "dag/lists.hpp" namespace "zg::dag" nogil:
    cdef cppclass CProgram "zg::dag::ListProgram":
        double value
        vector[int] order, choice
        cbool done
        int64_t steps
        vector[double] f
        void init(int d, const vector[vector[double]]& costs, const vector[vector[uint32_t]]& sets,
                  const uint8_t* before)
        cbool run(double seconds)


cdef class ListProgram:
    """Dynamic programming over sets of at most 26 variables.

    Parameters
    ----------
    lists : sequence of (costs, sets)
        For every variable, cheapest first; sets of variables.
    before : ndarray of bool, shape (d, d), optional
        Transitively closed precedences.
    """

    cdef CProgram program
    cdef object lists
    cdef readonly double seconds

    def __init__(self, lists, before=None):
        cdef int d = len(lists), j
        if not 1 <= d <= 26:
            raise ValueError(f"{d} variables, expected 1 to 26")
        rules_array = np.zeros((d, d), np.uint8) if before is None else np.ascontiguousarray(
            before, dtype=np.uint8)
        cdef const uint8_t[:, ::1] rules = rules_array
        cdef vector[vector[double]] costs
        cdef vector[vector[uint32_t]] sets
        costs.resize(d)
        sets.resize(d)
        for j in range(d):
            if any(a > b for a, b in zip(lists[j][0], lists[j][0][1:])):
                raise ValueError("a list is not sorted by cost")
            for cost, members in zip(*lists[j]):
                if any(not 0 <= i < d or i == j for i in members):
                    raise ValueError("a parent set holds what is no other variable")
                costs[j].push_back(cost)
                sets[j].push_back(sum(1 << int(i) for i in members))
        self.lists = lists
        self.program.init(d, costs, sets, &rules[0, 0])

    def run(self, double seconds=INFINITY, iterations=-1):
        """Work for at most so long; False when the optimum is known."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = self.program.run(seconds)
        self.seconds += now() - begun
        return more

    @property
    def done(self):
        """Whether every set of variables was finished."""
        return bool(self.program.done)

    def best(self):
        """(order, parents of every variable), None before the end or if nothing is feasible."""
        if not self.program.done or not isfinite(self.program.value):
            return None
        parents = [list(self.lists[j][1][k]) for j, k in enumerate(self.program.choice)]
        return np.array(self.program.order, dtype=np.int32), parents

    def table(self):
        """Least cost of the variables of every set, by mask: float64 (2^d,); after the end."""
        if not self.program.done:
            raise ValueError("the program is not at its end")
        out = np.empty(self.program.f.size())
        cdef double[::1] view = out
        cdef size_t k
        for k in range(self.program.f.size()):
            view[k] = self.program.f[k]
        return out

    @property
    def objective(self):
        """The optimum, None before the end or if nothing is feasible."""
        done = self.program.done and isfinite(self.program.value)
        return self.program.value if done else None

    @property
    def iterations(self):
        """Sets looked at."""
        return self.program.steps
