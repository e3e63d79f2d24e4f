import math
from typing import Any

import numpy as np

class Scheduling:
    seconds: float
    widest: int
    passes: int
    finished: bool
    def __init__(
        self,
        graph: dict[str, Any],
        width: int = 64,
        widest: int = 100000,
        seed: int = 0,
        limit: int | None = None,
    ) -> None: ...
    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool: ...
    def best(self) -> tuple[np.ndarray, list[list[int]]] | None: ...
    def lower(self, limit: int) -> None: ...
    @property
    def objective(self) -> int | None: ...
    @property
    def bound(self) -> int: ...
    @property
    def exhausted(self) -> bool: ...
    @property
    def width(self) -> int: ...
    @property
    def iterations(self) -> int: ...
