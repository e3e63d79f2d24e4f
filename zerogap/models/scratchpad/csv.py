"""Static allocation as CSV: the columns of MiniMalloc, in any order."""

from __future__ import annotations

import re
from typing import Any

from zerogap.models.base import InstanceError, nearest
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.formats import places
from zerogap.models.scratchpad.instance import Network

_MEANING = {"id": "id", "buffer": "id", "buffer_id": "id"}
_MEANING |= {"lower": "lower", "begin": "lower", "start": "lower", "upper": "upper", "end": "upper"}
_MEANING |= {name: name for name in ("size", "alignment", "gaps", "offset", "hint")}
#: The columns that a table must have, with the words that mean them.
COLUMNS = {
    name: tuple(word for word, meaning in _MEANING.items() if meaning == name)
    for name in ("lower", "upper", "size")
}
_GAP = re.compile(r"(-?\d+)-(-?\d+)(?:@(\d+):(\d+))?")


def sniff(head: str, name: str) -> bool:
    """Whether the first line names lifetimes and sizes."""
    columns = {c.strip() for c in head.split("\n", 1)[0].strip().lower().split(",")}
    meanings = {_MEANING.get(c) for c in columns}
    return {"lower", "upper", "size"} <= meanings


def read(
    text: str,
    *,
    file: str,
    capacity: int | str | None = None,
    alignment: int = 1,
    objective: str | None = None,
    offsets: str | None = None,
) -> Buffers:
    """Read ``id|buffer|buffer_id``, ``lower|begin|start``, ``upper`` or ``end``, ``size``.

    ``upper`` is the first time at which the buffer is gone, ``end`` the last at which it is there
    (of gaps too, then). Optional: ``alignment``, ``gaps`` (``lower-upper`` or
    ``lower-upper@from:to``, several by blanks), ``offset`` (fixed) and ``hint`` (wished for);
    `offsets` says that both are ``fix`` or ``hint``. The capacity is the number in the file's
    name (``A.1048576.csv``) unless given.
    """
    lines = text.splitlines()
    column, inclusive = _columns(lines[0] if lines else "", file)
    ids: dict[str, int] = {}
    fields: dict[str, list[Any]] = {name: [] for name in column if name != "id"}
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        cells = [c.strip() for c in line.split(",")]
        if len(cells) != len(column):
            message = f"has {len(cells)} values, expected {len(column)}"
            raise InstanceError(message, file=file, line=number)
        label = cells[column["id"]] if "id" in column else str(len(ids))
        if label in ids:
            message = f"id {label!r} is used twice (first in line {ids[label]})"
            raise InstanceError(message, file=file, line=number, field="id")
        ids[label] = number
        _read_row(cells, column, fields, inclusive, file, number)
    if not ids:
        raise InstanceError("there is no buffer", file=file, line=len(lines))
    if capacity is None:
        in_name = re.search(r"\.(\d+)\.csv$", file)
        capacity = int(in_name[1]) if in_name else None
    if isinstance(capacity, str):
        raise InstanceError("a factor needs operators", file=file, field="capacity")
    none = [-1] * len(ids)
    return Buffers(
        fields["lower"],
        fields["upper"],
        fields["size"],
        capacity,
        alignment,
        objective or "height",
        tuple(ids),
        re.split(r"[/\\]", file)[-1].removesuffix(".csv"),
        fields.get("alignment"),
        fields.get("gaps"),
        **places(fields.get("offset", none), fields.get("hint", none), offsets),
    )


def _columns(header: str, file: str) -> tuple[dict[str, int], bool]:
    """Where which column stands, and whether the ends of lifetimes are included."""
    column: dict[str, int] = {}
    names = [c.strip().lower() for c in header.split(",")]
    for k, name in enumerate(names):
        if name not in _MEANING:
            message = f"unknown column {name!r}{nearest(name, _MEANING)}"
            raise InstanceError(message, file=file, line=1)
        if _MEANING[name] in column:
            first = names[column[_MEANING[name]]]
            message = "a column is named twice" if first == name else "two columns mean the same"
            raise InstanceError(f"{message}: {first!r}, {name!r}", file=file, line=1)
        column[_MEANING[name]] = k
    for name in ("lower", "upper", "size"):
        if name not in column:
            raise InstanceError(f"column {name!r} is missing", file=file, line=1)
    return column, "end" in names


def _read_row(
    cells: list[str],
    column: dict[str, int],
    fields: dict[str, list[Any]],
    inclusive: bool,
    file: str,
    line: int,
) -> None:
    """Append the values of a row; what is wrong in it is named with its line."""
    for name, values in fields.items():
        cell = cells[column[name]]
        if name == "gaps":
            values.append(_gaps(cell, inclusive, file, line))
        elif not cell and name in ("alignment", "offset", "hint"):
            values.append(1 if name == "alignment" else -1)
        else:
            values.append(_whole(cell, file, line, name) + (inclusive and name == "upper"))
    lower, upper, size = (fields[name][-1] for name in ("lower", "upper", "size"))
    if upper <= lower:
        message = f"is {upper - inclusive}, the first is {lower}"
        raise InstanceError(message, file=file, line=line, field="end" if inclusive else "upper")
    if size < 0:
        raise InstanceError(f"is {size}, expected at least 0", file=file, line=line, field="size")


def _gaps(cell: str, inclusive: bool, file: str, line: int) -> list[list[int]]:
    gaps = []
    for word in cell.split():
        match = _GAP.fullmatch(word)
        if not match:
            message = f"{word!r} is no gap as 3-7 or 3-7@0:64"
            raise InstanceError(message, file=file, line=line, field="gaps")
        row = [_whole(x, file, line, "gaps") for x in match.groups() if x is not None]
        row[1] += inclusive
        gaps.append(row)
    return gaps


def _whole(text: str, file: str, line: int, name: str) -> int:
    try:
        value = int(text)
    except ValueError:
        message = f"{text!r} is no integer"
        raise InstanceError(message, file=file, line=line, field=name) from None
    if abs(value) > 2**61:
        raise InstanceError(f"{value} is too large", file=file, line=line, field=name)
    return value


def write(instance: Network | Buffers) -> str:
    """Buffers as MiniMalloc CSV; optional columns where they say something."""
    if not isinstance(instance, Buffers):
        raise InstanceError("a network has no fixed lifetimes; write it as JSON")
    for label in instance.ids:
        if set(label) & set(",\n\r") or label != label.strip():
            raise InstanceError(f"{label!r} cannot stand in a CSV; write JSON", field="ids")
    table: dict[str, list[Any]] = {"id": list(instance.ids)}
    for name in ("lower", "upper", "size"):
        table[name] = getattr(instance, name).tolist()
    if (instance.alignments != 1).any():
        table["alignment"] = instance.alignments.tolist()
    if instance.gapped:
        table["gaps"] = [" ".join(_gap_text(*gap) for gap in rows) for rows in instance.gaps]
    for name in ("offset", "hint"):
        values = getattr(instance, name)
        if (values >= 0).any():
            table[name] = ["" if v < 0 else v for v in values.tolist()]
    rows = zip(*table.values())
    return ",".join(table) + "\n" + "".join(",".join(map(str, row)) + "\n" for row in rows)


def _gap_text(lower: int, upper: int, low: int, high: int) -> str:
    return f"{lower}-{upper}" + (f"@{low}:{high}" if low < high else "")
