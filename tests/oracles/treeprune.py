"""Pruning by enumeration of all sets of leaves, from the definition of the objective."""

from __future__ import annotations

import itertools

import numpy as np

from zerogap.models.treeprune import Kept, TreePrune

FAMILY = "treeprune"
METHODS = ("auto", "kernel", "exact")


def draw(rng):
    """A tree or a forest of at most 14 nodes, every feature on with probability 1/4."""
    on = lambda: rng.random() < 0.25  # noqa: E731
    n = int(rng.integers(1, 15))
    forest = on()
    parent = [-1]
    for v in range(1, n):
        chain = rng.random() < 0.2
        parent.append(v - 1 if chain else int(rng.integers(-1 if forest else 0, v)))
    inner = {p for p in parent if p >= 0}
    leaves = [v for v in range(n) if v not in inner]
    while len(leaves) > 9:  # keeps the enumeration short
        v = leaves.pop()
        parent = [p - (p > v) for i, p in enumerate(parent) if i != v]
        n -= 1
        inner = {p for p in parent if p >= 0}
        leaves = [v for v in range(n) if v not in inner]
    fields = {
        "reward": rng.integers(0, 17, n) / 8 if not on() else np.full(n, 0.5),
        "tokens": rng.integers(0, 9, n) / 8 if not on() else np.full(n, 1.0),
        "lambda_b": float(rng.choice([1.0, 0.0, 0.5, 4.0])),
        "forest": forest,
    }
    if on() or on():
        fields["cluster"] = rng.integers(-1, 4, n)
        fields["lambda_d"] = float(rng.choice([0.5, 2.0, 50.0]))
        if on():
            fields["coverage"] = [1.0, 0.5, 0.25][: int(rng.integers(1, 4))]
        if on():
            fields["caps"] = rng.integers(-1, 3, 4)
    if on():
        fields["budget"] = float(rng.integers(0, 4 * n) / 8)
    if on():
        fields["min_leaves"] = int(rng.integers(0, len(leaves) + 1))
    if on():
        fields["max_leaves"] = int(rng.integers(fields.get("min_leaves", 1), len(leaves) + 2))
    if on():
        fields["mandatory"] = [v for v in leaves if rng.random() < 0.3]
    if on():
        fields["every_tree"] = True
    return TreePrune(parent=parent, **fields), {"backend": str(rng.choice(["cp-sat", "highs"]))}


def _leaves(tree):
    inner = set(tree.parent.tolist())
    return [v for v in range(len(tree.parent)) if v not in inner]


def _value(tree, keep):
    """Objective of a set of leaves, None if it is not allowed."""
    parent, cluster = tree.parent.tolist(), tree.cluster.tolist()
    most = len(parent) if tree.max_leaves is None else tree.max_leaves
    if not tree.min_leaves <= len(keep) <= most:
        return None
    if not set(tree.mandatory.tolist()) <= set(keep):
        return None
    there = set()
    for v in keep:
        while v >= 0:
            there.add(v)
            v = parent[v]
    if tree.every_tree and any(p < 0 and v not in there for v, p in enumerate(parent)):
        return None
    used = sum(float(tree.tokens[v]) for v in there)
    if tree.budget is not None and used > tree.budget + 1e-9:
        return None
    ids = {cluster[v] for v in _leaves(tree) if cluster[v] >= 0}
    bonus = 0.0
    for k in ids:
        count = sum(cluster[v] == k for v in keep)
        if tree.caps is not None and 0 <= tree.caps[k] < count:
            return None
        bonus += sum(float(w) for w in tree.coverage[:count]) * tree.lambda_d / len(ids)
    return sum(float(tree.reward[v]) for v in keep) - tree.lambda_b * used + bonus


def _sets(tree):
    leaves = _leaves(tree)
    for count in range(len(leaves) + 1):
        yield from itertools.combinations(leaves, count)


def optimum(instance, options, allowed=None):
    """Greatest objective over all sets of leaves."""
    best = (None, None)
    for keep in _sets(instance):
        value = _value(instance, keep)
        if value is None or (best[0] is not None and value <= best[0]):
            continue
        kept = Kept(list(keep))
        if allowed is None or allowed(kept):
            best = (value, kept)
    return best


def solution(instance, rng, options):
    """A random set of leaves that is allowed."""
    fit = [keep for keep in _sets(instance) if _value(instance, keep) is not None]
    return Kept(list(fit[rng.integers(len(fit))])) if fit else None


def extension(instance, rng, options):
    """Two leaves that may not both stay."""
    leaves = _leaves(instance)
    if len(leaves) < 2:
        return None
    a, b = (int(v) for v in rng.choice(leaves, 2, replace=False))

    def forbid(model):
        y = model.variables["y"]
        if options.get("backend") == "highs":
            import pyomo.environ as pyo

            model.model.user = pyo.Constraint(expr=y[a] + y[b] <= 1)
        else:
            model.model.add(y[a] + y[b] <= 1)

    return forbid, lambda kept: not {a, b} <= set(kept.keep.tolist()), ("auto", "exact")


def variants(instance, rng, options):
    """Nodes relabelled; everything that is worth something doubled."""
    n = len(instance.parent)
    p = rng.permutation(n)
    place = np.argsort(p)
    parent = [-1 if instance.parent[v] < 0 else place[instance.parent[v]] for v in p]
    columns = {key: getattr(instance, key)[p] for key in ("reward", "tokens", "cluster")}
    moved = [place[v] for v in instance.mandatory]
    yield _with(instance, parent=parent, mandatory=moved, **columns), lambda value: value
    scaled = {"reward": 2 * instance.reward, "lambda_b": 2 * instance.lambda_b}
    yield (
        _with(instance, **scaled, lambda_d=2 * instance.lambda_d),
        lambda value: 2 * value,
    )


def _with(tree, **changed):
    names = ("parent", "reward", "tokens", "cluster", "lambda_b", "lambda_d", "budget")
    names += ("min_leaves", "max_leaves", "mandatory", "caps", "coverage", "forest", "every_tree")
    return TreePrune(**{name: getattr(tree, name) for name in names} | changed)
