# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Searches over topological orders for the dense least-squares score."""

import numpy as np

from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "dag/order.hpp" namespace "zg::dag" nogil:
    cbool greedy_order(int d, const double* S, const uint8_t* before, int* order)

    cdef cppclass Factor:
        int d
        vector[double] B, D
        vector[int] order, place
        void init(int d, const double* S)
        cbool set(const int* order)
        double total()
        void rotate(int k)
        void move(int p, int q)
        double best_place(int p, const uint8_t* before, int& where)
        double swap_change(int p, int q)


cdef extern from "dag/search.hpp" namespace "zg::dag" nogil:
    cdef cppclass CSearch "zg::dag::OrderSearch":
        Factor factor
        vector[int] best_order
        double best
        int64_t iterations, moves, evaluations
        int window
        cbool init(int d, const double* S, const uint8_t* before, const int* start, uint64_t seed)
        cbool inject(const int* start)
        void run(double seconds, int64_t count)


cdef extern from "dag/topo.hpp" namespace "zg::dag" nogil:
    cdef cppclass CTopo "zg::dag::TopoSwaps":
        Factor factor
        int64_t iterations, evaluations
        int large_used
        cbool done
        cbool init(int d, const double* S, const uint8_t* before, const int* start, int small,
                   int large, int chances)
        void run(double seconds, int64_t count)


def _square(covariance):
    cdef object S = np.ascontiguousarray(covariance, dtype=np.float64)
    if S.ndim != 2 or S.shape[0] != S.shape[1] or S.shape[0] == 0:
        raise ValueError(f"covariance has shape {S.shape}, expected d × d")
    return S


def _rules(before, int d):
    if before is None:
        return np.zeros((d, d), dtype=np.uint8)
    cdef object rules = np.ascontiguousarray(before, dtype=np.uint8)
    if rules.shape != (d, d):
        raise ValueError(f"before has shape {rules.shape}, expected {(d, d)}")
    return rules


def _permutation(order, int d, rules):
    cdef object pi = np.ascontiguousarray(order, dtype=np.int32)
    if pi.shape != (d,) or not np.array_equal(np.sort(pi), np.arange(d)):
        raise ValueError("order is no permutation of the variables")
    if rules.any() and rules[np.ix_(pi, pi)][np.tril_indices(d)].any():
        raise ValueError("order violates the precedences")
    return pi


def greedy(covariance, before=None):
    """Order by smallest conditional variance first, in O(d³).

    Parameters
    ----------
    covariance : ndarray, shape (d, d)
        Positive definite.
    before : ndarray of bool, shape (d, d), optional
        ``before[i, j]``: i must precede j.

    Returns
    -------
    ndarray of int32
    """
    cdef const double[:, ::1] S = _square(covariance)
    cdef int d = S.shape[0]
    cdef const uint8_t[:, ::1] rules = _rules(before, d)
    order = np.empty(d, dtype=np.int32)
    cdef int[::1] pi = order
    cdef cbool fine
    with nogil:
        fine = greedy_order(d, &S[0, 0], &rules[0, 0], &pi[0])
    if not fine:
        raise ValueError("the covariance is not positive definite, or the precedences are cyclic")
    return order


cdef class OrderSearch:
    """Iterated local search over orders: insertions, exact windows, random disturbances.

    Minimises ½ Σ (residual variance of a variable given its predecessors).

    Parameters
    ----------
    covariance : ndarray, shape (d, d)
        Positive definite.
    start : ndarray of int32
        First order.
    seed : int
    before : ndarray of bool, shape (d, d), optional
        ``before[i, j]``: i must precede j; transitively closed.
    window : int
        Length of the windows that are solved exactly, 2 … 14.
    """

    cdef CSearch search
    cdef object rules
    cdef readonly double seconds

    def __init__(self, covariance, start, seed=0, before=None, int window=9):
        cdef const double[:, ::1] S = _square(covariance)
        cdef int d = S.shape[0]
        self.rules = _rules(before, d)
        cdef const uint8_t[:, ::1] rules = self.rules
        cdef const int[::1] pi = _permutation(start, d, self.rules)
        cdef uint64_t number = int(seed) & 0xFFFFFFFFFFFFFFFF
        cdef cbool fine
        if not 2 <= window <= 14:
            raise ValueError(f"window is {window}, expected 2 … 14")
        self.search.window = window
        with nogil:
            fine = self.search.init(d, &S[0, 0], &rules[0, 0], &pi[0], number)
        if not fine:
            raise ValueError("the covariance is not positive definite")

    def run(self, double seconds=INFINITY, int64_t iterations=-1):
        """Work for at most so long; an iteration is a disturbance and the descent after it."""
        cdef double begun = now()
        if iterations < 0 and not isfinite(seconds):
            raise ValueError("run needs a limit")
        with nogil:
            self.search.run(seconds, iterations)
        self.seconds += now() - begun
        return self.search.factor.d > 2

    def inject(self, order):
        """Continue from another order."""
        cdef const int[::1] pi = _permutation(order, self.search.factor.d, self.rules)
        self.search.inject(&pi[0])

    def best(self):
        """The best order, int32."""
        return np.array(self.search.best_order, dtype=np.int32)

    @property
    def objective(self):
        """½ Σ residual variances of the best order."""
        return 0.5 * self.search.best

    @property
    def iterations(self):
        """Disturbances so far."""
        return self.search.iterations

    @property
    def moves(self):
        """Improving insertions so far."""
        return self.search.moves

    @property
    def evaluations(self):
        """Variables for which all places were evaluated."""
        return self.search.evaluations


cdef class TopoSwaps:
    """The swaps of TOPO (ICML 2023) with their published candidate sets.

    Parameters
    ----------
    covariance : ndarray, shape (d, d)
    start : ndarray of int32
    before : ndarray of bool, optional
    small, large : int
        Sizes of the two candidate sets (cut to d(d−1)/2).
    chances : int
        How many times the large set may be used.
    """

    cdef CTopo search
    cdef readonly double seconds

    def __init__(self, covariance, start, before=None, int small=100, int large=400,
                 int chances=1):
        cdef const double[:, ::1] S = _square(covariance)
        cdef int d = S.shape[0]
        cdef const uint8_t[:, ::1] rules = _rules(before, d)
        cdef const int[::1] pi = _permutation(start, d, np.asarray(rules))
        cdef cbool fine
        if small < 1 or large < small or chances < 0:
            raise ValueError("expected 1 <= small <= large and chances >= 0")
        with nogil:
            fine = self.search.init(d, &S[0, 0], &rules[0, 0], &pi[0], small, large, chances)
        if not fine:
            raise ValueError("the covariance is not positive definite")

    def run(self, double seconds=INFINITY, int64_t iterations=-1):
        """Rounds of swaps; False at the local minimum."""
        cdef double begun = now()
        with nogil:
            self.search.run(seconds, iterations)
        self.seconds += now() - begun
        return not self.search.done

    def best(self):
        """The order reached, int32 (every round improves it)."""
        return np.array(self.search.factor.order, dtype=np.int32)

    @property
    def objective(self):
        """½ Σ residual variances of the order reached."""
        return 0.5 * self.search.factor.total()

    @property
    def iterations(self):
        """Rounds so far."""
        return self.search.iterations

    @property
    def evaluations(self):
        """Swaps evaluated so far."""
        return self.search.evaluations


cdef class OrderFactor:
    """The factor under the searches, for tests and for users' own searches.

    Parameters
    ----------
    covariance : ndarray, shape (d, d)
    order : ndarray of int32
    """

    cdef Factor factor

    def __init__(self, covariance, order):
        cdef const double[:, ::1] S = _square(covariance)
        cdef int d = S.shape[0]
        cdef const int[::1] pi = _permutation(order, d, np.zeros((d, d), dtype=np.uint8))
        self.factor.init(d, &S[0, 0])
        if not self.factor.set(&pi[0]):
            raise ValueError("the covariance is not positive definite")

    def _position(self, int p):
        if not 0 <= p < self.factor.d:
            raise IndexError(p)
        return p

    def move(self, int p, int q):
        """Take the variable at position p to position q."""
        self.factor.move(self._position(p), self._position(q))

    def best_place(self, int p):
        """(change, position) of the best other place of the variable at p."""
        cdef int where = 0
        change = self.factor.best_place(self._position(p), NULL, where)
        return change, where

    def swap_change(self, int p, int q):
        """Change of Σ variances if the variables at p < q exchange places."""
        if not 0 <= p < q < self.factor.d:
            raise IndexError((p, q))
        return self.factor.swap_change(p, q)

    @property
    def order(self):
        """Current order."""
        return np.array(self.factor.order, dtype=np.int32)

    @property
    def variances(self):
        """Residual variances by position."""
        return np.array(self.factor.D)
