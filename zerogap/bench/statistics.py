"""Figures of merit over runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence


def shifted_geometric_mean(values: Iterable[float], shift: float = 1.0) -> float:
    """(Π (v + s))^{1/n} − s, the usual mean of solving times; NaN for no values."""
    logs = [math.log(v + shift) for v in values]
    return math.exp(sum(logs) / len(logs)) - shift if logs else math.nan


def relative_gap(
    objective: float | None, best: float | None, sense: str, offset: float = 0
) -> float | None:
    """How much worse than `best`, relative to it; negative where better, None where unknown.

    Both get the family's `offset` before the division.
    """
    if objective is None or best is None:
        return None
    difference = objective - best if sense == "min" else best - objective
    if difference == 0:
        return 0.0
    return difference / abs(best + offset) if best + offset else math.inf


def mean(values: Iterable[float | None]) -> float:
    """Arithmetic mean of what is there; NaN for nothing."""
    known = [v for v in values if v is not None]
    return sum(known) / len(known) if known else math.nan


def performance_profile(
    times: Mapping[str, Sequence[float | None]], ratios: Sequence[float]
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


def sign_test(wins: int, losses: int) -> float:
    """Two-sided p-value of the exact sign test; ties are left out."""
    n = wins + losses
    if n == 0:
        return 1.0
    tail = sum(math.comb(n, k) for k in range(min(wins, losses) + 1)) / 2**n
    return min(1.0, 2 * tail)


def gap_curve(
    traces: Sequence[tuple[Sequence[dict], float]], times: Sequence[float]
) -> list[float]:
    """Mean primal gap of many runs at given moments.

    Parameters
    ----------
    traces : sequence of (trace, best)
        Trace points with "time" and "objective", and the best known value.
    times : sequence of float
        Moments in seconds.

    Returns
    -------
    list of float
        Mean of min(1, |objective − best| / max(|objective|, |best|)); 1 before a first solution.
    """
    totals = [0.0] * len(times)
    for trace, best in traces:
        points = [(p["time"], p["objective"]) for p in trace if p["objective"] is not None]
        for i, moment in enumerate(times):
            current = next((o for t, o in reversed(points) if t <= moment), None)
            if current is None:
                totals[i] += 1.0
            elif current != best:
                scale = max(abs(current), abs(best))
                totals[i] += min(1.0, abs(current - best) / scale) if scale else 0.0
    return [total / max(1, len(traces)) for total in totals]
