# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Local scores of categorical data, by counting."""

import numpy as np

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

KINDS = ("bdeu", "bic", "aic", "k2", "fnml", "qnml")


cdef extern from "dag/counts.hpp" namespace "zg::dag" nogil:
    cdef enum Kind "zg::dag::Kind":
        pass

    cdef cppclass Counted:
        int d, rows
        int64_t n
        Kind kind
        double ess
        vector[unsigned short] x
        vector[uint32_t] weight
        vector[int] arity
        void prepare()

    cdef cppclass Partition:
        pass

    cdef cppclass Counter:
        Counter(const Counted& c)
        void whole(Partition& p)
        void refine(const Partition& source, int i, Partition& out)
        double cost(int j, const Partition& source, int i)

    cdef cppclass CCountedSets "zg::dag::CountedSets":
        vector[uint64_t] sets
        vector[double] costs
        cbool complete
        double missing
        int64_t evaluated
        void enumerate(const Counted& c, int child, const vector[int]& candidates,
                       const vector[int]& required, int most_parents, int64_t budget,
                       double seconds, cbool every)


cdef class CountedScore:
    """Local scores of categorical data.

    Parameters
    ----------
    codes : ndarray of uint16, shape (rows, d)
        Distinct rows, values from 0.
    weights : ndarray of int64, shape (rows,)
        How often every row stands in the data.
    arities : sequence of int
        Number of values of every variable.
    kind : {"bdeu", "bic", "aic", "k2", "fnml", "qnml"}
    ess : float
        Equivalent sample size of bdeu.
    """

    cdef Counted data
    cdef readonly int variables

    def __init__(self, codes, weights, arities, str kind, double ess=1.0):
        x = np.ascontiguousarray(np.asarray(codes, dtype=np.uint16).T)
        w = np.ascontiguousarray(weights, dtype=np.int64)
        if x.ndim != 2 or w.shape != (x.shape[1],) or len(arities) != len(x):
            raise ValueError("expected codes (rows, d), weights (rows,) and arities (d,)")
        if (x.max(axis=1, initial=0) >= np.asarray(arities)).any() or (w < 1).any():
            raise ValueError("a code is not below its arity, or a weight below 1")
        if w.sum() >= 2**31:
            raise ValueError("2^31 rows or more")
        cdef unsigned short[:, ::1] columns = x
        cdef Py_ssize_t i, j
        self.variables = len(x)
        self.data.d = len(x)
        self.data.rows = x.shape[1]
        self.data.n = int(w.sum())
        self.data.kind = <Kind><int>KINDS.index(kind)
        self.data.ess = ess
        self.data.arity = [int(a) for a in arities]
        self.data.weight.resize(len(w))
        cdef int64_t[::1] weight = w
        for i in range(weight.shape[0]):
            self.data.weight[i] = <uint32_t>weight[i]
        self.data.x.resize(x.size)
        for j in range(columns.shape[0]):
            for i in range(columns.shape[1]):
                self.data.x[j * columns.shape[1] + i] = columns[j, i]
        self.data.prepare()

    def local(self, int j, parents):
        """Log score of variable j with exactly these parents."""
        if not 0 <= j < self.variables or any(not 0 <= i < self.variables for i in parents):
            raise IndexError(j)
        cdef vector[int] chosen = parents
        cdef Counter* counter = new Counter(self.data)
        cdef Partition p, q
        cdef int i
        cdef double value
        with nogil:
            counter.whole(p)
            for i in chosen:
                counter.refine(p, i, q)
                p = q
            value = counter.cost(j, p, -1)
            del counter
        return -value

    def parent_sets(self, int j, candidates, required=(), int most_parents=255,
                    int64_t budget=10_000_000, double seconds=1e9, cbool every=False):
        """Parent sets of j that can be part of an optimal graph, cheapest first.

        Parameters
        ----------
        j : int
        candidates, required : sequence of int
            Variables that may and that must be parents, disjoint.
        most_parents : int
        budget : int
            How many sets may be evaluated.
        seconds : float
            Time for it.
        every : bool
            All sets, also those that a subset beats.

        Returns
        -------
        costs : ndarray of float64
            Negated log scores.
        sets : list of tuple of int
            Parents, required ones included, ascending.
        complete : bool
            Whether no useful set is missing.
        missing : float
            Every set missing costs at least this.
        evaluated : int
        """
        if len(candidates) > 255:
            raise ValueError("a variable has more than 255 candidate parents")
        cdef CCountedSets found
        cdef vector[int] free = candidates
        cdef vector[int] needed = required
        with nogil:
            found.enumerate(self.data, j, free, needed, most_parents, budget, seconds, every)
        named = [int(i) for i in candidates]
        always = [int(i) for i in required]
        sets = []
        cdef uint64_t key
        cdef size_t k
        for k in range(found.sets.size()):
            key = found.sets[k]
            members = list(always)
            while key:
                members.append(named[(key & 255) - 1])
                key >>= 8
            sets.append(tuple(sorted(members)))
        return (np.array(found.costs), sets, bool(found.complete), float(found.missing),
                int(found.evaluated))
