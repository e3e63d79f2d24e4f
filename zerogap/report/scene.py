"""Interactive pictures: what a family shows, as plain marks, and the page that holds them."""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from importlib import resources
from typing import Any

from zerogap.models.text import visible

#: Incumbents that a page flips through at most, and the bytes that no page passes.
FRAMES, LARGEST = 20, 2_000_000
#: Significant digits of a coordinate: far below a pixel.
DIGITS = 7


@dataclass
class Scene:
    """Marks in the plane of one solution.

    Parameters
    ----------
    title : str
    x, y : str
        Labels of the axes; empty: no axis is drawn.
    groups : list of str
        What marks belong to (routes, jobs, …): a colour each, switched on and off by name.
    rows : list of str
        Names of y = 0, 1, … where the vertical axis is a list (machines).
    equal : bool
        Whether x and y have the same scale (maps).
    down : bool
        Whether y grows downwards.
    """

    title: str
    x: str = ""
    y: str = ""
    groups: list[str] = field(default_factory=list)
    rows: list[str] = field(default_factory=list)
    equal: bool = False
    down: bool = False
    marks: list[list[Any]] = field(default_factory=list)

    def box(self, x0: Any, y0: Any, x1: Any, y1: Any, group: int, label: str, tip: str) -> None:
        """A rectangle."""
        self.marks.append(["r", _n(x0), _n(y0), _n(x1), _n(y1), group, label, tip])

    def line(self, points: Iterable[Sequence[Any]], group: int, tip: str, style: str = "") -> None:
        """A line through points; style ``dash``, ``thin``, ``arrow`` or their combination."""
        flat = [_n(v) for p in points for v in p]
        self.marks.append(["l", flat, group, style, tip])

    def dot(self, x: Any, y: Any, group: int, label: str, tip: str, shape: str = "o") -> None:
        """A point; shape ``o``, ``s`` (a square, a depot), ``x`` (left out) or ``w`` (words)."""
        self.marks.append(["d", _n(x), _n(y), group, label, tip, shape])

    def mover(
        self, points: Iterable[Sequence[Any]], group: int, label: str, tip: str, radius: Any = 0
    ) -> None:
        """A disc that moves through points (time, x, y); the page gets a clock."""
        flat = [_n(v) for p in points for v in p]
        self.marks.append(["m", flat, group, label, tip, _n(radius)])


def _n(value: Any) -> float | int:
    number = float(value)
    return int(number) if number.is_integer() else float(f"{number:.{DIGITS}g}")


def page(
    scenes: Sequence[tuple[float, Any, Scene]],
    trace: Sequence[Any] = (),
    shown: Callable[[Any], str] | None = None,
) -> str:
    """One self-contained HTML page.

    Parameters
    ----------
    scenes : sequence of (time, objective, Scene)
        Incumbents in their order; the last is the result. Earlier ones are thinned to `FRAMES`.
        Where the page would pass `LARGEST` bytes its data is packed; where that is not enough,
        earlier incumbents are left out, then marks of the last, which its title says.
    trace : sequence of TracePoint
        Objective and bound over time, for the gap curve.
    shown : callable, optional
        An objective in the words of its family (another unit), beside the number.

    Returns
    -------
    str
        HTML that loads nothing from anywhere.
    """
    chosen = list(scenes)
    if len(chosen) > FRAMES:
        step = (len(chosen) - 1) / (FRAMES - 1)
        chosen = [chosen[round(k * step)] for k in range(FRAMES)]
    points = _thinned([[_n(p.time), p.objective, p.bound] for p in trace])
    template = resources.files("zerogap.report").joinpath("viewer.html").read_text()
    while True:
        body = _data(chosen, points, shown)
        for packed in (False, True):
            text = _filled(template, chosen[-1][2].title, body, packed=packed)
            if len(text.encode()) <= LARGEST:
                return text
        if len(chosen) > 1:
            chosen = chosen[::2] + ([] if len(chosen) % 2 else [chosen[-1]])
            chosen = chosen[-1:] if len(chosen) <= 2 else chosen
            continue
        time, objective, scene = scenes[-1]
        count = max(1, int(0.9 * LARGEST / len(text) * len(chosen[0][2].marks)))
        chosen = [(time, objective, _sampled(scene, count))]


def _sampled(scene: Scene, count: int) -> Scene:
    """A scene with so many of its marks, spread evenly; its title says so."""
    step = len(scene.marks) / count
    title = f"{scene.title} ({count:,} of {len(scene.marks):,} marks shown)"
    return replace(scene, title=title, marks=[scene.marks[int(k * step)] for k in range(count)])


def _thinned(points: list, most: int = 400) -> list:
    if len(points) <= most:
        return points
    step = len(points) / most
    return [points[int(k * step)] for k in range(most)] + [points[-1]]


def _data(chosen: list, points: list, shown: Callable[[Any], str] | None = None) -> str:
    """The page's data as JSON: marks once, each frame by what changed since the one before."""
    last = chosen[-1][2]
    table: dict[str, int] = {}
    frames: list[list[Any]] = []
    before: set[int] = set()
    for time, objective, scene in chosen:
        now = {_mark(table, mark) for mark in scene.marks}
        frames.append([_n(time), objective, sorted(before - now), sorted(now - before),
                       visible(scene.title)])  # fmt: skip
        if shown is not None and objective is not None and (words := shown(objective)):
            frames[-1].append(visible(words))
        before = now
    data = {
        "x": last.x,
        "y": last.y,
        "groups": [visible(g) for g in last.groups],
        "rows": [visible(r) for r in last.rows],
        "equal": last.equal,
        "down": last.down,
        "marks": [json.loads(text) for text in table],
        "frames": frames,
        "trace": points,
    }
    return json.dumps(data, separators=(",", ":"), allow_nan=False, default=_plain)


def _filled(template: str, title: str, body: str, *, packed: bool) -> str:
    if packed:
        kind = "application/gzip+base64"
        body = base64.b64encode(gzip.compress(body.encode(), 6, mtime=0)).decode()
    else:
        # Inside a script element only "</" could end it.
        kind, body = "application/json", body.replace("<", "\\u003c")
    parts = {"kind": kind, "title": escape(visible(title)), "data": body}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], template)


def _mark(table: dict[str, int], mark: list) -> int:
    shown = [visible(v, keep="\n") if isinstance(v, str) else v for v in mark]
    return table.setdefault(json.dumps(shown, separators=(",", ":")), len(table))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else str(value)
