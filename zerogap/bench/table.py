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

HEAD = (
    "method", "runs", "solved", "proven", "gap to best", "best found", "time (sgm)",
    "primal integral", "peak MiB",
)  # fmt: skip


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


def best_values(records: Sequence[dict], known: dict[str, Any]) -> dict[str, float]:
    """Best objective by instance: the known one, or the best of the runs if that is better."""
    best: dict[str, float] = {}
    for record in records:
        objective, name = record.get("objective"), record["instance"]
        if objective is None:
            continue
        pick = min if sense_of(record) == "min" else max
        best[name] = pick(best.get(name, objective), objective)
    for name, value in best.items():
        upper = known.get(name, (None, None))[1]
        if upper is not None:
            sense = next(sense_of(r) for r in records if r["instance"] == name)
            best[name] = min(value, upper) if sense == "min" else max(value, upper)
    return best


def sense_of(record: dict) -> str:
    """Direction of the objective of a record's family."""
    return record.get("sense") or base.family(record["family"]).sense


def summary(records: Sequence[dict], known: dict[str, Any] | None = None) -> Table:
    """A row a method: mean gap to the best known, proofs, times, primal integral."""
    best = best_values(records, known or {})
    methods = list(dict.fromkeys(r["method"] for r in records))
    rows = [_row(m, [r for r in records if r["method"] == m], best) for m in methods]
    return Table(caption(records), HEAD, rows)


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


def _row(method: str, runs: list[dict], best: dict[str, float]) -> list[str]:
    solved = [r for r in runs if r.get("objective") is not None]
    gaps = [
        relative_gap(r["objective"], best.get(r["instance"]), sense_of(r), r.get("offset", 0))
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
        method,
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
        lower, upper = known.get(name, (None, None))
        reference = (
            number(upper) if lower is None or lower == upper else f"{number(lower)}–{number(upper)}"
        )
        rows.append([name, reference, *(_cell(by_method.get(m, [])) for m in methods)])
    return Table(caption(records), ("instance", "best known", *methods), rows)


def _cell(runs: list[dict]) -> str:
    values = sorted(r["objective"] for r in runs if r.get("objective") is not None)
    if not values:
        return runs[0]["status"] if runs else "–"
    middle = number(values[(len(values) - 1) // 2])
    if all(r["status"] == "optimal" for r in runs):
        return middle + "*"
    bounds = [r["bound"] for r in runs if r.get("bound") is not None]
    return middle + (f" [{number(bounds[0])}]" if bounds else "")
