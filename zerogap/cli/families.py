"""``zerogap families``."""

from __future__ import annotations

import click


@click.command()
@click.argument("name", required=False)
def command(name: str | None) -> None:
    """List the families; with NAME its formats, methods, generators and options."""
    from zerogap.models import base

    if name is None:
        for known in base.names():
            click.echo(f"{known:<12} {base.family(known).title}")
        return
    from zerogap.solvers import methods

    family = base.family(name)
    click.echo(f"{family.name}: {family.title} ({family.sense} {family.unit})")
    click.echo("formats     " + ", ".join(f"{f.name} ({f.suffixes[0]})" for f in family.formats))
    click.echo("methods     " + ", ".join(methods(name)))
    click.echo("generators  " + ", ".join(family.generators))
    for option in family.options:
        default = "" if option.default is None else f" [default: {option.default}]"
        choices = f" ({', '.join(map(str, option.choices))})" if option.choices else ""
        click.echo(f"  {option.name:<16} {option.help}{choices}{default}")
