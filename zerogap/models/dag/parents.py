"""Local scores and parent sets by plain regressions: for exact models, and an oracle in tests."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag.categorical import Categorical, LocalScores
from zerogap.models.dag.counts import local_score
from zerogap.models.dag.instance import Dag
from zerogap.models.dag.solution import Structure, topological

#: A variable's cost and members of its parent sets, cheapest first.
ParentLists = Sequence[tuple[Sequence[float], Sequence[tuple[int, ...]]]]


def regression(instance: Dag, j: int, parents: Sequence[int]) -> tuple[float, np.ndarray]:
    """Cost of variable j with exactly these parents, and the coefficients (losses ls and gauss)."""
    S, chosen = instance.covariance, list(parents)
    weights = np.linalg.solve(S[np.ix_(chosen, chosen)], S[chosen, j]) if chosen else np.empty(0)
    variance = float(S[j, j] - weights @ S[chosen, j])
    n = instance.observations
    base = (
        0.5 * variance
        if instance.loss == "ls"
        else 0.5 * n * (math.log(2 * math.pi * variance) + 1)
    )
    return base + instance.weight * len(chosen), weights


def parent_sets(
    instance: Dag | Categorical | LocalScores, limit: int = 200_000, *, every: bool = False
) -> ParentLists:
    """All parent sets that no subset beats, by enumeration.

    Parameters
    ----------
    instance : Dag, Categorical or LocalScores
        A `Dag` with loss ls or gauss and no l1 penalty.
    limit : int
        How many sets a variable may have before the instance is refused; the kernel's enumeration
        goes further.
    every : bool
        Also those that a subset beats: no optimum of the plain problem needs them, but one with
        the user's own constraints may.

    Raises
    ------
    InstanceError
        If costs do not follow from variances or there are too many sets.
    """
    if isinstance(instance, LocalScores):
        return _tabled(instance)
    if isinstance(instance, Dag) and (instance.loss == "logistic" or instance.penalty == "l1"):
        raise InstanceError("parent sets need the losses ls or gauss without l1", field="penalty")
    d, allowed = instance.variables, instance.allowed
    most = d - 1 if instance.max_parents is None else instance.max_parents
    lists = []
    for j in range(d):
        required = instance.required[instance.required[:, 1] == j, 0].tolist()
        free = [i for i in np.flatnonzero(allowed[:, j]).tolist() if i not in required]
        sizes = range(min(most - len(required), len(free)) + 1)
        if sum(math.comb(len(free), s) for s in sizes) > limit:
            raise InstanceError(
                f"{instance.names[j]} has more than {limit} parent sets; give max_parents",
                field="max_parents",
            )
        best: dict[tuple[int, ...], float] = {}
        kept = []
        for size in sizes:
            for members in itertools.combinations(free, size):
                cost = _cost(instance, j, [*required, *members])
                below = min(
                    (best[members[:k] + members[k + 1 :]] for k in range(size)), default=math.inf
                )
                if every or cost < below:
                    kept.append((cost, tuple(sorted((*required, *members)))))
                best[members] = min(cost, below)
        kept.sort()
        lists.append(([c for c, _ in kept], [s for _, s in kept]))
    return lists


def _cost(instance: Dag | Categorical, j: int, parents: list[int]) -> float:
    if isinstance(instance, Dag):
        return regression(instance, j, parents)[0]
    return -local_score(instance, j, parents)


def _tabled(instance: LocalScores) -> ParentLists:
    """The sets of the table that the rules allow, cheapest first."""
    lists, allowed = [], instance.allowed
    most = instance.variables if instance.max_parents is None else instance.max_parents
    for j, (scores, sets) in enumerate(zip(instance.scores, instance.sets)):
        needed = set(instance.required[instance.required[:, 1] == j, 0].tolist())
        kept = sorted(
            (-score, s)
            for score, s in zip(scores.tolist(), sets)
            if len(s) <= most and needed <= set(s) and allowed[list(s), j].all()
        )
        lists.append(([c for c, _ in kept], [s for _, s in kept]))
    return lists


def structure(
    instance: Dag | Categorical | LocalScores, parents: Sequence[Sequence[int]]
) -> Structure:
    """The structure in which every variable has the given parents.

    Weights are those of the regression; under log scores every edge has weight 1.
    """
    d = instance.variables
    support = np.zeros((d, d), dtype=bool)
    edges: list[tuple[int, int]] = []
    weights: list[float] = []
    for j, chosen in enumerate(parents):
        support[list(chosen), j] = True
        edges += [(i, j) for i in chosen]
        if isinstance(instance, Dag):
            weights += regression(instance, j, chosen)[1].tolist()
        else:
            weights += [1.0] * len(chosen)
    order = topological(support | instance.before)
    return Structure(order, np.array(edges or np.empty((0, 2))), np.array(weights), instance.names)
