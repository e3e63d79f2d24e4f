from collections.abc import Sequence
from typing import Any

import numpy as np

class WeightedSearch:
    finished: bool
    def __init__(
        self,
        first: np.ndarray,
        neighbour: np.ndarray,
        attribute: np.ndarray,
        weight: np.ndarray,
        attributes: int,
        k: float,
        delta: float,
        counts: Sequence[int] = (),
        base: int = 0,
        prove: bool = True,
        exactly: int | None = None,
        limit: int = 1000,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> Any: ...
    def inject(self, vertices: Any, weight: int) -> None: ...
    def cliques(self) -> list[np.ndarray]: ...
    @property
    def objective(self) -> int | None: ...
    @property
    def bound(self) -> int: ...
    @property
    def exhausted(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
    @property
    def nodes(self) -> int: ...
    @property
    def seconds(self) -> float: ...
