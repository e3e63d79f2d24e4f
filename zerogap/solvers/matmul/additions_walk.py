"""Schemes of a given rank with few additions: many starts, annealed together with their circuits.

Flips alone stay in one component of the flip graph at constant rank. A new start leaves it by plus
transitions, returning to the rank elsewhere, or writes a good scheme in another basis, where other
sums are short. Starts that come near the best get longer rounds.
"""

from __future__ import annotations

import math
import time

import numpy as np

from zerogap._ext.matmul.additions import SchemeAdditions
from zerogap._ext.matmul.walk import FlipWalk
from zerogap.models.matmul.instance import naive
from zerogap.models.matmul.solution import ReducedScheme, Scheme
from zerogap.solvers.matmul.circuits import program

_WALK = 1 << 17  # steps of a walk in a quantum
#: Rounds after which a start is left unless it is so near to the best. A round has twice the
#: quanta of the one before, the first has 4.
_RACE = ((4, 4), (12, 1), (28, 0), (60, -1))
_ARCHIVE = 24
_NAIVE = 36  # products of the naive scheme up to which a walk from there is short

Factors = tuple[np.ndarray, ...]


class SchemeSearch:
    """A kernel for the fewest additions of any scheme of at most the given rank.

    Parameters
    ----------
    start : Scheme
        With coefficients −1, 0, 1 (0, 1 if `binary`), of the wanted rank.
    seed : int
    binary : bool
        Compute modulo 2.

    Attributes
    ----------
    quantum : int
        Trials between two looks at an annealer, by the size of the scheme; the unit of counting.
    """

    def __init__(self, start: Scheme, seed: int = 0, *, binary: bool = False):
        self.n, self.rank, self.binary = start.n, start.rank, binary
        self.rng = np.random.default_rng([seed, 11])
        self.quantum = 1 << max(10, (32 * start.additions).bit_length())
        self.iterations = 0
        self.seconds = 0.0
        self.objective: int | None = None
        self._granted = 0
        self._best: ReducedScheme | None = None
        self._archive: list[tuple[int, int, Factors]] = []
        entries = tuple(m.shape[1] for m in (start.u, start.v, start.w))
        capacity = max(self.rank, math.prod(self.n)) + 8
        self._walk = FlipWalk(entries, capacity, not binary, self._seed())
        self._walking = False
        self._annealer: SchemeAdditions | None = None
        self._anneal(tuple(m.astype(np.int8) for m in (start.u, start.v, start.w)))

    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool:
        """Work in quanta; never exhausted."""
        begun = time.monotonic()
        if iterations >= 0:
            self._granted += iterations
        while iterations < 0 or self.iterations < self._granted:
            self._quantum()
            self.iterations += self.quantum
            if time.monotonic() - begun >= seconds:
                break
        self.seconds += time.monotonic() - begun
        return True

    def best(self) -> ReducedScheme | None:
        """The scheme with the fewest additions, with its programs."""
        return self._best

    def inject(self, solution: ReducedScheme, objective: int) -> None:
        """Take another's scheme as a start of later walks."""
        scheme = solution.scheme(modulus=2 if self.binary else 0)
        if scheme.rank <= self.rank and (self.objective is None or objective < self.objective):
            self._best, self.objective = solution, objective
            self._store(objective, (scheme.u, scheme.v, scheme.w))

    def _seed(self) -> int:
        return int(self.rng.integers(2**62))

    def _quantum(self) -> None:
        if self._walking:
            if not self._walk.run(iterations=_WALK):
                self._walking = False
                self._anneal(self._walk.best())
            return
        annealer = self._annealer
        assert annealer is not None
        annealer.run(iterations=self.quantum)
        if self.objective is None or annealer.objective < self.objective:
            self._keep(annealer)
        behind = annealer.objective - (self.objective or 0)
        quanta = annealer.iterations // self.quantum
        if any(quanta == end and behind > near for end, near in _RACE):
            self._store(annealer.objective, annealer.factors())
            self._leave()

    def _anneal(self, factors: Factors) -> None:
        u, v, w = factors
        self._annealer = SchemeAdditions(
            u, v, w, self._seed(), binary=self.binary, first=4 * self.quantum
        )

    def _keep(self, annealer: SchemeAdditions) -> None:
        (rank, a), (_, b), (_, c) = annealer.shape
        u, v, w = annealer.best()
        self.objective = annealer.objective
        self._best = ReducedScheme(program(a, rank, u), program(b, rank, v), program(rank, c, w))

    def _store(self, additions: int, factors: Factors) -> None:
        mark = _mark(factors)
        if any(mark == known for _, known, _ in self._archive):
            return
        self._archive.append((additions, mark, factors))
        self._archive.sort(key=lambda entry: entry[0])
        del self._archive[_ARCHIVE:]

    def _leave(self) -> None:
        """Go on from another scheme of the same rank.

        Where the naive scheme is small, walks from there meet a good component sooner than walks
        from a good scheme do: of 40 such starts of 3×3×3 two reach 60 additions within 0.3 s.
        """
        if math.prod(self.n) <= _NAIVE and self.rng.random() < 0.6:
            start = naive(self.n)
            self._send(start.u, start.v, start.w)
            return
        assert self._annealer is not None
        factors = self._annealer.factors()
        if self.rng.random() < 0.7:
            factors = self._archive[int(len(self._archive) * self.rng.random() ** 2)][2]
        if self.rng.random() < 0.5:
            for _ in range(int(self.rng.integers(1, 4))):
                factors = self._other_basis(factors)
            self._anneal(factors)
            return
        u, v, w = factors
        self._walk.load(u, v, w)
        for _ in range(1 + int(self.rng.random() < 0.3)):
            self._walk.expand()
        u, v, w = self._walk.current()
        self._send(u, v, w)

    def _send(self, u, v, w) -> None:
        """Let the walk come down to the rank from a scheme of higher rank."""
        self._walk.load(u, v, w)
        self._walk.goal = self.rank
        self._walking = True

    def _other_basis(self, factors: Factors) -> Factors:
        """One row or column operation: A → X A, A → A Y⁻¹ with B → Y B, or B → B Z⁻¹.

        Operations that leave −1, 0, 1 are drawn again, a few times.
        """
        for _ in range(30):
            side = int(self.rng.integers(3))
            size = self.n[side]
            if size < 2:
                continue
            i, j = self.rng.choice(size, 2, replace=False)
            sign = 1 if self.binary or self.rng.random() < 0.5 else -1
            last = (side - 1) % 3
            changed = [
                m.reshape(-1, self.n[k], self.n[(k + 1) % 3]).copy() for k, m in enumerate(factors)
            ]
            changed[side][:, j] += sign * changed[side][:, i]
            changed[last][:, :, i] -= sign * changed[last][:, :, j]
            if self.binary:
                changed = [m & 1 for m in changed]
            if max(int(np.abs(m).max()) for m in changed) <= 1:
                u, v, w = (m.reshape(len(m), -1) for m in changed)
                return u, v, w
        return factors


def _mark(factors: Factors) -> int:
    """A number that tells schemes apart, but not by the order and the signs of their products."""
    products = []
    for row in zip(*factors):
        signs = [int(f[np.flatnonzero(f)[0]]) for f in row]
        # The product's own sign stands with its last factor.
        signs[2] = signs[0] * signs[1]
        products.append(b"".join((f * s).astype(np.int8).tobytes() for f, s in zip(row, signs)))
    return hash(tuple(sorted(products)))
