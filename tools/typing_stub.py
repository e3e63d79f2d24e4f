"""Make ``zerogap/__init__.pyi``: what an editor and mypy know of the public API.

    python tools/typing_stub.py            # or: make stub

Every family's `solve`, `stream`, `check` and `generate` get a signature of their own, with its
methods, options and generators by name and the type of its solutions. A test holds the file
against the families; run this after a method, an option or a generator was added.
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import zerogap as zg  # noqa: E402
from zerogap.models import base  # noqa: E402
from zerogap.models.generators import _OWN  # noqa: E402

#: What an instance of a class is solved to, where a family has several.
SOLUTIONS = {
    ("scratchpad", "Network"): "Plan", ("scratchpad", "Buffers"): "Placement",
    ("scratchpad", "Trace"): "Mapping", ("treeprune", "TreePrune"): "Kept",
    ("treeprune", "Draft"): "Drafted",
}  # fmt: skip

HEAD = """\
# Made by tools/typing_stub.py from the families' methods, options and generators; do not edit.
import threading
from collections.abc import Callable, Collection, Generator
from typing import Any, Literal, overload

"""


def solutions(family: Any) -> dict[str, list[str]]:
    """Classes of instances with the classes of their solutions; same solutions stand together."""
    every = family.solution if isinstance(family.solution, tuple) else (family.solution,)
    made: dict[str, list[str]] = {}
    for kind in family.instances:
        own = SOLUTIONS.get((family.name, kind.__name__))
        names = [own] if own else [s.__name__ for s in every]
        key = " | ".join(f"{family.name}.{n}" for n in names)
        made.setdefault(key, []).append(f"{family.name}.{kind.__name__}")
    return made


def literal(values: Any) -> str:
    """A Literal of names."""
    return f"Literal[{', '.join(repr(v) for v in values)}]"


def option(known: Any) -> str:
    """An option as a keyword argument."""
    if known.choices and all(isinstance(c, str | int | None) for c in known.choices):
        kind = literal(known.choices)
        kind += " | None" if known.default is None and None not in known.choices else ""
    else:
        kind = {str: "str", int: "int", float: "float", bool: "bool"}.get(known.type, "Any")
        kind += " | None" if known.default is None and kind != "Any" else ""
    return f"{known.name}: {kind} = ..."


def signature(name: str, head: list[str], tail: list[str], result: str) -> str:
    """A function of the stub, an argument a line."""
    lines = "".join(f"    {a},\n" for a in (*head, "*", *tail))
    return f"def {name}(\n{lines}) -> {result}: ...\n"


def stated(function: Any) -> str:
    """A function of the package itself, as it is declared."""
    told = inspect.signature(function)
    head, tail = [], []
    for p in told.parameters.values():
        mark = {p.VAR_KEYWORD: "**", p.VAR_POSITIONAL: "*"}.get(p.kind, "")
        default = "" if p.default is p.empty else " = ..."
        keyword = p.kind in (p.KEYWORD_ONLY, p.VAR_KEYWORD)
        (tail if keyword else head).append(f"{mark}{p.name}: {p.annotation}{default}")
    star = ["*"] if tail and not tail[0].startswith("**") else []
    lines = "".join(f"    {a},\n" for a in (*head, *star, *tail))
    return f"def {function.__name__}(\n{lines}) -> {told.return_annotation}: ...\n"


def solving(methods: Any, family: Any) -> list[str]:
    """Keyword arguments of `solve`, those of the family last."""
    given = f"{literal(methods)} | str" if methods else "str"
    own = [option(o) for o in family.options if o.solving] if family else []
    return [
        f"method: {given} = ...", "time_limit: float = ...", "threads: int | None = ...",
        "seed: int = ...", "gap: float = ...", "start: Any = ...", "iterations: int | None = ...",
        "extend: Callable[[Model], None] | None = ...",
        "on_progress: Callable[[Any], None] | None = ...",
        "on_solution: Callable[[Found[Any]], None] | None = ...",
        "interrupt: threading.Event | None = ...", "log: bool = ...",
        "without: Collection[str] = ...", *own,
    ]  # fmt: skip


def generator(function: Any) -> list[str]:
    """Keyword arguments of a generator."""
    made = ["seed: int = ..."]
    for name, p in inspect.signature(function).parameters.items():
        if name in _OWN:
            continue
        if p.kind is p.VAR_KEYWORD:
            made.append("**options: Any")
            continue
        kind = str(p.annotation)
        plain = re.fullmatch(r"(int|float|bool|str)( \| (int|float|bool|str|None))*", kind)
        made.append(f"{name}: {kind if plain else 'Any'} = ...")
    return made


def stub() -> str:
    """The text of the stub."""
    # Not those that a program registered itself.
    ours = [n for n, where in base.REGISTRY.items() if where[0].startswith("zerogap.models.")]
    families = [zg.family(name) for name in ours]
    parts = [HEAD]
    parts += [f"from zerogap.models import {n} as {n}\n" for n in sorted(ours)]
    homes: dict[str, list[str]] = {}
    own = ("check", "generate", "solve", "stream")
    plain = []
    for name in zg.__all__:
        known = getattr(zg, name)
        if name in own:
            continue
        if known.__module__ == "zerogap":
            plain.append(stated(known))
        else:
            homes.setdefault(known.__module__, []).append(name)
    for home, names in sorted(homes.items()):
        parts += [f"from {home} import {name} as {name}\n" for name in sorted(names)]
    parts.append("\n__version__: str\n__all__: list[str]\n")
    parts += [f"\n{text}" for text in plain]
    made: dict[str, list[str]] = {"solve": [], "stream": [], "check": []}
    for family in families:
        methods = list(zg.methods(family.name))
        for answer, kinds in solutions(family).items():
            given = " | ".join(kinds)
            head, told = [f"instance: {given}"], solving(methods, family)
            result = f"Result[{given}, {answer}]"
            stream = f"Generator[Found[{answer}], None, {result}]"
            value = "int" if family.integral else "float"
            made["solve"].append(signature("solve", head, told, result))
            made["stream"].append(signature("stream", head, told, stream))
            made["check"].append(
                f"def check(instance: {given}, solution: {answer}) -> {value}: ...\n"
            )
    head, told = ["instance: Any"], [*solving(None, None), "**options: Any"]
    anything = "Result[Any, Any]"
    made["solve"].append(signature("solve", head, told, anything))
    made["stream"].append(
        signature("stream", head, told, f"Generator[Found[Any], None, {anything}]")
    )
    made["check"].append("def check(instance: Any, solution: Any) -> Any: ...\n")
    for texts in made.values():
        parts += [f"\n@overload\n{text}" for text in texts]
    for family in families:
        kinds = " | ".join(f"{family.name}.{k.__name__}" for k in family.instances)
        for k, (name, function) in enumerate(family.generators.items()):
            chosen = literal([name]) + (" | None = ..." if k == 0 else "")
            made = inspect.signature(function).return_annotation
            exact = f"{family.name}.{made}" if str(made) in {
                c.__name__ for c in family.instances} else kinds  # fmt: skip
            head = [f"name: Literal[{family.name!r}]", f"generator: {chosen}"]
            parts.append("\n@overload\n" + signature("generate", head, generator(function), exact))
    parts.append("\n@overload\n" + signature(
        "generate", ["name: str", "generator: str | None = ..."],
        ["seed: int = ...", "**options: Any"], "Any"))  # fmt: skip
    return "".join(parts)


if __name__ == "__main__":
    (ROOT / "zerogap" / "__init__.pyi").write_text(stub())
