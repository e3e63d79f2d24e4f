"""Multi-robot routing problems told in words: the texts of *From Words to Routes*.

A text has an ``Environment information`` and a ``Robot information`` block between triple quotes,
then objective and constraints between lines of ``###``. Every sentence is either one of the known
ones, or refused with its line; sentences that say the same twice must agree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.formats.robot_facts import Facts, built
from zerogap.models.routing.formats.robot_words import SENTENCES, SILENT
from zerogap.models.routing.instance import ROUNDING, Routing

_BLOCKS = ("Environment information", "Robot information", "Objective")


def sniff(head: str, name: str) -> bool:
    """Whether a text tells a problem of robots and cities."""
    return bool(
        re.search(r"^\s*Environment information:?\s*$", head, re.M | re.I)
        or re.search(r"^\s*Robot information:?\s*$", head, re.M | re.I)
    )


def read(text: str, *, file: str = "<text>", **options: Any) -> Routing:
    """A problem of one or several robots; ``round`` defaults to "exact" (three decimals).

    Raises
    ------
    InstanceError
        For a sentence that is not understood, one that contradicts another, and facts that are
        missing or cannot be: with file, line and what was expected.
    """
    rounding = options.get("round") or "auto"
    rounding = "exact" if rounding == "auto" else rounding
    if rounding not in ROUNDING:
        raise InstanceError(f"{rounding!r} is none of {sorted(ROUNDING)}", file=file, field="round")
    facts = Facts(file)
    for line, sentence in _sentences(text, file):
        _take(facts, line, sentence)
    try:
        return built(facts, Builder(rounding, name=_name(file)), options.get("quota") or "least")
    except InstanceError as error:
        if error.file is not None:
            raise
        raise InstanceError(error.message, file=file, field=error.field) from None


def _name(file: str) -> str:
    return re.split(r"[/\\]", file)[-1].removesuffix(".txt")


def _sentences(text: str, file: str) -> list[tuple[int, str]]:
    """(line, sentence) of all that is said, without bullets and numbers; the frame is checked."""
    found: list[tuple[int, str]] = []
    lines = text.splitlines()
    quotes = [k for k, line in enumerate(lines, 1) if line.strip() == '"""']
    hashes = [k for k, line in enumerate(lines, 1) if line.strip() == "###"]
    for line, row in enumerate(lines, 1):
        row = row.strip()
        if row in ('"""', "###"):
            continue
        if set(row) and set(row) <= set("#\"'"):
            raise InstanceError(f'got {row!r}, expected """ or ###', file=file, line=line)
        row = re.sub(r"^(?:-|\d+\.|[a-z]\.)\s+", "", row)
        # Sentences end with a full stop before a capital letter.
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", row):
            if sentence:
                found.append((line, sentence))
    for block in _BLOCKS:
        if not any(re.fullmatch(rf"{block}:?", s, re.I) for _, s in found):
            raise InstanceError(
                f"the text ends without a block {block!r}", file=file, line=len(lines) or 1
            )
    for marks, want, what in ((quotes, 4, '"""'), (hashes, 2, "###")):
        if len(marks) != want:
            raise InstanceError(
                f"{len(marks)} lines of {what}, expected {want}: the text is cut or damaged",
                file=file,
                line=len(lines),
            )
    if not any(re.fullmatch(r"Constraints:?", s, re.I) for _, s in found):
        raise InstanceError("the text has no constraints", file=file, line=len(lines))
    return found


def _take(facts: Facts, line: int, sentence: str) -> None:
    """Note what a sentence says."""
    facts.line = line
    for pattern in SILENT:
        if pattern.fullmatch(sentence):
            return
    understood = False
    for pattern, take in SENTENCES:
        if match := pattern.fullmatch(sentence):
            _noted(facts, line, sentence, match, take)
            understood = True
    if not understood:
        raise InstanceError(f"sentence not understood: {sentence!r}", file=facts.file, line=line)


def _noted(facts: Facts, line: int, sentence: str, match: re.Match,
           take: Callable[[Facts, re.Match], None]) -> None:  # fmt: skip
    try:
        take(facts, match)
    except InstanceError as error:
        raise InstanceError(
            f"{error.message} (in {sentence[:60]!r})" if error.file is None else error.message,
            file=facts.file,
            line=line,
        ) from None
