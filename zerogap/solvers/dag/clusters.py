"""Lower bounds over parent sets: a linear relaxation with cluster cuts, then branch and bound.

A cluster C of variables is violated where, summed over C, less than one parent set lies outside of
C: then the sets of C close a cycle, at least in part. Where the relaxation with its cuts is tight
it leaves a handful of sets for branch and bound.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.dag import Categorical, Dag, LocalScores
from zerogap.solvers.dag.blocks import Blocks
from zerogap.solvers.search import Search

#: Share of the objective within which the relaxation's bound counts as equal to the incumbent.
HAIR = 1e-7
_VIOLATED = 1e-3
#: Columns a variable begins with, and gets in a round.
_FIRST, _ENTER = 20, 10
#: Seconds for finding the most violated cluster, and columns that branch and bound may get.
_SEPARATION, _BRANCH = 10.0, 5000
#: Variables that a cluster is grown to.
_LARGEST = 16


class Columns:
    """Parent sets of all variables side by side."""

    def __init__(self, dag: Dag | Categorical | LocalScores, lists: Any):
        owner, cost, edges, members = [], [], [], []
        per_edge = dag.weight if isinstance(dag, Dag) else 0.0
        for j in range(dag.variables):
            for c, s in zip(lists.costs[j], lists.sets[j]):
                owner.append(j)
                cost.append(float(c))
                edges.append(per_edge * len(s))
                members.append(s)
            if lists.missing[j] is not None:
                # Stands for the sets that were not enumerated: as cheap, as free of cycles as any.
                owner.append(j)
                cost.append(lists.missing[j])
                # In rows on explained variance they explain nothing, the safe side: no useful set
                # costs more than the empty one, which is the dearest of the list.
                edges.append(lists.missing[j] - float(max(lists.costs[j])))
                members.append(None)
        self.owner = np.array(owner)
        self.cost = np.array(cost)
        self.fit = self.cost - np.array(edges)
        self.members = members
        self.within = np.zeros((len(owner), dag.variables), dtype=np.float32)
        for k, s in enumerate(members):
            if s:
                self.within[k, list(s)] = 1

    def outside(self, clusters: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """Bool (chosen columns, clusters): the owner is in the cluster, all its parents are not."""
        hits = self.within[chosen] @ clusters.T.astype(np.float32)
        return (hits == 0) & clusters[:, self.owner[chosen]].T


class Relaxation:
    """The linear relaxation over a growing part of the columns, with its cuts.

    Beside the clusters there are rows of another kind (see `blocks`); the first of them, over all
    variables, is there from the beginning.
    """

    def __init__(
        self,
        dag: Dag | Categorical | LocalScores,
        problem: Any,
        columns: Columns,
        incumbent: list[tuple[int, ...]] | None,
    ):
        from zerogap.solvers.backends.highs import Rows
        from zerogap.solvers.backends.lp import Lp

        self.columns, self.d = columns, dag.variables
        # Blocks and determinants speak of variances: they go with covariances only.
        self.blocks = Blocks(dag, problem, columns) if isinstance(dag, Dag) else None
        count = len(columns.cost)
        # Costs are relative to each variable's cheapest set: small numbers, a clean tolerance.
        self.shift = np.full(self.d, np.inf)
        np.minimum.at(self.shift, columns.owner, columns.cost)
        active = np.zeros(count, dtype=bool)
        for j in range(self.d):
            mine = np.flatnonzero(columns.owner == j)
            active[mine[np.argsort(columns.cost[mine])[:_FIRST]]] = True
            for k in mine:
                s = columns.members[k]
                if s is not None and (not s or (incumbent and s == incumbent[j])):
                    active[k] = True
        self.active = np.flatnonzero(active)
        self.known: set[bytes] = set()
        self.clusters: list[np.ndarray] = []
        self.cuts: list[tuple[np.ndarray, np.ndarray]] = []  # columns (ascending), coefficients
        rows = [
            ({k: 1.0 for k, c in enumerate(self.active) if columns.owner[c] == j}, 1.0, 1.0)
            for j in range(self.d)
        ]
        size = len(self.active)
        self.lp = Lp(Rows.of(rows), self._cost(self.active), np.zeros(size), np.full(size, np.inf))
        if isinstance(dag, Dag):
            relative = columns.fit - self.shift[columns.owner]
            self._add([(np.arange(count), relative, determinant(dag) - float(self.shift.sum()))])

    def _cost(self, chosen: np.ndarray) -> np.ndarray:
        return self.columns.cost[chosen] - self.shift[self.columns.owner[chosen]]

    def _add(self, cuts: list[tuple[np.ndarray, np.ndarray, float]]) -> None:
        """Append rows `coefficients @ columns >= lower`."""
        from zerogap.solvers.backends.highs import Rows

        position = np.full(len(self.columns.cost), -1)
        position[self.active] = np.arange(len(self.active))
        rows = []
        for index, value, lower in cuts:
            here = position[index] >= 0
            terms = dict(zip(position[index[here]].tolist(), value[here].tolist()))
            rows.append((terms, lower, math.inf))
            self.cuts.append((index, value))
        self.lp.add_rows(Rows.of(rows))

    def solve(self, seconds: float) -> bool:
        """Solve over the active columns and price all others; False if the time ran out.

        Sets `bound`: the optimum over the active columns plus, for every variable, its most
        negative reduced cost, one set being chosen a variable.
        """
        if self.lp.solve(seconds) != "optimal":
            return False
        duals = np.maximum(self.lp.duals, 0.0)
        duals[: self.d] = self.lp.duals[: self.d]
        columns = self.columns
        reduced = self._cost(np.arange(len(columns.cost))) - duals[columns.owner]
        for r in np.flatnonzero(duals[self.d :] > 1e-12):
            index, value = self.cuts[r]
            reduced[index] -= duals[self.d + r] * value
        lowest = np.zeros(self.d)
        np.minimum.at(lowest, columns.owner, reduced)
        self.price = reduced
        self.reduced = reduced - lowest[columns.owner]
        self.bound = self.lp.objective + float(self.shift.sum()) + float(lowest.sum())
        return True

    def enter(self) -> int:
        """Activate the most promising columns of every variable; returns how many."""
        columns = self.columns
        wanted = self.price < -1e-7
        wanted[self.active] = False
        chosen = []
        for j in np.unique(columns.owner[wanted]):
            mine = np.flatnonzero(wanted & (columns.owner == j))
            chosen.append(mine[np.argsort(self.price[mine])[:_ENTER]])
        if not chosen:
            return 0
        new = np.concatenate(chosen)
        index: list[list[int]] = [[int(columns.owner[k])] for k in new]
        value: list[list[float]] = [[1.0] for _ in new]
        for r, (where, what) in enumerate(self.cuts):
            at = np.searchsorted(where, new)
            at[at == len(where)] = 0
            for c in np.flatnonzero(where[at] == new) if len(where) else ():
                index[c].append(self.d + r)
                value[c].append(float(what[at[c]]))
        start = np.concatenate([[0], np.cumsum([len(i) for i in index])])
        free = np.full(len(new), np.inf)
        self.lp.add_columns(
            self._cost(new), np.zeros(len(new)), free, start,
            np.concatenate(index), np.concatenate(value),
        )  # fmt: skip
        self.active = np.concatenate([self.active, new])
        return len(new)

    def separate(self, search: Search) -> int:
        """Add violated blocks and clusters, found greedily or else exactly; returns how many."""
        support = Support(self.columns, self.active, self.lp.values, self.d)
        cuts = []
        if self.blocks is not None:
            for block in self.blocks.violated(support, search):
                if not search.open:
                    return 0
                cuts.append(self.blocks.row(block))
        found = support.greedy() or ([] if cuts else support.exact(search.remaining))
        fresh = [c for c in found if c.tobytes() not in self.known]
        self.known |= {c.tobytes() for c in fresh}
        self.clusters += fresh
        everything = np.arange(len(self.columns.cost))
        if fresh:
            outside = self.columns.outside(np.array(fresh), everything)
            for r in range(len(fresh)):
                index = np.flatnonzero(outside[:, r])
                cuts.append((index, np.ones(len(index)), 1.0))
        if cuts:
            self._add(cuts)
        return len(cuts)


def determinant(dag: Dag) -> float:
    """Residual variances of any graph multiply to at least det S: a bound without the edges."""
    d = dag.variables
    logdet = float(np.linalg.slogdet(dag.covariance)[1])
    if dag.loss == "ls":
        return 0.5 * d * math.exp(logdet / d) * (1 - 1e-12)
    value = 0.5 * dag.observations * (logdet + d * math.log(2 * math.pi * math.e))
    return value - 1e-10 * abs(value)


class Support:
    """The columns that a relaxed solution uses, and the clusters it violates.

    The left side of a cluster is the total of the sets of its variables that lie outside of it.
    """

    def __init__(self, columns: Columns, active: np.ndarray, values: np.ndarray, d: int):
        used = np.flatnonzero(values > 1e-9)
        self.d = d
        self.owner, self.x = columns.owner[active[used]], values[used]
        self.within = columns.within[active[used]].astype(np.float64)

    def greedy(self) -> list[np.ndarray]:
        """Clusters grown from single variables and from strong pairs."""
        d = self.d
        linked = np.zeros((d, d))
        np.add.at(linked, self.owner, self.within * self.x[:, None])
        both = np.triu(linked + linked.T, 1)
        pairs = np.argwhere(both > 0.5)
        pairs = pairs[np.argsort(-both[pairs[:, 0], pairs[:, 1]])][: 2 * d]
        found: dict[bytes, np.ndarray] = {}
        for seed in [*([j] for j in range(d)), *pairs.tolist()]:
            cluster = np.zeros(d, dtype=bool)
            cluster[seed] = True
            for chosen in grown(cluster, self.owner, self.x, self.within, d):
                found[chosen.tobytes()] = chosen
        return list(found.values())

    def exact(self, seconds: float) -> list[np.ndarray]:
        """The most violated cluster and its forerunners, by a small integer program.

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
        found: dict[bytes, np.ndarray] = {}

        def keep(values: np.ndarray, left: float) -> None:
            if left < 1 - _VIOLATED:
                cluster = np.asarray(values[:d]) > 0.5
                found[cluster.tobytes()] = cluster

        outcome = solve_mip(
            np.concatenate([np.ones(d), -self.x]),
            Rows.of(rows),
            np.zeros(d + count),
            np.ones(d + count),
            np.arange(d + count) < d,
            cutoff=1 - _VIOLATED,
            seconds=min(seconds, _SEPARATION),
            on_solution=keep,
        )
        if outcome.values is not None and outcome.objective is not None:
            keep(outcome.values, outcome.objective)
        return list(found.values())


def grown(cluster, owner, x, within, d: int) -> list[np.ndarray]:
    """The first and the most violated cluster on the greedy way up from one."""
    hit = within[:, cluster].any(axis=1)
    first, chosen, best = None, None, 1 - _VIOLATED
    for _ in range(min(d - 1, _LARGEST)):
        mine = cluster[owner] & ~hit
        if not mine.any():
            break
        # Joining v: its own unhit sets come in, those of the cluster with v among them go.
        joining = np.bincount(owner[~hit], weights=x[~hit], minlength=d)
        left = x[mine].sum() - x[mine] @ within[mine] + joining
        left[cluster] = np.inf
        v = int(left.argmin())
        cluster[v] = True
        hit |= within[:, v] > 0
        if left[v] < best - 1e-9:
            best, chosen = left[v], cluster.copy()
            if first is None:
                first = chosen
    if chosen is None or first is None:
        return []
    return [chosen] if first is chosen else [first, chosen]


def prove(
    dag: Dag | Categorical | LocalScores, search: Search, problem: Any, lists: Any, beside: Any
) -> None:
    """Columns and cuts while they help, then branch and bound on the sets that are left."""
    from zerogap.models.dag.exact import pyomo

    if any(bound == -math.inf for bound in lists.missing):
        search.messages.append("parent sets: candidates were dropped, no bound is claimed")
        return
    columns = Columns(dag, lists)
    incumbent = None if search.hint is None else pyomo.parents_of(search.hint)
    relaxation = Relaxation(dag, problem, columns, incumbent)
    while search.open and relaxation.solve(search.remaining):
        # The duals' own bound with every column priced, so columns that are not active count too;
        # dropped candidates have refused the claim above.
        tighten(search, relaxation.bound)
        if beside is not None:
            beside()
        if not search.open:
            return
        if not relaxation.enter() + relaxation.separate(search) and search.open:
            branch(dag, search, relaxation)
            return


def incumbent_cost(search: Search) -> float | None:
    """The incumbent's cost: its objective, negated where that is a score to be maximised."""
    objective = search.objective  # read once: the other thread may better it meanwhile
    return -objective if objective is not None and search.sense == "max" else objective


def claim(search: Search, bound: float) -> None:
    """Claim a lower bound on costs."""
    search.tighten(-bound if search.sense == "max" else bound, "clusters")


def tighten(search: Search, bound: float) -> None:
    """Claim a bound of the relaxation; within HiGHS's tolerance of the incumbent it is equal."""
    best = incumbent_cost(search)
    if search.extend is not None and best is None:
        claim(search, bound - HAIR * max(1.0, abs(bound)))
        return
    if best is not None and bound >= best - HAIR * max(1.0, abs(best)):
        claim(search, best)
    else:
        claim(search, bound - 1e-9 * max(1.0, abs(bound)))


def branch(dag: Dag | Categorical | LocalScores, search: Search, relaxation: Relaxation) -> None:
    """Branch and bound on the sets whose reduced cost leaves room below the incumbent."""
    from zerogap.models.dag.exact import pyomo
    from zerogap.solvers.backends import highs

    columns, bound = relaxation.columns, relaxation.bound
    room, best = math.inf, incumbent_cost(search)
    if best is not None and search.extend is None:
        room = best - bound + HAIR * max(1.0, abs(best))
    keep = relaxation.reduced <= room
    incumbent = [] if search.hint is None else pyomo.parents_of(search.hint)
    for k, s in enumerate(columns.members):
        if incumbent and s is not None and s == incumbent[columns.owner[k]]:
            keep[k] = True
    if keep.sum() > _BRANCH:
        search.messages.append(
            f"clusters: {int(keep.sum())} parent sets left, too many for branch and bound"
        )
        return
    if any(s is None and keep[k] for k, s in enumerate(columns.members)):
        search.messages.append(
            "clusters: sets that were not enumerated could still be better; give max_parents"
        )
        return
    left: list[tuple[list[float], list[tuple[int, ...]]]] = [([], []) for _ in range(dag.variables)]
    for k in np.flatnonzero(keep).tolist():
        costs, sets = left[columns.owner[k]]
        costs.append(float(columns.cost[k]))
        sets.append(columns.members[k])
    clusters = [frozenset(np.flatnonzero(c).tolist()) for c in relaxation.clusters]
    model = pyomo.build(dag, left, clusters, offset=float(relaxation.shift.sum()))
    highs.improve(model, search, source="highs")
