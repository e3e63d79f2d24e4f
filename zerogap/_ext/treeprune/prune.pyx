# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Pruning of search trees: exact, in microseconds for the trees of an LLM's search."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "treeprune/tree.hpp" namespace "zg::treeprune" nogil:
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

cdef extern from "treeprune/live.hpp" namespace "zg::treeprune" nogil:
    cdef cppclass Solver:
        Tree tree
        double best, bound
        vector[uint8_t] kept
        cbool finished
        int remaining
        int start(const Problem&)
        cbool run(double, long long)
        void inject(const vector[int]&)
        long long nodes()
        long long passes()
        void mask(const Problem&, uint8_t*)
    cdef cppclass Live:
        vector[int32_t] order, parent
        vector[uint8_t] alive, finished
        vector[double] reward, tokens
        Solver solver
        int mode
        cbool share_reward
        int add(int, const int32_t*, const double*, const double*, const int32_t*, int32_t*)
        int prune(const Problem&, double, cbool)
        cbool is_leaf(int)
        size_t bytes()
    cdef cppclass Batch:
        int fault, where
        long long tree
        cbool infeasible
        void run(const Problem&, long long, const int64_t*, const double*, const double*,
                 const double*, int, uint8_t*)
    Solver& workspace()


FAULTS = (
    "",
    "parent: the tree is empty, expected at least one node",
    "parent: element {} is out of range",
    "parent: node {} lies on a cycle",
    "parent: node {} is a second root; say forest=True for several",
    "reward: element {} is no number from -1e12 to 1e12",
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


cdef int _settle(Problem* p, double lambda_b, double lambda_d, budget, int low, high,
                 bint forest, bint every_tree) except -1:
    """Scalar settings; None means no limit."""
    p.lambda_b = lambda_b
    p.lambda_d = lambda_d
    p.budget = INF if budget is None else budget
    p.low = low
    if high is not None:
        p.high = high
    p.forest = forest
    p.every_tree = every_tree
    return 0


cdef class TreeSearch:
    """Reductions, then branch and bound with Lagrangian bounds; exact for every variant.

    Parameters
    ----------
    parent, cluster : ndarray of int32
    reward, tokens : ndarray of float64
    lambda_b, lambda_d : float
    budget : float, optional
    low, high : int
        Limits on the number of leaves; high None for none.
    mandatory, caps : ndarray of int32, optional
    coverage : ndarray of float64, optional
    forest, every_tree : bool

    Raises
    ------
    ValueError
        "field: what is wrong", as all entry points of this module do.
    """

    cdef Arrays arrays
    cdef Solver solver
    cdef readonly double seconds

    def __init__(self, parent, reward, tokens, cluster=None, double lambda_b=1.0,
                 double lambda_d=0.0, *, budget=None, int low=1, high=None, mandatory=None,
                 caps=None, coverage=None, bint forest=False, bint every_tree=False):
        cdef int fault
        self.arrays = Arrays()
        self.arrays.load(parent, reward, tokens, cluster)
        self.arrays.sides(mandatory, caps, coverage)
        cdef Problem* p = &self.arrays.problem
        _settle(p, lambda_b, lambda_d, budget, low, high, forest, every_tree)
        cdef double begun = now()
        with nogil:
            fault = self.solver.start(p[0])
        if fault:
            _raise(fault, self.solver.tree.where)
        self.seconds = now() - begun

    def run(self, double seconds=INF, long long iterations=-1):
        """Search at most so long or so many nodes; False when the search is exhausted."""
        cdef double begun = now()
        cdef bint more
        with nogil:
            more = self.solver.run(seconds, iterations)
        self.seconds += now() - begun
        return more

    def best(self):
        """Indices of the kept leaves (int32, ascending), None without a solution."""
        cdef int i
        if self.solver.kept.empty():
            return None
        mask = np.zeros(self.arrays.problem.n, dtype=np.bool_)
        cdef uint8_t[::1] marks = mask.view(np.uint8)
        for i in range(self.solver.tree.m):
            if self.solver.kept[i]:
                marks[self.solver.tree.leaf[i]] = 1
        return np.flatnonzero(mask).astype(np.int32)

    def inject(self, const int32_t[::1] keep):
        """Hand in a set of leaves; taken if it is feasible and better."""
        cdef vector[int] nodes
        cdef int j, leaf, node
        for j in range(keep.shape[0]):
            leaf = keep[j]
            node = self.solver.tree.node_of(leaf) if 0 <= leaf < self.arrays.problem.n else -1
            if node < 0 or self.solver.tree.leaf[node] != leaf:
                raise ValueError(f"keep: node {leaf} is no leaf of the tree")
            nodes.push_back(node)
        self.solver.inject(nodes)

    @property
    def objective(self):
        """Objective of the best set, None without one."""
        return None if self.solver.kept.empty() else self.solver.best

    @property
    def bound(self):
        """Proven upper bound; −inf when exhausted without a solution."""
        return self.solver.bound

    @property
    def finished(self):
        """Whether the search is exhausted."""
        return self.solver.finished

    @property
    def remaining(self):
        """Nodes that the reductions could not decide."""
        return self.solver.remaining

    @property
    def iterations(self):
        """Nodes of the branch and bound."""
        return self.solver.nodes()

    @property
    def passes(self):
        """Passes of the tree DP."""
        return self.solver.passes()


def prune(parent, reward, tokens, cluster=None, double lambda_b=1.0, double lambda_d=0.0, *,
          budget=None, int low=1, high=None, mandatory=None, caps=None, coverage=None,
          bint forest=False, bint every_tree=False, double seconds=INF):
    """The nodes to retain, in one call; releases the GIL.

    Parameters are those of `TreeSearch`; arrays of the right type are not copied. The result is
    proven optimal unless `seconds` ran out.

    Returns
    -------
    ndarray of bool, shape (nodes,)
        True for kept leaves and everything above them.

    Raises
    ------
    ValueError
        For bad input, or "infeasible: …".
    """
    cdef Arrays arrays = Arrays()
    cdef Solver* solver
    cdef uint8_t[::1] marks
    cdef Problem* p = &arrays.problem
    cdef int fault, where
    cdef bint found = False
    arrays.load(parent, reward, tokens, cluster)
    if mandatory is not None or caps is not None or coverage is not None:
        arrays.sides(mandatory, caps, coverage)
    _settle(p, lambda_b, lambda_d, budget, low, high, forest, every_tree)
    mask = np.empty(p.n, dtype=np.bool_)
    marks = mask.view(np.uint8)
    cdef bint large = p.n > 1 << 16
    with nogil:
        # What one thread leaves behind for its next call is small; a large tree pays for its own.
        solver = new Solver() if large else &workspace()
        fault = solver.start(p[0])
        where = solver.tree.where
        if fault == 0:
            solver.run(seconds, -1)
            found = not solver.kept.empty()
            if found:
                solver.mask(p[0], &marks[0])
        if large:
            del solver
    if fault:
        _raise(fault, where)
    if not found:
        raise ValueError("infeasible: no set of leaves satisfies all side conditions")
    return mask


def prune_batch(const int64_t[::1] first, parent, reward, tokens, cluster=None, lambda_b=1.0,
                lambda_d=0.0, *, budget=None, int low=1, high=None, bint forest=False,
                bint every_tree=False, int threads=1):
    """Prune many trees, each by itself.

    Parameters
    ----------
    first : ndarray of int64, shape (trees + 1,)
        Tree i has the nodes ``first[i] … first[i + 1] − 1``; its parents count from ``first[i]``.
    parent, cluster : ndarray of int32
    reward, tokens : ndarray of float64
    lambda_b, lambda_d, budget : float or array_like of float, shape (trees,)
    low, high, forest, every_tree
        As for `prune`, the same for all trees.
    threads : int

    Returns
    -------
    ndarray of bool, shape (nodes,)
        The masks of the trees one after the other; the same for any number of threads.
    """
    cdef Arrays arrays = Arrays()
    cdef Batch batch
    cdef Py_ssize_t trees = first.shape[0] - 1, i
    arrays.load(parent, reward, tokens, cluster)
    cdef Problem* p = &arrays.problem
    if trees < 0 or first[0] != 0 or first[trees] != p.n:
        raise ValueError(f"first: expected 0 at the front and {p.n} at the end")
    for i in range(trees):
        if first[i + 1] < first[i]:
            raise ValueError(f"first: element {i + 1} is smaller than the one before")
    if threads < 1:
        raise ValueError(f"threads: {threads}, expected 1 or more")
    _settle(p, 1.0, 0.0, None, low, high, forest, every_tree)
    wide = [np.ascontiguousarray(np.broadcast_to(np.asarray(v, dtype=np.float64), (trees,)))
            for v in (lambda_b, lambda_d, INF if budget is None else budget)]
    cdef const double[::1] b = wide[0], d = wide[1], limit = wide[2]
    mask = np.zeros(p.n, dtype=np.bool_)
    cdef uint8_t[::1] marks = mask.view(np.uint8)
    if trees == 0:
        return mask
    if p.n == 0:
        _raise(1, 0)
    with nogil:
        batch.run(p[0], trees, &first[0], &b[0], &d[0], &limit[0], threads, &marks[0])
    if batch.tree >= 0:
        if batch.infeasible:
            raise ValueError(f"infeasible: no set of leaves is feasible in tree {batch.tree}")
        raise ValueError(f"tree {batch.tree}: " + FAULTS[batch.fault].format(batch.where))
    return mask


cdef class Pruner:
    """The tree of a running search: extended and pruned step after step.

    Nodes are slots, small integers that `add` gives out; slots of pruned nodes are used again, so
    that memory follows the live tree. Not safe to share between threads without a lock; different
    objects are independent.

    Parameters
    ----------
    lambda_b, lambda_d : float
    cost : {"raw", "unit", "share"}
        What a node costs: its tokens, 1 / live nodes (the published code), or its share of all
        live tokens.
    rewards : {"raw", "share"}
        Rewards as given, or divided by their sum over the live leaves.
    budget : float, optional
        In the unit of `cost`.
    low, high : int, optional
        Limits on the number of kept leaves.
    forest, every_tree : bool
        Whether several roots are allowed, and each needs a kept leaf.

    Examples
    --------
    >>> import numpy as np
    >>> pruner = Pruner(lambda_b=1.0, lambda_d=0.0)
    >>> root = pruner.add([-1], tokens=[1.0], reward=[0.0])
    >>> leaves = pruner.add(np.repeat(root, 2), tokens=[1.0, 1.0], reward=[3.0, 0.5])
    >>> pruner.prune()
    array([ True,  True, False])
    """

    cdef Live live
    cdef Problem problem
    cdef readonly double seconds
    cdef readonly long long steps

    def __init__(self, double lambda_b=1.0, double lambda_d=0.0, *, cost="raw", rewards="raw",
                 budget=None, int low=1, high=None, bint forest=False, bint every_tree=False):
        modes = {"raw": 0, "unit": 1, "share": 2}
        if cost not in modes or rewards not in ("raw", "share"):
            raise ValueError("cost: expected raw, unit or share; rewards: raw or share")
        _settle(&self.problem, lambda_b, lambda_d, budget, low, high, forest, every_tree)
        self.live.mode = modes[cost]
        self.live.share_reward = rewards == "share"

    def add(self, parent, tokens, reward, cluster=None):
        """Append nodes below live ones and return their slots (int32).

        Parameters
        ----------
        parent : array_like of int32
            Slot of the parent, −1 for a root; parents must be there before the call.
        tokens, reward : array_like of float64
        cluster : array_like of int32, optional
            −1 for none.
        """
        cdef const int32_t[::1] above = np.ascontiguousarray(parent, dtype=np.int32)
        cdef const double[::1] cost = np.ascontiguousarray(tokens, dtype=np.float64)
        cdef const double[::1] worth = np.ascontiguousarray(reward, dtype=np.float64)
        cdef const int32_t[::1] group = None
        cdef Py_ssize_t n = above.shape[0]
        cdef const int32_t* groups = NULL
        cdef int bad
        if cost.shape[0] != n or worth.shape[0] != n:
            raise ValueError("tokens, reward: expected as many elements as parent has")
        if cluster is not None:
            group = np.ascontiguousarray(cluster, dtype=np.int32)
            if group.shape[0] != n:
                raise ValueError("cluster: expected as many elements as parent has")
        out = np.empty(n, dtype=np.int32)
        if n == 0:
            return out
        cdef int32_t[::1] slots = out
        if cluster is not None:
            groups = &group[0]
        bad = self.live.add(<int>n, &above[0], &cost[0], &worth[0], groups, &slots[0])
        if bad >= 0:
            raise ValueError(
                f"node {bad}: parent {above[bad]} is not alive, or tokens {cost[bad]} or reward "
                f"{worth[bad]} is out of range"
            )
        return out

    cdef int _alive(self, int slot) except -1:
        if not 0 <= slot < <int>self.live.alive.size() or not self.live.alive[slot]:
            raise ValueError(f"slot {slot} is not alive")
        return 0

    def score(self, slots, reward):
        """Set the rewards of live leaves."""
        cdef const int32_t[::1] which = np.ascontiguousarray(slots, dtype=np.int32)
        cdef const double[::1] worth = np.ascontiguousarray(reward, dtype=np.float64)
        cdef Py_ssize_t i
        if which.shape[0] != worth.shape[0]:
            raise ValueError("reward: expected as many elements as slots has")
        for i in range(which.shape[0]):
            self._alive(which[i])
            if not (0 if self.live.share_reward else -1e12) <= worth[i] <= 1e12:
                raise ValueError(f"reward: element {i} is {worth[i]}, expected -1e12 to 1e12 "
                                 "(from 0 where rewards are shares)")
        for i in range(which.shape[0]):
            self.live.reward[which[i]] = worth[i]

    def finish(self, slots):
        """Mark leaves as finished trajectories: they stay, whatever they cost."""
        for slot in slots:
            self._alive(slot)
            if not self.live.is_leaf(slot):
                raise ValueError(f"slot {slot} is no leaf")
        for slot in slots:
            self.live.finished[<int>slot] = 1

    def prune(self, double seconds=INF):
        """Choose what to retain and forget the rest.

        Returns
        -------
        ndarray of bool, shape (slots,)
            True for the slots that stay alive; the others are free for new nodes.

        Raises
        ------
        ValueError
            If the tree is empty or nothing is feasible; the tree then stays as it was.
        """
        cdef int fault
        cdef double begun = now()
        with nogil:
            fault = self.live.prune(self.problem, seconds, True)
        self.seconds += now() - begun
        self.steps += 1
        if fault:
            _raise(fault, self.live.solver.tree.where)
        if self.live.solver.kept.empty():
            raise ValueError("infeasible: no set of leaves satisfies all side conditions")
        return self.mask()

    def mask(self):
        """True for the live slots."""
        cdef Py_ssize_t n = self.live.alive.size(), i
        mask = np.empty(n, dtype=np.bool_)
        cdef uint8_t[::1] marks = mask.view(np.uint8)
        for i in range(n):
            marks[i] = self.live.alive[i]
        return mask

    def leaves(self):
        """Slots of the live leaves, in the order in which they were added."""
        cdef Py_ssize_t i
        inner = np.zeros(self.live.alive.size() + 1, dtype=np.bool_)
        cdef uint8_t[::1] has = inner.view(np.uint8)
        for i in range(<Py_ssize_t>self.live.order.size()):
            has[self.live.parent[self.live.order[i]]
                if self.live.parent[self.live.order[i]] >= 0 else self.live.alive.size()] = 1
        return np.array([slot for slot in self.live.order if not inner[slot]], dtype=np.int32)

    @property
    def nodes(self):
        """Number of live nodes."""
        return self.live.order.size()

    @property
    def tokens(self):
        """Sum of the tokens of the live nodes."""
        return sum(self.live.tokens[slot] for slot in self.live.order)

    @property
    def objective(self):
        """Objective of the last step."""
        return self.live.solver.best

    @property
    def bound(self):
        """Proven bound of the last step."""
        return self.live.solver.bound

    @property
    def bytes(self):
        """Bytes that the tree's own arrays take."""
        return self.live.bytes()
