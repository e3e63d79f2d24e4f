"""The data: items with value and weight, and a capacity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import described


@dataclass(frozen=True, slots=True)
class Knapsack:
    value: np.ndarray
    weight: np.ndarray
    capacity: int
    name: str = ""

    __repr__ = described

    def __post_init__(self):
        object.__setattr__(self, "value", frozen(self.value, np.int64, field="value", low=0))
        object.__setattr__(
            self,
            "weight",
            frozen(self.weight, np.int64, field="weight", low=0, shape=self.value.shape),
        )
