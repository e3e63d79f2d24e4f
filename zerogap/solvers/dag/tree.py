"""Branch and cut over parent sets, for what the relaxation leaves open.

A node says of some edges that they are in or out. Its linear program begins from the root's rows;
clusters and small facets that it violates become rows of all nodes: they hold for every graph.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.solvers.dag import facets
from zerogap.solvers.dag.separation import Support

#: Rounds of rows in a node, the first node apart; share of the gap that a round must close.
_ROUNDS, _PROGRESS = 8, 0.02
#: Seconds a node for rows of small sets of variables, and depth down to which they are looked for.
_FACETS, _DEPTH = 1.0, 6
#: Strong branching: arcs tried, pivots of each trial.
_TRIED, _PIVOTS = 8, 60


class Node:
    """Fixed arcs (i, j, in or out) and the bound of the node above."""

    __slots__ = ("bound", "fixed")

    def __init__(self, bound: float, fixed: tuple[tuple[int, int, bool], ...]):
        self.bound, self.fixed = bound, fixed


class Tree:
    """The columns that are left, their rows, and the open nodes.

    Parameters
    ----------
    relaxation : Relaxation
        Solved; its rows are taken over.
    keep : ndarray of bool
        Columns that are left.
    best : float
        The incumbent's cost; columns that are not left belong to no cheaper graph.
    tolerance : float
        Of the linear programs.
    """

    def __init__(self, relaxation: Any, keep: np.ndarray, best: float, tolerance: float = 1e-9):
        from zerogap.solvers.backends.highs import Rows
        from zerogap.solvers.backends.lp import Lp

        columns, d = relaxation.columns, relaxation.d
        self.d, self.best = d, best
        kept = np.flatnonzero(keep)
        # One more column a variable, dear enough for no graph that is wanted, and good for every
        # row: no node is ever infeasible, all bounds come from duals.
        self.count = len(kept)
        self.owner = np.concatenate([columns.owner[kept], np.arange(d)])
        self.shift = relaxation.shift
        dear = max(1.0, best - float(self.shift.sum())) * 1.01 + 1.0
        relative = columns.cost[kept] - self.shift[columns.owner[kept]]
        self.cost = np.concatenate([relative, np.full(d, dear)])
        self.members = [columns.members[k] for k in kept] + [()] * d
        self.within = np.concatenate(
            [columns.within[kept], np.zeros((d, columns.within.shape[1]), dtype=np.float32)]
        )
        self.mine = [np.flatnonzero(self.owner == j) for j in range(d)]
        size = len(self.owner)
        rows = [(dict.fromkeys(self.mine[j].tolist(), 1.0), 1.0, 1.0) for j in range(d)]
        self.lp = Lp(Rows.of(rows), self.cost, np.zeros(size), np.full(size, np.inf))
        for kind in ("primal", "dual"):
            self.lp.highs.setOptionValue(f"{kind}_feasibility_tolerance", tolerance)
        self.known = set(relaxation.known)
        self.index: list[np.ndarray] = []
        self.value: list[np.ndarray] = []
        self.lower: list[float] = []
        self.forbidden = np.zeros(size, dtype=bool)
        place = np.full(len(columns.cost), -1)
        place[kept] = np.arange(self.count)
        cuts = []
        for index, value, lower in relaxation.cuts:
            here = place[index] >= 0
            cuts.append((place[index[here]], value[here], lower))
        self._add(cuts)

    def _add(self, cuts: list[tuple[np.ndarray, np.ndarray, float]]) -> None:
        """Append rows, the dear column of a variable counting as much as its best."""
        from zerogap.solvers.backends.highs import Rows

        if not cuts:
            return
        rows = []
        for index, value, lower in cuts:
            most = np.zeros(self.d)
            np.maximum.at(most, self.owner[index], value)
            extra = np.flatnonzero(most)
            index = np.concatenate([index, self.count + extra])
            value = np.concatenate([value, most[extra]])
            self.index.append(index)
            self.value.append(value)
            self.lower.append(lower)
            rows.append((dict(zip(index.tolist(), value.tolist())), lower, math.inf))
        self.lp.add_rows(Rows.of(rows))

    def _fix(self, fixed: tuple[tuple[int, int, bool], ...]) -> None:
        """Bounds of the columns for a node."""
        forbidden = np.zeros(len(self.owner), dtype=bool)
        for i, j, wanted in fixed:
            has = self.within[:, i] > 0
            forbidden |= (self.owner == j) & (has != wanted)
            if wanted:
                forbidden |= (self.owner == i) & (self.within[:, j] > 0)
        forbidden[self.count :] = False
        changed = np.flatnonzero(forbidden != self.forbidden)
        if len(changed):
            high = np.where(forbidden[changed], 0.0, np.inf)
            self.lp.set_column_bounds(changed, np.zeros(len(changed)), high)
        self.forbidden = forbidden

    def _bound(self) -> float:
        """The bound of the last duals: any duals give one, since every variable takes one set."""
        duals = self.lp.duals
        reduced = self.cost - duals[: self.d][self.owner]
        total = float(duals[: self.d].sum())
        for r in np.flatnonzero(duals[self.d :] > 1e-12):
            dual = duals[self.d + r]
            reduced[self.index[r]] -= dual * self.value[r]
            total += dual * self.lower[r]
        lowest = np.full(self.d, np.inf)
        free = ~self.forbidden
        np.minimum.at(lowest, self.owner[free], reduced[free])
        return total + float(lowest.sum()) + float(self.shift.sum())

    def _solve(self, seconds: float, pivots: int = 0) -> float:
        """Solve the program and return its bound; without time left, what the duals then say."""
        limit = pivots or 2**31 - 1
        self.lp.highs.setOptionValue("simplex_iteration_limit", limit)
        self.lp.solve(seconds)
        return self._bound()

    def _separate(self, depth: int, seconds: float) -> int:
        """Add violated rows to the program; returns how many."""
        support = Support(self, np.arange(len(self.owner)), self.lp.values, self.d)
        cuts = []
        for cluster in support.violated():
            if cluster.key in self.known:
                continue
            self.known.add(cluster.key)
            inside = np.zeros(self.d, dtype=bool)
            inside[list(cluster.members)] = True
            few = (self.within @ inside.astype(np.float32) < cluster.k) & inside[self.owner]
            index = np.flatnonzero(few[: self.count])
            cuts.append((index, np.ones(len(index)), float(cluster.k)))
        if not cuts and depth <= _DEPTH:
            for facet in facets.separate(support, min(_FACETS, seconds)):
                codes = facets.codes(self.within, facet.variables)
                value, lower = facet.row(self.owner, codes)
                index = np.flatnonzero(value[: self.count])
                cuts.append((index, value[index], lower))
        self._add(cuts)
        return len(cuts)

    def _arcs(self) -> list[tuple[int, int]]:
        """Fractional arcs of the solved program, most fractional first."""
        x = self.lp.values
        used = np.flatnonzero(x[: self.count] > 1e-9)
        linked = np.zeros((self.d, self.d))
        np.add.at(linked, self.owner[used], self.within[used] * x[used, None])
        part = np.minimum(linked, 1 - linked)  # linked[j, i]: arc i to j
        j, i = np.nonzero(part > 1e-6)
        order = np.argsort(-part[j, i], kind="stable")
        return list(zip(i[order].tolist(), j[order].tolist()))

    def _branch(self, node: Node, arcs: list[tuple[int, int]], seconds: float) -> list[Node]:
        """Two nodes of an arc in and out: of several arcs, where both bounds rise most."""
        chosen: list[Node] = []
        most = -math.inf
        here = node.bound
        for i, j in arcs[:_TRIED]:
            pair = []
            for wanted in (True, False):
                fixed = (*node.fixed, (i, j, wanted))
                self._fix(fixed)
                pair.append(Node(max(here, self._solve(seconds, _PIVOTS)), fixed))
            gains = [n.bound - here for n in pair]
            score = max(gains[0], 1e-6) * max(gains[1], 1e-6)
            if score > most:
                most, chosen = score, pair
            if min(n.bound for n in pair) >= self.best:
                break
        return chosen

    def chosen(self) -> list[tuple[int, ...]] | None:
        """Parent sets of the solved program, if it is integral and uses no dear column."""
        x = self.lp.values
        if (x[self.count :] > 1e-6).any():
            return None
        out: list[tuple[int, ...]] = []
        for mine in self.mine:
            k = int(mine[x[mine].argmax()])
            if x[k] < 1 - 1e-6:
                return None
            out.append(self.members[k])
        return out

    def run(
        self,
        bound: float,
        *,
        left: Callable[[], float],
        cost: Callable[[], float | None],
        claim: Callable[[float], None],
        offer: Callable[[list[tuple[int, ...]]], Any],
        beside: Callable[[], None] | None,
        hair: Callable[[float], float],
    ) -> bool:
        """Branch until the bound meets the incumbent or the time is gone.

        Parameters
        ----------
        bound : float
            Of the root.
        left : callable
            Seconds that remain, 0 when there is nothing more to do.
        cost : callable
            The incumbent's cost.
        claim, offer : callable
            Take a valid bound; parent sets of every variable without a cycle.
        beside : callable, optional
            What else one thread has to do, called between nodes.
        hair : callable
            How near to a cost a bound proves it.

        Returns
        -------
        bool
            Whether every node was closed.
        """
        count = itertools.count()
        heap: list[tuple[float, int, Node]] = [(bound, next(count), Node(bound, ()))]
        done = math.inf  # least bound of the nodes that are closed
        while heap and left() > 0:
            _, _, node = heapq.heappop(heap)
            self._fix(node.fixed)
            arcs = self._node(node, left, cost, offer, hair)
            if left() <= 0:
                return False
            if arcs:
                for child in self._branch(node, arcs, left()):
                    heapq.heappush(heap, (child.bound, next(count), child))
            else:
                done = min(done, node.bound)
            open_ = heap[0][0] if heap else math.inf
            # Every graph cheaper than `best` at the root lies in an open node, which its bound
            # holds for, or in a closed one; columns that were left out belong to none of them.
            claim(min(open_, done, self.best))
            if beside is not None:
                beside()
        return not heap

    def _node(
        self,
        node: Node,
        left: Callable[[], float],
        cost: Callable[[], float | None],
        offer: Callable[[list[tuple[int, ...]]], Any],
        hair: Callable[[float], float],
    ) -> list[tuple[int, int]]:
        """Bound a node as well as rows allow; the arcs to branch on, none if it is closed."""
        slow = 0
        for rounds in itertools.count():
            before = node.bound
            node.bound = max(node.bound, self._solve(left()))
            best = cost()
            if best is not None and node.bound >= best - hair(best):
                return []
            if left() <= 0:
                return []
            # Slow progress ends the rounds, but not for solutions that only a cycle spoils.
            whole = self.chosen()
            gap = (best if best is not None else node.bound + 1.0) - node.bound
            slow = slow + 1 if node.bound - before < _PROGRESS * gap else 0
            enough = slow >= 2 or rounds >= (_ROUNDS if node.fixed else 4 * _ROUNDS)
            if (whole is not None or not enough) and self._separate(len(node.fixed), left()):
                continue
            if whole is not None:
                offer(whole)  # no cluster is violated: no cycle
                return []
            return self._arcs()
        return []
