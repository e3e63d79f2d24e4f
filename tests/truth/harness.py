"""One drawn instance, one drawn way to solve it, and what must hold of the answer.

An oracle (``tests/oracles/<family>.py``) offers

``METHODS``, ``EXACT``, ``REFUSALS``
    the family's methods; those that end by themselves (others get a limit of iterations); how a
    method begins its refusal of an instance with features that it does not know;
``draw(rng)``
    (instance, options of `solve`): every feature of the model on with probability 1/4;
``optimum(instance, options, allowed=None)``
    (value, solution) of the best solution that ``allowed(solution)`` accepts, or (None, None);
``solution(instance, rng, options)``
    a random feasible solution, or None;
``extension(instance, rng, options)``
    None, or (``extend(model)``, ``allowed(solution)``, methods that take it);
``variants(instance, rng, options)``
    (other instance, function from the optimum to the other's) pairs.

A case is drawn from (family, seed) alone, so that a seed reproduces a failure.
"""

from __future__ import annotations

import importlib
import math
import threading
import zlib
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

import zerogap as zg
from zerogap.models import base

WORLDS = ("plain", "start", "injected", "interrupted", "tiny", "extend", "variant")
#: Seconds after which a run is left undecided, and iterations of kernels.
SECONDS, ITERATIONS = 5.0, 3000
#: Objectives of real-valued families agree to this share.
CLOSE = 1e-6


class Contradiction(AssertionError):
    """What the package says is not what the oracle says."""


@dataclass
class Case:
    """A drawn instance and how it is to be solved."""

    family: str
    seed: int
    instance: Any
    options: dict
    method: str
    threads: int
    world: str
    log: list[str] = field(default_factory=list)
    #: The world was asked for, not drawn: it belongs to the command that reproduces the case.
    asked: bool = False

    def __str__(self) -> str:
        return (
            f"{self.family} seed {self.seed}: {self.method}, {self.threads} threads, "
            f"{self.world}, options {self.options}, {'; '.join(self.log)}\n"
            f"  again: python -m tests.truth {self.family} --seed {self.seed}"
            f"{f' --world {self.world}' if self.asked else ''}"
        )


def oracle(family: str) -> ModuleType:
    """The oracle of a family."""
    return importlib.import_module(f"tests.oracles.{family}")


def draw(family: str, seed: int, world: str | None = None) -> tuple[Case, np.random.Generator]:
    """The case of a seed, and the generator that its world goes on to draw from."""
    rng = np.random.default_rng([zlib.crc32(family.encode()), seed])
    known = oracle(family)
    instance, options = known.draw(rng)
    method = str(rng.choice(known.METHODS))
    threads = int(rng.integers(1, 3))
    drawn = str(rng.choice(WORLDS))
    case = Case(family, seed, instance, dict(options), method, threads, world or drawn)
    case.asked = world is not None
    return case, rng


def run(family: str, seed: int, world: str | None = None) -> str:
    """Solve the case of a seed and hold the answer against the oracle.

    Parameters
    ----------
    family : str
        The family.
    seed : int
        What the case is drawn from.
    world : str, optional
        One of `WORLDS` instead of a drawn one.

    Returns
    -------
    str
        The status that came out.

    Raises
    ------
    Contradiction
        If anything does not hold, an exception included.
    """
    case, rng = draw(family, seed, world)
    known = oracle(family)
    settings: dict[str, Any] = {"time_limit": SECONDS}
    if case.method not in ("exact", *getattr(known, "EXACT", ())):
        settings["iterations"] = ITERATIONS
    instance, allowed, first = case.instance, None, None
    if case.world == "variant":
        others = list(known.variants(instance, rng, case.options))
        if others:
            other, mapped = others[int(rng.integers(len(others)))]
            best, _ = known.optimum(instance, case.options)
            case.log.append(f"variant of an instance with optimum {best}")
            expected = None if best is None else mapped(best)
            return _judge(case, _solve(case, other, settings), other, expected)
    if case.world == "extend":
        made = known.extension(instance, rng, case.options)
        if made is not None:
            extend, allowed, methods = made
            case.method = str(rng.choice(methods))
            settings.pop("iterations", None)
            settings["extend"] = extend
    if case.world == "start":
        first = settings["start"] = known.solution(instance, rng, case.options)
    if case.world == "tiny":
        settings["time_limit"] = float(10.0 ** rng.uniform(-4, -1))
    if case.world == "injected":
        settings["on_progress"] = _Injector(case, known, rng)
    if case.world == "interrupted":
        settings["interrupt"] = event = threading.Event()
        threading.Timer(float(10.0 ** rng.uniform(-3, -0.5)), event.set).start()
    best, _ = known.optimum(instance, case.options, allowed)
    result = _solve(case, instance, settings)
    status = _judge(case, result, instance, best)
    if result is None:
        return status
    if allowed is not None and result.solution is not None and not allowed(result.solution):
        raise Contradiction(f"the user's constraint does not hold: {case}")
    if first is not None and result.solution is None:
        raise Contradiction(f"the start is lost: {case}")
    if first is not None and _worse(case, result.objective, zg.check(instance, first)):
        raise Contradiction(f"{result.objective} is worse than the start: {case}")
    return status


class _Injector:
    """Hands solutions of elsewhere to a running search, as another thread's incumbents come in."""

    def __init__(self, case: Case, known: ModuleType, rng: np.random.Generator):
        best, solution = known.optimum(case.instance, case.options)
        some = [known.solution(case.instance, rng, case.options) for _ in range(2)]
        if best is not None and rng.random() < 0.5:
            some.append(solution)
        self.waiting = [s for s in some if s is not None]
        self.skip = int(rng.integers(0, 3))

    def __call__(self, search: Any) -> None:
        if self.skip:
            self.skip -= 1
        elif self.waiting:
            search.offer(self.waiting.pop(0), "injected")


def _solve(case: Case, instance: Any, settings: dict) -> zg.Result | None:
    try:
        return zg.solve(
            instance,
            method=case.method,
            threads=case.threads,
            seed=case.seed % 1000,
            **settings,
            **case.options,
        )
    except zg.InstanceError as error:
        if error.message.startswith(getattr(oracle(case.family), "REFUSALS", ("\0",))):
            return None
        raise Contradiction(f"{type(error).__name__}: {error}: {case}") from error
    except Exception as error:
        raise Contradiction(f"{type(error).__name__}: {error}: {case}") from error


def _sense(case: Case) -> str:
    family = base.family(case.family)
    return family.sense_of(case.instance) if family.sense_of else family.sense


def _worse(case: Case, a: Any, b: Any) -> bool:
    """Whether objective a is worse than b by more than the family's numbers may differ."""
    slack = 0.0 if base.family(case.family).integral else CLOSE * max(1.0, abs(b))
    return (a - b if _sense(case) == "min" else b - a) > slack


def _judge(case: Case, result: zg.Result | None, instance: Any, best: Any) -> str:
    if result is None:
        return "refused"
    case.log.append(f"optimum {best}, answer {result} by {[c.source for c in result.claims]}")
    if best is None:
        if result.solution is not None:
            raise Contradiction(f"a solution where there is none: {case}")
        if result.status not in ("infeasible", "unknown"):
            raise Contradiction(f"wrong status: {case}")
        return str(result.status)
    if result.status == "infeasible":
        raise Contradiction(f"not infeasible: {case}")
    if result.bound is not None and _worse(case, result.bound, best):
        raise Contradiction(f"bound beyond the optimum: {case}")
    if result.solution is None:
        return str(result.status)
    if _worse(case, best, result.objective):
        raise Contradiction(f"better than the optimum: {case}")
    if result.status == "optimal" and _worse(case, result.objective, best):
        raise Contradiction(f"not optimal: {case}")
    if not math.isfinite(result.objective):
        raise Contradiction(f"objective {result.objective}: {case}")
    return str(result.status)
