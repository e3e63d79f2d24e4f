"""Method topo beyond dense least squares: swaps over the family's own losses and scores."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.dag import Categorical, Dag, LocalScores
from zerogap.models.dag.parents import structure
from zerogap.models.dag.solution import Structure
from zerogap.solvers.dag import parents, scored, swaps
from zerogap.solvers.dag.rules import obeying
from zerogap.solvers.search import Search

Local = Callable[[int, int], tuple[float, tuple[int, ...]]]


def topo(dag: Dag | Categorical | LocalScores, search: Search) -> None:
    """Swaps from the start's order, or from a random one, to the end that its certificate names."""
    local, solution, whole = _inner(dag, search)
    first = search.rng.permutation(dag.variables) if search.hint is None else search.hint.order
    choice = swaps.Choice(local, dag.variables)
    sign = -1.0 if not isinstance(dag, Dag) else 1.0
    rounds = 0

    def tell(order: np.ndarray, cost: float) -> bool:
        nonlocal rounds
        rounds += 1
        if math.isfinite(cost) and (search.objective is None or _better(cost, sign, search)):
            search.offer(solution(choice.parents(order)), "topo")
        return search.open and (search.iterations is None or rounds <= search.iterations)

    most = max(search.options["size_small"], search.options["size_large"])
    order, ended, tried = swaps.descend(
        choice, obeying(dag, first).astype(np.int64), dag.before, most, tell,
        _promising(dag, choice, solution),
    )  # fmt: skip
    if not np.isfinite(choice.costs(order)).all():
        search.messages.append("topo: no order tried gives every variable a parent set")
        return
    found = solution(choice.parents(order))
    every = dag.variables * (dag.variables - 1) // 2
    search.messages.append(
        f"topo: {_certificate(dag, found, ended, whole and most >= every)}; {tried} swaps tried"
    )


def _better(cost: float, sign: float, search: Search) -> bool:
    assert search.objective is not None
    return sign * search.objective > cost


def _certificate(dag: Any, found: Structure, ended: bool, every: bool) -> swaps.Certificate:
    """Of weights for a `Dag`; scores of sets know only whether a swap would be better."""
    if isinstance(dag, Dag):
        return swaps.certificate(dag, found.adjacency, ended=ended)
    return swaps.Certificate(swaps.LOCAL if ended and every else swaps.STOPPED)


def _promising(
    dag: Any, choice: swaps.Choice, solution: Callable[[list[list[int]]], Structure]
) -> Callable[[np.ndarray], np.ndarray] | None:
    """The published ranking: derivatives of the edges against the order, greatest first."""
    if not isinstance(dag, Dag):
        return None

    def weight(order: np.ndarray) -> np.ndarray:
        if not np.isfinite(choice.costs(order)).all():
            return np.zeros((dag.variables, dag.variables))
        slope = swaps.smooth(dag, solution(choice.parents(order)).adjacency)
        return np.abs(slope[np.ix_(order, order)].T)

    return weight


def _inner(dag: Any, search: Search) -> tuple[Local, Callable[[list[list[int]]], Structure], bool]:
    """Best parents among predecessors, how a graph is made of them, and whether none is missing."""
    if not isinstance(dag, Dag):
        lists = scored.lists_of(dag, search)
        return _listed(lists), lambda chosen: structure(dag, chosen), lists.complete
    problem, whole = parents.local_problem(dag)

    def solution(chosen: list[list[int]]) -> Structure:
        order = _order_of(chosen)
        return parents.fit(dag, problem, order, chosen)

    if parents.selective(dag):
        lists = parents.enumerate_sets(dag, problem, whole, search)
        return _listed(lists), solution, lists.complete
    allowed = [problem.candidates(j) for j in range(dag.variables)]
    required = [
        set(dag.required[dag.required[:, 1] == j, 0].tolist()) for j in range(dag.variables)
    ]

    def local(j: int, before: int) -> tuple[float, tuple[int, ...]]:
        if any(not before >> i & 1 for i in required[j]):
            return math.inf, ()
        chosen = tuple(sorted({*required[j], *(i for i in allowed[j].tolist() if before >> i & 1)}))
        return float(problem.fit(j, list(chosen))[0]), chosen

    return local, solution, whole


def _listed(lists: Any) -> Local:
    """The first set of a variable's list, cheapest first, that lies before it."""
    masks = [[sum(1 << i for i in s) for s in sets] for sets in lists.sets]

    def local(j: int, before: int) -> tuple[float, tuple[int, ...]]:
        for k, mask in enumerate(masks[j]):
            if not mask & ~before:
                return float(lists.costs[j][k]), lists.sets[j][k]
        return math.inf, ()

    return local


def _order_of(chosen: list[list[int]]) -> np.ndarray:
    """A topological order of parents that close no cycle."""
    edge = np.zeros((len(chosen), len(chosen)), bool)
    for j, own in enumerate(chosen):
        edge[own, j] = True
    return swaps.topological(edge)
