"""``python -m benchmarks.tables [--check]``: make every table of the documentation again."""

from __future__ import annotations

import sys

from benchmarks.tables import definitions  # noqa: F401 (registers the makers)
from benchmarks.tables.lines import RESULTS, whole
from benchmarks.tables.marks import ROOT, pages, render


def main() -> int:
    """Write the pages whose blocks changed; with ``--check`` only name them and end with 1.

    Beside every file of result lines stands its table, ``.md``, which is made as well.
    """
    stale = []
    made = {page: render(page.read_text(), str(page.relative_to(ROOT))) for page in pages()}
    made |= {file.with_suffix(".md"): whole(file.stem) for file in RESULTS.glob("*.jsonl")}
    for page, new in made.items():
        name = str(page.relative_to(ROOT))
        old = page.read_text() if page.exists() else ""
        if new != old:
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                page.write_text(new)
    for name in stale:
        print(name)
    return int(bool(stale) and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
