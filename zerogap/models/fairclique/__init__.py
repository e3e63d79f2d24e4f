"""Maximum relative fair clique: the largest clique in which every attribute value has its share.

>>> import zerogap as zg
>>> graph = zg.fairclique.from_edges([(0, 1), (1, 2), (2, 0)], [0, 1, 0], k=1, delta=1)
>>> result = zg.solve(graph, threads=1)
>>> result.solution.vertices.tolist(), str(result.status)
([0, 1, 2], 'optimal')
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import Family, Option, Setting
from zerogap.models.fairclique.check import check
from zerogap.models.fairclique.formats.graphs import FORMATS
from zerogap.models.fairclique.formats.objects import (
    from_frames,
    from_networkx,
    from_scipy,
    to_networkx,
)
from zerogap.models.fairclique.formats.text import SEPARATORS
from zerogap.models.fairclique.generate import chung_lu, gnp, rmat
from zerogap.models.fairclique.instance import FairClique, fairness, from_edges
from zerogap.models.fairclique.solution import Clique, decode, encode

__all__ = [
    "FAMILY",
    "Clique",
    "FairClique",
    "check",
    "from_edges",
    "from_frames",
    "from_networkx",
    "from_pandas",
    "from_scipy",
    "to_networkx",
]


def info(instance: FairClique) -> dict[str, Any]:
    """Facts for people."""
    n = instance.vertices
    counts = np.bincount(instance.attribute, minlength=len(instance.values)).tolist()
    loops, duplicates = instance.dropped
    facts = {
        "vertices": n,
        "edges": instance.edges,
        "density": round(2 * instance.edges / (n * (n - 1)), 6) if n > 1 else 0.0,
        "largest degree": int(np.diff(instance.first).max()),
        "attribute": dict(zip(instance.values, counts)),
        "k": instance.k,
        "delta": "inf" if instance.delta == math.inf else instance.delta,
        "ids": f"{instance.label(0)} … {instance.label(n - 1)}",
        "loops dropped": loops,
        "duplicates dropped": duplicates,
    }
    if instance.weight is not None:
        facts["weights"] = f"{instance.weight.min()} … {instance.weight.max()}"
    if instance.anchor:
        anchors = instance.index(list(instance.anchor)).tolist()
        facts["anchor"] = ", ".join(str(instance.label(v)) for v in anchors)
    return facts


#: Names of the upper bounds of the published method.
PUBLISHED_BOUNDS = (
    "ub_s",
    "ub_a",
    "ub_c",
    "ub_ac",
    "ub_eac",
    "ub_delta",
    "ub_h",
    "ub_cd",
    "ub_ch",
    "ub_cp",
)


def _k(value: Any) -> Any:
    return fairness(value, "k")


def _delta(value: Any) -> Any:
    return fairness(value, "delta", infinite=True)


FAMILY = Family(
    name="fairclique",
    title="maximum relative fair clique",
    sense="max",
    integral=True,
    unit="vertices",
    instances=(FairClique,),
    solution=Clique,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators={"gnp": gnp, "chung-lu": chung_lu, "rmat": rmat},
    options=(
        Option("attributes", str, help="attribute file, `vertex value` a line"),
        Option("k", _k, help="least count of every attribute value (2)"),
        Option("delta", _delta, help="largest difference of two counts, may be inf (1)"),
        Option("values", str, help="declared attribute values, separated by commas"),
        Option("anchor", str, help="vertices that must be in, separated by commas"),
        Option("attribute", str, help="column of the node table, or data of the nodes: the value"),
        Option("vertex", str, help="column of the node table: the vertex"),
        Option("weight", str, help="column of the node table, or data of the nodes: its weight"),
        Option("source", str, help="column of an edge table: the first vertex"),
        Option("target", str, help="column of an edge table: the second vertex"),
        Option("separator", str, help="of an edge table", choices=tuple(SEPARATORS)),
        Option("header", bool, help="whether an edge table begins with a line of titles"),
        Option("least", float, help="leave out edges of less weight"),
        Setting("enumerate", int, 0, "list up to so many optimal cliques"),
        Setting("disjoint", int, 0, "so many cliques without a common vertex, best first"),
        Setting("ties", str, "any", "which optimal clique", ("any", "lexicographic")),
        Setting(
            "bound",
            str,
            "none",
            "a published upper bound that start vertices have to pass besides",
            ("none", *PUBLISHED_BOUNDS),
        ),
        Setting("support", bool, False, "peel edges by their colourful support as well"),
        Setting(
            "enhanced",
            bool,
            True,
            "a colour serves one attribute only in the reductions",
        ),
    ),
)

#: The name it has in every family.
from_pandas = from_frames
