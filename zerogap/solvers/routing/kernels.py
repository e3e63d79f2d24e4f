"""Driving the kernels: slices, offers, and the exchange with the incumbent."""

from __future__ import annotations

import math
import threading
import time
from typing import Any

from zerogap.models.routing import FORBIDDEN, Routing
from zerogap.models.routing.timing import timed
from zerogap.solvers.routing import tours
from zerogap.solvers.routing.arrays import arrays, flat, solution
from zerogap.solvers.routing.large import spacious, sweep
from zerogap.solvers.routing.pool import CLIENTS, Pool, selectable, visits
from zerogap.solvers.routing.shares import climb
from zerogap.solvers.search import Search

_SLICE = 0.1
#: First temperature in mean costs of a client. Routes change their type only where it is warmer,
#: and so does the choice of the clients that are served for their prize.
HOT, HOT_FLEET, HOT_PRIZE = 1.0, 3.0, 2.0
#: Last temperature; groups, whose members stand in for each other, freeze earlier.
COLD, COLD_GROUPS = 0.01, 0.1
#: Features that ruin and recreate does not know.
STRANGE = {"units quota", "fleet limits", "energy", "objective costliest"}
#: Seconds at most, and share of the time, that the travelling salesman's bound takes.
CLIMB, CLIMB_SHARE = 6.0, 0.1
#: Where vehicles differ in what they like, a solve first does so often what one of so many seconds
#: does, as long as that many times more is left: one long annealing ends worse than a short one now
#: and then; the routes of all of them are combined at the end.
PRELUDES, PRELUDE_FROM, PRELUDE = 3, 3.0, 1.0
GENETIC = 420  # clients up to which genetic search helps a CVRP


def make(instance: Routing, near: int = 100) -> Any:
    """The kernels' problem; ``near`` neighbours of a client among those served at the same time."""
    from zerogap._ext.routing.problem import Problem

    share = instance.clients / max(1, visits(instance))
    return Problem(arrays(instance), near * min(5, math.ceil(share)))


class Slices:
    """A kernel run in slices; offers what it finds.

    Offering means checking, which is Python: improvements are offered at most so often that it
    costs a few per cent of the time.

    Parameters
    ----------
    search : Search
    kernel : object
        A routing kernel.
    source : str
        Name in the trace.
    """

    def __init__(self, search: Search, kernel: Any, source: str) -> None:
        self.search, self.kernel, self.source = search, kernel, source
        self.offered: int | None = None
        self.pause = 0.0
        self.last = -math.inf

    def run(self, seconds: float, iterations: int | None = None) -> None:
        """Until the time, the iterations or the search end."""
        search, kernel = self.search, self.kernel
        begun, left = time.monotonic(), iterations
        piece = 0.002
        while search.open and (left is None or left > 0):
            remaining = min(seconds - (time.monotonic() - begun), search.remaining)
            if remaining <= 0:
                break
            if left is None:
                kernel.run(min(piece, remaining))
            else:
                before = kernel.iterations
                kernel.run(_SLICE, left)
                left -= kernel.iterations - before
            piece = min(2 * piece, _SLICE)
            if time.monotonic() - self.last > self.pause:
                self.offer()
        self.offer()

    def offer(self) -> None:
        """Hand the kernel's best to the search if it is new."""
        objective = self.kernel.objective
        if objective is None or objective == self.offered:
            return
        begun = time.monotonic()
        self.offered = objective
        known, instance = self.search.objective, self.search.instance
        if known is not None and objective >= known and selectable(instance):
            return
        self.search.offer(timed(self.search.instance, solution(self.kernel.best())), self.source)
        self.last = time.monotonic()
        self.pause = 25 * (self.last - begun)


def annealing(
    search: Search,
    problem: Any,
    *,
    seconds: float,
    iterations: int | None = None,
    seed: int = 0,
    fresh: bool = False,
    source: str = "sisr",
    **settings: Any,
) -> Slices:
    """Run ruin and recreate in this thread, from the incumbent unless ``fresh``."""
    from zerogap._ext.routing.sisr import Sisr

    horizon = max(seconds if math.isfinite(seconds) else 1e6, 1e-3)
    limit = -1 if iterations is None else iterations
    kernel = Sisr(problem, search.seed + seed, horizon, limit, **settings)
    if search.hint is not None and not fresh:
        kernel.inject(*flat(search.hint))
    run = Slices(search, kernel, source)
    run.run(seconds, iterations)
    return run


def evolution(search: Search, problem: Any, *, seconds: float, seed: int = 0) -> Slices:
    """Run hybrid genetic search in this thread, the incumbent among its parents."""
    from zerogap._ext.routing.hgs import Hgs

    kernel = Hgs(problem, search.seed + seed)
    if search.solution is not None:
        kernel.inject(*flat(search.solution))
    run = Slices(search, kernel, "hgs")
    run.run(seconds)
    return run


def tour(instance: Routing, search: Search, lane: int = 0) -> None:
    """Annealed local search for the travelling salesman; without a time limit in growing rounds."""
    from zerogap._ext.routing.tour import Tour

    problem, horizon, number = make(instance, near=40), 30.0, 0
    if lane == 0 and search.iterations is None:
        first = min(CLIMB, 0.02 * search.remaining)
        Slices(search, Tour(problem, search.seed, CLIMB, -1), "tour").run(first)
        climb(instance, search, min(CLIMB, CLIMB_SHARE * search.remaining))
    while search.open:
        counted = search.iterations is not None
        seconds = math.inf if counted else search.remaining
        if math.isfinite(seconds):
            horizon = seconds
        elif not counted:
            seconds = horizon
        seed = search.seed + 1000 * number + 100_000 * lane
        limit = search.iterations if search.iterations is not None else -1
        kernel = Tour(problem, seed, max(horizon, 1e-3), limit)
        if search.hint is not None:
            kernel.inject(*flat(search.hint))
        Slices(search, kernel, "tour").run(seconds, search.iterations)
        if counted:
            return
        horizon, number = 2 * horizon, number + 1


def salesman(instance: Routing) -> bool:
    """Whether one vehicle visits everybody for the least symmetric distance."""
    return (
        not instance.features()
        and instance.clients >= 8
        and int(instance.vehicles.sum()) == 1
        and bool((instance.delivery.sum(axis=0) <= instance.capacity[0]).all())
        and _symmetric(instance)
    )


def _symmetric(instance: Routing) -> bool:
    if instance.distance is None:
        return True
    matrix = instance.matrix()
    return bool((matrix == matrix.T).all()) and int(matrix.max()) < FORBIDDEN


def plain(instance: Routing) -> bool:
    """Whether the instance is a CVRP as hybrid genetic search knows it."""
    return (
        not instance.features()
        and instance.dimensions == 1
        and instance.clients <= GENETIC
        and int(instance.distance_cost[0]) == 1
        and int(instance.fixed_cost[0]) == 0
        and int(instance.delivery.sum()) > int(instance.capacity[0, 0])
        and _symmetric(instance)
    )


def strange(instance: Routing) -> str:
    """A feature of the instance that ruin and recreate does not know; empty if it knows all."""
    for feature in instance.features():
        if feature in STRANGE or feature.startswith("then "):
            return feature
    return ""


def anneal(instance: Routing, search: Search, *, seconds: float = math.inf,
           iterations: int | None = None, **settings: Any) -> Slices | None:  # fmt: skip
    """One run of ruin and recreate, or over whole tours, in this thread."""
    if strange(instance):
        tours.anneal(search, seconds=seconds, iterations=iterations)
        return None
    seconds = min(seconds, search.remaining)
    if search.iterations is not None:
        iterations = min(search.iterations, iterations or search.iterations)
        seconds = math.inf
    elif math.isfinite(seconds):
        iterations = None
    return annealing(search, make(instance), seconds=seconds, iterations=iterations, **settings)


def first_solution(instance: Routing, search: Search) -> None:
    """A quick good start."""
    anneal(instance, search, seconds=min(1.0, 0.1 * search.remaining), iterations=20_000)


def improve(instance: Routing, search: Search, lane: int = 0) -> None:
    """Kernels in rounds, each better informed than the last, and the route pool between them.

    Annealing from scratch with other seeds, and genetic search where it is at home, fill the pool
    with different good routes; the set-partitioning MIP picks the best selection, and annealing at
    low temperature goes on from there. A travelling salesman has his own kernel. ``lane`` tells
    parallel runs apart.
    """
    if strange(instance):
        tours.anneal(search, lane=lane)
        return
    if salesman(instance):
        return tour(instance, search, lane)
    if spacious(instance) and sweep(instance, search, lane):
        return
    problem = make(instance)
    if search.iterations is not None:
        annealing(search, problem, seconds=math.inf, iterations=search.iterations)
        return
    pool = Pool(instance)
    total = search.remaining if math.isfinite(search.remaining) else 60.0
    turns = PRELUDES if profiled(instance) and search.solution is None else 0
    while search.open and turns > 0 and total > PRELUDE_FROM * PRELUDE:
        rounds_of(instance, search, problem, pool, PRELUDE, lane)
        turns, lane, total = turns - 1, lane + 100, total - PRELUDE
    while search.open:
        rounds_of(instance, search, problem, pool, total, lane)
        # Without a time limit the rounds begin anew.
        lane += 1


def rounds_of(
    instance: Routing, search: Search, problem: Any, pool: Pool, total: float, lane: int = 0
) -> None:
    """All rounds once in so many seconds: what a solve of that length does."""
    begun = time.monotonic()
    plan = rounds(instance)
    for number, (engine, part, mip, heat) in enumerate(plan):
        last = number == len(plan) - 1
        seconds = total - (time.monotonic() - begun) if last else part * total
        seed = 1000 * number + 100_000 * lane
        if engine == "hgs":
            run = evolution(search, problem, seconds=seconds, seed=seed)
        else:
            run = annealing(
                search,
                problem,
                seconds=seconds,
                seed=seed,
                fresh=heat == 1.0 and (number > 0 or lane > 0),
                record=mip > 0,
                hot=warmth(instance) * heat,
                cold=min(0.2 * heat, chill(instance)),
                source=f"sisr {number + 1}" if len(plan) > 1 else "sisr",
            )
        if not search.open:
            return
        if mip > 0:
            pool.add(run.kernel.pool())
            pool.recombine(search, mip * total)


def prelude(instance: Routing, search: Search, seconds: float) -> None:
    """What a solve of so many seconds does (at most `PRELUDE`), before a longer one begins anew."""
    rounds_of(instance, search, make(instance), Pool(instance), seconds)


def warmth(instance: Routing) -> float:
    """First temperature, in mean costs of a client."""
    single = not (instance.max_trips > 1).any() and not profiled(instance)
    if instance.types > 1 and single:
        return HOT_FLEET
    return HOT_PRIZE if "prizes" in instance.features() else HOT


def chill(instance: Routing) -> float:
    """Last temperature, in mean costs of a client."""
    return COLD_GROUPS if len(instance.group_required) else COLD


def profiled(instance: Routing) -> bool:
    """Whether vehicles like or may serve clients differently: one long annealing does best then."""
    return instance.preference is not None or instance.allowed is not None


def rounds(instance: Routing) -> list[tuple[str, float, float, float]]:
    """Engine, share of the time, share of the MIP after it, and the heat it starts with."""
    if not selectable(instance):
        return [("sisr", 1.0, 0.0, 1.0)]
    if plain(instance):
        first = [("sisr", 0.08, 0.02, 1.0), ("hgs", 0.75, 0.05, 0.0)]
        return [*first, ("sisr", 0.1, 0.0, 0.05)]
    if visits(instance) <= 120 and not profiled(instance):
        first = [("sisr", 0.27, 0.03, 1.0), ("sisr", 0.27, 0.03, 1.0)]
        return [*first, ("sisr", 0.2, 0.05, 0.1), ("sisr", 0.15, 0.0, 0.05)]
    if visits(instance) <= CLIENTS:
        return [("sisr", 0.8, 0.05, 1.0), ("sisr", 0.15, 0.0, 0.05)]
    return [("sisr", 1.0, 0.0, 1.0)]


def parallel(instance: Routing, search: Search, spare: int = 0) -> None:
    """One lane of `improve` a thread but the spare ones; each starts from the common incumbent."""
    lanes = 1 if search.iterations is not None else max(1, search.threads - spare)

    def work(lane: int) -> None:
        try:
            improve(instance, search, lane)
        except Exception as error:
            search.report(f"lane {lane}", error)

    others = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(1, lanes)]
    for thread in others:
        thread.start()
    improve(instance, search)
    for thread in others:
        thread.join()
