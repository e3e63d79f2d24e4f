"""Schemes of n×n×n with the cyclic symmetry: walks modulo 2 over orbits, lifted to signs.

What they find are ordinary schemes: they enter the pools of the format, where walks without the
symmetry go on from them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from zerogap._ext.matmul.cyclic import CyclicWalk
from zerogap.solvers.matmul.lift import lift
from zerogap.solvers.matmul.pools import Pools

#: Steps between two looks at a walk; a walk without a better rank for `PATIENCE` looks starts anew.
QUANTUM, PATIENCE = 1 << 18, 400
#: Largest n: a factor is one word.
LARGEST = 8


def cyclic(
    n: int,
    pools: Pools,
    *,
    seconds: float = math.inf,
    iterations: int | None = None,
    seed: int = 0,
    tell: Callable[[str, int], None] | None = None,
) -> int:
    """Walk over symmetric schemes of n×n×n; what is better enters the pools over Z2 and ZT.

    Parameters
    ----------
    n : int
        2 to 8.
    pools : Pools
    seconds, iterations : number
        Limits; one of them has to be given. With an iteration limit the walk is repeatable.
    seed : int
    tell : callable, optional
        ``tell(ring, rank)`` after every better rank.

    Returns
    -------
    int
        The best rank modulo 2 of these walks.
    """
    rng = np.random.default_rng([seed, n, 23])
    begun = time.monotonic()
    done, best = 0, n**3
    while time.monotonic() - begun < seconds and (iterations is None or done < iterations):
        high = int((n / 5) ** 4 * 10 ** rng.uniform(3.7, 5.2))
        walk = CyclicWalk(n, int(rng.integers(2**62)), (high // 4, high), int(rng.integers(3, 10)))
        quiet = 0
        while quiet < PATIENCE and time.monotonic() - begun < seconds:
            before = walk.objective
            walk.run(iterations=QUANTUM)
            done += QUANTUM
            quiet = 0 if walk.objective < before else quiet + 1
            best = min(best, walk.objective)
            known = pools.rank((n, n, n), "Z2")
            if walk.objective < before and (known is None or walk.objective <= known):
                _enter(n, walk, pools, tell)
            if iterations is not None and done >= iterations:
                break
        pools.save()
    return best


def _enter(n: int, walk: CyclicWalk, pools: Pools, tell: Callable[[str, int], None] | None) -> None:
    """Hand the best scheme of a walk to the pools, with signs if it has any."""
    sides, scheme = (n, n, n), walk.best()
    mark = hash(tuple(m.tobytes() for m in scheme)) & (2**63 - 1)
    if pools.add(sides, "Z2", scheme, mark) == "better" and tell is not None:
        tell("Z2", walk.objective)
    known = pools.rank(sides, "ZT")
    if known is not None and walk.objective >= known:
        return
    found = lift(sides, scheme, ring="ZT")
    if found is not None:
        signed = found[0]
        if pools.add(sides, "ZT", (signed.u, signed.v, signed.w), mark) == "better" and tell:
            tell("ZT", walk.objective)
