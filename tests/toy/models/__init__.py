"""Knapsack: choose items of greatest value within a weight."""

from __future__ import annotations

import itertools

from tests.toy.models.check import check
from tests.toy.models.exact.cpsat import build as build_cpsat
from tests.toy.models.exact.pyomo import build as build_pyomo
from tests.toy.models.formats import FORMATS, read, write
from tests.toy.models.generate import GENERATORS, generate
from tests.toy.models.instance import Knapsack
from tests.toy.models.solution import Packing, decode, encode
from zerogap.models.base import Family, Option

FAMILY = Family(
    name="toy",
    title="Knapsack",
    sense="max",
    integral=True,
    unit="value",
    instances=(Knapsack,),
    solution=Packing,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=lambda k: {"items": len(k.value), "capacity": k.capacity},
    generators=GENERATORS,
    options=(Option("capacity", int, None, "Weight limit instead of the file's."),),
)


def brute_force(k: Knapsack) -> int:
    best = 0
    for size in range(len(k.value) + 1):
        for items in itertools.combinations(range(len(k.value)), size):
            if k.weight[list(items)].sum() <= k.capacity:
                best = max(best, int(k.value[list(items)].sum()))
    return best


__all__ = [
    "FAMILY",
    "Knapsack",
    "Packing",
    "brute_force",
    "build_cpsat",
    "build_pyomo",
    "check",
    "generate",
    "read",
    "write",
]
