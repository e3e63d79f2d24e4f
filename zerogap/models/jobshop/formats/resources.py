"""JSON with jobs, resources, tasks and modes, as PyJobShop writes it: what of it is a job-shop."""

from __future__ import annotations

from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.jobshop.formats.numbers import Number, exactly
from zerogap.models.jobshop.formats.parts import Job, Names, shop_of
from zerogap.models.jobshop.instance import Shop

#: Numbers from here on mean "no limit" in such files.
_NO_LIMIT = 2**32
_OBJECTIVES = {
    "weight_makespan": "makespan",
    "weight_total_tardiness": "tardiness",
    "weight_total_flow_time": "flow",
    "weight_tardy_jobs": "tardy",
    "weight_max_lateness": "lateness",
    "weight_total_earliness": "earliness",
    "weight_total_setup_time": "setup times",
    "weight_max_tardiness": "largest tardiness",
}


def _beyond(what: str, path: str) -> InstanceError:
    return InstanceError(f"{what} is beyond a job-shop (see scheduling)", field=path)


def _list(data: Any, key: str) -> list[Any]:
    values = data[key]
    if not isinstance(values, list) or not all(isinstance(v, dict) for v in values):
        raise InstanceError("expected a list of objects", field=key)
    return values


def _number(value: Any, path: str) -> Number:
    amount = exactly(value)
    if amount is None:
        raise InstanceError(f"is {value!r}, expected a number", field=path)
    return amount


def _index(value: Any, count: int, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < count:
        raise InstanceError(f"is {value!r}, expected 0 … {count - 1}", field=path)
    return value


def _only(item: Any, path: str, **neutral: Any) -> None:
    """Refuse fields that say something a job-shop cannot."""
    for key, values in neutral.items():
        value = item.get(key)
        if value is not None and value not in values:
            large = exactly(value)
            if large is None or "large" not in values or large < _NO_LIMIT:
                raise _beyond(f"{key} {value!r}"[:60], path)


def shop(data: Any, objective: str | None) -> Shop:
    """The shop: machines without breaks, one machine a mode, tasks of a job in a chain."""
    resources, tasks = _list(data, "resources"), _list(data, "tasks")
    for i, resource in enumerate(resources):
        path = f"resources[{i}]"
        if resource.get("type", "machine") != "machine":
            raise _beyond(f"type {resource['type']!r}"[:60], path)
        _only(resource, path, breaks=([],), no_idle=(False,), capacity=(1, 0), renewable=(True,))
    jobs = _list(data, "jobs")
    chains = _chains(data, jobs, tasks)
    options = _modes(data, len(tasks), len(resources))
    chosen = _objective(data.get("objective"), objective)
    found = []
    for j, item in enumerate(jobs):
        path = f"jobs[{j}]"
        _only(item, path, deadline=("large",))
        job = Job(name=str(item.get("name") or "") or None)
        release = item.get("release_date")
        job.release = None if release in (None, 0) else _number(release, f"{path}.release_date")
        due = item.get("due_date")
        job.due = None if due is None else _number(due, f"{path}.due_date")
        weight = item.get("weight")
        if weight not in (None, 1):
            job.weight = _number(weight, f"{path}.weight")
            if chosen == "lateness":
                raise _beyond("a weighted lateness", f"{path}.weight")
        for x in chains[j]:
            task = tasks[x]
            where = f"tasks[{x}]"
            _only(task, where, earliest_start=(0,), earliest_end=(0,), latest_start=("large",))
            _only(task, where, latest_end=("large",), fixed_duration=(True,), allow_idle=(False,))
            _only(task, where, allow_breaks=(False,), optional=(False,))
            job.operations.append(options[x])
            job.names.append(str(task.get("name") or ""))
        found.append(job)
    names = [str(r.get("name") or "") for r in resources]
    return shop_of(
        found,
        len(resources),
        objective=chosen,
        name=str(data.get("name") or ""),
        machine_names=_distinct("machine", names),
        job_names=_distinct("job", [job.name or "" for job in found]),
        operation_names=_named([name for job in found for name in job.names]),
    )


def _named(names: list[str]) -> list[str] | None:
    return names if any(names) else None


def _distinct(what: str, names: list[str]) -> list[str] | None:
    """Names that tell all apart, or none."""
    if not any(names):
        return None
    Names(what, names)
    return names


def _chains(data: Any, jobs: list[Any], tasks: list[Any]) -> list[list[int]]:
    """The tasks of every job in the order in which the constraints put them."""
    following: dict[int, int] = {}
    constraints = data.get("constraints") or {}
    if not isinstance(constraints, dict):
        raise InstanceError("expected an object", field="constraints")
    for key in list(dict.keys(constraints)):
        values = constraints[key]
        if not values:
            continue
        if key != "end_before_start":
            raise _beyond(key, "constraints")
        for i, item in enumerate(values):
            path = f"constraints.{key}[{i}]"
            before, after = _precedence(item, len(tasks), path)
            if following.setdefault(before, after) != after:
                raise _beyond(f"task {before} before two others", path)
    owner = {}
    for x, task in enumerate(tasks):
        if task.get("job") is None:
            raise InstanceError("belongs to no job", field=f"tasks[{x}]")
        owner[x] = _index(task["job"], len(jobs), f"tasks[{x}].job")
    for before, after in following.items():
        if owner[before] != owner[after]:
            raise _beyond(f"task {before} of one job before {after} of another", "constraints")
    chains = []
    for j, job in enumerate(jobs):
        mine = [x for x in owner if owner[x] == j]
        listed = job.get("tasks")
        if listed is not None and sorted(listed) != mine:
            raise InstanceError("are not the tasks that name the job", field=f"jobs[{j}].tasks")
        chains.append(_chain(mine, following, f"jobs[{j}]"))
    return chains


def _precedence(item: Any, tasks: int, path: str) -> tuple[int, int]:
    if isinstance(item, dict):
        pair = [item.get("task1"), item.get("task2")]
        delay = item.get("delay", 0)
    elif isinstance(item, list) and len(item) in (2, 3):
        pair, delay = item[:2], item[2] if len(item) == 3 else 0
    else:
        raise InstanceError("expected two tasks", field=path)
    if delay != 0:
        raise _beyond(f"a delay of {delay!r}", path)
    return _index(pair[0], tasks, path), _index(pair[1], tasks, path)


def _chain(mine: list[int], following: dict[int, int], path: str) -> list[int]:
    behind = {following[x] for x in mine if x in following}
    starts = [x for x in mine if x not in behind]
    if len(starts) != 1:
        raise _beyond(f"{len(starts)} tasks without a predecessor in one job", path)
    chain = [starts[0]]
    while chain[-1] in following and len(chain) <= len(mine):
        chain.append(following[chain[-1]])
    if len(chain) != len(mine):
        raise _beyond("tasks that form no chain", path)
    return chain


def _modes(data: Any, tasks: int, machines: int) -> list[list[tuple[int, Number]]]:
    """Alternatives of every task."""
    options: list[list[tuple[int, Number]]] = [[] for _ in range(tasks)]
    for i, mode in enumerate(_list(data, "modes")):
        path = f"modes[{i}]"
        x = _index(mode["task"], tasks, f"{path}.task")
        used = mode["resources"]
        if not isinstance(used, list) or len(used) != 1:
            raise _beyond("a mode with other than one machine", path)
        m = _index(used[0], machines, f"{path}.resources[0]")
        _only(mode, path, demands=([0], [1], [], 0, 1))
        mode.get("name")
        duration = _number(mode["duration"], f"{path}.duration")
        if duration < 0:
            raise InstanceError(f"is {duration}, expected at least 0", field=f"{path}.duration")
        if any(m == other for other, _ in options[x]):
            raise _beyond(f"two modes of task {x} on one machine", path)
        options[x].append((m, duration))
    for x, some in enumerate(options):
        if not some:
            raise InstanceError(f"task {x} has no mode", field="modes")
    return options


def _objective(stated: Any, chosen: str | None) -> str:
    """The objective: the one whose weight is not 0."""
    stated = {} if stated is None else stated
    if not isinstance(stated, dict):
        raise InstanceError("expected an object", field="objective")
    found = []
    for key in list(dict.keys(stated)):
        value = stated[key]
        if value in (0, None):
            continue
        if key not in _OBJECTIVES:
            raise InstanceError(f"unknown key {key!r}", field="objective")
        found.append(_OBJECTIVES[key])
    if chosen is not None:
        return chosen
    if len(found) > 1 or (found and found[0] in ("earliness", "setup times", "largest tardiness")):
        raise _beyond("objective " + " + ".join(found), "objective")
    return (found or ["makespan"])[0]
