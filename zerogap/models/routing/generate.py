"""Generators: Uchoa's X scheme, Homberger-like windows, and one for
each of the 23 types of problem. The same seed and options give the same instance everywhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.instance import Routing
from zerogap.models.routing.profiled import pvrp_p, pvrp_zc
from zerogap.models.routing.robot_types import robots


def _size(value: Any, name: str, low: int = 1, high: int = 1_000_000) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise InstanceError(f"{value!r} is no integer", field=name) from None
    if not low <= number <= high:
        raise InstanceError(f"{number} is not within {low} … {high}", field=name)
    return number


def _one_of(value: str, choices: tuple[str, ...], name: str) -> str:
    if value not in choices:
        raise InstanceError(f"{value!r} is none of {', '.join(choices)}", field=name)
    return value


def cvrp(
    seed: int = 0,
    clients: int = 100,
    depot: str = "random",
    positions: str = "random",
    demand: str = "unit",
    route_size: float = 8.0,
) -> Routing:
    """Uchoa et al. (2017): points in [0, 1000]², capacity for about `route_size` clients a route.

    Parameters
    ----------
    seed, clients : int
    depot : {"random", "center", "corner"}
    positions : {"random", "clustered", "mixed"}
        Clustered: seeds attract clients with probability ∝ Σ exp(−distance/40).
    demand : {"unit", "small", "large", "quadrant", "many-small"}
        1; 1–10; 50–100; 51–100 in even quadrants and 1–50 in odd; mostly 1–10, some 50–100.
    route_size : float
    """
    rng, n = np.random.default_rng(seed), _size(clients, "clients")
    _one_of(depot, ("random", "center", "corner"), "depot")
    _one_of(positions, ("random", "clustered", "mixed"), "positions")
    _one_of(demand, ("unit", "small", "large", "quadrant", "many-small"), "demand")
    home = {"center": (500, 500), "corner": (0, 0)}.get(depot) or tuple(rng.integers(0, 1001, 2))
    points = rng.integers(0, 1001, (n, 2))
    if positions != "random":
        seeds = rng.integers(0, 1001, (int(rng.integers(3, 9)), 2))
        free = n if positions == "clustered" else n // 2
        points[:free] = _clustered(rng, seeds, free)
    low, high = {"unit": (1, 1), "small": (1, 10), "large": (50, 100)}.get(demand, (1, 10))
    loads = rng.integers(low, high + 1, n)
    if demand == "quadrant":
        even = (points[:, 0] < 500) == (points[:, 1] < 500)
        loads = np.where(even, rng.integers(51, 101, n), rng.integers(1, 51, n))
    elif demand == "many-small":
        loads = np.where(rng.random(n) < 0.85, loads, rng.integers(50, 101, n))
    capacity = max(int(loads.max()), int(np.ceil(float(route_size) * loads.sum() / n)))
    b = Builder("round", name=f"cvrp-n{n + 1}-s{seed}")
    b.add_depot(*map(float, home))
    for (x, y), load in zip(points, loads):
        b.add_client(float(x), float(y), delivery=int(load))
    b.add_vehicle_type(n, capacity=capacity)
    return b.build()


def _clustered(rng: np.random.Generator, seeds: np.ndarray, n: int) -> np.ndarray:
    chosen = np.zeros((0, 2), np.int64)
    while len(chosen) < n:
        points = rng.integers(0, 1001, (4 * n, 2))
        away = np.sqrt(((points[:, None] - seeds[None]) ** 2).sum(axis=2))
        chosen = np.vstack([chosen, points[rng.random(4 * n) < np.exp(-away / 40).sum(axis=1)]])
    return chosen[:n]


def vrptw(
    seed: int = 0,
    clients: int = 100,
    positions: str = "random",
    width: int = 30,
    horizon: int = 240,
    capacity: int = 200,
    density: float = 1.0,
    service: int = 10,
) -> Routing:
    """Solomon- and Homberger-like windows: a reachable centre, `width` to both sides.

    Distances with one decimal, truncated (DIMACS). Demands 1–50.
    """
    rng, n = np.random.default_rng(seed), _size(clients, "clients")
    _one_of(positions, ("random", "clustered"), "positions")
    points = rng.integers(0, 101, (n, 2)).astype(float)
    if positions == "clustered":
        points = np.floor(_clustered(rng, rng.integers(0, 1001, (6, 2)), n) / 10.0)
    b = Builder("dimacs", name=f"vrptw-n{n}-s{seed}")
    b.add_depot(50, 50)
    for x, y in points:
        reach = float(np.hypot(x - 50, y - 50))
        latest = horizon - reach - service - 1
        if latest < reach:
            raise InstanceError(f"horizon {horizon} is too short", field="horizon")
        centre = rng.uniform(reach, latest)
        window = (max(reach, centre - width), min(latest, centre + width))
        if rng.random() >= density:
            window = (0.0, latest)
        b.add_client(
            float(x),
            float(y),
            delivery=10 * int(rng.integers(1, 51)),
            window=(int(10 * window[0]), int(10 * window[1]) + 1),
            service=10 * service,
        )
    b.add_vehicle_type(n, capacity=10 * capacity, shift=(0, 10 * horizon))
    return b.build()


# -- the 21 types of single- and multi-vehicle problems ----------------------------
def _points(seed: int, clients: int) -> tuple[np.random.Generator, Builder, np.ndarray]:
    rng, n = np.random.default_rng(seed), _size(clients, "clients")
    b = Builder("round")
    points = rng.integers(0, 101, (n + 1, 2)).astype(float)
    b.add_depot(*points[0])
    return rng, b, points


def _plain(b: Builder, points: np.ndarray, **fields) -> None:
    for i, (x, y) in enumerate(points[1:]):
        b.add_client(x, y, **{k: v[i] for k, v in fields.items()})


def _lengths(points: np.ndarray) -> np.ndarray:
    delta = points[:, None] - points[None]
    return np.floor(np.sqrt((delta**2).sum(axis=2)) + 0.5).astype(int)


def _tsp(rng, b: Builder, points, kind: str) -> None:
    n = len(points) - 1
    optional = {"required": [False] * n}
    if kind == "tsp":
        _plain(b, points)
        b.add_vehicle_type(1)
    elif kind == "atsp":
        _plain(b, points)
        b.add_vehicle_type(1)
        factor = rng.uniform(1.0, 1.6, (n + 1, n + 1))
        matrix = np.ceil(_lengths(points) * factor).astype(int)
        b.set_matrices(matrix)
    elif kind == "bottleneck-tsp":
        _plain(b, points)
        b.add_vehicle_type(1)
        b.set_objective("bottleneck")
    elif kind == "k-tsp":
        _plain(b, points, **optional)
        b.add_vehicle_type(1)
        b.set_objective("cost", min_clients=max(1, n // 2))
    elif kind == "tsptw":
        order = rng.permutation(n) + 1
        now, at, windows = 0, 0, {}
        for c in order:
            now += int(_lengths(points)[at, c])
            windows[int(c)] = (
                max(0, now - int(rng.integers(0, 60))),
                now + int(rng.integers(5, 80)),
            )
            at = int(c)
        _plain(b, points, window=[windows[c] for c in range(1, n + 1)])
        b.add_vehicle_type(1)
    elif kind == "pc-tsp":
        prizes = rng.integers(5, 60, n)
        _plain(b, points, prize=prizes.tolist(), **optional)
        b.add_vehicle_type(1)
        b.set_objective("cost", min_prize=int(0.5 * prizes.sum()))
    elif kind == "orienteering":
        _plain(b, points, prize=rng.integers(1, 30, n).tolist(), **optional)
        b.add_vehicle_type(1, distance_cost=0, max_distance=int(25 * np.sqrt(n) + 60))
    elif kind == "gtsp":
        groups = max(1, n // 2)
        ids = [b.add_group() for _ in range(groups)]
        which = np.concatenate([np.arange(groups), rng.integers(0, groups, n - groups)])
        _plain(b, points, group=[ids[g] for g in which])
        b.add_vehicle_type(1)
    elif kind == "pdtsp":
        _plain(b, points)
        for i in range(n // 2):
            b.add_shipment(2 * i, 2 * i + 1, int(rng.integers(1, 10)))
        b.add_vehicle_type(1, capacity=20)


def _vrp(rng, b: Builder, points, kind: str) -> None:
    n = len(points) - 1
    loads = rng.integers(1, 11, n)
    q = int(max(11, np.ceil(loads.sum() / max(1, round(n / 5)) * 1.2)))
    m = int(np.ceil(loads.sum() / q)) + 2
    demand = {"delivery": loads.tolist()}
    far = int(_lengths(points)[0].max())
    if kind in ("cvrp", "ovrp", "dvrp", "mtvrp"):
        _plain(b, points, **demand)
        if kind == "cvrp":
            b.add_vehicle_type(m, capacity=q)
        elif kind == "ovrp":
            b.add_vehicle_type(m, capacity=q, end_depot=None)
        elif kind == "dvrp":
            b.add_vehicle_type(n, capacity=q, max_distance=2 * far + 40)
        else:
            b.add_vehicle_type(max(1, m // 3), capacity=q, max_trips=n, reload_depots=[0])
    elif kind == "vrptw":
        start = rng.integers(far, far + 200, n)
        windows = [(int(s), int(s + w)) for s, w in zip(start, rng.integers(20, 120, n))]
        _plain(b, points, window=windows, service=[5] * n, **demand)
        b.add_vehicle_type(n, capacity=q)
    elif kind == "mdvrp":
        other = b.add_depot(*rng.integers(0, 101, 2).astype(float))
        _plain(b, points, **demand)
        for depot in (0, other):
            b.add_vehicle_type(m, capacity=q, start_depot=depot, end_depot=depot)
    elif kind == "hfvrp":
        _plain(b, points, **demand)
        b.add_vehicle_type(m, capacity=q, fixed_cost=60)
        b.add_vehicle_type(2, capacity=2 * q, fixed_cost=100, distance_cost=2)
    elif kind == "vrpb":
        back = rng.random(n) < 0.4
        back[0] = False
        b_loads = np.where(back, loads, 0)
        _plain(b, points, delivery=(loads - b_loads).tolist(), pickup=b_loads.tolist())
        b.add_vehicle_type(m + 1, capacity=q)
        b.set_objective("cost", backhaul="last")
    elif kind == "vrpspd":
        _plain(b, points, pickup=rng.integers(0, 11, n).tolist(), **demand)
        b.add_vehicle_type(n, capacity=max(q, 12))
    elif kind == "pdptw":
        start = rng.integers(0, 100, n)
        windows = [(int(s), int(s + 250)) for s in start]
        _plain(b, points, window=windows, service=[2] * n)
        for i in range(n // 2):
            b.add_shipment(2 * i, 2 * i + 1, int(loads[i]))
        b.add_vehicle_type(n, capacity=15)
    elif kind == "top":
        prizes = rng.integers(1, 30, n).tolist()
        _plain(b, points, prize=prizes, required=[False] * n)
        b.add_vehicle_type(2, distance_cost=0, max_distance=int(15 * np.sqrt(n) + 60))
    elif kind == "minmax-mtsp":
        _plain(b, points)
        b.add_vehicle_type(max(2, n // 10))
        b.set_objective("longest")


SINGLE = (
    "tsp",
    "atsp",
    "bottleneck-tsp",
    "k-tsp",
    "tsptw",
    "pc-tsp",
    "orienteering",
    "gtsp",
    "pdtsp",
)
MULTI = (
    "cvrp",
    "vrptw",
    "mdvrp",
    "ovrp",
    "hfvrp",
    "vrpb",
    "vrpspd",
    "pdptw",
    "dvrp",
    "mtvrp",
    "top",
    "minmax-mtsp",
)
TYPES = (*SINGLE, *MULTI, "pvrp-p", "pvrp-zc")


def variant(seed: int = 0, type: str = "tsp", clients: int = 20) -> Routing:
    """An instance of one of the 23 types of problem.

    Parameters
    ----------
    seed : int
    type : str
        One of ``TYPES``: the 21 single- and multi-vehicle types, "pvrp-p" and "pvrp-zc".
    clients : int
        Points are uniform in [0, 100]² (integers); shipments pair clients 1–2, 3–4, …
    """
    _one_of(type, TYPES, "type")
    if type in ("pvrp-p", "pvrp-zc"):
        make = pvrp_p if type == "pvrp-p" else pvrp_zc
        return make(seed, clients, vehicles=3, capacity=max(10, min(40, 3 * int(clients))))
    rng, b, points = _points(seed, clients)
    (_tsp if type in SINGLE else _vrp)(rng, b, points, type)
    return b.build().replace(name=f"{type}-n{clients}-s{seed}")


def _named(kind: str) -> Callable[..., Routing]:
    def make(seed: int = 0, clients: int = 20) -> Routing:
        return variant(seed, kind, clients)

    make.__doc__ = f"The type {kind!r} of :func:`variant`."
    return make


_GENERAL: dict[str, Callable[..., Routing]] = {
    "cvrp": cvrp,
    "vrptw": vrptw,
    "pvrp-p": pvrp_p,
    "pvrp-zc": pvrp_zc,
    "robots": robots,
    "variant": variant,
}
GENERATORS: dict[str, Callable[..., Routing]] = _GENERAL | {
    kind: _named(kind) for kind in TYPES if kind not in ("cvrp", "vrptw", "pvrp-p", "pvrp-zc")
}
