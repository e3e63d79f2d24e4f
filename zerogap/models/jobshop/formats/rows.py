"""Rows of numbers: the standard text, Taillard's, the flexible one, and the frames around them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop.formats.frames import Part, parts, select
from zerogap.models.jobshop.formats.numbers import row_of, scaled
from zerogap.models.jobshop.instance import FlexibleJobShop, JobShop, Shop

LAYOUTS = ("standard", "taillard", "flexible")
_BIGGEST = 2**62


@dataclass
class Rows:
    """The numbers of one instance: header, then lines; where they stand."""

    file: str
    header: np.ndarray
    lines: list[int]
    rows: list[np.ndarray]
    blocks: bool  # whether the words Times and Machines stand in it

    @property
    def jobs(self) -> int:
        """Number of jobs as the header has it."""
        return int(self.header[0])

    @property
    def machines(self) -> int:
        """Number of machines as the header has it."""
        return int(self.header[1])

    def error(self, message: str, row: int | None, field: str | None = None) -> InstanceError:
        """An error at a row."""
        line = None if row is None else self.lines[row]
        return InstanceError(message, file=self.file, line=line, field=field)


def read(
    text: str,
    *,
    file: str,
    objective: str = "makespan",
    layout: str | None = None,
    numbering: int | None = None,
    index: str | None = None,
    preferred: str = "standard",
) -> Shop:
    """Any of the texts made of rows of numbers; `preferred` decides only where nothing fits.

    Standard: ``jobs machines``, then a line a job of ``machine duration`` pairs, machines from 0;
    ``-1`` at the end of a line pads it. Taillard's: times block, machines block, machines from 1.
    Flexible: per job the number of operations, per operation the number of alternatives and the
    pairs; machines from 1, from 0 where only that fits.

    Raises
    ------
    InstanceError
        With the line; also where two layouts or numberings are possible (which options decide).
    """
    part = select(parts(text), index, file)
    data = numbers(part, file)
    chosen = layout or layout_of(data, file)
    if chosen is None:
        chosen = blame(data, file, preferred)
    if layout is not None and layout not in LAYOUTS:
        raise InstanceError(
            f"is {layout!r}, expected one of {', '.join(LAYOUTS)}", field="option layout"
        )
    reader = {"standard": _standard, "taillard": _taillard, "flexible": _flexible}[chosen]
    shop = reader(data, numbering)
    machine, duration, first, choice = shop
    (duration,), scale = scaled([duration], "duration")
    common: dict[str, Any] = {
        "objective": objective,
        "name": part.name or _name(file),
        "time_scale": scale,
    }
    if choice is not None:
        return FlexibleJobShop(machine, duration, choice, first, data.machines, **common)
    return JobShop(machine, duration, first, data.machines, **common)


def _name(file: str) -> str:
    base_name = file.replace("\\", "/").rpartition("/")[2]
    stem = base_name.rpartition(".")[0] or base_name
    return "" if stem.startswith("<") else stem


def numbers(part: Part, file: str) -> Rows:
    """The rows of numbers of a part."""
    lines: list[int] = []
    rows: list[np.ndarray] = []
    blocks = False
    for line, body in part.lines:
        words = body.split()
        if is_block(words):
            blocks = True
            continue
        try:
            # The average in a header of the flexible text may be anything: it is not read.
            rows.append(row_of(words))
        except ValueError as error:
            raise InstanceError(str(error), file=file, line=line) from None
        lines.append(line)
    if not rows:
        raise InstanceError("holds no numbers", file=file)
    header = rows[0]
    if len(header) < 2:
        raise InstanceError("expected 'jobs machines'", file=file, line=lines[0])
    for what, value in zip(("jobs", "machines"), header[:2].tolist()):
        if not isinstance(value, int):
            raise InstanceError(
                f"is {float(value)}, expected an integer", file=file, line=lines[0], field=what
            )
        if not 1 <= value <= 10**8:
            raise InstanceError(
                f"is {value}, expected 1 or more", file=file, line=lines[0], field=what
            )
    return Rows(file, header, lines[1:], rows[1:], blocks)


def is_block(words: Sequence[str]) -> bool:
    """Whether a line is the word Times or Machines of Taillard's text."""
    return len(words) == 1 and words[0].rstrip(":").lower() in ("times", "machines")


def layout_of(data: Rows, file: str) -> str | None:
    """The layout that the whole file fits; None if there is none.

    Raises
    ------
    InstanceError
        If it could be a standard text or a flexible one, in which no job visits a machine twice.
    """
    jobs, machines = data.jobs, data.machines
    widths = {len(row) for row in data.rows}
    if data.blocks or (len(data.rows) == 2 * jobs and widths == {machines}):
        return "taillard"
    if file.endswith((".fjs", ".fjsp")):
        return "flexible"
    if file.endswith((".jsp", ".jss")):
        return "standard"
    paired = all(_pairs(row, machines) for row in data.rows)
    walks = bool(data.rows) and all(_walks(row, machines) for row in data.rows)
    if not walks:
        return "standard" if paired else None
    if not paired or len(data.header) == 3 or not all(map(_once, data.rows)):
        return "flexible"
    raise InstanceError(
        "could be a job-shop (pairs of machine and duration) or a flexible one (counts of "
        "operations and alternatives): say which with --option layout=standard or layout=flexible",
        file=file,
    )


def blame(data: Rows, file: str, preferred: str) -> str:
    """In which layout to look for the fault of a file that fits none."""
    machines = data.machines
    if preferred == "standard" and data.rows:
        more = sum(_walks(row, machines) for row in data.rows)
        if more > sum(_pairs(row, machines) for row in data.rows):
            return "flexible"
    wide = sum(len(row) == machines for row in data.rows)
    if preferred == "standard" and len(data.rows) > data.jobs and wide >= len(data.rows) - 1:
        return "taillard"
    return preferred


def _unpadded(row: np.ndarray) -> np.ndarray:
    """A row without the pairs of -1 that fill it up."""
    end = len(row)
    while end >= 2 and row[end - 1] == -1 and row[end - 2] == -1:
        end -= 2
    return row[:end]


def _pairs(row: np.ndarray, machines: int) -> bool:
    """Whether a row reads as pairs of machine and duration."""
    row = _unpadded(row)
    if len(row) % 2 or not len(row):
        return False
    chosen = row[::2]
    return bool((chosen >= 0).all() and (chosen <= machines).all() and (row[1::2] >= 0).all())


def _once(row: np.ndarray) -> bool:
    """Whether the pairs of a row name no machine twice."""
    chosen = _unpadded(row)[::2].tolist()
    return len(set(chosen)) == len(chosen)


def _walks(row: np.ndarray, machines: int) -> bool:
    """Whether a row reads as operations with their alternatives to its very end."""
    values = row.tolist()
    at, size = 1, len(values)
    if not isinstance(values[0], int) or values[0] < 1 or values[0] > size:
        return False
    for _ in range(values[0]):
        count = values[at] if at < size else 0
        if not isinstance(count, int) or count < 1 or at + 2 * count >= size:
            return False
        if any(not 0 <= m <= machines for m in values[at + 1 : at + 1 + 2 * count : 2]):
            return False
        at += 1 + 2 * count
    return at == size


def _counted(data: Rows, wanted: int, what: str) -> None:
    """Refuse more or fewer rows than the header announces."""
    have = len(data.rows)
    if have < wanted:
        raise data.error(f"ends after {have} of {wanted} {what}", None)
    if have > wanted:
        hint = _other_problem(data)
        raise data.error(f"more lines than the header announces{hint}", wanted)


def _other_problem(data: Rows) -> str:
    """Which other problem the lines after the jobs may be of, in words."""
    jobs, head = data.jobs, data.header
    if len(head) == 3 and len(data.rows) == jobs + int(head[1]):
        return " (an assembly shop, with arcs between operations? that is no job-shop: scheduling)"
    rest = data.rows[jobs:]
    width = len(rest[0])
    if all(len(row) == width for row in rest) and len(rest) in (width, width * data.machines):
        return " (setup times between operations? that is no job-shop: scheduling)"
    return ""


def _between(values: Any, low: int, high: int, field: str, data: Rows, row: int) -> None:
    for value in values.tolist() if isinstance(values, np.ndarray) else values:
        if field == "machine" and not isinstance(value, int):
            raise data.error(f"is {float(value)}, expected an integer", row, field)
        if not low <= value <= high:
            shown = value if isinstance(value, int) else float(value)
            limit = f"{low} … {high}" if high < _BIGGEST else f"at least {low}"
            raise data.error(f"is {shown}, expected {limit}", row, field)


def _range(values: np.ndarray, low: int, high: int, field: str, data: Rows, row: int) -> None:
    if values.dtype == object or (values < low).any() or (values > high).any():
        _between(values, low, high, field, data, row)


Arrays = tuple[Any, Any, Any, Any]


def _standard(data: Rows, numbering: int | None) -> Arrays:
    _counted(data, data.jobs, "jobs")
    rows = [_unpadded(row) for row in data.rows]
    for i, row in enumerate(rows):
        if len(row) % 2 or not len(row):
            raise data.error(f"{len(row)} numbers, expected pairs of machine and duration", i)
    one = numbering
    if one is None:
        one = int(_only_from_one([row[::2] for row in rows], data.machines))
    for i, row in enumerate(rows):
        high = data.machines - 1 + one
        if not one and (row[::2] == data.machines).any():
            raise data.error(
                f"is {data.machines}, expected 0 … {high} (counted from 0; from 1: option "
                "numbering=1)",
                i,
                "machine",
            )
        _range(row[::2], one, high, "machine", data, i)
        _range(row[1::2], 0, _BIGGEST, "duration", data, i)
    machine = np.concatenate([row[::2] for row in rows]).astype(np.int64) - one
    duration = np.concatenate([row[1::2] for row in rows])
    first = np.cumsum([0] + [len(row) // 2 for row in rows])
    return machine, duration, first, None


def _only_from_one(chosen: list[np.ndarray], machines: int) -> bool:
    """Whether machines can only be counted from 1: the last is named, number 0 is not."""
    return max(int(c.max()) for c in chosen) == machines and all((c != 0).all() for c in chosen)


def _taillard(data: Rows, numbering: int | None) -> Arrays:
    jobs, machines = data.jobs, data.machines
    have = len(data.rows)
    if have < 2 * jobs:
        what = f"ends after {have} of {jobs} rows of times"
        if have >= jobs:
            what = f"ends after {have - jobs} of {jobs} rows of machines"
        raise data.error(what, None)
    _counted(data, 2 * jobs, "rows")
    for i, row in enumerate(data.rows):
        if len(row) != machines:
            field = "duration" if i < jobs else "machine"
            raise data.error(f"{len(row)} numbers, expected {machines}", i, field)
    times, chosen = data.rows[:jobs], data.rows[jobs:]
    # Jobs with fewer operations than machines are filled up with -1 in both blocks.
    times, chosen = list(map(_trimmed, times)), list(map(_trimmed, chosen))
    for i, (row, other) in enumerate(zip(times, chosen)):
        if len(row) != len(other) or not len(row):
            raise data.error(f"{len(other)} machines for {len(row)} times", jobs + i)
    if numbering is None:
        zero = any((row == 0).any() for row in chosen)
        numbering = int(not (zero and all((row < machines).all() for row in chosen)))
    for i, row in enumerate(times):
        _range(row, 0, _BIGGEST, "duration", data, i)
    for i, row in enumerate(chosen):
        _range(row, numbering, machines - 1 + numbering, "machine", data, jobs + i)
    first = np.cumsum([0] + [len(row) for row in times])
    machine = np.concatenate(chosen).astype(np.int64) - numbering
    return machine, np.concatenate(times), first, None


def _trimmed(row: np.ndarray) -> np.ndarray:
    """A row without the -1 at its end."""
    end = len(row)
    while end and row[end - 1] == -1:
        end -= 1
    return row[:end]


def _flexible(data: Rows, numbering: int | None) -> Arrays:
    _counted(data, data.jobs, "jobs")
    machine: list[int] = []
    duration: list[Any] = []
    choice, first, at_row = [0], [0], []
    for i, row in enumerate(data.rows):
        values = row.tolist()
        if not isinstance(values[0], int) or values[0] < 1:
            raise data.error(f"job has {values[0]} operations, expected at least 1", i)
        at = 1
        for k in range(values[0]):
            at = _alternatives(values, at, k, machine, duration, data, i)
            choice.append(len(machine))
            at_row.append(i)
        if at != len(values):
            raise data.error(f"{len(values) - at} numbers after the last operation", i)
        first.append(first[-1] + values[0])
    low = _from(machine, data, numbering)
    for k, i in enumerate(at_row):
        _between(
            machine[choice[k] : choice[k + 1]],
            low,
            data.machines - 1 + low,
            "machine",
            data,
            i,
        )
    return [m - low for m in machine], duration, first, choice


def _from(machine: list[int], data: Rows, numbering: int | None) -> int:
    """Whether machines are counted from 0 or from 1."""
    if numbering is not None:
        return numbering
    least, most = min(machine), max(machine)
    if least == 0:
        if most == data.machines:
            raise InstanceError(
                f"machines 0 and {most} occur: counted from 0 there are 0 … {most - 1}, counted "
                f"from 1 there are 1 … {most}",
                file=data.file,
                field="machine",
            )
        return 0
    if most >= data.machines or len(data.header) == 3 or data.file.endswith((".fjs", ".fjsp")):
        return 1
    raise InstanceError(
        f"machines {least} … {most} of {data.machines} may be counted from 0 or from 1: say which "
        "with --option numbering=0 or numbering=1",
        file=data.file,
        field="machine",
    )


def _alternatives(values, at, k, machine, duration, data: Rows, i: int) -> int:
    """Read one operation; returns where the next begins."""
    count = values[at] if at < len(values) else None
    if count is not None and (not isinstance(count, int) or count < 1):
        raise data.error(f"operation {k + 1} has {count} alternatives", i)
    if count is None or at + 1 + 2 * count > len(values):
        raise data.error(f"line ends within operation {k + 1}", i)
    chosen = values[at + 1 : at + 1 + 2 * count : 2]
    times = values[at + 2 : at + 1 + 2 * count : 2]
    if any(not isinstance(m, int) or m < 0 for m in chosen):
        _between(chosen, 0, data.machines, "machine", data, i)
    if len(set(chosen)) != count:
        raise data.error(f"operation {k + 1} names a machine twice", i)
    if min(times) < 0:
        raise data.error(f"is {min(times)}, expected at least 0", i, "duration")
    machine.extend(chosen)
    duration.extend(times)
    return at + 1 + 2 * count


def head_of(text: str) -> list[list[str]]:
    """Words of the first lines; the last line may be cut off and is dropped if there are others."""
    part = next(iter(parts(text)), None)
    lines = [] if part is None else [body.split() for _, body in itertools.islice(part.lines, 4000)]
    if len(lines) > 2 and not text.endswith("\n") and len(text) >= 60_000:
        lines.pop()
    return lines


def sniffed(text: str, file: str) -> str | None:
    """The layout of the head of a file; None if it is no rows of numbers with a header."""
    lines = head_of(text)
    blocks = any(is_block(words) for words in lines[:2])
    lines = [words for words in lines if not is_block(words)]
    if not lines or not 2 <= len(lines[0]) <= 6:
        return None
    try:
        rows = [row_of(words) for words in lines]
    except ValueError:
        rows = []
        for words in lines:
            try:
                rows.append(row_of(words))
            except ValueError:
                break
        if not rows:
            return None
    header = rows[0]
    if any(not isinstance(v, int) or not 1 <= v <= 10**8 for v in header[:2].tolist()):
        return None
    data = Rows(file, header, [], rows[1:], blocks)
    if len(header) > 4 and not blocks:
        return None
    cut = len(text) >= 60_000
    if len(data.rows) > data.jobs and cut and {len(r) for r in data.rows} == {data.machines}:
        return "taillard"
    try:
        found = layout_of(data, file)
    except InstanceError:
        return "standard"
    if found is not None:
        return found
    if len(header) > 3:
        return None
    even = not data.rows or len(data.rows[0]) % 2 == 0
    return "standard" if file.endswith((".jsp", ".txt", ".jss")) or even else None
