"""The solution: where every agent is when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.mapf.instance import ROOM, Mapf

#: Stated durations of moves agree with length / speed to this share (or this much, if below 1).
STATED = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """For every agent the times and vertices of its path.

    Parameters
    ----------
    first : array_like of int64, shape (agents + 1,)
        Entries of agent i: first[i] … first[i + 1] − 1, at least one.
    time : array_like of float64
        Not falling along a path, which begins at time 0.
    vertex : array_like of int32
        Two entries with the same vertex: it waits there from one time to the other; different
        vertices: it leaves the one at the first time and reaches the other at the second. After
        its last entry an agent stays.
    """

    first: np.ndarray
    time: np.ndarray
    vertex: np.ndarray

    def __post_init__(self) -> None:
        put = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        put("first", frozen(self.first, np.int64, field="first", shape=(None,), low=0))
        time = frozen(self.time, np.float64, field="time", shape=(None,), low=0.0, high=1e15)
        put("time", time)
        put("vertex", frozen(self.vertex, np.int32, field="vertex", shape=time.shape, low=0))
        if len(self.first) < 1 or self.first[0] != 0 or self.first[-1] != len(time):
            raise InstanceError(f"expected 0 … {len(time)}", field="first")
        empty = np.flatnonzero(np.diff(self.first) < 1)
        if len(empty):
            raise InstanceError("expected at least one entry", field=f"paths[{empty[0]}]")

    @classmethod
    def of(cls, paths: Iterable[Sequence[tuple[float, int]]]) -> Paths:
        """From one list of (time, vertex) an agent."""
        listed = [list(path) for path in paths]
        flat = [entry for path in listed for entry in path]
        return cls(
            np.cumsum([0] + [len(path) for path in listed]),
            np.array([entry[0] for entry in flat], dtype=np.float64),
            np.array([entry[1] for entry in flat], dtype=np.int64),
        )

    @property
    def paths(self) -> list[list[list[Any]]]:
        """One list of [time, vertex] an agent."""
        pairs = [[t, v] for t, v in zip(self.time.tolist(), self.vertex.tolist())]
        bounds = self.first.tolist()
        return [pairs[a:b] for a, b in zip(bounds, bounds[1:])]


def encode(solution: Paths) -> dict:
    """The solution as a JSON-able dict."""
    return {"paths": solution.paths}


def decode(instance: Mapf, data: dict) -> Paths:
    """The solution from a JSON dict; raises `InstanceError` if it is malformed."""
    if "paths" not in data:
        raise InstanceError("key 'paths' is missing", field="solution")
    paths = data["paths"]
    if not isinstance(paths, list):
        raise InstanceError("expected a list, a path an agent", field="paths")
    for i, path in enumerate(paths):
        if not isinstance(path, list) or not path:
            raise InstanceError("expected a list of [time, vertex]", field=f"paths[{i}]")
        for j, entry in enumerate(path):
            good = isinstance(entry, list | tuple) and len(entry) == 2
            if not good or not all(type(v) in (int, float) for v in entry):
                raise InstanceError("expected [time, vertex]", field=f"paths[{i}][{j}]")
            if entry[1] != int(entry[1]):
                raise InstanceError(f"vertex is {entry[1]}", field=f"paths[{i}][{j}]")
    return Paths.of(paths)


class Segments(NamedTuple):
    """What the agents do, one entry a wait or a move: from `tail` at `begin` to `head` at `end`."""

    agent: np.ndarray
    begin: np.ndarray
    end: np.ndarray
    tail: np.ndarray
    head: np.ndarray


def segments(instance: Mapf, solution: Paths) -> tuple[Segments, np.ndarray]:
    """Waits and moves with their true times, and the agents' arrivals.

    A move lasts length / speed exactly and a wait what is stated, so that times which were
    rounded in a file neither make an agent faster nor drift. A wait at the end is no part of a
    path: the arrival is when the agent reaches its last vertex for good.

    Raises
    ------
    InfeasibleSolution
        If a path does not begin at its start at time 0, end at its goal, follow usable edges, or
        if its times fall or disagree with the durations.
    """
    first = solution.first
    if len(first) - 1 != instance.agents:
        raise InfeasibleSolution(
            f"{len(first) - 1} paths for {instance.agents} agents", constraint="agents"
        )
    time, vertex = solution.time, solution.vertex
    _ends(instance, solution)
    last = np.zeros(len(time), dtype=bool)
    last[first[1:] - 1] = True
    at = np.flatnonzero(~last)
    owner = np.repeat(np.arange(instance.agents), np.diff(first))[at]
    tail, head = vertex[at], vertex[at + 1]
    stated = time[at + 1] - time[at]
    moving = tail != head
    duration = np.where(moving, 0.0, stated)
    edge = _edges(instance, owner, tail, head, moving)
    duration[moving] = instance.length[edge[moving]] / instance.speed[owner[moving]]
    _durations(owner, time[at], tail, head, stated, duration)
    end = np.zeros(len(time))
    end[at + 1] = duration
    # Sums along each path alone: what an agent does may not depend on the agents before it.
    begin = np.zeros(len(time))
    for a, b in zip(first.tolist(), first[1:].tolist()):
        begin[a:b] = np.cumsum(end[a:b])
    made = Segments(owner, begin[at], begin[at + 1], tail, head)
    arrival = np.zeros(instance.agents)
    np.maximum.at(arrival, owner[moving], made.end[moving])
    keep = made.end <= arrival[owner]
    return Segments(*(column[keep] for column in made)), arrival


def _ends(instance: Mapf, solution: Paths) -> None:
    first, time, vertex = solution.first, solution.time, solution.vertex
    for what, at, wanted in (
        ("begins", first[:-1], instance.start),
        ("ends", first[1:] - 1, instance.goal),
    ):
        wrong = np.flatnonzero(vertex[at] != wanted)
        if len(wrong):
            i = int(wrong[0])
            raise InfeasibleSolution(
                f"agent {i} {what} at vertex {vertex[at[i]]}, expected {wanted[i]}",
                constraint=what,
                where=i,
            )
    late = np.flatnonzero(time[first[:-1]] != 0)
    if len(late):
        i = int(late[0])
        raise InfeasibleSolution(
            f"agent {i} begins at time {time[first[i]]:g}, expected 0", constraint="begins", where=i
        )


def _edges(
    instance: Mapf, owner: np.ndarray, tail: np.ndarray, head: np.ndarray, moving: np.ndarray
) -> np.ndarray:
    """Edges of the moves (anything for waits); every one there and with room for its agent."""
    n = instance.vertices
    outside = np.flatnonzero(moving & ((tail >= n) | (head >= n)))
    if len(outside):
        i = int(outside[0])
        raise InfeasibleSolution(
            f"agent {owner[i]} moves {tail[i]} → {head[i]}, the map has {n} vertices",
            constraint="edge",
            where=int(owner[i]),
        )
    keys = instance.edges[:, 0].astype(np.int64) * n + instance.edges[:, 1]
    wanted = tail.astype(np.int64) * n + head
    edge = np.minimum(np.searchsorted(keys, wanted), max(0, len(keys) - 1))
    there = keys[edge] == wanted if len(keys) else np.zeros(len(wanted), dtype=bool)
    missing = np.flatnonzero(moving & ~there)
    if len(missing):
        i = int(missing[0])
        raise InfeasibleSolution(
            f"agent {owner[i]} moves {tail[i]} → {head[i]}, which is no edge",
            constraint="edge",
            where=int(owner[i]),
        )
    if len(keys) == 0:
        return edge
    tight = instance.radius[owner] > instance.room[edge] * (1 + ROOM) + 1e-12
    tight = np.flatnonzero(moving & tight)
    if len(tight):
        i = int(tight[0])
        raise InfeasibleSolution(
            f"agent {owner[i]} moves {tail[i]} → {head[i]}, where a blocked cell is "
            f"{instance.room[edge[i]]:g} away, less than its radius "
            f"{instance.radius[owner[i]]:g}",
            constraint="room",
            where=int(owner[i]),
        )
    return edge


def _durations(
    owner: np.ndarray,
    time: np.ndarray,
    tail: np.ndarray,
    head: np.ndarray,
    stated: np.ndarray,
    duration: np.ndarray,
) -> None:
    back = np.flatnonzero(stated < 0)
    if len(back):
        i = int(back[0])
        raise InfeasibleSolution(
            f"agent {owner[i]}: time falls by {-stated[i]:g} after {time[i]:g}",
            constraint="time",
            where=int(owner[i]),
            by=float(-stated[i]),
        )
    slack = STATED * np.maximum(1.0, time + duration)
    off = np.flatnonzero(np.abs(stated - duration) > slack)
    if len(off):
        i = int(off[0])
        raise InfeasibleSolution(
            f"agent {owner[i]} moves {tail[i]} → {head[i]} at {time[i]:g} in {stated[i]:g}, "
            f"length / speed is {duration[i]:g}",
            constraint="duration",
            where=int(owner[i]),
            by=float(abs(stated[i] - duration[i])),
        )
