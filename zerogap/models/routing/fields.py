"""The fields of a routing instance, each declared once.

A row says what a field is; made from it are the arguments of the builder, the keys of the JSON file
and their defaults, conversion and range checks, `schema`, the docs' table, and the arrays that
kernels get under the same name. A new field is a row here, an attribute of
`zerogap.models.routing.Routing`, and a rule in the checker, the exact model and the kernels that
know it; engines that do not are kept away by `Routing.features`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, integer

UNLIMITED = 1 << 60  # no limit on a capacity, distance, duration or time
FORBIDDEN = 1 << 40  # matrix entries from here on are arcs that may not be driven
LARGEST = 1 << 45  # finite data above this could overflow sums of a route

MOST_BREAKS = 8  # of a vehicle type

OBJECTIVES = ("cost", "longest", "bottleneck", "costliest")
#: What may decide among solutions of the same objective.
SECOND = ("", "cost", "longest", "spread")
VISITS = ("once", "repeat")
#: What the matrices of `traffic` tell: the speed of a period, or the drive of a departure.
TRAFFIC = ("speed", "departure")
BACKHAULS = ("mixed", "last")

#: Sizes that shapes are written in.
SIZES = {
    "L": "locations",
    "D": "depots",
    "n": "clients",
    "K": "load dimensions",
    "T": "vehicle types",
    "P": "profiles",
    "G": "groups",
    "m": "shipments",
    "·": "any number",
}


@dataclass(frozen=True)
class Field:
    """One field.

    Parameters
    ----------
    name : str
        Attribute of the instance.
    room : {"client", "vehicle", "depot", "whole", "network"}
        Whose it is. Those of clients, vehicle types and the whole are arguments of the builder
        and keys of the JSON file.
    shape : tuple of str or int
        In the words of `SIZES`; a letter seen first is bound to the length found.
    dtype : numpy dtype
    kind : str
        How one client's or vehicle type's value is given; a key of `KINDS`.
    default : object
        What the builder and the JSON file take where nothing is given.
    low, high : int or str, optional
        Allowed range, ends included; a letter of `SIZES` as `high` means an index below that size.
    unit : str
    help : str
        What it is, in a few words without a full stop.
    key : str
        Argument and JSON key, where it is not the name.
    optional : bool
        Whether the instance may hold None.
    kernel : str
        The array's name in kernels, if it is handed over as it is.
    """

    name: str
    room: str
    shape: tuple[str | int, ...]
    dtype: Any
    help: str
    kind: str = "number"
    default: Any = 0
    low: int | None = None
    high: int | str | None = None
    unit: str = ""
    key: str = ""
    optional: bool = False
    kernel: str = ""

    @property
    def argument(self) -> str:
        """Argument of the builder and key of the JSON file."""
        return self.key or self.name


_DISTANCE, _TIME, _COST, _LOAD = "distance", "time", "cost", "load"
_ANY: dict[str, Any] = {"low": 0, "high": UNLIMITED}
_FINITE: dict[str, Any] = {"low": 0, "high": LARGEST}

#: All array fields, in the order in which sizes are found and errors are looked for.
FIELDS = (
    Field("x", "network", ("L",), np.float64, "x of every location", "coordinate"),
    Field("y", "network", ("L",), np.float64, "y of every location", "coordinate"),
    Field("client_location", "network", ("n",), np.int32, "location of every client",
          low=0, high="L"),
    Field("depot_location", "network", ("D",), np.int32, "location of every depot",
          low=0, high="L"),
    Field("client_names", "client", (), None, "name, shown in its number's place", "name", "",
          key="name", optional=True),
    Field("delivery", "client", ("n", "K"), np.int64, "load brought from the depot", "load",
          None, **_FINITE, unit=_LOAD, kernel="delivery"),
    Field("pickup", "client", ("n", "K"), np.int64, "load taken to the depot", "load",
          None, **_FINITE, unit=_LOAD, kernel="pickup"),
    Field("service", "client", ("n",), np.int64, "duration of service",
          **_FINITE, unit=_TIME, kernel="service"),
    Field("setup", "client", ("n",), np.int64,
          "time before service where the stop before is at another place", **_FINITE, unit=_TIME),
    Field("window_first", "network", ("n+1",), np.int64, "first window of every client",
          kernel="window_first"),
    Field("window", "client", ("·", 2), np.int64,
          "one window (open, close) in which service must start, or a list of them",
          "windows", None, unit=_TIME, kernel="window"),
    Field("release", "client", ("n",), np.int64, "time before which its trip may not leave",
          **_FINITE, unit=_TIME, kernel="release"),
    Field("prize", "client", ("n",), np.int64, "cost of not serving a client that is optional",
          **_FINITE, unit=_COST, kernel="prize"),
    Field("required", "client", ("n",), np.bool_, "whether it must be served", "flag", True,
          kernel="required"),
    Field("group", "client", ("n",), np.int32, "mutually exclusive group it belongs to", "index",
          None, low=-1, high="G", kernel="group"),
    Field("purchase", "client", ("n",), np.int64, "cost of what is bought there by serving it",
          **_FINITE, unit=_COST),
    Field("units", "client", ("n",), np.int64, "units bought there, which quotas count",
          **_FINITE, unit="units"),
    Field("refill", "client", ("n",), np.bool_, "whether serving it refills the energy", "flag",
          False),
    Field("group_required", "network", ("G",), np.bool_, "whether one of the group is served",
          "flag", True, kernel="group_required"),
    Field("shipments", "network", ("m", 2), np.int32, "pairs (pickup, delivery) of clients",
          low=0, high="n"),
    Field("shipment_load", "network", ("m", "K"), np.int64, "load of every shipment",
          **_FINITE, unit=_LOAD),
    Field("client_skills", "client", (), None,
          "names of skills that its vehicle must have", "skills", (), key="skills", optional=True),
    Field("fixed_vehicle", "client", ("n",), np.int32,
          "the only vehicle type that may serve it (number or name)", "index", None,
          low=-1, high="T", key="vehicle"),
    Field("together", "client", ("n",), np.int32,
          "same-vehicle group: those of one group that are served share a route", "index", None,
          low=-1, high="n"),
    Field("not_first", "client", ("n",), np.bool_, "whether no route may begin with it", "flag",
          False),
    Field("not_last", "client", ("n",), np.bool_, "whether no route may end with it", "flag",
          False),
    Field("soft_window", "client", ("n", 2), np.int64,
          "window (open, close) outside which beginning the service costs", "span", (0, UNLIMITED),
          **_ANY, unit=_TIME),
    Field("early_cost", "client", ("n",), np.int64, "cost of a unit of time before it opens",
          **_FINITE, unit=_COST),
    Field("late_cost", "client", ("n",), np.int64, "cost of a unit of time after it closes",
          **_FINITE, unit=_COST),
    Field("conflicts", "network", ("·", 2), np.int32, "clients that may not share a route",
          low=0, high="n"),
    Field("precedences", "network", ("·", 2), np.int32, "clients whose first comes first",
          low=0, high="n"),
    Field("vehicle_names", "vehicle", (), None, "name, shown in its number's place", "name", "",
          key="name", optional=True),
    Field("vehicles", "vehicle", ("T",), np.int64, "number available", default=1, **_ANY,
          key="number", kernel="vehicles"),
    Field("capacity", "vehicle", ("T", "K"), np.int64, "capacity of a trip", "load", None, **_ANY,
          unit=_LOAD, kernel="capacity"),
    Field("start_depot", "vehicle", ("T",), np.int32, "depot where routes begin",
          low=0, high="D"),
    Field("end_depot", "vehicle", ("T",), np.int32, "depot where routes end, None: open routes",
          "index", 0, low=-1, high="D"),
    Field("fixed_cost", "vehicle", ("T",), np.int64, "cost of a vehicle that is used",
          **_FINITE, unit=_COST, kernel="fixed"),
    Field("distance_cost", "vehicle", ("T",), np.int64, "cost of a unit of distance", default=1,
          **_FINITE, unit=_COST, kernel="unit_distance"),
    Field("duration_cost", "vehicle", ("T",), np.int64, "cost of a unit of duration",
          **_FINITE, unit=_COST, kernel="unit_duration"),
    Field("shift", "vehicle", ("T", 2), np.int64, "earliest departure and latest return", "span",
          (0, UNLIMITED), **_ANY, unit=_TIME, kernel="shift"),
    Field("max_distance", "vehicle", ("T",), np.int64, "longest route", default=UNLIMITED,
          **_ANY, unit=_DISTANCE, kernel="max_distance"),
    Field("max_duration", "vehicle", ("T",), np.int64, "longest time away", default=UNLIMITED,
          **_ANY, unit=_TIME, kernel="max_duration"),
    Field("max_stops", "vehicle", ("T",), np.int64, "most clients of a route", default=UNLIMITED,
          **_ANY, unit="clients", kernel="max_stops"),
    Field("max_trips", "vehicle", ("T",), np.int64, "most trips of a route", default=1,
          low=1, high=UNLIMITED, unit="trips", kernel="max_trips"),
    Field("reload", "vehicle", ("T", "D"), np.bool_,
          "depots where another trip may begin; the start depot where max_trips > 1 and none is "
          "named", "depots", (), key="reload_depots", kernel="reload"),
    Field("end_depots", "vehicle", ("T", "D"), np.bool_,
          "depots where a route may end as well as at `end_depot`", "depots", ()),
    Field("energy", "vehicle", ("T",), np.int64, "distance on a full charge", default=UNLIMITED,
          **_ANY, unit=_DISTANCE),
    Field("stations", "vehicle", ("T", "D"), np.bool_,
          "depots where it may call on its way, as often as it likes, to refill its energy",
          "depots", ()),
    Field("profile", "vehicle", ("T",), np.int32, "profile whose matrices it drives by",
          low=0, high="P", kernel="profile"),
    Field("vehicle_skills", "vehicle", (), None, "names of skills that it has", "skills", (),
          key="skills", optional=True),
    Field("max_travel_time", "vehicle", ("T",), np.int64,
          "longest driving time of a route, service, setup and waiting not counted",
          default=UNLIMITED, **_ANY, unit=_TIME),
    Field("min_stops", "vehicle", ("T",), np.int64, "fewest clients of a route that is used",
          **_FINITE, unit="clients"),
    Field("min_load", "vehicle", ("T", "K"), np.int64,
          "least load, delivered and picked up together, of a route that is used", "load", None,
          **_FINITE, unit=_LOAD),
    Field("on_board", "vehicle", ("T", "K"), np.int64,
          "load on board at the start that stays to the end of the first trip", "load", None,
          **_FINITE, unit=_LOAD),
    Field("regular_duration", "vehicle", ("T",), np.int64, "duration from which overtime counts",
          default=UNLIMITED, **_ANY, unit=_TIME),
    Field("overtime_cost", "vehicle", ("T",), np.int64, "cost of a unit of overtime",
          **_FINITE, unit=_COST),
    Field("breaks", "vehicle", ("·", 5), np.int64,
          "breaks in their order, each {duration, windows} or (duration, window, …): a window is "
          "(earliest begin, latest begin)", "breaks", (), unit=_TIME),
    Field("unpaid", "vehicle", ("T",), np.int64,
          "time of its breaks that is no duration: neither paid, nor overtime, nor limited",
          **_FINITE, unit=_TIME),
    Field("breaks_on_road", "vehicle", ("T",), np.bool_,
          "whether its breaks may also interrupt a drive", "flag", False),
    Field("speed", "vehicle", ("T",), np.int64,
          "thousandths of the speed that the durations stand for; times are rounded up",
          default=1000, low=1, high=1_000_000, unit="‰"),
    Field("type_service", "vehicle", ("T", "n"), np.int64,
          "duration of service of every client, instead of the clients' own", "row", None,
          **_FINITE, unit=_TIME, key="service", optional=True),
    Field("depot_window", "depot", ("D", 2), np.int64, "opening hours", "span", (0, UNLIMITED),
          **_ANY, unit=_TIME, key="window", kernel="depot_window"),
    Field("distance", "network", ("P", "L", "L"), np.int64, "matrices", "matrix", None,
          unit=_DISTANCE, optional=True),
    Field("duration", "network", ("P'", "L", "L"), np.int64, "matrices", "matrix", None,
          unit=_TIME, optional=True),
    Field("period", "network", ("·",), np.int64, "begin of every period with durations of its own",
          low=0, high=LARGEST, unit=_TIME),
    Field("traffic", "network", ("·", "P", "L", "L"), np.int64, "durations in every period",
          "matrix", None, unit=_TIME, optional=True),
    Field("preference", "vehicle", ("T", "n"), np.int64, "reward of serving each client", "row",
          None, low=-LARGEST, high=LARGEST, unit=_COST, optional=True, kernel="preference"),
    Field("allowed", "vehicle", ("T", "n"), np.bool_, "which clients it may serve", "row",
          None, optional=True, kernel="allowed"),
)  # fmt: skip

#: Settings of the whole, with their defaults.
WHOLE: dict[str, Any] = {
    "objective": "cost",
    "then": "",
    "backhaul": "mixed",
    "visits": "once",
    "min_clients": 0,
    "min_prize": 0,
    "min_units": 0,
    "max_units": UNLIMITED,
    "min_vehicles": 0,
    "max_vehicles": UNLIMITED,
    "fairness": 0,
    "gap_offset": None,
    "traffic_by": "speed",
}


def of(room: str) -> dict[str, Field]:
    """The fields of a room by argument."""
    return {f.argument: f for f in FIELDS if f.room == room}


def kernel_arrays(instance: Any) -> dict[str, Any]:
    """The arrays that kernels get as they are, by their names there."""
    return {f.kernel: getattr(instance, f.name) for f in FIELDS if f.kernel}


# -- one value, as given and as held ---------------------------------------------------------------
def load(value: int | Sequence[int] | None, name: str) -> list[int]:
    """A load vector; a fraction is refused, never cut."""
    if value is None:
        return []
    values = [value] if np.isscalar(value) else list(value)  # type: ignore[arg-type]
    try:
        return [integer(v) for v in values]
    except ValueError as error:
        raise InstanceError(f"is {value!r}, {error}", field=name) from None


def _windows(value: Sequence | None, _: str) -> list[tuple]:
    if value is None:
        return [(0, UNLIMITED)]
    if len(value) and np.isscalar(value[0]):
        return [tuple(value)]
    return [tuple(w) for w in value]


def _skills(value: Sequence, name: str) -> tuple[str, ...]:
    if isinstance(value, str):
        raise InstanceError(f"is {value!r}, expected a list of names", field=name)
    return tuple(sorted({str(v) for v in value}))


def _breaks(value: Sequence, name: str) -> list[tuple[int, list[tuple]]]:
    """(duration, windows) of each; what is no such thing is refused by its number."""
    found = []
    for k, row in enumerate(value):
        try:
            if isinstance(row, dict):
                length, windows = row["duration"], row.get("windows", [(0, UNLIMITED)])
                if set(row) - {"duration", "windows"}:
                    raise KeyError(sorted(set(row) - {"duration", "windows"})[0])
            else:
                length, windows = row[0], row[1:] or [(0, UNLIMITED)]
            found.append((integer(length), [tuple(map(integer, w)) for w in windows]))
        except (TypeError, ValueError, KeyError, IndexError):
            raise InstanceError(
                f"is {row!r}, expected a duration and windows of two times", field=f"{name}[{k}]"
            ) from None
        if not found[-1][1] or any(len(w) != 2 for w in found[-1][1]):
            raise InstanceError(f"is {row!r}, expected windows of two times", field=f"{name}[{k}]")
    return found


def _index(value: Any, _: str) -> Any:
    return -1 if value is None else value


def _same(value: Any, _: str) -> Any:
    return value


#: From what the builder is given to what it keeps.
KINDS: dict[str, Callable[[Any, str], Any]] = {
    "number": _same,
    "flag": _same,
    "row": _same,
    "load": load,
    "windows": _windows,
    "index": _index,
    "span": lambda value, _: tuple(value),
    "depots": lambda value, _: list(value),
    "name": lambda value, _: str(value),
    "skills": _skills,
    "breaks": _breaks,
}


def given(room: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Values by field name: what was given, and the defaults of the rest.

    Raises
    ------
    TypeError
        For an argument that no field has, as Python does for functions.
    """
    known = of(room)
    unknown = set(arguments) - set(known)
    if unknown:
        raise TypeError(
            f"unknown argument {sorted(unknown)[0]!r} (known: {', '.join(sorted(known))})"
        )
    return {
        f.name: KINDS[f.kind](arguments.get(key, f.default), f.name) for key, f in known.items()
    }


def shown(instance: Any, row: Field, i: int) -> Any:
    """The value of client or vehicle type `i` as the builder and the JSON file take it."""
    array = getattr(instance, row.name)
    if row.kind == "windows":
        windows = instance.windows(i).tolist()
        return None if windows == [[0, UNLIMITED]] else windows
    if array is None:
        return {"name": "", "skills": ()}.get(row.kind)
    if row.kind == "breaks":
        return tuple(
            {"duration": length, "windows": [list(w) for w in windows]}
            for length, windows in instance.breaks_of(i)
        )
    value = array[i]
    if row.kind in ("name", "skills"):
        return value
    if row.kind == "load":
        every = row.name == "capacity" or value.any()
        return value.tolist() if every else None
    if row.kind == "index":
        return int(value) if value >= 0 else None
    if row.kind == "depots":
        return tuple(np.flatnonzero(value).tolist())
    if row.kind == "span":
        return tuple(value.tolist())
    return value.tolist()


def takes(room: str) -> Callable[[Callable], Callable]:
    """Give a builder's method the arguments, and the docstring's list, of a room's fields."""

    def decorate(method: Callable) -> Callable:
        fields = of(room)
        plain = inspect.signature(method)
        kept = [p for p in plain.parameters.values() if p.kind is not p.VAR_KEYWORD]
        new = [
            inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=f.default)
            for key, f in fields.items()
            if key not in plain.parameters
        ]
        method.__signature__ = plain.replace(parameters=kept + new)  # type: ignore[attr-defined]
        lines = [f"        {key} : {f.help}{f' [{f.unit}]' * bool(f.unit)}" for key, f in
                 fields.items()]  # fmt: skip
        head = (method.__doc__ or "").rstrip()
        method.__doc__ = f"{head}\n\n        Parameters\n        ----------\n" + "\n".join(lines)
        return method

    return decorate


_INTEGERS = {"type": "array", "items": {"type": "integer"}}
_SPAN = {**_INTEGERS, "minItems": 2, "maxItems": 2}
_WINDOWS = {"anyOf": [_SPAN, {"type": "array", "items": _SPAN}]}
_JSON: dict[str, dict[str, Any]] = {
    "number": {"type": "integer"},
    "flag": {"type": "boolean"},
    "row": {"type": "array", "items": {"type": ["integer", "boolean"]}},
    "load": {"type": ["integer", "array"], "items": {"type": "integer"}},
    "windows": _WINDOWS,
    "index": {"type": ["integer", "string", "null"]},
    "span": _SPAN,
    "depots": _INTEGERS,
    "name": {"type": "string"},
    "skills": {"type": "array", "items": {"type": "string"}},
    "breaks": {
        "type": "array",
        "items": {
            "type": ["object", "array"],
            "properties": {"duration": {"type": "integer"}, "windows": _WINDOWS},
        },
    },
}
_CHOICES = {"objective": OBJECTIVES, "then": SECOND, "visits": VISITS, "backhaul": BACKHAULS,
            "traffic_by": TRAFFIC}  # fmt: skip


def schema(room: str) -> dict[str, Any]:
    """JSON schema of one object of a room."""
    place = {"type": "number", "description": "coordinate"}
    properties: dict[str, Any] = {} if room == "vehicle" else {"x": place, "y": place}
    for key, f in of(room).items():
        unit = f" [{f.unit}]" if f.unit else ""
        rows: dict[str, Any] = {"description": f.help + unit, **_JSON[f.kind]}
        if f.kind == "number":
            rows |= {k: v for k, v in (("minimum", f.low), ("maximum", f.high))
                     if isinstance(v, int)}  # fmt: skip
        if f.default is not None:
            rows["default"] = list(f.default) if isinstance(f.default, tuple) else f.default
        properties[key] = rows
    return {"type": "object", "properties": properties, "additionalProperties": False}


def declared() -> dict[str, Any]:
    """JSON schemas of the top keys whose fields are declared here."""
    made = {
        f"{room}s": {"type": "array", "minItems": 1, "items": schema(room)}
        for room in ("depot", "vehicle")
    }
    made["clients"] = {"type": "array", "items": schema("client")}
    for key, default in WHOLE.items():
        if key in _CHOICES:
            made[key] = {"enum": list(_CHOICES[key]), "default": default}
        else:
            made[key] = {"type": "integer"} | ({} if default is None else {"default": default})
    pair = {**_INTEGERS, "minItems": 2, "maxItems": 2}
    for key in ("conflicts", "precedences"):
        made[key] = {"type": "array", "items": pair, "description": "pairs of clients, from 1"}
    whole: dict[str, Any] = {"type": "integer"}
    for key in ("distance", "duration", "traffic"):
        depth = 4 if key == "traffic" else 3
        nested = whole
        for _ in range(depth):
            nested = {"type": "array", "items": nested}
        made[key] = {**nested, "description": "matrices, depots first"}
    made["periods"] = {**_INTEGERS, "description": "begin of every period of `traffic`"}
    made["rounding"] = {
        "description": "how distances are rounded: a name, or factor and offset",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}],
    }
    return made
