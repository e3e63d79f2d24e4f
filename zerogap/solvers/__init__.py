"""How it is solved: `solve` runs a family's strategy against the limits and returns a `Result`."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import os
import queue
import threading
from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any, Generic

from zerogap.models import base
from zerogap.models.base import InstanceError, Model
from zerogap.models.told import nearest
from zerogap.solvers import notebook
from zerogap.solvers.incumbent import Incumbent, strict
from zerogap.solvers.meant import instance_of, solution_of
from zerogap.solvers.result import Claim, Limits, Result, SolutionT, SolverError, Status, TracePoint
from zerogap.solvers.search import Search

__all__ = ["Limits", "Result", "Search", "SolverError", "Status", "TracePoint", "methods", "solve"]

#: Seconds that kernels and backends get to come back after a stop; then their threads are left.
GRACE = 5.0
_TICK = 0.05


def methods(family: str) -> dict[str, Callable[[Any, Search], None]]:
    """The methods of a family by name: ``auto``, ``kernel``, ``exact`` and what else it has."""
    base.family(family)  # an unknown name gets its own message
    return importlib.import_module(base.REGISTRY[family][1]).METHODS


def solve(
    instance: Any,
    *,
    method: str = "auto",
    time_limit: float = 60.0,
    threads: int | None = None,
    seed: int = 0,
    gap: float = 0.0,
    start: Any = None,
    iterations: int | None = None,
    extend: Callable[[Model], None] | None = None,
    on_progress: Callable[[Search], None] | None = None,
    on_solution: Callable[[Found], None] | None = None,
    interrupt: threading.Event | None = None,
    log: bool = False,
    without: Collection[str] = (),
    **options: Any,
) -> Result:
    """Solve an instance of any family.

    Parameters
    ----------
    instance : object
        What `zerogap.read`, `zerogap.generate` or a family's class made; a path is read (with the
        options of reading among `options`), a builder is asked to build.
    method : str
        ``auto`` (kernel and exact model together), ``kernel``, ``exact`` (cold), or another
        method of the family.
    time_limit : float
        Wall-clock seconds.
    threads : int, optional
        Threads of kernels and backends together; all processors if None.
    seed : int
        Seed of everything random, 0 … 2**31 − 1.
    gap : float
        Relative gap |objective − bound| / |objective| at which to stop.
    start : object, optional
        A solution to start from, or a result or a file with one; the result is never worse.
    iterations : int, optional
        Limit on kernel iterations; with ``threads=1`` a run is then repeatable bit for bit.
    extend : callable, optional
        ``extend(model)`` may add constraints to the exact `Model` by its named variables. Such
        constraints are unknown to kernels and checker: the status then speaks of the extended
        problem, the checker of the plain one.
    on_progress : callable, optional
        Called with the `Search` about every 0.05 s in the calling thread.
    on_solution : callable, optional
        Called with every incumbent (`Found`: time, objective, bound, source, solution) in the
        calling thread, in their order; with `extend` a hint is no incumbent. `stream` is the same
        as an iterator.
    interrupt : threading.Event, optional
        Setting it from anywhere ends the solve and keeps the incumbent, as Ctrl-C does.
    log : bool
        Whether backends log to standard error.
    without : collection of str
        Sources, as claims name them, whose bounds and proofs do not count in this solve: what is
        claimed then rests on the others (`audit`).
    **options
        The family's settings.

    Returns
    -------
    Result
        Its solution, if any, has passed the checker.

    Raises
    ------
    InstanceError
        If an option or method is unknown.
    InfeasibleSolution
        If `start` is infeasible.
    SolverError
        If every part of the solve failed before a solution was found.
    """
    instance, options = instance_of(instance, options)
    family = base.family_of(instance)
    known = methods(family.name)
    if method not in known:
        raise InstanceError(
            f"{family.name} has no method {method!r}{nearest(method, known)} "
            f"(known: {', '.join(known)})",
            field="method",
        )
    if extend is not None and method not in extendable(family.name):
        raise InstanceError(
            f"{method} cannot know the constraints that extend adds "
            f"(use {', '.join(extendable(family.name))})",
            field="method",
        )
    if isinstance(seed, bool) or not isinstance(seed, Integral) or not 0 <= seed < 2**31:
        raise ValueError(f"seed is {seed!r}, expected an integer, 0 … 2**31 - 1")
    search = Search(
        family,
        instance,
        Limits(time_limit, gap, iterations),
        threads=_threads(threads),
        seed=seed,
        method=method,
        options=_settings(family, options),
        extend=extend,
        log=log,
    )
    search.incumbent.ignored = frozenset(without)
    if start is not None:
        start = solution_of(instance, start)
        family.check(instance, start)
        search.offer(start, "start")
    watch = _watcher(search, on_progress or notebook.progress(), on_solution)
    failure = _run(known[method], search, watch, interrupt)
    while search.refuted and search.elapsed < time_limit:
        # A proof that a late solution of another thread refutes does not end the solve.
        search.resume()
        failure = _run(known[method], search, watch, interrupt)
    if strict() and search.incumbent.distrusted:
        raise SolverError("; ".join(search.messages)) from failure
    if failure is not None and search.solution is None and not search.incumbent.infeasible:
        if isinstance(failure, InstanceError | SolverError | KeyboardInterrupt):
            raise failure
        raise SolverError(f"{method} failed: {type(failure).__name__}: {failure}") from failure
    return _result(search)


#: Settings that `solve` has in every family.
_OWN = tuple(inspect.signature(solve).parameters)[1:-1]


def extendable(name: str) -> tuple[str, ...]:
    """Methods of a family that know a user's constraints; it may name them in EXTENDABLE."""
    module = importlib.import_module(base.REGISTRY[name][1])
    return getattr(module, "EXTENDABLE", ("auto", "exact"))


@dataclass(frozen=True)
class Found(Generic[SolutionT]):
    """An incumbent as it came: when, worth what, against which bound, by whom."""

    time: float
    objective: Any
    bound: Any
    source: str
    solution: SolutionT = field(repr=False)


def _watcher(search: Search, on_progress: Any, on_solution: Any) -> Callable[[Search], None] | None:
    """What the calling thread does at every tick: hand incumbents over, report progress."""
    if on_solution is None:
        return on_progress
    waiting: queue.SimpleQueue[Found] = queue.SimpleQueue()

    def note(point: Any, solution: Any) -> None:
        waiting.put(Found(point.time, point.objective, point.bound, point.source, solution))

    search.incumbent.follow(note)
    if search.incumbent.trace:  # the start came before
        note(search.incumbent.trace[-1], search.incumbent.solution)

    def tick(running: Search) -> None:
        while not waiting.empty():
            on_solution(waiting.get())
        if on_progress is not None:
            on_progress(running)

    return tick


def stream(instance: Any, **settings: Any) -> Generator[Found, None, Result]:
    """Solve, and iterate over the incumbents as they come; the generator returns the `Result`.

    Leaving the loop ends the solve. Parameters are those of `solve`.

    Examples
    --------
    >>> import zerogap as zg
    >>> shop = zg.generate("jobshop", jobs=3, machines=3, seed=1)
    >>> values = [found.objective for found in zg.stream(shop, time_limit=2)]
    >>> values == sorted(values, reverse=True)
    True
    """
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
    ended = settings.pop("interrupt", None) or threading.Event()

    def work() -> None:
        try:
            waiting.put(solve(instance, on_solution=waiting.put, interrupt=ended, **settings))
        except BaseException as error:
            waiting.put(error)

    thread = threading.Thread(target=work, name="stream", daemon=True)
    thread.start()
    try:
        while True:
            found = waiting.get()
            if isinstance(found, BaseException):
                raise found
            if isinstance(found, Result):
                return found
            yield found
    finally:
        ended.set()
        thread.join(GRACE)


def _threads(threads: int | None) -> int:
    if threads is None:
        return max(1, len(os.sched_getaffinity(0)))
    if isinstance(threads, bool) or not isinstance(threads, Integral) or threads < 1:
        raise ValueError(f"threads is {threads!r}, expected an integer, 1 or more")
    return threads


def _settings(family: base.Family, options: dict[str, Any]) -> dict[str, Any]:
    settings = {option.name: option.default for option in family.options if option.solving}
    known = {option.name for option in family.options}
    for key in options:
        if key not in known and (guess := nearest(key, _OWN)):
            raise InstanceError(f"is no setting of solve{guess}", field=f"option {key}")
    read, solving = family.reading(options)
    for key in read:
        raise InstanceError(
            f"belongs to reading the instance, not to solving it: zerogap.read(…, {key}=…)",
            field=f"option {key}",
        )
    return settings | solving


def _run(strategy, search: Search, on_progress, interrupt) -> BaseException | None:
    """Run the strategy in a thread of its own, so that signals and limits always get through."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            strategy(search.instance, search)
            search.stop("finished")
        except BaseException as error:
            failures.append(error)
            search.report(search.method, error)
            search.stop("failed")

    thread = threading.Thread(target=work, name="strategy", daemon=True)
    thread.start()
    try:
        while thread.is_alive() and search.open:
            search.wait(min(_TICK, search.remaining))
            if interrupt is not None and interrupt.is_set():
                search.stop("interrupted")
            if on_progress is not None:
                on_progress(search)
    except KeyboardInterrupt as error:
        search.stop("interrupted")
        failures.append(error)
    with contextlib.suppress(KeyboardInterrupt):  # a second Ctrl-C: do not wait for the threads
        thread.join(GRACE)
    if on_progress is not None and not failures:
        on_progress(search)  # what came after the last tick
    if thread.is_alive():
        search.messages.append(f"{search.method}: did not come back within {GRACE:g} s of the stop")
    return failures[0] if failures else None


def _result(search: Search) -> Result:
    incumbent = search.incumbent
    # One moment: a thread that outlives the search may still bring something better.
    solution, objective, closed = incumbent.moment()
    if incumbent.infeasible:
        status = Status.INFEASIBLE
    elif solution is None:
        status = Status.UNKNOWN
    else:
        # The last word before anything leaves: the checker once more, on the solution returned.
        checked = search.family.check(search.instance, solution)
        if checked != objective:
            raise SolverError(f"checker says {checked}, recorded was {objective}")
        status = Status.OPTIMAL if closed else Status.FEASIBLE
    return Result(
        family=search.family.name,
        instance=search.instance,
        status=status,
        objective=objective,
        bound=incumbent.bound,
        solution=solution,
        trace=tuple(incumbent.trace),
        time=search.elapsed,
        seed=search.seed,
        threads=search.threads,
        method=search.method,
        stopped=search.stopped,
        messages=tuple(dict.fromkeys(search.messages)),
        claims=_claims(incumbent),
        extended=search.extend is not None,
        incumbents=incumbent.incumbents,
    )


def _claims(incumbent: Incumbent) -> tuple[Claim, ...]:
    """What the status rests on: proofs of infeasibility, or the best bound before the others."""
    claims = sorted(incumbent.claims.values(), key=lambda c: c is not incumbent.claim)
    return tuple(c for c in claims if (c.kind == "infeasible") == incumbent.infeasible)
