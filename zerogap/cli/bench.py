"""``zerogap bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zerogap.cli import outputs

#: Load average above which ``--refuse-loaded`` does not start.
MAX_LOAD = 0.5


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
@click.option("--every", type=click.IntRange(min=1), default=1, metavar="N",
              help="Only every Nth instance.")  # fmt: skip
@click.option("--refuse-loaded", is_flag=True, help="Do not start on a machine that is busy.")
@click.option("--retry", is_flag=True, help="Run again what failed before.")
def run(
    suite: str,
    results: str | None,
    jobs: int,
    cluster: str | None,
    seconds: float | None,
    methods: str | None,
    every: int,
    refuse_loaded: bool,
    retry: bool = False,
) -> int:
    """Run SUITE, a process a run; what the result file holds already is skipped.

    A run is the same if instance (by its contents), method, options, limit, threads, seed and
    version of zerogap are: for a file that was changed nothing found before is skipped or shown.
    """
    import dataclasses

    from zerogap.bench import runner
    from zerogap.bench.suite import load

    loaded = load(suite)
    for pattern in loaded.missing:
        click.echo(f"note: no file matches {pattern} (is ZEROGAP_DATA set?)", err=True)
    chosen = list(loaded.runs)
    if methods is not None:
        chosen = [r for r in chosen if r.method.name in methods.split(",")]
    names = list(dict.fromkeys(r.source.name for r in chosen))[::every]
    chosen = [r for r in chosen if r.source.name in names]
    if seconds is not None:
        chosen = [dataclasses.replace(r, time_limit=seconds) for r in chosen]
    store = runner.Store(results or f"out/{loaded.name}.jsonl")
    total = len(chosen)
    folder = Path(suite).resolve().parent
    holds = runner.Fresh(store, runner.project_root(Path(suite)), folder)
    done = sum(holds(r, retry=retry) for r in chosen)
    changed = sum(r.key in store.done and not holds(r, retry=True) for r in chosen)
    note = f", {changed} failed or of another state of their instance" if changed else ""
    click.echo(f"{loaded.name}: {total} runs, {done} done before{note}", err=True)
    if refuse_loaded and (load := runner.environment()["load"]) > MAX_LOAD:
        raise click.ClickException(f"the machine is loaded ({load}); times would mean nothing")
    failed = 0
    with _engine(cluster) as submit:
        records = runner.perform(
            loaded, Path(suite), store, jobs=jobs, runs=chosen, submit=submit, retry=retry
        )
        for record in records:
            done += 1
            failed += record["status"] in ("error", "crashed", "killed")
            outputs.say(_line(done, total, record), err=True)
    click.echo(str(store.path))
    return 1 if failed else 0


def _engine(cluster: str | None) -> Any:
    import contextlib

    if cluster is None:
        return contextlib.nullcontext()
    from zerogap.solvers.engine import connect

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
    from zerogap.bench import bars, runner
    from zerogap.bench import table as tables
    from zerogap.bench.suite import load
    from zerogap.models.base import InstanceError

    known = load(suite).best_known if suite else {}
    make = tables.detail if detail else tables.summary
    for path in results:
        records = runner.read_results(path)
        if not records:
            raise InstanceError("holds no results", file=path)
        if bars.is_bar(records):
            for measured in bars.tables(records):
                outputs.say(measured.text(form))
            continue
        for part in _parts(records, group):
            outputs.say(make(part, known).text(form))


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


@command.command("report")
@click.argument("results", nargs=-1, required=True)
@click.option("--suites", metavar="FOLDER", help="Folder with the suites, for best known values.")
@click.option("-o", "--output", default="out/report.html", show_default=True,
              help="An .html file, or .md, .tex, .csv for the tables alone.")  # fmt: skip
@click.option("--title", default="zerogap benchmarks", show_default=True)
def report(results: tuple[str, ...], suites: str | None, output: str, title: str) -> None:
    """Make a self-contained HTML report (or Markdown) from RESULTS."""
    from zerogap.bench import html, runner
    from zerogap.models.base import InstanceError
    from zerogap.models.files import replace

    ending = Path(output).suffix
    if ending not in html.ENDINGS:
        raise InstanceError(
            f"ends in {ending!r}, expected one of {', '.join(html.ENDINGS)}", file=output
        )
    groups = [
        (records, _suite_of(records, suites)) for records in map(runner.read_results, results)
    ]
    Path(output).parent.mkdir(parents=True, exist_ok=True)
    makers = {".md": html.markdown, ".tex": html.latex, ".csv": html.csv}
    text = makers[ending](groups) if ending in makers else html.report(groups, title=title)
    replace(output, text.encode())
    click.echo(output)


def _suite_of(records: list[dict], folder: str | None) -> Any:
    """The suite that `records` came from, found by name."""
    from zerogap.bench.suite import load

    if folder is None or not records or "suite" not in records[0]:
        return None
    for path in sorted(Path(folder).glob("*.toml")):
        loaded = load(path)
        if loaded.name == records[0]["suite"]:
            return loaded
    return None


@command.command("compare")
@click.argument("old")
@click.argument("new")
@click.option("--gap", type=float, default=0.001, show_default=True,
              help="Relative loss of objective that counts.")  # fmt: skip
def compare(old: str, new: str, gap: float) -> int:
    """Flag what became worse from result file OLD to NEW; exit code 1 if anything did."""
    from zerogap.bench import runner
    from zerogap.bench.compare import regressions

    found = regressions(runner.read_results(old), runner.read_results(new), gap=gap)
    outputs.say(found.markdown())
    return 1 if found.rows else 0


@command.command("all")
@click.argument("folder")
@click.option("--results", metavar="FOLDER", default="out", show_default=True)
@click.pass_context
def everything(ctx: click.Context, folder: str, results: str) -> None:
    """Run every suite in FOLDER and make the report of all."""
    from zerogap.bench.suite import load
    from zerogap.models.base import InstanceError

    paths = sorted(Path(folder).glob("*.toml"))
    if not paths:
        raise InstanceError("holds no suite (*.toml)", file=folder)
    stores = []
    for path in paths:
        store = f"{results}/{load(path).name}.jsonl"
        ctx.invoke(run, suite=str(path), results=store, jobs=1, cluster=None, seconds=None,
                   methods=None, refuse_loaded=False)  # fmt: skip
        stores.append(store)
    done = tuple(s for s in stores if Path(s).exists())
    ctx.invoke(report, results=done, suites=folder, output=f"{results}/report.html",
               title="zerogap benchmarks")  # fmt: skip
