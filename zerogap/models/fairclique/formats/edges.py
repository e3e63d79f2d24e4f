"""Edge lists: two columns of integers fast; names, weights, times, headers and separators."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.formats import text
from zerogap.models.fairclique.formats.parts import Asked, Source, assemble, reader, wants_one
from zerogap.models.fairclique.instance import FairClique

_INTEGER = re.compile(rb"-?\d+")
_KONECT = re.compile(rb"%\s*(sym|asym|bip)\s+\w+")
#: Column names of the first and the second vertex; where both stand in a line, it is a header.
SOURCES = ("source", "from", "src", "u", "node1", "node_1", "fromnodeid", "id_1", "source_id")
TARGETS = ("target", "to", "dst", "v", "node2", "node_2", "tonodeid", "id_2", "target_id")
WEIGHTS = ("weight", "w", "value")
#: Further columns of other programs, which say nothing of the graph: time, Gephi's numbers.
IGNORED = ("time", "timestamp", "id", "label", "type", "timeset")


def _content(head: bytes) -> list[bytes]:
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if len(lines) > 1 and len(head) >= 1 << 16:
        lines.pop()
    return [p for p in map(bytes.strip, lines[:200]) if p and p[:1] not in (b"#", b"%")]


def _titles(line: bytes) -> list[str]:
    words = re.split(r"[,;\t ]+", line.decode("utf-8", errors="replace").replace('"', ""))
    return [word.strip().lower() for word in words]


def sniff_meaning(head: bytes, name: str) -> bool:
    """An ending ``.edges`` or ``.edgelist``, KONECT's first line, or a header of two vertices."""
    if head[:14].lower() == b"%%matrixmarket":
        return False
    content = _content(head)
    if not content:
        return False
    if name.endswith((".edges", ".edgelist")) or _KONECT.match(head):
        return True
    titles = _titles(content[0])
    return any(t in SOURCES for t in titles[:2]) and any(t in TARGETS for t in titles[1:3])


def sniff_shape(head: bytes, name: str) -> bool:
    """Most of the first lines are two integers."""
    if head[:14].lower() == b"%%matrixmarket":
        return False
    content = [line.split() for line in _content(head)]
    if not content or not _INTEGER.fullmatch(content[0][0]):
        return False
    pairs = sum(len(p) == 2 and all(map(_INTEGER.fullmatch, p)) for p in content)
    return len(content[0]) == 2 and pairs > 0.6 * len(content)


def sniff_weak(head: bytes, name: str) -> bool:
    """Most of the first lines are two vertices, some with a weight and a time."""
    content = _content(head)
    fitting = 0
    for line in content:
        words = re.sub(r'"[^"]*"', "word", line.decode("utf-8", errors="replace"))
        mark = next((m for m in ",;\t" if m in words), None)
        fields = words.split(mark)
        fitting += 2 <= len(fields) <= 4 and all(map(_is_number, fields[2:]))
    return fitting > 0.6 * len(content)


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


@reader
def read_edges(
    raw: bytes,
    file: str,
    asked: Asked,
    nodes_from: Source,
    *,
    source: Any = None,
    target: Any = None,
    separator: Any = None,
    header: Any = None,
    least: Any = None,
) -> FairClique:
    """Edge list with a node table.

    Parameters
    ----------
    raw : bytes
        ``u v`` a line, or ``u v weight``, or ``u v weight time``; see `text.table`.
    asked, nodes_from
        What `reader` makes of the options of all formats.
    source, target : str, optional
        Columns of the two vertices, where the first line is a header.
    separator : str, optional
        One of `text.SEPARATORS`.
    header : bool, optional
        Whether the first line is one; else it is where it has usual names of two vertices.
    least : float, optional
        Leave out edges of less weight; weights say nothing else.
    """
    text.claim_memory(raw.count(b"\n") + 1, file)
    nodes = None if wants_one(nodes_from.attributes) else nodes_from.nodes(file)
    settings = (source, target, separator, header, least)
    if nodes is None or isinstance(nodes.vertex, np.ndarray):
        columns = _columns(raw) if all(v is None for v in settings) else 0
        if columns:
            pairs = _integers(raw, columns, file, strict=nodes is not None)
            if pairs is not None:
                return assemble(pairs, nodes, asked, file=file)
    words, lines = _table(raw, file, source, target, separator, header, least)
    return assemble(words, nodes, asked, file=file, lines=lines)


def _columns(raw: bytes) -> int:
    """How many integers the first line holds, if it is two to four of nothing else."""
    content = _content(raw[: 1 << 16])
    words = content[0].split() if content else []
    return len(words) if 2 <= len(words) <= 4 and all(map(_INTEGER.fullmatch, words)) else 0


def _integers(raw: bytes, columns: int, file: str, *, strict: bool) -> np.ndarray | None:
    """The first two columns of integers; where names are allowed, None if there are any."""
    try:
        found = text.integers(raw.removeprefix(b"\xef\xbb\xbf"), columns, file=file)
    except InstanceError as error:
        # A torn line is nobody's; names and ids beyond 32 bits are a table's.
        if strict or error.field != "id":
            raise
        return None
    return found if columns == 2 else np.ascontiguousarray(found[:, :2])


def _table(
    raw: bytes, file: str, source: Any, target: Any, separator: Any, header: Any, least: Any
) -> tuple[list[tuple[str, str]], list[int]]:
    """Pairs of vertices and the lines where they stand."""
    lines = text.table(raw, file=file, separator=separator)
    first = next(lines, None)
    if first is None:
        return [], []
    titles = [t.lower() for t in first[1]]
    if header is None:
        header = source is not None or target is not None
        header |= any(t in SOURCES for t in titles[:2]) and any(t in TARGETS for t in titles[1:3])
    if header:
        u, v, weight, numeric = _header(first, file, source, target, least)
        fields = len(titles)
    else:
        u, v, fields = 0, 1, len(titles)
        if not 2 <= fields <= 4:
            raise InstanceError(
                f"{fields} fields, expected 2 to 4: two vertices, a weight, a time "
                "(or a header, or separator=comma, semicolon, tab or blank)",
                file=file,
                line=first[0],
            )
        weight, numeric = (2 if fields > 2 else None), list(range(2, fields))
    pairs, places = [], []
    for entry in lines if header else itertools.chain([first], lines):
        pair = _pair(entry, u, v, weight, numeric, least, file)
        if pair is not None:
            pairs.append(pair)
            places.append(entry[0])
    return pairs, places


def _header(
    first: tuple[int, list[str]], file: str, source: Any, target: Any, least: Any
) -> tuple[int, int, int | None, list[int]]:
    line, names = first
    lower = [name.lower() for name in names]

    def place(asked: Any, usual: tuple[str, ...], option: str) -> int:
        if asked is not None and asked not in names:
            raise InstanceError(
                f"has no column {asked!r} (columns: {', '.join(names)})",
                file=file,
                line=line,
                field=f"option {option}",
            )
        found = [i for i, name in enumerate(lower) if name in usual]
        if asked is None and len(found) != 1:
            raise InstanceError(
                f"which column is the {option}? Say {option}=COLUMN (columns: {', '.join(names)})",
                file=file,
                line=line,
            )
        return names.index(asked) if asked is not None else found[0]

    u, v = place(source, SOURCES, "source"), place(target, TARGETS, "target")
    heavy = [i for i, name in enumerate(lower) if name in WEIGHTS and i not in (u, v)]
    weight = heavy[0] if heavy else None
    if source is None or target is None:
        for i, name in enumerate(lower):
            if i not in (u, v, *heavy) and name not in IGNORED:
                raise InstanceError(
                    f"unknown column {names[i]!r}: say source=COLUMN and target=COLUMN to leave "
                    "out the others",
                    file=file,
                    line=line,
                )
    if least is not None and weight is None:
        raise InstanceError("there is no column of weights", file=file, field="option least")
    return u, v, weight, heavy


def _pair(
    entry: tuple[int, list[str]],
    u: int,
    v: int,
    weight: int | None,
    numeric: list[int],
    least: Any,
    file: str,
) -> tuple[str, str] | None:
    """The pair of a line, or None if its weight is too small."""
    line, found = entry
    if not found[u] or not found[v]:
        raise InstanceError("a vertex is empty", file=file, line=line)
    for i in numeric:
        try:
            heavy = float(found[i])
        except ValueError:
            heavy = math.nan
        if not math.isfinite(heavy):
            what = "weight" if i == weight else "time"
            raise InstanceError(
                f"the {what} is {found[i][:40]!r}, expected a number", file=file, line=line
            )
        if i == weight and least is not None and heavy < least:
            return None
    if least is not None and weight is None:
        raise InstanceError("the edges have no weights", file=file, field="option least")
    return found[u], found[v]
