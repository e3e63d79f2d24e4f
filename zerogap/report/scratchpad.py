"""The memory map: time across, addresses upwards, every residency a box."""

from __future__ import annotations

import heapq
import json
from typing import Any

import numpy as np

from zerogap.models.scratchpad import (
    Buffers,
    Mapping,
    Network,
    Placement,
    Plan,
    Trace,
    boxes,
    check,
    replay,
)
from zerogap.report import palette
from zerogap.report.scene import Scene

#: Boxes of at least this share of width and height of the map carry their tensor's name.
_WIDE, _HIGH = 0.06, 0.035
_UNITS = ((2**20, "MiB"), (2**10, "KiB"), (1, "bytes"))


def _mapping_scene(trace: Trace, solution: Mapping) -> Scene:
    time = check(trace, solution)
    made = Scene(
        f"{trace.name or 'trace'}: time {time:,}, {trace.slow - time:,} saved", "step", "address"
    )
    base = [0]
    for memory in trace.memories[1:]:
        base.append(base[-1] + memory.capacity)
    for t, first, last, address, m in solution.residencies.tolist():
        low, name = base[m - 1] + address, trace.tensors[t]
        what = f"{name}\n{trace.size[t]:,} bytes in {trace.memories[m].name} at {address:,}"
        made.box(first, low, last + 1, low + int(trace.size[t]), t % 8, name, what)
    return made


def _draw_mapping(trace: Trace, solution: Mapping, axes: Any) -> None:
    from matplotlib.patches import Rectangle

    base = [0]
    for memory in trace.memories[1:]:
        base.append(base[-1] + memory.capacity)
    for t, first, last, address, m in solution.residencies.tolist():
        width, height = last - first + 1, int(trace.size[t])
        low = base[m - 1] + address
        colour = palette.colours(t)
        axes.add_patch(Rectangle((first, low), width, height, fc=colour, ec="white", lw=0.5))
        if width > _WIDE * len(trace.time) and height > _HIGH * base[-1]:
            middle = (first + width / 2, low + height / 2)
            axes.text(*middle, trace.tensors[t], ha="center", va="center", fontsize=7)
    for low in base[1:-1]:
        axes.axhline(low, color="black", lw=1)
    axes.set_xlim(0, len(trace.time))
    axes.set_ylim(0, max(1, base[-1]))
    axes.set_xlabel("step")
    axes.set_ylabel("bytes of " + ", ".join(m.name for m in trace.memories[1:]))
    time = check(trace, solution)
    axes.set_title(f"{trace.name or 'trace'}: time {time}, {trace.slow - time} saved")


def draw(instance: Any, solution: Any, axes: Any = None) -> Any:
    """The memory map of a plan or a placement, or of the fast memories one above the other.

    Intermediates, weights and network inputs differ in colour. A mark at the beginning of a box
    is a load, one at its end a store.

    Parameters
    ----------
    instance : Network, Buffers or Trace
    solution : Plan, Placement or Mapping
    axes : matplotlib Axes, optional

    Returns
    -------
    matplotlib Figure
    """
    if axes is None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=(11, 5.5), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
    if isinstance(instance, Trace):
        _draw_mapping(instance, solution, axes)
        return axes.figure
    if isinstance(instance, Buffers):
        assert isinstance(solution, Placement)
        _draw_placement(instance, solution, axes)
    else:
        assert isinstance(solution, Plan)
        _draw_plan(instance, solution, axes)
    return axes.figure


def _draw_placement(buffers: Buffers, placement: Placement, axes: Any) -> None:
    top = placement.offset + buffers.space
    rows, owner = [], []
    for i, at in enumerate(placement.offset.tolist()):
        for begin, end, low, high in buffers.pieces(i):
            rows.append((begin, end, at + low, at + high))
            owner.append(i)
    colours = [palette.colours(i) for i in owner]
    roof = buffers.capacity or int(top.max(initial=1))
    _draw_boxes(axes, rows, colours, [buffers.ids[i] for i in owner], roof)
    axes.set_xlabel("time")
    axes.set_title(f"{buffers.name or 'buffers'}: height {int(top.max(initial=0)):,} bytes")


def _draw_plan(net: Network, plan: Plan, axes: Any) -> None:
    rows = [(b / 2, e / 2, low, high) for b, e, low, high in boxes(net, plan)]
    tensors = plan.residencies[:, 0].tolist()
    colours = [_colour(net, t) for t in tensors]
    names = [net.tensors[t] if t < len(net.size) else "workspace" for t in tensors]
    moved = replay(net, plan)
    roof = net.capacity_units * net.alignment if net.capacity is not None else moved.height
    unit = _draw_boxes(axes, rows, colours, names, roof)
    _draw_moves(net, plan, rows, unit, axes)
    axes.set_xlabel("step")
    axes.set_title(
        f"{net.name or 'network'}: {moved.total:,} bytes moved, {moved.avoidable:,} avoidable; "
        f"height {moved.height:,} of {roof:,}"
    )


def _colour(net: Network, t: int) -> str:
    if t >= len(net.size):
        return "0.6"
    if net.weight[t]:
        return "#e69f00"
    return "#009e73" if net.producer[t] < 0 else "#0072b2"


def _draw_boxes(axes: Any, rows: list, colours: list[Any], names: list[str], roof: int) -> int:
    """The boxes; returns the bytes of one unit of the vertical axis."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    unit, word = next((u for u in _UNITS if roof >= 4 * u[0]), _UNITS[-1])
    patches = [Rectangle((b, low / unit), e - b, (high - low) / unit) for b, e, low, high in rows]
    axes.add_collection(
        PatchCollection(patches, facecolors=colours, edgecolors="white", linewidths=0.5, alpha=0.8)
    )
    left, right = min(r[0] for r in rows), max(r[1] for r in rows)
    for (b, e, low, high), name in zip(rows, names):
        if e - b >= _WIDE * (right - left) and high - low >= _HIGH * roof:
            middle = ((b + e) / 2, (low + high) / 2 / unit)
            axes.annotate(name, middle, ha="center", va="center", fontsize=6, clip_on=True)
    axes.axhline(roof / unit, color="0.3", linewidth=1, linestyle="--")
    axes.set_xlim(left, right)
    axes.set_ylim(0, roof / unit * 1.04)
    axes.set_ylabel(f"address [{word}]")
    return unit


def _draw_moves(net: Network, plan: Plan, rows: list, unit: int, axes: Any) -> None:
    """Loads as triangles that point in, stores as triangles that point out."""
    step = {int(o): k for k, o in enumerate(plan.schedule)}
    loads, stores, kept = [], [], set()
    for i in np.argsort(plan.residencies[:, 1], kind="stable").tolist():
        t, first, last, _ = plan.residencies[i].tolist()
        if t >= len(net.size) or net.size[t] == 0:
            continue
        middle = (rows[i][2] + rows[i][3]) / 2 / unit
        made = int(net.producer[t])
        if made < 0 or step[made] != first:
            loads.append((rows[i][0], middle))
        if made < 0 or (t in kept and not net.write_every_eviction):
            continue
        if net.output[t] or any(step[o] > last for o in net.consumers[t]):
            stores.append((rows[i][1], middle))
            kept.add(t)
    for points, marker, label in ((loads, ">", "load"), (stores, "^", "store")):
        if points:
            x, y = zip(*points)
            axes.scatter(x, y, marker=marker, s=14, color="black", label=label, zorder=3)
    if loads or stores:
        axes.legend(loc="upper left", bbox_to_anchor=(1.005, 1), fontsize=7, frameon=False)


def scene(instance: Any, solution: Any) -> Scene:
    """The memory map: time to the right, addresses upwards."""
    if isinstance(instance, Trace):
        return _mapping_scene(instance, solution)
    if isinstance(instance, Buffers):
        assert isinstance(solution, Placement)
        top = int((solution.offset + instance.space).max(initial=0))
        made = Scene(f"{instance.name or 'buffers'}: height {top:,} bytes", "time", "address")
        for i, at in enumerate(solution.offset.tolist()):
            for begin, end, low, high in instance.pieces(i):
                made.box(
                    begin, at + low, end, at + high, i % 8, str(instance.ids[i]),
                    f"buffer {instance.ids[i]}\n{high - low:,} bytes at {at + low:,}\n"
                    f"there {begin} … {end}",
                )  # fmt: skip
        return made
    assert isinstance(solution, Plan)
    moved = replay(instance, solution)
    made = Scene(
        f"{instance.name or 'network'}: {moved.total:,} bytes moved, {moved.avoidable:,} avoidable",
        "step", "address", groups=["activations", "weights", "inputs", "workspace"],
    )  # fmt: skip
    for (begin, end, low, high), t in zip(
        boxes(instance, solution), solution.residencies[:, 0].tolist()
    ):
        real = t < len(instance.size)
        name = instance.tensors[t] if real else "workspace"
        group = 3 if not real else 1 if instance.weight[t] else 2 if instance.producer[t] < 0 else 0
        made.box(begin / 2, low, end / 2, high, group, name,
                 f"{name}\n{high - low:,} bytes at {low:,}\n"
                 f"steps {begin / 2:g} … {end / 2:g}")  # fmt: skip
    return made


def rows(instance: Any, solution: Any) -> list[dict[str, Any]]:
    """A row a buffer, or a residency of a tensor: name, times, bytes, address."""
    if isinstance(instance, Trace):
        return [
            {"tensor": instance.tensors[t], "memory": instance.memories[m].name,
             "first step": first, "last step": last, "bytes": int(instance.size[t]),
             "address": address}
            for t, first, last, address, m in solution.residencies.tolist()
        ]  # fmt: skip
    if isinstance(instance, Buffers):
        assert isinstance(solution, Placement)
        return [
            {"buffer": str(instance.ids[i]), "from": int(instance.lower[i]),
             "until": int(instance.upper[i]), "bytes": int(instance.space[i]), "offset": at}
            for i, at in enumerate(solution.offset.tolist())
        ]  # fmt: skip
    assert isinstance(solution, Plan)
    real = len(instance.size)
    table = []
    for row in solution.residencies.tolist():
        t, first, last, address = row[:4]
        name = instance.tensors[t] if t < real else f"workspace of {instance.operators[t - real]}"
        size = instance.size[t] if t < real else instance.workspace[t - real]
        table.append({"tensor": name, "first step": first, "last step": last, "bytes": int(size),
                      "address": address})  # fmt: skip
    return table


def chrome(instance: Any, solution: Any) -> str:
    """The memory map in the Trace Event Format, for ``chrome://tracing`` and Perfetto.

    A unit of time is shown as a microsecond. A process a memory holds an event a residency, with
    its bytes and address; events that overlap stand in lanes, lowest address first. A counter a
    memory shows the bytes in use.
    """
    places = _events(instance, solution)
    events: list[dict[str, Any]] = []
    for pid, memory in enumerate(dict.fromkeys(p[0] for p in places)):
        events.append({"ph": "M", "pid": pid, "name": "process_name", "args": {"name": memory}})
        mine = sorted((p[1:] for p in places if p[0] == memory), key=lambda p: (p[0], p[2]))
        busy: list[tuple[float, int]] = []  # ends and lanes of what is there
        free: list[int] = []
        change: dict[float, int] = {}
        for begin, end, low, size, name in mine:
            while busy and busy[0][0] <= begin:
                heapq.heappush(free, heapq.heappop(busy)[1])
            lane = heapq.heappop(free) if free else len(busy)
            heapq.heappush(busy, (end, lane))
            about = {"bytes": size, "address": low}
            events.append({"ph": "X", "pid": pid, "tid": lane, "name": name, "ts": begin,
                           "dur": end - begin, "args": about})  # fmt: skip
            change[begin] = change.get(begin, 0) + size
            change[end] = change.get(end, 0) - size
        used = 0
        for time in sorted(change):
            used += change[time]
            events.append({"ph": "C", "pid": pid, "name": "bytes in use", "ts": time,
                           "args": {"bytes": used}})  # fmt: skip
    return json.dumps({"traceEvents": events, "displayTimeUnit": "ns"})


def _events(instance: Any, solution: Any) -> list[tuple[str, float, float, int, int, str]]:
    """Memory, begin, end, address, bytes and name of everything that lies somewhere."""
    if isinstance(instance, Trace):
        return [
            (instance.memories[m].name, first, last + 1, address, int(instance.size[t]),
             instance.tensors[t])
            for t, first, last, address, m in solution.residencies.tolist()
        ]  # fmt: skip
    if isinstance(instance, Buffers):
        return [
            ("memory", begin, end, at + low, high - low, str(instance.ids[i]))
            for i, at in enumerate(solution.offset.tolist())
            for begin, end, low, high in instance.pieces(i)
        ]
    names = [row["tensor"] for row in rows(instance, solution)]
    return [
        ("scratchpad", begin / 2, end / 2, low, high - low, name)
        for (begin, end, low, high), name in zip(boxes(instance, solution), names)
    ]


#: What other programs read: ``zerogap plot FILE SOLUTION map.trace``.
EXPORTS = {".trace": chrome}
