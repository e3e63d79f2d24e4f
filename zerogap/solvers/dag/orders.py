"""Dense least squares: an order decides everything.

The kernel walks over orders by insertions; a search over predecessor sets, layer by layer, proves
that nothing is better, or finds what is.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.dag import Dag, Structure
from zerogap.solvers.dag import parents
from zerogap.solvers.dag.rules import obeying
from zerogap.solvers.dag.swaps import certificate
from zerogap.solvers.search import Search

#: Up to so many variables the layers are tried; their sets are 128 bits wide at most.
LAYERS = 128
#: Up to so many variables, layers that take longer than these seconds give way to dynamic
#: programming over all sets, which does not depend on how good the bounds are.
SUBSETS, PATIENCE = 22, 1.0
#: From here on, fitting and checking a structure costs more than a slice of the kernel.
LARGE = 200
#: Seconds a variable that the kernel runs before the layers begin.
HEAD_START = 0.001


def fit(dag: Dag, order: np.ndarray) -> Structure:
    """Every variable regressed on all its predecessors, by one Cholesky factor."""
    d = dag.variables
    order = np.asarray(order)
    L = np.linalg.cholesky(dag.covariance[np.ix_(order, order)])
    # e = Λ⁻¹ x with Λ the factor with unit diagonal, and e = (I − W)ᵀ x.
    L /= np.diag(L).copy()
    upper = np.triu(np.ones((d, d), dtype=bool), 1)
    weights = -np.linalg.inv(L).T[upper]
    del L
    edges = np.empty((len(weights), 2), dtype=np.int32)
    edges[:, 0] = np.broadcast_to(order[:, None], (d, d))[upper]
    edges[:, 1] = np.broadcast_to(order, (d, d))[upper]
    return Structure(order, edges, weights, dag.names)


def start(dag: Dag, search: Search) -> np.ndarray:
    """The order of a given start, else smallest conditional variance first."""
    from zerogap._ext.dag import order as kernels

    if search.hint is not None:
        return obeying(dag, search.hint.order)
    return kernels.greedy(dag.covariance, dag.before)


def mean_bound(dag: Dag) -> float:
    """½ d det(S)^(1/d): variances of any order multiply to det S, so the means bound their sum."""
    d = dag.variables
    logdet = float(np.linalg.slogdet(dag.covariance)[1])
    return 0.5 * d * math.exp(logdet / d) * (1 - 1e-12)


def kernel(dag: Dag, search: Search) -> Any:
    """The order search, started."""
    from zerogap._ext.dag import order as kernels

    return kernels.OrderSearch(
        dag.covariance,
        start(dag, search),
        search.seed,
        dag.before,
        window=min(14, max(2, search.options["window"])),
    )


def descend(dag: Dag, search: Search, source: str = "kernel") -> Any:
    """The first local optimum, offered as soon as it is there; returns the kernel."""
    search_kernel = kernel(dag, search)
    while search.open:
        evaluations = search_kernel.evaluations
        search_kernel.run(min(0.05, search.remaining), 0)
        if search_kernel.evaluations == evaluations:
            break
    offer(dag, search, search_kernel, source)
    return search_kernel


def offer(dag: Dag, search: Search, source_kernel: Any, source: str) -> None:
    """Fit and offer the kernel's order if it beats the incumbent."""
    objective = source_kernel.objective
    if search.incumbent.better(objective, search.objective):
        search.offer(fit(dag, source_kernel.best()), source, objective)


def inject(search_kernel: Any, structure: Structure, dag: Dag) -> None:
    """Hand an order found elsewhere to the kernel."""
    search_kernel.inject(obeying(dag, structure.order))


def improve(dag: Dag, search: Search, search_kernel: Any, **limits: Any) -> None:
    """Iterated local search until the limits."""
    if dag.variables <= LARGE:
        search.drive(
            search_kernel,
            solution=lambda k: fit(dag, k.best()),
            inject=lambda k, s: inject(k, s, dag),
            **limits,
        )
        return
    # A large structure is offered only when the offering is a small part of the time.
    budget = math.inf if search.iterations is None else search.iterations
    pause = 0.5
    while search.open and budget > 0:
        until = search.elapsed + pause
        while search.open and search.elapsed < until and budget > 0:
            done = search_kernel.iterations
            step = -1 if math.isinf(budget) else int(min(budget, 50))
            search_kernel.run(min(0.1, search.remaining), step)
            budget -= search_kernel.iterations - done
        offer(dag, search, search_kernel, "kernel")
        pause = min(5.0, 1.5 * pause)
    offer(dag, search, search_kernel, "kernel")


def prove(
    dag: Dag, search: Search, order: np.ndarray, objective: float, beside: Any = None
) -> None:
    """Layers of predecessor sets until the optimum is proven, the time over or the memory full.

    `beside` is called between the slices: what else one thread has to do.
    """
    from zerogap._ext.dag import layers as dag_exact

    layers = dag_exact.OrderLayers(
        dag.covariance, order, objective, dag.before, states=search.options["states"]
    )
    bound, begun = -math.inf, search.elapsed
    while search.open:
        if dag.variables <= SUBSETS and search.elapsed - begun > PATIENCE:
            del layers
            _by_subsets(dag, search, beside)
            return
        if search.objective is not None and search.extend is None:
            layers.cut(search.objective)
        more = layers.run(min(0.1, search.remaining))
        if layers.proven:
            better = layers.best()
            if better is not None:
                search.offer(fit(dag, better), "layers")
            # The last layer is reached, or every set left out costs at least the cut-off, which
            # is an order's cost: nothing is cheaper. Costs of ls are positive, so the share rounds
            # down.
            search.tighten(layers.bound * (1 - 1e-10), "layers")
            return
        if layers.bound > bound:
            # Raised only when a whole layer is expanded: every order passes each layer, through a
            # set that is kept (its bound counts) or was left out at the cut-off (which counts).
            # A layer that the clock or the limit of states breaks off changes nothing.
            bound = layers.bound
            search.tighten(bound * (1 - 1e-10), "layers")
        if not more:
            break
        if beside is not None:
            beside()
    if layers.exceeded:
        search.messages.append(
            f"layers: more than {search.options['states']} predecessor sets; raise states=…"
        )


def _by_subsets(dag: Dag, search: Search, beside: Any) -> None:
    problem, _ = parents.local_problem(dag)
    parents.by_program(dag, problem, search, beside)


def auto(dag: Dag, search: Search) -> None:
    """Descent and disturbances from above, the mean bound and layers from below."""
    search_kernel = descend(dag, search)
    # Of the covariance alone: rules and user's constraints only take graphs away.
    search.tighten(mean_bound(dag), "means")
    if dag.variables > LAYERS:
        improve(dag, search, search_kernel)
        return
    # A head start: the worse the incumbent, the more sets the layers keep alive.
    if search.iterations is None:
        improve(dag, search, search_kernel, seconds=HEAD_START * dag.variables)
    else:
        improve(dag, search, search_kernel, iterations=search.iterations)
    if (search.solution is None and search.extend is None) or not search.open:
        return
    best, objective = search_kernel.best(), search_kernel.objective
    if search.iterations is not None:
        prove(dag, search, best, objective)
        return
    if search.threads == 1:
        prove(
            dag,
            search,
            best,
            objective,
            beside=lambda: improve(dag, search, search_kernel, seconds=0.1),
        )
        improve(dag, search, search_kernel)
        return
    with search.in_background(
        search_kernel,
        solution=lambda k: fit(dag, k.best()),
        inject=lambda k, s: inject(k, s, dag),
    ) as thread:
        prove(dag, search, best, objective)
        while search.open and thread.is_alive():  # no proof: the kernel goes on alone
            thread.join(0.05)


def likelihood(dag: Dag, search: Search) -> None:
    """The dense Gaussian likelihood is the same for every order: n/2 (log det S + d log 2πe).

    The residual variances of any order multiply to det S, and only their product counts.
    """
    d = dag.variables
    search.offer(fit(dag, start(dag, search)), "any order")
    logdet = float(np.linalg.slogdet(dag.covariance)[1])
    value = 0.5 * dag.observations * (logdet + d * math.log(2 * math.pi * math.e))
    # No graph, complete or not, has a smaller product of residual variances than det S.
    search.tighten(value - 1e-10 * abs(value), "determinant")


def exact(dag: Dag, search: Search) -> None:
    """Layers alone, cold: the cut-off is a greedy order (or the given start), never improved."""
    order = start(dag, search)
    structure = fit(dag, order)
    if dag.variables > LAYERS:
        # As in `auto`: it holds for every graph.
        search.tighten(mean_bound(dag), "means")
        search.messages.append(f"layers take at most {LAYERS} variables")
        return
    search.offer(structure, "greedy")
    assert search.objective is not None
    prove(dag, search, order, search.objective)


def alone(dag: Dag, search: Search) -> None:
    """The kernel alone."""
    search_kernel = descend(dag, search)
    improve(dag, search, search_kernel)


def topo(dag: Dag, search: Search) -> None:
    """The published swaps from a random order (or the given start), to their local minimum."""
    from zerogap._ext.dag import order as kernels

    order = (
        obeying(dag, search.hint.order)
        if search.hint is not None
        else obeying(dag, search.rng.permutation(dag.variables))
    )
    swaps = kernels.TopoSwaps(
        dag.covariance,
        order,
        dag.before,
        small=search.options["size_small"],
        large=max(search.options["size_small"], search.options["size_large"]),
        chances=search.options["large_searches"],
    )
    budget, more = search.iterations, True
    while search.open and more:
        more = swaps.run(min(0.1, search.remaining), -1 if budget is None else 1)
        if budget is not None and swaps.iterations >= budget:
            break
    found = fit(dag, swaps.best())
    search.offer(found, "topo", swaps.objective)
    search.messages.append(f"topo: {certificate(dag, found.adjacency, ended=not more)}")
