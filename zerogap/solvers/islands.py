"""Islands: one instance solved by many processes in rounds that share the best solution."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import replace
from typing import Any

from zerogap.models import base
from zerogap.solvers import solve
from zerogap.solvers.engine import RETRIES, engine
from zerogap.solvers.result import Result, SolverError, Status, TracePoint

#: Seconds beyond its slice after which an island counts as lost.
GRACE = 60.0


def _slice(instance: Any, settings: dict[str, Any]) -> Result:
    return solve(instance, **settings)


def islands(
    instance: Any,
    *,
    count: int,
    cluster: str | None = None,
    method: str = "kernel",
    time_limit: float = 60.0,
    slice: float | None = None,
    seed: int = 0,
    start: Any = None,
    on_round: Callable[[Result], None] | None = None,
    interrupt: threading.Event | None = None,
    **options: Any,
) -> Result:
    """Solve by `count` islands in rounds; after each the best solution is everybody's start.

    Parameters
    ----------
    instance : object
        An instance of any family.
    count : int
        Islands, each with one thread and a seed of its own.
    cluster : str, optional
        Address of a Dask scheduler; processes of this machine if None.
    method : str
        Method of the islands.
    time_limit : float
        Seconds of all rounds together.
    slice : float, optional
        Seconds a round; a tenth of the limit, at least one second, if None. A worker that dies
        loses at most its slice.
    seed : int
        Island i of round r gets seed ``seed + r * count + i``.
    start : object, optional
        A solution to start from.
    on_round : callable, optional
        Called with the best result after every round.
    interrupt : threading.Event, optional
        Setting it ends the solve and keeps the best solution of the rounds done.
    **options
        The family's settings.

    Returns
    -------
    Result
        The best over all islands, its trace joined from the rounds' bests.
    """
    if count < 1:
        raise ValueError(f"islands is {count}, expected 1 or more")
    piece = max(1.0, time_limit / 10) if slice is None else slice
    begun = time.monotonic()
    best: Result | None = None
    trace: list[TracePoint] = []
    lost: list[str] = []
    round_ = 0
    with engine(cluster, count) as submit:
        while (left := time_limit - (time.monotonic() - begun)) > 0.05:
            if interrupt is not None and interrupt.is_set():
                break
            common = {
                "method": method,
                "time_limit": min(piece, left),
                "threads": 1,
                "start": start if best is None else best.solution,
                **options,
            }
            offset = time.monotonic() - begun
            settings = [common | {"seed": seed + round_ * count + i} for i in range(count)]
            for result in _round(submit, instance, settings, piece + GRACE, interrupt, lost):
                if best is None or _better(result, best):
                    trace += [replace(p, time=p.time + offset) for p in _gains(result, best)]
                    best = _merge(result, best)
            if best is None and len(lost) > RETRIES * count:
                raise SolverError(f"no island came back: {lost[-1]}")
            if best is not None and on_round is not None:
                on_round(best)
            if best is not None and best.status in (Status.OPTIMAL, Status.INFEASIBLE):
                break
            round_ += 1
    if best is None:
        raise SolverError(f"no island came back: {lost[-1] if lost else 'no time'}")
    return replace(
        best,
        trace=tuple(trace),
        time=time.monotonic() - begun,
        seed=seed,
        threads=count,
        method=f"islands/{method}",
        messages=tuple(dict.fromkeys([*best.messages, *lost])),
    )


def _round(submit, instance, settings, patience, interrupt, lost) -> list[Result]:
    """Results of one round; islands that die are noted in `lost`, the others count."""
    futures: list[Future] = []
    for one in settings:
        try:
            futures.append(submit(_slice, instance, one))
        except Exception as error:
            lost.append(f"island lost: {type(error).__name__}: {error}")
    deadline = time.monotonic() + patience
    waiting: set[Future] = set(futures)
    while waiting and time.monotonic() < deadline:
        _, waiting = wait(waiting, timeout=0.2)
        if interrupt is not None and interrupt.is_set():
            break
    done = set(futures) - waiting
    results = []
    for future in futures:
        if future not in done:
            lost.append("island lost: no answer in time")
            continue
        failure = future.exception()
        if failure is None:
            results.append(future.result())
        elif isinstance(failure, base.InstanceError | base.InfeasibleSolution):
            raise failure
        else:
            lost.append(f"island lost: {type(failure).__name__}: {failure}")
    return results


def _better(new: Result, old: Result) -> bool:
    if new.solution is None:
        return new.status is Status.INFEASIBLE
    if old.solution is None:
        return True
    sense = base.family_of(new.instance)
    minimise = (sense.sense_of(new.instance) if sense.sense_of else sense.sense) == "min"
    gained = new.objective < old.objective if minimise else new.objective > old.objective
    return gained or (new.status is Status.OPTIMAL and old.status is not Status.OPTIMAL)


def _gains(new: Result, old: Result | None) -> list[TracePoint]:
    """Points of the new trace that improve on the old result."""
    if old is None or old.solution is None:
        return list(new.trace)
    return [p for p in new.trace if p.objective is not None and p.objective != old.objective]


def _merge(new: Result, old: Result | None) -> Result:
    """The new result with the better of the two bounds."""
    if old is None or old.bound is None or new.bound is not None:
        return new
    return replace(new, bound=old.bound)
