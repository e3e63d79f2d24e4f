"""Several memories: annealing on the simulator, bounds by what a step can have near, CP-SAT."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap._ext.scratchpad.mapping import MemoryMapping
from zerogap.models.scratchpad.exact import memories as formulation
from zerogap.models.scratchpad.memories import MAX_TIME, Mapping, Trace, mapping
from zerogap.solvers.backends import cpsat as backend
from zerogap.solvers.scratchpad import prices
from zerogap.solvers.search import Search

#: Share of the time that the kernel gets before CP-SAT joins.
ALONE = 0.25


def auto(trace: Trace, search: Search) -> None:
    """Greedy, then annealing, then CP-SAT from the best, annealing going on beside it."""
    bound(trace, search)
    engine = kernel_of(trace, search.seed)
    _begin(trace, search, engine)
    marginal = [_knapsack(trace, k)[1] for k in range(len(trace.time))]
    prices.tighten(trace, search, np.array(marginal))
    runs = len(formulation.runs_of(trace))
    small = runs <= formulation.MAX_RUNS
    # Small programs are soon as good as annealing gets them; the proof is CP-SAT's.
    alone = min(0.1 + 0.01 * runs, ALONE * search.remaining) if small else np.inf
    _drive(trace, search, engine, alone)
    if not search.open or not small or (search.iterations is not None and search.extend is None):
        return
    if search.threads < 2 or search.extend is not None:
        backend.improve(formulation.build(trace), search)
        return
    with search.in_background(
        engine, solution=_solution(trace), inject=_inject, source="annealing"
    ):
        backend.improve(formulation.build(trace), search, workers=search.threads - 1)


def kernel(trace: Trace, search: Search) -> None:
    """Greedy, then annealing from it."""
    bound(trace, search)
    engine = kernel_of(trace, search.seed)
    _begin(trace, search, engine)
    marginal = [_knapsack(trace, k)[1] for k in range(len(trace.time))]
    prices.tighten(trace, search, np.array(marginal))
    _drive(trace, search, engine, np.inf)


def _begin(trace: Trace, search: Search, engine: MemoryMapping) -> None:
    """The better of two greedy mappings, unless pinned tensors do not go in at once."""
    if engine.best() is None:
        return
    for name, find in (("greedy", greedy), ("best-fit", fit_by_step)):
        rows = find(trace, kernel_of(trace, 0))
        search.offer(mapping(trace, rows), name, engine.simulate(rows))
    if search.hint is not None:
        engine.inject(search.hint.residencies)


def exact(trace: Trace, search: Search) -> None:
    """CP-SAT alone, cold."""
    backend.improve(formulation.build(trace), search, hint=False)


def bound(trace: Trace, search: Search) -> None:
    """All steps with the most that each can save."""
    # A step saves what lies in fast memories then. These hold their capacity; of the uses of a
    # step those that save most a byte, the last one in part, are no worse than any choice that
    # fits, each tensor with its best memory and all capacities together. Waiting only adds.
    search.tighten(least_time(trace), "steps")


def least_time(trace: Trace) -> int:
    """A bound on the time of every mapping, from the capacities alone."""
    # Rounded down with a hair of room for the divisions.
    most = [int(np.floor(_knapsack(trace, k)[0] + 1e-6)) for k in range(len(trace.time))]
    return trace.slow - sum(most)


def _knapsack(trace: Trace, k: int) -> tuple[float, float]:
    """The most that a step can save, tensors in part allowed, and what a byte more would save."""
    offers = []
    for row in trace.uses[trace.uses[:, 0] == k].tolist():
        pin, size = int(trace.pin[row[1]]), int(trace.size[row[1]])
        saved = [
            s
            for m, s in enumerate(row[2:], start=1)
            if pin in (-1, m) and size <= trace.memories[m].capacity
        ]
        if saved and max(saved) > 0:
            offers.append((max(saved), size))
    offers.sort(key=lambda o: -o[0] / max(o[1], 1e-9))
    left, most, margin = float(sum(m.capacity for m in trace.memories[1:])), 0.0, 0.0
    for saved, size in offers:
        part = 1.0 if size <= left else left / size
        most += saved * part
        left -= size * part
        if part < 1:
            margin = saved / size
            break
    return most, margin


def kernel_of(trace: Trace, seed: int) -> MemoryMapping:
    """The annealing kernel of a trace."""
    fast = trace.memories[1:]
    return MemoryMapping(
        trace.time,
        trace.size,
        np.ascontiguousarray(trace.uses),
        np.ascontiguousarray(trace.copies()),
        np.array([m.capacity for m in fast], dtype=np.int64),
        np.array([m.alignment for m in fast], dtype=np.int64),
        trace.producer,
        trace.pin,
        trace.output.view(np.uint8),
        seed,
    )


def baseline(trace: Trace, search: Search, name: str) -> None:
    """Tensors by saved time a byte for all of their uses; or use by use where there is room."""
    engine = kernel_of(trace, 0)
    if engine.best() is None:
        return
    rows = fit_by_step(trace, engine) if name == "best-fit" else greedy(trace, engine, blind=True)
    search.offer(mapping(trace, rows), name, engine.simulate(rows))


def greedy(trace: Trace, engine: MemoryMapping, *, blind: bool = False) -> list[list[int]]:
    """Whole lifetimes by benefit a byte, each taken if it fits and the program gets no longer.

    The baseline is `blind`: what fits is taken, without a look at the copies.
    """
    start = engine.best()
    assert start is not None
    chosen: list[list[int]] = start.tolist()
    time = engine.simulate(chosen)
    offers = []
    for t, used in enumerate(trace.used):
        if not used or trace.pin[t] >= 0:
            continue
        for m in range(1, len(trace.memories)):
            benefit = int(trace.uses[list(used), 1 + m].sum())
            offers.append((-benefit / max(1, int(trace.size[t])), t, m))
    for _, t, m in sorted(offers):
        if any(row[0] == t for row in chosen):
            continue
        first, last = (int(trace.uses[trace.used[t][i], 0]) for i in (0, -1))
        if trace.producer[t] != first:
            first = max(0, first - 1)
        time = _taken(engine, chosen, [t, first, last, 0, m], MAX_TIME if blind else time)
    return chosen


def fit_by_step(trace: Trace, engine: MemoryMapping) -> list[list[int]]:
    """Every use in its order with the next one of its tensor, where there is room."""
    start = engine.best()
    assert start is not None
    chosen: list[list[int]] = start.tolist()
    time = engine.simulate(chosen)
    for step, t, *saved in trace.uses.tolist():
        if trace.pin[t] >= 0 or any(r[0] == t and r[1] <= step <= r[2] for r in chosen):
            continue
        m = 1 + int(np.argmax(saved))
        later = [int(trace.uses[r, 0]) for r in trace.used[t] if trace.uses[r, 0] > step]
        last = later[0] if later else step
        first = step if trace.producer[t] == step else max(0, step - 1)
        before = [r for r in chosen if not (r[0] == t and r[1] <= last and first <= r[2])]
        if len(before) < len(chosen):
            continue
        time = _taken(engine, chosen, [t, first, last, 0, m], time)
    return chosen


def _taken(engine: MemoryMapping, chosen: list, row: list[int], time: int) -> int:
    row[3] = engine.fit(row[0], row[1], row[2], row[4], chosen)
    if row[3] < 0:
        return time
    chosen.append(row)
    new = engine.simulate(chosen)
    if new > time:
        chosen.pop()
        return time
    return new


def _solution(trace: Trace) -> Any:
    return lambda engine: mapping(trace, engine.best())


def _inject(engine: MemoryMapping, solution: Mapping) -> None:
    engine.inject(solution.residencies)


def _drive(trace: Trace, search: Search, engine: MemoryMapping, seconds: float) -> None:
    search.drive(
        engine, solution=_solution(trace), inject=_inject, source="annealing", seconds=seconds
    )
