"""``zerogap fetch``."""

from __future__ import annotations

import click


@click.command()
@click.argument("set", required=False)
@click.option("--into", metavar="FOLDER", help="Where to [default: the cache directory].")
def command(set: str | None, into: str | None) -> None:
    """Download the public SET of instances; without SET list them.

    Files already there are not loaded again. ZEROGAP_MIRROR (an address or a folder) takes the
    place of the publishers' sites, ZEROGAP_CACHE that of the cache directory.
    """
    from zerogap.bench import data

    if set is None:
        for line in data.listing():
            click.echo(line)
        return
    click.echo(data.fetch(set, into=into, echo=lambda line: click.echo(line, err=True)))
