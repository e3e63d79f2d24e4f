"""What a caller means who hands over a path, a builder or a result: taken, or said what to do."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from zerogap.models import base, files
from zerogap.models.base import InstanceError
from zerogap.solvers.result import Result, load_solution

#: Families whose instances are made from tables, and from graphs.
_TABLES = ("routing", "jobshop", "dag", "scratchpad", "scheduling", "fairclique", "treeprune")
_GRAPHS = ("fairclique", "mapf", "treeprune", "scratchpad")


def instance_of(given: Any, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The instance that `given` stands for, and the options that are left for solving.

    Parameters
    ----------
    given : object
        An instance; a path, which is read (with the options of reading among `options`); a
        builder, which is asked to build.
    options : mapping

    Raises
    ------
    TypeError
        Saying what `given` is and how an instance is made of it.
    """
    if isinstance(given, str | os.PathLike):
        return files.read_for_solving(given, **options)
    if is_instance(given):
        return given, dict(options)
    known = any(type(given).__module__.startswith(m + ".") for m, _, _ in base.REGISTRY.values())
    if known and callable(getattr(given, "build", None)):
        try:
            return given.build(), dict(options)
        except TypeError:
            raise TypeError("a builder: call its build(…) first, which has arguments") from None
    raise TypeError(f"expected an instance, got {_described(given)}")


def is_instance(given: Any) -> bool:
    """Whether `given` is an instance of a registered family."""
    try:
        base.family_of(given)
    except TypeError:
        return False
    return True


def solution_of(instance: Any, given: Any) -> Any:
    """The solution that `given` stands for: itself, a result's, or that in a file.

    Raises
    ------
    TypeError
        If it is no solution of the instance's family.
    InstanceError
        If a result has none.
    """
    if isinstance(given, Result):
        if given.solution is None:
            raise InstanceError("the result has no solution", field="solution")
        return given.solution
    if isinstance(given, str | os.PathLike):
        return load_solution(os.fspath(given), instance)
    known = base.family_of(instance)
    if not isinstance(given, known.solution):
        raise TypeError(f"expected a solution of {known.name}, got {_described(given)}")
    return given


def _described(given: Any) -> str:
    """What `given` is, and the way from there to an instance."""
    if isinstance(given, Result):
        return f"a result of {given.family} (its instance is result.instance)"
    if isinstance(given, type):
        return f"a class, not an object of it ({given.__name__})"
    kind = type(given).__name__
    package = type(given).__module__.partition(".")[0]
    if package in ("pandas", "polars"):
        ways = ", ".join(f"zerogap.{name}.from_pandas" for name in _TABLES)
        return f"a table; an instance is made of it by {ways}"
    if package == "networkx":
        ways = ", ".join(f"zerogap.{name}.from_networkx" for name in _GRAPHS)
        return f"a graph; an instance is made of it by {ways}"
    if package == "numpy":
        return (
            "an array; an instance is made of it by a family's class, "
            "e.g. zerogap.dag.Dag.from_data(rows)"
        )
    if is_instance(given):
        return f"an instance of {base.family_of(given).name}"
    for name in base.names():
        if type(given).__module__.startswith(base.REGISTRY[name][0] + "."):
            return f"an object of {name} that is none ({kind})"
    return f"{'nothing' if given is None else f'an object of type {kind}'}"
