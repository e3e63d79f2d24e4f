"""Files: tables of observations, covariance matrices, rules and true graphs."""

from __future__ import annotations

import csv
import io
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models import base
from zerogap.models.base import Format, InstanceError
from zerogap.models.dag.instance import Dag

_DELIMITERS = ",;\t"
_MISSING = {"", "na", "nan", "null", "none", "?", "inf", "-inf", "+inf", "infinity", "-infinity"}


def _delimiter(line: str) -> str | None:
    found = max(_DELIMITERS, key=line.count)
    return found if found in line else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_cell(text: str) -> bool:
    text = text.strip().strip('"')
    return text.lower() in _MISSING or _number(text) is not None


def sniff_table(head: str, name: str) -> bool:
    """Two or more columns, numbers from the second line on."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if len(lines) < 2:
        return False
    delimiter = _delimiter(lines[0])
    if delimiter is None:
        return False
    width = lines[0].count(delimiter)
    cells = lines[1].split(delimiter)
    numbers = sum(_is_cell(cell) for cell in cells)
    return lines[1].count(delimiter) == width and numbers >= max(2, len(cells) - 1)


def _has_header(first: list[str], wanted: str, file: str) -> bool:
    """Whether the first line names the columns; asked for where both could be meant."""
    if wanted != "auto":
        return wanted == "yes"
    numbers = [_number(c) for c in first]
    if not all(_is_cell(c) for c in first) or all(v is None for v in numbers):
        return True
    if numbers == list(range(len(first))) and len(first) > 1:
        raise InstanceError(
            f"0 … {len(first) - 1} may be the names of the columns (as pandas writes them) or the "
            "first row: say which with header=yes or header=no",
            file=file,
            line=1,
        )
    return False


def parse_table(
    text: str, *, file: str, wanted: str = "auto"
) -> tuple[list[str] | None, np.ndarray]:
    """Names (None without a header) and numbers of a delimited table.

    A header whose first cell is empty says that the first column holds row names.

    Raises
    ------
    InstanceError
        With the line and the column of the first cell that is no number.
    """
    lines = text.splitlines()
    filled = [k for k, line in enumerate(lines) if line.strip()]
    if not filled:
        raise InstanceError("is empty", file=file)
    delimiter = _delimiter(lines[filled[0]]) or ","
    first = next(csv.reader([lines[filled[0]]], delimiter=delimiter))
    header = first if _has_header(first, wanted, file) else None
    if header is not None:
        header = [name.strip() for name in header]
        filled = filled[1:]
    labelled = header is not None and len(header) > 1 and not header[0]
    if labelled and header is not None:
        header = header[1:]
    width = len(header) if header is not None else len(first)
    names = header or [f"X{j + 1}" for j in range(width)]
    if not filled:
        raise InstanceError("holds no rows", file=file, line=1)
    table = np.empty((len(filled), width))
    for row, k in enumerate(filled):
        cells = lines[k].split(delimiter)
        if labelled:
            cells = cells[1:]
        if len(cells) != width:
            raise InstanceError(f"has {len(cells)} cells, expected {width}", file=file, line=k + 1)
        try:
            table[row] = cells
        except ValueError:
            _blame(cells, names, file, k + 1)
        if not np.isfinite(table[row]).all():
            _blame(cells, names, file, k + 1)
    return header, table


def _blame(cells: list[str], names: list[str], file: str, line: int) -> None:
    for cell, name in zip(cells, names):
        value = _number(cell.strip().strip('"'))
        if value is None or not math.isfinite(value):
            raise InstanceError(
                f"is {cell.strip()!r}, expected a number", file=file, line=line, field=name
            )
    raise InstanceError("quoted numbers are not supported", file=file, line=line)


def build(
    table: np.ndarray,
    names: list[str] | None,
    *,
    file: str,
    observations: int | None = None,
    center: bool = True,
    standardize: bool = False,
    ridge: float = 0.0,
    loss: str = "ls",
    penalty: str = "none",
    weight: float | None = None,
    max_parents: int | None = None,
    rules: str | None = None,
    truth: str | None = None,
) -> Dag:
    """An instance from a table: rows of data, or a covariance if `observations` is given."""
    fields: dict[str, Any] = {
        "loss": loss,
        "penalty": penalty,
        "weight": 0.0 if weight is None else weight,
        "max_parents": max_parents,
        "name": Path(file).stem if file and not file.startswith("<") else "",
    }
    if penalty in ("l1", "l0") and weight is None:
        raise InstanceError(f"penalty {penalty} needs weight=…", field="weight")
    d = table.shape[1] if table.ndim == 2 else 0
    from zerogap.models.dag.instance import check_names

    known = check_names(names or (), d)
    if rules:
        fields |= read_rules(rules, known)
    if truth:
        fields["truth"] = read_truth(truth, known)
    if observations is not None:
        return Dag.from_covariance(table, observations, names=known, ridge=ridge, **fields)
    return Dag.from_data(
        table, names=known, center=center, standardize=standardize, ridge=ridge, **fields
    )


def read_table(text: str, *, file: str, observations: int | None = None, center: bool = True,
               standardize: bool = False, ridge: float = 0.0, loss: str = "ls",
               penalty: str = "none", weight: float | None = None, max_parents: int | None = None,
               rules: str | None = None, truth: str | None = None,
               header: str = "auto") -> Dag:  # fmt: skip
    """A CSV or TSV file: names in the header, one observation a line."""
    names, table = parse_table(text, file=file, wanted=header)
    return build(table, names, file=file, observations=observations, center=center,
                 standardize=standardize, ridge=ridge, loss=loss, penalty=penalty, weight=weight,
                 max_parents=max_parents, rules=rules, truth=truth)  # fmt: skip


def write_table(instance: Dag) -> str:
    """The rows (or, without rows, the covariance) as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(instance.names)
    rows = instance.covariance if instance.data is None else instance.data
    writer.writerows([[repr(v) for v in row] for row in rows.tolist()])
    return out.getvalue()


def read_npy(raw: bytes, *, file: str, observations: int | None = None, center: bool = True,
             standardize: bool = False, ridge: float = 0.0, loss: str = "ls",
             penalty: str = "none", weight: float | None = None, max_parents: int | None = None,
             rules: str | None = None, truth: str | None = None) -> Dag:  # fmt: skip
    """A two-dimensional ``.npy`` array of numbers."""
    try:
        table = np.load(io.BytesIO(raw), allow_pickle=False)
    except MemoryError:
        raise
    except Exception as error:  # a damaged header comes out of numpy as almost anything
        reason = " ".join(str(error).split())
        raise InstanceError(f"no readable npy array: {reason}", file=file) from None
    if not isinstance(table, np.ndarray) or table.ndim != 2:
        raise InstanceError("expected a two-dimensional array", file=file)
    return build(table, None, file=file, observations=observations, center=center,
                 standardize=standardize, ridge=ridge, loss=loss, penalty=penalty, weight=weight,
                 max_parents=max_parents, rules=rules, truth=truth)  # fmt: skip


def write_npy(instance: Dag) -> bytes:
    """The rows (or, without rows, the covariance) as a ``.npy`` array."""
    out = io.BytesIO()
    np.save(out, instance.covariance if instance.data is None else instance.data)
    return out.getvalue()


# ---- JSON --------------------------------------------------------------------------------


def encode(instance: Dag) -> dict:
    """All fields of the instance."""
    named = instance.names

    def pairs(edges: np.ndarray) -> list:
        return [[named[i], named[j]] for i, j in edges.tolist()]

    data: dict[str, Any] = {
        "name": instance.name,
        "names": list(named),
        "observations": instance.observations,
        "loss": instance.loss,
        "penalty": instance.penalty,
        "weight": instance.weight,
        "max_parents": instance.max_parents,
        "ridge": instance.ridge,
        "required": pairs(instance.required),
        "forbidden": pairs(instance.forbidden),
        "tiers": None if instance.tiers is None else instance.tiers.tolist(),
        "covariance": instance.covariance.tolist(),
    }
    if instance.data is not None:
        data["data"] = instance.data.tolist()
    if instance.truth is not None:
        data["truth"] = instance.truth.tolist()
    return data


def decode_instance(data: dict, *, file: str) -> Dag:
    """The instance from JSON data."""
    names = tuple(data["names"])
    index = {name: j for j, name in enumerate(names)}
    return Dag(
        covariance=data["covariance"],
        observations=data["observations"],
        loss=data.get("loss", "ls"),
        penalty=data.get("penalty", "none"),
        weight=data.get("weight", 0.0),
        names=names,
        data=data.get("data"),
        required=_pairs(data.get("required", []), index, "required"),
        forbidden=_pairs(data.get("forbidden", []), index, "forbidden"),
        tiers=data.get("tiers"),
        max_parents=data.get("max_parents"),
        ridge=data.get("ridge", 0.0),
        truth=data.get("truth"),
        name=str(data.get("name", "")),
    )


# ---- rules and true graphs ---------------------------------------------------------------


def _variable(name: Any, index: dict[str, int], field: str) -> int:
    if name not in index:
        raise InstanceError(f"{name!r} is no variable of the data", field=field)
    return index[name]


def _pairs(edges: Any, index: dict[str, int], field: str) -> np.ndarray:
    if not isinstance(edges, list):
        raise InstanceError("expected a list of [from, to]", field=field)
    out = []
    for edge in edges:
        if not isinstance(edge, list) or len(edge) != 2:
            raise InstanceError(f"{edge!r} is no pair [from, to]", field=field)
        out.append([_variable(v, index, field) for v in edge])
    return np.array(out or np.empty((0, 2)), dtype=np.int32)


def _load(path: str) -> str:
    from zerogap.models import files

    raw, file = files.load(path)
    return files.text_of(raw, file)


def read_rules(path: str, names: tuple[str, ...]) -> dict[str, Any]:
    """Rules from a JSON file.

    ``{"required": [[from, to], …], "forbidden": […], "tiers": [[names of the first tier], …]}``,
    or ``"order": [names]`` in place of tiers for a known order. Variables in no tier are refused.
    """
    data = base.parse_json(_load(path), file=path)
    index = {name: j for j, name in enumerate(names)}
    unknown = set(data) - {"required", "forbidden", "tiers", "order"}
    if unknown:
        raise InstanceError(f"unknown key {sorted(unknown)[0]!r}", file=path)
    fields: dict[str, Any] = {}
    try:
        for key in ("required", "forbidden"):
            if key in data:
                fields[key] = _pairs(data[key], index, key)
        groups = data.get("tiers")
        if "order" in data:
            if groups is not None:
                raise InstanceError("stands beside tiers, expected one of the two", field="order")
            groups = [[name] for name in data["order"]]
        if groups is not None:
            fields["tiers"] = _tiers(groups, index)
    except InstanceError as error:
        error.file = path
        raise
    except TypeError as error:
        raise InstanceError(f"malformed: {error}", file=path) from None
    return fields


def _tiers(groups: list, index: dict[str, int]) -> np.ndarray:
    tiers = np.full(len(index), -1, dtype=np.int32)
    for t, group in enumerate(groups):
        for name in group:
            j = _variable(name, index, "tiers")
            if tiers[j] >= 0:
                raise InstanceError(f"{name!r} stands twice", field="tiers")
            tiers[j] = t
    for name, j in index.items():
        if tiers[j] < 0:
            raise InstanceError(f"{name!r} is in no tier", field="tiers")
    return tiers


_BNLEARN = re.compile(r"\[([^\[\]|]+)(?:\|([^\[\]]*))?\]")
_BIF = re.compile(r"probability\s*\(\s*([^|)\s]+)\s*(?:\|([^)]*))?\)")


def read_truth(path: str, names: tuple[str, ...]) -> np.ndarray:
    """A true graph as a weighted adjacency matrix.

    Accepts an adjacency matrix with names (row → column), an edge list ``from,to[,weight]``, a
    bnlearn model string ``[A][B|A][C|A:B]`` and the structure of a BIF file.
    """
    text = _load(path)
    index = {name: j for j, name in enumerate(names)}
    truth = np.zeros((len(names), len(names)))
    try:
        for i, j, w in _truth_edges(text, path, names):
            truth[_variable(i, index, "truth"), _variable(j, index, "truth")] = w
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


def _cell(text: str, path: str) -> float:
    value = _number(text)
    if value is None or not math.isfinite(value):
        raise InstanceError(f"{text!r} is no number", file=path)
    return value


JSON = base.json_format("dag", encode, decode_instance)
FORMATS = (
    JSON,
    Format(
        "npy",
        (".npy",),
        lambda head, name: head[:6] == b"\x93NUMPY",
        read_npy,
        write_npy,
        True,
        True,
    ),
    Format("csv", (".csv", ".tsv", ".txt"), sniff_table, read_table, write_table, shape=True),
)
