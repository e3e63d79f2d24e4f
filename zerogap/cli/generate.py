"""``zerogap generate``."""

from __future__ import annotations

import click

from zerogap.cli import arguments, outputs


@click.command()
@click.argument("family")
@click.option("--generator", metavar="NAME", help="Which of the family's generators.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "-o", "--output", default="-", show_default=True, help="File; its ending names a format."
)
@click.option("--to", "format", metavar="FORMAT", help="Format, where the ending is not enough.")
@arguments.option
def command(
    family: str,
    generator: str | None,
    seed: int,
    output: str,
    format: str | None,
    options: dict[str, str],
) -> None:
    """Generate an instance of FAMILY.

    \b
      zerogap generate jobshop --option jobs=20 --option machines=15 --seed 1 -o shop.txt
      zerogap generate matmul --option format=3x3x3 --option ring=ZT -o 333.json
    """
    import zerogap as zg

    if output != "-":
        outputs.writable(output)
    instance = zg.generate(family, generator, seed=seed, **options)
    if output == "-" and format is None:
        format = "json"
    zg.write(instance, output, format=format)
