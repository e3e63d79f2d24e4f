# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Exact searches: orders for the least-squares score, and any decomposable score up to 24 variables."""

import numpy as np

from libc.math cimport INFINITY
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from *:
    """
    typedef unsigned __int128 ZgWide;
    """
    ctypedef struct ZgWide:
        pass


cdef extern from "dag/layers.hpp" namespace "zg::dag" nogil:
    cdef cppclass CLayers "zg::dag::Layers" [T]:
        int d, layer
        int64_t expanded
        double cutoff, bound
        cbool done, full, found
        vector[int] order
        cbool init(int d, const double* S, const uint8_t* before, double cutoff, int64_t states)
        cbool run(double seconds)
        int64_t stored()


cdef class OrderLayers:
    """Proves the least-squares optimum over orders, or finds a better order.

    Parameters
    ----------
    covariance : ndarray, shape (d, d)
        Positive definite, d <= 128.
    order : ndarray of int32
        A good order; the search is fastest if it is optimal.
    objective : float
        ½ Σ residual variances to beat.
    before : ndarray of bool, optional
        Transitively closed precedences.
    states : int
        How many predecessor sets may be kept (16 bytes each, 32 from 65 variables on).
    """

    cdef CLayers[uint64_t] narrow
    cdef CLayers[ZgWide] wide
    cdef readonly bint is_wide
    cdef object first
    cdef readonly double seconds

    def __init__(self, covariance, order, double objective, before=None, int64_t states=20_000_000):
        S = np.asarray(covariance, dtype=np.float64)
        cdef int d = len(S)
        if not 1 <= d <= 128:
            raise ValueError(f"{d} variables, expected 1 … 128")
        self.first = np.array(order, dtype=np.int32)
        if not np.array_equal(np.sort(self.first), np.arange(d)):
            raise ValueError("order is no permutation of the variables")
        cdef const double[:, ::1] T = np.ascontiguousarray(S[np.ix_(self.first, self.first)])
        rules = np.zeros((d, d), np.uint8) if before is None else np.asarray(before, np.uint8)
        cdef const uint8_t[:, ::1] B = np.ascontiguousarray(rules[np.ix_(self.first, self.first)])
        cdef cbool fine
        self.is_wide = d > 64
        with nogil:
            if self.is_wide:
                fine = self.wide.init(d, &T[0, 0], &B[0, 0], 2 * objective, states)
            else:
                fine = self.narrow.init(d, &T[0, 0], &B[0, 0], 2 * objective, states)
        if not fine:
            raise ValueError("the covariance is not positive definite")

    def run(self, double seconds=INFINITY, iterations=-1):
        """Work for at most so long; False when proven or out of memory."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = self.wide.run(seconds) if self.is_wide else self.narrow.run(seconds)
        self.seconds += now() - begun
        return more

    def cut(self, double objective):
        """Lower the cut-off to a better objective found elsewhere."""
        if self.is_wide:
            self.wide.cutoff = min(self.wide.cutoff, 2 * objective)
        else:
            self.narrow.cutoff = min(self.narrow.cutoff, 2 * objective)

    @property
    def proven(self):
        """Whether `bound` is the optimum."""
        return bool(self.wide.done if self.is_wide else self.narrow.done)

    @property
    def exceeded(self):
        """Whether the limit on states ended the search."""
        return bool(self.wide.full if self.is_wide else self.narrow.full)

    @property
    def bound(self):
        """Lower bound on ½ Σ residual variances of every order."""
        return 0.5 * (self.wide.bound if self.is_wide else self.narrow.bound)

    @property
    def layer(self):
        """Size of the predecessor sets now expanded."""
        return self.wide.layer if self.is_wide else self.narrow.layer

    @property
    def iterations(self):
        """Sets expanded."""
        return self.wide.expanded if self.is_wide else self.narrow.expanded

    @property
    def states(self):
        """Sets kept."""
        return self.wide.stored() if self.is_wide else self.narrow.stored()

    def best(self):
        """The better order, None if there is none (or not yet)."""
        cdef vector[int] found = self.wide.order if self.is_wide else self.narrow.order
        if found.size() == 0:
            return None
        return self.first[np.array(found, dtype=np.int32)]
