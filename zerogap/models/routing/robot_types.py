"""Generator of the types of *From Words to Routes*, at any size.

The data set's texts have ten cities. Here the same eleven problems are drawn for any number of
cities and one or several robots, from the same facts that the reader finds in a text.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.formats.robot_facts import Facts, built
from zerogap.models.routing.instance import Routing

#: Letter and name of every type; all but the last are there for one robot as well.
KINDS = {
    "A": "TSP", "B": "BTSP", "C": "GTSP", "D": "OTSP", "E": "TPP", "F": "TSPTW", "G": "TSPM",
    "H": "TSPMDNC", "I": "TSPMDC", "J": "KTSP", "K": "CTSP",
}  # fmt: skip
COLOURS = ("red", "yellow", "green", "blue")
SIDE = 100
FACTOR = 10  # price of a unit of distance where goods are bought


def robots(seed: int = 0, type: str = "A", robots: int = 4, cities: int = 41) -> Routing:
    """A type of *From Words to Routes*: the total for one robot, the longest tour for several.

    Parameters
    ----------
    seed : int
    type : str
        Letter A … K: closed tours; the longest edge first; one city of each cluster; an order of
        the cities within tours; a travelling purchaser; time windows; a matrix without triangle
        inequality and repeated visits; three depots; the same with energy; cities near the depot;
        robots with colours. K is for several robots.
    robots : int
        All of them are used.
    cities : int
        The depot is one of them. They have integer coordinates within 0 … 100.
    """
    kind = str(type).upper()[:1]
    if str(type).upper() not in (kind, f"{kind}-{KINDS.get(kind)}") or kind not in KINDS:
        known = ", ".join(f"{k} ({name})" for k, name in KINDS.items())
        raise InstanceError(f"{type!r} is none of {known}", field="type")
    count, size = _size(robots, "robots", 1, 100), _size(cities, "cities", 4, 10_000)
    if kind == "K" and count == 1:
        raise InstanceError("type K is for several robots", field="robots")
    if 4 * count > size:
        raise InstanceError(f"{size} cities are too few for {count} robots", field="cities")
    draw = _Draw(seed, kind, count, size)
    made = built(draw.facts, Builder("exact"), "least")
    return made.replace(name=f"robots-{kind}{KINDS[kind]}-r{count}-n{size}-s{seed}")


def _size(value: object, name: str, low: int, high: int) -> int:
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        raise InstanceError(f"{value!r} is no integer", field=name) from None
    if not low <= number <= high:
        raise InstanceError(f"{number} is not within {low} … {high}", field=name)
    return number


class _Draw:
    """The facts of one random problem."""

    def __init__(self, seed: int, kind: str, robots: int, cities: int) -> None:
        self.rng = np.random.default_rng([int(seed), ord(kind), robots, cities])
        self.robots, self.cities = robots, cities
        self.facts = facts = Facts("<generator>")
        self.xy = self.rng.integers(0, SIDE + 1, (cities, 2)).tolist()
        for k, (x, y) in enumerate(self.xy, 1):
            facts.city(k, float(x), float(y))
        self.start = int(self.rng.integers(1, cities + 1))
        self.others = [k for k in range(1, cities + 1) if k != self.start]
        several = {"exactly": robots} if robots > 1 else {}
        self.say(cities=cities, start=self.start, end=self.start, robots=robots, **several)
        more: dict[str, Callable[[], None]] = {
            "B": self.bottleneck, "C": self.clusters, "D": self.order, "E": self.purchases,
            "F": self.windows, "G": self.matrix, "H": self.depots, "I": self.energy,
            "J": self.radius, "K": self.colours,
        }  # fmt: skip
        if kind in more:
            more[kind]()
        whole = facts.of("whole")
        if "objective" not in whole:
            self.say(objective="cost" if robots == 1 else "longest")
        if "visits" not in whole:
            self.say(visits="once")

    def say(self, **facts: object) -> None:
        for key, value in facts.items():
            self.facts.once("whole", key, value)

    def far(self, a: int, b: int) -> float:
        return math.dist(self.xy[a - 1], self.xy[b - 1])

    def bottleneck(self) -> None:
        self.say(objective="bottleneck", then=True)

    def clusters(self) -> None:
        count = max(self.robots, self.cities // 3)
        mixed = self.rng.permutation(self.others).tolist()
        for g in range(count):
            self.facts.once("group", str(g + 1), tuple(mixed[g::count]))
        self.say(visits="one of a group")

    def order(self) -> None:
        chosen = self.rng.choice(self.others, self.cities // 2, replace=False)
        self.say(order=tuple(sorted(chosen.tolist())))

    def purchases(self) -> None:
        amounts = {k: 5 * int(self.rng.integers(1, 5)) for k in self.others}
        for k, amount in amounts.items():
            self.facts.once("units", k, (amount, float(self.rng.integers(2, 21))))
        quota = 5 * (sum(amounts.values()) // 10)
        self.say(visits="at most once", factor=float(FACTOR), quota=quota)
        if self.robots > 1:
            share = quota / self.robots
            for r in range(self.robots):
                part = share * self.rng.uniform(0.7, 1.3)
                room = 5 * math.ceil(max(part, 1.1 * share * (r == self.robots - 1)) / 5) + 5
                self.facts.once("capacity", str(r + 1), room)

    def windows(self) -> None:
        """Around the times of random tours, one a robot; each city next to the one before."""
        self.say(speed=1.0)
        left, now, at = set(self.others), [0.0] * self.robots, [self.start] * self.robots
        while left:
            r = int(np.argmin(now))
            near = sorted(left, key=lambda k: self.far(at[r], k))[:4]
            k = near[int(self.rng.integers(len(near)))]
            now[r], at[r] = now[r] + self.far(at[r], k), k
            left.remove(k)
            first = max(0, now[r] - float(self.rng.integers(0, 60)))
            last = now[r] + float(self.rng.integers(5, 80))
            self.facts.once("window", k, (float(math.floor(first)), float(math.ceil(last))))

    def matrix(self) -> None:
        self.facts.places.clear()
        rows = self.rng.integers(1, 41, (self.cities, self.cities))
        np.fill_diagonal(rows, 0)
        self.facts.rows = [(list(map(float, row)), 1) for row in rows.tolist()]
        self.say(metric="matrix", visits="repeatedly")

    def depots(self) -> None:
        more = self.rng.choice(self.others, 2, replace=False).tolist()
        self.homes = tuple(sorted([self.start, *more]))
        self.facts.kinds["whole"]["end"] = ("any depot", 1)
        self.say(depots=self.homes, **{"every depot": True})

    def energy(self) -> None:
        """Enough for the way to the farthest city and back, and for a quarter more."""
        self.depots()
        most = max(min(self.far(k, d) for d in self.homes) for k in self.others)
        self.say(energy=float(math.ceil(2.5 * most)), recharge=True)

    def radius(self) -> None:
        """Three quarters of the cities are near enough."""
        reach = sorted(self.far(self.start, k) for k in self.others)
        self.say(radius=float(math.ceil(reach[3 * len(reach) // 4])))

    def colours(self) -> None:
        names = [*COLOURS, *(f"colour {k}" for k in range(5, self.robots + 1))][: self.robots]
        for r, name in enumerate(names, 1):
            self.facts.once("robot", str(r), name)
        for k in self.others:
            own = {str(self.rng.choice(names)) for _ in range(int(self.rng.integers(1, 3)))}
            self.facts.once("colours", k, frozenset(own))
        self.say(coloured=True)
