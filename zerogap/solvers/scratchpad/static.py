"""Static allocation: buffers with fixed lifetimes."""

from __future__ import annotations

import math

from zerogap._ext.scratchpad import Placing
from zerogap.models.scratchpad import Buffers, Placement
from zerogap.models.scratchpad import cpsat as formulation
from zerogap.solvers.backends import cpsat as backend
from zerogap.solvers.scratchpad import greedy
from zerogap.solvers.search import Search


def auto(buffers: Buffers, search: Search) -> None:
    """Best fit, then the race of orders; CP-SAT beside it if a height must be proven."""
    if not _admit(buffers, search):
        return
    race = _race(buffers, search)
    if buffers.objective == "fit" or search.threads < 2 or search.iterations is not None:
        _drive(buffers, search, race)
        return
    # Nearly all instances fall to the kernel at once: CP-SAT starts only when they do not.
    if not _drive(buffers, search, race, seconds=1 + 0.1 * min(search.remaining, 100)):
        return
    with search.in_background(race, solution=lambda k: _placement(buffers, k), source="placing"):
        backend.improve(formulation.build_buffers(buffers), search, workers=search.threads - 1)


def kernel(buffers: Buffers, search: Search) -> None:
    """The race of orders alone."""
    if _admit(buffers, search):
        _drive(buffers, search, _race(buffers, search))


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
    search.tighten(buffers.capacity if buffers.objective == "fit" else load, "load")
    if start:
        _offer_best_fit(buffers, search, "best-fit")
    return search.open


def _offer_best_fit(buffers: Buffers, search: Search, source: str) -> None:
    placement = greedy.best_fit(buffers)
    height = int(
        (placement.offset + buffers.units * buffers.alignment)[buffers.size > 0].max(initial=0)
    )
    if buffers.capacity is None or height <= buffers.capacity:
        search.offer(placement, source)


def _race(buffers: Buffers, search: Search) -> Placing:
    """The kernel in multiples of the greatest common divisor of all sizes."""
    unit = _unit(buffers)
    limit = 2**60 if buffers.capacity is None else buffers.capacity // unit
    sizes = buffers.units * buffers.alignment // unit
    minimise = buffers.objective == "height"
    return Placing(buffers.lower, buffers.upper, sizes, limit, minimise, search.seed)


def _unit(buffers: Buffers) -> int:
    return math.gcd(*(buffers.units * buffers.alignment).tolist()) or 1


def _placement(buffers: Buffers, race: Placing) -> Placement:
    return Placement(race.best() * _unit(buffers))


def _drive(buffers: Buffers, search: Search, race: Placing, seconds: float = math.inf) -> bool:
    """Run the race; whether something is left to do."""
    more = search.drive(
        race, solution=lambda k: _placement(buffers, k), source="placing", seconds=seconds
    )
    if race.refuted:
        capacity = buffers.capacity
        search.prove_infeasible(f"no placement within {capacity} bytes exists", "placing")
    elif buffers.objective == "height":
        search.tighten(race.bound * _unit(buffers), "placing")
    return more and search.open
