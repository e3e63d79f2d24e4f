from collections.abc import Sequence
from typing import Any

import numpy as np

class ListProgram:
    seconds: float
    done: bool
    objective: float | None
    iterations: int
    def __init__(self, lists: Sequence[tuple[Any, Any]], before: Any = None) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> tuple[np.ndarray, list[list[int]]] | None: ...
    def table(self) -> np.ndarray: ...
