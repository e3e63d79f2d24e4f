"""The incumbent: best solution and best bound of one solve, the meeting place of its parts."""

from __future__ import annotations

import dataclasses
import math
import os
import threading
import time
from collections.abc import Callable
from typing import Any

from zerogap.models.base import Family, InfeasibleSolution
from zerogap.solvers.result import Claim, SolverError, TracePoint, gap


def strict() -> bool:
    """Whether a refused solution or a refuted claim is an error (``ZEROGAP_STRICT=1``)."""
    return os.environ.get("ZEROGAP_STRICT", "") not in ("", "0")


#: Incumbents kept for pictures that show how a solution grew; bytes of an instance's arrays beyond
#: which only the last one is kept.
HISTORY, LARGEST = 20, 1 << 26


def _bytes_of(instance: Any) -> int:
    import numpy as np  # --help answers without it

    if not dataclasses.is_dataclass(instance):
        return 0
    values = (getattr(instance, f.name) for f in dataclasses.fields(instance))
    return sum(v.nbytes for v in values if isinstance(v, np.ndarray))


class Incumbent:
    """Best solution, best bound, who found them and when; safe to share between threads.

    A solution that the checker refuses and a claim that a checked solution refutes never end a
    solve: they are dropped and named in `messages`, and claims of their source are believed no
    more. Under ``ZEROGAP_STRICT=1`` they raise `SolverError`.

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
        #: What objectives get before anything is divided by them.
        self.offset = family.offset(instance)
        self.solution: Any = None
        self.objective: Any = None
        #: The claims believed, one a source: bounds, or that there is no solution at all.
        self.claims: dict[str, Claim] = {}
        #: Sources that were wrong once, and how often since.
        self.distrusted: dict[str, int] = {}
        #: Sources whose claims do not count here, right or wrong: `audit` asks the others.
        self.ignored: frozenset[str] = frozenset()
        self.messages: list[str] = []
        #: Share by which numbers of this instance may be wrong (a nearly singular matrix): claims
        #: of objectives may differ by it, and bounds are relaxed by it.
        self.doubt = 0.0
        self.trace: list[TracePoint] = []
        #: Incumbents in their order, thinned to `HISTORY`: (time, objective, solution).
        self.history: list[tuple[float, Any, Any]] = []
        self._remembers = _bytes_of(instance) <= LARGEST
        self._started = time.monotonic()
        self._lock = threading.RLock()
        self._listeners: list[Callable[[TracePoint], None]] = []
        self._takers: list[Callable[[TracePoint, Any], None]] = []

    @property
    def elapsed(self) -> float:
        """Seconds since the solve began."""
        return time.monotonic() - self._started

    @property
    def gap(self) -> float | None:
        """Relative gap, None while solution or bound lacks."""
        return gap(self.objective, self.bound, self.offset)

    @property
    def claim(self) -> Claim | None:
        """The best bound with its source, None while there is none."""
        bounds = [c for c in list(self.claims.values()) if c.kind == "bound"]
        if not bounds:
            return None
        key = (lambda c: c.value) if self.sense == "min" else (lambda c: -c.value)
        return max(bounds, key=key)

    @property
    def bound(self) -> Any:
        """Best bound that is believed, None while there is none."""
        claim = self.claim
        return None if claim is None else claim.value

    @property
    def infeasible(self) -> bool:
        """Whether a source that is believed has proven that there is no solution."""
        return any(c.kind == "infeasible" for c in list(self.claims.values()))

    @property
    def closed(self) -> bool:
        """Whether the bound proves the solution optimal."""
        with self._lock:
            bound = self.bound
            if self.objective is None or bound is None:
                return False
            return not self._beyond(self.objective, bound)

    def moment(self) -> tuple[Any, Any, bool]:
        """Best solution, its objective and whether the gap is closed, all of the same moment."""
        with self._lock:
            return self.solution, self.objective, self.closed

    def subscribe(self, listener: Callable[[TracePoint], None]) -> None:
        """Call `listener` after every improvement, in the thread that brought it."""
        self._listeners.append(listener)

    def follow(self, taker: Callable[[TracePoint, Any], None]) -> None:
        """Call `taker(point, solution)` at every incumbent, in their order; it must not block."""
        self._takers.append(taker)

    def better(self, a: float, b: float | None) -> bool:
        """Whether objective `a` beats `b` (any objective beats None) by more than the tolerance."""
        if b is None:
            return True
        return self._beyond(b, a)

    def _beyond(self, a: float, b: float) -> bool:
        """Whether `a` is worse than `b` by more than the tolerance."""
        difference = a - b if self.sense == "min" else b - a
        return difference > self.family.tolerance * max(1.0, abs(a))

    # ---- solutions -----------------------------------------------------------------------------

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
            Under ``ZEROGAP_STRICT=1``, if the checker rejects the solution or finds another
            objective: a bug of the source.
        """
        if objective is not None and not self.better(objective, self.objective):
            return False
        checked = self.checked(solution, source, objective)
        return checked is not None and self._take(solution, checked, source)

    def checked(self, solution: Any, source: str, objective: float | None = None) -> Any:
        """The checker's objective of a solution, None (and `source` distrusted) if it refuses."""
        try:
            value = self.family.check(self.instance, solution)
        except InfeasibleSolution as error:
            self.distrust(source, f"offered an infeasible solution: {error}", error)
            return None
        if objective is not None:
            share = max(self.family.tolerance * 1e3, self.doubt)
            allowed = share * max(1.0, abs(value))
            if abs(value - objective) > allowed:
                self.distrust(source, f"claims objective {objective}, it is {value}")
        return value

    def _take(self, solution: Any, checked: Any, source: str) -> bool:
        with self._lock:
            if not self.better(checked, self.objective):
                return False
            # A checked solution is the stronger argument: what it contradicts falls.
            wrong = [c for c in self.claims.values() if self._refuted(c, checked)]
            for claim in wrong:
                del self.claims[claim.source]
            self.solution, self.objective = solution, checked
            point = self._record(source)
            self._remember(point.time)
            for taker in self._takers:
                taker(point, solution)
        for claim in wrong:
            what = "infeasibility" if claim.kind == "infeasible" else f"bound {claim.value}"
            self.distrust(
                claim.source, f"claims {what} beyond the checked objective {checked} of {source}"
            )
        self._tell(point)
        return True

    def _refuted(self, claim: Claim, checked: Any) -> bool:
        return claim.kind == "infeasible" or self._beyond(claim.value, checked)

    # ---- claims --------------------------------------------------------------------------------

    def tighten(self, bound: float, source: str) -> bool:
        """Take a valid global bound if it is better; returns whether it was.

        Raises
        ------
        SolverError
            Under ``ZEROGAP_STRICT=1``, if the bound lies beyond the checked objective, which one
            of the two gets wrong.
        """
        if bound is None or not math.isfinite(bound):
            return False
        if self.family.integral:
            # 1e-6 forgives the float that a backend reports for an integer.
            bound = math.ceil(bound - 1e-6) if self.sense == "min" else math.floor(bound + 1e-6)
        if self.doubt:
            slack = self.doubt * max(1.0, abs(bound))
            bound += -slack if self.sense == "min" else slack
        with self._lock:
            if source in self.distrusted or source in self.ignored:
                return False
            best = self.bound
            if best is not None and not (bound > best if self.sense == "min" else bound < best):
                return False
            objective = self.objective
            refuted = objective is not None and self._beyond(bound, objective)
            if not refuted:
                if objective is not None and not self._beyond(objective, bound):
                    bound = objective  # equal within the tolerance: say so exactly
                    if best == bound:
                        return False
                self.claims[source] = Claim("bound", bound, source, objective)
                point = self._record(source)
        if refuted:
            self.distrust(source, f"claims bound {bound} beyond the checked objective {objective}")
            return False
        self._tell(point)
        return True

    def prove_infeasible(self, source: str) -> bool:
        """Record a proof that no solution exists; returns whether it is believed.

        Raises
        ------
        SolverError
            Under ``ZEROGAP_STRICT=1``, if a checked solution is at hand.
        """
        with self._lock:
            if source in self.distrusted or source in self.ignored:
                return False
            refuted = self.solution is not None
            if not refuted:
                self.claims[source] = Claim("infeasible", None, source, None)
                point = self._record(source)
        if refuted:
            self.distrust(source, "claims infeasibility against a checked solution")
            return False
        self._tell(point)
        return True

    def distrust(self, source: str, reason: str, cause: BaseException | None = None) -> None:
        """Believe no claim of `source` any more, past or future; its solutions are still checked.

        Raises
        ------
        SolverError
            Under ``ZEROGAP_STRICT=1``.
        """
        with self._lock:
            first = source not in self.distrusted
            self.distrusted[source] = self.distrusted.get(source, 0) + 1
            dropped = self.claims.pop(source, None)
            if first:
                self.messages.append(f"{source} {reason}; its claims are no longer believed")
            if dropped is not None:
                self._record(source)
        if strict():
            raise SolverError(f"{source} {reason}") from cause

    def _remember(self, time: float) -> None:
        if not self._remembers:
            return
        if len(self.history) >= 2 * HISTORY:  # every other one, and the last
            self.history[:] = [*self.history[:-1:2], self.history[-1]]
        self.history.append((time, self.objective, self.solution))

    def _record(self, source: str) -> TracePoint:
        point = TracePoint(self.elapsed, self.objective, self.bound, source)
        self.trace.append(point)
        return point

    def _tell(self, point: TracePoint) -> None:
        for listener in self._listeners:
            listener(point)

    @property
    def incumbents(self) -> tuple[tuple[float, Any, Any], ...]:
        """At most `HISTORY` incumbents, (time, objective, solution), the last one included."""
        kept = list(self.history)
        if len(kept) > HISTORY:
            step = (len(kept) - 1) / (HISTORY - 1)
            kept = [kept[round(k * step)] for k in range(HISTORY)]
        return tuple(kept)
