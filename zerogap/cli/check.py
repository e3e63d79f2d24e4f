"""``zerogap check``."""

from __future__ import annotations

import click

from zerogap.cli import arguments


@click.command()
@click.argument("file")
@click.argument("solution")
@arguments.family
@arguments.option
def command(file: str, solution: str, family: str | None, options: dict[str, str]) -> None:
    """Check SOLUTION against the instance in FILE and show its objective.

    Feasibility and objective are recomputed from the definition of the problem alone. A solution
    that violates a constraint, or of another instance, ends with exit code 3.
    """
    import zerogap as zg
    from zerogap.solvers.result import number

    instance = zg.read(file, family=family, **options)
    objective = zg.check(instance, zg.load_solution(solution, instance))
    click.echo(f"feasible: objective {number(objective)} {zg.family_of(instance).unit}")
