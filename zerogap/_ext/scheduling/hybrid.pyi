from typing import Any

class HybridSearch:
    seconds: float
    objective: int | None
    iterations: int
    def __init__(
        self,
        times: Any,
        machines: Any,
        *,
        goal: int = ...,
        weight: Any = ...,
        due: Any = ...,
        seed: int = ...,
        target: int = ...,
        cycle: int = ...,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = ...) -> bool: ...
    def best(self) -> Any: ...
    def inject(self, order: Any) -> None: ...
