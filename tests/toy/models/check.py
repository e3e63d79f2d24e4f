"""The checker."""

from __future__ import annotations

from tests.toy.models.instance import Knapsack
from tests.toy.models.solution import Packing
from zerogap.models.base import InfeasibleSolution


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
