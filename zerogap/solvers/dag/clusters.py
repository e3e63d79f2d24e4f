"""Lower bounds over parent sets: a linear relaxation with cluster cuts, then branch and bound.

Rows over clusters of variables forbid cycles (see `separation`). Where the relaxation with its cuts
is tight it leaves a handful of sets for branch and bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.dag import Categorical, Dag, LocalScores
from zerogap.solvers.dag import facets
from zerogap.solvers.dag.blocks import Blocks
from zerogap.solvers.dag.separation import Cluster, Support
from zerogap.solvers.search import Search

#: Share of the objective within which the relaxation's bound counts as equal to the incumbent.
HAIR = 1e-7
#: The same for log scores: their programs are solved to 1e-9 and their bounds come from duals.
FINE, TIGHT = 1e-9, 1e-9
#: Columns a variable begins with, and gets in a round.
_FIRST, _ENTER = 20, 10
#: Seconds a round for rows of small sets of variables.
_FACETS = 5.0
#: So many rounds that close less than this share of the gap end the root of the tree.
_SLOW, _PROGRESS = 4, 0.03
#: Columns that branch and bound may get.
_BRANCH = 20_000


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

    def outside(self, clusters: list[Cluster], chosen: np.ndarray) -> np.ndarray:
        """Bool (chosen columns, clusters): the owner is in it, fewer than k of the parents are."""
        masks = np.zeros((len(clusters), self.within.shape[1]), dtype=bool)
        for r, cluster in enumerate(clusters):
            masks[r, list(cluster.members)] = True
        hits = self.within[chosen] @ masks.T.astype(np.float32)
        few = hits < np.array([c.k for c in clusters])
        return few & masks[:, self.owner[chosen]].T


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
        self.known: set[Any] = set()
        self.clusters: list[Cluster] = []
        self.facets: list[tuple[np.ndarray, np.ndarray, float]] = []
        # Columns (ascending), coefficients, right sides.
        self.cuts: list[tuple[np.ndarray, np.ndarray, float]] = []
        rows = [
            ({k: 1.0 for k, c in enumerate(self.active) if columns.owner[c] == j}, 1.0, 1.0)
            for j in range(self.d)
        ]
        size = len(self.active)
        self.lp = Lp(Rows.of(rows), self._cost(self.active), np.zeros(size), np.full(size, np.inf))
        if not isinstance(dag, Dag):
            exactly(self.lp)
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
            self.cuts.append((index, value, lower))
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
            index, value, _ = self.cuts[r]
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
        for r, (where, what, _) in enumerate(self.cuts):
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
        cuts += self._clusters(support.violated())
        if not cuts:
            for facet in facets.separate(support, min(_FACETS, search.remaining)):
                codes = facets.codes(self.columns.within, facet.variables)
                value, lower = facet.row(self.columns.owner, codes)
                index = np.flatnonzero(value)
                cuts.append((index, value[index], lower))
                self.facets.append((index, value[index], lower))
        if not cuts and self.blocks is not None:
            # The tree finds every cycle itself; HiGHS's model of positions is better off without.
            cuts += self._clusters([Cluster(c) for c in support.exact(search.remaining)])
        if cuts:
            self._add(cuts)
        return len(cuts)

    def _clusters(self, found: list[Cluster]) -> list[tuple[np.ndarray, np.ndarray, float]]:
        """The rows of clusters that were not known."""
        fresh = [c for c in found if c.key not in self.known]
        if not fresh:
            return []
        self.known |= {c.key for c in fresh}
        self.clusters += fresh
        outside = self.columns.outside(fresh, np.arange(len(self.columns.cost)))
        rows = []
        for r, cluster in enumerate(fresh):
            index = np.flatnonzero(outside[:, r])
            rows.append((index, np.ones(len(index)), float(cluster.k)))
        return rows


def exactly(lp: Any) -> None:
    """Let a program be solved to the tolerance that log scores are compared with."""
    for kind in ("primal", "dual"):
        lp.highs.setOptionValue(f"{kind}_feasibility_tolerance", TIGHT)


def determinant(dag: Dag) -> float:
    """Residual variances of any graph multiply to at least det S: a bound without the edges."""
    d = dag.variables
    logdet = float(np.linalg.slogdet(dag.covariance)[1])
    if dag.loss == "ls":
        return 0.5 * d * math.exp(logdet / d) * (1 - 1e-12)
    value = 0.5 * dag.observations * (logdet + d * math.log(2 * math.pi * math.e))
    return value - 1e-10 * abs(value)


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
    reached, slow = -math.inf, 0
    while search.open and relaxation.solve(search.remaining):
        # The duals' own bound with every column priced, so columns that are not active count too;
        # dropped candidates have refused the claim above.
        tighten(search, relaxation.bound)
        if beside is not None:
            beside()
        if not search.open:
            return
        entered = relaxation.enter()
        if not isinstance(dag, Dag) and not entered:
            best = incumbent_cost(search)
            gap = (relaxation.bound + 1.0 if best is None else best) - relaxation.bound
            slow = slow + 1 if relaxation.bound < reached + _PROGRESS * gap else 0
            reached = max(reached, relaxation.bound)
        if slow < _SLOW:
            entered += relaxation.separate(search)
        if not entered and search.open:
            branch(dag, search, relaxation, beside)
            return


def incumbent_cost(search: Search) -> float | None:
    """The incumbent's cost: its objective, negated where that is a score to be maximised."""
    objective = search.objective  # read once: the other thread may better it meanwhile
    return -objective if objective is not None and search.sense == "max" else objective


def hair(search: Search, best: float) -> float:
    """By how much a bound of the relaxation may miss the cost that it proves."""
    if search.sense == "max":
        # Every variable's reduced costs are off by the program's tolerance at most.
        return FINE * max(1.0, abs(best)) + 10 * TIGHT * search.instance.variables
    return HAIR * max(1.0, abs(best))


def claim(search: Search, bound: float) -> None:
    """Claim a lower bound on costs."""
    search.tighten(-bound if search.sense == "max" else bound, "clusters")


def tighten(search: Search, bound: float) -> None:
    """Claim a bound of the relaxation; within HiGHS's tolerance of the incumbent it is equal."""
    best = incumbent_cost(search)
    if search.extend is not None and best is None:
        claim(search, bound - hair(search, bound))
        return
    if best is not None and bound >= best - hair(search, best):
        claim(search, best)
    else:
        claim(search, bound - 1e-9 * max(1.0, abs(bound)))


def branch(
    dag: Dag | Categorical | LocalScores,
    search: Search,
    relaxation: Relaxation,
    beside: Callable[[], None] | None,
) -> None:
    """Branch and bound on the sets whose reduced cost leaves room below the incumbent."""
    from zerogap.models.dag.exact import pyomo

    columns, bound = relaxation.columns, relaxation.bound
    room, best = math.inf, incumbent_cost(search)
    if best is not None and search.extend is None:
        room = best - bound + hair(search, best)
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
    if isinstance(dag, Dag):
        by_highs(dag, search, relaxation, keep)
    else:
        by_tree(dag, search, relaxation, keep, beside)


def by_tree(
    dag: Categorical | LocalScores,
    search: Search,
    relaxation: Relaxation,
    keep: np.ndarray,
    beside: Callable[[], None] | None,
) -> None:
    """Branch and cut on the columns that are left."""
    from zerogap.models.dag.parents import structure
    from zerogap.solvers.dag.tree import Tree

    columns, best = relaxation.columns, incumbent_cost(search)
    dearest = np.full(dag.variables, -math.inf)
    np.maximum.at(dearest, columns.owner, columns.cost)
    limit = float(dearest.sum()) + 1.0  # no graph costs as much
    tree = Tree(relaxation, keep, limit if best is None else best)
    finished = tree.run(
        relaxation.bound,
        left=lambda: search.remaining if search.open else 0.0,
        cost=lambda: incumbent_cost(search),
        claim=lambda bound: tighten(search, bound) if bound < limit else None,
        offer=lambda parents: search.offer(structure(dag, parents), "clusters", exact=True),
        beside=beside,
        hair=lambda best: hair(search, best),
    )
    if finished and best is None and search.solution is None:
        # All columns were kept, every node was closed, none held a graph.
        search.prove_infeasible("no choice of parent sets is free of cycles", "clusters")


def by_highs(dag: Dag, search: Search, relaxation: Relaxation, keep: np.ndarray) -> None:
    """HiGHS on the columns that are left, with the clusters and facets of the relaxation."""
    from zerogap.models.dag.exact import pyomo
    from zerogap.solvers.backends import highs

    columns = relaxation.columns
    left: list[tuple[list[float], list[tuple[int, ...]]]] = [([], []) for _ in range(dag.variables)]
    name = {}
    for k in np.flatnonzero(keep).tolist():
        costs, sets = left[columns.owner[k]]
        name[k] = (int(columns.owner[k]), len(costs))
        costs.append(float(columns.cost[k]))
        sets.append(columns.members[k])
    clusters = [(frozenset(c.members), c.k) for c in relaxation.clusters]
    rows = [
        ({name[k]: v for k, v in zip(index.tolist(), value.tolist()) if k in name}, lower)
        for index, value, lower in relaxation.facets
    ]
    model = pyomo.build(dag, left, clusters, rows, offset=float(relaxation.shift.sum()))
    highs.improve(model, search, source="highs")
