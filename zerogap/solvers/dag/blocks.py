"""Block cuts: the parents within a block of variables explain no more than its determinant.

Take any graph, a block C of variables, and let every variable of C keep only its parents within C.
The result is a graph on C, so its residual variances multiply to at least det(S_CC). With fit_j
the cost of variable j without the edges,

    Σ over j in C of fit_j(parents of j within C)  >=  the cost that goes with det(S_CC),

a linear constraint on the choice of parent sets. A pair of variables that explain each other is the
smallest case; the whole set of variables is the largest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.dag import Dag

#: Variables that a block is grown to, and the least violation worth a row, as a share of the scale.
_LARGEST, _VIOLATED = 40, 1e-5
#: Most violated blocks, and most violated for their size, that become rows in a round.
_DEEP, _SHARP = 5, 25


class Blocks:
    """Local costs within blocks, remembered; and the search for violated blocks."""

    def __init__(self, dag: Dag, problem: Any, columns: Any):
        self.dag, self.problem, self.columns = dag, problem, columns
        self.known: set[frozenset[int]] = set()
        self._fit: dict[tuple[int, frozenset[int]], float] = {}
        self._least: dict[frozenset[int], float] = {}
        self.owned = [np.flatnonzero(columns.owner == j) for j in range(dag.variables)]
        self.tolerance = _VIOLATED * (dag.observations if dag.loss == "gauss" else 1.0)

    def fit(self, j: int, parents: frozenset[int]) -> float:
        """Cost of j on these parents without the edges."""
        key = (j, parents)
        value = self._fit.get(key)
        if value is None:
            value = self._fit[key] = self.problem.fit(j, sorted(parents))[0]
        return value

    def least(self, block: frozenset[int]) -> float:
        """The cost that goes with the determinant of the block."""
        value = self._least.get(block)
        if value is None:
            chosen = sorted(block)
            S = self.dag.covariance[np.ix_(chosen, chosen)]
            logdet, size = float(np.linalg.slogdet(S)[1]), len(chosen)
            if self.dag.loss == "ls":
                value = 0.5 * size * math.exp(logdet / size)
            else:
                constant = size * math.log(2 * math.pi * math.e)
                value = 0.5 * self.dag.observations * (logdet + constant)
            self._least[block] = value
        return value

    def row(self, block: frozenset[int]) -> tuple[np.ndarray, np.ndarray, float]:
        """Columns, coefficients and right side of a block's constraint.

        Coefficients are relative to the cheapest of each variable, one set being chosen for it.
        """
        members = np.array(sorted(block))
        index, value, lower = [], [], self.least(block)
        powers = 1 << np.arange(len(members), dtype=np.int64)
        for j in members.tolist():
            mine = self.owned[j]
            patterns = self.columns.within[mine][:, members].astype(np.int64) @ powers
            distinct, which = np.unique(patterns, return_inverse=True)
            costs = np.array(
                [
                    self.fit(j, frozenset(members[(p >> np.arange(len(members))) & 1 > 0].tolist()))
                    for p in distinct.tolist()
                ]
            )
            cheapest = float(costs.min())
            spread = costs[which] - cheapest
            lower -= cheapest
            index.append(mine)
            value.append(spread)
        where, what = np.concatenate(index), np.concatenate(value)
        used = what > 0
        order = np.argsort(where[used])
        return where[used][order], what[used][order], lower

    def violated(self, support: Any) -> list[frozenset[int]]:
        """Violated blocks, grown greedily from pairs along the links of a relaxed solution."""
        d = self.dag.variables
        sets: list[list[tuple[frozenset[int], float]]] = [[] for _ in range(d)]
        linked = np.zeros((d, d))
        for k in range(len(support.owner)):
            j, x = int(support.owner[k]), float(support.x[k])
            parents = frozenset(np.flatnonzero(support.within[k]).tolist())
            sets[j].append((parents, x))
            for i in parents:
                linked[i, j] += x
                linked[j, i] += x
        pairs = np.argwhere(np.triu(linked > 0.2, 1))
        pairs = pairs[np.argsort(-linked[pairs[:, 0], pairs[:, 1]])][:d]
        found: dict[frozenset[int], float] = {}
        for i, j in pairs.tolist():
            self._grow(frozenset((i, j)), sets, linked, found)
        fresh = [b for b in found if b not in self.known]
        # Large blocks close more of the gap, small ones are cheap and sharp: some of each.
        deep = sorted(fresh, key=lambda b: (-found[b], sorted(b)))[:_DEEP]
        sharp = sorted(fresh, key=lambda b: (-found[b] / len(b) ** 2, sorted(b)))[:_SHARP]
        chosen = list(dict.fromkeys([*deep, *sharp]))
        self.known |= set(chosen)
        return chosen

    def _violation(self, block: frozenset[int], sets) -> float:
        left = sum(x * self.fit(j, p & block) for j in block for p, x in sets[j])
        return self.least(block) - left

    def _grow(self, block, sets, linked, found) -> None:
        best = self._violation(block, sets)
        if best > self.tolerance:
            found[block] = best
        while len(block) < _LARGEST:
            pull = linked[list(block)].sum(axis=0)
            pull[list(block)] = 0
            near = [v for v in np.argsort(-pull)[:5].tolist() if pull[v] > 0.1]
            trials = [(self._violation(block | {v}, sets), block | {v}) for v in near]
            if not trials:
                return
            value, larger = max(trials, key=lambda t: t[0])
            if value < best - self.tolerance and best > self.tolerance:
                return
            block, best = larger, value
            if best > self.tolerance:
                found[block] = best
