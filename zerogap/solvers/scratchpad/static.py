"""Static allocation: buffers with fixed lifetimes."""

from __future__ import annotations

import math

from zerogap._ext.scratchpad.place import Placing
from zerogap.models.scratchpad import Buffers, Placement
from zerogap.models.scratchpad.exact import cpsat as formulation
from zerogap.solvers.backends import cpsat as backend
from zerogap.solvers.scratchpad import greedy
from zerogap.solvers.search import Search


def auto(buffers: Buffers, search: Search) -> None:
    """Best fit, then the race of orders; CP-SAT beside it if a height must be proven."""
    if not _admit(buffers, search):
        return
    race = Race(buffers, search.seed)
    if buffers.objective == "fit" or search.threads < 2 or search.iterations is not None:
        _drive(search, race)
        return
    # Nearly all instances fall to the kernel at once: CP-SAT starts only when they do not.
    if not _drive(search, race, seconds=1 + 0.1 * min(search.remaining, 100)):
        return
    with search.in_background(race, solution=Race.best, source="placing"):
        backend.improve(formulation.build_buffers(buffers), search, workers=search.threads - 1)


def kernel(buffers: Buffers, search: Search) -> None:
    """The race of orders alone."""
    if _admit(buffers, search):
        _drive(search, Race(buffers, search.seed))


def exact(buffers: Buffers, search: Search) -> None:
    """CP-SAT with two-dimensional no-overlap, cold."""
    if _admit(buffers, search, start=False):
        backend.improve(formulation.build_buffers(buffers), search, hint=False)


def baseline(buffers: Buffers, search: Search, name: str) -> None:
    """Best fit by decreasing area."""
    if _admit(buffers, search, start=False):
        _offer_best_fit(buffers, search, "best-fit")


def _admit(buffers: Buffers, search: Search, start: bool = True) -> bool:
    """Bound by the load, refuse what cannot fit, begin with best fit."""
    load = buffers.load()
    if buffers.capacity is not None and load > buffers.capacity:
        reason = f"buffers alive at once need {load} bytes, capacity {buffers.capacity}"
        search.prove_infeasible(f"{reason} ({load - buffers.capacity} missing)", "load")
        return False
    if buffers.objective == "fit" and buffers.capacity is not None:
        load = buffers.capacity
    search.tighten(load, "load")
    if start:
        _offer_best_fit(buffers, search, "best-fit")
    return search.open


def _offer_best_fit(buffers: Buffers, search: Search, source: str) -> None:
    placement = greedy.best_fit(buffers)
    top = placement.offset + buffers.units * buffers.alignment
    height = int(top[buffers.size > 0].max(initial=0))
    if buffers.capacity is None or height <= buffers.capacity:
        search.offer(placement, source)


class Race:
    """The placement kernel in the family's unit.

    It works in multiples of the greatest common divisor of all sizes.
    """

    def __init__(self, buffers: Buffers, seed: int):
        self.buffers = buffers
        space = buffers.units * buffers.alignment
        self.unit = math.gcd(*space.tolist()) or 1
        limit = 2**60 if buffers.capacity is None else buffers.capacity // self.unit
        minimise = buffers.objective == "height"
        self.placing = Placing(
            buffers.lower, buffers.upper, space // self.unit, limit, minimise, seed
        )
        self.run = self.placing.run

    @property
    def iterations(self) -> int:
        """Boxes placed so far."""
        return self.placing.iterations

    @property
    def seconds(self) -> float:
        """Time spent in the kernel."""
        return self.placing.seconds

    @property
    def objective(self) -> int | None:
        """Height in bytes, or the capacity where any fit will do."""
        height = self.placing.objective
        if height is None:
            return None
        return self.buffers.capacity if self.buffers.objective == "fit" else height * self.unit

    def best(self) -> Placement:
        """The placement of that objective."""
        offsets = self.placing.best()
        assert offsets is not None
        return Placement(offsets * self.unit)

    def conclude(self, search: Search) -> None:
        """Tell the search what has been refuted."""
        if self.placing.refuted:
            reason = f"no placement within {self.buffers.capacity} bytes exists"
            search.prove_infeasible(reason, "placing")
        elif self.buffers.objective == "height":
            search.tighten(self.placing.bound * self.unit, "placing")


def _drive(search: Search, race: Race, seconds: float = math.inf) -> bool:
    """Run the race; whether something is left to do."""
    more = search.drive(race, solution=Race.best, source="placing", seconds=seconds)
    race.conclude(search)
    return more and search.open
