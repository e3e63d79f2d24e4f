"""Driving the kernels: slices, offers, and the exchange with the incumbent."""

from __future__ import annotations

import math
import time
from typing import Any

from ...models.routing import Routing
from ..search import Search
from .arrays import arrays, flat, solution
from .pool import CLIENTS, Pool, selectable

_SLICE = 0.1
HOT = 1.0  # first temperature in mean costs of a client


def make(instance: Routing, near: int = 100) -> Any:
    """The kernels' problem."""
    from ..._ext.routing_problem import Problem

    return Problem(arrays(instance), near)


class Anneal:
    """Ruin and recreate in slices; offers what it finds, takes what others find.

    Offering means checking, which is Python: improvements are offered at most so often that it
    costs a few per cent of the time.
    """

    def __init__(self, instance: Routing, search: Search, problem: Any, *, seconds: float,
                 seed: int = 0, iterations: int | None = None, source: str = "sisr",
                 fresh: bool = False, **settings: Any) -> None:  # fmt: skip
        from ..._ext.routing_sisr import Sisr

        self.search, self.source = search, source
        self.fresh = fresh and search.solution is not None
        self.seconds, self.iterations = seconds, iterations
        self.kernel = Sisr(
            problem,
            search.seed + seed,
            max(seconds if math.isfinite(seconds) else 1e6, 1e-3),
            -1 if iterations is None else iterations,
            **settings,
        )
        self.offered: int | None = None
        self.pause = 0.0
        self.last = -math.inf

    def run(self) -> None:
        """Until the time, the iterations or the search end."""
        search, kernel = self.search, self.kernel
        if search.solution is not None and not self.fresh:
            kernel.inject(*flat(search.solution))
        begun, left = time.monotonic(), self.iterations
        piece = 0.002
        while search.open and (left is None or left > 0):
            remaining = min(self.seconds - (time.monotonic() - begun), search.remaining)
            if remaining <= 0:
                break
            if left is None:
                kernel.run(min(piece, remaining))
            else:
                before = kernel.iterations
                kernel.run(_SLICE, left)
                left -= kernel.iterations - before
            piece = min(2 * piece, _SLICE)
            if time.monotonic() - self.last > self.pause:
                self.offer()
        self.offer()

    def offer(self) -> None:
        """Hand the kernel's best to the search if it is new."""
        objective = self.kernel.objective
        if objective is None or objective == self.offered:
            return
        begun = time.monotonic()
        self.offered = objective
        known = self.search.objective
        if known is not None and objective >= known and selectable(self.search.instance):
            return
        self.search.offer(solution(self.kernel.best()), self.source)
        self.last = time.monotonic()
        self.pause = 25 * (self.last - begun)


def anneal(instance: Routing, search: Search, *, seconds: float = math.inf,
           iterations: int | None = None, **settings: Any) -> Anneal:  # fmt: skip
    """One run of ruin and recreate in this thread."""
    seconds = min(seconds, search.remaining)
    if search.iterations is not None:
        iterations = min(search.iterations, iterations or search.iterations)
        seconds = math.inf
    elif math.isfinite(seconds):
        iterations = None
    run = Anneal(
        instance, search, make(instance), seconds=seconds, iterations=iterations, **settings
    )
    run.run()
    return run


def first_solution(instance: Routing, search: Search) -> None:
    """A quick good start."""
    anneal(instance, search, seconds=min(1.0, 0.1 * search.remaining), iterations=20_000)


def improve(instance: Routing, search: Search, share: float = 1.0) -> None:
    """Annealing in rounds, each better informed than the last, and the route pool between them.

    Small instances get several rounds: annealing from scratch with other seeds fills the pool with
    different good routes, and the set-partitioning MIP picks the best of them all.
    """
    problem = make(instance)
    if search.iterations is not None:
        Anneal(instance, search, problem, seconds=math.inf, iterations=search.iterations).run()
        return
    pool = Pool(instance)
    begun = time.monotonic()
    total = search.remaining * share if math.isfinite(search.remaining) else 60.0
    plan = rounds(instance)
    for number, (part, mip, heat) in enumerate(plan):
        spent = time.monotonic() - begun
        last = number == len(plan) - 1
        seconds = total - spent if last else part * total
        run = Anneal(
            instance,
            search,
            problem,
            seconds=seconds,
            seed=1000 * number,
            fresh=heat == 1.0,
            record=mip > 0,
            hot=HOT * heat,
            source=f"sisr {number + 1}" if len(plan) > 1 else "sisr",
        )
        run.run()
        if not search.open:
            return
        if mip > 0:
            pool.add(run.kernel.pool())
            pool.recombine(search, mip * total)


def rounds(instance: Routing) -> list[tuple[float, float, float]]:
    """Shares of the time for annealing and for the MIP after it, and the heat it starts with."""
    if not selectable(instance):
        return [(1.0, 0.0, 1.0)]
    if instance.clients <= 250:
        return [(0.27, 0.03, 1.0), (0.27, 0.03, 1.0), (0.2, 0.05, 0.1), (0.15, 0.0, 0.05)]
    if instance.clients <= CLIENTS:
        return [(0.8, 0.05, 1.0), (0.15, 0.0, 0.05)]
    return [(1.0, 0.0, 1.0)]
