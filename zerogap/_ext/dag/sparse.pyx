# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Parent sets and searches for scores that choose among the predecessors."""

import numpy as np

from libc.math cimport INFINITY, isfinite
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now

LOSSES = ("ls", "gauss", "logistic")


cdef extern from "dag/local.hpp" namespace "zg::dag" nogil:
    cdef enum Loss "zg::dag::Loss":
        LEAST_SQUARES "zg::dag::LEAST_SQUARES"
        GAUSS "zg::dag::GAUSS"
        LOGISTIC "zg::dag::LOGISTIC"

    cdef cppclass Bits:
        Bits()
        void flip(int i)

    cdef cppclass Problem:
        int d, n, most_parents
        Loss loss
        double edge, lasso
        vector[double] S, columns
        vector[vector[int]] candidates, required
        vector[int] slot

    cdef cppclass LocalScore:
        int64_t solved
        double cost(int j, const Bits& available)
        void parents(int j, const Bits& available, vector[int]& out)

    cdef cppclass CList "zg::dag::ListScore::List":
        vector[double] cost
        vector[Bits] sets

    cdef cppclass ListScore(LocalScore):
        vector[CList] lists
        const Problem* problem
        int words
        ListScore()
        void index()

    cdef cppclass FitScore(LocalScore):
        FitScore(const Problem& p)
        double coefficients(int j, const vector[int]& on, double* w)


cdef extern from "dag/parents.hpp" namespace "zg::dag" nogil:
    cdef cppclass CParentSets "zg::dag::ParentSets":
        vector[uint64_t] sets
        vector[double] costs
        cbool complete
        double missing
        int64_t evaluated
        void enumerate(const Problem& p, int j, int64_t budget)


cdef extern from "dag/walk.hpp" namespace "zg::dag" nogil:
    cdef cppclass OrderWalk:
        vector[int] order, place, best_order
        double best
        int64_t iterations, moves
        void init(const Problem& p, LocalScore& s, const uint8_t* before, const int* start,
                  uint64_t seed)
        void inject(const int* start)
        void run(double seconds, int64_t count)


cdef extern from "dag/subsets.hpp" namespace "zg::dag" nogil:
    cdef cppclass CProgram "zg::dag::SubsetProgram":
        double value
        vector[int] order
        vector[vector[int]] parents
        cbool done
        int64_t steps
        void init(const Problem& p, LocalScore* s, const uint8_t* before)
        cbool run(double seconds)


cdef class LocalProblem:
    """Local scores of an instance: what every variable costs with given parents.

    Parameters
    ----------
    covariance : ndarray, shape (d, d)
    observations : int
    loss : {"ls", "gauss", "logistic"}
    edge, lasso : float
        Cost of an edge; weight of absolute coefficients.
    allowed : ndarray of bool, shape (d, d)
        Edges that may be chosen; required ones need not be among them.
    required : ndarray of bool, shape (d, d)
    most_parents : int
    data : ndarray, shape (n, d), optional
        Rows, for the logistic loss.
    """

    cdef Problem problem
    cdef FitScore* fits
    cdef readonly int variables
    cdef readonly str loss

    def __cinit__(self):
        self.fits = NULL

    def __init__(self, covariance, int observations, str loss, double edge, double lasso, allowed,
                 required, int most_parents, data=None):
        S = np.ascontiguousarray(covariance, dtype=np.float64)
        cdef int d = len(S), j
        cdef object A = np.asarray(allowed, dtype=bool), R = np.asarray(required, dtype=bool)
        if S.shape != (d, d) or A.shape != (d, d) or R.shape != (d, d):
            raise ValueError("expected square matrices of the same size")
        if loss == "logistic" and data is None:
            raise ValueError("the logistic loss needs the rows")
        self.variables = d
        self.loss = loss
        self.problem.d = d
        self.problem.n = observations
        if loss == "ls":
            self.problem.loss = LEAST_SQUARES
        elif loss == "gauss":
            self.problem.loss = GAUSS
        elif loss == "logistic":
            self.problem.loss = LOGISTIC
        else:
            raise ValueError(f"loss is {loss!r}, expected one of {LOSSES}")
        self.problem.edge = edge
        self.problem.lasso = lasso
        self.problem.most_parents = most_parents
        self.problem.S = S.reshape(-1)
        if loss == "logistic":
            self.problem.columns = np.ascontiguousarray(np.asarray(data, np.float64).T).reshape(-1)
        A = A & ~R & ~np.eye(d, dtype=bool)
        candidates = [np.flatnonzero(A[:, j]) for j in range(d)]
        if max(map(len, candidates)) > 255:
            raise ValueError("a variable has more than 255 candidate parents")
        self.problem.candidates = candidates
        self.problem.required = [np.flatnonzero(R[:, j]) for j in range(d)]
        slot = np.full((d, d), -1, dtype=np.int32)
        for j in range(d):
            slot[j, candidates[j]] = np.arange(len(candidates[j]))
        self.problem.slot = slot.reshape(-1)
        del self.fits
        self.fits = new FitScore(self.problem)

    def __dealloc__(self):
        del self.fits

    def fit(self, int j, parents):
        """(loss plus lasso, coefficients) of variable j on the given parents."""
        if not 0 <= j < self.variables or any(not 0 <= i < self.variables for i in parents):
            raise IndexError(j)
        weights = np.zeros(max(1, len(parents)))
        cdef double[::1] w = weights
        cdef vector[int] on = parents
        value = self.fits.coefficients(j, on, &w[0])
        return value, weights[: len(parents)]

    def costs(self, int j, masks):
        """Loss plus lasso of variable j on many sets of parents.

        Parameters
        ----------
        j : int
        masks : ndarray of uint8, shape (sets, bytes)
            Bit i of byte b stands for variable 8 b + i, as ``numpy.packbits`` with
            ``bitorder="little"`` makes them.

        Returns
        -------
        ndarray of float64, shape (sets,)
        """
        cdef const uint8_t[:, ::1] bits = np.ascontiguousarray(masks, dtype=np.uint8)
        out = np.empty(bits.shape[0])
        weights = np.empty(max(1, self.variables))
        cdef double[::1] value = out
        cdef double[::1] w = weights
        cdef vector[int] on
        cdef Py_ssize_t k, b
        cdef int i, d = self.variables
        if not 0 <= j < d:
            raise IndexError(j)
        for k in range(bits.shape[0]):
            on.clear()
            for b in range(bits.shape[1]):
                for i in range(8):
                    if (bits[k, b] >> i) & 1 and 8 * b + i < d:
                        on.push_back(<int>(8 * b + i))
            value[k] = self.fits.coefficients(j, on, &w[0])
        return out

    def candidates(self, int j):
        """Candidate parents of j, in the numbering of its parent sets."""
        return np.array(self.problem.candidates[j], dtype=np.int32)

    def parent_sets(self, int j, int64_t budget=2_000_000):
        """Parent sets of j that can be part of an optimal graph, cheapest first.

        Parameters
        ----------
        j : int
        budget : int
            How many sets may be evaluated.

        Returns
        -------
        costs : ndarray of float64
        sets : list of tuple of int
            Parents (variables), required ones included.
        complete : bool
            Whether no useful set is missing.
        missing : float
            Every set missing costs at least this.
        """
        if self.loss == "logistic" or self.problem.lasso > 0:
            raise ValueError("parent sets are enumerated for the losses ls and gauss without l1")
        cdef CParentSets found
        with nogil:
            found.enumerate(self.problem, j, budget)
        candidates = self.candidates(j).tolist()
        always = list(self.problem.required[j])
        sets = []
        cdef uint64_t key
        cdef size_t k
        for k in range(found.sets.size()):
            key = found.sets[k]
            members = list(always)
            while key:
                members.append(candidates[(key & 255) - 1])
                key >>= 8
            sets.append(tuple(sorted(members)))
        return np.array(found.costs), sets, bool(found.complete), float(found.missing)


cdef class ParentLists:
    """Parent sets of all variables as a local score.

    Parameters
    ----------
    problem : LocalProblem
    lists : sequence of (costs, sets)
        For every variable, cheapest first.
    """

    cdef ListScore score
    cdef readonly LocalProblem problem

    def __init__(self, LocalProblem problem, lists):
        cdef int d = problem.variables, j
        cdef Bits empty
        cdef CList fresh
        self.problem = problem
        self.score.problem = &problem.problem
        self.score.lists.assign(d, fresh)
        most = max(len(problem.candidates(j)) for j in range(d))
        self.score.words = max(1, (most + 63) // 64)
        for j in range(d):
            costs, sets = lists[j][0], lists[j][1]
            number = {int(v): k for k, v in enumerate(problem.candidates(j))}
            for cost, members in zip(costs, sets):
                self.score.lists[j].cost.push_back(cost)
                self.score.lists[j].sets.push_back(empty)
                for i in members:
                    if i in number:
                        self.score.lists[j].sets.back().flip(number[i])
        self.score.index()


cdef class ParentSearch:
    """Iterated local search over orders for any local score.

    Parameters
    ----------
    problem : LocalProblem
    start : ndarray of int32
    seed : int
    before : ndarray of bool, optional
        Transitively closed precedences.
    lists : ParentLists, optional
        Choose among these sets; without them all allowed predecessors are parents.
    """

    cdef OrderWalk walk
    cdef LocalScore* score
    cdef FitScore* fits
    cdef object rules
    cdef readonly LocalProblem problem
    cdef readonly ParentLists lists
    cdef readonly double seconds

    def __cinit__(self):
        self.fits = NULL

    def __dealloc__(self):
        del self.fits

    def __init__(self, LocalProblem problem, start, seed=0, before=None, ParentLists lists=None):
        cdef int d = problem.variables
        self.problem = problem
        self.lists = lists
        self.rules = np.zeros((d, d), np.uint8) if before is None else np.ascontiguousarray(
            before, dtype=np.uint8)
        # Fits of its own: they work without the GIL, beside other searches of the same problem.
        del self.fits
        self.fits = new FitScore(problem.problem)
        self.score = <LocalScore*>self.fits if lists is None else <LocalScore*>&lists.score
        cdef const uint8_t[:, ::1] rules = self.rules
        cdef const int[::1] pi = self._order(start)
        cdef uint64_t number = int(seed) & 0xFFFFFFFFFFFFFFFF
        with nogil:
            self.walk.init(problem.problem, self.score[0], &rules[0, 0], &pi[0], number)

    def _order(self, order):
        pi = np.ascontiguousarray(order, dtype=np.int32)
        d = self.problem.variables
        if pi.shape != (d,) or not np.array_equal(np.sort(pi), np.arange(d)):
            raise ValueError("order is no permutation of the variables")
        if self.rules[np.ix_(pi, pi)][np.tril_indices(d)].any():
            raise ValueError("order violates the precedences")
        return pi

    def run(self, double seconds=INFINITY, int64_t iterations=-1):
        """Work for at most so long; an iteration is a disturbance and the descent after it."""
        cdef double begun = now()
        if iterations < 0 and not isfinite(seconds):
            raise ValueError("run needs a limit")
        with nogil:
            self.walk.run(seconds, iterations)
        self.seconds += now() - begun
        return self.problem.variables > 2

    def inject(self, order):
        """Continue from another order."""
        cdef const int[::1] pi = self._order(order)
        self.walk.inject(&pi[0])

    def best(self):
        """(order, parents of every variable) of the best order."""
        cdef Bits open
        cdef vector[int] out
        cdef size_t k
        cdef int j
        order = np.array(self.walk.best_order, dtype=np.int32)
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order))
        parents = []
        for j in range(self.problem.variables):
            open = Bits()
            for k in range(self.problem.problem.candidates[j].size()):
                if place[self.problem.problem.candidates[j][k]] < place[j]:
                    open.flip(<int>k)
            self.score.parents(j, open, out)
            parents.append(list(out))
        return order, parents

    @property
    def objective(self):
        """Score of the best order; None if no order so far has parents for every variable."""
        return self.walk.best if isfinite(self.walk.best) else None

    @property
    def iterations(self):
        """Disturbances so far."""
        return self.walk.iterations

    @property
    def moves(self):
        """Improving insertions so far."""
        return self.walk.moves

    @property
    def evaluations(self):
        """Local scores computed or looked up."""
        return self.score.solved


cdef class SubsetProgram:
    """Exact dynamic programming over sets of at most 26 variables.

    Parameters
    ----------
    problem : LocalProblem
    before : ndarray of bool, optional
    """

    cdef CProgram program
    cdef FitScore* fits
    cdef readonly LocalProblem problem
    cdef readonly double seconds

    def __cinit__(self):
        self.fits = NULL

    def __dealloc__(self):
        del self.fits

    def __init__(self, LocalProblem problem, before=None):
        cdef int d = problem.variables
        if d > 26:
            raise ValueError(f"{d} variables, expected at most 26")
        self.problem = problem
        rules_array = np.zeros((d, d), np.uint8) if before is None else np.ascontiguousarray(
            before, dtype=np.uint8)
        cdef const uint8_t[:, ::1] rules = rules_array
        cdef LocalScore* score = NULL
        if problem.loss == "logistic" or problem.problem.lasso > 0:
            del self.fits
            self.fits = new FitScore(problem.problem)
            score = <LocalScore*>self.fits
        with nogil:
            self.program.init(problem.problem, score, &rules[0, 0])

    def run(self, double seconds=INFINITY, iterations=-1):
        """Work for at most so long; False when the optimum is known."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = self.program.run(seconds)
        self.seconds += now() - begun
        return more

    def best(self):
        """(order, parents of every variable), None before the end or if nothing is feasible."""
        if not self.program.done or not isfinite(self.program.value):
            return None
        order = np.array(self.program.order, dtype=np.int32)
        return order, [list(p) for p in self.program.parents]

    @property
    def objective(self):
        """The optimum, None before the end or if nothing is feasible."""
        done = self.program.done and isfinite(self.program.value)
        return self.program.value if done else None

    @property
    def iterations(self):
        """Sets looked at."""
        return self.program.steps
