"""The judge: what is computed, in how many multiplications and additions.

Shares no code with any solver.
"""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.matmul.instance import MatMul
from zerogap.models.matmul.solution import ReducedScheme, Scheme, check_scheme


def check(instance: MatMul, solution: Scheme | ReducedScheme) -> int:
    """Rank or additions of a solution, recomputed from the definition.

    Raises
    ------
    InfeasibleSolution
        Naming the first violated Brent equation, or the constraint of the instance.
    """
    if isinstance(solution, ReducedScheme):
        try:
            scheme = solution.scheme(modulus=2 if instance.ring == "Z2" else 0)
        except OverflowError as error:
            raise InfeasibleSolution(str(error), constraint="ring") from None
    else:
        scheme = solution
    check_scheme(instance.n, instance.ring, scheme)
    if instance.objective == "rank":
        return scheme.rank
    if instance.rank and scheme.rank > instance.rank:
        raise InfeasibleSolution(
            f"{scheme.rank} multiplications, at most {instance.rank} are allowed",
            constraint="rank",
            by=scheme.rank - instance.rank,
        )
    if instance.fixed:
        _check_same(instance, scheme)
    return solution.additions


def _check_same(instance: MatMul, scheme: Scheme) -> None:
    """Every product has to be the given one: equal as a rank-one tensor."""
    given = instance.scheme
    if scheme.rank != given.rank:
        raise InfeasibleSolution(
            f"{scheme.rank} multiplications, the given scheme has {given.rank}", constraint="fixed"
        )
    sign = np.ones(given.rank, np.int64)
    for ours, theirs in ((scheme.u, given.u), (scheme.v, given.v), (scheme.w, given.w)):
        equal, opposite = (ours == theirs).all(axis=1), (ours == -theirs).all(axis=1)
        sign *= np.where(equal, 1, np.where(opposite, -1, 0))
    if (sign != 1).any():
        r = int(np.flatnonzero(sign != 1)[0])
        raise InfeasibleSolution(
            f"multiplication {r} is not that of the given scheme", constraint="fixed", where=r
        )
