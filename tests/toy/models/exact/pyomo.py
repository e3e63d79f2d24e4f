"""The Pyomo formulation."""

from __future__ import annotations

from tests.toy.models.instance import Knapsack
from tests.toy.models.solution import Packing
from zerogap.models.base import Model


def build(k: Knapsack) -> Model:
    import pyomo.environ as pyo

    model = pyo.ConcreteModel()
    model.take = pyo.Var(range(len(k.value)), domain=pyo.Binary)
    model.capacity = pyo.Constraint(
        expr=pyo.quicksum(int(w) * model.take[i] for i, w in enumerate(k.weight)) <= k.capacity
    )
    model.total = pyo.Objective(
        expr=pyo.quicksum(int(v) * model.take[i] for i, v in enumerate(k.value)),
        sense=pyo.maximize,
    )
    return Model(
        model,
        {"take": model.take},
        read=lambda value: Packing(
            tuple(i for i in range(len(k.value)) if value(model.take[i]) > 0.5)
        ),
        hint=lambda s: [(model.take[i], int(i in s.items)) for i in range(len(k.value))],
    )
