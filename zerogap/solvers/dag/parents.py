"""Scores that choose among the predecessors: penalties on edges, l1, logistic, forbidden edges.

The kernel walks over orders and gives every variable its best parents among its predecessors. Up to
two dozen variables, dynamic programming over sets of variables is exact; beyond, an integer program
over parent sets with cluster cuts proves a bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.dag import Dag, Structure
from zerogap.solvers.dag import orders
from zerogap.solvers.search import Search

#: Table entries that dynamic programming may use (8 bytes each).
TABLE = 2**27
#: Local scores that dynamic programming may compute one by one (l1 and logistic).
FITS = {"ls": 600_000, "gauss": 600_000, "logistic": 60_000}
#: Candidate parents of a variable, at most; the strongest are kept.
CANDIDATES = 256
#: Sets that may be evaluated for a variable.
SETS = 3_000_000


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
    """Whether it pays to leave predecessors out: edges cost, or are limited in number."""
    limited = dag.max_parents is not None and dag.max_parents < dag.variables - 1
    return listable(dag) and (dag.weight > 0 or limited)


def local_problem(dag: Dag) -> tuple[Any, bool]:
    """The kernel's local scores, and whether all allowed edges are candidates."""
    from zerogap._ext import dag_sparse

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


def enumerate_sets(dag: Dag, problem: Any, whole: bool, search: Search) -> Lists:
    """Useful parent sets of every variable."""
    lists = Lists([], [], [])
    share = max(2000, SETS // max(1, dag.variables // 25))
    for j in range(dag.variables):
        costs, sets, complete, missing = problem.parent_sets(j, share)
        lists.costs.append(costs)
        lists.sets.append(sets)
        if not whole:
            missing = -math.inf
        lists.missing.append(None if complete and whole else missing)
        if not search.remaining and j + 1 < dag.variables:
            # Out of time: the required parents alone still make a feasible list.
            share = 1
    return lists


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
    from zerogap._ext import dag as kernels

    if search.hint is not None:
        return orders.obeying(dag, search.hint.order)
    if dag.loss == "logistic":
        return orders.obeying(dag, np.argsort(np.diag(dag.covariance), kind="stable"))
    return kernels.greedy(dag.covariance, dag.before)


class Walk:
    """The kernel with its parent lists, and how its solutions are made."""

    def __init__(self, dag: Dag, search: Search):
        from zerogap._ext import dag_sparse

        self.dag, self.search = dag, search
        self.problem, self.whole = local_problem(dag)
        self.lists: Lists | None = None
        chooser = None
        if selective(dag):
            self.lists = enumerate_sets(dag, self.problem, self.whole, search)
            chooser = dag_sparse.ParentLists(
                self.problem, list(zip(self.lists.costs, self.lists.sets))
            )
        self.kernel = dag_sparse.ParentSearch(
            self.problem, given_order(dag, search), search.seed, dag.before, chooser
        )

    def solution(self, kernel: Any) -> Structure:
        """The kernel's best order with its parents."""
        return fit(self.dag, self.problem, *kernel.best())

    def inject(self, kernel: Any, structure: Structure) -> None:
        """Hand an order found elsewhere to the kernel."""
        kernel.inject(orders.obeying(self.dag, structure.order))

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
    from zerogap._ext import dag_sparse

    program = dag_sparse.SubsetProgram(problem, dag.before)
    while search.open and program.run(min(0.1, search.remaining)):
        if beside is not None:
            beside()
    best = program.best()
    if best is None:
        return False
    search.offer(fit(dag, problem, *best), "subsets", program.objective)
    if search.extend is None:
        value = program.objective
        search.tighten(value - 1e-10 * max(1.0, abs(value)), "subsets")
    return True


def auto(dag: Dag, search: Search) -> None:
    """Order search from above; subsets, or parent sets with cluster cuts, from below."""
    walk = Walk(dag, search)
    walk.drive(seconds=0.05 if search.iterations is None else math.inf)
    if not search.open:
        return
    small = program_fits(dag, walk.problem)
    if search.threads == 1 and search.iterations is None:
        beside = lambda: walk.drive(seconds=0.05)  # noqa: E731
        if not (small and by_program(dag, walk.problem, search, beside)):
            prove(dag, search, walk, beside)
            walk.drive()
        return
    with walk.in_background() as thread:
        if not (small and by_program(dag, walk.problem, search)):
            prove(dag, search, walk)
            while search.open and thread.is_alive() and search.iterations is None:
                thread.join(0.05)


def prove(dag: Dag, search: Search, walk: Walk, beside: Any = None) -> None:
    """The best bound at hand for instances too large for dynamic programming."""
    from zerogap.solvers.dag import clusters

    if walk.lists is not None:
        clusters.prove(dag, search, walk.problem, walk.lists, beside)
    else:
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
    if selective(dag):
        from zerogap.solvers.dag import clusters

        lists = enumerate_sets(dag, problem, whole, search)
        clusters.prove(dag, search, problem, lists, None)
        return
    search.tighten(relaxed(dag, problem), "all parents")
    search.messages.append("too many variables for dynamic programming over sets")


def alone(dag: Dag, search: Search) -> None:
    """The kernel alone."""
    Walk(dag, search).drive()
