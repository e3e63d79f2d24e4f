"""Kernels from above and column generation from below, at the same time or by turns."""

from __future__ import annotations

import threading
from collections.abc import Callable

from zerogap.models.routing import Routing
from zerogap.solvers.routing.bounds import prove
from zerogap.solvers.routing.kernels import profiled
from zerogap.solvers.routing.master import applicable
from zerogap.solvers.routing.trips import untied
from zerogap.solvers.search import Search

#: Clients up to which column generation is worth a thread of its own, and half of a single one.
BESIDE, ALONE = 250, 80
#: Share of the time, and seconds at most, that the kernels get first.
FIRST_SHARE, FIRST_SECONDS = 0.12, 4.0
#: The same share where vehicles have preferences or zones, which few columns prove in seconds.
PROFILED_SHARE = 0.6
#: Seconds below which one thread is the kernels' alone there.
HASTE = 3.0


def provable(instance: Routing, search: Search) -> bool:
    """Whether ``auto`` should generate columns for this instance with these threads."""
    limit = BESIDE if search.threads > 1 else ALONE
    if search.threads == 1 and profiled(instance) and search.remaining < HASTE:
        return False
    return instance.clients <= limit and search.iterations is None and not applicable(instance)


def columns(instance: Routing, search: Search) -> None:
    """Column generation alone: bounds from nothing, solutions where its LP or MIP finds them."""
    search = untied(search)
    prove(search.instance, search)


def together(
    instance: Routing, search: Search, improve: Callable[[Routing, Search], None],
    burst: Callable[[float], list[tuple[int, list[int]]]],
) -> None:  # fmt: skip
    """Kernels and column generation until the gap is closed or the time is gone.

    Parameters
    ----------
    improve : callable
        ``improve(instance, search)`` runs the kernels until the search ends.
    burst : callable
        ``burst(seconds)`` runs them for so long and returns the good routes that they saw.
    """
    if search.threads == 1:
        share = FIRST_SHARE * search.remaining
        seen = burst(
            PROFILED_SHARE * search.remaining if profiled(instance) else min(FIRST_SECONDS, share)
        )
        _prove(instance, search, seen)
        if search.open:
            improve(instance, search)
        return
    seen = burst(min(1.0, 0.05 * search.remaining))

    def kernels() -> None:
        try:
            improve(instance, search)
        except Exception as error:
            search.report("kernels", error)

    thread = threading.Thread(target=kernels, name="kernels", daemon=True)
    thread.start()
    _prove(instance, search, seen)
    thread.join()


def _prove(instance: Routing, search: Search, seen: list[tuple[int, list[int]]]) -> None:
    """A proof that fails must not cost the kernels' solution."""
    try:
        prove(instance, search, seen)
    except Exception as error:
        search.report("columns", error)
