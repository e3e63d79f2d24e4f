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

from zerogap.models.arrays import frozen
from zerogap.models.base import InfeasibleSolution, InstanceError

_TRIALS = 3  # pairs of random matrices multiplied beside the equations

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


# ---- Brent's equations ---------------------------------------------------------------------------


def check_scheme(n, ring: str, scheme: Scheme) -> None:
    """Raise `InfeasibleSolution` unless `scheme` multiplies matrices of format `n` over `ring`.

    All equations Σ_r u_r⊗v_r⊗w_r = the multiplication tensor in exact integers, then products of
    random matrices.
    """
    n1, n2, n3 = (int(x) for x in n)
    widths = (n1 * n2, n2 * n3, n3 * n1)
    for name, width in zip("uvw", widths):
        matrix = getattr(scheme, name)
        if matrix.shape[1] != width:
            raise InfeasibleSolution(
                f"{name} has rows of {matrix.shape[1]} entries, the format {n1}x{n2}x{n3} "
                f"needs {width}",
                constraint="shape",
                where=name,
            )
    _check_ring(ring, scheme)
    terms, scale = _scaled(scheme)
    difference = _brent(terms, scheme, widths) - _target(n1, n2, n3, scale)
    if ring == "Z2":
        difference %= 2
    wrong = np.flatnonzero(difference)
    if wrong.size:
        raise _violation(difference, int(wrong[0]), (n1, n2, n3), scale, ring, len(wrong))
    _check_products(n1, n2, n3, ring, terms, scheme, scale)


def _check_ring(ring: str, scheme: Scheme) -> None:
    low, high = {"Z2": (0, 1), "ZT": (-1, 1)}.get(ring, (-(2**62), 2**62))
    for name in "uvw":
        matrix = getattr(scheme, name)
        bad = np.argwhere((matrix < low) | (matrix > high))
        if bad.size:
            r, e = map(int, bad[0])
            raise InfeasibleSolution(
                f"{name}[{r}][{e}] is {int(matrix[r, e])}, outside the ring {ring}",
                constraint="ring",
                where=(name, r, e),
            )
    if ring != "Q" and (scheme.denominator != 1).any():
        r = int(np.flatnonzero(scheme.denominator != 1)[0])
        raise InfeasibleSolution(
            f"product {r} has denominator {int(scheme.denominator[r])}, outside the ring {ring}",
            constraint="ring",
            where=("denominator", r),
        )


def _scaled(scheme: Scheme) -> tuple[np.ndarray, int]:
    """Integer weights of the products over one common denominator; objects where 64 bits end."""
    divisors = [int(d) for d in scheme.denominator]
    scale = math.lcm(*divisors) if divisors else 1
    weights = [scale // d for d in divisors]
    size = scale + sum(
        f
        * math.prod(
            max(int(abs(int(x))) for x in (m[r].min(), m[r].max()))
            for m in (scheme.u, scheme.v, scheme.w)
        )
        for r, f in enumerate(weights)
    )
    return np.array(weights, np.int64 if size < 2**62 else object), scale


def _brent(weights: np.ndarray, scheme: Scheme, widths: tuple[int, int, int]) -> np.ndarray:
    """Σ_r weight_r u_r⊗v_r⊗w_r, flat; only non-zero coefficients are touched."""
    total = np.zeros(math.prod(widths), weights.dtype)
    for r in range(scheme.rank):
        a, b, c = (np.flatnonzero(m[r]) for m in (scheme.u, scheme.v, scheme.w))
        x, y, z = (
            m[r, i].astype(weights.dtype) for m, i in ((scheme.u, a), (scheme.v, b), (scheme.w, c))
        )
        index = (a[:, None, None] * widths[1] + b[None, :, None]) * widths[2] + c[None, None, :]
        total[index] += weights[r] * x[:, None, None] * y[None, :, None] * z[None, None, :]
    return total


def _target(n1: int, n2: int, n3: int, scale: int) -> np.ndarray:
    i, j, k = np.ix_(np.arange(n1), np.arange(n2), np.arange(n3))
    index = ((i * n2 + j) * (n2 * n3) + j * n3 + k) * (n3 * n1) + k * n1 + i
    target = np.zeros(n1 * n2 * n2 * n3 * n3 * n1, np.int64 if scale < 2**62 else object)
    target[index.ravel()] = scale
    return target


def _violation(difference, flat: int, n, scale: int, ring: str, count: int) -> InfeasibleSolution:
    n1, n2, n3 = n
    flat, c = divmod(flat, n3 * n1)
    a, b = divmod(flat, n2 * n3)
    i, j = divmod(a, n2)
    p, k = divmod(b, n3)
    m, q = divmod(c, n1)
    expected = int(i == q and j == p and k == m)
    off = int(difference[(a * n2 * n3 + b) * n3 * n1 + c])
    found = (off + expected * scale) % 2 if ring == "Z2" else off + expected * scale
    text = str(found) if scale == 1 else f"{found}/{scale}"
    return InfeasibleSolution(
        f"Brent equation a({i + 1},{j + 1})·b({p + 1},{k + 1}) in c({q + 1},{m + 1}) gives {text}, "
        f"expected {expected} ({count} equations violated)",
        constraint="brent",
        where=((i, j), (p, k), (q, m)),
        by=abs(off),
    )


def _check_products(n1, n2, n3, ring, weights, scheme: Scheme, scale: int) -> None:
    """Multiply random integer matrices, with Python integers where 64 bits could overflow."""
    rng = np.random.default_rng(7)
    kind = object if ring in ("Z", "Q") else np.int64
    u, v, w = (m.astype(kind) for m in (scheme.u, scheme.v, scheme.w))
    for _ in range(_TRIALS):
        a = rng.integers(-9, 10, (n1, n2)).astype(kind)
        b = rng.integers(-9, 10, (n2, n3)).astype(kind)
        products = (u @ a.ravel()) * (v @ b.ravel()) * weights
        c = (products @ w).reshape(n3, n1).T
        off = c - scale * (a @ b)
        if ring == "Z2":
            off = off % 2
        if np.any(off != 0):
            raise InfeasibleSolution(
                "the product of two random matrices is wrong", constraint="product"
            )


def wrong_order(n, ring: str, scheme: Scheme) -> bool:
    """Whether `scheme` is right when its `w` is read as C row by row instead of its transpose."""
    n1, _, n3 = (int(x) for x in n)
    if scheme.w.shape[1] != n1 * n3:
        return False
    try:
        check_scheme(n, ring, transposed(scheme, n1, n3))
    except (InfeasibleSolution, InstanceError):
        return False
    return True


def transposed(scheme: Scheme, n1: int, n3: int) -> Scheme:
    """The scheme with the entries of C (n1×n3) in `w` re-ordered to those of its transpose."""
    w = scheme.w.reshape(-1, n1, n3).transpose(0, 2, 1).reshape(scheme.rank, -1)
    return Scheme(scheme.u, scheme.v, w, scheme.denominator)
