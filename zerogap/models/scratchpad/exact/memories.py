"""Several memories for CP-SAT: runs of uses, the copies on their channels, addresses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from zerogap.models.base import InstanceError, Model
from zerogap.models.scratchpad.memories import Mapping, Trace, mapping

#: Most runs of uses of a formulation: every two copies on a channel are held in order.
MAX_RUNS = 600


@dataclass
class Run:
    """Uses `i` … `j` of a tensor from one fast memory."""

    tensor: int
    memory: int
    i: int
    j: int
    firsts: range  # steps at which it may begin
    lasts: range  # steps with which it may end
    loaded: bool
    stored: bool
    there: Any = None
    first: Any = None
    last: Any = None
    address: Any = None
    filled: Any = None  # end of the copy in
    emptied: Any = None  # end of the copy out
    done: int = -1  # step after which it is copied out


def runs_of(trace: Trace) -> list[Run]:
    """All runs; beginnings and ends that only hold space longer are left out."""
    found = []
    for t, rows in enumerate(trace.used):
        at = [int(trace.uses[r, 0]) for r in rows]
        for m, memory in enumerate(trace.memories[1:], start=1):
            if trace.size[t] > memory.capacity or trace.pin[t] not in (-1, m):
                continue
            for i, begin in enumerate(at):
                made = trace.producer[t] == begin
                low = begin if made else (at[i - 1] + 1 if i else 0)
                for j in range(i, len(at)):
                    stored = made and (j + 1 < len(at) or bool(trace.output[t]))
                    high = at[j + 1] - 1 if j + 1 < len(at) else len(trace.time) - 1
                    lasts = range(at[j], high + 1) if stored else range(at[j], at[j] + 1)
                    found.append(Run(t, m, i, j, range(low, begin + 1), lasts, not made, stored))
    return found


def build(trace: Trace) -> Model:
    """CP-SAT model.

    Variables: ``run`` (by (tensor, memory, first use, last use), uses counted from 0: the tensor
    lies in that memory for these), ``address`` (by the same), ``begin`` (by step: its start)
    and ``objective``.

    Raises
    ------
    InstanceError
        If there are more runs than the formulation takes.
    """
    from ortools.sat.python import cp_model

    runs = runs_of(trace)
    if len(runs) > MAX_RUNS:
        raise InstanceError(
            f"{len(runs)} ways to hold a tensor, the exact model takes at most {MAX_RUNS}",
            field="uses",
        )
    model = cp_model.CpModel()
    copies = trace.copies()
    # Compute waits only while some copy of the plan is under way, and every use is in one
    # residency of two copies at most: no plan takes longer.
    uses = [len(u) for u in trace.used]
    horizon = trace.slow + 2 * sum(n * int(c.max(initial=0)) for n, c in zip(uses, copies))
    steps = len(trace.time)
    begin = [model.new_int_var(0, horizon, f"begin{k}") for k in range(steps + 1)]
    end = model.new_int_var(0, horizon, "end")
    for r in runs:
        _declare(model, trace, r, begin, int(copies[r.tensor, r.memory - 1]), horizon)
    cover: dict[tuple[int, int], list[Run]] = defaultdict(list)
    for r in runs:
        for u in range(r.i, r.j + 1):
            cover[r.tensor, u].append(r)
    for t, rows in enumerate(trace.used):
        for u in range(len(rows)):
            there = [r.there for r in cover[t, u]]
            if trace.pin[t] > 0:
                model.add_exactly_one(there)
            elif there:
                model.add_at_most_one(there)
    for a in runs:
        for b in runs:
            if a.tensor == b.tensor and a.j + 1 == b.i:
                model.add(a.last < b.first).only_enforce_if(a.there, b.there)
    _compute(model, trace, runs, cover, begin)
    for m in range(1, len(trace.memories)):
        mine = [r for r in runs if r.memory == m]
        _space(model, trace, mine, m)
        _channel(model, trace, mine)
    model.add(end >= begin[steps])
    for r in runs:
        if r.stored:
            model.add(end >= r.emptied).only_enforce_if(r.there)
    _sums(model, trace, runs, copies, end)
    model.minimize(end)
    variables = {
        "run": {(r.tensor, r.memory, r.i, r.j): r.there for r in runs},
        "address": {(r.tensor, r.memory, r.i, r.j): r.address for r in runs},
        "begin": dict(enumerate(begin[:steps])),
        "objective": end,
    }
    return Model(model, variables, _reader(trace, runs), _hints(trace, runs))


def _declare(model: Any, trace: Trace, r: Run, begin: list, copy: int, horizon: int) -> None:
    tag = f"{r.tensor}_{r.memory}_{r.i}_{r.j}"
    memory = trace.memories[r.memory]
    r.there = model.new_bool_var(f"run{tag}")
    r.first = model.new_int_var(r.firsts[0], r.firsts[-1], f"first{tag}")
    r.last = model.new_int_var(r.lasts[0], r.lasts[-1], f"last{tag}")
    most = (memory.capacity - int(trace.size[r.tensor])) // memory.alignment
    place = model.new_int_var(0, most, f"place{tag}")
    r.address = place * memory.alignment
    if r.loaded:
        r.filled = model.new_int_var(0, horizon, f"filled{tag}")
        for k in r.firsts:
            here = r.there
            if len(r.firsts) > 1:
                here = model.new_bool_var(f"first{tag}is{k}")
                model.add(r.first == k).only_enforce_if(here)
                model.add(r.first != k).only_enforce_if(~here)
            model.add(r.filled >= begin[k] + copy).only_enforce_if(r.there, here)
    if r.stored:
        r.done = int(trace.uses[trace.used[r.tensor][r.j], 0])
        r.emptied = model.new_int_var(0, horizon, f"emptied{tag}")
        for k in r.lasts:
            here = r.there
            if len(r.lasts) > 1:
                here = model.new_bool_var(f"last{tag}is{k}")
                model.add(r.last == k).only_enforce_if(here)
                model.add(r.last != k).only_enforce_if(~here)
            if k + 1 < len(trace.time):
                model.add(begin[k + 1] >= r.emptied).only_enforce_if(r.there, here)


def _compute(model: Any, trace: Trace, runs: list[Run], cover: dict, begin: list) -> None:
    """Steps one after the other; each waits for what it needs, and saves what lies near."""
    steps = len(trace.time)
    start = [model.new_int_var(0, 2**50, f"start{k}") for k in range(steps)]
    after = [model.new_int_var(0, 2**50, f"after{k}") for k in range(steps)]
    saved: dict[int, list] = defaultdict(list)
    for t, rows in enumerate(trace.used):
        for u, row in enumerate(rows):
            k = int(trace.uses[row, 0])
            for r in cover[t, u]:
                saved[k].append(int(trace.uses[row, 1 + r.memory]) * r.there)
                if r.loaded and r.i == u:
                    model.add(start[k] >= r.filled).only_enforce_if(r.there)
    for k in range(steps):
        model.add(start[k] >= begin[k])
        model.add(after[k] == start[k] + int(trace.time[k]) - sum(saved[k]))
        model.add(begin[k + 1] >= after[k])
    for r in runs:
        if not r.stored:
            continue
        copy = trace.memories[r.memory].copy(int(trace.size[r.tensor]))
        model.add(r.emptied >= after[r.done] + copy).only_enforce_if(r.there)
        rows = trace.used[r.tensor]
        for u in range(r.j + 1, len(rows)):
            k = int(trace.uses[rows[u], 0])
            near = [b.there for b in cover[r.tensor, u]]
            model.add(start[k] >= r.emptied).only_enforce_if(r.there, *(~x for x in near))
        for b in runs:
            if b.tensor == r.tensor and b.i > r.j:
                again = trace.memories[b.memory].copy(int(trace.size[b.tensor]))
                model.add(b.filled >= r.emptied + again).only_enforce_if(r.there, b.there)


def _space(model: Any, trace: Trace, runs: list[Run], m: int) -> None:
    times, addresses, sizes = [], [], []
    for r in runs:
        size = int(trace.size[r.tensor])
        if size == 0:
            continue
        tag = f"{r.tensor}_{m}_{r.i}_{r.j}"
        span = model.new_int_var(1, len(trace.time), f"span{tag}")
        times.append(
            model.new_optional_interval_var(r.first, span, r.last + 1, r.there, f"time{tag}")
        )
        addresses.append(
            model.new_optional_interval_var(
                r.address, size, r.address + size, r.there, f"bytes{tag}"
            )
        )
        sizes.append(size)
    if times:
        model.add_no_overlap_2d(times, addresses)
        model.add_cumulative(times, sizes, trace.memories[m].capacity)


def _channel(model: Any, trace: Trace, runs: list[Run]) -> None:
    """Copies of a channel in the order in which they are asked for.

    That is twice the step, one more for copies in; ties go as the simulator takes them.
    """
    copies = []
    for r in runs:
        long = trace.memories[r.memory].copy(int(trace.size[r.tensor]))
        if r.loaded:
            when = (2 * r.firsts[0] + 1, 2 * r.firsts[-1] + 1)
            key = (int(trace.uses[trace.used[r.tensor][r.i], 0]), r.tensor)
            copies.append((2 * r.first + 1, when, key, r.filled, long, r))
        if r.stored:
            asked = 2 * (r.done + 1)
            copies.append((asked, (asked, asked), (r.tensor, 0), r.emptied, long, r))
    for x, (g, (g0, g1), key, done, long, r) in enumerate(copies):
        for h, (h0, h1), other, ended, lasts, s in copies[:x]:
            if r.tensor == s.tensor and r is not s and r.i <= s.j and s.i <= r.j:
                continue  # never both
            both = (r.there, s.there)
            early = key < other  # who goes first where both are asked for at once
            if g1 < h0 or (g1 == h0 and early):
                model.add(ended >= done + lasts).only_enforce_if(*both)
            elif h1 < g0 or (h1 == g0 and not early):
                model.add(done >= ended + long).only_enforce_if(*both)
            else:
                mine = model.new_bool_var("")
                model.add(g - h <= (0 if early else -1)).only_enforce_if(mine)
                model.add(g - h >= (1 if early else 0)).only_enforce_if(~mine)
                model.add(ended >= done + lasts).only_enforce_if(*both, mine)
                model.add(done >= ended + long).only_enforce_if(*both, ~mine)


def _sums(model: Any, trace: Trace, runs: list[Run], copies: Any, end: Any) -> None:
    """What follows from the rest and helps the bound: all steps, and all copies of a channel."""
    saved = []
    for r in runs:
        rows = trace.used[r.tensor][r.i : r.j + 1]
        saved.append(sum(int(trace.uses[row, 1 + r.memory]) for row in rows) * r.there)
    model.add(end >= trace.slow - sum(saved))
    for m in range(1, len(trace.memories)):
        work = [
            (r.loaded + r.stored) * int(copies[r.tensor, m - 1]) * r.there
            for r in runs
            if r.memory == m
        ]
        if work:
            model.add(end >= sum(work))


def _reader(trace: Trace, runs: list[Run]) -> Any:
    def read(value: Any) -> Mapping:
        rows = []
        for r in runs:
            if value(r.there) > 0.5:
                first, last, address = (round(value(x)) for x in (r.first, r.last, r.address))
                rows.append([r.tensor, first, last, address, r.memory])
        return mapping(trace, rows)

    return read


def _hints(trace: Trace, runs: list[Run]) -> Any:
    def hint(solution: Mapping) -> Iterator[tuple[Any, int]]:
        chosen = {}
        for t, first, last, address, m in solution.residencies.tolist():
            steps = [int(trace.uses[row, 0]) for row in trace.used[t]]
            inside = [u for u, k in enumerate(steps) if first <= k <= last]
            chosen[t, m, inside[0], inside[-1]] = (first, last, address)
        for r in runs:
            found = chosen.get((r.tensor, r.memory, r.i, r.j))
            yield r.there, int(found is not None)
            if found is not None:
                yield r.first, min(max(found[0], r.firsts[0]), r.firsts[-1])
                yield r.last, min(max(found[1], r.lasts[0]), r.lasts[-1])

    return hint
