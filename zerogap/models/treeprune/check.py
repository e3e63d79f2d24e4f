"""The checker, from the definition alone."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.solution import Kept, retained

#: Relative slack of the token budget: what summing in another order may change.
SLACK = 1e-9


def check(instance: TreePrune, solution: Kept) -> float:
    """Objective of a solution.

    Raises
    ------
    InfeasibleSolution
        Naming the first violated constraint.
    """
    keep = solution.keep.tolist()
    _check_leaves(instance, keep)
    mask = retained(instance, solution.keep)
    used = math.fsum(instance.tokens[mask].tolist())
    if instance.budget is not None and used > instance.budget + SLACK * max(1.0, instance.budget):
        raise InfeasibleSolution(
            f"retained nodes cost {used:g} tokens, the budget is {instance.budget:g}",
            constraint="budget",
            by=used - instance.budget,
        )
    counts = Counter(k for k in instance.cluster[solution.keep].tolist() if k >= 0)
    if instance.caps is not None:
        for k, count in counts.items():
            if 0 <= instance.caps[k] < count:
                raise InfeasibleSolution(
                    f"cluster {k} keeps {count} leaves, at most {instance.caps[k]} are allowed",
                    constraint="cap",
                    where=k,
                    by=count - int(instance.caps[k]),
                )
    weights = instance.coverage.tolist()
    covered = math.fsum(w for count in counts.values() for w in weights[:count])
    reward = math.fsum(instance.reward[solution.keep].tolist())
    return reward - instance.lambda_b * used + instance.bonus * covered


def _check_leaves(instance: TreePrune, keep: list[int]) -> None:
    leaves = set(instance.leaves.tolist())
    for a, b in zip(keep, keep[1:]):
        if a == b:
            raise InfeasibleSolution(f"leaf {a} is kept twice", constraint="leaves", where=a)
    for leaf in keep:
        if leaf not in leaves:
            raise InfeasibleSolution(f"node {leaf} is no leaf", constraint="leaves", where=leaf)
    high = instance.max_leaves
    if len(keep) < instance.min_leaves or (high is not None and len(keep) > high):
        wanted = f"at least {instance.min_leaves}" + ("" if high is None else f", at most {high}")
        raise InfeasibleSolution(
            f"{len(keep)} leaves are kept, expected {wanted}",
            constraint="count",
            by=max(instance.min_leaves - len(keep), len(keep) - (high or 0)),
        )
    for leaf in sorted(set(instance.mandatory.tolist()) - set(keep)):
        raise InfeasibleSolution(
            f"mandatory leaf {leaf} is not kept", constraint="mandatory", where=leaf
        )
    if instance.every_tree:
        mask = retained(instance, np.array(keep, dtype=np.int32))
        for root in instance.roots.tolist():
            if not mask[root]:
                raise InfeasibleSolution(
                    f"the tree of root {root} keeps no leaf", constraint="every tree", where=root
                )
