from typing import Any

class ProjectSearch:
    seconds: float
    objective: int | None
    iterations: int
    def __init__(
        self,
        first_mode: Any,
        duration: Any,
        need: Any,
        capacity: Any,
        spend: Any,
        budget: Any,
        release: Any,
        before: Any,
        after: Any,
        lag: Any,
        *,
        longest: int,
        members: int = ...,
        seed: int = ...,
        target: int = ...,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = ...) -> bool: ...
    def best(self) -> Any: ...
    def inject(self, start: Any, mode: Any) -> None: ...
