"""Progress of a solve on standard error: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from typing import Any

from zerogap.solvers.result import number


class Progress:
    """Callback for ``solve(on_progress=…)``; nothing is shown when quiet.

    Parameters
    ----------
    quiet : bool
    """

    def __init__(self, quiet: bool):
        self.quiet = quiet
        self.live: Any = None
        self.seen = 0

    def __enter__(self) -> Progress:
        if not self.quiet and sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self.live = Live(console=Console(stderr=True), transient=True, refresh_per_second=8)
            self.live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.live is not None:
            self.live.stop()

    def __call__(self, search: Any) -> None:
        if self.quiet:
            return
        trace = search.incumbent.trace
        if self.live is not None:
            source = trace[-1].source if trace else "searching"
            state = (search.elapsed, search.objective, search.bound, source)
            self.live.update(self._line(*state, search.incumbent.offset))
        elif len(trace) > self.seen:
            # Only the newest state: a log must not grow by a line an improvement.
            self.seen = len(trace)
            point = trace[-1]
            state = (point.time, point.objective, point.bound, point.source)
            print(self._line(*state, search.incumbent.offset), file=sys.stderr, flush=True)

    @staticmethod
    def _line(time: float, objective: Any, bound: Any, source: str, offset: float = 0) -> str:
        from zerogap.solvers.result import gap

        relative = gap(objective, bound, offset)
        shown = "–" if relative is None else f"{relative:.2%}"
        return (
            f"{time:8.2f} s  objective {number(objective):>12}  bound {number(bound):>12}  "
            f"gap {shown:>8}  {source}"
        )
