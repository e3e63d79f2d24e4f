# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Local scores of categorical data, by counting."""

import numpy as np

from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now

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
        double cost(int j, Partition& source, int i)

    cdef cppclass CCountedSets "zg::dag::CountedSets":
        vector[uint64_t] sets
        vector[double] costs
        cbool complete
        double missing
        int64_t evaluated
        void enumerate(const Counted& c, int child, const vector[int]& candidates,
                       const vector[int]& required, int most_parents, int64_t budget,
                       double seconds, cbool every)


cdef extern from "dag/climb.hpp" namespace "zg::dag" nogil:
    cdef cppclass CClimb "zg::dag::Climb":
        vector[vector[int]] best_parents
        double best
        int64_t iterations, moves, evaluations
        void init(const Counted& c, const uint8_t* allowed, const uint8_t* required,
                  const uint8_t* before, int most_parents, uint64_t seed)
        void run(double seconds, int64_t count)
        cbool rested()


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


cdef class GraphClimb:
    """Greedy search over graphs: single edges added, removed or turned round.

    Parameters
    ----------
    score : CountedScore
    allowed, required, before : ndarray of bool, shape (d, d)
        Edges i, j that may and that must be there; transitively closed precedences, the required
        edges among them.
    most_parents : int
    seed : int
    """

    cdef CClimb climb
    cdef readonly CountedScore score
    cdef readonly double seconds

    def __init__(self, CountedScore score, allowed, required, before, int most_parents, seed=0):
        d = score.variables
        arrays = [np.ascontiguousarray(a, dtype=np.uint8) for a in (allowed, required, before)]
        if any(a.shape != (d, d) for a in arrays):
            raise ValueError(f"expected matrices of {d} rows and columns")
        if (arrays[1] > arrays[2]).any():
            raise ValueError("a required edge is no precedence")
        cdef const uint8_t[:, ::1] may = arrays[0]
        cdef const uint8_t[:, ::1] must = arrays[1]
        cdef const uint8_t[:, ::1] rules = arrays[2]
        cdef uint64_t number = int(seed) & 0xFFFFFFFFFFFFFFFF
        self.score = score
        with nogil:
            self.climb.init(score.data, &may[0, 0], &must[0, 0], &rules[0, 0], most_parents, number)

    def run(self, double seconds=INFINITY, int64_t iterations=-1):
        """Work for at most so long; an iteration is a disturbance and the climb after it.

        First candidates are widened instead of disturbances. With 0 iterations the climb that was
        begun is ended.
        """
        cdef double begun = now()
        if iterations < 0 and not isfinite(seconds):
            raise ValueError("run needs a limit")
        with nogil:
            self.climb.run(seconds, iterations)
        self.seconds += now() - begun
        return self.score.variables > 1

    def best(self):
        """Parents of every variable in the best graph; empty before the first climb has ended."""
        return [list(p) for p in self.climb.best_parents]

    @property
    def objective(self):
        """Cost of the best graph, None before the first climb has ended."""
        return self.climb.best if isfinite(self.climb.best) else None

    @property
    def rested(self):
        """Whether the last iteration has come to its end; else a run of 0 iterations goes on."""
        return bool(self.climb.rested())

    @property
    def iterations(self):
        """Disturbances and widenings of the candidates so far."""
        return self.climb.iterations

    @property
    def moves(self):
        """Changes of single edges so far."""
        return self.climb.moves

    @property
    def evaluations(self):
        """Local scores computed."""
        return self.climb.evaluations
