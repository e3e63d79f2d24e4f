"""zerogap: combinatorial optimization that closes the gap.

>>> import zerogap as zg
>>> shop = zg.generate("jobshop", jobs=4, machines=3, seed=1)
>>> result = zg.solve(shop, time_limit=10, threads=1)
>>> result.status
<Status.OPTIMAL: 'optimal'>
>>> zg.check(shop, result.solution) == result.objective
True
"""

from __future__ import annotations

import importlib
from typing import Any

from zerogap import _moved
from zerogap.models.base import (
    InfeasibleSolution,
    InstanceError,
    Model,
    digest,
    family,
    family_of,
    names,
    register,
)
from zerogap.models.files import read, write
from zerogap.models.generators import arguments as _arguments
from zerogap.models.told import nearest
from zerogap.solvers import Found, Limits, Result, SolverError, Status, methods, solve, stream
from zerogap.solvers.audit import Audit, audit
from zerogap.solvers.meant import instance_of, is_instance, solution_of
from zerogap.solvers.result import load_result, load_solution, versions

_moved.install()
__version__ = "0.1.0"
__all__ = [
    "Audit",
    "Found",
    "InfeasibleSolution",
    "InstanceError",
    "Limits",
    "Model",
    "Result",
    "SolverError",
    "Status",
    "audit",
    "check",
    "digest",
    "explain",
    "family",
    "family_of",
    "generate",
    "load_result",
    "load_solution",
    "methods",
    "names",
    "read",
    "register",
    "solve",
    "stream",
    "versions",
    "write",
]


def check(instance: Any, solution: Any) -> Any:
    """Recompute the objective of a solution from the definition of the problem.

    Parameters
    ----------
    instance : object
        An instance of any family, or the path of its file.
    solution : object
        A solution of that family, a result, or the path of a file with one; the two may be
        swapped.

    Returns
    -------
    int or float
        The objective.

    Raises
    ------
    InfeasibleSolution
        Naming the violated constraint.
    """
    if is_instance(solution) and not is_instance(instance):
        instance, solution = solution, instance
    instance, _ = instance_of(instance, {})
    return family_of(instance).check(instance, solution_of(instance, solution))


def explain(instance: Any, result: Any = None, *, seconds: float = 10.0) -> list[Any]:
    """Why parts of an instance are left out of a plan, or why it has no solution.

    Parameters
    ----------
    instance : object
        An instance of a family that explains (routing).
    result : Result or solution, optional
        The plan whose gaps are to be explained; None: the instance itself.
    seconds : float
        About how long to try.

    Returns
    -------
    list
        Reasons; each prints as a sentence and names an inclusion-minimal set of constraints that
        was found by taking constraints away one by one.

    Raises
    ------
    InstanceError
        If the family does not explain.
    """
    from zerogap.models.base import REGISTRY

    name = family_of(instance).name
    try:
        module = importlib.import_module(f"{REGISTRY[name][1]}.explain")
    except ModuleNotFoundError:
        known = ", ".join(n for n in names() if _explains(n))
        raise InstanceError(
            f"{name} has no explanations (families that have: {known})", field="family"
        ) from None
    plan = result.solution if isinstance(result, Result) else result
    return list(module.explain(instance, plan, seconds=seconds))


def _explains(name: str) -> bool:
    from importlib.util import find_spec

    from zerogap.models.base import REGISTRY

    return find_spec(f"{REGISTRY[name][1]}.explain") is not None


def generate(name: str, generator: str | None = None, *, seed: int = 0, **options: Any) -> Any:
    """Generate an instance.

    Parameters
    ----------
    name : str
        The family.
    generator : str, optional
        One of the family's generators; its first one if None.
    seed : int
        The same seed and options give the same instance on every machine.
    **options
        Settings of the generator.

    Returns
    -------
    instance

    Raises
    ------
    InstanceError
        If family, generator or an option is unknown or out of range.
    """
    generators = family(name).generators
    chosen = next(iter(generators)) if generator is None else generator
    if chosen not in generators:
        raise InstanceError(
            f"{name} has no generator {chosen!r}{nearest(chosen, generators)} "
            f"(known: {', '.join(generators)})",
            field="generator",
        )
    settings = _arguments(generators[chosen], options, f"the generator {chosen}")
    return generators[chosen](seed=seed, **settings)


def __getattr__(name: str) -> Any:
    """Families hang on the package (``zerogap.jobshop``) and are imported on first use."""
    if name in names():
        return importlib.import_module(f"zerogap.models.{name}")
    hint = "" if name.startswith("_") else nearest(name, __dir__())
    raise AttributeError(f"module 'zerogap' has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return [*__all__, *names()]
