"""Figures of job-shops."""

from __future__ import annotations

import re
import statistics
from collections.abc import Sequence

from benchmarks.tables import lines
from benchmarks.tables.marks import table

SETS = (("ta", ("ta",)), ("dmu", ("dmu",)), ("swv", ("swv",)), ("yn", ("yn",)), ("abz", ("abz",)),
        ("la", ("la",)), ("orb, ft", ("orb", "ft")))  # fmt: skip
HARDWARE = "published, 600 s, 4-core i7-1185G7"


def in_set(record: dict, starts: Sequence[str]) -> bool:
    """Whether a file belongs to one of the sets."""
    found = re.match(r"[a-z]+", record["instance"])
    return found is not None and found[0] in starts


def published(column: str, instances: Sequence[str]) -> float:
    """Mean gap of a published column to the best known values of the same files."""
    rows = {r["instance"].removesuffix("js"): r for r in lines.published("jobshop-600s")}
    return statistics.fmean(
        float(rows[name][column]) / float(rows[name]["best_known"]) - 1 for name in instances
    )


def classic(starts: Sequence[str]) -> list[dict]:
    """Ten seconds of `auto` on the files of some sets."""
    return lines.runs("jobshop-classic-10s", "auto", lambda r: in_set(r, starts))


@table("jobshop/classic")
def classic_sets() -> str:
    """The classical sets beside published values."""
    rows = []
    for label, starts in SETS:
        own = classic(starts)
        names = [r["instance"] for r in own]
        gaps = [lines.mean_gap(own), published("cpsat_9.15_600s", names),
                published("optalcp_2026.4_600s", names)]  # fmt: skip
        cells = [lines.percent(g) for g in gaps]
        rows.append([label, len(own), cells[0], lines.proven(own), *cells[1:]])
    head = ("set", "files", "zerogap, 10 s", "proven", f"CP-SAT 9.15 ({HARDWARE})",
            f"OptalCP 2026.4 ({HARDWARE})")  # fmt: skip
    note = "mean gap to the best known makespans; two threads, alone on the machine; published " \
        "values: `benchmarks/published/jobshop-600s.csv`"  # fmt: skip
    return lines.markdown(head, rows, lines.origin("jobshop-classic-10s", how=note))


@table("jobshop/cold")
def cold() -> str:
    """Ours after 10 s beside cold CP-SAT after 60 s on the same files."""
    rows = []
    for label, starts in SETS:
        if label == "abz":
            own = lines.runs("jobshop-abz-60s", "auto")
            theirs = lines.runs("jobshop-abz-60s", "exact")
            label = "abz, both at 60 s"
        else:
            theirs = lines.runs("jobshop-sample-cold-60s", "exact", lambda r: in_set(r, starts))  # noqa: B023
            names = {r["instance"] for r in theirs}
            own = [r for r in classic(starts) if r["instance"] in names]
        proofs = f"{lines.proven(own)} / {lines.proven(theirs)}"
        gaps = [lines.percent(lines.mean_gap(part)) for part in (own, theirs)]
        rows.append([label, len(theirs), *gaps, proofs])
    head = ("set", "files", "zerogap, 10 s", "cold CP-SAT 9.15, 60 s", "proven by either")
    names = ("jobshop-classic-10s", "jobshop-sample-cold-60s", "jobshop-abz-60s")
    note = "mean gap to the best known makespans; two threads"
    return lines.markdown(head, rows, lines.origin(*names, how=note))


@table("jobshop/large")
def large() -> str:
    """Very large shops."""
    rows = []
    values = {r["instance"].removesuffix("js"): r for r in lines.published("jobshop-600s")}
    for record in lines.runs("jobshop-large-60s", "auto"):
        name, value = record["instance"], record["objective"]
        if record["status"] == "optimal":
            text = f"**{lines.thousands(value)}, proven optimal in {record['time']:.1f} s**"
        elif record.get("known"):
            text = f"{lines.thousands(value)} ({lines.percent(lines.gap(record), 1)} above the " \
                "best known)"  # fmt: skip
        else:
            text = f"{lines.thousands(value)} (no best known value)"
        row = values.get(name)
        shown = [lines.thousands(float(row[c])) if row and row[c] else "–"
                 for c in ("cpsat_9.15_600s", "optalcp_2026.4_600s")]  # fmt: skip
        first = next(p["time"] for p in record["trace"] if p["objective"] is not None)
        rows.append([name, f"{first:.1f} s", text, *shown, f"{record['peak_mib']:.0f} MiB"])
    head = ("shop", "first schedule", "zerogap, 60 s", f"CP-SAT 9.15 ({HARDWARE})",
            f"OptalCP 2026.4 ({HARDWARE})", "memory")  # fmt: skip
    return lines.markdown(head, rows, lines.origin("jobshop-large-60s", how="two threads"))


@table("jobshop/flexible")
def flexible() -> str:
    """Brandimarte's shops."""
    own = lines.runs("fjsp-brandimarte-10s", "auto")
    best = sum(lines.gap(r) <= 0 for r in own)
    rows = [("Brandimarte", len(own), lines.percent(lines.mean_gap(own)), lines.proven(own), best)]
    head = ("flexible shops", "files", "zerogap, 10 s", "proven", "at the best known value")
    note = "mean gap to the best known makespans; two threads"
    return lines.markdown(head, rows, lines.origin("fjsp-brandimarte-10s", how=note))


def rule_means() -> dict[str, float]:
    """Mean makespan of one schedule on every file of ta and dmu, by rule."""
    return {
        r["rule"]: statistics.fmean(r["makespans"].values())
        for r in lines.bar("bars-rules", "rules")
    }


@table("jobshop/rules")
def rules() -> str:
    """The learned rule beside static ones."""
    rows = []
    for line in lines.bar("bars-rules", "rules"):
        parts = {
            start: [v for k, v in line["makespans"].items() if k.startswith(start)]
            for start in ("ta", "dmu")
        }
        rows.append([f"`{line['rule']}`", *(f"{statistics.fmean(p):.0f}" for p in parts.values())])
    counts = [len(p) for p in parts.values()]
    head = ("rule", f"ta, {counts[0]} files", f"dmu, {counts[1]} files")
    how = "mean makespan of one schedule a file; `python benchmarks/jobshop_bars.py rules`"
    return lines.markdown(head, rows, lines.origin("bars-rules", how=how))
