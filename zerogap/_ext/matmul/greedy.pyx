# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Greedy sharing of pairs of columns, by the published strategies."""

import numpy as np

from libc.stdint cimport int8_t, uint32_t, uint64_t
from libcpp.vector cimport vector


cdef extern from "matmul/greedy.hpp" namespace "zg::matmul" nogil:
    cdef cppclass Greedy:
        vector[vector[uint32_t]] rows
        vector[uint64_t] pairs
        int columns, additions
        void run(const int8_t*, int, int, int, uint64_t)
        @staticmethod
        int low(uint64_t)
        @staticmethod
        int high(uint64_t)
        @staticmethod
        int sign(uint64_t)


#: Names of the strategies; `mixed` draws another one for every restart.
STRATEGIES = (
    "greedy", "greedy-random", "greedy-alternative", "weighted-random", "greedy-potential",
    "greedy-intersections", "mixed",
)


def share(matrix, strategy="greedy", seed=0, int restarts=1):
    """Share pairs greedily, `restarts` times; the best circuit.

    Parameters
    ----------
    matrix : array_like of int8, shape (outputs, inputs)
        Coefficients −1, 0, 1.
    strategy : str
        One of `STRATEGIES`.
    seed : int
    restarts : int

    Returns
    -------
    additions : int
    edges : ndarray of int32, shape (edges, 3)
        (from, to, sign): inputs first, then outputs, then fresh variables.
    """
    raw = np.asarray(matrix)
    if raw.ndim != 2 or not np.isin(raw, [-1, 0, 1]).all():
        raise ValueError("expected a matrix of coefficients -1, 0, 1")
    if strategy not in STRATEGIES:
        raise ValueError(f"unknown strategy {strategy!r} (known: {', '.join(STRATEGIES)})")
    cdef const int8_t[::1] flat = np.ascontiguousarray(raw, dtype=np.int8).reshape(-1)
    cdef const int8_t* data = &flat[0] if flat.shape[0] else NULL
    cdef int outputs = raw.shape[0], inputs = raw.shape[1], kind = STRATEGIES.index(strategy)
    cdef uint64_t start = <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF)
    cdef Greedy greedy
    cdef int k, best = -1
    found = None
    for k in range(max(1, restarts)):
        with nogil:
            greedy.run(data, outputs, inputs, kind, start + <uint64_t>k)
        if best < 0 or greedy.additions < best:
            best = greedy.additions
            found = _edges(greedy, outputs)
    return best, found


cdef _edges(Greedy& greedy, int outputs):
    cdef int r, k, first = greedy.columns + outputs
    cdef uint32_t term
    cdef uint64_t key
    edges = []
    for r in range(outputs):
        for term in greedy.rows[r]:
            k = term >> 1
            edges.append((k if k < greedy.columns else k + outputs, greedy.columns + r,
                          -1 if term & 1 else 1))
    for k in range(<int>greedy.pairs.size()):
        key = greedy.pairs[k]
        for column, sign in ((Greedy.low(key), 1), (Greedy.high(key), -1 if Greedy.sign(key) else 1)):
            edges.append((column if column < greedy.columns else column + outputs, first + k, sign))
    return np.array(edges, np.int32).reshape(-1, 3)
