# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Additions of linear circuits: annealing of the shared sums of one, or of three, matrices."""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t
from libc.math cimport INFINITY
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from .clock cimport now
from .rng cimport Rng  # the C++ part draws from it


cdef extern from "matmul_additions.hpp" namespace "zg_additions" nogil:
    cdef cppclass Circuit:
        int additions
        cbool cancel
        cbool binary
        double noise

    cdef cppclass Annealer:
        Circuit circuit
        double hot, cold
        int best, naive
        int64_t steps
        void start(const int8_t*, int, int, uint64_t)
        void run(int64_t)
        const vector[int32_t]& saved()
        void adopt(const vector[int32_t]&)


cdef int64_t CHUNK = 256  # steps between two looks at the clock


cdef class Additions:
    """Anneal the circuit that computes ``matrix @ x`` towards few additions.

    Parameters
    ----------
    matrix : array_like of int8, shape (outputs, inputs)
        Coefficients −1, 0, 1.
    seed : int
    binary : bool
        Compute modulo 2 (coefficients 0, 1).
    cancel : bool
        Whether terms may cancel inside a sum; without, the search shares subexpressions only.
    noise : float
        Randomness, in additions, of the choice among shared sums.
    hot, cold : float
        Temperatures between which every round of annealing cools, in additions.

    Attributes
    ----------
    objective : int
        Additions of the best circuit.
    naive : int
        Additions without sharing.
    iterations : int
        Trials done.
    seconds : float
        Time spent in `run`.
    """

    cdef Annealer annealer
    cdef readonly tuple shape
    cdef readonly double seconds

    def __init__(self, matrix, seed=0, *, binary=False, cancel=True, noise=1.0, hot=1.0,
                 cold=0.25):
        raw = np.asarray(matrix)
        if raw.ndim != 2:
            raise ValueError(f"expected a matrix, not {raw.ndim} dimensions")
        if not np.isin(raw, [0, 1] if binary else [-1, 0, 1]).all():
            raise ValueError(f"coefficients outside {'0, 1' if binary else '-1, 0, 1'}")
        forms = np.ascontiguousarray(raw, dtype=np.int8)
        if not 0 < cold <= hot:
            raise ValueError(f"expected 0 < cold <= hot, not {cold}, {hot}")
        cdef const int8_t[::1] flat = forms.reshape(-1)
        self.shape = (forms.shape[0], forms.shape[1])
        self.annealer.circuit.binary = binary
        self.annealer.circuit.cancel = cancel
        self.annealer.circuit.noise = noise
        self.annealer.hot = hot
        self.annealer.cold = cold
        cdef int rows = forms.shape[0], columns = forms.shape[1]
        cdef const int8_t* data = &flat[0] if flat.shape[0] else NULL
        self.annealer.start(data, rows, columns, <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))

    @property
    def objective(self):
        return self.annealer.best

    @property
    def naive(self):
        return self.annealer.naive

    @property
    def iterations(self):
        return self.annealer.steps

    def run(self, double seconds=INFINITY, int64_t iterations=-1):
        """Anneal for a slice; returns False if there is nothing that could be shared."""
        cdef double begin = now(), end = begin + seconds
        cdef int64_t left = iterations, piece
        if self.annealer.best <= 1:
            return False
        if seconds == INFINITY and iterations < 0:
            raise ValueError("run needs a limit")
        with nogil:
            while left != 0:
                piece = CHUNK if left < 0 or left > CHUNK else left
                self.annealer.run(piece)
                if left > 0:
                    left -= piece
                if now() >= end:
                    break
        self.seconds += now() - begin
        return True

    def best(self):
        """The best circuit as an array of edges (from, to, sign), see `sums`."""
        cdef const int32_t* data = self.annealer.saved().data()
        cdef Py_ssize_t i, size = self.annealer.saved().size()
        edges = np.empty(size, np.int32)
        cdef int32_t[::1] view = edges
        for i in range(size):
            view[i] = data[i]
        return edges.reshape(-1, 3)

    def inject(self, edges):
        """Continue from a circuit in the form of `best`; it has to compute the same matrix."""
        cdef vector[int32_t] triples
        cdef int32_t x
        for x in np.asarray(edges, dtype=np.int32).reshape(-1):
            triples.push_back(x)
        self.annealer.adopt(triples)
