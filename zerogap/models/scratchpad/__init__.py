"""Operator schedule, placement and replacement in the scratchpad of a DNN accelerator.

`Network` (operators and tensors) is solved by a `Plan`, `Buffers` (fixed lifetimes) by a
`Placement`, a `Trace` (fixed steps, several memories) by a `Mapping`; `check` replays them.
"""

from __future__ import annotations

from typing import Any

from zerogap.models.base import Family, Format, Option, json_format
from zerogap.models.scratchpad import csv, formats, graphs, onnx
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.check import check, replay
from zerogap.models.scratchpad.formats import size_of
from zerogap.models.scratchpad.generate import GENERATORS
from zerogap.models.scratchpad.graphs import from_networkx
from zerogap.models.scratchpad.instance import Network, topological
from zerogap.models.scratchpad.memories import Mapping, Memory, Trace
from zerogap.models.scratchpad.solution import Placement, Plan, Traffic, boxes, decode, encode

__all__ = [
    "FAMILY",
    "Buffers",
    "Mapping",
    "Memory",
    "Network",
    "Placement",
    "Plan",
    "Trace",
    "Traffic",
    "boxes",
    "check",
    "replay",
    "topological",
    "from_networkx",
    "from_pandas",
]


def info(instance: Network | Buffers | Trace) -> dict[str, Any]:
    """Facts of an instance, for people."""
    if isinstance(instance, Trace):
        return {
            "steps": len(instance.time),
            "tensors": len(instance.size),
            "uses": len(instance.uses),
            "bytes": int(instance.size.sum()),
            "memories": ", ".join(f"{m.name} ({m.capacity})" for m in instance.memories[1:]),
            "time in slow memory": instance.slow,
            "pinned tensors": int((instance.pin >= 0).sum()),
        }
    if isinstance(instance, Buffers):
        return {
            "buffers": len(instance.size),
            **_lifetimes(instance),
            "capacity": instance.capacity,
            "alignment": instance.alignment,
            "objective": instance.objective,
            "largest load": instance.load(),
        }
    worst, need = instance.largest_working_set()
    return {
        "operators": len(instance.inputs),
        "tensors": len(instance.size),
        "weights": int(instance.weight.sum()),
        "bytes": int(instance.size.sum()),
        "capacity": instance.capacity,
        "alignment": instance.alignment,
        "objective": instance.objective,
        "largest working set": f"{need} ({instance.operators[worst]})",
        "compulsory traffic": instance.compulsory,
    }


def _lifetimes(buffers: Buffers) -> dict[str, str]:
    """How lifetimes were read, by the first of them: whether ends are included is soon mistaken."""
    if not len(buffers.size):
        return {}
    first, last = int(buffers.lower[0]), int(buffers.upper[0]) - 1
    return {"lifetimes": f"{buffers.ids[0]} from step {first} to {last}, both included"}


_CSV = Format("minimalloc", (".csv",), csv.sniff, csv.read, csv.write, columns=csv.COLUMNS)
_GRAPH = Format("operator graph", (".graph.json",), graphs.sniff, graphs.read)
_ONNX = Format("onnx", (".onnx",), onnx.sniff, onnx.read, binary=True)

FAMILY = Family(
    name="scratchpad",
    title="scheduling, allocation and replacement in a scratchpad",
    sense="min",
    integral=True,
    unit="bytes",
    instances=(Network, Buffers, Trace),
    solution=(Plan, Placement, Mapping),
    formats=(
        json_format("scratchpad", formats.encode, formats.decode),
        _GRAPH,
        _CSV,
        _ONNX,
    ),
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators=GENERATORS,
    options=(
        Option("capacity", size_of, None, "bytes (512KiB) or times the largest working set (1.5x)"),
        Option("alignment", int, None, "addresses are multiples of it; a power of two"),
        Option(
            "objective",
            str,
            None,
            "bytes moved, least scratchpad; for buffers least height or any fit; for traces time",
            ("traffic", "peak", "height", "fit", "time"),
        ),
        Option(
            "weights",
            str,
            None,
            "weights stay resident, are streamed to each operator, or are left out",
            ("resident", "stream", "ignore"),
        ),
        Option("write_every_eviction", bool, None, "no clean copies in host memory"),
        Option("batch", int, None, "value of the dynamic batch dimension (ONNX)"),
        Option("dims", str, None, "values of dimensions by name, as seq=128,heads=8 (ONNX)"),
        Option("in_place", bool, None, "elementwise operators may write over their inputs"),
        Option("offsets", str, None, "offsets of the file are fixed, or hints", ("fix", "hint")),
        Option("bytes", int, 1, "bytes of one element (generated networks)"),
    ),
)


def from_pandas(table: Any, *, name: str = "table", **options: Any) -> Buffers:
    """Buffers to be placed, from a table with a row a buffer.

    Parameters
    ----------
    table : pandas.DataFrame, or what pandas makes one of
        Columns as in CSV files: ``id``, ``lower`` and ``upper`` (first step without it) or ``end``
        (last step with it), ``size`` in bytes; ``alignment``, ``offset``, ``hint``, ``gaps``.
    name : str
    **options
        ``capacity=…`` and the other settings of reading.

    Raises
    ------
    InstanceError
        Naming the row (the first is 2) and the column.

    Examples
    --------
    >>> buffers = from_pandas({"id": ["a", "b"], "lower": [0, 1], "upper": [2, 3], "size": [4, 8]})
    >>> buffers.load()
    12
    """
    from zerogap.models.frames import from_frame

    return from_frame("scratchpad", table, name=name, **options)
