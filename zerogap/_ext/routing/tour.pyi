from typing import Any

import numpy as np

from .routing_problem import Problem

class Tour:
    seconds: float
    def __init__(
        self,
        problem: Problem,
        seed: int = 0,
        horizon: float = 60,
        limit: int = -1,
        hot: float = 1.5,
        cold: float = 0.02,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def inject(self, first: Any, stops: Any, types: Any) -> None: ...
    def best(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
    @property
    def iterations(self) -> int: ...
    @property
    def objective(self) -> int: ...
