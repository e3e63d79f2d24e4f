"""CP-SAT on the Brent equations: downwards from a scheme, and on parts of a scheme."""

from __future__ import annotations

import dataclasses

import numpy as np

from zerogap.models.base import InstanceError, Model
from zerogap.models.matmul import MatMul, Scheme
from zerogap.models.matmul.exact.brent import build, decompose
from zerogap.solvers.backends import cpsat
from zerogap.solvers.search import Search


def descend(instance: MatMul, search: Search) -> None:
    """One model with as many products as the best scheme has, minimised.

    Formats whose model would be too large are searched by neighbourhoods alone. Under constraints
    of the user's the known scheme may not be allowed, and more products may be needed than it has.
    """
    search.offer(instance.scheme, "naive" if instance.given is None else "given")
    if not search.open:
        return
    try:
        rank = instance.scheme.rank if search.objective is None else search.objective
        model = build(instance, rank)
    except InstanceError as error:
        if error.field == "ring" or search.extend is not None:
            raise
        neighbourhoods(instance, search)
        return
    if search.extend is not None:
        # Every scheme of at most `rank` products is in the model up to order and signs of its
        # products, which its variables fix; all that is allowed and outside has more.
        model.reach = rank + 1
    # Bounds hold for all schemes: those with more products than `rank` are worse than a scheme
    # that some thread holds, and a better one of another thread only makes the model wider.
    cpsat.improve(model, search)


def neighbourhoods(
    instance: MatMul, search: Search, *, size: int = 5, seconds: float = 5.0
) -> None:
    """Replace a few products of the scheme, chosen to share factors, by one product fewer."""
    while search.open and search.solution is not None:
        scheme = search.solution
        chosen = _related(scheme, size, search.rng)
        with_fewer = replace_products(instance, scheme, chosen)
        if with_fewer is not None:
            # Part of the scheme is fixed: solutions only, no claim.
            cpsat.improve(
                with_fewer, search, seconds=seconds, hint=False, bounds=False,
                source="cp-sat neighbourhood",
            )  # fmt: skip


def _related(scheme: Scheme, size: int, rng: np.random.Generator) -> np.ndarray:
    """A random product and those that share most non-zeros with what is chosen already."""
    size = min(size, scheme.rank)
    support = [m != 0 for m in (scheme.u, scheme.v, scheme.w)]
    chosen = [int(rng.integers(scheme.rank))]
    while len(chosen) < size:
        likeness = sum((s[:, s[chosen].any(axis=0)]).sum(axis=1) / s.sum(axis=1) for s in support)
        likeness = np.asarray(likeness) + rng.random(scheme.rank)
        likeness[chosen] = -1.0
        chosen.append(int(np.argmax(likeness)))
    return np.array(sorted(chosen))


def replace_products(instance: MatMul, scheme: Scheme, chosen: np.ndarray) -> Model | None:
    """A model of the scheme with `chosen` products replaced by one fewer; None if too large.

    The coefficients outside the support of the chosen products stay zero.
    """
    factors = (scheme.u, scheme.v, scheme.w)
    sides = [m[chosen] for m in factors]
    places = [np.flatnonzero(m.any(axis=0)) for m in sides]
    target = np.einsum("ra,rb,rc->abc", *(m[:, p] for m, p in zip(sides, places)))
    if instance.ring == "Z2":
        target %= 2
    try:
        model = decompose(target, len(chosen) - 1, instance.ring)
    except InstanceError:
        return None
    rest = np.setdiff1d(np.arange(scheme.rank), chosen)
    read = model.read

    def whole(value) -> Scheme:
        part = read(value)
        out = []
        for old, new, place in zip(factors, (part.u, part.v, part.w), places):
            block = np.zeros((part.rank, old.shape[1]), np.int64)
            block[:, place] = new
            out.append(np.vstack([old[rest], block]))
        return Scheme(*out)

    return dataclasses.replace(model, read=whole)
