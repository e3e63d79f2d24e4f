"""Fast matrix multiplication: bilinear schemes of small rank, and with few additions.

A scheme of rank r multiplies an n1×n2 by an n2×n3 matrix with r multiplications of linear forms of
the entries; applied to blocks it is a fast algorithm. `MatMul` says the format, the ring of the
coefficients and what is minimised; `Scheme` and `ReducedScheme` are the solutions.
"""

from __future__ import annotations

from typing import Any

from zerogap.models.base import Family, Option, Setting
from zerogap.models.matmul import catalogue, exchange, generate
from zerogap.models.matmul.bounds import rank_bound
from zerogap.models.matmul.check import check
from zerogap.models.matmul.formats import FORMATS, decode, encode
from zerogap.models.matmul.instance import MAX_ENTRIES, OBJECTIVES, RINGS, MatMul, naive
from zerogap.models.matmul.solution import Program, ReducedScheme, Scheme, check_scheme, unshared

__all__ = [
    "FAMILY",
    "MAX_ENTRIES",
    "MatMul",
    "Program",
    "ReducedScheme",
    "Scheme",
    "check",
    "check_scheme",
    "naive",
    "rank_bound",
    "unshared",
]


def info(instance: MatMul) -> dict[str, Any]:
    """Facts about an instance."""
    n1, n2, n3 = instance.n.tolist()
    bound, source = rank_bound(instance.n, instance.ring)
    facts: dict[str, Any] = {
        "format": f"{n1}x{n2}x{n3}",
        "ring": instance.ring,
        "objective": instance.objective,
        "naive rank": n1 * n2 * n3,
        **_catalogued(instance),
        "rank at least": f"{bound} ({source})",
        "brent equations": (n1 * n2 * n3) ** 2,
    }
    if instance.rank:
        facts["rank allowed"] = instance.rank
    if instance.given is not None:
        scheme = instance.scheme
        facts["given rank"] = scheme.rank
        facts["given additions"] = instance.given.additions
        facts["without sharing"] = scheme.additions
    return facts


def _catalogued(instance: MatMul) -> dict[str, Any]:
    """Rank in the catalogue and in the literature; nothing of formats beyond the catalogue."""
    if int(instance.n.max()) > catalogue.LARGEST:
        return {"catalogue": f"ends at side {catalogue.LARGEST}"}
    n, ring = tuple(instance.n.tolist()), instance.ring
    best, origin = catalogue.known(n, ring)
    ours = catalogue.default()
    return {
        "rank in the catalogue": f"{ours.rank(n, ring)} ({ours.recipe(n, ring)})",
        "best known rank": f"{best} ({origin})",
    }


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError("expected at least 0")
    return value


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError("expected at least 1")
    return value


FAMILY = Family(
    name="matmul",
    title="fast matrix multiplication",
    sense="min",
    integral=True,
    unit="multiplications (objective rank) or additions",
    instances=(MatMul,),
    solution=(Scheme, ReducedScheme),
    formats=exchange.FORMATS + FORMATS,
    check=check,
    encode=encode,
    decode=decode,
    info=info,
    generators={
        "format": generate.blank,
        "naive": generate.schoolbook,
        "sandwiched": generate.sandwiched,
        "strassen": generate.strassen,
    },
    options=(
        Option("format", str, "3x3x3", "format of a generated instance, n1xn2xn3"),
        Option("ring", str, None, "coefficients; a scheme read with Z2 is reduced", RINGS),
        Option("objective", str, None, "what is minimised", OBJECTIVES),
        Option(
            "rank", _count, 0, "multiplications allowed with objective=additions, 0 is any number"
        ),
        Option("fixed", bool, False, "objective=additions: keep the given multiplications"),
        Option("best", bool, False, "a generated instance gets the catalogue's scheme"),
        Option("w", str, None, "order of w in a scheme file", ("transposed", "plain")),
        Option("scheme", _positive, 1, "which scheme of a text file with several"),
        Option("steps", _count, 3, "elementary matrices a side of a sandwiched instance"),
        Setting(
            "plus",
            _positive,
            20_000,
            "steps without a reduction before a plus transition",
        ),
        Setting("band", _count, 3, "how far a walk may rise above its best rank"),
        Setting("pool", _positive, 64, "schemes kept of every rank"),
        Setting("target", _count, 0, "stop at this objective, 0 never"),
        Setting(
            "catalogue",
            bool,
            True,
            "start from the catalogue's scheme of the format; false: from the naive one",
        ),
        Setting(
            "checkpoint",
            str,
            "",
            "file that holds the pools; a killed search resumes from it",
        ),
        Setting(
            "lift",
            bool,
            True,
            "lift schemes over Z2 to the integers, report the ring reached",
        ),
    ),
)
