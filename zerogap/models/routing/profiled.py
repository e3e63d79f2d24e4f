"""Profiled vehicle routing (CAMP): vehicles like clients differently, or may not serve some.

What generator and reader share: the unit square in `SCALE` units, the vehicle types, the offset.
"""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.base import InstanceError, integer
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.fields import UNLIMITED
from zerogap.models.routing.instance import Routing

SCALE = 10_000  # units of the unit square's side

DISTRIBUTIONS = ("random", "angle", "cluster", "block")


def profiled(
    depot: np.ndarray,
    clients: np.ndarray,
    demand: np.ndarray,
    capacity: int,
    *,
    preference: np.ndarray | None = None,
    alpha: float = 0.0,
    allowed: np.ndarray | None = None,
    trips: int | None = None,
    name: str = "",
) -> Routing:
    """The instance of m vehicles, each a type of its own that returns and leaves again.

    Parameters
    ----------
    depot, clients : ndarray, shape (2,) and (n, 2)
        In the unit square.
    demand : ndarray of int, shape (n,)
    capacity : int
    preference : ndarray, shape (m, n), optional
        In [0, 1]; the reward of a client is ``alpha`` times that, in units of the square's side.
    allowed : ndarray of bool, shape (m, n), optional
    trips : int, optional
        Most trips of a vehicle; without limit if None.

    Notes
    -----
    The objective is Σ length − α Σ p. Gaps are those of Σ length + α Σ (1 − p), which is more by
    α·n and cannot come near 0 (`Routing.gap_offset`).
    """
    n = len(clients)
    rows = preference if preference is not None else allowed
    assert rows is not None
    b = Builder("round", name=name)
    b.add_depot(*(SCALE * depot).tolist())
    for (x, y), load in zip((SCALE * clients).tolist(), demand.tolist()):
        b.add_client(x, y, delivery=int(load))
    most = max(1, n) if trips is None else trips
    for k in range(len(rows)):
        fields: dict = {"capacity": capacity, "max_trips": most, "reload_depots": [0]}
        if preference is not None:
            fields["preference"] = np.rint(SCALE * alpha * preference[k]).astype(int).tolist()
        if allowed is not None:
            fields["allowed"] = allowed[k].tolist()
        b.add_vehicle_type(1, **fields)
    if preference is not None:
        b.set_objective("cost", gap_offset=max(0, round(SCALE * alpha * n)))
    return b.build().replace(unit=float(SCALE))


def _size(value: object, name: str, low: int, high: int) -> int:
    try:
        number = integer(value)
    except ValueError:
        raise InstanceError(f"{value!r} is no integer", field=name) from None
    if not low <= number <= high:
        raise InstanceError(f"{number} is not within {low} … {high}", field=name)
    return number


def _real(value: object, name: str, low: float, high: float) -> float:
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise InstanceError(f"{value!r} is no number", field=name) from None
    if not low <= number <= high:
        raise InstanceError(f"{number:g} is not within {low:g} … {high:g}", field=name)
    return number


def preferences(rng, kind: str, home: np.ndarray, points: np.ndarray, m: int) -> np.ndarray:
    """CAMP's preferences of m vehicles for the clients, shape (m, n), in [0, 1]."""
    n = len(points)
    if kind == "random":
        return rng.random((m, n))
    if kind == "angle":
        angle = np.arctan2(points[:, 1] - home[1], points[:, 0] - home[0]) % (2 * np.pi)
        sector = np.minimum((angle * m / (2 * np.pi)).astype(int), m - 1)
        return (sector[None, :] == np.arange(m)[:, None]).astype(float)
    if kind == "block":
        side = math.isqrt(m)
        cell = np.minimum((points * side).astype(int), side - 1)
        block = cell[:, 0] * side + cell[:, 1]
        return (block[None, :] == np.arange(m)[:, None]).astype(float)
    centres = points[rng.choice(n, m, replace=n < m)]
    away = np.sqrt(((points[None] - centres[:, None]) ** 2).sum(axis=2))
    return 1 - away / np.sqrt(2)


def _draw(seed: int, clients: int, vehicles: int, capacity: int, distribution: str):
    if distribution not in DISTRIBUTIONS:
        wanted = ", ".join(DISTRIBUTIONS)
        raise InstanceError(f"{distribution!r} is none of {wanted}", field="distribution")
    rng = np.random.default_rng(seed)
    n = _size(clients, "clients", 1, 1_000_000)
    m = _size(vehicles, "vehicles", 1, 1000)
    home, points = rng.random(2), rng.random((n, 2))
    loads = rng.integers(1, 10, n)
    if _size(capacity, "capacity", 1, UNLIMITED) < loads.max():
        raise InstanceError(f"{capacity} is less than a demand of {loads.max()}", field="capacity")
    return rng, home, points, loads, m


def pvrp_p(
    seed: int = 0,
    clients: int = 60,
    vehicles: int = 3,
    distribution: str = "random",
    alpha: float = 0.2,
    capacity: int = 40,
) -> Routing:
    """Profiled VRP with preferences (CAMP): minimise length − alpha · Σ preference.

    Unit square in 10⁴ units, demands uniform on 1 … 9, every vehicle may return and leave again.

    Parameters
    ----------
    seed, clients, vehicles, capacity : int
    distribution : {"random", "angle", "cluster", "block"}
        Preferences: uniform; 1 in the vehicle's sector of the circle around the depot, else 0;
        1 − distance/√2 from a client drawn as the vehicle's centre; 1 in the vehicle's cell of
        ⌊√m⌋² equal squares, else 0, where vehicles beyond the cells like nobody.
    alpha : float
        Length that a preference of 1 is worth, in sides of the square.
    """
    rng, home, points, loads, m = _draw(seed, clients, vehicles, capacity, distribution)
    worth = _real(alpha, "alpha", 0.0, 1e6)
    liking = preferences(rng, distribution, home, points, m)
    name = f"pvrp-p-{distribution}-n{clients}-m{m}-s{seed}"
    return profiled(home, points, loads, int(capacity), preference=liking, alpha=worth, name=name)


def pvrp_zc(
    seed: int = 0,
    clients: int = 60,
    vehicles: int = 3,
    distribution: str = "random",
    capacity: int = 40,
    rate: float | None = None,
) -> Routing:
    """Profiled VRP with zone constraints (CAMP): vehicles may not serve some clients.

    Every client is forbidden to ⌊ρ·m⌋ of the m vehicles, at least to one and at most to all but
    one: drawn at random, or those of the least preference under the other distributions, ties at
    random. How many pairs that makes says ``zerogap info``.

    Parameters
    ----------
    seed, clients, vehicles, capacity : int
    distribution : {"random", "angle", "cluster", "block"}
    rate : float, optional
        ρ; drawn uniformly from (1/3, 2/3) if None. CAMP draws one from (0, 2/3) for a batch of
        instances, below 1/m of which no pair is forbidden at all.
    """
    rng, home, points, loads, m = _draw(seed, clients, vehicles, capacity, distribution)
    if m < 2:
        raise InstanceError(f"{m} vehicle has no zones, expected 2 or more", field="vehicles")
    drawn = rng.uniform(1 / 3, 2 / 3)
    share = drawn if rate is None else _real(rate, "rate", 0.0, 1.0)
    forbidden = min(max(int(share * m), 0 if share == 0 else 1), m - 1)
    liking = preferences(rng, distribution, home, points, m)
    blurred = liking + 1e-6 * rng.random((m, len(points)))
    allowed = np.ones((m, len(points)), bool)
    worst = np.argsort(blurred, axis=0)[:forbidden]
    np.put_along_axis(allowed, worst, False, axis=0)
    name = f"pvrp-zc-{distribution}-n{clients}-m{m}-s{seed}"
    return profiled(home, points, loads, int(capacity), allowed=allowed, name=name)
