"""Additions of a matrix-multiplication scheme: circuits annealed, schemes walked, parts proven.

The three sides of a scheme are linear maps: the forms of A, the forms of B, and the entries of C
from the products. Each gets a circuit; circuits of one scheme are independent of each other.
"""

from __future__ import annotations

import contextlib

from zerogap.models.matmul.bounds import ADDITIONS, rank_bound
from zerogap.models.matmul.catalogue import LARGEST, default
from zerogap.models.matmul.solution import ReducedScheme, Scheme, unshared
from zerogap.solvers.matmul.additions_exact import close
from zerogap.solvers.matmul.additions_walk import SchemeSearch
from zerogap.solvers.matmul.circuits import (
    Circuits,
    edges,
    greedy,
    lower_bound,
    minimise,
    program,
    sides,
    transposed,
)
from zerogap.solvers.matmul.descent import Descent
from zerogap.solvers.search import SLICE

__all__ = [
    "Circuits",
    "edges",
    "greedy",
    "lower_bound",
    "minimise",
    "program",
    "reduce",
    "sides",
    "transposed",
]


def reduce(instance, search) -> None:
    """The circuits of a fixed scheme, or schemes of the allowed rank with their circuits."""
    if instance.fixed:
        return _circuits(instance, search)
    return _schemes(instance, search)


def _circuits(instance, search) -> None:
    """Anneal the circuits of the given scheme; what each side needs bounds them from below."""
    scheme, binary = instance.scheme, instance.ring == "Z2"
    matrices = sides(scheme)
    bounds = [lower_bound(m) for m in matrices]
    # The forms are those of `given` up to sign in every allowed solution, and the sides' programs
    # share no variable: each side needs its own additions, see `lower_bound`.
    search.tighten(sum(bounds), "distinct sums")
    circuits = Circuits(scheme, search.seed, search.threads, binary=binary)
    if search.method != "kernel" and search.iterations is None:
        first = min(5.0, 0.2 * search.remaining)
        search.drive(circuits, solution=Circuits.solution, source="annealing", seconds=first)
        if search.open:
            close(search, matrices, bounds, seconds=0.15 * search.remaining)
    search.drive(circuits, solution=Circuits.solution, source="annealing")


def _schemes(instance, search) -> None:
    """Descend to the allowed rank, then anneal schemes of that rank, one search a thread."""
    _bound(instance, search)
    if not search.open:
        return
    start = _start(instance, search)
    if start is None:
        return

    def inject(kernel: SchemeSearch, solution: ReducedScheme) -> None:
        kernel.inject(solution, solution.additions)

    target = int(search.options.get("target") or 0)

    def unmet() -> bool:
        return not target or search.objective is None or search.objective > target

    with contextlib.ExitStack() as stack:
        kernels = [
            SchemeSearch(start, search.seed + 7919 * t, binary=instance.ring == "Z2")
            for t in range(search.threads)
        ]
        for kernel in kernels[1:]:
            stack.enter_context(
                search.in_background(
                    kernel, solution=SchemeSearch.best, inject=inject, source="scheme walk"
                )
            )
        search.drive(
            kernels[0], solution=SchemeSearch.best, inject=inject, source="scheme walk",
            while_=unmet,
        )  # fmt: skip
    if not unmet():
        search.stop("target")


def _bound(instance, search) -> None:
    """What any scheme of at most the allowed number of products needs."""
    products, source = rank_bound(instance.n, instance.ring)
    if instance.rank and instance.rank < products:
        # Of the tensor: no scheme over this ring has so few products.
        search.prove_infeasible(
            f"{instance.format} needs {products} multiplications ({source})", source
        )
        return
    # Products that no entry of C uses can go; the others are at least `products`. A program of A
    # sums of two terms uses 2A variables and makes A, each of these and of the products being used
    # or one of the n1·n3 outputs: products + A ≤ 2A + n1·n3.
    n1, _, n3 = instance.n.tolist()
    search.tighten(products - n1 * n3, "products into entries of C")
    known = ADDITIONS.get((instance.format, instance.rank))
    if known is not None:
        # Over Z2, hence over ZT; no scheme has fewer products than allowed, so all have as many.
        search.tighten(*known)


def _start(instance, search) -> Scheme | None:
    """The given scheme, the catalogue's, or what a descent from the naive one finds."""
    scheme = instance.scheme
    if not instance.rank or scheme.rank <= instance.rank:
        return scheme
    n = tuple(instance.n.tolist())
    if search.options.get("catalogue", True) and max(n) <= LARGEST:
        known = default()
        if known.rank(n, instance.ring) <= instance.rank:
            scheme = known.scheme(n, instance.ring)
            search.offer(unshared(scheme), "catalogue")
            return scheme
    descent = Descent(tuple(instance.n.tolist()), instance.ring, search.seed)
    while search.open:
        descent.run(min(SLICE, search.remaining))
        found = descent.best()
        if found is not None and found.rank <= instance.rank:
            search.offer(unshared(found), "walk")
            return found
    return None
