"""Rounds of walks that descend in rank, over one format and the smaller ones it grows from.

A round starts a walker at a scheme — naive, from the pool, grown from a smaller format, glued from
two, or cut from a larger one — and lets it walk until it stagnates. Over ZT, Z and Q most rounds
walk modulo 2, where no flip is ever rejected, and lift what they find.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from zerogap._ext.matmul.walk import FlipWalk
from zerogap.models.matmul import moves
from zerogap.models.matmul.moves import Factors, Sides
from zerogap.models.matmul.solution import Scheme
from zerogap.solvers.matmul.lift import lift
from zerogap.solvers.matmul.pools import Pools

#: Steps between two looks at a walker; the unit of all counting, so that runs are repeatable.
QUANTUM = 1 << 18

#: Share of the rounds that walk over ZT itself, where that is wanted: flips are rejected there, but
#: nothing has to be lifted.
TERNARY = 0.4

#: Dead ends, schemes without any flip, within a quantum that end a round: a walk that keeps falling
#: back into one does not leave it.
DEAD = 2000

#: Schemes of one walk that are lifted in vain before it is given up.
LIFTS = 12


class Descent:
    """A kernel over schemes of one format; several may share their pools.

    Parameters
    ----------
    n : tuple of three int
        Format.
    ring : {"Z2", "ZT", "Z", "Q"}
        Wanted ring.
    seed : int
    pools : Pools, optional
        Shared with other descents.
    start : tuple of arrays, optional
        A scheme to start from, coefficients in the walk's ring.
    plus, band : int
        Settings of the walk, see `zerogap._ext.matmul.walk.FlipWalk`.
    grow : bool
        Whether to work on smaller formats too.
    formats : list of tuple, optional
        Work on all of these instead of towards `n` (a meta run), with settings of the walk drawn
        anew for every round.
    importance : callable, optional
        ``importance(format)``: how much more a format is worked on than its size says.
    """

    def __init__(
        self,
        n: Sides,
        ring: str = "ZT",
        seed: int = 0,
        *,
        pools: Pools | None = None,
        start: Factors | None = None,
        plus: int = 20_000,
        band: int = 3,
        grow: bool = True,
        lifting: bool = True,
        formats: list[Sides] | None = None,
        importance: Callable[[Sides], float] | None = None,
    ):
        self.n, self.ring = tuple(int(x) for x in n), ring
        self.sorted: Sides = tuple(sorted(self.n))
        self.rng = np.random.default_rng([seed, 5])
        self.pools = Pools() if pools is None else pools
        self.plus, self.band, self.grow, self.lifting = plus, band, grow, lifting
        self.formats = formats
        self.importance = importance
        self.iterations = 0
        self.seconds = 0.0
        self._walkers: dict[tuple[Sides, str], FlipWalk] = {}
        self._best: Scheme | None = None
        self._failed: set[int] = set()
        self._tried: dict[Sides, int] = {}
        self._round: _Round | None = None
        for sides in {self.sorted, *(formats or ())}:
            self._place(moves.naive(sides), "ZT", sides)
        if start is not None:
            self._place(start, "Z2" if ring == "Z2" else "ZT")
        self._adopt()

    # ---- kernel --------------------------------------------------------------------------------

    @property
    def objective(self) -> int | None:
        """Best rank found of the wanted format over the wanted ring."""
        return self._best.rank if self._best is not None else None

    def best(self) -> Scheme | None:
        """The best scheme of the wanted format and ring."""
        return self._best

    def inject(self, scheme: Scheme) -> None:
        """Take another's scheme into the pools."""
        if (scheme.denominator != 1).any():
            return
        factors = (scheme.u, scheme.v, scheme.w)
        if max(int(np.abs(m).max(initial=0)) for m in factors) > 1:
            return
        self._place(factors, "Z2" if self.ring == "Z2" else "ZT")
        self._adopt()

    def run(self, seconds: float = math.inf, iterations: int = -1) -> bool:
        """Walk in quanta of `QUANTUM` steps; never exhausted."""
        begun = time.monotonic()
        done = 0
        while True:
            if self._round is None:
                self._round = self._begin()
            current = self._round
            current.walker.run(iterations=QUANTUM)
            done += QUANTUM
            self.iterations += QUANTUM
            if not self._look(current):
                self._round = None
            if (0 <= iterations <= done) or time.monotonic() - begun >= seconds:
                break
        self.seconds += time.monotonic() - begun
        self.pools.steps += done
        self.pools.save()
        return True

    # ---- rounds --------------------------------------------------------------------------------

    def _begin(self) -> _Round:
        n = self._choose_format()
        ring = "Z2"
        if self.ring != "Z2" and (not self.lifting or self.rng.random() < TERNARY):
            ring = "ZT"
        volume = math.prod(n)
        walker = self._walkers.get((n, ring))
        if walker is None:
            entries = (n[0] * n[1], n[1] * n[2], n[2] * n[0])
            walker = FlipWalk(entries, volume + 8, ring == "ZT", int(self.rng.integers(2**62)))
            self._walkers[n, ring] = walker
        low = max(100, self.plus // (20 if self.rng.random() < 0.6 else 4))
        if self.formats:
            low = int(10 ** self.rng.uniform(2.3, 4.3))
        walker.plus = (low, 4 * low)
        walker.band = max(0, self.band + int(self.rng.integers(-1, 2)))
        scheme = self._start(n, ring)
        if len(scheme[0]) > volume:  # a cut of a larger format that was hardly searched yet
            scheme = moves.naive(n)
        walker.load(scheme[0], scheme[1], scheme[2])
        pool = self.pools.pools.get((n, ring))
        failures = 0
        if pool is not None:
            pool.visits += 1
            pool.failures += 1
            failures = pool.failures
        patience = 2 * QUANTUM * max(8, volume) * (1.0 + 0.05 * min(failures, 60))
        return _Round(n, ring, walker, walker.objective, int(patience))

    def _choose_format(self) -> Sides:
        if self.formats:
            visits = [self._visits(f) for f in self.formats]
            new = [f for f, v in zip(self.formats, visits) if v == 0]
            if new:
                return new[0]
            weight = np.array([math.prod(f) / v for f, v in zip(self.formats, visits)])
            if self.importance is not None:
                weight *= [self.importance(f) for f in self.formats]
            return self.formats[int(self.rng.choice(len(self.formats), p=weight / weight.sum()))]
        n = self.sorted
        while (
            self.grow
            and math.prod(n) > 30
            and self.rng.random() < (0.4 if self.pools.rank(n, "Z2") is not None else 0.8)
        ):
            smaller = _smaller(n)
            if not smaller:
                break
            n = smaller[int(self.rng.integers(len(smaller)))][0]
        return n

    def _source(self, ring: str) -> str:
        """Which pools a walk starts from: modulo 2 from what is lifted, if that is the aim."""
        return "ZT" if ring == "Z2" != self.ring and self.lifting else ring

    def _draw(self, n: Sides, ring: str) -> Factors | None:
        source = self._source(ring)
        scheme = self.pools.draw(n, source, self.rng)
        return scheme if scheme is None or source == ring else tuple(m & 1 for m in scheme)

    def _visits(self, n: Sides) -> int:
        pools = (self.pools.pools.get((n, ring)) for ring in ("Z2", "ZT"))
        return sum(pool.visits for pool in pools if pool is not None)

    def _start(self, n: Sides, ring: str) -> Factors:
        """Where a round starts: mostly what has the lowest rank, but any way has its chance."""
        ways: list[tuple[float, str]] = [(1.0, "naive")]
        rank = self.pools.rank(n, self._source(ring))
        if rank is not None:
            ways.append((2.0, "pool"))
        if self.grow and any(self.pools.rank(m, self._source(ring)) for m, _ in _smaller(n)):
            ways.append((3.0 if math.prod(n) > 30 else 1.0, "grow"))
        if math.prod(n) > 64 and len(ways) > 1:
            ways[0] = (0.1, "naive")
        if self.formats and any(self.pools.rank(m, self._source(ring)) for m in _larger(n)):
            ways.append((1.0, "cut"))
        weights = np.array([w for w, _ in ways])
        way = ways[int(self.rng.choice(len(ways), p=weights / weights.sum()))][1]
        if way == "pool":
            found = self._draw(n, ring)
            assert found is not None
            if self.rng.random() < 0.3:
                found = moves.sandwich(n, found, self.rng, binary=ring == "Z2")
            return found
        if way == "grow":
            return self._grown(n, ring)
        if way == "cut":
            return self._cut(n, ring)
        return moves.naive(n)

    def _grown(self, n: Sides, ring: str) -> Factors:
        """A smaller format and its naive complement, or two formats glued along a side."""
        options = [
            (m, side)
            for m, side in _smaller(n)
            if self.pools.rank(m, self._source(ring)) is not None
        ]
        m, side = options[int(self.rng.integers(len(options)))]
        scheme = self._draw(m, ring)
        assert scheme is not None
        before = tuple(x - (k == side) for k, x in enumerate(n))
        factors = moves.permute(m, scheme, before)
        if n[side] >= 4 and self.rng.random() < 0.3:
            half = int(self.rng.integers(2, n[side] - 1))
            parts = []
            for size in (half, n[side] - half):
                sides = tuple(size if k == side else x for k, x in enumerate(n))
                found = self._draw(tuple(sorted(sides)), ring)
                if found is None:
                    break
                parts.append((sides, moves.permute(tuple(sorted(sides)), found, sides)))
            else:
                (a, first), (b, second) = parts
                return moves.merge(a, first, second, b, side)[1]
        return moves.extend(before, factors, side)[1]

    def _cut(self, n: Sides, ring: str) -> Factors:
        options = [m for m in _larger(n) if self.pools.rank(m, self._source(ring)) is not None]
        m = options[int(self.rng.integers(len(options)))]
        scheme = self._draw(m, ring)
        assert scheme is not None
        side = next(
            k for k in range(3) if tuple(sorted(x - (j == k) for j, x in enumerate(m))) == n
        )
        sides, cut = moves.project(m, scheme, side, int(self.rng.integers(m[side])))
        return moves.permute(sides, cut, n)

    def _look(self, current: _Round) -> bool:
        """Gather what a quantum brought; False when the round has stagnated."""
        walker, rank = current.walker, current.walker.objective
        if rank < current.rank:
            current.rank, current.quiet = rank, 0
        else:
            current.quiet += QUANTUM
        known = self.pools.rank(current.n, current.ring)
        if known is None or rank <= known:
            found = self.pools.add(current.n, current.ring, walker.best(), walker.fingerprint)
            if found == "better":
                self.pools.pools[current.n, current.ring].failures = 0
        if current.ring == "Z2" and self.ring != "Z2" and self.lifting:
            self._try_lift(current)
        if current.n == self.sorted:
            self._adopt()
        before, current.dead = current.dead, walker.counts["dead"]
        return current.quiet < current.patience and current.dead - before < DEAD

    def _try_lift(self, current: _Round) -> None:
        """Lift the walk's best scheme where that would be the best over the wanted ring."""
        rank = current.walker.objective
        known = self.pools.rank(current.n, "ZT")
        ours = self.objective if current.n == self.sorted else None
        wanted = known is None or rank < known
        if not wanted and (ours is None or rank >= ours):
            return
        mark = current.walker.fingerprint
        if mark in self._failed or current.lifts >= LIFTS:
            return
        current.lifts += 1
        ring = self.ring if current.n == self.sorted and rank < (ours or rank) else "ZT"
        found = lift(current.n, current.walker.best(), ring=ring, seed=current.lifts)
        if found is None:
            self._failed.add(mark)
            if current.lifts == LIFTS:
                current.patience = 0
            return
        current.lifts = 0
        scheme, reached = found
        if reached == "ZT":
            self.pools.add(current.n, "ZT", (scheme.u, scheme.v, scheme.w), mark)
        elif ours is None or rank < ours:
            u, v, w = moves.permute(current.n, (scheme.u, scheme.v, scheme.w), self.n)
            self._best = Scheme(u, v, w, scheme.denominator)

    def _place(self, factors: Factors, ring: str, n: Sides | None = None) -> None:
        n = self.n if n is None else n
        sides = tuple(sorted(n))
        scheme = moves.permute(n, factors, sides)
        if ring == "Z2":
            scheme = tuple(m & 1 for m in scheme)
        mark = hash(tuple(m.tobytes() for m in scheme)) & (2**63 - 1)
        self.pools.add(sides, ring, scheme, mark)
        if ring == "ZT":
            self.pools.add(sides, "Z2", tuple(m & 1 for m in scheme), mark)

    def _adopt(self) -> None:
        """Take the pools' best scheme over the wanted ring as the answer if it is better."""
        ring = "Z2" if self.ring == "Z2" else "ZT"
        rank = self.pools.rank(self.sorted, ring)
        if rank is None or (self._best is not None and rank >= self._best.rank):
            return
        scheme = self.pools.pools[self.sorted, ring].schemes[-1]
        self._best = Scheme(*moves.permute(self.sorted, scheme, self.n))


class _Round:
    """One walk from one start."""

    def __init__(self, n: Sides, ring: str, walker: FlipWalk, rank: int, patience: int):
        self.n, self.ring, self.walker, self.rank = n, ring, walker, rank
        self.patience, self.quiet, self.lifts = patience, 0, 0
        self.dead = walker.counts["dead"]


def _smaller(n: Sides) -> list[tuple[Sides, int]]:
    """Formats with one index less in a side (of at least 3), and the side."""
    found = []
    for side in range(3):
        if n[side] >= 3:
            m = tuple(x - (k == side) for k, x in enumerate(n))
            found.append((tuple(sorted(m)), side))
    return found


def _larger(n: Sides) -> list[Sides]:
    """Formats with one index more in a side."""
    return [tuple(sorted(x + (k == side) for k, x in enumerate(n))) for side in range(3)]
