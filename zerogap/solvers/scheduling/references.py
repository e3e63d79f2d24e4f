"""Schedules that the literature names, where an instance is of their kind."""

from __future__ import annotations

from collections.abc import Iterator

from zerogap.models.base import InstanceError
from zerogap.models.scheduling import Plan, Workshop
from zerogap.solvers.scheduling import pipelines, processors

#: Every name, with what it is for.
NAMES = {
    **dict.fromkeys(pipelines.SCHEDULES, "pipelines"),
    **dict.fromkeys(processors.RULES, "DAGs on processors"),
}


def plan(shop: Workshop, name: str | None) -> Plan:
    """The reference schedule of that name.

    Raises
    ------
    InstanceError
        If the name is unknown or not for this instance.
    """
    names = ", ".join((*NAMES, "a priority rule such as spt or learned, or a file of weights"))
    if name not in NAMES:
        raise InstanceError(f"is {name!r}, expected one of {names}", field="option rule")
    if name in pipelines.SCHEDULES and (line := pipelines.pipeline(shop)) is not None:
        return pipelines.schedule(shop, line, name)
    if name in processors.RULES and (dag := processors.graph(shop)) is not None:
        return processors.schedule(shop, dag, name)
    raise InstanceError(f"{name} is for {NAMES[name]} only", field="option rule")


def plans(shop: Workshop) -> Iterator[tuple[str, Plan]]:
    """All reference schedules of an instance, by name."""
    if line := pipelines.pipeline(shop):
        for name in ("zb-h2", "zb-h1", "1f1b"):
            yield name, pipelines.schedule(shop, line, name)
    elif dag := processors.graph(shop):
        for name in processors.RULES:
            yield name, processors.schedule(shop, dag, name)
