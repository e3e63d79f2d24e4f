"""Maps: the authors' grids and GraphML roadmaps, MovingAI grids."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.mapf.formats.xml import Node, convert, parse

_FREE, _BLOCKED = ".GS", "@OTW"


@dataclass
class Map:
    """A grid (`blocked`) or a roadmap (`xy`, `edges`), and the file it came from."""

    file: str
    blocked: np.ndarray | None = None
    xy: np.ndarray | None = None
    edges: np.ndarray | None = None


def read_map(path: str, file: str, zero: bool = False) -> Map:
    """The map in a file of any of the formats.

    Parameters
    ----------
    path : str
        As it is, or relative to the task file.
    file : str
        The task file that asks for it.
    zero : bool
        Whether edges of length 0 are allowed.
    """
    from zerogap.models.files import load, text_of

    if not Path(path).exists():
        beside = Path(file).parent / path
        if not beside.exists():
            raise InstanceError(f"there is no map {path!r}", file=file, field="option map")
        path = str(beside)
    raw, name = load(path)
    text = text_of(raw, name)
    if text.lstrip()[:1] == "<":
        root = parse(text, name)
        return from_root(root, name, zero)
    return movingai(text, name)


def from_root(root: Node, file: str, zero: bool = False) -> Map:
    """The map in the root element of an XML file."""
    if root.tag == "graphml":
        return roadmap(root, file, zero)
    if root.tag != "root":
        raise InstanceError(
            f"begins with <{root.tag}>, expected <root> or <graphml>", file=file, line=root.line
        )
    if root.all("graphml"):
        return roadmap(root.one("graphml", file), file, zero)
    return grid(root.one("map", file), file)


def _size(node: Node, tag: str, file: str) -> int:
    part = node.one(tag, file)
    value = convert(part.text, f"<{tag}>", int, file, part.line)
    if not 1 <= value <= 100_000:
        raise InstanceError(f"<{tag}> is {value}, expected 1 … 100000", file=file, line=part.line)
    return value


def grid(node: Node, file: str) -> Map:
    """``<map><width/><height/><grid><row/>…``: 0 free, 1 blocked, blanks between or not."""
    node.only(("width", "height", "grid", "cellsize", "name"), file)
    width, height = _size(node, "width", file), _size(node, "height", file)
    body = node.one("grid", file)
    body.only(("row",), file)
    rows = body.all("row")
    if len(rows) != height:
        raise InstanceError(
            f"holds {len(rows)} rows, expected height = {height}",
            file=file,
            line=rows[-1].line if rows else body.line,
        )
    blocked = np.zeros((height, width), dtype=bool)
    for i, row in enumerate(rows):
        cells = "".join(row.text.split())
        if len(cells) != width:
            raise InstanceError(
                f"row {i} has {len(cells)} cells, expected width = {width}",
                file=file,
                line=row.line,
            )
        strange = set(cells) - {"0", "1"}
        if strange:
            raise InstanceError(
                f"row {i} holds {min(strange)!r}, expected 0 (free) or 1 (blocked)",
                file=file,
                line=row.line,
            )
        blocked[i] = [cell == "1" for cell in cells]
    return Map(file, blocked=blocked)


def roadmap(root: Node, file: str, zero: bool) -> Map:
    """GraphML: nodes with ``coords`` ``"x,y"``, directed edges; what they weigh is not used."""
    keys = {
        key.attributes.get("id"): key.attributes.get("attr.name")
        for key in root.all("key")
        if key.attributes.get("for") == "node"
    }
    graph = root.one("graph", file)
    graph.only(("node", "edge"), file)
    if graph.attributes.get("edgedefault", "directed") != "directed":
        raise InstanceError("edges are not directed, expected it", file=file, line=graph.line)
    nodes = graph.all("node")
    xy = np.full((len(nodes), 2), math.nan)
    for node in nodes:
        i = _id(node, "id", len(nodes), file)
        data = [d for d in node.all("data") if keys.get(d.attributes.get("key")) == "coords"]
        parts = data[0].text.split(",") if data else []
        if len(parts) != 2:
            raise InstanceError(
                'lacks its coordinates, expected coords as "x,y"', file=file, line=node.line
            )
        if not math.isnan(xy[i, 0]):
            raise InstanceError(f"node n{i} is there twice", file=file, line=node.line)
        xy[i] = [convert(part, "coords", float, file, node.line) for part in parts]
    edges = np.zeros((len(graph.all("edge")), 2), dtype=np.int64)
    seen: set[tuple[int, int]] = set()
    for k, edge in enumerate(graph.all("edge")):
        a, b = (_id(edge, key, len(nodes), file) for key in ("source", "target"))
        if (a, b) in seen:
            raise InstanceError(f"edge n{a} → n{b} is there twice", file=file, line=edge.line)
        if (xy[a] == xy[b]).all() and not zero:
            raise InstanceError(
                f"edge n{a} → n{b} has length 0, expected more (or --option zero_edges=true, where "
                "a move may take no time)",
                file=file,
                line=edge.line,
            )
        seen.add((a, b))
        edges[k] = a, b
    return Map(file, xy=xy, edges=edges)


def _id(node: Node, key: str, count: int, file: str) -> int:
    text = node.attributes.get(key, "")
    number = text[1:] if text[:1] == "n" else text
    if not number.isascii() or not number.isdigit() or int(number) >= count:
        raise InstanceError(
            f"{key} is {text!r}, expected n0 … n{count - 1}", file=file, line=node.line
        )
    return int(number)


def movingai(text: str, file: str) -> Map:
    """MovingAI's ``.map``: a header of four lines, then rows of characters."""
    lines = text.splitlines()
    header: dict[str, str] = {}
    for k, line in enumerate(lines):
        parts = line.split()
        if parts == ["map"]:
            break
        if len(parts) != 2 or parts[0] not in ("type", "height", "width"):
            raise InstanceError(
                f"is {line[:40]!r}, expected type, height, width or map", file=file, line=k + 1
            )
        header[parts[0]] = parts[1]
    else:
        raise InstanceError("has no line 'map'", file=file, line=len(lines))
    for key in ("height", "width"):
        if key not in header:
            raise InstanceError(f"has no line {key!r}", file=file, line=k + 1)
    height = convert(header["height"], "height", int, file, 1)
    width = convert(header["width"], "width", int, file, 1)
    rows = lines[k + 1 :]
    while rows and not rows[-1].strip():
        rows.pop()
    if len(rows) != height:
        raise InstanceError(
            f"holds {len(rows)} rows, expected height = {height}", file=file, line=len(lines)
        )
    for i, row in enumerate(rows):
        if len(row) != width:
            raise InstanceError(
                f"row {i} has {len(row)} cells, expected width = {width}", file=file, line=k + 2 + i
            )
        strange = set(row) - set(_FREE + _BLOCKED)
        if strange:
            raise InstanceError(
                f"row {i} holds {min(strange)!r}, expected {_FREE} (free) or {_BLOCKED} (blocked)",
                file=file,
                line=k + 2 + i,
            )
    if not rows or not width:
        raise InstanceError("has no cells", file=file, line=k + 1)
    return Map(file, blocked=np.array([[cell in _BLOCKED for cell in row] for row in rows]))
