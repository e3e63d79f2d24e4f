from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

RULES: tuple[str, ...]
BOUNDS: tuple[str, ...]

class CliqueSearch:
    finished: bool
    def __init__(
        self,
        first: np.ndarray,
        neighbour: np.ndarray,
        attribute: np.ndarray,
        attributes: int,
        k: int,
        delta: float,
        threads: int = 1,
        seed: int = 0,
        enhanced: bool = True,
        heuristic: bool = True,
        prove: bool = True,
        support: bool = False,
        bound: str = "",
        size: int | None = None,
        limit: int = 1000,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> np.ndarray | None: ...
    def inject(self, vertices: Iterable[int]) -> None: ...
    def cliques(self) -> list[np.ndarray]: ...
    def reduced(self) -> np.ndarray: ...
    @property
    def objective(self) -> int | None: ...
    @property
    def bound(self) -> int: ...
    @property
    def exhausted(self) -> bool: ...
    @property
    def iterations(self) -> int: ...
    @property
    def nodes(self) -> int: ...
    @property
    def starts(self) -> tuple[int, int]: ...
    @property
    def seconds(self) -> float: ...
    @property
    def funnel(self) -> list[tuple[str, int, int, int, float]]: ...

def reduce(
    first: np.ndarray,
    neighbour: np.ndarray,
    attribute: np.ndarray,
    attributes: int,
    k: int,
    delta: float,
    rule: str,
    target: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def complete(
    first: np.ndarray,
    neighbour: np.ndarray,
    attribute: np.ndarray,
    attributes: int,
    k: int,
    delta: float,
    counts: Sequence[int],
    size: int,
) -> Any: ...
def published_bounds(
    first: np.ndarray, neighbour: np.ndarray, attribute: np.ndarray, delta: float
) -> dict[str, int]: ...
