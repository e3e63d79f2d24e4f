# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""The walk in the flip graph: random flips, reductions and plus transitions of one scheme."""

from cython.operator cimport dereference
from libc.stdint cimport int8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.memory cimport unique_ptr

import numpy as np

from zerogap._ext.shared.clock cimport now
from zerogap._ext.shared.slices cimport slices


cdef extern from "matmul/walk.hpp" namespace "zg::matmul" nogil:
    cdef cppclass Draw:
        uint64_t state

    cdef cppclass Walk:
        void load(int, const int8_t*, const int8_t*, const int8_t*) except +
        void store(cbool, int8_t*, int8_t*, int8_t*)
        void walk(uint64_t)
        int rank()
        int best_rank()
        void restart_from_best()
        void forget_best()
        cbool expand()
        int reduce()
        uint64_t fingerprint()
        uint64_t pairs()
        cbool consistent()
        uint64_t steps, flips, reductions, expansions, returns, dead
        uint64_t plus_low, plus_high
        int band, goal
        Draw draw

    unique_ptr[Walk] make_walk(const int*, int, cbool, uint64_t) except +

# Steps between two looks at the clock: about half a millisecond.
cdef uint64_t PIECE = 16384


cdef class FlipWalk:
    """A walker in the flip graph of one format.

    Parameters
    ----------
    entries : sequence of three int
        Widths of the factors, n1·n2, n2·n3 and n3·n1, each at most 256.
    capacity : int
        Largest rank the walk may have, at least that of every scheme loaded.
    ternary : bool
        Coefficients −1, 0, 1 with integer arithmetic; otherwise modulo 2.
    seed : int
    plus : tuple of int
        Range of the number of steps without a reduction before a plus transition.
    band : int
        How far the rank may rise above the best one of the walk.

    Raises
    ------
    ValueError
        If a width is outside 1..256 or the capacity outside 1..20000.
    """

    cdef unique_ptr[Walk] _walk
    cdef readonly tuple entries
    cdef readonly int capacity
    cdef readonly bint ternary
    cdef readonly double seconds
    cdef bint _loaded

    def __init__(self, entries, int capacity, bint ternary, seed=0, plus=(5000, 20000), int band=3):
        cdef int widths[3]
        self.entries = tuple(int(e) for e in entries)
        if len(self.entries) != 3 or not all(1 <= e <= 256 for e in self.entries):
            raise ValueError(f"factors have {self.entries} entries, expected three in 1..256")
        if not 1 <= capacity <= 20000:
            raise ValueError(f"capacity is {capacity}, expected 1..20000")
        for i in range(3):
            widths[i] = self.entries[i]
        self.capacity = capacity
        self.ternary = ternary
        self._walk = make_walk(widths, capacity, ternary, <uint64_t>(int(seed) & (2**64 - 1)))
        self.plus = plus
        self.band = band

    def load(self, u, v, w, bint fresh=True):
        """Continue from a scheme; with `fresh` the best one so far is forgotten.

        Products that agree in two factors are merged at once.
        """
        cdef const int8_t[:, ::1] a = np.ascontiguousarray(u, dtype=np.int8)
        cdef const int8_t[:, ::1] b = np.ascontiguousarray(v, dtype=np.int8)
        cdef const int8_t[:, ::1] c = np.ascontiguousarray(w, dtype=np.int8)
        cdef int rank = a.shape[0]
        if not rank == b.shape[0] == c.shape[0]:
            raise ValueError("u, v and w have different numbers of rows")
        if (a.shape[1], b.shape[1], c.shape[1]) != self.entries:
            raise ValueError(f"rows have {a.shape[1]}, {b.shape[1]}, {c.shape[1]} entries")
        if not 0 < rank <= self.capacity:
            raise ValueError(f"rank is {rank}, expected 1..{self.capacity}")
        dereference(self._walk).load(rank, &a[0, 0], &b[0, 0], &c[0, 0])
        if fresh:
            dereference(self._walk).forget_best()
        self._loaded = True

    def run(self, double seconds=float("inf"), long long iterations=-1):
        """Walk; returns False when the best rank has come down to `goal`."""
        cdef double begun = now()
        cdef cbool more
        if not self._loaded:
            raise ValueError("load a scheme first")
        with nogil:
            more = slices(self._walk.get()[0], seconds, iterations, PIECE)
        self.seconds += now() - begun
        return more

    cdef _arrays(self, bint best):
        cdef int rank
        cdef int8_t[:, ::1] a
        cdef int8_t[:, ::1] b
        cdef int8_t[:, ::1] c
        rank = dereference(self._walk).best_rank() if best else dereference(self._walk).rank()
        arrays = tuple(np.zeros((rank, e), np.int8) for e in self.entries)
        if rank:
            a, b, c = arrays
            dereference(self._walk).store(best, &a[0, 0], &b[0, 0], &c[0, 0])
        return arrays

    def best(self):
        """Factors of the best scheme, int8 arrays of shape (rank, entries)."""
        return self._arrays(True) if self._loaded else None

    def current(self):
        """Factors of the scheme the walk stands at."""
        return self._arrays(False) if self._loaded else None

    def inject(self, u, v, w):
        """Continue from somebody else's scheme."""
        self.load(u, v, w)

    def restart(self):
        """Return to the best scheme."""
        dereference(self._walk).restart_from_best()

    def expand(self):
        """One plus transition or split; returns whether there was one."""
        return dereference(self._walk).expand()

    def reduce(self):
        """Spread linearly dependent products; returns how many were saved."""
        return dereference(self._walk).reduce()

    def consistent(self):
        """Whether the index of equal factors is right (for tests; quadratic)."""
        return dereference(self._walk).consistent()

    @property
    def objective(self):
        """Best rank, None before a scheme is loaded."""
        return dereference(self._walk).best_rank() if self._loaded else None

    @property
    def rank(self):
        """Rank of the scheme the walk stands at."""
        return dereference(self._walk).rank()

    @property
    def pairs(self):
        """Number of pairs of equal factors, that is of edges to flip along, at the moment."""
        return dereference(self._walk).pairs()

    @property
    def fingerprint(self):
        """A number that the best scheme shares with its reorderings and sign changes only."""
        return dereference(self._walk).fingerprint()

    @property
    def iterations(self):
        """Attempted flips."""
        return dereference(self._walk).steps

    @property
    def counts(self):
        """Attempted and accepted flips, reductions, expansions, returns, dead ends."""
        cdef Walk* w = self._walk.get()
        return {
            "steps": w.steps,
            "flips": w.flips,
            "reductions": w.reductions,
            "expansions": w.expansions,
            "returns": w.returns,
            "dead": w.dead,
        }

    @property
    def goal(self):
        """Rank at which `run` stops."""
        return dereference(self._walk).goal

    @goal.setter
    def goal(self, int value):
        dereference(self._walk).goal = value

    @property
    def band(self):
        """How far the rank may rise above the best."""
        return dereference(self._walk).band

    @band.setter
    def band(self, int value):
        if value < 0:
            raise ValueError(f"band is {value}, expected at least 0")
        dereference(self._walk).band = value

    @property
    def plus(self):
        """Range of steps without a reduction before a plus transition."""
        return dereference(self._walk).plus_low, dereference(self._walk).plus_high

    @plus.setter
    def plus(self, value):
        low, high = (int(x) for x in value)
        if not 0 < low <= high:
            raise ValueError(f"plus is {value}, expected 0 < low <= high")
        dereference(self._walk).plus_low = low
        dereference(self._walk).plus_high = high

    @property
    def state(self):
        """State of the random numbers."""
        return dereference(self._walk).draw.state

    @state.setter
    def state(self, value):
        dereference(self._walk).draw.state = value
