"""Figures of merit over runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence


def shifted_geometric_mean(values: Iterable[float], shift: float = 1.0) -> float:
    """(Π (v + s))^{1/n} − s, the usual mean of solving times; NaN for no values."""
    logs = [math.log(v + shift) for v in values]
    return math.exp(sum(logs) / len(logs)) - shift if logs else math.nan


def relative_gap(objective: float | None, best: float | None, sense: str) -> float | None:
    """How much worse than `best`, relative to it; negative where better, None where unknown."""
    if objective is None or best is None:
        return None
    difference = objective - best if sense == "min" else best - objective
    if difference == 0:
        return 0.0
    return difference / abs(best) if best else math.inf


def mean(values: Iterable[float | None]) -> float:
    """Arithmetic mean of what is there; NaN for nothing."""
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else math.nan


def performance_profile(
    times: dict[str, Sequence[float | None]], ratios: Sequence[float]
) -> dict[str, list[float]]:
    """Share of instances a method solves within each ratio of the fastest (Dolan, Moré 2002).

    Parameters
    ----------
    times : dict of str to sequence
        Time of every method on every instance, None for not solved.
    ratios : sequence of float
        Points of the curve, ≥ 1.

    Returns
    -------
    dict of str to list of float
        A share in [0, 1] for every ratio.
    """
    count = len(next(iter(times.values()), ()))
    solved = {m: [math.inf if t is None else max(t, 1e-9) for t in own] for m, own in times.items()}
    fastest = [min((own[i] for own in solved.values()), default=math.inf) for i in range(count)]
    return {
        method: [
            sum(t < math.inf and t <= ratio * f for t, f in zip(own, fastest)) / max(1, count)
            for ratio in ratios
        ]
        for method, own in solved.items()
    }
