"""The judge: Brent's equations in exact integers, and products of random matrices.

Shares no code with any solver.
"""

from __future__ import annotations

import math

import numpy as np

from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.matmul.solution import ReducedScheme, Scheme

_TRIALS = 3  # pairs of random matrices multiplied beside the equations


def check(instance, solution: Scheme | ReducedScheme) -> int:
    """Rank or additions of a solution, recomputed from the definition.

    Raises
    ------
    InfeasibleSolution
        Naming the first violated Brent equation, or the constraint of the instance.
    """
    if isinstance(solution, ReducedScheme):
        try:
            scheme = solution.scheme(modulus=2 if instance.ring == "Z2" else 0)
        except OverflowError as error:
            raise InfeasibleSolution(str(error), constraint="ring") from None
    else:
        scheme = solution
    check_scheme(instance.n, instance.ring, scheme)
    if instance.objective == "rank":
        return scheme.rank
    if instance.rank and scheme.rank > instance.rank:
        raise InfeasibleSolution(
            f"{scheme.rank} multiplications, at most {instance.rank} are allowed",
            constraint="rank",
            by=scheme.rank - instance.rank,
        )
    if instance.fixed:
        _check_same(instance, scheme)
    return solution.additions


def check_scheme(n, ring: str, scheme: Scheme) -> None:
    """Raise `InfeasibleSolution` unless `scheme` multiplies matrices of format `n` over `ring`."""
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


def _check_same(instance, scheme: Scheme) -> None:
    """Every product has to be the given one: equal as a rank-one tensor."""
    given = instance.scheme
    if scheme.rank != given.rank:
        raise InfeasibleSolution(
            f"{scheme.rank} multiplications, the given scheme has {given.rank}", constraint="fixed"
        )
    sign = np.ones(given.rank, np.int64)
    for ours, theirs in ((scheme.u, given.u), (scheme.v, given.v), (scheme.w, given.w)):
        equal, opposite = (ours == theirs).all(axis=1), (ours == -theirs).all(axis=1)
        sign *= np.where(equal, 1, np.where(opposite, -1, 0))
    if (sign != 1).any():
        r = int(np.flatnonzero(sign != 1)[0])
        raise InfeasibleSolution(
            f"multiplication {r} is not that of the given scheme", constraint="fixed", where=r
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
