"""Figures of vehicle routing."""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable

from benchmarks.tables import lines
from benchmarks.tables.marks import figure, table

SETS = (
    ("VRPTW, 1000 clients", "routing-vrptw"),
    ("HFVRP", "routing-hfvrp"),
    ("MDVRPTW", "routing-mdvrptw"),
    ("PCVRPTW, 1000 clients", "routing-pcvrptw"),
    ("SDVRPTW", "routing-sdvrptw"),
    ("VRPB", "routing-vrpb"),
    ("MTVRPTWR", "routing-mtvrptwr"),
    ("GVRP", "routing-gvrp"),
    ("TSP, 1000–1600 cities", "routing-tsp"),
)
HOW = "one thread, 30 s, two runs at a time, every file of the set that is at hand"


def nodes(record: dict) -> int:
    """n in the name of a CVRPLIB file."""
    found = re.search(r"-n(\d+)-", record["instance"])
    assert found
    return int(found[1])


def duel(name: str, peer: str = "pyvrp") -> tuple[int, int, int]:
    """On how many files ours is better, equal, worse."""
    theirs = {r["instance"]: r["objective"] for r in lines.runs(name, peer)}
    signs = [
        (theirs[r["instance"]] > r["objective"]) - (theirs[r["instance"]] < r["objective"])
        for r in lines.runs(name, "auto")
    ]
    return signs.count(1), signs.count(0), signs.count(-1)


@table("routing/cvrp-x")
def cvrp_x() -> str:
    """CVRP X by size."""
    name = "routing-cvrp-x"
    sizes: tuple[tuple[str, Callable[[dict], bool]], ...] = (
        ("n ≤ 256", lambda r: nodes(r) <= 256),
        ("266 ≤ n ≤ 480", lambda r: 256 < nodes(r) <= 480),
        ("n ≥ 502", lambda r: nodes(r) > 480),
        ("all", lambda r: True),
    )
    rows = []
    for label, keep in sizes:
        gaps = [lines.mean_gap(lines.runs(name, m, keep)) for m in ("auto", "hgs", "pyvrp")]
        cells = lines.bold([lines.percent(g) for g in gaps], gaps)
        rows.append([label, len(lines.runs(name, "auto", keep)), *cells])
    head = ("CVRP X", "files", "zerogap", lines.peer(name, "hgs"), lines.peer(name, "pyvrp"))
    how = "mean gap to the best known values, " + HOW
    return lines.markdown(head, rows, lines.origin(name, how=how))


@figure("routing/cvrp-x-duel")
def cvrp_x_duel() -> str:
    """Better, equal, worse than both peers."""
    p, h = duel("routing-cvrp-x"), duel("routing-cvrp-x", "hgs")
    return (
        f"Better than PyVRP on {p[0]} of the {sum(p)}, equal on {p[1]}, worse on {p[2]}; "
        f"than HGS-CVRP {h[0]}, {h[1]}, {h[2]}."
    )


@table("routing/sets")
def sets() -> str:
    """The other public sets."""
    rows = []
    for label, name in SETS:
        gaps = [lines.mean_gap(lines.runs(name, m)) for m in ("auto", "pyvrp")]
        better, _, worse = duel(name)
        cells = lines.bold([lines.percent(g) for g in gaps], gaps)
        rows.append([label, len(lines.runs(name, "auto")), *cells, f"{better} : {worse}"])
    head = ("set", "files", "zerogap", lines.peer("routing-vrptw", "pyvrp"), "better")
    note = "mean gap to the best known values, " + HOW + "; *better*: on how many files each was"
    return lines.markdown(head, rows, lines.origin(*(n for _, n in SETS), how=note))


@table("routing/m-xml")
def m_xml() -> str:
    """M and XML100 after ten seconds."""
    name = "routing-m-xml"
    rows = []
    for label, start in (("M", "M-"), ("XML100, every tenth", "XML")):
        keep = _starts(start)
        gaps = [lines.mean_gap(lines.runs(name, m, keep)) for m in ("auto", "pyvrp")]
        cells = lines.bold([lines.percent(g) for g in gaps], gaps)
        rows.append([label, len(lines.runs(name, "auto", keep)), *cells])
    head = ("set, 10 s", "files", "zerogap", lines.peer(name, "pyvrp"))
    return lines.markdown(head, rows, lines.origin(name, how="one thread, two runs at a time"))


def _starts(text: str) -> Callable[[dict], bool]:
    return lambda r: r["instance"].startswith(text)


def pvrp(kind: str, method: str) -> float:
    """Mean of length + α Σ (1 − p) over the profiled instances, in units of the square's side."""
    found = lines.runs("routing-pvrp-bars", method, _starts(kind))
    return statistics.fmean(r["objective"] + r.get("offset", 0) for r in found) / 10_000


@table("routing/pvrp")
def profiled() -> str:
    """Profiled instances beside PyVRP's strong model."""
    name = "routing-pvrp-bars"
    methods = ("auto 1 s", "pyvrp 10 s")
    rows = []
    for kind in ("pvrp-p", "pvrp-zc"):
        values = [pvrp(kind, m) for m in methods]
        own, theirs = (
            {r["instance"]: r["objective"] for r in lines.runs(name, m, _starts(kind))}
            for m in methods
        )
        ahead = sum(own[i] <= theirs[i] for i in own)
        cells = lines.bold([f"{v:.3f}" for v in values], values)
        rows.append([f"`{kind}`", len(own), *cells, f"{ahead} of {len(own)}"])
    head = (
        "", "instances", "zerogap, 1 s", f"{lines.peer(name, methods[1])}, 10 s",
        "zerogap as good or better",
    )  # fmt: skip
    how = (
        "mean of length + α Σ (1 − p), one thread, same run, alone (priority); PyVRP with a free "
        "vehicle a trip"
    )
    return lines.markdown(head, rows, lines.origin(name, how=how))


@table("routing/pvrp-bounds")
def profiled_bounds() -> str:
    """Profiled instances from below."""
    name = "routing-pvrp-bounds"
    every = sorted(lines.runs(name, "auto"), key=lambda r: r["instance"])
    rows = [
        [
            f"`{r['instance']}`",
            r["objective"],
            f"{r['bound']:.0f}",
            r["status"],
            f"{r['time']:.1f} s",
        ]
        for r in every
    ]
    head = ("instance", "objective", "bound", "status", "time")
    return lines.markdown(head, rows, lines.origin(name, how="two threads, 60 s, alone"))


#: What an objective of a type is divided by for people: thousandths; a matrix as it is; of two
#: objectives the first.
_UNITS = {"B": 1e9, "G": 1.0}


def apart(kind: str = "") -> list[float]:
    """By how many per cent the kernel alone is above auto, of every drawn instance of a type."""
    own, both = (
        lines.runs("routing-robots", m, _starts(f"robots-{kind}")) for m in ("kernel", "auto")
    )
    return [100 * (a["objective"] / b["objective"] - 1) for a, b in zip(own, both, strict=True)]


@table("routing/robots")
def told() -> str:
    """The types told in words at 41 cities: the kernel alone beside auto."""
    name = "routing-robots"
    rows = []
    for kind in sorted({r["generate"]["type"] for r in lines.read(name)}):
        unit = _UNITS.get(kind, 1e3)
        digits = 0 if unit == 1.0 else 3
        own, both = (lines.runs(name, m, _starts(f"robots-{kind}-")) for m in ("kernel", "auto"))
        shown = [
            ", ".join(f"{r[key] / unit:.{digits}f}" for r in part)
            for part, key in ((own, "objective"), (both, "objective"), (both, "bound"))
        ]
        rows.append(
            [kind, *shown, ", ".join(f"{round(a, 2) + 0.0:+.2f} %" for a in apart(f"{kind}-"))]
        )
    head = ("type", "kernel", "auto", "bound of auto", "kernel above auto")
    how = (
        "four robots, 41 cities, two instances a type, one thread, 10 s, alone (priority) but for "
        "the last three runs of K; of B the longest edge, of G units of the matrix"
    )
    return lines.markdown(head, rows, lines.origin(name, how=how))


@table("routing/bounds")
def bounds() -> str:
    """Proofs of small CVRPs."""
    name = "routing-bounds-30s"
    every = lines.runs(name, "auto")
    rows = [
        (label, len(part), lines.proven(part))
        for label, part in (
            ("up to 50 nodes", [r for r in every if nodes(r) <= 50]),
            ("below 60 nodes", [r for r in every if nodes(r) < 60]),
        )
    ]
    open_ones = [
        f"{r['instance']} (bound {r['bound']:g} of {r['objective']:g})"
        for r in every
        if r["status"] != "optimal"
    ]
    head = ("A, B, E, P", "files", "proven in 30 s")
    note = "`auto` from nothing, two threads on one core, alone (priority)"
    if open_ones:
        note += "; open: " + ", ".join(open_ones)
    return lines.markdown(head, rows, lines.origin(name, how=note))


@table("routing/proofs")
def proofs() -> str:
    """Proofs at 100 clients: the files of the suite that were run."""
    name = "routing-proofs"
    rows = [
        (
            f"`{r['instance']}`",
            f"{r['objective']:g}",
            f"{r['bound']:g}",
            f"{r['time']:.0f} s" if r["status"] == "optimal" else "open",
        )
        for r in lines.runs(name, "auto")
    ]
    how = (
        "`auto` from nothing, two threads, on one core alone (priority) or, the last three files, "
        "on two cores beside other work; of the suite's 20 files the others were not run"
    )
    return lines.markdown(
        ("XML100", "objective", "bound", "proven after"), rows, lines.origin(name, how=how)
    )
