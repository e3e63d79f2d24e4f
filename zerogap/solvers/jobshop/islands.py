"""Kernels on threads: one island each, exchanging through the incumbent."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from zerogap.models.jobshop import FlexibleJobShop, JobShop, Schedule, Shop
from zerogap.models.jobshop.solution import assigned
from zerogap.solvers.jobshop.schedules import arrays, schedule_of, sequence_of
from zerogap.solvers.search import Search


def kernels(shop: Shop, search: Search) -> list[Any]:
    """One kernel a thread; they keep their populations from phase to phase."""
    return [make(shop, search, island) for island in range(search.threads)]


def drive(shop: Shop, search: Search, islands: list[Any], *, seconds: float = float("inf")) -> None:
    """Search with all `islands`, the first in this thread, until `seconds` or the search's end."""
    with in_background(shop, search, islands[1:], seconds=seconds):
        search.drive(islands[0], **exchange(shop), seconds=seconds)


@contextlib.contextmanager
def in_background(
    shop: Shop, search: Search, islands: list[Any], *, seconds: float = float("inf")
) -> Iterator[None]:
    """Search with `islands`, each in a thread of its own, while the block runs."""
    with contextlib.ExitStack() as stack:
        for kernel in islands:
            stack.enter_context(search.in_background(kernel, **exchange(shop), seconds=seconds))
        yield


def make(shop: Shop, search: Search, island: int) -> Any:
    """A kernel that starts from the best schedule so far."""
    seed = search.seed * 1009 + island
    target = 0 if search.bound is None else int(search.bound)
    if isinstance(shop, FlexibleJobShop):
        from zerogap._ext.jobshop.flexible import FlexibleSearch

        kernel = FlexibleSearch(
            shop.first,
            shop.choice,
            shop.machine,
            shop.duration,
            shop.release,
            shop.machines,
            seed=seed,
            target=target,
        )
        if search.hint is not None:
            kernel.inject(search.hint.machine, order_of(shop, search.hint))
        return kernel
    from zerogap._ext.jobshop.tabu import TabuSearch

    return TabuSearch(
        *arrays(shop),
        sequence_of(shop, search.hint.start),
        seed=seed,
        members=members(search),
        target=target,
    )


def members(search: Search) -> int:
    """Size of the population: small where time is short."""
    if search.iterations is not None:
        return 12
    return int(np.clip(search.remaining / 2, 8, 30))


def order_of(shop: Shop, schedule: Schedule) -> np.ndarray:
    """All operations by start, end, index: an order that agrees with jobs and machines."""
    _, duration = assigned(shop, schedule)
    return np.lexsort((schedule.start + duration, schedule.start)).astype(np.int32)


def exchange(shop: Shop) -> dict[str, Any]:
    """How kernels and the incumbent talk."""
    if isinstance(shop, FlexibleJobShop):
        return {
            "solution": lambda k: planned(shop, k),
            "inject": lambda k, s: k.inject(s.machine, order_of(shop, s)),
            "source": "tabu search",
        }
    assert isinstance(shop, JobShop)
    return {
        "solution": lambda k: schedule_of(shop, k.best()),
        "inject": lambda k, s: k.inject(sequence_of(shop, s.start)),
        "source": "tabu search",
    }


def planned(shop: Shop, kernel: Any) -> Schedule:
    """The best schedule of a flexible kernel."""
    start, machine = kernel.best()
    return Schedule(start, machine, shop.first)
