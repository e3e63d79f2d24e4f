"""The landing page's table: one row a claim, every figure from a committed line."""

from __future__ import annotations

from benchmarks.tables import lines
from benchmarks.tables.definitions import additions, jobshop, routing
from benchmarks.tables.marks import figure, table


def _routing() -> list[list[str]]:
    def gaps(name: str, *methods: str) -> list[str]:
        return [lines.percent(lines.mean_gap(lines.runs(name, m))) for m in methods]

    x = gaps("routing-cvrp-x", "auto", "hgs", "pyvrp")
    tw = gaps("routing-vrptw", "auto", "pyvrp")
    pc = gaps("routing-pcvrptw", "auto", "pyvrp")
    tsp = gaps("routing-tsp", "auto", "pyvrp")
    own, theirs = (
        sum(routing.pvrp(k, m) for k in ("pvrp-p", "pvrp-zc")) / 2
        for m in ("auto 1 s", "pyvrp 10 s")
    )
    small = [r for r in lines.runs("routing-bounds-30s", "auto") if routing.nodes(r) < 60]
    pyvrp = lines.peer("routing-vrptw", "pyvrp")

    def count(name: str) -> int:
        return len(lines.runs(name, "auto"))

    return [
        ["[routing](routing.md)", f"CVRP X, {count('routing-cvrp-x')} files", "30 s, one thread",
         f"**{x[0]}**", f"{lines.peer('routing-cvrp-x', 'hgs')} {x[1]}, {pyvrp} {x[2]}"],
        ["", f"VRPTW, 1000 clients, {count('routing-vrptw')} files", "30 s, one thread",
         f"**{tw[0]}**", f"{pyvrp} {tw[1]}"],
        ["", f"prize-collecting VRPTW, 1000 clients, {count('routing-pcvrptw')} files",
         "30 s, one thread", f"**{pc[0]}**", f"{pyvrp} {pc[1]}"],
        ["", f"profiled VRP, {len(lines.runs('routing-pvrp-bars', 'auto 1 s'))} generated, "
         "mean objective", "one thread", f"{own:.2f} after 1 s", f"{pyvrp} {theirs:.2f} "
         "after 10 s"],
        ["", "TSP, 1000–1600 cities", "30 s, one thread", f"**{tsp[0]}**", f"{pyvrp} {tsp[1]}"],
        ["", "A, B, E, P below 60 nodes", "30 s, two threads",
         f"**{lines.proven(small)} of {len(small)}** proven optimal", ""],
    ]  # fmt: skip


def _jobshop() -> list[list[str]]:
    rows = []
    for label, page, starts in (("Taillard", "[jobshop](jobshop.md)", ("ta",)),
                                ("Demirkol", "", ("dmu",))):  # fmt: skip
        own = jobshop.classic(starts)
        names = [r["instance"] for r in own]
        optal, cp = (
            lines.percent(jobshop.published(c, names))
            for c in ("optalcp_2026.4_600s", "cpsat_9.15_600s")
        )
        beside = f"published after 600 s on four cores: OptalCP {optal}, CP-SAT {cp}"
        gap = lines.percent(lines.mean_gap(own))
        rows.append([page, f"{label}, {len(own)} files", "10 s, two threads", f"**{gap}**", beside])
    large = lines.runs("jobshop-large-60s", "auto", lambda r: r["status"] == "optimal")[0]
    theirs = next(
        r for r in lines.published("jobshop-600s")
        if r["instance"].removesuffix("js") == large["instance"]
    )  # fmt: skip
    above = float(theirs["optalcp_2026.4_600s"]) / large["objective"] - 1
    rows.append(["", f"{large['instance']}, 10⁵ operations", "two threads",
                 f"**proven optimal in {large['time']:.1f} s**",
                 f"published after 600 s: OptalCP {lines.percent(above, 1)} above"])  # fmt: skip
    return rows


def _others() -> list[list[str]]:
    fair = lines.bar("bars-fairclique", "public")
    ratios = [r["published_ms"] / r["ms"] for r in fair]
    slowest = max(r["ms"] for r in fair)
    walk = lines.bar("bars-matmul", "ranks", format="4x4x4", rank=47)[0]
    better, equal, worse, ours, theirs = additions.tally()
    dag = lines.bar("bars-dag", "auto", variables=50)
    gap, late = max(r["gap"] for r in dag), max(r["reached"] for r in dag)
    assert gap < 1e-6
    speed = lines.one("bars-treeprune", "speed", width=256, cost="unit", lambda_b=1)
    alloc = lines.bar("bars-scratchpad", "minimalloc")
    totals = [sum(r[k] for r in alloc) for k in ("seconds", "published_seconds")]
    return [
        ["[fairclique](fairclique.md)", f"NBA, DBLP, {len(fair)} settings of k and δ",
         "one thread", f"**at most {slowest:.0f} ms**, proven",
         f"the published program: {min(ratios):.0f} to {max(ratios):.0f} times as long"],
        ["[matmul](matmul.md)", "4×4×4 over Z2 to rank 47", "one thread",
         f"**{walk['median_seconds']:g} s** (median of {len(walk['seconds'])})",
         "published rank: 47"],
        ["", f"[additions](matmul-additions.md) of {better + equal + worse} schemes",
         "4 s, one thread", f"**{lines.thousands(ours)}** in total",
         f"published: {lines.thousands(theirs)}"],
        ["[dag](dag.md)", "50 variables", "two threads",
         f"**best known loss after {1000 * late:.0f} ms**, at most {100 * gap:.0e} % from optimal",
         ""],
        ["[treeprune](treeprune.md)", "trees of width 256", "one thread",
         f"**{speed['kernel_us']:.0f} µs**",
         f"building and solving with PuLP/CBC: {speed['cbc_ms']:.0f} ms"],
        ["[scratchpad](scratchpad.md)", f"MiniMalloc's {len(alloc)}", "one thread",
         f"**{totals[0]:.1f} s**, {lines.proven(alloc)} solved",
         f"its C++ program: {totals[1]:.1f} s"],
    ]  # fmt: skip


@table("overview")
def overview() -> str:
    """What was measured, family by family."""
    head = ("family", "instances", "conditions", "zerogap", "beside it")
    return lines.markdown(head, [*_routing(), *_jobshop(), *_others()])


@figure("readme/measured")
def readme() -> str:
    """The sentence on the README's first screens."""
    x = [
        lines.percent(lines.mean_gap(lines.runs("routing-cvrp-x", m)))
        for m in ("auto", "hgs", "pyvrp")
    ]
    own = jobshop.classic(("ta",))
    cp = lines.percent(jobshop.published("cpsat_9.15_600s", [r["instance"] for r in own]))
    count = len(lines.runs("routing-cvrp-x", "auto"))
    return (
        f"CVRP X ({count} files, 30 s) {x[0]} above\nthe best known against {x[1]} of HGS-CVRP "
        f"and {x[2]} of PyVRP; Taillard's job-shops {lines.percent(lines.mean_gap(own))} after "
        f"10 s,\nwhere CP-SAT's published 600 s leave {cp}"
    )
