"""The master of column generation: routes as columns, cuts as rows, a pricer a vehicle type.

Set covering over routes (Balinski, Quandt 1964), ng-routes (Baldacci, Mingozzi, Roberti 2011),
rounded capacity cuts, rank-1 cuts with multiplier ½ (Jepsen, Petersen, Spoorendonk, Pisinger 2008)
and limited memory (Pecin, Pessoa, Poggi, Uchoa 2017).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from zerogap._ext.routing.pricing import CUT_WORDS, MAX_CLIENTS, MAX_CUTS, Pool, Pricer
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
LABELS = 1_500_000  # partial paths after which one pricing gives up
#: Reduced cost below zero that pricing does not look for (EPS of labels.hpp).
UNSEEN = 1e-7
EPSILON = float(np.finfo(float).eps)
#: Columns from which on the dearest by reduced cost are dropped, down to so many.
MANY, FEW = 6000, 3000


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


@dataclass(eq=False)
class Row:
    """A cut or a branching decision.

    ``set``: crossings of a set of clients; ``rank``: ⌊½ visits⌋ of the clients `inside`, where a
    route forgets an odd visit when it leaves `memory`; ``touch``: 1 for a route that visits them.
    """

    kind: str
    inside: np.ndarray  # bool over nodes
    low: float
    high: float
    memory: np.ndarray | None = None  # bool over nodes, of a ``rank``
    branching: bool = False
    idle: int = 0  # rounds without a dual


class Duals:
    """Row duals, their signs made right so that the bound they give is valid.

    Parameters
    ----------
    master : Master
    y : ndarray, shape (rows,)
        Any numbers.
    """

    def __init__(self, master: Master, y: np.ndarray):
        n, types = master.n, len(master.types)
        self.y = y
        self.client = np.maximum(y[:n], 0.0)
        self.count = np.minimum(y[n : n + types], 0.0)
        self.value = float(self.client.sum())
        # An optional client may be left out at its prize: a dual beyond that supports no more.
        self.value -= float(np.maximum(self.client - master.leave, 0.0).sum())
        self.value += sum(m * t.available for m, t in zip(self.count, master.types))
        self.sets: list[tuple[np.ndarray, float]] = []
        self.ranks: list[tuple[Row, float]] = []
        self.touches: list[tuple[Row, float]] = []
        for row, dual in zip(master.rows, y[n + types :].tolist()):
            if row.kind == "set":
                # ≥ low wants a dual ≥ 0, ≤ high one ≤ 0; the other sign has no side to lean on.
                if dual > 1e-9 and row.low > -math.inf:
                    self.value += dual * row.low
                elif dual < -1e-9 and row.high < math.inf:
                    self.value += dual * row.high
                else:
                    continue
                self.sets.append((row.inside, dual))
            elif row.kind == "touch":
                if dual > 1e-9:
                    self.value += dual * row.low
                    self.touches.append((row, dual))
            elif dual < -1e-9:
                self.value += dual * row.high
                self.ranks.append((row, -dual))
        # What the sum above and the reduced costs of routes, which hold the same duals and arcs
        # against each other, may have lost in double: terms · ε · the sum of their sizes.
        held = np.abs(y[:n]).sum() + np.abs(self.count * [t.available for t in master.types]).sum()
        for row, dual in zip(master.rows, y[n + types :].tolist()):
            held += abs(dual) * (n if not math.isfinite(row.low) else max(abs(row.low), n))
        self.lost = (n + len(y)) * EPSILON * (float(held) + 2 * n * master.longest)
        # Beyond what a label can carry the smallest penalties are left out: routes get cheaper.
        self.ranks.sort(key=lambda pair: -pair[1])
        self.ranks = self.ranks[: master.most_cuts]


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

    #: Most rank-1 cuts with a dual, and the words of their bits.
    most_cuts, words = MAX_CUTS, CUT_WORDS

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
        #: Size of the dearest arc, with what its ends cost or earn.
        self.longest = max(
            (float(np.abs(t.base[np.isfinite(t.base)]).max(initial=0.0)) for t in self.types),
            default=0.0,
        )
        self.required = instance.required.copy()
        self.columns: list[Column] = []
        self.known: set[tuple[int, tuple[int, ...]]] = set()
        self._nodes = np.zeros((1024, 16), np.int16)  # of the columns, padded with the depot
        self.rows: list[Row] = []
        #: What leaving a client out costs, with its shift; ∞ where it must be served.
        self.leave = np.where(self.required, math.inf, (instance.prize + shift).astype(float))
        prizes = np.minimum(self.leave, big)
        cover = [({i: 1.0}, 1.0, math.inf) for i in range(self.n)]
        count: list[tuple[dict[int, float], float, float]] = [
            ({}, -math.inf, float(t.available)) for t in self.types
        ]
        free = np.full(self.n, math.inf)
        self.lp = Lp(Rows.of(cover + count), cost=prizes, low=np.zeros(self.n), high=free)
        #: Duals of the best bound at this node, towards which new ones are pulled.
        self.centre: np.ndarray | None = None

    # ---- columns -------------------------------------------------------------------------------

    def add(self, routes: list[tuple[int, tuple[int, ...]]]) -> int:
        """Add routes (position of the type, clients from 0); returns how many were new."""
        first = len(self.columns)
        for position, clients in routes:
            if (position, clients) in self.known:
                continue
            self.known.add((position, clients))
            self._note(clients)
            cost = self.types[position].cost(clients)
            self.columns.append(Column(position, clients, cost))
        fresh = self.columns[first:]
        if not fresh:
            return 0
        cuts = self.coefficients(self.rows, self._nodes[first : len(self.columns)])
        start: list[int] = []
        index: list[np.ndarray] = []
        value: list[np.ndarray] = []
        base, filled = self.n + len(self.types), 0
        for k, column in enumerate(fresh):
            visited, times = np.unique(column.clients, return_counts=True)
            used = np.flatnonzero(cuts[:, k])
            index.append(np.concatenate([visited, [self.n + column.vehicle], base + used]))
            value.append(np.concatenate([times, [1.0], cuts[used, k]]))
            start.append(filled)
            filled += len(index[-1])
        costs = [float(c.cost) for c in fresh]
        self.lp.add_columns(
            costs, np.zeros(len(costs)), np.full(len(costs), math.inf), start,
            np.concatenate(index), np.concatenate(value),
        )  # fmt: skip
        return len(fresh)

    @staticmethod
    def coefficients(rows: list[Row], nodes: np.ndarray) -> np.ndarray:
        """Coefficients of routes, lines of nodes from depot to depot; shape (rows, routes)."""
        made = np.zeros((len(rows), len(nodes)))
        kinds: dict[str, list[int]] = {}
        for k, row in enumerate(rows):
            everywhere = row.memory is None or bool(row.memory[1:].all())
            kinds.setdefault(row.kind if everywhere else "limited", []).append(k)
        for kind, which in kinds.items():
            inside = np.array([rows[k].inside for k in which])
            if kind == "set":
                crossed = np.zeros((len(which), len(nodes)))
                for k in range(1, nodes.shape[1]):
                    crossed += inside[:, nodes[:, k]] != inside[:, nodes[:, k - 1]]
                made[which] = crossed
            elif kind == "limited":
                memory = np.array([rows[k].memory for k in which])
                odd, times = np.zeros((len(which), len(nodes)), bool), made[which]
                for k in range(1, nodes.shape[1]):
                    member = inside[:, nodes[:, k]]
                    odd &= memory[:, nodes[:, k]]
                    times += odd & member
                    odd ^= member
                made[which] = times
            else:
                visits = np.zeros((len(nodes), inside.shape[1]), np.float32)
                np.add.at(visits, (np.arange(len(nodes))[:, None], nodes), 1.0)
                visits[:, 0] = 0.0
                count = inside.astype(np.float32) @ visits.T
                made[which] = count // 2 if kind == "rank" else count > 0.5
        return made

    def _note(self, clients: tuple[int, ...]) -> None:
        """Keep the nodes of the next column: depot, clients, depot to the end of its row."""
        k, (rows, width) = len(self.columns), self._nodes.shape
        if k == rows or len(clients) + 2 > width:
            larger = np.zeros((max(rows, 2 * k), max(width, len(clients) + 2)), np.int16)
            larger[:k, :width] = self._nodes[:k]
            self._nodes = larger
        self._nodes[k] = 0
        self._nodes[k, 1 : len(clients) + 1] = [c + 1 for c in clients]

    def values(self) -> np.ndarray:
        """Value of every route column in the last LP."""
        return self.lp.values[self.n :]

    def shed_columns(self) -> None:
        """Drop columns of large reduced cost, where there are many, after a solve."""
        count = len(self.columns)
        reduced = self.lp.reduced_costs[self.n :]
        if count < MANY or len(reduced) != count:
            return
        order = np.argsort(reduced, kind="stable")
        idle = order[FEW:][self.values()[order[FEW:]] < 1e-9]
        dear = [k for k in idle.tolist() if len(self.columns[k].clients) > 1]
        gone = np.array(sorted(dear), np.int64)
        self.lp.delete_columns(self.n + gone)
        self.lp.values = np.delete(self.lp.values, self.n + gone)
        stays = np.ones(count, bool)
        stays[gone] = False
        left = np.flatnonzero(stays)
        self._nodes[: len(left)] = self._nodes[left]
        self.columns = [self.columns[k] for k in left]
        self.known = {(c.vehicle, c.clients) for c in self.columns}

    # ---- rows ----------------------------------------------------------------------------------

    def add_rows(self, rows: list[Row]) -> None:
        """Add cuts."""
        if not rows:
            return
        made = []
        every = self.coefficients(rows, self._nodes[: len(self.columns)])
        for row, crossed in zip(rows, every):
            used = np.flatnonzero(crossed)
            coefficients = dict(zip((self.n + used).tolist(), crossed[used].tolist()))
            made.append((coefficients, row.low, row.high))
        self.lp.add_rows(Rows.of(made))
        self.rows += rows
        if self.centre is not None:
            self.centre = np.append(self.centre, np.zeros(len(rows)))

    def drop_rows(self, rows: list[Row]) -> None:
        """Take cuts back."""
        if not rows:
            return
        gone = [self.rows.index(row) for row in rows]
        first = self.n + len(self.types)
        self.lp.delete_rows(sorted(first + k for k in gone))
        if self.centre is not None:
            self.centre = np.delete(self.centre, [first + k for k in gone])
        self.rows = [row for k, row in enumerate(self.rows) if k not in set(gone)]

    def drop_idle(self, rounds: int) -> None:
        """Take back the cuts that had no dual in so many rounds; to be called after a solve."""
        duals = self.lp.duals[self.n + len(self.types) :]
        for row, dual in zip(self.rows, duals):
            row.idle = row.idle + 1 if abs(dual) < 1e-7 else 0
        self.drop_rows([row for row in self.rows if row.idle >= rounds and not row.branching])

    def set_bounds(self, row: Row, low: float, high: float) -> None:
        """Change the two sides of a cut."""
        row.low, row.high = low, high
        self.lp.set_row_bounds(self.n + len(self.types) + self.rows.index(row), low, high)

    @property
    def rank_room(self) -> int:
        """How many more rank-1 cuts the pricer can carry."""
        return self.most_cuts - sum(r.kind == "rank" for r in self.rows)

    def memory(self, kept: np.ndarray) -> np.ndarray:
        """Where a rank-1 cut remembers, given where it must."""
        return kept

    # ---- pricing -------------------------------------------------------------------------------

    def reduced(self, kind: int, duals: Duals) -> np.ndarray:
        """Reduced cost of every arc of a type under the duals."""
        node = np.concatenate([[duals.count[kind]], duals.client]) / 2
        matrix = self.types[kind].base - node[:, None] - node[None, :]
        for inside, dual in duals.sets:
            matrix -= dual * (inside[:, None] != inside[None, :])
        return np.ascontiguousarray(matrix)

    def rank_data(self, duals: Duals) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Membership and memory bits of clients, and penalties, of the rank-1 cuts with a dual."""
        rows = [row for row, _ in duals.ranks]
        member = bits([row.inside for row in rows], self.n + 1, self.words)
        keep = bits([row.memory for row in rows], self.n + 1, self.words)
        return member, keep, np.array([cost for _, cost in duals.ranks], dtype=float)

    def duals(self, pull: float = 0.0) -> Duals:
        """Duals of the last LP, pulled towards the centre by so much (Wentges 1997)."""
        y = self.lp.duals
        if pull and self.centre is not None:
            y = pull * self.centre + (1.0 - pull) * y
        return Duals(self, y)

    def price(self, duals: Duals, *, heuristic: bool, most: int = 100) -> tuple[int, float | None]:
        """Add routes of negative reduced cost.

        Returns
        -------
        added : int
            New columns.
        bound : float or None
            A valid lower bound on the LP with these rows, None where pricing was not exhaustive.
        """
        exhaustive, least = not heuristic, []
        data = self.rank_data(duals)
        found: list[tuple[int, tuple[int, ...]]] = []
        for k, kind in enumerate(self.types):
            routes, best, exact = kind.pricer.price(
                self.reduced(k, duals), *data, heuristic, most, LABELS
            )
            found += [(k, tuple(c - 1 for c in clients)) for _, clients in routes]
            exhaustive = exhaustive and exact
            # Routes between −UNSEEN and 0 may be there and were not looked for.
            least.append((min(-UNSEEN, best), kind.available))
        return self.add(found), self.bound(duals, least) if exhaustive else None

    def bound(self, duals: Duals, least: list[tuple[float, int]]) -> float:
        """The Lagrangian bound of `duals`, given the `least` reduced cost and number by type.

        Valid for any duals: rows hold in every solution of the node, whose routes have at least
        their type's least reduced cost; `lost` is taken off for the arithmetic.
        """
        return duals.value + self.most(least) - duals.lost

    def most(self, least: list[tuple[float, int]]) -> float:
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
        self, duals: Duals, gap: float, limit: int, paths: int, labels: int, seconds: float
    ) -> list[Pool] | None:
        """The cheapest route of every set visited within `gap` of reduced cost, by type.

        A solution that is better than ``bound(duals) + gap`` uses only routes whose reduced cost
        is at most `gap`; exchanging each for the kept one over the same clients makes it no
        dearer. None if there are too many or it takes too long.
        """
        begun = time.monotonic()
        data = self.rank_data(duals)
        pools: list[Pool] = []
        for k, kind in enumerate(self.types):
            left = max(0.0, seconds - (time.monotonic() - begun))
            pool = kind.pricer.enumerate(
                self.reduced(k, duals), kind.base, *data, gap, limit, paths, labels, left
            )
            if pool is None:
                return None
            pools.append(pool)
        return pools

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


def bits(sets: Sequence[np.ndarray | None], nodes: int, words: int) -> np.ndarray:
    """Bit c of every node: whether it belongs to set c; shape (nodes, words)."""
    made = np.zeros((nodes, words), np.uint64)
    for c, inside in enumerate(sets):
        made[inside, c // 64] |= np.uint64(1) << np.uint64(c % 64)
    return made


def _shortest_cycle(clients: tuple[int, ...]) -> tuple[int, ...]:
    """The shortest piece of a route that begins and ends with the same client, or nothing."""
    last: dict[int, int] = {}
    best: tuple[int, ...] = ()
    for position, c in enumerate(clients):
        if c in last and (not best or position - last[c] + 1 < len(best)):
            best = clients[last[c] : position + 1]
        last[c] = position
    return best
