"""When two moves, or a move and a stay, collide: as intervals of offsets.

An element is a move along an edge, or being at a vertex at an instant. Begun at times s and t two
elements collide exactly if s − t lies in an open interval: the pairs of progress at which the discs
overlap are a convex set (a box cut with the preimage of a disc under an affine map), and s − t is
linear on it. Its extremes lie on the sides of the box, or where the distance is perpendicular to
the difference of the velocities.
"""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.mapf.instance import TOLERANCE, Mapf

#: By what share distances are taken smaller (for bounds) or larger (for solutions) than the
#: checker's, so that rounding is on the safe side.
MARGIN = 1e-8


class Offsets:
    """Intervals of the elements of an instance.

    Parameters
    ----------
    instance : Mapf
    margin : float
        Share by which distances are taken larger than the checker's.
    """

    def __init__(self, instance: Mapf, margin: float):
        self.instance = instance
        self.share = (1 - TOLERANCE) * (1 + margin)
        self._known: dict[tuple, tuple[float, float] | None] = {}

    def duration(self, agent: int, edge: int) -> float:
        """Time that a move takes."""
        return float(self.instance.length[edge] / self.instance.speed[agent])

    def motion(self, agent: int, element: tuple[str, int]) -> tuple[np.ndarray, np.ndarray, float]:
        """Place, velocity and duration of ("move", edge) or ("stay", vertex)."""
        kind, index = element
        xy = self.instance.xy
        if kind == "stay":
            return xy[index], np.zeros(2), 0.0
        tail, head = self.instance.edges[index]
        d = self.duration(agent, index)
        return xy[tail], (xy[head] - xy[tail]) / d if d > 0 else np.zeros(2), d

    def between(
        self, i: int, e: tuple[str, int], j: int, f: tuple[str, int]
    ) -> tuple[float, float] | None:
        """Offsets (begin of i's e less begin of j's f) that collide, None if none does."""
        same = self.instance
        key = (e, f, same.radius[i], same.speed[i], same.radius[j], same.speed[j])
        if key not in self._known:
            reach = float(same.radius[i] + same.radius[j]) * self.share
            self._known[key] = collide(self.motion(i, e), self.motion(j, f), reach)
        return self._known[key]


def collide(
    a: tuple[np.ndarray, np.ndarray, float], b: tuple[np.ndarray, np.ndarray, float], reach: float
) -> tuple[float, float] | None:
    """Offsets at which two motions (place, velocity, duration) come nearer than `reach`."""
    (pa, va, da), (pb, vb, db) = a, b
    apart = pa - pb
    found: list[float] = []
    for x in {0.0, da}:
        found += [y - x for y in _near(apart + va * x, -vb, db, reach)]
    for y in {0.0, db}:
        found += [y - x for x in _near(apart - vb * y, va, da, reach)]
    cross = float(va[0] * vb[1] - va[1] * vb[0])
    turn = va - vb
    if abs(cross) > 1e-12 * float(np.hypot(*va) * np.hypot(*vb)) and np.hypot(*turn) > 0:
        normal = reach * np.array([-turn[1], turn[0]]) / np.hypot(*turn)
        for target in (normal - apart, -normal - apart):
            x, y = np.linalg.solve(np.stack([va, -vb], axis=1), target)
            if 0 <= x <= da and 0 <= y <= db:
                found.append(float(y - x))
    if not found:
        return None
    low, high = min(found), max(found)
    return (low, high) if low < high or (da == 0 and db == 0) else None


def _near(start: np.ndarray, velocity: np.ndarray, duration: float, reach: float) -> list[float]:
    """Ends of the times in 0 … duration at which start + velocity · t is nearer than reach."""
    a = float(velocity @ velocity)
    b, c = float(start @ velocity), float(start @ start) - reach * reach
    if a == 0:
        return [0.0, duration] if c < 0 else []
    root = b * b - a * c
    if root <= 0:
        return []
    low, high = (-b - math.sqrt(root)) / a, (-b + math.sqrt(root)) / a
    if low >= duration or high <= 0:
        return []
    return [max(0.0, low), min(duration, high)]
