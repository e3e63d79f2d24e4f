import numpy as np
import numpy.typing as npt

class CyclicWalk:
    n: int
    seconds: float
    objective: int
    rank: int
    iterations: int
    counts: dict[str, int]
    goal: int
    def __init__(
        self, n: int, seed: int = 0, plus: tuple[int, int] = ..., band: int = 6
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> tuple[npt.NDArray[np.int8], ...]: ...
