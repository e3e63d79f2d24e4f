# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Heaviest fair cliques, some of whose vertices may be chosen already."""

import numpy as np

from libc.math cimport isinf
from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector


cdef extern from "fairclique/weighted.hpp" namespace "zg::fairclique" nogil:
    cdef struct Rule:
        int attributes, k, delta, target

    cdef cppclass View:
        View(int, const int64_t*, const int32_t*, const uint8_t*)

    cdef cppclass Weighted:
        Weighted(const View&, const int64_t*, const Rule&, const int*, int64_t, cbool) except +
        void list(int64_t, size_t)
        cbool run(double, long) except +
        int64_t bound()
        cbool exhausted()
        double seconds()
        int64_t best
        vector[int32_t] clique
        vector[vector[int32_t]] found
        long nodes, steps


cdef class WeightedSearch:
    """Search for the heaviest fair clique in the common neighbourhood of chosen vertices.

    Parameters
    ----------
    first, neighbour, attribute : ndarray
        The graph in compressed rows, as in `CliqueSearch`.
    weight : ndarray of int64
        Weights, >= 0.
    attributes : int
        Number of attribute values, at most 16.
    k, delta : int
        Least count of every value; largest difference of two counts (may be infinite).
    counts : sequence of int
        Chosen vertices by attribute value; they are adjacent to the whole graph.
    base : int
        Weight of the chosen vertices.
    prove : bool
        Whether to branch and bound after the greedy cliques.
    exactly : int, optional
        List all fair cliques of this weight, which must be the largest.
    limit : int
        At most so many of them.
    """

    cdef Weighted* engine
    cdef readonly bint finished

    def __cinit__(self, const int64_t[::1] first, const int32_t[::1] neighbour,
                  const uint8_t[::1] attribute, const int64_t[::1] weight, int attributes, k, delta,
                  counts=(), base=0, bint prove=True, exactly=None, size_t limit=1000):
        cdef int n = <int>attribute.shape[0], total, own[16]
        if first.shape[0] != n + 1 or weight.shape[0] != n:
            raise ValueError("first, weight and attribute do not fit to each other")
        if not 1 <= attributes <= 16:
            raise ValueError("attributes must be 1 ... 16")
        for i in range(16):
            own[i] = counts[i] if i < len(counts) else 0
        total = n + sum(counts)
        cdef Rule rule
        rule.attributes = attributes
        rule.k = int(min(k, total + 1))
        rule.delta = total if isinf(<double>delta) or delta > total else int(delta)
        rule.target = 0
        cdef const int32_t* adj = &neighbour[0] if neighbour.shape[0] else NULL
        cdef const uint8_t* attr = &attribute[0] if n else NULL
        cdef const int64_t* heavy = &weight[0] if n else NULL
        cdef View* view = new View(n, &first[0], adj, attr)
        try:
            self.engine = new Weighted(view[0], heavy, rule, own, base, prove)
        finally:
            del view
        if exactly is not None:
            self.engine.list(exactly, limit)

    def __dealloc__(self):
        del self.engine

    def run(self, double seconds=float("inf"), long iterations=-1):
        """Work for about so long; False when nothing more is to be done."""
        cdef cbool more
        with nogil:
            more = self.engine.run(seconds, iterations)
        self.finished = not more
        return more

    def best(self):
        """Vertices beside the chosen ones, ascending, or None."""
        return None if self.engine.best < 0 else np.array(self.engine.clique, dtype=np.int64)

    def inject(self, vertices, weight):
        """Take a fair clique found elsewhere (its vertices beside the chosen ones; unchecked)."""
        if weight > self.engine.best:
            self.engine.clique = sorted(int(v) for v in vertices)
            self.engine.best = weight

    def cliques(self):
        """The cliques listed, each ascending."""
        return [np.array(c, dtype=np.int64) for c in self.engine.found]

    @property
    def objective(self):
        """Weight of the best clique, the chosen vertices included; None if there is none."""
        return None if self.engine.best < 0 else self.engine.best

    @property
    def bound(self):
        """Proven bound on the weight of every fair clique; -1: none exists."""
        return self.engine.bound()

    @property
    def exhausted(self):
        """Whether the search is complete: the best clique is heaviest, the list is whole."""
        return self.engine.exhausted()

    @property
    def iterations(self):
        """Branch-and-bound nodes and start vertices."""
        return self.engine.nodes + self.engine.steps

    @property
    def nodes(self):
        """Branch-and-bound nodes."""
        return self.engine.nodes

    @property
    def seconds(self):
        """Seconds worked."""
        return self.engine.seconds()
