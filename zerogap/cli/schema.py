"""``zerogap schema``."""

from __future__ import annotations

import json

import click

from zerogap.cli import arguments


@click.command()
@click.argument("name", shell_complete=arguments.complete_family)
def command(name: str) -> None:
    """Print the JSON Schema of the instance files of family NAME.

    It is made from the reader and the declared fields: what the reader does not know is refused
    by both. The first example is a small instance.
    """
    from zerogap.models import schema

    try:
        made = schema.schema(name)
    except schema.NoSchema as error:
        raise click.UsageError(str(error)) from None
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
