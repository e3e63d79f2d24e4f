"""Tables with a row an alternative: CSV, spreadsheets; and the printed table of a row a job."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import Any

from zerogap.models.base import InstanceError, nearest
from zerogap.models.jobshop.formats.numbers import Number, number
from zerogap.models.jobshop.formats.parts import Job, Names, shop_of
from zerogap.models.jobshop.instance import Shop

#: Names of the columns, written without blanks, underscores and case.
COLUMNS: dict[str, tuple[str, ...]] = {
    "job": ("job", "jobid", "jobname", "jobno", "jobnr", "jobnumber", "order", "orderid"),
    "operation": (
        *("operation", "operationid", "operationname", "op", "opid", "opno", "opnr"),
        *("task", "taskid", "step", "sequence", "seq", "position"),
    ),
    "machine": (
        *("machine", "machineid", "machinename", "machineno", "machinenr"),
        *("resource", "resourceid", "workcenter", "workstation", "station"),
    ),
    "duration": (
        *("duration", "dur", "time", "processingtime", "proctime", "processing", "ptime"),
        *("runtime", "p"),
    ),
    "release": ("release", "releasedate", "releasetime", "ready", "readytime", "arrival"),
    "due": ("due", "duedate", "duetime"),
    "weight": ("weight", "jobweight", "w"),
}
_NEEDED = ("job", "machine", "duration")
#: The columns that a table must have, with the words that mean them.
NEEDED = {name: COLUMNS[name] for name in _NEEDED}
_MEANING = {word: column for column, words in COLUMNS.items() for word in words}
_DELIMITERS = (",", ";", "\t", "|")

Row = tuple[int, list[str]]


def _plainly(cell: str) -> str:
    return re.sub(r"[\s_\-.]", "", cell.strip().strip('"')).lower()


def _delimiter(line: str) -> str | None:
    """The delimiter under which most cells of a header have a meaning."""
    best, most = None, 1
    for delimiter in _DELIMITERS:
        known = sum(_plainly(cell) in _MEANING for cell in line.split(delimiter))
        if known > most:
            best, most = delimiter, known
    return best


def _first_line(head: str) -> str:
    lines = (line for line in head.splitlines()[:50] if line.strip() and line[0] != "#")
    return next(lines, "")


def sniff(head: str, name: str) -> bool:
    """Whether the columns of a header are those of a shop: machines, and jobs or durations."""
    line = _first_line(head)
    delimiter = _delimiter(line)
    if delimiter is None:
        return False
    columns = {_MEANING.get(_plainly(cell)) for cell in line.split(delimiter)}
    return "machine" in columns and bool(columns & {"job", "operation"})


def read(text: str, *, file: str, objective: str = "makespan") -> Shop:
    """A table with a header: job, operation, machine, duration; release, due, weight if needed.

    Several rows of one operation are its alternatives. Operations are in the order of their
    numbers, or of their first rows where they have names (or no column of their own).
    """
    delimiter = _delimiter(_first_line(text)) or ","
    return _shop(_cells(text, delimiter, file), file, objective, comma=delimiter != ",")


def _cells(text: str, delimiter: str, file: str) -> Iterator[Row]:
    """Line number and cells of every row that is neither empty nor a comment."""
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(lines)
        except StopIteration:
            return
        except csv.Error as error:
            raise InstanceError(str(error), file=file, line=lines.line_num) from None
        if cells and cells[0][:1] != "#" and (cells[0].strip() or any(map(str.strip, cells))):
            yield lines.line_num, cells


def _header(row: Row, file: str) -> dict[str, int]:
    """Where which column stands."""
    line, cells = row
    at: dict[str, int] = {}
    for i, cell in enumerate(cells):
        column = _MEANING.get(_plainly(cell))
        if column is None:
            known = ", ".join(COLUMNS)
            raise InstanceError(
                f"unknown column {cell.strip()[:40]!r}{nearest(_plainly(cell), _MEANING)} "
                f"(known: {known})",
                file=file,
                line=line,
            )
        if column in at:
            raise InstanceError(
                f"columns {cells[at[column]].strip()!r} and {cell.strip()!r} both mean the "
                f"{column}",
                file=file,
                line=line,
            )
        at[column] = i
    for column in _NEEDED:
        if column not in at:
            raise InstanceError(f"no column {column}", file=file, line=line)
    return at


def _shop(rows: Iterator[Row], file: str, objective: str, comma: bool) -> Shop:
    head = next(rows, None)
    if head is None:
        raise InstanceError("is empty", file=file)
    at = _header(head, file)
    builder = _Builder(at, file, comma)
    width = len(head[1])
    for line, cells in rows:
        if len(cells) != width:
            raise InstanceError(f"{len(cells)} cells, the header has {width}", file=file, line=line)
        builder.add(line, [cell.strip() for cell in cells])
    return builder.shop(objective)


class _Builder:
    """Jobs and machines as the rows name them."""

    def __init__(self, at: dict[str, int], file: str, comma: bool):
        self.at, self.file, self.comma = at, file, comma
        self.jobs, self.machines = Names("job"), Names("machine")
        self.found: list[Job] = []
        self.keys: list[dict[str, int]] = []  # of every job: operation's word → its place
        self.lines: list[list[int]] = []
        self.last: list[str] = []
        self.dated = bool({"release", "due", "weight"} & set(at))
        self.amounts: dict[str, Number] = {}  # the same few words come again and again

    def error(self, message: str, line: int, field: str | None = None) -> InstanceError:
        """An error in a line."""
        return InstanceError(message, file=self.file, line=line, field=field)

    def amount(self, word: str, line: int, field: str) -> Number:
        """A number of a cell, with a decimal comma where commas delimit nothing."""
        value = self.amounts.get(word)
        if value is None:
            value = number(word.replace(",", ".") if self.comma else word)
            if value is None:
                raise self.error(f"is {word[:40]!r}, expected a number", line, field)
            self.amounts[word] = value
        return value

    def add(self, line: int, cells: Sequence[str]) -> None:
        """Take a row in."""
        at = self.at
        for column in _NEEDED:
            if not cells[at[column]]:
                raise self.error("is empty", line, column)
        try:
            j = self.jobs.number(cells[at["job"]])
            m = self.machines.number(cells[at["machine"]])
        except InstanceError as error:
            error.file, error.line = self.file, line
            raise
        duration = self.amount(cells[at["duration"]], line, "duration")
        if duration < 0:
            raise self.error(f"is {cells[at['duration']]}, expected at least 0", line, "duration")
        if j == len(self.found):
            self.found.append(Job())
            self.keys.append({})
            self.lines.append([])
            self.last.append("")
        if self.dated:
            self._dates(j, line, cells)
        job, keys = self.found[j], self.keys[j]
        word = cells[at["operation"]] if "operation" in at else str(len(keys))
        if not word:
            raise self.error("is empty", line, "operation")
        k = keys.get(word)
        if k is None:
            keys[word] = len(keys)
            job.operations.append([(m, duration)])
            job.names.append(word)
            self.lines[j].append(line)
        else:
            if word != self.last[j] and not word.isdigit():
                raise self.error(
                    f"{word!r} of this job stands in line {self.lines[j][k]} as well, with others "
                    "between: number the operations",
                    line,
                    "operation",
                )
            if any(m == other for other, _ in job.operations[k]):
                raise self.error(
                    f"operation {word!r} names machine {cells[at['machine']]!r} twice (first row: "
                    f"line {self.lines[j][k]})",
                    line,
                )
            job.operations[k].append((m, duration))
        self.last[j] = word

    def _dates(self, j: int, line: int, cells: Sequence[str]) -> None:
        """What belongs to the job: the same in all its rows, or in one of them."""
        for column in ("release", "due", "weight"):
            if column not in self.at or not cells[self.at[column]]:
                continue
            value = self.amount(cells[self.at[column]], line, column)
            known = getattr(self.found[j], column)
            if known is not None and known != value:
                raise self.error(
                    f"is {cells[self.at[column]]}, an earlier row of this job has another",
                    line,
                    column,
                )
            setattr(self.found[j], column, value)

    def shop(self, objective: str) -> Shop:
        """The shop; operations and machines with numbers in the order of these."""
        if not self.found:
            raise InstanceError("has a header, but no rows", file=self.file)
        numbered = all(w.isdigit() and len(w) < 16 for keys in self.keys for w in keys)
        if numbered:
            for job in self.found:
                order = sorted(range(len(job.names)), key=lambda k: int(job.names[k]))
                if len({int(w) for w in job.names}) < len(job.names):
                    raise InstanceError("operations 1 and 01 of a job", file=self.file)
                job.operations = [job.operations[k] for k in order]
        machine_names = _ordered(list(self.machines.index))
        place = {self.machines.index[name]: i for i, name in enumerate(machine_names)}
        for job in self.found:
            job.operations = [[(place[m], d) for m, d in some] for some in job.operations]
        names = None if numbered else [name for job in self.found for name in job.names]
        plain = machine_names == [str(i) for i in range(len(machine_names))]
        return shop_of(
            self.found,
            len(machine_names),
            objective=objective,
            name=_stem(self.file),
            machine_names=None if plain else machine_names,
            job_names=self.jobs.list(),
            operation_names=names,
        )


def _ordered(names: list[str]) -> list[str]:
    """Names that are numbers in the order of these, others as they come."""
    if all(name.isdigit() and len(name) < 16 for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return names


def _stem(file: str) -> str:
    base = file.replace("\\", "/").rpartition("/")[2]
    stem = base.rpartition(".")[0] or base
    return "" if stem.startswith("<") else stem


def sniff_sheet(head: bytes, name: str) -> bool:
    """Whether it is a spreadsheet (a zip file that says so)."""
    return head[:4] == b"PK\x03\x04" and (
        b"[Content_Types].xml" in head[:4096] or name.lower().endswith((".xlsx", ".xlsm"))
    )


def read_sheet(raw: bytes, *, file: str, objective: str = "makespan") -> Shop:
    """The first sheet of a spreadsheet as a table; needs pandas and openpyxl.

    Raises
    ------
    InstanceError
        Also where these are not installed.
    """
    try:
        import pandas

        frame: Any = pandas.read_excel(io.BytesIO(raw), header=None, dtype=object)
    except ImportError as error:
        missing = error.name or "openpyxl"
        raise InstanceError(
            f"a spreadsheet is read with pandas and openpyxl ({missing} is missing): "
            "install them or save it as CSV",
            file=file,
        ) from None
    except Exception as error:  # every kind of damage has its own in openpyxl
        word = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InstanceError(f"cannot be read as a spreadsheet: {word}", file=file) from None
    rows = ((i, [_word(v) for v in row]) for i, row in enumerate(frame.values.tolist(), 1))
    return _shop((row for row in rows if any(row[1])), file, objective, comma=False)


def _word(value: Any) -> str:
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)


def sniff_printed(head: str, name: str) -> bool:
    """Whether it is a printed table: a row a job, machine and duration of every task in it."""
    rows = [line.lower().split() for line in head.splitlines()[:20]]
    return any(row[:2] == ["job", "id"] and set(row[2:]) == {"machine", "dur"} for row in rows)


def read_printed(text: str, *, file: str, objective: str = "makespan") -> Shop:
    """A printed table: below ``job id  machine  dur  machine  dur …`` a row a job, from 0."""
    jobs: list[Job] = []
    width = 0
    names, machines = Names("job"), 0
    for line, body in enumerate(text.splitlines(), 1):
        if body.lstrip().startswith("#"):
            stated = re.match(r"\s*#\s*num of machines:\s*([0-9]{1,8})\s*$", body, re.IGNORECASE)
            machines = int(stated[1]) if stated else machines
            continue
        words = body.lower().split()
        if not words or not set(body) - set("- \t"):
            continue
        if words[:2] == ["job", "id"]:
            width = len(words) - 1
            continue
        if not width:
            if words[0] == "task":
                continue
            raise InstanceError("expected the line 'job id machine dur …'", file=file, line=line)
        if len(words) % 2 == 0 or len(words) > width:
            raise InstanceError(
                f"{len(words)} words, expected a job and up to {width // 2} pairs",
                file=file,
                line=line,
            )
        try:
            names.number(words[0])
        except InstanceError as error:
            error.file, error.line = file, line
            raise
        if len(names.index) == len(jobs):
            raise InstanceError(f"job {words[0]} stands twice", file=file, line=line)
        jobs.append(Job([[_pair(words[i : i + 2], file, line)] for i in range(1, len(words), 2)]))
        if not jobs[-1].operations:
            raise InstanceError("a job without tasks", file=file, line=line)
    if not jobs:
        raise InstanceError("ends before its first job", file=file)
    most = max(m for job in jobs for options in job.operations for m, _ in options) + 1
    if machines and most > machines:
        raise InstanceError(f"machine {most - 1} of {machines} (counted from 0)", file=file)
    return shop_of(
        jobs,
        machines or most,
        objective=objective,
        name=_stem(file),
        job_names=names.list(),
    )


def _pair(words: list[str], file: str, line: int) -> tuple[int, Number]:
    if not (words[0].isascii() and words[0].isdigit() and len(words[0]) < 10):
        raise InstanceError(
            f"is {words[0][:40]!r}, expected a number from 0", file=file, line=line, field="machine"
        )
    duration = number(words[1])
    if duration is None or duration < 0:
        raise InstanceError(
            f"is {words[1][:40]!r}, expected a number of at least 0",
            file=file,
            line=line,
            field="duration",
        )
    return int(words[0]), duration
