# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Tensors in several memories: a simulator of a program's copies, and annealing with it."""

import numpy as np

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector


cdef extern from "scratchpad/mapping.hpp" namespace "zg::scratchpad" nogil:
    cdef struct Residency:
        int tensor, memory, first, last, from_ "from", to
        int64_t address
    cdef cppclass Program:
        int steps, tensors, memories, rows
        const int64_t* time
        const int64_t* size
        const int64_t* capacity
        const int64_t* alignment
        const int64_t* copy
        const int64_t* uses
        const int32_t* producer
        const int32_t* pin
        const uint8_t* output
    cdef cppclass Mapper:
        Program p
        int64_t objective
        vector[Residency] best
        long iterations
        double seconds
        void start(uint64_t)
        cbool run(double, long)
        void inject(const vector[Residency]&)
        int64_t simulate(const vector[Residency]&)
        cbool place(Residency&, const vector[Residency]&)
        Residency cut(int, int, int, int)


cdef class MemoryMapping:
    """Search for residencies in fast memories that shorten a program.

    Parameters
    ----------
    time : ndarray of int64, shape (steps,)
    size : ndarray of int64, shape (tensors,)
    uses : ndarray of int64, shape (uses, 2 + memories)
        Rows (step, tensor, time saved in every fast memory), by step.
    copy : ndarray of int64, shape (tensors, memories)
        Time of a copy.
    capacity, alignment : ndarray of int64, shape (memories,)
    producer, pin : ndarray of int32, shape (tensors,)
        Pins: -1 free, 0 slow memory, m fast memory m.
    output : ndarray of uint8, shape (tensors,)
    seed : int

    Residencies are rows (tensor, first step, last step, address, memory), memories from 1.
    """

    cdef Mapper engine
    cdef const int64_t[::1] time, size, capacity, alignment
    cdef const int64_t[:, ::1] uses, copy
    cdef const int32_t[::1] producer, pin
    cdef const uint8_t[::1] output

    def __init__(self, time, size, uses, copy, capacity, alignment, producer, pin, output, seed=0):
        self.time, self.size, self.uses, self.copy = time, size, uses, copy
        self.capacity, self.alignment = capacity, alignment
        self.producer, self.pin, self.output = producer, pin, output
        cdef Program* p = &self.engine.p
        p.steps, p.tensors = <int>self.time.shape[0], <int>self.size.shape[0]
        p.memories, p.rows = <int>self.capacity.shape[0], <int>self.uses.shape[0]
        if self.uses.shape[1] != 2 + p.memories:
            raise ValueError("uses: wrong number of columns")
        p.time = &self.time[0] if p.steps else NULL
        p.size = &self.size[0] if p.tensors else NULL
        p.uses = &self.uses[0, 0] if p.rows else NULL
        p.copy = &self.copy[0, 0] if p.tensors else NULL
        p.capacity, p.alignment = &self.capacity[0], &self.alignment[0]
        p.producer = &self.producer[0] if p.tensors else NULL
        p.pin = &self.pin[0] if p.tensors else NULL
        p.output = &self.output[0] if p.tensors else NULL
        self.engine.start(<uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))

    cdef vector[Residency] _rows(self, rows) except *:
        cdef vector[Residency] made
        cdef Residency r
        for tensor, first, last, address, memory in rows:
            r = self.engine.cut(tensor, memory - 1, first, last)
            r.address = address
            made.push_back(r)
        return made

    def run(self, double seconds=float("inf"), long iterations=-1):
        """Work for about so long; False if there is nothing to move."""
        cdef cbool more
        with nogil:
            more = self.engine.run(seconds, iterations)
        return more

    def best(self):
        """Rows of the best mapping, None without one."""
        if self.engine.objective < 0:
            return None
        return np.array([(r.tensor, r.first, r.last, r.address, r.memory + 1)
                         for r in self.engine.best], dtype=np.int64).reshape(-1, 5)

    def inject(self, rows):
        """Go on from a mapping (not checked)."""
        self.engine.inject(self._rows(np.asarray(rows).tolist()))

    def simulate(self, rows):
        """Time that a mapping takes (not checked)."""
        return self.engine.simulate(self._rows(np.asarray(rows).reshape(-1, 5).tolist()))

    def fit(self, tensor, first, last, memory, rows):
        """Lowest free address for a residency beside others, -1 if there is none."""
        cdef vector[Residency] there = self._rows(np.asarray(rows).reshape(-1, 5).tolist())
        cdef Residency r = self.engine.cut(tensor, memory - 1, first, last)
        return r.address if self.engine.place(r, there) else -1

    @property
    def objective(self):
        """Time of the best mapping, None without one."""
        return None if self.engine.objective < 0 else self.engine.objective

    @property
    def iterations(self):
        """Moves tried."""
        return self.engine.iterations

    @property
    def seconds(self):
        """Seconds worked."""
        return self.engine.seconds
