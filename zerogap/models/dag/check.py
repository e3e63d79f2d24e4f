"""The checker, from the definition alone."""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.dag.instance import Dag
from zerogap.models.dag.solution import Structure


def check(instance: Dag, solution: Structure) -> float:
    """Recompute the score of a structure from its definition.

    Returns
    -------
    float
        Loss plus penalty.

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


def _violations(instance: Dag, solution: Structure, place: np.ndarray) -> None:
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
