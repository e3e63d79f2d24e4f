"""Job-shop and flexible job-shop scheduling: instances, schedules, checker, files, generators."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import Family, Option, Setting
from zerogap.models.jobshop.check import check
from zerogap.models.jobshop.formats import FORMATS
from zerogap.models.jobshop.generate import GENERATORS
from zerogap.models.jobshop.instance import OBJECTIVES, FlexibleJobShop, JobShop, Shop
from zerogap.models.jobshop.solution import Schedule, decode, encode
from zerogap.models.jobshop.table import read_schedule, rows, to_csv, to_frame, to_icalendar

#: Layouts of rows of numbers, and of arrays.
LAYOUTS = ("standard", "taillard", "flexible", "machines-first", "times-first")

__all__ = [
    "FAMILY",
    "FlexibleJobShop",
    "JobShop",
    "Schedule",
    "Shop",
    "check",
    "rows",
    "to_csv",
    "to_frame",
    "to_icalendar",
    "from_pandas",
]


def info(shop: Shop) -> dict[str, Any]:
    """Facts of a shop for people."""
    lengths = np.diff(shop.first)
    facts: dict[str, Any] = {
        "kind": "flexible job-shop" if isinstance(shop, FlexibleJobShop) else "job-shop",
        "objective": shop.objective,
        "jobs": shop.jobs,
        "machines": shop.machines,
        "operations": shop.operations,
        "operations per job": f"{lengths.min()} … {lengths.max()}",
        "durations": f"{shop.duration.min()} … {shop.duration.max()}",
    }
    if isinstance(shop, FlexibleJobShop):
        counts = np.diff(shop.choice)
        facts["alternatives"] = f"{counts.min()} … {counts.max()}, mean {counts.mean():.2f}"
    else:
        load = np.bincount(shop.machine, shop.duration, minlength=shop.machines)
        facts["largest machine load"] = int(load.max())
        visits = np.unique(np.stack((shop.job, shop.machine)), axis=1).shape[1]
        facts["re-entrant"] = visits < shop.operations
    facts["longest job"] = int(shortest_work(shop).max())
    for what, scale in (("times", shop.time_scale), ("weights", shop.weight_scale)):
        if scale != 1:
            facts[what] = f"multiplied by {scale}, so that they are integers"
    return facts


def shortest_work(shop: Shop) -> np.ndarray:
    """Total of the smallest durations of every job."""
    duration = shop.duration
    if isinstance(shop, FlexibleJobShop):
        duration = np.minimum.reduceat(duration, shop.choice[:-1])
    return np.add.reduceat(duration, shop.first[:-1])


FAMILY = Family(
    name="jobshop",
    title="job-shop and flexible job-shop scheduling",
    sense="min",
    integral=True,
    unit="time units",
    instances=(JobShop, FlexibleJobShop),
    solution=Schedule,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    read_solution=read_schedule,
    info=info,
    generators=GENERATORS,
    options=(
        Option("objective", str, "makespan", "what is minimised", OBJECTIVES),
        Option("layout", str, None, "how rows of numbers or arrays are laid out", LAYOUTS),
        Option("numbering", int, None, "whether machines are counted from 0 or from 1", (0, 1)),
        Option("index", str, None, "which of several instances of a file, from 0 or by its name"),
        Setting(
            "rule", str, "learned", "priority rule of dispatching: a name or a file of weights"
        ),
        Setting("backend", str, "cp-sat", "solver of the method exact", ("cp-sat", "highs")),
        Setting("horizon", int, None, "last end in models with constraints added by extend"),
    ),
)


def from_pandas(table: Any, *, name: str = "table", **options: Any) -> Shop:
    """A shop from a table with a row an operation (or an alternative of one).

    Parameters
    ----------
    table : pandas.DataFrame, or what pandas makes one of
        Columns as in CSV files, in any spelling: ``job``, ``machine``, ``duration``; ``operation``,
        ``release``, ``due``, ``weight`` where there are.
    name : str
    **options
        ``objective=…`` and the other settings of reading.

    Raises
    ------
    InstanceError
        Naming the row (the first is 2) and the column.

    Examples
    --------
    >>> shop = from_pandas({"job": ["a", "a", "b"], "machine": ["saw", "mill", "mill"],
    ...                     "duration": [3, 2, 4]})
    >>> shop.jobs, shop.machines
    (2, 2)
    """
    from zerogap.models.frames import from_frame

    return from_frame("jobshop", table, name=name, **options)
