"""Schemes of small rank by walks in the flip graph; few additions; exact models of both.

The walks close in on the rank from above. From below there are the bounds of the literature, and
CP-SAT on the Brent equations of the smallest formats, which starts from the walks' scheme.
"""

from __future__ import annotations

import contextlib

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.matmul import MatMul, Scheme, rank_bound
from zerogap.models.matmul.catalogue import LARGEST, default
from zerogap.solvers.matmul.descent import Descent
from zerogap.solvers.matmul.pools import Pools
from zerogap.solvers.search import Search


def auto(instance: MatMul, search: Search) -> None:
    """Walks on all threads; what is left to prove goes to CP-SAT for the smallest formats."""
    if instance.objective == "additions":
        return _additions(instance, search)
    _bound(instance, search)
    if search.extend is not None:  # only the exact model knows the user's constraints
        from zerogap.solvers.matmul.brent import descend

        return descend(instance, search)
    return _walk(instance, search, threads=search.threads)


def kernel(instance: MatMul, search: Search) -> None:
    """Walks alone."""
    if instance.objective == "additions":
        return _additions(instance, search)
    return _walk(instance, search, threads=search.threads)


def exact(instance: MatMul, search: Search) -> None:
    """CP-SAT on the Brent equations, from the naive or given scheme downwards."""
    if instance.objective == "additions":
        return _additions(instance, search)
    from zerogap.solvers.matmul.brent import descend

    _bound(instance, search)
    return descend(instance, search)


METHODS = {"auto": auto, "kernel": kernel, "exact": exact}


def _bound(instance: MatMul, search: Search) -> None:
    bound, source = rank_bound(instance.n, instance.ring)
    # Of the tensor, whoever asks: no scheme over this ring has fewer products, constrained or not.
    search.tighten(bound, source)


def _additions(instance: MatMul, search: Search) -> None:
    from zerogap.solvers.matmul.additions import reduce

    if search.extend is not None:
        raise InstanceError(
            "objective=additions has no exact model that constraints could be added to",
            field="extend",
        )
    if instance.given is not None:
        search.offer(instance.given, "given")
    reduce(instance, search)


def descents(instance: MatMul, search: Search, threads: int) -> list[Descent]:
    """One descent a thread on shared pools."""
    options = search.options
    pools = Pools(int(options.get("pool", 64)), str(options.get("checkpoint") or ""))
    if pools.path:
        search.on_stop(lambda: pools.save(now=True))
    start = _start(opening(instance, search)[0])
    return [
        Descent(
            tuple(instance.n.tolist()), instance.ring, search.seed + 1000 * k, pools=pools,
            start=start, plus=int(options.get("plus", 20_000)), band=int(options.get("band", 3)),
            lifting=bool(options.get("lift", True)),
        )
        for k in range(threads)
    ]  # fmt: skip


def opening(instance: MatMul, search: Search) -> tuple[Scheme, str]:
    """The scheme a search starts from, and its name: given, the catalogue's, or the naive one."""
    if instance.given is not None:
        return instance.scheme, "given"
    if search.options.get("catalogue", True) and int(instance.n.max()) <= LARGEST:
        return default().scheme(tuple(instance.n.tolist()), instance.ring), "catalogue"
    return instance.scheme, "naive"


def _start(scheme: Scheme):
    """The scheme if the walks can hold it."""
    factors = (scheme.u, scheme.v, scheme.w)
    if max(int(np.abs(m).max(initial=0)) for m in factors) > 1 or (scheme.denominator != 1).any():
        return None
    return tuple(m.astype(np.int8) for m in factors)


def _walk(instance: MatMul, search: Search, threads: int) -> None:
    """Descents in all threads, until the bound is met or the target reached."""
    search.offer(*opening(instance, search))
    if not search.open:
        return
    target = int(search.options.get("target") or 0)

    def solution(descent: Descent) -> Scheme:
        found = descent.best()
        assert found is not None
        return found

    def inject(descent: Descent, scheme: Scheme) -> None:
        descent.inject(scheme)

    def unmet() -> bool:
        return not target or search.objective is None or search.objective > target

    first, *rest = descents(instance, search, threads)
    with contextlib.ExitStack() as stack:
        for descent in rest:
            stack.enter_context(
                search.in_background(descent, solution=solution, inject=inject, source="walk")
            )
        search.drive(first, solution=solution, inject=inject, source="walk", while_=unmet)
    if not unmet():
        search.stop("target")
