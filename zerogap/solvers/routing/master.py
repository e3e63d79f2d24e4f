"""The master of column generation: routes as columns, cuts as rows, a pricer a vehicle type.

Set covering over routes (Balinski, Quandt 1964), ng-routes (Baldacci, Mingozzi, Roberti 2011),
rounded capacity cuts, subset-row cuts (Jepsen, Petersen, Spoorendonk, Pisinger 2008).
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap._ext.routing.pricing import MAX_CLIENTS, MAX_CUTS, Pricer
from zerogap.models.base import InstanceError
from zerogap.models.routing import FORBIDDEN, UNLIMITED, Routing
from zerogap.solvers.backends.highs import Rows
from zerogap.solvers.backends.lp import Lp

#: Features that pricing knows; an instance with others has no column generation here.
KNOWN = {
    "several vehicle types",
    "several depots",
    "open routes",
    "time windows",
    "prizes",
    "profiles",
    "preferences",
    "permissions",
}
NEIGHBOURS = 9  # size of the first ng neighbourhoods
EPS = 1e-6
LABELS = 500_000  # partial paths after which one pricing gives up


def applicable(instance: Routing) -> str:
    """Why column generation does not apply to an instance; empty if it does."""
    strange = [f for f in instance.features() if f not in KNOWN]
    if strange:
        return f"column generation knows no {strange[0]}"
    if not 1 <= instance.clients <= MAX_CLIENTS:
        return f"column generation takes 1 … {MAX_CLIENTS} clients"
    if instance.dimensions != 1:
        return "column generation takes one load dimension"
    ends = instance.end_depot
    if ((ends >= 0) & (ends != instance.start_depot)).any():
        return "column generation wants vehicles to return to their depot"
    return ""


@dataclass
class Column:
    """A route: vehicle type, clients from 0, shifted cost in the instance's units."""

    vehicle: int
    clients: tuple[int, ...]
    cost: int


def shifts(instance: Routing) -> np.ndarray:
    """The largest reward of every client, shape (n,), which shifted costs charge for its service.

    Rewards may make a route's cost negative. Rows that cover a client at least once then bound
    nothing: the same route, driven again and again, would earn. So a route is charged the largest
    reward that each of its clients could bring, leaving a client out is charged it as well, and
    the sum over all clients is subtracted from every total: a constant, since every client is
    either served once or left out. Any shifts are right; with these, costs are distances and
    rewards missed, and neither they nor what leaving out costs is ever negative.
    """
    if instance.preference is None:
        return np.zeros(instance.clients, np.int64)
    rows = instance.vehicles > 0
    worth = np.asarray(instance.preference[rows])
    if instance.allowed is not None:
        allowed = instance.allowed[rows]
        worth = np.where(allowed, worth, worth.min(axis=0))
    return worth.max(axis=0).clip(min=0)


class Type:
    """Pricing data of one vehicle type; node 0 is its depot, node i + 1 client i."""

    def __init__(self, instance: Routing, t: int, shift: np.ndarray):
        self.index = t
        profile = int(instance.profile[t])
        depot = int(instance.depot_location[instance.start_depot[t]])
        places = np.concatenate([[depot], instance.client_location])
        distance = instance.matrix(profile)[np.ix_(places, places)].astype(np.int64)
        barred = distance >= FORBIDDEN
        self.arc = distance * int(instance.distance_cost[t])
        if instance.end_depot[t] < 0:
            self.arc[:, 0] = 0
            barred[:, 0] = False
        self.fixed = int(instance.fixed_cost[t])
        prefer = np.zeros(instance.clients + 1)
        if instance.preference is not None:
            prefer[1:] = instance.preference[t] - shift
        self.prefer = prefer.astype(np.int64)
        # Costs at nodes are halved onto the arcs at both sides, which keeps symmetry.
        half = prefer / 2
        half[0] = -self.fixed / 2
        self.base = self.arc - half[:, None] - half[None, :]
        self.base[barred] = math.inf
        np.fill_diagonal(self.base, math.inf)
        self.capacity = int(min(instance.capacity[t, 0], instance.delivery.sum() + 1))
        self.available = int(min(instance.vehicles[t], instance.clients))
        self.pricer = self._pricer(instance, t, profile, places)

    def _pricer(self, instance: Routing, t: int, profile: int, places: np.ndarray) -> Pricer:
        n = instance.clients
        windows = "time windows" in instance.features()
        driving = instance.time_matrix(profile)[np.ix_(places, places)].astype(np.int64)
        driving = np.minimum(driving, FORBIDDEN)
        if instance.end_depot[t] < 0:
            driving[:, 0] = 0
        travel = driving + np.concatenate([[0], instance.service])[:, None]
        start = int(instance.start_depot[t])
        ready, due = np.zeros(n + 1, np.int64), np.zeros(n + 1, np.int64)
        ready[0] = max(int(instance.shift[t, 0]), int(instance.depot_window[start, 0]))
        # An open route ends at its last client: its depot's closing says nothing of the end.
        due[0] = int(instance.shift[t, 1])
        if instance.end_depot[t] >= 0:
            due[0] = min(int(due[0]), int(instance.depot_window[start, 1]))
        ready[1:], due[1:] = instance.window[:, 0], instance.window[:, 1]
        if windows:
            last = ready[1:].max() + travel[travel < FORBIDDEN].sum(dtype=np.float64)
            closed = due[1:][due[1:] < UNLIMITED]
            if len(closed) == n:
                last = closed.max() + travel[1:, 0].max()
            due[0] = int(min(due[0], last))
            due[1:] = np.minimum(due[1:], due[0])
        allowed = np.ones(n + 1, np.uint8)
        if instance.allowed is not None:
            allowed[1:] = instance.allowed[t]
        if ready[0] > int(instance.depot_window[start, 1]):
            allowed[:] = 0  # the depot has closed before the shift begins
        demand = np.concatenate([[0], instance.delivery[:, 0]]).astype(np.int64)
        symmetric = bool((self.base == self.base.T).all()) and not windows
        near = np.argsort(self.arc[1:, 1:] + self.arc[1:, 1:].T, axis=1, kind="stable")
        k = min(n, NEIGHBOURS + 1)
        neighbours = np.ones((n + 1, k), np.int32)
        neighbours[1:] = near[:, :k] + 1
        return Pricer(
            demand, self.capacity, np.ascontiguousarray(travel), ready, due, allowed,
            windows, symmetric, neighbours,
        )  # fmt: skip

    def cost(self, clients: tuple[int, ...]) -> int:
        """Cost of a route with its clients' shifts, in the instance's units."""
        nodes = [0, *(c + 1 for c in clients), 0]
        driven = sum(int(self.arc[a, b]) for a, b in zip(nodes, nodes[1:]))
        return driven + self.fixed - sum(int(self.prefer[c + 1]) for c in clients)


class Duals:
    """Row duals, their signs made right so that the bound they give is valid."""

    def __init__(self, master: Master):
        y = master.lp.duals
        n, types = master.n, len(master.types)
        self.client = np.maximum(y[:n], 0.0)
        self.count = np.minimum(y[n : n + types], 0.0)
        self.cut = y[n + types :]
        self.value = float(self.client.sum())
        # An optional client may be left out at its prize: a dual beyond that supports no more.
        self.value -= float(np.maximum(self.client - master.leave, 0.0).sum())
        self.value += sum(m * t.available for m, t in zip(self.count, master.types))
        self.sets: list[tuple[np.ndarray, float]] = []
        self.subset: list[tuple[int, float]] = []
        for row, dual in zip(master.rows, self.cut):
            if row.kind == "set":
                # ≥ low wants a dual ≥ 0, ≤ high one ≤ 0; the other sign has no side to lean on.
                if dual > 0 and row.low > -math.inf:
                    self.value += dual * row.low
                elif dual < 0 and row.high < math.inf:
                    self.value += dual * row.high
                else:
                    continue
                self.sets.append((row.inside, dual))
            elif dual < -1e-9:
                self.value += dual
                self.subset.append((row.slot, -dual))


@dataclass
class Row:
    """A cut or a branching decision: crossings of a set of clients, or a subset-row cut."""

    kind: str  # "set" or "subset"
    inside: np.ndarray  # bool over nodes
    low: float
    high: float
    slot: int = -1


class Master:
    """The restricted master problem.

    Parameters
    ----------
    instance : Routing
    big : float
        Cost of leaving a required client uncovered; any value gives valid bounds.

    Raises
    ------
    InstanceError
        If the instance has features that pricing does not know.
    """

    def __init__(self, instance: Routing, big: float):
        reason = applicable(instance)
        if reason:
            raise InstanceError(reason)
        self.instance = instance
        self.n = instance.clients
        shift = shifts(instance)
        #: True total = total of shifted costs − this.
        self.shift = int(shift.sum())
        kinds = np.flatnonzero(instance.vehicles > 0)
        self.types = [Type(instance, int(t), shift) for t in kinds]
        self.required = instance.required.copy()
        self.columns: list[Column] = []
        self.known: dict[tuple[int, tuple[int, ...]], int] = {}
        self._nodes = np.zeros((1024, 16), np.int16)  # of the columns, padded with the depot
        self.rows: list[Row] = []
        self.exact = True
        #: What leaving a client out costs, with its shift; ∞ where it must be served.
        self.leave = np.where(self.required, math.inf, (instance.prize + shift).astype(float))
        prizes = np.minimum(self.leave, big)
        cover = [({i: 1.0}, 1.0, math.inf) for i in range(self.n)]
        count: list[tuple[dict[int, float], float, float]] = [
            ({}, -math.inf, float(t.available)) for t in self.types
        ]
        free = np.full(self.n, math.inf)
        self.lp = Lp(Rows.of(cover + count), cost=prizes, low=np.zeros(self.n), high=free)

    # ---- columns -------------------------------------------------------------------------------

    def add(self, routes: list[tuple[int, tuple[int, ...]]]) -> int:
        """Add routes (position of the type, clients from 0); returns how many were new."""
        cost: list[float] = []
        start: list[int] = []
        index: list[int] = []
        value: list[float] = []
        for position, clients in routes:
            if (position, clients) in self.known:
                continue
            self.known[position, clients] = len(self.columns)
            self._note(clients)
            kind = self.types[position]
            self.columns.append(Column(position, clients, kind.cost(clients)))
            start.append(len(index))
            cost.append(float(self.columns[-1].cost))
            for row, coefficient in self._entries(position, clients).items():
                index.append(row)
                value.append(coefficient)
        if cost:
            self.lp.add_columns(
                cost, np.zeros(len(cost)), np.full(len(cost), math.inf), start, index, value
            )
        return len(cost)

    def _entries(self, position: int, clients: tuple[int, ...]) -> dict[int, float]:
        entries: dict[int, float] = {}
        for c in clients:
            entries[c] = entries.get(c, 0.0) + 1.0
        entries[self.n + position] = 1.0
        first = self.n + len(self.types)
        for k, row in enumerate(self.rows):
            coefficient = self._coefficient(row, clients)
            if coefficient:
                entries[first + k] = coefficient
        return entries

    @staticmethod
    def _coefficient(row: Row, clients: tuple[int, ...]) -> float:
        inside = [bool(row.inside[c + 1]) for c in clients]
        if row.kind == "subset":
            return float(sum(inside) // 2)
        path = [False, *inside, False]
        return float(sum(a != b for a, b in zip(path, path[1:])))

    def _crossed(self, row: Row) -> np.ndarray:
        """`_coefficient` of all columns at once."""
        inside = row.inside[self._nodes[: len(self.columns)]]
        if row.kind == "subset":
            return (inside.sum(axis=1) // 2).astype(float)
        return (inside[:, 1:] != inside[:, :-1]).sum(axis=1).astype(float)

    def _note(self, clients: tuple[int, ...]) -> None:
        """Keep the nodes of the next column: depot, clients, depot to the end of its row."""
        k, (rows, width) = len(self.columns), self._nodes.shape
        if k == rows or len(clients) + 2 > width:
            larger = np.zeros((max(rows, 2 * k), max(width, len(clients) + 2)), np.int16)
            larger[:k, :width] = self._nodes[:k]
            self._nodes = larger
        self._nodes[k, 1 : len(clients) + 1] = [c + 1 for c in clients]

    def values(self) -> np.ndarray:
        """Value of every route column in the last LP."""
        return self.lp.values[self.n :]

    # ---- rows ----------------------------------------------------------------------------------

    def add_row(self, row: Row) -> int:
        """Add a cut; returns its index among the cuts."""
        if row.kind == "subset":
            row.slot = sum(r.kind == "subset" for r in self.rows)
        crossed = self._crossed(row)
        used = np.flatnonzero(crossed)
        coefficients = dict(zip((self.n + used).tolist(), crossed[used].tolist()))
        self.lp.add_rows(Rows.of([(coefficients, row.low, row.high)]))
        self.rows.append(row)
        return len(self.rows) - 1

    def set_bounds(self, k: int, low: float, high: float) -> None:
        """Change the two sides of cut `k`."""
        self.rows[k].low, self.rows[k].high = low, high
        self.lp.set_row_bounds(self.n + len(self.types) + k, low, high)

    @property
    def subset_room(self) -> int:
        """How many more subset-row cuts the pricer can carry."""
        return MAX_CUTS - sum(r.kind == "subset" for r in self.rows)

    # ---- pricing -------------------------------------------------------------------------------

    def reduced(self, kind: int, duals: Duals) -> np.ndarray:
        """Reduced cost of every arc of a type under the duals."""
        node = np.concatenate([[duals.count[kind]], duals.client]) / 2
        matrix = self.types[kind].base - node[:, None] - node[None, :]
        for inside, dual in duals.sets:
            matrix -= dual * (inside[:, None] != inside[None, :])
        return np.ascontiguousarray(matrix)

    def subset_data(self, duals: Duals) -> tuple[np.ndarray, np.ndarray]:
        """Membership bits of clients and penalties of the subset-row cuts."""
        member = np.zeros(self.n + 1, np.uint64)
        penalty = np.zeros(MAX_CUTS)
        for row in self.rows:
            if row.kind == "subset":
                member[row.inside] |= np.uint64(1) << np.uint64(row.slot)
        for slot, cost in duals.subset:
            penalty[slot] = cost
        # Cuts without a dual cost nothing and only weaken dominance.
        idle = sum((1 << c) for c in range(MAX_CUTS) if penalty[c] == 0)
        return member & np.uint64(~idle & 0xFFFFFFFFFFFFFFFF), penalty

    def price(self, duals: Duals, *, heuristic: bool, most: int = 60) -> tuple[int, float | None]:
        """Add routes of negative reduced cost.

        Returns
        -------
        added : int
            New columns.
        bound : float or None
            A valid lower bound on the LP with these rows, None where pricing was not exhaustive.
        """
        exhaustive, least = not heuristic, []
        member, penalty = self.subset_data(duals)
        found: list[tuple[int, tuple[int, ...]]] = []
        for k, kind in enumerate(self.types):
            routes, best, exact = kind.pricer.price(
                self.reduced(k, duals), member, penalty, heuristic, most, LABELS
            )
            found += [(k, tuple(c - 1 for c in clients)) for _, clients in routes]
            exhaustive = exhaustive and exact
            least.append((min(0.0, best), kind.available))
        return self.add(found), duals.value + self._most(least) if exhaustive else None

    def _most(self, least: list[tuple[float, int]]) -> float:
        """The least reduced cost that routes can have together: (least, available) by type.

        Every route serves a client of its own, so that all types together have no more routes
        than there are clients.
        """
        total, left = 0.0, self.n
        for reduced, available in sorted(least):
            taken = min(left, available)
            total += taken * reduced
            left -= taken
        return total

    def enumerate(
        self, duals: Duals, gap: float, limit: int, labels: int, seconds: float
    ) -> list[Column] | None:
        """The cheapest route of every set visited within `gap` of reduced cost.

        A solution that is better than ``bound(duals) + gap`` uses only routes whose reduced cost
        is at most `gap`; exchanging each for the kept one over the same clients makes it no
        dearer. None if there are too many or it takes too long.
        """
        begun = time.monotonic()
        member, penalty = self.subset_data(duals)
        columns: list[Column] = []
        for k, kind in enumerate(self.types):
            left = max(0.0, seconds - (time.monotonic() - begun))
            routes = kind.pricer.enumerate(
                self.reduced(k, duals), kind.base, member, penalty, gap, limit, labels, left
            )
            if routes is None or len(columns) + len(routes) > limit:
                return None
            for _, clients in routes:
                own = tuple(c - 1 for c in clients)
                columns.append(Column(k, own, kind.cost(own)))
        return columns

    def remember_cycles(self, values: np.ndarray) -> int:
        """Enlarge ng sets by the shortest cycles of the LP's routes and bar those routes."""
        barred: list[int] = []
        for k in np.flatnonzero(values > 1e-6):
            column = self.columns[k]
            cycle = _shortest_cycle(column.clients)
            if cycle:
                nodes = np.array([c + 1 for c in cycle], np.int32)
                self.types[column.vehicle].pricer.remember(nodes)
                barred.append(int(k))
        if barred:
            columns = [self.n + k for k in barred]
            self.lp.set_column_bounds(columns, np.zeros(len(barred)), np.zeros(len(barred)))
        return len(barred)


def _shortest_cycle(clients: tuple[int, ...]) -> tuple[int, ...]:
    """The shortest piece of a route that begins and ends with the same client, or nothing."""
    last: dict[int, int] = {}
    best: tuple[int, ...] = ()
    for position, c in enumerate(clients):
        if c in last and (not best or position - last[c] + 1 < len(best)):
            best = clients[last[c] : position + 1]
        last[c] = position
    return best


def edges(columns: list[Column], values: np.ndarray, n: int) -> np.ndarray:
    """Symmetric flow between nodes, shape (n + 1, n + 1), summed over the LP's routes."""
    flow = np.zeros((n + 1, n + 1))
    for k in np.flatnonzero(values > 1e-9):
        nodes = np.array([0, *(c + 1 for c in columns[k].clients), 0])
        np.add.at(flow, (nodes[:-1], nodes[1:]), values[k])
    return flow + flow.T


def capacity_cuts(flow: np.ndarray, demand: np.ndarray, capacity: int, most: int) -> list[Any]:
    """Sets S with x(δ(S)) < 2⌈d(S)/Q⌉, grown greedily from every client and edge.

    Returns
    -------
    list of (inside, right-hand side)
        The most violated ones; `inside` is a bool array over nodes.
    """
    n = len(flow) - 1
    degree = flow[1:, 1:].sum(axis=1) + flow[1:, 0]
    seen: dict[bytes, tuple[float, np.ndarray, float]] = {}
    for seed in range(1, n + 1):
        inside = np.zeros(n + 1, bool)
        inside[seed] = True
        link = flow[seed].copy()
        load, cross = int(demand[seed - 1]), degree[seed - 1]
        for _ in range(n - 1):
            candidate = np.where(inside[1:], -1.0, link[1:])
            best = int(np.argmax(candidate))
            if candidate[best] <= EPS:
                break
            v = best + 1
            cross += degree[best] - 2 * link[v]
            inside[v] = True
            load += int(demand[best])
            link += flow[v]
            need = 2 * -(-load // capacity)
            if cross < need - 0.05:
                key = inside.tobytes()
                if key not in seen:
                    seen[key] = (need - cross, inside.copy(), float(need))
    ranked = sorted(seen.values(), key=lambda s: -s[0])
    return [(inside, need) for _, inside, need in ranked[:most]]


def subset_cuts(
    columns: list[Column], values: np.ndarray, n: int, most: int
) -> list[tuple[int, int, int]]:
    """Triples whose subset-row cut Σ ⌊½ visits⌋ λ ≤ 1 is violated, the most violated first."""
    active = np.flatnonzero(values > 1e-6)
    visits = np.zeros((n, len(active)), np.int16)
    for position, k in enumerate(active):
        np.add.at(visits[:, position], list(columns[k].clients), 1)
    weight = values[active]
    found: list[tuple[float, tuple[int, int, int]]] = []
    for i in range(n):
        together = np.flatnonzero((visits[i] > 0) @ (visits.T > 0).astype(float) > 0)
        together = together[together > i]
        for j in together:
            pair = visits[i] + visits[j]
            sums = ((pair[None, :] + visits[j + 1 :]) // 2) @ weight
            found += [
                (float(sums[k]), (i, int(j), int(j) + 1 + int(k)))
                for k in np.flatnonzero(sums > 1.03)
            ]
    found.sort(reverse=True)
    return [triple for _, triple in found[:most]]
