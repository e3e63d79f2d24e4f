from typing import Any

import numpy as np
import numpy.typing as npt

class Additions:
    shape: tuple[int, int]
    seconds: float
    def __init__(
        self,
        matrix: npt.ArrayLike,
        seed: int = 0,
        *,
        binary: bool = False,
        cancel: bool = True,
        noise: float = 1.0,
        hot: float = 1.0,
        cold: float = 0.25,
    ) -> None: ...
    @property
    def objective(self) -> int: ...
    @property
    def naive(self) -> int: ...
    @property
    def iterations(self) -> int: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def best(self) -> npt.NDArray[np.int32]: ...
    def inject(self, edges: Any) -> None: ...

class SchemeAdditions:
    shape: tuple[tuple[int, int], ...]
    seconds: float
    def __init__(
        self,
        u: npt.ArrayLike,
        v: npt.ArrayLike,
        w: npt.ArrayLike,
        seed: int = 0,
        *,
        binary: bool = False,
        flips: float = 0.3,
        hot: float = 0.6,
        cold: float = 0.25,
        first: int = ...,
        longest: int = ...,
    ) -> None: ...
    @property
    def objective(self) -> int: ...
    @property
    def naive(self) -> int: ...
    @property
    def iterations(self) -> int: ...
    @property
    def flipped(self) -> int: ...
    def run(self, seconds: float = ..., iterations: int = -1) -> bool: ...
    def factors(self) -> tuple[npt.NDArray[np.int8], ...]: ...
    def best(self) -> tuple[npt.NDArray[np.int32], ...]: ...
