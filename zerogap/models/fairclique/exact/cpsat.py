"""The CP-SAT formulation."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.fairclique.exact.parts import (
    Vertices,
    anchors,
    chosen,
    hints,
    independent_sets,
    reader,
    weights,
)
from zerogap.models.fairclique.instance import FairClique


def build(instance: FairClique, vertices: Any = None) -> Model:
    """CP-SAT formulation.

    Parameters
    ----------
    instance : FairClique
    vertices : array_like of int, optional
        Indices of the vertices to keep; all if left out.

    Returns
    -------
    Model
        With variables ``vertex`` (by original id or name), ``count`` (by attribute value) and
        ``objective``.
    """
    from ortools.sat.python import cp_model

    index = chosen(instance, vertices)
    model = cp_model.CpModel()
    x = [model.new_bool_var(f"x{v}") for v in instance.ids[index]]
    for block in independent_sets(instance.induced(index)):
        model.add_at_most_one(x[i] for i in block)
    n = len(index)
    count = [
        model.new_int_var(min(instance.k, n + 1), n + 1, f"count {v}") for v in instance.values
    ]
    for i, c in enumerate(count):
        model.add(c == sum(x[j] for j in np.flatnonzero(instance.attribute[index] == i)))
    if instance.delta != math.inf:
        for i, a in enumerate(count):
            for j, b in enumerate(count):
                if i != j:
                    model.add(a - b <= int(min(instance.delta, n)))
    worth = weights(instance, index)
    total = model.new_int_var(0, int(worth.sum()), "worth")
    model.add(total == sum(int(w) * v for w, v in zip(worth, x)))
    model.maximize(total)
    for i in anchors(instance, index):
        model.add(x[i] == 1)
    vertex = Vertices(instance, lambda v: model.new_constant(0))
    vertex.update(zip(instance.ids[index].tolist(), x))
    variables = {"vertex": vertex, "count": dict(zip(instance.values, count)), "objective": total}
    return Model(
        model, variables, reader(instance, index, x), hints(instance, vertex, count, total)
    )
