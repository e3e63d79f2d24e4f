"""``zerogap check``."""

from __future__ import annotations

import json
from typing import Any

import click

from zerogap.cli import arguments, outputs
from zerogap.cli.errors import OK, REFUTED, UNKNOWN


@click.command()
@click.argument("file", type=click.Path())
@click.argument("solution", type=click.Path())
@click.option("--prove", "seconds", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
              help="Put the result's claims to methods that did not make them.")  # fmt: skip
@click.option("-j", "--threads", type=click.IntRange(min=1), help="Threads [default: all].")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True,
              help="Seed of the methods asked.")  # fmt: skip
@click.option("-o", "--output", metavar="SOL", help="Write a result that refutes to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@arguments.family
@arguments.option
def command(
    file: str,
    solution: str,
    seconds: float | None,
    threads: int | None,
    seed: int,
    output: str | None,
    as_json: bool,
    family: str | None,
    options: dict[str, str],
) -> int:
    """Check SOLUTION against the instance in FILE and show its objective.

    Feasibility and objective are recomputed from the definition of the problem alone, and what a
    result file states (objective, bound, gap, status) is held against them. A solution that
    violates a constraint, a false statement or a result of another instance ends with exit code 3.

    With --prove, claims (optimal, infeasible, a bound) are put to methods that did not make them:
    0 confirmed, 5 undecided, 6 refuted.
    """
    import zerogap as zg
    from zerogap.models import files
    from zerogap.solvers.result import number

    instance = zg.read(file, family=family, **options)
    if output:
        outputs.result(output, sources=(file, solution, *outputs.named(options)), tables=False)
    kind = zg.family_of(instance)
    if seconds is None and not _is_result(*files.load(solution)):
        objective = zg.check(instance, zg.load_solution(solution, instance))
        click.echo(f"feasible: objective {number(objective)} {kind.unit}")
        return OK
    result = zg.load_result(solution, instance)
    if seconds is None:
        if result.solution is None:
            click.echo(f"{result.status}: no solution, bound {number(result.bound)}")
        else:
            click.echo(f"feasible: objective {number(result.objective)} {kind.unit}")
        return OK
    verdict = zg.audit(result, time_limit=seconds, threads=threads, seed=seed)
    if output and verdict.better is not None:
        verdict.better.save(output)
    outputs.say(json.dumps(verdict.to_dict()) if as_json else str(verdict))
    return {"confirmed": OK, "undecided": UNKNOWN, "refuted": REFUTED}[verdict.verdict]


def _is_result(raw: Any, _: str) -> bool:
    return raw.lstrip()[:1] == b"{" and (b'"solution"' in raw or b'"format"' in raw)
