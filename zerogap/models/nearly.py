"""Files that are nearly of a format: which table they come closest to, and what is missing."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import NamedTuple

from zerogap.models import base
from zerogap.models.base import Family, Format
from zerogap.models.told import nearest

_DELIMITERS = (",", ";", "\t", "|")


class Nearest(NamedTuple):
    """A table that a file comes close to."""

    family: Family
    format: Format
    #: Columns that are missing, each with the cell of the header that may be meant ("" for none).
    missing: dict[str, str]
    #: Columns that are there.
    there: int

    @property
    def misspelt(self) -> bool:
        """Whether all columns are there or nearly, more than one of them by its right name."""
        return self.there > 1 and bool(self.missing) and all(self.missing.values())

    def __str__(self) -> str:
        need = ", ".join(self.format.columns)
        lacks = "; ".join(
            f"{name!r} is missing" + (f" ({cell!r} for it?)" if cell else "")
            for name, cell in self.missing.items()
        )
        return f"a table of {self.family.name} has the columns {need}: {lacks}"


def table(text: str | None, families: Iterable[str]) -> Nearest | None:
    """The table of `families` that the first line of a text comes closest to, None if none does."""
    cells = _header(text or "")
    if len(cells) < 2:
        return None
    best: tuple[float, Nearest] | None = None
    for name in families:
        known = base.family(name)
        for fmt in known.formats:
            if not fmt.columns:
                continue
            missing = _missing(cells, fmt)
            there = len(fmt.columns) - len(missing)
            close = sum(bool(cell) for cell in missing.values())
            score = (there + 0.8 * close) / len(fmt.columns)
            if score >= 0.5 and missing and (best is None or score > best[0]):
                best = score, Nearest(known, fmt, missing, there)
    return None if best is None else best[1]


def _header(text: str) -> list[str]:
    first = next((line for line in text.splitlines()[:20] if line.strip()), "")
    mark = max(_DELIMITERS, key=first.count)
    if mark not in first:
        return []
    return [cell.strip().strip('"') for cell in first.split(mark)]


def plainly(cell: str) -> str:
    """A cell of a header without case, blanks and underscores."""
    return re.sub(r"[\s_\-.]", "", cell).lower()


def _missing(cells: list[str], fmt: Format) -> dict[str, str]:
    by_word = {plainly(cell): cell for cell in cells}
    meant = {name: [plainly(word) for word in words] for name, words in fmt.columns.items()}
    taken = {word for words in meant.values() for word in words}
    free = [word for word in by_word if word not in taken]
    found = {}
    for name, words in meant.items():
        if any(word in by_word for word in words):
            continue
        close = [m for w in words for m in difflib.get_close_matches(w, free, 1, 0.72)]
        found[name] = by_word[close[0]] if close else ""
    return found


def family_of_json(text: str | None) -> str | None:
    """What JSON says its family is, in words that may be wrong, "" if nothing; None: no JSON."""
    if text is None or text.lstrip()[:1] not in ("{", "["):
        return None
    found = re.search(r'"family"\s*:\s*"([^"]*)"', text)
    return found[1] if found else ""


def json_hint(text: str | None, known: Iterable[str]) -> str:
    """What is to be done about a JSON object that no family recognises; empty for other texts."""
    stated = family_of_json(text)
    if stated is None:
        return ""
    if stated in base.names():
        return ""  # it is known, and its reader says what is wrong
    names = ", ".join(known)
    if stated == "":
        return f'is JSON that does not say its family: expected "family": one of {names}'
    return f"family: unknown family {stated!r}{nearest(stated, known)} (known: {names})"
