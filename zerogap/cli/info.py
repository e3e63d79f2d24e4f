"""``zerogap info``."""

from __future__ import annotations

import json
from typing import Any

import click

from zerogap.cli import arguments, outputs


@click.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@arguments.family
@arguments.option
def command(file: str, as_json: bool, family: str | None, options: dict[str, str]) -> None:
    """Show family, size and other facts of the instance in FILE."""
    from zerogap.models import base

    instance, note = _read(file, family, options)
    known = base.family_of(instance)
    facts = {
        "name": getattr(instance, "name", ""),
        "family": known.name,
        "problem": known.title,
        **(known.info(instance) | note),
        "sha256": base.digest(instance),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2, default=base._plain))
        return
    width = max(len(key) for key in facts)
    for key, value in facts.items():
        outputs.say(f"{key:<{width}}  {outputs.words(value)}".replace("\n", "\\n"))


def _read(file: str, family: str | None, options: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """The instance; where only its capacity is missing, facts by which one chooses it."""
    from zerogap.models import files
    from zerogap.models.errors import InstanceError

    try:
        return files.read(file, family=family, **options), {}
    except InstanceError as error:
        if error.field != "capacity" or "missing" not in error.message or "capacity" in options:
            raise
    instance = files.read(file, family=family, **options, capacity="1x")
    return instance, {
        "capacity": "not given: --option capacity=512KiB, or 1.5x for one and a half times the "
        "largest working set"
    }
