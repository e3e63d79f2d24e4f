"""``zerogap solve``."""

from __future__ import annotations

import signal
import threading
from typing import Any

import click

from zerogap.cli import arguments, outputs
from zerogap.cli.errors import BAD_INPUT, INFEASIBLE, INTERRUPTED, OK, UNKNOWN
from zerogap.models.errors import InstanceError


@click.command()
@click.argument("file", type=click.Path())
@click.option("-t", "--time", "seconds", type=float, default=60.0, show_default=True,
              help="Time limit in seconds.")  # fmt: skip
@click.option("-j", "--threads", type=click.IntRange(min=1), help="Threads [default: all].")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=0, show_default=True,
              help="Seed of everything random.")  # fmt: skip
@click.option("--gap", type=click.FloatRange(min=0), default=0.0, show_default=True,
              help="Relative gap that is good enough, e.g. 0.01.")  # fmt: skip
@click.option("--iterations", type=click.IntRange(min=1),
              help="Limit on kernel iterations; with -j 1 a run is repeatable.")  # fmt: skip
@click.option("-m", "--method", default="auto", show_default=True,
              shell_complete=arguments.complete_method,
              help="auto (kernel and exact model together), kernel, exact, …")  # fmt: skip
@click.option("--start", metavar="SOL", type=click.Path(), help="Solution file to start from.")
@click.option("-o", "--output", metavar="SOL",
              help="Write the result (.csv: its table) to this file; - prints it.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option("--plot", metavar="OUT",
              help="Draw the solution (.html to explore it; .svg, .png, .pdf).")  # fmt: skip
@click.option("--table", is_flag=True, help="Print the solution as a table.")
@click.option("--log", is_flag=True, help="Show the logs of the exact backends.")
@click.option("--islands", type=click.IntRange(min=1), metavar="N",
              help="Solve by N processes in rounds that share the best solution.")  # fmt: skip
@click.option("--cluster", metavar="ADDRESS", help="Run the islands on this Dask cluster.")
@click.option("-q", "--quiet", is_flag=True, help="No progress.")
@arguments.family
@arguments.option
def command(
    file: str,
    seconds: float,
    threads: int | None,
    seed: int,
    gap: float,
    iterations: int | None,
    method: str,
    start: str | None,
    output: str | None,
    as_json: bool,
    plot: str | None,
    table: bool,
    log: bool,
    islands: int | None,
    cluster: str | None,
    quiet: bool,
    family: str | None,
    options: dict[str, str],
) -> int:
    """Solve the instance in FILE (- reads standard input).

    The family is recognised from the file. Ctrl-C ends the search and keeps the best solution.

    \b
      zerogap solve instances/jobshop/ft10.txt -t 20 -o ft10.json --plot ft10.svg
      zerogap solve graph.txt --option attributes=colours.txt --option k=3 --option delta=2
    """
    import zerogap as zg
    from zerogap.cli.progress import Progress
    from zerogap.models import files

    interrupt = _interruptible()
    instance, settings = files.read_for_solving(file, family=family, **options)
    if output == "-":
        output, as_json = None, True
    # Looked at now: nobody wants to learn after an hour that the result cannot be kept.
    if output:
        outputs.result(output, sources=(file, *outputs.named(options)))
    if plot:
        kind = zg.family_of(instance).name
        outputs.picture(plot, kind, sources=(file, start, *outputs.named(options)))
    first = zg.load_solution(start, instance) if start else None
    if islands is not None or cluster is not None:
        from zerogap.solvers.islands import islands as rounds

        result = rounds(
            instance,
            count=islands or 2,
            cluster=cluster,
            method="kernel" if method == "auto" else method,
            time_limit=seconds,
            seed=seed,
            start=first,
            interrupt=interrupt,
            **settings,
        )
        kept = _show(result, output, as_json, plot, quiet, table)
        return kept if result.solution is not None else UNKNOWN
    progress = Progress(quiet)
    with progress:
        result = zg.solve(
            instance,
            method=method,
            time_limit=seconds,
            threads=threads,
            seed=seed,
            gap=gap,
            iterations=iterations,
            start=first,
            interrupt=interrupt,
            on_progress=progress,
            log=log,
            **settings,
        )
    kept = _show(result, output, as_json, plot, quiet, table)
    code = {"infeasible": INFEASIBLE, "unknown": UNKNOWN}.get(result.status, kept)
    if code == UNKNOWN and result.stopped == "interrupted":
        code = INTERRUPTED
    return code


def _interruptible() -> threading.Event:
    """SIGINT and SIGTERM set an event; the solve ends, and writing is never interrupted."""
    event = threading.Event()

    def note(signum: int, _: Any) -> None:
        if event.is_set() and signum == signal.SIGINT:
            raise KeyboardInterrupt  # the user insists
        event.set()

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, note)
        signal.signal(signal.SIGTERM, note)
    return event


def _show(
    result: Any, output: str | None, as_json: bool, plot: str | None, quiet: bool, table: bool
) -> int:
    """Write and print the result; the exit code says whether everything was written.

    A result whose file cannot be written any more goes to standard output instead: an hour's
    work is not lost to a full disk.
    """
    code = OK
    if output:
        try:
            if output.lower().endswith(outputs.TABLES):
                outputs.table(result, output)
            else:
                result.save(output)
        except InstanceError as error:
            outputs.say(f"zerogap: {error}; the result follows on standard output", err=True)
            as_json, code = True, BAD_INPUT
    if as_json:
        click.echo(result.to_json(), nl=False)
    elif table and result.solution is not None:
        outputs.say(outputs.aligned(result))
    else:
        outputs.say(f"{result.name}: {result}".replace("\n", "\\n"))
        if not quiet or result.status == "infeasible":  # the reason is part of the answer
            for message in result.messages:
                outputs.say(f"note: {message}", err=True)
    if plot and result.solution is not None:
        from zerogap import report

        try:
            report.save(result.instance, result.solution, plot, result)
        except InstanceError as error:  # the result is out already
            outputs.say(f"zerogap: {error}", err=True)
            code = BAD_INPUT
    return code
