"""Committed result lines, and what tables need of them."""

from __future__ import annotations

import csv
import functools
import statistics
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from benchmarks.tables.marks import ROOT
from zerogap.bench import bars, runner
from zerogap.bench import table as tables
from zerogap.bench.statistics import relative_gap

RESULTS = ROOT / "benchmarks" / "results"
PUBLISHED = ROOT / "benchmarks" / "published"


@functools.cache
def read(name: str) -> tuple[dict, ...]:
    """The lines of ``benchmarks/results/NAME.jsonl``."""
    return tuple(runner.read_results(RESULTS / f"{name}.jsonl"))


@functools.cache
def published(name: str) -> tuple[dict[str, str], ...]:
    """The rows of ``benchmarks/published/NAME.csv``: figures of others, with their source."""
    with open(PUBLISHED / f"{name}.csv", newline="") as stream:
        return tuple(csv.DictReader(stream))


def whole(name: str) -> str:
    """Everything a file of lines holds, as the Markdown that stands beside it."""
    records = read(name)
    if bars.is_bar(records):
        return "\n".join(made.markdown() for made in bars.tables(records))
    return "\n".join(make(records).markdown() for make in (tables.summary, tables.detail))


def bar(name: str, which: str, **where: Any) -> list[dict]:
    """The lines of one bar in a file, those alone whose keys have the given values."""
    return [
        r
        for r in read(name)
        if r.get("bar") == which and all(r.get(k) == v for k, v in where.items())
    ]


def one(name: str, which: str, **where: Any) -> dict:
    """The only such line."""
    found = bar(name, which, **where)
    assert len(found) == 1, (name, which, where, len(found))
    return found[0]


def runs(name: str, method: str, keep: Callable[[dict], bool] = lambda r: True) -> list[dict]:
    """Lines of a suite by method."""
    found = [r for r in read(name) if r["method"] == method and keep(r)]
    assert found, (name, method)
    return found


def gap(record: dict) -> float:
    """Gap of a line to the best known value that it carries."""
    value = (record.get("known") or {}).get("value")
    assert value is not None, f"{record['instance']}: its line has no best known value"
    found = relative_gap(
        record["objective"], value, tables.sense_of(record), record.get("offset", 0)
    )
    assert found is not None
    return found


def mean_gap(records: Iterable[dict]) -> float:
    """Mean of the gaps to the best known values."""
    return statistics.fmean(gap(r) for r in records)


def proven(records: Iterable[dict]) -> int:
    """How many runs ended with a proof."""
    return sum(r["status"] in ("optimal", "infeasible") for r in records)


def percent(value: float, digits: int = 2) -> str:
    """0.0032 as ``0.32 %``; a true minus sign."""
    text = f"{100 * value:.{digits}f} %"
    return text.replace("-", "−") if float(text[:-2]) else text.replace("-", "")


def thousands(value: float) -> str:
    """44319 as ``44 319``."""
    return f"{round(value):,}".replace(",", " ")


def markdown(head: Sequence[str], rows: Iterable[Sequence[Any]], note: str = "") -> str:
    """A table, with a line below that says where it comes from."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + (f"\n\n{note}" if note else "")


def bold(cells: Sequence[str], values: Sequence[float], best: Callable = min) -> list[str]:
    """The best of a row in bold type."""
    top = best(values)
    return [f"**{c}**" if v == top else c for c, v in zip(cells, values, strict=True)]


def origin(*names: str, how: str = "") -> str:
    """The line below a table: files of lines, machine, versions, how it was run."""
    records = [r for name in names for r in read(name)]
    files = ", ".join(f"`benchmarks/results/{name}.jsonl`" for name in names)
    machines = sorted(
        {
            f"{r['machine']['cpu'] or 'unnamed CPU'}, {r['machine']['cores']} cores"
            for r in records
            if r.get("machine")
        }
    )
    found: dict[str, set[str]] = {}
    for record in records:
        for package, version in record.get("versions", {}).items():
            found.setdefault(package, set()).add(version)
    shown = [
        f"{package} {'/'.join(sorted(found[package]))}"
        for package in found
        if package not in ("python", "numpy", "networkx", "pyomo")
    ]
    parts = [files, how, *machines, ", ".join(shown)]
    return f"*{'; '.join(p for p in parts if p)}.*"


#: Peers as people know them.
NAMES = {"pyvrp": "PyVRP", "hgs": "HGS-CVRP", "hygese": "HGS-CVRP through hygese"}


def peer(name: str, method: str) -> str:
    """A peer as a column is headed, with its version."""
    word = method.split()[0]
    packages = {"hgs": "hygese"}
    record = next(r for r in read(name) if r["method"] == method)
    version = record["versions"].get(packages.get(word, word), "not recorded")
    version = "version not recorded" if version == "not recorded" else version
    return f"{NAMES.get(word, word)} ({version})"
