"""Knapsack: choose items of greatest value within a weight."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from zerogap.models.base import (
    Family,
    Format,
    InfeasibleSolution,
    InstanceError,
    Model,
    Option,
    frozen,
    json_format,
)


@dataclass(frozen=True, slots=True)
class Knapsack:
    value: np.ndarray
    weight: np.ndarray
    capacity: int
    name: str = ""

    def __post_init__(self):
        object.__setattr__(self, "value", frozen(self.value, np.int64, field="value", low=0))
        object.__setattr__(
            self,
            "weight",
            frozen(self.weight, np.int64, field="weight", low=0, shape=self.value.shape),
        )


@dataclass(frozen=True, slots=True)
class Packing:
    items: tuple[int, ...]


def check(instance: Knapsack, solution: Packing) -> int:
    items = list(solution.items)
    if len(set(items)) != len(items) or any(not 0 <= i < len(instance.value) for i in items):
        raise InfeasibleSolution("items are not distinct members", constraint="items")
    weight = sum(int(instance.weight[i]) for i in items)
    if weight > instance.capacity:
        raise InfeasibleSolution(
            f"weight {weight} exceeds {instance.capacity}",
            constraint="capacity",
            by=weight - instance.capacity,
        )
    return sum(int(instance.value[i]) for i in items)


def read(text: str, *, file: str, capacity: int | None = None) -> Knapsack:
    """A first line ``knapsack CAPACITY``, then ``value weight`` a line."""
    lines = text.splitlines()
    try:
        limit = int(lines[0].split()[1])
    except (IndexError, ValueError):
        raise InstanceError("expected 'knapsack CAPACITY'", file=file, line=1) from None
    values, weights = [], []
    for number, line in enumerate(lines[1:], start=2):
        try:
            value, weight = map(int, line.split())
        except ValueError:
            raise InstanceError("expected 'value weight'", file=file, line=number) from None
        values.append(value)
        weights.append(weight)
    return Knapsack(values, weights, limit if capacity is None else capacity, name=file)


def write(k: Knapsack) -> str:
    rows = (f"{v} {w}" for v, w in zip(k.value, k.weight))
    return "\n".join([f"knapsack {k.capacity}", *rows]) + "\n"


def generate(seed: int = 0, *, items: int = 12) -> Knapsack:
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 30, items)
    return Knapsack(rng.integers(1, 50, items), weight, int(weight.sum()) // 2, name=f"k{seed}")


def brute_force(k: Knapsack) -> int:
    best = 0
    for size in range(len(k.value) + 1):
        for items in itertools.combinations(range(len(k.value)), size):
            if k.weight[list(items)].sum() <= k.capacity:
                best = max(best, int(k.value[list(items)].sum()))
    return best


def build_cpsat(k: Knapsack) -> Model:
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


def build_pyomo(k: Knapsack) -> Model:
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


FAMILY = Family(
    name="toy",
    title="Knapsack",
    sense="max",
    integral=True,
    unit="value",
    instances=(Knapsack,),
    solution=Packing,
    formats=(
        Format("text", (".knap",), lambda head, name: head.startswith("knapsack"), read, write),
        json_format(
            "toy",
            lambda k: {"value": k.value, "weight": k.weight, "capacity": k.capacity},
            lambda d, *, file: Knapsack(d["value"], d["weight"], d["capacity"], file),
        ),
    ),
    check=check,
    encode=lambda s: {"items": list(s.items)},
    decode=lambda k, d: Packing(tuple(int(i) for i in d["items"])),
    info=lambda k: {"items": len(k.value), "capacity": k.capacity},
    generators={"uniform": generate},
    options=(Option("capacity", int, None, "Weight limit instead of the file's."),),
)
