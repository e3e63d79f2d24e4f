from typing import Any

import numpy as np

class Problem:
    def __init__(self, arrays: dict[str, Any], near: int = 100) -> None: ...
    @property
    def near(self) -> np.ndarray: ...
