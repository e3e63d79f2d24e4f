"""Arguments that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click


def pairs(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """``key=value`` arguments as a dict."""
    found: dict[str, str] = {}
    for text in values:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise click.BadParameter(f"{text!r}: expected key=value")
        found[key.replace("-", "_")] = value
    return found


def complete_family(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Names of families, for the shell."""
    from zerogap.models import base

    return [name for name in base.names() if name.startswith(incomplete)]


def complete_generator(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Generators of the family that was typed, for the shell."""
    from zerogap.models import base

    name = ctx.params.get("family")
    known = base.family(name).generators if name in base.names() else ()
    return [g for g in known if g.startswith(incomplete)]


def complete_method(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Methods, for the shell: those of ``--family``, or what every family has."""
    from zerogap.models import base

    name = ctx.params.get("family")
    known: Any = ("auto", "kernel", "exact")
    if name in base.names():
        from zerogap.solvers import methods

        known = methods(str(name))
    return [m for m in known if m.startswith(incomplete)]


def complete_option(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """``key=`` and ``key=value`` of the family's options or the generator's, for the shell."""
    from zerogap.models import base
    from zerogap.models.generators import explained

    typed = [w for w in ctx.meta.get("zerogap.words", ()) if w in base.names()]
    name = ctx.params.get("family") or (typed[0] if typed else None)
    chosen = [name] if name in base.names() else list(base.names())
    words = []
    for family in map(base.family, chosen):
        if ctx.info_name == "generate":
            kind = ctx.params.get("kind") or ctx.params.get("generator")
            made = family.generators.get(str(kind)) or next(iter(family.generators.values()))
            words += [key.partition("=")[0] + "=" for key, _ in explained(made)]
            continue
        for known in family.options:
            values = [str(c) for c in known.choices or () if c is not None]
            words += [f"{known.name}={value}" for value in values] or [f"{known.name}="]
    return sorted({w for w in words if w.startswith(incomplete)})


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--option key=value``, repeatable."""
    return click.option(
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        callback=pairs,
        shell_complete=complete_option,
        help="A setting of the family; `zerogap families NAME` lists them. Repeatable.",
    )(function)


def family(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--family NAME``."""
    return click.option(
        "--family",
        metavar="NAME",
        shell_complete=complete_family,
        help="Family of the file, where it could be two.",
    )(function)
