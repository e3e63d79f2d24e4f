"""Profiled instances as one JSON object: points of the unit square, preferences or zones.

``depot`` [x, y], ``clients`` n × [x, y], ``demand`` n, ``capacity``, and either ``preference``
m × n in [0, 1] with ``alpha``, or ``allowed`` m × n of 0 and 1, or both;
``trips_per_vehicle`` a number or "unlimited".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, integer, parse_json
from zerogap.models.routing.fields import LARGEST
from zerogap.models.routing.instance import Routing
from zerogap.models.routing.profiled import profiled
from zerogap.models.told import Told


def sniff(head: str, name: str) -> bool:
    """A JSON object with a variant of the profiled problem, or with points and profiles."""
    return head.lstrip()[:1] == "{" and (
        '"variant": "PVRP' in head
        or (
            '"depot"' in head
            and '"clients"' in head
            and '"vehicles"' not in head
            and '"family"' not in head
        )
    )


def read(text: str, *, file: str) -> Routing:
    """A profiled instance.

    Raises
    ------
    InstanceError
        Naming the place of what is missing, unknown, or out of range.
    """
    told = Told(parse_json(text, file=file))
    try:
        made = _instance(told)
        told.refuse_unknown(("variant", "seed"), file=file)
        return made
    except InstanceError as error:
        error.file = error.file or file
        raise


def _instance(data: Told) -> Routing:
    depot = _numbers(data, "depot", (2,))
    clients = _numbers(data, "clients", (None, 2))
    n = len(clients)
    if _whole(data, "n", 1, n) not in (None, n):
        raise InstanceError(f"is {data['n']}, there are {n} clients", field="n")
    demand = _numbers(data, "demand", (n,), 0, LARGEST)
    for i in np.flatnonzero(demand != np.floor(demand)):
        raise InstanceError(f"is {demand[i]:g}, expected an integer", field=f"demand[{i}]")
    capacity = _whole(data, "capacity", 0, LARGEST)
    if capacity is None:
        raise InstanceError("is missing", field="capacity")
    rows: dict[str, Any] = {}
    m = None
    for key in ("preference", "allowed"):
        if key in data:
            rows[key] = _numbers(data, key, (m, n), 0, 1)
            m = len(rows[key])
    if m is None:
        raise InstanceError("is missing; expected it or 'allowed'", field="preference")
    if m == 0 or _whole(data, "m", 0, LARGEST) not in (None, m):
        raise InstanceError(f"is {data.get('m')}, there are {m} rows of profiles", field="m")
    if "allowed" in rows:
        bad = np.argwhere((rows["allowed"] != 0) & (rows["allowed"] != 1))
        for k, c in bad[:1]:
            value = rows["allowed"][k, c]
            raise InstanceError(f"is {value:g}, expected 0 or 1", field=f"allowed[{k}][{c}]")
        rows["allowed"] = rows["allowed"].astype(bool)
    if "preference" in rows:
        alpha = data.get("alpha")
        if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not 0 <= alpha <= 1e6:
            raise InstanceError(f"is {alpha!r}, expected a number from 0", field="alpha")
        rows["alpha"] = float(alpha)
    trips = data.get("trips_per_vehicle", "unlimited")
    if trips == "unlimited":
        trips = None
    else:
        trips = _whole(data, "trips_per_vehicle", 1, LARGEST)
    name = str(data.get("name", ""))
    return profiled(depot, clients, demand.astype(int), capacity, trips=trips, name=name, **rows)


def _whole(data: Told, key: str, low: int, high: int) -> int | None:
    if key not in data:
        return None
    try:
        value = integer(data[key])
    except ValueError as error:
        raise InstanceError(f"is {data[key]!r}, {error}", field=key) from None
    if not low <= value <= high:
        raise InstanceError(f"is {value}, expected {low} … {high}", field=key)
    return value


def _numbers(
    data: Told, key: str, shape: tuple[int | None, ...], low: float = -1e6, high: float = 1e6
) -> np.ndarray:
    """An array of finite numbers of a shape, None for any length; a bad entry is named."""
    if key not in data:
        raise InstanceError("is missing", field=key)
    found = _nested(data[key], key, shape, low, high)
    return np.array(found, float).reshape([-1 if s is None else s for s in shape])


def _nested(value: Any, path: str, shape: tuple[int | None, ...], low: float, high: float) -> Any:
    if not shape:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InstanceError(f"is {value!r}, expected a number", field=path)
        if not low <= value <= high:
            raise InstanceError(f"is {value:g}, expected {low:g} … {high:g}", field=path)
        return value
    if not isinstance(value, list):
        raise InstanceError(f"is {value!r}, expected a list", field=path)
    if shape[0] not in (None, len(value)):
        raise InstanceError(f"has {len(value)} entries, expected {shape[0]}", field=path)
    if shape[0] is None and not value:
        raise InstanceError("is empty", field=path)
    return [_nested(v, f"{path}[{i}]", shape[1:], low, high) for i, v in enumerate(value)]
