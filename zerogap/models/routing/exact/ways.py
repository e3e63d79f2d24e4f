"""Ways from one stop to the next: the arc, ways by stations that refill, and the depots to end at.

Where energy is limited, a vehicle may call at stations between any two stops. Of all ways between
two stops those are kept of which no other is as short, leaves as much energy, reaches its first
station as early and drives no longer arc.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing
from zerogap.models.routing.solution import shortest

#: Stations of a vehicle type up to which all chains of stations are looked at.
STATIONS = 6


@dataclass(frozen=True, slots=True)
class Way:
    """How a vehicle gets from a stop to the next.

    Parameters
    ----------
    distance, time : int
    arc : int
        Its longest arc.
    via : tuple of int
        Stations on the way, as −1 − depot.
    first, last : int
        Distance to the first station and from the last one; both the distance without stations.
    end : int or None
        Depot where it ends, if it is the last one and not the usual one.
    """

    distance: int
    time: int
    arc: int
    via: tuple[int, ...] = ()
    first: int = 0
    last: int = 0
    end: int | None = None


class Ways:
    """All ways worth taking, by vehicle type.

    Parameters
    ----------
    instance : Routing
    """

    def __init__(self, instance: Routing) -> None:
        self.instance = instance
        profiles = [int(p) for p in np.unique(instance.profile)]
        repeat = instance.visits == "repeat"
        self.distance = {
            p: shortest(instance, p) if repeat else instance.matrix(p) for p in profiles
        }
        self.time = [self._times(t, repeat) for t in range(instance.types)]
        self.limited = [bool(e < UNLIMITED) for e in instance.energy]
        self.chains = [self._chains(t) if self.limited[t] else [] for t in range(instance.types)]

    def _times(self, t: int, repeat: bool) -> np.ndarray:
        """Driving times of a type; with repeated visits those of the whole length of a way."""
        if repeat:
            way = self.distance[int(self.instance.profile[t])]
            speed = int(self.instance.speed[t])
            return np.where(way < FORBIDDEN, -(-1000 * way // speed), way)
        every = np.arange(self.instance.locations)
        return np.asarray(self.instance.drive(t, every[:, None], every))

    def _chains(self, t: int) -> list[tuple[tuple[int, ...], tuple[int, int, int]]]:
        """Depots, and (length, time, longest arc), of the chains of stations of a type.

        A station twice between two stops is a loop that helps nobody, since every station refills
        all there is: chains are simple.
        """
        instance = self.instance
        stations = [int(d) for d in np.flatnonzero(instance.stations[t])]
        if len(stations) > STATIONS:
            raise InstanceError(
                f"type {t} has {len(stations)} stations, the circuit model takes {STATIONS}",
                field="stations",
            )
        matrix, energy = self.distance[int(instance.profile[t])], int(instance.energy[t])
        found: dict[tuple[int, int], list[tuple[tuple[int, ...], tuple[int, int, int]]]] = {}
        for size in range(1, len(stations) + 1):
            for chain in itertools.permutations(stations, size):
                places = instance.depot_location[list(chain)]
                legs = matrix[places[:-1], places[1:]].tolist()
                if any(leg > energy or leg >= FORBIDDEN for leg in legs):
                    continue
                time = int(self.time[t][places[:-1], places[1:]].sum())
                worth = (sum(legs), time, max(legs, default=0))
                same = found.setdefault((chain[0], chain[-1]), [])
                if not any(_no_worse(other, worth) for _, other in same):
                    same.append((chain, worth))
        return [chain for same in found.values() for chain in same]

    def between(self, t: int, a: int | None, b: int | None) -> list[Way]:
        """Ways of a type from a location to another; None is the nowhere of open routes."""
        if a is None or b is None:
            return [Way(0, 0, 0)]
        instance = self.instance
        matrix, times = self.distance[int(instance.profile[t])], self.time[t]
        energy = int(instance.energy[t])
        straight, time = int(matrix[a, b]), int(times[a, b])
        ways = []
        if max(straight, time) < FORBIDDEN and straight <= energy:
            ways.append(Way(straight, time, straight, (), straight, straight))
        refilled: list[Way] = []
        for chain, (length, spent, arc) in self.chains[t]:
            x, y = (int(instance.depot_location[d]) for d in (chain[0], chain[-1]))
            first, last = int(matrix[a, x]), int(matrix[y, b])
            if max(first, last) > energy or max(first, last) >= FORBIDDEN:
                continue
            whole = first + length + last
            spent += int(times[a, x] + times[y, b])
            via = tuple(-1 - d for d in chain)
            refilled.append(Way(whole, spent, max(first, last, arc), via, first, last))
        # Among equal ways that of the fewest calls; then those that another is no worse than go.
        refilled.sort(key=lambda w: (_worth(w), len(w.via)))
        kept: list[Way] = []
        for way in refilled:
            if not any(_no_worse(_worth(other), _worth(way)) for other in kept):
                kept.append(way)
        return ways + kept

    def home(self, t: int, a: int | None) -> list[Way]:
        """Ways of a type from a location to where its routes may end."""
        instance = self.instance
        ends = instance.ends(t)
        if not ends:
            return self.between(t, a, None)
        usual = int(instance.end_depot[t])
        ways = []
        for depot in ends:
            end = None if depot == usual else depot
            for way in self.between(t, a, int(instance.depot_location[depot])):
                ways.append(replace(way, end=end))
        return ways


def _worth(way: Way) -> tuple[int, ...]:
    return way.distance, way.time, way.arc, way.first, way.last


def _no_worse(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return all(a <= b for a, b in zip(one, other))


def energies(b: Any) -> None:
    """Constraints of the circuit model `b`: the distance since the last refill stays in reach.

    On arrival at a client it is at least what was driven since, which every way adds to.
    """
    instance, model = b.instance, b.model
    full = int(instance.energy[instance.energy < UNLIMITED].max())
    used = [model.new_int_var(0, full, f"used[{c}]") for c in range(b.n)]
    for c in range(b.n):
        b.auxiliary["used", c] = used[c]
    for v, i, j, literal, way in b.driven():
        t = b.copies[v]
        if instance.energy[t] >= UNLIMITED:
            continue
        energy = int(instance.energy[t])
        start = 0 if i == 0 or instance.refill[i - 1] else used[i - 1]
        if not way.via:
            after = start + way.distance
        else:
            model.add(start + way.first <= energy).only_enforce_if(literal)
            after = way.last
        if j:
            model.add(used[j - 1] >= after).only_enforce_if(literal)
            model.add(used[j - 1] <= energy).only_enforce_if(literal)
        else:
            model.add(after <= energy).only_enforce_if(literal)


def hinted(instance: Routing, route: Any, legs: Iterable[Way]) -> dict[Any, int]:
    """Distance since the last refill on arrival at every client of a route."""
    values, now = {}, 0
    for c, way in zip(route, legs):
        now = way.last if way.via else now + way.distance
        values["used", c] = now
        if instance.refill[c]:
            now = 0
    return values
