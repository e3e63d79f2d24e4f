from typing import Any

import numpy as np

NAMES: tuple[str, ...]

class Dispatcher:
    def __init__(
        self,
        first: Any,
        machine: Any,
        duration: Any,
        release: Any,
        machines: int,
        due: Any = None,
        weight: Any = None,
    ) -> None: ...
    def run(
        self,
        linear: Any,
        hidden: Any = None,
        *,
        delay: float = 0.0,
        noise: float = 0.0,
        seed: int = 0,
    ) -> tuple[int, np.ndarray]: ...
