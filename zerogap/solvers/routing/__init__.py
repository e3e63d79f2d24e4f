"""Routing: annealed ruin and recreate from above, exact models from below.

``auto`` first says what makes the instance infeasible by itself, then lets the kernels improve the
incumbent while an exact model, where one is small enough, closes the gap.
"""

from __future__ import annotations

import threading
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.routing import Routing, obstacles
from zerogap.models.routing.exact.cpsat import build
from zerogap.solvers.backends import cpsat
from zerogap.solvers.routing import subsets
from zerogap.solvers.routing import together as both
from zerogap.solvers.routing.closure import on_shortest_ways
from zerogap.solvers.routing.ends import with_one_end
from zerogap.solvers.routing.kernels import (
    PRELUDE,
    anneal,
    first_solution,
    improve,
    parallel,
    prelude,
    profiled,
    strange,
)
from zerogap.solvers.routing.relaxed import with_bound, worth
from zerogap.solvers.routing.shares import relax
from zerogap.solvers.routing.together import provable, together
from zerogap.solvers.routing.tours import unknown
from zerogap.solvers.routing.trips import untied
from zerogap.solvers.search import Search

SEEN = 2000  # of the routes that kernels saw, the latest are columns from the start
SMALL = 14  # clients up to which CP-SAT usually proves optimality at once
#: Share of the time that annealing over whole tours gets before the circuit model, with one thread.
KERNEL_SHARE = 0.5


def infeasible(instance: Routing, search: Search) -> bool:
    """Say by name what cannot be served; True ends the solve."""
    reasons = obstacles(instance)
    if reasons:
        # By shortest ways and total capacities (`obstacles`): no triangle inequality, and added
        # constraints only take solutions away.
        search.prove_infeasible("; ".join(reasons), "obstacles")
    return bool(reasons)


def kernel(instance: Routing, search: Search) -> None:
    """The kernels alone."""
    if instance.clients == 0 or infeasible(instance, search):
        trivial(instance, search)
        return
    relax(search)
    search = seen(search)
    if (feature := strange(search.instance)) and (other := unknown(search.instance)):
        raise InstanceError(f"no kernel knows {feature} with {other}; auto and exact do")
    parallel(search.instance, search)


def exact(instance: Routing, search: Search) -> None:
    """CP-SAT's circuit model alone, cold."""
    if instance.clients == 0 or infeasible(instance, search):
        trivial(instance, search)
        return
    cpsat.improve(build(instance, plain=search.extend is None), search, hint=False)


def columns(instance: Routing, search: Search) -> None:
    """Column generation alone."""
    if instance.clients == 0 or infeasible(instance, search):
        trivial(instance, search)
        return
    relax(search)
    both.columns(instance, on_shortest_ways(search))


def auto(instance: Routing, search: Search) -> None:
    """Kernels and exact model together."""
    if instance.clients == 0 or infeasible(instance, search):
        trivial(instance, search)
        return
    relax(search)
    if search.extend is not None:
        view = seen(search)
        first_solution(view.instance, view)
        cpsat.improve(build(instance, plain=False), search)
        return
    if instance.clients <= SMALL:
        closed(instance, search)
        return
    view = seen(search)
    if provable(view.instance, search):

        def burst(seconds: float) -> list[tuple[int, list[int]]]:
            if profiled(view.instance) and not strange(view.instance):
                # One long annealing ends worse than a short one now and then: the best of both.
                first = min(PRELUDE, seconds / 3)
                prelude(view.instance, view, first)
                seconds -= first
            run = anneal(view.instance, view, seconds=seconds)
            if run is None:  # over whole tours: no routes are kept
                return []
            return [(vehicle, stops) for vehicle, _, stops in run.kernel.pool()[-SEEN:]]

        together(view.instance, view, improve, burst)
    elif strange(view.instance):
        beside(instance, search)
    elif view is search and worth(instance, search):
        with_bound(instance, search, parallel)
    else:
        parallel(view.instance, view)


def seen(search: Search) -> Search:
    """The search as kernels see it: shortest ways, one end a type, a vehicle a trip."""
    return untied(with_one_end(on_shortest_ways(search)))


def closed(instance: Routing, search: Search) -> None:
    """A short annealing, the optimum by sets of clients, else CP-SAT from there to the proof."""
    view = seen(search)
    anneal(view.instance, view, seconds=min(0.3, search.remaining / 4), iterations=20_000)
    if search.open:
        subsets.prove(instance, search)
    if not search.open:
        return
    try:
        model = build(instance, plain=search.extend is None)
    except InstanceError:
        improve(view.instance, view)
        return
    cpsat.improve(model, search)


def beside(instance: Routing, search: Search) -> None:
    """Annealing over whole tours, and the circuit model for the bound, at the same time."""
    view = seen(search)
    # A solution before anything else: the model alone may take seconds to build.
    share = KERNEL_SHARE if search.threads == 1 else 0.1
    anneal(view.instance, view, seconds=share * search.remaining)
    if not search.open:
        return
    try:
        model = build(instance)
    except InstanceError:
        parallel(view.instance, view)
        return
    if search.threads == 1:
        cpsat.improve(model, search)
        return

    def kernels() -> None:
        try:
            improve(view.instance, view)
        except Exception as error:
            search.report("kernels", error)

    thread = threading.Thread(target=kernels, name="kernels", daemon=True)
    thread.start()
    cpsat.improve(model, search, workers=search.threads - 1)
    thread.join()


def trivial(instance: Routing, search: Search) -> None:
    """Without clients there is nothing to drive."""
    from zerogap.models.routing import Routes

    if instance.clients == 0:
        # The empty plan is the only solution, or (`extend`, refused by `offer`) not even that.
        search.offer(Routes(()), "trivial")
        search.prove_optimal("trivial", search.objective)


METHODS = {"auto": auto, "kernel": kernel, "exact": exact, "columns": columns}
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (("columns", {}), ("exact", {}))
