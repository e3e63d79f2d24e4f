# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Violated cuts of a relaxation over routes."""

from libc.stdint cimport int16_t, int64_t, uint8_t
from libcpp.vector cimport vector

import numpy as np


cdef extern from "routing/separation.hpp" namespace "zg::routing" nogil:
    cdef cppclass CapacityCuts:
        cppclass Set:
            double violation, need
            vector[uint8_t] inside
        CapacityCuts(int, const double*, const int64_t*, int64_t, double)
        vector[Set] run(int)
    cdef cppclass RankOne:
        cppclass Set:
            double violation
            vector[int] clients
        RankOne(int, const int64_t*, const int16_t*, const double*, int)
        vector[Set] triples(double)
        vector[Set] fives(const vector[Set]&, int, double)
        vector[uint8_t] memory(const vector[int]&)


def capacity_sets(const double[:, ::1] flow, const int64_t[::1] demand, int64_t capacity, int most,
                  double least=0.04):
    """Sets of clients that too few vehicles cross to.

    Parameters
    ----------
    flow : double array, shape (n + 1, n + 1)
        Symmetric flow between nodes; node 0 is the depot.
    demand : int64 array, shape (n + 1,)
        Load of every node, 0 at the depot.
    capacity : int
        The largest load of a route.
    most : int
        How many sets at most, the most violated.
    least : float
        Violation from which a set is found; below 0 for nearly violated ones.

    Returns
    -------
    list of (bool array over nodes, float)
        The set and the crossings that it needs.
    """
    cdef int m = demand.shape[0], i
    if flow.shape[0] != m or flow.shape[1] != m or capacity < 1:
        raise ValueError("flow and loads differ in length, or there is no capacity")
    cdef vector[CapacityCuts.Set] found
    cdef CapacityCuts* core = new CapacityCuts(m - 1, &flow[0, 0], &demand[0], capacity,
                                               least)
    try:
        with nogil:
            found = core.run(most)
    finally:
        del core
    result = []
    for s in range(<int>found.size()):
        inside = np.zeros(m, bool)
        for i in range(m):
            inside[i] = found[s].inside[i]
        result.append((inside, found[s].need))
    return result


def rank_one(int n, const int64_t[::1] start, const int16_t[::1] node, const double[::1] value,
             int most, int fives, double least=0.03):
    """Violated rank-1 cuts with multiplier ½: Σ ⌊½ visits to S⌋ λ ≤ ⌊½ |S|⌋, |S| = 3 or 5.

    Parameters
    ----------
    n : int
        Clients, numbered from 1.
    start, node : int64 array, shape (routes + 1,), and int16 array
        The routes' clients one after the other.
    value : double array, shape (routes,)
        Value of every route in the relaxation.
    most, fives : int
        How many cuts of three and of five clients at most.
    least : float
        Violation from which a cut is one.

    Returns
    -------
    list of (float, list of int, bool array over nodes)
        Violation, clients, and the nodes where the cut must remember for this violation.
    """
    cdef int routes = value.shape[0], r
    if start.shape[0] != routes + 1 or (routes and start[routes] != node.shape[0]):
        raise ValueError("routes and values differ in length")
    for r in range(node.shape[0]):
        if not 0 < node[r] <= n:
            raise ValueError(f"client {node[r]} of a route does not exist")
    if routes == 0:
        return []
    cdef RankOne* core = new RankOne(n, &start[0], &node[0], &value[0], routes)
    cdef vector[RankOne.Set] triples, larger
    cdef vector[uint8_t] keep
    result = []
    try:
        with nogil:
            triples = core.triples(least)
            if fives:
                larger = core.fives(triples, 4 * fives, least)
        for r in range(min(most, <int>triples.size())):
            keep = core.memory(triples[r].clients)
            result.append((triples[r].violation, list(triples[r].clients), _flags(keep)))
        for r in range(min(fives, <int>larger.size())):
            keep = core.memory(larger[r].clients)
            result.append((larger[r].violation, list(larger[r].clients), _flags(keep)))
    finally:
        del core
    return result


cdef _flags(const vector[uint8_t]& keep):
    flags = np.zeros(keep.size(), bool)
    cdef int i
    for i in range(<int>keep.size()):
        flags[i] = keep[i]
    return flags
