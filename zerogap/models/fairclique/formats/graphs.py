"""Files: edge lists, Matrix Market and DIMACS with an attribute file, JSON; networkx graphs."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import Format, InstanceError, json_format
from zerogap.models.fairclique.formats import text
from zerogap.models.fairclique.instance import MAX_ID, FairClique, fairness, rows

K, DELTA = 2, 1  # where neither file nor option says
_INTEGER = re.compile(rb"-?\d+")


def _declared(values: Any) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, str):
        return tuple(v.strip() for v in values.split(","))
    return tuple(str(v) for v in values)


def _attribute_bytes(attributes: Any, file: str) -> tuple[bytes, str]:
    """The attribute file: beside the graph's file if it is there, else from the working folder."""
    from zerogap.models.files import load

    path = Path(attributes)
    beside = Path(file).parent / path
    if not path.is_absolute() and beside.exists():
        path = beside
    return load(path)


def _attribute_file(attributes: Any, file: str) -> tuple[np.ndarray, list[str] | np.ndarray]:
    """Ids and values (words or integers) of an attribute file, as they stand."""
    if attributes is None:
        raise InstanceError("is needed for this format: attributes=FILE", field="option attributes")
    raw, name = _attribute_bytes(attributes, file)
    try:
        table = text.integers(raw, 2, file=name)
    except InstanceError:
        return _attribute_words(raw, name)
    return _unique(table[:, 0].astype(np.int64), name), table[:, 1]


def _attribute_words(raw: bytes, name: str) -> tuple[np.ndarray, list[str]]:
    lines = text.words(raw, 2, file=name)
    ids = np.empty(len(lines), dtype=np.int64)
    for i, (number, (word, _)) in enumerate(lines):
        if not word.isascii() or not word.isdigit() or len(word) > 10 or int(word) > MAX_ID:
            raise InstanceError(
                f"{word[:40]!r} is no integer 0 … {MAX_ID}", file=name, line=number, field="id"
            )
        ids[i] = int(word)
    return _unique(ids, name), [value for _, (_, value) in lines]


def _unique(ids: np.ndarray, name: str) -> np.ndarray:
    order = np.argsort(ids, kind="stable")
    twice = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(twice):
        raise InstanceError(
            f"vertex {ids[order[twice[0]]]} is given twice", file=name, field="attribute"
        )
    return ids


def _indexed(
    given: list[str] | np.ndarray, ids: np.ndarray, declared: tuple[str, ...] | None, file: str
) -> tuple[tuple[str, ...], np.ndarray]:
    """Declared values and the index of every vertex's value among them."""
    if isinstance(given, np.ndarray):
        found, inverse = np.unique(given, return_inverse=True)
        names = [str(int(v)) for v in found]
    else:
        words, inverse = np.unique(np.asarray(given, dtype=object), return_inverse=True)
        names = [str(v) for v in words]
    if declared is None:
        # Two-valued attributes are 0 and 1 by custom, even if one of them does not occur.
        declared = ("0", "1") if set(names) <= {"0", "1"} else tuple(names)
    place = {value: i for i, value in enumerate(declared)}
    for j, value in enumerate(names):
        if value not in place:
            vertex = int(ids[int(np.flatnonzero(inverse == j)[0])])
            raise InstanceError(
                f"vertex {vertex} has value {value!r}, declared are {', '.join(declared)}",
                file=file,
                field="attribute",
            )
    table = np.array([place[v] for v in names], dtype=np.int64)
    return declared, table[inverse] if len(names) else np.empty(0, dtype=np.int64)


def _compact(pairs: np.ndarray, ids: np.ndarray, file: str) -> tuple[np.ndarray, np.ndarray]:
    """Endpoints as indices into the ascending `ids`; every endpoint must be among them."""
    n = len(ids)
    if n == 0:
        raise InstanceError("the graph has no vertices", file=file)
    flat = pairs.reshape(-1)
    top = int(flat.max()) if len(flat) else -1
    strange = index = flat
    if top > ids[-1]:
        strange = flat[flat > ids[-1]]
    elif ids[-1] == n - 1:  # 0, 1, … without a gap
        strange = flat[:0]
    elif ids[-1] <= 8 * n + 10**6:
        table = np.full(int(ids[-1]) + 1, -1, np.int32)
        table[ids] = np.arange(n, dtype=np.int32)
        index = table[flat]
        strange = flat[index < 0]
    else:
        index = np.searchsorted(ids, flat).astype(np.int32)
        strange = flat[ids[index] != flat]
    if len(strange):
        raise InstanceError(
            f"vertex {int(strange[0])} has no attribute", file=file, field="attribute"
        )
    return index[0::2], index[1::2]


def _assemble(
    pairs: np.ndarray,
    ids: np.ndarray,
    given: list[str] | np.ndarray,
    *,
    file: str,
    values: Any,
    k: Any,
    delta: Any,
) -> FairClique:
    order = np.argsort(ids, kind="stable")
    declared, index = _indexed(given, ids, _declared(values), file)
    ids = ids[order]
    u, v = _compact(pairs, ids, file)
    first, neighbour, dropped = rows(u, v, len(ids))
    return FairClique(
        first,
        neighbour,
        index[order],
        declared,
        K if k is None else fairness(k, "k"),
        DELTA if delta is None else fairness(delta, "delta", infinite=True),
        ids,
        _stem(file),
        dropped,
    )


def _stem(file: str) -> str:
    name = Path(file).name
    for suffix in (".gz", ".zip", ".txt", ".clq", ".mtx", ".json", ".edges"):
        name = name.removesuffix(suffix)
    return name


# ---- edge list -----------------------------------------------------------------------------------


def _sniff_edges(head: bytes, name: str) -> bool:
    """Most of the first lines are two integers; `.edges` files only have to begin with one."""
    if head[:14].lower() == b"%%matrixmarket":
        return False
    lines = head.split(b"\n")
    if len(lines) > 1 and len(head) >= 1 << 16:
        lines.pop()
    content = [p for p in map(bytes.split, lines[:200]) if p and p[0][:1] not in (b"#", b"%")]
    if not content or not _INTEGER.fullmatch(content[0][0]):
        return False
    pairs = sum(len(p) == 2 and all(map(_INTEGER.fullmatch, p)) for p in content)
    return name.endswith(".edges") or (len(content[0]) == 2 and pairs > 0.6 * len(content))


def read_edges(
    raw: bytes,
    *,
    file: str = "",
    attributes: Any = None,
    k: Any = None,
    delta: Any = None,
    values: Any = None,
) -> FairClique:
    """Edge list ``u v`` a line with an attribute file ``v value`` a line."""
    text.claim_memory(raw.count(b"\n") + 1, file)
    ids, given = _attribute_file(attributes, file)
    pairs = text.integers(raw.removeprefix(b"\xef\xbb\xbf"), 2, file=file)
    return _assemble(pairs, ids, given, file=file, values=values, k=k, delta=delta)


# ---- DIMACS --------------------------------------------------------------------------------------


def _sniff_dimacs(head: bytes, name: str) -> bool:
    return re.search(rb"(?m)^p[ \t]+(edge|col|clq)[ \t]", head) is not None


def read_dimacs(
    raw: bytes,
    *,
    file: str = "",
    attributes: Any = None,
    k: Any = None,
    delta: Any = None,
    values: Any = None,
) -> FairClique:
    """DIMACS ``p edge``; attributes in ``n vertex value`` lines or in a file of their own.

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
            vertex = _number(parts[1], file, number, 1, vertices)
            if vertex in own:
                raise InstanceError(f"vertex {vertex} is given twice", file=file, line=number)
            own[vertex] = parts[2]
        else:
            raise InstanceError(f"unknown line {line[:40]!r}", file=file, line=number)
    if vertices < 0:
        raise InstanceError("has no 'p' line", file=file)
    # Published files count an edge once or in both directions.
    if len(pairs) not in (edges, 2 * edges):
        raise InstanceError(f"{len(pairs)} edges, the 'p' line says {edges}", file=file)
    if own and attributes is None:
        missing = next((v for v in range(1, vertices + 1) if v not in own), None)
        if missing is not None:
            raise InstanceError(f"vertex {missing} has no attribute", file=file, field="attribute")
        ids: np.ndarray = np.arange(1, vertices + 1, dtype=np.int64)
        given: Any = [own[v] for v in range(1, vertices + 1)]
    else:
        ids, given = _attribute_file(attributes, file)
    table = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return _assemble(
        table,
        ids,
        given,
        file=file,
        values=values if values is not None else said.get("values"),
        k=k if k is not None else said.get("k"),
        delta=delta if delta is not None else said.get("delta"),
    )


def _number(word: str, file: str, line: int, low: int, high: int) -> int:
    if not word.isascii() or not word.isdigit() or len(word) > 10:
        raise InstanceError(f"{word[:40]!r} is no integer", file=file, line=line)
    value = int(word)
    if not low <= value <= high:
        raise InstanceError(f"{value} is outside {low} … {high}", file=file, line=line)
    return value


def write_dimacs(instance: FairClique) -> str:
    """DIMACS with the attributes in ``n`` lines; ids become 1, 2, … in their order."""
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


def _sniff_market(head: bytes, name: str) -> bool:
    return head[:14].lower() == b"%%matrixmarket" and b"coordinate" in head[:200].lower()


def read_market(
    raw: bytes,
    *,
    file: str = "",
    attributes: Any = None,
    k: Any = None,
    delta: Any = None,
    values: Any = None,
) -> FairClique:
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
    ids, given = _attribute_file(attributes, file)
    return _assemble(pairs, ids, given, file=file, values=values, k=k, delta=delta)


# ---- JSON ----------------------------------------------------------------------------------------


def _encode(instance: FairClique) -> dict:
    return {
        "name": instance.name,
        "k": instance.k,
        "delta": None if instance.delta == math.inf else instance.delta,
        "values": list(instance.values),
        "ids": instance.ids.tolist(),
        "attribute": [instance.values[a] for a in instance.attribute],
        "edges": instance.ids[instance.edge_list()].tolist(),
    }


def _decode(
    data: dict, *, file: str = "", k: Any = None, delta: Any = None, values: Any = None
) -> FairClique:
    given = [str(v) for v in data["attribute"]]
    ids = np.array(data["ids"] if "ids" in data else range(len(given)), dtype=object)
    if len(ids) != len(given):
        raise InstanceError(f"{len(given)} attributes for {len(ids)} ids", field="attribute")
    for name, numbers in (("ids", ids), ("edges", np.array(data["edges"], dtype=object))):
        for number in numbers.reshape(-1).tolist():
            if type(number) is not int or not 0 <= number <= MAX_ID:
                raise InstanceError(f"{number!r} is no integer 0 … {MAX_ID}", field=name)
    pairs = np.array(data["edges"], dtype=np.int64).reshape(-1, 2).astype(np.int32)
    said = data.get("delta", DELTA)
    result = _assemble(
        pairs,
        _unique(ids.astype(np.int64), file),
        given,
        file=file,
        values=values if values is not None else data.get("values"),
        k=data.get("k") if k is None else k,
        delta=(math.inf if said is None else said) if delta is None else delta,
    )
    object.__setattr__(result, "name", str(data.get("name", "")))
    return result


FORMATS = (
    json_format("fairclique", _encode, _decode),
    Format("dimacs", (".clq", ".col"), _sniff_dimacs, read_dimacs, write_dimacs, binary=True),
    Format("matrix market", (".mtx",), _sniff_market, read_market, binary=True),
    Format("edge list", (".txt", ".edges"), _sniff_edges, read_edges, binary=True, shape=True),
)


# ---- networkx ------------------------------------------------------------------------------------


def from_networkx(
    graph: Any,
    *,
    attribute: str = "attribute",
    k: int = K,
    delta: float = DELTA,
    values: Any = None,
    name: str = "",
) -> FairClique:
    """Make an instance from a networkx graph whose nodes are integers.

    Parameters
    ----------
    graph : networkx.Graph
        Directed graphs are taken without their directions.
    attribute : str
        Node attribute that holds the value.
    k, delta : number
        As in `FairClique`.
    values : sequence, optional
        Declared values; those that occur if left out.

    Returns
    -------
    FairClique
    """
    nodes = list(graph.nodes)
    for node in nodes:
        if isinstance(node, bool) or not isinstance(node, int | np.integer):
            raise InstanceError(f"node {node!r} is no integer", field="ids")
        if not 0 <= node <= MAX_ID:
            raise InstanceError(f"node {node} is outside 0 … {MAX_ID}", field="ids")
        if attribute not in graph.nodes[node]:
            raise InstanceError(f"vertex {node} has no {attribute!r}", field="attribute")
    given = [str(graph.nodes[node][attribute]) for node in nodes]
    pairs = np.array([(u, v) for u, v, *_ in graph.edges], dtype=np.int32).reshape(-1, 2)
    ids = np.array(nodes, dtype=np.int64)
    result = _assemble(pairs, ids, given, file="", values=values, k=k, delta=delta)
    object.__setattr__(result, "name", name or str(graph.name or ""))
    return result


def to_networkx(instance: FairClique) -> Any:
    """The instance as a `networkx.Graph`; nodes are the original ids and carry ``attribute``."""
    import networkx

    graph = networkx.Graph(name=instance.name)
    for vertex, a in zip(instance.ids.tolist(), instance.attribute.tolist()):
        graph.add_node(vertex, attribute=instance.values[a])
    graph.add_edges_from(instance.ids[instance.edge_list()].tolist())
    return graph
