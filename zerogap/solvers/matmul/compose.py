"""Composition: the best way to make every format of the catalogue from stored schemes.

For every format all outer schemes on blocks of all sensible sizes are priced by the ranks of their
inner formats, from small formats to large ones; then every format is also cut out of larger ones.
"""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np

from zerogap.models.matmul import moves
from zerogap.models.matmul.catalogue import LARGEST, Catalogue, formats, oriented, text
from zerogap.models.matmul.moves import Factors, Sides

#: Formats whose two halves or sums are priced: direct sums along a side.
_SUMS = [(1, 1, 2)]


@functools.cache
def sizes(total: int, parts: int) -> np.ndarray:
    """Choices of block sizes, in all orders; many parts are nearly equal."""
    spread = {1: 0, 2: LARGEST, 3: 3}.get(parts, 2 if parts == 4 else 1)
    found = [
        s
        for s in itertools.product(range(max(1, total // parts - spread), total + 1), repeat=parts)
        if sum(s) == total and max(s) - min(s) <= spread
    ] if parts <= 3 else _nearly(total, parts, spread)  # fmt: skip
    return np.array(found, np.int64).reshape(-1, parts)


def _nearly(total: int, parts: int, spread: int) -> list[tuple[int, ...]]:
    low = max(1, total // parts - spread + 1)
    values = range(low, low + 2 * spread)
    found = {
        s
        for chosen in itertools.combinations_with_replacement(values, parts)
        if sum(chosen) == total and max(chosen) - min(chosen) <= spread
        for s in set(itertools.permutations(chosen))
    }
    return sorted(found)


class Outer:
    """A stored scheme in one orientation, ready to be priced."""

    def __init__(self, n: Sides, number: int, orientation: int, scheme: Factors):
        self.name = f"{text(n)}#{number}.{orientation}"
        self.n, self.scheme = oriented(n, scheme, orientation)
        self._lengths: dict[tuple[int, int], np.ndarray] = {}

    def lengths(self, side: int, total: int) -> np.ndarray:
        """Lengths of the products in a side, by choice of `sizes`."""
        key = side, total
        if key not in self._lengths:
            choices = sizes(total, self.n[side])
            self._lengths[key] = moves.needs(self.n, self.scheme, side, choices)
        return self._lengths[key]

    def best(self, n: Sides, ranks: np.ndarray) -> tuple[int, str]:
        """Smallest rank of format `n` on this scheme, with its recipe."""
        a, b, c = (self.lengths(k, n[k]) for k in range(3))
        if not (len(a) and len(b) and len(c)):
            return math.prod(n), ""
        flat = ranks.ravel()
        width = ranks.shape[0]
        best, where = math.prod(n) + 1, (0, 0, 0)
        bc = b[:, None] * width + c[None, :]  # choices b × choices c × products
        for i, row in enumerate(a * width * width):
            cost = flat[row + bc].sum(axis=-1)
            k = int(cost.argmin())
            if cost.flat[k] < best:
                best, where = int(cost.flat[k]), (i, *divmod(k, cost.shape[1]))
        chosen = [sizes(n[k], self.n[k])[where[k]] for k in range(3)]
        on = ", ".join("+".join(map(str, s)) for s in chosen)
        return best, f"{self.name} on {on}"


def outers(catalogue: Catalogue, ring: str, largest: int) -> list[Outer]:
    """All stored schemes with at most so many products, in all orientations."""
    found = [Outer(n, 0, o, moves.naive(n)) for n in _SUMS for o in range(3)]
    keys = {n for n, r in catalogue.stored if r == "ZT" or r == ring}
    for n in sorted(keys):
        count = sum(len(catalogue.stored.get((n, r), ())) for r in ({ring, "ZT"}))
        for number in range(count):
            scheme = catalogue.outer(n, ring, number)
            if len(scheme[0]) > largest:
                continue
            seen = set()
            for orientation in range(6):
                outer = Outer(n, number, orientation, scheme)
                mark = (outer.n, outer.scheme[0].tobytes(), outer.scheme[1].tobytes())
                if mark not in seen:
                    seen.add(mark)
                    found.append(outer)
    return found


def ranks_of(catalogue: Catalogue, ring: str) -> np.ndarray:
    """Ranks by format in any order of the sides, index 0 for products that vanish."""
    table = np.zeros((LARGEST + 1,) * 3, np.int64)
    for n in itertools.combinations_with_replacement(range(1, LARGEST + 1), 3):
        _set(table, n, catalogue.rank(n, ring))
    return table


def _set(table: np.ndarray, n: Sides, rank: int) -> None:
    for p in itertools.permutations(n):
        table[p] = rank


def compose(
    catalogue: Catalogue,
    ring: str = "ZT",
    *,
    largest: int = 64,
    passes: int = 2,
    only: list[Sides] | None = None,
) -> int:
    """Find better recipes for all formats; returns how many were found.

    Parameters
    ----------
    catalogue : Catalogue
        Its stored schemes are what is composed; its recipes are improved.
    ring : {"ZT", "Z2"}
    largest : int
        Products of an outer scheme.
    passes : int
    only : list of tuple, optional
        Sorted formats to look at; all by default.
    """
    for n, r in catalogue.stored:
        rank = len(catalogue.stored[n, r][0][0])
        if r == ring and rank < catalogue.rank(n, ring):
            catalogue.recipes[n, ring] = rank, "scheme"
    shapes = outers(catalogue, ring, largest)
    ranks = ranks_of(catalogue, ring)
    wanted = sorted(only or formats(), key=math.prod)
    improved = 0
    with catalogue.pricing():
        for _ in range(passes):
            before = improved
            for n in wanted:
                improved += _improve(catalogue, ring, n, shapes, ranks)
            for n in reversed(wanted):
                improved += _cut(catalogue, ring, n, ranks)
            if improved == before:
                break
    return improved


def _improve(catalogue, ring, n, shapes, ranks) -> int:
    best, recipe = int(ranks[n]), ""
    for outer in shapes:
        if any(p > q for p, q in zip(outer.n, n)) or outer.n == n:
            continue
        rank, how = outer.best(n, ranks)
        if rank < best:
            best, recipe = rank, how
    if not recipe:
        return 0
    return _accept(catalogue, ring, n, recipe, ranks)


def _accept(catalogue, ring, n, recipe, ranks) -> int:
    """Take a recipe with the rank that it really gives: products may vanish."""
    made = catalogue.make(n, ring, recipe)
    rank = len(made[0])
    if rank >= ranks[n]:
        return 0
    catalogue.recipes[n, ring] = rank, recipe
    catalogue._made.clear()
    _set(ranks, n, rank)
    return 1


def _cut(catalogue, ring, n, ranks) -> int:
    """One index less of a larger format whose rank is near."""
    done = 0
    for side in range(3):
        if n[side] == LARGEST:
            continue
        larger = tuple(sorted(x + (k == side) for k, x in enumerate(n)))
        gap = int(ranks[larger]) - int(ranks[n])
        if gap > ranks[larger] // (2 * n[side]) + 2 or " less " in catalogue.recipe(larger, ring):
            continue
        factors = catalogue.factors(larger, ring)
        best = None
        for k in range(3):
            if tuple(sorted(x - (j == k) for j, x in enumerate(larger))) != n:
                continue
            for index in range(larger[k]):
                rank = len(moves.project(larger, factors, k, index)[1][0])
                if rank < ranks[n] and (best is None or rank < best[0]):
                    best = rank, f"{text(larger)} less {k}:{index}"
        if best is not None:
            catalogue.recipes[n, ring] = best
            catalogue._made.clear()
            _set(ranks, n, best[0])
            done += 1
    return done


# ---- forms of a scheme that suit unequal blocks --------------------------------------------------


@functools.cache
def _orders(parts: int, small: int) -> np.ndarray:
    """All orders of so many blocks, `small` of them of size 3 and the others of 4."""
    places = itertools.combinations(range(parts), min(small, parts))
    return np.array([[3 if k in chosen else 4 for k in range(parts)] for chosen in places])


def slim(
    n: Sides, schemes: list[Factors], rng: np.random.Generator, *, tries: int = 2000
) -> Factors:
    """A scheme in the bases in which its products need little of unequal blocks.

    Descends by random changes of basis (`moves.sandwich`) in the volume of the products on blocks
    of three and four: the best order of them, summed over a few numbers of small ones.
    """
    some = [tuple(int(rng.integers(1, max(2, k))) for k in n) for _ in range(3)]
    choices = [[_orders(k, m) for k, m in zip(n, numbers)] for numbers in {*some, (1, 1, 1)}]

    def volume(scheme: Factors) -> float:
        total = 0.01 * sum(np.count_nonzero(m) for m in scheme)
        for orders in choices:
            a, b, c = (moves.needs(n, scheme, k, orders[k]) for k in range(3))
            cost = np.einsum("xr,yr,zr->xyz", a, b, c, optimize=True)
            total += float(cost.min())
        return total

    best = min(schemes, key=volume)
    least = volume(best)
    current, at = best, least
    for k in range(tries):
        if k % 200 == 199:  # a fresh start, from any of the schemes
            current = schemes[int(rng.integers(len(schemes)))] if rng.random() < 0.5 else best
            at = volume(current)
        moved = moves.row_operation(n, current, rng)
        value = volume(moved)
        if value <= at + (2.0 if rng.random() < 0.05 else 0.0):
            current, at = moved, value
            if value < least:
                best, least = moved, value
    return best
