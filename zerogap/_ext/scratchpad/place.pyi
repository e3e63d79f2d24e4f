import math
from typing import Any

import numpy as np

class Placing:
    seconds: float
    def __init__(
        self,
        begin: Any,
        end: Any,
        size: Any,
        capacity: int,
        minimise: bool = False,
        seed: int = 0,
        grain: Any = None,
        owner: Any = None,
    ) -> None: ...
    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool: ...
    def best(self) -> np.ndarray | None: ...
    @property
    def objective(self) -> int | None: ...
    @property
    def bound(self) -> int: ...
    @property
    def refuted(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
