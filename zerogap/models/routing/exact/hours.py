"""Times of the circuit model where they are decisions: breaks, soft windows, overtime, traffic.

Names in ``Model.variables``: ``pause[v, b]`` is the begin of vehicle v's break b. Beside the begin
of every node stands the time when it is left; between the two, and before a node begins, breaks
fit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.routing.instance import FORBIDDEN, UNLIMITED, Routing
from zerogap.models.routing.solution import Route
from zerogap.models.routing.timing import Timing, plan

#: Entries of the tables of arrivals that a model may have.
TABLES = 400_000


def finite_times(instance: Routing) -> list[int]:
    """Times of the data that a schedule may wait for."""
    found = [instance.soft_window, instance.period, instance.breaks[:, 3:]]
    return [int(a[a < UNLIMITED].max(initial=0)) for a in found]


def more_work(instance: Routing) -> int:
    """How much longer breaks and the slowest period can make the route of one vehicle."""
    rests = max(sum(length for length, _ in instance.breaks_of(t)) for t in range(instance.types))
    if instance.traffic is None:
        return rests
    slow = instance.traffic[instance.traffic < FORBIDDEN].max(initial=0)
    speed = int(instance.speed.min())
    return rests + (2 * instance.clients + 2) * -(-1000 * int(slow) // min(speed, 1000))


class Hours:
    """Adds the times to a model of circuits (`zerogap.models.routing.exact.cpsat`)."""

    def __init__(self, model: Any) -> None:
        self.b = model
        self.instance, self.model, self.n = model.instance, model.model, model.n
        self.horizon = model.horizon
        self.rests = [self.instance.breaks_of(t) for t in model.copies]
        self.off: dict[tuple[int, int], Any] = {}
        self.before: dict[tuple[int, int, int], Any] = {}
        self.after: dict[tuple[int, int, int], Any] = {}
        self.arrivals: dict[tuple[int, int, int, int, int], Any] = {}

    def add(self, start: list[Any], again: dict[tuple[int, int], Any]) -> None:
        """Constraints that tie begins, departures, breaks and arrivals together."""
        b, model, n = self.b, self.model, self.n
        for c in range(n):
            off = model.new_int_var(0, self.horizon, f"off[{c}]")
            b.auxiliary["off", c] = off
            for v in range(len(b.copies)):
                self.off[v, c + 1] = off
        done: dict[tuple[int, int], Any] = {}
        for v, t in enumerate(b.copies):
            service = self.instance.service_of(t)
            done[v, 0] = b.names["leave", v]
            for i in range(1, n + 1):
                done[v, i] = start[i - 1] + int(service[i - 1])
            for i in [0, *range(n + 1, n + 1 + len(b.reloads[v]))]:
                off = self.off[v, i] = model.new_int_var(0, self.horizon, f"off[{v},{i}]")
                b.auxiliary["off", v, i] = off
                if i:
                    done[v, i] = again[v, i]
            self.breaks(v, done)
        for v, i, j, arc, _ in b.driven():
            t = b.copies[v]
            lost: Any = 0
            if self.instance.breaks_on_road[t]:
                lost = sum(length * self.before[v, k, i] for k, (length, _) in
                           enumerate(self.rests[v]))  # fmt: skip
                self.interrupted(v, i, j, arc)
            model.add(self.off[v, i] >= done[v, i] + lost).only_enforce_if(arc)
            there, setup = self.arrival(v, i, j), 0
            if 1 <= j <= n:
                begin = start[j - 1]
                setup = int(self.instance.setup_from(t, b.place(v, i), j - 1))
            else:
                begin = b.names["back", v] if j == 0 else again[v, j]
            if j == 0 and (end := int(self.instance.end_depot[t])) >= 0:
                closes = int(min(self.instance.depot_window[end, 1], self.horizon))
                model.add(there <= closes).only_enforce_if(arc)
            model.add(begin >= there + setup).only_enforce_if(arc)
            for k, (length, _) in enumerate(self.rests[v]):
                rest, both = b.names["pause", v, k], [arc, self.after[v, k, i]]
                model.add(rest >= there + setup).only_enforce_if(both)
                model.add(begin >= rest + length).only_enforce_if(both)

    def interrupted(self, v: int, i: int, j: int, arc: Any) -> None:
        """On the road a drive ends no earlier than the breaks that were begun before."""
        b, t = self.b, self.b.copies[v]
        a, z = b.place(v, i), b.place(v, j, end=True)
        drive = 0 if a is None or z is None else int(self.instance.drive(t, a, z))
        for k, (length, _) in enumerate(self.rests[v]):
            over = b.names["pause", v, k] + length
            both = [arc, self.before[v, k, i]]
            self.model.add(self.off[v, i] + drive >= over).only_enforce_if(both)

    def breaks(self, v: int, done: dict[tuple[int, int], Any]) -> None:
        """Every break of a used vehicle once, in order, beside a node of its route."""
        b, model = self.b, self.model
        nodes = range(self.n + 1 + len(b.reloads[v]))
        last = None
        for k, (length, windows) in enumerate(self.rests[v]):
            spans = [[a, min(z, self.horizon)] for a, z in windows if a <= self.horizon]
            domain = self.b.cp.Domain.from_intervals(spans or [[0, 0]])
            rest = b.names["pause", v, k] = model.new_int_var_from_domain(domain, f"pause[{v},{k}]")
            if last is not None:
                model.add(rest >= last).only_enforce_if(b.names["use", v])
            last = rest + length
            for i in nodes:
                there = b.names["use", v] if i == 0 else self.visited(v, i)
                for word, literals in (("before", self.before), ("after", self.after)):
                    one = literals[v, k, i] = model.new_bool_var(f"{word}[{v},{k},{i}]")
                    b.auxiliary[word, v, k, i] = one
                    model.add_implication(one, there)
                pre = self.before[v, k, i]
                model.add(rest >= done[v, i]).only_enforce_if(pre)
                if not self.instance.breaks_on_road[b.copies[v]]:
                    model.add(self.off[v, i] >= rest + length).only_enforce_if(pre)
            chosen = [d[v, k, i] for i in nodes for d in (self.before, self.after)]
            model.add(sum(chosen) == b.names["use", v])

    def visited(self, v: int, i: int) -> Any:
        """Whether vehicle v visits node i."""
        b = self.b
        return b.names["serve", v, i - 1] if i <= self.n else b.auxiliary["visit", v, i]

    def arrival(self, v: int, i: int, j: int) -> Any:
        """Arrival at node j when node i is left."""
        b, instance, t = self.b, self.instance, self.b.copies[v]
        a, z = b.place(v, i), b.place(v, j, end=True)
        if a is None or z is None:
            return self.off[v, i]
        if not len(instance.period):
            return self.off[v, i] + int(instance.drive(t, a, z))
        key = (t, a, z, i, v if i == 0 or i > self.n else -1)
        if key not in self.arrivals:
            if (len(self.arrivals) + 1) * (self.horizon + 1) > TABLES:
                raise InstanceError(
                    f"times up to {self.horizon} are too many for the circuit model with traffic"
                )
            table = instance.arrival(t, a, z, np.arange(self.horizon + 1)).tolist()
            there = self.model.new_int_var(0, max(table), f"arrival{key}")
            self.model.add_element(self.off[v, i], table, there)
            self.arrivals[key] = b.auxiliary["arrival", *key] = there
        return self.arrivals[key]

    def prices(self, start: list[Any]) -> dict[int, list[Any]]:
        """Terms of earliness and lateness (−1), and of overtime by vehicle."""
        b, instance, model = self.b, self.instance, self.model
        terms: dict[int, list[Any]] = {-1: []}
        for c in range(self.n):
            opens, closes = (int(v) for v in instance.soft_window[c])
            for word, cost, short in (
                ("early", int(instance.early_cost[c]), opens - start[c]),
                ("late", int(instance.late_cost[c]), start[c] - closes),
            ):
                if cost and (word == "early" or closes < self.horizon):
                    by = model.new_int_var(0, max(self.horizon, opens), f"{word}[{c}]")
                    b.auxiliary[word, c] = by
                    model.add(by >= short).only_enforce_if(b.served[c])
                    terms[-1].append(cost * by)
        for v, t in enumerate(b.copies):
            terms[v] = []
            _, regular = instance.longest_away(t)
            if (cost := int(instance.overtime_cost[t])) and regular < UNLIMITED:
                over = model.new_int_var(0, self.horizon, f"over[{v}]")
                b.auxiliary["over", v] = over
                spent = b.names["back", v] - b.names["leave", v]
                model.add(over >= spent - regular)
                terms[v].append(cost * over)
        return terms


def _decided(instance: Routing, route: Route) -> Timing:
    if route.times:
        return Timing(route.times, route.rests)
    found = plan(instance, route)
    if isinstance(found, str):
        raise ValueError(f"the hint violates time: {found}")
    return found


def hinted(b: Any, v: int, route: Route, nodes: list[int], values: dict[Any, int]) -> None:
    """Values of the times of a route, which visits `nodes` of the model."""
    instance, t, n = b.instance, route.vehicle, b.n
    found = _decided(instance, route)
    values["leave", v], values["back", v] = found.times[0], found.times[-1]
    spent = found.times[-1] - found.times[0]
    values["over", v] = max(0, spent - instance.longest_away(t)[1])
    since, taken, lengths = found.times[0], 0, instance.breaks_of(t)
    ends = [begin + length for begin, (length, _) in zip(found.rests, lengths)]
    for k, begin in enumerate(found.rests):
        values["pause", v, k] = begin
    times = dict(zip([*nodes, 0], found.times))
    times[0] = found.times[0]
    for i, (j, begin) in zip(nodes, [*zip(nodes[1:], found.times[1:]), (0, found.times[-1])]):
        free = times[i] + (int(instance.service_of(t)[i - 1]) if 1 <= i <= n else 0)
        off, among = free, []
        while taken < len(ends) and found.rests[taken] >= free and ends[taken] <= begin:
            among.append(taken)
            taken += 1
        a, z = b.place(v, i), b.place(v, j, end=True)
        for split in range(len(among) + 1):
            off = free if split == 0 else ends[among[split - 1]]
            if split and instance.breaks_on_road[t] and a is not None and z is not None:
                lost = sum(lengths[m][0] for m in among[:split])
                off = max(off - int(instance.drive(t, a, z)), free + lost)
            there = off if a is None or z is None else int(instance.arrival(t, a, z, off))
            ready = there + (int(instance.setup_from(t, a, j - 1)) if 1 <= j <= n else 0)
            if ready <= (found.rests[among[split]] if split < len(among) else begin):
                break
        for m, k in enumerate(among):
            values["before" if m < split else "after", v, k, i] = 1
        values.update({("off", i - 1): off} if 1 <= i <= n else {("off", v, i): off})
        if j > n:
            values["again", v, j] = since = begin
        elif j:
            values["start", j - 1], values["depart", j - 1] = begin, since
            opens, closes = (int(w) for w in instance.soft_window[j - 1])
            values["early", j - 1] = max(0, opens - begin)
            values["late", j - 1] = max(0, begin - closes)
    for key in [key for key in b.auxiliary if key[0] == "arrival"]:
        _, kind, a, z, i, own = key
        if kind == t and i in nodes and own in (v, -1):
            off = values["off", v, i] if own >= 0 else values["off", i - 1]
            values[key] = int(instance.arrival(kind, a, z, off))


def read(b: Any, v: int, trips: list[list[int]], reloads: list[int], value: Any) -> Timing:
    """The times that a solution of the model has for vehicle v; `reloads` are nodes."""
    times = [b.names["leave", v]]
    for k, trip in enumerate(trips):
        times += [b.auxiliary["again", v, reloads[k - 1]]] if k else []
        times += [b.names["start", c] for c in trip]
    times.append(b.names["back", v])
    rests = [b.names["pause", v, k] for k in range(len(b.instance.breaks_of(b.copies[v])))]
    return Timing(tuple(round(value(x)) for x in times), tuple(round(value(x)) for x in rests))
