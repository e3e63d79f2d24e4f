"""Lower bounds on the rank, from the literature, each with its source.

A scheme over ZT or Z is one over Z2 after reduction, so that bounds over Z2 hold there too; over Q
only bounds for every field do.
"""

from __future__ import annotations

from functools import cache

#: Sorted format -> (bound, source), valid over every field.
ANY_FIELD: dict[tuple[int, int, int], tuple[int, str]] = {
    (2, 2, 2): (7, "Winograd 1971, On multiplication of 2×2 matrices"),
    (2, 2, 3): (
        11,
        "Alekseyev 1985, On the complexity of some algorithms",
    ),
    (2, 2, 4): (14, "Alekseev, Smirnov 2013, On the exact bilinear complexity of 4×2 by 2×2"),
    (2, 3, 3): (14, "Bläser 2003, On the complexity of the multiplication of small formats"),
    (3, 3, 3): (19, "Bläser 2003, On the complexity of the multiplication of small formats"),
}

#: Sorted format -> (bound, source), valid over Z2 and hence over ZT and Z.
BINARY: dict[tuple[int, int, int], tuple[int, str]] = {
    (2, 3, 3): (15, "Hopcroft, Kerr 1971, On minimizing the number of multiplications"),
}

#: (format, multiplications allowed) -> (additions needed over Z2, source). A program over ZT is one
#: over Z2 with as many additions.
ADDITIONS: dict[tuple[str, int], tuple[int, str]] = {
    ("2x2x2", 7): (15, "Probert 1976, On the additive complexity of matrix multiplication"),
}

_HOPCROFT_KERR = "Hopcroft, Kerr 1971: ⌈7n/2⌉ for 2×2×n over Z2"
_BLASER_SQUARE = "Bläser 1999: 5n²/2 − 3n for n×n×n"
_BLASER_FLAT = "Bläser 2003: 2mn + 2n − m − 2 for n×m×n, m, n ≥ 3"
_SUBSTITUTION = "substitution: one row less costs as many products as the row has entries"


def rank_bound(n, ring: str = "Q") -> tuple[int, str]:
    """The best known lower bound on the rank of a format, and where it comes from.

    Parameters
    ----------
    n : sequence of three int
        The format; all orders of its sides have the same rank.
    ring : {"Z2", "ZT", "Z", "Q"}

    Returns
    -------
    tuple of int and str
    """
    return _bound(tuple(sorted(int(x) for x in n)), ring != "Q")


@cache
def _bound(n: tuple[int, int, int], binary: bool) -> tuple[int, str]:
    a, b, c = n
    found = [(b * c, "the larger factor's entries are independent")]
    if n in ANY_FIELD:
        found.append(ANY_FIELD[n])
    if binary and n in BINARY:
        found.append(BINARY[n])
    if binary and a == b == 2:
        found.append((-(-7 * c // 2), _HOPCROFT_KERR))
    if a == b == c:
        found.append((-(-5 * a * a // 2) - 3 * a, _BLASER_SQUARE))
    if a >= 3 and (a == b or b == c):
        side, other = (a, c) if a == b else (c, a)
        found.append((2 * other * side + 2 * side - other - 2, _BLASER_FLAT))
    for i in range(3):
        rest = sorted(n[:i] + n[i + 1 :])
        if n[i] > 1:
            less, _ = _bound(tuple(sorted([n[i] - 1, *rest])), binary)  # type: ignore[arg-type]
            found.append((less + rest[1], _SUBSTITUTION))
    return max(found, key=lambda pair: pair[0])
