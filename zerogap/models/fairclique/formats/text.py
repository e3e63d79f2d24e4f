"""Fast, strict reading of columns of integers from text."""

from __future__ import annotations

import os
import re

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.fairclique.instance import MAX_ID

_CHUNK = 1 << 24
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


def _chunk(chunk: bytes, columns: int, file: str, line: int) -> np.ndarray:
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


def words(raw: bytes, columns: int, *, file: str) -> list[tuple[int, list[str]]]:
    """Lines of `columns` words with their numbers; empty lines and # % comments are skipped."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InstanceError("is not UTF-8 text", file=file, line=line) from None
    result = []
    for number, content in enumerate(text.split("\n"), start=1):
        found = content.split()
        if not found or found[0][0] in "#%":
            continue
        if len(found) != columns:
            raise InstanceError(f"{len(found)} words, expected {columns}", file=file, line=number)
        result.append((number, found))
    return result
