from typing import Any

import numpy as np

def starts(
    first: Any, machine: Any, duration: Any, release: Any, machines: int, sequence: Any
) -> np.ndarray: ...

class TabuSearch:
    seconds: float
    objective: int
    iterations: int
    searches: int
    def __init__(
        self,
        first: Any,
        machine: Any,
        duration: Any,
        release: Any,
        machines: int,
        sequence: Any,
        *,
        seed: int = 0,
        members: int = 30,
        patience: int = 12500,
        target: int = 0,
        nearest: float = 0.3,
        farthest: float = 0.7,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> np.ndarray: ...
    def inject(self, sequence: Any) -> None: ...

class Selection:
    sequence: np.ndarray
    makespan: int
    consistent: bool
    def __init__(
        self,
        first: Any,
        machine: Any,
        duration: Any,
        release: Any,
        machines: int,
        sequence: Any,
    ) -> None: ...
    def allowed(self, u: int, v: int, forward: bool) -> bool: ...
    def value(self, u: int, v: int, forward: bool) -> int: ...
    def move(self, u: int, v: int, forward: bool) -> None: ...
    def walk(self, moves: int) -> int: ...
    def through(self, x: int) -> int: ...
