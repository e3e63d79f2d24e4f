"""Generated blocks of Markdown pages.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``, a figure in running text
between ``<!-- figure: NAME -->`` and ``<!-- end -->``.
What is between is written by ``make tables``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MARK = re.compile(r"(?<!`)<!-- (table|figure): ([a-z0-9./-]+) -->(.*?)<!-- end -->(?!`)", re.DOTALL)

#: Makers by name; a table returns Markdown lines, a figure a short text.
TABLES: dict[str, Callable[[], str]] = {}
FIGURES: dict[str, Callable[[], str]] = {}


def table(name: str) -> Callable:
    """Register the maker of a table."""

    def register(maker: Callable[[], str]) -> Callable[[], str]:
        assert name not in TABLES, name
        TABLES[name] = maker
        return maker

    return register


def figure(name: str) -> Callable:
    """Register the maker of a figure in running text."""

    def register(maker: Callable[[], str]) -> Callable[[], str]:
        assert name not in FIGURES, name
        FIGURES[name] = maker
        return maker

    return register


def pages() -> list[Path]:
    """Every page that may hold generated blocks."""
    return sorted([ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])


def render(text: str, page: str = "page") -> str:
    """`text` with every generated block made again.

    Raises
    ------
    KeyError
        If a block names a table or figure that nobody makes.
    """

    def made(match: re.Match) -> str:
        kind, name, _ = match.groups()
        makers = TABLES if kind == "table" else FIGURES
        if name not in makers:
            raise KeyError(f"{page}: nobody makes the {kind} {name!r}")
        body = makers[name]()
        body = f"\n{body.strip()}\n" if kind == "table" else body
        return f"<!-- {kind}: {name} -->{body}<!-- end -->"

    return MARK.sub(made, text)


def outside(text: str) -> str:
    """`text` without generated blocks, code blocks and code spans."""
    text = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"`[^`\n]*`", "", MARK.sub("", text))


#: A measured figure: with a unit, with decimals, or of two digits and more. Single digits are in
#: formulas, counts of a format and the like; a default or a setting belongs into `code`.
FIGURE = re.compile(r"\d+[.,]\d|\d\d|\d\s?(?:%|×(?!\d)|s\b|ms\b|µs\b|MiB|GiB)")
#: In running text a figure is what has a unit of time, memory or a share.
MEASURED = re.compile(r"\d\s?(?:%|s|ms|µs|MiB|GiB|minutes|per cent)(?![\w-])")


def loose_rows(text: str) -> Iterator[str]:
    """Rows of tables outside generated blocks that hold a figure."""
    for line in outside(text).splitlines():
        if line.lstrip().startswith("|") and FIGURE.search(line):
            yield line


def loose_text(text: str) -> Iterator[str]:
    """Lines of running text outside generated blocks that hold a measured figure."""
    for line in outside(text).splitlines():
        if not line.lstrip().startswith("|") and MEASURED.search(line):
            yield line
