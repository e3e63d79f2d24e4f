"""Figures of scheduling in the general encoding."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from benchmarks.tables import lines
from benchmarks.tables.marks import table
from zerogap.solvers.scheduling.priorities import STATIC

CLASSES = ("pfsp", "npfsp", "nw-pfsp", "sdst-pfsp", "tct-pfsp", "tt-pfsp", "dpfsp", "hfsp", "osp",
           "pmp", "jsp", "fjsp", "rcpsp", "mmrcpsp", "rcmpsp")  # fmt: skip
LINES, BARS = "scheduling-classes", "bars-scheduling"


def published(problem: str, column: str, names: Sequence[str]) -> str:
    """Mean gap of a published column to the best known values of the same files."""
    rows = {
        r["instance"]: r
        for r in lines.published("scheduling-900s")
        if r["problem"] == problem.upper()
    }
    own = [rows[name] for name in names if float(rows[name]["best_known"]) > 0]
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
        "better plan; two threads, which had two cores to themselves on pfsp 53 and 139 and "
        "npfsp 145 and 289 and shared one core on all other files; published values: "
        "`benchmarks/published/scheduling-900s.csv`"
    )
    return lines.markdown(head, rows, lines.origin(LINES, how=note))


@table("scheduling/all")
def all_files() -> str:
    """Every file of every class that both have run, one run of each."""
    rows, names = [], []
    for problem in CLASSES:
        name = f"scheduling-{problem}"
        names.append(name)
        theirs = {r["instance"]: r for r in lines.runs(name, "pyjobshop")}
        own = [r for r in lines.runs(name, "auto") if r["instance"] in theirs]
        peer = [theirs[r["instance"]] for r in own]
        pairs = [(a.get("objective"), b.get("objective")) for a, b in zip(own, peer, strict=True)]
        better = sum(b is None or a < b for a, b in pairs if a is not None)
        worse = sum(a is None or (b is not None and a > b) for a, b in pairs)
        rows.append([
            problem, len(own), _positive(own), _positive(peer), f"{better} : {worse}",
            f"{lines.proven(own)} / {lines.proven(peer)}",
            *(published(problem, c, [r["instance"] for r in own])
              for c in ("cpsat_900s", "cpo_900s")),
        ])  # fmt: skip
    head = ("class", "files", "zerogap, 30 s", "PyJobShop over CP-SAT, 30 s, same run",
            "zerogap better : worse", "proven by either", "published: CP-SAT, 900 s, 8 cores",
            "published: CP Optimizer, 900 s, 8 cores")  # fmt: skip
    how = (
        "mean gap to the best known values of the published study, in which a negative gap is a "
        "better plan; without the files whose best known value is 0; each with two threads on a "
        "core of its own, both at the same time; a run that was ended from outside counts as none"
    )
    return lines.markdown(head, rows, lines.origin(*names, how=how))


def _positive(records: Sequence[dict]) -> str:
    """Mean gap over files with a plan and a best known value above 0, and how many have none."""
    found = [
        r for r in records if r.get("objective") is not None and r["known"]["value"] > 0
    ]  # a run that failed has no objective either
    missing = sum(r.get("objective") is None for r in records)
    mean = lines.percent(lines.mean_gap(found))
    return f"none on {missing}, else {mean}" if missing else mean


@table("scheduling/pipelines")
def pipelines() -> str:
    """Pipelines of equal passes."""
    rows = [
        [f"{r['stages']} × {r['batches']}", r["memory"], r["1f1b"], r["zb_h1"], r["zb_h2"],
         r["objective"], r["status"], f"{r['seconds']:.1f} s"]
        for r in lines.bar(BARS, "pipeline")
    ]  # fmt: skip
    head = ("stages × batches", "memory", "1F1B", "ZB-H1", "ZB-H2", "zerogap", "status", "time")
    note = "longest span of a stage; all passes take 1, memory in activations; one thread"
    return lines.markdown(head, rows, lines.origin(BARS, how=note))


@table("scheduling/rules")
def rules() -> str:
    """One plan a file by the learned priority and by the static ones."""
    rows = []
    every = [(r["problem"], r["files"], r) for r in lines.bar(BARS, "rules")]
    plants = lines.bar(BARS, "plants")
    for label, files, record in every:
        learned, named = record["learned"], {name: record[name] for name in STATIC}
        best = min(named, key=lambda name: named[name])
        cells = lines.bold([lines.percent(v) for v in (learned, named[best])],
                           [learned, named[best]])  # fmt: skip
        rows.append([label, files, cells[0], f"{cells[1]} ({best})",
                     *(lines.percent(named[n]) for n in ("mwkr", "spt"))])  # fmt: skip
    for r in plants:
        best = min(STATIC, key=lambda name, r=r: r[name])
        shown = [lines.thousands(v) for v in (r["learned"], r[best])]
        cells = lines.bold(shown, [r["learned"], r[best]])
        rows.append(
            [
                f"workshop of {lines.thousands(r['tasks'])} tasks; CP-SAT after "
                f"{r['limit']:.0f} s: {_value(r['cp_sat'])}",
                1,
                cells[0],
                f"{cells[1]} ({best})",
                *(lines.thousands(r[n]) for n in ("mwkr", "spt")),
            ]
        )
    head = ("class", "files", "learned", "best static rule", "mwkr", "spt")
    how = ("one plan a file; mean gap to the best known values, every rule with the window that "
           "suits the class best; workshops: objectives")  # fmt: skip
    return lines.markdown(head, rows, lines.origin(BARS, how=how))


def _value(value: float | None) -> str:
    return "no plan" if value is None else lines.thousands(value)


@table("scheduling/large")
def large() -> str:
    """The first plan of a large plant, and planning anew."""
    rows = [
        [f"{lines.thousands(r['tasks'])} tasks, setups by family, calendars", "first checked plan",
         f"{r['first_seconds']:.1f} s"]
        for r in lines.bar(BARS, "large")
    ]  # fmt: skip
    rows += [
        [f"{lines.thousands(r['tasks'])} tasks, a machine fails, {lines.thousands(r['left'])} left",
         f"cost {lines.percent(r['objective'] / r['repaired'] - 1)} against the old order repaired",
         f"{r['seconds']:.1f} s"]
        for r in lines.bar(BARS, "reschedule")
    ]  # fmt: skip
    (soc,) = lines.bar(BARS, "soc")
    rows.append([f"{soc['sets']} DAGs of 20 tasks on 4 processors, {soc['proven']} proven",
                 f"{lines.percent(soc['below_heft'])} below HEFT in the mean",
                 f"{soc['seconds_each']:.1f} s"])  # fmt: skip
    return lines.markdown(("instance", "what", "time"), rows, lines.origin(BARS, how="one thread"))
