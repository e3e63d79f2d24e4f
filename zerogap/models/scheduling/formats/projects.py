"""Project files: Patterson's, PSPLIB's and MPLIB's."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import CONSUMABLE, RENEWABLE
from zerogap.models.scheduling.formats.numbers import Numbers, stem
from zerogap.models.scheduling.instance import Workshop


class _Project:
    """Columns of a project that grows activity by activity."""

    def __init__(self) -> None:
        self.task: list[int] = []
        self.duration: list[int] = []
        self.mode: list[int] = []
        self.resource: list[int] = []
        self.amount: list[int] = []
        self.before: list[int] = []
        self.after: list[int] = []

    def add(self, task: int, duration: int, demands: list[int], first: int = 0) -> None:
        for r, amount in enumerate(demands):
            if amount:
                self.mode.append(len(self.task))
                self.resource.append(first + r)
                self.amount.append(amount)
        self.task.append(task)
        self.duration.append(duration)

    def follow(self, before: int, after: int) -> None:
        self.before.append(before)
        self.after.append(after)

    def build(self, kind: Any, capacity: Any, **columns: Any) -> Workshop:
        ints = lambda values: np.array(values, dtype=np.int64)  # noqa: E731
        return Workshop(
            mode_task=self.task,
            mode_duration=self.duration,
            demand_mode=ints(self.mode),
            demand_resource=ints(self.resource),
            demand_amount=ints(self.amount),
            precedence_before=ints(self.before),
            precedence_after=ints(self.after),
            resource_kind=kind,
            resource_capacity=capacity,
            **columns,
        )


def read_patterson(text: str, *, file: str, problem: str | None = None) -> Workshop:
    """Patterson's format: activities (with the dummies), resources, capacities, rows."""
    _expect(problem, "rcpsp", file)
    numbers = Numbers(text, file)
    n, m = numbers.count("tasks"), numbers.count("resources", low=0)
    capacity = numbers.take(m, "capacities")
    project = _Project()
    for t in range(n):
        duration = numbers.count("duration", 0, 2**60)
        demands = numbers.take(m, "demands").tolist()
        project.add(t, duration, demands)
        count = numbers.count("successors", 0, n)
        for s in numbers.take(count, "successor", 1, n).tolist():
            project.follow(t, s - 1)
    numbers.finish()
    return project.build(np.full(m, RENEWABLE), capacity, name=stem(file))


def read_mplib(text: str, *, file: str, problem: str | None = None) -> Workshop:
    """MPLIB's format: several projects that share resources; the makespan over all of them."""
    _expect(problem, "rcmpsp", file)
    pairs = re.compile(r"(\d+):(\d+)")
    numbers = Numbers(pairs.sub(r"\1 \2", text), file)
    projects, m = numbers.count("projects"), numbers.count("resources")
    capacity = numbers.take(m, "capacities").tolist()
    shared = list(capacity)
    made = _Project()
    offsets, links, job, release = [0], [], [], []
    for p in range(projects):
        n = numbers.count("activities")
        release.append(numbers.count("release", 0, 2**60))
        shares = numbers.take(m, "shared resources", 0, 1).tolist()
        of = []
        for r in range(m):  # what a project does not share it has alone
            of.append(r if shares[r] else len(capacity))
            if not shares[r]:
                capacity.append(shared[r])
        for a in range(n):
            t = offsets[p] + a
            duration = numbers.count("duration", 0, 2**60)
            demands = [0] * len(capacity)
            for r, amount in enumerate(numbers.take(m, "demands").tolist()):
                demands[of[r]] = amount
            made.add(t, duration, demands)
            count = numbers.count("successors", 0)
            for _ in range(count):
                q = numbers.count("project", 1, projects) - 1
                links.append((t, q, numbers.count("activity") - 1, numbers.line(-1)))
            job.append(p)
        offsets.append(offsets[p] + n)
    numbers.finish()
    for t, q, a, line in links:
        if a >= offsets[q + 1] - offsets[q]:
            raise InstanceError(
                f"project {q + 1} has no activity {a + 1}", file=file, line=line, field="successor"
            )
        made.follow(t, offsets[q] + a)
    kinds = np.full(len(capacity), RENEWABLE)
    return made.build(kinds, capacity, task_job=job, job_release=release, name=stem(file))


_SECTIONS = ("PRECEDENCE RELATIONS", "REQUESTS/DURATIONS", "RESOURCE AVAILABILITIES",
             "RESOURCEAVAILABILITIES")  # fmt: skip


def read_psplib(text: str, *, file: str, problem: str | None = None) -> Workshop:
    """PSPLIB's ``.sm`` and ``.mm``: activities with modes, renewable and other resources."""
    _expect(problem, "mmrcpsp", file)
    lines = text.splitlines()
    n = _stated(lines, r"jobs.*:\s*(\d+)", "jobs", file)
    renewable = _stated(lines, r"-\s*renewable\s*:\s*(\d+)", "renewable", file)
    budget = _stated(lines, r"-\s*nonrenewable\s*:\s*(\d+)", "nonrenewable", file)
    if _stated(lines, r"-\s*doubly constrained\s*:\s*(\d+)", "doubly constrained", file):
        raise InstanceError("doubly constrained resources are not supported", file=file)
    count = renewable + budget
    relations = _rows(lines, _SECTIONS[:1], file)
    requests = _rows(lines, _SECTIONS[1:2], file)
    available = _rows(lines, _SECTIONS[2:], file)
    project = _Project()
    modes: dict[int, int] = {}
    for line, row in relations:
        if len(row) < 3 or len(row) != 3 + row[2] or not 1 <= row[0] <= n:
            raise InstanceError("expected job, modes, successors", file=file, line=line)
        modes[row[0]] = row[1]
        for s in row[3:]:
            if not 1 <= s <= n:
                raise InstanceError(f"is {s}, expected 1 … {n}", file=file, line=line,
                                    field="successor")  # fmt: skip
            project.follow(row[0] - 1, s - 1)
    job = 0
    found: dict[int, int] = {}
    for line, row in requests:
        if len(row) == 3 + count:
            job = row.pop(0)
        if len(row) != 2 + count or not 1 <= job <= n:
            raise InstanceError(
                f"{len(row)} numbers, expected mode, duration, {count} demands",
                file=file,
                line=line,
            )
        if min(row) < 0:
            raise InstanceError(f"is {min(row)}, expected 0 or more", file=file, line=line)
        found[job] = found.get(job, 0) + 1
        project.add(job - 1, row[1], row[2:])
    for j in range(1, n + 1):
        if found.get(j, 0) != modes.get(j):
            raise InstanceError(
                f"job {j} has {found.get(j, 0)} modes, {modes.get(j)} are announced", file=file
            )
    if len(available) != 1 or len(available[0][1]) != count:
        raise InstanceError(f"expected {count} availabilities", file=file)
    kind = [RENEWABLE] * renewable + [CONSUMABLE] * budget
    return project.build(kind, available[0][1], name=stem(file))


def _expect(problem: str | None, own: str, file: str) -> None:
    if problem is not None and problem != own:
        raise InstanceError(f"this file is of the class {own}, not {problem}", file=file)


def _stated(lines: list[str], pattern: str, what: str, file: str) -> int:
    for line in lines:
        match = re.search(pattern, line)
        if match:
            return int(match.group(1))
    raise InstanceError("is not stated", file=file, field=what)


def _rows(lines: list[str], titles: tuple[str, ...], file: str) -> list[tuple[int, list[int]]]:
    """Rows of integers of a section, lines with words left out."""
    rows: list[tuple[int, list[int]]] = []
    inside = False
    for number, line in enumerate(lines, 1):
        if line.startswith("***") and inside:
            return rows
        if any(title in line for title in titles):
            inside = True
            continue
        words = line.split()
        if inside and words and not re.search("[A-Za-z]", line) and not line.startswith("--"):
            try:
                values = [int(word) for word in words]
            except ValueError:
                raise InstanceError("expected integers", file=file, line=number) from None
            if max(map(abs, values)) > 2**60:
                raise InstanceError("a number is beyond 2**60", file=file, line=number)
            rows.append((number, values))
    if not inside:
        raise InstanceError(f"section {titles[0]} is missing", file=file)
    return rows
