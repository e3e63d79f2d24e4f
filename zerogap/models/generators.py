"""Arguments of generators and training: by name and type, from Python or a command's text."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from zerogap.models import base
from zerogap.models.errors import InstanceError
from zerogap.models.told import nearest

#: Parameters that the caller sets, not an option.
_OWN = ("seed", "output", "echo")


def arguments(function: Callable[..., Any], given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What `function` is to be called with: every argument known, and of the type it states.

    Parameters
    ----------
    function : callable
        A generator or `train`; its annotations (int, float, bool, str, with or without None) say
        what an argument may be. One that takes ``**options`` looks at them itself.
    given : mapping
        Values by name, converted or as text.
    name : str
        What is asked for, for errors.

    Returns
    -------
    dict

    Raises
    ------
    InstanceError
        Naming an argument that is unknown (with the nearest known) or of another type; a fraction
        where an integer is meant is refused, never cut.
    """
    signature = inspect.signature(function).parameters
    parameters = {key: p for key, p in signature.items() if key not in _OWN}
    if any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
        return {key: scalar(v) if isinstance(v, str) else v for key, v in given.items()}
    unknown = sorted(set(given) - set(parameters))
    if unknown:
        key = unknown[0]
        raise InstanceError(
            f"is unknown to {name}{nearest(key, parameters)}; "
            f"known: {', '.join(parameters) or 'none'}",
            field=f"option {key}",
        )
    return {key: _converted(key, value, parameters[key]) for key, value in given.items()}


def explained(function: Callable[..., Any]) -> list[tuple[str, str]]:
    """What a generator can be told: (``name=default``, explanation) of every argument.

    Arguments are those of its signature, or, where it takes ``**options``, those that its docstring
    names; explanations are its docstring's.
    """
    signature = inspect.signature(function).parameters
    told = _documented(inspect.getdoc(function) or "")
    rest: list[tuple[str, str]] = []
    anything = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in signature.values())
    for name, text in told.items():
        # "See `simulate`", "As in `grid`": what is told there.
        referred = re.fullmatch(r"(?:See|As in) `(\w+)`[^`]*", text)
        there = getattr(function, "__globals__", {}).get(referred[1]) if referred else None
        if referred is None or there is None or there is function:
            continue
        if anything and text.startswith("See"):
            rest = explained(there)
        elif inspect.isfunction(there):
            told[name] = _documented(inspect.getdoc(there) or "").get(name, text)
    names = dict.fromkeys((*signature, *told) if anything else signature)
    made = []
    for name in names:
        parameter = signature.get(name)
        if name in _OWN or (parameter and parameter.kind is inspect.Parameter.VAR_KEYWORD):
            continue
        if rest and parameter is None:
            continue
        default = None if parameter is None else parameter.default
        shown = "" if default in (None, inspect.Parameter.empty) else f"={default}"
        made.append((f"{name}{shown}", told.get(name, "")))
    return made + rest


def _documented(text: str) -> dict[str, str]:
    """Explanations of arguments in a numpydoc docstring, by name."""
    found: dict[str, list[str]] = {}
    names: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.strip() == "Parameters":
            inside = True
        elif inside and line and not line[0].isspace() and not line.startswith("-"):
            if line.strip() in ("Returns", "Raises", "Notes", "Examples", "Yields", "See Also"):
                break
            head, _, kind = line.partition(" : ")
            names = [n.strip(" *") for n in head.split(",")]
            for name in names:
                found[name] = [kind.strip()] if kind.startswith("{") else []
        elif inside and line.strip() and not line.startswith("-"):
            for name in names:
                found[name].append(line.strip())
    return {name: " ".join(lines) for name, lines in found.items()}


def scalar(text: str) -> Any:
    """Text as the integer, float or boolean it looks like, else as it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return {"true": True, "false": False}.get(text.lower(), text)


def _converted(key: str, value: Any, parameter: inspect.Parameter) -> Any:
    kinds = [k.strip() for k in str(parameter.annotation).split("|")]
    if value is None and "None" in kinds:
        return None
    problem = ""
    for kind in (k for k in kinds if k != "None"):
        try:
            return _KINDS.get(kind, _as_is)(value)
        except (TypeError, ValueError, OverflowError) as error:
            problem = problem or str(error)
    raise InstanceError(f"is {value!r}, {problem}", field=f"option {key}")


def _as_is(value: Any) -> Any:
    return value


def _float(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("expected a number")
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ValueError("expected a number") from None
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("expected a text")
    return value


_KINDS: dict[str, Callable[[Any], Any]] = {
    "int": base.integer,
    "float": _float,
    "bool": base.boolean,
    "str": _text,
}
