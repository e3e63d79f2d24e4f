"""Plain CVRPs in the plane with thousands of clients, up to a million.

The kernel's first solution is by savings, so that there is one within seconds at any size; then it
anneals to the time limit. Checking and handing over cost what the size costs, so that they are done
ever so often and end before the limit does.
"""

from __future__ import annotations

import math
import time
from typing import Any

from zerogap.models.routing import Routing
from zerogap.solvers.routing.arrays import DENSE, arrays, flat, solution
from zerogap.solvers.search import Search

SOURCE = "large"
#: Seconds of a slice, and share of the time that offers may cost.
SLICE, OFFERS = 0.1, 0.03
#: Neighbours of a client beyond so many clients.
MILLIONS, FEW = 200_000, 20
#: What is left of the heat where a good solution is to be improved.
WARM = 0.1


def spacious(instance: Routing) -> bool:
    """Whether the kernel for plain CVRPs in the plane is the one to ask."""
    return (
        instance.distance is None
        and instance.clients + instance.depots + 1 > DENSE
        and not instance.features()
        and instance.dimensions == 1
        and instance.depots == 1
        and int(instance.distance_cost[0]) > 0
        and int(instance.delivery.sum()) > int(instance.capacity[0, 0])
    )


def sweep(instance: Routing, search: Search, lane: int = 0) -> bool:
    """Savings, then annealing until the search ends; False if the fleet is too small for savings.

    Without any limit the annealing begins anew from the incumbent, each time for twice as long.
    """
    from zerogap._ext.routing.large import Large
    from zerogap._ext.routing.problem import Problem

    problem = Problem(arrays(instance), 0)  # the kernel has neighbours of its own
    near = FEW if instance.clients > MILLIONS else 40
    limit = -1 if search.iterations is None else search.iterations
    seed, horizon = search.seed + 100_000 * lane, 60.0
    while True:
        kernel = Large(problem, seed, horizon, limit, near=near)
        if not _begin(search, kernel):
            return False
        run = Sweep(search, kernel)
        run.offer()
        unlimited = search.iterations is None and not math.isfinite(search.remaining)
        run.until(horizon if unlimited else math.inf)
        if not search.open or not unlimited:
            return True
        horizon, seed = 2 * horizon, seed + 1000


def _begin(search: Search, kernel: Any) -> bool:
    """Give the kernel a solution: by savings, or the incumbent where that is better."""
    made = kernel.construct()
    if search.solution is None:
        return made
    if not made or search.objective < kernel.objective:
        kernel.inject(*flat(search.solution))
        kernel.heat = WARM
    return True


class Sweep:
    """One annealing: slices, and offers that take their small share of the time."""

    def __init__(self, search: Search, kernel: Any) -> None:
        self.search, self.kernel = search, kernel
        self.cost = 0.0  # seconds of an offer
        self.offered: int | None = None

    def offer(self) -> None:
        """Hand in the best solution if it is new."""
        begun = time.monotonic()
        self.kernel.keep()
        objective, known = self.kernel.objective, self.search.objective
        if objective == self.offered or (known is not None and objective >= known):
            return
        self.offered = objective
        self.search.offer(solution(self.kernel.best()), SOURCE)
        self.cost = max(0.7 * self.cost, time.monotonic() - begun)

    def until(self, seconds: float) -> None:
        """Anneal for so long, or to the limits of the search."""
        search, kernel = self.search, self.kernel
        end = time.monotonic() + seconds
        last = time.monotonic()
        while search.open:
            # What is left after a last offer and its like that are due until then.
            left = min(search.remaining, end - time.monotonic()) - 1.3 * self.cost
            if left <= 0:
                break
            if search.iterations is not None:
                rest = search.iterations - kernel.iterations
                if rest <= 0:
                    break
                kernel.run(min(SLICE, left), rest)
            else:
                kernel.horizon = kernel.seconds + (1 - OFFERS) * left
                kernel.run(min(SLICE, left))
            if kernel.ahead and time.monotonic() - last > self.cost / OFFERS:
                self.offer()
                last = time.monotonic()
        self.offer()
