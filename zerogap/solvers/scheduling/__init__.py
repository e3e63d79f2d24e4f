"""Scheduling in the general encoding: kernels by the shape of the instance, CP-SAT beside them."""

from __future__ import annotations

from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.scheduling import Plan, Workshop
from zerogap.solvers.jobshop import rules
from zerogap.solvers.scheduling import (
    bounds,
    islands,
    lists,
    priorities,
    projects,
    references,
    shape,
)
from zerogap.solvers.scheduling.exact import STRONG, dive, provable, prove, windows
from zerogap.solvers.scheduling.handover import Handover
from zerogap.solvers.scheduling.islands import Island, drive, in_background
from zerogap.solvers.search import Search

#: Share of the time in which a flow shop is searched for its best permutation before its machines
#: may differ.
PERMUTATION_SHARE = 0.15
#: Share of the time in which CP-SAT with all threads may prove what a project's kernels have found.
PROOF_SHARE = 0.25
#: Share of the time for a plan of an open shop that is as good as the bound.
DIVE_SHARE = 0.3
#: Up to so many modes CP-SAT gets all threads once the list kernel has made a start.
TEAM = 1200


def auto(shop: Workshop, search: Search) -> None:
    """Kernels of the shape and CP-SAT together; what no kernel knows is CP-SAT's alone."""
    # Valid also with constraints of the user's, which only take plans away.
    search.tighten(bounds.opening(shop), "bounds")
    if search.extend is not None:
        if search.hint is None:
            first(shop, search, seconds=0.1 * search.remaining)
        prove(shop, search, workers=search.threads)
        return
    found, handover = first(shop, search, seconds=burst(shop, search))
    if not search.open:
        return
    if not found:
        return windows(shop, search)
    open_shop = projects.projective(shop) and projects.unordered(shop)
    if open_shop and search.iterations is None and not shape.parallel(shop):
        # Large open shops nearly always end with their longest machine or job.
        dive(shop, search, seconds=DIVE_SHARE * search.remaining)
        if not search.open:
            return None
    if search.threads == 1:
        return alternate(shop, search, found, handover, STRONG if open_shop else None)
    if handover is not None:
        return handover.finish(search, found)
    if projects.projective(shop) and not shape.parallel(shop):
        # Most small projects are proven at once or not at all; the others are the kernels'. Open
        # shops are proven late, and the kernels find little there that CP-SAT does not.
        share, strong = (1.0, STRONG) if open_shop else (PROOF_SHARE, None)
        if provable(shop):
            limit = share * search.remaining
            prove(shop, search, workers=search.threads, seconds=limit, parameters=strong)
    elif cooperative(shop):
        # CP-SAT's own neighbourhoods go on from the kernels' plan where it is small enough.
        prove(shop, search, workers=search.threads)
    elif provable(shop):
        with in_background(search, found[1:]):
            prove(shop, search, workers=1)
    if search.open:
        drive(search, found)
    return None


def cooperative(shop: Workshop) -> bool:
    """Whether CP-SAT with all threads improves a plan of the kernels more than they do."""
    if shape.parallel(shop):
        return True
    special = shape.flow(shop) or shape.hybrid(shop) or shape.job_shop(shop)
    return not special and shop.modes <= TEAM


def kernel(shop: Workshop, search: Search) -> None:
    """The kernels alone, an island a thread."""
    found, _ = first(shop, search, seconds=burst(shop, search))
    if not found and search.open:
        raise InstanceError("no kernel knows this instance (use auto or exact)", field="method")
    if search.open:
        drive(search, found)


def exact(shop: Workshop, search: Search) -> None:
    """CP-SAT alone, without a start."""
    prove(shop, search, workers=search.threads, cold=True)


def dispatch(shop: Workshop, search: Search) -> None:
    """The one schedule that option `rule` names; job-shops take the rules of their own family."""
    name = search.options["rule"]
    if name is None or name in references.NAMES:
        search.offer(references.plan(shop, name), "dispatch")
        return
    search.offer(by_rule(shop, name), "dispatch")


def by_rule(shop: Workshop, name: str) -> Plan:
    """The plan of a priority rule; job-shops take the rules of their own family.

    Raises
    ------
    InstanceError
        If there is no such rule, or no plan comes of it.
    """
    chains = None if priorities.foreign(name) else shape.job_shop(shop)
    if chains is None:
        return priorities.plan(shop, priorities.rule(name))
    handover = Handover(shop, chains)
    return handover.plan(rules.schedule(handover.jobs, rules.rule(name)))


METHODS = {"auto": auto, "kernel": kernel, "exact": exact, "dispatch": dispatch}


def burst(shop: Workshop, search: Search) -> float:
    """Seconds for the kernels alone before CP-SAT starts: a tenth at most."""
    return min(0.1 * search.remaining, 0.2 + 0.005 * shop.tasks)


def wish(shop: Workshop, search: Search) -> None:
    """The plan of the rule that the user names, with which job-shops' kernels begin themselves."""
    name = search.options["rule"]
    if name is None or name in references.NAMES:
        return
    own = not priorities.foreign(name) and shape.job_shop(shop) is not None
    if own and shape.flow(shop) is None:
        return
    if own:
        search.offer(by_rule(shop, name), "dispatch")
    elif made := priorities.Dispatcher(shop).best(priorities.rule(name)):
        search.offer(made[1], "dispatch")


def first(
    shop: Workshop, search: Search, *, seconds: float
) -> tuple[list[Island], Handover | None]:
    """First plans by the kernels of the instance's shape, which go on afterwards.

    With the kernels comes the job-shop that they were handed, if it is one.
    """
    handover: Handover | None = None
    for name, plan in references.plans(shop):
        search.offer(plan, name)
    wish(shop, search)
    if not search.open:
        return [], None
    count = search.threads
    if flow := shape.flow(shop):
        found = islands.of_flow(flow, shop, search, count)
        if not flow.permutation:
            drive(search, found, seconds=PERMUTATION_SHARE * search.remaining)
            jobs = shape.job_shop(shop)
            if jobs is not None and search.open:
                handover = Handover(shop, jobs)
                found = handover.islands(search, count)
    elif hybrid := shape.hybrid(shop):
        found = islands.of_hybrid(hybrid, search, count)
    elif chains := shape.job_shop(shop):
        handover = Handover(shop, chains)
        favourite = search.options["rule"]
        mine = favourite is not None and priorities.foreign(favourite)
        handover.opening(search, None if mine else favourite)
        found = handover.islands(search, count)
    elif projects.projective(shop):
        found = projects.of_project(shop, search, count)
    elif lists.listable(shop):
        if search.hint is None and (begun := priorities.opening(shop)) is not None:
            search.offer(begun[1], "dispatch")
        found = lists.of_list(shop, search, count)
    else:
        return [], None
    if search.open:
        drive(search, found, seconds=seconds)
    if search.open and handover is not None:
        handover.even(search, count)
    return found, handover


def alternate(
    shop: Workshop,
    search: Search,
    found: list[Island],
    handover: Handover | None,
    parameters: dict[str, Any] | None = None,
) -> None:
    """One thread: kernel and CP-SAT take turns that grow; one turn each if iterations decide."""
    turn = 1.0
    counted = search.iterations is not None
    while search.open:
        if handover is not None:
            handover.turn(search, None if counted else turn)
        elif provable(shop):
            limit = None if counted else turn
            prove(shop, search, workers=1, seconds=limit, parameters=parameters)
        if search.open:
            drive(search, found, seconds=turn)
        if counted:
            break
        turn *= 2
