from collections.abc import Sequence
from typing import Any

class ClusterSearch:
    variables: int
    def __init__(self, d: int, owner: Any, values: Any, sets: Sequence[Sequence[int]]) -> None: ...
    def grow(
        self, seeds: Sequence[Sequence[int]], k: int, largest: int = 16, tolerance: float = 1e-3
    ) -> list[tuple[float, tuple[int, ...]]]: ...
