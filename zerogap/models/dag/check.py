"""The checker, from the definition alone."""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.dag.categorical import Categorical, LocalScores
from zerogap.models.dag.instance import Dag
from zerogap.models.dag.solution import Structure


def check(instance: Dag | Categorical | LocalScores, solution: Structure) -> float:
    """Recompute the score of a structure from its definition.

    Returns
    -------
    float
        Loss plus penalty; for categorical data and tables of local scores the log score.

    Raises
    ------
    InfeasibleSolution
        If the order is no permutation, an edge goes against it, or a rule is broken.
    """
    d = instance.variables
    order, edges = solution.order, solution.edges
    if len(order) != d or not np.array_equal(np.sort(order), np.arange(d)):
        raise InfeasibleSolution(f"order is no permutation of {d} variables", constraint="order")
    place = np.empty(d, dtype=np.int64)
    place[order] = np.arange(d)
    _violations(instance, solution, place)
    if not isinstance(instance, Dag):
        return _log_score(instance, edges)
    W = np.zeros((d, d))
    W[edges[:, 0], edges[:, 1]] = solution.weights
    score = _loss(instance, W)
    if instance.penalty == "l1":
        score += instance.weight * float(np.abs(W).sum())
    elif instance.weight > 0:
        score += instance.weight * len(edges)
    if not math.isfinite(score):
        raise InfeasibleSolution("the score is not finite", constraint="score")
    return score


def _loss(instance: Dag, W: np.ndarray) -> float:
    d = instance.variables
    with np.errstate(over="ignore", invalid="ignore"):
        if instance.loss == "logistic":
            assert instance.data is not None
            M = instance.data @ W
            return float((np.logaddexp(0, M) - instance.data * M).sum()) / instance.observations
        # Residual covariances (I − W)ᵀ S (I − W); only their diagonal counts.
        R = np.eye(d) - W
        variances = np.einsum("ij,ij->j", instance.covariance @ R, R)
    if instance.loss == "ls":
        return 0.5 * float(variances.sum())
    if not (variances > 0).all():
        raise InfeasibleSolution("a residual variance is not positive", constraint="score")
    n = instance.observations
    return 0.5 * n * float((np.log(2 * np.pi * variances) + 1).sum())


def _log_score(instance: Categorical | LocalScores, edges: np.ndarray) -> float:
    total = 0.0
    for j in range(instance.variables):
        parents = np.sort(edges[edges[:, 1] == j, 0]).astype(np.int64)
        if isinstance(instance, LocalScores):
            total += _looked_up(instance, j, tuple(parents.tolist()))
        else:
            total += _counted(instance, j, parents)
    return total


def _looked_up(instance: LocalScores, j: int, parents: tuple[int, ...]) -> float:
    for known, score in zip(instance.sets[j], instance.scores[j].tolist()):
        if known == parents:
            return score
    names = ", ".join(instance.names[i] for i in parents)
    raise InfeasibleSolution(
        f"{instance.names[j]} has no local score with the parents {{{names}}}",
        constraint="sets",
        where=j,
    )


def _counted(instance: Categorical, j: int, parents: np.ndarray) -> float:
    """Local score of one variable; the formulas stand at the class."""
    r = len(instance.levels[j])
    states = math.prod(len(instance.levels[i]) for i in parents.tolist())
    n, kind = instance.observations, instance.score
    key, blocks = np.zeros(n, dtype=np.int64), 1
    for i in parents.tolist():  # ranks, so that the key stays small
        m = len(instance.levels[i])
        key, counts = _ranked(key * m + instance.data[:, i], blocks * m)
        blocks = len(counts)
    groups = counts.tolist() if len(parents) else [n]
    cells = _ranked(key * r + instance.data[:, j], blocks * r)[1].tolist()
    if kind in ("bdeu", "k2"):
        a = float(r) if kind == "k2" else instance.ess / states
        gamma = math.lgamma
        inside = sum(gamma(a / r + c) - gamma(a / r) for c in cells)
        return inside - sum(gamma(a + g) - gamma(a) for g in groups)
    fit = sum(c * math.log(c) for c in cells) - sum(g * math.log(g) for g in groups)
    if kind == "bic":
        return fit - 0.5 * math.log(n) * states * (r - 1)
    if kind == "aic":
        return fit - states * (r - 1)
    if kind == "fnml":
        return fit - sum(_normaliser(g, r) for g in groups)
    return fit - _normaliser(n, states * r) + _normaliser(n, states)


def _ranked(key: np.ndarray, below: int) -> tuple[np.ndarray, np.ndarray]:
    """Keys replaced by their ranks among those that occur, and how often each occurs."""
    if below > 8 * len(key) + 4096:
        _, ranks, counts = np.unique(key, return_inverse=True, return_counts=True)
        return ranks.reshape(-1), counts
    counts = np.bincount(key, minlength=below)
    return (np.cumsum(counts > 0) - 1)[key], counts[counts > 0]


def _normaliser(n: int, values: int) -> float:
    """log C(n, values) by the recurrence of Kontkanen and Myllymäki (2007), scaled by C(n, 2)."""
    if values < 2 or n < 1:
        return 0.0
    h = np.arange(n + 1, dtype=np.float64)
    factorial = np.concatenate([[0.0], np.cumsum(np.log(h[1:]))])
    power = np.concatenate([[0.0], h[1:] * np.log(h[1:])])
    terms = factorial[n] - factorial - factorial[::-1] + power + power[::-1] - power[n]
    scale = float(terms.max()) + math.log(float(np.exp(terms - terms.max()).sum()))
    before, value, logs = math.exp(-scale), 1.0, scale
    for k in range(3, values + 1):
        before, value = value, value + n / (k - 2) * before
        if value > 1e250:
            before, value, logs = before / value, 1.0, logs + math.log(value)
    return logs + math.log(value)


def _violations(
    instance: Dag | Categorical | LocalScores, solution: Structure, place: np.ndarray
) -> None:
    d, edges, names = instance.variables, solution.edges, instance.names

    def refuse(k: int, constraint: str, why: str):
        i, j = edges[k].tolist()
        raise InfeasibleSolution(
            f"{names[i]} → {names[j]} {why}", constraint=constraint, where=(i, j)
        )

    i, j = edges[:, 0].astype(np.int64), edges[:, 1].astype(np.int64)
    for k in np.flatnonzero(place[i] >= place[j])[:1]:
        refuse(int(k), "order", "goes against the order")
    keys = i * d + j
    ranked = np.sort(keys)
    if (ranked[1:] == ranked[:-1]).any():
        _, first = np.unique(keys, return_index=True)
        refuse(int(np.setdiff1d(np.arange(len(keys)), first)[0]), "edges", "stands twice")
    del ranked
    for k in np.flatnonzero(~instance.allowed[i, j])[:1]:
        refuse(int(k), "forbidden", "is forbidden")
    wanted = instance.required.astype(np.int64)
    absent = ~np.isin(wanted[:, 0] * d + wanted[:, 1], keys)
    for a, b in instance.required[absent].tolist()[:1]:
        raise InfeasibleSolution(
            f"{names[a]} → {names[b]} is required and missing",
            constraint="required",
            where=(a, b),
        )
    if instance.max_parents is not None and len(edges):
        degree = np.bincount(j, minlength=d)
        v = int(degree.argmax())
        if degree[v] > instance.max_parents:
            raise InfeasibleSolution(
                f"{names[v]} has {degree[v]} parents, allowed are {instance.max_parents}",
                constraint="max_parents",
                where=v,
                by=float(degree[v] - instance.max_parents),
            )
