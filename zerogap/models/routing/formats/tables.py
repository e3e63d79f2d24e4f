"""From tables of clients and vehicles to an instance: CSV files or data frames, a person's units.

Columns are the builder's arguments and a few words more. Times may be clock times (``08:30``,
``2026-05-04T08:30``) or numbers of seconds; several windows or breaks are separated by ``;``. Loads
may have decimals: they are scaled exactly. Places are ``lat``/``lon`` in degrees or ``x``/``y``, or
rows of a matrix (an OSRM ``table``, or arrays).
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, integer
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.fields import UNLIMITED, of
from zerogap.models.routing.instance import Routing
from zerogap.models.told import nearest

EARTH = 6_371_008.8  # metres: mean radius (IUGG)

#: Columns that hold times of the day, durations, and loads.
CLOCK = ("window", "soft_window", "release", "shift")
LOADS = ("delivery", "pickup", "capacity", "min_load", "on_board")
PLACE = ("lat", "lon", "x", "y")


def from_tables(
    clients: Any,
    vehicles: Any,
    *,
    depots: Any = None,
    matrix: Any = None,
    speed_kmh: float = 50.0,
    detour: float = 1.3,
    name: str = "",
) -> Routing:
    """An instance from tables.

    Parameters
    ----------
    clients, vehicles, depots : path, text of a CSV, data frame, or list of dicts
        A row a client, vehicle type or depot. Columns of clients and vehicles: the arguments of
        `Builder.add_client` and `Builder.add_vehicle_type`; ``lat`` and ``lon`` or ``x`` and ``y``;
        ``open`` and ``close`` for one window, ``start`` and ``end`` for a shift; ``priority`` 0 …
        100 for clients that may be left out, the highest last. Depots: a place, ``open``,
        ``close``, ``name``. Empty cells take the default.
    matrix : optional
        Distances and durations of all places, depots first: ``(distance, duration)``, one array
        for both, or an OSRM ``table`` answer (dict, text or path) with ``durations`` and, if it has
        them, ``distances``. None: from the coordinates; for degrees great circles times
        `detour` in metres, at `speed_kmh` in seconds.
    speed_kmh, detour : float
    name : str

    Raises
    ------
    InstanceError
        Naming table, row and column.
    """
    tables = {"clients": _rows(clients, "clients"), "vehicles": _rows(vehicles, "vehicles")}
    tables["depots"] = [{}] if depots is None else _rows(depots, "depots")
    if depots is None and matrix is None:
        raise InstanceError("expected a table with one row at least", field="depots")
    for what, rows in tables.items():
        if not rows:
            raise InstanceError("has no rows", field=what)
    degrees = any("lat" in row or "lon" in row for rows in tables.values() for row in rows)
    scales = _scales([*tables["clients"], *tables["vehicles"]])
    day = _Day()
    b = Builder(rounding="round", name=name)
    places: list[tuple[float, float]] = []
    for k, row in enumerate(tables["depots"]):
        at = _Row(row, f"depots row {k + 1}", scales, day)
        x, y = at.place(degrees, matrix is not None)
        places.append((x, y))
        window = at.span("open", "close") or (0, UNLIMITED)
        at.take("name")
        b.add_depot(x, y, window=window)
        at.finish(("open", "close", "name", *PLACE))
    known = of("client")
    prioritised = []
    for k, row in enumerate(tables["clients"]):
        at = _Row(row, f"clients row {k + 1}", scales, day)
        x, y = at.place(degrees, matrix is not None)
        places.append((x, y))
        fields = at.fields(known, ("open", "close", "window"))
        if (priority := at.take("priority")) is not None:
            prioritised.append((k, at.number("priority", priority, 0, 100)))
            fields["required"] = False
        b.add_client(x, y, **fields)
        at.finish((*known, "open", "close", "priority", *PLACE))
    known = of("vehicle")
    for k, row in enumerate(tables["vehicles"]):
        at = _Row(row, f"vehicles row {k + 1}", scales, day)
        fields = at.fields(known, ("start", "end", "shift"))
        b.add_vehicle_type(**fields)
        at.finish((*known, "start", "end"))
    if matrix is not None:
        b.set_matrices(*matrices(matrix, len(places)))
    elif degrees:
        metres = haversine(places) * detour
        b.set_matrices(np.round(metres).astype(np.int64),
                       np.ceil(metres / (speed_kmh / 3.6)).astype(np.int64))  # fmt: skip
    made = b.build()
    return prioritise(made, dict(prioritised)) if prioritised else made


def prioritise(instance: Routing, priority: Mapping[int, int]) -> Routing:
    """Prizes by which clients of high priority are left out last, then as few as possible.

    A prize is more than all routes together can cost, times one and n + 1 for each step of
    priority (as the reader of VROOM's files has it).

    Parameters
    ----------
    instance : Routing
    priority : mapping of int to int
        By client, 0 … 100; others stay as they are.
    """
    n = instance.clients
    way = 0
    for p in range(instance.profiles):
        far = instance.matrix(p)
        way = max(way, int(far[far < 1 << 40].max(initial=0)))
    unit = int(instance.distance_cost.max())
    most = 1 + 2 * n * way * unit + int(instance.fixed_cost.max()) * n
    hours = (
        instance.duration_cost,
        instance.overtime_cost,
        instance.early_cost,
        instance.late_cost,
    )
    if any(cost.any() for cost in hours):
        raise InstanceError("priorities go with costs of distance and vehicles", field="priority")
    prize, required = instance.prize.copy(), instance.required.copy()
    for c, level in priority.items():
        prize[c], required[c] = most * (1 + (n + 1) * level), False
    return instance.replace(prize=prize, required=required)


def sniff(head: str, name: str) -> bool:
    """A header with places, and more words than numbers."""
    words = {w.strip().lower() for w in head.split("\n", 1)[0].replace(";", ",").split(",")}
    return {"lat", "lon"} <= words or {"x", "y"} <= words or "delivery" in words


def read(
    text: str, *, file: str, vehicles: str = "", depots: str = "", matrix: str = ""
) -> Routing:
    """An instance from a CSV of clients and the files that the options name."""
    if not vehicles:
        raise InstanceError("is missing: the file of the vehicle types", file=file,
                            field="option vehicles")  # fmt: skip
    try:
        return from_tables(text, vehicles, depots=depots or None, matrix=matrix or None)
    except InstanceError as error:
        error.file = error.file or file
        raise


# -- travel ----------------------------------------------------------------------------------------
def haversine(places: Sequence[tuple[float, float]]) -> np.ndarray:
    """Great-circle distances in metres between (lon, lat) pairs in degrees, shape (L, L)."""
    lon, lat = np.radians(np.array(places, float).reshape(-1, 2)).T
    a = np.sin((lat[:, None] - lat) / 2) ** 2
    a = a + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(np.clip(a, 0, 1)))


def matrices(given: Any, size: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(distance, duration) from arrays or an OSRM ``table`` answer; values are rounded up.

    Raises
    ------
    InstanceError
        If a matrix is not square, has not `size` rows, or a pair has no way.
    """
    if isinstance(given, (str, Path)):
        text = str(given)
        if not text.lstrip().startswith("{"):
            text = Path(given).read_text()
        given = json.loads(text)
    if isinstance(given, Mapping):
        if given.get("code", "Ok") != "Ok":
            raise InstanceError(f"the routing service says {given['code']!r}", field="matrix")
        if "durations" not in given:
            raise InstanceError("has no durations", field="matrix")
        pair = [given.get("distances", given["durations"]), given["durations"]]
    elif isinstance(given, tuple) and len(given) == 2:
        pair = [given[0], given[1]]
    else:
        pair = [given, given]
    made = []
    for word, rows in zip(("distances", "durations"), pair):
        try:
            array = np.array(
                [[math.nan if v is None else float(v) for v in row] for row in rows], float
            )
        except (TypeError, ValueError):
            raise InstanceError("is no matrix of numbers", field=f"matrix.{word}") from None
        want = len(array) if size is None else size
        if array.shape != (want, want):
            shape = " × ".join(map(str, array.shape))
            raise InstanceError(
                f"is {shape}, expected {want} × {want}: the depots, then the clients",
                field=f"matrix.{word}",
            )
        bad = np.argwhere(~np.isfinite(array) | (array < 0))
        if len(bad):
            a, z = (int(v) for v in bad[0])
            raise InstanceError(f"there is no way from place {a} to {z}", field=f"matrix.{word}")
        made.append(np.ceil(array - 1e-9).astype(np.int64))
    return made[0], made[1]


# -- cells -----------------------------------------------------------------------------------------
def _rows(table: Any, what: str) -> list[dict[str, Any]]:
    """Rows without empty cells; columns by their names in lower case."""
    if hasattr(table, "to_dict"):
        rows: Iterable[Mapping] = table.to_dict("records")
    elif isinstance(table, (str, Path)):
        text = str(table)
        if "\n" not in text:
            try:
                text = Path(table).read_text(encoding="utf-8-sig")
            except OSError as error:
                raise InstanceError(f"cannot be read: {error}", field=what) from None
        first = text.split("\n", 1)[0]
        mark = max(",;\t", key=first.count)
        rows = csv.DictReader(io.StringIO(text), delimiter=mark)
    else:
        rows = table
    return [{str(k).strip().lower(): v for k, v in row.items() if not _empty(v)} for row in rows]


def _empty(value: Any) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        return True
    return isinstance(value, float) and math.isnan(value)


def _decimal(value: Any) -> Decimal:
    return Decimal(str(value).strip().replace(",", "."))


def _parts(value: Any) -> list[Any]:
    """The amounts of a load: a number, a sequence, or a text with blanks or semicolons."""
    if isinstance(value, str):
        return value.replace(";", " ").split()
    return list(value) if isinstance(value, (list, tuple, np.ndarray)) else [value]


def _scales(rows: list[dict[str, Any]]) -> list[int]:
    """By dimension: the power of ten that makes all loads of the tables whole."""
    found: list[int] = []
    for row in rows:
        for column in LOADS:
            for k, value in enumerate(_parts(row[column]) if column in row else ()):
                try:
                    digits = max(0, -int(_decimal(value).normalize().as_tuple().exponent))
                except (InvalidOperation, ValueError, TypeError):
                    digits = 0  # named where the cell is read
                found += [0] * (k + 1 - len(found))
                found[k] = max(found[k], digits)
    return [10**digits for digits in found]


class _Day:
    """Clock times as seconds; dates count from the first one's midnight."""

    def __init__(self) -> None:
        self.first: datetime.date | None = None

    def seconds(self, value: Any) -> int:
        if isinstance(value, datetime.time):
            return value.hour * 3600 + value.minute * 60 + value.second
        if isinstance(value, str) and ":" in value:
            text = value.strip()
            if "-" in text:
                value = datetime.datetime.fromisoformat(text)
            else:
                parts = [int(p) for p in text.split(":")]
                if len(parts) > 3 or any(p < 0 for p in parts) or max(parts[1:]) > 59:
                    raise ValueError("expected a time of the day")
                return sum(p * q for p, q in zip(parts, (3600, 60, 1)))
        if isinstance(value, datetime.datetime):
            self.first = self.first or value.date()
            days = (value.date() - self.first).days
            return days * 86400 + value.hour * 3600 + value.minute * 60 + value.second
        return integer(_decimal(value))


class _Row:
    """One row; what is wrong is named with its table, row and column."""

    def __init__(self, cells: dict[str, Any], place: str, scales: list[int], day: _Day) -> None:
        self.cells, self.at, self.scales, self.day = dict(cells), place, scales, day
        self.left = set(cells)

    def take(self, column: str) -> Any:
        self.left.discard(column)
        return self.cells.get(column)

    def wrong(self, column: str, what: str) -> InstanceError:
        return InstanceError(
            f"is {self.cells.get(column)!r}, expected {what}", field=f"{self.at}, {column}"
        )

    def finish(self, known: Iterable[str]) -> None:
        for column in sorted(self.left):
            raise InstanceError(
                f"unknown column{nearest(column, known)}", field=f"{self.at}, {column}"
            )

    def number(self, column: str, value: Any, low: int, high: int) -> int:
        try:
            whole = integer(_decimal(value))
        except (InvalidOperation, ValueError):
            raise self.wrong(column, "a whole number") from None
        if not low <= whole <= high:
            raise self.wrong(column, f"{low} … {high}")
        return whole

    def place(self, degrees: bool, matrix: bool) -> tuple[float, float]:
        pair = ("lon", "lat") if degrees else ("x", "y")
        values = []
        for column, most in zip(pair, (180, 90)):
            value = self.take(column)
            if value is None:
                if matrix:
                    return 0.0, 0.0
                raise InstanceError("is missing", field=f"{self.at}, {column}")
            try:
                values.append(float(_decimal(value)))
            except InvalidOperation:
                raise self.wrong(column, "a number") from None
            if not math.isfinite(values[-1]) or (degrees and abs(values[-1]) > most):
                raise self.wrong(column, f"degrees −{most} … {most}" if degrees else "a number")
        return values[0], values[1]

    def time(self, column: str, value: Any) -> int:
        try:
            return self.day.seconds(value)
        except (InvalidOperation, ValueError, TypeError):
            raise self.wrong(column, "a time (08:30, or seconds)") from None

    def span(self, first: str, last: str) -> tuple[int, int] | None:
        a, z = self.take(first), self.take(last)
        if a is None and z is None:
            return None
        opens = 0 if a is None else self.time(first, a)
        return opens, UNLIMITED if z is None else self.time(last, z)

    def spans(self, column: str, value: Any) -> list[tuple[int, int]]:
        """Windows as ``08:00-10:00; 14:00-16:00`` or (open, close) pairs."""
        if isinstance(value, str):
            pairs: list[Any] = [w.split("-") for w in value.split(";") if w.strip()]
        else:
            pairs = [value] if len(value) and np.isscalar(value[0]) else list(value)
        if not pairs or any(len(p) != 2 for p in pairs):
            raise self.wrong(column, "windows like 08:00-10:00; 14:00-16:00")
        return [(self.time(column, a), self.time(column, z)) for a, z in pairs]

    def load(self, column: str, value: Any) -> list[int]:
        found = []
        for k, part in enumerate(_parts(value)):
            try:
                found.append(integer(_decimal(part) * self.scales[k]))
            except (InvalidOperation, ValueError, TypeError):
                raise self.wrong(column, "numbers") from None
        return found

    def fields(self, known: Mapping[str, Any], spans: tuple[str, str, str]) -> dict[str, Any]:
        """Arguments of the builder from the row's cells."""
        found: dict[str, Any] = {}
        if (span := self.span(spans[0], spans[1])) is not None:
            found[spans[2]] = span
        for column, row in known.items():
            if (value := self.take(column)) is None:
                continue
            found[column] = self._cell(column, row, value)
        return found

    def _cell(self, column: str, row: Any, value: Any) -> Any:
        if column in LOADS:
            return self.load(column, value)
        if column in CLOCK and row.kind in ("windows", "span"):
            windows = self.spans(column, value)
            if row.kind == "span" and len(windows) > 1:
                raise self.wrong(column, "one window")
            return windows[0] if row.kind == "span" else windows
        if row.kind == "breaks":
            return self._breaks(column, value)
        if row.kind == "skills":
            return [w.strip() for w in value.split(";")] if isinstance(value, str) else value
        if row.kind == "flag":
            words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
            if (word := str(value).strip().lower()) not in words:
                raise self.wrong(column, "true or false")
            return words[word]
        if row.kind == "name":
            return str(value)
        if row.kind == "index" and column == "vehicle" and not _numeric(value):
            return str(value)
        if row.kind in ("number", "index"):
            if column in CLOCK or row.unit == "time":
                return self.time(column, value)
            return self.number(column, value, -UNLIMITED, UNLIMITED)
        return value

    def _breaks(self, column: str, value: Any) -> Any:
        """Breaks as ``30:00 12:00-13:30; 15:00 15:00-16:00``: a duration (mm:ss or s), a window."""
        if not isinstance(value, str):
            return value
        found = []
        for part in value.split(";"):
            words = part.split()
            if len(words) != 2:
                raise self.wrong(column, "breaks like 1800 12:00-13:30; 900 15:00-16:00")
            found.append((self.time(column, words[0]), *self.spans(column, words[1])))
        return found


def _numeric(value: Any) -> bool:
    try:
        _decimal(value)
    except InvalidOperation:
        return False
    return True
