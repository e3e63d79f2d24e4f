"""``zerogap plot``."""

from __future__ import annotations

import click

from zerogap.cli import arguments, outputs


@click.command()
@click.argument("file", type=click.Path())
@click.argument("solution", type=click.Path())
@click.argument("out", type=click.Path())
@arguments.family
@arguments.option
def command(
    file: str, solution: str, out: str, family: str | None, options: dict[str, str]
) -> None:
    """Draw SOLUTION of the instance in FILE to OUT (.svg, .png, .pdf)."""
    import zerogap as zg
    from zerogap import report

    instance = zg.read(file, family=family, **options)
    outputs.picture(out, zg.family_of(instance).name, sources=(file, solution))
    chosen = zg.load_solution(solution, instance)
    zg.check(instance, chosen)
    report.save(instance, chosen, out)
