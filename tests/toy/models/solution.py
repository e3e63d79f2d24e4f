"""What was decided: the chosen items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.toy.models.instance import Knapsack


@dataclass(frozen=True, slots=True)
class Packing:
    items: tuple[int, ...]


def encode(solution: Packing) -> dict[str, Any]:
    return {"items": list(solution.items)}


def decode(instance: Knapsack, data: dict[str, Any]) -> Packing:
    return Packing(tuple(int(i) for i in data["items"]))
