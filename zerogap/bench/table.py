"""Tables from a result file alone."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from zerogap.bench.statistics import mean, relative_gap, shifted_geometric_mean
from zerogap.models import base
from zerogap.solvers.result import number, primal_integral

#: Head of the column of gaps where every value that is compared with is a published one.
GAP = "gap to best known"
HEAD = (
    "method", "runs", "solved", "proven", GAP, "best found", "time (sgm)", "primal integral",
    "peak MiB",
)  # fmt: skip


#: How the tables are read; under reports.
LEGEND = (
    "* proven optimal; 1234 [1200]: objective, not proven, and its best bound; gap: to the best "
    "known value unless the head says otherwise; time (sgm): shifted geometric mean of the "
    "seconds a run took, shift 1 s; primal integral: mean gap over the time limit, 0 best, 1 worst"
)


@dataclass(frozen=True)
class Table:
    """Rows of text under a head, with a caption."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """As a Markdown table."""
        lines = [
            f"**{self.caption}**",
            "",
            "| " + " | ".join(self.head) + " |",
            "|" + "---|" * len(self.head),
        ]
        lines += ["| " + " | ".join(row) + " |" for row in self.rows]
        return "\n".join(lines) + "\n"

    def csv(self) -> str:
        """As comma-separated values."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(self.head)
        writer.writerows(self.rows)
        return stream.getvalue()

    def latex(self) -> str:
        """As a LaTeX table in the style of booktabs."""

        def escape(text: str) -> str:
            for symbol in "\\%&_#$":
                text = text.replace(symbol, {"\\": r"\textbackslash "}.get(symbol, "\\" + symbol))
            return text.replace("–", "--")

        columns = "l" + "r" * (len(self.head) - 1)
        body = [" & ".join(map(escape, row)) + r" \\" for row in self.rows]
        return "\n".join(
            [
                rf"\begin{{tabular}}{{{columns}}}",
                r"\toprule",
                " & ".join(map(escape, self.head)) + r" \\",
                r"\midrule",
                *body,
                r"\bottomrule",
                r"\end{tabular}",
                "",
            ]
        )

    def text(self, form: str) -> str:
        """As ``markdown``, ``csv`` or ``latex``."""
        return {"markdown": self.markdown, "csv": self.csv, "latex": self.latex}[form]()


def reference(record: dict, known: dict[str, Any]) -> tuple[float | None, float | None]:
    """(bound, value) that are known of a record's instance: its line's own, else the suite's."""
    own = record.get("known")
    if own:
        return own.get("bound"), own.get("value")
    return known.get(record["instance"], (None, None))


def best_values(records: Sequence[dict], known: dict[str, Any]) -> dict[str, float]:
    """Best objective by instance: the known one, or the best of the runs if that is better."""
    best: dict[str, float] = {}
    for record in records:
        objective, name = record.get("objective"), record["instance"]
        if objective is None:
            continue
        pick = min if sense_of(record) == "min" else max
        value = reference(record, known)[1]
        best[name] = pick(v for v in (best.get(name), objective, value) if v is not None)
    return best


def references(records: Sequence[dict], known: dict[str, Any]) -> tuple[dict[str, float], set[str]]:
    """What gaps are held against, by instance.

    Returns
    -------
    values : dict of str to float
        The known value where there is one (a run may be better: its gap is negative), else the
        best of the runs.
    own : set of str
        Instances of the second kind: their gaps compare runs with each other and with nothing
        else.
    """
    values = best_values(records, known)
    own = set(values)
    for record in records:
        value = reference(record, known)[1]
        if value is not None and record["instance"] in values:
            values[record["instance"]] = value
            own.discard(record["instance"])
    return values, own


def gap_head(values: dict[str, float], own: set[str]) -> str:
    """Head of a column of gaps, which says what they are held against."""
    if not own:
        return GAP
    if len(own) == len(values):
        return "gap to best of these runs"
    return f"gap to best known ({len(own)} of {len(values)}: to best of these runs)"


def label(method: str, records: Sequence[dict]) -> str:
    """A method as a column is headed: a peer with the versions of the packages it names."""
    runs = [r for r in records if r["method"] == method and r.get("peer")]
    if not runs:
        return method
    base_versions = ("python", "zerogap", "ortools", "highspy", "pyomo", "numpy", "networkx")
    own = [f"{k} {v}" for k, v in runs[0].get("versions", {}).items() if k not in base_versions]
    return f"{method} ({', '.join(own)})" if own else method


def sense_of(record: dict) -> str:
    """Direction of the objective of a record's family."""
    return record.get("sense") or base.family(record["family"]).sense


def summary(records: Sequence[dict], known: dict[str, Any] | None = None) -> Table:
    """A row a method: mean gap to the best known, proofs, times, primal integral."""
    best = best_values(records, known or {})
    values, own = references(records, known or {})
    methods = list(dict.fromkeys(r["method"] for r in records))
    rows = []
    for method in methods:
        runs = [r for r in records if r["method"] == method]
        rows.append([label(method, runs), *_row(runs, best, values)])
    head = [gap_head(values, own) if h == GAP else h for h in HEAD]
    return Table(caption(records), head, rows)


def caption(records: Sequence[dict]) -> str:
    """Suite, size, budget and machine; a machine that was loaded is named so."""
    first = records[0]
    machine = first.get("machine", {})
    load = max((r.get("machine", {}).get("load", 0) for r in records), default=0)
    cores = machine.get("cores", 1)
    own = max(r["threads"] * r.get("machine", {}).get("jobs", 1) for r in records)
    busy = f", LOADED (load {load} beside {own} threads)" if load > own + 0.8 else ""
    jobs = f", {machine['jobs']} runs at a time" if machine.get("jobs", 1) > 1 else ""
    limits = sorted({r["time_limit"] for r in records})
    return (
        f"{first['suite']}: {len({r['instance'] for r in records})} instances, "
        f"{', '.join(f'{limit:g}' for limit in limits)} s, {first['threads']} threads, "
        f"{machine.get('cpu', '?')} ({cores} cores){jobs}{busy}"
    )


def _row(runs: list[dict], best: dict[str, float], values: dict[str, float]) -> list[str]:
    solved = [r for r in runs if r.get("objective") is not None]
    gaps = [
        relative_gap(r["objective"], values.get(r["instance"]), sense_of(r), r.get("offset", 0))
        for r in solved
    ]
    proven = sum(r["status"] in ("optimal", "infeasible") for r in runs)
    found = sum(g is not None and g <= 1e-9 for g in gaps)
    times = [
        r["time"] if r["status"] == "optimal" else r["time_limit"] for r in runs if "time" in r
    ]
    integrals = [
        primal_integral(
            ((p["time"], p["objective"]) for p in r["trace"]),
            best[r["instance"]],
            r["time_limit"],
            r.get("offset", 0),
        )
        for r in solved
        if r.get("trace") and r["instance"] in best
    ]
    return [
        str(len(runs)),
        str(len(solved)),
        str(proven),
        percent(mean(gaps)),
        str(found),
        f"{shifted_geometric_mean(times):.2f} s" if times else "–",
        f"{mean(integrals):.4f}" if integrals else "–",
        f"{max((r.get('peak_mib', 0) for r in runs), default=0):.0f}",
    ]


def percent(value: float) -> str:
    """A share for people, three decimals."""
    return "–" if math.isnan(value) else f"{100 * value:.3f} %"


def detail(records: Sequence[dict], known: dict[str, Any] | None = None) -> Table:
    """A row an instance, a column a method: objective (bound where not proven)."""
    known = known or {}
    methods = list(dict.fromkeys(r["method"] for r in records))
    cells: dict[str, dict[str, list[dict]]] = {}
    for record in records:
        cells.setdefault(record["instance"], {}).setdefault(record["method"], []).append(record)
    rows = []
    for name, by_method in cells.items():
        lower, upper = reference(next(iter(by_method.values()))[0], known)
        best = (
            number(upper) if lower is None or lower == upper else f"{number(lower)}–{number(upper)}"
        )
        rows.append([name, best, *(_cell(by_method.get(m, [])) for m in methods)])
    heads = [label(m, records) for m in methods]
    return Table(caption(records), ("instance", best_head(records), *heads), rows)


def best_head(records: Sequence[dict]) -> str:
    """Head of the column of best known values, with their source where the lines tell it."""
    sources = sorted({r["known"]["source"] for r in records if r.get("known")} - {""})
    return f"best known ({', '.join(sources)})" if sources else "best known"


def _cell(runs: list[dict]) -> str:
    values = sorted(r["objective"] for r in runs if r.get("objective") is not None)
    if not values:
        return runs[0]["status"] if runs else "–"
    middle = number(values[(len(values) - 1) // 2])
    if all(r["status"] == "optimal" for r in runs):
        return middle + "*"
    bounds = [r["bound"] for r in runs if r.get("bound") is not None]
    return middle + (f" [{number(bounds[0])}]" if bounds else "")
