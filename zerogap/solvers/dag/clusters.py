"""Lower bounds over parent sets: a linear relaxation with cluster cuts, then branch and bound.

A cluster C of variables is violated where, summed over C, less than one parent set lies outside of C:
then the sets of C close a cycle, at least in part. The relaxation with the cuts found is usually tight
enough to leave a handful of sets for branch and bound.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.dag import Dag
from zerogap.solvers.search import Search

#: Share of the objective within which the relaxation's bound counts as equal to the incumbent.
HAIR = 1e-7
_VIOLATED = 1e-4


class Columns:
    """Parent sets of all variables side by side."""

    def __init__(self, dag: Dag, lists: Any):
        owner, cost, members = [], [], []
        for j in range(dag.variables):
            for c, s in zip(lists.costs[j], lists.sets[j]):
                owner.append(j)
                cost.append(float(c))
                members.append(s)
            if lists.missing[j] is not None:
                # Stands for the sets that were not enumerated: as cheap, as free of cycles as any.
                owner.append(j)
                cost.append(lists.missing[j])
                members.append(None)
        self.owner = np.array(owner)
        self.cost = np.array(cost)
        self.members = members
        self.within = np.zeros((len(owner), dag.variables), dtype=bool)
        for k, s in enumerate(members):
            if s:
                self.within[k, list(s)] = True

    def outside(self, cluster: np.ndarray) -> np.ndarray:
        """Columns of the cluster's variables without a parent in the cluster."""
        inside = cluster[self.owner]
        return np.flatnonzero(inside & ~self.within[:, cluster].any(axis=1))


class Relaxation:
    """The linear relaxation and its cuts."""

    def __init__(self, dag: Dag, columns: Columns):
        from zerogap.solvers.backends.highs import Lp, Rows

        self.columns, self.d = columns, dag.variables
        # Costs are taken relative to a common level, which keeps the numbers in the LP small.
        self.shift = np.zeros(self.d)
        np.minimum.at(self.shift, columns.owner, columns.cost)
        self.shift = np.array(
            [columns.cost[columns.owner == j].min() for j in range(self.d)], dtype=float
        )
        rows = Rows.of(
            ({int(k): 1.0 for k in np.flatnonzero(columns.owner == j)}, 1.0, 1.0)
            for j in range(self.d)
        )
        count = len(columns.cost)
        self.lp = Lp(
            rows, columns.cost - self.shift[columns.owner], np.zeros(count), np.full(count, np.inf)
        )
        self.clusters: set[frozenset[int]] = set()

    def solve(self, seconds: float) -> float | None:
        """The bound, None if the time ran out."""
        if self.lp.solve(seconds) != "optimal":
            return None
        return self.lp.objective + float(self.shift.sum())

    def separate(self, values: np.ndarray) -> int:
        """Add violated clusters; returns how many."""
        from zerogap.solvers.backends.highs import Rows

        found = violated(self.columns, values, self.d) - self.clusters
        self.clusters |= found
        new = []
        for cluster in found:
            mask = np.zeros(self.d, dtype=bool)
            mask[list(cluster)] = True
            new.append(({int(k): 1.0 for k in self.columns.outside(mask)}, 1.0, math.inf))
        if new:
            self.lp.add_rows(Rows.of(new))
        return len(new)


def violated(columns: Columns, values: np.ndarray, d: int) -> set[frozenset[int]]:
    """Violated clusters, grown greedily from every variable.

    The left side of a cluster is the total of the sets of its variables that lie outside of it; the
    variable that lowers it most is added until nothing is left to add.
    """
    support = np.flatnonzero(values > 1e-9)
    owner, x = columns.owner[support], values[support]
    within = columns.within[support]
    found: set[frozenset[int]] = set()
    linked = np.zeros((d, d))
    np.add.at(linked.T, owner, within * x[:, None])
    for seed in range(d):
        cluster = np.zeros(d, dtype=bool)
        cluster[seed] = True
        hit = within[:, seed].copy()
        best, chosen = 1 - _VIOLATED, None
        for _ in range(d - 1):
            mine = cluster[owner] & ~hit
            # Joining v: its own unhit sets come in, those of the cluster with v among them go.
            joining = np.bincount(owner[~hit], weights=x[~hit], minlength=d)
            left = x[mine].sum() - x[mine] @ within[mine] + joining
            left[cluster] = np.inf
            v = int(left.argmin())
            cluster[v] = True
            hit |= within[:, v]
            if left[v] < best - 1e-9:
                best, chosen = left[v], frozenset(np.flatnonzero(cluster).tolist())
            if not mine.any():
                break
        if chosen is not None:
            found.add(chosen)
    return found


def prove(dag: Dag, search: Search, problem: Any, lists: Any, beside: Any) -> None:
    """Cuts while they help, then branch and bound on the sets that are left."""
    if any(bound == -math.inf for bound in lists.missing):
        search.messages.append("parent sets: candidates were dropped, no bound is claimed")
        return
    columns = Columns(dag, lists)
    relaxation = Relaxation(dag, columns)
    bound = None
    while search.open:
        value = relaxation.solve(search.remaining)
        if value is None:
            break
        bound = value
        tighten(search, bound)
        if not search.open:
            return
        if beside is not None:
            beside()
        if not relaxation.separate(relaxation.lp.values):
            break
    if bound is None or not search.open:
        return
    branch(dag, search, relaxation, bound)


def tighten(search: Search, bound: float) -> None:
    """Claim a bound of the relaxation; within HiGHS's tolerance of the incumbent it is equal."""
    if search.extend is not None and search.objective is None:
        search.tighten(bound - HAIR * max(1.0, abs(bound)), "clusters")
        return
    best = search.objective
    if best is not None and bound >= best - HAIR * max(1.0, abs(best)):
        search.tighten(best, "clusters")
    else:
        search.tighten(bound - 1e-9 * max(1.0, abs(bound)), "clusters")


def branch(dag: Dag, search: Search, relaxation: Relaxation, bound: float) -> None:
    """Branch and bound on the sets whose reduced cost leaves room below the incumbent."""
    from zerogap.models.dag import pyomo
    from zerogap.models.dag.parents import ParentLists  # noqa: F401
    from zerogap.solvers.backends import highs

    columns = relaxation.columns
    room = math.inf
    if search.objective is not None and search.extend is None:
        room = search.objective - bound + HAIR * max(1.0, abs(search.objective))
    keep = relaxation.lp.reduced_costs[: len(columns.cost)] <= room
    incumbent = [] if search.hint is None else pyomo.parents_of(search.hint)
    for k, s in enumerate(columns.members):
        if incumbent and s is not None and s == incumbent[columns.owner[k]]:
            keep[k] = True
    if any(s is None and keep[k] for k, s in enumerate(columns.members)):
        search.messages.append(
            "clusters: sets that were not enumerated could still be better; give max_parents"
        )
        return
    left: list[tuple[list[float], list[tuple[int, ...]]]] = [([], []) for _ in range(dag.variables)]
    for k in np.flatnonzero(keep):
        costs, sets = left[columns.owner[k]]
        costs.append(float(columns.cost[k]))
        sets.append(columns.members[k])
    model = pyomo.build(dag, left, relaxation.clusters, offset=float(relaxation.shift.sum()))
    highs.improve(model, search, source="highs")
