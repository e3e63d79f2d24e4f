"""A routing instance made step by step, as users of PyVRP and OR-Tools expect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.fields import FORBIDDEN, UNLIMITED, given, of, takes
from zerogap.models.routing.fields import load as as_load
from zerogap.models.routing.instance import ROUNDING, Routing


class Builder:
    """Builds a :class:`Routing` instance.

    Examples
    --------
    >>> from zerogap.models.routing import Builder
    >>> b = Builder(rounding="round")
    >>> depot = b.add_depot(0, 0)
    >>> ann, bob = b.add_client(3, 4, delivery=2), b.add_client(6, 8, delivery=3)
    >>> truck = b.add_vehicle_type(2, capacity=5)
    >>> b.build().clients
    2
    """

    def __init__(self, rounding: str = "round", name: str = "") -> None:
        if rounding not in ROUNDING:
            raise InstanceError(f"{rounding!r} is none of {sorted(ROUNDING)}", field="rounding")
        self._scale, self._offset = ROUNDING[rounding]
        self._places: list[tuple[float, float]] = []
        self._depots: list[dict] = []
        self._clients: list[dict] = []
        self._types: list[dict] = []
        self._groups: list[bool] = []
        self._shipments: list[tuple[int, int, list[int]]] = []
        self._conflicts: list[tuple[int, int]] = []
        self._precedences: list[tuple[int, int]] = []
        self._edges: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}
        self._matrices: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        self._whole: dict = {"name": name}
        self._gathered = 0
        self._periods: list[int] = []
        self._traffic: dict[int, np.ndarray] = {}

    @property
    def scale(self) -> float:
        """Integer units in one unit of the coordinates."""
        return self._scale

    def add_depot(self, x: float, y: float, *, window=(0, UNLIMITED)) -> int:
        """Add a depot; returns its number among the depots."""
        self._depots.append({"location": self._place(x, y), "window": tuple(window)})
        return len(self._depots) - 1

    @takes("client")
    def add_client(self, x: float, y: float, **fields: Any) -> int:
        """Add a client; returns its number."""
        client = given("client", fields)
        client["required"] = client["required"] and client["group"] < 0
        self._clients.append(client | {"location": self._place(x, y)})
        return len(self._clients) - 1

    @takes("vehicle")
    def add_vehicle_type(self, number: int = 1, **fields: Any) -> int:
        """Add a vehicle type; returns its number."""
        vehicle = given("vehicle", {"number": number} | fields)
        if not vehicle["reload"] and vehicle["max_trips"] > 1:
            vehicle["reload"] = [vehicle["start_depot"]]
        self._types.append(vehicle)
        return len(self._types) - 1

    def add_group(self, required: bool = True) -> int:
        """Add a mutually exclusive group; clients name it in ``add_client(group=…)``."""
        self._groups.append(required)
        return len(self._groups) - 1

    def add_shipment(self, pickup: int, delivery: int, load: int | Sequence[int] = 0) -> int:
        """Pair two clients: what is taken at the first is brought to the second."""
        self._shipments.append((pickup, delivery, as_load(load, "load")))
        return len(self._shipments) - 1

    def add_together(self, *clients: int) -> int:
        """Clients that share a route, as far as they are served; returns the group's number."""
        for c in clients:
            if not 0 <= c < len(self._clients):
                raise InstanceError(f"there is no client {c}", field="together")
            if (old := self._clients[c]["together"]) >= 0:
                raise InstanceError(f"client {c + 1} is in group {old} already", field="together")
            self._clients[c]["together"] = self._gathered
        self._gathered += 1
        return self._gathered - 1

    def add_conflict(self, first: int, second: int) -> None:
        """Two clients may not be served by one route."""
        self._conflicts.append((first, second))

    def add_precedence(self, first: int, second: int) -> None:
        """In a route that serves both, ``first`` comes before ``second``."""
        self._precedences.append((first, second))

    def add_order(self, clients: Sequence[int]) -> None:
        """Those of ``clients`` that a route serves come in this order."""
        for i, first in enumerate(clients):
            for second in clients[i + 1 :]:
                self.add_precedence(first, second)

    def add_visit(self, depot: int, **fields: Any) -> int:
        """A depot that must be visited: a client at its place, where energy is refilled, too.

        Who ends there, or calls there on the way, serves it at no cost. Returns the client's
        number.
        """
        place = self._depots[depot]["location"]
        client = given("client", {"refill": True} | fields)
        client["required"] = client["required"] and client["group"] < 0
        self._clients.append(client | {"location": place})
        return len(self._clients) - 1

    def add_edge(self, a: int, b: int, distance: int, duration: int | None = None, profile=0):
        """Set one directed travel distance between *locations* (numbered as they were added)."""
        time = distance if duration is None else duration
        self._edges.setdefault(profile, {})[a, b] = (distance, time)

    def set_matrices(self, distance, duration=None, profile: int = 0) -> None:
        """Set the whole (L, L) matrices of a profile, locations in the order they were added."""
        distance = np.asarray(distance)
        self._matrices[profile] = (distance, distance if duration is None else np.asarray(duration))

    def set_traffic(
        self, periods: Sequence[int], durations, distance=None, profile: int = 0, by: str = "speed"
    ) -> None:
        """Travel times that depend on the hour.

        Parameters
        ----------
        periods : sequence of int
            Where every period begins, the first at 0; the same for all profiles.
        durations : array_like of int, shape (periods, L, L)
            Matrices of every period, locations in the order they were added.
        distance : array_like, optional
            Matrix of distances; from the coordinates if None.
        profile : int
        by : {"speed", "departure"}
            Whether a matrix holds for the speed of its period, or is the duration of who departs
            when the period begins, with straight lines between (a table of arrivals); the same for
            all profiles.
        """
        if self._traffic and self._periods != list(periods):
            raise InstanceError("all profiles have the same periods", field="period")
        if self._traffic and self._whole.get("traffic_by", "speed") != by:
            raise InstanceError("all profiles have the same kind of traffic", field="traffic_by")
        self._whole["traffic_by"] = by
        self._periods = list(periods)
        self._traffic[profile] = np.asarray(durations)
        if distance is not None:
            self._matrices[profile] = (np.asarray(distance), np.asarray(distance))

    def set_objective(self, objective: str, **options) -> None:
        """Set ``objective`` and what else holds for the whole.

        Parameters
        ----------
        objective : {"cost", "longest", "bottleneck", "costliest"}
        **options
            ``then``, ``backhaul``, ``visits``, ``min_clients``, ``min_prize``, ``min_units``,
            ``max_units``, ``min_vehicles``, ``max_vehicles``, ``fairness``, ``traffic_by``; see
            :class:`Routing`.
        """
        self._whole |= {"objective": objective, **options}

    def _place(self, x: float, y: float) -> int:
        self._places.append((x, y))
        return len(self._places) - 1

    def build(self) -> Routing:
        """The instance. Load vectors that are shorter than others are filled with zeros."""
        clients, types = self._clients, self._types
        k = max(
            [1]
            + [len(c[f]) for c in clients for f in ("delivery", "pickup")]
            + [len(t[f]) for t in types for f in ("capacity", "min_load", "on_board")]
            + [len(s[2]) for s in self._shipments]
        )

        def loads(rows, fill=0):
            return np.array([r + [fill] * (k - len(r)) for r in rows], np.int64).reshape(-1, k)

        windows = [w for c in clients for w in c["window"]]
        counts = [len(c["window"]) for c in clients]
        places = np.array(self._places, float).reshape(-1, 2)
        values: dict = {
            "x": places[:, 0],
            "y": places[:, 1],
            "client_location": [c["location"] for c in clients],
            "depot_location": [d["location"] for d in self._depots],
            "depot_window": np.array([d["window"] for d in self._depots]).reshape(-1, 2),
            "delivery": loads([c["delivery"] for c in clients]),
            "pickup": loads([c["pickup"] for c in clients]),
            "window_first": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            "window": np.array(windows, np.int64).reshape(-1, 2),
            "group_required": np.array(self._groups, bool),
            "shipments": np.array([s[:2] for s in self._shipments], np.int32).reshape(-1, 2),
            "shipment_load": loads([s[2] for s in self._shipments]),
            "conflicts": np.array(self._conflicts, np.int32).reshape(-1, 2),
            "precedences": np.array(self._precedences, np.int32).reshape(-1, 2),
            "capacity": loads([t["capacity"] for t in types], UNLIMITED),
            "min_load": loads([t["min_load"] for t in types]),
            "on_board": loads([t["on_board"] for t in types]),
            "soft_window": np.array([c["soft_window"] for c in clients]).reshape(-1, 2),
            "breaks": [
                (t, k, length, *window)
                for t, vehicle in enumerate(types)
                for k, (length, windows) in enumerate(vehicle["breaks"])
                for window in windows
            ],
            "shift": np.array([t["shift"] for t in types]).reshape(-1, 2),
            "scale": self._scale,
            "offset": self._offset,
            "unit": self._scale,
        }
        for members, room in ((clients, "client"), (types, "vehicle")):
            for known in of(room).values():
                if known.kind in ("number", "flag", "index") and known.name != "fixed_vehicle":
                    values[known.name] = np.array([row[known.name] for row in members])
                elif known.kind == "depots":
                    values[known.name] = self._marked(known.name)
        values["fixed_vehicle"] = [self._type(c["fixed_vehicle"]) for c in clients]
        for members, words in (
            (clients, ("client_names", "client_skills")),
            (types, ("vehicle_names", "vehicle_skills")),
        ):
            for field in words:
                if any(m[field] for m in members):
                    values[field] = tuple(m[field] for m in members)
        service = [c["service"] for c in clients]
        neutral: dict = {"preference": [0] * len(clients), "allowed": [True] * len(clients),
                         "type_service": service}  # fmt: skip
        for field, fill in neutral.items():
            if any(t[field] is not None for t in types):
                rows = [t[field] if t[field] is not None else fill for t in types]
                values[field] = np.array(rows)
        values["distance"], values["duration"] = self._travel(places)
        if self._traffic:
            try:
                profiles = range(len(values["distance"]))
                values["traffic"] = np.stack([self._traffic[p] for p in profiles], axis=1)
            except (KeyError, ValueError, IndexError):
                raise InstanceError(
                    "expected matrices (periods, L, L) for every profile", field="traffic"
                ) from None
            values["period"], values["duration"] = self._periods, None
        return Routing(**(values | self._whole))

    def _marked(self, field: str) -> np.ndarray:
        """Depots that every vehicle type names, as flags of shape (T, D)."""
        marks = np.zeros((len(self._types), len(self._depots)), bool)
        for t, vehicle in enumerate(self._types):
            for depot in vehicle[field]:
                if not 0 <= depot < len(self._depots):
                    raise InstanceError(f"type {t}: no depot {depot}", field=field)
                marks[t, depot] = True
        return marks

    def _type(self, called: int | str) -> int:
        """Number of a vehicle type that is called by its number or name."""
        if not isinstance(called, str):
            return called
        names = [t["vehicle_names"] for t in self._types]
        if names.count(called) != 1:
            known = ", ".join(n for n in names if n) or "none has a name"
            raise InstanceError(
                f"{called!r} is the name of {names.count(called)} vehicle types, expected one of "
                f"{known}",
                field="vehicle",
            )
        return names.index(called)

    def _travel(self, places: np.ndarray):
        """Dense matrices where edges or matrices were given; else None (from coordinates)."""
        profiles = 1 + max(
            [0, *self._edges, *self._matrices, *self._traffic, *(t["profile"] for t in self._types)]
        )
        if not self._edges and not self._matrices and not self._traffic:
            if profiles > 1:
                raise InstanceError("profiles need matrices (set_matrices)", field="profile")
            return None, None
        delta = places[:, None, :] - places[None, :, :]
        euclidean = np.floor(self._scale * np.sqrt((delta**2).sum(axis=2)) + self._offset)
        distance, duration = [], []
        for profile in range(profiles):
            d, t = self._matrices.get(profile, (euclidean, euclidean))
            if profile in self._edges and profile not in self._matrices:
                # Edges given one by one describe the whole network of their profile.
                d = np.where(np.eye(len(places), dtype=bool), 0, FORBIDDEN)
                t = d
            if profile in self._edges:
                d, t = d.copy(), t.copy()
                for (a, b), (length, time) in self._edges[profile].items():
                    d[a, b], t[a, b] = length, time
            distance.append(d)
            duration.append(t)
        try:
            same = all(d is t for d, t in zip(distance, duration))
            return np.array(distance), None if same else np.array(duration)
        except ValueError:
            raise InstanceError(
                "matrices of the profiles differ in size", field="distance"
            ) from None
