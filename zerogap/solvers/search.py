"""The search: what a strategy sees of a solve, and the driver of its kernels."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from zerogap.models.base import Family, Model
from zerogap.solvers.incumbent import Incumbent
from zerogap.solvers.result import Limits, SolverError

#: Longest kernel slice in seconds: how long a stop may wait.
SLICE = 0.1
_FIRST_SLICE = 0.005


class Kernel(Protocol):
    """What a Cython kernel offers.

    ``run`` works for a slice without the GIL and returns False when nothing more is to be done;
    ``best`` gives the arrays of the best solution, ``objective`` its value (None if there is
    none), ``iterations`` and ``seconds`` count the work done. Kernels may take solutions by
    ``inject``. The same seed and number of iterations give the same state, however sliced.
    """

    objective: Any
    iterations: int
    seconds: float

    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool:
        """Work for at most so long."""

    def best(self) -> Any:
        """Arrays of the best solution."""


class Search:
    """One solve as its strategy sees it.

    Parameters
    ----------
    family : Family
    instance : object
    limits : Limits
    threads : int
        How many threads kernels and backends may use together.
    seed : int
    method : str
    options : dict
        Settings of the family, defaults filled in.
    extend : callable, optional
        User's function that adds constraints to the exact `Model`. The kernels do not know these:
        their solutions then serve as hints only, and only backend solutions become incumbents.
    log : bool
        Whether backends print their logs to standard error.
    """

    def __init__(
        self,
        family: Family,
        instance: Any,
        limits: Limits,
        *,
        threads: int,
        seed: int,
        method: str,
        options: dict[str, Any],
        extend: Callable[[Model], None] | None = None,
        log: bool = False,
    ):
        import numpy as np  # --help answers without it

        self.family = family
        self.instance = instance
        self.limits = limits
        self.threads = threads
        self.seed = seed
        self.method = method
        self.options = options
        self.extend = extend
        self.log = log
        self.rng = np.random.default_rng(seed)
        self.incumbent = Incumbent(family, instance)
        self.incumbent.subscribe(self._watch)
        self.stopped = ""
        #: What went wrong without costing the incumbent; shared with it.
        self.messages = self.incumbent.messages
        self._suggested: tuple[Any, Any] = (None, None)
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._callbacks: dict[int, Callable[[], None]] = {}

    # ---- state ---------------------------------------------------------------------------------

    @property
    def elapsed(self) -> float:
        """Seconds since the solve began."""
        return self.incumbent.elapsed

    @property
    def remaining(self) -> float:
        """Seconds left, 0 when stopped."""
        return 0.0 if self._stop.is_set() else max(0.0, self.limits.time - self.elapsed)

    @property
    def open(self) -> bool:
        """Whether there is still something to do: not stopped, time left, gap not closed."""
        if self._stop.is_set():
            return False
        if self.elapsed >= self.limits.time:
            self.stop("time limit")
            return False
        return True

    @property
    def iterations(self) -> int | None:
        """Iteration limit of the kernels, None if time decides."""
        return self.limits.iterations

    @property
    def sense(self) -> str:
        """Direction of the objective, "min" or "max"."""
        return self.incumbent.sense

    @property
    def solution(self) -> Any:
        """Best checked solution."""
        return self.incumbent.solution

    @property
    def objective(self) -> Any:
        """Objective of the best checked solution."""
        return self.incumbent.objective

    @property
    def bound(self) -> Any:
        """Best proven bound."""
        return self.incumbent.bound

    @property
    def hint(self) -> Any:
        """What an exact backend should start from: the incumbent, or a kernel's suggestion."""
        return self.solution if self.solution is not None else self._suggested[0]

    # ---- reports of kernels and backends -------------------------------------------------------

    def offer(
        self, solution: Any, source: str, objective: float | None = None, *, exact: bool = False
    ) -> bool:
        """Hand in a solution; it is checked, and kept if it is the best.

        With `extend`, only a backend that knows the added constraints may set the incumbent
        (`exact`); everything else becomes the backend's hint.
        """
        if self.extend is not None and not exact:
            return self._suggest(solution, source, objective)
        return self.incumbent.offer(solution, source, objective)

    def _suggest(self, solution: Any, source: str, objective: float | None) -> bool:
        checked = self.incumbent.checked(solution, source, objective)
        if checked is None:
            return False
        with self._lock:
            if self.incumbent.better(checked, self._suggested[1]):
                self._suggested = (solution, checked)
                return True
        return False

    def tighten(self, bound: float, source: str) -> bool:
        """Hand in a valid global bound."""
        return self.incumbent.tighten(bound, source)

    def prove_optimal(self, source: str, objective: Any) -> None:
        """`source` has exhausted everything better than `objective`.

        Parameters
        ----------
        source : str
        objective : number or None
            The snapshot of the incumbent's objective that the proof was made against: another
            thread may have brought a better one since, which then refutes the claim. None: no
            claim.
        """
        if objective is not None:
            self.incumbent.tighten(objective, source)

    def prove_infeasible(self, reason: str, source: str) -> None:
        """No solution exists."""
        if self.incumbent.prove_infeasible(source):
            self.messages.append(reason)
            self.stop("infeasible")

    def report(self, source: str, error: BaseException) -> None:
        """Note a failure that must not cost the incumbent."""
        self.messages.append(f"{source}: {type(error).__name__}: {error}")

    def _watch(self, point: Any) -> None:
        if self.incumbent.closed:
            self.stop("optimal")
        elif (gap := self.incumbent.gap) is not None and gap <= self.limits.gap:
            self.stop("gap")

    @property
    def refuted(self) -> bool:
        """Whether the solve was stopped by a proof that a later solution has refuted."""
        if self.stopped == "optimal":
            return not self.incumbent.closed
        return self.stopped == "infeasible" and not self.incumbent.infeasible

    def resume(self) -> None:
        """Take back a stop, so that the rest can go on to its limit."""
        with self._lock:
            self.stopped = ""
            self._stop.clear()

    # ---- stopping ------------------------------------------------------------------------------

    def stop(self, reason: str) -> None:
        """End the solve; the first reason stays."""
        with self._lock:
            if self._stop.is_set():
                return
            self.stopped = reason
            self._stop.set()
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            callback()

    def on_stop(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call `callback` at the stop (at once if it was); returns a function that forgets it."""
        with self._lock:
            key = id(callback)
            self._callbacks[key] = callback
            already = self._stop.is_set()
        if already:
            callback()
        return lambda: self._callbacks.pop(key, None) and None

    def wait(self, seconds: float) -> bool:
        """Sleep until the stop, at most so long; returns whether stopped."""
        return self._stop.wait(seconds)

    # ---- kernels -------------------------------------------------------------------------------

    def drive(
        self,
        kernel: Any,
        *,
        solution: Callable[[Any], Any],
        inject: Callable[[Any, Any], None] | None = None,
        source: str = "kernel",
        seconds: float = math.inf,
        iterations: int | None = None,
        while_: Callable[[], bool] | None = None,
    ) -> bool:
        """Run a kernel in slices in this thread, exchanging solutions with the incumbent.

        Parameters
        ----------
        kernel : Kernel
        solution : callable
            ``solution(kernel)`` builds the family's solution from the kernel's best.
        inject : callable, optional
            ``inject(kernel, solution)`` hands the kernel a better incumbent of somebody else.
        source : str
            Name in the trace.
        seconds, iterations : number, optional
            Limits of this call beside those of the solve.
        while_ : callable, optional
            Asked between slices; a false answer ends the call.

        Returns
        -------
        bool
            False if the kernel has nothing more to do (exhausted).
        """
        deadline = time.monotonic() + seconds
        budget = self.iterations if iterations is None else iterations
        offered: Any = None
        step = 1000 if budget is not None else 0
        piece = _FIRST_SLICE
        while self.open and (while_ is None or while_()):
            left = min(deadline - time.monotonic(), self.remaining)
            if left <= 0 or (budget is not None and budget <= 0):
                break
            begun = time.monotonic()
            if budget is None:
                more = kernel.run(min(piece, left))
            else:
                before = kernel.iterations
                more = kernel.run(left, min(step, budget))
                budget -= max(1, kernel.iterations - before)
            if time.monotonic() - begun < SLICE / 2:
                piece, step = min(2 * piece, SLICE), 2 * step
            offered = self._exchange(kernel, solution, inject, source, offered)
            if not more:
                return False
        return True

    def _exchange(self, kernel, solution, inject, source, offered) -> Any:
        """Offer the kernel's best if it is new; else hand over a better incumbent."""
        objective = kernel.objective
        if objective is not None and self.incumbent.better(objective, offered):
            self.offer(solution(kernel), source, objective)
            return objective
        current = self.objective
        if inject is not None and current is not None and self.incumbent.better(current, objective):
            inject(kernel, self.solution)
            return current
        return offered

    @contextlib.contextmanager
    def in_background(
        self,
        kernel: Any,
        *,
        solution: Callable[[Any], Any],
        inject: Callable[[Any, Any], None] | None = None,
        source: str = "kernel",
        **limits: Any,
    ) -> Iterator[threading.Thread]:
        """`drive` in a thread of its own while the block runs.

        A kernel that fails is reported in the result's messages; the incumbent stays.
        """
        leave = threading.Event()

        def work() -> None:
            try:
                self.drive(
                    kernel,
                    solution=solution,
                    inject=inject,
                    source=source,
                    while_=lambda: not leave.is_set(),
                    **limits,
                )
            except Exception as error:
                self.report(source, error)

        thread = threading.Thread(target=work, name=source, daemon=True)
        thread.start()
        try:
            yield thread
        finally:
            leave.set()
            thread.join()

    def extended(self, model: Model) -> Model:
        """Let the user's `extend` add its constraints, once a model."""
        if self.extend is not None and not model.extended:
            model.extended = True
            try:
                self.extend(model)
            except Exception as error:
                raise SolverError(
                    f"extend failed: {type(error).__name__}: {error} "
                    f"(variables: {', '.join(map(str, model.variables))})"
                ) from error
        return model
