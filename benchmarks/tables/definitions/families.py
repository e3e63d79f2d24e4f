"""Figures of the other families, from the lines of their bars."""

from __future__ import annotations

from benchmarks.tables import lines
from benchmarks.tables.marks import table


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
        done = lines.proven(own)
        rows.append([d, len(own), done, f"{min(times):.2f}–{max(times):.2f} s",
                     "–" if done == len(own) else lines.percent(gaps)])  # fmt: skip
    head = ("variables", "data sets", "proven", "time", "largest gap left")
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
