"""Static allocation: buffers with fixed lifetimes."""

from __future__ import annotations

import math

import numpy as np

from zerogap._ext.scratchpad.pack import Packing
from zerogap._ext.scratchpad.place import Placing
from zerogap.models.scratchpad import Buffers, Placement
from zerogap.models.scratchpad.exact import cpsat as formulation
from zerogap.solvers.backends import cpsat as backend
from zerogap.solvers.scratchpad import greedy
from zerogap.solvers.search import Search

#: Buffers beyond which only skylines are tried: everything else looks at all pairs.
LARGEST = 5000


def auto(buffers: Buffers, search: Search) -> None:
    """Best fit, then the race of orders; CP-SAT beside it, or after it where it proves nothing."""
    if not _admit(buffers, search):
        return
    if len(buffers.size) > LARGEST and raced(buffers):
        _drive_skylines(buffers, search)
        return
    race = Race(buffers, search.seed) if raced(buffers) else None
    if search.extend is None and race is not None and race.complete:
        alone = buffers.objective == "fit" or search.threads < 2 or search.iterations is not None
        if alone:
            _drive(search, race)
            return
    # Nearly all instances fall to the kernel at once: CP-SAT starts only when they do not.
    seconds = 1 + 0.1 * min(search.remaining, 100)
    if race is not None:
        more = _drive(search, race, seconds=seconds)
        if not more and race.complete and search.extend is None:
            return
    if not search.open:
        return
    model = formulation.build_buffers(buffers, search.extend is None)
    if race is None or search.threads < 2 or search.iterations is not None:
        backend.improve(model, search)
        return
    with search.in_background(race, solution=Race.best, source="placing"):
        backend.improve(model, search, workers=search.threads - 1)


def kernel(buffers: Buffers, search: Search) -> None:
    """The race of orders alone."""
    if not _admit(buffers, search) or not raced(buffers):
        return
    if len(buffers.size) > LARGEST:
        _drive_skylines(buffers, search)
    else:
        _drive(search, Race(buffers, search.seed))


def exact(buffers: Buffers, search: Search) -> None:
    """CP-SAT with two-dimensional no-overlap, cold."""
    if _admit(buffers, search, start=False):
        backend.improve(
            formulation.build_buffers(buffers, search.extend is None), search, hint=False
        )


def baseline(buffers: Buffers, search: Search, name: str) -> None:
    """Best fit by decreasing area."""
    if _admit(buffers, search, start=False):
        _offer_best_fit(buffers, search, "best-fit")


def raced(buffers: Buffers) -> bool:
    """Whether the placement kernel can take part: it has no fixed offsets."""
    return not (buffers.offset >= 0).any()


def _admit(buffers: Buffers, search: Search, start: bool = True) -> bool:
    """Bound by the load, refuse what cannot fit, begin with best fit."""
    # Bytes there at one time lie side by side, and no top is above the height: also under `extend`,
    # whose constraints only take placements away.
    load = buffers.load()
    if buffers.capacity is not None and load > buffers.capacity:
        reason = f"buffers alive at once need {load} bytes, capacity {buffers.capacity}"
        search.prove_infeasible(f"{reason} ({load - buffers.capacity} missing)", "load")
        return False
    if buffers.objective == "fit" and buffers.capacity is not None:
        load = buffers.capacity  # any placement's objective
    search.tighten(load, "load")
    if start and not (len(buffers.size) > LARGEST and raced(buffers)):
        _offer_best_fit(buffers, search, "best-fit")
    return search.open


def _offer_best_fit(buffers: Buffers, search: Search, source: str) -> None:
    placement = greedy.best_fit(buffers)
    if placement is None:
        # Only fixed offsets collide there, and they are the same in every placement.
        search.prove_infeasible("two buffers with fixed offsets overlap", source)
        return
    height = int((placement.offset + buffers.space)[buffers.size > 0].max(initial=0))
    if buffers.capacity is None or height <= buffers.capacity:
        search.offer(placement, source)


class Race:
    """The placement kernel in the family's unit.

    It works in multiples of a number that divides all sizes and all offsets of placements in which
    no buffer can be lowered. A buffer that is there in part counts as a whole, which makes its
    placements valid and its bounds not (`complete`).
    """

    def __init__(self, buffers: Buffers, seed: int):
        self.buffers = buffers
        self.complete = not buffers.windowed
        space, grain = buffers.space, buffers.grain
        # Offsets are sums of sizes rounded up to grains; those that divide the unit round nothing.
        self.unit = math.gcd(*space.tolist()) or 1
        for g in np.unique(grain).tolist():
            if self.unit % g:
                self.unit = math.gcd(self.unit, g)
        rows = [
            (i, begin, end)
            for i in range(len(space))
            for begin, end in _times(buffers, i)
            if space[i]
        ]
        self._some = np.unique(np.array([i for i, *_ in rows], dtype=np.int64))
        # A buffer that is nowhere at any time still counts in the height.
        self.floor = int(space.max(initial=0))
        limit = 2**60 if buffers.capacity is None else buffers.capacity // self.unit
        number = np.searchsorted(self._some, [i for i, *_ in rows])
        self.placing = Placing(
            [b for _, b, _ in rows],
            [e for *_, e in rows],
            space[self._some] // self.unit,
            limit,
            buffers.objective == "height",
            seed,
            np.maximum(grain[self._some] // self.unit, 1),
            number,
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
        fit = self.buffers.objective == "fit"
        return self.buffers.capacity if fit else max(height * self.unit, self.floor)

    def best(self) -> Placement:
        """The placement of that objective."""
        found = self.placing.best()
        assert found is not None
        offsets = np.zeros(len(self.buffers.size), dtype=np.int64)
        offsets[self._some] = found * self.unit
        return Placement(offsets)

    def conclude(self, search: Search) -> None:
        """Tell the search what has been refuted."""
        if not self.complete:
            return
        # The kernel's bound holds for the plain problem, and so for fewer placements (`extend`).
        if self.placing.refuted:
            reason = f"no placement within {self.buffers.capacity} bytes exists"
            search.prove_infeasible(reason, "placing")
        elif self.buffers.objective == "height":
            search.tighten(max(self.placing.bound * self.unit, self.floor), "placing")


class Skylines:
    """The kernel for very many buffers: counts them as there all their life, proves nothing."""

    def __init__(self, buffers: Buffers, seed: int):
        self.buffers = buffers
        self._some = np.flatnonzero(buffers.space)
        columns = (buffers.lower, buffers.upper, buffers.space, buffers.grain)
        lower, upper, space, grain = (c[self._some] for c in columns)
        self.packing = Packing(lower, upper, space, grain, buffers.load(), seed)
        self.run = self.packing.run

    @property
    def iterations(self) -> int:
        """Orders tried so far."""
        return self.packing.iterations

    @property
    def seconds(self) -> float:
        """Time spent in the kernel."""
        return self.packing.seconds

    @property
    def objective(self) -> int | None:
        """Height, or the capacity where any fit will do; None while it does not fit."""
        height, room = self.packing.objective, self.buffers.capacity
        if height is None or (room is not None and height > room):
            return None
        return room if self.buffers.objective == "fit" else height

    def best(self) -> Placement:
        """The placement of that objective."""
        found = self.packing.best()
        assert found is not None
        offsets = np.zeros(len(self.buffers.size), dtype=np.int64)
        offsets[self._some] = found
        return Placement(offsets)


def _drive_skylines(buffers: Buffers, search: Search) -> None:
    search.drive(Skylines(buffers, search.seed), solution=Skylines.best, source="skyline")


def _times(buffers: Buffers, i: int) -> list[tuple[int, int]]:
    """When buffer i is there, be it in part; times that touch are joined."""
    times: list[tuple[int, int]] = []
    for begin, end, _, _ in buffers.pieces(i):
        if times and times[-1][1] == begin:
            times[-1] = (times[-1][0], end)
        else:
            times.append((begin, end))
    return times


def _drive(search: Search, race: Race, seconds: float = math.inf) -> bool:
    """Run the race; whether something is left to do."""
    more = search.drive(race, solution=Race.best, source="placing", seconds=seconds)
    race.conclude(search)
    return more and search.open
