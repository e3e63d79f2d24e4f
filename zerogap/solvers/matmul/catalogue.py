"""Build the catalogue of formats up to 16×16×16, and write its table.

``python -m zerogap.solvers.matmul.catalogue --rebuild`` walks over all small formats from their
naive schemes, composes the others, verifies every scheme and writes the files that the package
reads; nothing that is committed is used. ``--improve`` starts from what is committed instead, and
``--table`` writes the page of the documentation.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.matmul.bounds import rank_bound
from zerogap.models.matmul.catalogue import (
    OWN,
    Catalogue,
    Entry,
    default,
    folder,
    formats,
    known,
    text,
)
from zerogap.models.matmul.moves import Factors, Sides
from zerogap.models.matmul.solution import Scheme, check_scheme
from zerogap.solvers.matmul import meta
from zerogap.solvers.matmul.compose import compose, slim
from zerogap.solvers.matmul.cyclic import cyclic
from zerogap.solvers.matmul.pools import Pools

#: Products of outer schemes that are priced, and of those whose bases are chosen for it.
OUTER, SLENDER = 64, 30

#: Cubes that are walked with the cyclic symmetry, and the share of the time for it.
SYMMETRIC, CUBES = (5, 6), 0.25


def walked(largest: int = 8, volume: int = 128) -> list[Sides]:
    """Formats worth walking on: sides and their product up to a limit."""
    return [n for n in formats(largest) if math.prod(n) <= volume]


def build(
    *,
    seconds: float,
    threads: int = 1,
    seed: int = 0,
    wanted: list[Sides] | None = None,
    pools: Pools | None = None,
    start: Catalogue | None = None,
    tell: Callable[[str], None] = lambda line: None,
    executor: Executor | None = None,
) -> Catalogue:
    """Walk over the small formats, compose all others, verify everything.

    Walks and compositions of the walked formats take turns, so that a better scheme of one format
    is at once in the starts of all that use it.

    Parameters
    ----------
    seconds : float
        For the walks; the last composition takes some minutes beyond.
    threads, seed : int
    wanted : list of tuple, optional
        Formats to walk on, by default those of `walked`.
    pools : Pools, optional
        With a checkpoint the walks resume.
    start : Catalogue, optional
        What is known already; its schemes enter the pools. None: from nothing.
    tell : callable
        Takes a line of progress.
    executor : concurrent.futures.Executor, optional
        Where the walks run, `threads` at once (see `zerogap.solvers.matmul.meta.spread`); by
        default in threads.
    """
    pools = Pools() if pools is None else pools
    wanted = walked() if wanted is None else wanted
    composed = sorted({*wanted, *((n, n, n) for n in SYMMETRIC)}, key=math.prod)
    if start is not None:
        for (n, ring), schemes in start.stored.items():
            _enter(pools, n, ring, schemes[0])
    begun = time.monotonic()
    turn = 0
    while (left := seconds - (time.monotonic() - begun)) > 0:
        at = time.monotonic() - begun

        def told(more: float, n: Sides, ring: str, rank: int, at: float = at) -> None:
            tell(f"{at + more:7.0f} s  {text(n)} {ring} {rank}")

        slice_ = min(left, max(120.0, seconds / 12))
        common: dict[str, Any] = {
            "seconds": (1 - CUBES) * slice_, "seed": seed + 7919 * turn, "pools": pools,
            "importance": lambda n: _importance(pools, n),
        }  # fmt: skip
        if executor is None:
            meta.meta(wanted, "ZT", threads=threads, tell=told, **common)
        else:
            meta.spread(executor, threads, wanted, "ZT", **common)
        turn += 1
        _cubes(pools, CUBES * slice_, threads, seed + turn, told)
        found = compose_small(pools, composed, start)
        tell(f"{time.monotonic() - begun:7.0f} s  {found} formats by composition")
    catalogue = gather(pools, start)
    # Recipes of `start` count on the very bases of its schemes.
    kept = {} if start is None else start.stored
    fresh = [k for k, schemes in catalogue.stored.items() if schemes is not kept.get(k)]
    slender(catalogue, pools, np.random.default_rng(seed), fresh)
    for ring in OWN:
        found = compose(catalogue, ring, largest=OUTER)
        tell(f"{found} recipes over {ring}, mean {mean(catalogue, ring):.4f} of the best known")
    catalogue.reprice()
    verify(catalogue, tell=tell)
    return catalogue


def _cubes(pools: Pools, seconds: float, threads: int, seed: int, tell: meta.Teller) -> None:
    """Walks with the cyclic symmetry on the cubes that are too large for walks without."""
    share = seconds * min(1.0, threads / len(SYMMETRIC))

    def work(n: int) -> None:
        cyclic(n, pools, seconds=share, seed=seed,
               tell=lambda ring, rank: tell(seconds, (n, n, n), ring, rank))  # fmt: skip

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, SYMMETRIC))


def _importance(pools: Pools, n: Sides) -> float:
    """Where the best known rank is reached there is little to gain, at the bound nothing."""
    ternary, binary = pools.rank(n, "ZT"), pools.rank(n, "Z2")
    if ternary is None or binary is None:
        return 1.0
    if ternary <= rank_bound(n, "ZT")[0]:
        return 1e-6
    return (1.0, 0.3, 0.03)[(ternary <= known(n, "ZT")[0]) + (binary <= known(n, "Z2")[0])]


def _enter(pools: Pools, n: Sides, ring: str, scheme: Factors) -> bool:
    """Hand a scheme to the pools if it is better; a ternary one is one modulo 2."""
    better = False
    for r in ("ZT", "Z2") if ring == "ZT" else ("Z2",):
        factors = scheme if r == "ZT" else tuple(m & 1 for m in scheme)
        rank = pools.rank(n, r)
        if rank is None or len(scheme[0]) < rank:
            mark = hash(tuple(m.tobytes() for m in factors)) & (2**63 - 1)
            better |= pools.add(n, r, factors, mark) == "better"
    return better


def compose_small(pools: Pools, wanted: list[Sides], start: Catalogue | None = None) -> int:
    """Compose the walked formats of each other; what is better enters the pools."""
    catalogue = gather(pools, start)
    found = 0
    for ring in OWN:
        compose(catalogue, ring, largest=26, only=wanted, passes=1)
        for n in wanted:
            if catalogue.recipe(n, ring) not in ("scheme", "naive"):
                found += _enter(pools, n, ring, catalogue.factors(n, ring))
    return found


def slender(
    catalogue: Catalogue, pools: Pools, rng: np.random.Generator, keys: list[tuple[Sides, str]]
) -> None:
    """Small stored schemes in the bases that suit blocks of unequal sizes."""
    for n, ring in keys:
        pool = pools.pools.get((n, ring))
        rank = len(catalogue.stored[n, ring][0][0])
        if ring == "ZT" and rank <= SLENDER and pool is not None and pool.rank == rank:
            catalogue.stored[n, ring] = [slim(n, list(pool.schemes), rng, tries=1000)]


def gather(pools: Pools, start: Catalogue | None = None) -> Catalogue:
    """A catalogue whose stored schemes are the pools' best, or those of `start` where better.

    Modulo 2 only what is better than over ZT is stored.
    """
    catalogue = Catalogue()
    found: dict = {}
    better = False
    if start is not None:
        found = dict(start.stored)
        catalogue.recipes = dict(start.recipes)
    for key, pool in pools.pools.items():
        if key not in found or pool.rank < len(found[key][0][0]):
            better |= key in found
            found[key] = [min(pool.schemes, key=lambda s: sum(np.count_nonzero(m) for m in s))]
    for (n, ring), schemes in found.items():
        rank = len(schemes[0][0])
        if ring == "Z2" and (n, "ZT") in found and rank >= len(found[n, "ZT"][0][0]):
            continue
        if rank < math.prod(n):
            catalogue.stored[n, ring] = schemes
    if better:
        catalogue.reprice()
    return catalogue


def verify(catalogue: Catalogue, tell=lambda line: None) -> None:
    """Check every stored scheme and every composed one; raises at the first wrong one."""
    for (n, ring), schemes in catalogue.stored.items():
        for scheme in schemes:
            check_scheme(n, ring, Scheme(*scheme))
    for n in formats():
        for ring in OWN:
            if ring == "ZT" or (n, ring) in catalogue.recipes:
                catalogue.scheme(n, ring)
    tell(f"verified {len(formats())} formats")


def mean(catalogue: Catalogue, ring: str = "ZT") -> float:
    """Mean of rank / best known rank over all formats."""
    return float(np.mean([catalogue.rank(n, ring) / known(n, ring)[0] for n in formats()]))


# ---- the table -----------------------------------------------------------------------------------

_HEAD = """# The catalogue of formats

For every format up to 16×16×16 there is a verified scheme, at once:

```console
$ zerogap generate matmul --option format=7x7x7 --option best=true -o 777.json
```

Walks in the flip graph found the schemes of small formats; all others are composed of them, each
product of an *outer* scheme being multiplied by the scheme of its own format: `2x2x2·0 on 4+3, 4+3,
4+3` is Strassen's scheme on blocks with 4 and 3 rows and columns, seven products of formats between
3×3×3 and 4×4×4. Outer formats such as 1x1x2 are direct sums; equal sizes are the tensor product;
*less* is an index cut off a larger format. The number behind an outer format says in which of its
six turns it stands, and which of several stored schemes it is.

The table is written by `python -m zerogap.solvers.matmul.catalogue --table FILE`, the catalogue by
`python -m zerogap.solvers.matmul.catalogue --rebuild` (walks over all small formats from their
naive schemes; hours improve it). What is committed comes from some 3·10¹⁰ attempted flips in
several runs that resumed one checkpoint; Strassen's scheme alone composes to 1.13 × the best known.

Ranks are over ZT (coefficients −1, 0, 1); those over Z2 are given where they are smaller. *Known*
is the best in the literature over ZT, collected by Perminov (2026; arXiv 2511.20317, 2603.02398,
2606.02480 and what they cite); over Z2 it is 47 for 4×4×4 (Fawzi et al. 2022) and 60 for 4×4×5
(Kauers, Moosbauer 2022). *Bound* is the best lower bound that the package knows for ZT, with its
source below.

"""


def table(catalogue: Catalogue) -> str:
    """The page of the documentation: a row a format."""
    rows = [catalogue.entry(n) for n in formats()]
    sources = sorted({e.bound_source for e in rows})
    number = {source: k + 1 for k, source in enumerate(sources)}
    ratios = np.array([e.rank / e.known for e in rows])
    lines = [
        "<!-- table: matmul/catalogue -->",
        f"Over all {len(rows)} formats our rank is {ratios.mean():.4f} × the best known in the "
        f"mean, {ratios.max():.3f} × at most; {int((ratios <= 1).sum())} formats reach it.\n",
        "| format | rank | Z2 | known | bound | made by |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(e, catalogue.rank(e.n, "Z2"), number[e.bound_source]) for e in rows]
    lines += ["<!-- end -->", "", "Sources of the bounds:", ""]
    lines += [f"{k}. {source}" for source, k in number.items()]
    return _HEAD + "\n".join(lines) + "\n"


def _row(entry: Entry, binary: int, source: int) -> str:
    recipe = "walk" if entry.recipe == "scheme" else entry.recipe.replace("#0.", "·")
    smaller = str(binary) if binary < entry.rank else ""
    return (
        f"| {text(entry.n)} | {entry.rank} | {smaller} | {entry.known} | "
        f"{entry.bound} [{source}] | {recipe} |"
    )


def _cluster(address: str) -> Executor:
    from distributed import Client

    return Client(address).get_executor()


def main(arguments: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m zerogap.solvers.matmul.catalogue",
                                     description=__doc__)  # fmt: skip
    parser.add_argument("--rebuild", action="store_true", help="ignore what is committed")
    parser.add_argument("--improve", action="store_true", help="start from what is committed")
    parser.add_argument("--seconds", type=float, default=3600.0, help="of walks")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--cluster", default="", help="address of a Dask scheduler for the walks")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--largest", type=int, default=8, help="side of the formats walked")
    parser.add_argument("--volume", type=int, default=128, help="product of their sides")
    parser.add_argument("--pools", default="", help="checkpoint of the walks")
    parser.add_argument("--output", default="", help="folder, by default the package's")
    parser.add_argument("--table", default="", help="write the page of the documentation")
    given = parser.parse_args(arguments)
    if given.rebuild or given.improve:
        begun = time.monotonic()
        catalogue = build(
            seconds=given.seconds, threads=given.threads, seed=given.seed,
            wanted=walked(given.largest, given.volume), pools=Pools(16, given.pools),
            start=None if given.rebuild else default(),
            tell=lambda line: print(line, file=sys.stderr, flush=True),
            executor=_cluster(given.cluster) if given.cluster else None,
        )  # fmt: skip
        catalogue.save(given.output or folder())
        print(f"{len(catalogue.recipes)} recipes in {time.monotonic() - begun:.0f} s")
    if given.table:
        chosen = Catalogue(given.output) if given.output else Catalogue(folder())
        Path(given.table).write_text(table(chosen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
