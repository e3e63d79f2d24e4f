"""The checker: the closest approach of every pair of agents, from the definition alone."""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.mapf.instance import TOLERANCE, Mapf
from zerogap.models.mapf.solution import Paths, Segments, segments

#: Pairs that are looked at in one go: bounds the memory.
_BATCH = 1 << 20
_MOST_WINDOWS = 4096


def check(instance: Mapf, solution: Paths) -> float:
    """Sum (or, for the makespan, the last) of the arrival times.

    Raises
    ------
    InfeasibleSolution
        Naming the first violated constraint: a path that is none, or two agents that come nearer
        than their radii allow, with time and distance.
    """
    done, arrival = segments(instance, solution)
    _check_collisions(instance, done, arrival)
    if instance.objective == "makespan":
        return float(arrival.max())
    return math.fsum(arrival.tolist())


def _check_collisions(instance: Mapf, done: Segments, arrival: np.ndarray) -> None:
    """Every two pieces of different agents whose boxes meet within a window of time.

    Time is cut into windows; what an agent does within one has a box, and only pairs whose boxes
    are nearer than their radii can collide. Cutting loses nothing: the windows cover all times up
    to the last arrival, and from then on all rest at their goals, which do not overlap.
    """
    horizon = float(arrival.max())
    # Rest at the goal until the last arrival, as one more wait.
    still = np.arange(instance.agents)
    agent = np.r_[done.agent, still]
    begin = np.r_[done.begin, arrival]
    end = np.r_[done.end, np.full(instance.agents, horizon)]
    tail = np.r_[done.tail, instance.goal]
    head = np.r_[done.head, instance.goal]
    origin, target = instance.xy[tail], instance.xy[head]
    length = np.maximum(end - begin, 1e-300)[:, None]
    velocity = np.where((tail == head)[:, None], 0.0, (target - origin) / length)
    moves = (done.end - done.begin)[done.tail != done.head]
    width = float(np.median(moves)) if len(moves) else 1.0
    width = max(width, horizon / _MOST_WINDOWS, 1e-300)
    low = np.floor(begin / width).astype(np.int64)
    count = np.floor(end / width).astype(np.int64) - low + 1
    piece = np.repeat(np.arange(len(agent)), count)
    window = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count) + low[piece]
    a = np.maximum(begin[piece], window * width)
    b = np.minimum(end[piece], (window + 1) * width)
    b = np.maximum(a, b)
    p = origin[piece] + velocity[piece] * (a - begin[piece])[:, None]
    q = origin[piece] + velocity[piece] * (b - begin[piece])[:, None]
    reach = float(instance.radius.max())
    least, most = np.minimum(p, q) - reach, np.maximum(p, q) + reach
    order = np.lexsort((least[:, 0], window))
    # A key that sorts by window first: within a window all x lie in one span.
    x0 = float(least[:, 0].min())
    span = float(most[:, 0].max()) - x0 + 1.0
    key = window[order] * span + (least[order, 0] - x0)
    stop = np.searchsorted(
        key, window[order] * span + (most[order, 0] - x0) + 1e-9 * span, side="right"
    )
    others = stop - np.arange(len(order)) - 1
    worst = _Worst(instance)
    done_pairs = 0
    totals = np.cumsum(others)
    while done_pairs < len(order):
        upto = int(np.searchsorted(totals, totals[done_pairs] + _BATCH, side="right"))
        upto = max(upto, done_pairs + 1)
        part = np.arange(done_pairs, upto)
        left = np.repeat(part, others[part])
        offset = np.arange(len(left)) - np.repeat(
            np.cumsum(others[part]) - others[part], others[part]
        )
        right = order[left + 1 + offset]
        left = order[left]
        meet = (least[left, 1] <= most[right, 1]) & (least[right, 1] <= most[left, 1])
        meet &= agent[piece[left]] != agent[piece[right]]
        meet &= window[left] == window[right]
        left, right = left[meet], right[meet]
        start = np.maximum(a[left], a[right])
        finish = np.minimum(b[left], b[right])
        both = finish >= start
        left, right, start, finish = left[both], right[both], start[both], finish[both]
        i, j = piece[left], piece[right]
        apart = (
            origin[i]
            + velocity[i] * (start - begin[i])[:, None]
            - origin[j]
            - velocity[j] * (start - begin[j])[:, None]
        )
        worst.look(agent[i], agent[j], apart, velocity[i] - velocity[j], start, finish)
        done_pairs = upto
    worst.say()


class _Worst:
    """The earliest collision seen."""

    def __init__(self, instance: Mapf):
        self.radius = instance.radius
        self.found: tuple[float, int, int, float, float] | None = None

    def look(
        self,
        i: np.ndarray,
        j: np.ndarray,
        apart: np.ndarray,
        speed: np.ndarray,
        start: np.ndarray,
        finish: np.ndarray,
    ) -> None:
        """Closest approach of pairs in uniform motion: a quadratic in time, on an interval."""
        square = (speed * speed).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            turn = np.where(square > 0, -(apart * speed).sum(axis=1) / square, 0.0)
        at = np.clip(turn, 0.0, finish - start)
        gap = np.hypot(*(apart + speed * at[:, None]).T)
        need = self.radius[i] + self.radius[j]
        bad = np.flatnonzero(gap < need * (1 - TOLERANCE))
        if not len(bad):
            return
        k = bad[np.argmin(start[bad] + at[bad])]
        found = (float(start[k] + at[k]), int(i[k]), int(j[k]), float(gap[k]), float(need[k]))
        if self.found is None or found < self.found:
            self.found = found

    def say(self) -> None:
        if self.found is None:
            return
        time, i, j, gap, need = self.found
        i, j = min(i, j), max(i, j)
        raise InfeasibleSolution(
            f"agents {i} and {j} collide: at time {time:.6g} they are {gap:.6g} apart, "
            f"their radii add up to {need:.6g}",
            constraint="collision",
            where=(i, j),
            by=need - gap,
        )
