"""JSON: a list of objects a table, tasks with their modes inside."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.builder import Builder
from zerogap.models.scheduling.fields import BY_TABLE, KEYS, OBJECTIVES, UNLIMITED
from zerogap.models.scheduling.instance import Workshop

#: Tables whose rows stand in a list of their own.
_PLAIN = ("precedence", "relation", "sequence", "rule")


def decode(data: Any, *, file: str) -> Workshop:
    """A workshop from what `encode` writes; rows are named by number or by name."""
    builder = Builder(str(data.get("name") or ""))
    for i, row in enumerate(_list(data, "resources")):
        closed = row.get("closed", [])
        at = f"resources[{i}]"
        r = _located(at, partial(_add, builder, "resource", row))
        for pair in closed:
            if not isinstance(pair, list) or len(pair) != 2:
                raise InstanceError(f"{pair!r} is no [begin, end]", field=f"{at}.closed")
            _located(f"{at}.closed", partial(builder.close, r, *pair))
    for i, row in enumerate(_list(data, "jobs")):
        _located(f"jobs[{i}]", partial(_add, builder, "job", row))
    for i, row in enumerate(_list(data, "tasks")):
        _located(f"tasks[{i}]", partial(_task, builder, row))
    for table in _PLAIN:
        for i, row in enumerate(_list(data, KEYS[table])):
            at = f"{KEYS[table]}[{i}]"
            _located(at, partial(_add, builder, table, row))
    for i, group in enumerate(data.get("alternatives", [])):
        _located(f"alternatives[{i}]", partial(builder.add_alternatives, group))
    setups = data.get("setups")
    if setups is not None:
        builder.matrices(setups.get("time"), setups.get("cost"), setups.get("initial"))
    weights = data.get("objective")
    if isinstance(weights, str):
        builder.objective(weights)
    elif weights is not None:
        if not isinstance(weights, dict):
            raise InstanceError("expected weights by name", field="objective")
        for part in OBJECTIVES:  # any other key is refused as unknown
            if part in weights:
                builder.objective(part, weights[part])
    if data.get("horizon") is not None:
        builder.horizon(data["horizon"])
    if not data.get("tasks"):
        data.refuse_unknown({"family", "format"}, file=file)  # what is missing may be misspelt
    return builder.build()


def _list(data: Any, key: str) -> list:
    rows = data.get(key, [])
    if not isinstance(rows, list):
        raise InstanceError("expected a list of objects", field=key)
    for i, row in enumerate(rows):
        if not isinstance(row, dict):
            raise InstanceError(f"is {row!r}, expected an object", field=f"{key}[{i}]")
    return rows


def _fields(table: str, row: Any) -> dict[str, Any]:
    return {f.name: row[f.name] for f in BY_TABLE[table] if f.name in row}


def _add(builder: Builder, table: str, row: Any) -> int:
    return builder.add(table, **_fields(table, row))


def _located(at: str, make: Callable[[], Any]) -> Any:
    try:
        return make()
    except InstanceError as error:
        error.field = f"{at}: {error.field}" if error.field else at
        raise


def _task(builder: Builder, row: Any) -> None:
    t = builder.add("task", **_fields("task", row))
    modes = row.get("modes", [])
    if not isinstance(modes, list) or not modes:
        raise InstanceError("has no mode", field="modes")
    for mode in modes:
        if not isinstance(mode, dict):
            raise InstanceError(f"is {mode!r}, expected an object", field="modes")
        m = builder.add("mode", task=t, duration=mode.get("duration"), cost=mode.get("cost"))
        for demand in mode.get("demands", []):
            if not isinstance(demand, list) or not 1 <= len(demand) <= 3:
                raise InstanceError(
                    f"is {demand!r}, expected [resource, amount, moment]", field="demands"
                )
            values = dict(zip(("resource", "amount", "at"), demand))
            builder.add("demand", mode=m, **values)


def encode(shop: Workshop) -> dict[str, Any]:
    """The tables; fields at their defaults are left out."""
    data: dict[str, Any] = {"format": 1, "name": shop.name, "objective": shop.objective}
    data["horizon"] = shop.horizon
    data["resources"] = _rows(shop, "resource", shop.resources)
    for r, a, b in zip(shop.closing_resource, shop.closing_begin, shop.closing_end):
        data["resources"][r].setdefault("closed", []).append([int(a), int(b)])
    data["jobs"] = _rows(shop, "job", shop.jobs)
    data["tasks"] = _rows(shop, "task", shop.tasks)
    for m, (t, d, c) in enumerate(
        zip(shop.mode_task.tolist(), shop.mode_duration.tolist(), shop.mode_cost.tolist())
    ):
        mode: dict[str, Any] = {"duration": d} | ({"cost": c} if c else {})
        mode["demands"] = []
        for i in range(shop.first_demand[m], shop.first_demand[m + 1]):
            row = [int(shop.demand_resource[i]), int(shop.demand_amount[i])]
            moment = BY_TABLE["demand"][3].choices[shop.demand_at[i]]
            mode["demands"].append(row if moment == "during" else [*row, moment])
        data["tasks"][t].setdefault("modes", []).append(mode)
    for table in _PLAIN:
        count = len(getattr(shop, BY_TABLE[table][0].array))
        if count:
            data[KEYS[table]] = _rows(shop, table, count)
    groups: dict[int, list[int]] = {}
    for g, t in zip(shop.choice_group.tolist(), shop.choice_task.tolist()):
        groups.setdefault(g, []).append(t)
    if groups:
        data["alternatives"] = list(groups.values())
    if shop.setup_time.size:
        data["setups"] = {
            k: getattr(shop, f"setup_{k}").tolist() for k in ("time", "cost", "initial")
        }
    return data


def _rows(shop: Workshop, table: str, count: int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for field in BY_TABLE[table]:
        values = getattr(shop, field.array)
        if field.kind == "text":
            for row, value in zip(rows, values):
                if value:
                    row[field.name] = value
            continue
        default: Any = UNLIMITED if field.default is None else field.default
        if field.choices:
            default = None if default is ... else field.choices.index(str(default))
        column = np.asarray(values).tolist()
        for row, value in zip(rows, column):
            if default is ... or default is None or value != int(default):
                row[field.name] = (
                    field.choices[value]
                    if field.choices
                    else bool(value)
                    if field.kind == "bool"
                    else value
                )
    return rows
