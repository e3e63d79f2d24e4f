"""Block cuts: the parents within a block of variables explain no more than its determinant.

Take any graph, disjoint sets B and A of variables, and give every variable of B its parents within
B and all of A. That is a graph on B once A is given, so its residual variances multiply to at
least det(S_BB|A). With fit_j the cost of variable j without the edges,

    sum over j in B of fit_j((parents of j within B) and A)  >=  the cost of det(S_BB|A),

a linear constraint on the choice of parent sets. Two variables that explain each other are the
smallest case, all variables the largest; a set A helps where it cuts the block off from the rest.
Sets are bit masks, bit i standing for variable i.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.dag import Dag
from zerogap.solvers.search import Search

#: Variables that a block is grown to, and the least violation worth a row, for each observation.
_LARGEST, _VIOLATED = 40, 5e-6
#: Most violated blocks, and most violated for their size, that become rows in a round.
_DEEP, _SHARP = 5, 25
#: Variables of a block that may be given instead.
_GIVEN = 3

Block = tuple[int, int]


def members(mask: int) -> list[int]:
    """Variables of a mask, ascending."""
    out = []
    while mask:
        low = mask & -mask
        out.append(low.bit_length() - 1)
        mask ^= low
    return out


class Blocks:
    """Local costs within blocks, remembered; and the search for violated blocks."""

    def __init__(self, dag: Dag, problem: Any, columns: Any):
        self.dag, self.problem = dag, problem
        self.known: set[Block] = set()
        self._fit: list[dict[int, float]] = [{} for _ in range(dag.variables)]
        self._least: dict[int, float] = {0: 0.0}
        self.owned = [np.flatnonzero(columns.owner == j) for j in range(dag.variables)]
        self.packed = np.packbits(columns.within > 0, axis=1, bitorder="little")
        self.tolerance = _VIOLATED * (dag.observations if dag.loss == "gauss" else 1.0)

    def fit(self, j: int, parents: int) -> float:
        """Cost of j on these parents without the edges."""
        value = self._fit[j].get(parents)
        if value is None:
            value = self._fit[j][parents] = self.problem.fit(j, members(parents))[0]
        return value

    def least(self, block: Block) -> float:
        """The cost that goes with the determinant of B given A."""
        inside, given = block
        if self.dag.loss == "gauss":
            return self._likelihood(inside | given) - self._likelihood(given)
        # Least squares: B variables of product det(S_BB|A) sum to at least |B| times the root.
        size = inside.bit_count()
        logdet = self._likelihood(inside | given) - self._likelihood(given)
        return 0.5 * size * math.exp(logdet / size)

    def _likelihood(self, mask: int) -> float:
        """Negative log-likelihood of the saturated graph; for least squares log det alone."""
        value = self._least.get(mask)
        if value is None:
            chosen = members(mask)
            logdet = float(np.linalg.slogdet(self.dag.covariance[np.ix_(chosen, chosen)])[1])
            value = logdet
            if self.dag.loss == "gauss":
                constant = len(chosen) * math.log(2 * math.pi * math.e)
                value = 0.5 * self.dag.observations * (logdet + constant)
            self._least[mask] = value
        return value

    def row(self, block: Block) -> tuple[np.ndarray, np.ndarray, float]:
        """Columns, coefficients and right side of a block's constraint.

        Coefficients are relative to the cheapest of each variable, one set being chosen for it.
        """
        inside, given = block
        width = self.packed.shape[1]
        mask = np.frombuffer(inside.to_bytes(width, "little"), dtype=np.uint8)
        always = np.frombuffer(given.to_bytes(width, "little"), dtype=np.uint8)
        index, value, lower = [], [], self.least(block)
        for j in members(inside):
            mine = self.owned[j]
            kept = np.ascontiguousarray(self.packed[mine] & mask)
            keys = kept.view(np.dtype((np.void, width))).reshape(-1)
            distinct, which = np.unique(keys, return_inverse=True)
            masks = distinct.view(np.uint8).reshape(-1, width) | always
            costs = self.problem.costs(j, masks)
            cheapest = float(costs.min())
            lower -= cheapest
            index.append(mine)
            value.append(costs[which.reshape(-1)] - cheapest)
        where, what = np.concatenate(index), np.concatenate(value)
        used = what > 0
        order = np.argsort(where[used])
        return where[used][order], what[used][order], lower

    def violated(self, support: Any, search: Search) -> list[Block]:
        """Violated blocks, grown greedily from pairs along the links of a relaxed solution."""
        d = self.dag.variables
        sets: list[list[tuple[int, float]]] = [[] for _ in range(d)]
        linked = np.zeros((d, d))
        for k in range(len(support.owner)):
            j, x = int(support.owner[k]), float(support.x[k])
            parents = np.flatnonzero(support.within[k]).tolist()
            sets[j].append((sum(1 << i for i in parents), x))
            linked[parents, j] += x
            linked[j, parents] += x
        pairs = np.argwhere(np.triu(linked > 0.2, 1))
        pairs = pairs[np.argsort(-linked[pairs[:, 0], pairs[:, 1]])][:d]
        found: dict[Block, float] = {}
        for i, j in pairs.tolist():
            if not search.open:
                return []
            self._grow(1 << i | 1 << j, sets, linked, found)
        fresh = [b for b in found if b not in self.known]
        # Large blocks close more of the gap, small ones are cheap and sharp: some of each.
        deep = sorted(fresh, key=lambda b: (-found[b], b))[:_DEEP]
        sharp = sorted(fresh, key=lambda b: (-found[b] / b[0].bit_count() ** 2, b))[:_SHARP]
        chosen = list(dict.fromkeys([*deep, *sharp]))
        self.known |= set(chosen)
        return chosen

    def _violation(self, block: Block, sets: list[list[tuple[int, float]]]) -> float:
        inside, given = block
        value = self.least(block)
        for j in members(inside):
            known = self._fit[j]
            for p, x in sets[j]:
                key = p & inside | given
                value -= x * (known[key] if key in known else self.fit(j, key))
        return value

    def _grow(self, inside: int, sets, linked: np.ndarray, found: dict[Block, float]) -> None:
        best = self._violation((inside, 0), sets)
        top = (best, inside)
        while inside.bit_count() < _LARGEST:
            chosen = members(inside)
            pull = linked[chosen].sum(axis=0)
            pull[chosen] = 0
            near = [v for v in np.argsort(-pull)[:5].tolist() if pull[v] > 0.1]
            trials = [(self._violation((inside | 1 << v, 0), sets), inside | 1 << v) for v in near]
            if not trials:
                break
            value, larger = max(trials)
            if value < best - self.tolerance and best > self.tolerance:
                break
            inside, best = larger, value
            top = max(top, (best, inside))
            if best > self.tolerance:
                found[inside, 0] = best
        self._give(top[1], top[0], sets, found)

    def _give(self, inside: int, best: float, sets, found: dict[Block, float]) -> None:
        """Give variables of the block instead of explaining them, as long as that helps."""
        given = 0
        if best > self.tolerance:
            found[inside, 0] = best
        for _ in range(_GIVEN):
            if inside.bit_count() < 3:
                return
            trials = [
                (self._violation((inside & ~(1 << v), given | 1 << v), sets), v)
                for v in members(inside)
            ]
            value, v = max(trials)
            if value <= best + self.tolerance:
                return
            best, inside, given = value, inside & ~(1 << v), given | 1 << v
            if best > self.tolerance:
                found[inside, given] = best
