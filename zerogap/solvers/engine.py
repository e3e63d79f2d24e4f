"""Where independent pieces of work run: processes of this machine, or an existing Dask cluster."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from zerogap.solvers.result import SolverError

Submit = Callable[..., Future]

#: How often a piece of work is tried again when its worker dies.
RETRIES = 3


@contextlib.contextmanager
def connect(address: str) -> Iterator[Submit]:
    """``submit(function, *arguments)`` on the Dask cluster at `address`.

    A worker that dies loses only what it was doing: that is sent to another one.

    Raises
    ------
    SolverError
        If the extra is missing or nobody answers at the address.
    """
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise SolverError(
            "a cluster needs the extra [cluster]: pip install 'zerogap[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=15)
    except (OSError, ValueError, TimeoutError) as error:
        raise SolverError(f"no Dask cluster answers at {address}: {error}") from None
    with client:
        executor = client.get_executor(pure=False, retries=RETRIES)
        yield executor.submit
        executor.shutdown(wait=False)


class Processes:
    """Processes of this machine; a process that dies is replaced and its work tried again.

    Parameters
    ----------
    count : int
        Processes at a time.
    """

    def __init__(self, count: int):
        self.count = count
        self.pool = self._fresh()

    def _fresh(self) -> ProcessPoolExecutor:
        # Spawned, not forked: threads of a backend in this process must not be copied half-alive.
        return ProcessPoolExecutor(self.count, mp_context=multiprocessing.get_context("spawn"))

    def submit(self, function: Callable, *arguments: object) -> Future:
        """Send work; if the pool broke since, it is made anew."""
        try:
            return self.pool.submit(function, *arguments)
        except BrokenProcessPool:
            self.pool = self._fresh()
            return self.pool.submit(function, *arguments)


@contextlib.contextmanager
def engine(address: str | None, count: int) -> Iterator[Submit]:
    """The cluster at `address`, or `count` processes of this machine if None."""
    if address is not None:
        with connect(address) as submit:
            yield submit
        return
    local = Processes(count)
    try:
        yield local.submit
    finally:
        local.pool.shutdown(wait=False, cancel_futures=True)
