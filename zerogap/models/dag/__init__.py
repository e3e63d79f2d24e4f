"""Learning directed acyclic graphs by score.

`Dag` is the instance (data or covariance, loss, penalty, rules), `Categorical` one of categories
and a log score, `LocalScores` a table of local scores; `Structure` is the solution (order and
weighted edges), `check` recomputes the score.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.base import Family, Option, Setting
from zerogap.models.dag.categorical import SCORES, Categorical, LocalScores
from zerogap.models.dag.check import check
from zerogap.models.dag.counts import distinct
from zerogap.models.dag.exports import bif, dot, graphml, to_pgmpy
from zerogap.models.dag.formats import FORMATS
from zerogap.models.dag.generate import erdos_renyi, scale_free, simulate
from zerogap.models.dag.instance import LOSSES, PENALTIES, Dag
from zerogap.models.dag.metrics import compare, cpdag, members, v_structures
from zerogap.models.dag.networks import Network, fitted, random_network, read_bif, sampled
from zerogap.models.dag.rulefiles import read_rules, read_truth
from zerogap.models.dag.solution import Structure, decode, encode
from zerogap.models.dag.tables import HEADERS, MISSING

__all__ = [
    "FAMILY",
    "Categorical",
    "Dag",
    "LocalScores",
    "Network",
    "Structure",
    "bif",
    "check",
    "compare",
    "cpdag",
    "decode",
    "encode",
    "dot",
    "erdos_renyi",
    "fitted",
    "graphml",
    "info",
    "members",
    "random_network",
    "read_bif",
    "read_rules",
    "read_truth",
    "scale_free",
    "simulate",
    "to_pgmpy",
    "v_structures",
    "from_pandas",
]


Instance = Dag | Categorical | LocalScores


def sense_of(instance: Instance) -> str:
    """Losses are minimised, log scores maximised."""
    return "min" if isinstance(instance, Dag) else "max"


def info(instance: Instance) -> dict[str, Any]:
    """Facts about an instance.

    ``varsortability`` is the share of true edges along which the variance grows: near 1, sorting by
    variance alone finds the order (Reisach, Seiler, Weichwald 2021).
    """
    facts: dict[str, Any] = {"variables": instance.variables}
    facts |= _numbers(instance) if isinstance(instance, Dag) else _scored(instance)
    facts |= {
        "max parents": "no limit" if instance.max_parents is None else instance.max_parents,
        "required edges": len(instance.required),
        "forbidden edges": len(instance.forbidden),
        "tiers": 0 if instance.tiers is None else len(np.unique(instance.tiers)),
    }
    if instance.truth is not None:
        i, j = np.nonzero(instance.truth)
        facts["true edges"] = len(i)
        if len(i) and isinstance(instance, Dag):
            variances = np.diag(instance.covariance)
            facts["varsortability"] = float((variances[i] < variances[j]).mean())
    if getattr(instance, "reading", ""):
        facts["read as"] = instance.reading  # type: ignore[union-attr]
    return facts


def _numbers(instance: Dag) -> dict[str, Any]:
    variances = np.diag(instance.covariance)
    return {
        "observations": instance.observations,
        "objective": "loss, minimised",
        "loss": instance.loss,
        "penalty": instance.penalty,
        "weight": instance.weight,
        "ridge": instance.ridge,
        "variances": f"{variances.min():.4g} … {variances.max():.4g}",
        "condition": float(np.linalg.cond(instance.covariance)),
        "rows kept": instance.data is not None,
    }


def _scored(instance: Categorical | LocalScores) -> dict[str, Any]:
    facts: dict[str, Any] = {"objective": "log score, maximised"}
    if isinstance(instance, LocalScores):
        count = [len(sets) for sets in instance.sets]
        largest = max(len(s) for sets in instance.sets for s in sets)
        return facts | {"parent sets": sum(count), "largest parent set": largest}
    facts |= {"observations": instance.observations, "score": instance.score}
    if instance.score == "bdeu":
        facts["ess"] = instance.ess
    arities = instance.arities
    facts["categories"] = f"{arities.min()} … {arities.max()}"
    facts["different rows"] = len(distinct(instance)[1])
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

FAMILY = Family(
    name="dag",
    title="learning of directed acyclic graphs by a score",
    sense="min",
    integral=False,
    unit="score",
    instances=(Dag, Categorical, LocalScores),
    sense_of=sense_of,
    solution=Structure,
    formats=FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators={
        "er": erdos_renyi,
        "sf": scale_free,
        "bn": random_network,
        "network": sampled,
    },
    options=(
        Option("loss", str, "ls", "least squares, Gaussian likelihood or logistic", LOSSES),
        Option("penalty", str, "none", "on weights (l1) or edges (l0, bic)", PENALTIES),
        Option("score", _optional(str), None, "log score of categories", SCORES),
        Option("ess", _optional(float), None, "equivalent sample size of bdeu, 1 if not given"),
        Option("missing", str, "refuse", "what becomes of rows that lack a value", MISSING),
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


def from_pandas(table: Any, *, name: str = "table", **options: Any) -> Dag | Categorical:
    """Observations: a column a variable, numbers or categories.

    Parameters
    ----------
    table : pandas.DataFrame, or what pandas makes one of
        Numbers make a `Dag` (least squares …), words a `Categorical` (BDeu, BIC …).
    name : str
    **options
        ``loss=…``, ``penalty=…``, ``score=…``, ``rules=…`` and the other settings of reading.

    Raises
    ------
    InstanceError
        Naming the row (the first is 2) and the variable.

    Examples
    --------
    >>> data = from_pandas({"A": [1.0, 2, 3, 4], "B": [2.0, 3, 1, 2], "C": [3.0, 4, 4, 1]})
    >>> data.names
    ('A', 'B', 'C')
    """
    from zerogap.models.frames import from_frame

    return from_frame("dag", table, name=name, **options)
