from collections.abc import Sequence
from typing import Any

import numpy as np

KINDS: tuple[str, ...]

class CountedScore:
    variables: int
    def __init__(
        self, codes: Any, weights: Any, arities: Sequence[int], kind: str, ess: float = 1.0
    ) -> None: ...
    def local(self, j: int, parents: Sequence[int]) -> float: ...
    def parent_sets(
        self,
        j: int,
        candidates: Sequence[int],
        required: Sequence[int] = (),
        most_parents: int = 255,
        budget: int = 10_000_000,
        seconds: float = 1e9,
        every: bool = False,
    ) -> tuple[np.ndarray, list[tuple[int, ...]], bool, float, int]: ...

class GraphClimb:
    score: CountedScore
    seconds: float
    objective: float | None
    iterations: int
    moves: int
    evaluations: int
    rested: bool
    def __init__(
        self,
        score: CountedScore,
        allowed: Any,
        required: Any,
        before: Any,
        most_parents: int,
        seed: int = 0,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> list[list[int]]: ...
