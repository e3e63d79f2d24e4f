# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Multi-agent path finding in continuous time: planning with neighbourhood search."""

import numpy as np

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "mapf/world.hpp" namespace "zg::mapf" nogil:
    cdef struct Move:
        int edge
        double t
    cdef cppclass Path:
        vector[Move] moves
        double arrival
    cdef cppclass Graph:
        int n, m, classes
        const double* xy
        const int32_t* first
        const int32_t* tail
        const int32_t* head
        const double* length
        const double* room
        vector[double] radius, speed
        int columns, rows, types
        const int32_t* type
        vector[int32_t] step
        double duration(int, int)
    cdef cppclass Agents:
        int k
        const int32_t* start
        const int32_t* goal
        const int32_t* cls
    cdef cppclass World:
        Graph g
        Agents agents
        cbool makespan
        vector[double] least
        int build()
        double cost(const vector[Path]&)

cdef extern from "mapf/lns.hpp" namespace "zg::mapf" nogil:
    cdef cppclass Planner:
        long long iterations
        double objective
        vector[Path] best
        cbool finished
        void build(World&, uint64_t)
        cbool run(double, long long)
        cbool inject(const vector[Path]&)
        size_t unplanned()


cdef extern from "mapf/cbs.hpp" namespace "zg::mapf" nogil:
    cdef cppclass Tree:
        long long iterations, created
        double bound, cutoff, objective
        vector[Path] best
        cbool finished, infeasible, full
        void build(World&, long long, cbool)
        cbool run(double, long long)
        long long waiting()
        cbool solve_times(vector[Path]&)


cdef class Ground:
    """The arrays of one instance, held while the kernels look at them.

    Parameters
    ----------
    xy : ndarray of float64, shape (vertices, 2)
    edges : ndarray of int32, shape (edges, 2)
        Sorted by tail.
    first : ndarray of int32, shape (vertices + 1,)
    length, room : ndarray of float64, shape (edges,)
    start, goal : ndarray of int32, shape (agents,)
    radius, speed : ndarray of float64, shape (agents,)
    makespan : bool
    moves : array_like of int32, shape (types, 2), optional
        The moves (rows, columns) of a grid of unit cells, if the graph is one.
    rows, columns : int
        Of that grid.
    """

    cdef const double[:, ::1] xy
    cdef const int32_t[::1] first, tail, head, start, goal, cls, kind
    cdef const double[::1] length, room
    cdef World world
    cdef readonly int unreachable

    def __init__(self, xy, edges, first, length, room, start, goal, radius, speed,
                 bint makespan=False, moves=None, int rows=0, int columns=0):
        cdef Graph* g = &self.world.g
        self.xy = xy
        self.first = first
        self.tail = np.ascontiguousarray(edges[:, 0], dtype=np.int32)
        self.head = np.ascontiguousarray(edges[:, 1], dtype=np.int32)
        self.length = length
        self.room = room
        self.start = start
        self.goal = goal
        pairs = np.stack([radius, speed], axis=1)
        classes, which = np.unique(pairs, axis=0, return_inverse=True)
        self.cls = np.ascontiguousarray(which.reshape(-1), dtype=np.int32)
        g.n = <int>self.xy.shape[0]
        g.m = <int>self.tail.shape[0]
        g.classes = len(classes)
        for r, s in classes.tolist():
            g.radius.push_back(r)
            g.speed.push_back(s)
        g.xy = &self.xy[0, 0]
        g.first = &self.first[0]
        if g.m:
            g.tail = &self.tail[0]
            g.head = &self.head[0]
            g.length = &self.length[0]
            g.room = &self.room[0]
        if moves is not None:
            self._lattice(np.asarray(moves, dtype=np.int32), rows, columns)
        self.world.agents.k = <int>self.start.shape[0]
        self.world.agents.start = &self.start[0]
        self.world.agents.goal = &self.goal[0]
        self.world.agents.cls = &self.cls[0]
        self.world.makespan = makespan
        cdef int bad
        with nogil:
            bad = self.world.build()
        self.unreachable = bad

    cdef _lattice(self, moves, int rows, int columns):
        cdef Graph* g = &self.world.g
        tail, head = np.asarray(self.tail), np.asarray(self.head)
        step = np.stack([head // columns - tail // columns, head % columns - tail % columns], 1)
        kind = np.zeros(len(tail), dtype=np.int32)
        for t, (i, j) in enumerate(moves.tolist(), start=1):
            kind[(step[:, 0] == i) & (step[:, 1] == j)] = t
        if not kind.all() or rows * columns != g.n:
            raise ValueError("moves: an edge is none of the moves of the grid")
        self.kind = kind
        g.columns, g.rows, g.types = columns, rows, len(moves) + 1
        for value in [0, 0] + moves.reshape(-1).tolist():
            g.step.push_back(value)
        if g.m:
            g.type = &self.kind[0]

    @property
    def least(self):
        """Travel times of the agents alone; their sum (or largest) bounds the objective."""
        return np.array([self.world.least[i] for i in range(self.world.agents.k)])

    cdef export(self, const vector[Path]& paths):
        """Arrays first, time, vertex of paths."""
        cdef Graph* g = &self.world.g
        cdef Py_ssize_t i, j
        cdef double t
        cdef int v
        cdef Move m
        first, time, vertex = [0], [], []
        for i in range(<Py_ssize_t>paths.size()):
            t, v = 0.0, self.start[i]
            time.append(t)
            vertex.append(v)
            for j in range(<Py_ssize_t>paths[i].moves.size()):
                m = paths[i].moves[j]
                if m.t > t:
                    time.append(m.t)
                    vertex.append(v)
                    t = m.t
                t = t + g.duration(m.edge, self.cls[i])
                v = g.head[m.edge]
                time.append(t)
                vertex.append(v)
            first.append(len(time))
        return (np.array(first, dtype=np.int64), np.array(time, dtype=np.float64),
                np.array(vertex, dtype=np.int32))

    cdef vector[Path] take(self, first, time, vertex) except *:
        """Paths from such arrays; waits are what lies between the moves."""
        cdef Graph* g = &self.world.g
        cdef const long long[::1] begin = np.ascontiguousarray(first, dtype=np.int64)
        cdef const double[::1] at = np.ascontiguousarray(time, dtype=np.float64)
        cdef const int32_t[::1] where = np.ascontiguousarray(vertex, dtype=np.int32)
        cdef vector[Path] paths
        cdef Py_ssize_t i, j
        cdef int e
        cdef double t
        cdef Move m
        if begin.shape[0] != self.world.agents.k + 1:
            raise ValueError("first: expected one path an agent")
        paths.resize(self.world.agents.k)
        for i in range(self.world.agents.k):
            t = 0
            for j in range(begin[i], begin[i + 1] - 1):
                if where[j] == where[j + 1]:
                    t = t + (at[j + 1] - at[j])
                    continue
                e = g.first[where[j]]
                while e < g.first[where[j] + 1] and g.head[e] != where[j + 1]:
                    e = e + 1
                if e == g.first[where[j] + 1]:
                    raise ValueError(f"vertex: {where[j]} to {where[j + 1]} is no edge")
                m.edge, m.t = e, t
                paths[i].moves.push_back(m)
                t = t + g.duration(e, self.cls[i])
                paths[i].arrival = t
        return paths


cdef class PathSearch:
    """Prioritised planning with ejections, then large neighbourhood search.

    Parameters
    ----------
    ground : Ground
        Of its own: kernels that run at the same time may not share one.
    seed : int
    """

    cdef Planner planner
    cdef Ground ground
    cdef readonly double seconds

    def __init__(self, Ground ground not None, uint64_t seed=0):
        if ground.unreachable >= 0:
            raise ValueError(f"agent {ground.unreachable} cannot reach its goal")
        self.ground = ground
        with nogil:
            self.planner.build(self.ground.world, seed)

    def run(self, double seconds=INFINITY, long long iterations=-1):
        """Work for at most so long; False when every agent arrives as early as it could alone."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = self.planner.run(seconds, iterations)
        self.seconds += now() - begun
        return more

    def best(self):
        """Arrays first, time, vertex of the best solution; None if there is none."""
        if self.objective is None:
            return None
        return self.ground.export(self.planner.best)

    def inject(self, first, time, vertex):
        """Go on from a better solution of somebody else."""
        cdef vector[Path] paths = self.ground.take(first, time, vertex)
        return self.planner.inject(paths)

    @property
    def objective(self):
        """Of the best solution, None if there is none."""
        return None if self.planner.objective == INFINITY else self.planner.objective

    @property
    def finished(self):
        """Whether nothing can be better."""
        return self.planner.finished

    @property
    def iterations(self):
        """Agents planned and neighbourhoods tried."""
        return self.planner.iterations

    @property
    def unplanned(self):
        """Agents that have no path yet in the solution under construction."""
        return self.planner.unplanned()


cdef class ConflictSearch:
    """Conflict-based search whose branchings lose no solution; exact.

    Parameters
    ----------
    ground : Ground
        Of its own: kernels that run at the same time may not share one.
    nodes : int
        Most nodes that are kept; then the search ends with the bound that it has.
    hasty : bool
        Nodes with few conflicts first: any solution is looked for, and the bound stays the first.
    """

    cdef Tree tree
    cdef Ground ground
    cdef readonly double seconds

    def __init__(self, Ground ground not None, long long nodes=500_000, bint hasty=False):
        if ground.unreachable >= 0:
            raise ValueError(f"agent {ground.unreachable} cannot reach its goal")
        self.ground = ground
        with nogil:
            self.tree.build(self.ground.world, nodes, hasty)

    def run(self, double seconds=INFINITY, long long iterations=-1):
        """Expand nodes for at most so long; False when the search has ended."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = self.tree.run(seconds, iterations)
        self.seconds += now() - begun
        return more

    def best(self):
        """Arrays first, time, vertex of the best solution found; None if there is none."""
        if self.objective is None:
            return None
        return self.ground.export(self.tree.best)

    def retimed(self, first, time, vertex):
        """The same routes in the same order at every place, as early as that allows.

        Returns
        -------
        tuple of ndarray, or None
            Arrays first, time, vertex; None if the order is impossible.
        """
        cdef vector[Path] paths = self.ground.take(first, time, vertex)
        if not self.tree.solve_times(paths):
            return None
        return self.ground.export(paths)

    def cut(self, double objective):
        """Leave nodes of this cost and more aside; they stay part of the bound."""
        self.tree.cutoff = min(self.tree.cutoff, objective)

    @property
    def objective(self):
        """Of the best solution found, None if there is none."""
        return None if self.tree.objective == INFINITY else self.tree.objective

    @property
    def bound(self):
        """No solution costs less than this (but for rounding in the last digits)."""
        return self.tree.bound

    @property
    def finished(self):
        """Whether the search is exhausted: the bound is then final."""
        return self.tree.finished

    @property
    def infeasible(self):
        """Whether there is no solution at all."""
        return self.tree.infeasible

    @property
    def full(self):
        """Whether the most nodes are reached."""
        return self.tree.full

    @property
    def iterations(self):
        """Nodes expanded."""
        return self.tree.iterations

    @property
    def created(self):
        """Nodes made."""
        return self.tree.created
