"""Where output goes: looked at before a solve begins, and never lost when it ends."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from zerogap.models.text import visible, words

#: Endings for the solution's table alone.
TABLES = (".csv",)


def table(result: Any, path: str) -> None:
    """Write the solution's table; a result without a solution is written as JSON instead.

    Raises
    ------
    InstanceError
        If the file cannot be written.
    """
    from zerogap import report
    from zerogap.models.files import replace

    if result.solution is None:
        result.save(path)
    else:
        replace(path, report.csv(result.instance, result.solution).encode())


def aligned(result: Any) -> str:
    """The solution's table in columns for a terminal."""
    from zerogap import report

    rows = report.rows(result.instance, result.solution)
    head = list(dict.fromkeys(key for row in rows for key in row))
    cells = [head, *([words(row.get(k)) if row.get(k) is not None else "" for k in head]
                     for row in rows)]  # fmt: skip
    width = [max(len(row[k]) for row in cells) for k in range(len(head))]
    numeric = [all(isinstance(r.get(k), int | float | None) for r in rows) for k in head]
    lines = (
        "  ".join(
            c.rjust(w) if right else c.ljust(w) for c, w, right in zip(row, width, numeric)
        ).rstrip()
        for row in cells
    )
    return "\n".join(lines)


def say(text: Any, *, err: bool = False) -> None:
    """Print text that may hold names from files; its line breaks stay, other controls show."""
    click.echo(visible(text, keep="\n"), err=err)


def named(options: dict[str, str]) -> tuple[str, ...]:
    """Files that options name (``attributes=FILE``, ``profiles=FOLDER``)."""
    return tuple(value for value in options.values() if os.path.isfile(value))


def writable(path: str, *, sources: tuple[str | None, ...] = ()) -> None:
    """Refuse a path that could not be written, or that is one of the files being read.

    Parameters
    ----------
    path : str
    sources : tuple of str or None
        Files that the command reads and must not overwrite.

    Raises
    ------
    InstanceError
        Saying what is in the way.
    """
    from zerogap.models.errors import InstanceError
    from zerogap.models.files import probe

    for source in sources:
        if source not in (None, "-") and _same(path, str(source)):
            raise InstanceError(
                "is a file this command reads; it is never overwritten: expected another name",
                file=path,
            )
    probe(path)


def result(path: str, *, sources: tuple[str | None, ...] = (), tables: bool = True) -> None:
    """`writable` for a result: a file that is there already is only replaced if it is a result.

    Parameters
    ----------
    path : str
        Ends in ``.json``, in one of `TABLES`, or in nothing: no other ending holds a result.
    sources : tuple of str or None
        As for `writable`.
    tables : bool
        Whether a table may be asked for.

    Raises
    ------
    InstanceError
        If the path cannot be written, ends otherwise, or holds something that no solve wrote.
    """
    from zerogap import report
    from zerogap.models.errors import InstanceError

    writable(path, sources=sources)
    ending = Path(path).suffix
    known = (".json", *(TABLES if tables else ()))
    if ending and ending.lower() not in known and not Path(path).is_dir() and path != os.devnull:
        drawn = ending.lower() in (".html", *report.PICTURES)
        hint = f"; a picture is written by --plot {path}" if drawn and tables else ""
        raise InstanceError(
            f"ends in {ending!r}, expected {' or '.join(known)} for a result{hint}", file=path
        )
    target = Path(path)
    if not target.is_file() or target.stat().st_size == 0:
        return
    with target.open("rb") as handle:
        head = handle.read(200).lstrip()
    if path.lower().endswith(TABLES):
        raise InstanceError("exists; a table is only written to a new file", file=path)
    if not (head.startswith(b"{") and b'"format"' in head and b'"zerogap"' in head):
        raise InstanceError(
            "exists and is no result of `zerogap solve`; it is not overwritten: "
            "expected another name",
            file=path,
        )


def picture(path: str, family: str, *, sources: tuple[str | None, ...] = ()) -> None:
    """Refuse a picture that could not be drawn: its path, its ending, a missing package."""
    from zerogap import report

    writable(path, sources=sources)
    report.ready(path, family)


def _same(first: str, second: str) -> bool:
    try:
        return os.path.samefile(first, second)
    except OSError:
        return os.path.abspath(first) == os.path.abspath(second)
