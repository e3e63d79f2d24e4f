from typing import Any

import numpy as np

class FlexibleDispatcher:
    def __init__(
        self,
        first: Any,
        choice: Any,
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
        urgency: float = 0.0,
    ) -> tuple[np.ndarray, np.ndarray]: ...
