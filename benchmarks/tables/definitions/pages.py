"""How fluid interactive pages are."""

from __future__ import annotations

from benchmarks.tables import lines
from benchmarks.tables.marks import figure

_NAME, _BAR = "bars-pages", "frames of a page"


@figure("pages/frames")
def frames() -> str:
    """Medians of both pages in a sentence."""
    told = []
    for what in ("operations", "clients"):
        line = lines.one(_NAME, _BAR, marks=f"10000 {what}")
        told.append(
            f"10 000 {what} {line['median_ms']:.0f} ms a frame (the longest of 60: "
            f"{line['longest_ms']:.0f} ms)"
        )
    return f"{told[0]}, {told[1]}, medians in headless Chromium without a graphics card"
