from typing import Any

import numpy as np

from .problem import Problem

class Large:
    seconds: float
    horizon: float
    heat: float
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
        near: int = 40,
        window: int = 1500,
        stay: float = 0.25,
        hot: float = 0.03,
        cold: float = 0.01,
    ) -> None: ...
    def construct(self) -> bool: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def inject(self, first: Any, stops: Any, types: Any) -> None: ...
    def best(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None: ...
    def keep(self) -> None: ...
    def neighbours(self) -> np.ndarray: ...
    def consistent(self) -> bool: ...
    @property
    def ahead(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
    @property
    def objective(self) -> int | None: ...
