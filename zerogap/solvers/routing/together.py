"""Kernels from above and column generation from below, at the same time or by turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, cast

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
#: Seconds at least, and share of the time at most, of the kernels in all: where the limit leaves
#: less than that before the proof, they get the rest behind it.
LEAST_SECONDS, LEAST_SHARE = 1.5, 0.5
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


class Until:
    """A search as somebody sees it who has to leave earlier: all but its time is its own.

    To the proof it looks like a time limit, after which it claims nothing.
    """

    def __init__(self, search: Search, seconds: float) -> None:
        self._search, self._leave = search, time.monotonic() + seconds

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)

    @property
    def remaining(self) -> float:
        """Seconds left."""
        return max(0.0, min(self._search.remaining, self._leave - time.monotonic()))

    @property
    def open(self) -> bool:
        """Whether there is something to do, and time."""
        return self._search.open and time.monotonic() < self._leave


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
        whole = search.remaining
        first = min(FIRST_SECONDS, FIRST_SHARE * whole)
        if profiled(instance):
            first = PROFILED_SHARE * whole
        seen = burst(first)
        kept = max(0.0, min(LEAST_SECONDS, LEAST_SHARE * whole) - first)
        _prove(instance, cast(Search, Until(search, search.remaining - kept)), seen)
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
