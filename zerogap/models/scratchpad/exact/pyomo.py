"""Time-indexed integer program of schedule and replacement, without addresses (Pyomo).

Its optimum bounds the traffic from below, and is attained when the residencies can be placed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from zerogap.models.base import InfeasibleSolution, InstanceError, Model
from zerogap.models.scratchpad.instance import Network
from zerogap.models.scratchpad.solution import Plan, boxes, chains, replaced
from zerogap.models.scratchpad.windows import steps


def build(net: Network, plain: bool = True) -> Model:
    """The integer program of a network with ``objective="traffic"``.

    `plain` says that no constraints will be added: residencies then end at their last use.

    Variables: ``runs[o, k]`` operator o at step k, ``resident[t, k]``, ``loaded[t, k]``,
    ``stored[t]``, ``ends[t, k]`` (t leaves with the reading of an operator in place).
    """
    if net.objective != "traffic":
        raise InstanceError("the integer program minimises traffic only", field="objective")
    import pyomo.environ as pyo

    m = pyo.ConcreteModel()
    n, tensors = len(net.inputs), len(net.size)
    made = net.producer.tolist()
    first, last = steps(net)
    windows = [(o, k) for o in range(n) for k in range(first[o], last[o] + 1)]
    m.runs = pyo.Var(windows, domain=pyo.Binary)
    places = [(t, k) for t in range(tensors) for k in range(n)]
    m.resident = pyo.Var(places, domain=pyo.Binary)
    m.loaded = pyo.Var(places, domain=pyo.Binary)
    m.ends = pyo.Var(places, domain=pyo.Binary)
    m.stored = pyo.Var(range(tensors), domain=pyo.Binary)
    m.takes = pyo.Var([key for key in windows if net.over[key[0]] >= 0], domain=pyo.Binary)
    m.rows = pyo.ConstraintList()

    def runs(o: int, k: int) -> Any:
        return m.runs[o, k] if first[o] <= k <= last[o] else 0

    for o in range(n):
        m.rows.add(sum(runs(o, k) for k in range(n)) == 1)
        for p in sorted({made[t] for t in net.inputs[o]} - {-1}):
            for k in range(first[o], last[o] + 1):
                before = sum(runs(p, j) for j in range(k))
                m.rows.add(sum(runs(o, j) for j in range(k + 1)) <= before)
    for k in range(n):
        m.rows.add(sum(runs(o, k) for o in range(n)) == 1)
    for t, k in places:
        _residence(net, m, runs, t, k)
    for o, k in m.takes:
        t = int(net.over[o])
        m.rows.add(m.takes[o, k] <= m.runs[o, k])
        for c in net.consumers[t]:  # nobody reads it afterwards
            if c != o:
                m.rows.add(m.takes[o, k] <= sum(runs(c, j) for j in range(k)))
        if k + 1 < n:
            m.rows.add(m.takes[o, k] + m.resident[t, k + 1] <= 1 + m.loaded[t, k + 1])
    _capacity(net, m, runs)
    m.cost = pyo.Objective(expr=_cost(net, m, n))
    return Model(
        m,
        {name: getattr(m, name) for name in ("runs", "resident", "loaded", "stored", "ends")},
        lambda value: _read(net, m, value, plain),
        lambda plan: _hint(net, m, plan),
    )


def _residence(net: Network, m: Any, runs: Callable[[int, int], Any], t: int, k: int) -> None:
    """Read means resident; a residency begins by being made or loaded; loads need a copy."""
    here, load, made = m.resident[t, k], m.loaded[t, k], int(net.producer[t])
    n = len(net.inputs)
    born = runs(made, k) if made >= 0 else 0
    before = m.resident[t, k - 1] if k else 0
    streamed = bool(net.stream_weights and net.weight[t])
    if streamed:
        m.rows.add(load == here)
    else:
        m.rows.add(here <= before + born + load)
        m.rows.add(load <= here)
    if made >= 0:
        m.rows.add(here >= born)
        m.rows.add(load + sum(runs(made, j) for j in range(k, n)) <= 1)
        m.rows.add(m.stored[t] >= load)
    for o in net.consumers[t]:
        if not isinstance(runs(o, k), int):
            m.rows.add(here >= runs(o, k))
    m.rows.add(m.ends[t, k] <= sum(runs(o, k) for o in net.consumers[t] if net.in_place[o]))
    m.rows.add(m.ends[t, k] <= here)
    if k + 1 < n:
        m.rows.add(m.ends[t, k] + m.resident[t, k + 1] <= 1 + m.loaded[t, k + 1])


def _capacity(net: Network, m: Any, runs: Callable[[int, int], Any]) -> None:
    units, room = net.units.tolist(), net.capacity_units
    work = (-(-net.workspace // net.alignment)).tolist()
    n = len(net.inputs)
    for k in range(n):
        bench = sum(work[o] * runs(o, k) for o in range(n))
        reading = writing = bench
        for t, size in enumerate(units):
            made = int(net.producer[t])
            late = runs(made, k) if made >= 0 and net.in_place[made] else 0
            if (made, k) in m.takes:
                late = m.takes[made, k]
            heirs = [o for o in net.consumers[t] if net.over[o] == t and (o, k) in m.takes]
            gone = m.ends[t, k] + sum(m.takes[o, k] for o in heirs)
            reading += size * (m.resident[t, k] - late)
            writing += size * (m.resident[t, k] - gone)
        m.rows.add(reading <= room)
        if net.in_place.any() or (net.over >= 0).any():
            m.rows.add(writing <= room)


def _cost(net: Network, m: Any, n: int) -> Any:
    total = 0
    for t in range(len(net.size)):
        size, made = int(net.size[t]), net.producer[t] >= 0
        if made and net.output[t]:
            m.stored[t].setlb(1)
        loads = sum(m.loaded[t, k] for k in range(n))
        if made and net.write_every_eviction:
            total += size * (2 * loads + int(net.output[t]))
        else:
            total += size * (loads + (m.stored[t] if made else 0))
    return total


def _read(net: Network, m: Any, value: Callable[[Any], float], plain: bool) -> Plan:
    """The plan of a solution, placed by first fit; residencies are trimmed if nothing was added.

    Raises
    ------
    InfeasibleSolution
        If first fit finds no addresses.
    """
    n = len(net.inputs)
    schedule = [0] * n
    for (o, k), v in m.runs.items():
        if value(v) > 0.5:
            schedule[k] = o
    rows: list[list[int]] = []
    for t in range(len(net.size)):
        streamed = net.stream_weights and net.weight[t]
        for k in range(n):
            if value(m.resident[t, k]) < 0.5:
                continue
            fresh = streamed or k == 0 or value(m.resident[t, k - 1]) < 0.5
            if fresh or value(m.loaded[t, k]) > 0.5:
                rows.append([t, k, k, 0])
            else:
                rows[-1][2] = k
    rows += [[len(net.size) + o, k, k, 0] for k, o in enumerate(schedule) if net.workspace[o]]
    if plain:
        rows = _trimmed(net, schedule, rows)
    blank = Plan(schedule, rows)
    shapes = boxes(net, blank)
    groups = [(shapes[c[0]][0], shapes[c[-1]][1], shapes[c[0]][3], c) for c in chains(net, blank)]
    placed: list[tuple[int, int, int, int]] = []
    for begin, end, size, chain in sorted(groups, key=lambda g: -(g[1] - g[0]) * g[2]):
        at = 0
        for b, e, low, top in sorted(placed, key=lambda p: p[2]):
            if b < end and begin < e and low < at + size and at < top:
                at = top
        if at + size > net.capacity_units * net.alignment:
            raise InfeasibleSolution("first fit finds no address", constraint="capacity")
        for i in chain:
            rows[i][3] = at
        if size:
            placed.append((begin, end, at, at + size))
    return Plan(schedule, rows)


def _trimmed(net: Network, schedule: list[int], rows: list[list[int]]) -> list[list[int]]:
    """Residencies end at their last use: staying longer serves nothing."""
    step = {o: k for k, o in enumerate(schedule)}
    kept = []
    for t, first, last, at in rows:
        if t < len(net.size):
            uses = [step[o] for o in net.consumers[t] if first <= step[o] <= last]
            if net.producer[t] >= 0 and step[int(net.producer[t])] == first:
                uses.append(first)
            if not uses:
                continue
            last = max(uses)
        kept.append([t, first, last, at])
    return kept


def _hint(net: Network, m: Any, plan: Plan) -> Iterable[tuple[Any, float]]:
    """Values of all variables in a plan."""
    step = {int(o): k for k, o in enumerate(plan.schedule)}
    yield from ((v, float(step[o] == k)) for (o, k), v in m.runs.items())
    placed = plan.residencies.tolist()
    pairs = [(i, j) for i, j in replaced(net, plan) if placed[i][3] == placed[j][3]]
    taking = {(int(net.producer[placed[j][0]]), placed[j][1]) for _, j in pairs}
    taken = {(placed[i][0], placed[i][2]) for i, _ in pairs}
    yield from ((v, float(key in taking)) for key, v in m.takes.items())
    here, begins, ends = set(), set(), set()
    for (t, first, last, _), (_, end, *_rest) in zip(plan.residencies.tolist(), boxes(net, plan)):
        begins.add((t, first))
        here |= {(t, k) for k in range(first, last + 1)}
        if end == 2 * last + 1 and (t, last) not in taken:
            ends.add((t, last))
    copied = set()
    for key, v in m.resident.items():
        t, k = key
        made = int(net.producer[t])
        load = key in begins and (made < 0 or step[made] != k)
        if load:
            copied.add(t)
        yield v, float(key in here)
        yield m.loaded[key], float(load)
        yield m.ends[key], float(key in ends)
    for t, v in m.stored.items():
        yield v, float(net.producer[t] >= 0 and (t in copied or bool(net.output[t])))
