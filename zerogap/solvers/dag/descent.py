"""Limited-memory BFGS for smooth functions of the user's: few numbers, many calls."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

import numpy as np

#: Pairs of steps remembered (Nocedal, Wright 2006, ch. 7).
MEMORY = 20
#: Conditions of Wolfe: decrease and curvature.
DECREASE, CURVATURE = 1e-4, 0.9

Function = Callable[[np.ndarray], tuple[float, np.ndarray]]


def minimise(
    function: Function, start: np.ndarray, *, iterations: int = 2000, tolerance: float = 1e-9
) -> tuple[float, np.ndarray]:
    """A point where the gradient is at most `tolerance`, or no step lowers the function any more.

    Parameters
    ----------
    function : callable
        ``function(x)`` → (value, gradient).
    start : ndarray
    iterations : int
    tolerance : float
        Largest entry of the gradient at the end.

    Returns
    -------
    (value, x)
        Never above the value at `start`.
    """
    x = np.array(start, float)
    value, slope = function(x)
    pairs: deque[tuple[np.ndarray, np.ndarray, float]] = deque(maxlen=MEMORY)
    for _ in range(iterations):
        if not len(x) or np.abs(slope).max() <= tolerance:
            break
        direction = _direction(slope, pairs)
        if direction @ slope >= 0:
            pairs.clear()
            direction = -slope
        step = 1.0 if pairs else min(1.0, 1.0 / float(np.abs(slope).sum()))
        found = _line(function, x, value, slope, direction, step)
        if found is None:
            if not pairs:
                break
            pairs.clear()  # once more along the gradient itself
            continue
        new_x, new_value, new_slope = found
        s, y = new_x - x, new_slope - slope
        if s @ y > 1e-12 * float(np.sqrt((s @ s) * (y @ y))):
            pairs.append((s, y, 1.0 / float(s @ y)))
        x, value, slope = new_x, new_value, new_slope
    return value, x


def _direction(slope: np.ndarray, pairs: deque) -> np.ndarray:
    """The two loops: the inverse Hessian of the remembered steps times the gradient."""
    q = slope.copy()
    scales = []
    for s, y, rho in reversed(pairs):
        scale = rho * float(s @ q)
        scales.append(scale)
        q -= scale * y
    if pairs:
        s, y, rho = pairs[-1]
        q /= rho * float(y @ y)
    for (s, y, rho), scale in zip(pairs, reversed(scales)):
        q += s * (scale - rho * float(y @ q))
    return -q


def _line(
    function: Function, x: np.ndarray, value: float, slope: np.ndarray, direction: np.ndarray,
    step: float,
) -> tuple[np.ndarray, float, np.ndarray] | None:  # fmt: skip
    """A step that satisfies the weak conditions of Wolfe, by bisection; None if none lowers."""
    fall = float(direction @ slope)
    low, high, best = 0.0, np.inf, None
    for _ in range(60):
        there = x + step * direction
        new_value, new_slope = function(there)
        if new_value > value + DECREASE * step * fall:
            high = step
        else:
            if new_value < value:
                best = (there, new_value, new_slope)
            if float(direction @ new_slope) >= CURVATURE * fall:
                break
            low = step
        step = 2 * step if high == np.inf else 0.5 * (low + high)
        if high - low < 1e-16 * max(1.0, low):
            break
    return best
