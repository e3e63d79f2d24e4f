import numpy as np

MAX_CUTS: int
MAX_CLIENTS: int

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
        penalty: np.ndarray,
        heuristic: bool,
        most: int = 100,
        limit: int = 20_000_000,
    ) -> tuple[list[tuple[float, list[int]]], float, bool]: ...
    def enumerate(
        self,
        reduced: np.ndarray,
        price: np.ndarray,
        member: np.ndarray,
        penalty: np.ndarray,
        gap: float,
        limit: int,
        labels: int,
        seconds: float = 1e300,
    ) -> list[tuple[float, list[int]]] | None: ...
