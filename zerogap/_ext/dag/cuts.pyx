# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Violated clusters of a relaxed choice of parent sets."""

import numpy as np

from libcpp.vector cimport vector


cdef extern from "dag/cuts.hpp" namespace "zg::dag" nogil:
    cdef cppclass FoundCluster:
        double violation
        vector[int] members

    cdef cppclass CSearch "zg::dag::ClusterSearch":
        vector[FoundCluster] found
        void init(int d, const vector[int]& owner, const vector[double]& x,
                  const vector[int]& start, const vector[int]& parents)
        void grow(const vector[int]& seed, int k, int largest, double tolerance)


cdef class ClusterSearch:
    """Greedy search for clusters that too few parent sets leave.

    Parameters
    ----------
    d : int
    owner : ndarray of int, shape (columns,)
    values : ndarray of float64, shape (columns,)
        Of a relaxed solution.
    sets : sequence of sequence of int
        Parents of every column.
    """

    cdef CSearch search
    cdef readonly int variables

    def __init__(self, int d, owner, values, sets):
        if not len(owner) == len(values) == len(sets):
            raise ValueError("owners, values and sets differ in number")
        flat = [int(i) for s in sets for i in s]
        start = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(int)
        if any(not 0 <= int(i) < d for i in (*flat, *owner)):
            raise ValueError(f"a variable is not in 0 … {d - 1}")
        self.variables = d
        self.search.init(d, [int(i) for i in owner], [float(v) for v in values],
                         start.tolist(), flat)

    def grow(self, seeds, int k, int largest=16, double tolerance=1e-3):
        """[(violation, members), …] of the clusters found from the seeds.

        Parameters
        ----------
        seeds : sequence of sequence of int
            Clusters to begin with, distinct variables each.
        k : int
        largest : int
            Variables that a cluster is grown by.
        tolerance : float
            By how much a cluster must be violated.
        """
        if k < 1:
            raise ValueError(f"k is {k}, expected 1 or more")
        for s in seeds:
            if len(set(s)) < len(s) or any(not 0 <= i < self.variables for i in s):
                raise ValueError("a seed is no set of variables")
        cdef vector[vector[int]] begin = seeds
        cdef size_t i
        with nogil:
            self.search.found.clear()
            for i in range(begin.size()):
                self.search.grow(begin[i], k, largest, tolerance)
        return [(f.violation, tuple(f.members)) for f in self.search.found]
