"""Learning directed acyclic graphs by score.

`Dag` is the instance (data or covariance, loss, penalty, rules), `Structure` the solution (order
and weighted edges), `check` recomputes the score.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import Family, Option, Setting
from zerogap.models.dag.check import check
from zerogap.models.dag.formats import FORMATS, read_rules, read_truth
from zerogap.models.dag.generate import erdos_renyi, scale_free, simulate
from zerogap.models.dag.instance import LOSSES, PENALTIES, Dag
from zerogap.models.dag.metrics import compare, cpdag
from zerogap.models.dag.solution import Structure, decode, encode

__all__ = [
    "FAMILY",
    "Dag",
    "Structure",
    "check",
    "compare",
    "cpdag",
    "decode",
    "encode",
    "erdos_renyi",
    "info",
    "read_rules",
    "read_truth",
    "scale_free",
    "simulate",
]


def info(instance: Dag) -> dict[str, Any]:
    """Facts about an instance.

    ``varsortability`` is the share of true edges along which the variance grows: near 1, sorting by
    variance alone finds the order (Reisach, Seiler, Weichwald 2021).
    """
    variances = np.diag(instance.covariance)
    facts: dict[str, Any] = {
        "variables": instance.variables,
        "observations": instance.observations,
        "loss": instance.loss,
        "penalty": instance.penalty,
        "weight": instance.weight,
        "max parents": "no limit" if instance.max_parents is None else instance.max_parents,
        "required edges": len(instance.required),
        "forbidden edges": len(instance.forbidden),
        "tiers": 0 if instance.tiers is None else len(np.unique(instance.tiers)),
        "ridge": instance.ridge,
        "variances": f"{variances.min():.4g} … {variances.max():.4g}",
        "condition": float(np.linalg.cond(instance.covariance)),
        "rows kept": instance.data is not None,
    }
    if instance.truth is not None:
        i, j = np.nonzero(instance.truth)
        facts["true edges"] = len(i)
        if len(i):
            facts["varsortability"] = float((variances[i] < variances[j]).mean())
    return facts


def _optional(kind):
    def convert(text):
        return None if text is None or str(text).lower() in ("none", "") else kind(text)

    convert.__name__ = kind.__name__
    return convert


def _weight(text: Any) -> float | None:
    value = _optional(float)(text)
    if value is not None and not math.isfinite(value):
        raise ValueError("expected a finite number")
    return value


_weight.__name__ = "float"

#: How the first line of a table is read.
HEADERS = ("auto", "yes", "no")

FAMILY = Family(
    name="dag",
    title="learning of directed acyclic graphs by a score",
    sense="min",
    integral=False,
    unit="score",
    instances=(Dag,),
    solution=Structure,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators={"er": erdos_renyi, "sf": scale_free},
    options=(
        Option("loss", str, "ls", "least squares, Gaussian likelihood or logistic", LOSSES),
        Option("penalty", str, "none", "on weights (l1) or edges (l0, bic)", PENALTIES),
        Option("weight", _weight, None, "weight of l1 and l0"),
        Option("max_parents", _optional(int), None, "largest in-degree"),
        Option("center", bool, True, "subtract the means"),
        Option("standardize", bool, False, "divide by the standard deviations"),
        Option("ridge", float, 0.0, "added to the diagonal of the covariance"),
        Option("observations", _optional(int), None, "the file is a covariance of so many rows"),
        Option("rules", _optional(str), None, "JSON file: required, forbidden, tiers or order"),
        Option("truth", _optional(str), None, "true graph, for evaluation"),
        Option("threshold", float, 0.3, "weights below it are dropped before graphs are compared"),
        Option("header", str, "auto", "whether the first line names the columns", HEADERS),
        Setting("size_small", int, 100, "method topo: small set of candidate swaps"),
        Setting("size_large", int, 400, "method topo: large set"),
        Setting("large_searches", int, 1, "method topo: uses of the large set"),
        Setting("window", int, 9, "length of the windows solved exactly by the kernel"),
        Setting(
            "states",
            int,
            20_000_000,
            "memory of the exact search over orders, in states",
        ),
    ),
    tolerance=1e-9,
)
