"""CP-SAT formulations: a network with schedule, residencies and addresses; buffers as boxes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from zerogap.models.base import Model
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.instance import MAX_BYTES, Network
from zerogap.models.scratchpad.solution import Placement, Plan, boxes, replaced
from zerogap.models.scratchpad.windows import steps


def build_buffers(buffers: Buffers, plain: bool = True) -> Model:
    """Buffers as boxes in time × address that do not overlap.

    Variables: ``offset`` (list, in bytes) and ``objective`` (height in bytes). Inside, addresses
    are counted in the greatest unit in which all sizes, alignments and fixed offsets are whole, so
    ``offset`` are expressions.

    Parameters
    ----------
    buffers : Buffers
    plain : bool
        Whether nothing will be added. With added constraints an optimum may need other offsets than
        multiples of that unit, and heights above all buffers side by side: they are left in then.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    space, grain = buffers.space.tolist(), buffers.grain.tolist()
    roof = _roof(buffers) if plain or buffers.capacity is not None else MAX_BYTES
    unit = _unit(buffers) if plain else 1
    most = roof // unit
    height = model.new_int_var(min(-(-buffers.load() // unit), most), most, "height")
    steps, offset, across, upright, sizes = [], [], [], [], []
    for i, size in enumerate(space):
        step = max(1, grain[i] // unit)
        fixed = int(buffers.offset[i])
        last = MAX_BYTES if size == 0 and not plain else max(0, roof - size)
        top = (last if fixed < 0 else fixed) // unit // step
        # A fixed offset above the roof leaves no value to the height: infeasible, as it should be.
        place = model.new_int_var(top if fixed >= 0 else 0, top, f"place{i}")
        steps.append((place, step))
        at = place * step
        offset.append(at * unit)
        if size == 0:
            continue
        model.add(at + size // unit <= height)
        for k, (begin, end, bottom, high) in enumerate(buffers.pieces(i)):
            name = f"{i},{k}"
            span, tall = end - begin, (high - bottom) // unit
            across.append(model.new_fixed_size_interval_var(begin, span, f"life{name}"))
            low_end = at + bottom // unit
            upright.append(model.new_fixed_size_interval_var(low_end, tall, f"space{name}"))
            sizes.append(tall)
    model.add_no_overlap_2d(across, upright)
    model.add_cumulative(across, sizes, height)
    fit = buffers.objective == "fit"
    if not fit:
        model.minimize(height)

    def read(value: Callable[[Any], float]) -> Placement:
        return Placement([int(value(place)) * step * unit for place, step in steps])

    def hint(start: Placement) -> Iterable[tuple[Any, float]]:
        top = 0
        for (place, step), at, size in zip(steps, start.offset.tolist(), space):
            yield place, at // unit // step
            if size:
                top = max(top, at + size)
        yield height, -(-top // unit)

    constant = buffers.capacity or 0
    return Model(
        model,
        {"offset": offset, "objective": height * unit},
        read,
        hint,
        scale=0 if fit else unit,
        offset=constant if fit else 0,
    )


def _roof(buffers: Buffers) -> int:
    """A height that some optimal placement keeps: all side by side, above those that are fixed."""
    if buffers.capacity is not None:
        return buffers.capacity
    top = int((buffers.offset + buffers.space)[buffers.offset >= 0].max(initial=0))
    free = buffers.offset < 0
    return top + int((buffers.space + np.where(buffers.size > 0, buffers.grain - 1, 0))[free].sum())


def _unit(buffers: Buffers) -> int:
    """Divides sizes, windows, fixed offsets, and every alignment that does not divide it."""
    numbers = [*buffers.space.tolist(), *buffers.offset[buffers.offset > 0].tolist()]
    numbers += [x for rows in buffers.gaps for *_, low, high in rows for x in (low, high)]
    unit = math.gcd(*numbers) or 1
    for g in np.unique(buffers.grain).tolist():
        if unit % g:
            unit = math.gcd(unit, g)
    return unit


def build(net: Network, plain: bool = True) -> Model:
    """Time-indexed model of a network, addresses included.

    Without a capacity everything fits side by side; `plain` says that no constraints will be added
    that might want more room than that.

    Variables: ``runs[o, k]`` operator o at step k, ``resident[t, k]``, ``loaded[t, k]`` a
    residency that begins at k without being made there, ``stored[t]``, ``address[t, k]`` in units,
    ``objective``. Tensors beyond the network's are the workspaces.
    """
    return _Formulation(net, plain).model()


class _Formulation:
    """Builds the model row by row; `extra` are the workspaces as tensors."""

    def __init__(self, net: Network, plain: bool):
        from ortools.sat.python import cp_model

        self.net = net
        self.n, self.tensors = len(net.inputs), len(net.size)
        self.cp = cp_model.CpModel()
        self.units = net.units.tolist() + (-(-net.workspace // net.alignment)).tolist()
        self.steps = range(self.n)
        self.room = net.capacity_units
        if net.capacity is None and not plain:
            self.room = MAX_BYTES // net.alignment
        self._schedule()
        self._residence()
        self._space()
        self._objective()

    def _schedule(self) -> None:
        """Every operator at one step, producers before consumers."""
        net, cp = self.net, self.cp
        first, last = steps(net)
        self.runs = {
            (o, k): cp.new_bool_var(f"runs{o},{k}") if first[o] <= k <= last[o] else 0
            for o in self.steps
            for k in self.steps
        }
        runs = self.runs
        for o in self.steps:
            cp.add_exactly_one(runs[o, k] for k in range(first[o], last[o] + 1))
        for k in self.steps:
            cp.add_exactly_one(v for o in self.steps if not isinstance(v := runs[o, k], int))
        self.step = [cp.new_int_var(first[o], last[o], f"step{o}") for o in self.steps]
        for o in self.steps:
            cp.add(self.step[o] == sum(k * runs[o, k] for k in range(first[o], last[o] + 1)))
            for p in {int(net.producer[t]) for t in net.inputs[o]} - {-1}:
                cp.add(self.step[p] < self.step[o])
                for k in self.steps:
                    done = sum(runs[p, j] for j in range(k))
                    cp.add(sum(runs[o, j] for j in range(k + 1)) <= done)

    def _residence(self) -> None:
        """Where a tensor is read it is resident; residencies begin by being made or loaded."""
        net, cp, runs = self.net, self.cp, self.runs
        self.resident, self.loaded = {}, {}
        for t in range(self.tensors):
            made = int(net.producer[t])
            for k in self.steps:
                here = cp.new_bool_var(f"resident{t},{k}")
                load = cp.new_bool_var(f"loaded{t},{k}")
                self.resident[t, k], self.loaded[t, k] = here, load
                born = runs[made, k] if made >= 0 else 0
                before = self.resident[t, k - 1] if k else 0
                streamed = net.stream_weights and bool(net.weight[t])
                if streamed:
                    cp.add(load == here)
                else:
                    cp.add(here <= before + born + load)
                    # A load begins a residency, perhaps right after another one, elsewhere.
                    cp.add(load <= here)
                if made >= 0:
                    cp.add(here >= born)
                    cp.add(load + sum(runs[made, j] for j in range(k, self.n)) <= 1)
                for o in net.consumers[t]:
                    cp.add(here >= runs[o, k])
            if net.objective == "peak" and not (net.stream_weights and net.weight[t]):
                cp.add(sum(self.loaded[t, k] for k in self.steps) <= (made < 0))

    def _space(self) -> None:
        """At every half step the resident tensors lie at disjoint addresses."""
        cp = self.cp
        room = self.room
        self.height = cp.new_int_var(0, room, "height")
        self.address: dict[tuple[int, int], Any] = {}
        self.phase: dict[tuple[int, int, str], Any] = {}
        self.leaves: dict[tuple[int, int], Any] = {}
        self.takes: dict[tuple[int, int], Any] = {}
        self._inherit()
        for k in self.steps:
            reading: list[tuple] = []
            writing: list[tuple] = []
            for t in range(self.tensors):
                if self.units[t]:
                    self._lie(t, k, reading, writing)
            for o in self.steps:
                size = self.units[self.tensors + o]
                if size and not isinstance(self.runs[o, k], int):
                    t = self.tensors + o
                    a = self.address[t, k] = cp.new_int_var(
                        0, max(0, room - size), f"address{t},{k}"
                    )
                    box = (cp, a, size, self.runs[o, k], f"{t},{k}")
                    reading.append((*box, "r"))
                    writing.append((*box, "w"))
                    cp.add(a + size <= self.height).only_enforce_if(self.runs[o, k])
            for rows in (reading, writing):
                if rows:
                    boxes_ = [_interval(*row) for row in rows]
                    cp.add_no_overlap(boxes_)
                    cp.add(sum(row[2] * row[3] for row in rows) <= self.height)

    def _inherit(self) -> None:
        """Whether the output of o takes the place of an input, which nobody reads afterwards."""
        net, cp = self.net, self.cp
        for o in self.steps:
            t = int(net.over[o])
            if t < 0 or not self.units[net.outputs[o][0]]:
                continue
            for k in self.steps:
                if isinstance(self.runs[o, k], int):
                    continue
                takes = self.takes[o, k] = cp.new_bool_var(f"takes{o},{k}")
                cp.add_implication(takes, self.runs[o, k])
                for c in net.consumers[t]:
                    if c != o:
                        cp.add(self.step[c] < self.step[o]).only_enforce_if(takes)
                if k + 1 < self.n:
                    cp.add(takes + self.resident[t, k + 1] <= 1 + self.loaded[t, k + 1])

    def _lie(self, t: int, k: int, reading: list, writing: list) -> None:
        """Tensor t at step k: its address, and in which halves of the step it takes room."""
        net, cp, size = self.net, self.cp, self.units[t]
        here = self.resident[t, k]
        a = self.address[t, k] = cp.new_int_var(0, max(0, self.room - size), f"address{t},{k}")
        cp.add(a + size <= self.height).only_enforce_if(here)
        if k:
            stays = [here, self.resident[t, k - 1], self.loaded[t, k].negated()]
            cp.add(a == self.address[t, k - 1]).only_enforce_if(stays)
        made = int(net.producer[t])
        in_reading = in_writing = here
        if made >= 0 and net.in_place[made] and not isinstance(self.runs[made, k], int):
            in_reading = cp.new_bool_var(f"reading{t},{k}")
            cp.add(in_reading == here - self.runs[made, k])
            self.phase[t, k, "r"] = in_reading
        elif (made, k) in self.takes:
            in_reading = cp.new_bool_var(f"reading{t},{k}")
            cp.add(in_reading == here - self.takes[made, k])
            self.phase[t, k, "r"] = in_reading
        closers = [self.runs[o, k] for o in net.consumers[t] if net.in_place[o]]
        closers = [v for v in closers if not isinstance(v, int)]
        heirs = [o for o in net.consumers[t] if net.over[o] == t and (o, k) in self.takes]
        if closers or heirs:
            in_writing = cp.new_bool_var(f"writing{t},{k}")
            ends = cp.new_bool_var(f"ends{t},{k}")
            cp.add(in_writing == here - ends - sum(self.takes[o, k] for o in heirs))
            # It leaves with the reading of an operator in place, and is not there afterwards.
            cp.add(ends <= sum(closers))
            if k + 1 < self.n:
                cp.add(ends + self.resident[t, k + 1] <= 1 + self.loaded[t, k + 1])
            self.phase[t, k, "w"], self.leaves[t, k] = in_writing, ends
        self._same_address(t, k, heirs)
        reading.append((cp, a, size, in_reading, f"{t},{k}", "r"))
        writing.append((cp, a, size, in_writing, f"{t},{k}", "w"))

    def _same_address(self, t: int, k: int, heirs: list[int]) -> None:
        """Whichever of an input and its heir comes second here: they have one address."""
        made = int(self.net.producer[t])
        pairs = [(o, t, self.net.outputs[o][0]) for o in heirs]
        if (made, k) in self.takes:
            pairs.append((made, int(self.net.over[made]), t))
        for o, before, after in pairs:
            if (before, k) in self.address and (after, k) in self.address:
                same = self.address[before, k] == self.address[after, k]
                self.cp.add(same).only_enforce_if(self.takes[o, k])

    def _objective(self) -> None:
        net, cp = self.net, self.cp
        cost, most = [], 0
        self.stored = {}
        for t in range(self.tensors):
            size = int(net.size[t])
            loads = sum(self.loaded[t, k] for k in self.steps)
            most += 3 * size * self.n
            if net.producer[t] < 0:
                cost.append(size * loads)
            elif net.write_every_eviction:
                cost.append(size * (2 * loads + int(net.output[t])))
            else:
                stored = self.stored[t] = cp.new_bool_var(f"stored{t}")
                if net.output[t]:
                    cp.add(stored == 1)
                else:
                    cp.add(loads <= self.n * stored)
                    for k in self.steps:
                        cp.add(stored >= self.loaded[t, k])
                cost.append(size * (loads + stored))
        self.goal = self.height
        if net.objective == "traffic":
            self.goal = cp.new_int_var(net.compulsory, max(most, net.compulsory), "traffic")
            cp.add(self.goal >= sum(cost))
            cp.add(self.height == self.room)
        self.cost = cost
        cp.minimize(self.goal)

    def model(self) -> Model:
        """The model with its variables by name."""
        names = {
            "runs": self.runs,
            "resident": self.resident,
            "loaded": self.loaded,
            "stored": self.stored,
            "address": self.address,
            "objective": self.goal,
        }
        scale = self.net.alignment if self.net.objective == "peak" else 1
        return Model(self.cp, names, self.read, self.hint, scale=scale)

    def read(self, value: Callable[[Any], float]) -> Plan:
        """The plan of a solution."""
        net, n = self.net, self.n
        schedule = [0] * n
        for (o, k), v in self.runs.items():
            if not isinstance(v, int) and value(v) > 0.5:
                schedule[k] = o
        rows = []
        for t in range(self.tensors):
            streamed = net.stream_weights and net.weight[t]
            for k in self.steps:
                if value(self.resident[t, k]) < 0.5:
                    continue
                at = int(value(self.address[t, k])) if self.units[t] else 0
                starts = streamed or k == 0 or value(self.resident[t, k - 1]) < 0.5
                if starts or value(self.loaded[t, k]) > 0.5:
                    rows.append([t, k, k, at * net.alignment])
                else:
                    rows[-1][2] = k
        for k, o in enumerate(schedule):
            if net.workspace[o]:
                t = self.tensors + o
                rows.append([t, k, k, int(value(self.address[t, k])) * net.alignment])
        return Plan(schedule, rows)

    def hint(self, plan: Plan) -> Iterable[tuple[Any, float]]:
        """Values of all variables in a plan."""
        net = self.net
        step = {int(o): k for k, o in enumerate(plan.schedule)}
        yield from ((v, step[o] == k) for (o, k), v in self.runs.items() if not isinstance(v, int))
        yield from ((v, step[o]) for o, v in enumerate(self.step))
        at: dict[tuple[int, int], int] = {}
        begins, ends = set(), set()
        placed = plan.residencies.tolist()
        heirs = {placed[j][0]: i for i, j in replaced(net, plan) if placed[i][3] == placed[j][3]}
        taking = {(int(net.producer[u]), placed[i][2]) for u, i in heirs.items()}
        taken = {(placed[i][0], placed[i][2]) for i in heirs.values()}
        yield from ((v, key in taking) for key, v in self.takes.items())
        for (t, first, last, address), (_, end, *_rest) in zip(
            plan.residencies.tolist(), boxes(net, plan)
        ):
            begins.add((t, first))
            if end == 2 * last + 1 and (t, last) not in taken:
                ends.add((t, last))
            for k in range(first, last + 1):
                at[t, k] = address // net.alignment
        cost = 0
        loads = dict.fromkeys(range(self.tensors), 0)
        for (t, k), v in self.resident.items():
            made = net.producer[t] >= 0 and step[int(net.producer[t])] == k
            load = (t, k) in begins and not made
            loads[t] += load
            yield v, (t, k) in at
            yield self.loaded[t, k], load
        yield from ((v, at.get(key, 0)) for key, v in self.address.items())
        yield from ((v, key in ends) for key, v in self.leaves.items())
        for (t, k, half), v in self.phase.items():
            made = net.producer[t] >= 0 and step[int(net.producer[t])] == k
            late = (int(net.producer[t]), k) in taking or net.in_place[int(net.producer[t])]
            gone = made and late if half == "r" else (t, k) in ends or (t, k) in taken
            yield v, (t, k) in at and not gone
        for t in range(self.tensors):
            size, made = int(net.size[t]), net.producer[t] >= 0
            stored = bool(made and (loads[t] or net.output[t]))
            if t in self.stored:
                yield self.stored[t], stored
            if made and net.write_every_eviction:
                cost += size * (2 * loads[t] + bool(net.output[t]))
            else:
                cost += size * (loads[t] + stored)
        high = max((a + self.units[t] for (t, _), a in at.items() if self.units[t]), default=0)
        if net.objective == "traffic":
            yield self.goal, cost
            yield self.height, self.room
        else:
            yield self.height, high


def _interval(cp: Any, start: Any, size: int, present: Any, name: str, half: str) -> Any:
    return cp.new_optional_fixed_size_interval_var(start, size, present, f"box{name}{half}")
