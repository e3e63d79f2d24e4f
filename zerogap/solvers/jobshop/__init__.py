"""Job-shops: tabu search and CP-SAT close in on the makespan from both sides."""

from __future__ import annotations

import contextlib
from typing import Any

from zerogap.models.jobshop import JobShop, Schedule, Shop
from zerogap.solvers.jobshop import bounds, rules
from zerogap.solvers.jobshop.schedules import arrays, schedule_of, sequence_of
from zerogap.solvers.search import Search


def auto(shop: Shop, search: Search) -> None:
    """Kernels hold one thread, CP-SAT the others; each works on with what the other finds."""
    opening(shop, search)
    if not search.open:
        return
    with contextlib.ExitStack() as stack:
        stack.enter_context(search.in_background(tabu(shop, search), **exchange(shop)))
        while search.open:
            prove(shop, search, workers=max(1, search.threads - 1))


def kernel(shop: Shop, search: Search) -> None:
    """Tabu search alone, an island a thread."""
    opening(shop, search)
    if not search.open:
        return
    with contextlib.ExitStack() as stack:
        for island in range(1, search.threads):
            stack.enter_context(
                search.in_background(tabu(shop, search, island), **exchange(shop))
            )
        search.drive(tabu(shop, search), **exchange(shop))


def exact(shop: Shop, search: Search) -> None:
    """CP-SAT alone, without a start."""
    prove(shop, search, workers=search.threads, cold=True)


def dispatch(shop: Shop, search: Search) -> None:
    """One schedule by the priority rule of option ``rule``."""
    search.offer(rules.dispatch(shop, rules.rule(search.options["rule"])), "dispatch")


def opening(shop: Shop, search: Search) -> None:
    """A first schedule and a first bound, in milliseconds."""
    if search.extend is None:
        search.tighten(bounds.trivial(shop), "bounds")
    search.offer(rules.dispatch(shop, rules.rule("mwkr")), "dispatch")


def tabu(shop: JobShop, search: Search, island: int = 0) -> Any:
    """A tabu search from the best schedule so far."""
    from zerogap._ext.jobshop import TabuSearch

    target = 0 if search.bound is None else int(search.bound)
    return TabuSearch(
        *arrays(shop),
        sequence_of(shop, search.hint.start),
        seed=search.seed * 64 + island,
        target=target,
    )


def exchange(shop: JobShop) -> dict[str, Any]:
    """How the tabu search and the incumbent talk."""
    return {
        "solution": lambda k: schedule_of(shop, k.best()),
        "inject": lambda k, schedule: k.inject(sequence_of(shop, schedule.start)),
        "source": "tabu search",
    }


def prove(
    shop: Shop,
    search: Search,
    *,
    workers: int,
    seconds: float | None = None,
    cold: bool = False,
) -> str:
    """CP-SAT on the whole shop; warm, only schedules better than the incumbent interest."""
    from zerogap.models.jobshop.cpsat import build
    from zerogap.solvers.backends import cpsat

    known = not cold and search.extend is None
    model = build(
        shop,
        upper=search.objective if known else None,
        lower=search.bound if known and search.bound is not None else 0,
    )
    return cpsat.improve(model, search, seconds=seconds, workers=workers, hint=not cold)


METHODS = {"auto": auto, "kernel": kernel, "exact": exact, "dispatch": dispatch}

__all__ = ["METHODS", "Schedule"]
