# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Prefix trees of token sequences, and draft trees."""

import numpy as np

from libc.stdint cimport int32_t, int64_t
from libcpp.vector cimport vector


cdef extern from "treeprune/radix.hpp" namespace "zg::treeprune" nogil:
    cdef cppclass Radix:
        vector[int32_t] parent, last
        vector[int64_t] start "from", to
        void build(const int32_t*, const int64_t*, int64_t)

cdef extern from "treeprune/draft.hpp" namespace "zg::treeprune" nogil:
    double grow_tree(int, const int32_t*, const double*, int, double, vector[int]&)
    double c_priced "zg::treeprune::grow_priced"(
        int, const int32_t*, const double*, int, double, const double*, vector[int]&)
    double c_ordered "zg::treeprune::grow_ordered"(
        int, const int32_t*, const int32_t*, const double*, int, double, const double*,
        vector[int]&)


def radix(const int32_t[::1] tokens, const int64_t[::1] offsets):
    """Compressed prefix tree of sequences; releases the GIL.

    Parameters
    ----------
    tokens : ndarray of int32
        Tokens of all sequences, one after the other.
    offsets : ndarray of int64, shape (sequences + 1,)
        Sequence i is ``tokens[offsets[i]:offsets[i + 1]]``.

    Returns
    -------
    parent : ndarray of int32, shape (nodes,)
        −1 at the top; a parent may have a higher number than its child.
    length : ndarray of int64, shape (nodes,)
        Tokens of every node.
    last : ndarray of int32, shape (sequences,)
        Node at whose end a sequence ends, −1 for an empty one.

    Raises
    ------
    ValueError
        If the offsets do not rise from 0 to the number of tokens.
    """
    cdef Radix tree
    cdef int64_t sequences = offsets.shape[0] - 1
    if sequences < 0 or offsets[0] != 0 or offsets[sequences] != tokens.shape[0] or (
            np.diff(offsets) < 0).any():
        raise ValueError("offsets: expected to rise from 0 to the number of tokens")
    cdef const int32_t* first = &tokens[0] if tokens.shape[0] else NULL
    with nogil:
        tree.build(first, &offsets[0], sequences)
    length = np.array(tree.to, dtype=np.int64) - np.array(tree.start, dtype=np.int64)
    return np.array(tree.parent, dtype=np.int32), length, np.array(tree.last, dtype=np.int32)


def grow(const int32_t[::1] parent, const double[::1] probability, int nodes,
         double depth_cost=0.0):
    """Draft tree of at most so many nodes with the greatest expected accepted length.

    The value of a node is the product of the probabilities of acceptance on its path; sought is a
    set closed under parents with the greatest sum of values − `depth_cost` × depth. Exact: values
    fall along paths, so that for every depth the nodes of greatest value are closed.

    Parameters
    ----------
    parent : ndarray of int32
        Parent of every candidate, which comes before it; −1 for the children of the context.
    probability : ndarray of float64
        Of acceptance, given that the parent is accepted; 0 … 1.
    nodes : int
        Most nodes.
    depth_cost : float
        Price of one level (a pass of the draft model), >= 0.

    Returns
    -------
    keep : ndarray of int32
        Nodes of the tree, ascending.
    value : float

    Raises
    ------
    ValueError
        For bad input.
    """
    cdef int n = <int>parent.shape[0], v
    cdef vector[int] chosen
    cdef double value
    if probability.shape[0] != n:
        raise ValueError(f"probability: {probability.shape[0]} elements, expected {n}")
    if nodes < 0 or not depth_cost >= 0:
        raise ValueError("nodes and depth_cost: expected at least 0")
    for v in range(n):
        if not -1 <= parent[v] < v:
            raise ValueError(f"parent: element {v} is {parent[v]}, expected an earlier node or -1")
        if not 0 <= probability[v] <= 1:
            raise ValueError(f"probability: element {v} is {probability[v]}, expected 0 … 1")
    with nogil:
        value = grow_tree(n, &parent[0] if n else NULL, &probability[0] if n else NULL, nodes,
                          depth_cost, chosen)
    return np.array(chosen, dtype=np.int32), value


def grow_priced(const int32_t[::1] depth, const double[::1] value, int size, double depth_cost,
                const double[::1] latency):
    """Best set of at most `size` nodes less `depth_cost` a level and ``latency[nodes]``.

    Values fall from what is needed to what needs it, and the first comes earlier in the arrays.
    Depths count from 1.
    """
    cdef int n = <int>depth.shape[0]
    cdef vector[int] chosen
    cdef double best
    if value.shape[0] != n or latency.shape[0] != size + 1:
        raise ValueError("value, latency: wrong number of elements")
    with nogil:
        best = c_priced(n, &depth[0] if n else NULL, &value[0] if n else NULL, size, depth_cost,
                        &latency[0], chosen)
    return np.array(chosen, dtype=np.int64), best


def grow_ordered(const int32_t[::1] end, const int32_t[::1] depth, const double[::1] value,
                 int size, double depth_cost, const double[::1] latency):
    """As `grow_priced` with values of any kind: nodes in preorder of what they need.

    What needs node v, directly or not, are the nodes up to ``end[v]``.
    """
    cdef int n = <int>depth.shape[0]
    cdef vector[int] chosen
    cdef double best
    if value.shape[0] != n or end.shape[0] != n or latency.shape[0] != size + 1:
        raise ValueError("value, end, latency: wrong number of elements")
    with nogil:
        best = c_ordered(n, &end[0] if n else NULL, &depth[0] if n else NULL,
                         &value[0] if n else NULL, size, depth_cost, &latency[0], chosen)
    return np.array(chosen, dtype=np.int64), best
