"""Tables as they are found: delimiters, headers, row names, numbers or categories."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.dag.categorical import MOST_VALUES, _rank

#: How the first line of a table is read, and what becomes of rows that lack a value.
HEADERS = ("auto", "yes", "no")
MISSING = ("refuse", "drop")
_DELIMITERS = "\t;,"
_GONE = {"", "na", "nan", "null", "n/a", "<na>", "?"}
_NO_NUMBER = _GONE | {"none", "inf", "-inf", "+inf", "infinity", "-infinity"}
#: Different numbers that a column beside categories may have to be read as categories unasked.
_FEW = 20
#: Different numbers with fractions that a column may have to be categories at all.
_MEASURED = 50
_CHUNK = 65536


@dataclass
class Table:
    """What a file holds: numbers, or codes with their levels; and how it was understood."""

    names: list[str] | None
    reading: str
    numbers: np.ndarray | None = None
    codes: np.ndarray | None = None
    levels: tuple[tuple[str, ...], ...] = ()


def delimiter_of(lines: list[str]) -> str | None:
    """The delimiter that stands equally often in the first lines; commas last (1,5;2,5)."""
    counts = {mark: [line.count(mark) for line in lines[:20]] for mark in _DELIMITERS}
    for mark, found in counts.items():
        # A line of names may lack the one above the row names.
        if (
            min(found)
            and len(set(found[1:] or found)) == 1
            and found[0] in (found[-1], found[-1] - 1)
        ):
            return mark
    most = max(_DELIMITERS, key=lambda mark: counts[mark][0])
    return most if counts[most][0] else None


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _is_cell(text: str) -> bool:
    text = text.strip().strip('"')
    return text.lower() in _NO_NUMBER or _number(text) is not None


def sniff_table(head: str, name: str) -> bool:
    """Two or more columns, numbers from the second line on."""
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    if len(lines) < 2:
        return False
    delimiter = delimiter_of(lines)
    if delimiter is None:
        return False
    width = lines[0].count(delimiter)
    cells = lines[1].split(delimiter)
    numbers = sum(_is_cell(cell.replace(",", ".")) for cell in cells)
    short = lines[1].count(delimiter) - width
    return short in (0, 1) and numbers >= max(2, len(cells) - 1)


def sniff_categories(head: str, name: str) -> bool:
    """Three or more equally wide lines under a line of different names, in a file named a table."""
    bare = name.removesuffix(".gz")
    if not bare.endswith((".csv", ".tsv")) and bare not in ("", "<stdin>"):
        return False
    lines = [line for line in head.splitlines()[:20] if line.strip()]
    delimiter = delimiter_of(lines) if len(lines) > 2 else None
    if delimiter is None:
        return False
    rows = list(csv.reader(lines, delimiter=delimiter))
    names = [c.strip() for c in rows[0]]
    cells = [c.strip() for r in rows[1:] for c in r]
    # Most lines, most cells: what is wrong with the others the reader says with the line.
    return (
        2 * sum(len(r) == len(names) for r in rows) > len(rows)
        and len(set(names)) == len(names)
        and all(_number(c) is None for c in names[1:])
        and 2 * sum(0 < len(c) <= 64 for c in cells) >= len(cells)
    )


class _Rows:
    """The rows of a table with their line numbers, split at the delimiter."""

    def __init__(self, text: str, file: str):
        self.file = file
        lines = text.splitlines()
        self.lines = [k for k, line in enumerate(lines) if line.strip()]
        if not self.lines:
            raise InstanceError("is empty", file=file)
        self.text = [lines[k] for k in self.lines]
        self.mark = delimiter_of(self.text) or ","
        self.quoted = '"' in text
        self.first = self.split(self.text[0])
        self.second = self.split(self.text[1]) if len(self.text) > 1 else []

    def split(self, line: str) -> list[str]:
        """Cells of one line."""
        if self.quoted:
            return next(csv.reader([line], delimiter=self.mark))
        return line.split(self.mark)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """(line number, cells) of every row."""
        for k, line in zip(self.lines, self.text):
            yield k + 1, self.split(line)


def _has_header(rows: _Rows, wanted: str) -> tuple[bool, str]:
    """Whether the first line names the columns, and what to say where it might not."""
    if wanted != "auto":
        return wanted == "yes", ""
    first = [c.strip() for c in rows.first]
    numbers = [_number(c) for c in first]
    if len(rows.second) == len(first) + 1:
        return True, ""
    if all(_is_cell(c) for c in first) and not all(v is None for v in numbers):
        if numbers != list(range(len(first))) or len(first) < 2:
            return False, ""
        if _repeated(rows, first):
            return False, f"the first line 0 … {len(first) - 1} is data (header=yes: names)"
        return True, f"the first line 0 … {len(first) - 1} names the columns (header=no: data)"
    if any(not _is_cell(a) and _number(b) is not None for a, b in zip(first, rows.second)):
        return True, ""
    if len(set(first)) < len(first) or (not any(map(_is_cell, first)) and _repeated(rows, first)):
        return False, "the first line is data, its cells stand again below (header=yes: names)"
    return True, ""


def _repeated(rows: _Rows, first: list[str]) -> bool:
    """Whether every cell of the first line stands again in its column."""
    open_ = set(range(len(first)))
    for k, (_, cells) in enumerate(rows):
        if k and len(cells) == len(first):
            open_ -= {j for j in open_ if cells[j].strip() == first[j]}
        if not open_:
            return True
    return False


def parse_table(
    text: str, *, file: str, header: str = "auto", missing: str = "refuse", categories: bool = False
) -> Table:
    """A delimited table: numbers, or categories where they are wanted or where there is text.

    A header whose first cell is empty, or that is a cell short, says that the first column holds
    row names.

    Raises
    ------
    InstanceError
        With the line and the column of the first cell that does not fit.
    """
    rows = _Rows(text, file)
    named, reading = _has_header(rows, header)
    names = [c.strip() for c in rows.first] if named else None
    width = len(rows.second or rows.first)
    labelled = names is not None and len(names) > 1 and not names[0]
    if names is not None and len(names) == width - 1:
        names, labelled = ["", *names], True
    if names is not None:
        width = len(names)
        rows.lines, rows.text = rows.lines[1:], rows.text[1:]
    if labelled and names is not None:
        names = names[1:]
    if not rows.text:
        raise InstanceError("holds no rows", file=file, line=1)
    shown = names or [f"X{j + 1}" for j in range(width)]
    body = _Body(rows, shown, width, labelled)
    if not categories and missing == "refuse":
        numbers = body.numbers()
        if numbers is not None:
            return Table(names, reading, numbers)
    codes, lines, keys = body.columns()
    return _typed(codes, lines, keys, Table(names, reading), shown, file, missing, categories)


class _Body:
    """The rows under the header, as numbers or as columns of different texts."""

    def __init__(self, rows: _Rows, names: list[str], width: int, labelled: bool):
        self.rows, self.names, self.width, self.labelled = rows, names, width, labelled
        # 1,5;2,5: decimal commas, where points stand nowhere.
        sample = "".join(rows.text[:100])
        self.commas = rows.mark != "," and "," in sample and "." not in sample

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for line, cells in self.rows:
            if len(cells) != self.width:
                raise InstanceError(
                    f"has {len(cells)} cells, expected {self.width}", file=self.rows.file, line=line
                )
            if self.labelled:
                cells = cells[1:]
            yield line, [c.replace(",", ".") for c in cells] if self.commas else cells

    def numbers(self) -> np.ndarray | None:
        """The table if all cells are finite numbers; None if some cell is text."""
        table = np.empty((len(self.rows.text), len(self.names)))
        bad: InstanceError | None = None
        for row, (line, cells) in enumerate(self):
            try:
                table[row] = cells
                fits = bool(np.isfinite(table[row]).all())
            except ValueError:
                fits = False
            if not fits:
                for cell, name in zip(cells, self.names):
                    value = _number(cell.strip())
                    if value is not None and math.isfinite(value):
                        continue
                    if value is None and cell.strip().lower() not in _NO_NUMBER:
                        return None
                    bad = bad or InstanceError(
                        f"is {cell.strip()!r}, expected a number",
                        file=self.rows.file, line=line, field=name,
                    )  # fmt: skip
        if bad is not None:
            raise bad
        return table

    def columns(self) -> tuple[np.ndarray, np.ndarray, list[list[str]]]:
        """Codes (rows, columns), line of every row, different texts of every column."""

        class Index(dict):
            def __missing__(self, text: str) -> int:
                self[text] = len(self)
                return len(self) - 1

        index = [Index() for _ in self.names]
        codes = np.empty((len(self.rows.text), len(self.names)), dtype=np.int32)
        lines = np.empty(len(codes), dtype=np.int64)
        chunk: list[list[str]] = []
        done = 0

        def put() -> None:
            nonlocal done
            for j, known in enumerate(index):
                column = [cells[j] for cells in chunk]
                codes[done : done + len(chunk), j] = list(map(known.__getitem__, column))
            done += len(chunk)
            chunk.clear()

        for row, (line, cells) in enumerate(self):
            lines[row] = line
            chunk.append(cells)
            if len(chunk) == _CHUNK:
                put()
        put()
        return codes, lines, [list(known) for known in index]


def _typed(
    codes: np.ndarray,
    lines: np.ndarray,
    keys: list[list[str]],
    table: Table,
    names: list[str],
    file: str,
    missing: str,
    categories: bool,
) -> Table:
    """Decide over all rows what every column is; drop or refuse rows that lack a value."""
    stripped = [[text.strip() for text in column] for column in keys]
    codes, lines, table.reading = _without_missing(
        codes, lines, stripped, names, file, missing, table.reading
    )
    number = [[_number(t) for t in column] for column in stripped]
    texts = [any(v is None for v in column) for column in number]
    if not categories and not any(texts):
        table.numbers = np.column_stack(
            [np.array(column, dtype=np.float64)[codes[:, j]] for j, column in enumerate(number)]
        )
        return table
    levels, columns = [], []
    present_in = [np.unique(codes[:, j]) for j in range(len(names))]

    def where(j: int, k: int) -> int:
        return int(lines[np.flatnonzero(codes[:, j] == present_in[j][k])[0]])

    for judge in (_one_kind, _few):
        for j, name in enumerate(names):
            column = [stripped[j][k] for k in present_in[j]]
            judge(column, categories, partial(where, j), name, file, len(codes))
    for j, present in enumerate(present_in):
        column = [stripped[j][k] for k in present]
        values = [_rank(t) for t in column]
        same = [v[1] if v[0] == 0 else v[2] for v in values]  # 1 and 1.0 are one category
        order = sorted(dict(zip(same, values)).items(), key=lambda item: item[1])
        place = {key: k for k, (key, _) in enumerate(order)}
        code = np.full(len(stripped[j]), -1, dtype=np.int64)
        code[present] = [place[key] for key in same]
        columns.append(code[codes[:, j]].astype(np.uint16))
        levels.append(tuple(v[2] for _, v in order))
    table.codes, table.levels = np.column_stack(columns), tuple(levels)
    if not categories:
        said = "cells are categories, score bdeu (score=… names another)"
        table.reading = "; ".join(filter(None, [table.reading, said]))
    return table


def _without_missing(codes, lines, keys, names, file, missing, reading):
    """Rows without missing values; refused by name unless they are to be dropped."""
    bad = np.zeros(len(codes), dtype=bool)
    for j, (name, column) in enumerate(zip(names, keys)):
        gone = np.array([text.lower() in _GONE for text in column], dtype=bool)
        hit = gone[codes[:, j]]
        if hit.any() and missing == "refuse":
            row = int(np.flatnonzero(hit)[0])
            text = column[codes[row, j]]
            raise InstanceError(
                f"is {text!r}, a missing value (missing=drop leaves out such rows)",
                file=file, line=int(lines[row]), field=name,
            )  # fmt: skip
        bad |= hit
    if bad.any():
        if bad.all():
            raise InstanceError("lacks a value in every row", file=file)
        said = f"{int(bad.sum())} of {len(bad)} rows lack a value and are left out"
        reading = "; ".join(filter(None, [reading, said]))
    return codes[~bad], lines[~bad], reading


_TEXT_NUMBER = re.compile(r"[<>=≤≥~]*\s*\d")


def _one_kind(column: list[str], categories: bool, where, name: str, file: str, n: int) -> None:
    """Refuse text among numbers, but not 3+, <20 or 10-19 where categories are wanted."""
    texts = [k for k, t in enumerate(column) if _number(t) is None]
    if not texts or len(texts) == len(column):
        return
    odd = [k for k in texts if not (categories and _TEXT_NUMBER.match(column[k]))]
    if odd:
        k = min(odd, key=where)
        other = next(t for t in column if _number(t) is not None)
        raise InstanceError(
            f"is {column[k]!r}, expected a number as in other rows (such as {other})",
            file=file, line=where(k), field=name,
        )  # fmt: skip


def _few(column: list[str], categories: bool, where, name: str, file: str, n: int) -> None:
    """Refuse columns that are no categories, with the line of a value that shows it."""
    numbers = [_number(t) for t in column]
    fractions = [k for k, v in enumerate(numbers) if v is not None and v != math.floor(v)]
    if all(v is not None for v in numbers) and not categories and (fractions or len(column) > _FEW):
        k = fractions[0] if fractions else 0
        raise InstanceError(
            f"is {column[k]}, a number in a table with categories: make classes of it, leave it "
            "out, or give score=bdeu if its values are categories",
            file=file, line=where(k), field=name,
        )  # fmt: skip
    hint = "; for numbers: loss=gauss penalty=bic" if fractions else ""
    if fractions and len(column) > _MEASURED and all(v is not None for v in numbers):
        raise InstanceError(
            f"has {len(column)} different numbers such as {column[fractions[0]]}, which are no "
            f"categories: make classes of it{hint}",
            file=file, line=where(fractions[0]), field=name,
        )  # fmt: skip
    if len(column) < 2:
        raise InstanceError(
            f"has one value ({column[0]!r}), expected two or more",
            file=file,
            line=where(0),
            field=name,
        )
    if len(column) > MOST_VALUES or len(column) >= n:
        limit = "fewer than rows" if len(column) >= n else f"at most {MOST_VALUES}"
        raise InstanceError(
            f"has {len(column)} categories in {n} rows, expected {limit}{hint}",
            file=file, line=where(0), field=name,
        )  # fmt: skip
