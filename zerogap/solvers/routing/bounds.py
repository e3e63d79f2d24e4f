"""Proofs for routing: column generation with cuts, enumeration and a closing MIP, branching.

The lower bound is valid at every moment: it is the Lagrangian bound of the last exhaustive pricing,
and while branching the least bound of the open nodes. Costs in here are shifted
(`zerogap.solvers.routing.master.shifts`); what the search is told is not.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from zerogap.models.routing import Route, Routes, Routing
from zerogap.solvers.backends import cpsat, highs
from zerogap.solvers.routing.master import (
    Column,
    Duals,
    Master,
    Row,
    capacity_cuts,
    edges,
    shifts,
    subset_cuts,
)
from zerogap.solvers.search import Search

SOURCE = "columns"
#: Routes and partial paths up to which enumeration is tried; the MIP must stay solvable.
ROUTES, PATHS = 60_000, 2_500_000
#: Cut rounds at a node stop when the bound grows by less than this share of the gap.
STALL = 0.02
ROUNDS = 30
#: Seconds of one exhaustive pricing after which no more subset-row cuts are added.
SLOW = 2.0
#: Closing programs of up to so many columns are solved by CP-SAT as well: a second look in
#: milliseconds at what the claim rests on.
SECOND_LOOK = 1500
#: Columns among which the root's MIP chooses a solution, and its seconds and share of the time.
SELECTED, SELECT_SECONDS, SELECT_SHARE = 2500, 10.0, 0.15
#: Closing programs of more columns are not presolved: the enumeration has kept one route a set of
#: clients already, and HiGHS would compare 50,000 columns for a minute (E-n31-k7).
PRESOLVED = 3000


@dataclass(frozen=True)
class Relaxed:
    """A converged relaxation: duals, their own Lagrangian bound, and the best bound of the node.

    Enumeration needs the bound of exactly these duals; an earlier round may have proven more, which
    is a bound all the same, but says nothing about the reduced costs of now.
    """

    duals: Duals
    own: float
    bound: float
    values: np.ndarray


@dataclass(order=True)
class Node:
    """An open node: its bound and the (cut, low, high) decisions that make it."""

    bound: float
    number: int
    decisions: tuple[tuple[int, float, float], ...] = field(compare=False, default=())


class Proof:
    """One attempt to prove the optimum of an instance.

    Parameters
    ----------
    instance : Routing
    search : Search
        Gives the incumbent and takes bounds and solutions.
    routes : iterable of (type, clients)
        Routes that kernels found good, columns from the start.
    """

    def __init__(
        self, instance: Routing, search: Search, routes: Iterable[tuple[int, list[int]]] = ()
    ):
        self.instance = instance
        self.search = search
        self.master = Master(instance, self._big())
        self.shift = self.master.shift
        self.capacity = max(t.capacity for t in self.master.types)
        self.cuttable = bool(instance.required.all())
        self.pairs: dict[tuple[int, int], int] = {}
        self.numbers = itertools.count()
        self.open: list[Node] = []
        self.latest: list[int] = []  # subset-row cuts of the last round
        self.deepening = True  # whether more subset-row cuts may come
        self.beaten = math.inf  # the least value that a node was held against, or offered
        self.aim: float | None = None  # the incumbent that is to be beaten: a snapshot
        singles = [(k, (c,)) for k in range(len(self.master.types)) for c in range(self.master.n)]
        self.master.add([s for s in singles if self._possible(*s)])
        self._add(routes)
        self.take_incumbent()

    def _possible(self, kind: int, route: tuple[int, ...]) -> bool:
        t = self.master.types[kind]
        arcs = [t.base[0, route[0] + 1], t.base[route[0] + 1, 0]]
        allowed = self.instance.allowed
        fits = allowed is None or bool(allowed[t.index, route[0]])
        load = int(self.instance.delivery[route[0], 0]) <= t.capacity
        routes = Routes((Route(t.index, (route,)),))
        return fits and load and max(arcs) < math.inf and self._feasible_alone(routes)

    def _feasible_alone(self, routes: Routes) -> bool:
        """Whether a lone route keeps its windows (the checker would refuse the other clients)."""
        route = routes.routes[0]
        kind = next(t for t in self.master.types if t.index == route.vehicle)
        if "time windows" not in self.instance.features():
            return True
        c = route.trips[0][0]
        profile = int(self.instance.profile[kind.index])
        start = int(self.instance.start_depot[kind.index])
        depot = int(self.instance.depot_location[start])
        place = int(self.instance.client_location[c])
        leave = max(
            int(self.instance.shift[kind.index, 0]), int(self.instance.depot_window[start, 0])
        )
        there = int(self.instance.travel_time(depot, place, profile))
        begin = max(leave + there, int(self.instance.window[c, 0]))
        back = begin + int(self.instance.service[c])
        if self.instance.end_depot[kind.index] >= 0:
            back += int(self.instance.travel_time(place, depot, profile))
        due = min(
            int(self.instance.shift[kind.index, 1]), int(self.instance.depot_window[start, 1])
        )
        return begin <= int(self.instance.window[c, 1]) and back <= due

    def _big(self) -> float:
        if self.search.objective is not None:
            return float(self.search.objective) + float(shifts(self.instance).sum()) + 1.0
        far = max(int(self.instance.matrix(int(p)).clip(max=1 << 30).max()) for p in {0})
        dear = float(np.abs(shifts(self.instance)).max(initial=0))
        return 4.0 * far + float(self.instance.fixed_cost.max()) + 2.0 * dear + 1.0

    def take_incumbent(self) -> None:
        """Make the incumbent's routes columns."""
        best = self.search.solution
        if best is None:
            return
        self._add((r.vehicle, list(r)) for r in best.routes)

    def _add(self, routes: Iterable[tuple[int, list[int]]]) -> None:
        """Make routes columns; those of several trips are none."""
        position = {t.index: k for k, t in enumerate(self.master.types)}
        self.master.add(
            [
                (position[vehicle], tuple(stops))
                for vehicle, stops in routes
                if vehicle in position and stops and min(stops) >= 0
            ]
        )

    def look(self) -> None:
        """Take a snapshot of the incumbent, against which everything is proven until the next."""
        best = self.search.objective
        self.aim = None if best is None else float(best) + self.shift

    @property
    def target(self) -> float:
        """Value that an improving solution must not exceed; ∞ without an incumbent."""
        return math.inf if self.aim is None else self.aim - 1.0

    # ---- one node ------------------------------------------------------------------------------

    def converge(self) -> Relaxed | None:
        """Price until no route helps; None if stopped."""
        bound = -math.inf
        heuristic = True
        while self.search.open:
            if self.master.lp.solve(self.search.remaining) != "optimal":
                return None
            duals = Duals(self.master)
            begun = self.search.elapsed
            added, proven = self.master.price(duals, heuristic=heuristic)
            if not heuristic and self.search.elapsed - begun > SLOW:
                self.deepening = False
            if proven is not None:
                # Valid at any duals; also with another round's, and after rows were shed, since
                # every row is valid for all solutions of the node.
                bound = max(bound, proven)
                self._report(bound)
                done = bound > self.target + 1e-6 or not added
                if done or self.master.lp.objective - bound < 1e-6:
                    return Relaxed(duals, proven, bound, self.master.values())
            elif not heuristic and not self._shed():
                return None  # the labelling gave up: no bound from here
            heuristic = added > 0 if heuristic else added > 10
        return None

    def _shed(self) -> bool:
        """Take back the last subset-row cuts, which made pricing too hard; False if none are."""
        self.deepening = False
        cuts = [k for k, row in enumerate(self.master.rows) if row.kind == "subset"]
        rows = self.latest or [k for k in cuts if self.master.rows[k].high < math.inf]
        for row in rows:
            self.master.set_bounds(row, -math.inf, math.inf)
        self.latest = []
        return bool(rows)

    def _report(self, node_bound: float) -> None:
        """The global bound is the least over the node at work and the open ones.

        Nodes that are done hold nothing better than the incumbent they were held against, which
        was no better than the present one.
        """
        others = self.open[0].bound if self.open else math.inf
        value = min(node_bound, others)
        value -= self.shift
        if self.search.objective is not None:
            value = min(value, float(self.search.objective))
        if math.isfinite(value):
            self.search.tighten(value, SOURCE)

    def tighten_node(self) -> Relaxed | None:
        """Converge, cut, converge …; the last relaxation that converged."""
        last = -math.inf
        state: Relaxed | None = None
        for _ in range(ROUNDS):
            self.look()
            found = self.converge()
            if found is None:
                return state
            best = found.bound if state is None else max(found.bound, state.bound)
            state = Relaxed(found.duals, found.own, best, found.values)
            if state.bound > self.target + 1e-6:
                return state
            self._integral(state.values)
            if self.master.remember_cycles(state.values):
                continue
            slow = state.bound - last < STALL * max(1.0, self.target - state.bound)
            last = max(last, state.bound)
            if not self._cut(state.values, deep=slow):
                return state
        return state

    def _cut(self, values: np.ndarray, *, deep: bool) -> bool:
        """Add violated cuts: capacity first, subset rows once these stall."""
        master, added = self.master, 0
        if self.cuttable:
            flow = edges(master.columns, values, master.n)
            demand = self.instance.delivery[:, 0]
            for inside, need in capacity_cuts(flow, demand, self.capacity, 25):
                master.add_row(Row("set", inside, need, math.inf))
                added += 1
        if (not added or deep) and self.deepening and master.subset_room > 0:
            room = min(12, master.subset_room)
            self.latest = []
            for triple in subset_cuts(master.columns, values, master.n, room):
                inside = np.zeros(master.n + 1, bool)
                inside[[c + 1 for c in triple]] = True
                self.latest.append(master.add_row(Row("subset", inside, -math.inf, 1.0)))
                added += 1
        return added > 0

    def _integral(self, values: np.ndarray) -> None:
        """Offer the LP's solution where it is one."""
        used = np.flatnonzero(values > 0.5)
        if np.abs(values - np.round(values)).max(initial=0.0) < 1e-6:
            self._offer([self.master.columns[k] for k in used])

    def _offer(self, columns: list[Column]) -> None:
        served = [c for column in columns for c in column.clients]
        if len(served) != len(set(served)):
            return
        missing = set(np.flatnonzero(self.instance.required)) - set(served)
        if missing:
            return
        types = self.master.types
        routes = tuple(Route(types[c.vehicle].index, (c.clients,)) for c in columns)
        self.search.offer(Routes(routes), SOURCE)

    def finish(self, relaxed: Relaxed) -> bool:
        """Enumerate all routes an improving solution can use and let a MIP choose; True if done.

        True says that the node holds nothing better than `aim`, or than what was offered. Reduced
        costs are within ``target - own`` with the Lagrangian bound of exactly these duals; rows
        added since have no dual. Branching rows count in the reduced costs, so that a solution of
        the node is found (or one no dearer that need not be of the node).
        """
        gap = self.target - relaxed.own
        if not math.isfinite(gap):
            return False
        left = self.search.remaining
        columns = self.master.enumerate(relaxed.duals, gap + 1e-6, ROUTES, PATHS, left)
        if columns is None:
            return False
        cost, rows = self._program(columns)
        if any(not row[0] for row in rows[: self.master.n]):
            return True  # a client that no improving route serves: nothing better exists
        program = highs.Rows.of(rows)
        found = highs.solve_mip(
            cost, program, np.zeros(len(cost)), np.ones(len(cost)),
            np.ones(len(cost), bool), cutoff=self.target + 0.5, seconds=self.search.remaining,
            threads=1, seed=self.search.seed, stopped=lambda: not self.search.open,
            presolve=len(cost) <= PRESOLVED,
        )  # fmt: skip
        chosen = None if found.values is None else np.flatnonzero(found.values > 0.5)
        if len(cost) <= SECOND_LOOK and found.status in ("optimal", "cutoff"):
            again = cpsat.select(cost, program, limit=self.target, seconds=self.search.remaining)
            if again.status not in ("optimal", "infeasible"):
                return False
            held = math.inf if chosen is None else float(np.take(cost, chosen).sum())
            if again.values is not None and float(np.dot(again.values, cost)) < held - 0.5:
                self.search.messages.append("HiGHS missed a selection of routes that CP-SAT found")
                chosen = np.flatnonzero(again.values)
            self.search.messages.append("columns: CP-SAT solved the last program, too")
        if chosen is not None:
            self.beaten = min(self.beaten, float(np.take(cost, chosen).sum()))
            self._offer([columns[k] for k in chosen if k < len(columns)])
        return found.status in ("optimal", "cutoff")

    def _program(
        self, columns: list[Column]
    ) -> tuple[list[float], list[tuple[dict[int, float], float, float]]]:
        """Every client by one route, or left out at its price; types as available."""
        n, types = self.master.n, self.master.types
        optional = np.flatnonzero(~self.instance.required)
        cost = [float(c.cost) for c in columns] + self.master.leave[optional].tolist()
        rows: list[tuple[dict[int, float], float, float]] = [({}, 1.0, 1.0) for _ in range(n)]
        rows += [({}, -math.inf, float(t.available)) for t in types]
        for k, column in enumerate(columns):
            for c in column.clients:
                rows[c][0][k] = 1.0
            rows[n + column.vehicle][0][k] = 1.0
        for k, i in enumerate(optional):
            rows[i][0][len(columns) + k] = 1.0
        return cost, rows

    def select(self) -> None:
        """Let a MIP choose among the columns of least reduced cost: a solution, no proof."""
        seconds = min(SELECT_SECONDS, SELECT_SHARE * self.search.remaining)
        reduced = self.master.lp.reduced_costs[self.master.n :]
        if not math.isfinite(self.target) or seconds < 0.1 or not len(reduced):
            return
        near = np.argsort(reduced, kind="stable")[: 3 * SELECTED]
        whole = [
            c
            for c in (self.master.columns[k] for k in near)
            if len(set(c.clients)) == len(c.clients)
        ]
        columns = whole[:SELECTED]
        cost, rows = self._program(columns)
        if any(not row[0] for row in rows[: self.master.n]):
            return
        found = highs.solve_mip(
            cost, highs.Rows.of(rows), np.zeros(len(cost)), np.ones(len(cost)),
            np.ones(len(cost), bool), cutoff=self.target + 0.5, seconds=seconds, threads=1,
            seed=self.search.seed, stopped=lambda: not self.search.open,
        )  # fmt: skip
        if found.values is not None:
            chosen = np.flatnonzero(found.values > 0.5)
            self._offer([columns[k] for k in chosen if k < len(columns)])

    # ---- the tree ------------------------------------------------------------------------------

    def run(self) -> None:
        """Best-first search until the gap is closed or the limits end it."""
        heapq.heappush(self.open, Node(-math.inf, next(self.numbers)))
        while self.open and self.search.open:
            node = heapq.heappop(self.open)
            self.look()
            if node.bound > self.target + 1e-6:
                self.beaten = min(self.beaten, self.target + 1.0)
                continue
            self._enter(node)
            relaxed = self.tighten_node()
            if relaxed is None or not self.search.open:
                heapq.heappush(self.open, node)
                return
            bound = max(relaxed.bound, node.bound)
            if bound > self.target + 1e-6 or self.finish(relaxed):
                self.beaten = min(self.beaten, self.target + 1.0)
                continue
            if not node.decisions:
                self.select()
            fresh = Node(bound, node.number, node.decisions)
            if not self.search.open or not self._branch(node, bound, relaxed.values):
                heapq.heappush(self.open, fresh)
                return
        if not self.open and self.search.open and math.isfinite(self.beaten):
            # Every solution lies in a node that is done, and no node holds one that is better than
            # both what it was held against and what it offered. Another thread's better incumbent
            # would refute that, not become the claim.
            self.search.prove_optimal(SOURCE, self.beaten - self.shift)

    def _enter(self, node: Node) -> None:
        """Make the LP that of a node: its branching rows tight, all others free."""
        decided = {row: (low, high) for row, low, high in node.decisions}
        for row in self.pairs.values():
            self.master.set_bounds(row, *decided.get(row, (-math.inf, math.inf)))

    def _branch(self, node: Node, bound: float, values: np.ndarray) -> bool:
        """Split by whether two clients are neighbours: x(δ({i, j})) = 2 or ≥ 4."""
        flow = edges(self.master.columns, values, self.master.n)
        visited = flow[1:].sum(axis=1)
        crossing = visited[:, None] + visited[None, :] - 2 * flow[1:, 1:]
        distance = np.abs(crossing - 3.0)
        np.fill_diagonal(distance, math.inf)
        distance[flow[1:, 1:] < 0.02] = math.inf
        i, j = np.unravel_index(int(np.argmin(distance)), distance.shape)
        if distance[i, j] >= 1 - 1e-4:
            return False
        pair = (min(int(i), int(j)), max(int(i), int(j)))
        if pair not in self.pairs:
            inside = np.zeros(self.master.n + 1, bool)
            inside[[pair[0] + 1, pair[1] + 1]] = True
            self.pairs[pair] = self.master.add_row(Row("set", inside, -math.inf, math.inf))
        row = self.pairs[pair]
        for low, high in ((-math.inf, 2.0), (4.0, math.inf)):
            decision = (*node.decisions, (row, low, high))
            heapq.heappush(self.open, Node(bound, next(self.numbers), decision))
        return True


def prove(instance: Routing, search: Search, routes: Iterable[tuple[int, list[int]]] = ()) -> None:
    """Tighten the bound of `search` by column generation, to a proof where time allows.

    Parameters
    ----------
    routes : iterable of (type, clients)
        Good routes, columns from the start.

    Raises
    ------
    InstanceError
        If the instance has features that column generation does not know here.
    """
    Proof(instance, search, routes).run()
