"""Text and JSON."""

from __future__ import annotations

from tests.toy.models.instance import Knapsack
from zerogap.models.base import Format, InstanceError, json_format


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


FORMATS = (
    Format("text", (".knap",), lambda head, name: head.startswith("knapsack"), read, write),
    json_format(
        "toy",
        lambda k: {"value": k.value, "weight": k.weight, "capacity": k.capacity},
        lambda d, *, file: Knapsack(d["value"], d["weight"], d["capacity"], file),
    ),
)
