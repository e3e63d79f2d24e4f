"""VRPLIB, CVRPLIB and TSPLIB files, and ``.sol`` solutions.

Header lines are ``KEY: value``; sections hold one row a node (or a vehicle) that begins with its
number. Beyond TSPLIB's: SERVICE_TIME, TIME_WINDOW, RELEASE_TIME, PRIZE, BACKHAUL (pickups),
MUTUALLY_EXCLUSIVE_GROUP, VEHICLES_* (one row a vehicle), as PyVRP and LKH-3 read them.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.instance import FORBIDDEN, LARGEST, ROUNDING, UNLIMITED, Routing

_PLANE = {"EUC_2D", "EXACT_2D", "FLOOR_2D"}
_COMPUTED = {"CEIL_2D", "MAN_2D", "MAX_2D", "GEO", "ATT", "EUC_3D"}
_WEIGHT_FORMATS = {
    "FULL_MATRIX",
    "UPPER_ROW",
    "LOWER_ROW",
    "UPPER_DIAG_ROW",
    "LOWER_DIAG_ROW",
    "UPPER_COL",
    "LOWER_COL",
    "UPPER_DIAG_COL",
    "LOWER_DIAG_COL",
}
_NODE_SECTIONS = {
    "NODE_COORD": (2, 3),
    "DEMAND": (1, None),
    "LINEHAUL": (1, None),
    "BACKHAUL": (1, None),
    "SERVICE_TIME": (1, 1),
    "TIME_WINDOW": (2, None),
    "RELEASE_TIME": (1, 1),
    "PRIZE": (1, 1),
    "PICKUP_AND_DELIVERY": (6, 6),
    "DISPLAY_DATA": (2, 3),
}
_OTHER_SECTIONS = {
    "EDGE_WEIGHT",
    "DEPOT",
    "MUTUALLY_EXCLUSIVE_GROUP",
    "CAPACITY",
    "VEHICLES_DEPOT",
    "VEHICLES_RELOAD_DEPOT",
    "VEHICLES_ALLOWED_CLIENTS",
    "VEHICLES_FIXED_COST",
    "VEHICLES_UNIT_DISTANCE_COST",
    "VEHICLES_MAX_DISTANCE",
    "VEHICLES_MAX_DURATION",
    "VEHICLES_MAX_RELOADS",
}
_HEAD = re.compile(r"^\s*([A-Za-z_]+)\s*:\s*(.*?)\s*$")


def sniff(head: str, name: str) -> bool:
    """Whether a text looks like VRPLIB or TSPLIB."""
    return bool(
        re.search(r"^\s*(DIMENSION|EDGE_WEIGHT_TYPE|NODE_COORD_SECTION)\b", head, re.MULTILINE)
    )


class _Text:
    """Header and sections of a file, with line numbers for errors."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.header: dict[str, tuple[str, int]] = {}
        self.sections: dict[str, list[tuple[int, list[str]]]] = {}
        self.starts: dict[str, int] = {}
        current: list[tuple[int, list[str]]] | None = None
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if not line:
                continue
            if line == "EOF":
                break
            if line[0].isalpha():
                key = line.split()[0].rstrip(":")
                if key.endswith("_SECTION"):
                    name = key[: -len("_SECTION")]
                    if name not in _NODE_SECTIONS and name not in _OTHER_SECTIONS:
                        self.fail(f"unknown section {key}", number)
                    if name in self.sections:
                        self.fail(f"section {key} appears twice", number)
                    current = self.sections[name] = []
                    self.starts[name] = number
                    continue
                match = _HEAD.match(line)
                if not match:
                    self.fail(f"expected 'KEY: value' or a section, got {line[:40]!r}", number)
                key = match.group(1).upper()
                if key in self.header:
                    self.fail(f"{key} appears twice", number)
                self.header[key] = (match.group(2).strip('"'), number)
                current = None
            elif current is None:
                self.fail(f"data outside of a section: {line[:40]!r}", number)
            else:
                current.append((number, line.split()))

    def fail(self, message: str, line: int | None = None, field: str | None = None) -> NoReturn:
        raise InstanceError(message, file=self.file, line=line, field=field)

    def number(self, token: str, line: int, field: str) -> float:
        try:
            value = float(token)
        except ValueError:
            self.fail(f"expected a number, got {token!r}", line, field)
        if not np.isfinite(value):
            self.fail(f"{token} is no finite number", line, field)
        if abs(value) > LARGEST:
            self.fail(f"{token} is too large", line, field)
        return value

    def integer(self, token: str, line: int, field: str) -> int:
        value = self.number(token, line, field)
        if value != int(value):
            self.fail(f"expected an integer, got {token}", line, field)
        return int(value)

    def key(self, name: str, default: Any = None) -> Any:
        """Numeric header value."""
        if name not in self.header:
            return default
        text, line = self.header[name]
        return self.number(text.split()[0] if text else "", line, name)

    def rows(self, name: str, count: int, meaning: str) -> list[tuple[int, list[str]]]:
        """The data of the section's rows in the order of their numbers 1 … count."""
        rows: list[tuple[int, list[str]] | None] = [None] * count
        for line, tokens in self.sections[name]:
            index = self.integer(tokens[0], line, name)
            if not 1 <= index <= count:
                self.fail(f"{meaning} {index} is not within 1 … {count}", line, name)
            if rows[index - 1] is not None:
                self.fail(f"{meaning} {index} appears twice", line, name)
            rows[index - 1] = (line, tokens[1:])
        for index, row in enumerate(rows):
            if row is None:
                end = self.sections[name][-1][0] if self.sections[name] else self.starts[name]
                self.fail(f"{meaning} {index + 1} is missing", end, name)
        return rows  # type: ignore[return-value]

    def table(self, name: str, count: int, widths: tuple[int, int | None]) -> np.ndarray:
        """A section with one row a node as floats, shape (count, width)."""
        rows = self.rows(name, count, "node")
        low, high = widths
        width = len(rows[0][1])
        if width < low or (high is not None and width > high):
            self.fail(f"expected {low} values, got {width}", rows[0][0], name)
        table = np.empty((count, width))
        for i, (line, tokens) in enumerate(rows):
            if len(tokens) != width:
                self.fail(f"expected {width} values, got {len(tokens)}", line, name)
            for j, token in enumerate(tokens):
                table[i, j] = self.number(token, line, name)
        return table

    def line_of(self, name: str, node: int) -> int | None:
        """Line of a node's row in a section."""
        for line, tokens in self.sections.get(name, ()):
            if tokens and tokens[0] == str(node):
                return line
        return None


def read(text: str, *, file: str = "<text>", **options: Any) -> Routing:
    """Instance from the text of a ``.vrp`` or ``.tsp`` file.

    Parameters
    ----------
    text : str
    file : str
        Name for error messages.
    **options
        ``round``: how distances, times and loads become integers: "round", "trunc", "dimacs"
        (one decimal, truncated), "exact" (three decimals, rounded), "none" (data are integers), or
        "auto": dimacs where the problem has time windows, else round.
    """
    source = _Text(text, file)
    if "DIMENSION" not in source.header:
        source.fail("DIMENSION is missing", field="DIMENSION")
    nodes = source.integer(
        str(source.header["DIMENSION"][0]), source.header["DIMENSION"][1], "DIMENSION"
    )
    if nodes < 1:
        source.fail(f"{nodes} nodes", source.header["DIMENSION"][1], "DIMENSION")
    for needed, sections in (("EDGE_WEIGHT_TYPE", ("NODE_COORD", "EDGE_WEIGHT")),):
        if not any(s in source.sections for s in sections):
            source.fail("NODE_COORD_SECTION or EDGE_WEIGHT_SECTION is missing", field=needed)
    kind = str(source.header.get("TYPE", ("", 0))[0]).upper()
    rounding = options.get("round") or "auto"
    if rounding == "auto":
        timed = "TIME_WINDOW" in source.sections or "PICKUP_AND_DELIVERY" in source.sections
        rounding = "dimacs" if timed else "round"
    if rounding not in ROUNDING:
        source.fail(f"{rounding!r} is none of auto, {', '.join(ROUNDING)}", field="round")
    scale, offset = ROUNDING[rounding]

    def whole(values):
        return np.floor(np.asarray(values, float) * scale + offset).astype(np.int64)

    depots = _depots(source, nodes)
    order = np.array(depots + [i for i in range(nodes) if i not in set(depots)])
    clients = order[len(depots) :]
    fields = _clients(source, nodes, clients, depots, whole)
    fields |= _vehicles(source, nodes, depots, clients, whole, fields)
    fields |= _travel(source, nodes, rounding)
    fields |= {
        "client_location": clients,
        "depot_location": depots,
        "depot_window": np.tile([0, UNLIMITED], (len(depots), 1)),
        "backhaul": "last" if kind == "VRPB" else "mixed",
        "unit": scale,
        "name": str(source.header.get("NAME", ("", 0))[0]),
    }
    try:
        return Routing(**fields)
    except InstanceError as error:
        raise InstanceError(error.message, file=file, line=error.line, field=error.field) from None


def _depots(source: _Text, nodes: int) -> list[int]:
    if "DEPOT" not in source.sections:
        return [0]
    depots: list[int] = []
    for line, tokens in source.sections["DEPOT"]:
        for token in tokens:
            index = source.integer(token, line, "DEPOT")
            if index == -1:
                break
            if not 1 <= index <= nodes:
                source.fail(f"depot {index} is not within 1 … {nodes}", line, "DEPOT")
            if index - 1 in depots:
                source.fail(f"depot {index} appears twice", line, "DEPOT")
            depots.append(index - 1)
    if not depots:
        source.fail("no depot", source.starts["DEPOT"], "DEPOT")
    return depots


def _clients(source: _Text, nodes: int, clients, depots, whole) -> dict:
    """Client fields, from the node sections."""
    n = len(clients)
    demand = next((s for s in ("DEMAND", "LINEHAUL") if s in source.sections), None)
    loads = np.zeros((nodes, 1))
    if not demand and "PICKUP_AND_DELIVERY" not in source.sections:
        for where in (source.header, source.sections):
            if "CAPACITY" in where:
                source.fail("there is a CAPACITY, but DEMAND_SECTION is missing", field="DEMAND")
    if demand:
        loads = source.table(demand, nodes, _NODE_SECTIONS[demand])
    pickups = np.zeros_like(loads)
    if "BACKHAUL" in source.sections:
        pickups = source.table("BACKHAUL", nodes, _NODE_SECTIONS["BACKHAUL"])
    for section, table in ((demand or "DEMAND", loads), ("BACKHAUL", pickups)):
        if (table < 0).any():
            node = int(np.argwhere(table < 0)[0][0])
            source.fail(
                f"node {node + 1}: negative demand", source.line_of(section, node + 1), section
            )
        for depot in depots:
            if table[depot].any():
                line = source.line_of(section, depot + 1)
                source.fail(f"depot {depot + 1} has a demand; is it a client?", line, section)
    if pickups.shape[1] != loads.shape[1]:
        source.fail("BACKHAUL and DEMAND have different dimensions", field="BACKHAUL")
    service = np.zeros(nodes)
    if "SERVICE_TIME" in source.sections:
        service = source.table("SERVICE_TIME", nodes, (1, 1))[:, 0]
    else:
        service[clients] = source.key("SERVICE_TIME", 0.0)
    if (service < 0).any():
        node = int(np.flatnonzero(service < 0)[0])
        line = source.line_of("SERVICE_TIME", node + 1)
        source.fail(f"node {node + 1}: negative service time", line, "SERVICE_TIME")
    fields: dict[str, Any] = {
        "delivery": whole(loads)[clients],
        "pickup": whole(pickups)[clients],
        "service": whole(service)[clients],
        "release": np.zeros(n),
        "prize": np.zeros(n),
    }
    if "RELEASE_TIME" in source.sections:
        fields["release"] = whole(source.table("RELEASE_TIME", nodes, (1, 1)))[clients, 0]
    if "PRIZE" in source.sections:
        fields["prize"] = whole(source.table("PRIZE", nodes, (1, 1)))[clients, 0]
    fields["group"], groups = _groups(source, nodes, clients)
    fields["group_required"] = np.ones(groups, bool)
    fields["required"] = (fields["prize"] == 0) & (fields["group"] < 0)
    fields |= _windows(source, nodes, clients, depots, whole)
    fields |= _shipments(source, nodes, clients, fields, whole)
    fields["conflicts"] = fields["precedences"] = np.zeros((0, 2))
    return fields


def _windows(source: _Text, nodes: int, clients, depots, whole) -> dict:
    """Windows; ``_depot_windows`` become the shifts of the vehicles."""
    n = len(clients)
    if "TIME_WINDOW" in source.sections:
        table = source.table("TIME_WINDOW", nodes, (2, None))
        if table.shape[1] % 2:
            source.fail("expected pairs of times", source.starts["TIME_WINDOW"], "TIME_WINDOW")
    elif "PICKUP_AND_DELIVERY" in source.sections:
        table = source.table("PICKUP_AND_DELIVERY", nodes, (6, 6))[:, 1:3]
    else:
        return {
            "window_first": np.arange(n + 1),
            "window": np.tile([0, UNLIMITED], (n, 1)),
            "_depot_windows": np.tile([0, UNLIMITED], (len(depots), 1)),
        }
    section = "TIME_WINDOW" if "TIME_WINDOW" in source.sections else "PICKUP_AND_DELIVERY"
    early, late = table[:, 0::2], table[:, 1::2]
    if (bad := np.argwhere((late < early) | (early < 0))).size:
        node = int(bad[0][0])
        source.fail(
            f"node {node + 1}: window [{early[node].min():g}, {late[node].max():g}] closes before "
            "it opens or opens before 0",
            source.line_of(section, node + 1),
            section,
        )
    count = early.shape[1]
    return {
        "window_first": np.arange(n + 1) * count,
        "window": whole(table)[clients].reshape(-1, 2),
        "_depot_windows": whole(table)[depots][:, :2],
    }


def _groups(source: _Text, nodes: int, clients) -> tuple[np.ndarray, int]:
    """Group of every client; groups of one member are no choice, but must still be served."""
    place = {int(node): i for i, node in enumerate(clients)}
    group, groups = np.full(len(clients), -1), 0
    for line, tokens in source.sections.get("MUTUALLY_EXCLUSIVE_GROUP", ()):
        for token in tokens[1:]:
            node = source.integer(token, line, "MUTUALLY_EXCLUSIVE_GROUP") - 1
            if node not in place:
                source.fail(f"{node + 1} is no client", line, "MUTUALLY_EXCLUSIVE_GROUP")
            if group[place[node]] >= 0:
                source.fail(f"client {node + 1} is in two groups", line, "MUTUALLY_EXCLUSIVE_GROUP")
            if len(tokens) > 2:
                group[place[node]] = groups
        groups += len(tokens) > 2
    return group, groups


def _shipments(source: _Text, nodes: int, clients, fields: dict, whole) -> dict:
    name = "PICKUP_AND_DELIVERY"
    k = fields["delivery"].shape[1]
    if name not in source.sections:
        return {"shipments": np.zeros((0, 2)), "shipment_load": np.zeros((0, k))}
    table = source.table(name, nodes, (6, 6))
    fields["service"] = whole(table[:, 3])[clients]
    place = {int(node): i for i, node in enumerate(clients)}
    pairs, loads = [], []
    for node in clients:
        line = source.line_of(name, node + 1)
        partner = int(table[node, 5]) - 1
        if table[node, 5] > 0:
            if partner not in place or int(table[partner, 4]) - 1 != node:
                source.fail(f"node {node + 1}: partner {partner + 1} disagrees", line, name)
            if table[node, 0] < 0:
                source.fail(f"node {node + 1}: a pickup of {table[node, 0]:g}", line, name)
            pairs.append((place[int(node)], place[partner]))
            loads.append(whole([table[node, 0]] + [0] * (k - 1)))
    return {
        "shipments": np.array(pairs, np.int64).reshape(-1, 2),
        "shipment_load": np.array(loads, np.int64).reshape(-1, k),
    }


def _vehicles(source: _Text, nodes: int, depots, clients, whole, fields: dict) -> dict:
    """Vehicles of equal attributes become one type, in order of first appearance."""
    count = source.key("VEHICLES")
    number = len(clients) if count is None else int(count)
    if count is not None and number < 1:
        source.fail("0 vehicles", source.header["VEHICLES"][1], "VEHICLES")
    number = max(number, 1)
    k = fields["delivery"].shape[1]

    def column(section: str, key: str, default: float, convert=whole) -> list:
        if section in source.sections:
            rows = source.rows(section, number, "vehicle")
            values = [[source.number(v, line, section) for v in row] for line, row in rows]
            if any(len(v) != len(values[0]) or not v for v in values):
                source.fail("rows of different length", source.starts[section], section)
            return [tuple(int(u) for u in convert(v)) for v in values]
        if key in source.header:
            text, line = source.header[key]
            single = [source.number(v, line, key) for v in text.split()]
            return [tuple(int(u) for u in convert(single))] * number
        return [(int(default),)] * number

    def plain(values):
        if any(v != int(v) for v in values):
            source.fail("unit costs must be integers", field="VEHICLES_UNIT_DISTANCE_COST")
        return np.array(values, np.int64)

    def lists(section: str) -> list:
        if section not in source.sections:
            return [None] * number
        rows = source.rows(section, number, "vehicle")
        return [tuple(source.integer(v, line, section) - 1 for v in row) for line, row in rows]

    capacity = column("CAPACITY", "CAPACITY", UNLIMITED)
    capacity = [c + (UNLIMITED,) * (k - len(c)) for c in capacity]
    home = lists("VEHICLES_DEPOT")
    home = [depots[0] if h is None else h[0] for h in home]
    place = {node: i for i, node in enumerate(depots)}
    reloads, allowed = lists("VEHICLES_RELOAD_DEPOT"), lists("VEHICLES_ALLOWED_CLIENTS")
    for section, rows in (
        ("VEHICLES_DEPOT", [[h] for h in home]),
        ("VEHICLES_RELOAD_DEPOT", reloads),
    ):
        for v, row in enumerate(rows):
            for node in row or ():
                if node not in place:
                    line = source.line_of(section, v + 1)
                    source.fail(f"vehicle {v + 1}: {node + 1} is no depot", line, section)
    trips = column("VEHICLES_MAX_RELOADS", "VEHICLES_MAX_RELOADS", UNLIMITED - 1, plain)
    distance = column("VEHICLES_MAX_DISTANCE", "VEHICLES_MAX_DISTANCE", UNLIMITED)
    if "DISTANCE" in source.header:
        distance = column("", "DISTANCE", UNLIMITED)
    attributes = zip(
        capacity,
        column("VEHICLES_FIXED_COST", "VEHICLES_FIXED_COST", 0),
        column("VEHICLES_UNIT_DISTANCE_COST", "VEHICLES_UNIT_DISTANCE_COST", 1, plain),
        distance,
        column("VEHICLES_MAX_DURATION", "VEHICLES_MAX_DURATION", UNLIMITED),
        [(place[h],) for h in home],
        [tuple(sorted(place[r] for r in (row or ()))) for row in reloads],
        allowed,
        trips,
    )
    kinds: dict[tuple, int] = {}
    for a in attributes:
        kinds[a] = kinds.get(a, 0) + 1
    return _types(kinds, depots, clients, fields, source)


def _types(kinds: dict[tuple, int], depots, clients, fields: dict, source: _Text) -> dict:
    rows = list(kinds)
    start = [r[5][0] for r in rows]
    reload = np.zeros((len(rows), len(depots)), bool)
    permission = np.ones((len(rows), len(clients)), bool)
    place = {int(node): i for i, node in enumerate(clients)}
    for t, row in enumerate(rows):
        reload[t, list(row[6])] = True
        if row[7] is not None:
            permission[t] = False
            for node in row[7]:
                if node not in place:
                    source.fail(f"{node + 1} is no client", field="VEHICLES_ALLOWED_CLIENTS")
                permission[t, place[node]] = True
    windows = fields.pop("_depot_windows")
    return {
        "vehicles": list(kinds.values()),
        "capacity": [r[0] for r in rows],
        "fixed_cost": [r[1][0] for r in rows],
        "distance_cost": [r[2][0] for r in rows],
        "duration_cost": [0] * len(rows),
        "max_distance": [r[3][0] for r in rows],
        "max_duration": [r[4][0] for r in rows],
        "start_depot": start,
        "end_depot": start,
        "shift": windows[start],
        "reload": reload,
        "max_trips": [1 + min(r[8][0], UNLIMITED - 1) if r[6] else 1 for r in rows],
        "profile": [0] * len(rows),
        "allowed": None if permission.all() else permission,
    }


def _travel(source: _Text, nodes: int, rounding: str) -> dict:
    """Coordinates and, where the plane's formula does not serve, the matrix."""
    scale, offset = ROUNDING[rounding]
    kind, line = source.header.get("EDGE_WEIGHT_TYPE", ("", None))
    kind = str(kind).upper()
    if not kind:
        kind = "EXPLICIT" if "EDGE_WEIGHT" in source.sections else "EUC_2D"
    if kind not in _PLANE | _COMPUTED | {"EXPLICIT"}:
        known = ", ".join(sorted(_PLANE | _COMPUTED | {"EXPLICIT"}))
        source.fail(f"unknown EDGE_WEIGHT_TYPE {kind} (known: {known})", line, "EDGE_WEIGHT_TYPE")
    points = np.zeros((nodes, 2))
    for section in ("NODE_COORD", "DISPLAY_DATA"):
        if section in source.sections:
            points = source.table(section, nodes, (2, 3))
            break
    else:
        if kind != "EXPLICIT":
            source.fail(f"{kind} needs a NODE_COORD_SECTION", line, "EDGE_WEIGHT_TYPE")
    fields: dict[str, Any] = {
        "x": points[:, 0],
        "y": points[:, 1],
        "scale": scale,
        "offset": 0.0 if kind == "FLOOR_2D" else offset,
    }
    if kind == "EXPLICIT":
        fields["distance"] = _explicit(source, nodes, scale, offset)[None]
    elif kind in _COMPUTED:
        fields["distance"] = _computed(kind, points, scale, offset)[None]
    return fields


def _computed(kind: str, points: np.ndarray, scale: float, offset: float) -> np.ndarray:
    """TSPLIB's other distance functions."""
    delta = np.abs(points[:, None, :] - points[None, :, :])
    if kind == "MAN_2D":
        return np.floor(scale * delta[..., :2].sum(axis=2) + offset).astype(np.int64)
    if kind == "MAX_2D":
        return np.floor(scale * delta[..., :2].max(axis=2) + offset).astype(np.int64)
    if kind == "EUC_3D":
        return np.floor(scale * np.sqrt((delta**2).sum(axis=2)) + offset).astype(np.int64)
    length = np.sqrt((delta[..., :2] ** 2).sum(axis=2))
    if kind == "CEIL_2D":
        return np.ceil(scale * length).astype(np.int64)
    if kind == "ATT":
        pseudo = length / np.sqrt(10.0)
        rounded = np.floor(pseudo + 0.5)
        return np.where(rounded < pseudo, rounded + 1, rounded).astype(np.int64)
    degrees = np.trunc(points[:, :2])
    radians = 3.141592 * (degrees + 5.0 * (points[:, :2] - degrees) / 3.0) / 180.0
    latitude, longitude = radians[:, 0], radians[:, 1]
    q1 = np.cos(longitude[:, None] - longitude[None, :])
    q2 = np.cos(latitude[:, None] - latitude[None, :])
    q3 = np.cos(latitude[:, None] + latitude[None, :])
    inner = np.clip(0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3), -1.0, 1.0)
    matrix = np.floor(6378.388 * np.arccos(inner) + 1.0).astype(np.int64)
    np.fill_diagonal(matrix, 0)
    return matrix


def _explicit(source: _Text, nodes: int, scale: float, offset: float) -> np.ndarray:
    if "EDGE_WEIGHT" not in source.sections:
        source.fail("EDGE_WEIGHT_SECTION is missing", field="EDGE_WEIGHT_TYPE")
    form, line = source.header.get("EDGE_WEIGHT_FORMAT", ("FULL_MATRIX", None))
    form = str(form).upper()
    if form not in _WEIGHT_FORMATS:
        source.fail(f"unknown EDGE_WEIGHT_FORMAT {form}", line, "EDGE_WEIGHT_FORMAT")
    tokens = [(t, number) for number, row in source.sections["EDGE_WEIGHT"] for t in row]
    flat = np.array([source.number(t, number, "EDGE_WEIGHT") for t, number in tokens])
    diagonal = "DIAG" in form
    want = (
        nodes * nodes if form == "FULL_MATRIX" else nodes * (nodes + (1 if diagonal else -1)) // 2
    )
    if len(flat) != want:
        last = source.sections["EDGE_WEIGHT"][-1][0] if tokens else source.starts["EDGE_WEIGHT"]
        source.fail(f"{len(flat)} weights, {form} of {nodes} nodes has {want}", last, "EDGE_WEIGHT")
    if (flat < 0).any():
        i = int(np.flatnonzero(flat < 0)[0])
        source.fail(f"negative weight {tokens[i][0]}", tokens[i][1], "EDGE_WEIGHT")
    matrix = np.zeros((nodes, nodes))
    if form == "FULL_MATRIX":
        matrix = flat.reshape(nodes, nodes)
        if (
            "SYM" in str(source.header.get("EDGE_WEIGHT_SYMMETRY", ("", 0))[0]).upper().split("A")
            or str(source.header.get("TYPE", ("", 0))[0]).upper() == "TSP"
        ):
            _symmetric(source, matrix, tokens)
    else:
        upper = form.startswith("UPPER") != form.endswith("COL")
        shift = 0 if diagonal else 1
        # Columns of the upper triangle are rows of the lower one, and the other way round.
        index = np.triu_indices(nodes, shift) if upper else np.tril_indices(nodes, -shift)
        matrix[index] = flat
        matrix = matrix + np.triu(matrix, 1).T if upper else matrix + np.tril(matrix, -1).T
    result = np.floor(matrix * scale + offset).astype(np.int64)
    np.fill_diagonal(result, 0)
    return np.where(matrix >= FORBIDDEN, FORBIDDEN, result)


def _symmetric(source: _Text, matrix: np.ndarray, tokens) -> None:
    bad = np.argwhere(matrix != matrix.T)
    if len(bad):
        i, j = (int(v) for v in bad[0])
        source.fail(
            f"the matrix is declared symmetric, but ({i + 1}, {j + 1}) is {matrix[i, j]:g} and "
            f"({j + 1}, {i + 1}) is {matrix[j, i]:g}",
            tokens[i * len(matrix) + j][1],
            "EDGE_WEIGHT",
        )
