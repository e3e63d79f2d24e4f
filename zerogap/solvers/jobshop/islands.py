"""Kernels on threads: one island each, exchanging through the incumbent."""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np

from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, Shop
from zerogap.models.jobshop.instance import SUMS
from zerogap.models.jobshop.solution import assigned
from zerogap.solvers.jobshop.schedules import (
    alternatives,
    arrays,
    by_tails,
    order_of,
    releases,
    schedule_of,
    sequence_of,
    weights,
    with_tails,
    without_tails,
)
from zerogap.solvers.search import Search


class Island(ABC):
    """A kernel with schedules instead of arrays; what `Search.drive` drives."""

    def __init__(self, shop: Shop, kernel: Any):
        self.shop = shop
        self.kernel = kernel

    @property
    def objective(self) -> Any:
        """Value of the best schedule, None before there is one."""
        return self.kernel.objective

    @property
    def iterations(self) -> int:
        """Moves made."""
        return self.kernel.iterations

    @property
    def seconds(self) -> float:
        """Time used."""
        return self.kernel.seconds

    def run(self, seconds: float = float("inf"), iterations: int = -1) -> bool:
        """Search for a slice."""
        return self.kernel.run(seconds, iterations)

    @abstractmethod
    def schedule(self) -> Schedule:
        """The best schedule."""

    @abstractmethod
    def inject(self, schedule: Schedule) -> None:
        """Take a schedule found elsewhere."""


class Sequences(Island):
    """Tabu search of an ordinary shop's machine sequences."""

    def schedule(self) -> Schedule:
        """The best schedule."""
        assert isinstance(self.shop, JobShop)
        return schedule_of(self.shop, self.kernel.best())

    def inject(self, schedule: Schedule) -> None:
        """Take a schedule found elsewhere."""
        assert isinstance(self.shop, JobShop)
        self.kernel.inject(sequence_of(self.shop, schedule.start))


class Plans(Island):
    """A kernel that chooses machines and an order."""

    def schedule(self) -> Schedule:
        """The best schedule."""
        start, machine = self.kernel.best()
        return Schedule(start, machine, self.shop.first)

    def inject(self, schedule: Schedule) -> None:
        """Take a schedule found elsewhere."""
        machine, _ = assigned(self.shop, schedule)
        self.kernel.inject(machine, order_of(self.shop, schedule))


class Late(Island):
    """A makespan kernel on the shop whose jobs have their due dates as tails."""

    def __init__(self, shop: Shop, inner: Island, shift: int):
        super().__init__(shop, inner.kernel)
        self.inner = inner
        self.shift = shift

    @property
    def objective(self) -> Any:
        """Largest lateness of the best schedule."""
        value = self.inner.objective
        return None if value is None else value - self.shift

    def schedule(self) -> Schedule:
        """The best schedule."""
        longer = self.inner.schedule()
        return without_tails(self.shop, longer.start, longer.machine)

    def inject(self, schedule: Schedule) -> None:
        """Take a schedule found elsewhere."""
        self.inner.inject(with_tails(self.shop, self.inner.shop, schedule))


def kernels(shop: Shop, search: Search) -> list[Island]:
    """One kernel a thread; they keep their populations from phase to phase."""
    return [make(shop, search, island) for island in range(search.threads)]


def drive(
    shop: Shop, search: Search, islands: list[Island], *, seconds: float = float("inf")
) -> None:
    """Search with all `islands`, the first in this thread, until `seconds` or the search's end."""
    with in_background(shop, search, islands[1:], seconds=seconds):
        search.drive(islands[0], **exchange(shop), seconds=seconds)


@contextlib.contextmanager
def in_background(
    shop: Shop, search: Search, islands: list[Island], *, seconds: float = float("inf")
) -> Iterator[None]:
    """Search with `islands`, each in a thread of its own, while the block runs."""
    with contextlib.ExitStack() as stack:
        for kernel in islands:
            stack.enter_context(search.in_background(kernel, **exchange(shop), seconds=seconds))
        yield


def make(shop: Shop, search: Search, island: int) -> Island:
    """A kernel that starts from the best schedule so far."""
    seed = search.seed * 1009 + island
    target = 0 if search.bound is None else int(search.bound)
    if shop.objective in SUMS:
        return _sums(shop, search.hint, seed, target)
    if shop.objective == "lateness":
        longer, shift = by_tails(shop)
        start = None if search.hint is None else with_tails(shop, longer, search.hint)
        # A bound below every lateness is no target: it must not stop the kernel.
        return Late(shop, _makespan(longer, search, start, seed, max(0, target + shift)), shift)
    return _makespan(shop, search, search.hint, seed, target)


def _makespan(shop: Shop, search: Search, start: Schedule | None, seed: int, target: int) -> Island:
    if isinstance(shop, FlexibleJobShop):
        from zerogap._ext.jobshop.flexible import FlexibleSearch

        plans = Plans(shop, FlexibleSearch(*alternatives(shop), seed=seed, target=target))
        if start is not None:
            plans.inject(start)
        return plans
    from zerogap._ext.jobshop.tabu import TabuSearch

    assert start is not None
    sequence = sequence_of(shop, start.start)
    return Sequences(
        shop,
        TabuSearch(*arrays(shop), sequence, seed=seed, members=members(search), target=target),
    )


def _sums(shop: Shop, start: Schedule | None, seed: int, target: int) -> Island:
    from zerogap._ext.jobshop.regular import RegularSearch

    due = releases(shop) if shop.objective == "flow" else shop.due
    kernel = RegularSearch(
        *alternatives(shop), due, weights(shop), kind=shop.objective, seed=seed, target=target
    )
    plans = Plans(shop, kernel)
    assert start is not None
    plans.inject(start)
    return plans


def members(search: Search) -> int:
    """Size of the population: small where time is short."""
    if search.iterations is not None:
        return 12
    return int(np.clip(search.remaining / 2, 8, 30))


def exchange(shop: Shop) -> dict[str, Any]:
    """How kernels and the incumbent talk."""
    return {
        "solution": lambda island: island.schedule(),
        "inject": lambda island, schedule: island.inject(schedule),
        "source": "annealing" if shop.objective in SUMS else "tabu search",
    }
