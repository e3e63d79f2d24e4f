"""The incumbent: best solution and best bound of one solve, the meeting place of its parts."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from zerogap.models.base import Family, InfeasibleSolution
from zerogap.solvers.result import SolverError, TracePoint, gap


class Incumbent:
    """Best solution, best bound, who found them and when; safe to share between threads.

    Parameters
    ----------
    family : Family
        Gives sense, checker and tolerance.
    instance : object
        The instance solved.
    """

    def __init__(self, family: Family, instance: Any):
        self.family = family
        self.instance = instance
        self.sense = family.sense_of(instance) if family.sense_of else family.sense
        self.solution: Any = None
        self.objective: Any = None
        self.bound: Any = None
        self.infeasible = False
        self.trace: list[TracePoint] = []
        self._started = time.monotonic()
        self._lock = threading.RLock()
        self._listeners: list[Callable[[TracePoint], None]] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self._started

    @property
    def gap(self) -> float | None:
        """Relative gap, None while solution or bound lacks."""
        return gap(self.objective, self.bound)

    @property
    def closed(self) -> bool:
        """Whether the bound proves the solution optimal."""
        with self._lock:
            if self.objective is None or self.bound is None:
                return False
            return not self._beyond(self.objective, self.bound)

    def subscribe(self, listener: Callable[[TracePoint], None]) -> None:
        """Call `listener` after every improvement, in the thread that brought it."""
        self._listeners.append(listener)

    def better(self, a: float, b: float | None) -> bool:
        """Whether objective `a` beats `b` (any objective beats None) by more than the tolerance."""
        if b is None:
            return True
        return self._beyond(b, a)

    def _beyond(self, a: float, b: float) -> bool:
        """Whether `a` is worse than `b` by more than the tolerance."""
        difference = a - b if self.sense == "min" else b - a
        return difference > self.family.tolerance * max(1.0, abs(a))

    def offer(self, solution: Any, source: str, objective: float | None = None) -> bool:
        """Take a solution if it is better; it is checked first.

        Parameters
        ----------
        solution : object
            The family's solution.
        source : str
            Who found it, for the trace.
        objective : number, optional
            What the source believes it is worth. Not better than the incumbent: refused at once.

        Returns
        -------
        bool
            Whether it became the incumbent.

        Raises
        ------
        SolverError
            If the checker rejects the solution or finds another objective: a bug of the source.
        """
        if objective is not None and not self.better(objective, self.objective):
            return False
        try:
            checked = self.family.check(self.instance, solution)
        except InfeasibleSolution as error:
            raise SolverError(f"{source} offered an infeasible solution: {error}") from error
        if objective is not None:
            allowed = max(self.family.tolerance, 0.0) * 1e3 * max(1.0, abs(checked))
            if abs(checked - objective) > allowed:
                raise SolverError(f"{source} claims objective {objective}, it is {checked}")
        return self._take(solution, checked, source)

    def _take(self, solution: Any, checked: Any, source: str) -> bool:
        with self._lock:
            if not self.better(checked, self.objective):
                return False
            if self.bound is not None and self._beyond(self.bound, checked):
                wrong = f"bound {self.bound} is beyond the checked objective {checked} of {source}"
                self.bound = None
                self.solution, self.objective = solution, checked
                self._record(source)
                raise SolverError(wrong)
            self.solution, self.objective = solution, checked
            point = self._record(source)
        self._tell(point)
        return True

    def tighten(self, bound: float, source: str) -> bool:
        """Take a valid global bound if it is better; returns whether it was.

        Raises
        ------
        SolverError
            If the bound lies beyond the checked objective, which one of the two gets wrong.
        """
        if bound is None or not math.isfinite(bound):
            return False
        if self.family.integral:
            # 1e-6 forgives the float that a backend reports for an integer.
            bound = math.ceil(bound - 1e-6) if self.sense == "min" else math.floor(bound + 1e-6)
        with self._lock:
            if self.bound is not None and not (
                bound > self.bound if self.sense == "min" else bound < self.bound
            ):
                return False
            if self.objective is not None and self._beyond(bound, self.objective):
                raise SolverError(
                    f"{source} claims bound {bound} beyond the checked objective {self.objective}"
                )
            if self.objective is not None and not self._beyond(self.objective, bound):
                bound = self.objective  # equal within the tolerance: say so exactly
                if self.bound == bound:
                    return False
            self.bound = bound
            point = self._record(source)
        self._tell(point)
        return True

    def prove_infeasible(self, source: str) -> None:
        """Record a proof that no solution exists.

        Raises
        ------
        SolverError
            If a checked solution is at hand.
        """
        with self._lock:
            if self.solution is not None:
                raise SolverError(f"{source} claims infeasibility against a checked solution")
            self.infeasible = True
            point = self._record(source)
        self._tell(point)

    def _record(self, source: str) -> TracePoint:
        point = TracePoint(self.elapsed, self.objective, self.bound, source)
        self.trace.append(point)
        return point

    def _tell(self, point: TracePoint) -> None:
        for listener in self._listeners:
            listener(point)
