"""Figures of matrix multiplication."""

from __future__ import annotations

from benchmarks.tables import lines
from benchmarks.tables.marks import figure, table

NAME = "matmul-additions-4s"
SHOWN = ("2x2x2", "3x3x3", "4x4x4", "4x6x6", "5x5x5", "2x5x8", "2x8x8")


def tally() -> tuple[int, int, int, int, int]:
    """Better, equal, worse, and both sums."""
    every = lines.bar(NAME, "published")
    better = sum(r["additions"] < r["published"] for r in every)
    worse = sum(r["additions"] > r["published"] for r in every)
    sums = (sum(r[k] for r in every) for k in ("additions", "published"))
    return better, len(every) - better - worse, worse, *sums  # type: ignore[return-value]


@figure("additions/tally")
def tally_text() -> str:
    """The whole collection in a sentence."""
    better, equal, worse, ours, theirs = tally()
    return (
        f"in 4 s of one thread a scheme, {better} of the {better + equal + worse} schemes need "
        "fewer additions than published, "
        f"{equal} as many and {worse} more ({lines.thousands(ours)} together against "
        f"{lines.thousands(theirs)})"
    )


@table("additions/sample")
def sample() -> str:
    """Some formats."""
    rows = []
    for name in SHOWN:
        line = lines.one(NAME, "published", format=name)
        rows.append([name.replace("x", "×"), line["published"], line["additions"]])
    head = (
        "format",
        "published (arXiv 2512.13365 and its collection)",
        "multiplications kept, 4 s",
    )
    return lines.markdown(head, rows, lines.origin(NAME, how="one thread a scheme"))


@table("matmul/ranks")
def ranks() -> str:
    """Time to rank."""
    seen = {}
    for line in lines.bar("bars-matmul", "ranks"):
        seen[line["format"], line["ring"], line["rank"]] = line
    rows = [
        (
            name.replace("x", "×"),
            ring,
            rank,
            f"{line['median_seconds']:g} s",
            f"{min(line['seconds']):g}–{max(line['seconds']):g} s",
            ", ".join(map(str, sorted(set(line["finals"])))),
        )
        for (name, ring, rank), line in seen.items()
    ]
    own = [r["seconds"] for r in lines.bar("bars-matmul", "344")]
    middle = sorted(own)[len(own) // 2]
    rows.append(("3×4×4", "ZT", 39, f"{middle:.1f} s", f"{min(own):.1f}–{max(own):.1f} s", "39"))
    head = ("format", "ring", "rank", "median time to it", "least to most", "final ranks")
    note = "five seeds, one thread, from the naive scheme"
    return lines.markdown(head, rows, lines.origin("bars-matmul", how=note))


@figure("matmul/rebuild")
def rebuilt() -> str:
    """The catalogue from nothing, in a sentence."""
    line = lines.bar("bars-matmul", "rebuild")[-1]
    return (
        f"walks of {line['walks'] / 60:.0f} minutes on {line['threads']} thread and "
        f"{line['seconds'] / 60:.0f} minutes in all give {line['mean']:.3f} × the best known rank "
        f"in the mean over {line['formats']} formats, {line['worst']:.3f} × at most, and reach it "
        f"for {line['small_reached']} of the {line['small']} formats with sides 2 to 5"
    )
