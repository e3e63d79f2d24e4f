"""Clients and vehicles as tables: CSV files, data frames, with the column names people use."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, nearest
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.formats import tables
from zerogap.models.routing.instance import Routing

#: Names of the columns of clients, written without blanks, underscores and case.
CLIENTS: dict[str, tuple[str, ...]] = {
    "name": ("name", "client", "customer", "clientid", "customerid", "custno", "id", "stop",
             "address", "no", "number", "node"),
    "x": ("x", "xcoord", "xcoordinate", "easting", "lon", "lng", "long", "longitude"),
    "y": ("y", "ycoord", "ycoordinate", "northing", "lat", "latitude"),
    "delivery": ("delivery", "demand", "quantity", "qty", "load", "weight", "amount", "deliveries"),
    "pickup": ("pickup", "pickups", "collect", "return", "returns"),
    "service": ("service", "servicetime", "serviceduration", "duration", "stoptime"),
    "open": ("open", "earliest", "ready", "readytime", "twstart", "windowstart", "from", "start",
             "starttime"),
    "close": ("close", "latest", "due", "duedate", "duetime", "twend", "windowend", "until", "to",
              "end", "endtime"),
    "release": ("release", "releasetime", "releasedate"),
    "prize": ("prize", "penalty", "profit", "revenue"),
    "required": ("required", "mandatory", "optional"),
    "kind": ("kind", "type", "role", "depot", "isdepot"),
}  # fmt: skip
#: The columns that a sheet of clients needs, with the words that mean them.
NEEDED = {"x": CLIENTS["x"], "y": CLIENTS["y"], "demand": CLIENTS["delivery"]}
#: Names of the columns of vehicles.
VEHICLES: dict[str, tuple[str, ...]] = {
    "name": ("name", "vehicle", "van", "truck", "id", "type"),
    "number": ("number", "count", "available", "vehicles", "quantity"),
    "capacity": ("capacity", "load", "size", "maxload"),
    "open": ("open", "earliest", "start", "shiftstart", "starttime", "from"),
    "close": ("close", "latest", "end", "shiftend", "endtime", "until", "to"),
    "fixed_cost": ("fixedcost", "fixed", "costfixed"),
    "distance_cost": ("distancecost", "costperdistance", "costperkm", "unitdistancecost"),
    "duration_cost": ("durationcost", "costpertime", "unitdurationcost"),
    "max_distance": ("maxdistance", "range"),
    "max_duration": ("maxduration",),
    "max_stops": ("maxstops", "maxclients"),
    "max_trips": ("maxtrips", "trips"),
}  # fmt: skip
_DEGREES = ({"lat", "latitude"}, {"lon", "lng", "long", "longitude"})
_DELIMITERS = (",", ";", "\t", "|")


def _plainly(word: Any) -> str:
    return re.sub(r"[\s_\-.()\[\]]", "", str(word).strip().strip('"')).lower()


def _meanings(table: Mapping[str, Sequence[str]]) -> dict[str, str]:
    return {word: column for column, words in table.items() for word in words}


def _header(head: str) -> tuple[list[str], str]:
    line = next((l for l in head.splitlines() if l.strip()), "")
    delimiter = max(_DELIMITERS, key=line.count)
    return [_plainly(c) for c in line.split(delimiter)], delimiter


def sniff(head: str, name: str) -> bool:
    """Whether the header names places and what clients have: demands, windows or services."""
    columns, delimiter = _header(head)
    known = _meanings(CLIENTS)
    found = {known.get(c) for c in columns}
    return (
        delimiter in head
        and None not in found
        and {"x", "y"} <= found
        and bool(found & {"delivery", "pickup", "open", "close", "service", "prize"})
    )


def read(
    text: str,
    *,
    file: str,
    vehicles: str = "",
    depots: str = "",
    matrix: str = "",
    capacity: int | None = None,
    number: int | None = None,
    speed: float | None = None,
    round: str = "auto",
) -> Routing:
    """A table of clients; the first row, or those whose `kind` says depot, are the depots.

    `vehicles` is a file of the same kind with a row a type of vehicle; without one there are
    `number` vehicles (a client each if not given) of `capacity`.
    """
    if depots or matrix:  # three tables, or a matrix: the other reader's
        for key, value in (("capacity", capacity), ("number", number), ("speed", speed)):
            if value is not None:
                raise InstanceError("belongs to a sheet of clients alone", field=f"option {key}")
        return tables.read(text, file=file, vehicles=vehicles, depots=depots, matrix=matrix)
    rows = _rows(text, file, CLIENTS)
    fleet = None
    if vehicles:
        path = Path(vehicles)
        beside = Path(file).parent / vehicles
        path = beside if beside.is_file() and not path.is_file() else path
        try:
            fleet = _rows(path.read_text(), str(path), VEHICLES)
        except OSError as error:
            raise InstanceError(f"cannot be read: {error.strerror}", file=str(path)) from None
    stem = re.sub(r"\.(csv|tsv|txt)$", "", os.path.basename(file))
    return _built(rows, fleet, file, capacity, number, speed, round, stem)


def from_pandas(
    clients: Any,
    vehicles: Any = None,
    *,
    capacity: int | None = None,
    number: int | None = None,
    speed: float | None = None,
    round: str = "auto",
    name: str = "table",
) -> Routing:
    """An instance from a table of clients and one of vehicles.

    Parameters
    ----------
    clients : pandas.DataFrame, or what pandas makes one of
        Columns by the names people use, in any spelling of case, blanks and underscores: ``x`` and
        ``y`` (or ``lon`` and ``lat`` in degrees: distances are then metres on the globe), ``name``,
        ``demand``, ``pickup``, ``service``, ``open`` and ``close`` (``ready_time``, ``due_date``,
        …), ``release``, ``prize``, ``required``; ``kind`` with the word depot marks depots. Without
        it the first row is the depot. Times are numbers or ``8:30`` (minutes after midnight).
    vehicles : pandas.DataFrame, optional
        A row a type: ``name``, ``number``, ``capacity``, ``start`` and ``end`` of the shift,
        ``fixed_cost``, ``distance_cost``, ``max_distance``, ``max_stops``, …
    capacity, number : int, optional
        Of the vehicles, where there is no table of them.
    speed : float, optional
        In km/h, for coordinates in degrees: travel then takes minutes (rounded up), 50 km/h if not
        given; without degrees a unit of distance takes a unit of time.
    round : str
        How distances become integers: ``round``, ``trunc``, ``exact``, … (``auto``: ``round``).
    name : str

    Returns
    -------
    Routing

    Raises
    ------
    InstanceError
        Naming row and column; also where every distance would round to 0.

    Examples
    --------
    >>> table = {"name": ["base", "Ann", "Bob"], "x": [0, 3, 6], "y": [0, 4, 8],
    ...          "demand": [0, 2, 3]}
    >>> from_pandas(table, capacity=5).clients
    2
    """
    from zerogap.models.frames import as_csv

    file = f"{name}.csv"
    rows = _rows(as_csv(clients), file, CLIENTS)
    fleet = None if vehicles is None else _rows(as_csv(vehicles), "vehicles.csv", VEHICLES)
    return _built(rows, fleet, file, capacity, number, speed, round, name)


class _Row(dict):
    """A row by meaning, with where it stands."""

    def __init__(
        self, cells: dict[str, str], file: str, line: int, degrees: bool, words: dict[str, str]
    ):
        super().__init__(cells)
        self.file, self.line, self.degrees = file, line, degrees
        #: Columns as their header calls them.
        self.words = words

    def number(self, key: str, default: float = 0.0) -> float:
        text = (self.get(key) or "").strip()
        if not text:
            return default
        clock = re.fullmatch(r"(\d{1,2}):(\d\d)(?::00)?", text)
        if clock and key in ("open", "close", "service", "release"):
            return int(clock[1]) * 60 + int(clock[2])
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise InstanceError(f"is {text!r}, expected a number", file=self.file, line=self.line,
                                field=self.words[key])  # fmt: skip
        return value

    def whole(self, key: str, default: int = 0) -> int:
        value = self.number(key, default)
        if value != int(value):
            raise InstanceError(
                f"is {value:g}, expected a whole number: give it in a smaller unit",
                file=self.file, line=self.line, field=self.words[key],
            )  # fmt: skip
        return int(value)

    def flag(self, key: str, default: bool) -> bool:
        text = (self.get(key) or "").strip().lower()
        if not text:
            return default
        if text in ("1", "yes", "true", "y", "1.0"):
            return True
        if text in ("0", "no", "false", "n", "0.0"):
            return False
        raise InstanceError(f"is {text!r}, expected yes or no", file=self.file, line=self.line,
                            field=self.words[key])  # fmt: skip


def _rows(text: str, file: str, columns: Mapping[str, Sequence[str]]) -> list[_Row]:
    head, delimiter = _header(text)
    known = _meanings(columns)
    column: list[str] = []
    for word in head:
        if word not in known:
            raise InstanceError(
                f"unknown column {word!r}{nearest(word, known)} (known: {', '.join(columns)})",
                file=file, line=1,
            )  # fmt: skip
        if known[word] in column:
            raise InstanceError(f"two columns mean {known[word]}", file=file, line=1)
        column.append(known[word])
    degrees = all(set(head) & words for words in _DEGREES)
    words = dict(zip(column, head))
    made = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    next((r for r in reader if any(c.strip() for c in r)), None)
    for cells in reader:
        if not any(c.strip() for c in cells):
            continue
        if len(cells) != len(column):
            raise InstanceError(f"has {len(cells)} values, expected {len(column)}", file=file,
                                line=reader.line_num)  # fmt: skip
        named = dict(zip(column, cells))
        if "optional" in head and "required" in named and named["required"].strip():
            said = _Row(named, file, reader.line_num, degrees, words).flag("required", False)
            named["required"] = "no" if said else "yes"
        made.append(_Row(named, file, reader.line_num, degrees, words))
    if not made:
        raise InstanceError("has no rows", file=file)
    return made


def _built(
    rows: list[_Row],
    fleet: list[_Row] | None,
    file: str,
    capacity: int | None,
    number: int | None,
    speed: float | None,
    rounding: str,
    name: str,
) -> Routing:
    """The instance of the two tables."""
    for key in ("x", "y"):
        if key not in rows[0]:
            raise InstanceError(f"column {key!r} is missing", file=file, line=1)
    if speed is not None and (not speed > 0 or not rows[0].degrees):
        raise InstanceError(f"is {speed:g}, expected a positive number, and columns lon and lat",
                            file=file, field="speed")  # fmt: skip
    if fleet is not None and (capacity is not None or number is not None):
        raise InstanceError("says what the table of vehicles says", file=file, field="capacity")
    told = {"depot", "base", "warehouse", "hub", "yes", "true", "1"}
    depots = [r for r in rows if (r.get("kind") or "").strip().lower() in told] or rows[:1]
    clients = [r for r in rows if not any(r is d for d in depots)]
    if not clients:
        raise InstanceError("has no clients besides the depot", file=file)
    if "name" in rows[0]:
        seen: dict[str, int] = {}
        for row in clients:
            label = row["name"].strip()
            if label and label in seen:
                raise InstanceError(f"name {label!r} is used twice (first in line {seen[label]})",
                                    file=file, line=row.line, field="name")  # fmt: skip
            seen[label] = row.line
    made = Builder("round" if rounding == "auto" else rounding, name=name)
    for row in depots:
        more = {"window": _window(row)} if _window(row) else {}
        made.add_depot(row.number("x"), row.number("y"), **more)
    for row in clients:
        _add_client(made, row)
    if fleet is None:
        room = {} if capacity is None else {"capacity": int(capacity)}
        made.add_vehicle_type(len(clients) if number is None else int(number), **room)
    for row in fleet or []:
        _add_vehicle(made, row)
    places = np.array([(r.number("x"), r.number("y")) for r in (*depots, *clients)])
    if rows[0].degrees:
        apart = metres(places)
        pace = (50.0 if speed is None else speed) * 1000 / 60
        minutes = np.ceil(apart / pace).astype(np.int64)
        made.set_matrices(np.rint(apart).astype(np.int64), minutes)
    elif len(np.unique(places, axis=0)) > 1:
        widest = float(np.ptp(places, axis=0).max()) * math.sqrt(2)
        if math.floor(widest * made._scale + made._offset) == 0:
            raise InstanceError(
                "every distance rounds to 0: call the columns lon and lat if they are degrees, "
                "or give coordinates in a smaller unit",
                file=file, field="x",
            )  # fmt: skip
    return made.build()


def _window(row: _Row) -> tuple[int, int] | None:
    if not (row.get("open") or "").strip() and not (row.get("close") or "").strip():
        return None
    from zerogap.models.routing.instance import UNLIMITED

    opened, closed = row.whole("open"), row.whole("close", UNLIMITED)
    if closed < opened:
        raise InstanceError(f"closes at {closed}, before it opens at {opened}", file=row.file,
                            line=row.line, field="close")  # fmt: skip
    return opened, closed


def _add_client(made: Builder, row: _Row) -> None:
    fields: dict[str, Any] = {
        key: row.whole(key) for key in ("delivery", "pickup", "service", "release", "prize")
        if (row.get(key) or "").strip()
    }  # fmt: skip
    if window := _window(row):
        fields["window"] = [window]
    if label := (row.get("name") or "").strip():
        fields["name"] = label
    optional = row.flag("required", not fields.get("prize"))
    made.add_client(row.number("x"), row.number("y"), required=optional, **fields)


def _add_vehicle(made: Builder, row: _Row) -> None:
    plain = ("fixed_cost", "distance_cost", "duration_cost", "max_distance", "max_duration",
             "max_stops", "max_trips", "capacity")  # fmt: skip
    fields: dict[str, Any] = {k: row.whole(k) for k in plain if (row.get(k) or "").strip()}
    if window := _window(row):
        fields["shift"] = window
    if label := (row.get("name") or "").strip():
        fields["name"] = label
    made.add_vehicle_type(row.whole("number", 1), **fields)


def metres(places: np.ndarray) -> np.ndarray:
    """Distances on the globe between (longitude, latitude) in degrees."""
    lon, lat = places.T
    if (np.abs(lat) > 90).any() or (np.abs(lon) > 180).any():
        raise InstanceError("expected latitudes within ±90 and longitudes within ±180", field="lat")
    return tables.haversine(places.tolist())
