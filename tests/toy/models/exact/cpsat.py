"""The CP-SAT formulation."""

from __future__ import annotations

from tests.toy.models.instance import Knapsack
from tests.toy.models.solution import Packing
from zerogap.models.base import Model


def build(k: Knapsack) -> Model:
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    take = [model.new_bool_var(f"take{i}") for i in range(len(k.value))]
    model.add(sum(int(w) * x for w, x in zip(k.weight, take)) <= k.capacity)
    objective = sum(int(v) * x for v, x in zip(k.value, take))
    model.maximize(objective)
    return Model(
        model,
        {"take": take, "objective": objective},
        read=lambda value: Packing(tuple(i for i, x in enumerate(take) if value(x))),
        hint=lambda s: [(x, int(i in s.items)) for i, x in enumerate(take)],
    )
