"""What a horizon cuts off: the part of the model that a user's own constraint can make wrong."""

from __future__ import annotations

import numpy as np

from zerogap.models.jobshop.instance import FlexibleJobShop, Shop, latest

#: The horizon of models with constraints of the user's, in times of `last_useful`.
WIDE = 8


def shortest(shop: Shop) -> np.ndarray:
    """Least duration of every operation."""
    if isinstance(shop, FlexibleJobShop):
        return np.minimum.reduceat(shop.duration, shop.choice[:-1])
    return shop.duration


def last_useful(shop: Shop, upper: int | None) -> int:
    """When some best schedule of the plain problem has ended.

    All objectives are regular (no job gains by ending later), so that a schedule in which nothing
    can begin earlier is best; in it some machine or job works at every moment after the last
    release: it ends by the last release plus all durations. With the makespan nothing as good as
    `upper` ends later than that. A constraint of the user's breaks both arguments.
    """
    if shop.objective == "makespan" and upper is not None:
        return int(upper)
    longest = shop.duration
    if isinstance(shop, FlexibleJobShop):
        longest = np.maximum.reduceat(shop.duration, shop.choice[:-1])
    released = 0 if shop.release is None else int(shop.release.max())
    return released + int(longest.sum())


def wide(shop: Shop, chosen: int | None = None) -> int:
    """The horizon of a model with the user's constraints: `chosen`, or 8 times all the work."""
    if chosen is not None:
        return chosen
    return min(WIDE * max(1, last_useful(shop, None)), latest(shop))


def alone(shop: Shop) -> int:
    """What every schedule is worth at least: no job ends before its release and least durations."""
    release = np.zeros(shop.jobs, dtype=np.int64) if shop.release is None else shop.release
    soonest = release + np.add.reduceat(shortest(shop), shop.first[:-1])
    if shop.objective == "makespan":
        return int(soonest.max())
    if shop.objective == "lateness":
        assert shop.due is not None
        return int((soonest - shop.due).max())
    return sum(_costs(shop, soonest, release))


def beyond(shop: Shop, horizon: int) -> int:
    """What a schedule in which anything ends after `horizon` is worth at least.

    The last operation of some job then ends after it too, and no job ends before its release and
    its least durations; the least over the jobs that may be the late one.
    """
    release = np.zeros(shop.jobs, dtype=np.int64) if shop.release is None else shop.release
    soonest = release + np.add.reduceat(shortest(shop), shop.first[:-1])
    late = np.maximum(soonest, horizon + 1)
    if shop.objective == "makespan":
        return int(late.min())
    if shop.objective == "lateness":
        assert shop.due is not None
        return max(int((soonest - shop.due).max()), int((late - shop.due).min()))
    prompt, delayed = _costs(shop, soonest, release), _costs(shop, late, release)
    return sum(prompt) + min(b - a for a, b in zip(prompt, delayed))


def _costs(shop: Shop, end: np.ndarray, release: np.ndarray) -> list[int]:
    """What every job adds to a sum when it ends at `end`."""
    value: np.ndarray
    weight = [1] * shop.jobs if shop.weight is None else shop.weight.tolist()
    if shop.objective == "flow":
        value = end - release
    elif shop.objective == "tardy":
        value = end > shop.due
    else:
        value = np.maximum(0, end - shop.due)
    return [w * int(v) for w, v in zip(weight, value.tolist())]
