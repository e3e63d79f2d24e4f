"""The published systems, claim by claim (docs/systems.md)."""

from __future__ import annotations

import functools
import re
import statistics
import tomllib
from collections.abc import Callable

from benchmarks.tables import lines
from benchmarks.tables.definitions import additions, families, jobshop, routing
from benchmarks.tables.marks import TABLES

FIGURE = re.compile(r"\{(\w+)\}")
HEAD = ("claim", "theirs", "ours", "command, committed lines", "what we do not do")
VALUES: dict[str, Callable[[], dict[str, str]]] = {}


@functools.cache
def systems() -> list[dict]:
    """The claims as written in ``benchmarks/published/systems.toml``."""
    return tomllib.loads((lines.PUBLISHED / "systems.toml").read_text())["system"]


def slug(title: str) -> str:
    """Name of a system's table."""
    return "systems/" + re.sub(r"\W+", "-", title.lower()).strip("-")


def render(system: dict) -> str:
    """The table of one system."""
    rows = []
    for claim in system["claim"]:
        theirs = f"{claim['theirs']}; {claim['source']}"
        cells = (claim["claim"], theirs, claim["ours"], claim["command"], claim["not"])
        rows.append([FIGURE.sub(lambda m: values()[m[1]], cell) for cell in cells])
    return lines.markdown(HEAD, rows)


for _system in systems():
    TABLES[slug(_system["title"])] = functools.partial(render, _system)


def _agreed() -> str:
    """Settings in which CP-SAT proves the same sizes, of all."""
    record = lines.one("bars-fairclique", "agree")
    same = record["proven_by_cpsat"] - record["differ"]
    return f"{same} of {record['settings']}"


@functools.cache
def values() -> dict[str, str]:
    """Every figure that a claim of ours may name, from committed lines."""
    found: dict[str, str] = {}
    for part in (_routing, _jobshop, _fair, _matmul, _dag, _ets, _cosma):
        found |= part()
    return found


def _routing() -> dict[str, str]:
    found = {}
    for kind in ("pvrp-p", "pvrp-zc"):
        key = kind.replace("-", "_")
        found[f"{key}_1"] = f"{routing.pvrp(kind, 'auto 1 s'):.3f}"
        found[f"{key}_peer"] = f"{routing.pvrp(kind, 'pyvrp 10 s'):.3f}"
    found["robots_apart"] = f"{max(0.0, *routing.apart()):.2f} %"
    return found


def _jobshop() -> dict[str, str]:
    large = lines.runs("jobshop-large-60s", "auto", lambda r: r["status"] == "optimal")[0]
    rows = {r["instance"].removesuffix("js"): r for r in lines.published("jobshop-600s")}
    theirs = rows[large["instance"]]["optalcp_2026.4_600s"]
    means = jobshop.rule_means()
    static = {k: v for k, v in means.items() if k != "learned"}
    best = min(static, key=lambda name: static[name])
    return {
        "large_value": lines.thousands(large["objective"]),
        "large_time": f"{large['time']:.1f} s",
        "large_optal": lines.thousands(float(theirs)),
        "rule_count": str(len(lines.bar("bars-rules", "rules")[0]["makespans"])),
        "rule_learned": f"{means['learned']:.0f}",
        "rule_static": f"{static[best]:.0f}",
        "rule_name": f"`{best}`",
    }


def _fair() -> dict[str, str]:
    own = lines.bar("bars-fairclique", "public")
    assert all(r["size"] == r["published_size"] for r in own)
    ratios = [r["published_ms"] / r["ms"] for r in own]
    return {
        "fair_settings": str(len(own)),
        "fair_agree": _agreed(),
        "fair_least": f"{min(ratios):.0f}",
        "fair_most": f"{max(ratios):.0f}",
    }


def _matmul() -> dict[str, str]:
    import numpy as np

    from zerogap.models.matmul.catalogue import default, formats

    catalogue = default()
    entries = {n: catalogue.entry(n) for n in formats()}
    ratios = np.array([e.rank / e.known for e in entries.values()])
    found = {
        "rank_" + "x".join(map(str, n)): str(entries[n].rank)
        for n in ((4, 5, 12), (5, 6, 10), (6, 7, 9))
    }
    (walk,) = {
        r["median_seconds"] for r in lines.bar("bars-matmul", "ranks", format="4x4x4", rank=47)
    }
    better, equal, worse, ours, theirs = additions.tally()
    every = lines.bar(additions.NAME, "published")
    missed = [
        f"{r['format'].replace('x', '×')} with {r['additions']} against {r['published']}"
        for r in every
        if r["additions"] > r["published"]
    ]
    return found | {
        "rank_reached": str(int((ratios <= 1).sum())),
        "rank_count": str(len(ratios)),
        "rank_mean": f"{ratios.mean():.3f}",
        "rank_444z": f"{walk:g} s",
        "additions_333": _additions_333(),
        "additions_333_kept": str(
            lines.one(additions.NAME, "published", format="3x3x3")["additions"]
        ),
        "additions_better": str(better),
        "additions_equal": str(equal),
        "additions_worse": str(worse),
        "additions_count": str(better + equal + worse),
        "additions_ours": lines.thousands(ours),
        "additions_theirs": lines.thousands(theirs),
        "additions_long": ", ".join(
            f"{r['format'].replace('x', '×')} {r['additions']} (published {r['published']}) in "
            f"{r['seconds']:.0f} s"
            for r in lines.bar("matmul-additions-long", "published")
        ),
        "additions_missed": "; ".join(missed) or "none",
    }


def _additions_333() -> str:
    """Of the committed scheme itself: its checker counts."""
    import zerogap as zg
    from benchmarks.tables.marks import ROOT

    file = ROOT / "instances" / "matmul" / "333-rank23-56_reduced.json"
    scheme = zg.read(file, objective="additions")
    return f"{zg.check(scheme, scheme.given):g}"


def _dag() -> dict[str, str]:
    small = [r for r in lines.bar("bars-dag", "auto") if r["variables"] <= 50]
    large = lines.bar("bars-dag", "auto", variables=100)
    return {
        "dag_50": str(lines.proven(small)),
        "dag_50_count": str(len(small)),
        "dag_50_gap": f"{100 * max(r['gap'] for r in small):.0e} %",
        "dag_100_gap": lines.percent(max(r["gap"] for r in large)),
    }


def _ets() -> dict[str, str]:
    """The best trade-off at the default λ_d that solves and covers no less than REBASE."""
    every = {r["policy"]: r for r in lines.bar("bars-tradeoff", "tradeoff")}
    usual = every["rebase"]["accuracy"]
    own = [
        r for name, r in every.items()
        if name.startswith("ets") and name.endswith("λ_d=1.45") and r["accuracy"] >= usual
        and r["coverage"] >= every["rebase"]["coverage"]
    ]  # fmt: skip
    best = max(own, key=lambda r: r["less_kv"])
    speed = lines.bar("bars-treeprune", "speed", cost="unit", lambda_b=1)
    return {
        "ets_best_less": f"{best['less_kv']:.2f}",
        "ets_best_accuracy": lines.percent(best["accuracy"], 1),
        "ets_usual_accuracy": lines.percent(usual, 1),
        "ets_best_cost": best["policy"].split("λ_b=")[1].split()[0],
        "ets_one_less": f"{every['ets λ_b=1 λ_d=1.45']['less_kv']:.2f}",
        "ets_best_throughput": f"{best['throughput']:.2f}",
        "ets_best_apart": f"{best['throughput_unshared_reads']:.2f}",
        "ets_ratio": lines.thousands(min(r["least_ratio"] for r in speed)),
    }


def _cosma() -> dict[str, str]:
    every = families.cosma()
    times = [r["seconds"] for r in every if r["status"] == "optimal"]
    found = {
        "cosma_count": str(len(every)),
        "cosma_proven": str(lines.proven(every)),
        "cosma_median": f"{statistics.median(times):.2f} s",
        "cosma_factors": ", ".join(f"{f:g}" for f in sorted({r["factor"] for r in every})),
    }
    for number, word in enumerate(("hand", "nas")):
        group = families.cosma(number)
        for weights in ("ignore", "stream"):
            part = families.cosma(number, weights=weights)
            share = families.reduction(part, "file_belady")
            found[f"cosma_{word}_{weights}"] = lines.percent(share, 1)
        least = [
            r | {"least": min(r[b] for b in families.BASELINES if r[b] is not None)} for r in group
        ]
        found[f"cosma_{word}_best"] = lines.percent(families.reduction(least, "least"), 1)
        found[f"cosma_{word}_proven"] = str(lines.proven(group))
        found[f"cosma_{word}_count"] = str(len(group))
    return found
