"""Scheduling in the general encoding: tasks with modes, resources, setups, calendars, lags."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import Family, Option, Setting
from zerogap.models.scheduling.builder import Builder, lexicographic, reschedule
from zerogap.models.scheduling.check import check
from zerogap.models.scheduling.fields import KINDS
from zerogap.models.scheduling.formats import FORMATS, PROBLEMS
from zerogap.models.scheduling.generate import GENERATORS
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.interchange import from_pyjobshop
from zerogap.models.scheduling.solution import Plan, decode, encode
from zerogap.models.scheduling.tables import from_pandas, to_pandas

__all__ = [
    "FAMILY", "Builder", "Plan", "Workshop", "check", "from_pandas",
    "from_pyjobshop", "lexicographic", "reschedule",
    "to_pandas",
]  # fmt: skip


def info(shop: Workshop) -> dict[str, Any]:
    """Facts of a workshop for people."""
    modes = np.diff(shop.first_mode)
    facts: dict[str, Any] = {
        "objective": " + ".join(f"{w} {p}" if w > 1 else p for p, w in shop.objective.items()),
        "jobs": shop.jobs,
        "tasks": shop.tasks,
        "modes": f"{modes.min()} … {modes.max()}, {shop.modes} together",
        "durations": f"{shop.mode_duration.min()} … {shop.mode_duration.max()}",
    }
    for k, kind in enumerate(KINDS):
        count = int((shop.resource_kind == k).sum())
        if count:
            facts[f"{kind} resources"] = count
    for name, column in (
        ("closings", "closing_begin"),
        ("precedences", "precedence_lag"),
        ("relations", "relation_kind"),
        ("machines in sequence", "sequence_first"),
    ):
        if len(getattr(shop, column)):
            facts[name] = len(getattr(shop, column))
    if shop.setup_time.size:
        facts["setups"] = f"{shop.setup_time.shape[1]} families, up to {shop.setup_time.max()}"
    optional = int(shop.task_optional.sum())
    if optional:
        facts["optional tasks"] = optional
    return facts


FAMILY = Family(
    name="scheduling",
    title="scheduling in the general encoding",
    sense="min",
    integral=True,
    unit="time units",
    instances=(Workshop,),
    solution=Plan,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators=GENERATORS,
    options=(
        Option("problem", str, None, "class that a file of numbers is of", PROBLEMS),
        Setting(
            "rule",
            str,
            None,
            "plan of the method dispatch: 1f1b, zb-h1, zb-h2, heft, cpop, a priority rule (spt, "
            "mwkr, edd, …, learned) or a file of weights; for job-shops those of that family",
        ),
    ),
)
