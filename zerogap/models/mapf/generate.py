"""Generators: grids with obstacles, rooms, warehouses and random roadmaps."""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.mapf.instance import Mapf


def grid(
    seed: int = 0,
    rows: int = 16,
    columns: int = 16,
    obstacles: float = 0.1,
    agents: int = 10,
    connectedness: int = 3,
    radius: float = 0.353553,
    objective: str = "flowtime",
) -> Mapf:
    """A grid whose cells are blocked independently with probability `obstacles`.

    Starts and goals are two samples without repetition from the largest set of cells that reach
    each other; agents whose discs would overlap there are drawn again.

    Parameters
    ----------
    seed : int
    rows, columns : int
    obstacles : float
        0 … 0.9.
    agents : int
    connectedness : int
        2 … 5: 2^connectedness neighbours.
    radius : float
    objective : {"flowtime", "makespan"}
    """
    rng = np.random.default_rng(seed)
    rows, columns = _count(rows, "rows"), _count(columns, "columns")
    if not 0 <= obstacles <= 0.9:
        raise InstanceError(f"is {obstacles}, expected 0 … 0.9", field="obstacles")
    blocked = rng.random((rows, columns)) < obstacles
    name = f"grid-{rows}x{columns}-{agents}-{seed}"
    return _placed(blocked, rng, agents, connectedness, radius, objective, name)


def rooms(
    seed: int = 0,
    size: int = 4,
    count: int = 4,
    agents: int = 10,
    connectedness: int = 3,
    radius: float = 0.353553,
    objective: str = "flowtime",
) -> Mapf:
    """`count` × `count` rooms of `size` × `size` cells; every two neighbours share one door.

    Parameters
    ----------
    seed, size, count, agents, connectedness, radius, objective
        See `grid`; walls are one cell thick, the place of a door is uniform.
    """
    rng = np.random.default_rng(seed)
    size, count = _count(size, "size"), _count(count, "count")
    side = count * (size + 1) - 1
    blocked = np.zeros((side, side), dtype=bool)
    blocked[size :: size + 1] = True
    blocked[:, size :: size + 1] = True
    for i in range(count):
        for j in range(count - 1):
            wall = j * (size + 1) + size
            blocked[i * (size + 1) + rng.integers(size), wall] = False
            blocked[wall, i * (size + 1) + rng.integers(size)] = False
    name = f"rooms-{side}x{side}-{agents}-{seed}"
    return _placed(blocked, rng, agents, connectedness, radius, objective, name)


def roadmap(
    seed: int = 0,
    vertices: int = 60,
    neighbours: int = 4,
    agents: int = 8,
    radius: float = 0.3,
    spread: float = 0.0,
    objective: str = "flowtime",
) -> Mapf:
    """Points thrown into a square, each joined with its nearest ones, both ways.

    Parameters
    ----------
    seed : int
    vertices : int
        Points, uniform in a square of side √vertices, kept at least a radius apart where possible.
    neighbours : int
        Nearest points that each is joined with; parts that hang apart are joined by their nearest
        pair of points.
    agents : int
    radius : float
    spread : float
        Speeds are exp(N(0, spread²)).
    objective : {"flowtime", "makespan"}
    """
    rng = np.random.default_rng(seed)
    n = _count(vertices, "vertices")
    side = math.sqrt(n)
    xy = np.empty((0, 2))
    for _ in range(100 * n):
        point = rng.uniform(0, side, 2)
        if not len(xy) or np.hypot(*(xy - point).T).min() > radius:
            xy = np.vstack([xy, point])
        if len(xy) == n:
            break
    else:
        xy = np.vstack([xy, rng.uniform(0, side, (n - len(xy), 2))])
    gap = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.fill_diagonal(gap, math.inf)
    pairs = {
        (min(i, int(j)), max(i, int(j)))
        for i in range(n)
        for j in np.argsort(gap[i])[: min(neighbours, n - 1)]
    }
    _join(pairs, gap)
    edges = sorted(pairs | {(j, i) for i, j in pairs})
    k = _count(agents, "agents")
    start = _spread_out(xy, np.arange(n), k, radius, rng)
    goal = _spread_out(xy, np.arange(n), k, radius, rng)
    speed = np.exp(rng.normal(0.0, spread, k)) if spread else np.ones(k)
    return Mapf(
        xy,
        np.array(edges).reshape(-1, 2),
        start,
        goal,
        radius,
        speed,
        objective=objective,
        name=f"roadmap-{n}-{k}-{seed}",
    )


def _join(pairs: set[tuple[int, int]], gap: np.ndarray) -> None:
    """Add the nearest pairs between parts until the points hang together."""
    n = len(gap)
    label = np.arange(n)
    for i, j in pairs:
        label[label == label[i]] = label[j]
    while len(set(label.tolist())) > 1:
        inside = label == label[0]
        apart = np.where(inside[:, None] & ~inside[None], gap, math.inf)
        i, j = divmod(int(apart.argmin()), n)
        pairs.add((min(i, j), max(i, j)))
        label[label == label[i]] = label[j]


def _placed(
    blocked: np.ndarray,
    rng: np.random.Generator,
    agents: int,
    connectedness: int,
    radius: float,
    objective: str,
    name: str,
) -> Mapf:
    k = _count(agents, "agents")
    free = np.flatnonzero(~blocked.ravel())
    if not len(free):
        raise InstanceError("no cell is free", field="obstacles")
    bare = Mapf.on_grid(
        blocked, free[:1], free[:1], connectedness=connectedness, radius=min(radius, 0.5)
    )
    usable = bare.edges[bare.usable(0)]
    cells = _largest(bare.vertices, usable)
    start = _spread_out(bare.xy, cells, k, radius, rng)
    goal = _spread_out(bare.xy, cells, k, radius, rng)
    return Mapf.on_grid(
        blocked,
        start,
        goal,
        connectedness=connectedness,
        radius=radius,
        objective=objective,
        name=name,
    )


def _largest(n: int, edges: np.ndarray) -> np.ndarray:
    """Vertices of the largest part that hangs together."""
    label = np.arange(n)
    while True:
        before = label.copy()
        np.minimum.at(label, edges[:, 0], label[edges[:, 1]])
        np.minimum.at(label, edges[:, 1], label[edges[:, 0]])
        label = label[label]
        if (label == before).all():
            break
    ids, counts = np.unique(label, return_counts=True)
    return np.flatnonzero(label == ids[counts.argmax()])


def _spread_out(
    xy: np.ndarray, cells: np.ndarray, k: int, radius: float, rng: np.random.Generator
) -> np.ndarray:
    """`k` of the cells in random order, no two of them nearer than two radii."""
    chosen: list[int] = []
    grid: dict[tuple[int, int], list[int]] = {}
    side = 2 * radius
    for v in rng.permutation(cells).tolist():
        x, y = xy[v].tolist()
        a, b = math.floor(x / side), math.floor(y / side)
        near = (u for i in (-1, 0, 1) for j in (-1, 0, 1) for u in grid.get((a + i, b + j), ()))
        if all(math.hypot(xy[u, 0] - x, xy[u, 1] - y) >= side for u in near):
            chosen.append(v)
            grid.setdefault((a, b), []).append(v)
            if len(chosen) == k:
                return np.array(chosen)
    raise InstanceError(f"is {k}, the map has room for {len(chosen)}", field="agents")


def _count(value: object, field: str) -> int:
    number = int(value)  # type: ignore[call-overload]
    if not 1 <= number <= 100_000:
        raise InstanceError(f"is {number}, expected 1 … 100000", field=field)
    return number
