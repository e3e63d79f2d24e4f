import numpy as np

MAX_CUTS: int
CUT_WORDS: int
MAX_CLIENTS: int

class Pool:
    def __len__(self) -> int: ...
    def routes(self, which: np.ndarray) -> list[tuple[float, list[int]]]: ...
    def price(
        self,
        reduced: np.ndarray,
        member: np.ndarray,
        penalty: np.ndarray,
        touched: np.ndarray,
        reward: np.ndarray,
    ) -> np.ndarray: ...
    def retain(self, wanted: np.ndarray) -> None: ...

class Pricer:
    def __init__(
        self,
        demand: np.ndarray,
        capacity: int,
        travel: np.ndarray,
        ready: np.ndarray,
        due: np.ndarray,
        allowed: np.ndarray,
        windows: bool,
        symmetric: bool,
        neighbours: np.ndarray,
    ) -> None: ...
    def remember(self, cycle: np.ndarray) -> None: ...
    def price(
        self,
        reduced: np.ndarray,
        member: np.ndarray,
        keep: np.ndarray,
        penalty: np.ndarray,
        heuristic: bool,
        most: int = 100,
        limit: int = 20_000_000,
    ) -> tuple[list[tuple[float, list[int]]], float, bool]: ...
    @property
    def labels(self) -> int: ...
    def enumerate(
        self,
        reduced: np.ndarray,
        price: np.ndarray,
        member: np.ndarray,
        keep: np.ndarray,
        penalty: np.ndarray,
        gap: float,
        limit: int,
        paths: int,
        labels: int = 2_000_000,
        seconds: float = 1e300,
    ) -> Pool | None: ...
