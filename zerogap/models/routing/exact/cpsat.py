"""The exact CP-SAT model of every variant: one circuit a vehicle.

For small and odd instances (about 30 clients) and for users' own constraints.

Names in ``Model.variables``
----------------------------
``arc[v, i, j]``    vehicle copy v drives from node i to node j (0 is its depot, clients 1 … n,
                    then reload nodes)
``serve[v, c]``     vehicle copy v serves client c (from 0)
``use[v]``          vehicle copy v is used
``way[v, i, j, k]`` by the k-th way where there are several (stations, end depots)
``distance[v]``     its distance
``start[c]``        start of service at client c (where times matter)
``leave[v]``, ``back[v]``  departure and return (where times matter)
``objective``       the objective before the constant
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.routing.exact.hints import hint, timed
from zerogap.models.routing.exact.hours import Hours, finite_times, more_work, read
from zerogap.models.routing.exact.ways import Way, Ways, energies
from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing
from zerogap.models.routing.solution import Route, Routes, expanded

LARGEST = 1_500_000  # arcs in a model
#: Times reach so many times further under the user's own constraints, which may delay what no
#: plain schedule delays.
WIDE = 8


class _Circuits:
    """The model under construction."""

    def __init__(self, instance: Routing, plain: bool) -> None:
        from ortools.sat.python import cp_model

        self.plain = plain
        self.instance = instance
        self.cp = cp_model
        self.model = cp_model.CpModel()
        n = instance.clients
        self.n = n
        self.copies = [
            int(t) for t in range(instance.types) for _ in range(int(min(instance.vehicles[t], n)))
        ]
        self.reloads = [self._reload_nodes(t) for t in self.copies]
        size = sum((n + 1 + len(r)) ** 2 for r in self.reloads)
        if size > LARGEST:
            raise InstanceError(f"{size} arcs, the circuit model is for at most {LARGEST}")
        self.names: dict[Any, Any] = {}
        self.auxiliary: dict[Any, Any] = {}
        self.table = Ways(instance)
        #: What hours cost, by vehicle; nothing where times do not count.
        self.prices: dict[int, list[Any]] = {}

    def _reload_nodes(self, t: int) -> list[int]:
        """Depots of the reload nodes of a vehicle, as many copies as it may need."""
        more = int(min(self.instance.max_trips[t] - 1, self.n - 1))
        return [int(d) for d in np.flatnonzero(self.instance.reload[t]) for _ in range(more)]

    # -- routes ------------------------------------------------------------------------------------
    def place(self, v: int, i: int, end: bool = False) -> int | None:
        """Location of node i of vehicle v; None is the nowhere of open routes."""
        instance, t = self.instance, self.copies[v]
        if 1 <= i <= self.n:
            return int(instance.client_location[i - 1])
        if i > self.n:
            return int(instance.depot_location[self.reloads[v][i - self.n - 1]])
        depot = int(instance.end_depot[t] if end else instance.start_depot[t])
        return None if depot < 0 else int(instance.depot_location[depot])

    def leg(self, v: int, i: int, j: int) -> list[Way]:
        """Ways from a node to another; none if there is no way that may be driven."""
        t, a = self.copies[v], self.place(v, i)
        if j == 0:
            return self.table.home(t, a)
        ways = self.table.between(t, a, self.place(v, j))
        setup = int(self.instance.setup_from(t, a, j - 1)) if j <= self.n else 0
        return [replace(way, time=way.time + setup) for way in ways] if setup else ways

    def ends_badly(self, i: int, j: int) -> bool:
        """Whether an arc begins or ends a route with a client that may not be there."""
        instance, n = self.instance, self.n
        first = i == 0 and 1 <= j <= n and instance.not_first[j - 1]
        return bool(first or (j == 0 and 1 <= i <= n and instance.not_last[i - 1]))

    def sizes(self) -> None:
        """What a used route serves at least, and its driving time."""
        instance, model, n = self.instance, self.model, self.n
        for v, t in enumerate(self.copies):
            use, serve = self.names["use", v], [self.names["serve", v, c] for c in range(n)]
            if instance.min_stops[t] > 1:
                model.add(sum(serve) >= int(instance.min_stops[t])).only_enforce_if(use)
            for k in range(instance.dimensions):
                if not instance.min_load[t, k]:
                    continue
                load = instance.delivery[:, k] + instance.pickup[:, k]
                carried = sum(int(q) * s for q, s in zip(load, serve))
                model.add(carried >= int(instance.min_load[t, k])).only_enforce_if(use)
        limited = [v for v, t in enumerate(self.copies) if instance.max_travel_time[t] < UNLIMITED]
        for v in limited:
            driven = []
            for w, i, j, arc in self.chains():
                if w != v:
                    continue
                setup = 0
                if 1 <= j <= n and (a := self.place(v, i)) is not None:
                    setup = int(instance.setup_from(self.copies[v], a, j - 1))
                ways = self.ways[v, i, j]
                for k, way in enumerate(ways):
                    literal = arc if len(ways) == 1 else self.names["way", v, i, j, k]
                    driven.append((way.time - setup) * literal)
            model.add(sum(driven) <= int(instance.max_travel_time[self.copies[v]]))

    def gathered(self) -> None:
        """Same-vehicle groups."""
        instance, model = self.instance, self.model
        for g in np.unique(instance.together[instance.together >= 0]):
            members = np.flatnonzero(instance.together == g).tolist()
            for a, b in itertools.combinations(members, 2):
                both = [self.served[a], self.served[b]]
                for v in range(len(self.copies)):
                    same = self.names["serve", v, a] == self.names["serve", v, b]
                    model.add(same).only_enforce_if(both)

    def circuits(self) -> None:
        model, instance = self.model, self.instance
        self.ways: dict[tuple[int, int, int], list[Way]] = {}
        for v, t in enumerate(self.copies):
            use = self.names["use", v] = model.new_bool_var(f"use[{v}]")
            nodes = range(self.n + 1 + len(self.reloads[v]))
            arcs = [(0, 0, ~use)]
            serve = {}
            for i in nodes[1:]:
                literal = model.new_bool_var(f"serve[{v},{i}]")
                arcs.append((i, i, ~literal))
                serve[i] = literal
                model.add_implication(literal, use)
                if i <= self.n:
                    self.names["serve", v, i - 1] = literal
                    if instance.allowed is not None and not instance.allowed[t, i - 1]:
                        model.add(literal == 0)
                else:
                    self.auxiliary["visit", v, i] = literal
            for i in nodes:
                for j in nodes:
                    if (
                        i == j
                        or (i > self.n and j > self.n)
                        or (i == 0 and j > self.n)
                        or (j == 0 and i > self.n)
                    ):
                        continue
                    ways = [] if self.ends_badly(i, j) else self.leg(v, i, j)
                    if not ways:
                        continue
                    self.names["arc", v, i, j] = literal = model.new_bool_var(f"arc[{v},{i},{j}]")
                    self.ways[v, i, j] = ways
                    arcs.append((i, j, literal))
                    if len(ways) > 1:
                        by = [model.new_bool_var(f"way[{v},{i},{j},{k}]") for k in range(len(ways))]
                        self.names |= {("way", v, i, j, k): one for k, one in enumerate(by)}
                        model.add(sum(by) == literal)
            model.add_circuit(arcs)
            if instance.max_stops[t] < self.n:
                stops = sum(serve[i] for i in range(1, self.n + 1))
                model.add(stops <= int(instance.max_stops[t]))
            for k, (a, b) in enumerate(zip(nodes[self.n + 1 :], nodes[self.n + 2 :])):
                # Copies of one depot are alike, unless the user's constraints tell them apart.
                if self.plain and self.reloads[v][k] == self.reloads[v][k + 1]:
                    model.add_implication(serve[b], serve[a])
            if self.reloads[v]:
                model.add(
                    sum(serve[i] for i in nodes[self.n + 1 :])
                    <= int(min(instance.max_trips[t] - 1, self.n))
                )
            # So are the vehicles of one type.
            if self.plain and v and self.copies[v - 1] == t:
                model.add_implication(use, self.names["use", v - 1])
                # Those that are used come in the order of the least client that each serves.
                before = [self.names["serve", v - 1, c] for c in range(self.n)]
                for c in range(self.n):
                    model.add_bool_or([~serve[c + 1], *before[:c]])
            if not any(("arc", v, 0, j) in self.names for j in nodes[1:]):
                model.add(use == 0)
        used = sum(self.names["use", v] for v in range(len(self.copies)))
        if instance.min_vehicles:
            model.add(used >= instance.min_vehicles)
        if instance.max_vehicles < len(self.copies):
            model.add(used <= instance.max_vehicles)

    def service(self) -> None:
        """Who is served, and by one vehicle only."""
        model, instance = self.model, self.instance
        self.served = []
        for c in range(self.n):
            served = model.new_bool_var(f"served[{c}]")
            model.add(sum(self.names["serve", v, c] for v in range(len(self.copies))) == served)
            self.auxiliary["served", c] = served
            self.served.append(served)
            if instance.required[c]:
                model.add(served == 1)
        for g, required in enumerate(instance.group_required):
            members = [self.served[c] for c in np.flatnonzero(instance.group == g)]
            (model.add_exactly_one if required else model.add_at_most_one)(members)
        for p, d in instance.shipments:
            for v in range(len(self.copies)):
                model.add(self.names["serve", v, int(p)] == self.names["serve", v, int(d)])
        for a, b in instance.conflicts:
            for v in range(len(self.copies)):
                model.add_at_most_one(
                    self.names["serve", v, int(a)], self.names["serve", v, int(b)]
                )
        if instance.min_clients:
            model.add(sum(self.served) >= instance.min_clients)
        if instance.min_prize:
            prize = sum(int(q) * s for q, s in zip(instance.prize, self.served))
            model.add(prize >= instance.min_prize)
        units = sum(int(u) * s for u, s in zip(instance.units, self.served))
        if instance.min_units:
            model.add(units >= instance.min_units)
        if instance.max_units < int(instance.units.sum()):
            model.add(units <= instance.max_units)

    def chains(self) -> Iterable[tuple[int, int, int, Any]]:
        """(vehicle, i, j, literal) of all arcs."""
        for key, literal in self.names.items():
            if key[0] == "arc":
                yield key[1], key[2], key[3], literal

    def driven(self) -> Iterable[tuple[int, int, int, Any, Way]]:
        """(vehicle, i, j, literal, way) of all ways."""
        for v, i, j, arc in self.chains():
            ways = self.ways[v, i, j]
            for k, way in enumerate(ways):
                yield v, i, j, arc if len(ways) == 1 else self.names["way", v, i, j, k], way

    # -- loads, order, time ------------------------------------------------------------------------
    def loads(self) -> None:
        """Along a trip what is to be delivered falls to 0 and what is picked up grows."""
        instance, model, n = self.instance, self.model, self.n
        shipped = np.zeros((n, instance.dimensions), np.int64)
        for (p, d), load in zip(instance.shipments, instance.shipment_load):
            shipped[p] += load
            shipped[d] -= load
        gain = instance.pickup + shipped
        for k in range(instance.dimensions):
            top = int(
                min(
                    instance.capacity[:, k].max(),
                    instance.delivery[:, k].sum()
                    + np.abs(gain[:, k]).sum()
                    + instance.on_board[:, k].max(),
                )
            )
            demand = [int(q) for q in instance.delivery[:, k]]
            if instance.capacity[:, k].min() >= (
                sum(demand) + int(np.abs(gain[:, k]).sum()) + int(instance.on_board[:, k].max())
            ):
                continue
            rest = [model.new_int_var(0, top, f"rest[{k},{c}]") for c in range(n)]
            taken = [model.new_int_var(0, top, f"taken[{k},{c}]") for c in range(n)]
            for c in range(n):
                self.auxiliary["rest", k, c], self.auxiliary["taken", k, c] = rest[c], taken[c]
            for v, i, j, arc in self.chains():
                if 1 <= j <= n:
                    c = j - 1
                    if 1 <= i <= n:
                        model.add(rest[i - 1] == rest[c] + demand[c]).only_enforce_if(arc)
                        model.add(taken[c] == taken[i - 1] + int(gain[c, k])).only_enforce_if(arc)
                    else:
                        capacity = int(instance.capacity[self.copies[v], k])
                        held = int(instance.on_board[self.copies[v], k]) if i == 0 else 0
                        model.add(rest[c] + demand[c] <= capacity - held).only_enforce_if(arc)
                        held = int(instance.on_board[self.copies[v], k]) if i == 0 else 0
                        model.add(taken[c] == int(gain[c, k]) + held).only_enforce_if(arc)
                elif 1 <= i <= n:
                    model.add(rest[i - 1] == 0).only_enforce_if(arc)
            for v, t in enumerate(self.copies):
                for c in range(n):
                    model.add(
                        rest[c] + taken[c] <= int(min(instance.capacity[t, k], 2 * top))
                    ).only_enforce_if(self.names["serve", v, c])

    def backhauls(self) -> None:
        """Deliveries before pickups, no trip with pickups and no delivery."""
        instance, model, n = self.instance, self.model, self.n
        delivers = [bool(row.any()) for row in instance.delivery]
        picks = [bool(row.any()) for row in instance.pickup]
        picked = [model.new_bool_var(f"picked[{c}]") for c in range(n)]
        delivered = [model.new_bool_var(f"delivered[{c}]") for c in range(n)]
        for c in range(n):
            self.auxiliary["picked", c], self.auxiliary["delivered", c] = picked[c], delivered[c]
        for _, i, j, arc in self.chains():
            before = i - 1 if 1 <= i <= n else None
            if 1 <= j <= n:
                c = j - 1
                now = model.new_constant(0) if before is None else picked[before]
                got = model.new_constant(0) if before is None else delivered[before]
                model.add(picked[c] == (1 if picks[c] else now)).only_enforce_if(arc)
                model.add(delivered[c] == (1 if delivers[c] else got)).only_enforce_if(arc)
                if delivers[c]:
                    model.add(now == 0).only_enforce_if(arc)
            elif before is not None:
                model.add_bool_or(~picked[before], delivered[before]).only_enforce_if(arc)

    def order(self) -> None:
        """Positions along a route, and the trip, for shipments and precedences."""
        instance, model, n = self.instance, self.model, self.n
        place = [model.new_int_var(0, n, f"place[{c}]") for c in range(n)]
        trip = [model.new_int_var(0, n, f"trip[{c}]") for c in range(n)]
        for c in range(n):
            self.auxiliary["place", c], self.auxiliary["trip", c] = place[c], trip[c]
        turn = {
            (v, i): model.new_int_var(0, 2 * n, f"turn[{v},{i}]")
            for v, nodes in enumerate(self.reloads)
            for i in range(n + 1, n + 1 + len(nodes))
        }
        count = {key: model.new_int_var(0, n, f"count[{key}]") for key in turn}
        for key in turn:
            self.auxiliary["turn", *key], self.auxiliary["count", *key] = turn[key], count[key]
        for v, i, j, arc in self.chains():
            if j == 0:
                continue
            here, now = (place[j - 1], trip[j - 1]) if j <= n else (turn[v, j], count[v, j])
            if i == 0:
                model.add(here == 0).only_enforce_if(arc)
                model.add(now == 0).only_enforce_if(arc)
                continue
            was, old = (place[i - 1], trip[i - 1]) if i <= n else (turn[v, i], count[v, i])
            model.add(
                here == was + (1 if j <= n and i <= n else 0) + (1 if i > n else 0)
            ).only_enforce_if(arc)
            model.add(now == old + (1 if j > n else 0)).only_enforce_if(arc)
        for p, d in instance.shipments:
            model.add(place[p] < place[d]).only_enforce_if(self.served[p])
            model.add(trip[p] == trip[d]).only_enforce_if(self.served[p])
        for a, b in instance.precedences:
            for v in range(len(self.copies)):
                both = [self.names["serve", v, int(a)], self.names["serve", v, int(b)]]
                model.add(place[a] < place[b]).only_enforce_if(both)

    def times(self) -> None:
        instance, model, n = self.instance, self.model, self.n
        horizon = self.horizon = _horizon(instance) * (1 if self.plain else WIDE)
        start, depart = [], []
        for c in range(n):
            spans = [[int(a), int(min(b, horizon))] for a, b in instance.windows(c) if a <= horizon]
            domain = self.cp.Domain.from_intervals(spans)
            start.append(model.new_int_var_from_domain(domain, f"start[{c}]"))
            depart.append(model.new_int_var(0, horizon, f"depart[{c}]"))
            self.names["start", c], self.auxiliary["depart", c] = start[c], depart[c]
            model.add(depart[c] >= int(instance.release[c])).only_enforce_if(self.served[c])
        again: dict[tuple[int, int], Any] = {}
        for v, t in enumerate(self.copies):
            low, high = (int(min(s, horizon)) for s in instance.shift[t])
            opens, closes = (
                int(min(s, horizon)) for s in instance.depot_window[instance.start_depot[t]]
            )
            last = high
            if (ends := instance.ends(t)) and not instance.decides_times():
                last = min(last, max(int(instance.depot_window[end, 1]) for end in ends))
            leave = model.new_int_var(0, horizon, f"leave[{v}]")
            back = model.new_int_var(0, horizon, f"back[{v}]")
            use = self.names["use", v]
            model.add_linear_constraint(leave, max(low, opens), closes).only_enforce_if(use)
            model.add(back <= last).only_enforce_if(use)
            model.add(back >= leave).only_enforce_if(use)
            model.add(leave == 0).only_enforce_if(~use)
            model.add(back == 0).only_enforce_if(~use)
            longest, _ = instance.longest_away(t)
            if longest < UNLIMITED:
                model.add(back - leave <= longest)
            self.names["leave", v], self.names["back", v] = leave, back
            for k, depot in enumerate(self.reloads[v]):
                opens, closes = (int(min(s, horizon)) for s in instance.depot_window[depot])
                again[v, n + 1 + k] = model.new_int_var(opens, closes, f"again[{v},{k}]")
                self.auxiliary["again", v, n + 1 + k] = again[v, n + 1 + k]
        if instance.decides_times():
            hours = Hours(self)
            hours.add(start, again)
            self.prices = hours.prices(start)
        for v, i, j, arc, way in self.driven():
            travel = way.time
            if j == 0 and len(ends := instance.ends(self.copies[v])) > 1:
                closes = int(instance.depot_window[ends[0] if way.end is None else way.end, 1])
                if closes < horizon:
                    model.add(self.names["back", v] <= closes).only_enforce_if(arc)
            if 1 <= i <= n:
                gone = start[i - 1] + int(instance.service_of(self.copies[v])[i - 1]) + travel
            else:
                gone = (self.names["leave", v] if i == 0 else again[v, i]) + travel
            if 1 <= j <= n:
                model.add(start[j - 1] >= gone).only_enforce_if(arc)
                since = (
                    depart[i - 1]
                    if 1 <= i <= n
                    else (self.names["leave", v] if i == 0 else again[v, i])
                )
                model.add(depart[j - 1] == since).only_enforce_if(arc)
            else:
                model.add(
                    (self.names["back", v] if j == 0 else again[v, j]) >= gone
                ).only_enforce_if(arc)

    # -- objective ------------------------------------------------------------
    def objective(self) -> None:
        """The objective, or two of which the first has a weight that the second never makes up."""
        instance, model = self.instance, self.model
        lengths: dict[int, list] = {v: [] for v in range(len(self.copies))}
        for v, _, _, arc, way in self.driven():
            lengths[v].append(way.distance * arc)
        longest = [way.distance for ways in self.ways.values() for way in ways]
        self.longest = sum(sorted(longest, reverse=True)[: 2 * self.n + 2])
        for v, t in enumerate(self.copies):
            length = model.new_int_var(0, int(self.longest), f"distance[{v}]")
            model.add(length == sum(lengths[v]))
            if instance.max_distance[t] < UNLIMITED:
                model.add(length <= int(instance.max_distance[t]))
            self.names["distance", v] = length
        terms, self.offset = self.part(instance.objective)
        if instance.then:
            second, offset = self.part(instance.then)
            terms = [instance.weight * term for term in terms] + second
            self.offset = instance.weight * self.offset + offset
        self.names["objective"] = sum(terms)
        model.minimize(sum(terms))

    def part(self, objective: str) -> tuple[list[Any], int]:
        """Terms and constant of one objective."""
        instance, model = self.instance, self.model
        if objective == "cost":
            terms = [term for v in range(len(self.copies)) for term in self.price(v)]
            terms += [-int(q) * s for q, s in zip(instance.prize, self.served) if q]
            terms += self.prices.get(-1, [])
            if instance.fairness:
                terms += [instance.fairness * term for term in self.spread()]
            return terms, int(instance.prize.sum())
        if objective == "spread":
            return self.spread(), 0
        if objective == "costliest":
            return [self.costliest()], 0
        peak = model.new_int_var(0, int(self.longest), f"peak {objective}")
        self.auxiliary["peak", objective] = peak
        if objective == "longest":
            for v in range(len(self.copies)):
                model.add(peak >= self.names["distance", v])
        else:
            for _, _, _, arc, way in self.driven():
                model.add(peak >= way.arc).only_enforce_if(arc)
        return [peak], 0

    def price(self, v: int) -> list[Any]:
        """Terms of the cost of vehicle v's route."""
        instance, t = self.instance, self.copies[v]
        terms = [int(instance.distance_cost[t]) * self.names["distance", v]]
        terms.append(int(instance.fixed_cost[t]) * self.names["use", v])
        if instance.duration_cost[t]:
            spent = self.names["back", v] - self.names["leave", v]
            spent = spent - int(instance.unpaid[t]) * self.names["use", v]
            terms.append(int(instance.duration_cost[t]) * spent)
        terms += self.prices.get(v, [])
        gains = -instance.purchase
        if instance.preference is not None:
            gains = gains + instance.preference[t]
        return terms + [-int(g) * self.names["serve", v, c] for c, g in enumerate(gains) if g]

    def costliest(self) -> Any:
        """At least every used route's cost, and at least 0 where there is no route."""
        instance, model = self.instance, self.model
        reward = 0 if instance.preference is None else instance.preference.clip(min=0).sum()
        dear = int(self.longest) * int(instance.distance_cost.max())
        dear += int(instance.fixed_cost.max()) + int(instance.purchase.sum())
        if instance.preference is not None:
            dear += int((-instance.preference).clip(min=0).sum())
        if instance.duration_cost.any():
            dear += int(instance.duration_cost.max()) * self.horizon
        peak = model.new_int_var(-int(reward), dear, "peak costliest")
        self.auxiliary["peak", "costliest"] = peak
        uses = [self.names["use", v] for v in range(len(self.copies))]
        for v, use in enumerate(uses):
            model.add(peak >= sum(self.price(v))).only_enforce_if(use)
        model.add(peak >= 0).only_enforce_if([~use for use in uses])
        return peak

    def spread(self) -> list[Any]:
        """Distance of the longest used route minus that of the shortest."""
        model = self.model
        if ("longest",) not in self.auxiliary:
            high, low = (
                model.new_int_var(0, int(self.longest), s) for s in ("longest", "shortest")
            )
            self.auxiliary["longest",], self.auxiliary["shortest",] = high, low
            for v in range(len(self.copies)):
                model.add(high >= self.names["distance", v]).only_enforce_if(self.names["use", v])
                model.add(low <= self.names["distance", v]).only_enforce_if(self.names["use", v])
            model.add(high >= low)
        return [self.auxiliary["longest",], -self.auxiliary["shortest",]]


def _horizon(instance: Routing) -> int:
    """A time by which every sensible schedule is over."""
    finite = [0, *finite_times(instance)]
    for values in (instance.window, instance.shift, instance.depot_window):
        finite.append(int(values[values < UNLIMITED].max(initial=0)))
    finite.append(int(instance.release.max(initial=0)))
    longest, every = 0, np.arange(instance.locations)
    for t in range(instance.types):
        times = instance.drive(t, every[:, None], every)
        longest = max(longest, int(times[times < FORBIDDEN].max(initial=0)))
    # From a stop to the next by way of every station, or of every location, at most once.
    longest *= 1 + int(instance.stations.sum(axis=1).max(initial=0))
    longest *= instance.locations if instance.visits == "repeat" else 1
    service = instance.service if instance.type_service is None else instance.type_service.max(0)
    work = int(service.sum() + instance.setup.sum()) + more_work(instance)
    return max(finite) + work + (2 * instance.clients + 2) * longest


def build(instance: Routing, *, plain: bool = True) -> Model:
    """The circuit model of an instance, with a complete hint from any solution.

    Parameters
    ----------
    instance : Routing
    plain : bool
        Whether the model stays as it is: then vehicles of one type (and the copies of a reload
        depot) are used in their order, and times end where every sensible schedule is over. With
        the user's constraints neither holds; times then reach 8 times as far, and where a shift
        has no end nothing is claimed (``Model.reach``).

    Raises
    ------
    InstanceError
        If the model would have more than ``LARGEST`` arcs.
    """
    b = _Circuits(instance, plain)
    b.circuits()
    b.service()
    b.sizes()
    b.gathered()
    b.loads()
    if instance.backhaul == "last":
        b.backhauls()
    if len(instance.shipments) or len(instance.precedences):
        b.order()
    if timed(instance):
        b.times()
    energy = bool((instance.energy < UNLIMITED).any())
    if energy:
        energies(b)
    b.objective()
    # A later time could make another route possible, and only where every shift ends is there
    # none; a constraint might want a detour by stations that is no way of the model.
    beyond = energy or (timed(instance) and _endless(instance))
    return Model(
        model=b.model,
        variables=b.names,
        read=lambda value: _read(b, value),
        hint=lambda solution: hint(b, solution),
        offset=b.offset,
        reach=-math.inf if not plain and beyond else None,
    )


def _endless(instance: Routing) -> bool:
    """Whether a used vehicle may return at any time."""
    return bool((instance.shift[instance.vehicles > 0, 1] >= UNLIMITED).any())


def _read(b: _Circuits, value: Callable[[Any], float]) -> Routes:
    follow: dict[int, dict[int, int]] = {v: {} for v in range(len(b.copies))}
    for v, i, j, arc in b.chains():
        if value(arc) > 0.5:
            follow[v][i] = j
    routes = []
    for v, arcs in follow.items():
        trips: list[list[int]] = [[]]
        reloads: list[int] = []
        again: list[int] = []
        at = arcs.get(0, 0)
        ways = [_taken(b, v, 0, at, value)] if at else []
        while at:
            ways.append(_taken(b, v, at, arcs[at], value))
            if at > b.n:
                reloads.append(b.reloads[v][at - b.n - 1])
                again.append(at)
                trips.append([])
            else:
                trips[-1].append(at - 1)
            at = arcs[at]
        if trips[0]:
            t = b.copies[v]
            via = tuple(way.via for way in (ways if b.instance.end_depot[t] >= 0 else ways[:-1]))
            told = read(b, v, trips, again, value) if b.instance.decides_times() else None
            routes.append(
                Route(
                    t,
                    tuple(tuple(trip) for trip in trips),
                    tuple(reloads),
                    ways[-1].end,
                    via if any(via) else (),
                    *((told.times, told.rests) if told else ()),
                )
            )
    return expanded(b.instance, Routes(tuple(routes)))


def _taken(b: _Circuits, v: int, i: int, j: int, value: Callable[[Any], float]) -> Way:
    """The way that is driven from node i to node j."""
    ways = b.ways[v, i, j]
    if len(ways) == 1:
        return ways[0]
    by = [k for k in range(len(ways)) if value(b.names["way", v, i, j, k]) > 0.5]
    return ways[by[0]]
