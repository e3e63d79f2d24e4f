"""GraphML and GML: names, attributes and weights inside the file."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.formats.parts import (
    VALUE_COLUMNS,
    Asked,
    Nodes,
    Source,
    _weight,
    assemble,
    reader,
    wants_one,
)
from zerogap.models.fairclique.instance import FairClique

#: What a graph says of itself, by our names.
_SAID = ("k", "delta", "values", "anchor")


class _Read:
    """Nodes with their data, edges with their lines, and what the graph says of itself."""

    def __init__(self, file: str):
        self.file = file
        self.node: dict[str, dict[str, str]] = {}
        self.line: dict[str, int] = {}
        self.pairs: list[tuple[str, str]] = []
        self.lines: list[int] = []
        self.said: dict[str, str] = {}

    def add(self, name: str, line: int) -> None:
        if name in self.node:
            raise InstanceError(f"node {name!r} is given twice", file=self.file, line=line)
        self.node[name] = {}
        self.line[name] = line

    def instance(self, source: Source, asked: Asked) -> FairClique:
        """The instance, values taken from the nodes' data or from a node table."""
        for (u, v), line in zip(self.pairs, self.lines):
            for end in (u, v):
                if end not in self.node:
                    raise InstanceError(f"node {end!r} is unknown", file=self.file, line=line)
        if wants_one(source.attributes):
            nodes = Nodes(list(self.node), ["all"] * len(self.node), None, self.file)
        elif source.attributes is not None:
            nodes = source.nodes(self.file)
        else:
            if source.vertex is not None:
                raise InstanceError(
                    "names a column of a node table, and attributes=FILE is not given",
                    field="option vertex",
                )
            nodes = self._own(source.attribute, source.weight)
        asked = asked.over(self.said)
        return assemble(self.pairs, nodes, asked, file=self.file, lines=self.lines)

    def _own(self, attribute: Any, weight: Any) -> Nodes:
        keys = list(dict.fromkeys(key for data in self.node.values() for key in data))
        if attribute is None:
            usual = [key for key in keys if key.lower() in VALUE_COLUMNS]
            usual = ["attribute"] if "attribute" in usual else usual
            if len(usual) != 1:
                raise InstanceError(
                    f"which data of the nodes is the attribute? Say attribute=NAME (known: "
                    f"{', '.join(keys) or 'none'}; or attributes=FILE, attributes=none)",
                    file=self.file,
                )
            attribute = usual[0]
        if weight is None and "weight" in keys:
            weight = "weight"
        for option, key in (("attribute", attribute), ("weight", weight)):
            if key is not None and key not in keys:
                raise InstanceError(
                    f"no node has {key!r} (known: {', '.join(keys) or 'none'})",
                    file=self.file,
                    field=f"option {option}",
                )
        given, heavy = [], []
        for name, data in self.node.items():
            if not data.get(attribute, "").strip():
                raise InstanceError(
                    f"node {name!r} has no {attribute!r}",
                    file=self.file,
                    line=self.line[name],
                    field="attribute",
                )
            given.append(data[attribute].strip())
            if weight is not None:
                heavy.append(_weight(data.get(weight, ""), self.file, self.line[name]))
        weights = np.array(heavy, dtype=np.int64) if weight is not None else None
        return Nodes(list(self.node), given, weights, self.file)


# ---- GraphML -------------------------------------------------------------------------------------


def sniff_graphml(head: bytes, name: str) -> bool:
    """The root element."""
    return re.search(rb"<(\w+:)?graphml[\s>]", head) is not None


@reader
def read_graphml(raw: bytes, file: str, asked: Asked, source: Source) -> FairClique:
    """GraphML: node ids are the names; ``attribute`` (and ``weight``) name a node's data.

    Directions are passed over. Data ``k``, ``delta``, ``values`` and ``anchor`` of the graph give
    what no option says. Nested graphs, hyperedges and document types are refused.
    """
    found = _GraphML(file).parse(raw)
    return found.instance(source, asked)


class _GraphML:
    def __init__(self, file: str):
        self.file = file
        self.read = _Read(file)
        self.keys: dict[str, tuple[str, str]] = {}  # id → (for, name)
        self.defaults: dict[str, str] = {}
        self.path: list[str] = []
        self.at: str | None = None  # node whose data come
        self.key: str | None = None
        self.text = ""
        self.graphs = 0

    def parse(self, raw: bytes) -> _Read:
        parser = expat.ParserCreate()
        self.parser: Any = parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.StartDoctypeDeclHandler = lambda *_: self._refuse("a document type is not read")
        try:
            parser.Parse(raw, True)
        except expat.ExpatError as error:
            raise InstanceError(
                f"not XML: {expat.ErrorString(error.code)}", file=self.file, line=error.lineno
            ) from None
        except LookupError as error:
            raise InstanceError(f"not XML: {error}", file=self.file, line=1) from None
        finally:
            self.parser = None
        if not self.graphs:
            raise InstanceError("holds no <graph>", file=self.file)
        for key, text in self.defaults.items():
            kind, name = self.keys[key]
            if kind in ("node", "all"):
                for data in self.read.node.values():
                    data.setdefault(name, text)
        return self.read

    def _refuse(self, what: str) -> None:
        line = self.parser.CurrentLineNumber if self.parser else None
        raise InstanceError(what, file=self.file, line=line)

    def _start(self, tag: str, given: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        line = self.parser.CurrentLineNumber
        parent = self.path[-1] if self.path else None
        self.path.append(tag)
        self.text = ""
        if tag == "graph":
            self.graphs += 1
            if self.graphs > 1:
                self._refuse("holds several or nested graphs, expected one")
        elif tag == "key":
            if "id" not in given:
                self._refuse("<key> has no id")
            name = given.get("attr.name", given["id"])
            self.keys[given["id"]] = (given.get("for", "all"), name)
            self.key = given["id"]
        elif tag == "node":
            if "id" not in given:
                self._refuse("<node> has no id")
            self.read.add(given["id"], line)
            self.at = given["id"]
        elif tag == "edge":
            for end in ("source", "target"):
                if end not in given:
                    self._refuse(f"<edge> has no {end}")
            self.read.pairs.append((given["source"], given["target"]))
            self.read.lines.append(line)
        elif tag == "hyperedge":
            self._refuse("hyperedges are no edges of a graph")
        elif tag == "data":
            self.key = given.get("key")
            if self.key not in self.keys and parent in ("node", "edge", "graph"):
                self._refuse(f"<data> has the key {self.key!r}, which no <key> declares")

    def _data(self, text: str) -> None:
        self.text += text

    def _end(self, tag: str) -> None:
        tag = self.path.pop()
        parent = self.path[-1] if self.path else None
        if tag == "default" and self.key is not None:
            self.defaults[self.key] = self.text
        elif tag == "data" and self.key is not None:
            name = self.keys.get(self.key, ("", self.key))[1]
            if parent == "node" and self.at is not None:
                self.read.node[self.at][name] = self.text
            elif parent == "graph" and name in _SAID:
                self.read.said[name] = self.text
        elif tag == "node":
            self.at = None


def write_graphml(instance: FairClique) -> str:
    """GraphML with the attribute (and weight) of every node, and k, delta, values of the graph."""
    heads = [("attribute", "node", "string")]
    if instance.weight is not None:
        heads.append(("weight", "node", "long"))
    heads += [(name, "graph", "string") for name in _SAID]
    delta = "inf" if instance.delta == math.inf else str(instance.delta)
    said = {"k": str(instance.k), "delta": delta, "values": ",".join(instance.values)}
    if any("," in value for value in instance.values):
        raise InstanceError("a value has a comma in it: write JSON", field="values")
    anchors = [str(instance.label(int(v))) for v in instance.index(list(instance.anchor))]
    if anchors:
        if any("," in word or word != word.strip() for word in anchors):
            raise InstanceError("an anchor's name has a comma or blanks: write JSON")
        said["anchor"] = ",".join(anchors)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">')
    for name, kind, form in heads:
        lines.append(f'  <key id="{name}" for="{kind}" attr.name="{name}" attr.type="{form}"/>')
    lines.append('  <graph edgedefault="undirected">')
    lines += [f'    <data key="{name}">{escape(text)}</data>' for name, text in said.items()]
    names = [quoteattr(str(instance.label(v))) for v in range(instance.vertices)]
    for v, a in enumerate(instance.attribute.tolist()):
        heavy = ""
        if instance.weight is not None:
            heavy = f'<data key="weight">{instance.weight[v]}</data>'
        value = escape(instance.values[a])
        lines.append(f'    <node id={names[v]}><data key="attribute">{value}</data>{heavy}</node>')
    for u, v in instance.edge_list().tolist():
        lines.append(f"    <edge source={names[u]} target={names[v]}/>")
    return "\n".join([*lines, "  </graph>", "</graphml>", ""])


# ---- GML -----------------------------------------------------------------------------------------

_TOKEN = re.compile(r'\s*(?:(#[^\n]*)|"([^"]*)"|([\[\]])|([^\s\[\]"]+)|(\S))')


def sniff_gml(head: bytes, name: str) -> bool:
    """``graph [`` at the beginning of a line."""
    return re.search(rb"(?m)^\s*graph\s*\[", head) is not None


@reader
def read_gml(raw: bytes, file: str, asked: Asked, source: Source) -> FairClique:
    """GML: a node's label is its name, its id where it has none.

    ``attribute`` (and ``weight``) name a key of the nodes; keys ``k``, ``delta`` and ``values`` of
    the graph give what no option says.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")  # the standard is ASCII; programs write what they like
    found = _gml(text, file)
    return found.instance(source, asked)


def _tokens(text: str, file: str) -> Iterator[tuple[str, str, int]]:
    line, at = 1, 0
    while match := _TOKEN.match(text, at):
        begin = next(match.start(i) for i in range(1, 6) if match.group(i) is not None)
        line += text.count("\n", at, begin)
        comment, quoted, bracket, word, strange = match.groups()
        if strange is not None:
            raise InstanceError("a quote is not closed", file=file, line=line)
        if quoted is not None:
            yield "text", html.unescape(quoted), line
        elif comment is None:
            yield ("bracket", bracket, line) if bracket else ("word", word, line)
        line += text.count("\n", begin, match.end())
        at = match.end()


def _gml(text: str, file: str) -> _Read:
    read = _Read(file)
    ids: dict[str, str] = {}
    edges: list[tuple[dict[str, str], int]] = []
    path: list[str] = []
    opened: list[int] = []
    data: dict[str, str] = {}
    key = None
    graphs = 0
    for kind, token, line in _tokens(text, file):
        if kind == "bracket" and token == "[":
            if key is None:
                raise InstanceError("'[' without a key", file=file, line=line)
            graphs += key == "graph"
            if graphs > 1:
                raise InstanceError("holds several graphs, expected one", file=file, line=line)
            if path == ["graph"] and key in ("node", "edge"):
                data = {}
            path.append(key)
            opened.append(line)
            key = None
        elif kind == "bracket":
            if key is not None or not path:
                raise InstanceError("']' where a value was expected", file=file, line=line)
            begun, closed = opened.pop(), path.pop()
            if path == ["graph"] and closed == "node":
                if "id" not in data:
                    raise InstanceError("a node has no id", file=file, line=begun)
                if data["id"] in ids:
                    raise InstanceError(f"id {data['id']} is given twice", file=file, line=begun)
                name = data.get("label") or data["id"]
                read.add(name, begun)
                ids[data["id"]] = name
                read.node[name] = {n: v for n, v in data.items() if n not in ("id", "label")}
            elif path == ["graph"] and closed == "edge":
                edges.append((data, begun))
        elif key is None:
            if kind == "text":
                raise InstanceError(
                    f"{token[:40]!r} where a key was expected", file=file, line=line
                )
            key = token
        else:
            if path in (["graph", "node"], ["graph", "edge"]):
                data[key] = token
            elif path == ["graph"] and key in _SAID:
                read.said[key] = token
            key = None
    if path:
        raise InstanceError(f"'{path[-1]} [' is not closed", file=file, line=opened[-1])
    if not graphs:
        raise InstanceError("holds no graph", file=file)
    for found, line in edges:
        for end in ("source", "target"):
            if end not in found:
                raise InstanceError(f"an edge has no {end}", file=file, line=line)
            if found[end] not in ids:
                raise InstanceError(f"node {found[end]} is unknown", file=file, line=line)
        read.pairs.append((ids[found["source"]], ids[found["target"]]))
        read.lines.append(line)
    return read
