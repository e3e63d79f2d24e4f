"""The Pyomo formulation, over the numbers as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zerogap.models.base import Model
from zerogap.models.treeprune.exact.parts import Parts, reader
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.solution import Kept


def build(tree: TreePrune) -> Model:
    """Pyomo model.

    Variables: ``y`` (by node: retained; at a leaf: kept) and ``z`` (by (cluster, place)); of
    these only the leaves' have to be declared integer.
    """
    import pyomo.environ as pyo

    parts = Parts(tree)
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
        places = [z[key] for key in parts.places[k]]
        if places:
            model.cover.add(sum(places) <= sum(y[i] for i in members))
    for leaf in tree.mandatory.tolist():
        y[leaf].setlb(1)
    if tree.budget is not None:
        used = sum(t * y[v] for v, t in enumerate(parts.cost) if t > 0)
        if not isinstance(used, int):
            model.budget = pyo.Constraint(expr=used <= tree.budget)
    worth = [-tree.lambda_b * t for t in parts.cost]
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

    return Model(model, {"y": y, "z": z}, reader(parts, y), hint)
