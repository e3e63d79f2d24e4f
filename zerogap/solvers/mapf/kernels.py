"""The kernels of an instance, and how they meet the incumbent."""

from __future__ import annotations

import math
from typing import Any

from zerogap._ext.mapf.search import ConflictSearch, Ground
from zerogap.models.mapf import Mapf, Paths
from zerogap.models.mapf.grid import MOVES
from zerogap.solvers.search import Search

#: Share by which bounds are given away: the kernels take times for the same that differ by 1e-9 of
#: what a disc needs for its own radius, and a sum of many such is far below this.
SLACK = 2e-8


def ground(instance: Mapf) -> Ground:
    """The arrays of an instance for one kernel."""
    grid = {}
    if instance.blocked is not None:
        rows, columns = instance.blocked.shape
        grid = {"moves": MOVES[instance.connectedness], "rows": rows, "columns": columns}
    return Ground(
        instance.xy,
        instance.edges,
        instance.first,
        instance.length,
        instance.room,
        instance.start,
        instance.goal,
        instance.radius,
        instance.speed,
        instance.objective == "makespan",
        **grid,
    )


def paths(kernel: Any) -> Paths:
    """A kernel's best solution."""
    return Paths(*kernel.best())


def inject(kernel: Any, solution: Paths) -> None:
    """Hand a solution to a kernel."""
    kernel.inject(solution.first, solution.time, solution.vertex)


class Conflicts:
    """Conflict-based search as the search drives it: prunes by the incumbent, reports its bound.

    A node that is left aside because of the incumbent keeps its cost in the bound, so that the
    bound holds whoever found the incumbent, and whether a user's constraints allow it or not.
    """

    def __init__(self, made: Ground, search: Search):
        self.kernel = ConflictSearch(made)
        self.search = search

    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool:
        """Expand nodes for a slice; False when the search has ended."""
        search, kernel = self.search, self.kernel
        best = search.objective
        if best is not None:
            # As near as the family's tolerance counts as the same.
            kernel.cut(best - 0.5 * search.family.tolerance * max(1.0, best))
        more = kernel.run(seconds, iterations)
        if kernel.infeasible:
            # Every branching covers all solutions, and no agent has a path in any leaf: nothing
            # was left aside (that would be a bound), so there is no solution at all.
            search.prove_infeasible("every way to part colliding agents fails", "cbs")
        elif kernel.bound > 0:
            # The least cost of all nodes open or left aside: together they hold every solution.
            search.tighten(kernel.bound * (1 - SLACK), "cbs")
        return more

    def best(self) -> Any:
        """Arrays of the best solution."""
        return self.kernel.best()

    @property
    def objective(self) -> float | None:
        """Of the best solution found."""
        return self.kernel.objective

    @property
    def iterations(self) -> int:
        """Nodes expanded."""
        return self.kernel.iterations

    @property
    def seconds(self) -> float:
        """Time spent."""
        return self.kernel.seconds
