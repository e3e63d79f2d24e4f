"""Schedules as tables: rows, CSV, pandas, iCalendar; and schedules written by hand."""

from __future__ import annotations

import csv
import datetime
import io
import json
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, nearest
from zerogap.models.jobshop.instance import DUE, FlexibleJobShop, Shop
from zerogap.models.jobshop.solution import Schedule, assigned, decode, label

#: Columns of a table of a schedule.
COLUMNS = ("job", "operation", "machine", "start", "end", "slack")


def slack(shop: Shop, schedule: Schedule) -> np.ndarray:
    """By how much every operation may begin later, orders kept, at no cost.

    At no cost means: no job ends later than it does, than its due date where due dates count, or
    than the makespan where that is minimised.
    """
    machine, duration = assigned(shop, schedule)
    end = schedule.start + duration
    last = shop.first[1:] - 1
    limit = end[last]
    if shop.objective == "makespan":
        limit = np.full(shop.jobs, end.max())
    elif shop.objective == "lateness":
        assert shop.due is not None
        limit = shop.due + (limit - shop.due).max()
    elif shop.objective in DUE:
        assert shop.due is not None
        limit = np.maximum(limit, shop.due)
    latest = np.full(shop.operations, np.iinfo(np.int64).max)
    latest[last] = limit
    order = np.lexsort((end, schedule.start))
    begin = np.zeros(shop.operations, dtype=np.int64)
    free: dict[int, int] = {}  # of every machine: latest start of what comes next on it
    job = shop.job
    for x in order[::-1].tolist():
        until = int(latest[x])
        if x + 1 < shop.operations and job[x + 1] == job[x]:
            until = min(until, int(begin[x + 1]))
        until = min(until, free.get(int(machine[x]), until))
        begin[x] = until - int(duration[x])
        free[int(machine[x])] = int(begin[x])
    return begin - schedule.start


def rows(shop: Shop, schedule: Schedule) -> list[tuple[Any, ...]]:
    """A tuple an operation: job, operation, machine, start, end, slack; names where there are."""
    machine, duration = assigned(shop, schedule)
    start, free = schedule.start.tolist(), slack(shop, schedule).tolist()
    job = shop.job.tolist()
    made = []
    for x, s in enumerate(start):
        operation: Any = x - int(shop.first[job[x]])
        if shop.operation_names is not None:
            operation = label(shop, "operation", x) or operation
        made.append(
            (
                label(shop, "job", job[x]),
                operation,
                label(shop, "machine", int(machine[x])),
                s,
                s + int(duration[x]),
                free[x],
            )
        )
    return made


def to_frame(shop: Shop, schedule: Schedule) -> Any:
    """`rows` as a pandas DataFrame (extra [science])."""
    import pandas as pd

    return pd.DataFrame(rows(shop, schedule), columns=list(COLUMNS))


def to_csv(shop: Shop, schedule: Schedule) -> str:
    """`rows` as CSV, by start."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    made = rows(shop, schedule)
    made.sort(key=lambda row: (row[3], row[4]))
    writer.writerows(made)
    return text.getvalue()


def to_icalendar(
    shop: Shop,
    schedule: Schedule,
    *,
    begin: datetime.datetime = datetime.datetime(2000, 1, 3),
    minutes: float = 1.0,
) -> str:
    """An iCalendar (RFC 5545) with an event an operation.

    Parameters
    ----------
    begin : datetime
        What moment 0 is, in local time.
    minutes : float
        How long a time unit of the instance is.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//zerogap//jobshop//EN"]
    for x, (job, operation, machine, start, end, _) in enumerate(rows(shop, schedule)):
        try:
            moments = [begin + datetime.timedelta(minutes=t * minutes) for t in (start, end)]
        except OverflowError:
            raise InstanceError(f"moment {end} is beyond any calendar", field="minutes") from None
        lines += [
            "BEGIN:VEVENT",
            f"UID:{x}-{start}@zerogap",
            f"DTSTAMP:{begin:%Y%m%dT%H%M%S}",
            f"DTSTART:{moments[0]:%Y%m%dT%H%M%S}",
            f"DTEND:{moments[1]:%Y%m%dT%H%M%S}",
            f"SUMMARY:{_escaped(f'{job}: {operation}')}",
            f"LOCATION:{_escaped(machine)}",
            "END:VEVENT",
        ]
    return "".join(_folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def _escaped(text: str) -> str:
    for mark in "\\;,":
        text = text.replace(mark, "\\" + mark)
    return text


def _folded(line: str) -> str:
    """A line in pieces of at most 75 octets, as RFC 5545 asks; no character is split."""
    pieces, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > 74:
            pieces.append(" ")
            size = 1
        pieces[-1] += character
        size += width
    return "\r\n".join(pieces)


def read_schedule(text: str, shop: Shop, *, file: str) -> Schedule:
    """A schedule written by hand: CSV with job, operation, start, or JSON lists of starts.

    CSV may name the machine, and must where there is a choice; other columns of `to_csv` are known
    and not read. Jobs, operations and machines by name or by number from 0. JSON: a list a job, or
    an object with ``start`` and ``machine``.

    Raises
    ------
    InstanceError
        With the line.
    """
    if text.lstrip()[:1] in ("{", "["):
        try:
            data = json.loads(text)
        except ValueError as error:
            raise InstanceError(f"not JSON: {error}", file=file) from None
        data = {"start": data} if isinstance(data, list) else data
        for key in data:
            if key not in ("start", "machine", "comment"):
                raise InstanceError(f"unknown key {key!r}", file=file)
        try:
            return decode(shop, data)
        except InstanceError as error:
            error.file = error.file or file
            raise
    return _of_csv(text, shop, file)


def _of_csv(text: str, shop: Shop, file: str) -> Schedule:
    lines = csv.reader(io.StringIO(text, newline=""))
    try:
        head = [cell.strip().lower() for cell in next(lines, [])]
        body = [(lines.line_num, row) for row in lines if any(cell.strip() for cell in row)]
    except csv.Error as error:
        raise InstanceError(str(error), file=file, line=lines.line_num) from None
    for cell in head:
        if cell not in COLUMNS:
            raise InstanceError(
                f"unknown column {cell[:40]!r}{nearest(cell, COLUMNS)}", file=file, line=1
            )
    for column in ("job", "operation", "start"):
        if column not in head:
            raise InstanceError(f"no column {column}", file=file, line=1)
    start: list[int | None] = [None] * shop.operations
    chosen: list[int | None] = [None] * shop.operations
    for line, row in body:
        if len(row) != len(head):
            raise InstanceError(
                f"{len(row)} cells, the header has {len(head)}", file=file, line=line
            )
        cells = {column: cell.strip() for column, cell in zip(head, row)}
        try:
            j = _number(cells["job"], shop.job_names, shop.jobs, "job")
            a, b = int(shop.first[j]), int(shop.first[j + 1])
            names = None if shop.operation_names is None else shop.operation_names[a:b]
            x = a + _number(cells["operation"], names, b - a, "operation")
            if start[x] is not None:
                raise InstanceError("stands twice", field="operation")
            start[x] = _number(cells["start"], None, 2**62, "start")
            if cells.get("machine"):
                machines = shop.machines
                chosen[x] = _number(cells["machine"], shop.machine_names, machines, "machine")
        except InstanceError as error:
            error.file, error.line = file, line
            raise
    if None in start:
        x = start.index(None)
        raise InstanceError(
            f"operation {x - int(shop.first[shop.job[x]])} of job "
            f"{label(shop, 'job', int(shop.job[x]))} has no row",
            file=file,
        )
    some = [c is not None for c in chosen]
    if any(some) and not all(some):
        raise InstanceError("has a machine in some rows only", file=file, field="machine")
    if not any(some):
        machine = None if isinstance(shop, FlexibleJobShop) else shop.machine
        return Schedule(start, machine, shop.first)  # type: ignore[arg-type]
    return Schedule(start, chosen, shop.first)  # type: ignore[arg-type]


def _number(word: str, names: Any, count: int, field: str) -> int:
    """A number from 0 for a name, or for a number."""
    if names is not None and word and list(names).count(word) == 1:
        return list(names).index(word)
    if word.isascii() and word.isdigit() and len(word) < 20 and int(word) < count:
        return int(word)
    known = "" if names is None else " or a name"
    raise InstanceError(
        f"is {word[:40]!r}, expected 0 … {count - 1}{known}"
        if count < 2**62
        else f"is {word[:40]!r}, expected a number of at least 0",
        field=field,
    )
