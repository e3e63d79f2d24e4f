"""A benchmark report as one HTML file that needs nothing else: tables, curves, pictures."""

from __future__ import annotations

import html
import io
import json
import re
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.bench import bars, compare, statistics, table
from zerogap.bench.suite import Suite, locate
from zerogap.models import base, files
from zerogap.models.text import visible
from zerogap.solvers import result as results

#: Pictures of solutions a suite, and points of a curve.
PICTURES = 2
POINTS = 120
_COLOURS = ("#0f766e", "#c2410c", "#4338ca", "#a16207", "#be185d", "#4d7c0f", "#0369a1", "#57534e")


def report(groups: Sequence[tuple[list[dict], Suite | None]], *, title: str = "zerogap") -> str:
    """The report of several result files.

    Parameters
    ----------
    groups : sequence of (records, suite)
        The lines of each result file, with its suite where best known values are wanted.
    title : str

    Returns
    -------
    str
        HTML that loads nothing from anywhere.
    """
    template = resources.files("zerogap.bench").joinpath("report.html").read_text()
    sections = [_section(records, suite) for records, suite in groups if records]
    links = "".join(
        f'<a href="#{_anchor(records)}">{_escape(_title(records))}</a>'
        for records, _ in groups
        if records
    )
    legend = f'<p class="note">{_escape(table.LEGEND)}.</p>'
    left_out: list[str] = []
    while True:
        parts = [_joined(section, left_out) for section in sections]
        text = (
            template.replace("{{title}}", _escape(title))
            .replace("{{links}}", links)
            .replace("{{body}}", "\n".join((*parts, legend)))
        )
        if len(text.encode()) <= LARGEST or len(left_out) == len(_DROPPED):
            return text
        left_out.append(list(_DROPPED)[len(left_out)])


#: Bytes that a report does not pass as long as there is something to leave out.
LARGEST = 2_000_000
#: Parts of a section in the order in which they are left out of a report that would be larger.
_DROPPED = {
    "raw": "raw result lines",
    "picture": "pictures",
    "detail": "tables instance by instance",
    "curve": "curves",
}


def _joined(section: Sequence[tuple[str, str]], left_out: Sequence[str]) -> str:
    """A section without some of its parts, which it then says."""
    parts = [text for kind, text in section if kind not in left_out]
    gone = [words for kind, words in _DROPPED.items()
            if kind in left_out and any(kind == k and text for k, text in section)]  # fmt: skip
    if gone:
        note = f"Left out, this report would be larger than 2 MB: {', '.join(gone)}."
        parts.insert(-1, f'<p class="note">{note} A report of this file alone has them.</p>')
    return "\n".join(parts)


#: Endings of reports.
ENDINGS = (".html", ".md", ".tex", ".csv")


def tables(groups: Sequence[tuple[list[dict], Suite | None]]) -> list[tuple[str, list[Any]]]:
    """The tables of every result file under its title."""
    made: list[tuple[str, list[Any]]] = []
    for records, suite in groups:
        if bars.is_bar(records):
            made.append((_title(records), list(bars.tables(records))))
        elif records:
            known = suite.best_known if suite else {}
            parts = [table.summary(records, known), compare.duels(records),
                     table.detail(records, known)]  # fmt: skip
            made.append((records[0]["suite"], parts))
    return made


def markdown(groups: Sequence[tuple[list[dict], Suite | None]]) -> str:
    """The tables of the report as Markdown."""
    parts = []
    for title, found in tables(groups):
        parts += [f"## {title}", *(t.markdown() for t in found)]
    return "\n".join((*parts, f"{table.LEGEND}.\n"))


def latex(groups: Sequence[tuple[list[dict], Suite | None]]) -> str:
    """The tables of the report in LaTeX (booktabs), captions as comments."""
    parts = [f"% {table.LEGEND}"]
    for title, found in tables(groups):
        for t in found:
            parts += [f"% {title}: {' '.join(t.caption.split())}", t.latex()]
    return "\n".join(parts)


def csv(groups: Sequence[tuple[list[dict], Suite | None]]) -> str:
    """The tables of the report one after another, an empty line between them."""
    return "\n".join(t.csv() for _, found in tables(groups) for t in found)


def _title(records: list[dict]) -> str:
    """Name of the suite, or of the bars that a file of single measurements holds."""
    if bars.is_bar(records):
        return ", ".join(dict.fromkeys(str(r["bar"]) for r in records))
    return records[0]["suite"]


def _anchor(records: list[dict]) -> str:
    return "suite-" + re.sub(r"\W+", "-", _title(records)).strip("-")


def _measurements(records: list[dict]) -> list[tuple[str, str]]:
    """The section of a file of single measurements: its tables alone."""
    parts = [
        ("", f'<section id="{_anchor(records)}">'),
        ("", f"<h2>{_escape(_title(records))}</h2>"),
    ]
    for made in bars.tables(records):
        parts += [("", f"<p class='note'>{_escape(made.caption)}</p>"), ("", _table(made))]
    return [*parts, ("raw", _raw(records)), ("", "</section>")]


def _section(records: list[dict], suite: Suite | None) -> list[tuple[str, str]]:
    """The parts of a section with their kinds; those of `_DROPPED` may be left out."""
    if bars.is_bar(records):
        return _measurements(records)
    known = suite.best_known if suite else {}
    first = records[0]
    best = table.best_values(records, known)
    versions = ", ".join(f"{k} {v}" for k, v in first.get("versions", {}).items())
    if commit := first.get("machine", {}).get("commit"):
        versions += f", commit {commit}"
    curves = (
        _figure(_curves(records, best), "Mean primal gap over time"),
        _figure(_profile(records), "Performance profile (time to a proof)"),
    )
    return [
        ("", f'<section id="{_anchor(records)}">'),
        ("", f"<h2>{_escape(first['suite'])}</h2>"),
        ("", f"<p class='note'>{_escape(table.caption(records))}<br>{_escape(versions)}</p>"),
        ("", f"<p class='note'>{_escape(_compared(records, known))}</p>"),
        ("", _table(table.summary(records, known))),
        ("curve", "\n".join(("<div class='plots'>", *curves, "</div>"))),
        *(("picture", text) for text in _pictures(records)),
        ("", "<h3>Method against method</h3>"),
        ("", _table(compare.duels(records))),
        ("detail", "<h3>Instance by instance</h3>"),
        ("detail", _table(table.detail(records, known), search=True)),
        ("raw", _raw(records)),
        ("", "</section>"),
    ]


def _compared(records: list[dict], known: dict[str, Any]) -> str:
    """What gaps are held against, in words; nobody may take our own best for a published value."""
    values, own = table.references(records, known)
    if not own:
        return f"Gaps are held against the {table.best_head(records)}."
    return (
        f"{len(own)} of {len(values)} instances have no best known value in the lines: their gaps "
        "compare these runs with each other only."
    )


def _table(made: table.Table, *, search: bool = False) -> str:
    head = "".join(f"<th>{_escape(h)}</th>" for h in made.head)
    rows = "".join(
        "<tr>" + "".join(f"<td>{_escape(cell)}</td>" for cell in row) + "</tr>" for row in made.rows
    )
    field = '<input type="search" placeholder="filter rows" aria-label="filter rows">'
    return (
        f"<div class='scroll'>{field if search else ''}<table class='sortable'><thead><tr>{head}"
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{_escape(caption)}</figcaption></figure>" if svg else ""


def _axes(title_x: str, title_y: str) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 3.2))
    axes = figure.subplots()
    axes.set_xlabel(title_x)
    axes.set_ylabel(title_y)
    axes.grid(alpha=0.3)
    return figure, axes


def _svg(figure: Any) -> str:
    """Inline SVG that follows the page's colours and clashes with no other picture's ids."""
    stream = io.StringIO()
    figure.savefig(stream, format="svg", bbox_inches="tight", transparent=True)
    text = stream.getvalue()
    text = text[text.index("<svg") :]
    tag = f"f{abs(hash(text)) % 10**9:09d}"
    text = re.sub(r'id="([^"]+)"', rf'id="{tag}\1"', text)
    text = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{tag}", text)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Two decimals are enough for coordinates; scales below 1 must stay as they are.
    return re.sub(r"(?<![\d.])([1-9]\d*\.\d{2})\d+", r"\1", text)


def _curves(records: list[dict], best: dict[str, float]) -> str:
    limit = records[0]["time_limit"]
    times = list(np.geomspace(max(0.01, limit / 1000), limit, POINTS))
    figure, axes = _axes("seconds", "mean primal gap")
    methods = list(dict.fromkeys(r["method"] for r in records))
    for colour, method in zip(_COLOURS * 3, methods):
        traces = [
            (
                [
                    p | {"objective": p["objective"] + r.get("offset", 0)}
                    for p in r.get("trace") or []
                    if p["objective"] is not None
                ],
                best[r["instance"]] + r.get("offset", 0),
            )
            for r in records
            if r["method"] == method and r["instance"] in best
        ]
        if traces:
            curve = statistics.gap_curve(traces, times)
            axes.step(times, [max(c, 1e-6) for c in curve], where="post", label=method, c=colour)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def _profile(records: list[dict]) -> str:
    methods = list(dict.fromkeys(r["method"] for r in records))
    keys = list(dict.fromkeys((r["instance"], r["seed"]) for r in records))
    index = {(r["method"], r["instance"], r["seed"]): r for r in records}
    times: dict[str, list[float | None]] = {m: [] for m in methods}
    for method in methods:
        for name, seed in keys:
            run = index.get((method, name, seed))
            proven = run is not None and run["status"] in ("optimal", "infeasible")
            times[method].append(run["time"] if run is not None and proven else None)
    if not any(t is not None for own in times.values() for t in own):
        return ""
    ratios = list(np.geomspace(1, 1000, POINTS))
    figure, axes = _axes("time relative to the fastest", "share of instances proven")
    profile = statistics.performance_profile(times, ratios)
    for colour, method in zip(_COLOURS * 3, methods):
        axes.step(ratios, profile[method], where="post", label=method, c=colour)
    axes.set_xscale("log")
    axes.set_ylim(-0.02, 1.02)
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def _pictures(records: list[dict]) -> list[str]:
    """Pictures of the first solutions that the lines hold and whose instances can be had."""
    drawn: list[str] = []
    seen: set[str] = set()
    for record in records:
        if len(drawn) >= PICTURES:
            break
        if record.get("solution") is None or record["instance"] in seen:
            continue
        try:
            instance = _instance(record)
            solution = results.decode(instance, record["solution"])
            shown = results.number(base.family_of(instance).check(instance, solution))
            svg = _svg(_draw(record["family"], instance, solution))
        except (base.InstanceError, FileNotFoundError):
            continue  # its data is not on this machine
        seen.add(record["instance"])
        caption = (
            f"{record['instance']}, {record['method']}, seed {record.get('seed', 0)}: {shown} "
            f"({record['status']})"
        )
        drawn.append(_figure(svg, caption))
    if not drawn:
        return []
    every = len({record["instance"] for record in records})
    note = f"Pictures: {len(drawn)} of {every} instances shown, the first solution of each."
    return [f'<p class="note">{note}</p>', "<div class='plots'>", *drawn, "</div>"]


def _draw(family: str, instance: Any, solution: Any) -> Any:
    import importlib

    return importlib.import_module(base.REGISTRY[family][2]).draw(instance, solution)


def _instance(record: dict) -> Any:
    import zerogap as zg

    if record["generate"]:
        call = dict(record["generate"])
        return zg.generate(record["family"], call.pop("generator", None), **call)
    located = locate(record.get("origin", ""), Path.cwd() / "suite.toml")
    if not record.get("origin") or located is None:
        raise FileNotFoundError(record["instance"])
    return files.read(located, family=record["family"], **record["instance_options"])


def _raw(records: list[dict]) -> str:
    lines = []
    for record in records:
        kept = {k: v for k, v in record.items() if k not in ("trace", "solution", "versions")}
        lines.append(_escape(json.dumps(kept)))
    return (
        f"<details><summary>{len(lines)} raw result lines (without traces)</summary>"
        f"<pre>{chr(10).join(lines)}</pre></details>"
    )


def _escape(text: str) -> str:
    """For HTML; control characters of names are shown, not sent."""
    return html.escape(visible(text))
