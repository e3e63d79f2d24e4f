"""Pictures of solutions and of results; matplotlib is imported only when one is drawn."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
from typing import Any

from zerogap.models import base
from zerogap.models.errors import InstanceError, MissingExtra
from zerogap.models.files import replace
from zerogap.models.text import visible

#: Endings that matplotlib writes.
PICTURES = (".svg", ".png", ".pdf", ".eps", ".ps", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")


def ready(path: str, family: str) -> None:
    """Whether a picture of `family` could be written to `path`, as far as can be said beforehand.

    Raises
    ------
    InstanceError
        If the ending names nothing that can be drawn.
    MissingExtra
        If matplotlib is needed and not installed.
    """
    exports = _exports(_module(family))
    suffix = _suffix(path)
    if suffix in exports or (suffix == ".html" and hasattr(_module(family), "scene")):
        return
    if suffix not in PICTURES:
        known = ", ".join((*exports, ".html", ".svg", ".png", ".pdf"))
        raise InstanceError(f"ends in {suffix!r}, expected one of {known}", file=path)
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingExtra("drawing", "plot")


def save(instance: Any, solution: Any, path: str, result: Any = None) -> Any:
    """Write the picture of a solution, or the family's own export where the ending names one.

    Parameters
    ----------
    instance, solution : object
    path : str
        ``.html`` is an interactive page, others are pictures.
    result : Result, optional
        Where the solution comes from: a page then flips through its incumbents.

    Returns
    -------
    matplotlib Figure or None
        What was drawn, None for a page or an export.

    Raises
    ------
    InstanceError
        If the file cannot be written or its ending is not known.
    MissingExtra
        If matplotlib is needed and not installed.
    """
    family = base.family_of(instance).name
    ready(path, family)
    module = _module(family)
    suffix = _suffix(path)
    if suffix in _exports(module):
        made = _exports(module)[suffix](instance, solution)
        replace(path, made if isinstance(made, bytes) else made.encode())
        return None
    if suffix == ".html":
        replace(path, interactive(instance, solution, result).encode())
        return None
    drawn, text = figure(instance, solution), io.BytesIO()
    drawn.savefig(text, format=suffix[1:], bbox_inches="tight")
    replace(path, text.getvalue())
    return drawn


def rows(instance: Any, solution: Any) -> list[dict[str, Any]]:
    """The solution as a table, a dict a row: stops, operations, edges, offsets, vertices, …"""
    return _module(base.family_of(instance).name).rows(instance, solution)


def csv(instance: Any, solution: Any) -> str:
    """The table of `rows` as comma-separated text with a first line of column names."""
    import csv as writer

    made = rows(instance, solution)
    columns = list(dict.fromkeys(key for row in made for key in row))
    text = io.StringIO()
    table = writer.DictWriter(text, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows({k: "" if v is None else visible(v) for k, v in row.items()} for row in made)
    return text.getvalue()


def interactive(instance: Any, solution: Any, result: Any = None) -> str:
    """One self-contained HTML page: pan, zoom, hover, groups to switch, incumbents over time.

    Parameters
    ----------
    instance, solution : object
    result : Result, optional
        With its incumbents and trace.
    """
    from zerogap.report.scene import page

    scene = _module(base.family_of(instance).name).scene
    if result is None or not result.incumbents:
        return page([(0.0, None, scene(instance, solution))])
    made = [(time, value, scene(instance, s)) for time, value, s in result.incumbents]
    words = base.family_of(instance).shown
    return page(made, result.trace, None if words is None else lambda v: words(instance, v))


def figure(instance: Any, solution: Any) -> Any:
    """The picture of a solution as a matplotlib figure.

    Raises
    ------
    MissingExtra
        If matplotlib is not installed.
    """
    try:
        drawn = _module(base.family_of(instance).name).draw(instance, solution)
        from matplotlib.text import Text
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("matplotlib"):
            raise MissingExtra("drawing", "plot") from None
        raise
    from matplotlib.ticker import FixedFormatter

    # Names come from files: shown as they are, never a formula, and no control character.
    for axes in drawn.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FixedFormatter):  # it writes the labels anew at every drawing
                formatter.seq = [visible(label, keep="\n") for label in formatter.seq]
                for label in axis.get_ticklabels():
                    label.set_parse_math(False)
    for text in drawn.findobj(Text):
        raw = text.get_text()
        if raw:
            text.set_text(visible(raw, keep="\n"))
            text.set_parse_math(False)
    return drawn


def _module(family: str) -> Any:
    return importlib.import_module(base.REGISTRY[family][2])


def _exports(module: Any) -> dict[str, Any]:
    return getattr(module, "EXPORTS", {})


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()
