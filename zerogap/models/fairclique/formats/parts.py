"""What the formats share: node tables, and the way from pairs of names to an instance."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, integer
from zerogap.models.fairclique.formats import text
from zerogap.models.fairclique.instance import (
    MAX_LABEL,
    MAX_WEIGHT,
    FairClique,
    fairness,
    rows,
)

K, DELTA = 2, 1  # where neither file nor option says
#: Names of columns that hold what their options do not say.
VERTEX_COLUMNS = ("id", "node", "vertex", "name", "label", "key", "node_id", "vertex_id", "nodeid")
VALUE_COLUMNS = ("attribute", "value", "class", "group", "category", "kind", "colour", "color")


@dataclass
class Asked:
    """Options of reading that every format takes.

    Parameters
    ----------
    k, delta, values, anchor : object
        As in `FairClique`; None: what the file says, else the defaults.
    """

    k: Any = None
    delta: Any = None
    values: Any = None
    anchor: Any = None

    def over(self, said: Any) -> Asked:
        """These options, and what a mapping says where they say nothing."""
        pairs = ((name, getattr(self, name)) for name in ("k", "delta", "values", "anchor"))
        return Asked(**{name: said.get(name) if v is None else v for name, v in pairs})


@dataclass(frozen=True, slots=True)
class Source:
    """Options of reading that say where the values of the vertices come from.

    Parameters
    ----------
    attributes : path or "none"
        Node table; "none": one value for all; None: the file itself.
    vertex, attribute, weight : str, optional
        Columns of the node table.
    """

    attributes: Any = None
    vertex: Any = None
    attribute: Any = None
    weight: Any = None

    def nodes(self, file: str) -> Nodes:
        """The node table that the options name."""
        return node_table(self.attributes, file, self.vertex, self.attribute, self.weight)


def reader(read: Callable[..., FairClique]) -> Callable[..., FairClique]:
    """A format's reader with the options that all of them take.

    ``read(raw, file, asked, source, *, own …)`` becomes ``reader(raw, *, file, k, …, own …)``.
    """

    def taking(raw: bytes, *, file: str = "", attributes: Any = None, k: Any = None,
               delta: Any = None, values: Any = None, anchor: Any = None, vertex: Any = None,
               attribute: Any = None, weight: Any = None, **own: Any) -> FairClique:  # fmt: skip
        asked = Asked(k, delta, values, anchor)
        return read(raw, file, asked, Source(attributes, vertex, attribute, weight), **own)

    # What the options are is read from signatures: the common ones, then the format's own.
    *common, _ = inspect.signature(taking).parameters.values()
    own = [q for q in inspect.signature(read).parameters.values() if q.kind is q.KEYWORD_ONLY]
    functools.update_wrapper(taking, read)
    del taking.__wrapped__  # type: ignore[attr-defined]
    taking.__signature__ = inspect.Signature([*common, *own])  # type: ignore[attr-defined]
    return taking


@dataclass
class Nodes:
    """A node table: vertices, their values, and weights where there are any.

    Parameters
    ----------
    vertex : ndarray of int64 or list of str
    value : ndarray of int or list of str
    weight : ndarray of int64, optional
    file : str
        Where they come from, for errors.
    """

    vertex: Any
    value: Any
    weight: Any = None
    file: str = ""


def attribute_bytes(attributes: Any, file: str) -> tuple[bytes, str]:
    """The attribute file: beside the graph's file if it is there, else from the working folder."""
    from zerogap.models.files import load

    path = Path(attributes)
    beside = Path(file).parent / path
    if not path.is_absolute() and beside.exists():
        path = beside
    return load(path)


def node_table(
    attributes: Any, file: str, vertex: Any = None, attribute: Any = None, weight: Any = None
) -> Nodes:
    """The node table in a file.

    Two integers a line are read fast. Else it is a table of words, with a header where options
    name columns, or where its first field is one of `VERTEX_COLUMNS` and the line has a column
    for the value as well.
    """
    if attributes is None:
        raise InstanceError(
            "is needed for this format: attributes=FILE (attributes=none: one value for all)",
            field="option attributes",
        )
    raw, name = attribute_bytes(attributes, file)
    if vertex is None and attribute is None and weight is None:
        try:
            pairs = text.integers(raw, 2, file=name)
            return Nodes(unique(pairs[:, 0].astype(np.int64), name), pairs[:, 1], None, name)
        except InstanceError:
            pass
    return _words(raw, name, vertex, attribute, weight)


def _words(raw: bytes, file: str, vertex: Any, attribute: Any, weight: Any) -> Nodes:
    lines = text.table(raw, file=file)
    first = next(lines, None)
    if first is None:
        return Nodes([], [], None, file)
    header = vertex is not None or attribute is not None or weight is not None
    header = header or (first[1][0].lower() in VERTEX_COLUMNS and len(first[1]) > 1)
    if header:
        columns = _columns(first, file, vertex, attribute, weight)
    else:
        if len(first[1]) != 2:
            raise InstanceError(
                f"{len(first[1])} fields, expected 2: vertex and value (or a table with a header "
                "such as id,attribute)",
                file=file,
                line=first[0],
            )
        columns = (0, 1, None)
    entries = [] if header else [first]
    entries.extend(lines)
    at, of, heavy = columns
    seen: set[str] = set()
    for line, found in entries:
        if not found[at] or not found[of]:
            what = "vertex" if not found[at] else "value"
            raise InstanceError(f"the {what} is empty", file=file, line=line)
        if found[at] in seen:
            raise InstanceError(
                f"vertex {found[at]} is given twice", file=file, line=line, field="attribute"
            )
        seen.add(found[at])
    weights = None
    if heavy is not None:
        weights = np.array([_weight(found[heavy], file, line) for line, found in entries], np.int64)
    return Nodes([f[at] for _, f in entries], [f[of] for _, f in entries], weights, file)


def _weight(word: Any, file: str, line: int | None = None) -> int:
    try:
        number = integer(word)
    except ValueError:
        number = -1
    if not 0 <= number <= MAX_WEIGHT:
        raise InstanceError(
            f"is {word!r}, expected an integer 0 … {MAX_WEIGHT}",
            file=file,
            line=line,
            field="weight",
        )
    return number


def _columns(
    first: tuple[int, list[str]], file: str, vertex: Any, attribute: Any, weight: Any
) -> tuple[int, int, int | None]:
    """Places of vertex, value and weight in a header; options decide, else the usual names."""
    line, names = first
    lower = [name.lower() for name in names]

    def place(asked: Any, usual: Sequence[str], option: str, left: Iterable[int]) -> int:
        if asked is not None:
            if asked in names:
                return names.index(asked)
            raise InstanceError(
                f"has no column {asked!r} (columns: {', '.join(names)})",
                file=file,
                line=line,
                field=f"option {option}",
            )
        left = list(left)
        found = [i for i in left if lower[i] in usual]
        if len(found) == 1 or (found and option == "vertex"):
            return found[0]
        if len(left) == 1:
            return left[0]
        raise InstanceError(
            f"which column is the {option}? Say {option}=COLUMN (columns: {', '.join(names)})",
            file=file,
            line=line,
        )

    if len(set(names)) != len(names):
        raise InstanceError("two columns have one name", file=file, line=line)
    heavy = None if weight is None else place(weight, (), "weight", ())
    at = place(vertex, VERTEX_COLUMNS, "vertex", range(len(names)))
    rest = [i for i in range(len(names)) if i not in (at, heavy)]
    of = place(attribute, VALUE_COLUMNS, "attribute", rest)
    if at == of:
        raise InstanceError("vertex and value are one column", file=file, line=line)
    # Nothing stands in a file for nothing: a third column has to be chosen between knowingly.
    spare = [names[i] for i in rest if i != of]
    if spare and attribute is None:
        raise InstanceError(
            f"has further columns ({', '.join(spare)}): say attribute=COLUMN, and weight=COLUMN "
            "where vertices have weights",
            file=file,
            line=line,
        )
    return at, of, heavy


def unique(ids: np.ndarray, name: str) -> np.ndarray:
    """The ids; an error if one stands there twice."""
    order = np.argsort(ids, kind="stable")
    twice = np.flatnonzero(ids[order][1:] == ids[order][:-1])
    if len(twice):
        raise InstanceError(
            f"vertex {ids[order[twice[0]]]} is given twice", file=name, field="attribute"
        )
    return ids


def numbers(words: Iterable[str]) -> bool:
    """Whether all words are vertex ids."""
    return all(w.isascii() and w.isdigit() and (len(w) < 19 or int(w) <= MAX_LABEL) for w in words)


def _declared(values: Any) -> tuple[str, ...] | None:
    if values is None:
        return None
    if isinstance(values, str):
        return tuple(v.strip() for v in values.split(","))
    return tuple(str(v) for v in values)


def _indexed(
    given: Any, label: Callable[[int], Any], declared: tuple[str, ...] | None, file: str
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
            vertex = label(int(np.flatnonzero(inverse == j)[0]))
            raise InstanceError(
                f"vertex {vertex} has value {value!r}, declared are {', '.join(declared)}",
                file=file,
                field="attribute",
            )
    table = np.array([place[v] for v in names], dtype=np.int64)
    return declared, table[inverse] if len(names) else np.empty(0, dtype=np.int64)


def _compact(
    pairs: np.ndarray, ids: np.ndarray, file: str, lines: Any
) -> tuple[np.ndarray, np.ndarray]:
    """Endpoints as indices into the ascending `ids`; every endpoint must be among them."""
    n = len(ids)
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
        unknown = int(strange[0])
        raise InstanceError(
            f"vertex {unknown} has no attribute",
            file=file,
            line=None if lines is None else lines[int(np.flatnonzero(flat == unknown)[0]) // 2],
            field="attribute",
        )
    return index[0::2], index[1::2]


def assemble(
    pairs: Any,
    nodes: Nodes | None,
    asked: Asked,
    *,
    file: str,
    lines: Any = None,
    named: bool = False,
) -> FairClique:
    """The instance of pairs of vertices and a node table.

    Parameters
    ----------
    pairs : ndarray of int, shape (edges, 2), or list of pairs of str
    nodes : Nodes, optional
        None: the vertices of the edges, all of one value.
    asked : Asked
    file : str
    lines : sequence of int, optional
        Lines of the pairs, for errors.
    named : bool
        Words stay names, even if all of them are numbers.
    """
    if named:
        return _named(pairs, nodes, asked, file, lines)
    if nodes is None:
        nodes = _of_edges(pairs, file)
    if isinstance(pairs, np.ndarray) and not isinstance(nodes.vertex, np.ndarray):
        if numbers(nodes.vertex):
            vertex = np.array([int(w) for w in nodes.vertex], dtype=np.int64)
            nodes = Nodes(unique(vertex, nodes.file), nodes.value, nodes.weight, nodes.file)
        else:
            pairs = [(str(u), str(v)) for u, v in pairs.tolist()]
    elif not isinstance(pairs, np.ndarray):
        if isinstance(nodes.vertex, np.ndarray):
            nodes = Nodes([str(v) for v in nodes.vertex.tolist()], *_rest(nodes))
        if numbers(nodes.vertex) and numbers(w for pair in pairs for w in pair):
            pairs = np.array([(int(u), int(v)) for u, v in pairs], dtype=np.int64).reshape(-1, 2)
            vertex = np.array([int(w) for w in nodes.vertex], dtype=np.int64)
            nodes = Nodes(unique(vertex, nodes.file), *_rest(nodes))
    if len(nodes.vertex) == 0:
        raise InstanceError("the graph has no vertices", file=file)
    if isinstance(pairs, np.ndarray):
        return _numbered(pairs, nodes, asked, file, lines)
    return _named(pairs, nodes, asked, file, lines)


def _rest(nodes: Nodes) -> tuple[Any, Any, str]:
    return nodes.value, nodes.weight, nodes.file


def _of_edges(pairs: Any, file: str) -> Nodes:
    if isinstance(pairs, np.ndarray):
        vertex: Any = np.unique(pairs).astype(np.int64)
    else:
        vertex = list(dict.fromkeys(w for pair in pairs for w in pair))
    return Nodes(vertex, ["all"] * len(vertex), None, file)


def _numbered(pairs: np.ndarray, nodes: Nodes, asked: Asked, file: str, lines: Any) -> FairClique:
    order = np.argsort(nodes.vertex, kind="stable")
    label = nodes.vertex.__getitem__
    declared, index = _indexed(nodes.value, label, _declared(asked.values), file)
    ids = nodes.vertex[order]
    u, v = _compact(pairs, ids, file, lines)
    weight = None if nodes.weight is None else nodes.weight[order]
    return _made(u, v, index[order], declared, ids, None, weight, asked, file)


def _named(pairs: Any, nodes: Any, asked: Asked, file: str, lines: Any) -> FairClique:
    names = list(nodes.vertex)
    declared, index = _indexed(nodes.value, names.__getitem__, _declared(asked.values), file)
    place = {name: i for i, name in enumerate(names)}
    for i, pair in enumerate(pairs):
        for word in pair:
            if word not in place:
                raise InstanceError(
                    f"vertex {word} has no attribute",
                    file=file,
                    line=None if lines is None else lines[i],
                    field="attribute",
                )
    flat = [place[w] for pair in pairs for w in pair]
    ends = np.array(flat, dtype=np.int32).reshape(-1, 2)
    return _made(ends[:, 0], ends[:, 1], index, declared, None, names, nodes.weight, asked, file)


def _made(
    u: np.ndarray,
    v: np.ndarray,
    attribute: np.ndarray,
    declared: tuple[str, ...],
    ids: Any,
    names: Any,
    weight: Any,
    asked: Asked,
    file: str,
) -> FairClique:
    n = len(attribute)
    first, neighbour, dropped = rows(u, v, n)
    anchor = asked.anchor if asked.anchor is not None else ()
    if isinstance(anchor, str):
        anchor = [word.strip() for word in anchor.split(",") if word.strip()]
    return FairClique(
        first,
        neighbour,
        attribute,
        declared,
        K if asked.k is None else fairness(asked.k, "k"),
        DELTA if asked.delta is None else fairness(asked.delta, "delta", infinite=True),
        ids,
        stem(file),
        dropped,
        names,
        weight,
        anchor,
    )


def stem(file: str) -> str:
    """Name of an instance by its file."""
    name = Path(file).name
    endings = (".gz", ".zip", ".txt", ".clq", ".mtx", ".json", ".edges", ".csv", ".tsv", ".graph")
    for suffix in (*endings, ".metis", ".graphml", ".gml", ".edgelist"):
        name = name.removesuffix(suffix)
    return name


def wants_one(attributes: Any) -> bool:
    """Whether ``attributes=none`` asks for one value for all vertices."""
    return isinstance(attributes, str) and attributes.lower() == "none"
