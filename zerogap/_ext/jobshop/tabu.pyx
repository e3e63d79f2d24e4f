# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Tabu search with path relinking for job-shops, and the schedule of given machine sequences."""

import math

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "jobshop/island.hpp" namespace "zg::jobshop" nogil:
    cdef cppclass CShop "zg::jobshop::Shop":
        int operations, jobs, machines
        vector[int32_t] machine, job, first, begin
        vector[int64_t] duration, release
        void assign(int jobs, int machines, const int32_t* first, const int32_t* machine,
                    const int64_t* duration, const int64_t* release) except +

    cdef struct Settings:
        int members
        int64_t patience
        double nearest
        double farthest

    cdef cppclass Island:
        cbool run(int64_t moves)
        void inject(const int32_t* sequence) except +
        int64_t makespan()
        const vector[int32_t]& best()
        int64_t iterations()
        int64_t searches()

    unique_ptr[Island] make_island(const CShop& shop, const Settings& settings, uint64_t seed,
                                   int64_t target, const int32_t* start) except +

    cdef cppclass Node[T]:
        T head, tail, duration
        int32_t jp, js, mp, ms, place

    cdef cppclass Graph[T]:
        T makespan
        vector[Node[T]] node
        vector[int32_t] sequence, order
        cbool load(const int32_t* sequence)
        void move_after(int u, int v)
        void move_before(int v, int u)
        cbool consistent()
        void attach(const CShop& shop) except +

    cdef cppclass Tabu[T]:
        Graph[T] graph
        T best
        int64_t iterations
        cbool stuck
        void attach(const CShop& shop, uint64_t seed) except +
        cbool start(const int32_t* sequence)
        cbool run(int64_t count, int64_t patience, T target)
        T value(int u, int v, cbool forward)
        cbool allowed(int u, int v, cbool forward)


cdef int take(CShop* shop, first, machine, duration, release, int machines) except -1:
    """Copy an instance; the arrays are those of a validated `JobShop`."""
    cdef const int32_t[::1] f = np.ascontiguousarray(first, dtype=np.int32)
    cdef const int32_t[::1] m = np.ascontiguousarray(machine, dtype=np.int32)
    cdef const int64_t[::1] d = np.ascontiguousarray(duration, dtype=np.int64)
    cdef Py_ssize_t jobs = f.shape[0] - 1
    if release is None:
        release = np.zeros(jobs, dtype=np.int64)
    cdef const int64_t[::1] r = np.ascontiguousarray(release, dtype=np.int64)
    if jobs < 1 or f[0] != 0 or f[jobs] != m.shape[0] or d.shape[0] != m.shape[0]:
        raise ValueError("first, machine and duration do not fit together")
    if r.shape[0] != jobs or np.min(np.diff(first)) < 1 or np.min(duration) < 0:
        raise ValueError("release, first or duration is out of range")
    if np.min(machine) < 0 or np.max(machine) >= machines:
        raise ValueError("machine is out of range")
    shop.assign(<int>jobs, machines, &f[0], &m[0], &d[0], &r[0])
    return 0


cdef const int32_t[::1] permutation(CShop* shop, sequence) except *:
    """Machine sequences one after the other, checked."""
    cdef const int32_t[::1] s = np.ascontiguousarray(sequence, dtype=np.int32)
    cdef int i, x, m
    if s.shape[0] != shop.operations:
        raise ValueError(f"{s.shape[0]} operations in sequence, expected {shop.operations}")
    seen = np.zeros(shop.operations, dtype=np.uint8)
    cdef unsigned char[::1] mark = seen
    for m in range(shop.machines):
        for i in range(shop.begin[m], shop.begin[m + 1]):
            x = s[i]
            if x < 0 or x >= shop.operations or mark[x] or shop.machine[x] != m:
                raise ValueError(f"sequence[{i}] = {x} is no operation of machine {m}, or twice")
            mark[x] = 1
    return s


def starts(first, machine, duration, release, int machines, sequence):
    """Earliest start times of machine sequences; ValueError if they contain a cycle.

    `sequence` lists the operations machine by machine, each in its order.
    """
    cdef CShop shop
    cdef Graph[int64_t] graph
    take(&shop, first, machine, duration, release, machines)
    cdef const int32_t[::1] s = permutation(&shop, sequence)
    graph.attach(shop)
    cdef cbool acyclic
    with nogil:
        acyclic = graph.load(&s[0])
    if not acyclic:
        raise ValueError("the machine sequences contradict the jobs (cycle)")
    out = np.empty(shop.operations, dtype=np.int64)
    cdef int64_t[::1] view = out
    cdef int x
    for x in range(shop.operations):
        view[x] = graph.node[x].head
    return out


cdef class TabuSearch:
    """Population of tabu-searched schedules joined by path relinking; minimises the makespan.

    Parameters
    ----------
    first, machine, duration, release, machines
        Arrays of a `JobShop` (`release` may be None).
    sequence : array of int32
        Machine sequences to start from, machine after machine.
    seed : int
    members : int
        Size of the population.
    patience : int
        Moves without improvement that end one tabu search.
    target : int
        Makespan at which to stop, a lower bound.
    """

    cdef CShop shop
    cdef unique_ptr[Island] island
    cdef int64_t piece
    cdef readonly double seconds

    def __init__(self, first, machine, duration, release, int machines, sequence, *,
                 uint64_t seed=0, int members=30, int64_t patience=12500, int64_t target=0,
                 double nearest=0.3, double farthest=0.7):
        if members < 2 or patience < 1:
            raise ValueError("members must be at least 2 and patience at least 1")
        take(&self.shop, first, machine, duration, release, machines)
        cdef const int32_t[::1] s = permutation(&self.shop, sequence)
        starts(first, machine, duration, release, machines, sequence)
        cdef Settings settings
        settings.members, settings.patience = members, patience
        settings.nearest, settings.farthest = nearest, farthest
        self.island = make_island(self.shop, settings, seed, target, &s[0])
        # Moves between two looks at the clock: about a third of a millisecond.
        self.piece = max(1, 100000 // (self.shop.operations + 1))
        self.seconds = 0.0

    def run(self, double seconds=math.inf, int64_t iterations=-1):
        """Search for a slice; False when nothing is left to do (target reached)."""
        cdef double begun = now()
        cdef cbool more
        with nogil:
            more = slices(self.island.get()[0], seconds, iterations, self.piece)
        self.seconds += now() - begun
        return more

    def best(self):
        """Machine sequences of the best schedule."""
        cdef int i
        out = np.empty(self.shop.operations, dtype=np.int32)
        cdef int32_t[::1] view = out
        for i in range(self.shop.operations):
            view[i] = self.island.get().best()[i]
        return out

    def inject(self, sequence):
        """Hand in machine sequences found elsewhere; they are searched next."""
        cdef const int32_t[::1] s = permutation(&self.shop, sequence)
        self.island.get().inject(&s[0])

    @property
    def objective(self):
        """Makespan of the best schedule."""
        return self.island.get().makespan()

    @property
    def iterations(self):
        """Moves made."""
        return self.island.get().iterations()

    @property
    def searches(self):
        """Tabu searches completed."""
        return self.island.get().searches()


cdef class Selection:
    """The selection graph under single moves, for tests and analyses.

    Parameters are those of `TabuSearch`.
    """

    cdef CShop shop
    cdef Tabu[int64_t] search

    def __init__(self, first, machine, duration, release, int machines, sequence):
        take(&self.shop, first, machine, duration, release, machines)
        self.search.attach(self.shop, 1)
        cdef const int32_t[::1] s = permutation(&self.shop, sequence)
        if not self.search.start(&s[0]):
            raise ValueError("the machine sequences contradict the jobs (cycle)")

    def allowed(self, int u, int v, cbool forward):
        """Whether moving u behind v (forward) or v before u is known to close no cycle."""
        self._check(u, v)
        return self.search.allowed(u, v, forward)

    def value(self, int u, int v, cbool forward):
        """Estimated longest path through the moved segment."""
        self._check(u, v)
        return self.search.value(u, v, forward)

    def move(self, int u, int v, cbool forward):
        """Make the move; it must be `allowed`."""
        if not self.allowed(u, v, forward):
            raise ValueError("this move might close a cycle")
        if forward:
            self.search.graph.move_after(u, v)
        else:
            self.search.graph.move_before(v, u)

    def walk(self, int64_t moves):
        """Moves of the tabu search."""
        self.search.run(moves, moves + 1, -1)
        return self.search.iterations

    cdef int _check(self, int u, int v) except -1:
        cdef int n = self.shop.operations
        if not (0 <= u < n and 0 <= v < n and self.shop.machine[u] == self.shop.machine[v]):
            raise ValueError("u and v are no operations of one machine")
        if self.search.graph.node[u].place >= self.search.graph.node[v].place:
            raise ValueError("u must stand before v")
        return 0

    @property
    def sequence(self):
        """Machine sequences."""
        return np.array(self.search.graph.sequence, dtype=np.int32)

    @property
    def makespan(self):
        """Longest path."""
        return self.search.graph.makespan

    @property
    def consistent(self):
        """Whether heads, tails and order agree with a recomputation."""
        return self.search.graph.consistent()

    def through(self, int x):
        """Longest path through operation x."""
        return self.search.graph.node[x].head + self.search.graph.node[x].tail
