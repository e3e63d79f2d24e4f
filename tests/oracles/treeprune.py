"""Trees of up to 9 leaves: every set of leaves, from the formula of the definition."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter

import numpy as np

from zerogap.models.treeprune import Kept, TreePrune

FAMILY = "treeprune"
METHODS = ("auto", "kernel", "exact")
EXACT = ("kernel", "auto")  # they end by themselves: no limit on iterations
UNIT = 64  # numbers are multiples of 1 / 64, so that sums are exact and budgets never on an edge


def draw(rng):
    """A tree with every side condition on with probability 1/4."""
    nodes = int(rng.integers(1, 16))
    on = lambda: rng.random() < 0.25  # noqa: E731
    forest = on()
    parent = [-1]
    for v in range(1, nodes):
        parent.append(-1 if forest and rng.random() < 0.2 else int(rng.integers(0, v)))
    inner = set(parent)
    leaves = [v for v in range(nodes) if v not in inner][:9]
    if len([v for v in range(nodes) if v not in inner]) > 9:
        return draw(rng)
    number = lambda high: rng.integers(0, high, nodes) / UNIT  # noqa: E731
    fields = {
        "reward": number(200),
        "tokens": number(rng.choice([1, 30, 120])),
        "lambda_b": float(rng.choice([0.0, 0.5, 1.0, 2.0])),
        "forest": forest,
    }
    if rng.random() < 0.6:
        fields["cluster"] = rng.integers(-1, 4, nodes)
        fields["lambda_d"] = float(rng.choice([0.0, 1.0, 1.5]))
        if on():
            weights = np.sort(rng.integers(0, 65, int(rng.integers(1, 4))))[::-1] / UNIT
            fields["coverage"] = weights
        if on():
            fields["caps"] = int(rng.integers(0, 4))
        elif on():
            fields["caps"] = {int(k): int(rng.integers(0, 3)) for k in rng.integers(0, 4, 2)}
    if on():
        fields["budget"] = (
            float(fields["tokens"].sum() * rng.random()) // (1 / UNIT) / UNIT + 1 / 128
        )
    if on():
        fields["min_leaves"] = int(rng.integers(0, len(leaves) + 2))
    if on():
        fields["max_leaves"] = fields.get("min_leaves", 1) + int(rng.integers(0, 3))
    if on():
        fields["mandatory"] = rng.choice(leaves, int(rng.integers(1, min(3, len(leaves)) + 1)))
    if on():
        fields["every_tree"] = True
    options = {"backend": "highs"} if on() else {}
    return TreePrune(parent=parent, **fields), options


def worth(tree, keep):
    """Objective of a set of leaves, None where a condition is broken."""
    parent = tree.parent.tolist()
    retained = set()
    for leaf in keep:
        node = leaf
        while node >= 0:
            retained.add(node)
            node = parent[node]
    tokens = math.fsum(float(tree.tokens[v]) for v in retained)
    if len(keep) < tree.min_leaves:
        return None
    if tree.max_leaves is not None and len(keep) > tree.max_leaves:
        return None
    if tree.budget is not None and tokens > tree.budget:
        return None
    if not set(tree.mandatory.tolist()) <= set(keep):
        return None
    if tree.every_tree and any(parent[r] < 0 and r not in retained for r in range(len(parent))):
        return None
    counts = Counter(int(tree.cluster[i]) for i in keep if tree.cluster[i] >= 0)
    if tree.caps is not None and any(0 <= tree.caps[k] < n for k, n in counts.items()):
        return None
    leaves = [v for v in range(len(parent)) if v not in set(parent)]
    kinds = len({int(tree.cluster[i]) for i in leaves if tree.cluster[i] >= 0})
    covered = math.fsum(float(w) for n in counts.values() for w in tree.coverage.tolist()[:n])
    bonus = tree.lambda_d / kinds * covered if kinds else 0.0
    reward = math.fsum(float(tree.reward[i]) for i in keep)
    return reward - tree.lambda_b * tokens + bonus


def _sets(tree):
    parent = set(tree.parent.tolist())
    leaves = [v for v in range(len(tree.parent)) if v not in parent]
    for mask in range(1 << len(leaves)):
        yield [leaf for i, leaf in enumerate(leaves) if mask >> i & 1]


def optimum(instance, options, allowed=None):
    """The best of all sets of leaves."""
    best, chosen = None, None
    for keep in _sets(instance):
        value = worth(instance, keep)
        if value is None or (best is not None and value <= best):
            continue
        if allowed is None or allowed(Kept(keep)):
            best, chosen = value, keep
    return best, None if chosen is None else Kept(chosen)


def solution(instance, rng, options):
    """Any feasible set of leaves."""
    sets = [keep for keep in _sets(instance) if worth(instance, keep) is not None]
    return Kept(sets[int(rng.integers(len(sets)))]) if sets else None


def extension(instance, rng, options):
    """Two leaves that exclude each other, or one that the other needs."""
    parent = set(instance.parent.tolist())
    leaves = [v for v in range(len(instance.parent)) if v not in parent]
    if len(leaves) < 2:
        return None
    a, b = (int(v) for v in rng.choice(leaves, 2, replace=False))
    apart = rng.random() < 0.5

    def extend(model):
        y = model.variables["y"]
        if options.get("backend") == "highs":
            import pyomo.environ as pyo

            rule = y[a] + y[b] <= 1 if apart else y[a] <= y[b]
            model.model.users = pyo.Constraint(expr=rule)
        else:
            model.model.add(y[a] + y[b] <= 1 if apart else y[a] <= y[b])

    def allowed(kept):
        inside = set(kept.keep.tolist())
        return not (a in inside and b in inside) if apart else a not in inside or b in inside

    return extend, allowed, ("auto", "exact")


def variants(instance, rng, options):
    """Nodes renumbered; everything that counts doubled."""
    n = len(instance.parent)
    new = rng.permutation(n)  # new[v]: v's new number
    old = np.argsort(new)
    parent = np.array([-1 if p < 0 else new[p] for p in instance.parent[old].tolist()])
    moved = {key: getattr(instance, key)[old] for key in ("reward", "tokens", "cluster")}
    mandatory = new[instance.mandatory]
    yield (
        dataclasses.replace(instance, parent=parent, mandatory=mandatory, **moved),
        lambda value: value,
    )
    yield (
        dataclasses.replace(
            instance, reward=2 * instance.reward, lambda_b=2 * instance.lambda_b,
            lambda_d=2 * instance.lambda_d,
        ),
        lambda value: 2 * value,
    )  # fmt: skip
