"""Figures of the other families, from the lines of their bars."""

from __future__ import annotations

import statistics

from benchmarks.tables import lines
from benchmarks.tables.marks import figure, table


@table("fairclique/public")
def fair_public() -> str:
    """Public graphs beside the published program."""
    rows = []
    for graph in ("NBA", "DBLP"):
        own = lines.bar("bars-fairclique", "public", graph=graph)
        ratios = [r["published_ms"] / r["ms"] for r in own]
        slowest = max(r["ms"] for r in own)
        theirs = max(r["published_ms"] for r in own)
        agree = "yes" if all(r["size"] == r["published_size"] for r in own) else "no"
        spread = f"{min(ratios):.0f}–{max(ratios):.0f}"
        rows.append([graph, len(own), f"{slowest:.1f} ms", f"{theirs:g} ms", spread, agree])
    head = ("graph", "settings of k and δ", "zerogap, slowest", "published program, slowest",
            "times as fast", "same sizes")  # fmt: skip
    note = "one thread, the published program in the same run as far as it was let run"
    return lines.markdown(head, rows, lines.origin("bars-fairclique", how=note))


@table("fairclique/dense")
def fair_dense() -> str:
    """Dense random graphs."""
    rows = [
        (f"G({r['vertices']}, {r['density']:g})", r["size"], f"{r['seconds']:.3f} s",
         lines.thousands(r["nodes"]))
        for r in lines.bar("bars-fairclique", "dense")
    ]  # fmt: skip
    head = ("graph", "largest fair clique", "proven after", "nodes")
    return lines.markdown(
        head, rows, lines.origin("bars-fairclique", how="k = 3, δ = 2, one thread")
    )


@table("dag/auto")
def dag_auto() -> str:
    """Proofs of dense least squares."""
    rows = []
    for d in sorted({r["variables"] for r in lines.bar("bars-dag", "auto")}):
        own = lines.bar("bars-dag", "auto", variables=d)
        times = [r["seconds"] for r in own]
        gaps = max(r["gap"] for r in own)
        reached = max(r["reached"] for r in own)
        done = lines.proven(own)
        rows.append([d, len(own), done, f"{min(times):.2f}–{max(times):.2f} s",
                     "–" if done == len(own) else f"{100 * gaps:.1g} %",
                     f"{1000 * reached:.1f} ms"])  # fmt: skip
    head = (
        "variables",
        "data sets",
        "proven",
        "time",
        "largest gap left",
        "best known loss after at most",
    )
    note = "least squares, random graphs with four edges a variable, two threads"
    return lines.markdown(head, rows, lines.origin("bars-dag", how=note))


@table("dag/pgmpy")
def dag_pgmpy() -> str:
    """Categories: how soon the score of pgmpy's searches is reached."""
    rows = []
    for peer, words in (("hill", "hill climbing"), ("ges", "GES")):
        for r in lines.bar("bars-dag-pgmpy", peer):
            rows.append([r["network"], r["score"], words, f"{r['peer_objective']:.1f}",
                         f"{r['peer_seconds']:.2f} s", f"{1000 * r['reached']:.1f} ms",
                         lines.thousands(r["peer_seconds"] / r["reached"]),
                         f"{r['objective']:.1f}"])  # fmt: skip
    head = ("network", "score", "pgmpy's search", "its score", "its time", "reached after",
            "times as fast", "zerogap's score at the end")  # fmt: skip
    note = (
        "1,000 rows; at most 3 parents beside hill climbing; two threads, pgmpy one, the same run"
    )
    return lines.markdown(head, rows, lines.origin("bars-dag-pgmpy", how=note))


@table("dag/proofs")
def dag_proofs() -> str:
    """Networks proven."""
    rows = [
        (r["network"], r["score"], r["status"], f"{r['seconds']:.1f} s of {r['limit']} s")
        for r in lines.bar("bars-dag-proofs", "proofs")
    ]
    head = ("network", "score", "status", "after")
    note = "1,000 rows, at most 3 parents, two threads"
    return lines.markdown(head, rows, lines.origin("bars-dag-proofs", how=note))


@table("routing/vroom")
def routing_vroom() -> str:
    """Days of 200 tasks beside VROOM: what is left out, and what the routes cost."""
    rows = [
        (r["seed"], r["method"], r["level"] if r["method"] == "vroom" else "",
         f"{r['time']:.1f} s", r["priority"], r["unassigned"], r["cost"])
        for r in lines.bar("bars-vroom", "vroom-200")
    ]  # fmt: skip
    head = ("day", "method", "exploration", "time", "priority left out", "tasks left out", "cost")
    note = "one thread each; odd days have too few vehicles"
    return lines.markdown(head, rows, lines.origin("bars-vroom", how=note))


@table("treeprune/frontier")
def tree_frontier() -> str:
    """ETS on the simulator: KV cache against what goes on, by both definitions."""
    rows = [
        (f"{r['lambda_d']:g}", f"{r['lambda_b']:g}", f"{r['less_kv']:.2f}×",
         lines.percent(r["reward"], 1), lines.percent(r["share"], 1),
         lines.percent(r["coverage"], 1))
        for r in lines.bar("bars-frontier", "frontier")
    ]  # fmt: skip
    head = ("λ_d", "λ_b", "less KV cache than REBASE", "`reward`", "`share`", "clusters kept")
    note = "synthetic model, width 256, means of eight searches"
    return lines.markdown(head, rows, lines.origin("bars-frontier", how=note))


@table("treeprune/speed")
def tree_speed() -> str:
    """The kernel beside building and solving the published program's integer program."""
    rows = []
    for r in lines.bar("bars-treeprune", "speed", cost="unit"):
        ratio = f"{lines.thousands(r['least_ratio'])}–{lines.thousands(r['most_ratio'])}"
        times = (f"{r['kernel_us']:g} µs", f"{r['cbc_ms']:g} ms")
        rows.append([r["width"], r["lambda_b"], *times, ratio])
    head = ("width", "λ_b", "zerogap's kernel", "building and solving with PuLP/CBC", "ratio")
    note = "three trees a row, one thread, the same run"
    return lines.markdown(head, rows, lines.origin("bars-treeprune", how=note))


@table("scratchpad/minimalloc")
def minimalloc() -> str:
    """Static allocation beside MiniMalloc's program."""
    own = lines.bar("bars-scratchpad", "minimalloc")
    rows = [
        (r["instance"], r["status"], f"{r['seconds']:.2f} s", f"{r['published_seconds']:.2f} s")
        for r in own
    ]
    total = [sum(r[k] for r in own) for k in ("seconds", "published_seconds")]
    rows.append(("together", f"{lines.proven(own)} of {len(own)}", *(f"{t:.1f} s" for t in total)))
    head = ("instance", "status", "zerogap", "MiniMalloc's C++ program, same run")
    return lines.markdown(
        head, rows, lines.origin("bars-scratchpad", how="capacity 1048576, one thread")
    )


@table("scratchpad/training")
def training() -> str:
    """Very many buffers, with the lifetimes of a training step."""
    rows = []
    for r in lines.bar("bars-scratchpad", "training"):
        limit = f"none in {r['published_limit']:.0f} s"
        theirs = (
            limit if r[k] is None else f"{r[k]:.2f} s"
            for k in ("published_same", "published_looser")
        )
        gap = (r["objective"] - r["bound"]) / r["objective"]
        rows.append((lines.thousands(r["buffers"]), f"{r['within_one_percent']:.2f} s",
                     lines.percent(gap, 3), *theirs))  # fmt: skip
    head = ("buffers", "within 1 % of the largest load after", "gap after 10 s",
            "MiniMalloc, given that height", "given 5 % more")  # fmt: skip
    return lines.markdown(head, rows, lines.origin("bars-scratchpad", how="one thread, same run"))


@figure("scratchpad/memories")
def memories() -> str:
    """Two memories, in a sentence."""
    rows = lines.bar("bars-scratchpad", "memories")
    more = [(r["slow"] - r["objective"]) / (r["slow"] - r["greedy"]) - 1 for r in rows]
    gaps = [(r["objective"] - r["bound"]) / r["objective"] for r in rows]
    return (
        f"On {len(rows)} generated traces `auto` saves {lines.percent(sum(more) / len(more), 1)} "
        "more time than the better of the two greedy mappings in the mean, within "
        f"{max(r['seconds'] for r in rows):.0f} s and a gap of {lines.percent(max(gaps), 1)} at "
        f"most ({lines.percent(sum(gaps) / len(gaps), 1)} in the mean)"
    )


@table("treeprune/tradeoff")
def tradeoff() -> str:
    """KV cache and throughput against accuracy."""
    rows = []
    for r in lines.bar("bars-tradeoff", "tradeoff"):
        name = r["policy"].replace("rebase", "REBASE").replace("dvts", "DVTS").replace("ets", "ETS")
        rows.append([name, lines.percent(r["accuracy"], 1), f"{r['coverage']:.3f}",
                     f"{r['less_kv']:.2f} ×", f"{r['throughput']:.2f} ×",
                     f"{r['throughput_unshared_reads']:.2f} ×"])  # fmt: skip
    first = lines.bar("bars-tradeoff", "tradeoff")[0]
    head = ("policy", "solved", "coverage", "less KV cache than REBASE", "throughput, modelled",
            "the same, prefixes read by every leaf")  # fmt: skip
    how = (
        f"{first['questions']} simulated questions of width {first['width']}; "
        "`python benchmarks/treeprune_bars.py tradeoff`"
    )
    return lines.markdown(head, rows, lines.origin("bars-tradeoff", how=how))


GROUPS = (
    ("made by hand", ("resnet", "mobilenet", "squeezenet", "googlenet", "densenet", "unet",
                      "bert", "efficientnet")),
    ("from architecture search", ("nasnet", "amoebanet", "darts", "randwire")),
)  # fmt: skip
BASELINES = tuple(f"{o}_{r}" for o in ("file", "peak") for r in ("belady", "lru", "fewest"))


def cosma(group: int | None = None, **where: object) -> list[dict]:
    """Lines of COSMA's comparison in which some baseline moves more than it must."""
    starts = sum((g for _, g in GROUPS), ()) if group is None else GROUPS[group][1]
    return [
        r
        for r in lines.bar("bars-cosma", "cosma", **where)
        if r["network"].startswith(starts) and r["ours"] is not None
    ]


def reduction(records: list[dict], baseline: str) -> float:
    """Mean share of the baseline's avoidable traffic that is gone, where it has any."""
    shares = [1 - r["ours"] / r[baseline] for r in records if r[baseline]]
    return statistics.fmean(shares)


@table("scratchpad/cosma")
def cosma_table() -> str:
    """Reduction of the traffic that is not compulsory."""
    rows = []
    for number, (label, _) in enumerate(GROUPS):
        for weights, words in (("ignore", "activations"), ("stream", "weights streamed")):
            own = cosma(number, weights=weights)
            cells = [lines.percent(reduction(own, b), 1) for b in BASELINES]
            rows.append([label, words, len(own), lines.proven(own), *cells])
    names = {"belady": "Belady", "lru": "LRU", "fewest": "fewest bytes"}
    heads = [f"{o} order, {names[r]}" for o in ("file", "peak") for r in names]
    head = ("networks", "tensors", "settings", "proven", *heads)
    factors = sorted({r["factor"] for r in cosma()})
    how = (
        "mean reduction over the settings in which the baseline moves more than it must; "
        "capacities "
        f"{', '.join(f'{f:g}' for f in factors)} × the largest working set, one thread; "
        "baselines with best-fit addresses chosen online; `python benchmarks/scratchpad_cosma.py`"
    )
    return lines.markdown(head, rows, lines.origin("bars-cosma", how=how))


@table("scratchpad/cosma-networks")
def cosma_networks() -> str:
    """The traffic itself at the tightest capacity, activations alone."""
    rows = []
    for r in cosma(factor=1.0, weights="ignore"):
        least = [r[b] for b in BASELINES if r[b] is not None]
        proof = "optimal" if r["status"] == "optimal" else f"bound {lines.thousands(r['bound'])}"
        rows.append([f"`{r['network']}`", lines.thousands(r["file_belady"]),
                     lines.thousands(min(least)), lines.thousands(r["ours"]), proof])  # fmt: skip
    head = ("network", "file order, Belady", "best of six baselines", "zerogap", "proof")
    how = "bytes beyond the compulsory ones, capacity 1 × the largest working set"
    return lines.markdown(head, rows, lines.origin("bars-cosma", how=how))
