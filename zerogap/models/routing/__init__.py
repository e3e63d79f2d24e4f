"""Vehicle routing: one rich instance class for every variant.

What a routing problem is made of stands in :class:`Routing`; :class:`Builder` makes one step by
step; a solution is :class:`Routes`; :func:`check` recomputes its cost exactly.
"""

from __future__ import annotations

import math
from typing import Any

from zerogap.models.base import Family, Format, Option, json_format
from zerogap.models.routing.builder import Builder
from zerogap.models.routing.check import RouteCost, check, check_route
from zerogap.models.routing.feasibility import obstacles
from zerogap.models.routing.fields import declared
from zerogap.models.routing.formats import profiled, robots, sheets, tables, vroom
from zerogap.models.routing.formats.pyvrp import from_pyvrp, to_pyvrp
from zerogap.models.routing.formats.sheets import from_pandas
from zerogap.models.routing.formats.sol import read_solution, write_solution
from zerogap.models.routing.formats.tables import from_tables, prioritise
from zerogap.models.routing.formats.text import (
    decode_instance,
    encode_instance,
    read_cordeau,
    read_lilim,
    read_solomon,
    sniff_cordeau,
    sniff_lilim,
    sniff_solomon,
    write_solomon,
)
from zerogap.models.routing.formats.vrplib import read as _read_vrplib
from zerogap.models.routing.formats.vrplib import sniff as _sniff_vrplib
from zerogap.models.routing.generate import GENERATORS, TYPES, variant
from zerogap.models.routing.instance import FORBIDDEN, ROUNDING, UNLIMITED, Routing
from zerogap.models.routing.replan import Replanned, keep, repair, replan
from zerogap.models.routing.solution import Route, Routes, decode, encode


def info(instance: Routing) -> dict[str, Any]:
    """Facts about an instance."""
    demand = instance.delivery.sum(axis=0)
    return {
        "clients": instance.clients,
        "depots": instance.depots,
        "vehicle types": instance.types,
        "vehicles": int(min(instance.vehicles.sum(), UNLIMITED)),
        "required clients": int(instance.required.sum()),
        "deliveries": demand.tolist(),
        "capacity": [row.tolist() for row in instance.capacity[:5]],
        "objective": instance.objective,
        **_profiles(instance),
        "features": list(instance.features()) or ["none: a CVRP or TSP"],
        "unit": instance.unit,
    }


def _profiles(instance: Routing) -> dict[str, Any]:
    """What binds clients to vehicles: pairs that may not be, and what gaps are relative to."""
    facts: dict[str, Any] = {}
    if instance.allowed is not None:
        facts["forbidden pairs"] = int((~instance.allowed).sum())
    if instance.shift_of_gaps():
        facts["gap offset"] = instance.shift_of_gaps()
    return facts


def shown(instance: Routing, objective: int) -> str:
    """The objective in units of the data, two objectives one after the other."""
    parts = divmod(objective, instance.weight) if instance.then else (objective,)
    if instance.unit == 1 and not instance.then:
        return ""
    digits = max(0, round(math.log10(instance.unit))) if instance.unit > 0 else 0
    return ", then ".join(f"{part / instance.unit:.{digits}f}" for part in parts)


FAMILY = Family(
    name="routing",
    title="vehicle routing",
    sense="min",
    integral=True,
    unit="distance units of the file's rounding",
    instances=(Routing,),
    solution=Routes,
    formats=(
        json_format("routing", encode_instance, decode_instance, schema=declared),
        Format("vroom", (".json",), vroom.sniff, vroom.read),
        Format("sheet", (".csv", ".tsv"), sheets.sniff, sheets.read, columns=sheets.NEEDED),
        Format("tables", (".csv",), tables.sniff, tables.read, named=True),
        Format("profiled", (".json",), profiled.sniff, profiled.read),
        Format("vrplib", (".vrp", ".tsp", ".atsp"), _sniff_vrplib, _read_vrplib),
        Format("words", (".txt",), robots.sniff, robots.read),
        Format("solomon", (".txt",), sniff_solomon, read_solomon, write_solomon),
        Format("lilim", (".txt",), sniff_lilim, read_lilim),
        Format("cordeau", (".txt",), sniff_cordeau, read_cordeau),
    ),
    check=check,
    encode=encode,
    decode=decode,
    read_solution=read_solution,
    shown=shown,
    info=info,
    offset_of=Routing.shift_of_gaps,
    generators=GENERATORS,
    options=(
        Option(
            "round",
            str,
            "auto",
            "how distances become integers",
            ("auto", *ROUNDING),
        ),
        Option(
            "quota", str, "least", "texts: buy at least or exactly the units", ("least", "exactly")
        ),
        Option("vehicles", str, "", "tables: file of the vehicle types"),
        Option("depots", str, "", "tables: file of the depots"),
        Option("matrix", str, "", "tables: OSRM table answer (JSON) of depots, then clients"),
        Option("capacity", int, None, "a sheet of clients: capacity of every vehicle"),
        Option("number", int, None, "a sheet of clients: number of vehicles"),
        Option("speed", float, None, "a sheet of clients in degrees: km/h, 50 if not given"),
        Option("ignore", str, "", "VROOM: fields to leave out that are not modelled, as breaks"),
    ),
)

__all__ = [
    "FAMILY",
    "FORBIDDEN",
    "GENERATORS",
    "ROUNDING",
    "TYPES",
    "UNLIMITED",
    "Builder",
    "Replanned",
    "Route",
    "RouteCost",
    "Routes",
    "Routing",
    "check",
    "check_route",
    "decode",
    "encode",
    "from_pandas",
    "from_pyvrp",
    "from_tables",
    "info",
    "keep",
    "obstacles",
    "prioritise",
    "read_solution",
    "repair",
    "replan",
    "to_pyvrp",
    "variant",
    "write_solution",
]
