"""JSON: the project's own, and what other programs write."""

from __future__ import annotations

import re
from typing import Any

from zerogap.models.base import InstanceError, nearest, parse_json
from zerogap.models.jobshop.formats import matrices, resources
from zerogap.models.jobshop.formats.numbers import Number, exactly
from zerogap.models.jobshop.formats.parts import Job, Names, shop_of
from zerogap.models.jobshop.instance import FlexibleJobShop, Shop
from zerogap.models.told import Told

#: Words for the same thing in the files of several programs; the first is the project's own.
MACHINE = ("machine", "resource", "machine_id")
DURATION = ("duration", "processing", "processing_time", "time")
RELEASE = ("release", "release_date", "release_time")
DUE = ("due", "due_date")
OPERATIONS = ("operations", "tasks")
#: Where one of these stands in the head of a JSON file it is a shop, whoever wrote it.
_MARKS = (
    re.compile(r'"(duration|machines)_matrix"\s*:'),
    re.compile(r'"jobs"\s*:\s*\[\s*\[\s*\['),
    re.compile(r'"jobs"\s*:\s*\[\s*\{[^{}]*"(operations|tasks)"\s*:'),
)
_NAMED = re.compile(
    r'\s*\{\s*"[^"]*"\s*:\s*\[\s*(\[\s*"[^"]*"\s*,\s*[0-9]|\{\s*"(resource|machine)"\s*:)'
)
_LIST = re.compile(
    r"\s*\[\s*\[\s*(\[\s*(\[\s*)?-?[0-9]|\[\s*\[?\s*\"[^\"]*\"\s*,|\{\s*\"machine\")"
)


def sniff(head: str, name: str) -> bool:
    """Whether it is a JSON file that names no family and can be a shop."""
    if '"solution"' in head or re.search(r'"family"\s*:', head) or '"vehicles"' in head:
        return False
    if head.lstrip()[:1] == "[":
        return bool(_LIST.match(head))
    return bool(_NAMED.match(head)) or any(mark.search(head) for mark in _MARKS)


def read(text: str, *, file: str, objective: str | None = None) -> Shop:
    """A shop from JSON of other programs.

    Lists of jobs of operations ``[machine, duration]`` (or of their alternatives), the same as
    objects, two matrices, jobs by name, or jobs with resources, tasks and modes.
    """
    data = parse_json(text, file=file, kind=(dict, list))
    told = Told({"jobs": data} if isinstance(data, list) else data)
    try:
        if isinstance(data, list):
            return decode(told, file=file, objective=objective)
        if "duration_matrix" in data or "machines_matrix" in data:
            shop = matrices.shop(told, objective)
        elif "modes" in data or ("resources" in data and "tasks" in data):
            shop = resources.shop(told, objective)
        elif "jobs" not in data and data and all(isinstance(v, list) for v in data.values()):
            jobs = [{"name": k, "operations": v} for k, v in data.items()]
            return decode(Told({"jobs": jobs}), file=file, objective=objective)
        else:
            shop = decode(told, file=file, objective=objective)
        told.refuse_unknown({"family", "format"}, file=file)
        return shop
    except InstanceError as error:
        error.file = error.file or file
        raise
    except KeyError as error:
        raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None
    except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise InstanceError(told.malformed(error), file=file) from None


def encode(shop: Shop) -> dict:
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
    for field in ("release", "due", "weight"):
        if getattr(shop, field) is not None:
            data[field] = getattr(shop, field).tolist()
    for field in ("job_names", "machine_names", "operation_names"):
        if getattr(shop, field) is not None:
            data[field] = list(getattr(shop, field))
    for field in ("time_scale", "weight_scale"):
        if getattr(shop, field) != 1:
            data[field] = getattr(shop, field)
    return data


def decode(data: Any, *, file: str, objective: str | None = None) -> Shop:
    """A shop from the dict that `encode` makes, or one like it; flexible if there are choices.

    Machines are numbers from 0 or names; a job is a list of operations or an object with
    ``operations``, ``name``, ``release``, ``due`` and ``weight``.
    """
    chosen = objective or data.get("objective", "makespan")
    machines, names = _machines(data)
    jobs = data["jobs"]
    if not isinstance(jobs, list) or not jobs:
        raise InstanceError("expected a list of at least one job", field="jobs")
    found = [_job(job, names, f"jobs[{j}]") for j, job in enumerate(jobs)]
    _columns(data, found)
    count = machines
    if count is None:
        used = [m for job in found for options in job.operations for m, _ in options]
        count = len(names.index) if names.index else max(used) + 1
    elif names.index and len(names.index) != count:
        raise InstanceError(f"is {count}, but {len(names.index)} names occur", field="machines")
    job_names = data.get("job_names")
    if job_names is None and all(job.name is not None for job in found):
        job_names = [job.name for job in found]
        Names("job", job_names)
    operation_names = data.get("operation_names")
    if operation_names is None and any(job.names for job in found):
        operation_names = [name for job in found for name in job.names]
    for key in ("bks", "optimum", "lower_bound", "upper_bound"):
        data.get(key)  # what is known of its optimum is no part of an instance
    return shop_of(
        found,
        count,
        objective=str(chosen),
        name=str(data.get("name") or ""),
        machine_names=names.list(),
        job_names=job_names,
        operation_names=operation_names,
        time_scale=data.get("time_scale", 1),
        weight_scale=data.get("weight_scale", 1),
    )


class _Machines(Names):
    """Machines by number, or by name where names are given or used."""

    def __init__(self, names: Any, count: int | None):
        super().__init__("machine", names)
        self.count = count
        self.counted = False

    def of(self, value: Any, path: str) -> int:
        """The number of a machine as the file has it."""
        if isinstance(value, int) and not isinstance(value, bool):
            self.counted = True
            high = len(self.index) if self.closed else self.count
            if value < 0 or (high is not None and value >= high):
                limit = "at least 0" if high is None else f"0 … {high - 1}"
                raise InstanceError(f"machine is {value}, expected {limit}", field=path)
            if self.index and not self.closed:
                raise InstanceError("machines by number and by name", field=path)
            return value
        if isinstance(value, str):
            if self.counted and not self.closed:
                raise InstanceError("machines by number and by name", field=path)
            try:
                return self.number(value)
            except InstanceError as error:
                error.field = path
                raise
        raise InstanceError(f"{value!r} is no machine, expected its number or name", field=path)


def _machines(data: Any) -> tuple[int | None, _Machines]:
    """Number of machines, where it is given, and their names."""
    count = data.get("machines", data.get("n_machines"))
    names = data.get("machine_names")
    if isinstance(count, list):
        names, count = count, len(count)
    if names is not None and not (
        isinstance(names, list) and all(isinstance(n, str) for n in names)
    ):
        raise InstanceError("expected a list of names", field="machine_names")
    if count is None and names is not None:
        count = len(names)
    if count is None and data.get("family"):
        raise InstanceError("is missing, expected the number of machines", field="machines")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise InstanceError(f"is {count!r}, expected an integer of 1 or more", field="machines")
    jobs = data.get("n_jobs")
    if jobs is not None and jobs != len(data["jobs"]):
        raise InstanceError(f"is {jobs!r}, but there are {len(data['jobs'])} jobs", field="n_jobs")
    return count, _Machines(names, count)


def _job(value: Any, machines: _Machines, path: str) -> Job:
    job = Job()
    if isinstance(value, dict):
        told = value
        value = _one(told, OPERATIONS, path)
        path = f"{path}.operations"
        name = _one(told, ("name", "id", "job_id"), path, None)
        job.name = None if name is None else str(name)
        job.release = _amount(_one(told, RELEASE, path, None), f"{path}.release")
        job.due = _amount(_one(told, DUE, path, None), f"{path}.due")
        job.weight = _amount(_one(told, ("weight",), path, None), f"{path}.weight")
    if not isinstance(value, list) or not value:
        raise InstanceError("expected a list of at least one operation", field=path)
    for k, operation in enumerate(value):
        options, name = _operation(operation, machines, f"{path}[{k}]")
        job.operations.append(options)
        if name is not None or job.names:
            job.names = job.names or [str(i) for i in range(k)]
            job.names.append(str(k) if name is None else name)
    return job


def _operation(
    value: Any, machines: _Machines, path: str
) -> tuple[list[tuple[int, Number]], str | None]:
    """Alternatives of an operation, and its name where it has one."""
    name = None
    if isinstance(value, dict) and "alternatives" in value:
        name = value.get("name")
        value = value["alternatives"]
        path = f"{path}.alternatives"
    pair = isinstance(value, list) and len(value) == 2 and not isinstance(value[0], list | dict)
    if isinstance(value, dict) or pair:
        if isinstance(value, dict):
            name = value.get("name")
        return [_pair(value, machines, path)], None if name is None else str(name)
    if not isinstance(value, list) or not value:
        raise InstanceError(
            f"{_shown(value)} is no pair [machine, duration] and no list of such pairs", field=path
        )
    options = [_pair(v, machines, f"{path}[{i}]") for i, v in enumerate(value)]
    if len({m for m, _ in options}) < len(options):
        raise InstanceError("names a machine twice", field=path)
    return options, None if name is None else str(name)


def _pair(value: Any, machines: _Machines, path: str) -> tuple[int, Number]:
    if isinstance(value, dict):
        machine, duration = _one(value, MACHINE, path), _one(value, DURATION, path)
    elif isinstance(value, list) and len(value) == 2:
        machine, duration = value
    else:
        raise InstanceError(f"{_shown(value)} is no pair [machine, duration]", field=path)
    amount = _amount(duration, path)
    if amount is None or amount < 0:
        raise InstanceError(f"duration is {duration!r}, expected at least 0", field=path)
    return machines.of(machine, path), amount


def _one(data: Any, words: tuple[str, ...], path: str, *default: Any) -> Any:
    """The value under whichever of some words of one meaning is there."""
    there = [word for word in words if word in data]
    if len(there) > 1:
        raise InstanceError(f"has both {there[0]!r} and {there[1]!r}", field=path)
    if there:
        return data[there[0]]
    if default:
        return default[0]
    keys = [k for k in dict.keys(data) if k not in words]
    hint = next((h for h in (nearest(k, words) for k in keys) if h), "")
    raise InstanceError(f"key {words[0]!r} is missing{hint and ': ' + repr(keys[0])}", field=path)


def _amount(value: Any, path: str) -> Number | None:
    if value is None:
        return None
    amount = exactly(value)
    if amount is None:
        raise InstanceError(f"is {_shown(value)}, expected a number", field=path)
    return amount


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _columns(data: Any, jobs: list[Job]) -> None:
    """Dates and weights that stand in lists of their own, one entry a job."""
    for key, words in (("release", RELEASE), ("due", DUE), ("weight", ("weight",))):
        there = [word for word in (*words, *(w + "s" for w in words)) if data.get(word) is not None]
        if not there:
            continue
        values = data[there[0]]
        if not isinstance(values, list) or len(values) != len(jobs):
            have = f"{len(values)} entries" if isinstance(values, list) else _shown(values)
            raise InstanceError(f"{have} for {len(jobs)} jobs", field=there[0])
        for j, (job, value) in enumerate(zip(jobs, values)):
            if getattr(job, key) is not None:
                raise InstanceError("stands in the job as well", field=f"{there[0]}[{j}]")
            setattr(job, key, _amount(value, f"{there[0]}[{j}]"))
