"""Scheduling in the general encoding: CP-SAT closes in on the objective."""

from __future__ import annotations

from zerogap.models.scheduling import Workshop
from zerogap.solvers.scheduling.exact import prove
from zerogap.solvers.search import Search


def auto(shop: Workshop, search: Search) -> None:
    """CP-SAT on all threads, from the start if there is one."""
    prove(shop, search, workers=search.threads)


def exact(shop: Workshop, search: Search) -> None:
    """CP-SAT alone, without a start."""
    prove(shop, search, workers=search.threads, cold=True)


METHODS = {"auto": auto, "exact": exact}
