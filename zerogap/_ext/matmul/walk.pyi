from collections.abc import Sequence
from typing import Any

import numpy as np

class FlipWalk:
    entries: tuple[int, int, int]
    capacity: int
    ternary: bool
    seconds: float
    objective: int
    rank: int
    pairs: int
    fingerprint: int
    iterations: int
    counts: dict[str, int]
    goal: int
    band: int
    plus: tuple[int, int]
    state: int
    def __init__(
        self,
        entries: Sequence[int],
        capacity: int,
        ternary: bool,
        seed: int = 0,
        plus: tuple[int, int] = ...,
        band: int = 3,
    ) -> None: ...
    def load(self, u: Any, v: Any, w: Any, fresh: bool = True) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
    def current(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
    def inject(self, u: Any, v: Any, w: Any) -> None: ...
    def restart(self) -> None: ...
    def expand(self) -> bool: ...
    def reduce(self) -> int: ...
    def consistent(self) -> bool: ...
