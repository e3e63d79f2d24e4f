"""Instances made from a few settings."""

from __future__ import annotations

import numpy as np

from zerogap.models.matmul.catalogue import default
from zerogap.models.matmul.instance import MatMul, naive, parse_format
from zerogap.models.matmul.solution import Scheme


def blank(
    seed: int = 0, format: str = "3x3x3", ring: str = "ZT", objective: str = "rank", rank: int = 0,
    best: bool = False,
) -> MatMul:  # fmt: skip
    """Only the format, or with the scheme that the catalogue has of it.

    Parameters
    ----------
    seed : int
        Not used: nothing is random here.
    format : str
        For example ``3x3x4``.
    ring, objective, rank
        As in `MatMul`.
    best : bool
        Give the catalogue's scheme, for formats up to 16×16×16.
    """
    n = parse_format(format)
    given = default().scheme(n, ring) if best else None
    return MatMul(np.array(n), ring, objective, rank, given, name="x".join(map(str, n)))


def schoolbook(
    seed: int = 0, format: str = "3x3x3", ring: str = "ZT", objective: str = "rank", rank: int = 0
) -> MatMul:
    """With the naive scheme written out."""
    n = parse_format(format)
    name = "x".join(map(str, n)) + "-naive"
    return MatMul(np.array(n), ring, objective, rank, given=naive(n), name=name)


def strassen(seed: int = 0, objective: str = "rank", fixed: bool = False) -> MatMul:
    """Strassen's scheme of 1969: 2×2×2 with 7 multiplications and 18 additions."""
    u = [[1, 0, 0, 1], [0, 0, 1, 1], [1, 0, 0, 0], [0, 0, 0, 1], [1, 1, 0, 0], [-1, 0, 1, 0]]
    v = [[1, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, -1], [-1, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]]
    w = [[1, 0, 0, 1], [0, 1, 0, -1], [0, 0, 1, 1], [1, 1, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 1]]
    given = Scheme([*u, [0, 1, 0, -1]], [*v, [0, 0, 1, 1]], [*w, [1, 0, 0, 0]])  # type: ignore
    return MatMul(np.array([2, 2, 2]), "ZT", objective, 0, given, fixed, "strassen")


def sandwiched(
    seed: int = 0, format: str = "3x3x3", ring: str = "Z", objective: str = "rank", steps: int = 3
) -> MatMul:
    """The naive scheme in other bases: A → X A Y⁻¹, B → Y B Z⁻¹, C → X C Z⁻¹.

    X, Y and Z are products of `steps` random elementary matrices each (a uniformly drawn row added
    to or subtracted from another), so that all coefficients stay integers. Rings Z and Z2.
    """
    n = parse_format(format)
    rng = np.random.default_rng(seed)
    bases = [_unimodular(rng, size, steps) for size in n]
    scheme = naive(n)
    sides = []
    for k, matrix in enumerate((scheme.u, scheme.v, scheme.w)):
        rows, columns = n[k], n[(k + 1) % 3]
        left, right = bases[k][0], bases[(k + 1) % 3][1]
        forms = matrix.reshape(-1, rows, columns)
        moved = np.einsum("ai,rij,jb->rab", left, forms, right).reshape(len(forms), -1)
        sides.append(moved % 2 if ring == "Z2" else moved)
    name = "x".join(map(str, n)) + f"-sandwiched-{seed}"
    return MatMul(np.array(n), ring, objective, given=Scheme(*sides), name=name)


def _unimodular(rng: np.random.Generator, size: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
    matrix, inverse = np.eye(size, dtype=np.int64), np.eye(size, dtype=np.int64)
    for _ in range(steps if size > 1 else 0):
        i, j = rng.choice(size, 2, replace=False)
        sign = int(rng.choice([-1, 1]))
        matrix[i] += sign * matrix[j]
        inverse[:, j] -= sign * inverse[:, i]
    return matrix, inverse
