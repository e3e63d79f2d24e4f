"""``zerogap explain``."""

from __future__ import annotations

import click

from zerogap.cli import arguments
from zerogap.cli.errors import OK


@click.command()
@click.argument("file", type=click.Path())
@click.argument("solution", type=click.Path(), required=False)
@click.option("-t", "--time", "seconds", type=click.FloatRange(min=0, min_open=True), default=10.0,
              show_default=True, help="About how many seconds to try.")  # fmt: skip
@arguments.family
@arguments.option
def command(
    file: str, solution: str | None, seconds: float, family: str | None, options: dict[str, str]
) -> int:
    """Say why clients are left out of SOLUTION, or why the instance in FILE has no solution.

    Constraints are taken away one by one until what was impossible is possible: every reason is an
    inclusion-minimal set of constraints, each tried again by taking it away.
    """
    import zerogap as zg

    instance = zg.read(file, family=family, **options)
    plan = zg.load_solution(solution, instance) if solution else None
    reasons = zg.explain(instance, plan, seconds=seconds)
    for reason in reasons:
        click.echo(str(reason))
    if not reasons:
        click.echo("nothing is left out" if solution else "nothing was found that stops it")
    return OK
