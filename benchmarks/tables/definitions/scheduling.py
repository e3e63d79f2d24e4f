"""Figures of scheduling in the general encoding."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from benchmarks.tables import lines
from benchmarks.tables.marks import table

CLASSES = ("pfsp", "npfsp", "nw-pfsp", "sdst-pfsp", "tct-pfsp", "tt-pfsp", "dpfsp", "hfsp", "osp",
           "pmp", "jsp", "fjsp", "rcpsp", "mmrcpsp", "rcmpsp")  # fmt: skip
LINES = "scheduling-classes"


def published(problem: str, column: str, names: Sequence[str]) -> str:
    """Mean gap of a published column to the best known values of the same files."""
    rows = {
        r["instance"]: r
        for r in lines.published("scheduling-900s")
        if r["problem"] == problem.upper()
    }
    own = [rows[name] for name in names]
    if not all(r[column] for r in own):
        return "–"
    values = [float(r[column]) / float(r["best_known"]) - 1 for r in own]
    missing = sum(math.isinf(v) for v in values)
    if missing:
        return f"none on {missing}"
    return lines.percent(statistics.fmean(values))


def measured(records: Sequence[dict]) -> str:
    """Mean gap, or on how many files nothing was found."""
    missing = sum(r["objective"] is None for r in records)
    return f"none on {missing}" if missing else lines.percent(lines.mean_gap(records))


@table("scheduling/classes")
def classes() -> str:
    """Every class beside PyJobShop in the same run and beside the published study."""
    rows = []
    found = {r.get("versions", {}).get("pyjobshop") for r in lines.read(LINES)}
    version = "/".join(sorted(v for v in found if v))
    for problem in CLASSES:
        keep = lambda r, p=problem: r["instance_options"]["problem"] == p  # noqa: E731
        every = [r for r in lines.read(LINES) if keep(r)]
        if not every:
            continue
        theirs = {r["instance"]: r for r in every if r["method"] == "pyjobshop"}
        # Only files that both have run.
        own = [r for r in every if r["method"] == "auto" and r["instance"] in theirs]
        names = [r["instance"] for r in own]
        peer = [theirs[name] for name in names]
        rows.append([
            problem, ", ".join(names), measured(own), measured(peer),
            f"{lines.proven(own)} / {lines.proven(peer)}",
            *(published(problem, c, names) for c in ("cpsat_900s", "cpo_900s")),
        ])  # fmt: skip
    head = ("class", "files", "zerogap, 30 s", f"PyJobShop {version} over CP-SAT, 30 s, same run",
            "proven by either", "published: CP-SAT, 900 s, 8 cores",
            "published: CP Optimizer, 900 s, 8 cores")  # fmt: skip
    note = (
        "mean gap to the best known values of the published study, in which a negative gap is a "
        "better plan; two threads, which had two cores to themselves on the files of pfsp "
        "and npfsp and shared one core on all others; published values: "
        "`benchmarks/published/scheduling-900s.csv`"
    )
    return lines.markdown(head, rows, lines.origin(LINES, how=note))
