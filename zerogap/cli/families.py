"""``zerogap families``."""

from __future__ import annotations

import click

from zerogap.cli import arguments


@click.command()
@click.argument("name", required=False, shell_complete=arguments.complete_family)
def command(name: str | None) -> None:
    """List the families; with NAME its formats, methods, generators and options."""
    from zerogap.models import base
    from zerogap.models.text import words

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
    for title, solving in (("options of the file", False), ("options of solve", True)):
        chosen = [o for o in family.options if o.solving == solving]
        if chosen:
            click.echo(title)
        for option in chosen:
            default = (
                f" [default: {words(option.default)}]" if option.default not in (None, "") else ""
            )
            taken = [words(c) for c in option.choices or () if c is not None]
            choices = f" ({', '.join(taken)})" if taken else ""
            click.echo(f"  {option.name:<20} {option.help.rstrip('.')}{choices}{default}")
    click.echo(f"options of the generators: zerogap generate {name} --help")
