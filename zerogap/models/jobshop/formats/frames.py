"""What stands around the rows of numbers: comments, OR-Library's frames, Taillard's captions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from zerogap.models.base import InstanceError

_INSTANCE = re.compile(r"\s*instance\s+(\S+)\s*", re.IGNORECASE)
_CAPTION = re.compile(r"\s*(nb|number)\s+of\s+jobs\s*,", re.IGNORECASE)
_FRAME = re.compile(r"\s*\+{3,}\s*")
_NUMBER = re.compile(r"\s*[+-]?[0-9.]")
_SEPARATORS = str.maketrans(",;\t", "   ")


@dataclass
class Part:
    """One instance of a file: its name if it has one, and its lines with their numbers."""

    name: str = ""
    lines: list[tuple[int, str]] = field(default_factory=list)


def framed(text: str) -> bool:
    """Whether a file has OR-Library's frames."""
    head = text[:60_000].splitlines()
    return any(_INSTANCE.fullmatch(line) for line in head) and any(map(_FRAME.fullmatch, head))


def captioned(text: str) -> bool:
    """Whether a file has Taillard's captions."""
    return any(map(_CAPTION.match, text[:60_000].splitlines()[:200]))


def parts(text: str) -> list[Part]:
    """The instances of a file, one for files without frames and captions."""
    if framed(text):
        return _framed(text)
    if captioned(text):
        return _captioned(text)
    part = Part()
    for number, line in enumerate(text.splitlines(), 1):
        body = line.partition("#")[0].translate(_SEPARATORS)
        if body and not body.isspace():
            part.lines.append((number, body))
    return [part]


def _framed(text: str) -> list[Part]:
    """OR-Library: every instance behind its name, prose before its first line of numbers."""
    found: list[Part] = []
    for number, line in enumerate(text.splitlines(), 1):
        name = _INSTANCE.fullmatch(line)
        if name:
            found.append(Part(name[1]))
        elif not found or not line.strip() or _FRAME.fullmatch(line):
            continue
        elif found[-1].lines or _NUMBER.match(line):
            found[-1].lines.append((number, line.translate(_SEPARATORS)))
    return found


def _captioned(text: str) -> list[Part]:
    """Taillard's files: every instance behind the line that names the fields of its header."""
    found: list[Part] = []
    for number, line in enumerate(text.splitlines(), 1):
        if _CAPTION.match(line):
            found.append(Part())
        elif found and line.strip():
            found[-1].lines.append((number, line.translate(_SEPARATORS)))
        elif line.strip():
            raise InstanceError(
                "expected 'Nb of jobs, Nb of Machines, …' before any numbers", line=number
            )
    return found


def select(found: Sequence[Part], index: str | None, file: str) -> Part:
    """The instance that option `index` names, by its number from 0 or by its name.

    Raises
    ------
    InstanceError
        If there are several and none is named, or there is no such one.
    """
    if index is None:
        if len(found) != 1:
            raise InstanceError(
                f"holds {len(found)} instances: choose one with --option index={_known(found)}",
                file=file,
            )
        return found[0]
    named = [part for part in found if part.name == index]
    if named:
        return named[0]
    at = int(index) if index.isascii() and index.isdigit() and len(index) < 10 else -1
    if not 0 <= at < len(found):
        raise InstanceError(
            f"is {index!r}, expected {_known(found)}", file=file, field="option index"
        )
    return found[at]


def _known(found: Sequence[Part]) -> str:
    names = [part.name for part in found if part.name]
    some = f" or a name ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})" if names else ""
    return ("0" if len(found) == 1 else f"0 … {len(found) - 1}") + some
