"""Visits that may be repeated: the same problem on the shortest ways.

Between two stops a vehicle drives a shortest way, so that kernels and bounds see an instance whose
matrices hold the lengths of these; what is passed on the way is added to every solution.
"""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from zerogap.models.routing import Routes
from zerogap.models.routing.solution import expanded, shortest
from zerogap.solvers.search import Search


def on_shortest_ways(search: Search) -> Search:
    """The same search, seen through the instance of the shortest ways where visits are repeated."""
    return cast(Search, _Closed(search)) if search.instance.visits == "repeat" else search


class _Closed:
    """A search whose instance has the shortest ways; all else is the search's behind it."""

    def __init__(self, search: Search) -> None:
        self._search = search
        self._open = search.instance
        matrices = [shortest(self._open, p) for p in range(self._open.profiles)]
        self.instance = self._open.replace(distance=np.array(matrices), visits="once")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._search, name)

    @property
    def solution(self) -> Routes | None:
        """Best checked solution."""
        return _plain(self._search.solution)

    @property
    def hint(self) -> Routes | None:
        """What to start from."""
        return _plain(self._search.hint)

    def offer(self, solution: Routes, source: str, *rest: Any, **named: Any) -> bool:
        """Hand in a solution; what it passes on its ways is added."""
        return self._search.offer(expanded(self._open, solution), source, *rest, **named)


def _plain(routes: Routes | None) -> Routes | None:
    """Routes without what they pass."""
    if routes is None:
        return None
    from dataclasses import replace

    return Routes(tuple(replace(route, via=()) for route in routes))
