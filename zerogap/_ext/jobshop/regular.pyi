from typing import Any

import numpy as np

class RegularSearch:
    seconds: float
    objective: int | None
    iterations: int
    cycles: int
    consistent: bool
    def __init__(
        self,
        first: Any,
        choice: Any,
        machine: Any,
        duration: Any,
        release: Any,
        machines: int,
        due: Any,
        weight: Any,
        *,
        kind: str = "tardiness",
        seed: int = 0,
        cycle: int = 0,
        target: int = 0,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> tuple[np.ndarray, np.ndarray]: ...
    def inject(self, machine: Any, order: Any) -> None: ...
