from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

class TreeSearch:
    seconds: float
    def __init__(
        self,
        parent: Ints,
        reward: Floats,
        tokens: Floats,
        cluster: Ints | None = None,
        lambda_b: float = 1.0,
        lambda_d: float = 0.0,
        *,
        budget: float | None = None,
        low: int = 1,
        high: int | None = None,
        mandatory: Ints | None = None,
        caps: Ints | None = None,
        coverage: Floats | None = None,
        forest: bool = False,
        every_tree: bool = False,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> Ints | None: ...
    def inject(self, keep: Ints) -> None: ...
    @property
    def objective(self) -> float | None: ...
    @property
    def bound(self) -> float: ...
    @property
    def finished(self) -> bool: ...
    @property
    def remaining(self) -> int: ...
    @property
    def iterations(self) -> int: ...
    @property
    def passes(self) -> int: ...

def prune(
    parent: Ints,
    reward: Floats,
    tokens: Floats,
    cluster: Ints | None = None,
    lambda_b: float = 1.0,
    lambda_d: float = 0.0,
    *,
    budget: float | None = None,
    low: int = 1,
    high: int | None = None,
    mandatory: Ints | None = None,
    caps: Ints | None = None,
    coverage: Floats | None = None,
    forest: bool = False,
    every_tree: bool = False,
    seconds: float = ...,
) -> Mask: ...
def prune_batch(
    first: npt.NDArray[np.int64],
    parent: Ints,
    reward: Floats,
    tokens: Floats,
    cluster: Ints | None = None,
    lambda_b: npt.ArrayLike = 1.0,
    lambda_d: npt.ArrayLike = 0.0,
    *,
    budget: npt.ArrayLike | None = None,
    low: int = 1,
    high: int | None = None,
    forest: bool = False,
    every_tree: bool = False,
    threads: int = 1,
) -> Mask: ...

class Pruner:
    seconds: float
    steps: int
    def __init__(
        self,
        lambda_b: float = 1.0,
        lambda_d: float = 0.0,
        *,
        cost: Literal["raw", "unit", "share"] = "raw",
        rewards: Literal["raw", "share"] = "raw",
        budget: float | None = None,
        low: int = 1,
        high: int | None = None,
        forest: bool = False,
        every_tree: bool = False,
    ) -> None: ...
    def add(
        self,
        parent: npt.ArrayLike,
        tokens: npt.ArrayLike,
        reward: npt.ArrayLike,
        cluster: npt.ArrayLike | None = None,
    ) -> Ints: ...
    def score(self, slots: npt.ArrayLike, reward: npt.ArrayLike) -> None: ...
    def finish(self, slots: Any) -> None: ...
    def prune(self, seconds: float = ...) -> Mask: ...
    def mask(self) -> Mask: ...
    def leaves(self) -> Ints: ...
    @property
    def nodes(self) -> int: ...
    @property
    def tokens(self) -> float: ...
    @property
    def objective(self) -> float: ...
    @property
    def bound(self) -> float: ...
    @property
    def bytes(self) -> int: ...
