# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True
# distutils: language = c++
"""Pricing of routes: ng-route labelling and enumeration for column generation."""

from libc.stdint cimport int32_t, int64_t, uint8_t, uint64_t
from libcpp cimport bool as cbool
from libcpp.vector cimport vector


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
    cdef cppclass PricerBase:
        Problem problem
        cbool exact
        void set_ng(const int32_t*, int)
        void grow_ng(const int*, int)
        double price(const double*, const uint64_t*, const double*, int, cbool, int, size_t,
                     vector[Priced]&)
        cbool enumerate(const double*, const double*, const uint64_t*, const double*, int, double,
                        size_t, size_t, double, vector[Priced]&)
    PricerBase* make_pricer(int)

#: Most subset-row cuts a pricer can carry: a bit of the label each.
MAX_CUTS = 64
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

    def price(self, const double[:, ::1] reduced, const uint64_t[::1] member,
              const double[::1] penalty, bint heuristic, int most=100, size_t limit=20_000_000):
        """Routes of negative reduced cost.

        Parameters
        ----------
        reduced : double array, shape (n + 1, n + 1)
            Reduced cost of every arc, ∞ where it is forbidden.
        member : uint64 array, shape (n + 1,)
            Bit c: the client belongs to subset-row cut c.
        penalty : double array, shape (cuts,)
            Cost of every second visit to a cut, ≥ 0.
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
            Least reduced cost met; a bound on all only if `exact`.
        exact : bool
            Whether all routes were considered.
        """
        cdef vector[Priced] found
        cdef double best
        cdef int cuts = penalty.shape[0]
        self._check(reduced, member, cuts)
        with nogil:
            best = self.core.price(&reduced[0, 0], &member[0],
                                   &penalty[0] if cuts else NULL, cuts, heuristic, most, limit,
                                   found)
        return [(r.cost, r.route) for r in found], best, self.core.exact

    def enumerate(self, const double[:, ::1] reduced, const double[:, ::1] price,
                  const uint64_t[::1] member, const double[::1] penalty, double gap, size_t limit,
                  size_t labels, double seconds=1e300):
        """The cheapest route of every set of clients that a route within the gap visits.

        Parameters
        ----------
        reduced, member, penalty : arrays
            As for `price`.
        price : double array, shape (n + 1, n + 1)
            True cost of every arc. Of the elementary routes over one set whose reduced cost is at
            most `gap`, the one of least true cost is kept: with rows that count crossings in the
            duals the order of least reduced cost may be dearer.
        gap : float
            Largest reduced cost.
        limit, labels : int
            Most routes and most partial paths.
        seconds : float
            Time limit.

        Returns
        -------
        list of (float, list of int) or None
            None if there are more than `limit` routes or `labels` partial paths, or after `seconds`.
        """
        cdef vector[Priced] found
        cdef cbool whole
        cdef int cuts = penalty.shape[0]
        self._check(reduced, member, cuts)
        if price.shape[0] != self.n + 1 or price.shape[1] != self.n + 1:
            raise ValueError("true costs have the wrong shape")
        with nogil:
            whole = self.core.enumerate(&reduced[0, 0], &price[0, 0], &member[0],
                                        &penalty[0] if cuts else NULL, cuts, gap, limit, labels,
                                        seconds, found)
        return [(r.cost, r.route) for r in found] if whole else None

    def _check(self, reduced, member, int cuts):
        if reduced.shape[0] != self.n + 1 or reduced.shape[1] != self.n + 1:
            raise ValueError("reduced costs have the wrong shape")
        if member.shape[0] != self.n + 1 or cuts > MAX_CUTS:
            raise ValueError("subset-row cuts have the wrong shape, or are too many")
