"""The master over enumerated routes: pricing looks at every one of them.

Rank-1 cuts cost nothing in such a pricing, so that they need no limited memory and may be many;
with every rise of the bound fewer routes are left, until a MIP chooses among them (Baldacci,
Christofides, Mingozzi 2008; Contardo, Martinelli 2014).
"""

from __future__ import annotations

import math

import numpy as np

from zerogap._ext.routing.pricing import Pool
from zerogap.models.routing import Routing
from zerogap.solvers.routing.master import Column, Duals, Master, Row, bits

#: New columns of one pricing.
MOST = 250


class Inspected(Master):
    """A restricted master whose routes are all in pools, one of every set of clients and type.

    Every improving solution can be made of these routes (`Master.enumerate`). Branching rows of the
    node they come from are no part of it: orders were exchanged.
    """

    most_cuts = 1000

    def __init__(self, instance: Routing, big: float, pools: list[Pool], rows: list[Row]):
        super().__init__(instance, big)
        self.pools = pools
        everywhere = self.memory(np.zeros(self.n + 1, bool))
        self.add_rows(
            [
                Row(r.kind, r.inside, r.low, r.high, everywhere if r.kind == "rank" else None)
                for r in rows
                if not r.branching
            ]
        )

    @property
    def size(self) -> int:
        """Routes in the pools."""
        return sum(len(pool) for pool in self.pools)

    def memory(self, kept: np.ndarray) -> np.ndarray:
        """Everywhere."""
        return np.arange(len(kept)) > 0

    def costs(self, duals: Duals) -> list[np.ndarray]:
        """Reduced cost of every route, by type."""
        rows = [row.inside for row, _ in duals.ranks]
        sets = [row.inside for row, _ in duals.touches]
        data = (
            bits(rows, self.n + 1, -(-len(rows) // 64)),
            _padded([cost for _, cost in duals.ranks]),
            bits(sets, self.n + 1, -(-len(sets) // 64)),
            _padded([worth for _, worth in duals.touches]),
        )
        return [pool.price(self.reduced(k, duals), *data) for k, pool in enumerate(self.pools)]

    def price(self, duals: Duals, *, heuristic: bool, most: int = MOST) -> tuple[int, float | None]:
        """Add routes of negative reduced cost: always exhaustive."""
        least, found = [], []
        for k, (pool, costs) in enumerate(zip(self.pools, self.costs(duals))):
            best = float(costs.min(initial=0.0))
            least.append((min(0.0, best), self.types[k].available))
            near = np.flatnonzero(costs < -1e-7)
            near = near[np.argsort(costs[near], kind="stable")[:most]]
            found += [(k, tuple(c - 1 for c in route)) for _, route in pool.routes(near)]
        return self.add(found), self.bound(duals, least)

    def start(self, duals: Duals, count: int) -> None:
        """Make the routes of least reduced cost columns."""
        for k, (pool, costs) in enumerate(zip(self.pools, self.costs(duals))):
            near = np.argsort(costs, kind="stable")[:count].astype(np.int64)
            self.add([(k, tuple(c - 1 for c in route)) for _, route in pool.routes(near)])

    def retain(self, duals: Duals, gap: float) -> None:
        """Drop the routes beyond a gap of reduced cost, which no improving solution uses."""
        for pool, costs in zip(self.pools, self.costs(duals)):
            pool.retain((costs <= gap).view(np.uint8))

    def within(self, duals: Duals, gap: float, limit: int) -> list[Column] | None:
        """The routes within a gap of reduced cost; None if they are more than `limit`."""
        costs = self.costs(duals)
        if sum(int((c <= gap).sum()) for c in costs) > limit:
            return None
        columns = []
        for k, (pool, reduced) in enumerate(zip(self.pools, costs)):
            for _, route in pool.routes(np.flatnonzero(reduced <= gap).astype(np.int64)):
                clients = tuple(c - 1 for c in route)
                columns.append(Column(k, clients, self.types[k].cost(clients)))
        return columns

    def remember_cycles(self, values: np.ndarray) -> int:
        """No route has a cycle."""
        return 0


def _padded(values: list[float]) -> np.ndarray:
    """Values for whole words of bits."""
    padded = np.zeros(64 * -(-len(values) // 64))
    padded[: len(values)] = values
    return padded


def covered(columns: list[Column], rows: list[Row]) -> list[tuple[dict[int, float], float, float]]:
    """Cuts as rows of a MIP over columns."""
    width = max((len(c.clients) for c in columns), default=0) + 2
    nodes = np.zeros((len(columns), width), np.int16)
    for k, column in enumerate(columns):
        nodes[k, 1 : len(column.clients) + 1] = [c + 1 for c in column.clients]
    made = []
    for row, crossed in zip(rows, Master.coefficients(rows, nodes)):
        used = np.flatnonzero(crossed)
        if len(used) and (row.low > -math.inf or row.high < math.inf):
            made.append((dict(zip(used.tolist(), crossed[used].tolist())), row.low, row.high))
    return made
