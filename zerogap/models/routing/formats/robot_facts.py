"""What a text about robots and cities says, and the instance that it makes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.instance import Routing


class Facts:
    """Facts by kind and key, each with the line that said it first.

    Parameters
    ----------
    file : str
    """

    def __init__(self, file: str) -> None:
        self.file = file
        self.line = 1
        self.kinds: dict[str, dict[Any, tuple[Any, int]]] = {}
        self.places: dict[int, tuple[float, float]] = {}
        self.rows: list[tuple[list[float], int]] = []
        self.depots: set[int] = set()
        self.open_city: int | None = None

    def once(self, kind: str, key: Any, value: Any) -> None:
        """Note a fact; what another line said otherwise is a contradiction."""
        known = self.kinds.setdefault(kind, {})
        old, line = known.setdefault(key, (value, self.line))
        if old != value:
            what = key if kind == "whole" else f"{kind} of {key}"
            raise InstanceError(f"{what}: {value}, line {line} says {old}", file=self.file)

    def city(self, k: int, x: float, y: float) -> None:
        """Note where a city is."""
        if k in self.places:
            raise InstanceError(f"city {k} is named twice", file=self.file)
        self.places[k] = (x, y)

    def whole(self, key: str, default: Any = None) -> Any:
        """What holds for the whole."""
        return self.kinds.get("whole", {}).get(key, (default, 0))[0]

    def of(self, kind: str) -> dict[Any, Any]:
        """All facts of a kind."""
        return {key: value for key, (value, _) in self.kinds.get(kind, {}).items()}

    def fail(self, message: str, kind: str = "", key: Any = None) -> InstanceError:
        """The error, at the line of a fact or at the last line."""
        line = self.kinds.get(kind, {}).get(key, (None, self.line))[1]
        return InstanceError(message, file=self.file, line=line)


def built(facts: Facts, b: Builder, quota: str) -> Routing:
    """The instance of all facts; ``quota``: "least" or "exactly" so many units are bought."""
    cities = _cities(facts)
    start = facts.whole("start")
    if start is None:
        raise facts.fail("no depot is named, expected where the robots start")
    for kind in ("units", "window", "colours"):
        for k in facts.of(kind):
            if k not in cities:
                raise facts.fail(f"there is no city {k}, {len(cities)} cities", kind, k)
    for key in ("start", "end"):
        k = facts.whole(key, start)
        if k not in cities and k != "any depot":
            raise facts.fail(f"there is no city {k}, {len(cities)} cities", "whole", key)
    return _Problem(facts, b, cities, start).build(quota)


def _cities(facts: Facts) -> list[int]:
    """The numbers of the cities, 1 … n, as many as the text counts."""
    matrix = facts.whole("metric") == "matrix"
    if matrix and not facts.rows:
        raise facts.fail("a distance matrix is spoken of, none is given", "whole", "metric")
    if facts.rows and not matrix:
        raise InstanceError(
            "a matrix that no sentence speaks of", file=facts.file, line=facts.rows[0][1]
        )
    for row, line in facts.rows:
        if len(row) != len(facts.rows):
            raise InstanceError(
                f"a row of {len(row)} distances, expected {len(facts.rows)}",
                file=facts.file,
                line=line,
            )
    cities = list(range(1, len(facts.rows) + 1)) if matrix else sorted(facts.places)
    count = facts.whole("cities")
    if count is None:
        raise facts.fail("the number of cities is missing, expected 'There are ten cities'")
    if cities != list(range(1, count + 1)):
        missing = sorted(set(range(1, count + 1)) - set(cities))
        what = f"city {missing[0]} is missing" if missing else f"{len(cities)} are given"
        raise facts.fail(f"{count} cities are counted, {what}", "whole", "cities")
    return cities


class _Problem:
    """The builder at work."""

    def __init__(self, facts: Facts, b: Builder, cities: list[int], start: int) -> None:
        self.facts, self.b, self.cities, self.start = facts, b, cities, start
        self.one = facts.whole("metric") != "matrix" or any(
            d != math.floor(d) for row, _ in facts.rows for d in row
        )
        self.unit = b.scale if self.one else 1.0
        depots = facts.whole("depots", ())
        self.depots = sorted(set(depots) | facts.depots | {start})
        if depots and facts.depots and set(depots) != facts.depots:
            raise facts.fail(
                f"the depots are {list(depots)}, marked are {sorted(facts.depots)}",
                "whole",
                "depots",
            )
        for k in self.depots:
            if k not in cities:
                raise facts.fail(f"there is no city {k}, {len(cities)} cities", "whole", "depots")

    def units(self, value: float) -> int:
        """A distance, time or cost of the text as an integer."""
        return math.floor(value * self.unit + 0.5)

    def build(self, quota: str) -> Routing:
        facts, b = self.facts, self.b
        self.numbers: dict[int, int] = {}
        depot_number = {}
        for k in self.cities:
            place = facts.places.get(k, (float(k), 0.0))
            if k in self.depots:
                depot_number[k] = b.add_depot(*place)
            if k == self.start or (k in self.depots and not facts.whole("every depot")):
                continue
            if not self.wanted(k):
                continue
            rows = self.client(k)
            if k in self.depots:
                self.numbers[k] = b.add_visit(depot_number[k], **rows)
            else:
                self.numbers[k] = b.add_client(*place, **rows)
        self.fleet(depot_number)
        if order := facts.whole("order"):
            for k in order:
                if k not in self.cities:
                    raise facts.fail(f"there is no city {k}", "whole", "order")
            b.add_order([self.numbers[k] for k in order if k in self.numbers])
        self.objective(quota)
        if facts.rows:
            factor = self.unit if self.one else 1
            used = [row for row, _ in facts.rows]
            b.set_matrices(np.floor(np.array(used) * factor + 0.5).astype(np.int64)[self.grid()])
        made = b.build()
        return made.replace(unit=self.unit)

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns of the locations: a city that is depot and client has one place."""
        kept = [k - 1 for k in self.cities if k in self.depots or k in self.numbers]
        return np.ix_(kept, kept)  # type: ignore[return-value]

    def wanted(self, k: int) -> bool:
        """Whether a city may be visited at all: within the radius."""
        radius = self.facts.whole("radius")
        if radius is None:
            return True
        if self.facts.rows:
            return bool(self.facts.rows[self.start - 1][0][k - 1] <= radius)
        (x, y), (u, v) = self.facts.places[self.start], self.facts.places[k]
        return math.hypot(x - u, y - v) <= radius

    def client(self, k: int) -> dict[str, Any]:
        facts = self.facts
        fields: dict[str, Any] = {"name": str(k)}
        if facts.of("window"):
            window = facts.of("window").get(k)
            if window is None:
                raise facts.fail(f"city {k} has no time window, expected one for every city")
            if not facts.whole("speed"):
                raise facts.fail("time windows, but nothing says how fast robots travel")
            fields["window"] = (self.units(window[0]), self.units(window[1]))
        if facts.of("group"):
            fields |= self.grouped(k)
        if facts.whole("visits") == "at most once":
            amount, price = facts.of("units").get(k, (0, 0.0))
            fields |= {"required": False, "units": amount, "pickup": amount}
            fields["purchase"] = self.units(amount * price)
        return fields

    def grouped(self, k: int) -> dict[str, Any]:
        """Its group; a city of none is not visited."""
        facts = self.facts
        if not hasattr(self, "groups"):
            self.groups: dict[int, int] = {}
            named = facts.of("group")
            if len(named) != facts.whole("groups", len(named)):
                raise facts.fail(
                    f"{facts.whole('groups')} city groups are counted, {len(named)} are given",
                    "whole",
                    "groups",
                )
            for name, members in named.items():
                number = self.b.add_group(required=True)
                for m in members:
                    if m not in self.cities or m in self.depots or m in self.groups:
                        why = "is in two groups" if m in self.groups else "is no city to visit"
                        raise facts.fail(f"city {m} of group {name} {why}", "group", name)
                    self.groups[m] = number
        if k in self.groups:
            return {"group": self.groups[k]}
        raise facts.fail(f"city {k} is in no city group, expected one for every city")

    def fleet(self, depot_number: dict[int, int]) -> None:
        facts, robots = self.facts, self.facts.whole("robots")
        if not robots:
            raise facts.fail("no robots are counted, expected 'There is one robot'")
        if robots > 1 and facts.whole("exactly", robots) != robots:
            raise facts.fail(f"{robots} robots are available", "whole", "exactly")
        if facts.whole("exactly") and robots > len(self.numbers):
            raise facts.fail(
                f"exactly {robots} robots, there are {len(self.numbers)} cities to visit",
                "whole",
                "exactly",
            )
        end = facts.whole("end")
        if end is None:
            raise facts.fail("nothing says where a tour ends")
        every = list(depot_number.values())
        common: dict[str, Any] = {
            "start_depot": depot_number[self.start],
            "end_depot": depot_number.get(end, depot_number[self.start]),
            "distance_cost": round(facts.whole("factor", 1.0)),
        }
        if end != "any depot" and end not in depot_number:
            raise facts.fail(f"city {end} is no depot", "whole", "end")
        if end == "any depot":
            common["end_depots"] = every
        if facts.whole("energy") is not None:
            if not facts.whole("recharge"):
                raise facts.fail("energy, but nothing says where it is recharged", "whole",
                                 "energy")  # fmt: skip
            common |= {"energy": self.units(facts.whole("energy")), "stations": every}
            self.reachable(facts.whole("energy"))
        names = [str(k) for k in range(1, robots + 1)]
        if (capacity := facts.of("capacity")) and robots == 1:
            raise facts.fail("one robot, but capacities of several", "capacity",
                             next(iter(capacity)))  # fmt: skip
        if not capacity and not facts.of("robot") and not facts.whole("coloured"):
            self.b.add_vehicle_type(robots, **common)
            return
        if capacity:
            names = list(capacity)
        if facts.whole("coloured") or facts.of("robot"):
            names = list(facts.of("robot"))
        if len(names) != robots:
            raise facts.fail(f"{robots} robots, {len(names)} of them described", "whole", "robots")
        for name in names:
            fields = dict(common, name=name)
            if capacity:
                fields["capacity"] = capacity[name]
            if facts.of("robot"):
                fields["allowed"] = self.coloured(name)
            self.b.add_vehicle_type(1, **fields)
        self.painted()

    def coloured(self, robot: str) -> list[bool]:
        """Clients that a robot may visit: those of its colour."""
        colours, own = self.facts.of("colours"), self.facts.of("robot")[robot]
        allowed = []
        for k in self.numbers:
            if k not in colours:
                raise self.facts.fail(f"city {k} has no colour, expected one for every city")
            allowed.append(own in colours[k])
        return allowed

    def painted(self) -> None:
        """Every city has a colour that some robot has."""
        robots = set(self.facts.of("robot").values())
        for k, colours in self.facts.of("colours").items():
            if k in self.numbers and not colours & robots:
                raise self.facts.fail(
                    f"city {k} is {', '.join(sorted(colours))}, no robot is", "colours", k
                )

    def reachable(self, energy: float) -> None:
        """Every city lies on a way between two depots that the energy is enough for."""
        if self.facts.rows:
            return
        for k in self.numbers:
            x, y = self.facts.places[k]
            near = min(math.hypot(x - self.facts.places[d][0], y - self.facts.places[d][1])
                       for d in self.depots)  # fmt: skip
            if 2 * near > energy + 1e-9:
                raise self.facts.fail(
                    f"energy for {energy:g}, city {k} and the nearest depot are {2 * near:.3f} "
                    "away there and back",
                    "whole",
                    "energy",
                )

    def objective(self, quota: str) -> None:
        facts, whole = self.facts, {}
        objective = facts.whole("objective")
        if objective is None:
            raise facts.fail("no objective that is understood")
        if facts.whole("visits") is None:
            raise facts.fail("nothing says how often a city is visited")
        if facts.whole("visits") == "repeatedly":
            whole["visits"] = "repeat"
        if (facts.whole("visits") == "one of a group") != bool(facts.of("group")):
            raise facts.fail("city groups, but not one visit each (or the other way)")
        if facts.whole("then"):
            whole["then"] = "cost" if facts.whole("robots") == 1 else "spread"
        if facts.of("units") and objective == "longest":
            objective = "costliest"
        if facts.whole("exactly"):
            whole["min_vehicles"] = facts.whole("exactly")
        want = facts.whole("quota")
        if (want is None) != (not facts.of("units")):
            raise facts.fail("units to buy without a quota, or a quota without units")
        if want is not None:
            all_units = sum(amount for amount, _ in facts.of("units").values())
            if want > all_units:
                raise facts.fail(
                    f"{want:g} units to buy, all cities together have {all_units}",
                    "whole",
                    "quota",
                )
            whole["min_units"] = math.ceil(want)
            if quota == "exactly":
                whole["max_units"] = math.floor(want)
        if objective == "longest" and facts.whole("factor", 1.0) != 1.0:
            objective = "costliest"
        self.b.set_objective(objective, **whole)
