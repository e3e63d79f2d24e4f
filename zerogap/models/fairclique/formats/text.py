"""Reading of columns from text: integers fast, words and tables by the rules of their separator."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.instance import MAX_ID

# The arrays of a chunk fit into a cache.
_CHUNK = 1 << 17
_COMMENT = re.compile(rb"(?m)^[ \t]*[#%][^\n]*")
_DIGITS = 10
_SPACE = np.zeros(256, dtype=bool)
_SPACE[list(b" \t\r\n")] = True
#: Bytes of arrays that an edge needs while the rows are made, both directions.
BYTES_PER_LINE = 64


def available_memory() -> int | None:
    """Bytes the operating system can still give, None where it does not say."""
    try:
        with open("/proc/meminfo") as stream:
            for line in stream:
                if line.startswith("MemAvailable:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def claim_memory(lines: int, file: str | None = None) -> None:
    """Refuse a graph of so many edges if it would not fit, before anything is allocated."""
    need, have = lines * BYTES_PER_LINE, available_memory()
    if have is not None and need > have:
        raise InstanceError(
            f"about {need / 2**30:.1f} GiB are needed for {lines} edges, "
            f"{have / 2**30:.1f} GiB are available",
            file=file,
        )


def integers(raw: bytes, columns: int, *, file: str, line: int = 1) -> np.ndarray:
    """Lines of `columns` integers 0 … 2³¹ − 1 each; empty lines and # % comments are skipped.

    Parameters
    ----------
    raw : bytes
        The text.
    columns : int
        Integers a line.
    file : str
        Name for errors.
    line : int
        Number of the first line, for errors.

    Returns
    -------
    ndarray of int32, shape (lines, columns)

    Raises
    ------
    InstanceError
        Naming the first line that is different.
    """
    parts, at = [], 0
    while at < len(raw):
        end = len(raw)
        if end - at > _CHUNK:
            end = raw.find(b"\n", at + _CHUNK)
            end = len(raw) if end < 0 else end + 1
        chunk = raw[at:end]
        if b"#" in chunk or b"%" in chunk:
            # Only the characters go, so that the line numbers stay.
            chunk = _COMMENT.sub(b"", chunk)
        parts.append(_chunk(chunk, columns, file, line))
        line += chunk.count(b"\n")
        at = end
    return np.concatenate(parts) if parts else np.empty((0, columns), dtype=np.int32)


def _regular(chunk: bytes, columns: int) -> np.ndarray | None:
    """The integers where every line has the same separators, one byte each; None elsewhere.

    Without its digits such a text is the separators of one line again and again. Before each of
    them there is room for one number, and behind the last, a line's end, nothing: as many numbers
    as separators leave no place empty.
    """
    marks = chunk.translate(None, b"0123456789")
    if len(marks) == len(chunk) or chunk[-1] != 10:
        return None  # without digits numpy reads a zero from blanks alone
    for blank, end in ((b" ", b"\n"), (b"\t", b"\n"), (b" ", b"\r\n"), (b"\t", b"\r\n")):
        one = blank * (columns - 1) + end
        lines = len(marks) // len(one)
        if marks == one * lines:
            value = np.fromstring(chunk, dtype=np.int64, sep=" ")  # too large: 2⁶³ − 1
            if len(value) == columns * lines and (not lines or value.max() <= MAX_ID):
                return value.astype(np.int32).reshape(-1, columns)
    return None


def _chunk(chunk: bytes, columns: int, file: str, line: int) -> np.ndarray:
    plain = _regular(chunk, columns)
    if plain is not None:
        return plain
    text = np.frombuffer(chunk, dtype=np.uint8)
    digit = text - np.uint8(48)
    is_digit = digit < 10
    if not (is_digit | _SPACE[text]).all():
        _complain(chunk, columns, file, line)
    edge = np.flatnonzero(np.diff(is_digit.view(np.int8), prepend=0, append=0))
    start, length = edge[0::2], edge[1::2] - edge[0::2]
    breaks = np.flatnonzero(text == 10)
    if len(chunk) and chunk[-1] != 10:
        breaks = np.append(breaks, len(chunk))
    a_line = np.diff(np.searchsorted(start, breaks), prepend=0)
    if ((a_line != columns) & (a_line != 0)).any():
        _complain(chunk, columns, file, line)
    if len(length) and length.max() > _DIGITS:
        _complain(chunk, columns, file, line)
    value = np.zeros(len(start), dtype=np.int64)
    for j in range(int(length.max()) if len(length) else 0):
        inside = length > j
        if inside.all():
            value *= 10
            value += digit[start + j]
        else:
            value[inside] = value[inside] * 10 + digit[start[inside] + j]
    if len(value) and value.max() > MAX_ID:
        _complain(chunk, columns, file, line)
    return value.astype(np.int32).reshape(-1, columns)


def _complain(chunk: bytes, columns: int, file: str, line: int) -> None:
    """Find the line at fault with the slow, exact rules and say what is wrong."""
    for number, text in enumerate(chunk.split(b"\n"), start=line):
        words = text.split()
        if not words:
            continue
        if len(words) != columns:
            raise InstanceError(
                f"{len(words)} words, expected {columns} integers", file=file, line=number
            )
        for word in words:
            shown = word[:40].decode(errors="replace")
            if not word.isdigit():
                raise InstanceError(
                    f"{shown!r} is no integer >= 0", file=file, line=number, field="id"
                )
            if len(word) > _DIGITS or int(word) > MAX_ID:
                raise InstanceError(
                    f"{shown} is too large, expected at most {MAX_ID}",
                    file=file,
                    line=number,
                    field="id",
                )
    raise InstanceError("is not a list of integers", file=file, line=line)


#: Separators by the name that an option gives them.
SEPARATORS = {"blank": "", "comma": ",", "semicolon": ";", "tab": "\t"}
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s"]\S*)|(")')


def table(
    raw: bytes, *, file: str, separator: str | None = None, fields: int | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Lines of a table with their numbers; empty lines and # % comments are skipped.

    Parameters
    ----------
    raw : bytes
        UTF-8 text.
    file : str
        Name for errors.
    separator : str, optional
        One of `SEPARATORS`; else what the first line has: a comma, a semicolon, a tabulator, else
        blanks. Fields with the separator in them stand in double quotes.
    fields : int, optional
        Fields that every line must have; else those of the first line.

    Yields
    ------
    tuple of int and list of str
        Line from 1, fields without the blanks around them.

    Raises
    ------
    InstanceError
        Naming the line, what it has and what was expected.
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InstanceError("is not UTF-8 text", file=file, line=line) from None
    lines = text.split("\n")
    content = (line for line in lines if line.strip() and line.lstrip()[0] not in "#%")
    mark = SEPARATORS[separator] if separator else _separator(next(content, ""))
    rows = _separated(lines, mark, file) if mark else _blank(lines, file)
    for number, found in rows:
        if fields is None:
            fields = len(found)
        if len(found) != fields:
            raise InstanceError(
                f"{len(found)} fields, expected {fields}{_hint(mark)}", file=file, line=number
            )
        yield number, found


def _separator(line: str) -> str:
    bare = re.sub(r'"[^"]*"', "", line)
    return next((mark for mark in ",;\t" if mark in bare), "")


def _hint(mark: str) -> str:
    name = next(word for word, known in SEPARATORS.items() if known == mark)
    return f" separated by {name}s (quote what holds one)"


def _blank(lines: list[str], file: str) -> Iterator[tuple[int, list[str]]]:
    for number, line in enumerate(lines, start=1):
        if '"' in line:
            found = []
            for quoted, word, lost in _QUOTED.findall(line):
                if lost:
                    raise InstanceError("a quote is not closed", file=file, line=number)
                found.append(word or re.sub(r"\\(.)", r"\1", quoted))
        else:
            found = line.split()
        if found and found[0][:1] not in ("#", "%"):
            yield number, found


def _separated(lines: list[str], mark: str, file: str) -> Iterator[tuple[int, list[str]]]:
    # A comment becomes an empty line, so that the reader's line numbers stay.
    bare = ("" if line.lstrip()[:1] in ("#", "%") else line + "\n" for line in lines)
    reader = csv.reader(bare, delimiter=mark, strict=True, skipinitialspace=True)
    while True:
        line = reader.line_num + 1  # of the first line, where a field has several
        try:
            found = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise InstanceError(f"not a table: {error}", file=file, line=line) from None
        if any(found):
            yield line, [field.strip() for field in found]
