"""Pruning by enumeration of all sets of leaves, from the definition of the objective."""

from __future__ import annotations

import itertools

import numpy as np

from zerogap.models.treeprune import Draft, Drafted, Kept, TreePrune

FAMILY = "treeprune"
METHODS = ("auto", "kernel", "exact")


def draw(rng):
    """A tree, a forest or a draft of at most 14 nodes, every feature on with probability 1/4."""
    if rng.random() < 0.15:
        return draw_draft(rng), {"backend": str(rng.choice(["cp-sat", "highs"]))}
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
    if on():  # log-probabilities
        fields["reward"] = fields["reward"] - 1.0
    if on():
        fields["page"] = int(rng.integers(1, 6))
        fields["tokens"] = rng.integers(0, 9, n).astype(float)
        fields["lambda_b"] /= 4
    if on():
        fields["held"] = rng.integers(0, n, int(rng.integers(1, 3)))
    if on():
        fields["names"] = [f"n{i}" for i in range(n)]
    if on():
        fields["budget"] = float(rng.integers(0, 4 * n) / (1 if "page" in fields else 8))
    if on():
        fields["min_leaves"] = int(rng.integers(0, len(leaves) + 1))
    if on():
        fields["max_leaves"] = int(rng.integers(fields.get("min_leaves", 1), len(leaves) + 2))
    if on():
        fields["mandatory"] = [v for v in leaves if rng.random() < 0.3]
    if on():
        fields["every_tree"] = True
    return TreePrune(parent=parent, **fields), {"backend": str(rng.choice(["cp-sat", "highs"]))}


def draw_draft(rng):
    """Candidates of a draft tree, at most 9."""
    n = int(rng.integers(0, 10))
    label = rng.permutation(n)
    parent = np.full(n, -1)
    for v in range(1, n):
        above = int(rng.integers(-1, v))
        parent[label[v]] = -1 if above < 0 else label[above]
    fields = {}
    size = int(rng.integers(0, n + 2))
    if rng.random() < 0.4:
        fields["depth_cost"] = float(rng.choice([0.125, 0.25, 1.0]))
    if rng.random() < 0.4:
        fields["latency"] = np.sort(rng.integers(0, 9, size + 1)) / 8
    if rng.random() < 0.5:
        fields["order"] = rng.permutation(n)
    return Draft(parent=parent, probability=rng.integers(0, 9, n) / 8, size=size, **fields)


def _draft_value(draft, chosen):
    """Expected accepted length of a set of candidates less its prices; None if it is not closed."""
    parent, probability = draft.parent.tolist(), draft.probability.tolist()
    if len(chosen) > draft.size:
        return None

    def accepted(v):
        """(probability that v is accepted, its depth); None if something before it lacks."""
        above = (1.0, 0) if parent[v] < 0 else accepted(parent[v]) if parent[v] in chosen else None
        if above is None:
            return None
        chance = above[0] * probability[v]
        for w in range(len(parent)):
            if draft.order is None or parent[w] != parent[v] or draft.order[w] >= draft.order[v]:
                continue
            if w not in chosen:
                return None
            chance *= 1 - probability[w]
        return chance, above[1] + 1

    values = [accepted(v) for v in chosen]
    if None in values:
        return None
    price = draft.depth_cost * max((d for _, d in values), default=0)
    if draft.latency is not None:
        price += float(draft.latency[len(chosen)])
    return sum(a for a, _ in values) - price


def _pages(tree, keep):
    """Pages (tokens where there are none) of the retained nodes that nobody holds anyway.

    A page is named by the node in which it ends and its place on the path; the last one of a leaf
    by the leaf.
    """
    parent = tree.parent.tolist()

    def path(v):
        found = []
        while v >= 0:
            found.append(v)
            v = parent[v]
        return found[::-1]

    free = {u for v in tree.held.tolist() for u in path(v)}
    if not tree.page:
        return sum(float(tree.tokens[v]) for v in {u for v in keep for u in path(v)} - free)
    pages = set()
    for leaf in keep:
        at = 0
        for v in path(leaf):
            for _ in range(int(tree.tokens[v])):
                at += 1
                if at % tree.page == 0 and v not in free:
                    pages.add((v, at))
        if at % tree.page and leaf not in free:
            pages.add((leaf, "own"))
    return float(len(pages))


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
    used = _pages(tree, keep)
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
    leaves = range(len(tree.parent)) if isinstance(tree, Draft) else _leaves(tree)
    for count in range(len(leaves) + 1):
        yield from itertools.combinations(leaves, count)


def optimum(instance, options, allowed=None):
    """Greatest objective over all sets of leaves."""
    best = (None, None)
    for keep in _sets(instance):
        value = _worth(instance, keep)
        if value is None or (best[0] is not None and value <= best[0]):
            continue
        kept = _as_solution(instance, keep)
        if allowed is None or allowed(kept):
            best = (value, kept)
    return best


def solution(instance, rng, options):
    """A random set of leaves that is allowed."""
    fit = [keep for keep in _sets(instance) if _worth(instance, keep) is not None]
    return _as_solution(instance, fit[rng.integers(len(fit))]) if fit else None


def _worth(instance, chosen):
    known = _draft_value if isinstance(instance, Draft) else _value
    return known(instance, chosen)


def _as_solution(instance, chosen):
    return Drafted(list(chosen)) if isinstance(instance, Draft) else Kept(list(chosen))


def extension(instance, rng, options):
    """Two leaves that may not both stay."""
    draft = isinstance(instance, Draft)
    leaves = range(len(instance.parent)) if draft else _leaves(instance)
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

    def allowed(kept):
        return not {a, b} <= set((kept.nodes if draft else kept.keep).tolist())

    return forbid, allowed, ("auto", "exact")


def variants(instance, rng, options):
    """Nodes relabelled; everything that is worth something doubled."""
    n = len(instance.parent)
    if isinstance(instance, Draft):
        shared = {key: getattr(instance, key) for key in ("size", "depth_cost", "latency", "order")}
        yield (
            Draft(
                parent=instance.parent, probability=instance.probability, names=["x"] * n, **shared
            ),
            lambda value: value,
        )
        return
    p = rng.permutation(n)
    place = np.argsort(p)
    parent = [-1 if instance.parent[v] < 0 else place[instance.parent[v]] for v in p]
    columns = {key: getattr(instance, key)[p] for key in ("reward", "tokens", "cluster")}
    moved = [place[v] for v in instance.mandatory]
    held = [place[v] for v in instance.held]
    names = None if instance.names is None else [instance.names[v] for v in p]
    columns |= {"held": held, "names": names}
    yield _with(instance, parent=parent, mandatory=moved, **columns), lambda value: value
    scaled = {"reward": 2 * instance.reward, "lambda_b": 2 * instance.lambda_b}
    yield (
        _with(instance, **scaled, lambda_d=2 * instance.lambda_d),
        lambda value: 2 * value,
    )


def _with(tree, **changed):
    names = ("parent", "reward", "tokens", "cluster", "lambda_b", "lambda_d", "budget")
    names += ("page", "held", "names")
    names += ("min_leaves", "max_leaves", "mandatory", "caps", "coverage", "forest", "every_tree")
    return TreePrune(**{name: getattr(tree, name) for name in names} | changed)
