import numpy as np
import numpy.typing as npt

STRATEGIES: tuple[str, ...]

def share(
    matrix: npt.ArrayLike, strategy: str = "greedy", seed: int = 0, restarts: int = 1
) -> tuple[int, npt.NDArray[np.int32]]: ...
