import numpy as np

def radix(tokens: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]: ...
def grow(
    parent: np.ndarray, probability: np.ndarray, nodes: int, depth_cost: float = 0.0
) -> tuple[np.ndarray, float]: ...
def grow_priced(
    depth: np.ndarray, value: np.ndarray, size: int, depth_cost: float, latency: np.ndarray
) -> tuple[np.ndarray, float]: ...
def grow_ordered(
    end: np.ndarray,
    depth: np.ndarray,
    value: np.ndarray,
    size: int,
    depth_cost: float,
    latency: np.ndarray,
) -> tuple[np.ndarray, float]: ...
