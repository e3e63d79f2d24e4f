"""The data of one instance: a graph in the plane and the agents that move through it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.mapf.grid import MOVES, lattice

#: Two discs collide where their centres come nearer than (r_i + r_j) · (1 − TOLERANCE): contact is
#: no collision, and rounding must not make it one.
TOLERANCE = 1e-6
#: A disc may use what leaves it this share less room than its radius.
ROOM = 1e-6
OBJECTIVES = ("flowtime", "makespan")
#: Coordinates reach at most so many smallest radii, lest rounding be seen in a distance.
_SPAN = 1e7
_MOST_VERTICES = 5_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Mapf:
    """Discs that move along the edges of a graph in the plane, from a start to a goal each.

    Parameters
    ----------
    xy : array_like of float64, shape (vertices, 2)
        Coordinates of the vertices. For a grid they are made by `Mapf.on_grid`.
    edges : array_like of int32, shape (edges, 2)
        Directed edges (tail, head), each once; stored sorted. A move along an edge takes its
        length divided by the agent's speed.
    start, goal : array_like of int32, shape (agents,)
    radius, speed : float or array_like of float64, shape (agents,)
        Of the discs; positive.
    objective : {"flowtime", "makespan"}
        The sum of the arrival times, or the last of them.
    blocked : array_like of bool, shape (rows, columns), optional
        The grid that the graph was made from (`Mapf.on_grid`).
    connectedness : int
        2 … 5: a cell of the grid has 2^connectedness neighbours; 0 where there is no grid.
    sweep : {"disc", "centre"}
        Whether the swept disc or only the line of its centre has to stay clear of blocked cells.
    zero_edges : bool
        Whether edges of length 0, between vertices at one place, are allowed: a move along one
        takes no time. They are refused otherwise, most often being a mistake of the map.
    name : str
    room : ndarray of float64, shape (edges,), optional
        Distance of every edge from the nearest blocked cell: an agent with a larger radius may
        not use it. Infinite where there is no grid.

    Raises
    ------
    InstanceError
        Naming the field: numbers out of range, an edge of length 0 or twice, starts or goals that
        overlap, a disc that its start or goal has no room for.
    """

    xy: np.ndarray
    edges: np.ndarray
    start: np.ndarray
    goal: np.ndarray
    radius: Any = 0.25
    speed: Any = 1.0
    objective: str = "flowtime"
    blocked: np.ndarray | None = None
    connectedness: int = 0
    sweep: str = "disc"
    zero_edges: bool = False
    name: str = ""
    room: np.ndarray = None  # type: ignore[assignment]
    #: Distance of every vertex from the nearest blocked cell.
    space: np.ndarray = field(default=None, repr=False)  # type: ignore[arg-type]
    #: Edges of vertex v: first[v] … first[v + 1] − 1.
    first: np.ndarray = field(default=None, repr=False, compare=False)  # type: ignore[arg-type]
    #: Lengths of the edges.
    length: np.ndarray = field(default=None, repr=False, compare=False)  # type: ignore[arg-type]

    __repr__ = described

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        if self.objective not in OBJECTIVES:
            raise InstanceError(
                f"is {self.objective!r}, expected {' or '.join(OBJECTIVES)}", field="objective"
            )
        if self.sweep not in ("disc", "centre"):
            raise InstanceError(f"is {self.sweep!r}, expected disc or centre", field="sweep")
        put("xy", frozen(self.xy, np.float64, field="xy", shape=(None, 2), low=-1e12, high=1e12))
        n = len(self.xy)
        if not 1 <= n <= _MOST_VERTICES:
            raise InstanceError(f"{n} vertices, expected 1 … {_MOST_VERTICES}", field="xy")
        self._settle_edges(put, n)
        put("start", frozen(self.start, np.int32, field="start", shape=(None,), low=0, high=n - 1))
        k = len(self.start)
        if k < 1:
            raise InstanceError("there are no agents, expected at least one", field="start")
        put("goal", frozen(self.goal, np.int32, field="goal", shape=(k,), low=0, high=n - 1))
        for name in ("radius", "speed"):
            put(name, _positive(getattr(self, name), k, name))
        if self.blocked is not None:
            put("blocked", frozen(self.blocked, np.bool_, field="blocked", shape=(None, None)))
        self._settle_room(put)
        span = float(np.ptp(self.xy, axis=0).max(initial=0.0)) if n else 0.0
        if span > _SPAN * self.radius.min():
            raise InstanceError(
                f"the map is {span:g} wide, more than {_SPAN:g} radii of agent "
                f"{int(self.radius.argmin())}",
                field="radius",
            )
        self._check_places("start", self.start)
        self._check_places("goal", self.goal)

    def _settle_edges(self, put: Any, n: int) -> None:
        edges = np.asarray(self.edges)
        if edges.size == 0:
            edges = edges.reshape(0, 2)
        edges = frozen(edges, np.int32, field="edges", shape=(None, 2), low=0, high=n - 1)
        key = edges[:, 0].astype(np.int64) * n + edges[:, 1]
        order = np.argsort(key, kind="stable")
        twice = np.flatnonzero(np.diff(key[order]) == 0)
        if len(twice):
            a, b = edges[order[twice[0]]].tolist()
            raise InstanceError(f"edge {a} → {b} is there twice", field="edges")
        delta = self.xy[edges[order, 1]] - self.xy[edges[order, 0]]
        length = np.hypot(delta[:, 0], delta[:, 1])
        loop = np.flatnonzero(edges[:, 0] == edges[:, 1])
        if len(loop):
            raise InstanceError(
                f"edge {edges[loop[0], 0]} → {edges[loop[0], 1]} (element {loop[0]}) is a loop, "
                "agents wait without one",
                field="edges",
            )
        bad = np.flatnonzero(length <= 0)
        if len(bad) and not self.zero_edges:
            i = int(order[bad[0]])
            a, b = edges[i].tolist()
            raise InstanceError(
                f"edge {a} → {b} (element {i}) has length 0, expected more "
                "(or zero_edges, where a move may take no time)",
                field="edges",
            )
        if self.room is not None:
            room = frozen(self.room, np.float64, field="room", shape=(len(edges),), low=0)
            put("room", frozen(room[order], np.float64, field="room"))
        put("edges", frozen(edges[order], np.int32, field="edges"))
        put("length", frozen(length, np.float64, field="length"))
        counts = np.bincount(self.edges[:, 0], minlength=n)
        put("first", frozen(np.r_[0, np.cumsum(counts)], np.int32, field="first"))

    def _settle_room(self, put: Any) -> None:
        if self.room is None:
            put("room", frozen(np.full(len(self.edges), math.inf), np.float64, field="room"))
        if self.space is None:
            space = np.full(len(self.xy), math.inf)
        else:
            space = self.space
        shape = (len(self.xy),)
        put("space", frozen(space, np.float64, field="space", shape=shape, low=0))

    def _check_places(self, what: str, at: np.ndarray) -> None:
        """Starts (goals) lie on vertices with room for the disc, and no two of them overlap."""
        tight = self.radius > self.space[at] * (1 + ROOM) + 1e-12
        if tight.any():
            i = int(np.flatnonzero(tight)[0])
            v = int(at[i])
            where = f"vertex {v}"
            if self.blocked is not None:
                row, column = divmod(v, self.blocked.shape[1])
                where = f"cell ({row}, {column})"
                if self.blocked[row, column]:
                    raise InstanceError(f"agent {i}: {where} is blocked", field=what)
            raise InstanceError(
                f"agent {i}: {where} has room for a radius of {self.space[v]:g}, "
                f"its own is {self.radius[i]:g}",
                field=what,
            )
        pair = _overlap(self.xy[at], self.radius)
        if pair is not None:
            i, j = pair
            gap = float(np.hypot(*(self.xy[at[i]] - self.xy[at[j]])))
            raise InstanceError(
                f"agents {i} and {j} overlap there: vertices {at[i]} and {at[j]} are {gap:g} "
                f"apart, expected at least {self.radius[i] + self.radius[j]:g}",
                field=what,
            )

    @classmethod
    def on_grid(
        cls,
        blocked: Any,
        start: Any,
        goal: Any,
        *,
        connectedness: int = 3,
        radius: Any = 0.353553,
        sweep: str = "disc",
        **fields: Any,
    ) -> Mapf:
        """An instance on a grid of unit cells; vertex row × columns + column is a cell's centre.

        Parameters
        ----------
        blocked : array_like of bool, shape (rows, columns)
        start, goal : array_like of int32, shape (agents,)
            Vertices.
        connectedness : int
            2 … 5: 2^connectedness neighbours.
        radius, sweep, **fields
            As for `Mapf`.
        """
        grid = frozen(blocked, np.bool_, field="blocked", shape=(None, None))
        if grid.size == 0:
            raise InstanceError("has no cells", field="blocked")
        if connectedness not in MOVES:
            raise InstanceError(f"is {connectedness}, expected 2 … 5", field="connectedness")
        if sweep not in ("disc", "centre"):
            raise InstanceError(f"is {sweep!r}, expected disc or centre", field="sweep")
        least = float(_positive(radius, None, "radius").min())
        most = float(_positive(radius, None, "radius").max())
        xy, edges, room, space = lattice(grid, connectedness, least, most, sweep == "disc")
        return cls(
            xy,
            edges,
            start,
            goal,
            radius,
            blocked=grid,
            connectedness=connectedness,
            sweep=sweep,
            room=room,
            space=space,
            **fields,
        )

    @property
    def vertices(self) -> int:
        """Number of vertices."""
        return len(self.xy)

    @property
    def agents(self) -> int:
        """Number of agents."""
        return len(self.start)

    def usable(self, agent: int) -> np.ndarray:
        """Mask of the edges that an agent's disc has room on."""
        return self.radius[agent] <= self.room * (1 + ROOM) + 1e-12


def _positive(value: Any, k: int | None, name: str) -> np.ndarray:
    if np.ndim(value) == 0:
        value = np.full(1 if k is None else k, value)
    shape = (None,) if k is None else (k,)
    made = frozen(value, np.float64, field=name, shape=shape, high=1e9)
    bad = np.flatnonzero(~(made >= 1e-9))
    if len(bad):
        raise InstanceError(
            f"element {bad[0]} is {made[bad[0]]:g}, expected more than 0 (1e-9 … 1e9)", field=name
        )
    return made


def _overlap(xy: np.ndarray, radius: np.ndarray) -> tuple[int, int] | None:
    """Two discs that overlap, if any: neighbours in order of x are compared."""
    order = np.argsort(xy[:, 0], kind="stable")
    x, most = xy[order, 0], 2 * float(radius.max(initial=0.0))
    last = np.searchsorted(x, x + most, side="right")
    for a in range(len(order)):
        i = int(order[a])
        others = order[a + 1 : last[a]]
        if not len(others):
            continue
        gap = np.hypot(*(xy[others] - xy[i]).T)
        near = np.flatnonzero(gap < (radius[others] + radius[i]) * (1 - TOLERANCE))
        if len(near):
            return tuple(sorted((i, int(others[near[0]]))))  # type: ignore[return-value]
    return None
