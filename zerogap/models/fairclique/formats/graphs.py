"""The formats of graphs, and JSON with everything an instance holds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import Format, InstanceError, json_format
from zerogap.models.fairclique.formats import classic, edges, markup
from zerogap.models.fairclique.formats.parts import DELTA, Asked, Nodes, assemble, unique
from zerogap.models.fairclique.instance import MAX_LABEL, FairClique


def _encode(instance: FairClique) -> dict:
    data: dict[str, Any] = {
        "name": instance.name,
        "k": instance.k,
        "delta": None if instance.delta == math.inf else instance.delta,
        "values": list(instance.values),
    }
    if instance.names is None:
        data["ids"] = instance.ids.tolist()
    else:
        data["names"] = list(instance.names)
    data["attribute"] = [instance.values[a] for a in instance.attribute]
    if instance.weight is not None:
        data["weight"] = instance.weight.tolist()
    if instance.anchor:
        where = instance.index(list(instance.anchor)).tolist()
        data["anchor"] = [instance.label(v) for v in where]
    pairs = instance.edge_list()
    if instance.names is None:
        data["edges"] = instance.ids[pairs].tolist()
    else:
        data["edges"] = [[instance.names[u], instance.names[v]] for u, v in pairs.tolist()]
    return data


def _decode(
    data: dict,
    *,
    file: str = "",
    k: Any = None,
    delta: Any = None,
    values: Any = None,
    anchor: Any = None,
) -> FairClique:
    given = [str(v) for v in data["attribute"]]
    said = data.get("delta", DELTA)
    asked = Asked(k, delta, values, anchor).over(
        {
            "k": data.get("k"),
            "delta": math.inf if said is None else said,
            "values": data.get("values"),
            "anchor": data.get("anchor"),
        }
    )
    weight = None
    if data.get("weight") is not None:
        if len(data["weight"]) != len(given):
            raise InstanceError(f"expected {len(given)} weights", field="weight")
        weight = np.array(data["weight"], dtype=object)
    if "names" in data:
        vertex: Any = data["names"]
        if "ids" in data:
            raise InstanceError("stand beside 'names': one of the two", field="ids")
        pairs: Any = [tuple(pair) for pair in data["edges"]]
        for name, words in (("names", vertex), ("edges", (w for pair in pairs for w in pair))):
            for word in words:
                if not isinstance(word, str) or not word:
                    raise InstanceError(f"{word!r} is no name", field=name)
        if any(len(pair) != 2 for pair in pairs):
            raise InstanceError("expected pairs of names", field="edges")
    else:
        ids = np.array(data["ids"] if "ids" in data else range(len(given)), dtype=object)
        for name, numbers in (("ids", ids), ("edges", np.array(data["edges"], dtype=object))):
            for number in numbers.reshape(-1).tolist():
                if type(number) is not int or not 0 <= number <= MAX_LABEL:
                    raise InstanceError(f"{number!r} is no integer 0 … {MAX_LABEL}", field=name)
        pairs = np.array(data["edges"], dtype=np.int64).reshape(-1, 2)
        vertex = unique(ids.astype(np.int64), file)
    if len(vertex) != len(given):
        raise InstanceError(
            f"{len(given)} attributes for {len(vertex)} vertices", field="attribute"
        )
    result = assemble(
        pairs, Nodes(vertex, given, weight, file), asked, file=file, named="names" in data
    )
    object.__setattr__(result, "name", str(data.get("name", "")))
    return result


def _schema() -> dict[str, Any]:
    """Vertices are numbers, or names if ``names`` lists them."""
    vertex = {"type": ["integer", "string"], "minimum": 0, "maximum": MAX_LABEL}
    pair = {"type": "array", "items": vertex, "minItems": 2, "maxItems": 2}
    return {
        "edges": {"type": "array", "items": pair},
        "names": {"type": "array", "items": {"type": "string", "minLength": 1}},
        "weight": {"type": ["array", "null"], "items": {"type": ["integer", "number"]}},
    }


def _format(name: str, suffixes: tuple[str, ...], sniff: Any, read: Any, **more: Any) -> Format:
    return Format(name, suffixes, sniff, read, binary=True, **more)


_TABLE = (".edges", ".edgelist", ".csv", ".tsv")
FORMATS = (
    json_format("fairclique", _encode, _decode, schema=_schema),
    _format(
        "dimacs",
        (".clq", ".col"),
        classic.sniff_dimacs,
        classic.read_dimacs,
        write=classic.write_dimacs,
    ),
    _format("matrix market", (".mtx",), classic.sniff_market, classic.read_market),
    _format(
        "graphml",
        (".graphml",),
        markup.sniff_graphml,
        markup.read_graphml,
        write=markup.write_graphml,
    ),
    _format("gml", (".gml",), markup.sniff_gml, markup.read_gml),
    _format("metis", (".graph", ".metis"), classic.sniff_metis, classic.read_metis),
    _format(
        "edge table",
        _TABLE,
        edges.sniff_meaning,
        edges.read_edges,
        columns={"source": edges.SOURCES, "target": edges.TARGETS},
    ),
    _format("edge list", (".txt",), edges.sniff_shape, edges.read_edges, shape=1),
    _format("edge list of words", (".txt",), edges.sniff_weak, edges.read_edges, shape=2),
)
