"""DIMACS, Matrix Market and METIS."""

from __future__ import annotations

import math
import re

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.formats import text
from zerogap.models.fairclique.formats.parts import (
    Asked,
    Nodes,
    Source,
    assemble,
    reader,
    wants_one,
)
from zerogap.models.fairclique.instance import MAX_ID, MAX_WEIGHT, FairClique


def _number(word: str, file: str, line: int, low: int, high: int) -> int:
    if not word.isascii() or not word.isdigit() or len(word) > 10:
        raise InstanceError(f"{word[:40]!r} is no integer", file=file, line=line)
    value = int(word)
    if not low <= value <= high:
        raise InstanceError(f"{value} is outside {low} … {high}", file=file, line=line)
    return value


def _nodes(source: Source, n: int, file: str, first: int = 1) -> Nodes:
    """The node table of a format whose vertices are numbered from `first`."""
    if wants_one(source.attributes):
        return Nodes(np.arange(first, n + first, dtype=np.int64), ["all"] * n, None, file)
    return source.nodes(file)


# ---- DIMACS --------------------------------------------------------------------------------------


def sniff_dimacs(head: bytes, name: str) -> bool:
    """A ``p edge`` line."""
    return re.search(rb"(?m)^p[ \t]+(edge|col|clq)[ \t]", head) is not None


@reader
def read_dimacs(raw: bytes, file: str, asked: Asked, source: Source) -> FairClique:
    """DIMACS ``p edge``; attributes in ``n vertex value`` lines or in a node table.

    Comment lines ``c k 3``, ``c delta 2`` and ``c values a,b`` give what no option says.
    """
    vertices = edges = -1
    said: dict[str, str] = {}
    own: dict[int, str] = {}
    pairs: list[tuple[int, int]] = []
    for number, line in enumerate(raw.decode("utf-8", errors="replace").split("\n"), start=1):
        parts = line.split()
        if not parts:
            continue
        if parts[0] == "c":
            if len(parts) == 3 and parts[1] in ("k", "delta", "values"):
                said[parts[1]] = parts[2]
        elif parts[0] == "p":
            if vertices >= 0 or len(parts) != 4:
                raise InstanceError("expected one line 'p edge n m'", file=file, line=number)
            vertices, edges = (_number(w, file, number, 0, MAX_ID) for w in parts[2:])
            text.claim_memory(edges + vertices, file)
        elif vertices < 0:
            raise InstanceError("the 'p' line must come first", file=file, line=number)
        elif parts[0] == "e" and len(parts) == 3:
            u, v = (_number(w, file, number, 1, vertices) for w in parts[1:])
            pairs.append((u, v))
        elif parts[0] == "n" and len(parts) == 3:
            node = _number(parts[1], file, number, 1, vertices)
            if node in own:
                raise InstanceError(f"vertex {node} is given twice", file=file, line=number)
            own[node] = parts[2]
        else:
            raise InstanceError(f"unknown line {line[:40]!r}", file=file, line=number)
    if vertices < 0:
        raise InstanceError("has no 'p' line", file=file)
    # Published files count an edge once or in both directions.
    if len(pairs) not in (edges, 2 * edges):
        raise InstanceError(f"{len(pairs)} edges, the 'p' line says {edges}", file=file)
    if own and source.attributes is None:
        missing = next((v for v in range(1, vertices + 1) if v not in own), None)
        if missing is not None:
            raise InstanceError(f"vertex {missing} has no attribute", file=file, field="attribute")
        ids: np.ndarray = np.arange(1, vertices + 1, dtype=np.int64)
        nodes = Nodes(ids, [own[v] for v in range(1, vertices + 1)], None, file)
    else:
        nodes = _nodes(source, vertices, file)
    table = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return assemble(table, nodes, asked.over(said), file=file)


def write_dimacs(instance: FairClique) -> str:
    """DIMACS with the attributes in ``n`` lines; ids become 1, 2, … in their order."""
    for value in instance.values:
        if value.split() != [value]:
            raise InstanceError(
                f"DIMACS has no place for the value {value!r}: write JSON or GraphML",
                field="values",
            )
    if not instance.plain or instance.names is not None:
        what = "names" if instance.names is not None else "weights and anchors"
        raise InstanceError(f"DIMACS has no place for {what}: write JSON or GraphML")
    delta = "inf" if instance.delta == math.inf else str(instance.delta)
    lines = [
        f"c {instance.name or 'fair clique'}",
        f"c k {instance.k}",
        f"c delta {delta}",
        f"c values {','.join(instance.values)}",
        f"p edge {instance.vertices} {instance.edges}",
    ]
    lines += [f"n {v} {instance.values[a]}" for v, a in enumerate(instance.attribute, start=1)]
    lines += [f"e {u} {v}" for u, v in (instance.edge_list() + 1).tolist()]
    return "\n".join(lines) + "\n"


# ---- Matrix Market -------------------------------------------------------------------------------


def sniff_market(head: bytes, name: str) -> bool:
    """The header of a coordinate matrix."""
    return head[:14].lower() == b"%%matrixmarket" and b"coordinate" in head[:200].lower()


@reader
def read_market(raw: bytes, file: str, asked: Asked, source: Source) -> FairClique:
    """Matrix Market coordinate matrix; its entries are ignored but for their places."""
    header, _, rest = raw.partition(b"\n")
    words = header.lower().split()
    if len(words) != 5 or words[3] not in (b"pattern", b"integer", b"real"):
        raise InstanceError("unknown Matrix Market header", file=file, line=1)
    line = 2
    while rest.lstrip()[:1] == b"%":
        _, _, rest = rest.partition(b"\n")
        line += 1
    size, _, body = rest.partition(b"\n")
    sizes = size.split()
    if len(sizes) != 3:
        raise InstanceError("expected 'rows columns entries'", file=file, line=line)
    n, columns, entries = (
        _number(w.decode(errors="replace"), file, line, 0, MAX_ID) for w in sizes
    )
    if n != columns:
        raise InstanceError(f"{n} rows, {columns} columns: no graph", file=file, line=line)
    text.claim_memory(entries, file)
    if words[3] != b"pattern":
        body = re.sub(rb"(?m)^([ \t]*\S+[ \t]+\S+)[ \t]+\S+[ \t\r]*$", rb"\1", body)
    pairs = text.integers(body, 2, file=file, line=line + 1)
    if len(pairs) != entries:
        raise InstanceError(f"{len(pairs)} entries, the header says {entries}", file=file)
    if len(pairs) and (pairs.min() < 1 or pairs.max() > n):
        raise InstanceError(f"an index is outside 1 … {n}", file=file)
    nodes = _nodes(source, n, file)
    return assemble(pairs, nodes, asked, file=file)


# ---- METIS ---------------------------------------------------------------------------------------


def sniff_metis(head: bytes, name: str) -> bool:
    """By its ending: the lines are numbers like anybody's."""
    return name.endswith((".graph", ".metis"))


@reader
def read_metis(raw: bytes, file: str, asked: Asked, source: Source) -> FairClique:
    """METIS: ``vertices edges [format [constraints]]``, then the neighbours of 1, 2, … a line.

    Vertex weights (format 1x, one constraint) are the weights of the instance unless the node
    table has some; edge weights (format x1) and sizes (1xx) are passed over.
    """
    lines = raw.decode("utf-8", errors="replace").removeprefix("\ufeff").split("\n")
    if lines and not lines[-1].strip():
        lines.pop()
    content = [(i, li.split()) for i, li in enumerate(lines, 1) if li.lstrip()[:1] != "%"]
    while content and not content[0][1]:
        content.pop(0)
    if not content or not 2 <= len(content[0][1]) <= 4:
        line = content[0][0] if content else 1
        raise InstanceError("expected 'vertices edges [format]'", file=file, line=line)
    line, words = content[0]
    n, m = (_number(w, file, line, 0, MAX_ID) for w in words[:2])
    text.claim_memory(n + m, file)
    kind = (words[2] if len(words) > 2 else "0").zfill(3)
    if len(kind) != 3 or set(kind) - {"0", "1"}:
        raise InstanceError(f"format {words[2]!r}, expected 0/1 digits", file=file, line=line)
    constraints = _number(words[3], file, line, 0, 99) if len(words) > 3 else int(kind[1])
    if constraints > 1:
        raise InstanceError(f"{constraints} weights a vertex, expected one", file=file, line=line)
    body = content[1:]
    while len(body) > n and not body[-1][1]:
        body.pop()
    if len(body) != n:
        raise InstanceError(f"{len(body)} lines of vertices, the first line says {n}", file=file)
    pairs: list[tuple[int, int]] = []
    weights: list[int] = []
    step = 2 if kind[2] == "1" else 1
    for node, (line, words) in enumerate(body, start=1):
        at = int(kind[0]) + constraints
        if len(words) < at or (len(words) - at) % step:
            raise InstanceError(
                f"{len(words)} numbers do not fit to format {kind}", file=file, line=line
            )
        if constraints:
            weights.append(_number(words[at - 1], file, line, 0, MAX_WEIGHT))
        pairs += [(node, _number(w, file, line, 1, n)) for w in words[at::step]]
    if len(pairs) != 2 * m:
        raise InstanceError(
            f"{len(pairs)} neighbours, expected {2 * m} for the {m} edges of the first line",
            file=file,
        )
    nodes = _nodes(source, n, file)
    if nodes.weight is None and weights:
        if sorted(_plain_ids(nodes)) != list(range(1, n + 1)):
            raise InstanceError(f"the node table has not the vertices 1 … {n}", file=nodes.file)
        nodes.weight = np.array([weights[v - 1] for v in _plain_ids(nodes)], dtype=np.int64)
    table = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    made = assemble(table, nodes, asked, file=file)
    # Every edge stands in both rows of the file: that is no duplicate.
    object.__setattr__(made, "dropped", (made.dropped[0], made.dropped[1] - made.edges))
    return made


def _plain_ids(nodes: Nodes) -> list[int]:
    return [int(v) if str(v).isdigit() else -1 for v in nodes.vertex]
