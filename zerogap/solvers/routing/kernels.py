"""Driving the kernels: slices, offers, and the exchange with the incumbent."""

from __future__ import annotations

import math
import time
from typing import Any

from ...models.routing import Routing
from ..search import Search
from .arrays import arrays, flat, solution

_SLICE = 0.1


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
                 **settings: Any) -> None:  # fmt: skip
        from ..._ext.routing_sisr import Sisr

        self.search, self.source = search, source
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
        if search.solution is not None:
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


def improve(instance: Routing, search: Search) -> None:
    """The kernels until the end of the search."""
    anneal(instance, search)
