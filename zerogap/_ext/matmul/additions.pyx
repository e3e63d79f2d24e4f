# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Additions of linear circuits: annealing of the shared sums of one, or of three, matrices."""

import numpy as np

from libc.stdint cimport int8_t, int32_t, int64_t, uint64_t
from libc.math cimport INFINITY
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "matmul/additions.hpp" namespace "zg::matmul" nogil:
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
        cbool run(int64_t)
        const vector[int32_t]& saved()
        void adopt(const vector[int32_t]&)

cdef extern from "matmul/scheme.hpp" namespace "zg::matmul" nogil:
    cdef cppclass SchemeAnnealer:
        double hot, cold, flips
        cbool binary
        int64_t first, longest
        int best, naive
        int64_t steps, flipped
        void start(const int8_t*, const int8_t*, const int8_t*, int, const int*, uint64_t)
        cbool run(int64_t)
        const vector[int32_t]& saved(int)
        const vector[int8_t]& saved_rows(int)


cdef int64_t CHUNK = 256  # steps between two looks at the clock


def _ternary(matrix, binary):
    """`matrix` as contiguous int8, its coefficients checked."""
    raw = np.asarray(matrix)
    if raw.ndim != 2:
        raise ValueError(f"expected a matrix, not {raw.ndim} dimensions")
    if not np.isin(raw, [0, 1] if binary else [-1, 0, 1]).all():
        raise ValueError(f"coefficients outside {'0, 1' if binary else '-1, 0, 1'}")
    return np.ascontiguousarray(raw, dtype=np.int8)


cdef _edges(const vector[int32_t]* saved):
    cdef Py_ssize_t i
    edges = np.empty(saved.size(), np.int32)
    cdef int32_t[::1] view = edges
    for i in range(<Py_ssize_t>saved.size()):
        view[i] = saved[0][i]
    return edges.reshape(-1, 3)


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
        forms = _ternary(matrix, binary)
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
        cdef double begun = now()
        if self.annealer.best <= 1:
            return False
        if seconds == INFINITY and iterations < 0:
            raise ValueError("run needs a limit")
        with nogil:
            slices(self.annealer, seconds, iterations, CHUNK)
        self.seconds += now() - begun
        return True

    def best(self):
        """The best circuit as an array of edges (from, to, sign), see `sums`."""
        return _edges(&self.annealer.saved())

    def inject(self, edges):
        """Continue from a circuit in the form of `best`; it has to compute the same matrix."""
        cdef vector[int32_t] triples
        cdef int32_t x
        for x in np.asarray(edges, dtype=np.int32).reshape(-1):
            triples.push_back(x)
        self.annealer.adopt(triples)


cdef class SchemeAdditions:
    """Anneal a scheme, by flips at constant rank, and its circuits together.

    Parameters
    ----------
    u, v, w : array_like of int8, shape (rank, entries)
        Coefficients −1, 0, 1; `w` over the transpose of C.
    seed : int
    binary : bool
        Compute modulo 2 (coefficients 0, 1).
    flips : float
        Share of the trials that flip two products; the others rewrite circuits.
    hot, cold : float
        Temperatures between which every round of annealing cools, in additions.
    first, longest : int
        Trials of the first round, each next one being twice as long, and of the longest.

    Attributes
    ----------
    objective : int
        Additions of the best scheme with its circuits.
    naive : int
        Additions of the given scheme without sharing.
    iterations : int
        Trials done.
    flipped : int
        Flips accepted.
    seconds : float
        Time spent in `run`.
    """

    cdef SchemeAnnealer annealer
    cdef readonly tuple shape
    cdef readonly double seconds

    def __init__(self, u, v, w, seed=0, *, binary=False, flips=0.3, hot=0.6, cold=0.25,
                 first=1 << 17, longest=1 << 24):
        factors = [_ternary(m, binary) for m in (u, v, w)]
        if len({len(m) for m in factors}) != 1 or not all(m.size for m in factors):
            raise ValueError("expected three matrices with as many rows")
        if not 0 < cold <= hot or not 0 <= flips <= 1 or not 1 <= first <= longest:
            raise ValueError(
                f"bad settings: hot {hot}, cold {cold}, flips {flips}, rounds {first} to {longest}"
            )
        self.shape = tuple(m.shape for m in factors)
        self.annealer.binary = binary
        self.annealer.flips = flips
        self.annealer.hot = hot
        self.annealer.cold = cold
        self.annealer.first = first
        self.annealer.longest = longest
        cdef const int8_t[:, ::1] a = factors[0], b = factors[1], c = factors[2]
        cdef int widths[3]
        for f in range(3):
            widths[f] = factors[f].shape[1]
        self.annealer.start(&a[0, 0], &b[0, 0], &c[0, 0], a.shape[0], widths,
                            <uint64_t>(int(seed) & 0xFFFFFFFFFFFFFFFF))

    @property
    def objective(self):
        return self.annealer.best

    @property
    def naive(self):
        return self.annealer.naive

    @property
    def iterations(self):
        return self.annealer.steps

    @property
    def flipped(self):
        return self.annealer.flipped

    def run(self, double seconds=INFINITY, int64_t iterations=-1):
        """Anneal for a slice; returns True, there is always something to flip or to rewrite."""
        cdef double begun = now()
        if seconds == INFINITY and iterations < 0:
            raise ValueError("run needs a limit")
        with nogil:
            slices(self.annealer, seconds, iterations, CHUNK)
        self.seconds += now() - begun
        return True

    def factors(self):
        """The factors u, v, w of the best scheme."""
        cdef Py_ssize_t i
        cdef int f
        cdef int8_t[::1] view
        found = []
        for f in range(3):
            rows = np.empty(self.annealer.saved_rows(f).size(), np.int8)
            view = rows
            for i in range(view.shape[0]):
                view[i] = self.annealer.saved_rows(f)[i]
            found.append(rows.reshape(self.shape[f]))
        return tuple(found)

    def best(self):
        """Edges (from, to, sign) of the circuits of u, of v and of the transpose of w."""
        return tuple(_edges(&self.annealer.saved(f)) for f in range(3))
