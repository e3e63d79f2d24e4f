"""From coefficients modulo 2 to signs, to integers and to rationals (Hensel lifting).

Signs alone are a linear system over Z2: with every 1 replaced by (−1)^x the Brent equations modulo
4 read Σ (x_u + x_v + x_w) ≡ (target − terms) / 2 over the terms of an equation. Where they have no
solution the general lifting goes from 2^k to 2^(k+1), with the same matrix at every step.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.matmul.moves import Factors, Sides
from zerogap.models.matmul.solution import Scheme, check_scheme

_TRIES = 8  # solutions of the sign system that are tested over the integers
_STEPS = 10  # doublings of the exponent's base-2 digits in the general lifting
_MAX_BITS = 600_000_000  # of the general system's matrix


def lift(n: Sides, scheme: Factors, *, ring: str = "Q", seed: int = 0) -> tuple[Scheme, str] | None:
    """A scheme over a larger ring that is `scheme` modulo 2.

    Parameters
    ----------
    n : tuple of three int
    scheme : tuple of three arrays
        Factors modulo 2.
    ring : {"ZT", "Z", "Q"}
        The largest ring that is of use.
    seed : int
        Which of the sign systems' solutions are tried.

    Returns
    -------
    tuple of Scheme and str, or None
        The lifted scheme and its ring, the smallest found of ZT, Z, Q.
    """
    signed = signs(n, scheme, seed)
    if signed is not None:
        return signed, "ZT"
    return None if ring == "ZT" else hensel(n, scheme, ring)


def signs(n: Sides, scheme: Factors, seed: int = 0) -> Scheme | None:
    """Signs for the ones of a scheme modulo 2 such that it holds over the integers."""
    ones = [np.asarray(m) & 1 for m in scheme]
    columns, unknowns = [], 0
    for m in ones:
        number = np.full(m.shape, -1, np.int64)
        number[m != 0] = np.arange(unknowns, unknowns + int(m.sum()))
        unknowns += int(m.sum())
        columns.append(number)
    cells, terms = [], []
    for r in range(len(ones[0])):
        a, b, c = (np.flatnonzero(m[r]) for m in ones)
        cell = (a[:, None, None] * ones[1].shape[1] + b[:, None]) * ones[2].shape[1] + c
        x = np.stack(
            np.broadcast_arrays(
                columns[0][r, a][:, None, None], columns[1][r, b][:, None], columns[2][r, c]
            )
        )
        cells.append(cell.ravel())
        terms.append(x.reshape(3, -1))
    cell = np.concatenate(cells)
    term = np.concatenate(terms, axis=1)
    used, row = np.unique(cell, return_inverse=True)
    count = np.bincount(row, minlength=len(used))
    off = _target(n, used) - count
    if (off % 2).any():
        return None  # not even right modulo 2
    system = BinarySystem(len(used), unknowns)
    for side in range(3):
        system.flip(row, term[side])
    solutions = system.solve((off // 2) % 2, _TRIES, np.random.default_rng(seed))
    for x in solutions:
        sides, start = [], 0
        for m in ones:
            signed = m.astype(np.int64)
            size = int(m.sum())
            signed[m != 0] = 1 - 2 * x[start : start + size].astype(np.int64)
            start += size
            sides.append(signed)
        lifted = Scheme(*sides)
        if _holds(n, "ZT", lifted):
            return lifted
    return None


def _target(n: Sides, cells: np.ndarray) -> np.ndarray:
    """1 where cell ((i,j),(j,k),(k,i)) of the multiplication tensor is meant."""
    n1, n2, n3 = n
    rest, c = np.divmod(cells, n3 * n1)
    a, b = np.divmod(rest, n2 * n3)
    (i, j), (p, k), (m, q) = np.divmod(a, n2), np.divmod(b, n3), np.divmod(c, n1)
    return ((i == q) & (j == p) & (k == m)).astype(np.int64)


def _holds(n: Sides, ring: str, scheme: Scheme) -> bool:
    try:
        check_scheme(n, ring, scheme)
    except InfeasibleSolution:
        return False
    return True


class BinarySystem:
    """Linear equations over Z2, bit-packed; eliminated once, solved for many right-hand sides.

    Parameters
    ----------
    rows, columns : int
    """

    def __init__(self, rows: int, columns: int):
        self.rows, self.columns = rows, columns
        self.bits = np.zeros((rows, -(-columns // 64)), np.uint64)

    def flip(self, rows: np.ndarray, columns: np.ndarray) -> None:
        """Add 1 to the given coefficients."""
        flat = rows * self.bits.shape[1] + (columns >> 6)
        values = np.uint64(1) << (columns & 63).astype(np.uint64)
        np.bitwise_xor.at(self.bits.reshape(-1), flat, values)

    def solve(
        self, rhs: np.ndarray, count: int = 1, rng: np.random.Generator | None = None
    ) -> list[np.ndarray]:
        """Up to `count` solutions; free variables are 0 in the first, random in the others."""
        words = -(-self.columns // 64)
        matrix = np.zeros((self.rows, words + 1), np.uint64)
        matrix[:, :words] = self.bits
        matrix[:, words] = np.asarray(rhs).astype(np.uint64) & np.uint64(1)
        matrix = np.unique(matrix, axis=0)
        pivots, rank = [], 0
        for column in range(self.columns):
            word, bit = column >> 6, np.uint64(1) << np.uint64(column & 63)
            hits = np.flatnonzero(matrix[rank:, word] & bit) + rank
            if hits.size == 0:
                continue
            if hits[0] != rank:
                matrix[[rank, hits[0]]] = matrix[[hits[0], rank]]
            matrix[hits[1:], word:] ^= matrix[rank, word:]
            pivots.append(column)
            rank += 1
            if rank == len(matrix):
                break
        if (matrix[rank:, words] & np.uint64(1)).any():
            return []
        return [
            self._substitute(matrix, pivots, rng if k else None)
            for k in range(count if rng is not None else 1)
        ]

    def _substitute(self, matrix, pivots, rng) -> np.ndarray:
        words = matrix.shape[1] - 1
        x = np.zeros(words * 64, np.uint8)
        if rng is not None:
            x[: self.columns] = rng.integers(0, 2, self.columns)
        packed = np.packbits(x, bitorder="little").view(np.uint64).copy()
        for row in range(len(pivots) - 1, -1, -1):
            word, bit = pivots[row] >> 6, np.uint64(1) << np.uint64(pivots[row] & 63)
            packed[word] &= ~bit
            total = np.bitwise_xor.reduce(matrix[row, :words] & packed)
            odd = (int(total).bit_count() + int(matrix[row, words])) & 1
            if odd:
                packed[word] |= bit
        return np.unpackbits(packed.view(np.uint8), bitorder="little")[: self.columns]


def hensel(
    n: Sides, scheme: Factors, ring: str = "Q", steps: int = _STEPS
) -> tuple[Scheme, str] | None:
    """Lift modulo 4, 8, … and reconstruct integers, or rationals with odd denominators."""
    raise_to = [np.asarray(m).astype(object) & 1 for m in scheme]
    widths = [m.shape[1] for m in raise_to]
    rank = len(raise_to[0])
    equations = math.prod(widths)
    if equations * rank * sum(widths) > _MAX_BITS:
        return None
    jacobian = _jacobian([m.astype(np.uint8) for m in raise_to], widths, rank)
    target = np.zeros(equations, object)
    target[:] = _target(n, np.arange(equations)).tolist()
    modulus = 2
    for _ in range(steps):
        residue = target - _tensor(raise_to)
        if not (residue != 0).any():
            return _best_ring(n, [np.array(m, dtype=object) for m in raise_to], ring)
        digit = np.array([int(x) // modulus % 2 for x in residue], np.uint8)
        found = jacobian.solve(digit)
        if not found:
            return None
        start = 0
        for k, m in enumerate(raise_to):
            size = rank * widths[k]
            step = found[0][start : start + size].reshape(rank, widths[k]).astype(object)
            raise_to[k] = m + modulus * step
            start += size
        modulus *= 2
        lifted = _reconstruct(n, raise_to, modulus, ring)
        if lifted is not None:
            return lifted
    return None


def _jacobian(ones: list[np.ndarray], widths: list[int], rank: int) -> BinarySystem:
    """Derivative of the Brent equations modulo 2 by every coefficient."""
    system = BinarySystem(math.prod(widths), rank * sum(widths))
    offset = [0, rank * widths[0], rank * (widths[0] + widths[1])]
    strides = [widths[1] * widths[2], widths[2], 1]
    for r in range(rank):
        places = [np.flatnonzero(m[r]) for m in ones]
        for k in range(3):
            j, i = [x for x in range(3) if x != k]
            e = np.arange(widths[k])
            cell = (
                e[:, None, None] * strides[k]
                + places[j][None, :, None] * strides[j]
                + places[i][None, None, :] * strides[i]
            )
            column = np.broadcast_to((offset[k] + r * widths[k] + e)[:, None, None], cell.shape)
            system.flip(cell.ravel(), column.ravel())
    return system


def _tensor(factors: list[np.ndarray]) -> np.ndarray:
    u, v, w = factors
    total = np.zeros((u.shape[1], v.shape[1], w.shape[1]), object)
    for r in range(len(u)):
        a, b, c = (np.flatnonzero(m[r]) for m in factors)
        if a.size and b.size and c.size:
            piece = u[r, a][:, None, None] * v[r, b][:, None] * w[r, c]
            total[np.ix_(a, b, c)] += piece
    return total.reshape(-1)


def _reconstruct(n: Sides, factors, modulus: int, ring: str) -> tuple[Scheme, str] | None:
    """Integers nearest to 0, or the rationals of smallest height, if the equations then hold."""
    balanced = [(m + modulus // 2) % modulus - modulus // 2 for m in factors]
    found = _best_ring(n, balanced, ring)
    if found is not None or ring != "Q" or modulus < 16:
        return found
    limit = math.isqrt(modulus // 2)
    rows, divisors = [], np.ones(len(factors[0]), object)
    for m in factors:
        out = np.zeros(m.shape, object)
        for r in range(len(m)):
            values = [_rational(int(x) % modulus, modulus, limit) for x in m[r]]
            if any(v is None for v in values):
                return None
            scale = math.lcm(*(v.denominator for v in values if v is not None))
            out[r] = [int(v * scale) for v in values if v is not None]
            divisors[r] *= scale
        rows.append(out)
    return _best_ring(n, rows, ring, divisors)


def _rational(value: int, modulus: int, limit: int) -> Fraction | None:
    """The fraction p/q ≡ value with |p|, q ≤ limit, by the extended Euclidean algorithm."""
    a, b, p, q = modulus, value, 0, 1
    while b > limit:
        quotient = a // b
        a, b, p, q = b, a - quotient * b, q, p - quotient * q
    if q == 0 or abs(q) > limit or math.gcd(b, q) != 1:
        return None
    return Fraction(b, q)


def _best_ring(n: Sides, factors, ring: str, divisors=None) -> tuple[Scheme, str] | None:
    try:
        u, v, w = factors
        scheme = Scheme(u, v, w) if divisors is None else Scheme(u, v, w, divisors)
    except InstanceError:
        return None
    for candidate in ("ZT", "Z", "Q"):
        if _holds(n, candidate, scheme):
            return scheme, candidate
        if candidate == ring:
            break
    return None
