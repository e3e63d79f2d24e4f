from typing import Any

import numpy as np

from .problem import Problem

class Tours:
    seconds: float
    def __init__(
        self,
        problem: Problem,
        facts: dict[str, Any],
        seed: int = 0,
        horizon: float = 10.0,
        horizon_iterations: int = -1,
        hot: float = 0.6,
        cold: float = 0.004,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def restart(self, horizon: float, fresh: bool = False) -> None: ...
    def inject(self, first: Any, stops: Any, types: Any) -> bool: ...
    def best(self) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None: ...
    def consistent(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
    @property
    def objective(self) -> int | None: ...
