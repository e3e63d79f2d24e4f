# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
# distutils: depends = zerogap/_ext/treeprune_tree.hpp zerogap/_ext/treeprune_state.hpp zerogap/_ext/treeprune_side.hpp
"""Pruning of search trees: exact, in microseconds for the trees of an LLM's search."""

import numpy as np

from libc.stdint cimport int32_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from .clock cimport now


cdef extern from "treeprune_tree.hpp" namespace "treeprune" nogil:
    cdef const double INF
    cdef cppclass Problem:
        int n
        const int32_t* parent
        const double* reward
        const double* tokens
        const int32_t* cluster
        double lambda_b, lambda_d, budget
        int low, high
        const int32_t* mandatory
        int mandatories
        const int32_t* caps
        int cap_ids
        const double* coverage
        int weights
        cbool forest, every_tree
    cdef cppclass Tree:
        int m, leaves, clusters, where
        vector[int] leaf, cluster
        int build(const Problem&)
        int node_of(int)

cdef extern from "treeprune_side.hpp" namespace "treeprune" nogil:
    cdef cppclass Side:
        double best, bound
        vector[uint8_t] kept
        long long nodes, passes
        cbool finished
        void start(const Tree&, const Problem&)
        void inject(const vector[int]&)
        cbool run(double, long long)


FAULTS = (
    "",
    "parent: the tree is empty, expected at least one node",
    "parent: element {} is out of range",
    "parent: node {} lies on a cycle",
    "parent: node {} is a second root; say forest=True for several",
    "reward: element {} is no number from 0 to 1e12",
    "tokens: element {} is no number from 0 to 1e12",
    "mandatory: element {} is no leaf of the tree",
    "caps: there is none for cluster {}",
    "coverage: element {} is negative, larger than the one before or no number",
    "lambda_b, lambda_d, budget or the limits on leaves are out of range",
)


cdef class Arrays:
    """The arrays of one problem, held while the kernel looks at them."""

    cdef const int32_t[::1] parent, cluster, mandatory, caps
    cdef const double[::1] reward, tokens, coverage
    cdef Problem problem

    cdef int load(self, parent, reward, tokens, cluster) except -1:
        self.parent = parent
        self.reward = reward
        self.tokens = tokens
        cdef Py_ssize_t n = self.parent.shape[0]
        if n > 1 << 30:
            raise ValueError(f"parent: {n} nodes, expected at most 2^30")
        if self.reward.shape[0] != n or self.tokens.shape[0] != n:
            raise ValueError(
                f"reward, tokens: {self.reward.shape[0]} and {self.tokens.shape[0]} elements, "
                f"expected {n}"
            )
        self.problem.n = <int>n
        if n:
            self.problem.parent = &self.parent[0]
            self.problem.reward = &self.reward[0]
            self.problem.tokens = &self.tokens[0]
        self.problem.cluster = NULL
        if cluster is not None:
            self.cluster = cluster
            if self.cluster.shape[0] != n:
                raise ValueError(f"cluster: {self.cluster.shape[0]} elements, expected {n}")
            if n:
                self.problem.cluster = &self.cluster[0]
        return 0

    cdef int sides(self, mandatory, caps, coverage) except -1:
        if mandatory is not None and len(mandatory):
            self.mandatory = mandatory
            self.problem.mandatory = &self.mandatory[0]
            self.problem.mandatories = <int>self.mandatory.shape[0]
        if caps is not None and len(caps):
            self.caps = caps
            self.problem.caps = &self.caps[0]
            self.problem.cap_ids = <int>self.caps.shape[0]
        if coverage is not None and len(coverage):
            self.coverage = coverage
            self.problem.coverage = &self.coverage[0]
            self.problem.weights = <int>self.coverage.shape[0]
        return 0


cdef _raise(int fault, int where):
    raise ValueError(FAULTS[fault].format(where))


cdef class TreeSearch:
    """Branch and bound over the leaves of a tree, with Lagrangian bounds; exact for every variant.

    Parameters
    ----------
    parent, cluster : ndarray of int32
    reward, tokens : ndarray of float64
    lambda_b, lambda_d : float
    budget : float
        ``inf`` for none.
    low, high : int
        Limits on the number of leaves; high < 0 for none.
    mandatory, caps : ndarray of int32, optional
    coverage : ndarray of float64, optional
    forest, every_tree : bool

    Raises
    ------
    ValueError
        "field: what is wrong", as all entry points of this module do.
    """

    cdef Arrays arrays
    cdef Tree tree
    cdef Side side
    cdef readonly double seconds

    def __init__(self, parent, reward, tokens, cluster=None, double lambda_b=1.0,
                 double lambda_d=0.0, double budget=INF, int low=1, int high=-1, mandatory=None,
                 caps=None, coverage=None, bint forest=False, bint every_tree=False):
        cdef int fault
        self.arrays = Arrays()
        self.arrays.load(parent, reward, tokens, cluster)
        self.arrays.sides(mandatory, caps, coverage)
        cdef Problem* p = &self.arrays.problem
        p.lambda_b = lambda_b
        p.lambda_d = lambda_d
        p.budget = budget
        p.low = low
        if high >= 0:
            p.high = high
        p.forest = forest
        p.every_tree = every_tree
        cdef double begun = now()
        with nogil:
            fault = self.tree.build(p[0])
            if fault == 0:
                self.side.start(self.tree, p[0])
        if fault:
            _raise(fault, self.tree.where)
        self.seconds = now() - begun

    def run(self, double seconds=INF, long long iterations=-1):
        """Search at most so long or so many nodes; False when the search is exhausted."""
        cdef double begun = now()
        cdef bint more
        with nogil:
            more = self.side.run(seconds, iterations)
        self.seconds += now() - begun
        return more

    def best(self):
        """Indices of the kept leaves (int32, ascending), None without a solution."""
        cdef int i, j = 0
        if self.side.kept.empty():
            return None
        mask = np.zeros(self.arrays.problem.n, dtype=np.bool_)
        cdef uint8_t[::1] marks = mask.view(np.uint8)
        for i in range(self.tree.m):
            if self.side.kept[i]:
                marks[self.tree.leaf[i]] = 1
        return np.flatnonzero(mask).astype(np.int32)

    def inject(self, const int32_t[::1] keep):
        """Hand in a set of leaves; taken if it is feasible and better."""
        cdef vector[int] nodes
        cdef int leaf
        for leaf in keep:
            if not 0 <= leaf < self.arrays.problem.n or self.tree.leaf[self.tree.node_of(leaf)] != leaf:
                raise ValueError(f"keep: node {leaf} is no leaf of the tree")
            nodes.push_back(self.tree.node_of(leaf))
        self.side.inject(nodes)

    @property
    def objective(self):
        """Objective of the best set, None without one."""
        return self.side.best if not self.side.kept.empty() else None

    @property
    def bound(self):
        """Proven upper bound; −inf when exhausted without a solution."""
        return self.side.bound

    @property
    def finished(self):
        """Whether the search is exhausted."""
        return self.side.finished

    @property
    def iterations(self):
        """Nodes of the branch and bound."""
        return self.side.nodes

    @property
    def passes(self):
        """Passes of the tree DP."""
        return self.side.passes
