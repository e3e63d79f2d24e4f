"""What is multiplied: the format, the ring and the objective."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InfeasibleSolution, InstanceError, described
from zerogap.models.matmul.solution import ReducedScheme, Scheme, check_scheme

#: Largest number of entries of a factor matrix: the widest masks of the walk kernel have 256 bits.
MAX_ENTRIES = 256

#: The rings, by the coefficients a scheme may have.
RINGS = ("Z2", "ZT", "Z", "Q")

OBJECTIVES = ("rank", "additions")


@dataclass(frozen=True, slots=True, eq=False)
class MatMul:
    """Multiplication of an n1×n2 by an n2×n3 matrix by a bilinear scheme.

    Parameters
    ----------
    n : ndarray of int64, shape (3,)
        n1, n2, n3; no factor matrix (n1×n2, n2×n3, n3×n1) has more than 256 entries.
    ring : {"Z2", "ZT", "Z", "Q"}
        Coefficients: modulo 2; −1, 0, 1 (valid over every ring); integers; rationals.
    objective : {"rank", "additions"}
        What is minimised: multiplications, or additions and subtractions of the straight-line
        program that evaluates the scheme.
    rank : int
        With objective ``additions``: how many multiplications the scheme may have; 0 is any number.
    given : Scheme or ReducedScheme, optional
        A scheme that searches start from; it satisfies the Brent equations.
    fixed : bool
        With objective ``additions``: the multiplications have to be those of `given`, each up to
        signs that cancel, in that order.
    name : str
        Name for people.

    Raises
    ------
    InstanceError
        Naming the field; for a wrong scheme, the first Brent equation it violates.
    """

    n: np.ndarray
    ring: str = "ZT"
    objective: str = "rank"
    rank: int = 0
    given: Scheme | ReducedScheme | None = None
    fixed: bool = False
    name: str = ""

    __repr__ = described

    def __post_init__(self):
        n = frozen(self.n, np.int64, field="n", shape=(3,), low=1, high=MAX_ENTRIES)
        object.__setattr__(self, "n", n)
        if self.ring not in RINGS:
            raise InstanceError(
                f"{self.ring!r} is no known ring (known: {', '.join(RINGS)})", field="ring"
            )
        if self.objective not in OBJECTIVES:
            raise InstanceError(
                f"{self.objective!r} is not one of {', '.join(OBJECTIVES)}", field="objective"
            )
        if self.objective == "additions" and self.ring not in ("Z2", "ZT"):
            raise InstanceError(
                f"additions are counted over Z2 and ZT, not over {self.ring}", field="ring"
            )
        for entries, factor in zip(self.entries, ("n1×n2", "n2×n3", "n3×n1")):
            if entries > MAX_ENTRIES:
                raise InstanceError(
                    f"{factor} is {entries} entries, the limit is {MAX_ENTRIES} a factor", field="n"
                )
        if not isinstance(self.rank, int | np.integer) or isinstance(self.rank, bool):
            raise InstanceError(f"is {self.rank!r}, expected an integer", field="rank")
        if self.rank < 0:
            raise InstanceError(f"is {self.rank}, expected at least 0", field="rank")
        object.__setattr__(self, "rank", int(self.rank))
        if self.fixed and (self.given is None or self.objective != "additions"):
            raise InstanceError(
                "needs a given scheme and objective=additions: the multiplications are kept",
                field="fixed",
            )
        if self.given is not None:
            self._check_given()

    def _check_given(self) -> None:
        scheme = self.scheme
        try:
            check_scheme(self.n, self.ring, scheme)
        except InfeasibleSolution as error:
            raise InstanceError(f"given scheme: {error.message}", field=error.constraint) from None
        if self.rank and scheme.rank > self.rank:
            raise InstanceError(
                f"is {self.rank}, the given scheme has {scheme.rank} multiplications", field="rank"
            )

    @property
    def entries(self) -> tuple[int, int, int]:
        """Entries of the factors: n1·n2, n2·n3 and n3·n1."""
        a, b, c = map(int, self.n)
        return a * b, b * c, c * a

    @property
    def scheme(self) -> Scheme:
        """The given scheme with its programs expanded, else the naive one."""
        if self.given is None:
            return naive(self.n)
        if isinstance(self.given, ReducedScheme):
            return self.given.scheme(modulus=2 if self.ring == "Z2" else 0)
        return self.given

    @property
    def format(self) -> str:
        """The format as ``n1xn2xn3``."""
        return "x".join(map(str, self.n.tolist()))


def naive(n) -> Scheme:
    """The schoolbook scheme: one multiplication for every a(i,j)·b(j,k)."""
    n1, n2, n3 = map(int, n)
    i, j, k = (x.ravel() for x in np.meshgrid(*map(np.arange, (n1, n2, n3)), indexing="ij"))
    r = np.arange(n1 * n2 * n3)
    u, v, w = (np.zeros((r.size, e), np.int64) for e in (n1 * n2, n2 * n3, n3 * n1))
    u[r, i * n2 + j] = v[r, j * n3 + k] = w[r, k * n1 + i] = 1
    return Scheme(u, v, w)


def parse_format(text) -> tuple[int, int, int]:
    """``"3x4x5"`` as three numbers.

    Raises
    ------
    InstanceError
        If it is something else.
    """
    parts = str(text).lower().replace("×", "x").split("x")
    if len(parts) != 3 or not all(p.strip().isdecimal() for p in parts):
        raise InstanceError(f"{text!r} is no format, expected for example 3x3x4", field="format")
    return tuple(int(p) for p in parts)  # type: ignore[return-value]
