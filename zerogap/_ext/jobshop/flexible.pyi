from typing import Any

import numpy as np

class FlexibleSearch:
    seconds: float
    objective: int | None
    iterations: int
    searches: int
    def __init__(
        self,
        first: Any,
        choice: Any,
        machine: Any,
        duration: Any,
        release: Any,
        machines: int,
        *,
        seed: int = 0,
        members: int = 12,
        patience: int = 4000,
        target: int = 0,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> tuple[np.ndarray, np.ndarray] | None: ...
    def inject(self, machine: Any, order: Any) -> None: ...
