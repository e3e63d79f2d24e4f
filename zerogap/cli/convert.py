"""``zerogap convert``."""

from __future__ import annotations

import click

from zerogap.cli import arguments, outputs


@click.command()
@click.argument("file", type=click.Path())
@click.argument("out", type=click.Path())
@click.option("--to", "format", metavar="FORMAT", help="Format, where the ending is not enough.")
@arguments.family
@arguments.option
def command(
    file: str, out: str, format: str | None, family: str | None, options: dict[str, str]
) -> None:
    """Write the instance in FILE to OUT in the format its ending names (- is standard output)."""
    from zerogap.models import files

    if out != "-":
        outputs.writable(out, sources=(file, *outputs.named(options)))
    files.write(files.read(file, family=family, **options), out, format=format)
