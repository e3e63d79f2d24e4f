"""Moves between schemes: symmetries of a format, and steps from one format to another.

A scheme here is a triple (u, v, w) of arrays, ``w`` over the transpose of C, with its format n.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Factors = tuple[np.ndarray, ...]
Sides = tuple[int, ...]


def naive(n: Sides, dtype: Any = np.int8) -> Factors:
    """The schoolbook scheme."""
    n1, n2, n3 = n
    i, j, k = (x.ravel() for x in np.indices(n))
    r = np.arange(n1 * n2 * n3)
    u, v, w = (np.zeros((r.size, e), dtype) for e in (n1 * n2, n2 * n3, n3 * n1))
    u[r, i * n2 + j] = v[r, j * n3 + k] = w[r, k * n1 + i] = 1
    return u, v, w


def rotate(n: Sides, scheme: Factors) -> tuple[Sides, Factors]:
    """The cyclic symmetry of the trace of ABC: format (n2, n3, n1)."""
    u, v, w = scheme
    return (n[1], n[2], n[0]), (v, w, u)


def transpose(n: Sides, scheme: Factors) -> tuple[Sides, Factors]:
    """C' = B'A': format (n3, n2, n1)."""
    n1, n2, n3 = n
    u, v, w = scheme
    return (n3, n2, n1), (_flip(v, n2, n3), _flip(u, n1, n2), _flip(w, n3, n1))


def _flip(matrix: np.ndarray, rows: int, columns: int) -> np.ndarray:
    shaped = matrix.reshape(-1, rows, columns).transpose(0, 2, 1)
    return np.ascontiguousarray(shaped).reshape(len(matrix), rows * columns)


def permute(n: Sides, scheme: Factors, target: Sides) -> Factors:
    """The scheme of `n` turned into one of `target`, which has the same sides in another order."""
    for _ in range(2):
        for _ in range(3):
            if n == target:
                return tuple(np.ascontiguousarray(m) for m in scheme)
            n, scheme = rotate(n, scheme)
        n, scheme = transpose(n, scheme)
    raise ValueError(f"{target} is no reordering of {n}")


def project(n: Sides, scheme: Factors, side: int, index: int) -> tuple[Sides, Factors]:
    """Drop one index of a side: its row or column in the two matrices that share it."""
    for _ in range(side):
        n, scheme = rotate(n, scheme)
    n1, n2, n3 = n
    u, v, w = scheme[0], scheme[1], scheme[2]
    u = np.delete(u.reshape(-1, n1, n2), index, axis=1).reshape(len(u), -1)
    w = np.delete(w.reshape(-1, n3, n1), index, axis=2).reshape(len(w), -1)
    keep = u.any(axis=1) & w.any(axis=1)
    n = (n1 - 1, n2, n3)
    cut: Factors = (u[keep], v[keep], w[keep])
    for _ in range((3 - side) % 3):
        n, cut = rotate(n, cut)
    return n, cut


def merge(n: Sides, first: Factors, second: Factors, m: Sides, side: int) -> tuple[Sides, Factors]:
    """Glue two formats that agree but in `side`: ranks add up."""
    for _ in range(side):
        n, first = rotate(n, first)
        m, second = rotate(m, second)
    (a, n2, n3), (b, _, _) = n, m
    r, s = len(first[0]), len(second[0])
    u = np.zeros((r + s, a + b, n2), first[0].dtype)
    u[:r, :a] = first[0].reshape(r, a, n2)
    u[r:, a:] = second[0].reshape(s, b, n2)
    w = np.zeros((r + s, n3, a + b), first[2].dtype)
    w[:r, :, :a] = first[2].reshape(r, n3, a)
    w[r:, :, a:] = second[2].reshape(s, n3, b)
    glued: Factors = (u.reshape(r + s, -1), np.vstack([first[1], second[1]]), w.reshape(r + s, -1))
    n = (a + b, n2, n3)
    for _ in range((3 - side) % 3):
        n, glued = rotate(n, glued)
    return n, glued


def extend(n: Sides, scheme: Factors, side: int) -> tuple[Sides, Factors]:
    """One more index in a side, its products the naive ones."""
    slab = (*n[:side], 1, *n[side + 1 :])
    return merge(n, scheme, naive(slab, scheme[0].dtype), slab, side)


def product(n: Sides, first: Factors, m: Sides, second: Factors) -> tuple[Sides, Factors]:
    """A scheme whose entries are blocks multiplied by another: formats and ranks multiply."""
    out = []
    for k in range(3):
        a, b = n[k], n[(k + 1) % 3]
        c, d = m[k], m[(k + 1) % 3]
        x = first[k].reshape(-1, 1, a, 1, b, 1)
        y = second[k].reshape(1, -1, 1, c, 1, d)
        out.append((x * y).reshape(len(first[k]) * len(second[k]), a * c * b * d))
    return tuple(p * q for p, q in zip(n, m)), tuple(out)


def blocks(
    n: Sides,
    outer: Factors,
    sizes: tuple[Sides, Sides, Sides],
    inner: Callable[[Sides], Factors],
) -> tuple[Sides, Factors]:
    """The outer scheme on blocks of unequal sizes, each product by a scheme of its own format.

    Product r of the outer scheme needs as many rows as the larger of A's blocks in it has, but no
    more than the larger of the blocks of C that it goes to, and so on in turn (`needs`): 7×7×7 in
    blocks of 4 and 3 by Strassen's scheme is 4×4×4, three 3×4×4 and three 3×3×4. With equal sizes
    it is the tensor product, with outer formats such as 2×1×1 the direct sum.

    Parameters
    ----------
    n : tuple of three int
        Format of `outer`.
    outer : tuple of arrays
    sizes : three tuples of int
        Block sizes of the three sides.
    inner : callable
        ``inner(format)``: factors of a scheme of any format.

    Returns
    -------
    tuple of format and factors
        Products that vanish are gone.
    """
    wanted = tuple(sum(s) for s in sizes)
    starts = [np.concatenate([[0], np.cumsum(s)]) for s in sizes]
    shapes = np.stack([needs(n, outer, k, np.array([sizes[k]]))[0] for k in range(3)], axis=1)
    parts: list[list[np.ndarray]] = [[], [], []]
    for r, shape in enumerate(shapes.tolist()):
        if not all(shape):
            continue
        small = inner(tuple(shape))
        for f in range(3):
            g = (f + 1) % 3
            block = small[f].reshape(-1, shape[f], shape[g])
            whole = np.zeros((len(block), wanted[f], wanted[g]), block.dtype)
            weights = outer[f][r].reshape(n[f], n[g])
            for p, q in np.argwhere(weights):
                height, width = min(shape[f], sizes[f][p]), min(shape[g], sizes[g][q])
                x, y = starts[f][p], starts[g][q]
                whole[:, x : x + height, y : y + width] = weights[p, q] * block[:, :height, :width]
            parts[f].append(whole.reshape(len(block), -1))
    big = [np.concatenate(side) for side in parts]
    keep = np.logical_and.reduce([m.any(axis=1) for m in big])
    return wanted, tuple(m[keep] for m in big)


def needs(n: Sides, outer: Factors, side: int, sizes: np.ndarray) -> np.ndarray:
    """Length in one side of every product of a scheme on blocks.

    Parameters
    ----------
    n, outer
        As in `blocks`.
    side : int
    sizes : ndarray, shape (choices, n[side])
        Several choices of block sizes.

    Returns
    -------
    ndarray, shape (choices, products)
    """
    before = (side - 1) % 3  # the two factors that share the side
    first = (outer[side].reshape(-1, n[side], n[(side + 1) % 3]) != 0).any(axis=2)
    second = (outer[before].reshape(-1, n[before], n[side]) != 0).any(axis=1)
    longest = [(np.asarray(m)[None] * sizes[:, None, :]).max(axis=2) for m in (first, second)]
    return np.minimum(*longest)


def sandwich(n: Sides, scheme: Factors, rng: np.random.Generator, *, binary: bool) -> Factors:
    """The scheme in other bases, A → X A Y⁻¹, B → Y B Z⁻¹, Cᵀ → Z Cᵀ X⁻¹.

    X, Y, Z are products of a random permutation (with signs) and a random elementary matrix.
    Over ZT the result may have other coefficients than −1, 0, 1: then `scheme` is returned.
    """
    bases = [_basis(size, rng, binary) for size in n]
    sides = []
    for k, matrix in enumerate(scheme):
        rows, columns = n[k], n[(k + 1) % 3]
        left, right = bases[k][0], bases[(k + 1) % 3][1]
        forms = left.T @ matrix.reshape(-1, rows, columns).astype(np.int64) @ right.T
        sides.append(forms.reshape(len(matrix), -1))
    if binary:
        sides = [side % 2 for side in sides]
    elif max(int(np.abs(side).max(initial=0)) for side in sides) > 1:
        return scheme
    return tuple(side.astype(scheme[0].dtype) for side in sides)


def row_operation(n: Sides, scheme: Factors, rng: np.random.Generator) -> Factors:
    """One row or column operation: A → X A, A → A Y⁻¹ with B → Y B, or B → B Z⁻¹, X, Y or Z
    elementary. Over ZT; a result with other coefficients is drawn again, a few times."""
    for _ in range(20):
        side = int(rng.integers(3))
        if n[side] < 2:
            continue
        last = (side - 1) % 3
        i, j = rng.choice(n[side], 2, replace=False)
        sign = 1 if rng.random() < 0.5 else -1
        changed = [m.reshape(-1, n[k], n[(k + 1) % 3]).copy() for k, m in enumerate(scheme)]
        changed[side][:, j] += sign * changed[side][:, i]
        changed[last][:, :, i] -= sign * changed[last][:, :, j]
        if max(int(np.abs(changed[k]).max()) for k in (side, last)) <= 1:
            return tuple(m.reshape(len(m), -1) for m in changed)
    return scheme


def _basis(size: int, rng: np.random.Generator, binary: bool) -> tuple[np.ndarray, np.ndarray]:
    order = rng.permutation(size)
    signs = np.ones(size, np.int64) if binary else rng.choice([-1, 1], size)
    matrix = np.zeros((size, size), np.int64)
    matrix[np.arange(size), order] = signs
    inverse = matrix.T.copy()
    if size > 1:
        i, j = rng.choice(size, 2, replace=False)
        matrix[i] += matrix[j]
        inverse[:, j] -= inverse[:, i]
    return (matrix % 2, inverse % 2) if binary else (matrix, inverse)
