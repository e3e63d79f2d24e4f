"""Schemes, and the straight-line programs that evaluate them with few additions.

Conventions of the whole family: rows of `u` index the entries of A (n1×n2) row by row, rows of `v`
those of B (n2×n3), rows of `w` those of the *transpose* of C (n3×n1), so that the three factors
can be rotated cyclically. The public collections store `w` in the same way.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from zerogap.models.base import InstanceError, frozen

#: One term of a sum: (index of the variable, coefficient).
Term = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """Rank-one tensors: C = Σ_r (u_r·A)(v_r·B) w_r / denominator_r.

    Parameters
    ----------
    u, v, w : ndarray of int64, shape (rank, entries)
        Coefficients of the entries of A, of B and of the transpose of C.
    denominator : ndarray of int64, shape (rank,), optional
        Positive divisors, all 1 but over the rationals.

    Raises
    ------
    InstanceError
        If shapes do not fit each other or a value is no integer.
    """

    u: np.ndarray
    v: np.ndarray
    w: np.ndarray
    denominator: np.ndarray = None  # type: ignore[assignment]

    def __post_init__(self):
        rows = None
        for name in "uvw":
            value = getattr(self, name)
            matrix = frozen(value, np.int64, field=name, shape=(rows, None))
            rows = matrix.shape[0]
            object.__setattr__(self, name, matrix)
        divisors = np.ones(rows or 0, np.int64) if self.denominator is None else self.denominator
        divisors = frozen(divisors, np.int64, field="denominator", shape=(rows,), low=1)
        object.__setattr__(self, "denominator", divisors)

    @property
    def rank(self) -> int:
        """Number of multiplications."""
        return self.u.shape[0]

    @property
    def n(self) -> tuple[int, int, int]:
        """The format, which the widths of the factors determine.

        Raises
        ------
        InstanceError
            If no format has such widths.
        """
        return _format(self.u.shape[1], self.v.shape[1], self.w.shape[1])

    @property
    def additions(self) -> int:
        """Additions without any sharing: Σ (non-zeros − 1) over the forms of A, B and over C."""
        return sum(
            int(np.maximum(np.count_nonzero(m, axis=1) - 1, 0).sum())
            for m in (self.u, self.v, self.w.T)
        )


def _format(a: int, b: int, c: int) -> tuple[int, int, int]:
    """n1, n2, n3 from n1·n2, n2·n3, n3·n1."""
    n1, n2, n3 = (math.isqrt(p * q // max(1, s)) for p, q, s in ((a, c, b), (a, b, c), (b, c, a)))
    if (n1 * n2, n2 * n3, n3 * n1) != (a, b, c) or not a:
        raise InstanceError(f"rows of {a}, {b} and {c} entries belong to no format", field="u")
    return n1, n2, n3


@dataclass(frozen=True, slots=True)
class Program:
    """A straight-line program of additions and subtractions.

    Parameters
    ----------
    inputs : int
        Number of inputs; variable i < inputs is an input.
    fresh : tuple of sums
        ``fresh[k]`` defines variable ``inputs + k`` from earlier ones; a sum is a tuple of
        (index, coefficient) with coefficient 1 or −1.
    outputs : tuple of sums
        The wanted forms; an empty sum is zero.

    Raises
    ------
    InstanceError
        If a term refers to a variable that is not yet defined, or has another coefficient.
    """

    inputs: int
    fresh: tuple[tuple[Term, ...], ...]
    outputs: tuple[tuple[Term, ...], ...]

    def __post_init__(self):
        object.__setattr__(self, "inputs", int(self.inputs))
        known = self.inputs
        for field, sums in (("fresh", self.fresh), ("outputs", self.outputs)):
            done = []
            for row, terms in enumerate(sums):
                terms = tuple((int(i), int(c)) for i, c in terms)
                if not terms and field == "fresh":
                    raise InstanceError(f"row {row} is empty", field=field)
                for i, c in terms:
                    if not 0 <= i < known:
                        raise InstanceError(
                            f"row {row} uses variable {i}, only {known} are defined", field=field
                        )
                    if c not in (-1, 1):
                        raise InstanceError(
                            f"row {row} has coefficient {c}, expected 1 or -1", field=field
                        )
                known += field == "fresh"
                done.append(terms)
            object.__setattr__(self, field, tuple(done))

    @property
    def additions(self) -> int:
        """Additions and subtractions of the program."""
        return sum(max(0, len(terms) - 1) for sums in (self.fresh, self.outputs) for terms in sums)

    def expand(self, modulus: int = 0) -> np.ndarray:
        """The forms as a matrix, shape (outputs, inputs).

        Coefficients beyond 62 bits raise OverflowError; with `modulus` they are reduced.
        """
        forms: list[np.ndarray] = list(np.eye(self.inputs, dtype=np.int64))
        for terms in self.fresh:
            forms.append(self._sum(forms, terms, modulus))
        rows = [self._sum(forms, terms, modulus) for terms in self.outputs]
        return np.array(rows, np.int64).reshape(len(rows), self.inputs)

    def _sum(self, forms, terms: Iterable[Term], modulus: int) -> np.ndarray:
        total = np.zeros(self.inputs, np.int64)
        for i, c in terms:
            total = total + c * forms[i]
        if modulus:
            return total % modulus
        if total.size and int(np.abs(total).max()) > 2**56:
            raise OverflowError("the program's coefficients exceed 56 bits")
        return total


@dataclass(frozen=True, slots=True)
class ReducedScheme:
    """A scheme with the programs that evaluate its three sides.

    Parameters
    ----------
    u, v : Program
        The forms of A and of B: one output a multiplication.
    w : Program
        The entries of the transpose of C from the products: `rank` inputs, n3·n1 outputs.

    Raises
    ------
    InstanceError
        If the three do not agree in the number of multiplications.
    """

    u: Program
    v: Program
    w: Program

    def __post_init__(self):
        if not len(self.u.outputs) == len(self.v.outputs) == self.w.inputs:
            raise InstanceError(
                f"u has {len(self.u.outputs)} forms, v {len(self.v.outputs)}, "
                f"w takes {self.w.inputs} products"
            )

    @property
    def rank(self) -> int:
        """Number of multiplications."""
        return self.w.inputs

    @property
    def n(self) -> tuple[int, int, int]:
        """The format, which the numbers of inputs and outputs determine."""
        return _format(self.u.inputs, self.v.inputs, len(self.w.outputs))

    @property
    def additions(self) -> int:
        """Additions and subtractions of the three programs together."""
        return self.u.additions + self.v.additions + self.w.additions

    def scheme(self, modulus: int = 0) -> Scheme:
        """The plain scheme that the programs evaluate."""
        u, v, w = (p.expand(modulus) for p in (self.u, self.v, self.w))
        return Scheme(u, v, np.ascontiguousarray(w.T))


def unshared(scheme: Scheme) -> ReducedScheme:
    """The scheme with programs that share nothing (coefficients have to be −1, 0, 1)."""

    def program(matrix: np.ndarray) -> Program:
        rows = (tuple((int(i), int(row[i])) for i in np.flatnonzero(row)) for row in matrix)
        return Program(matrix.shape[1], (), tuple(rows))

    return ReducedScheme(program(scheme.u), program(scheme.v), program(scheme.w.T))
