"""The checker, from the definition alone."""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.fairclique.instance import FairClique
from zerogap.models.fairclique.solution import Clique


def check(instance: FairClique, solution: Clique) -> int:
    """Size of the clique, or its weight, recomputed from the definition.

    Raises
    ------
    InfeasibleSolution
        If a vertex is unknown or repeated, two are not adjacent, the counts are not fair, an
        anchor is missing, an alternative is worth something else, or disjoint cliques meet.
    """
    if solution.names is not None and solution.names != instance.names:
        raise InfeasibleSolution("speaks in the names of another graph", constraint="names")
    size = _check_one(instance, solution.vertices)
    missing = sorted(set(instance.anchor) - set(solution.vertices.tolist()))
    if missing:
        raise InfeasibleSolution(
            f"vertex {missing[0]} must be in the clique", constraint="anchor", where=missing[0]
        )
    seen = {solution.vertices.tobytes()}
    for other in solution.alternatives:
        worth = _check_one(instance, other)
        if worth != size or not set(instance.anchor) <= set(other.tolist()):
            raise InfeasibleSolution(
                f"an alternative is worth {worth} (or lacks an anchor), expected {size}",
                constraint="alternatives",
                by=abs(worth - size),
            )
        if other.tobytes() in seen:
            raise InfeasibleSolution("an alternative is listed twice", constraint="alternatives")
        seen.add(other.tobytes())
    taken, last = set(solution.vertices.tolist()), size
    for other in solution.disjoint:
        worth = _check_one(instance, other)
        if worth > last or taken & set(other.tolist()):
            raise InfeasibleSolution(
                f"a disjoint clique is worth {worth} after {last}, or shares a vertex",
                constraint="disjoint",
            )
        taken |= set(other.tolist())
        last = worth
    return size


def _check_one(instance: FairClique, vertices: np.ndarray) -> int:
    repeated = vertices[1:][vertices[1:] == vertices[:-1]]
    if len(repeated):
        raise InfeasibleSolution(
            f"vertex {repeated[0]} is listed twice", constraint="distinct", where=int(repeated[0])
        )
    try:
        index = instance.index(vertices)
    except KeyError as error:
        raise InfeasibleSolution(
            f"vertex {error.args[0]} is not in the graph", constraint="known", where=error.args[0]
        ) from None
    for i, v in enumerate(index):
        missing = index[i + 1 :][~np.isin(index[i + 1 :], instance.row(int(v)))]
        if len(missing):
            pair = int(vertices[i]), int(instance.ids[missing[0]])
            raise InfeasibleSolution(
                f"vertices {pair[0]} and {pair[1]} are not adjacent",
                constraint="adjacency",
                where=pair,
            )
    counts = np.bincount(instance.attribute[index], minlength=len(instance.values))
    least = int(counts.argmin())
    if counts[least] < instance.k:
        raise InfeasibleSolution(
            f"{counts[least]} vertices have attribute {instance.values[least]}, "
            f"expected at least {instance.k}",
            constraint="least count",
            where=instance.values[least],
            by=int(instance.k - counts[least]),
        )
    if counts.max() - counts.min() > instance.delta:
        raise InfeasibleSolution(
            f"the counts {counts.tolist()} differ by {counts.max() - counts.min()}, "
            f"allowed are {instance.delta}",
            constraint="balance",
            by=int(counts.max() - counts.min() - instance.delta),
        )
    return len(vertices) if instance.weight is None else int(instance.weight[index].sum())
