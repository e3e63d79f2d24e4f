"""Trees as tables: a row a node, as CSV, from data frames and from graphs."""

from __future__ import annotations

import csv
import io
import math
import re
from typing import Any

from zerogap.models.base import Format, InstanceError, nearest, wanted
from zerogap.models.treeprune.draft import Draft
from zerogap.models.treeprune.formats import decode
from zerogap.models.treeprune.instance import TreePrune

#: Names of the columns, written without blanks, underscores and case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "id": ("id", "node", "nodeid", "name"),
    "parent": ("parent", "parentid", "parentnode"),
    "reward": ("reward", "score", "value", "worth"),
    "tokens": ("tokens", "cost", "length", "tokencount"),
    "cluster": ("cluster", "clusterid", "group"),
    "mandatory": ("mandatory", "finished"),
    "held": ("held",),
}
_NEEDED = ("parent", "reward", "tokens")
_MEANING = {word: column for column, words in COLUMNS.items() for word in words}
_YES, _NO = ("1", "true", "yes", "x"), ("", "0", "false", "no")


def _plainly(cell: str) -> str:
    return re.sub(r"[\s_\-.]", "", cell.strip()).lower()


def sniff(head: str, name: str) -> bool:
    """Whether the first line names parents, and rewards or tokens."""
    first = head.split("\n", 1)[0]
    meanings = {_MEANING.get(_plainly(cell.strip('"'))) for cell in first.split(",")}
    return "parent" in meanings and bool({"reward", "tokens"} & meanings)


def read(
    text: str,
    *,
    file: str,
    lambda_b: float | None = None,
    lambda_d: float | None = None,
    budget: float | None = None,
    min_leaves: int | None = None,
    max_leaves: int | None = None,
    page: int | None = None,
) -> TreePrune:
    """Read a table with a row a node: ``parent``, ``reward``, ``tokens`` and what else there is.

    With ``id`` parents are ids, else rows counted from 0; a root's parent is empty (or −1).
    ``cluster`` is a number or empty; ``mandatory`` and ``held`` are yes or no. The reward of an
    inner node is ignored and may be empty. Several roots make a forest.
    """
    rows = list(csv.reader(io.StringIO(text)))
    column = _columns(rows[0] if rows else [], file)
    nodes: list[dict[str, Any]] = []
    lines: dict[str, int] = {}
    for line, row in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(rows[0]):
            message = f"has {len(row)} values, expected {len(rows[0])}"
            raise InstanceError(message, file=file, line=line)
        cells = {name: row[k].strip() for name, k in column.items()}
        label = cells.get("id", str(len(nodes)))
        if not label:
            raise InstanceError("is empty, expected a name", file=file, line=line, field="id")
        if label in lines:
            message = f"{label!r} is used twice (first in line {lines[label]})"
            raise InstanceError(message, file=file, line=line, field="id")
        lines[label] = line
        nodes.append(_node(cells, label, file, line) | {"line": line})
    if not nodes:
        raise InstanceError("there is no node, expected a row a node", file=file, line=1)
    data = _data(nodes, "id" in column, file)
    data["name"] = re.split(r"[/\\]", file)[-1].removesuffix(".csv")
    made = decode(data, file=file, lambda_b=lambda_b, lambda_d=lambda_d, budget=budget,
                  min_leaves=min_leaves, max_leaves=max_leaves, page=page)  # fmt: skip
    assert isinstance(made, TreePrune)
    return made


def _columns(header: list[str], file: str) -> dict[str, int]:
    column: dict[str, int] = {}
    for k, cell in enumerate(header):
        name = _MEANING.get(_plainly(cell))
        if name is None:
            message = f"unknown column {cell.strip()!r}{nearest(_plainly(cell), _MEANING)}"
            known = f"known: {', '.join(COLUMNS)}"
            raise InstanceError(f"{message}; {known}", file=file, line=1)
        if name in column:
            first = header[column[name]].strip()
            message = f"two columns mean the same: {first!r}, {cell.strip()!r}"
            raise InstanceError(message, file=file, line=1)
        column[name] = k
    for name in _NEEDED:
        if name not in column:
            raise InstanceError(f"column {name!r} is missing", file=file, line=1)
    return column


def _node(cells: dict[str, str], label: str, file: str, line: int) -> dict[str, Any]:
    """The values of a row; what is wrong in it is named with its line and column."""

    def number(name: str) -> float:
        text = cells[name]
        try:
            value = float(text) if text or name != "reward" else 0.0
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            message = f"is {text!r}, expected a number"
            raise InstanceError(message, file=file, line=line, field=name)
        return value

    def flag(name: str) -> bool:
        text = cells.get(name, "").lower()
        if text not in _YES + _NO:
            message = f"is {cells[name]!r}, expected yes or no"
            raise InstanceError(message, file=file, line=line, field=name)
        return text in _YES

    cluster = cells.get("cluster", "")
    if not re.fullmatch(r"(-1|\d{0,9})(\.0)?", cluster):
        message = f"is {cluster!r}, expected a number, or nothing"
        raise InstanceError(message, file=file, line=line, field="cluster")
    return {
        "id": label,
        "parent": cells["parent"],
        "reward": number("reward"),
        "tokens": number("tokens"),
        "cluster": int(float(cluster)) if cluster else -1,
        "mandatory": flag("mandatory"),
        "held": flag("held"),
    }


def _data(nodes: list[dict[str, Any]], named: bool, file: str) -> dict[str, Any]:
    """The columns of the family's JSON."""
    place = {node["id"]: k for k, node in enumerate(nodes)}
    parent = []
    for node in nodes:
        above = node["parent"]
        if above in place:
            parent.append(place[above])
        elif above in ("", "-1"):
            parent.append(-1)
        else:
            kind = "an id of this table" if named else f"a row from 0 to {len(nodes) - 1}"
            message = f"is {above!r}, expected {kind}, or nothing for a root"
            raise InstanceError(message, file=file, line=node["line"], field="parent")
    data: dict[str, Any] = {key: [n[key] for n in nodes] for key in ("reward", "tokens", "cluster")}
    for key in ("mandatory", "held"):
        if chosen := [k for k, node in enumerate(nodes) if node[key]]:
            data[key] = chosen
    if [node["id"] for node in nodes] != [str(k) for k in range(len(nodes))]:
        data["names"] = [node["id"] for node in nodes]
    return data | {"parent": parent, "forest": parent.count(-1) > 1}


CSV = Format("table", (".csv",), sniff, read, columns={name: COLUMNS[name] for name in _NEEDED})


def from_pandas(table: Any, *, name: str = "table", **options: Any) -> TreePrune:
    """A tree from a table with a row a node.

    Parameters
    ----------
    table : pandas.DataFrame, or what pandas makes one of
        Columns as in CSV files, in any spelling: ``id``, ``parent`` (empty: a root), ``reward``,
        ``tokens``; ``cluster``, ``mandatory``, ``held`` where there are. Without ``id`` parents are
        rows counted from 0.
    name : str
    **options
        ``lambda_b=…`` and the other settings of reading.

    Raises
    ------
    InstanceError
        Naming the row (the first is 2) and the column.

    Examples
    --------
    >>> tree = from_pandas({"id": ["root", "a", "b"], "parent": [None, "root", "root"],
    ...                     "reward": [None, 2.0, 1.5], "tokens": [0, 1, 1]})
    >>> tree.nodes, tree.names
    (3, ('root', 'a', 'b'))
    """
    from zerogap.models.frames import from_frame

    return from_frame("treeprune", table, name=name, **options)


def from_networkx(
    graph: Any,
    *,
    reward: str = "reward",
    tokens: str = "tokens",
    cluster: str = "cluster",
    name: str = "",
    **options: Any,
) -> TreePrune:
    """A tree from a directed graph whose edges lead from parents to children.

    Parameters
    ----------
    graph : networkx.DiGraph
        A tree or forest; nodes become names by ``str``.
    reward, tokens, cluster : str
        Node attributes; a node without `tokens` costs 1, one without `cluster` has none. Leaves
        have a `reward`.
    name : str
    **options
        ``lambda_b=…`` and the other settings of reading.

    Raises
    ------
    InstanceError
        If a node has two parents, a leaf no reward, or the graph has a cycle.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.DiGraph([("root", "a"), ("root", "b")])
    >>> graph.add_node("a", reward=2.0); graph.add_node("b", reward=1.5)
    >>> from_networkx(graph, lambda_b=0.1).nodes
    3
    """
    if not hasattr(graph, "is_directed"):
        raise TypeError("expected a directed graph of networkx")
    if not graph.is_directed():
        raise InstanceError("is undirected; expected edges from parents to children", field="graph")
    nodes = list(graph.nodes)
    place = {node: k for k, node in enumerate(nodes)}
    parents = []
    for node in nodes:
        above = list(graph.predecessors(node))
        if len(above) > 1:
            message = f"node {node} has {len(above)} parents, expected at most one"
            raise InstanceError(message, field="graph")
        parents.append(place[above[0]] if above else -1)
        if graph.out_degree(node) == 0 and reward not in graph.nodes[node]:
            raise InstanceError(f"leaf {node} has no {reward!r}", field="reward")
    data = {
        "parent": parents,
        "reward": [graph.nodes[v].get(reward, 0.0) for v in nodes],
        "tokens": [graph.nodes[v].get(tokens, 1.0) for v in nodes],
        "cluster": [graph.nodes[v].get(cluster, -1) for v in nodes],
        "names": [str(v) for v in nodes],
        "forest": parents.count(-1) > 1,
        "name": name or str(graph.name or ""),
    }
    made = decode(data, file="", **wanted(decode, options, "graph"))
    assert not isinstance(made, Draft)
    return made
