"""Meta runs: one search over many formats, each format's schemes being starts for the others."""

from __future__ import annotations

import itertools
import math
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor
from pathlib import Path

import numpy as np

from zerogap.models import files
from zerogap.models.base import InstanceError
from zerogap.models.matmul.catalogue import LARGEST
from zerogap.models.matmul.instance import MatMul, parse_format
from zerogap.models.matmul.moves import Sides
from zerogap.models.matmul.solution import Scheme, check_scheme
from zerogap.solvers.matmul.descent import Descent
from zerogap.solvers.matmul.pools import Pools

#: What takes news: (seconds, format, ring, rank).
Teller = Callable[[float, Sides, str, int], None]


def formats(smallest: int = 2, largest: int = 5) -> list[Sides]:
    """All formats, sides in ascending order, with sides in a range."""
    return list(itertools.combinations_with_replacement(range(smallest, largest + 1), 3))


def spread(
    executor: Executor,
    workers: int,
    wanted: list[Sides],
    ring: str = "ZT",
    *,
    seconds: float = 60.0,
    iterations: int | None = None,
    seed: int = 0,
    pools: Pools | None = None,
    importance: Callable[[Sides], float] | None = None,
) -> dict[Sides, int]:
    """A meta run in other processes: each walks on a copy of the pools, which are then merged.

    Parameters
    ----------
    executor : concurrent.futures.Executor
        For example a ``ProcessPoolExecutor``, or ``distributed.Client(address).get_executor()``
        for the workers of a cluster.
    workers : int
        How many runs at once.
    wanted, ring, seconds, iterations, seed, pools, importance
        As in `meta`; a worker that fails costs its own walks, unless all do.
    """
    pools = Pools() if pools is None else pools
    weights = None if importance is None else {n: importance(n) for n in wanted}
    runs = [
        executor.submit(
            _alone, pools, wanted, ring, seconds, iterations, seed + 104729 * k, weights
        )
        for k in range(workers)
    ]
    failures = []
    steps = pools.steps
    for run in runs:
        try:
            found = run.result()
        except Exception as error:
            failures.append(error)
            continue
        if found is not pools:  # an executor of threads hands the same pools back
            pools.merge(found)
            pools.steps += found.steps - steps
    if len(failures) == workers:
        raise failures[0]
    pools.save(now=True)
    table = pools.table()
    return {n: table[n, ring] for n in wanted if (n, ring) in table}


def _alone(pools, wanted, ring, seconds, iterations, seed, weights) -> Pools:
    """One run in a process of its own."""
    meta(wanted, ring, seconds=seconds, iterations=iterations, seed=seed, pools=pools,
         importance=None if weights is None else weights.__getitem__)  # fmt: skip
    return pools


def meta(
    wanted: list[Sides],
    ring: str = "ZT",
    *,
    seconds: float = 60.0,
    iterations: int | None = None,
    threads: int = 1,
    seed: int = 0,
    pools: Pools | None = None,
    tell: Teller | None = None,
    plus: int = 20_000,
    band: int = 3,
    importance: Callable[[Sides], float] | None = None,
) -> dict[Sides, int]:
    """Walk over all `wanted` formats; what is found of one is grown, glued and cut for others.

    Parameters
    ----------
    wanted : list of tuple
        Formats with sides in ascending order.
    ring : {"Z2", "ZT"}
        Over ZT most walks go modulo 2 and are lifted.
    seconds, iterations, threads, seed
        Limits; one thread with an iteration limit is repeatable.
    pools : Pools, optional
        Where schemes are collected: with a checkpoint the run resumes.
    tell : callable, optional
        ``tell(seconds, format, ring, rank)`` after every better rank.
    importance : callable, optional
        ``importance(format)``: how much more a format is worked on than its size says.

    Returns
    -------
    dict
        Best rank of every wanted format; the schemes are in `pools`.
    """
    pools = Pools() if pools is None else pools
    begun = time.monotonic()
    stop = threading.Event()
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            descent = Descent(
                wanted[-1], ring, seed + 1000 * number, pools=pools, plus=plus, band=band,
                formats=wanted, importance=importance,
            )  # fmt: skip
            left = math.inf if iterations is None else iterations
            while not stop.is_set() and left > 0 and time.monotonic() - begun < seconds:
                before = descent.iterations
                remaining = seconds - (time.monotonic() - begun)
                limit = -1 if left == math.inf else 1
                descent.run(min(0.2, remaining) if limit < 0 else math.inf, limit)
                left -= descent.iterations - before
        except BaseException as error:
            failures.append(error)
            stop.set()

    workers = [threading.Thread(target=work, args=(k,), daemon=True) for k in range(threads)]
    for worker in workers:
        worker.start()
    seen: dict = {}
    try:
        while any(w.is_alive() for w in workers):
            workers[0].join(0.05)
            for (n, r), rank in pools.table().items():
                if rank < seen.get((n, r), math.inf):
                    seen[n, r] = rank
                    if tell is not None:
                        tell(time.monotonic() - begun, n, r, rank)
            for worker in workers[1:]:
                worker.join(0)
    finally:
        stop.set()
        for worker in workers:
            worker.join()
        pools.save(now=True)
    if failures:
        raise failures[0]
    table = pools.table()
    return {n: table[n, ring] for n in wanted if (n, ring) in table}


def wanted(text: str) -> list[Sides]:
    """Formats as a command line names them.

    Parameters
    ----------
    text : str
        ``2-5``: all formats with sides in this range; or formats, ``3x3x3,3x4x5``.

    Returns
    -------
    list of tuple
        Sides in ascending order, every format once.

    Raises
    ------
    InstanceError
        If a range or a format cannot be read, or a side is below 2 or above 16.
    """
    low, dash, high = text.partition("-")
    if dash:
        if not (low.isdigit() and high.isdigit() and 2 <= int(low) <= int(high) <= LARGEST):
            raise InstanceError(
                f"cannot read the range {text!r}; expected like 2-5, from 2 to {LARGEST}",
                field="formats",
            )
        return formats(int(low), int(high))
    found = []
    for name in text.split(","):
        n = parse_format(name.strip())
        if not 2 <= min(n) <= max(n) <= LARGEST:
            raise InstanceError(
                f"{name.strip()}: a side is out of range; expected 2 to {LARGEST}", field="formats"
            )
        found.append(tuple(sorted(n)))
    return list(dict.fromkeys(found))


def export(pools: Pools, folder: str | os.PathLike, ring: str) -> list[Path]:
    """Write the best scheme of every format of a ring as ``3x3x3-rank23-ZT.scheme.json``.

    Every scheme is checked against all its Brent equations before it is written.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for (n, own), pool in sorted(pools.pools.items()):
        if own != ring:
            continue
        scheme = Scheme(*pool.schemes[0])
        check_scheme(n, ring, scheme)
        path = target / f"{'x'.join(map(str, n))}-rank{pool.rank}-{ring}.scheme.json"
        files.write(MatMul(np.array(n), ring, given=scheme), path)
        written.append(path)
    return written
