"""JSON, and the text formats of Solomon/Homberger, Li & Lim and Cordeau."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.fields import UNLIMITED, WHOLE, of, shown
from zerogap.models.routing.instance import ROUNDING, Routing


def _row(instance: Routing, room: str, i: int) -> dict[str, Any]:
    """What client or vehicle type `i` has that is not the default."""
    values = {key: (shown(instance, f, i), f.default) for key, f in of(room).items()}
    return {k: v for k, (v, default) in values.items() if k == "number" or v != default}


def encode_instance(instance: Routing) -> dict[str, Any]:
    """The JSON form of an instance: depots, clients and vehicle types as lists of objects."""

    clients = []
    for c in range(instance.clients):
        at = instance.client_location[c]
        row = _row(instance, "client", c)
        if instance.group[c] >= 0:  # not required by itself: its group is
            del row["required"]
        clients.append({"x": float(instance.x[at]), "y": float(instance.y[at]), **row})
    vehicles = [_row(instance, "vehicle", t) for t in range(instance.types)]
    order = np.concatenate([instance.depot_location, instance.client_location])
    data: dict[str, Any] = {
        "name": instance.name,
        "rounding": [instance.scale, instance.offset],
        "unit": instance.unit,
        "depots": [
            {"x": float(instance.x[at]), "y": float(instance.y[at]), "window": w.tolist()}
            for at, w in zip(instance.depot_location, instance.depot_window)
        ],
        "clients": clients,
        "vehicles": vehicles,
        "groups": instance.group_required.tolist(),
        "shipments": [
            {"pickup": int(p) + 1, "delivery": int(d) + 1, "load": q.tolist()}
            for (p, d), q in zip(instance.shipments, instance.shipment_load)
        ],
        "conflicts": (instance.conflicts + 1).tolist(),
        "precedences": (instance.precedences + 1).tolist(),
    }
    if order.tolist() != list(range(instance.locations)) and len(set(order.tolist())) == (
        instance.locations
    ):
        # Shared places, or a depot added after clients: the instance's identity has their order.
        data["order"] = order.tolist()
    for field in ("distance", "duration", "traffic"):
        matrix = getattr(instance, field)
        data[field] = None if matrix is None else matrix[..., order[:, None], order].tolist()
    if instance.traffic is not None:
        data["periods"], data["duration"] = instance.period.tolist(), None
    data |= {field: getattr(instance, field) for field in WHOLE}
    return {k: v for k, v in data.items() if v is not None and v != [] and v != WHOLE.get(k)}


def decode_instance(data: dict[str, Any], *, file: str) -> Routing:
    """An instance from its JSON form."""
    b = Builder(name=data.get("name", ""))
    rounding = data.get("rounding", "round")
    if isinstance(rounding, str):
        if rounding not in ROUNDING:
            raise InstanceError(f"{rounding!r} is none of {sorted(ROUNDING)}", field="rounding")
        rounding = ROUNDING[rounding]
    for required in data.get("groups", ()):
        b.add_group(bool(required))
    for i, row in enumerate(data["depots"]):
        depot = {"x": 0, "y": 0} | _fields(row, ("x", "y", *of("depot")), f"depots[{i}]")
        b.add_depot(**depot)
    for i, row in enumerate(data["clients"]):
        b.add_client(
            **({"x": 0, "y": 0} | _fields(row, ("x", "y", *of("client")), f"clients[{i}]"))
        )
    for i, row in enumerate(data["vehicles"]):
        b.add_vehicle_type(**_fields(row, of("vehicle"), f"vehicles[{i}]"))
    for row in data.get("shipments", ()):
        b.add_shipment(row["pickup"] - 1, row["delivery"] - 1, row.get("load", 0))
    for first, second in data.get("conflicts", ()):
        b.add_conflict(first - 1, second - 1)
    for first, second in data.get("precedences", ()):
        b.add_precedence(first - 1, second - 1)
    times = data.get("duration")
    for profile, matrix in enumerate(data.get("distance") or ()):
        b.set_matrices(matrix, None if times is None else times[profile], profile=profile)
    traffic = data.get("traffic")
    if traffic is not None:
        for profile in range(len(data["distance"])):
            b.set_traffic(
                data["periods"],
                [m[profile] for m in traffic],
                profile=profile,
                by=data.get("traffic_by", "speed"),
            )
    b.set_objective(**{key: data.get(key, value) for key, value in WHOLE.items()})
    scale, offset = rounding
    made = b.build().replace(
        scale=float(scale), offset=float(offset), unit=float(data.get("unit", scale))
    )
    order = data.get("order")
    return made if order is None else _reordered(made, order)


def _reordered(instance: Routing, order: Any) -> Routing:
    """The instance with the locations of depots and clients numbered as `order` says."""
    try:
        places = np.array(order, np.int64)
        right = places.shape == (instance.locations,) and set(places.tolist()) == set(
            range(int(places.max()) + 1)
        )
    except (TypeError, ValueError, OverflowError):
        right = False
    if not right:
        raise InstanceError(
            f"expected the location of each of the {instance.locations} depots and clients, from 0",
            field="order",
        )
    first = np.array([int(np.flatnonzero(places == k)[0]) for k in range(int(places.max()) + 1)])
    fields: dict[str, Any] = {"x": instance.x[first], "y": instance.y[first]}
    fields["depot_location"] = places[: instance.depots]
    fields["client_location"] = places[instance.depots :]
    for field in ("distance", "duration", "traffic"):
        matrix = getattr(instance, field)
        fields[field] = None if matrix is None else matrix[..., first[:, None], first]
    return instance.replace(**fields)


def _fields(row: Any, names: Iterable[str], field: str) -> dict[str, Any]:
    """Those of the named keys that an object has."""
    if not isinstance(row, dict):
        raise InstanceError(f"expected an object, got {row!r}", field=field)
    return {name: row[name] for name in names if name in row}


# -- tables of numbers -----------------------------------------------------------------------------
def _numbers(text: str, file: str, start: int = 1) -> list[tuple[int, list[float]]]:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if number < start or not line.strip():
            continue
        try:
            row = [float(token) for token in line.split()]
        except ValueError:
            raise InstanceError(
                f"expected numbers, got {line.strip()[:40]!r}", file=file, line=number
            ) from None
        if not np.isfinite(row).all():
            raise InstanceError("a number is not finite", file=file, line=number)
        rows.append((number, row))
    return rows


def _scaled(rounding: str, file: str):
    if rounding not in ROUNDING:
        raise InstanceError(f"{rounding!r} is none of {sorted(ROUNDING)}", file=file, field="round")
    scale, offset = ROUNDING[rounding]
    return lambda value: int(np.floor(value * scale + offset))


def _choice(options: dict, default: str) -> str:
    value = options.get("round") or "auto"
    return default if value == "auto" else value


def _table(rows, width: int, file: str, table) -> np.ndarray:
    """Rows of a client table, with the checks that all formats share."""
    seen: dict[int, int] = {}
    for line, row in rows:
        if len(row) < width:
            raise InstanceError(f"expected {width} values, got {len(row)}", file=file, line=line)
        number, _, _, demand, early, late, service = (row[k] for k in table)
        if number in seen:
            raise InstanceError(f"number {number:g} appears twice", file=file, line=line)
        seen[number] = line
        if demand < 0 and table == _SOLOMON and width == 7:
            raise InstanceError(f"negative demand {demand:g}", file=file, line=line)
        if service < 0:
            raise InstanceError(f"negative service time {service:g}", file=file, line=line)
        if late < early or early < 0:
            raise InstanceError(
                f"window [{early:g}, {late:g}] closes before it opens", file=file, line=line
            )
    return np.array([row[:width] for _, row in rows])


_SOLOMON = (0, 1, 2, 3, 4, 5, 6)


def sniff_solomon(head: str, name: str) -> bool:
    """Whether a text is in Solomon's format."""
    return bool(
        re.search(r"^\s*VEHICLE\s*$", head, re.M) and re.search(r"^\s*CUSTOMER\s*$", head, re.M)
    )


def read_solomon(text: str, *, file: str = "<text>", **options: Any) -> Routing:
    """Solomon's and Homberger's format; ``round`` defaults to "dimacs" (one decimal, truncated)."""
    rounding = _choice(options, "dimacs")
    whole = _scaled(rounding, file)
    lines = text.splitlines()
    heads = {line.strip().upper(): i for i, line in enumerate(lines)}
    for word in ("VEHICLE", "CUSTOMER"):
        if word not in heads:
            raise InstanceError(f"section {word} is missing", file=file)
    if heads["CUSTOMER"] < heads["VEHICLE"]:
        raise InstanceError("CUSTOMER before VEHICLE", file=file, line=heads["CUSTOMER"] + 1)
    fleet = _numbers("\n".join(lines[: heads["CUSTOMER"]]), file, heads["VEHICLE"] + 3)
    rows = _numbers(text, file, heads["CUSTOMER"] + 3)
    if not fleet or len(fleet[0][1]) != 2:
        raise InstanceError(
            "expected number and capacity of the vehicles", file=file, field="VEHICLE"
        )
    if len(rows) < 2:
        raise InstanceError("no customers", file=file, line=len(lines), field="CUSTOMER")
    number, capacity = fleet[0][1]
    if number < 1:
        raise InstanceError("0 vehicles", file=file, line=fleet[0][0], field="VEHICLE")
    table = _table(rows, 7, file, _SOLOMON)
    if table[0, 3]:
        raise InstanceError("the depot has a demand", file=file, line=rows[0][0])
    b = Builder(rounding, name=next((l.strip() for l in lines if l.strip()), ""))
    b.add_depot(table[0, 1], table[0, 2])
    for row in table[1:]:
        b.add_client(
            row[1], row[2], delivery=whole(row[3]), window=(whole(row[4]), whole(row[5])),
            service=whole(row[6]),
        )  # fmt: skip
    b.add_vehicle_type(
        int(number), capacity=whole(capacity), shift=(whole(table[0, 4]), whole(table[0, 5]))
    )
    return _built(b, file)


def write_solomon(instance: Routing) -> str:
    """Solomon's format, for one vehicle type, one depot, one load and one window a client."""
    used = set(instance.features())
    if used - {"time windows"} or instance.dimensions > 1 or instance.distance is not None:
        raise InstanceError(f"Solomon's format has no {', '.join(sorted(used - {'time windows'}))}")
    u = instance.unit
    lines = [instance.name or "zerogap", "", "VEHICLE", "NUMBER     CAPACITY"]
    lines += [f"{instance.vehicles[0]} {instance.capacity[0, 0] / u:g}", "", "CUSTOMER"]
    lines += ["CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME", ""]
    at = instance.depot_location[0]
    rows = [(at, 0, instance.shift[0], 0)]
    rows += [
        (
            instance.client_location[c],
            instance.delivery[c, 0],
            instance.window[c],
            instance.service[c],
        )
        for c in range(instance.clients)
    ]
    for i, (place, load, (early, late), service) in enumerate(rows):
        late = min(late, 10**9)
        lines.append(
            f"{i} {instance.x[place]:.10g} {instance.y[place]:.10g} {load / u:.10g} "
            f"{early / u:.10g} {late / u:.10g} {service / u:.10g}"
        )
    return "\n".join(lines) + "\n"


def sniff_lilim(head: str, name: str) -> bool:
    """Whether a text is in Li & Lim's format: three numbers, then rows of nine."""
    rows = [line.split() for line in head.splitlines()[:3] if line.strip()]
    if len(rows) < 2 or [len(r) for r in rows[:2]] != [3, 9] or not _numeric(rows[1]):
        return False
    return rows[1][0] == "0"  # the depot is task 0; a flexible shop's first job has operations


def sniff_cordeau(head: str, name: str) -> bool:
    """Whether a text is in Cordeau's format: type, vehicles, customers, depots."""
    rows = [line.split() for line in head.splitlines()[:3] if line.strip()]
    return (
        len(rows) >= 2 and len(rows[0]) == 4 and len(rows[1]) == 2 and _numeric(rows[0] + rows[1])
    )


def _numeric(tokens: list[str]) -> bool:
    return all(re.fullmatch(r"[-+.\deE]+", t) for t in tokens)


def read_lilim(text: str, *, file: str = "<text>", **options: Any) -> Routing:
    """Li & Lim's pickup-and-delivery format; ``round`` defaults to "dimacs"."""
    rounding = _choice(options, "dimacs")
    whole = _scaled(rounding, file)
    rows = _numbers(text, file)
    if len(rows) < 3 or len(rows[0][1]) != 3:
        raise InstanceError("expected 'vehicles capacity speed', then the tasks", file=file, line=1)
    number, capacity, _ = rows[0][1]
    if number < 1:
        raise InstanceError("0 vehicles", file=file, line=rows[0][0])
    table = _table(rows[1:], 9, file, _SOLOMON)
    if (table[:, 0] != np.arange(len(table))).any():
        raise InstanceError("tasks must be numbered 0, 1, 2, …", file=file, line=rows[1][0])
    b = Builder(rounding)
    b.add_depot(table[0, 1], table[0, 2])
    for row in table[1:]:
        b.add_client(row[1], row[2], window=(whole(row[4]), whole(row[5])), service=whole(row[6]))
    for i, row in enumerate(table[1:], 1):
        partner = int(row[8])
        if row[3] > 0 or (partner and not row[7]):
            if not 0 < partner < len(table) or table[partner, 7] != i:
                raise InstanceError(
                    f"task {i}: delivery {partner} disagrees", file=file, line=rows[1 + i][0]
                )
            if table[partner, 3] != -row[3]:
                raise InstanceError(
                    f"task {i}: takes {row[3]:g}, brings {-table[partner, 3]:g}",
                    file=file,
                    line=rows[1 + i][0],
                )
            b.add_shipment(i - 1, partner - 1, whole(row[3]))
    b.add_vehicle_type(
        int(number), capacity=whole(capacity), shift=(whole(table[0, 4]), whole(table[0, 5]))
    )
    return _built(b, file)


def read_cordeau(text: str, *, file: str = "<text>", **options: Any) -> Routing:
    """Cordeau's format of the (multi-depot) VRP without or with windows: types 0, 2, 4, 6."""
    rows = _numbers(text, file)
    if not rows or len(rows[0][1]) != 4:
        raise InstanceError("expected 'type vehicles customers depots'", file=file, line=1)
    kind, vehicles, n, depots = (int(v) for v in rows[0][1])
    if kind not in (0, 2, 4, 6):
        raise InstanceError(f"type {kind}; 0, 2, 4 and 6 are read", file=file, line=rows[0][0])
    for count, what in ((vehicles, "vehicles"), (n, "customers"), (depots, "depots")):
        if count < (what != "customers"):
            raise InstanceError(f"{count} {what}", file=file, line=rows[0][0])
    depots = depots if kind in (2, 6) else 1
    if len(rows) < 1 + n + depots + (depots if kind in (2, 6) else 1):
        raise InstanceError("the file ends too early", file=file, line=rows[-1][0])
    rounding = _choice(options, "exact")
    whole = _scaled(rounding, file)
    limits = rows[1 : 1 + depots]
    b = Builder(rounding)
    tasks = rows[1 + len(limits) :]
    for line, row in tasks[n : n + depots]:
        if len(row) < 3:
            raise InstanceError("expected a depot", file=file, line=line)
        b.add_depot(row[1], row[2])
    for line, row in tasks[:n]:
        if len(row) < 5:
            raise InstanceError("expected a customer", file=file, line=line)
        if row[4] < 0 or row[3] < 0:
            raise InstanceError("negative demand or service time", file=file, line=line)
        window = None
        if kind in (4, 6):
            if row[-1] < row[-2]:
                raise InstanceError("the window closes before it opens", file=file, line=line)
            window = (whole(row[-2]), whole(row[-1]))
        b.add_client(row[1], row[2], delivery=whole(row[4]), service=whole(row[3]), window=window)
    for depot, (line, row) in enumerate(limits):
        if len(row) != 2 or min(row) < 0:
            raise InstanceError("expected duration and capacity", file=file, line=line)
        home = tasks[n + depot][1]
        shift = (whole(home[-2]), whole(home[-1])) if kind in (4, 6) else (0, UNLIMITED)
        b.add_vehicle_type(
            vehicles,
            capacity=whole(row[1]) if row[1] else None,
            max_duration=whole(row[0]) if row[0] else UNLIMITED,
            start_depot=depot,
            end_depot=depot,
            shift=shift,
        )
    return _built(b, file)


def _built(b: Builder, file: str) -> Routing:
    try:
        return b.build()
    except InstanceError as error:
        raise InstanceError(error.message, file=file, field=error.field) from None
