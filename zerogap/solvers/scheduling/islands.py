"""Kernels of one workshop with how they talk to the incumbent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.scheduling import Plan, Workshop
from zerogap.solvers.scheduling.shape import Flow, Hybrid
from zerogap.solvers.search import Search


@dataclass(frozen=True)
class Island:
    """A kernel, the plan it has found, and how it takes one.

    Parameters
    ----------
    kernel : Kernel
    solution : callable
        ``solution(kernel)`` gives a `Plan`.
    inject : callable or None
        ``inject(kernel, plan)``.
    source : str
        Name in the trace.
    """

    kernel: Any
    solution: Callable[[Any], Plan]
    inject: Callable[[Any, Plan], None] | None
    source: str


def drive(search: Search, islands: Sequence[Island], *, seconds: float = float("inf")) -> None:
    """Search with all islands, the first in this thread, until `seconds` or the search's end."""
    if not islands:
        return
    if search.iterations is not None:
        seconds = float("inf")  # iterations decide: a clock in between would not repeat
    with in_background(search, islands[1:], seconds=seconds):
        _drive(search, islands[0], seconds)


def _drive(search: Search, island: Island, seconds: float) -> None:
    search.drive(
        island.kernel,
        solution=island.solution,
        inject=island.inject,
        source=island.source,
        seconds=seconds,
    )


@contextlib.contextmanager
def in_background(
    search: Search, islands: Sequence[Island], *, seconds: float = float("inf")
) -> Iterator[None]:
    """Search with `islands`, each in a thread of its own, while the block runs."""
    with contextlib.ExitStack() as stack:
        for island in islands:
            stack.enter_context(
                search.in_background(
                    island.kernel,
                    solution=island.solution,
                    inject=island.inject,
                    source=island.source,
                    seconds=seconds,
                )
            )
        yield


def target(search: Search) -> int:
    """The objective at which a kernel may stop, which may be negative (lateness)."""
    return -(2**60) if search.bound is None else int(search.bound)


# ---- flow shops --------------------------------------------------------------------------------


def of_flow(flow: Flow, shop: Workshop, search: Search, count: int) -> list[Island]:
    """Iterated greedy, an island with less and one with more taken out in turn."""
    from zerogap._ext.scheduling.flow import FlowSearch

    c = flow.chains
    made = []
    for i in range(count):
        sums = c.goal != 0
        kernel = FlowSearch(
            flow.times,
            setup=flow.setup,
            initial=flow.initial,
            no_wait=c.no_wait,
            factories=len(flow.machine),
            goal=c.goal,
            weight=c.weight,
            due=np.minimum(c.due, 2**30),
            seed=search.seed * 1009 + i,
            target=target(search),
            destruct=(4, 6)[i % 2] if sums or c.no_wait else (2, 4)[i % 2],
            heat=0.7,
        )
        made.append(Island(kernel, lambda k: flow_plan(flow, k), None, "iterated greedy"))
        if search.hint is not None:
            kernel.inject(_lines(flow, shop, search.hint))
    inject = lambda k, plan: k.inject(_lines(flow, shop, plan))  # noqa: E731
    return [Island(x.kernel, x.solution, inject, x.source) for x in made]


def flow_plan(flow: Flow, kernel: Any) -> Plan:
    """The best sequences of a flow-shop kernel as a plan of the instance."""
    start, factory = kernel.best()
    task = flow.chains.task
    begin, end = np.zeros(task.size, dtype=np.int64), np.zeros(task.size, dtype=np.int64)
    mode = np.zeros(task.size, dtype=np.int64)
    begin[task] = start.reshape(-1)
    end[task] = (start + flow.times).reshape(-1)
    mode[task] = np.repeat(factory, flow.times.shape[1])
    return Plan(begin, end, mode)


def _lines(flow: Flow, shop: Workshop, plan: Plan) -> list[list[int]]:
    """Jobs of every factory by the start of their last task; a permutation whatever the plan."""
    grid = flow.chains.task.reshape(flow.times.shape)
    last = grid[:, -1]
    order = np.lexsort((plan.start[grid[:, 0]], plan.end[last], plan.start[last]))
    factory = plan.mode[grid[:, 0]]
    return [[int(j) for j in order if factory[j] == f] for f in range(len(flow.machine))]


# ---- hybrid flow shops -------------------------------------------------------------------------


def of_hybrid(hybrid: Hybrid, search: Search, count: int) -> list[Island]:
    """Annealing, every other island on the shop that runs backwards (for the makespan)."""
    from zerogap._ext.scheduling.hybrid import HybridSearch

    c = hybrid.chains
    machines = np.array([len(row) for row in hybrid.machines])
    islands = []
    for i in range(count):
        back = i % 2 == 1 and c.goal == 0
        step = -1 if back else 1
        kernel = HybridSearch(
            hybrid.times[:, ::step],
            machines[::step],
            goal=c.goal,
            weight=c.weight,
            due=np.minimum(c.due, 2**30),
            seed=search.seed * 1009 + i,
            target=target(search),
            cycle=_cycle(hybrid, search),
        )
        islands.append(
            Island(
                kernel,
                lambda k, back=back: _hybrid_plan(hybrid, k, back),  # type: ignore[misc]
                None,
                "annealing",
            )
        )
    return islands


def _cycle(hybrid: Hybrid, search: Search) -> int:
    """Trials of a cooling: what about a sixth of the time is good for, at 15 ns a task."""
    if search.iterations is not None:
        return max(1000, search.iterations // 4)
    return int(np.clip(search.remaining / 6 / (3e-8 * hybrid.times.size), 1000, 10**7))


def _hybrid_plan(hybrid: Hybrid, kernel: Any, back: bool) -> Plan:
    start, machine = kernel.best()
    end = start
    if back:
        start, machine = start[:, ::-1], machine[:, ::-1]
    end = start + hybrid.times
    if back:
        last = int(end.max())
        start, end = last - end, last - start
    task = hybrid.chains.task
    begin, done = np.zeros(task.size, dtype=np.int64), np.zeros(task.size, dtype=np.int64)
    mode = np.zeros(task.size, dtype=np.int64)
    begin[task], done[task] = start.reshape(-1), end.reshape(-1)
    mode[task] = machine.reshape(-1)
    return Plan(begin, done, mode)
