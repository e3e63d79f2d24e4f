from typing import Any

class FlowSearch:
    seconds: float
    objective: int | None
    iterations: int
    def __init__(
        self,
        times: Any,
        *,
        setup: Any = ...,
        initial: Any = ...,
        no_wait: bool = ...,
        factories: int = ...,
        goal: int = ...,
        weight: Any = ...,
        due: Any = ...,
        seed: int = ...,
        target: int = ...,
        destruct: int = ...,
        heat: float = ...,
    ) -> None: ...
    def run(self, seconds: float = ..., iterations: int = ...) -> bool: ...
    def best(self) -> Any: ...
    def inject(self, lines: Any) -> None: ...
