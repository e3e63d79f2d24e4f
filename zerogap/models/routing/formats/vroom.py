"""VROOM problems, and plans in the form in which VROOM answers.

What VROOM minimises: jobs left out, those of high priority first; then the cost of the routes,
which is travel time. Here a job's prize is more than all routes together can cost, times its
priority, so that both orders agree. Fields: ``docs/API.md`` of VROOM.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, parse_json
from zerogap.models.routing.fields import FORBIDDEN, LARGEST, UNLIMITED
from zerogap.models.routing.instance import Routing
from zerogap.models.routing.solution import Route, Routes, timetable
from zerogap.models.routing.timing import decided
from zerogap.models.told import Told, nearest

#: What a field that we do not model may be called in ``ignore``.
IGNORABLE = (
    "breaks", "costs", "max_distance", "max_travel_time", "service_per_type", "setup",
    "setup_per_type", "speed_factor", "steps", "type",
)  # fmt: skip


#: What a step may be.
STEPS = ("start", "job", "pickup", "delivery", "break", "end")


def sniff(head: str, name: str) -> bool:
    """A JSON object with vehicles, and jobs or shipments."""
    return (
        head.lstrip()[:1] == "{"
        and '"vehicles"' in head
        and ('"jobs"' in head or '"shipments"' in head)
        and '"family"' not in head
        and '"clients"' not in head
    )


def read(text: str, *, file: str, ignore: str = "") -> Routing:
    """A VROOM problem with its matrices.

    Parameters
    ----------
    text, file : str
    ignore : str
        Names of fields, separated by commas, that are left out instead of refused (``breaks``).

    Raises
    ------
    InstanceError
        Naming the place of what is missing, wrong, or not modelled.
    """
    skipped = {word.strip() for word in ignore.split(",") if word.strip()}
    for word in sorted(skipped - set(IGNORABLE)):
        raise InstanceError(
            f"{word!r} cannot be ignored{nearest(word, IGNORABLE)}; can: {', '.join(IGNORABLE)}",
            field="option ignore",
        )
    told = Told(parse_json(text, file=file))
    try:
        made = _Problem(told, skipped).instance()
    except InstanceError as error:
        error.file = error.file or file
        raise
    except (TypeError, ValueError, KeyError, IndexError, AttributeError) as error:
        raise InstanceError(f"is no VROOM problem: {_words(error)}", file=file) from None
    told.refuse_unknown(skipped, file=file)
    return made


def _words(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


class _Problem:
    """Collects clients and vehicles; `instance` makes the arrays."""

    def __init__(self, data: Told, skipped: set[str]):
        self.data = data
        self.skipped = skipped
        self.clients: list[dict[str, Any]] = []
        self.shipments: list[tuple[int, int, list[int]]] = []

    def _refuse(self, row: Told, place: str, neutral: dict[str, Any]) -> None:
        """Fields that VROOM has and this model does not, unless they say nothing."""
        for key, nothing in neutral.items():
            if key in row and row[key] != nothing and key not in self.skipped:
                raise InstanceError(
                    f"is not modelled; expected none, or --option ignore={key}",
                    field=f"{place}.{key}",
                )

    def _job(self, row: Told, place: str, kind: str, skills: Any, priority: int) -> int:
        self._refuse(row, place, {"setup_per_type": {}})
        row.get("description"), row.get("location"), row.get("type")
        if "location_index" not in row:
            raise InstanceError("is missing: expected a row of the matrices",
                                field=f"{place}.location_index")  # fmt: skip
        self.clients.append({
            "place": place, "id": row["id"], "kind": kind, "at": int(row["location_index"]),
            "service": row.get("service", 0), "delivery": list(row.get("delivery", ())),
            "pickup": list(row.get("pickup", ())), "skills": set(skills), "priority": priority,
            "windows": [tuple(w) for w in row.get("time_windows", ())] or [(0, UNLIMITED)],
            "setup": self._told(row, "setup", 0),
            "by_type": dict(self._told(row, "service_per_type", {})),
        })  # fmt: skip
        return len(self.clients) - 1

    def _tasks(self) -> None:
        for i, row in enumerate(self.data.get("jobs", ())):
            place = f"jobs[{i}]"
            self._job(row, place, "job", row.get("skills", ()), _priority(row, place))
        for i, row in enumerate(self.data.get("shipments", ())):
            place = f"shipments[{i}]"
            shared = row.get("skills", ()), _priority(row, place)
            ends = [
                self._job(row[end], f"{place}.{end}", end, *shared)
                for end in ("pickup", "delivery")
            ]
            self.shipments.append((ends[0], ends[1], list(row.get("amount", ()))))

    def _vehicles(self) -> list[tuple[dict[str, Any], list[Any]]]:
        """Kinds of vehicles, each with the ids of its vehicles."""
        kinds: dict[str, tuple[dict[str, Any], list[Any]]] = {}
        for i, row in enumerate(self.data["vehicles"]):
            place = f"vehicles[{i}]"
            costs = row.get("costs", {})
            usual = {"per_hour": 3600, "per_km": 0, "per_task_hour": 0}
            for key, value in usual.items():
                if costs.get(key, value) != value and "costs" not in self.skipped:
                    raise InstanceError(
                        f"is not modelled; expected {value}, or --option ignore=costs",
                        field=f"{place}.costs.{key}",
                    )
            row.get("description"), row.get("start"), row.get("end")
            if "start_index" not in row:
                raise InstanceError("is missing: a route begins somewhere",
                                    field=f"{place}.start_index")  # fmt: skip
            facts = {
                "profile": row.get("profile", "car"),
                "start": row["start_index"],
                "end": row.get("end_index"),
                "capacity": list(row.get("capacity", ())),
                "skills": sorted(row.get("skills", ())),
                "window": list(row.get("time_window", (0, UNLIMITED))),
                "max_tasks": row.get("max_tasks", UNLIMITED),
                "fixed": costs.get("fixed", 0),
                "speed": self._told(row, "speed_factor", 1),
                "travel": self._told(row, "max_travel_time", UNLIMITED),
                "length": self._length(row, place),
                "breaks": self._breaks(row, place),
                "type": self._told(row, "type", ""),
            }
            self._steps(row, place)
            kinds.setdefault(json.dumps(facts), (facts, []))[1].append(row["id"])
        return list(kinds.values())

    def _length(self, row: Told, place: str) -> int:
        """``max_distance``, which is modelled where the costs are the distances."""
        length = self._told(row, "max_distance", UNLIMITED)
        if length == UNLIMITED:
            return UNLIMITED
        entry = self.data.get("matrices", {}).get(row.get("profile", "car"), {})
        # At another speed durations that stand for the costs are scaled, distances are not.
        usual = self._told(row, "speed_factor", 1) == 1
        costs = entry.get("costs", entry.get("durations") if usual else None)
        if costs is None or entry.get("distances") != costs:
            raise InstanceError(
                "is modelled where costs are distances only; expected a matrix of costs equal to "
                "that of distances, or --option ignore=max_distance",
                field=f"{place}.max_distance",
            )
        return int(length)

    def _steps(self, row: Told, place: str) -> None:
        """The steps of a vehicle bind nothing: they are a plan to start from (see `plan`)."""
        for k, step in enumerate(self._told(row, "steps", ())):
            fixed = dict.fromkeys(("service_at", "service_after", "service_before"))
            self._refuse(step, f"{place}.steps[{k}]", fixed)
            if (kind := step["type"]) not in STEPS:
                raise InstanceError(f"is {kind!r}, expected one of {', '.join(STEPS)}",
                                    field=f"{place}.steps[{k}].type")  # fmt: skip
            step.get("id"), step.get("description")

    def _told(self, row: Told, key: str, nothing: Any) -> Any:
        value = row.get(key, nothing)
        return nothing if key in self.skipped or value is None else value

    def _breaks(self, row: Told, place: str) -> list[Any]:
        """(duration, windows) in the order of their first windows; none with a ``max_load``."""
        found = []
        for k, rest in enumerate(self._told(row, "breaks", ())):
            if "max_load" in rest:
                raise InstanceError("is not modelled; expected none, or --option ignore=breaks",
                                    field=f"{place}.breaks[{k}].max_load")  # fmt: skip
            rest.get("id"), rest.get("description")
            windows = [list(w) for w in rest.get("time_windows", [[0, UNLIMITED]])]
            found.append([rest.get("service", 0), sorted(windows)])
        return sorted(found, key=lambda b: b[1])

    def _windows(self, c: dict[str, Any]) -> list[tuple[int, int]]:
        """Windows of the begin of service: VROOM's are those of the arrival, before the setup.

        Where nobody else is at the same place the setup always counts, and both say the same.
        """
        every = [(0, UNLIMITED)]
        if not c["setup"] or c["windows"] == every:
            return list(c["windows"])
        if sum(other["at"] == c["at"] for other in self.clients) > 1:
            raise InstanceError(
                "a setup, windows and others at the same place are not modelled together",
                field=f"{c['place']}.setup",
            )
        return [(a + c["setup"], min(z + c["setup"], UNLIMITED)) for a, z in c["windows"]]

    def _paced(self, profile: str, speed: float, place: str) -> tuple[np.ndarray, np.ndarray]:
        """(costs, durations) at a speed; both are rounded up where they are the same."""
        costs, durations = self._matrix(profile)
        if speed == 1:
            return costs, durations
        if isinstance(speed, bool) or not isinstance(speed, int | float) or not 0 < speed <= 5:
            raise InstanceError(f"is {speed!r}, expected more than 0, at most 5",
                                field=f"{place}.speed_factor")  # fmt: skip
        paced = np.ceil(durations / speed - 1e-9).astype(np.int64)
        own = "costs" in self.data["matrices"][profile]
        return (costs if own else paced), paced

    def _matrix(self, profile: str) -> tuple[np.ndarray, np.ndarray]:
        """(costs, durations) of a profile."""
        matrices = self.data.get("matrices", {})
        if profile not in matrices or "durations" not in matrices[profile]:
            raise InstanceError(
                "is missing: this reader asks no routing service, expected the durations",
                field=f"matrices.{profile}.durations",
            )
        entry = matrices[profile]
        durations = np.array(entry["durations"])
        entry.get("distances")  # told of the way's length only; without costs per km it costs none
        costs = np.array(entry.get("costs", entry["durations"]))
        for name, matrix in (("durations", durations), ("costs", costs)):
            if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
                raise InstanceError("is no square matrix", field=f"matrices.{profile}.{name}")
        return costs, durations

    def instance(self) -> Routing:
        self._tasks()
        kinds = self._vehicles()
        profiles = sorted({(facts["profile"], facts["speed"]) for facts, _ in kinds})
        pairs = [self._paced(p, speed, "vehicles") for p, speed in profiles]
        size = len(pairs[0][0])
        for c in self.clients:
            if not 0 <= c["at"] < size:
                raise InstanceError(f"is {c['at']}, the matrices have {size} rows",
                                    field=f"{c['place']}.location_index")  # fmt: skip
        depots = sorted({int(f[k]) for f, _ in kinds for k in ("start", "end")
                         if f[k] is not None})  # fmt: skip
        number = {at: d for d, at in enumerate(depots)}
        n, k = len(self.clients), self._dimensions(kinds)

        def loads(rows: Any, fill: int = 0) -> np.ndarray:
            return np.array([list(r) + [fill] * (k - len(r)) for r in rows]).reshape(-1, k)

        spans = [self._windows(c) for c in self.clients]
        counts = [len(s) for s in spans]
        own = [[c["by_type"].get(f["type"], c["service"]) for c in self.clients] for f, _ in kinds]
        common = [c["service"] for c in self.clients]
        allowed = [[c["skills"] <= set(f["skills"]) for c in self.clients] for f, _ in kinds]
        fixed = np.array([f["fixed"] for f, _ in kinds])
        cost = np.array([c for c, _ in pairs])
        values: dict[str, Any] = {
            "x": np.zeros(size), "y": np.zeros(size),
            "client_location": [c["at"] for c in self.clients], "depot_location": depots,
            "delivery": loads([c["delivery"] for c in self.clients]),
            "pickup": loads([c["pickup"] for c in self.clients]),
            "service": np.array([c["service"] for c in self.clients]),
            "window_first": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "window": np.array([w for s in spans for w in s]).reshape(-1, 2),
            "setup": np.array([c["setup"] for c in self.clients], np.int64),
            "type_service": None if all(row == common for row in own) else np.array(own),
            "max_travel_time": [f["travel"] for f, _ in kinds],
            "breaks": [
                (t, k, length, *window)
                for t, (f, _) in enumerate(kinds)
                for k, (length, windows) in enumerate(f["breaks"])
                for window in windows
            ],
            "release": np.zeros(n, np.int64), "prize": self._prizes(cost, fixed),
            "required": np.zeros(n, bool), "group": np.full(n, -1),
            "group_required": np.zeros(0, bool),
            "shipments": np.array([s[:2] for s in self.shipments], np.int32).reshape(-1, 2),
            "shipment_load": loads([s[2] for s in self.shipments]),
            "conflicts": np.zeros((0, 2), np.int32), "precedences": np.zeros((0, 2), np.int32),
            "vehicles": [len(ids) for _, ids in kinds],
            "capacity": loads([f["capacity"] for f, _ in kinds], UNLIMITED),
            "fixed_cost": fixed, "distance_cost": np.ones(len(kinds), int),
            "duration_cost": np.zeros(len(kinds), int),
            "start_depot": [number[int(f["start"])] for f, _ in kinds],
            "end_depot": [-1 if f["end"] is None else number[int(f["end"])] for f, _ in kinds],
            "shift": [f["window"] for f, _ in kinds],
            "max_distance": [f["length"] for f, _ in kinds],
            "max_duration": np.full(len(kinds), UNLIMITED),
            "max_stops": [f["max_tasks"] for f, _ in kinds],
            "max_trips": np.ones(len(kinds), int),
            "reload": np.zeros((len(kinds), len(depots)), bool),
            "profile": [profiles.index((f["profile"], f["speed"])) for f, _ in kinds],
            "depot_window": np.tile([0, UNLIMITED], (len(depots), 1)),
            "distance": cost, "duration": np.array([d for _, d in pairs]),
            "allowed": None if np.all(allowed) else np.array(allowed),
            "client_names": tuple(f"{c['kind']} {c['id']}" for c in self.clients),
            "vehicle_names": tuple(",".join(map(str, ids)) for _, ids in kinds),
        }  # fmt: skip
        return Routing(**values)

    def _dimensions(self, kinds: list) -> int:
        lengths = [len(c[f]) for c in self.clients for f in ("delivery", "pickup")]
        lengths += [len(s[2]) for s in self.shipments] + [len(f["capacity"]) for f, _ in kinds]
        return max([1, *lengths])

    def _prizes(self, cost: np.ndarray, fixed: np.ndarray) -> np.ndarray:
        """More than any plan costs, times one more than the priority by n + 1 for each step."""
        n = len(self.clients)
        finite = [int(v) for v in cost.ravel() if int(v) < FORBIDDEN]
        most = 1 + 2 * max(n, 1) * max(finite, default=0) + int(sum(fixed)) * max(n, 1)
        prizes = [most * (1 + (n + 1) * c["priority"]) for c in self.clients]
        if max(prizes, default=0) > LARGEST:
            # Lexicographic order would overflow: say so rather than weaken it.
            raise InstanceError(
                f"priorities and costs need prizes up to {max(prizes)}, at most {LARGEST}",
                field="priority",
            )
        return np.array(prizes, np.int64)


def _priority(row: Told, place: str) -> int:
    value = row.get("priority", 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 100:
        raise InstanceError(f"is {value!r}, expected 0 … 100", field=f"{place}.priority")
    return value


def answer(instance: Routing, solution: Routes) -> str:
    """A plan as VROOM answers: routes with timed steps, and what is left out."""
    routes, spare = [], [_ids(instance, t) for t in range(instance.types)]
    for route in solution:
        names = spare[route.vehicle]
        steps: list[dict[str, Any]] = []
        for c, arrival, begin, leave in timetable(instance, route):
            if c < 0:
                continue
            kind, _, known = instance.called("client", c).partition(" ")
            steps.append({
                "type": kind if known else "job", "id": _number(known or kind), "arrival": arrival,
                "waiting_time": begin - arrival, "service": leave - begin,
            })  # fmt: skip
        if instance.decides_times():
            found = decided(instance, route)
            for k, (begin, (length, _)) in enumerate(
                zip(found.rests, instance.breaks_of(route.vehicle))
            ):
                steps.append({"type": "break", "id": k + 1, "arrival": begin, "waiting_time": 0,
                              "service": length})  # fmt: skip
            steps.sort(key=lambda s: s["arrival"] + s["waiting_time"])
        routes.append({"vehicle": names.pop(0) if names else route.vehicle, "steps": steps})
    served = {c for route in solution for c in route}
    left = [
        {"id": _number(instance.called("client", c).rpartition(" ")[2])}
        for c in range(instance.clients)
        if c not in served
    ]
    summary = {"routes": len(routes), "unassigned": len(left)}
    data = {"code": 0, "summary": summary, "unassigned": left, "routes": routes}
    return json.dumps(data, indent=1) + "\n"


def plan(text: str, instance: Routing, *, file: str = "<text>") -> Routes:
    """The plan of a VROOM answer: vehicles and tasks by their ids; times are found again.

    In a VROOM problem it is the plan that the ``steps`` of its vehicles describe.

    Raises
    ------
    InstanceError
        Naming the step of what is no vehicle or task of the instance.
    """
    data = parse_json(text, file=file)
    rows = _described(data)
    if rows is None:
        raise InstanceError("is missing: expected VROOM's answer", file=file, field="routes")
    types = {str(v): t for t in range(instance.types) for v in _ids(instance, t)}
    clients = {instance.called("client", c): c for c in range(instance.clients)}
    routes = []
    for place, row in rows:
        try:
            vehicle, steps = str(row["vehicle"]), list(row["steps"])
            tasks = [(k, step["type"], step.get("id")) for k, step in enumerate(steps)]
        except (TypeError, KeyError, AttributeError) as error:
            raise InstanceError(f"is no route: {_words(error)}", file=file, field=place) from None
        if vehicle not in types:
            raise InstanceError(
                f"is {vehicle}, no vehicle of the instance", file=file, field=f"{place}.vehicle"
            )
        order = []
        for k, kind, number in tasks:
            if kind in ("start", "end", "break"):
                continue
            if (name := f"{kind} {number}") not in clients:
                raise InstanceError(f"there is no {name}{nearest(name, clients)}", file=file,
                                    field=f"{place}.steps[{k}]")  # fmt: skip
            order.append(clients[name])
        if order:
            routes.append(Route(types[vehicle], (tuple(order),)))
    return Routes(tuple(routes))


def _described(data: Any) -> list[tuple[str, Any]] | None:
    """(place, route) of an answer, or of the vehicles of a problem that have steps."""
    if not isinstance(data, dict):
        return None
    if isinstance(routes := data.get("routes"), list):
        return [(f"routes[{r}]", row) for r, row in enumerate(routes)]
    if not isinstance(vehicles := data.get("vehicles"), list):
        return None
    told = [(f"vehicles[{v}]", row) for v, row in enumerate(vehicles) if isinstance(row, dict)]
    told = [(place, row) for place, row in told if row.get("steps")]
    return [(place, {"vehicle": row.get("id"), "steps": row["steps"]}) for place, row in told]


def _ids(instance: Routing, t: int) -> list[Any]:
    if instance.vehicle_names is None:
        return []
    return [_number(word) for word in instance.vehicle_names[t].split(",")]


def _number(word: str) -> int | str:
    return int(word) if word.isdigit() else word
