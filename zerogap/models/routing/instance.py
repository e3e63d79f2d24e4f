"""The rich routing instance: what is to be served, by whom, and what it costs.

One class covers every variant; which one it is follows from the data it uses. All quantities are
integers: distances and costs in units of the file's rounding convention, times likewise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np

from zerogap.models.base import InstanceError, described
from zerogap.models.routing.fields import FORBIDDEN, LARGEST, UNLIMITED
from zerogap.models.routing.validate import validate

# rounding convention -> integer distance = floor(scale * euclidean + offset)
ROUNDING = {
    "round": (1.0, 0.5),
    "trunc": (1.0, 0.0),
    "dimacs": (10.0, 0.0),
    "exact": (1000.0, 0.5),
    "none": (1.0, 0.5),
}

__all__ = ["FORBIDDEN", "LARGEST", "ROUNDING", "UNLIMITED", "Routing"]


@dataclass(frozen=True, slots=True, eq=False)
class Routing:
    """A vehicle-routing instance.

    Sizes: ``L`` locations, ``D`` depots, ``n`` clients, ``K`` load dimensions, ``T`` vehicle
    types, ``P`` profiles. What each field is, its range and its default stand in
    :mod:`zerogap.models.routing.fields`.
    Use :class:`~zerogap.models.routing.Builder` to make one step by step.

    Parameters
    ----------
    x, y : ndarray of float64, shape (L,)
        Coordinates; distances come from them where ``distance`` is None, and pictures always.
    client_location, depot_location : ndarray of int32, shape (n,), (D,)
        Location of every client and depot.
    scale, offset : float
        Distance between two points is ``floor(scale * euclidean + offset)``.
    distance, duration : ndarray of int64, shape (P, L, L), or None
        Travel matrices of every profile. ``distance`` None: from the coordinates (no dense matrix
        is ever made for large instances). ``duration`` None: the same as the distance. Entries of
        ``FORBIDDEN`` or more are arcs that may not be driven.
    delivery, pickup : ndarray of int64, shape (n, K)
        Loads brought from, and taken to, the depot.
    service : ndarray of int64, shape (n,)
        Duration of service.
    window_first, window : ndarray, shape (n + 1,) and (windows, 2)
        Time windows of every client, ascending and disjoint; service must start in one of them.
    setup : ndarray of int64, shape (n,)
        Time before service, after arrival, where the stop before is at another place: clients at
        one place are set up once.
    release : ndarray of int64, shape (n,)
        A trip may not leave its depot before the release of each of its clients.
    prize : ndarray of int64, shape (n,)
        Cost of *not* serving the client (the uncollected prize); required clients must be served.
    required : ndarray of bool, shape (n,)
    group : ndarray of int32, shape (n,)
        Mutually exclusive group or −1; of a required group exactly one member is served, of
        another at most one. Members are themselves not required.
    group_required : ndarray of bool, shape (groups,)
    shipments : ndarray of int32, shape (m, 2)
        Pairs of clients (pickup, delivery): same trip, pickup first, both or none.
    shipment_load : ndarray of int64, shape (m, K)
    conflicts, precedences : ndarray of int32, shape (·, 2)
        Clients that may not share a route; clients whose first must come before the second when
        they share a route.
    vehicles : ndarray of int64, shape (T,)
        Number available of each type.
    capacity : ndarray of int64, shape (T, K)
    fixed_cost, distance_cost, duration_cost : ndarray of int64, shape (T,)
        Per used vehicle, per unit of distance, per unit of duration.
    start_depot, end_depot : ndarray of int32, shape (T,)
        ``end_depot`` −1: the route is open, it ends at its last client.
    shift : ndarray of int64, shape (T, 2)
        Earliest departure, latest return.
    end_depots : ndarray of bool, shape (T, D)
        Depots where routes of a type may end as well as at ``end_depot``.
    energy : ndarray of int64, shape (T,)
        Distance on a full charge: vehicles start fully charged, and refill at stations and at
        clients that `refill`.
    stations : ndarray of bool, shape (T, D)
        Depots where a vehicle may call between any two stops, as often as it likes, to refill.
    purchase, units : ndarray of int64, shape (n,)
        What serving a client costs (part of its route's cost), and the units that it brings.
    refill : ndarray of bool, shape (n,)
        Whether serving it refills the energy: a client at a depot that must be visited does.
    max_distance, max_duration, max_trips : ndarray of int64, shape (T,)
    max_stops : ndarray of int64, shape (T,)
        Most clients that a route may serve, over all its trips.
    speed : ndarray of int64, shape (T,)
        In thousandths: a type drives ``ceil(1000 · duration / speed)``.
    type_service : ndarray of int64, shape (T, n), or None
        Duration of service by vehicle type, instead of ``service``.
    reload : ndarray of bool, shape (T, D)
        Depots where a vehicle may begin another trip.
    profile : ndarray of int32, shape (T,)
    client_skills, vehicle_skills : tuple of tuples of str, or None
        A client is served by types that have all its skills; ``allowed`` is narrowed by it.
    fixed_vehicle : ndarray of int32, shape (n,)
        The only type that may serve the client, or −1; ``allowed`` is narrowed by it.
    together : ndarray of int32, shape (n,)
        Same-vehicle group or −1: those clients of a group that are served share one route.
    not_first, not_last : ndarray of bool, shape (n,)
        Whether the client may not be the first, or last, of a route.
    max_travel_time : ndarray of int64, shape (T,)
        Longest driving time of a route; service, setup and waiting do not count.
    min_stops, min_load : ndarray of int64, shape (T,), (T, K)
        What a used route serves at least: clients, and load delivered plus picked up.
    soft_window, early_cost, late_cost : ndarray of int64, shape (n, 2), (n,), (n,)
        Cost of every unit of time by which service begins before, or after, the soft window.
    on_board : ndarray of int64, shape (T, K)
        Load on board at the start, which stays there to the end of the first trip.
    regular_duration, overtime_cost : ndarray of int64, shape (T,)
        Cost of every unit of duration beyond the regular one; ``max_duration`` stays the limit.
    breaks : ndarray of int64, shape (·, 5)
        (type, number, duration, earliest and latest begin), a row a window. A used vehicle takes
        all breaks of its type in their order, none while driving, serving or setting up: behind a
        stop before it leaves, or before a stop when it has arrived and is set up. They are between
        departure and end, and count as duration, but for `unpaid` time units of a type's breaks.
    unpaid : ndarray of int64, shape (T,)
        Time of the breaks of a type that is taken from the duration of its routes: from what
        ``duration_cost`` and ``overtime_cost`` count and ``max_duration`` limits.
    breaks_on_road : ndarray of bool, shape (T,)
        Whether the breaks of a type may interrupt a drive, too; not with ``traffic``.
    period : ndarray of int64, shape (Q,)
        Where every period begins, the first at 0; the last lasts for ever.
    traffic : ndarray of int64, shape (Q, P, L, L), or None
        Durations in every period; ``duration`` is the least of them. See `arrival`.
    traffic_by : {"speed", "departure"}
        Whether a matrix of ``traffic`` holds for the speed of its period, or is the duration of who
        departs when the period begins, with straight lines between; these must be first in, first
        out for every vehicle type.
    preference : ndarray of int64, shape (T, n), or None
        Reward of serving a client with a type, subtracted from the objective.
    allowed : ndarray of bool, shape (T, n), or None
        Permission of a type to serve a client.
    depot_window : ndarray of int64, shape (D, 2)
    objective : str
        "cost" (fixed + distance + duration + purchases + uncollected prizes − preference),
        "longest" (distance of the longest route), "bottleneck" (longest arc driven), or
        "costliest" (cost of the costliest route).
    then : str
        What decides among equal solutions: "cost", "longest", or "spread" (distance of the longest
        route minus that of the shortest). The objective is then a power of ten times the first
        plus the second; the power is :attr:`weight`.
    visits : str
        "repeat": vehicles may drive through other clients and depots where that is shorter; the
        way between two stops is a shortest one.
    backhaul : str
        "last": in every trip all deliveries come before all pickups, and a trip with a pickup has a
        delivery, too. A client with neither may stand anywhere.
    min_clients, min_prize, min_units, max_units : int
        Number of clients, and prize, that must be served in all, and limits on the units.
    min_vehicles, max_vehicles : int
        Limits on the number of vehicles that are used, of all types together.
    fairness : int
        Cost per unit of difference between the longest and the shortest used route.
    gap_offset : int or None
        Added to objective and bound where a relative gap is taken, and nowhere else: rewards may
        bring the objective near 0. None: the largest reward that every client could bring, so that
        the objective is the cost plus the rewards missed.
    unit : float
        Integer units in one unit of the original data, for display.
    """

    x: np.ndarray
    y: np.ndarray
    client_location: np.ndarray
    depot_location: np.ndarray
    delivery: np.ndarray
    pickup: np.ndarray
    service: np.ndarray
    window_first: np.ndarray
    window: np.ndarray
    release: np.ndarray
    prize: np.ndarray
    required: np.ndarray
    group: np.ndarray
    group_required: np.ndarray
    shipments: np.ndarray
    shipment_load: np.ndarray
    conflicts: np.ndarray
    precedences: np.ndarray
    vehicles: np.ndarray
    capacity: np.ndarray
    fixed_cost: np.ndarray
    distance_cost: np.ndarray
    duration_cost: np.ndarray
    start_depot: np.ndarray
    end_depot: np.ndarray
    shift: np.ndarray
    max_distance: np.ndarray
    max_duration: np.ndarray
    max_trips: np.ndarray
    reload: np.ndarray
    profile: np.ndarray
    depot_window: np.ndarray
    distance: np.ndarray | None = None
    duration: np.ndarray | None = None
    preference: np.ndarray | None = None
    allowed: np.ndarray | None = None
    scale: float = 1.0
    offset: float = 0.5
    objective: str = "cost"
    then: str = field(default="", metadata={"neutral": ""})
    backhaul: str = "mixed"
    visits: str = field(default="once", metadata={"neutral": "once"})
    min_clients: int = 0
    min_prize: int = 0
    min_units: int = field(default=0, metadata={"neutral": 0})
    max_units: int = field(default=UNLIMITED, metadata={"neutral": UNLIMITED})
    min_vehicles: int = field(default=0, metadata={"neutral": 0})
    max_vehicles: int = field(default=UNLIMITED, metadata={"neutral": UNLIMITED})
    fairness: int = 0
    unit: float = 1.0
    name: str = ""
    #: Names of clients and vehicle types, which messages, tables and pictures speak in; no data.
    client_names: tuple[str, ...] | None = field(default=None, compare=False)
    vehicle_names: tuple[str, ...] | None = field(default=None, compare=False)
    # Fields that came later: where nothing is given they take the default of their row.
    max_stops: np.ndarray = field(default=None, metadata={"neutral": UNLIMITED})  # type: ignore
    setup: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    speed: np.ndarray = field(default=None, metadata={"neutral": 1000})  # type: ignore
    type_service: np.ndarray | None = field(default=None, metadata={"neutral": None})
    gap_offset: int | None = field(default=None, metadata={"neutral": None})
    purchase: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    units: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    refill: np.ndarray = field(default=None, metadata={"neutral": False})  # type: ignore
    end_depots: np.ndarray = field(default=None, metadata={"neutral": False})  # type: ignore
    energy: np.ndarray = field(default=None, metadata={"neutral": UNLIMITED})  # type: ignore
    stations: np.ndarray = field(default=None, metadata={"neutral": False})  # type: ignore
    # What skills and fixed vehicles mean is in `allowed`; they stay for messages and explanations.
    client_skills: tuple[tuple[str, ...], ...] | None = field(default=None, compare=False)
    vehicle_skills: tuple[tuple[str, ...], ...] | None = field(default=None, compare=False)
    fixed_vehicle: np.ndarray = field(default=None, metadata={"neutral": -1})  # type: ignore
    together: np.ndarray = field(default=None, metadata={"neutral": -1})  # type: ignore
    not_first: np.ndarray = field(default=None, metadata={"neutral": False})  # type: ignore
    not_last: np.ndarray = field(default=None, metadata={"neutral": False})  # type: ignore
    max_travel_time: np.ndarray = field(default=None, metadata={"neutral": UNLIMITED})  # type: ignore
    min_stops: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    min_load: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    soft_window: np.ndarray = field(default=None, metadata={"neutral": (0, UNLIMITED)})  # type: ignore
    early_cost: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    late_cost: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    on_board: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    regular_duration: np.ndarray = field(default=None, metadata={"neutral": UNLIMITED})  # type: ignore
    overtime_cost: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    breaks: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    breaks_on_road: np.ndarray = field(default=None, metadata={"neutral": False})  # type: ignore
    unpaid: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    period: np.ndarray = field(default=None, metadata={"neutral": 0})  # type: ignore
    traffic: np.ndarray | None = field(default=None, metadata={"neutral": None})
    traffic_by: str = field(default="speed", metadata={"neutral": "speed"})

    __repr__ = described

    def __post_init__(self) -> None:
        validate(self)

    # -- sizes ------------------------------------------------------------------------------
    @property
    def clients(self) -> int:
        """Number of clients."""
        return len(self.client_location)

    @property
    def depots(self) -> int:
        """Number of depots."""
        return len(self.depot_location)

    @property
    def locations(self) -> int:
        """Number of locations."""
        return len(self.x)

    @property
    def types(self) -> int:
        """Number of vehicle types."""
        return len(self.vehicles)

    @property
    def profiles(self) -> int:
        """Number of profiles with matrices of their own."""
        return 1 if self.distance is None else len(self.distance)

    @property
    def dimensions(self) -> int:
        """Number of load dimensions."""
        return self.delivery.shape[1]

    # -- travel -----------------------------------------------------------------------------
    def travel(self, a, b, profile: int = 0) -> np.ndarray:
        """Distance from locations ``a`` to locations ``b`` (arrays broadcast together)."""
        if self.distance is not None:
            return self.distance[profile, a, b]
        dx, dy = self.x[a] - self.x[b], self.y[a] - self.y[b]
        return np.floor(self.scale * np.sqrt(dx * dx + dy * dy) + self.offset).astype(np.int64)

    def travel_time(self, a, b, profile: int = 0) -> np.ndarray:
        """Driving time from locations ``a`` to locations ``b``."""
        if self.duration is not None:
            return self.duration[profile, a, b]
        return self.travel(a, b, profile)

    def service_of(self, vehicle: int) -> np.ndarray:
        """Duration of service of every client by a vehicle type."""
        return self.service if self.type_service is None else self.type_service[vehicle]

    def drive(self, vehicle: int, a, b) -> np.ndarray:
        """Driving time of a vehicle type at its speed; forbidden arcs stay so."""
        time = self.travel_time(a, b, int(self.profile[vehicle]))
        speed = int(self.speed[vehicle])
        if speed == 1000:
            return time
        return np.where(time < FORBIDDEN, -(-1000 * time // speed), time)

    def at_speed(self, vehicle: int, time: int) -> int:
        """A driving time at the speed of a vehicle type, rounded up; what is forbidden stays so."""
        return time if time >= FORBIDDEN else -(-1000 * time // int(self.speed[vehicle]))

    def arrival(self, vehicle: int, a: int, b: int, now) -> np.ndarray:
        """Arrival of a vehicle type at location ``b`` when it leaves ``a`` at times ``now``.

        With traffic a drive goes at the speed of each period it lasts into; what is left of it at
        the end of a period is rounded up, so that who leaves later never arrives earlier (Ichoua,
        Gendreau and Potvin 2003). With durations by departure the one at ``now`` lies on the line
        between the entries around it, rounded up.
        """
        now = np.array(now, np.int64)
        if self.traffic is None:
            return now + int(self.drive(vehicle, a, b))
        raw = self.traffic[:, int(self.profile[vehicle]), a, b]
        pace = [int(-(-1000 * v // int(self.speed[vehicle]))) for v in raw]
        where = np.maximum(np.searchsorted(self.period, now, side="right") - 1, 0)
        if self.traffic_by == "departure":
            last = np.minimum(where + 1, len(pace) - 1)
            begun, times = self.period[where], np.array(pace, np.int64)
            # The line from one entry to the next, rounded up; behind the last one it is level.
            span = np.maximum(self.period[last] - begun, 1)
            return now + times[where] - (now - begun) * (times[where] - times[last]) // span
        left = np.array(pace, np.int64)[where]
        for q in range(len(pace) - 1):
            ends = int(self.period[q + 1])
            over = (where == q) & (now + left > ends)
            rest = left - (ends - now)
            turned = -(-rest * pace[q + 1] // pace[q]) if pace[q] else 0 * rest
            left, now = np.where(over, turned, left), np.where(over, ends, now)
            where = np.where(over, q + 1, where)
        return now + left

    def breaks_of(self, vehicle: int) -> list[tuple[int, list[tuple[int, int]]]]:
        """(duration, windows of the begin) of a type's breaks in their order."""
        found: dict[int, tuple[int, list[tuple[int, int]]]] = {}
        for t, k, length, opens, closes in self.breaks.tolist():
            if t == vehicle:
                found.setdefault(k, (length, []))[1].append((opens, closes))
        return [found[k] for k in sorted(found)]

    def longest_away(self, vehicle: int) -> tuple[int, int]:
        """(longest, regular) time from departure to end of a type, its unpaid breaks included."""
        free = int(self.unpaid[vehicle])
        limits = int(self.max_duration[vehicle]), int(self.regular_duration[vehicle])
        longest, regular = (v if v >= UNLIMITED else v + free for v in limits)
        return longest, regular

    def decides_times(self) -> bool:
        """Whether the times of a route are decisions that its solution stores."""
        return bool(
            self.early_cost.any()
            or self.late_cost.any()
            or self.overtime_cost.any()
            or len(self.breaks)
            or self.traffic is not None
        )

    def setup_from(self, vehicle: int, a, clients) -> np.ndarray:
        """Setup of `clients` when coming from locations `a`: none from the same place.

        Two locations are one place if they are the same or nothing lies between them.
        """
        at, p = self.client_location[clients], int(self.profile[vehicle])
        near = (self.travel(a, at, p) == 0) & (self.travel_time(a, at, p) == 0)
        return np.where((a == at) | near, 0, self.setup[clients])

    def matrix(self, profile: int = 0) -> np.ndarray:
        """Dense (L, L) distance matrix of a profile."""
        if self.distance is not None:
            return self.distance[profile]
        every = np.arange(self.locations)
        return self.travel(every[:, None], every[None, :], profile)

    def time_matrix(self, profile: int = 0) -> np.ndarray:
        """Dense (L, L) duration matrix of a profile."""
        return self.matrix(profile) if self.duration is None else self.duration[profile]

    def called(self, what: str, index: int) -> str:
        """Name of a ``client`` or ``vehicle`` type, else its number as solution files have it.

        Clients are numbered from 1, vehicle types from 0.
        """
        names = self.client_names if what == "client" else self.vehicle_names
        if names is not None and names[index]:
            return names[index]
        return str(index + 1 if what == "client" else index)

    def client(self, index: int) -> str:
        """A client in the words of a message."""
        return f"client {self.called('client', index)}"

    def vehicle(self, index: int) -> str:
        """A vehicle type in the words of a message."""
        return f"vehicle type {self.called('vehicle', index)}"

    def shift_of_gaps(self) -> int:
        """What objective and bound get before a relative gap is taken."""
        if self.gap_offset is not None:
            return self.gap_offset
        if self.preference is None or self.objective != "cost":
            return 0
        return int(self.preference.max(axis=0).clip(min=0).sum())

    # -- objectives one before the other ----------------------------------------------------
    def ends(self, vehicle: int) -> list[int]:
        """Depots where routes of a type may end, the usual one first; empty for open routes."""
        usual = int(self.end_depot[vehicle])
        if usual < 0:
            return []
        return [usual, *(int(d) for d in np.flatnonzero(self.end_depots[vehicle]) if d != usual)]

    @property
    def routes(self) -> int:
        """Most routes that a solution can have."""
        return min(int(self.vehicles.sum()), self.clients, self.max_vehicles)

    def reach(self) -> int:
        """A distance that all vehicles together need not exceed in some best solution.

        Stops follow each other by one arc, or by way of every station or, where visits may be
        repeated, of every location at most once: what lies on a loop can be left out.
        """
        if self.distance is None:
            wide = float(np.ptp(self.x)), float(np.ptp(self.y))
            arc = int(self.scale * float(np.hypot(*wide)) + self.offset) + 1
        else:
            arc = int(self.distance[self.distance < FORBIDDEN].max(initial=0))
        through = 1 + int(self.stations.sum(axis=1).max(initial=0))
        if self.visits == "repeat":
            through = self.locations
        reloads = min(int(np.minimum(self.max_trips - 1, self.clients).max()), self.clients)
        return arc * through * (self.clients + self.routes * (1 + reloads))

    @property
    def weight(self) -> int:
        """The power of ten that the first objective has before the second; 1 where there is none.

        It is more than the second can differ by among best solutions.
        """
        if not self.then:
            return 1
        span = self.reach()
        if self.then == "cost":
            span *= int(self.distance_cost.max())
            span += int(self.fixed_cost.max()) * self.routes
            span += int(self.purchase.sum()) + int(self.prize.sum())
            span += self.fairness * self.reach()
            if self.preference is not None:
                span += int(np.abs(self.preference).max(axis=0).sum())
        return 10 ** len(str(span))

    def why_not(self, vehicle: int, client: int) -> str:
        """What of names explains that a type may not serve a client; empty if nothing does."""
        if self.fixed_vehicle[client] >= 0 and self.fixed_vehicle[client] != vehicle:
            return f" (fixed to {self.vehicle(int(self.fixed_vehicle[client]))})"
        if self.client_skills is None:
            return ""
        have = self.vehicle_skills[vehicle] if self.vehicle_skills else ()
        lacks = [skill for skill in self.client_skills[client] if skill not in have]
        return f" (lacks the skill {', '.join(lacks)})" if lacks else ""

    # -- features ---------------------------------------------------------------------------
    def windows(self, client: int) -> np.ndarray:
        """Time windows of a client, shape (windows, 2)."""
        return self.window[self.window_first[client] : self.window_first[client + 1]]

    def features(self) -> tuple[str, ...]:
        """Names of the features that the data use, in a fixed order."""
        optional = ~self.required & (self.group < 0)
        last = self.window[:, 1]
        tests = {
            "several vehicle types": self.types > 1,
            "several depots": len(set(self.start_depot) | set(self.end_depot) - {-1}) > 1,
            "open routes": (self.end_depot < 0).any(),
            "time windows": (self.window[:, 0] > 0).any()
            or (last < UNLIMITED).any()
            or (self.shift[:, 1] < UNLIMITED).any()
            or (self.depot_window[:, 1] < UNLIMITED).any(),
            "several time windows": len(self.window) > self.clients,
            "pickups": self.pickup.any(),
            "backhauls last": self.backhaul == "last",
            "shipments": len(self.shipments) > 0,
            "prizes": optional.any(),
            "groups": len(self.group_required) > 0,
            "release times": self.release.any(),
            "trips": (self.max_trips > 1).any(),
            "distance limit": (self.max_distance < UNLIMITED).any(),
            "duration limit": (self.max_duration < UNLIMITED).any(),
            "stops limit": (self.max_stops < self.clients).any(),
            "setup times": self.setup.any(),
            "speeds": (self.speed != 1000).any(),
            "service by vehicle": self.type_service is not None,
            "same vehicle": (self.together >= 0).any(),
            "first and last": self.not_first.any() or self.not_last.any(),
            "travel time limit": (self.max_travel_time < UNLIMITED).any(),
            "smallest routes": (self.min_stops > 1).any() or self.min_load.any(),
            "load on board": self.on_board.any(),
            "soft windows": self.early_cost.any() or self.late_cost.any(),
            "overtime": self.overtime_cost.any(),
            "breaks": len(self.breaks) > 0,
            "unpaid breaks": self.unpaid.any(),
            "traffic": self.traffic is not None,
            "duration costs": self.duration_cost.any(),
            "profiles": self.profiles > 1,
            "preferences": self.preference is not None,
            "permissions": self.allowed is not None,
            "conflicts": len(self.conflicts) > 0,
            "precedences": len(self.precedences) > 0,
            "quota": self.min_clients > 0 or self.min_prize > 0,
            "fairness": self.fairness > 0,
            "purchases": self.purchase.any(),
            "units quota": self.min_units > 0 or self.max_units < int(self.units.sum()),
            "fleet limits": self.min_vehicles > 0
            or self.max_vehicles < min(int(self.vehicles.sum()), self.clients),
            "several ends": self.end_depots.any(),
            "energy": (self.energy < UNLIMITED).any(),
            "repeated visits": self.visits == "repeat",
            f"then {self.then}": self.then != "",
            f"objective {self.objective}": self.objective != "cost",
        }
        return tuple(name for name, used in tests.items() if used)

    def replace(self, **changes) -> Routing:
        """A copy with some fields changed."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        unknown = set(changes) - set(values)
        if unknown:
            raise InstanceError(f"no such field: {', '.join(sorted(unknown))}")
        return Routing(**(values | changes))
