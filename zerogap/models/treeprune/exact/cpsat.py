"""The CP-SAT formulation, over scaled integers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from zerogap.models.base import Model
from zerogap.models.treeprune.exact.parts import Parts, reader, scaling
from zerogap.models.treeprune.instance import TreePrune
from zerogap.models.treeprune.solution import Kept


def build(tree: TreePrune) -> Model:
    """CP-SAT model.

    Variables: ``y`` (by node: retained; at a leaf: kept), ``z`` (by (cluster, place): the place-th
    kept leaf of the cluster counts), ``objective`` is not named since it is a plain sum.
    """
    from ortools.sat.python import cp_model

    parts = Parts(tree)
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
        places = [z[key] for key in parts.places[k]]
        if places:
            model.add(sum(places) <= sum(y[i] for i in leaves))
    for leaf in tree.mandatory.tolist():
        model.add(y[leaf] == 1)
    if tree.budget is not None:
        tokens = parts.cost
        unit, _ = scaling(tokens)
        limit = math.floor(tree.budget * unit * (1 + 1e-12))
        weighted = [(round(t * unit), v) for v, t in enumerate(tokens) if t > 0]
        if weighted:
            model.add(sum(c * y[v] for c, v in weighted) <= min(limit, 2**60))

    worth = [-tree.lambda_b * t for t in parts.cost]
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
        reader(parts, y),
        hint,
        scale=1.0 / unit,
        slack=0.0 if exact else 0.5 * len(terms) / unit,
    )
