"""What one optimum does not show: the k best graphs, and how sure their edges are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag import Categorical, Dag, LocalScores, Structure, cpdag
from zerogap.models.dag.parents import parent_sets, structure

#: Variables and parent sets up to which all near-optimal graphs are enumerated.
VARIABLES, SETS = 22, 400_000


def _costs(dag: Dag | Categorical | LocalScores) -> list[tuple[np.ndarray, list[tuple[int, ...]]]]:
    """Every parent set that the rules allow with its cost, cheapest first."""
    if not isinstance(dag, Categorical):
        lists = parent_sets(dag, SETS // dag.variables, every=True)
        return [(np.array(costs), [tuple(s) for s in sets]) for costs, sets in lists]
    from zerogap.solvers.dag.scored import counted

    kernel, allowed, out = counted(dag), dag.allowed, []
    most = dag.variables if dag.max_parents is None else dag.max_parents
    for j in range(dag.variables):
        required = dag.required[dag.required[:, 1] == j, 0].tolist()
        free = [i for i in np.flatnonzero(allowed[:, j]).tolist() if i not in required]
        budget = SETS // dag.variables
        costs, sets, complete, _, _ = kernel.parent_sets(
            j, free, required, most, budget, every=True
        )
        if not complete:
            raise InstanceError(
                f"{dag.names[j]} has more than {budget} parent sets; give max_parents",
                field="max_parents",
            )
        out.append((costs, sets))
    return out


def k_best(
    dag: Dag | Categorical | LocalScores,
    count: int = 10,
    *,
    within: float = math.inf,
    classes: bool = False,
) -> list[tuple[float, Structure]]:
    """The best graphs with their objectives, best first; ties in a fixed order.

    The least costs of all sets of variables, which dynamic programming gives, are exact bounds: a
    search from the last variables of an order backwards meets every graph that is near enough to
    the optimum once (always the largest number among the variables without children goes next) and
    follows no partial graph that cannot be completed.

    Parameters
    ----------
    dag : Dag, Categorical or LocalScores
        A `Dag` with loss ls or gauss and no l1 penalty; at most 22 variables.
    count : int
        So many graphs, or classes, at most.
    within : float
        Only graphs whose objective is so near to the optimum; a Bayes factor of 20 is log(20) for
        the log scores bdeu and k2 (Liao, Sharma, Cussens, van Beek 2019).
    classes : bool
        One graph, the first, of each equivalence class.

    Returns
    -------
    list of (float, Structure)

    Raises
    ------
    InstanceError
        For too many variables or parent sets, or a count below 1.
    """
    if count < 1:
        raise InstanceError(f"is {count}, expected 1 or more", field="count")
    if not within >= 0:
        raise InstanceError(f"is {within}, expected 0 or more", field="within")
    if dag.variables > VARIABLES:
        raise InstanceError(f"the k best graphs of {dag.variables} variables, expected {VARIABLES}")
    from zerogap._ext.dag.lists import ListProgram

    lists = _costs(dag)
    program = ListProgram(lists, dag.before)
    program.run()
    if program.objective is None:
        return []
    slack = max(1e-9, 1e-12 * abs(program.objective))
    enumeration = _Enumeration(lists, program.table(), dag.before, count, classes)
    chosen = enumeration.run(program.objective + within + slack)
    sign = 1.0 if isinstance(dag, Dag) else -1.0
    return [(sign * cost, structure(dag, parents)) for cost, parents in chosen]


Graph = tuple[float, list[tuple[int, ...]]]


class _Enumeration:
    """The cheapest graphs, or the cheapest graph of each class, met once each."""

    def __init__(
        self, lists: Any, table: np.ndarray, before: np.ndarray, count: int, classes: bool
    ):
        self.d, self.count, self.classes = len(lists), count, classes
        self.costs = [np.asarray(costs) for costs, _ in lists]
        self.sets = [sets for _, sets in lists]
        self.masks = [
            np.array([sum(1 << i for i in s) for s in sets], np.int64) for sets in self.sets
        ]
        self.table = table
        self.after = [sum(1 << int(j) for j in np.flatnonzero(row)) for row in before]
        self.ahead = [np.flatnonzero(before[:, j]).tolist() for j in range(self.d)]
        self.parents: list[tuple[int, ...]] = [()] * self.d
        self.order: list[int] = []
        #: Last step whose variable has this one as a parent (or must come after it).
        self.used = [-1] * self.d
        self.found: dict[Any, Graph] = {}
        self.limit = math.inf

    def run(self, limit: float) -> list[Graph]:
        """The graphs, cheapest first."""
        self.limit = limit
        self._go((1 << self.d) - 1, 0.0)
        return sorted(self.found.values())[: self.count]

    def _keep(self, cost: float) -> None:
        graph = (cost, list(self.parents))
        key: Any = tuple(self.parents)
        if self.classes:
            adjacency = np.zeros((self.d, self.d), dtype=bool)
            for j, s in enumerate(self.parents):
                adjacency[list(s), j] = True
            key = cpdag(adjacency).tobytes()
        if key not in self.found or graph < self.found[key]:
            self.found[key] = graph
        if len(self.found) >= 2 * self.count:
            kept = sorted(self.found.items(), key=lambda item: item[1])[: self.count]
            self.found = dict(kept)
        if len(self.found) >= self.count:
            worst = sorted(g[0] for g in self.found.values())[self.count - 1]
            self.limit = min(self.limit, worst)

    def _go(self, left: int, cost: float) -> None:
        if not left:
            self._keep(cost)
            return
        children = []
        for j in range(self.d):
            if not left >> j & 1 or self.after[j] & left:
                continue
            smaller = max((t for t, v in enumerate(self.order) if v < j), default=-1)
            if self.used[j] < smaller:
                continue  # j could have gone before a smaller variable: not this order
            rest = left & ~(1 << j)
            if math.isinf(self.table[rest]):
                continue
            near = int(
                np.searchsorted(self.costs[j], self.limit - cost - self.table[rest], side="right")
            )
            for k in np.flatnonzero((self.masks[j][:near] & ~rest) == 0).tolist():
                children.append((cost + self.costs[j][k] + self.table[rest], j, k))
        children.sort()
        step = len(self.order)
        for bound, j, k in children:
            if bound > self.limit:
                break
            self.parents[j] = chosen = self.sets[j][k]
            marked = [(i, self.used[i]) for i in (*chosen, *self.ahead[j])]
            for i, _ in marked:
                self.used[i] = step
            self.order.append(j)
            self._go(left & ~(1 << j), cost + float(self.costs[j][k]))
            self.order.pop()
            for i, old in reversed(marked):
                self.used[i] = old


def edge_weights(graphs: list[tuple[float, Structure]]) -> np.ndarray:
    """How probable every edge is among graphs with log scores, by their weights exp(score).

    Parameters
    ----------
    graphs : list of (float, Structure)
        As `k_best` gives them for log scores (posterior probabilities under a uniform prior over
        the graphs given, for bdeu and k2).

    Returns
    -------
    ndarray of float64, shape (d, d)
    """
    scores = np.array([score for score, _ in graphs])
    weights = np.exp(scores - scores.max())
    weights /= weights.sum()
    total = np.zeros((len(graphs[0][1].order),) * 2)
    for weight, (_, graph) in zip(weights, graphs):
        total[graph.edges[:, 0], graph.edges[:, 1]] += weight
    return total
