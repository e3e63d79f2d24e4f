"""The checker, from the definition alone."""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.treeprune.draft import Draft, Drafted
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.solution import Kept, retained

#: Relative slack of the token budget: what summing in another order may change.
SLACK = 1e-9


def check(instance: Any, solution: Any) -> float:
    """Objective of a solution, of a tree or of a draft tree.

    Raises
    ------
    InfeasibleSolution
        Naming the first violated constraint.
    """
    if isinstance(instance, Draft):
        return _check_draft(instance, solution)
    if not isinstance(solution, Kept):
        raise InfeasibleSolution("is a draft tree, expected kept leaves", constraint="kind")
    if solution.names is not None and solution.names != instance.names:
        raise InfeasibleSolution("speaks in the names of another tree", constraint="names")
    keep = solution.keep.tolist()
    _check_leaves(instance, keep)
    mask = retained(instance, solution.keep)
    used = _cost(instance, keep, mask)
    if instance.budget is not None and used > instance.budget + SLACK * max(1.0, instance.budget):
        raise InfeasibleSolution(
            f"retained nodes cost {used:g} {'pages' if instance.page else 'tokens'}, "
            f"the budget is {instance.budget:g}",
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


def _cost(instance: TreePrune, keep: list[int], mask: np.ndarray) -> float:
    """Tokens of the retained nodes, or their pages, less what is held anyway."""
    free = retained(instance, instance.held)
    paid = mask & ~free
    if not instance.page:
        return math.fsum(instance.tokens[paid].tolist())
    # Down the paths of the retained nodes: how many tokens lie above each.
    parent, tokens = instance.parent.tolist(), instance.tokens.tolist()
    end: dict[int, int] = {}
    pages = 0
    for leaf in np.flatnonzero(mask).tolist():
        path, node = [], leaf
        while node >= 0 and node not in end:
            path.append(node)
            node = parent[node]
        at = end[node] if node >= 0 else 0
        for node in reversed(path):
            begin, at = at, at + int(tokens[node])
            end[node] = at
            if paid[node]:
                # The tokens begin + 1 … at of the path; each multiple of a page ends one.
                pages += at // instance.page - begin // instance.page
    return pages + sum(end[leaf] % instance.page > 0 and bool(paid[leaf]) for leaf in keep)


def _check_draft(instance: Draft, solution: Any) -> float:
    if not isinstance(solution, Drafted):
        raise InfeasibleSolution("keeps leaves, expected a draft tree", constraint="kind")
    nodes = solution.nodes.tolist()
    if len(set(nodes)) != len(nodes) or any(not 0 <= v < len(instance.parent) for v in nodes):
        raise InfeasibleSolution("a node is unknown or stands twice", constraint="nodes")
    if len(nodes) > instance.size:
        raise InfeasibleSolution(
            f"{len(nodes)} nodes, at most {instance.size} are allowed",
            constraint="size",
            by=len(nodes) - instance.size,
        )
    inside, parent = set(nodes), instance.parent.tolist()
    earlier = _earlier(instance, inside)
    total, deepest = [], 0
    for v in nodes:
        chance, depth, u = 1.0, 0, v
        while u >= 0:
            if u not in inside:
                raise InfeasibleSolution(
                    f"node {v} is there, {u} above it is not", constraint="parents", where=v
                )
            chance *= float(instance.probability[u])
            for w in earlier[u]:
                if w not in inside:
                    raise InfeasibleSolution(
                        f"node {u} is there, {w} before it is not", constraint="order", where=u
                    )
                chance *= 1.0 - float(instance.probability[w])
            depth, u = depth + 1, parent[u]
        total.append(chance)
        deepest = max(deepest, depth)
    price = instance.depth_cost * deepest
    if instance.latency is not None:
        price += float(instance.latency[len(nodes)])
    return math.fsum(total) - price


def _earlier(instance: Draft, inside: set[int]) -> dict[int, list[int]]:
    """For every chosen node its siblings of lower rank, chosen or not."""
    found: dict[int, list[int]] = {v: [] for v in inside}
    if instance.order is None:
        return found
    siblings: dict[int, list[int]] = {}
    for v, a in enumerate(instance.parent.tolist()):
        siblings.setdefault(a, []).append(v)
    rank = instance.order.tolist()
    for v in inside:
        group = siblings[int(instance.parent[v])]
        found[v] = [w for w in group if rank[w] < rank[v]]
    return found


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
