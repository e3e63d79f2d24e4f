"""A line in a notebook that updates in place while a solve runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from html import escape
from typing import Any

from zerogap.solvers.result import gap, number

#: Seconds between two updates.
PERIOD = 0.25


def progress() -> Callable[[Any], None] | None:
    """What `solve` calls in a notebook; None anywhere else."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None or type(shell).__name__ != "ZMQInteractiveShell":
        return None
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    last = [-PERIOD]

    def show(search: Any) -> None:
        now = time.monotonic()
        if handle is None or now - last[0] < PERIOD:
            return
        last[0] = now
        handle.update(HTML(line(search)))

    return show


def line(search: Any) -> str:
    """Seconds, objective, bound and a bar of the time that is used."""
    used = min(1.0, search.elapsed / search.limits.time) if search.limits.time else 1.0
    relative = gap(search.objective, search.bound)
    shown = "" if relative is None else f", gap {relative:.2%}"
    text = (
        f"{search.elapsed:.1f} s: objective {number(search.objective)}, "
        f"bound {number(search.bound)}{shown}"
    )
    return f"<progress value='{used:.3f}' max='1'></progress> {escape(text)}"
