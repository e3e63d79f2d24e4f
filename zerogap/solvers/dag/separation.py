"""Violated clusters of a relaxed choice of parent sets.

In a graph without cycles the first k variables of a set C, along an order, have fewer than k
parents in C each. So of the chosen parent sets of C at least k have fewer than k members of C: a
row for every C and k < |C| (k = 1: Jaakkola et al. 2010; more: Cussens 2011).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

#: By how much a row must be violated.
VIOLATED = 1e-3
#: Seconds for finding the most violated cluster; variables that a cluster is grown to.
_SEPARATION, _LARGEST = 10.0, 16
#: Rows that a round may add; the k of clusters looked for.
_ROWS, _ORDERS = 200, (1, 2, 3)


class Cluster:
    """A set of variables, ascending, and its k."""

    __slots__ = ("k", "members")

    def __init__(self, members: tuple[int, ...], k: int = 1):
        self.members, self.k = members, k

    @property
    def key(self) -> tuple[tuple[int, ...], int]:
        """What makes it different from others."""
        return self.members, self.k


class Support:
    """The columns that a relaxed solution uses, and the clusters it violates.

    The left side of a cluster is the total of the sets of its variables with fewer than k members.
    """

    def __init__(self, columns: Any, active: np.ndarray, values: np.ndarray, d: int):
        used = np.flatnonzero(values > 1e-9)
        self.d = d
        self.owner, self.x = columns.owner[active[used]], values[used]
        self.within = columns.within[active[used]].astype(np.float64)
        self.sets = [columns.members[k] or () for k in active[used]]
        self.columns_of: list[list[int]] = [[] for _ in range(d)]
        for c, j in enumerate(self.owner.tolist()):
            self.columns_of[j].append(c)

    @property
    def integral(self) -> bool:
        """Whether every variable takes one set whole."""
        return bool((self.x > 1 - 1e-6).all())

    def violated(self) -> list[Cluster]:
        """Violated clusters, grown greedily, most violated first."""
        from zerogap._ext.dag.cuts import ClusterSearch

        search = ClusterSearch(self.d, self.owner, self.x, self.sets)
        pairs, columns = self._pairs(), self._columns()
        found: dict[tuple[tuple[int, ...], int], tuple[float, Cluster]] = {}
        for k in _ORDERS:
            seeds = pairs + ([(j,) for j in range(self.d)] if k == 1 else columns)
            if k > 1 and self.integral:
                break  # the cycles of a whole solution are clusters of k = 1
            for violation, members in search.grow(seeds, k, _LARGEST, VIOLATED):
                cluster = Cluster(members, k)
                found[cluster.key] = (violation, cluster)
        ranked = sorted(found.values(), key=lambda pair: (-pair[0], pair[1].key))
        return [cluster for _, cluster in ranked[:_ROWS]]

    def _pairs(self) -> list[tuple[int, ...]]:
        """Pairs with the strongest links."""
        linked = np.zeros((self.d, self.d))
        np.add.at(linked, self.owner, self.within * self.x[:, None])
        both = np.triu(linked + linked.T, 1)
        pairs = np.argwhere(both > 0.1)
        ranked = np.argsort(-both[pairs[:, 0], pairs[:, 1]], kind="stable")
        return list(map(tuple, pairs[ranked][: 4 * self.d].tolist()))

    def _columns(self) -> list[tuple[int, ...]]:
        """Variables with two or more parents of a fractional column."""
        return sorted(
            {
                tuple(sorted((int(j), *s)))
                for j, x, s in zip(self.owner, self.x, self.sets)
                if 1e-6 < x < 1 - 1e-6 and len(s) > 1
            }
        )

    def exact(self, seconds: float) -> list[tuple[int, ...]]:
        """The most violated cluster of k = 1 and its forerunners, by a small integer program.

        z_j says that j is in the cluster, y_k that the set k of a member has a parent in it; the
        left side is Σ z − Σ x y.
        """
        from zerogap.solvers.backends.highs import Rows, solve_mip

        d, count = self.d, len(self.owner)
        rows: list[tuple[dict[int, float], float, float]] = [
            (dict.fromkeys(range(d), 1.0), 2.0, math.inf)
        ]
        for k in range(count):
            rows.append(({d + k: 1.0, int(self.owner[k]): -1.0}, -math.inf, 0.0))
            terms = {d + k: 1.0}
            terms |= {int(i): -1.0 for i in np.flatnonzero(self.within[k])}
            rows.append((terms, -math.inf, 0.0))
        found: set[tuple[int, ...]] = set()

        def keep(values: np.ndarray, left: float) -> None:
            if left < 1 - VIOLATED:
                found.add(tuple(np.flatnonzero(np.asarray(values[:d]) > 0.5).tolist()))

        outcome = solve_mip(
            np.concatenate([np.ones(d), -self.x]),
            Rows.of(rows),
            np.zeros(d + count),
            np.ones(d + count),
            np.arange(d + count) < d,
            cutoff=1 - VIOLATED,
            seconds=min(seconds, _SEPARATION),
            on_solution=keep,
        )
        if outcome.values is not None and outcome.objective is not None:
            keep(outcome.values, outcome.objective)
        return sorted(found)
