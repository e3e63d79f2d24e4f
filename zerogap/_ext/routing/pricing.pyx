# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Pricing of routes: ng-route labelling and enumeration for column generation."""

from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector

import numpy as np


cdef extern from "routing/pricing.hpp" namespace "zg::routing" nogil:
    cdef struct Priced:
        double cost
        vector[int] route
    cdef struct Problem:
        int n
        int64_t capacity, horizon
        cbool windows, symmetric
        vector[int64_t] demand, travel, ready, due
        vector[uint8_t] allowed
    cdef struct CutArrays:
        const uint64_t* member
        const uint64_t* keep
        const double* penalty
        int count
    cdef struct Limits:
        size_t routes, paths, labels
        double seconds
    cdef cppclass RoutePool:
        int n
        vector[int64_t] start
        vector[int16_t] node
        vector[double] worth
        size_t size()
        void price(const double*, const uint64_t*, const double*, int, const uint64_t*,
                   const double*, int, double*)
        void retain(const uint8_t*)
    cdef cppclass PricerBase:
        Problem problem
        cbool exact
        size_t labels
        void set_ng(const int32_t*, int)
        void grow_ng(const int*, int)
        double price(const double*, const CutArrays&, cbool, int, size_t, vector[Priced]&)
        cbool enumerate(const double*, const double*, const CutArrays&, double, const Limits&,
                        RoutePool&)
    PricerBase* make_pricer(int)

#: Most rank-1 cuts a pricer can carry, a bit of the label each, and the words of these bits.
MAX_CUTS = 256
CUT_WORDS = 4
#: Most clients.
MAX_CLIENTS = 1023


cdef class Pricer:
    """One pricing problem: the routes of one vehicle type.

    Parameters
    ----------
    demand : int64 array, shape (n + 1,)
        Load of every client; entry 0 belongs to the depot and is 0.
    capacity : int
        Load a route can carry.
    travel : int64 array, shape (n + 1, n + 1)
        Time from the start of service at i to the arrival at j.
    ready, due : int64 array, shape (n + 1,)
        Windows for the start of service; entry 0 is the shift.
    allowed : uint8 array, shape (n + 1,)
        Clients that the vehicle may serve.
    windows : bool
        Whether times restrict anything.
    symmetric : bool
        Whether all data are symmetric (then one direction serves for both).
    neighbours : int32 array, shape (n + 1, k)
        ng neighbourhood of every client (row 0 unused).
    """

    cdef PricerBase* core
    cdef int n

    def __cinit__(self, const int64_t[::1] demand, int64_t capacity, const int64_t[:, ::1] travel,
                  const int64_t[::1] ready, const int64_t[::1] due, const uint8_t[::1] allowed,
                  bint windows, bint symmetric, const int32_t[:, ::1] neighbours):
        cdef int m = demand.shape[0], i, j
        if m < 2 or m > MAX_CLIENTS + 1:
            raise ValueError(f"{m - 1} clients, expected 1 … {MAX_CLIENTS}")
        if (travel.shape[0] != m or travel.shape[1] != m or ready.shape[0] != m
                or due.shape[0] != m or allowed.shape[0] != m or neighbours.shape[0] != m):
            raise ValueError("arrays of a pricing problem differ in length")
        for i in range(1, m):
            for j in range(neighbours.shape[1]):
                if not 0 < neighbours[i, j] < m:
                    raise ValueError(f"neighbour {neighbours[i, j]} of client {i} does not exist")
        self.n = m - 1
        self.core = make_pricer(self.n)
        self.core.problem.n = self.n
        self.core.problem.capacity = capacity
        self.core.problem.horizon = due[0]
        self.core.problem.windows = windows
        self.core.problem.symmetric = symmetric
        self.core.problem.travel.resize(m * m)
        for i in range(m):
            self.core.problem.demand.push_back(demand[i])
            self.core.problem.ready.push_back(ready[i])
            self.core.problem.due.push_back(due[i])
            self.core.problem.allowed.push_back(allowed[i])
            for j in range(m):
                self.core.problem.travel[i * m + j] = travel[i, j]
        self.core.set_ng(&neighbours[0, 0], neighbours.shape[1])

    def __dealloc__(self):
        del self.core

    def remember(self, const int[::1] cycle):
        """Enlarge the ng sets so that this cycle (first client = last client) cannot recur."""
        self.core.grow_ng(&cycle[0], cycle.shape[0])

    def price(self, const double[:, ::1] reduced, const uint64_t[:, ::1] member,
              const uint64_t[:, ::1] keep, const double[::1] penalty, bint heuristic,
              int most=100, size_t limit=20_000_000):
        """Routes of negative reduced cost.

        Parameters
        ----------
        reduced : double array, shape (n + 1, n + 1)
            Reduced cost of every arc, ∞ where it is forbidden.
        member, keep : uint64 array, shape (n + 1, CUT_WORDS)
            Bit c: the client belongs to rank-1 cut c; the cut remembers an odd visit at the client
            (every member does).
        penalty : double array, shape (cuts,)
            Cost of every second visit to a cut that it remembers, ≥ 0, the highest first.
        heuristic : bool
            Dominance by cost and resources alone: quick, but it may overlook routes.
        most : int
            How many routes at most, the best.
        limit : int
            Partial paths after which the labelling gives up.

        Returns
        -------
        routes : list of (float, list of int)
            Reduced cost and clients (from 1).
        best : float
            Least reduced cost met, if below 0; then a bound on all only if `exact`.
        exact : bool
            Whether all routes were considered.
        """
        cdef vector[Priced] found
        cdef double best
        cdef CutArrays cuts = self._cuts(reduced, member, keep, penalty)
        with nogil:
            best = self.core.price(&reduced[0, 0], cuts, heuristic, most, limit, found)
        return [(r.cost, r.route) for r in found], best, self.core.exact

    @property
    def labels(self):
        """Partial paths of the last pricing."""
        return self.core.labels

    def enumerate(self, const double[:, ::1] reduced, const double[:, ::1] price,
                  const uint64_t[:, ::1] member, const uint64_t[:, ::1] keep,
                  const double[::1] penalty, double gap, size_t limit, size_t paths,
                  size_t labels=2_000_000, double seconds=1e300):
        """The cheapest route of every set of clients that a route within the gap visits.

        Parameters
        ----------
        reduced, member, keep, penalty : arrays
            As for `price`.
        price : double array, shape (n + 1, n + 1)
            True cost of every arc. Of the elementary routes over one set whose reduced cost is at
            most `gap`, the one of least true cost is kept: with rows that count crossings in the
            duals the order of least reduced cost may be dearer.
        gap : float
            Largest reduced cost.
        limit, paths, labels : int
            Most routes, most elementary partial paths, and most labels of the completions.
        seconds : float
            Time limit.

        Returns
        -------
        Pool or None
            None if a limit was met.
        """
        cdef cbool whole
        cdef CutArrays cuts = self._cuts(reduced, member, keep, penalty)
        cdef Limits limits
        limits.routes, limits.paths, limits.labels, limits.seconds = limit, paths, labels, seconds
        cdef Pool pool = Pool()
        if price.shape[0] != self.n + 1 or price.shape[1] != self.n + 1:
            raise ValueError("true costs have the wrong shape")
        with nogil:
            whole = self.core.enumerate(&reduced[0, 0], &price[0, 0], cuts, gap, limits, pool.core[0])
        return pool if whole else None

    cdef CutArrays _cuts(self, const double[:, ::1] reduced, const uint64_t[:, ::1] member,
                         const uint64_t[:, ::1] keep, const double[::1] penalty) except *:
        cdef CutArrays cuts
        if reduced.shape[0] != self.n + 1 or reduced.shape[1] != self.n + 1:
            raise ValueError("reduced costs have the wrong shape")
        if member.shape[0] != self.n + 1 or member.shape[1] != CUT_WORDS:
            raise ValueError("rank-1 cuts have the wrong shape")
        if keep.shape[0] != self.n + 1 or keep.shape[1] != CUT_WORDS:
            raise ValueError("memories of rank-1 cuts have the wrong shape")
        if penalty.shape[0] > MAX_CUTS:
            raise ValueError("rank-1 cuts have the wrong shape, or are too many")
        cuts.member = &member[0, 0]
        cuts.keep = &keep[0, 0]
        cuts.count = penalty.shape[0]
        cuts.penalty = &penalty[0] if cuts.count else NULL
        return cuts


cdef class Pool:
    """Enumerated routes, one a set of clients; made by `Pricer.enumerate`."""

    cdef RoutePool* core

    def __cinit__(self):
        self.core = new RoutePool()

    def __dealloc__(self):
        del self.core

    def __len__(self):
        return self.core.size()

    def routes(self, const int64_t[::1] which):
        """(true cost, clients from 1) of some routes."""
        cdef int64_t k, at
        result = []
        for k in which:
            if not 0 <= k < <int64_t>self.core.size():
                raise IndexError(f"route {k} of {self.core.size()}")
            clients = [self.core.node[at] for at in range(self.core.start[k], self.core.start[k + 1])]
            result.append((self.core.worth[k], clients))
        return result

    def price(self, const double[:, ::1] reduced, const uint64_t[:, ::1] member,
              const double[::1] penalty, const uint64_t[:, ::1] touched, const double[::1] reward):
        """Reduced cost of every route.

        Parameters
        ----------
        reduced : double array, shape (n + 1, n + 1)
            Reduced cost of every arc.
        member : uint64 array, shape (n + 1, words)
            Bit c: the client belongs to rank-1 cut c, which counts ⌊½ visits⌋ and never forgets.
        penalty : double array, shape (64 · words,)
            Cost of every second visit.
        touched : uint64 array, shape (n + 1, words)
            Bit s: the client belongs to set s.
        reward : double array, shape (64 · words,)
            What a route earns that visits the set, once.

        Returns
        -------
        double array, shape (routes,)
        """
        cdef int words = member.shape[1], sets = touched.shape[1]
        cdef int64_t count = self.core.size()
        cdef int m = reduced.shape[0]
        if (reduced.shape[1] != m or member.shape[0] != m or penalty.shape[0] != 64 * words
                or touched.shape[0] != m or reward.shape[0] != 64 * sets):
            raise ValueError("reduced costs or cuts have the wrong shape")
        if m != self.core.n + 1:
            raise ValueError("reduced costs have the wrong shape")
        out = np.empty(count)
        cdef double[::1] view = out
        if count:
            with nogil:
                self.core.price(&reduced[0, 0], &member[0, 0] if words else NULL,
                                &penalty[0] if words else NULL, words,
                                &touched[0, 0] if sets else NULL,
                                &reward[0] if sets else NULL, sets, &view[0])
        return out

    def retain(self, const uint8_t[::1] wanted):
        """Drop all routes but the flagged ones."""
        if wanted.shape[0] != <int64_t>self.core.size():
            raise ValueError("a flag a route is expected")
        if wanted.shape[0]:
            with nogil:
                self.core.retain(&wanted[0])
