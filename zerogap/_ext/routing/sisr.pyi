from typing import Any

import numpy as np

from .routing_problem import Problem

class Sisr:
    seconds: float
    def __init__(
        self,
        problem: Problem,
        seed: int = 0,
        horizon: float = 10.0,
        horizon_iterations: int = -1,
        *,
        removals: float = 10,
        string: int = 10,
        split: float = 0.5,
        blink: float = 0.01,
        near: int = 80,
        eager: float = 0.05,
        bias: float = 0.4,
        wishes: int = 60,
        venture: float = 0.25,
        cross: int = 20,
        hot: float = 1.0,
        cold: float = 0.01,
        record: bool = False,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def inject(self, first: Any, stops: Any, types: Any) -> None: ...
    def best(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None: ...
    def pool(self, start: int = 0) -> list[tuple[int, int, list[int]]]: ...
    def consistent(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
    @property
    def objective(self) -> int | None: ...
