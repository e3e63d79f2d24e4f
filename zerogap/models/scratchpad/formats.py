"""JSON files of the scratchpad family; CSV and ONNX stand in their own modules."""

from __future__ import annotations

import re
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.scratchpad import memories
from zerogap.models.scratchpad.buffers import Buffers
from zerogap.models.scratchpad.instance import Network

_UNITS = {"": 1, "b": 1}
_UNITS |= {p + "b": 1000**k for k, p in enumerate("kmg", 1)}
_UNITS |= {p + s: 1024**k for k, p in enumerate("kmg", 1) for s in ("ib", "i", "")}


def size_of(text: Any) -> int | str:
    """Bytes from ``4096``, ``512KiB``, ``1MB``; ``1.25x`` (times the largest working set) stays.

    Examples
    --------
    >>> size_of("512KiB"), size_of("1.5x")
    (524288, '1.5x')
    """
    if isinstance(text, int) and not isinstance(text, bool):
        return text
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-zA-Z]*)\s*", str(text))
    if not match:
        raise ValueError("expected bytes as 4096, 512KiB, 1MB, or 1.5x the largest working set")
    number, unit = match[1], match[2].lower()
    if unit == "x":
        return number + "x"
    if unit not in _UNITS:
        raise ValueError(f"unknown unit {match[2]!r}")
    scaled = float(number) * _UNITS[unit] if "." in number else int(number) * _UNITS[unit]
    if scaled != int(scaled):
        raise ValueError("is no whole number of bytes")
    return int(scaled)


def network(fields: dict[str, Any], capacity: int | str | None, **settings: Any) -> Network:
    """A `Network` whose capacity may be a factor of its largest working set."""
    if isinstance(capacity, str):
        capacity = size_of(capacity)
    if not isinstance(capacity, str):
        return Network(**fields, capacity=capacity, **settings)
    probe = Network(**fields, capacity=2**52, **settings)
    factor = float(capacity.removesuffix("x"))
    alignment = probe.alignment
    need = int(probe.largest_working_set()[1] * factor) // alignment * alignment
    return Network(**fields, capacity=need, **settings)


# ---- JSON --------------------------------------------------------------------------------------


def encode(instance: Network | Buffers | memories.Trace) -> dict[str, Any]:
    """Fields of the JSON file."""
    if isinstance(instance, memories.Trace):
        return memories.to_json(instance)
    if isinstance(instance, Buffers):
        return {
            "name": instance.name,
            "capacity": instance.capacity,
            "alignment": instance.alignment,
            "objective": instance.objective,
            "buffers": [_buffer(instance, i) for i in range(len(instance.size))],
        }
    net = instance
    data: dict[str, Any] = {
        "name": net.name,
        "capacity": net.capacity,
        "alignment": net.alignment,
        "objective": net.objective,
        "write_every_eviction": net.write_every_eviction,
        "stream_weights": net.stream_weights,
    }
    if net.order is not None:
        data["order"] = [net.operators[o] for o in net.order]
    data["tensors"] = [_tensor(net, t) for t in range(len(net.size))]
    data["operators"] = [_operator(net, o) for o in range(len(net.inputs))]
    return data


def _buffer(buffers: Buffers, i: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"id": buffers.ids[i]}
    entry |= {key: int(getattr(buffers, key)[i]) for key in ("lower", "upper", "size")}
    if buffers.alignments[i] != 1:
        entry["alignment"] = int(buffers.alignments[i])
    if buffers.gaps[i]:
        entry["gaps"] = [list(g if g[2] < g[3] else g[:2]) for g in buffers.gaps[i]]
    for key in ("offset", "hint"):
        if getattr(buffers, key)[i] >= 0:
            entry[key] = int(getattr(buffers, key)[i])
    return entry


def _tensor(net: Network, t: int) -> dict[str, Any]:
    entry: dict[str, Any] = {"name": net.tensors[t], "size": int(net.size[t])}
    if net.weight[t]:
        entry["weight"] = True
    if net.output[t]:
        entry["output"] = True
    return entry


def _operator(net: Network, o: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": net.operators[o],
        "inputs": [net.tensors[t] for t in net.inputs[o]],
        "outputs": [net.tensors[t] for t in net.outputs[o]],
    }
    if net.workspace[o]:
        entry["workspace"] = int(net.workspace[o])
    if net.in_place[o]:
        entry["in_place"] = True
    if net.over[o] >= 0:
        entry["over"] = net.tensors[net.over[o]]
    return entry


def decode(
    data: dict[str, Any],
    *,
    file: str,
    capacity: int | str | None = None,
    alignment: int | None = None,
    objective: str | None = None,
    write_every_eviction: bool | None = None,
    weights: str | None = None,
    offsets: str | None = None,
) -> Network | Buffers | memories.Trace:
    """The instance of a JSON file; options given by the user win over the file."""
    if "memories" in data:
        options = {"capacity": capacity, "alignment": alignment, "weights": weights}
        options |= {"write_every_eviction": write_every_eviction, "offsets": offsets}
        for option, value in options.items():
            if value is not None:
                raise InstanceError("says nothing to several memories", field=f"option {option}")
        if objective not in (None, "time"):
            raise InstanceError(f"is {objective!r}, several memories take time", field="objective")
        return memories.of_json(data)
    given = {
        "alignment": data.get("alignment", 1) if alignment is None else alignment,
        "name": str(data.get("name", "")),
    }
    room = data.get("capacity") if capacity is None else capacity
    if isinstance(room, str):
        room = size_of(room)
    goal = objective or data.get("objective")
    if "buffers" in data:
        if isinstance(room, str):
            raise InstanceError("a factor needs operators", field="capacity")
        for option, value in (
            ("weights", weights),
            ("write_every_eviction", write_every_eviction),
        ):
            if value is not None:
                raise InstanceError("says nothing to buffers", field=f"option {option}")
        return _buffers(data["buffers"], room, goal or "height", given, offsets)
    if offsets is not None:
        raise InstanceError("says nothing to a network", field="option offsets")
    if weights == "ignore":
        data = _without_weights(data)
    stream = data.get("stream_weights", False) if weights is None else weights == "stream"
    every = data.get("write_every_eviction", False)
    every = every if write_every_eviction is None else write_every_eviction
    settings = {**given, "objective": goal or "traffic"}
    settings |= {"write_every_eviction": every, "stream_weights": stream}
    return network(_fields(data), room, **settings)


def _without_weights(data: dict[str, Any]) -> dict[str, Any]:
    """The file's network with its constants left out."""
    constant = {t["name"] for t in data["tensors"] if t.get("weight")}
    operators = [
        {**o, "inputs": [t for t in o.get("inputs", []) if t not in constant]}
        for o in data["operators"]
    ]
    tensors = [t for t in data["tensors"] if t["name"] not in constant]
    return {**data, "tensors": tensors, "operators": operators}


def _fields(data: dict[str, Any]) -> dict[str, Any]:
    tensors, operators = data["tensors"], data["operators"]
    place: dict[str, int] = {}
    for i, entry in enumerate(tensors):
        name = _key(entry, "name", f"tensors[{i}]")
        if name in place:
            raise InstanceError(f"name {name!r} is used twice", field=f"tensors[{i}]")
        place[name] = i
        _key(entry, "size", f"tensors[{i}] {name!r}")
    fields: dict[str, Any] = {
        "tensors": tuple(place),
        "size": [t["size"] for t in tensors],
        "weight": [_flag(t, "weight", f"tensors[{i}]") for i, t in enumerate(tensors)],
        "workspace": [o.get("workspace", 0) for o in operators],
        "in_place": [_flag(o, "in_place", f"operators[{i}]") for i, o in enumerate(operators)],
    }
    if any("output" in t for t in tensors):
        flags = [_flag(t, "output", f"tensors[{i}]") for i, t in enumerate(tensors)]
        fields["output"] = flags
    names: dict[str, int] = {}
    for i, entry in enumerate(operators):
        name = _key(entry, "name", f"operators[{i}]")
        if name in names:
            raise InstanceError(f"name {name!r} is used twice", field=f"operators[{i}]")
        names[name] = i
    fields["operators"] = tuple(names)
    for side in ("inputs", "outputs"):
        fields[side] = [
            [_known(place, t, f"operators[{i}] {o['name']!r}.{side}") for t in o.get(side, [])]
            for i, o in enumerate(operators)
        ]
    fields["over"] = [
        -1 if o.get("over") is None else _known(place, o["over"], f"operators[{i}].over")
        for i, o in enumerate(operators)
    ]
    if data.get("order") is not None:
        fields["order"] = [_known(names, o, f"order[{i}]") for i, o in enumerate(data["order"])]
    return fields


def _key(entry: Any, key: str, where: str) -> Any:
    if not isinstance(entry, dict):
        raise InstanceError(f"is {entry!r}, expected an object", field=where)
    if key not in entry:
        raise InstanceError(f"has no {key}", field=where)
    if key == "name" and not isinstance(entry[key], str):
        raise InstanceError(f"name is {entry[key]!r}, expected text", field=where)
    return entry[key]


def _flag(entry: dict[str, Any], key: str, where: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise InstanceError(f"is {value!r}, expected true or false", field=f"{where}.{key}")
    return value


def _known(place: dict[str, int], name: Any, where: str) -> int:
    if not isinstance(name, str) or name not in place:
        raise InstanceError(f"unknown name {name!r}", field=where)
    return place[name]


def _buffers(
    rows: Any, capacity: int | None, objective: str, given: dict[str, Any], offsets: str | None
) -> Buffers:
    for i, row in enumerate(rows):
        for key in ("lower", "upper", "size"):
            _key(row, key, f"buffers[{i}]")
    return Buffers(
        [r["lower"] for r in rows],
        [r["upper"] for r in rows],
        [r["size"] for r in rows],
        capacity,
        objective=objective,
        ids=tuple(str(r.get("id", i)) for i, r in enumerate(rows)),
        alignments=[r.get("alignment", 1) for r in rows],
        gaps=[r.get("gaps", []) for r in rows],
        **places([r.get("offset", -1) for r in rows], [r.get("hint", -1) for r in rows], offsets),
        **given,
    )


def places(offset: list[int], hint: list[int], offsets: str | None) -> dict[str, Any]:
    """Fixed and wished-for offsets of a file, read as the option says: all fixed, or all wishes."""
    if offsets == "fix":
        offset = [h if o == -1 else o for o, h in zip(offset, hint)]
    elif offsets == "hint":
        hint = [o if h == -1 else h for o, h in zip(offset, hint)]
        offset = [-1] * len(offset)
    return {"offset": offset, "hint": hint}
