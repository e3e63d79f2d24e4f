"""The solution: start, end and mode of every task; calendars, which model and files need too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import NONE
from zerogap.models.scheduling.instance import Workshop

Closings = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """When and how every task is done.

    Parameters
    ----------
    start, end : ndarray of int64, shape (tasks,)
        Start and end, -1 for a task that is left out.
    mode : ndarray of int64, shape (tasks,)
        Mode, counted from the task's first, -1 for a task that is left out.
    """

    start: np.ndarray
    end: np.ndarray
    mode: np.ndarray

    def __post_init__(self) -> None:
        shape = None
        for field in ("start", "end", "mode"):
            values = getattr(self, field)
            array = frozen(values, np.int64, field=field, shape=shape or (None,), low=NONE)
            shape = array.shape
            object.__setattr__(self, field, array)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Plan):
            return NotImplemented
        return all(
            np.array_equal(getattr(self, f), getattr(other, f)) for f in ("start", "end", "mode")
        )

    __hash__ = None  # type: ignore[assignment]


def encode(plan: Plan) -> dict:
    """Lists by task, in the order of the instance."""
    return {field: getattr(plan, field).tolist() for field in ("start", "end", "mode")}


def decode(shop: Workshop, data: dict) -> Plan:
    """A plan from lists by task, flat or nested by jobs; ``end`` and ``mode`` may be left out.

    Raises
    ------
    InstanceError
        If a list is missing or of another length than the instance's.
    """
    if "start" not in data:
        raise InstanceError("is missing", field="start")
    start = _flat(shop, data["start"], "start")
    if data.get("mode") is None:
        several = np.flatnonzero(np.diff(shop.first_mode) > 1)
        if several.size:
            raise InstanceError(
                f"is missing, and {shop.label('task', several[0])} has a choice", field="mode"
            )
        mode = [NONE if s == NONE else 0 for s in start]
    else:
        mode = _flat(shop, data["mode"], "mode")
    if data.get("end") is None:
        end = [_end(shop, t, s, m) for t, (s, m) in enumerate(zip(start, mode))]
    else:
        end = _flat(shop, data["end"], "end")
    return Plan(np.array(start), np.array(end), np.array(mode))


def _flat(shop: Workshop, values: Any, field: str) -> list[int]:
    if not isinstance(values, list):
        raise InstanceError("expected a list", field=field)
    if values and isinstance(values[0], list):
        values = [v for part in values for v in (part if isinstance(part, list) else [part])]
    if len(values) != shop.tasks:
        raise InstanceError(f"{len(values)} entries for {shop.tasks} tasks", field=field)
    for t, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InstanceError(f"element {t} is {value!r}, expected an integer", field=field)
    return [int(v) for v in values]


def _end(shop: Workshop, task: int, start: int, mode: int) -> int:
    if mode == NONE or not 0 <= mode < shop.first_mode[task + 1] - shop.first_mode[task]:
        return NONE
    m = int(shop.first_mode[task]) + mode
    d = int(shop.mode_duration[m])
    return finish(calendar(shop, m), start, d, bool(shop.task_pause[task]))


def closings(shop: Workshop) -> list[list[tuple[int, int]]]:
    """Closed intervals of every resource, by begin, those that touch merged."""
    order = np.lexsort((shop.closing_begin, shop.closing_resource))
    resource, begin, end = (
        getattr(shop, f"closing_{name}")[order] for name in ("resource", "begin", "end")
    )
    places = np.searchsorted(resource, np.arange(shop.resources + 1))
    made: list[list[tuple[int, int]]] = []
    for k, m in zip(places[:-1].tolist(), places[1:].tolist()):
        if k == m:
            made.append([])
            continue
        late = np.maximum.accumulate(end[k:m])
        # A new interval where one begins after everything before it has ended.
        new = np.flatnonzero(np.concatenate(([True], begin[k + 1 : m] > late[:-1])))
        last = np.append(new[1:], m - k) - 1
        made.append(list(zip(begin[k + new].tolist(), late[last].tolist())))
    return made


def calendar(shop: Workshop, mode: int) -> Closings:
    """When a mode cannot be worked on: the closings of all its resources together, merged."""
    if not len(shop.closing_begin):
        return ()
    cache = shop.__dict__.setdefault("_calendars", {})
    used = shop.demand_resource[shop.first_demand[mode] : shop.first_demand[mode + 1]]
    key = tuple(sorted(used.tolist()))
    if key not in cache:
        if "_closings" not in shop.__dict__:
            shop.__dict__["_closings"] = closings(shop)
        closed = [row for r in key if (row := shop.__dict__["_closings"][r])]
        if len(closed) == 1:
            cache[key] = tuple(closed[0])
            return cache[key]
        rows = sorted(c for row in closed for c in row)
        merged: list[tuple[int, int]] = []
        for a, b in rows:
            if merged and a <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(b, merged[-1][1]))
            else:
                merged.append((a, b))
        cache[key] = tuple(merged)
    return cache[key]


def finish(closed: Closings, start: int, duration: int, pause: bool) -> int:
    """End of a task that starts at `start`, which must be open; its breaks are added if it pauses.

    Whether one that does not pause meets a closing is not looked at.
    """
    if not pause:
        return start + duration
    end = start + duration
    for a, b in closed:
        if a >= start and a < end:
            end += b - a
    return end


def earliest(closed: Closings, start: int, duration: int, pause: bool) -> tuple[int, int]:
    """First start not before `start` that the closings allow, with its end."""
    for a, b in closed:
        if b <= start:
            continue
        if a <= start or (not pause and a < start + duration):
            start = b
    return start, finish(closed, start, duration, pause)


def label(shop: Workshop, table: str, index: int) -> str:
    """A task, job or resource in words."""
    return shop.label(table, index)
