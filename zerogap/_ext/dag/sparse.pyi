from collections.abc import Sequence
from typing import Any

import numpy as np

LOSSES: tuple[str, ...]

class LocalProblem:
    variables: int
    loss: str
    def __init__(
        self,
        covariance: Any,
        observations: int,
        loss: str,
        edge: float,
        lasso: float,
        allowed: Any,
        required: Any,
        most_parents: int,
        data: Any = None,
    ) -> None: ...
    def fit(self, j: int, parents: Sequence[int]) -> tuple[float, np.ndarray]: ...
    def costs(self, j: int, masks: np.ndarray) -> np.ndarray: ...
    def candidates(self, j: int) -> np.ndarray: ...
    def parent_sets(
        self, j: int, budget: int = 2_000_000
    ) -> tuple[np.ndarray, list[tuple[int, ...]], bool, float]: ...

class ParentLists:
    problem: LocalProblem
    def __init__(self, problem: LocalProblem, lists: Sequence[tuple[Any, Any]]) -> None: ...

class ParentSearch:
    problem: LocalProblem
    lists: ParentLists | None
    seconds: float
    def __init__(
        self,
        problem: LocalProblem,
        start: Any,
        seed: int = 0,
        before: Any = None,
        lists: ParentLists | None = None,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def inject(self, order: Any) -> None: ...
    def best(self) -> tuple[np.ndarray, list[list[int]]]: ...
    @property
    def objective(self) -> float | None: ...
    @property
    def iterations(self) -> int: ...
    @property
    def moves(self) -> int: ...
    @property
    def evaluations(self) -> int: ...

class SubsetProgram:
    problem: LocalProblem
    seconds: float
    def __init__(self, problem: LocalProblem, before: Any = None) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> tuple[np.ndarray, list[list[int]]] | None: ...
    @property
    def objective(self) -> float | None: ...
    @property
    def iterations(self) -> int: ...
