"""Exact formulations: CP-SAT over scaled integers, Pyomo over the numbers as they are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.treeprune.check import Kept, retained
from zerogap.models.treeprune.instance import TreePrune

#: Integer objectives stay below this, so that CP-SAT's sums are exact.
_LARGEST = 2.0**50


class _Parts:
    """What both formulations are made of."""

    def __init__(self, tree: TreePrune):
        self.tree = tree
        self.leaves: list[int] = tree.leaves.tolist()
        self.edges = [(v, a) for v, a in enumerate(tree.parent.tolist()) if a >= 0]
        self.members: dict[int, list[int]] = defaultdict(list)
        for leaf in self.leaves:
            if (k := int(tree.cluster[leaf])) >= 0:
                self.members[k].append(leaf)
        weights = (tree.bonus * tree.coverage).tolist()
        #: Worth of the j-th kept leaf of a cluster, for every one that can exist and is worth it.
        self.covers = {
            (k, j): w
            for k, leaves in sorted(self.members.items())
            for j, w in enumerate(weights[: len(leaves)])
            if w > 0
        }

    def groups(self) -> Iterator[tuple[list[int], int, int | None]]:
        """Sets of leaves with the least and the largest number that may be kept."""
        tree = self.tree
        yield self.leaves, tree.min_leaves, tree.max_leaves
        if tree.every_tree:
            trees: dict[int, list[int]] = defaultdict(list)
            parent = tree.parent.tolist()
            root = [-1] * len(parent)
            for leaf in self.leaves:
                path = []
                node = leaf
                while parent[node] >= 0 and root[node] < 0:
                    path.append(node)
                    node = parent[node]
                top = root[node] if root[node] >= 0 else node
                for v in path:
                    root[v] = top
                trees[top].append(leaf)
            for leaves in trees.values():
                yield leaves, 1, None
        if tree.caps is not None:
            for k, leaves in sorted(self.members.items()):
                if tree.caps[k] >= 0:
                    yield leaves, 0, int(tree.caps[k])

    def values(self, solution: Kept) -> tuple[np.ndarray, dict[tuple[int, int], int]]:
        """Complete assignment of a solution: y by node, z by (cluster, place)."""
        counts: dict[int, int] = defaultdict(int)
        for k in self.tree.cluster[solution.keep].tolist():
            counts[k] += 1
        z = {(k, j): int(j < counts[k]) for k, j in self.covers}
        return retained(self.tree, solution.keep).astype(int), z


def scaling(values: list[float]) -> tuple[float, bool]:
    """A power of two that turns the values into integers, and whether exactly.

    The sum of their magnitudes, scaled, stays below 2^50.
    """
    total = math.fsum(map(abs, values))
    most = math.floor(math.log2(_LARGEST / total)) if total > 0 else 0
    need = max((_exponent(v) for v in values if v), default=0)
    return 2.0 ** min(most, max(need, 0)), need <= most


def _exponent(value: float) -> int:
    """Least e such that value · 2^e is an integer."""
    mantissa, denominator = value.as_integer_ratio()
    del mantissa
    return denominator.bit_length() - 1


def cpsat(tree: TreePrune) -> Model:
    """CP-SAT model.

    Variables: ``y`` (by node: retained; at a leaf: kept), ``z`` (by (cluster, place): the place-th
    kept leaf of the cluster counts), ``objective`` is not named since it is a plain sum.
    """
    from ortools.sat.python import cp_model

    parts = _Parts(tree)
    model = cp_model.CpModel()
    y = [model.new_bool_var(f"y{v}") for v in range(tree.nodes)]
    z = {key: model.new_bool_var(f"z{key[0]}_{key[1]}") for key in parts.covers}
    for v, a in parts.edges:
        model.add_implication(y[v], y[a])
    for leaves, low, high in parts.groups():
        if low > 0 or high is not None:
            most = len(leaves) if high is None else high
            model.add_linear_constraint(sum(y[i] for i in leaves), low, max(low, most))
            if low > most:
                model.add_bool_or([])
    for k, leaves in parts.members.items():
        places = [z[key] for key in parts.covers if key[0] == k]
        if places:
            model.add(sum(places) <= sum(y[i] for i in leaves))
    for leaf in tree.mandatory.tolist():
        model.add(y[leaf] == 1)
    if tree.budget is not None:
        tokens = tree.tokens.tolist()
        unit, _ = scaling(tokens)
        limit = math.floor(tree.budget * unit * (1 + 1e-12))
        weighted = [(round(t * unit), v) for v, t in enumerate(tokens) if t > 0]
        if weighted:
            model.add(sum(c * y[v] for c, v in weighted) <= min(limit, 2**60))

    worth = [-tree.lambda_b * t for t in tree.tokens.tolist()]
    for leaf in parts.leaves:
        worth[leaf] += float(tree.reward[leaf])
    terms = [(w, y[v]) for v, w in enumerate(worth)]
    terms += [(w, z[key]) for key, w in parts.covers.items()]
    unit, exact = scaling([w for w, _ in terms])
    model.maximize(sum(round(w * unit) * variable for w, variable in terms))

    def hint(solution: Kept) -> Iterator[tuple[Any, int]]:
        nodes, places = parts.values(solution)
        yield from zip(y, nodes.tolist())
        for key, variable in z.items():
            yield variable, places[key]

    return Model(
        model,
        {"y": y, "z": z},
        _reader(parts, y),
        hint,
        scale=1.0 / unit,
        slack=0.0 if exact else 0.5 * len(terms) / unit,
    )


def pyomo(tree: TreePrune) -> Model:
    """Pyomo model.

    Variables: ``y`` (by node: retained; at a leaf: kept) and ``z`` (by (cluster, place)); of
    these only the leaves' have to be declared integer.
    """
    import pyomo.environ as pyo

    parts = _Parts(tree)
    model = pyo.ConcreteModel()
    leaves = set(parts.leaves)
    model.y = pyo.Var(
        range(tree.nodes),
        bounds=(0, 1),
        domain=lambda m, v: pyo.Binary if v in leaves else pyo.UnitInterval,
    )
    model.z = pyo.Var(list(parts.covers), bounds=(0, 1), domain=pyo.UnitInterval)
    y, z = model.y, model.z
    model.closed = pyo.ConstraintList()
    for v, a in parts.edges:
        model.closed.add(y[v] <= y[a])
    model.count = pyo.ConstraintList()
    for group, low, high in parts.groups():
        if high is not None and low > min(high, len(group)):
            model.count.add(sum(y[i] for i in group) >= len(group) + 1)
        elif low > 0 or high is not None:
            model.count.add(pyo.inequality(low, sum(y[i] for i in group), high))
    model.cover = pyo.ConstraintList()
    for k, members in parts.members.items():
        places = [z[key] for key in parts.covers if key[0] == k]
        if places:
            model.cover.add(sum(places) <= sum(y[i] for i in members))
    for leaf in tree.mandatory.tolist():
        y[leaf].setlb(1)
    if tree.budget is not None:
        used = sum(t * y[v] for v, t in enumerate(tree.tokens.tolist()) if t > 0)
        if not isinstance(used, int):
            model.budget = pyo.Constraint(expr=used <= tree.budget)
    worth = [-tree.lambda_b * t for t in tree.tokens.tolist()]
    for leaf in parts.leaves:
        worth[leaf] += float(tree.reward[leaf])
    model.objective = pyo.Objective(
        expr=sum(w * y[v] for v, w in enumerate(worth))
        + sum(w * z[key] for key, w in parts.covers.items()),
        sense=pyo.maximize,
    )

    def hint(solution: Kept) -> Iterator[tuple[Any, int]]:
        nodes, places = parts.values(solution)
        for v, value in enumerate(nodes.tolist()):
            yield y[v], value
        for key, value in places.items():
            yield z[key], value

    return Model(model, {"y": y, "z": z}, _reader(parts, y), hint)


def _reader(parts: _Parts, y: Any) -> Callable[[Callable[[Any], float]], Kept]:
    def read(value: Callable[[Any], float]) -> Kept:
        return Kept(np.array([i for i in parts.leaves if value(y[i]) > 0.5], dtype=np.int32))

    return read
