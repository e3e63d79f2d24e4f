"""Files: tables of observations, covariance matrices, rules and true graphs."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models import base
from zerogap.models.arrays import frozen
from zerogap.models.base import Format, InstanceError
from zerogap.models.dag.categorical import Categorical, LocalScores
from zerogap.models.dag.instance import Dag
from zerogap.models.dag.rulefiles import pairs_of, told, variable_of
from zerogap.models.dag.rules import check_names
from zerogap.models.dag.scorefiles import read_jkl, read_pss, sniff_jkl, sniff_pss, write_jkl
from zerogap.models.dag.tables import Table, parse_table, sniff_categories, sniff_table


def build(
    table: np.ndarray,
    names: list[str] | None,
    *,
    file: str,
    observations: int | None = None,
    center: bool = True,
    standardize: bool = False,
    ridge: float = 0.0,
    loss: str = "ls",
    penalty: str = "none",
    weight: float | None = None,
    max_parents: int | None = None,
    rules: str | None = None,
    truth: str | None = None,
    reading: str = "",
) -> Dag:
    """An instance from a table: rows of data, or a covariance if `observations` is given."""
    fields: dict[str, Any] = {
        "loss": loss,
        "penalty": penalty,
        "weight": 0.0 if weight is None else weight,
        "max_parents": max_parents,
        "name": _stem(file),
        "reading": reading,
    }
    if penalty in ("l1", "l0") and weight is None:
        raise InstanceError(f"penalty {penalty} needs weight=…", field="weight")
    d = table.shape[1] if table.ndim == 2 else 0
    known = check_names(names or (), d)
    fields |= told(rules, truth, known)
    if observations is not None:
        return Dag.from_covariance(table, observations, names=known, ridge=ridge, **fields)
    return Dag.from_data(
        table, names=known, center=center, standardize=standardize, ridge=ridge, **fields
    )


def _stem(file: str) -> str:
    return Path(file).stem if file and not file.startswith("<") else ""


def _categorical(table: Table, *, file: str, score: str | None, ess: float | None,
                 max_parents: int | None, rules: str | None, truth: str | None,
                 other: dict[str, Any]) -> Categorical:  # fmt: skip
    for key, value in other.items():
        if value is not None:
            raise InstanceError(
                f"goes with numbers, {file} holds categories (score=… scores them)",
                field=f"option {key}",
            )
    if ess is not None and (score or "bdeu") != "bdeu":
        raise InstanceError(f"goes with score=bdeu, not {score}", field="option ess")
    assert table.codes is not None
    names = check_names(table.names or (), table.codes.shape[1])
    return Categorical(table.codes, table.levels, score or "bdeu", 1.0 if ess is None else ess,
                       names, max_parents=max_parents, name=_stem(file), reading=table.reading,
                       **told(rules, truth, names))  # fmt: skip


def read_table(text: str, *, file: str, observations: int | None = None,
               center: bool | None = None, standardize: bool | None = None,
               ridge: float | None = None, loss: str | None = None, penalty: str | None = None,
               weight: float | None = None, max_parents: int | None = None,
               rules: str | None = None, truth: str | None = None, header: str = "auto",
               missing: str = "refuse", score: str | None = None,
               ess: float | None = None) -> Dag | Categorical:  # fmt: skip
    """A CSV or TSV file: names in the header, one observation a line."""
    other = {"observations": observations, "center": center, "standardize": standardize,
             "ridge": ridge, "loss": loss, "penalty": penalty, "weight": weight}  # fmt: skip
    table = parse_table(text, file=file, header=header, missing=missing,
                        categories=score is not None)  # fmt: skip
    if table.codes is not None:
        return _categorical(table, file=file, score=score, ess=ess, max_parents=max_parents,
                            rules=rules, truth=truth, other=other)  # fmt: skip
    if ess is not None:
        raise InstanceError("goes with score=bdeu", field="option ess")
    assert table.numbers is not None
    given: dict[str, Any] = {key: value for key, value in other.items() if value is not None}
    return build(table.numbers, table.names, file=file, max_parents=max_parents, rules=rules,
                 truth=truth, reading=table.reading, **given)  # fmt: skip


def write_table(instance: Dag | Categorical | LocalScores) -> str:
    """The rows (of a `Dag` without rows: the covariance) as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(instance.names)
    if isinstance(instance, LocalScores):
        raise InstanceError("holds local scores, not rows: write .jkl or .json")
    if isinstance(instance, Categorical):
        levels = instance.levels
        writer.writerows(
            [levels[j][k] for j, k in enumerate(row)] for row in instance.data.tolist()
        )
        return out.getvalue()
    rows = instance.covariance if instance.data is None else instance.data
    writer.writerows([[repr(v) for v in row] for row in rows.tolist()])
    return out.getvalue()


def read_npy(raw: bytes, *, file: str, observations: int | None = None, center: bool = True,
             standardize: bool = False, ridge: float = 0.0, loss: str = "ls",
             penalty: str = "none", weight: float | None = None, max_parents: int | None = None,
             rules: str | None = None, truth: str | None = None) -> Dag:  # fmt: skip
    """A two-dimensional ``.npy`` array of numbers."""
    try:
        table = np.load(io.BytesIO(raw), allow_pickle=False)
    except MemoryError:
        raise
    except Exception as error:  # a damaged header comes out of numpy as almost anything
        reason = " ".join(str(error).split())
        raise InstanceError(f"no readable npy array: {reason}", file=file) from None
    if not isinstance(table, np.ndarray) or table.ndim != 2:
        raise InstanceError("expected a two-dimensional array", file=file)
    return build(table, None, file=file, observations=observations, center=center,
                 standardize=standardize, ridge=ridge, loss=loss, penalty=penalty, weight=weight,
                 max_parents=max_parents, rules=rules, truth=truth)  # fmt: skip


def write_npy(instance: Dag | Categorical | LocalScores) -> bytes:
    """The rows (or, without rows, the covariance) as a ``.npy`` array."""
    if not isinstance(instance, Dag):
        raise InstanceError("is no table of numbers: write .csv or .json")
    out = io.BytesIO()
    np.save(out, instance.covariance if instance.data is None else instance.data)
    return out.getvalue()


# ---- JSON --------------------------------------------------------------------------------


def encode(instance: Dag | Categorical | LocalScores) -> dict:
    """All fields of the instance."""
    named = instance.names

    def pairs(edges: np.ndarray) -> list:
        return [[named[i], named[j]] for i, j in edges.tolist()]

    ruled: dict[str, Any] = {
        "max_parents": instance.max_parents,
        "required": pairs(instance.required),
        "forbidden": pairs(instance.forbidden),
        "tiers": None if instance.tiers is None else instance.tiers.tolist(),
    }
    if instance.truth is not None:
        ruled["truth"] = instance.truth.tolist()
    head = {"name": instance.name, "names": list(named)}
    if isinstance(instance, Categorical):
        own = {"score": instance.score, "ess": instance.ess}
        table = {"levels": [list(v) for v in instance.levels], "rows": instance.data.tolist()}
        return head | own | ruled | table
    if isinstance(instance, LocalScores):
        scored = {
            name: [[v, [named[i] for i in s]] for v, s in zip(scores.tolist(), sets)]
            for name, scores, sets in zip(named, instance.scores, instance.sets)
        }
        return head | ruled | {"local_scores": scored}
    data: dict[str, Any] = {
        **head,
        "observations": instance.observations,
        "loss": instance.loss,
        "penalty": instance.penalty,
        "weight": instance.weight,
        "ridge": instance.ridge,
        **ruled,
        "covariance": instance.covariance.tolist(),
    }
    if instance.data is not None:
        data["data"] = instance.data.tolist()
    return data


def decode_instance(data: dict, *, file: str) -> Dag | Categorical | LocalScores:
    """The instance from JSON data."""
    names = tuple(data["names"])
    index = {name: j for j, name in enumerate(names)}
    if "local_scores" in data or "rows" in data:
        ruled: dict[str, Any] = {
            "names": names,
            "required": pairs_of(data.get("required", []), index, "required"),
            "forbidden": pairs_of(data.get("forbidden", []), index, "forbidden"),
            "tiers": data.get("tiers"),
            "max_parents": data.get("max_parents"),
            "truth": data.get("truth"),
            "name": str(data.get("name", "")),
        }
        if "rows" in data:
            return Categorical(data["rows"], data["levels"], data.get("score", "bdeu"),
                               data.get("ess", 1.0), **ruled)  # fmt: skip
        return _local_scores(data["local_scores"], names, index, ruled)
    return Dag(
        covariance=data["covariance"],
        observations=data["observations"],
        loss=data.get("loss", "ls"),
        penalty=data.get("penalty", "none"),
        weight=data.get("weight", 0.0),
        names=names,
        data=data.get("data"),
        required=pairs_of(data.get("required", []), index, "required"),
        forbidden=pairs_of(data.get("forbidden", []), index, "forbidden"),
        tiers=data.get("tiers"),
        max_parents=data.get("max_parents"),
        ridge=data.get("ridge", 0.0),
        truth=data.get("truth"),
        name=str(data.get("name", "")),
    )


def _local_scores(table: Any, names: tuple[str, ...], index: dict[str, int],
                  ruled: dict[str, Any]) -> LocalScores:  # fmt: skip
    """``{"A": [[score, [parents]], …], …}`` of every variable."""
    for name in table:
        variable_of(name, index, "local_scores")
    for name in names:
        if name not in table:
            raise InstanceError(f"{name!r} has no parent set", field="local_scores")
    scores, sets = [], []
    for name in names:
        where = f"local_scores.{name}"
        for entry in table[name]:
            if not isinstance(entry, list) or len(entry) != 2 or not isinstance(entry[1], list):
                raise InstanceError(f"{entry!r} is no [score, [parents]]", field=where)
        scores.append(frozen([e[0] for e in table[name]], np.float64, field=where))
        sets.append(
            tuple(tuple(variable_of(p, index, where) for p in entry[1]) for entry in table[name])
        )
    return LocalScores(tuple(scores), tuple(sets), **ruled)


JSON = base.json_format("dag", encode, decode_instance)
FORMATS = (
    JSON,
    Format(
        "npy",
        (".npy",),
        lambda head, name: head[:6] == b"\x93NUMPY",
        read_npy,
        write_npy,
        True,
        True,
    ),
    Format("jkl", (".jkl", ".jaa", ".scores"), sniff_jkl, read_jkl, write_jkl),
    Format("pss", (".pss",), sniff_pss, read_pss, None),
    Format("csv", (".csv", ".tsv", ".txt"), sniff_table, read_table, write_table, shape=True),
    Format("categories", (".csv", ".tsv"), sniff_categories, read_table, None, shape=True),
)
