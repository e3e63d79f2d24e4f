"""A second opinion: a claim is put to methods that did not make it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

from zerogap.models import base
from zerogap.models.base import InstanceError
from zerogap.solvers import solve
from zerogap.solvers.incumbent import Incumbent
from zerogap.solvers.result import Result, Status, number

CONFIRMED, REFUTED, UNDECIDED = "confirmed", "refuted", "undecided"


@dataclass(frozen=True)
class Audit:
    """What a second opinion says of a result's claims.

    Parameters
    ----------
    verdict : {"confirmed", "refuted", "undecided"}
    claim : str
        The claim in words.
    reason : str
        By what it is confirmed or refuted, or why it is not decided.
    method, source : str
        The method asked last, and the part of it that decided.
    bound : number or None
        Best bound of methods that did not make the claim.
    better : Result or None
        Where the claim is refuted: the result with the solution that refutes it.
    time : float
        Wall-clock seconds.
    """

    verdict: str
    claim: str
    reason: str
    method: str = ""
    source: str = ""
    bound: Any = None
    better: Result | None = field(default=None, repr=False)
    time: float = 0.0

    def __str__(self) -> str:
        return f"{self.verdict}: {self.claim}; {self.reason}, {self.time:.1f} s"

    def to_dict(self) -> dict:
        """The verdict as a JSON-able dict, a refuting result included."""
        return {
            "verdict": self.verdict,
            "claim": self.claim,
            "reason": self.reason,
            "method": self.method,
            "source": self.source,
            "bound": self.bound,
            "better": None if self.better is None else self.better.to_dict(),
            "time": round(self.time, 6),
        }


def audit(
    result: Result, *, time_limit: float = 60.0, threads: int | None = None, seed: int = 1
) -> Audit:
    """Confirm or refute what a result claims, by methods that did not claim it.

    A bound (and so ``optimal``) is confirmed by an equal or better bound of another source (to a
    relative 1e-6 where objectives are no integers), and refuted by any checked solution beyond it;
    ``infeasible`` is confirmed by another proof and refuted by any checked solution. Everything
    else is undecided.

    Parameters
    ----------
    result : Result
        Of `solve` or `load_result`.
    time_limit : float
        Seconds for all methods together.
    threads : int, optional
        All processors if None.
    seed : int
        Seed of the methods asked.

    Returns
    -------
    Audit

    Raises
    ------
    InstanceError
        If the result claims nothing, or claims something of a problem with added constraints.
    """
    if not isinstance(result, Result):
        raise TypeError(
            f"expected a result of zerogap.solve, got an object of type {type(result).__name__}"
        )
    if result.extended:
        raise InstanceError(
            "claims something of a problem with constraints added by extend, which are not in it",
            field="extended",
        )
    if result.bound is None and result.status is not Status.INFEASIBLE:
        raise InstanceError("claims neither a bound nor infeasibility", field="bound")
    claim = _words(result)
    family = base.family_of(result.instance)
    judge = Incumbent(family, result.instance)
    judge.objective = result.objective
    makers = {c.source for c in result.claims}
    spent, best, last = 0.0, None, ""
    ways = _ways(result.family)
    for k, (method, options) in enumerate(ways):
        left = time_limit - spent
        if left <= 0:
            break
        other = solve(
            result.instance,
            method=method,
            time_limit=left / (len(ways) - k),
            threads=threads,
            seed=seed,
            start=result.solution,
            without=makers,  # their word would end the solve before the others have theirs
            **options,
        )
        spent, last = spent + other.time, method
        refuted = _refutes(result, other, judge)
        if refuted:
            return Audit(REFUTED, claim, refuted, method, _source(other), other.bound, other, spent)
        for found in other.claims:
            # Who made the claim cannot confirm it; nor can anybody where that is not said.
            if not makers or found.source in makers:
                continue
            if found.kind == "infeasible" and result.status is Status.INFEASIBLE:
                reason = f"{found.source} proves it too"
                return Audit(CONFIRMED, claim, reason, method, found.source, None, None, spent)
            if found.kind != "bound" or result.status is Status.INFEASIBLE:
                continue
            if best is None or judge.better(best, found.value):
                best = found.value
            if not judge.better(found.value, _slack(result.bound, family, judge.sense)):
                reason = f"{found.source} proves {number(found.value)}"
                return Audit(
                    CONFIRMED, claim, reason, method, found.source, found.value, None, spent
                )
    if not makers:
        reason = (
            "it does not say what the claim rests on, so that nobody counts as a second opinion"
        )
        return Audit(UNDECIDED, claim, reason, last, "", None, None, spent)
    reason = (
        f"methods that did not claim it prove {number(best)}"
        if best is not None
        else "no method that did not claim it came to an end"
    )
    return Audit(UNDECIDED, claim, reason, last, "", best, None, spent)


#: Backends prove real-valued objectives to their own tolerances: bounds agree to this share.
AGREE = 1e-6


def _slack(bound: Any, family: base.Family, sense: str) -> Any:
    """The claimed bound less what backends may differ by; integers are exact."""
    if family.integral:
        return bound
    return bound + (-AGREE if sense == "min" else AGREE) * max(1.0, abs(bound))


def _words(result: Result) -> str:
    if result.status is Status.INFEASIBLE:
        return "no solution exists"
    if result.status is Status.OPTIMAL:
        return f"objective {number(result.objective)} is optimal"
    return f"no solution is beyond the bound {number(result.bound)}"


def _source(result: Result) -> str:
    found = [p.source for p in result.trace if p.objective == result.objective]
    return found[0] if found else result.method


def _refutes(claimed: Result, other: Result, judge: Incumbent) -> str:
    """How a checked solution of the other result contradicts the claim; empty if it does not."""
    if other.solution is None:
        return ""
    if claimed.status is Status.INFEASIBLE:
        return f"{_source(other)} found a solution of objective {number(other.objective)}"
    if judge.better(other.objective, claimed.bound):
        return f"{_source(other)} found objective {number(other.objective)}"
    return ""


def _ways(family: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Methods that prove something, as (method, options); a family may name them in PROOFS."""
    module = importlib.import_module(base.REGISTRY[family][1])
    return getattr(module, "PROOFS", (("exact", {}), ("auto", {})))
