"""Multi-agent path finding: neighbourhood search from above, conflict-based search from below."""

from __future__ import annotations

from typing import Any

from zerogap._ext.mapf.search import ConflictSearch, PathSearch
from zerogap.models.mapf import Mapf
from zerogap.solvers.mapf import model
from zerogap.solvers.mapf.kernels import SLACK, Conflicts, ground, inject, paths
from zerogap.solvers.search import Search

#: Beyond so many agents a node of the conflict-based search costs more than its bound is worth.
MANY = 400
#: Share of the time for paths while the bound is worked on, where one thread does both.
PATHS_SHARE = 0.25


def auto(instance: Mapf, search: Search) -> None:
    """Both kernels, in turns or a thread each; with constraints of the user's, then CP-SAT."""
    made = ground(instance)
    if not reachable(made, search):
        return
    plan = PathSearch(made, search.seed)
    bound(made, instance, search)
    if search.extend is not None:
        # Without the added constraints: a hint, and a bound that holds with them all the more.
        if search.hint is None:
            drive_paths(plan, search, seconds=0.1 * search.remaining)
        tree = Conflicts(ground(instance), search)
        search.drive(tree, solution=paths, source="cbs", seconds=0.1 * search.remaining)
        model.prove(instance, search, hint=True)
        return
    opening(instance, plan, search)
    if instance.agents > MANY:
        drive_paths(plan, search)
        return
    tree = Conflicts(ground(instance), search)
    if search.threads > 1:
        with search.in_background(plan, solution=paths, inject=inject, source="lns"):
            search.drive(tree, solution=paths, source="cbs")
        if search.open:
            drive_paths(plan, search)
        return
    alternate(plan, tree, search)


def kernel(instance: Mapf, search: Search) -> None:
    """Planning and neighbourhood search alone."""
    made = ground(instance)
    if reachable(made, search):
        plan = PathSearch(made, search.seed)
        bound(made, instance, search)
        opening(instance, plan, search)
        drive_paths(plan, search)


def exact(instance: Mapf, search: Search) -> None:
    """Conflict-based search alone; CP-SAT as ``backend="cp-sat"`` or with added constraints."""
    made = ground(instance)
    if not reachable(made, search):
        return
    if search.extend is not None or search.options.get("backend") == "cp-sat":
        model.prove(instance, search, hint=search.hint is not None)
    else:
        search.drive(Conflicts(made, search), solution=paths, source="cbs")


METHODS = {"auto": auto, "kernel": kernel, "exact": exact}
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("exact", {"backend": "cbs"}),
    ("exact", {"backend": "cp-sat"}),
)


def reachable(made: Any, search: Search) -> bool:
    """Whether every agent alone can reach its goal; else the instance is infeasible."""
    if made.unreachable >= 0:
        # Alone in the graph it finds no path; others can only take paths away.
        search.prove_infeasible(f"agent {made.unreachable} cannot reach its goal", "reading")
    return made.unreachable < 0


def bound(made: Any, instance: Mapf, search: Search) -> None:
    """Every agent needs at least the time that it needs alone."""
    least = made.least
    value = float(least.max() if instance.objective == "makespan" else least.sum())
    search.tighten(value * (1 - SLACK), "alone")


def opening(instance: Mapf, plan: PathSearch, search: Search) -> None:
    """First paths for all: planned one after the other, or by a hasty conflict-based search.

    Where agents have to make way for each other (two that swap their places in a corridor with one
    siding) no order of planning leads to a solution; parting their conflicts does.
    """
    turn, hasty = 0.2, None
    tries = 200 + 20 * instance.agents
    while search.open and plan.objective is None and search.solution is None:
        limit = {"seconds": turn} if search.iterations is None else {"iterations": tries}
        drive_paths(plan, search, while_=lambda: plan.objective is None, **limit)
        if plan.objective is not None or instance.agents > MANY:
            if search.iterations is not None:
                return
            continue
        if hasty is None:
            hasty = ConflictSearch(ground(instance), hasty=True)
        if not search.drive(hasty, solution=paths, source="cbs hasty", **limit):
            return
        if search.iterations is not None and hasty.iterations >= search.iterations:
            return
        turn = min(2 * turn, 2.0)


def drive_paths(plan: Any, search: Search, **limits: Any) -> bool:
    """Neighbourhood search for a while."""
    return search.drive(plan, solution=paths, inject=inject, source="lns", **limits)


def alternate(plan: Any, tree: Conflicts, search: Search) -> None:
    """One thread: both in turns that grow, until the bound is final or the limits are reached."""
    if search.iterations is not None:
        done = 0
        while search.open and done < search.iterations:
            piece = min(200, search.iterations - done)
            done += piece
            drive_paths(plan, search, iterations=piece)
            if not search.drive(tree, solution=paths, source="cbs", iterations=piece):
                break
        drive_paths(plan, search, iterations=max(0, search.iterations - done))
        return
    turn = 0.02
    while search.open:
        if not search.drive(tree, solution=paths, source="cbs", seconds=turn):
            drive_paths(plan, search)
            return
        drive_paths(plan, search, seconds=PATHS_SHARE * turn)
        turn = min(1.0, 1.5 * turn)
