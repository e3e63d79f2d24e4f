"""Single measurements (``benchmarks/*_bars.py``) as result lines beside those of suites."""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from zerogap.bench import runner
from zerogap.bench.table import Table
from zerogap.solvers.result import number, versions

#: Keys of a line that say where it comes from; the others are what was measured.
ORIGIN = ("bar", "command", "at", "machine", "versions")


def append(path: str | os.PathLike, bar: str, **values: Any) -> dict:
    """Append one measurement to a result file.

    Parameters
    ----------
    path : str or path
        JSON lines; made where it is missing.
    bar : str
        What was measured; lines of one bar have the same keys.
    **values
        The figures, plain JSON.

    Returns
    -------
    dict
        The line: `bar`, the values, and `command`, `at`, `machine`, `versions` beside them.
    """
    command = ["python", os.path.relpath(sys.argv[0]), *figures_only(sys.argv[1:])]
    line = {
        "bar": bar,
        **values,
        "command": shlex.join(command),
        "at": round(time.time()),
        "machine": runner.environment(),
        "versions": dict(versions()),
    }
    runner.Store(path).append(line)
    return line


def figures_only(arguments: Sequence[str]) -> list[str]:
    """Arguments without ``--results FILE``: where a line goes says nothing of how it was made."""
    made, skip = [], False
    for argument in arguments:
        if not skip and argument != "--results" and not argument.startswith("--results="):
            made.append(argument)
        skip = argument == "--results"
    return made


def tables(records: Sequence[Mapping[str, Any]]) -> list[Table]:
    """A table a bar, a column a figure, in the order of the lines."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        groups.setdefault(str(record["bar"]), []).append(record)
    made = []
    for bar, lines in groups.items():
        head = list(dict.fromkeys(k for line in lines for k in line if k not in ORIGIN))
        rows = [[_cell(line.get(key)) for key in head] for line in lines]
        made.append(Table(f"{bar} ({lines[0].get('command', 'command not recorded')})", head, rows))
    return made


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if (
        isinstance(value, dict)
        and value
        and all(isinstance(v, int | float) for v in value.values())
    ):
        return f"{len(value)} values, mean {number(round(sum(value.values()) / len(value), 3))}"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return number(round(value, 6))
    return str(value)


def is_bar(records: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a result file holds single measurements instead of a suite's runs."""
    return bool(records) and "bar" in records[0]
