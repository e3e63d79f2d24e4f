"""PyVRP's ``ProblemData`` and ``Model``, in and out; PyVRP itself is only needed to write."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.fields import FORBIDDEN, LARGEST, UNLIMITED
from zerogap.models.routing.instance import Routing

#: What PyVRP takes for no limit is about this or more.
NO_LIMIT = 1 << 60
#: Features that PyVRP's data can say.
SAYABLE = {
    "several vehicle types",
    "several depots",
    "time windows",
    "pickups",
    "prizes",
    "groups",
    "release times",
    "trips",
    "distance limit",
    "duration limit",
    "duration costs",
    "overtime",
    "load on board",
    "profiles",
}


def _limit(value: Any) -> int:
    return UNLIMITED if int(value) >= NO_LIMIT else int(value)


def from_pyvrp(data: Any, name: str = "") -> Routing:
    """An instance from PyVRP's data.

    Parameters
    ----------
    data : pyvrp.ProblemData or pyvrp.Model
    name : str

    Raises
    ------
    InstanceError
        Naming what is not modelled here: service at depots, latest starts, groups of which several
        members may be served, shipments with steps of their own names.
    """
    data = data.data() if callable(getattr(data, "data", None)) else data
    locations, types, depots = data.locations(), data.vehicle_types(), data.depots()
    clients: list[dict[str, Any]] = []
    for c in data.clients():
        clients.append({
            "at": c.location, "delivery": list(c.delivery), "pickup": list(c.pickup),
            "service": c.service_duration, "window": (c.tw_early, _limit(c.tw_late)),
            "release": c.release_time, "prize": c.prize,
            "required": bool(c.required) and c.group is None,
            "group": -1 if c.group is None else int(c.group), "name": c.name,
        })  # fmt: skip
    for g, group in enumerate(data.groups()):
        if not group.mutually_exclusive:
            raise InstanceError("is not mutually exclusive", field=f"groups[{g}]")
    shipments, loads = [], []
    for s in data.shipments():
        for step, word in ((s.pickup, "pickup"), (s.delivery, "delivery")):
            clients.append({
                "at": step.location, "delivery": [], "pickup": [],
                "service": step.service_duration,
                "window": (step.tw_early, _limit(step.tw_late)), "release": 0,
                "prize": s.prize if word == "pickup" else 0, "required": bool(s.required),
                "group": -1, "name": f"{s.name} {word}".strip() if s.name else "",
            })  # fmt: skip
        shipments.append((len(clients) - 2, len(clients) - 1))
        loads.append(list(s.amount))
    for d, depot in enumerate(depots):
        if getattr(depot, "service_duration", 0):
            raise InstanceError("service at depots is not modelled", field=f"depots[{d}]")
    for t, v in enumerate(types):
        if _limit(v.start_late) < min(_limit(v.tw_late), UNLIMITED):
            raise InstanceError("a latest start is not modelled", field=f"vehicle_types[{t}]")
    k = max([1, *(len(c[f]) for c in clients for f in ("delivery", "pickup")), *map(len, loads),
             *(len(v.capacity) for v in types)])  # fmt: skip

    def wide(rows: list, fill: int = 0) -> np.ndarray:
        return np.array([list(r) + [fill] * (k - len(r)) for r in rows], np.int64).reshape(-1, k)

    distance, duration = (
        np.array([np.asarray(m) for m in found], np.int64)
        for found in (data.distance_matrices(), data.duration_matrices())
    )
    distance = np.where(distance >= LARGEST, FORBIDDEN, distance)
    duration = np.where(duration >= LARGEST, FORBIDDEN, duration)
    reload = np.zeros((len(types), len(depots)), bool)
    for t, v in enumerate(types):
        reload[t, list(v.reload_depots)] = True
    regular = np.array([_limit(v.shift_duration) for v in types])
    extra = np.array([int(v.max_overtime) for v in types])
    paid = np.array([int(v.unit_overtime_cost) for v in types])
    n = len(clients)
    values: dict[str, Any] = {
        "name": name,
        "x": [place.x for place in locations], "y": [place.y for place in locations],
        "client_location": np.array([c["at"] for c in clients], np.int32),
        "depot_location": [d.location for d in depots],
        "depot_window": [(d.tw_early, _limit(d.tw_late)) for d in depots],
        "delivery": wide([c["delivery"] for c in clients]),
        "pickup": wide([c["pickup"] for c in clients]),
        "window_first": np.arange(n + 1),
        "window": np.array([c["window"] for c in clients], np.int64).reshape(-1, 2),
        "group_required": np.array([g.required for g in data.groups()], bool),
        "shipments": np.array(shipments, np.int32).reshape(-1, 2), "shipment_load": wide(loads),
        "conflicts": np.zeros((0, 2), np.int32), "precedences": np.zeros((0, 2), np.int32),
        "vehicles": [v.num_available for v in types],
        "capacity": np.minimum(wide([v.capacity for v in types], UNLIMITED), UNLIMITED),
        "on_board": wide([v.initial_load for v in types]),
        "fixed_cost": [v.fixed_cost for v in types],
        "distance_cost": [v.unit_distance_cost for v in types],
        "duration_cost": [v.unit_duration_cost for v in types],
        "start_depot": [v.start_depot for v in types], "end_depot": [v.end_depot for v in types],
        "shift": [(v.tw_early, _limit(v.tw_late)) for v in types],
        "max_distance": [_limit(v.max_distance) for v in types],
        "max_duration": np.where(regular < UNLIMITED, regular + extra, UNLIMITED),
        "regular_duration": np.where(paid > 0, regular, UNLIMITED), "overtime_cost": paid,
        "max_trips": [min(_limit(v.max_trips), UNLIMITED) if reload[t].any() else 1
                      for t, v in enumerate(types)],
        "reload": reload, "profile": [v.profile for v in types],
        "distance": distance, "duration": duration,
    }  # fmt: skip
    for field in ("service", "release", "prize"):
        values[field] = np.array([c[field] for c in clients], np.int64)
    values["required"] = np.array([c["required"] for c in clients], bool)
    values["group"] = np.array([c["group"] for c in clients], np.int32)
    for field, names in (("client_names", [c["name"] for c in clients]),
                         ("vehicle_names", [v.name for v in types])):  # fmt: skip
        if any(names):
            values[field] = tuple(names)
    return Routing(**values)


def to_pyvrp(instance: Routing) -> Any:
    """PyVRP's ``ProblemData`` of an instance.

    Raises
    ------
    InstanceError
        Naming the features that PyVRP's data cannot say, or that PyVRP is not installed.
    """
    strange = [f for f in instance.features() if f not in SAYABLE]
    if strange or instance.objective != "cost":
        raise InstanceError(f"PyVRP's data have no {', '.join(strange)}", field="pyvrp")
    try:
        import pyvrp
    except ModuleNotFoundError:
        raise InstanceError("PyVRP is not installed: pip install pyvrp", field="pyvrp") from None
    most = np.iinfo(np.int64).max

    def limit(value: Any) -> int:
        return int(most) if value >= UNLIMITED else int(value)

    groups = [pyvrp.ClientGroup([], bool(r)) for r in instance.group_required]
    clients = []
    for c in range(instance.clients):
        (opens, closes), g = instance.windows(c)[0], int(instance.group[c])
        if g >= 0:
            groups[g].add_client(c)
        clients.append(pyvrp.Client(
            int(instance.client_location[c]), instance.delivery[c].tolist(),
            instance.pickup[c].tolist(), int(instance.service[c]), int(opens), limit(closes),
            int(instance.release[c]), int(instance.prize[c]), bool(instance.required[c]),
            None if g < 0 else g,
            name=instance.client_names[c] if instance.client_names else "",
        ))  # fmt: skip
    depots = [
        pyvrp.Depot(int(at), int(a), limit(z))
        for at, (a, z) in zip(instance.depot_location, instance.depot_window)
    ]
    types = []
    for t in range(instance.types):
        paid = int(instance.overtime_cost[t])
        regular = int(instance.regular_duration[t] if paid else instance.max_duration[t])
        longest = int(instance.max_duration[t])
        over = min(longest, LARGEST) - regular if paid else 0
        types.append(pyvrp.VehicleType(
            int(instance.vehicles[t]), [limit(q) for q in instance.capacity[t]],
            int(instance.start_depot[t]), int(instance.end_depot[t]), int(instance.fixed_cost[t]),
            int(instance.shift[t, 0]), limit(instance.shift[t, 1]), limit(regular),
            limit(instance.max_distance[t]), int(instance.distance_cost[t]),
            int(instance.duration_cost[t]), int(instance.profile[t]),
            initial_load=instance.on_board[t].tolist(),
            reload_depots=np.flatnonzero(instance.reload[t]).tolist(),
            max_reloads=limit(instance.max_trips[t]) - 1,
            max_overtime=max(0, over), unit_overtime_cost=paid,
            name=instance.vehicle_names[t] if instance.vehicle_names else "",
        ))  # fmt: skip
    profiles = range(instance.profiles)
    return pyvrp.ProblemData(
        [pyvrp.Location(float(x), float(y)) for x, y in zip(instance.x, instance.y)],
        clients, depots, types,
        [np.minimum(instance.matrix(p), LARGEST) for p in profiles],
        [np.minimum(instance.time_matrix(p), LARGEST) for p in profiles],
        groups,
    )  # fmt: skip
