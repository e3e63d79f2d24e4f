"""The Pyomo formulation, for HiGHS."""

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
    """Pyomo formulation, for HiGHS.

    Parameters and variables are those of `cpsat`, but that ``objective`` is an expression.
    """
    import pyomo.environ as pyo

    index = chosen(instance, vertices)
    model = pyo.ConcreteModel()
    n = len(index)
    model.x = pyo.Var(range(n), domain=pyo.Binary)
    model.absent = pyo.VarList(domain=pyo.Binary)
    model.count = pyo.Var(
        range(len(instance.values)), domain=pyo.Integers, bounds=(min(instance.k, n + 1), n + 1)
    )
    model.apart = pyo.ConstraintList()
    for block in independent_sets(instance.induced(index)):
        model.apart.add(sum(model.x[int(i)] for i in block) <= 1)
    model.counting = pyo.ConstraintList()
    for i in range(len(instance.values)):
        members = np.flatnonzero(instance.attribute[index] == i).tolist()
        model.counting.add(model.count[i] - sum(model.x[j] for j in members) == 0)
    model.balance = pyo.ConstraintList()
    if instance.delta != math.inf:
        for i in range(len(instance.values)):
            for j in range(len(instance.values)):
                if i != j:
                    model.balance.add(model.count[i] - model.count[j] <= instance.delta)
    worth = weights(instance, index)
    if instance.weight is None:
        size = sum(model.count[i] for i in range(len(instance.values)))
    else:
        size = sum(int(worth[i]) * model.x[i] for i in range(n))
    model.demanded = pyo.ConstraintList()
    for i in anchors(instance, index):
        model.demanded.add(model.x[i] == 1)
    model.size = pyo.Objective(expr=size, sense=pyo.maximize)

    def absent(v: int) -> Any:
        variable = model.absent.add()
        variable.fix(0)
        return variable

    x = [model.x[i] for i in range(n)]
    count = [model.count[i] for i in range(len(instance.values))]
    vertex = Vertices(instance, absent)
    vertex.update(zip(instance.ids[index].tolist(), x))
    variables = {"vertex": vertex, "count": dict(zip(instance.values, count)), "objective": size}
    # A binary may be off by 1e-6 to HiGHS: that much of all weights its bound may be wrong.
    slack = 0.0 if instance.weight is None else 1e-6 * float(worth.sum())
    return Model(
        model,
        variables,
        reader(instance, index, x),
        hints(instance, vertex, count, None),
        slack=slack,
    )
