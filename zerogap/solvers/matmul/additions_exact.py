"""Proofs for single sides of a scheme: minimal straight-line programs by CP-SAT.

A program over −1, 0, 1 is one modulo 2 with as many additions, and there are finitely many forms
modulo 2: so the proof that no program with one addition less exists is done there, and holds
whatever the size of intermediate coefficients.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from zerogap.models.base import Model
from zerogap.models.matmul.exact import slp
from zerogap.models.matmul.solution import ReducedScheme
from zerogap.solvers.backends import cpsat

#: Additions of a side up to which CP-SAT is asked.
SMALL = 9


def close(search, matrices, bounds: list[int], seconds: float) -> None:
    """Improve and prove the small sides of the incumbent; `bounds` of the sides are raised.

    Parameters
    ----------
    search : Search
        Its incumbent is a `ReducedScheme` of these matrices.
    matrices : sequence of ndarray
        The three sides, outputs × inputs.
    bounds : list of int
        Additions that each side needs.
    seconds : float
        Limit of every call of CP-SAT.
    """
    binary = search.instance.ring == "Z2"
    for k in np.argsort([side_of(search.solution, k).additions for k in range(3)]).tolist():
        rest = search.solution  # one snapshot: other incumbents may come in at any moment
        additions = side_of(rest, k).additions
        if not search.open or not bounds[k] < additions <= SMALL:
            continue
        found: list[int] = []
        model = one_side(rest, slp.build(matrices[k], additions, binary=binary), k, found)
        cpsat.improve(model, search, seconds=seconds, bounds=False, source="cp-sat")
        additions = min(found, default=additions)
        if impossible(search, matrices[k], additions - 1, seconds):
            # No program of `additions − 1` sums computes this side modulo 2, nor one over −1, 0, 1
            # (which is one modulo 2), whatever the other sides' programs and whoever found them.
            bounds[k] = additions
            search.tighten(sum(bounds), "cp-sat")


def side_of(solution: ReducedScheme, k: int):
    """Program of side 0 (A), 1 (B) or 2 (C)."""
    return getattr(solution, "uvw"[k])


def one_side(rest: ReducedScheme, model: Model, k: int, found: list[int]) -> Model:
    """The model of one side's program as a model of the whole scheme, the other sides fixed.

    Additions of the programs that it reads are appended to `found`.
    """
    others = rest.additions - side_of(rest, k).additions

    def read(value) -> ReducedScheme:
        program = model.read(value)
        found.append(program.additions)
        return replace(rest, **{"uvw"[k]: program})

    return replace(
        model,
        read=read,
        hint=lambda solution: model.hint(side_of(solution, k)),
        offset=others,
    )


def impossible(search, matrix: np.ndarray, additions: int, seconds: float) -> bool:
    """Whether CP-SAT proves that no program of so many additions exists, modulo 2."""
    model = slp.build(np.abs(matrix), max(0, additions), binary=True)
    # Every program of so many sums is in the model: a sum of equal terms is zero modulo 2 and of no
    # use, longer sums are chains, equal and single-term forms need no step of their own.
    # What the proof finds instead may have no counterpart over the integers: it is not offered.
    proof = replace(model, read=lambda value: search.solution)
    status = cpsat.improve(
        proof, search, seconds=seconds, hint=False, bounds=False, source="cp-sat proof"
    )
    return status == "infeasible"
