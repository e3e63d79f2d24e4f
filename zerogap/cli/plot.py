"""``zerogap plot``."""

from __future__ import annotations

import importlib
from typing import Any

import click

from zerogap.cli import arguments
from zerogap.cli.errors import MissingExtra


@click.command()
@click.argument("file")
@click.argument("solution")
@click.argument("out")
@arguments.family
@arguments.option
def command(
    file: str, solution: str, out: str, family: str | None, options: dict[str, str]
) -> None:
    """Draw SOLUTION of the instance in FILE to OUT (.svg, .png, .pdf)."""
    import zerogap as zg

    instance = zg.read(file, family=family, **options)
    chosen = zg.load_solution(solution, instance)
    zg.check(instance, chosen)
    draw(instance, chosen, out)


def draw(instance: Any, solution: Any, out: str) -> None:
    """Write the family's picture, or its own export where the ending names one."""
    from zerogap.models import base

    known = base.family_of(instance)
    try:
        report = importlib.import_module(base.REGISTRY[known.name][2])
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("matplotlib"):
            raise MissingExtra("drawing", "plot") from None
        raise
    exports = getattr(report, "EXPORTS", {})
    suffix = "." + out.rsplit(".", 1)[-1].lower()
    if suffix in exports:
        from zerogap.models.files import replace

        text = exports[suffix](instance, solution)
        replace(out, text if isinstance(text, bytes) else text.encode())
        return
    try:
        figure = report.draw(instance, solution)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("matplotlib"):
            raise MissingExtra("drawing", "plot") from None
        raise
    try:
        figure.savefig(out, bbox_inches="tight")
    except ValueError as error:
        raise base.InstanceError(str(error), file=out) from None
    except OSError as error:
        raise base.InstanceError(f"cannot be written: {error.strerror}", file=out) from None
