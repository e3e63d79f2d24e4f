"""File formats: standard, Taillard's, flexible, JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from zerogap.models import base
from zerogap.models.base import Format, InstanceError
from zerogap.models.jobshop.instance import FlexibleJobShop, JobShop, Shop

Line = tuple[int, np.ndarray]
_OPTIONAL = ("release", "due", "weight")


def _numbers(text: str, file: str) -> Iterator[Line]:
    """Line number and integers of every line that is neither empty nor a comment."""
    for number, line in enumerate(text.splitlines(), 1):
        body = line.partition("#")[0].split()
        if not body:
            continue
        try:
            yield number, np.array(body, dtype=np.int64)
        except (ValueError, OverflowError):
            bad = next(word for word in body if not _is_integer(word))
            raise InstanceError(
                f"{bad[:40]!r} is no integer (of 64 bits)", file=file, line=number
            ) from None


def _is_integer(word: str) -> bool:
    try:
        return -(2**63) <= int(word) < 2**63
    except ValueError:
        return False


def _header(lines: Iterator[Line], file: str) -> tuple[int, int, np.ndarray]:
    """Jobs, machines and whatever else the first line holds."""
    try:
        number, head = next(lines)
    except StopIteration:
        raise InstanceError("holds no numbers", file=file) from None
    if len(head) < 2:
        raise InstanceError("expected 'jobs machines'", file=file, line=number)
    jobs, machines = int(head[0]), int(head[1])
    for field, value in (("jobs", jobs), ("machines", machines)):
        if not 1 <= value <= 10**8:
            raise InstanceError(
                f"is {value}, expected 1 or more", file=file, line=number, field=field
            )
    return jobs, machines, head[2:]


def _rows(lines: Iterator[Line], count: int, what: str, file: str) -> list[Line]:
    rows: list[Line] = []
    for _ in range(count):
        row = next(lines, None)
        if row is None:
            raise InstanceError(f"ends after {len(rows)} of {count} {what}", file=file)
        rows.append(row)
    return rows


def _nothing_more(lines: Iterator[Line], file: str) -> None:
    extra = next(lines, None)
    if extra is not None:
        raise InstanceError("more lines than the header announces", file=file, line=extra[0])


def _in_range(values: np.ndarray, low: int, high: int, field: str, file: str, line: int) -> None:
    bad = np.flatnonzero((values < low) | (values > high))
    if bad.size:
        limit = f"{low} … {high}" if high < 2**62 else f"at least {low}"
        raise InstanceError(
            f"is {values[bad[0]]}, expected {limit}", file=file, line=line, field=field
        )


def _name(file: str) -> str:
    base_name = file.replace("\\", "/").rpartition("/")[2]
    stem = base_name.rpartition(".")[0] or base_name
    return "" if stem.startswith("<") else stem


def read_standard(text: str, *, file: str, objective: str = "makespan") -> JobShop:
    """``jobs machines``, then a line a job of ``machine duration`` pairs, machines from 0.

    A pair ``-1 -1`` ends a line early, as in the very large re-entrant sets.
    """
    lines = _numbers(text, file)
    jobs, machines, _ = _header(lines, file)
    machine, duration, first = [], [], [0]
    for number, row in _rows(lines, jobs, "jobs", file):
        if len(row) >= 2 and row[-1] == -1 and row[-2] == -1:
            row = row[:-2]
        if len(row) % 2 or not len(row):
            raise InstanceError(
                f"{len(row)} numbers, expected pairs of machine and duration",
                file=file,
                line=number,
            )
        _in_range(row[::2], 0, machines - 1, "machine", file, number)
        _in_range(row[1::2], 0, 2**62, "duration", file, number)
        machine.append(row[::2])
        duration.append(row[1::2])
        first.append(first[-1] + len(row) // 2)
    _nothing_more(lines, file)
    return JobShop(
        np.concatenate(machine),
        np.concatenate(duration),
        np.array(first),
        machines,
        objective=objective,
        name=_name(file),
    )


def write_standard(shop: Shop) -> str:
    """The standard text; refuses what it cannot hold."""
    if not isinstance(shop, JobShop):
        raise InstanceError("the standard format has no alternative machines (use .fjs or .json)")
    _plain(shop)
    pairs = np.stack((shop.machine, shop.duration), axis=1).tolist()
    lines = [f"{shop.jobs} {shop.machines}"]
    for a, b in zip(shop.first[:-1].tolist(), shop.first[1:].tolist()):
        lines.append(" ".join(f"{m} {d}" for m, d in pairs[a:b]))
    return "\n".join(lines) + "\n"


def _plain(shop: Shop) -> None:
    """Text formats hold machines and durations only."""
    extra = [field for field in _OPTIONAL if getattr(shop, field) is not None]
    if extra or shop.objective != "makespan":
        what = ", ".join(extra) or f"objective {shop.objective}"
        raise InstanceError(f"this format cannot hold {what} (use .json)")


def read_taillard(text: str, *, file: str, objective: str = "makespan") -> JobShop:
    """Taillard's text: ``jobs machines``, a block of times, a block of machines from 1."""
    kept = "\n".join("" if _is_words(line) else line for line in text.splitlines())
    lines = _numbers(kept, file)
    jobs, machines, _ = _header(lines, file)
    blocks = []
    for what, field, low, high in (
        ("rows of times", "duration", 0, 2**62),
        ("rows of machines", "machine", 1, machines),
    ):
        rows = _rows(lines, jobs, what, file)
        for number, row in rows:
            if len(row) != machines:
                raise InstanceError(
                    f"{len(row)} numbers, expected {machines}", file=file, line=number, field=field
                )
            _in_range(row, low, high, field, file, number)
        blocks.append(np.concatenate([row for _, row in rows]))
    _nothing_more(lines, file)
    return JobShop(
        blocks[1] - 1,
        blocks[0],
        np.arange(jobs + 1) * machines,
        machines,
        objective=objective,
        name=_name(file),
    )


def write_taillard(shop: Shop) -> str:
    """Taillard's text, for shops whose jobs have one operation a machine."""
    if not isinstance(shop, JobShop) or (np.diff(shop.first) != shop.machines).any():
        raise InstanceError("Taillard's format needs one operation a machine in every job")
    _plain(shop)

    def block(values: np.ndarray) -> list[str]:
        return [" ".join(map(str, row)) for row in values.reshape(shop.jobs, -1).tolist()]

    head = f"{shop.jobs} {shop.machines}"
    return (
        "\n".join([head, "Times", *block(shop.duration), "Machines", *block(shop.machine + 1)])
        + "\n"
    )


def _is_words(line: str) -> bool:
    return line.strip().rstrip(":").lower() in ("times", "machines")


def read_flexible(text: str, *, file: str, objective: str = "makespan") -> FlexibleJobShop:
    """``jobs machines [average]``, then per job its operations with their alternatives."""
    # The average may be a fraction: it says nothing and is not read.
    head, _, rest = text.lstrip().partition("\n")
    skipped = text[: len(text) - len(text.lstrip())].count("\n")
    words = head.partition("#")[0].split()
    lines = _numbers("\n" * skipped + " ".join(words[:2]) + "\n" + rest, file)
    jobs, machines, _ = _header(lines, file)
    machine: Any = []
    duration: Any = []
    choice: Any = [0]
    first: Any = [0]
    for number, row in _rows(lines, jobs, "jobs", file):
        values = row.tolist()
        if values[0] < 1:
            raise InstanceError(
                f"job has {values[0]} operations, expected at least 1", file=file, line=number
            )
        at = 1
        for k in range(values[0]):
            at = _alternatives(values, at, k, machines, machine, duration, file, number)
            choice.append(len(machine))
        if at != len(values):
            raise InstanceError(
                f"{len(values) - at} numbers after the last operation", file=file, line=number
            )
        first.append(first[-1] + values[0])
    _nothing_more(lines, file)
    return FlexibleJobShop(
        machine, duration, choice, first, machines, objective=objective, name=_name(file)
    )


def _alternatives(values, at, k, machines, machine, duration, file, line) -> int:
    """Read one operation; returns where the next begins."""
    count = values[at] if at < len(values) else None
    if count is None or at + 1 + 2 * count > len(values):
        raise InstanceError(f"line ends within operation {k + 1}", file=file, line=line)
    if count < 1:
        raise InstanceError(f"operation {k + 1} has {count} alternatives", file=file, line=line)
    chosen = values[at + 1 : at + 1 + 2 * count : 2]
    times = values[at + 2 : at + 1 + 2 * count : 2]
    for m in chosen:
        if not 1 <= m <= machines:
            raise InstanceError(
                f"is {m}, expected 1 … {machines}", file=file, line=line, field="machine"
            )
    if len(set(chosen)) != count:
        raise InstanceError(f"operation {k + 1} names a machine twice", file=file, line=line)
    if min(times) < 0:
        raise InstanceError(
            f"is {min(times)}, expected at least 0", file=file, line=line, field="duration"
        )
    machine.extend(m - 1 for m in chosen)
    duration.extend(times)
    return at + 1 + 2 * count


def write_flexible(shop: Shop) -> str:
    """The flexible text; an ordinary shop is written with one alternative an operation."""
    _plain(shop)
    choice = shop.choice if isinstance(shop, FlexibleJobShop) else np.arange(shop.operations + 1)
    machine, duration = (shop.machine + 1).tolist(), shop.duration.tolist()
    lines = [f"{shop.jobs} {shop.machines} {len(machine) / shop.operations:.4g}"]
    for a, b in zip(shop.first[:-1].tolist(), shop.first[1:].tolist()):
        words = [str(b - a)]
        for x in range(a, b):
            options = range(choice[x], choice[x + 1])
            words.append(str(len(options)))
            words.extend(f"{machine[i]} {duration[i]}" for i in options)
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"


def _encode(shop: Shop) -> dict:
    """The fields of a shop; `jobs` lists the operations of each job."""
    machine, duration = shop.machine.tolist(), shop.duration.tolist()
    if isinstance(shop, FlexibleJobShop):
        c = shop.choice.tolist()
        operations = [
            [[machine[i], duration[i]] for i in range(c[x], c[x + 1])]
            for x in range(shop.operations)
        ]
    else:
        operations = [[m, d] for m, d in zip(machine, duration)]
    bounds = list(zip(shop.first[:-1].tolist(), shop.first[1:].tolist()))
    data = {"name": shop.name, "machines": shop.machines, "objective": shop.objective}
    data["jobs"] = [operations[a:b] for a, b in bounds]
    for field in _OPTIONAL:
        if getattr(shop, field) is not None:
            data[field] = getattr(shop, field).tolist()
    return data


def _decode(data: dict, *, file: str, objective: str | None = None) -> Shop:
    """A shop from the dict that `_encode` makes; flexible if operations list alternatives."""
    jobs = data["jobs"]
    operations = [operation for job in jobs for operation in job]
    first = np.cumsum([0] + [len(job) for job in jobs])
    common: dict[str, Any] = {field: data.get(field) for field in _OPTIONAL}
    common["objective"] = objective or data.get("objective", "makespan")
    common["name"] = str(data.get("name") or "")
    if operations and isinstance(operations[0], list) and isinstance(operations[0][0], list):
        pairs = [pair for operation in operations for pair in operation]
        choice = np.cumsum([0] + [len(operation) for operation in operations])
        machine, duration = _pairs(pairs)
        return FlexibleJobShop(machine, duration, choice, first, data["machines"], **common)
    machine, duration = _pairs(operations)
    return JobShop(machine, duration, first, data["machines"], **common)


def _pairs(pairs: list) -> tuple[Any, Any]:
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            raise InstanceError(f"{pair!r} is no pair [machine, duration]", field="jobs")
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _head(text: str) -> list[list[str]]:
    """Words of the first lines; the last line may be cut off and is dropped if there are others."""
    lines = [line.partition("#")[0].split() for line in text.splitlines()[:4000]]
    if len(lines) > 2 and not text.endswith("\n") and len(text) >= 60_000:
        lines.pop()
    return [words for words in lines if words]


def _counts(rows: list[list[str]]) -> bool:
    head = rows[0] if rows else []
    return len(head) in (2, 3) and all(_is_integer(word) for word in head[:2])


def _walks(row: list[str]) -> bool:
    """Whether a line reads as operations with their alternatives to its very end."""
    try:
        values = [int(word) for word in row]
    except ValueError:
        return False
    at = 1
    for _ in range(values[0]):
        if at >= len(values) or values[at] < 0:
            return False
        at += 1 + 2 * values[at]
    return at == len(values) and values[0] >= 0


def _sniff_flexible(head: str, name: str) -> bool:
    rows = _head(head)
    if not _counts(rows) or len(rows) < 2:
        return False
    if name.endswith(".fjs"):
        return True
    # Pairs make even lines, operations with alternatives of an odd count of operations do not;
    # where both are possible a third number in the header decides.
    sample = rows[1:12]
    if not all(_walks(row) for row in sample):
        return False
    return len(rows[0]) == 3 or any(len(row) % 2 for row in sample)


def _sniff_taillard(head: str, name: str) -> bool:
    if any(_is_words(line) for line in head.splitlines()[:3]):
        rows = _head(head)
        return bool(rows) and len(rows[0]) >= 2 and all(map(_is_integer, rows[0][:2]))
    rows = _head(head)
    if not _counts(rows):
        return False
    jobs, machines = int(rows[0][0]), int(rows[0][1])
    body = rows[1:]
    if len(body) < 2 * jobs and len(head) < 60_000:
        return False
    return len(body) > jobs and all(len(row) == machines for row in body[:100])


def _sniff_standard(head: str, name: str) -> bool:
    rows = _head(head)
    if not _counts(rows):
        return False
    return name.endswith((".jsp", ".txt", ".jss")) or len(rows) < 2 or len(rows[1]) % 2 == 0


FORMATS = (
    base.json_format("jobshop", _encode, _decode),
    Format(
        "taillard", (".ta", ".taillard"), _sniff_taillard, read_taillard, write_taillard, shape=True
    ),
    Format("flexible", (".fjs",), _sniff_flexible, read_flexible, write_flexible, shape=True),
    Format(
        "standard",
        (".txt", ".jsp", ".jss"),
        _sniff_standard,
        read_standard,
        write_standard,
        shape=True,
    ),
)
