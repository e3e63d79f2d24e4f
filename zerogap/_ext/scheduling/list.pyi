from collections.abc import Mapping
from typing import Any

class ListSearch:
    seconds: float
    objective: int | None
    iterations: int
    def __init__(
        self,
        arrays: Mapping[str, Any],
        *,
        horizon: int,
        simple: bool = ...,
        seed: int = ...,
        target: int = ...,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = ...) -> bool: ...
    def best(self) -> Any: ...
    def inject(self, start: Any, mode: Any) -> None: ...
    def dispatch(self, rank: Any, window: float = ...) -> Any: ...
