"""Files of rules and of true graphs, beside an instance."""

from __future__ import annotations

import csv
import math
import re
from typing import Any

import numpy as np

from zerogap.models import base
from zerogap.models.base import InstanceError
from zerogap.models.told import plainly


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def told(rules: str | None, truth: str | None, names: tuple[str, ...]) -> dict[str, Any]:
    """Fields from the files of rules and of the true graph."""
    fields: dict[str, Any] = {}
    if rules:
        fields |= read_rules(rules, names)
    if truth:
        fields["truth"] = read_truth(truth, names)
    return fields


def variable_of(name: Any, index: dict[str, int], field: str) -> int:
    if name not in index:
        raise InstanceError(f"{name!r} is no variable of the data", field=field)
    return index[name]


def pairs_of(edges: Any, index: dict[str, int], field: str) -> np.ndarray:
    if not isinstance(edges, list):
        raise InstanceError("expected a list of [from, to]", field=field)
    out = []
    for edge in edges:
        if not isinstance(edge, list) or len(edge) != 2:
            raise InstanceError(f"{edge!r} is no pair [from, to]", field=field)
        out.append([variable_of(v, index, field) for v in edge])
    return np.array(out or np.empty((0, 2)), dtype=np.int32)


def _load(path: str) -> str:
    from zerogap.models import files

    raw, file = files.load(path)
    return files.text_of(raw, file)


def read_rules(path: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Rules from a JSON file, or from a knowledge file of Tetrad.

    ``{"required": [[from, to], …], "forbidden": […], "tiers": [[names of the first tier], …]}``,
    or ``"order": [names]`` in place of tiers for a known order of all variables. A variable may be
    in no tier: then its edges are free.
    """
    text = _load(path)
    index = {name: j for j, name in enumerate(names)}
    if text.lstrip().startswith("/knowledge"):
        data: Any = _knowledge(text, path)
    else:
        data = base.parse_json(text, file=path)
    unknown = set(data) - {"required", "forbidden", "tiers", "order"}
    if unknown:
        raise InstanceError(f"unknown key {sorted(unknown)[0]!r}", file=path)
    fields: dict[str, Any] = {}
    try:
        for key in ("required", "forbidden"):
            if key in data:
                fields[key] = pairs_of(data[key], index, key)
        groups = data.get("tiers")
        if "order" in data:
            if groups is not None:
                raise InstanceError("stands beside tiers, expected one of the two", field="order")
            groups = [[name] for name in data["order"]]
            for name in names:
                if name not in data["order"]:
                    raise InstanceError(f"lacks {name!r}", field="order")
        if groups is not None:
            fields["tiers"] = _tiers(groups, index)
    except InstanceError as error:
        error.file = path
        raise
    except TypeError as error:
        raise InstanceError(f"malformed: {plainly(error)}", file=path) from None
    return fields


def _tiers(groups: list, index: dict[str, int]) -> np.ndarray:
    tiers = np.full(len(index), -1, dtype=np.int32)
    for t, group in enumerate(groups):
        for name in group:
            j = variable_of(name, index, "tiers")
            if tiers[j] >= 0:
                raise InstanceError(f"{name!r} stands twice", field="tiers")
            tiers[j] = t
    return tiers


def _knowledge(text: str, path: str) -> dict[str, Any]:
    """Background knowledge as Tetrad writes it: temporal tiers, forbidden and required edges."""
    data: dict[str, Any] = {"required": [], "forbidden": []}
    tiers: list[list[str]] = []
    part = ""
    for k, line in enumerate(text.splitlines()):
        words = line.split()
        if not words or words[0] == "/knowledge":
            continue
        if words[0] in ("addtemporal", "forbiddirect", "requiredirect"):
            part = words[0]
        elif part == "addtemporal" and words[0].isdigit():
            tiers.append(words[1:])
        elif part in ("forbiddirect", "requiredirect") and len(words) == 2:
            data["required" if part == "requiredirect" else "forbidden"].append(words)
        else:
            raise InstanceError(
                f"is {line.strip()!r}, expected a tier, an edge or the name of a section "
                "(addtemporal, forbiddirect, requiredirect)",
                file=path, line=k + 1,
            )  # fmt: skip
    if any(tiers):
        data["tiers"] = tiers
    return data


_BNLEARN = re.compile(r"\[([^\[\]|]+)(?:\|([^\[\]]*))?\]")
_BIF = re.compile(r"probability\s*\(\s*([^|)\s]+)\s*(?:\|([^)]*))?\)")


def read_truth(path: str, names: tuple[str, ...]) -> np.ndarray:
    """A true graph as a weighted adjacency matrix.

    Accepts an adjacency matrix with names (row → column), an edge list ``from,to[,weight]``, a
    bnlearn model string ``[A][B|A][C|A:B]``, the structure of a BIF file and Tetrad's text format.
    """
    text = _load(path)
    index = {name: j for j, name in enumerate(names)}
    truth = np.zeros((len(names), len(names)))
    try:
        for i, j, w in _truth_edges(text, path, names):
            truth[variable_of(i, index, "truth"), variable_of(j, index, "truth")] = w
    except InstanceError as error:
        error.file = path
        raise
    return truth


def _truth_edges(text: str, path: str, names: tuple[str, ...]):
    stripped = text.lstrip()
    if stripped.startswith("[") and _BNLEARN.match(stripped):
        for child, parents in _BNLEARN.findall(stripped):
            for parent in filter(None, parents.split(":")):
                yield parent.strip(), child.strip(), 1.0
        return
    if stripped.startswith("Graph Nodes:"):
        yield from _tetrad(text, path)
        return
    if "probability" in text and "{" in text:
        for child, parents in _BIF.findall(text):
            for parent in filter(None, (p.strip() for p in parents.split(","))):
                yield parent, child, 1.0
        return
    rows = [[c.strip() for c in row] for row in csv.reader(text.splitlines()) if row]
    if not rows:
        raise InstanceError("is empty", file=path)
    head = rows[0]
    if set(head[1:]) <= set(names) and len(head) == len(names) + 1 and not head[0]:
        for row in rows[1:]:
            for name, cell in zip(head[1:], row[1:], strict=True):
                if _cell(cell, path) != 0:
                    yield row[0], name, _cell(cell, path)
        return
    if set(head) == set(names) and len(rows) == len(names) + 1:
        for source, row in zip(head, rows[1:]):
            for name, cell in zip(head, row):
                if _cell(cell, path) != 0:
                    yield source, name, _cell(cell, path)
        return
    known = set(names)
    for k, row in enumerate(rows):
        if k == 0 and not set(row[:2]) <= known and row[0].lower() in ("from", "source", "cause"):
            continue
        if len(row) not in (2, 3):
            raise InstanceError(f"has {len(row)} cells, expected from,to[,weight]", line=k + 1)
        yield row[0], row[1], _cell(row[2], path) if len(row) == 3 else 1.0


def _tetrad(text: str, path: str):
    """Edges of a graph as Tetrad writes it: ``1. a --> b``."""
    inside = False
    for k, line in enumerate(text.splitlines()):
        words = line.split()
        if line.startswith("Graph Edges"):
            inside = True
        elif inside and words and words[0].rstrip(".").isdigit():
            if len(words) < 4 or words[2] != "-->":
                raise InstanceError(f"is {line.strip()!r}, expected 1. a --> b", line=k + 1)
            yield words[1], words[3], 1.0
        elif inside and words:
            return


def _cell(text: str, path: str) -> float:
    value = _number(text)
    if value is None or not math.isfinite(value):
        raise InstanceError(f"{text!r} is no number", file=path)
    return value
