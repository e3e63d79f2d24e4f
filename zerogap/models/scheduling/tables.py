"""Instances from data frames, plans as data frames (pandas, extra ``science``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import BY_TABLE, KEYS
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.solution import Plan
from zerogap.models.told import nearest


def from_pandas(frames: Mapping[str, Any], **more: Any) -> Workshop:
    """A workshop from one data frame a table.

    Parameters
    ----------
    frames : mapping of str to DataFrame
        Keys are the tables' (``tasks``, ``modes``, ``demands``, ``resources``, …), columns their
        fields; rows point to each other by number, counted from 0. Missing values mean that a
        field is not set.
    **more
        ``objective``, ``setup_time``, ``horizon``, ``name`` and whatever else `Workshop` takes.

    Raises
    ------
    InstanceError
        For an unknown table or column, by name.
    """
    tables = {key: table for table, key in KEYS.items()}
    columns: dict[str, Any] = dict(more)
    for key, frame in frames.items():
        if key not in tables:
            raise InstanceError(f"unknown table{nearest(key, tables)}", field=key)
        fields = {f.name: f for f in BY_TABLE[tables[key]]}
        if not hasattr(frame, "columns"):
            raise InstanceError("expected a data frame", field=key)
        for name in frame.columns:
            if name not in fields:
                raise InstanceError(f"unknown column{nearest(name, fields)}", field=f"{key}.{name}")
            field, series = fields[name], frame[name]
            if series.isna().any():
                if not isinstance(field.default, int):
                    raise InstanceError("has missing values", field=f"{key}.{name}")
                series = series.fillna(field.default)
            columns[field.array] = series.tolist()
    return Workshop(**columns)


def to_pandas(shop: Workshop, plan: Plan) -> Any:
    """A plan as a data frame: a row a task, with its job, start, end, mode and resources."""
    import pandas as pd

    rows = []
    for t in range(shop.tasks):
        mode = int(plan.mode[t])
        used: list[str] = []
        if mode >= 0:
            m = int(shop.first_mode[t]) + mode
            resources = shop.demand_resource[shop.first_demand[m] : shop.first_demand[m + 1]]
            used = [shop.resource_name[r] or str(r) for r in resources.tolist()]
        job = int(shop.task_job[t])
        rows.append(
            {
                "task": shop.task_name[t] or str(t),
                "job": "" if job < 0 else shop.job_name[job] or str(job),
                "start": int(plan.start[t]),
                "end": int(plan.end[t]),
                "mode": mode,
                "resources": ", ".join(used),
            }
        )
    frame = pd.DataFrame(rows)
    return frame.iloc[np.argsort(plan.start, kind="stable")].reset_index(drop=True)
