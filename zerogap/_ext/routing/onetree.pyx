# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Held–Karp bounds of the symmetric travelling salesman, and nearest places of the plane."""

import numpy as np

from libc.stdint cimport int32_t, int64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.routing.problem cimport CProblem, Problem


cdef extern from "routing/onetree.hpp" namespace "zg::routing" nogil:
    cdef cppclass COneTree "zg::routing::OneTree":
        int64_t bound, trees
        COneTree(const CProblem& problem, int width) except +
        cbool improve(int64_t target)
        cbool certify()


cdef extern from "routing/plane.hpp" namespace "zg::routing" nogil:
    cdef cppclass Plane "zg::routing::Plane":
        vector[int32_t] order
        Plane(const double* x, const double* y, int count) except +
        vector[int32_t] nearest(int width) except +


cdef class OneTree:
    """Subgradient optimisation of 1-trees.

    Parameters
    ----------
    problem : Problem
        One vehicle that visits everybody, symmetric distances, at least two clients; with neighbours.
    width : int
        Nearest nodes of a node whose edges most trees may use.

    Attributes
    ----------
    bound
        Length that no tour can beat: of a tree over all edges.
    trees
        Trees made so far.
    """

    cdef COneTree* kernel
    cdef Problem problem

    def __cinit__(self, Problem problem, int width=8):
        if problem.data.n < 2 or problem.data.depots != 1 or problem.data.profiles != 1:
            raise ValueError("1-trees need a depot, two clients, one matrix")
        self.problem = problem
        with nogil:
            self.kernel = new COneTree(problem.data, width)

    def __dealloc__(self):
        del self.kernel

    def run(self, int64_t target, double seconds):
        """Improve the prices for a while towards a tour's length; False once nothing is gained."""
        cdef double begin = now()
        cdef cbool more = True
        with nogil:
            while more and now() - begin < seconds:
                more = self.kernel.improve(target)
        return more

    def certify(self):
        """The tree over all edges at the best prices: raises `bound`; True if that was all."""
        cdef cbool done
        with nogil:
            done = self.kernel.certify()
        return done

    @property
    def bound(self):
        return self.kernel.bound

    @property
    def trees(self):
        return self.kernel.trees


def nearest(x, y):
    """For every point of the plane its nearest other point: indices, shape (points,)."""
    cdef double[::1] a = np.ascontiguousarray(x, np.float64)
    cdef double[::1] b = np.ascontiguousarray(y, np.float64)
    cdef int count = <int>a.shape[0]
    cdef vector[int32_t] found
    cdef Plane* plane
    if count < 2 or b.shape[0] != count:
        raise ValueError("expected two points or more")
    plane = new Plane(&a[0], &b[0], count)
    try:
        with nogil:
            found = plane.nearest(1)
        order = np.array(plane.order, np.int32)
        result = np.empty(count, np.int32)
        result[order] = order[np.array(found, np.int32)]
    finally:
        del plane
    return result
