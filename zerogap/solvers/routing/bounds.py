"""Proofs for routing: column generation with cuts, enumeration and a closing MIP, branching.

The lower bound is valid at every moment: it is the Lagrangian bound of the last exhaustive pricing,
and while branching the least bound of the open nodes. Costs in here are shifted
(`zerogap.solvers.routing.master.shifts`); what the search is told is not.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from zerogap.models.routing import Route, Routes, Routing
from zerogap.solvers.backends import highs
from zerogap.solvers.routing.cuts import crossings, edges, ranks, touches
from zerogap.solvers.routing.inspected import Inspected, covered
from zerogap.solvers.routing.master import UNSEEN, Column, Duals, Master, Row, shifts
from zerogap.solvers.routing.selection import program, second_look
from zerogap.solvers.search import Search

SOURCE = "columns"
#: Routes, partial paths and labels up to which enumeration goes, and the share of these between
#: rounds of cuts.
ROUTES, PATHS, LABELS, QUICK = 1_500_000, 5_000_000, 2_000_000, 0.08
#: Clients up to which sets of routes are small: enumeration and the closing MIP begin earlier.
SMALL = 40
#: Gap, as a share of the value, below which routes are enumerated (of few clients and of more), how
#: much smaller it must be after a failure, and share of the time that is left for one attempt.
NEAR, NEARER, ATTEMPT = (0.06, 0.03), 0.75, 0.15
#: Cut rounds at a node stop after so many in which the bound grew by less than this share of the
#: gap.
STALL, STALLS = 0.02, 4
ROUNDS, ROUNDS_BELOW = 60, 8
#: Processor seconds of one exhaustive pricing after which no more rank-1 cuts are added.
SLOW = 4.0
#: Rounds without a dual after which a cut is taken back: of labels, and of enumerated routes.
IDLE, IDLE_ROUTES = 4, 2
#: A relaxation is solved when what is left to gain is below this share of the gap.
TAIL = 0.004
#: Pull of the duals towards those of the best bound.
PULL = 0.5
#: Routes among which a MIP chooses, at once and when cuts help no more (of few clients and of
#: more); its seconds; and enumerated routes that are columns from the start.
EASY, CLOSING, CLOSING_SECONDS, STARTED = 150, (6000, 400), 10.0, 1500
#: Closing programs of up to so many columns are solved by CP-SAT as well, within so many seconds: a
#: second look at what the claim rests on.
SECOND_LOOK, LOOK_SECONDS = 1500, 10.0
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
    """An open node: its bound and the (row, low, high) decisions that make it."""

    bound: float
    number: int
    decisions: tuple[tuple[Row, float, float], ...] = field(compare=False, default=())


class Proof:
    """One attempt to prove the optimum of an instance.

    Parameters
    ----------
    instance : Routing
    search : Search
        Gives the incumbent and takes bounds and solutions.
    routes : iterable of (type, clients)
        Routes that kernels found good, columns from the start.
    master : Master, optional
        Over which routes; the default prices them by labelling.
    elsewhere : float
        A bound on whatever this proof does not look at.
    """

    idle = IDLE

    def __init__(
        self,
        instance: Routing,
        search: Search,
        routes: Iterable[tuple[int, list[int]]] = (),
        master: Master | None = None,
        elsewhere: float = math.inf,
    ):
        self.instance = instance
        self.search = search
        self.master = Master(instance, self._big()) if master is None else master
        self.elsewhere = elsewhere
        self.shift = self.master.shift
        self.capacity = max(t.capacity for t in self.master.types)
        self.cuttable = bool(instance.required.all())
        self.large = self.master.n > SMALL
        self.pairs: dict[tuple[int, int], Row] = {}
        self.numbers = itertools.count()
        self.open: list[Node] = []
        self.latest: list[Row] = []  # rank-1 cuts of the last round
        self.tail = TAIL  # share of the gap at which a relaxation is solved
        self.deepening = True  # whether more rank-1 cuts may come
        # The least gaps at which enumeration failed, within the limits of each share.
        self.failed: dict[float, float] = {}
        self.beaten = math.inf  # the least value that a node was held against, or offered
        self.aim: float | None = None  # the incumbent that is to be beaten: a snapshot
        # Lone clients are always columns: they satisfy every row that asks for crossings or visits,
        # and without them a node's restricted LP might have no solution.
        kinds = range(len(self.master.types))
        singles = [(k, (c,)) for k in kinds for c in range(self.master.n)]
        self.master.add([s for s in singles if self._possible(*s)])
        if master is None:
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
        master, bound = self.master, -math.inf
        heuristic, pull, last = True, PULL, math.inf
        while self.search.open:
            if master.lp.solve(self.search.remaining) != "optimal":
                return None
            master.shed_columns()
            value = master.lp.objective
            if pull and not heuristic and value > last - 1e-9:
                pull = 0.0  # the last routes did not help: price at the LP's own duals
            last = value
            duals = master.duals(pull)
            begun = time.thread_time()
            added, proven = master.price(duals, heuristic=heuristic)
            if not heuristic and time.thread_time() - begun > SLOW:
                self.deepening = False
            if proven is not None:
                # Valid at any duals; also with another round's, and after rows were shed, since
                # every row is valid for all solutions of the node.
                if proven > bound:
                    bound, best = proven, Relaxed(duals, proven, proven, master.values())
                    master.centre = duals.y
                self._report(bound)
                left = value - bound
                gap = self.target - bound
                enough = 1e-6 + UNSEEN * master.n
                enough = max(enough, self.tail * gap if math.isfinite(gap) else 0.0)
                if gap < -1e-6 or left < enough or not (added or pull):
                    return Relaxed(best.duals, best.own, bound, master.values())
            elif not heuristic and not self._shed():
                return None  # the labelling gave up: no bound from here
            if not added and pull:
                pull = 0.0
            elif heuristic:
                heuristic, pull = added > 0, pull if added else PULL
            else:
                heuristic = added > 10
        return None

    def _shed(self) -> bool:
        """Take back the last rank-1 cuts, which made pricing too hard; False if none are."""
        self.deepening = False
        rows = self.latest or [row for row in self.master.rows if row.kind == "rank"]
        self.master.drop_rows(rows)
        self.latest = []
        return bool(rows)

    def _report(self, node_bound: float) -> None:
        """The global bound is the least over the node at work and the open ones.

        Nodes that are done hold nothing better than the incumbent they were held against, which
        was no better than the present one.
        """
        others = self.open[0].bound if self.open else math.inf
        value = min(node_bound, others, self.elsewhere)
        value -= self.shift
        if self.search.objective is not None:
            value = min(value, float(self.search.objective))
        if math.isfinite(value):
            self.search.tighten(value, SOURCE)

    def tighten_node(self, rounds: int) -> tuple[Relaxed | None, bool]:
        """Converge, cut, converge …; the last relaxation, and whether the node is done."""
        last, stalls, bound = -math.inf, 0, -math.inf
        state: Relaxed | None = None
        for _ in range(rounds):
            self.look()
            found = self.converge()
            if found is None:
                return state, False
            bound = max(bound, found.bound)
            state = Relaxed(found.duals, found.own, bound, found.values)
            if bound > self.target + 1e-6:
                return state, True
            self._integral(state.values)
            cycles = self.master.remember_cycles(state.values)
            if self._ripe(state) and self.finish(state):
                return state, True
            if not self.search.open:
                return state, False
            slow = bound - last < STALL * max(1.0, self.target - bound)
            stalls = stalls + 1 if slow else 0
            last = max(last, bound)
            self.master.drop_idle(self.idle)
            if stalls >= STALLS or not (self._cut(state.values, deep=slow) or cycles):
                break
        return state, False

    def _ripe(self, state: Relaxed) -> bool:
        """Whether the gap is small enough to enumerate, and smaller than when that failed."""
        return self._near(self.target - state.own, QUICK)

    def _near(self, gap: float, share: float) -> bool:
        return gap < NEAR[self.large] * abs(self.target) and (
            gap < NEARER * self.failed.get(share, math.inf)
        )

    def _last_resort(self, relaxed: Relaxed) -> bool:
        """Enumerate with larger limits, since cuts help no more; True if the node is done."""
        self.look()
        near = self._near(self.target - relaxed.own, 1.0)
        return near and self.finish(relaxed, 1.0)

    def _cut(self, values: np.ndarray, *, deep: bool) -> bool:
        """Add violated cuts: capacity first, rank-1 once these stall."""
        rows = crossings(self.master, values, self.capacity) if self.cuttable else []
        self.latest = []
        if (len(rows) < 5 or deep) and self.deepening and self.master.rank_room > 0:
            self.latest, outgrown = ranks(self.master, values)
            self.master.drop_rows(outgrown)
        self.master.add_rows(rows + self.latest)
        return bool(rows or self.latest)

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

    def finish(self, relaxed: Relaxed, share: float = QUICK) -> bool:
        """Enumerate all routes an improving solution can use and choose among them; True if done.

        True says that the node holds nothing better than `aim`, or than what was offered. Reduced
        costs are within ``target - own`` with the Lagrangian bound of exactly these duals; rows
        added since have no dual. Branching rows count in the reduced costs, so that a solution of
        the node is found (or one no dearer that need not be of the node).
        """
        gap = self.target - relaxed.own
        if not math.isfinite(gap):
            return False
        routes, paths, labels = (int(share * limit) for limit in (ROUTES, PATHS, LABELS))
        seconds = ATTEMPT * self.search.remaining
        pools = self.master.enumerate(relaxed.duals, gap + 1e-6, routes, paths, labels, seconds)
        if pools is None:
            self.failed[share] = min(gap, self.failed.get(share, math.inf))
            return False
        others = min(self.open[0].bound if self.open else math.inf, self.elsewhere)
        rows = [row for row, _ in relaxed.duals.ranks]
        rows += [row for row in self.master.rows if row.kind == "set"]
        master = Inspected(self.instance, self._big(), pools, rows)
        closing = Closing(self.instance, self.search, master=master, elsewhere=others)
        master.start(relaxed.duals, STARTED)
        done = closing.search_tree()
        self.beaten = min(self.beaten, closing.beaten)
        return done

    def choose(self, columns: list[Column], rows: list[Row]) -> bool:
        """Let a MIP choose among all routes that an improving solution can use; True if done."""
        cost, program_rows = program(self.master, columns)
        if any(not row[0] for row in program_rows[: self.master.n]):
            return True  # a client that no improving route serves: nothing better exists
        strong = highs.Rows.of(program_rows + covered(columns, rows))
        found = highs.solve_mip(
            cost, strong, np.zeros(len(cost)), np.ones(len(cost)),
            np.ones(len(cost), bool), cutoff=self.target + 0.5,
            seconds=min(CLOSING_SECONDS, self.search.remaining),
            threads=1, seed=self.search.seed, stopped=lambda: not self.search.open,
            presolve=len(cost) <= PRESOLVED,
        )  # fmt: skip
        chosen = None if found.values is None else np.flatnonzero(found.values > 0.5)
        if len(cost) <= SECOND_LOOK and found.status in ("optimal", "cutoff"):
            seconds = min(LOOK_SECONDS, self.search.remaining)
            chosen = second_look(
                self.search, cost, highs.Rows.of(program_rows), chosen, self.target, seconds
            )
        if chosen is not None:
            self.beaten = min(self.beaten, float(np.take(cost, chosen).sum()))
            self._offer([columns[k] for k in chosen if k < len(columns)])
        return found.status in ("optimal", "cutoff")

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
        cost, rows = program(self.master, columns)
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
        if self.search_tree() and self.search.open and math.isfinite(self.beaten):
            # Every solution lies in a node that is done, and no node holds one that is better than
            # both what it was held against and what it offered. Another thread's better incumbent
            # would refute that, not become the claim.
            self.search.prove_optimal(SOURCE, self.beaten - self.shift)

    def search_tree(self) -> bool:
        """Branch and bound; True if all nodes are done."""
        heapq.heappush(self.open, Node(-math.inf, next(self.numbers)))
        while self.open and self.search.open:
            node = heapq.heappop(self.open)
            self.look()
            if node.bound > self.target + 1e-6:
                self.beaten = min(self.beaten, self.target + 1.0)
                continue
            self._enter(node)
            relaxed, done = self.tighten_node(ROUNDS if not node.decisions else ROUNDS_BELOW)
            if done:
                self.beaten = min(self.beaten, self.target + 1.0)
                continue
            if relaxed is None or not self.search.open:
                heapq.heappush(self.open, node)
                return False
            if self._last_resort(relaxed):
                self.beaten = min(self.beaten, self.target + 1.0)
                continue
            if not node.decisions:
                self.select()
            self.look()
            bound = max(relaxed.bound, node.bound)
            if bound > self.target + 1e-6:
                self.beaten = min(self.beaten, self.target + 1.0)
                continue
            if not self.search.open or not self._branch(node, bound, relaxed.values):
                heapq.heappush(self.open, Node(bound, node.number, node.decisions))
                if self.tail == 0.0 or not self.search.open:
                    return False
                self.tail = 0.0  # integral before its bound has caught up: solve it to the end
        return not self.open

    def _enter(self, node: Node) -> None:
        """Make the LP that of a node: its branching rows tight, all others free."""
        decided = {id(row): (low, high) for row, low, high in node.decisions}
        self.master.centre = None
        for row in self.pairs.values():
            self.master.set_bounds(row, *decided.get(id(row), (-math.inf, math.inf)))

    def _branch(self, node: Node, bound: float, values: np.ndarray) -> bool:
        """Split by whether two clients are neighbours: x(δ({i, j})) = 2 or ≥ 4."""
        pair = self._pair(node, values)
        if pair is None:
            return False
        row = self._row(pair)
        for low, high in SIDES:
            decision = (*node.decisions, (row, low, high))
            heapq.heappush(self.open, Node(bound, next(self.numbers), decision))
        return True

    def _row(self, pair: tuple[int, int]) -> Row:
        """The branching row of two clients, made if it is new; free until it is decided."""
        if pair not in self.pairs:
            inside = np.zeros(self.master.n + 1, bool)
            inside[[pair[0] + 1, pair[1] + 1]] = True
            self.pairs[pair] = Row("set", inside, -math.inf, math.inf, branching=True)
            self.master.add_rows([self.pairs[pair]])
        return self.pairs[pair]

    def _pair(self, node: Node, values: np.ndarray) -> tuple[int, int] | None:
        """The pair to branch on: of the most undecided ones, that whose LPs rise most."""
        flow = edges(self.master.columns, values, self.master.n)
        visited = flow[1:].sum(axis=1)
        crossing = visited[:, None] + visited[None, :] - 2 * flow[1:, 1:]
        distance = np.triu(np.abs(crossing - 3.0), 1)
        distance[np.tril_indices(len(distance))] = math.inf
        distance[flow[1:, 1:] < 0.02] = math.inf
        order = np.argsort(distance, axis=None, kind="stable")[:PROBED]
        pairs = [np.unravel_index(int(k), distance.shape) for k in order]
        open_pairs = [(int(i), int(j)) for i, j in pairs if distance[i, j] < 1 - 1e-4]
        if len(open_pairs) < 2:
            return open_pairs[0] if open_pairs else None
        fresh = [pair for pair in open_pairs if pair not in self.pairs]
        rows = {pair: self._row(pair) for pair in open_pairs}
        if self.master.lp.solve(self.search.remaining) != "optimal":
            return open_pairs[0]
        base = self.master.lp.objective
        scores: list[tuple[float, tuple[int, int]]] = []
        for pair, row in rows.items():
            rises = []
            for low, high in SIDES:
                self.master.set_bounds(row, low, high)
                word = self.master.lp.solve(self.search.remaining)
                rise = self.master.lp.objective - base if word == "optimal" else math.inf
                rises.append(min(max(rise, 0.0), PROBE_CAP * max(1.0, self.target - base)))
            self.master.set_bounds(row, -math.inf, math.inf)
            scores.append(((rises[0] + 1e-3) * (rises[1] + 1e-3), pair))
            if not self.search.open:
                break
        best = max(scores)[1]
        spare = [pair for pair in fresh if pair != best]
        self.master.drop_rows([self.pairs.pop(pair) for pair in spare])
        return best


#: The two sides of a branching row.
SIDES = ((-math.inf, 2.0), (4.0, math.inf))
#: Pairs whose LPs are solved before branching; rises count up to so many gaps.
PROBED, PROBE_CAP = 12, 2.0


class Closing(Proof):
    """The proof over enumerated routes."""

    master: Inspected
    idle = IDLE_ROUTES

    def _ripe(self, state: Relaxed) -> bool:
        """Whether few routes are left; drops those that are not, while nothing is decided."""
        gap = self.target - state.own + 1e-6
        if not any(row.low > -math.inf or row.high < math.inf for row in self.pairs.values()):
            # Without branching rows reduced costs hold for the whole of the pool.
            self.master.retain(state.duals, gap)
        return True

    def select(self) -> None:
        """Nothing: there is an incumbent, and it is nearly the best."""

    def finish(self, relaxed: Relaxed, share: float = QUICK) -> bool:
        """Let a MIP choose among the routes within the gap, where these are very few."""
        return self._choose_within(relaxed, EASY)

    def _last_resort(self, relaxed: Relaxed) -> bool:
        """The same where they are few, since cuts help no more."""
        self.look()
        return self._choose_within(relaxed, CLOSING[self.large])

    def _cut(self, values: np.ndarray, *, deep: bool) -> bool:
        """All cuts at once: none makes pricing harder."""
        rows = touches(self.master, values, self.capacity) if self.cuttable else []
        fresh, _ = ranks(self.master, values) if self.master.rank_room > 0 else ([], [])
        self.master.add_rows(rows + fresh)
        return bool(rows or fresh)

    def _choose_within(self, relaxed: Relaxed, limit: int) -> bool:
        gap = self.target - relaxed.own
        if not math.isfinite(gap) or gap > NEARER * self.failed.get(limit, math.inf):
            return False
        columns = self.master.within(relaxed.duals, gap + 1e-6, limit)
        if columns is None:
            return False
        rows = [row for row, _ in relaxed.duals.ranks]
        rows += [r for r in self.master.rows if r.kind != "rank" and not r.branching]
        done = self.choose(columns, rows)
        if not done:
            self.failed[limit] = gap
        return done


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
