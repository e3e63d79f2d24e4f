"""``zerogap info``."""

from __future__ import annotations

import json

import click

from zerogap.cli import arguments, outputs


@click.command()
@click.argument("file", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@arguments.family
@arguments.option
def command(file: str, as_json: bool, family: str | None, options: dict[str, str]) -> None:
    """Show family, size and other facts of the instance in FILE."""
    from zerogap.models import base, files

    instance = files.read(file, family=family, **options)
    known = base.family_of(instance)
    facts = {
        "name": getattr(instance, "name", ""),
        "family": known.name,
        "problem": known.title,
        **known.info(instance),
        "sha256": base.digest(instance),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2, default=base._plain))
        return
    width = max(len(key) for key in facts)
    for key, value in facts.items():
        outputs.say(f"{key:<{width}}  {outputs.words(value)}".replace("\n", "\\n"))
