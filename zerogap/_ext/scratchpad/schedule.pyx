# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Schedule with replacement in a scratchpad, without addresses."""

import math

import numpy as np

from libc.stdint cimport int64_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now


cdef extern from "scratchpad/layers.hpp" namespace "zg::scratchpad" nogil:
    cdef cppclass Graph:
        int operators, tensors
        vector[vector[int]] inputs, outputs
        vector[int64_t] read, write
        vector[int] in_place, over
        vector[int64_t] saved
        vector[int64_t] units, bytes
        vector[int] producer
        vector[int] stored
        vector[int] window
        vector[int64_t] window_bound
        vector[int] order
        int64_t capacity
        cbool every, peak
        int64_t floor

    cdef cppclass Layers:
        int64_t best, limit, dropped, bound
        long long expanded
        cbool truncated
        int width
        vector[int] schedule
        vector[vector[int]] evictions
        Layers(const Graph&, int, uint64_t)
        void restart()
        cbool run(long long)


cdef int64_t NONE = (<int64_t>0x7fffffffffffffff) // 4


cdef class Scheduling:
    """Schedule and replacement without addresses: layers of states, ever wider.

    Parameters
    ----------
    graph : dict
        ``inputs``, ``outputs`` (lists of tensors whose residence is decided), ``read``, ``write``
        (units of transient tensors and workspace), ``in_place`` by operator; ``units``, ``bytes``,
        ``producer``, ``stored`` (its store is compulsory) by tensor; ``capacity``, ``every``,
        ``peak``, ``floor``, ``order`` (list, empty if free); ``window`` by operator and
        ``window_bound``: lower bounds on the costs of disjoint sets of tensors.
    width : int
        States kept in a layer at first.
    widest : int
        Last width.
    seed : int
    limit : int, optional
        Only schedules cheaper than this are looked for.
    """

    cdef Layers* layers
    cdef readonly double seconds
    cdef readonly int widest
    cdef readonly int passes
    cdef readonly bint finished
    cdef int _operators

    def __cinit__(self, graph, int width=64, int widest=100000, uint64_t seed=0, limit=None):
        cdef Graph g
        g.operators = len(graph["inputs"])
        g.tensors = len(graph["units"])
        g.inputs = graph["inputs"]
        g.outputs = graph["outputs"]
        g.read = graph["read"]
        g.write = graph["write"]
        g.in_place = graph["in_place"]
        g.over = graph.get("over", [-1] * len(graph["inputs"]))
        g.saved = graph.get("saved", [0] * len(graph["inputs"]))
        g.units = graph["units"]
        g.bytes = graph["bytes"]
        g.producer = graph["producer"]
        g.stored = graph["stored"]
        g.window = graph.get("window") or [-1] * g.operators
        g.window_bound = graph.get("window_bound") or []
        g.order = graph.get("order") or []
        g.capacity = graph["capacity"]
        g.every = graph["every"]
        g.peak = graph["peak"]
        g.floor = graph.get("floor", 0)
        self._operators = g.operators
        self.widest = widest
        self.layers = new Layers(g, width, seed)
        if limit is not None:
            self.layers.limit = limit
        self.seconds = 0.0
        self.finished = False

    def __dealloc__(self):
        del self.layers

    def run(self, double seconds=math.inf, long long iterations=-1):
        """Search for at most so long or so many states; False when nothing is left to do."""
        cdef double begun = now(), deadline = begun + seconds
        cdef long long stop = self.layers.expanded + iterations
        cdef long long piece = 128
        if iterations < 0:
            stop = <long long>1 << 62
        with nogil:
            while not self.finished and self.layers.expanded < stop:
                if stop - self.layers.expanded < piece:
                    piece = stop - self.layers.expanded
                if self.layers.run(piece):
                    self._conclude()
                if now() >= deadline:
                    break
        self.seconds += now() - begun
        return not self.finished

    cdef void _conclude(self) noexcept nogil:
        """After a pass: finished if nothing was dropped, else once more and wider."""
        self.passes += 1
        if self.layers.best < self.layers.limit:
            self.layers.limit = self.layers.best
        if not self.layers.truncated or self.layers.bound >= self.layers.limit:
            self.finished = True
        elif self.layers.width >= self.widest:
            self.finished = True
        else:
            self.layers.width = min(self.widest, 4 * self.layers.width)
            self.layers.restart()

    def best(self):
        """Schedule and, at each of its steps, the tensors evicted; None if there is none yet."""
        if self.layers.best >= NONE:
            return None
        evictions = [list(step) for step in self.layers.evictions]
        return np.array(self.layers.schedule, dtype=np.int32), evictions

    def lower(self, int64_t limit):
        """Look only for schedules cheaper than `limit`; a pass under way is cut by it."""
        if limit < self.layers.limit:
            self.layers.limit = limit

    @property
    def objective(self):
        """Cost of the best schedule, None if there is none yet."""
        return None if self.layers.best >= NONE else self.layers.best

    @property
    def bound(self):
        """No schedule cheaper than this exists."""
        return self.layers.bound

    @property
    def exhausted(self):
        """Whether every schedule below the limit has been seen."""
        return bool(self.finished and (not self.layers.truncated
                                       or self.layers.bound >= self.layers.limit))

    @property
    def width(self):
        """States kept in a layer of the present pass."""
        return self.layers.width

    @property
    def iterations(self):
        """States expanded so far."""
        return self.layers.expanded
