"""``zerogap bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click


@click.group()
def command() -> None:
    """Run benchmark suites and make tables."""


@command.command("run")
@click.argument("suite")
@click.option("--results", metavar="FILE", help="Result file [default: out/SUITE.jsonl].")
@click.option("-j", "--jobs", type=click.IntRange(min=1), default=1, show_default=True,
              help="Runs at a time; more than one disturbs the times.")  # fmt: skip
@click.option("--cluster", metavar="ADDRESS", help="Hand the runs to this Dask cluster.")
@click.option("-t", "--time", "seconds", type=float, help="Another time limit than the suite's.")
@click.option("--methods", metavar="A,B", help="Only these methods.")
def run(
    suite: str,
    results: str | None,
    jobs: int,
    cluster: str | None,
    seconds: float | None,
    methods: str | None,
) -> int:
    """Run SUITE, a process a run; what the result file holds already is skipped."""
    import dataclasses

    from zerogap.bench import runner
    from zerogap.bench.suite import load

    loaded = load(suite)
    for pattern in loaded.missing:
        click.echo(f"note: no file matches {pattern} (is ZEROGAP_DATA set?)", err=True)
    chosen = list(loaded.runs)
    if methods is not None:
        chosen = [r for r in chosen if r.method.name in methods.split(",")]
    if seconds is not None:
        chosen = [dataclasses.replace(r, time_limit=seconds) for r in chosen]
    store = runner.Store(results or f"out/{loaded.name}.jsonl")
    total = len(chosen)
    done = sum(r.key in store.done for r in chosen)
    click.echo(f"{loaded.name}: {total} runs, {done} done before", err=True)
    failed = 0
    with _engine(cluster) as submit:
        records = runner.perform(loaded, Path(suite), store, jobs=jobs, runs=chosen, submit=submit)
        for record in records:
            done += 1
            failed += record["status"] in ("error", "crashed", "killed")
            click.echo(_line(done, total, record), err=True)
    click.echo(str(store.path))
    return 1 if failed else 0


def _engine(cluster: str | None) -> Any:
    import contextlib

    if cluster is None:
        return contextlib.nullcontext()
    from zerogap.bench.cluster import connect

    return connect(cluster)


def _line(done: int, total: int, record: dict) -> str:
    from zerogap.solvers.result import number

    note = f"  {record['messages'][0]}" if record.get("messages") else ""
    return (
        f"[{done}/{total}] {record['instance']} {record['method']} seed {record['seed']}: "
        f"{record['status']} {number(record.get('objective'))} "
        f"[{number(record.get('bound'))}] {record.get('time', 0):.1f} s{note}"
    )


@command.command("table")
@click.argument("results", nargs=-1, required=True)
@click.option("--suite", metavar="TOML", help="Suite with the best known values.")
@click.option("--detail", is_flag=True, help="A row an instance instead of a row a method.")
@click.option("--format", "form", type=click.Choice(["markdown", "csv", "latex"]),
              default="markdown", show_default=True)  # fmt: skip
@click.option(
    "--group", metavar="REGEX", help="A table for every match of REGEX in the instance's name."
)
def table(
    results: tuple[str, ...], suite: str | None, detail: bool, form: str, group: str | None
) -> None:
    """Make tables from RESULTS alone."""
    from zerogap.bench import runner
    from zerogap.bench import table as tables
    from zerogap.bench.suite import load
    from zerogap.models.base import InstanceError

    known = load(suite).best_known if suite else {}
    make = tables.detail if detail else tables.summary
    for path in results:
        records = runner.read_results(path)
        if not records:
            raise InstanceError("holds no results", file=path)
        for part in _parts(records, group):
            click.echo(make(part, known).text(form))


def _parts(records: list[dict], group: str | None) -> list[list[dict]]:
    """Records by what `group` matches in the instance's name."""
    if group is None:
        return [records]
    import re

    parts: dict[str, list[dict]] = {}
    for record in records:
        match = re.search(group, record["instance"])
        parts.setdefault(match.group() if match else "other", []).append(record)
    return [
        [r | {"suite": f"{r['suite']} {key}"} for r in part] for key, part in sorted(parts.items())
    ]
