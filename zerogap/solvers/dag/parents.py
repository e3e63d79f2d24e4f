"""Scores that choose among the predecessors: penalties on edges, l1, logistic, forbidden edges.

The kernel walks over orders and gives every variable its best parents among its predecessors. Up to
two dozen variables, dynamic programming over sets of variables is exact; beyond, an integer program
over parent sets with cluster cuts proves a bound.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag import Dag, Structure
from zerogap.models.dag.parents import parent_sets
from zerogap.solvers.dag import clusters
from zerogap.solvers.dag.rules import obeying
from zerogap.solvers.search import Search

#: Table entries that dynamic programming may use (8 bytes each).
TABLE = 2**27
#: Local scores that dynamic programming may compute one by one (l1 and logistic).
FITS = {"ls": 600_000, "gauss": 600_000, "logistic": 60_000}
#: Parent sets that a Pyomo or CP-SAT model may have.
MODEL = 50_000
#: Candidate parents of a variable, at most; the strongest are kept.
CANDIDATES = 255
#: Sets that may be evaluated for all variables together, and for a first quick list.
SETS, QUICK = 15_000_000, 100_000


@dataclass
class Lists:
    """Parent sets of every variable, and whether any useful one is missing."""

    costs: list[np.ndarray]
    sets: list[list[tuple[int, ...]]]
    missing: list[float | None]

    @property
    def complete(self) -> bool:
        """Whether the optimum over these lists is the optimum."""
        return all(bound is None for bound in self.missing)


def listable(dag: Dag) -> bool:
    """Whether parent sets can be enumerated: costs follow from residual variances."""
    return dag.loss != "logistic" and dag.penalty != "l1"


def selective(dag: Dag) -> bool:
    """Whether predecessors must be left out: edges cost, or are limited in number."""
    limited = dag.max_parents is not None and dag.max_parents < dag.variables - 1
    return limited or (dag.weight > 0 and dag.penalty != "l1")


def local_problem(dag: Dag) -> tuple[Any, bool]:
    """The kernel's local scores, and whether all allowed edges are candidates."""
    from zerogap._ext.dag import sparse as dag_sparse

    allowed, whole = dag.allowed & ~dag.before.T, True
    for j in np.flatnonzero(allowed.sum(axis=0) > CANDIDATES):
        scale = np.sqrt(np.diag(dag.covariance))
        strength = np.abs(dag.covariance[:, j] / scale) * allowed[:, j]
        allowed[np.argsort(-strength)[CANDIDATES:], j] = False
        whole = False
    required = np.zeros_like(allowed)
    required[dag.required[:, 0], dag.required[:, 1]] = True
    problem = dag_sparse.LocalProblem(
        dag.covariance,
        dag.observations,
        dag.loss,
        0.0 if dag.penalty == "l1" else dag.weight,
        dag.weight if dag.penalty == "l1" else 0.0,
        allowed,
        required,
        dag.variables if dag.max_parents is None else dag.max_parents,
        dag.data if dag.loss == "logistic" else None,
    )
    return problem, whole


def enumerate_sets(
    dag: Dag, problem: Any, whole: bool, search: Search, budget: int = SETS
) -> Lists:
    """Useful parent sets of every variable; without time left, few of them."""
    lists = Lists([], [], [])
    share = max(1000, budget // dag.variables)
    for j in range(dag.variables):
        if listable(dag):
            costs, sets, complete, missing = problem.parent_sets(
                j, share if search.remaining else 1
            )
        else:
            costs, sets, complete = fitted_sets(dag, problem, j, search)
            missing = -math.inf
        lists.costs.append(costs)
        lists.sets.append(sets)
        if not whole:
            missing = -math.inf
        lists.missing.append(None if complete and whole else missing)
    return lists


def fitted_sets(dag: Dag, problem: Any, j: int, search: Search) -> tuple[Any, Any, bool]:
    """Parent sets for l1 and logistic scores, one fit a set.

    Where there are more sets than `FITS` allows, the candidates of weakest correlation are left
    out.
    """
    candidates = problem.candidates(j)
    required = dag.required[dag.required[:, 1] == j, 0].tolist()
    limit = dag.variables if dag.max_parents is None else dag.max_parents
    most = limit - len(required)
    scale = np.sqrt(np.diag(dag.covariance))
    strength = np.abs(dag.covariance[candidates, j] / scale[candidates])
    ranked = candidates[np.argsort(-strength, kind="stable")].tolist()
    budget = max(100, FITS[dag.loss] // (10 * dag.variables))

    def count(k: int) -> int:
        return sum(math.comb(k, s) for s in range(min(k, most) + 1))

    width = max(k for k in range(len(ranked) + 1) if k == 0 or count(k) <= budget)
    chosen = sorted(ranked[:width])
    edge = 0.0 if dag.penalty == "l1" else dag.weight
    best: dict[tuple[int, ...], float] = {}
    kept: list[tuple[float, tuple[int, ...]]] = []
    for size in range(min(most, width) + 1 if search.remaining else 1):
        for members in itertools.combinations(chosen, size):
            parents = [*required, *members]
            cost = problem.fit(j, parents)[0] + edge * len(parents)
            below = min(
                (best[members[:k] + members[k + 1 :]] for k in range(size)), default=math.inf
            )
            if cost < below:
                kept.append((cost, tuple(sorted(parents))))
            best[members] = min(cost, below)
    kept.sort()
    return np.array([c for c, _ in kept]), [s for _, s in kept], width == len(ranked)


def fit(dag: Dag, problem: Any, order: np.ndarray, parents: list[list[int]]) -> Structure:
    """Coefficients on the chosen parents; l1 and logistic drop what comes out as zero."""
    edges, weights = [], []
    required = {tuple(e) for e in dag.required.tolist()}
    for j, chosen in enumerate(parents):
        _, w = problem.fit(j, chosen)
        for i, value in zip(chosen, w.tolist()):
            if value != 0 or (i, j) in required:
                edges.append((i, j))
                weights.append(value)
    return Structure(order, np.array(edges or np.empty((0, 2))), np.array(weights), dag.names)


def given_order(dag: Dag, search: Search) -> np.ndarray:
    """The order of the start, else smallest conditional variance first."""
    from zerogap._ext.dag import order as kernels

    if search.hint is not None:
        return obeying(dag, search.hint.order)
    if dag.loss == "logistic":
        return obeying(dag, np.argsort(np.diag(dag.covariance), kind="stable"))
    return kernels.greedy(dag.covariance, dag.before)


class Walk:
    """The kernel with its parent lists, and how its solutions are made."""

    def __init__(self, dag: Dag, search: Search):
        self.dag, self.search = dag, search
        self.problem, self.whole = local_problem(dag)
        self.lists: Lists | None = None
        self.kernel: Any = None
        self.begin(QUICK)

    def begin(self, budget: int) -> None:
        """Enumerate parent sets within the budget and start the kernel on them."""
        from zerogap._ext.dag import sparse as dag_sparse

        chooser = None
        if selective(self.dag):
            self.lists = enumerate_sets(self.dag, self.problem, self.whole, self.search, budget)
            chooser = dag_sparse.ParentLists(
                self.problem, list(zip(self.lists.costs, self.lists.sets))
            )
        self.kernel = dag_sparse.ParentSearch(
            self.problem,
            given_order(self.dag, self.search),
            self.search.seed,
            self.dag.before,
            chooser,
        )

    def complete(self) -> None:
        """Go on with all useful sets if the quick lists lack some."""
        if self.lists is not None and not self.lists.complete and self.search.open:
            self.begin(SETS)

    def solution(self, kernel: Any) -> Structure:
        """The kernel's best order with its parents."""
        return fit(self.dag, self.problem, *kernel.best())

    def inject(self, kernel: Any, structure: Structure) -> None:
        """Hand an order found elsewhere to the kernel."""
        kernel.inject(obeying(self.dag, structure.order))

    def drive(self, **limits: Any) -> None:
        """Search in this thread."""
        self.search.drive(self.kernel, solution=self.solution, inject=self.inject, **limits)

    def in_background(self) -> Any:
        """Search in a thread of its own while a block runs."""
        return self.search.in_background(self.kernel, solution=self.solution, inject=self.inject)


def program_fits(dag: Dag, problem: Any) -> bool:
    """Whether dynamic programming over all sets is affordable."""
    d = dag.variables
    if d > 26:
        return False
    tables = sum(2 ** len(problem.candidates(j)) for j in range(d))
    limit = TABLE if listable(dag) else FITS[dag.loss]
    return tables + 2**d <= TABLE and tables <= limit


def by_program(dag: Dag, problem: Any, search: Search, beside: Any = None) -> bool:
    """Dynamic programming over sets of variables; whether it came to its end."""
    from zerogap._ext.dag import sparse as dag_sparse

    program = dag_sparse.SubsetProgram(problem, dag.before)
    while search.open and program.run(min(0.1, search.remaining)):
        if beside is not None:
            beside()
    best = program.best()
    if best is None:
        return False
    value = program.objective
    search.offer(fit(dag, problem, *best), "subsets", value)
    assert value is not None
    # `best` is there only when every set of variables was finished; no incumbent is used on the
    # way, and constraints of the user's never come here.
    search.tighten(value - 1e-10 * max(1.0, abs(value)), "subsets")
    return True


def auto(dag: Dag, search: Search) -> None:
    """Order search from above; subsets, or parent sets with cluster cuts, from below."""
    walk = Walk(dag, search)
    walk.drive(seconds=0.1 if search.iterations is None else math.inf)
    small = program_fits(dag, walk.problem)
    if not search.open:
        return
    if listable(dag):
        # Residuals multiply to at least det S in any graph, and penalties are not negative.
        search.tighten(clusters.determinant(dag), "determinant")
    if search.threads == 1 and search.iterations is None:

        def beside() -> None:
            walk.drive(seconds=0.05)

        if not (small and by_program(dag, walk.problem, search, beside)):
            walk.complete()
            prove(dag, search, walk, beside)
            walk.drive()
        return
    if not small:
        walk.complete()
    with walk.in_background() as thread:
        if not (small and by_program(dag, walk.problem, search)):
            prove(dag, search, walk)
            while search.open and thread.is_alive() and search.iterations is None:
                thread.join(0.05)


def extended(dag: Dag, search: Search) -> None:
    """With constraints of the user: the whole Pyomo model, hints from the kernel."""
    from zerogap.models.dag.exact import pyomo
    from zerogap.solvers.backends import highs

    lists = _model_lists(dag, search)
    if search.open and lists:
        highs.improve(pyomo.build(dag, lists, every=True), search)


def by_cpsat(dag: Dag, search: Search) -> None:
    """The constraint program over parent sets, warm-started by the kernel."""
    from zerogap.models.dag.exact import cpsat as program
    from zerogap.solvers.backends import cpsat

    lists = _model_lists(dag, search)
    if search.open and lists:
        cpsat.improve(program.build(dag, lists, search.extend is not None), search)


def _model_lists(dag: Dag, search: Search) -> list[tuple[Any, Any]]:
    """All useful parent sets for a model, after a short local search on them."""
    if not listable(dag):
        raise InstanceError("models take the losses ls and gauss without l1", field="method")
    walk = Walk(dag, search)
    walk.drive(seconds=0.5)
    if search.extend is not None:
        # That no optimum needs a set which a subset beats holds for the plain problem only.
        return list(parent_sets(dag, MODEL // dag.variables, every=True))
    lists = walk.lists
    if lists is None or not lists.complete:
        lists = enumerate_sets(dag, walk.problem, walk.whole, search)
    if not search.open:
        return []  # too late for a model
    if not lists.complete or sum(map(len, lists.costs)) > MODEL:
        raise InstanceError(
            f"the model would need more than {MODEL} parent sets; give max_parents or a penalty",
            field="max_parents",
        )
    return list(zip(lists.costs, lists.sets))


def prove(dag: Dag, search: Search, walk: Walk, beside: Any = None) -> None:
    """The best bound at hand for instances too large for dynamic programming."""
    if walk.lists is not None and listable(dag):
        clusters.prove(dag, search, walk.problem, walk.lists, beside)
    else:
        # More parents never fit worse, and only required edges are charged: see `relaxed`.
        search.tighten(relaxed(dag, walk.problem), "all parents")


def relaxed(dag: Dag, problem: Any) -> float:
    """Every variable with all allowed parents, cycles or not: a bound for every score."""
    total = 0.0
    for j in range(dag.variables):
        required = dag.required[dag.required[:, 1] == j, 0].tolist()
        allowed = [i for i in np.flatnonzero(dag.allowed[:, j]).tolist() if i not in required]
        value, _ = problem.fit(j, required + allowed)
        total += value + (0.0 if dag.penalty == "l1" else dag.weight * len(required))
    return total - 1e-9 * max(1.0, abs(total))


def exact(dag: Dag, search: Search) -> None:
    """The proof alone: no local search, no warm start but a given one."""
    problem, whole = local_problem(dag)
    if program_fits(dag, problem):
        by_program(dag, problem, search)
        return
    if selective(dag) and listable(dag):
        lists = enumerate_sets(dag, problem, whole, search)
        clusters.prove(dag, search, problem, lists, None)
        return
    # More parents never fit worse, and only required edges are charged: see `relaxed`.
    search.tighten(relaxed(dag, problem), "all parents")
    search.messages.append("too many variables for dynamic programming over sets")


def alone(dag: Dag, search: Search) -> None:
    """The kernel alone."""
    walk = Walk(dag, search)
    if search.iterations is None:
        walk.drive(seconds=0.1)
    walk.complete()
    walk.drive()
