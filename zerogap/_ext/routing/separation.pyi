import numpy as np

def capacity_sets(
    flow: np.ndarray, demand: np.ndarray, capacity: int, most: int, least: float = 0.04
) -> list[tuple[np.ndarray, float]]: ...
def rank_one(
    n: int,
    start: np.ndarray,
    node: np.ndarray,
    value: np.ndarray,
    most: int,
    fives: int,
    least: float = 0.03,
) -> list[tuple[float, list[int], np.ndarray]]: ...
