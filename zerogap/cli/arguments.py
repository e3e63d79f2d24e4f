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


def option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--option key=value``, repeatable."""
    return click.option(
        "--option",
        "options",
        multiple=True,
        metavar="KEY=VALUE",
        callback=pairs,
        help="A setting of the family; `zerogap families NAME` lists them. Repeatable.",
    )(function)


def family(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--family NAME``."""
    return click.option(
        "--family", metavar="NAME", help="Family of the file, where it could be two."
    )(function)
