"""One generator."""

from __future__ import annotations

import numpy as np

from tests.toy.models.instance import Knapsack


def generate(seed: int = 0, *, items: int = 12) -> Knapsack:
    rng = np.random.default_rng(seed)
    weight = rng.integers(1, 30, items)
    return Knapsack(rng.integers(1, 50, items), weight, int(weight.sum()) // 2, name=f"k{seed}")


GENERATORS = {"uniform": generate}
