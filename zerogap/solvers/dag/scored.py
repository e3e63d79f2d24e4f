"""Log scores: categorical data and tables of local scores.

Everything below works with costs, the negated scores: lists of parent sets of every variable, the
order kernel on them, and cluster cuts or dynamic programming over sets of variables for the proof.
"""

from __future__ import annotations

import itertools
import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag import Categorical, LocalScores, Structure
from zerogap.models.dag.counts import distinct
from zerogap.models.dag.parents import structure
from zerogap.solvers.dag import clusters
from zerogap.solvers.dag.parents import CANDIDATES, MODEL, Lists
from zerogap.solvers.dag.rules import obeying
from zerogap.solvers.search import SLICE, Search

Scored = Categorical | LocalScores
#: Sets that may be counted for all variables together; for the first quick list; without pruning.
SETS, QUICK, EVERY = 40_000_000, 60_000, 2_000_000
#: Share of the time for the lists.
SHARE = 0.4
#: Iterations of the climb between quick and complete lists, and their share of the time.
FURTHER, FURTHER_SHARE = 16, 0.1
#: Variables of dynamic programming over all sets of them, alone and beside the cluster cuts.
SUBSETS, SMALL = 26, 16


def lists_of(dag: Scored, search: Search, budget: int = SETS, *, every: bool = False) -> Lists:
    """Parent sets of every variable that can be part of an optimal graph.

    With `every` all sets: that no optimum needs a set which a subset beats holds only without the
    user's own constraints.
    """
    if isinstance(dag, LocalScores):
        return _tabled(dag, every)
    return _counted(dag, search, budget, every)


def _tabled(dag: LocalScores, every: bool) -> Lists:
    lists = Lists([], [], [])
    allowed = dag.allowed & ~dag.before.T
    most = dag.variables if dag.max_parents is None else dag.max_parents
    for j in range(dag.variables):
        required = set(dag.required[dag.required[:, 1] == j, 0].tolist())
        best: dict[tuple[int, ...], float] = {}
        for score, s in sorted(zip(dag.scores[j].tolist(), dag.sets[j]), key=lambda t: len(t[1])):
            if len(s) <= most and required <= set(s) and all(allowed[i, j] for i in s):
                best[s] = -score
        kept = [
            (cost, s) for s, cost in best.items() if every or not _beaten(s, cost, best, required)
        ]
        kept.sort()
        lists.costs.append(np.array([c for c, _ in kept]))
        lists.sets.append([s for _, s in kept])
        lists.missing.append(None)
    return lists


def _beaten(s: tuple[int, ...], cost: float, best: dict, required: set[int]) -> bool:
    """Whether a proper subset in the table costs no more (it fits wherever the set does)."""
    if 2 ** len(s) > 4 * len(best):
        mine = set(s)
        return any(c <= cost and len(t) < len(s) and mine.issuperset(t) for t, c in best.items())
    return any(
        best.get(t, math.inf) <= cost
        for size in range(len(s))
        for t in itertools.combinations(s, size)
    )


def counted(dag: Categorical) -> Any:
    """The counting kernel on the distinct rows."""
    from zerogap._ext.dag import counts

    rows, weights = distinct(dag)
    return counts.CountedScore(rows, weights, dag.arities.tolist(), dag.score, dag.ess)


def _counted(dag: Categorical, search: Search, budget: int, every: bool) -> Lists:
    kernel = counted(dag)
    lists = Lists([], [], [])
    allowed = dag.allowed & ~dag.before.T
    most = dag.variables if dag.max_parents is None else dag.max_parents
    begun, share = search.elapsed, SHARE * search.remaining
    done = itertools.count(1)

    def one(j: int) -> tuple[Any, Any, float | None]:
        required = dag.required[dag.required[:, 1] == j, 0].tolist()
        free = [i for i in np.flatnonzero(allowed[:, j]).tolist() if i not in required]
        width = _width(len(free), most - len(required), budget // dag.variables)
        whole = width == len(free)
        if not whole:
            free = _promising(kernel, j, free, required, width)
        # The variables that are left share the time that is left, as many at a time as threads.
        left = max(1, dag.variables - next(done) + 1) / search.threads
        costs, sets, complete, missing, _ = kernel.parent_sets(
            j,
            free,
            required,
            most,
            max(1000, budget // dag.variables),
            min(
                max(0.02, (begun + share - search.elapsed) / max(1.0, left)),
                max(0.0, search.remaining),
            ),
            every,
        )
        complete = complete and whole
        return costs, sets, None if complete else missing if whole else -math.inf

    if search.threads == 1:
        found = list(map(one, range(dag.variables)))
    else:
        with ThreadPoolExecutor(search.threads) as pool:
            found = list(pool.map(one, range(dag.variables)))
    for costs, sets, missing in found:
        lists.costs.append(costs)
        lists.sets.append(sets)
        lists.missing.append(missing)
    return lists


def _width(free: int, most: int, budget: int) -> int:
    """How many candidates a variable may have for its sets of up to three to be counted."""
    width = min(free, CANDIDATES)
    while width > 10 and sum(math.comb(width, s) for s in range(min(most, 3) + 1)) > budget:
        width -= 1
    return width


def _promising(kernel: Any, j: int, free: list[int], required: list[int], width: int) -> list[int]:
    """The candidates that score best alone."""
    alone: dict[int, float] = {}
    for k in range(0, len(free), CANDIDATES):
        costs, sets, *_ = kernel.parent_sets(
            j, free[k : k + CANDIDATES], required, len(required) + 1, every=True
        )
        for cost, s in zip(costs.tolist(), sets):
            for i in set(s) - set(required):
                alone[i] = cost
    return sorted(sorted(free, key=lambda i: alone[i])[:width])


def problem_of(dag: Scored, lists: Lists) -> Any:
    """The kernels' candidates: the variables that stand in some list."""
    from zerogap._ext.dag import sparse

    d = dag.variables
    allowed = np.zeros((d, d), dtype=bool)
    required = np.zeros((d, d), dtype=bool)
    required[dag.required[:, 0], dag.required[:, 1]] = True
    for j, sets in enumerate(lists.sets):
        allowed[list(set().union(*sets)), j] = True
        if (allowed[:, j] & ~required[:, j]).sum() > CANDIDATES:
            raise InstanceError(
                f"{dag.names[j]} has more than {CANDIDATES} candidate parents", field="sets"
            )
    most = d if dag.max_parents is None else dag.max_parents
    # The covariance is not used: every cost comes from the lists.
    return sparse.LocalProblem(np.eye(d), 1, "ls", 0.0, 0.0, allowed, required, most)


class Turned:
    """A kernel of costs, its objective turned into the score that the search maximises."""

    def __init__(self, kernel: Any):
        self.kernel = kernel

    def run(self, *limits: Any) -> bool:
        """Work for at most so long."""
        return self.kernel.run(*limits)

    @property
    def objective(self) -> float | None:
        """Score of the best order."""
        value = self.kernel.objective
        return None if value is None else -value

    @property
    def iterations(self) -> int:
        """Disturbances so far."""
        return self.kernel.iterations

    @property
    def seconds(self) -> float:
        """Time worked."""
        return self.kernel.seconds


class Walk:
    """The order kernel with its parent lists, and how its solutions are made."""

    def __init__(self, dag: Scored, search: Search, lists: Lists):
        from zerogap._ext.dag import sparse

        self.dag, self.search, self.lists = dag, search, lists
        self.problem = problem_of(dag, lists)
        self.chooser = sparse.ParentLists(self.problem, list(zip(lists.costs, lists.sets)))
        first = np.arange(dag.variables) if search.hint is None else search.hint.order
        self.kernel = Turned(
            sparse.ParentSearch(
                self.problem, obeying(dag, first), search.seed, dag.before, self.chooser
            )
        )

    def solution(self, kernel: Turned) -> Structure:
        """The kernel's best order with its parents."""
        _, parents = kernel.kernel.best()
        return structure(self.dag, parents)

    def inject(self, kernel: Turned, found: Structure) -> None:
        """Hand an order found elsewhere to the kernel."""
        kernel.kernel.inject(obeying(self.dag, found.order))

    def drive(self, **limits: Any) -> None:
        """Search in this thread."""
        self.search.drive(self.kernel, solution=self.solution, inject=self.inject, **limits)

    def in_background(self) -> Any:
        """Search in a thread of its own while a block runs."""
        return self.search.in_background(self.kernel, solution=self.solution, inject=self.inject)


def impossible(dag: Scored, search: Search, lists: Lists) -> bool:
    """Claim that a variable has no parent set, if one has none."""
    for j, sets in enumerate(lists.sets):
        if not sets and lists.missing[j] is None:
            # The rules alone leave nothing to choose, whatever the other variables do.
            search.prove_infeasible(f"the rules leave {dag.names[j]} no parent set", "lists")
            return True
    return False


def by_program(dag: Scored, search: Search, lists: Lists, beside: Any = None) -> bool:
    """Dynamic programming over sets of variables; whether it came to its end."""
    from zerogap._ext.dag import lists as programs

    program = programs.ListProgram(list(zip(lists.costs, lists.sets)), dag.before)
    while search.open and program.run(min(0.1, search.remaining)):
        if beside is not None:
            beside()
    if not program.done:
        return False
    best = program.best()
    if best is None:
        # Every order was tried, through sets of variables, over complete lists.
        search.prove_infeasible("no order gives every variable a parent set", "subsets")
        return True
    cost = program.objective
    assert cost is not None
    search.offer(structure(dag, best[1]), "subsets", -cost)
    # Every set of variables was finished over complete lists; no incumbent is used on the way, and
    # the user's constraints never come here.
    search.tighten(-cost + 1e-10 * max(1.0, abs(cost)), "subsets")
    return True


def prove(dag: Scored, search: Search, lists: Lists, beside: Any = None) -> None:
    """Dynamic programming for few variables, cluster cuts for more."""
    if lists.complete and dag.variables <= SMALL and by_program(dag, search, lists, beside):
        return
    clusters.prove(dag, search, None, lists, beside)
    if search.open and lists.complete and dag.variables <= SUBSETS:
        by_program(dag, search, lists, beside)


def first(dag: Scored, search: Search) -> Any:
    """A first graph, from the scores next to it: lists of parent sets take their time.

    Gives the climb for `further`, None where there is none.
    """
    if isinstance(dag, LocalScores) or search.iterations is not None or search.hint is not None:
        return None
    climb = climbing(dag, search)
    # The climb alone; then twice sets of the candidates that serve best.
    _climb(dag, search, climb, (0, 1, 1), SHARE)
    return climb


def further(dag: Scored, search: Search, climb: Any) -> None:
    """The climb goes on before all useful sets are looked for, which may take long."""
    if climb is not None:
        _climb(dag, search, climb, (1,) * FURTHER, FURTHER_SHARE)


def _climb(dag: Scored, search: Search, climb: Any, steps: tuple[int, ...], share: float) -> None:
    """Iterations of the climb, each to its end, while the share of the time left lasts."""
    assert isinstance(dag, Categorical)
    enough = search.elapsed + share * search.remaining
    for more in steps:
        if not search.open or search.elapsed > enough:
            return
        while True:
            climb.run(min(SLICE / 4, search.remaining), more)
            if climb.objective is not None:
                search.offer(structure(dag, climb.best()), "climb", -climb.objective)
            if climb.rested or not search.open or search.elapsed > enough:
                break
            more = 0


def climbing(dag: Categorical, search: Search) -> Any:
    """The greedy search over graphs."""
    from zerogap._ext.dag import counts

    required = np.zeros((dag.variables, dag.variables), dtype=bool)
    required[dag.required[:, 0], dag.required[:, 1]] = True
    most = dag.variables if dag.max_parents is None else dag.max_parents
    return counts.GraphClimb(counted(dag), dag.allowed, required, dag.before, most, search.seed)


def auto(dag: Scored, search: Search) -> None:
    """Order search from below; dynamic programming or cluster cuts from above."""
    climb = first(dag, search)
    lists = lists_of(dag, search, QUICK)
    walk = None
    if all(lists.sets):
        walk = Walk(dag, search, lists)
        walk.drive(seconds=0.1 if search.iterations is None else math.inf)
    if not lists.complete and search.open:
        further(dag, search, climb)
        lists = lists_of(dag, search)
        if all(lists.sets) and search.open:
            walk = Walk(dag, search, lists)
            walk.drive(seconds=0.1 if search.iterations is None else math.inf)
    if not search.open or impossible(dag, search, lists):
        return
    if walk is None or search.iterations is not None:
        prove(dag, search, lists)
        return
    if search.threads == 1:
        prove(dag, search, lists, beside=lambda: walk.drive(seconds=0.05))
        walk.drive()
        return
    with walk.in_background() as thread:
        prove(dag, search, lists)
        while search.open and thread.is_alive():
            thread.join(0.05)


def alone(dag: Scored, search: Search) -> None:
    """The kernel alone."""
    climb = first(dag, search)
    lists = lists_of(dag, search, QUICK)
    if not impossible(dag, search, lists) and all(lists.sets):
        walk = Walk(dag, search, lists)
        if lists.complete or search.iterations is not None:
            walk.drive()
            return
        walk.drive(seconds=0.1)
    if not lists.complete and search.open:
        further(dag, search, climb)
        lists = lists_of(dag, search)
        if all(lists.sets) and search.open:
            Walk(dag, search, lists).drive()


def exact(dag: Scored, search: Search) -> None:
    """The proof alone."""
    lists = lists_of(dag, search)
    if not impossible(dag, search, lists):
        prove(dag, search, lists)


def _model_lists(dag: Scored, search: Search) -> list[tuple[Any, Any]] | None:
    """All parent sets for a model, the kernel's best as its hint; None if there is no solution."""
    every = search.extend is not None
    lists = lists_of(dag, search, EVERY if every else SETS, every=every)
    if not search.open or impossible(dag, search, lists):
        return None
    if not lists.complete or sum(map(len, lists.costs)) > (4 if every else 1) * MODEL:
        raise InstanceError(
            f"the model would need more than {MODEL} parent sets; give max_parents",
            field="max_parents",
        )
    Walk(dag, search, lists).drive(seconds=0.3)
    return list(zip(lists.costs, lists.sets))


def extended(dag: Scored, search: Search) -> None:
    """With constraints of the user: the whole Pyomo model, hints from the kernel."""
    from zerogap.models.dag.exact import pyomo
    from zerogap.solvers.backends import highs

    lists = _model_lists(dag, search)
    if search.open and lists:
        highs.improve(pyomo.build(dag, lists, every=True), search)


def by_cpsat(dag: Scored, search: Search) -> None:
    """The constraint program over parent sets, warm-started by the kernel."""
    from zerogap.models.dag.exact import cpsat as program
    from zerogap.solvers.backends import cpsat

    lists = _model_lists(dag, search)
    if search.open and lists:
        cpsat.improve(program.build(dag, lists, search.extend is not None), search)
