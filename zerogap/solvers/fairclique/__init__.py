"""Maximum relative fair clique: how the parts play together.

The kernel reduces, finds an incumbent, reduces again by what the incumbent demands, and branches
over what is left; it is exact by itself. CP-SAT and HiGHS are referees, and they serve users who
add constraints of their own.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap._ext.fairclique.clique import CliqueSearch, complete, reduce
from zerogap.models.base import InstanceError
from zerogap.models.fairclique import Clique, FairClique
from zerogap.models.fairclique.exact import cpsat as clauses
from zerogap.models.fairclique.exact import pyomo as linear
from zerogap.solvers.backends import cpsat, highs
from zerogap.solvers.fairclique import greedy, weighted
from zerogap.solvers.fairclique.maximal import maximal as maximal
from zerogap.solvers.fairclique.packing import disjoint
from zerogap.solvers.fairclique.survivors import survivors
from zerogap.solvers.search import Search


def auto(graph: FairClique, search: Search) -> None:
    """The kernel on all threads; with constraints of the user's, it only warms up CP-SAT."""
    if search.extend is not None:
        heuristic(graph, search)
        referee(graph, search, cpsat, clauses.build)
        return
    kernel(graph, search)


def kernel(graph: FairClique, search: Search) -> None:
    """Reductions, heuristic, branch and bound."""
    _refuse(graph, search)
    if not graph.plain:
        weighted.solve(graph, search)
    else:
        _plain_kernel(graph, search)


def _plain_kernel(graph: FairClique, search: Search) -> None:
    asked = search.options
    listing = asked["enumerate"] or asked["ties"] != "any"
    whole = listing or asked["disjoint"] > 1  # is offered once, with all that was asked for
    found = _clique_search(graph, search)
    _inject(found, graph, search.solution)
    _run(found, graph, search, offer=not whole)
    if found.objective is None:
        if found.exhausted:
            _no_clique(graph, search)
        return
    best = _clique(graph, found.best())
    if listing and found.exhausted and search.open:
        best = _listed(graph, search, best)
    if found.exhausted:
        best = disjoint(graph, search, best)
    search.offer(best, "kernel")
    if found.exhausted:
        # The branch and bound has cut only what cannot be larger than the kernel's own best.
        search.prove_optimal("kernel", len(best))


def heuristic(graph: FairClique, search: Search) -> None:
    """Reductions and heuristic without the branch and bound."""
    _refuse(graph, search)
    _one_alone(search)
    if not graph.plain:
        weighted.solve(graph, search, prove=False)
        return
    found = _clique_search(graph, search, prove=False)
    _inject(found, graph, search.solution)
    _run(found, graph, search)
    if found.bound < 0:
        # The reductions keep every fair clique, and have left nothing.
        _no_clique(graph, search)


def cold(graph: FairClique, search: Search) -> None:
    """CP-SAT alone, on the graph that the enhanced colourful core leaves."""
    referee(graph, search, cpsat, clauses.build)


def warm(graph: FairClique, search: Search) -> None:
    """CP-SAT from the heuristic's clique, on the graph that this clique leaves."""
    heuristic(graph, search)
    if search.open:
        referee(graph, search, cpsat, clauses.build)


def cold_highs(graph: FairClique, search: Search) -> None:
    """HiGHS alone, on the graph that the enhanced colourful core leaves."""
    referee(graph, search, highs, linear.build)


def warm_highs(graph: FairClique, search: Search) -> None:
    """HiGHS from the heuristic's clique, on the graph that this clique leaves."""
    heuristic(graph, search)
    if search.open:
        referee(graph, search, highs, linear.build)


def referee(graph: FairClique, search: Search, backend: Any, build: Any) -> None:
    """An exact backend on the reduced graph.

    The reduction keeps every fair clique of the incumbent's size and more, the incumbent among
    them; with constraints of the user's every fair clique at all.
    """
    _refuse(graph, search)
    _one_alone(search)
    if graph.anchor:
        place = weighted.around(graph)
        if place is None:
            # Two demanded vertices are not adjacent: no clique has both.
            search.prove_infeasible("two of the anchors are not adjacent", "kernel")
            return
        vertices = np.union1d(place.chosen, place.vertices)
    else:
        # A size says nothing of weights: with them only k and delta reduce.
        known = search.objective if search.extend is None and graph.weight is None else None
        vertices = survivors(graph, known or 0)
    if len(vertices) == 0 and graph.k > 0 and search.solution is None:
        # Every fair clique survives the reductions, and nothing has.
        _no_clique(graph, search)
        return
    backend.improve(build(graph, vertices), search)


def all_optimal(graph: FairClique, *, limit: int = 1000, threads: int = 1) -> list[np.ndarray]:
    """All maximum fair cliques, at most `limit`, as ascending original ids, in their order.

    Parameters
    ----------
    graph : FairClique
    limit : int
        End of the list.
    threads : int
        Threads of the branch and bound.

    Returns
    -------
    list of ndarray
        Empty if there is no fair clique.
    """
    first = _plain_search(graph, threads=threads)
    first.run()
    if first.objective is None:
        return []
    found = _cliques_of(graph, first.objective, limit=limit, threads=threads)
    found.run()
    return _sorted(graph, found.cliques())


def funnel(graph: FairClique) -> list[tuple[str, int, int, int, float]]:
    """Stages of the reduction: name, vertices, edges, size searched for, seconds."""
    found = _plain_search(graph, prove=False)
    found.run()
    return found.funnel


# ---- parts ---------------------------------------------------------------------------------------


def _plain_search(graph: FairClique, **settings: Any) -> CliqueSearch:
    return CliqueSearch(
        graph.first,
        graph.neighbour,
        graph.attribute,
        len(graph.values),
        graph.k,
        graph.delta,
        **settings,
    )


def _clique_search(graph: FairClique, search: Search, **settings: Any) -> CliqueSearch:
    return _plain_search(
        graph,
        threads=search.threads,
        seed=search.seed,
        enhanced=search.options["enhanced"],
        support=search.options["support"],
        bound="" if search.options["bound"] == "none" else search.options["bound"],
        **settings,
    )


def _cliques_of(graph: FairClique, size: int, **settings: Any) -> CliqueSearch:
    return _plain_search(graph, size=size, **settings)


def _clique(graph: FairClique, index: Any) -> Clique:
    return Clique(graph.ids[index], names=graph.names)


def _refuse(graph: FairClique, search: Search) -> None:
    """Options that the instance has no use for, by name."""
    options = search.options
    if options["bound"] != "none" and (len(graph.values) != 2 or not graph.plain):
        raise InstanceError(
            "the published bounds are for two attribute values, without weights and anchors",
            field="option bound",
        )
    if options["ties"] != "any" and not graph.plain:
        raise InstanceError("lexicographic is not for weights and anchors", field="option ties")
    for name in ("enumerate", "disjoint"):
        if options[name] < 0:
            raise InstanceError(f"is {options[name]}, expected 0 or more", field=f"option {name}")
    if options["disjoint"] > 1 and (graph.anchor or search.extend is not None):
        raise InstanceError("is not for anchors and own constraints", field="option disjoint")
    if options["enumerate"] and search.extend is not None:
        raise InstanceError("is not for own constraints", field="option enumerate")
    if options["ties"] != "any" and search.extend is not None:
        raise InstanceError("is not for own constraints", field="option ties")


def _one_alone(search: Search) -> None:
    """Refuse by name to look for more cliques than one where only the kernel can."""
    plain = {"enumerate": 0, "ties": "any", "disjoint": 0}
    for name, value in plain.items():
        asked = search.options[name]
        if asked != value and not (name == "disjoint" and asked == 1):
            raise InstanceError(
                f"is not for {search.method}, which finds one clique (use auto or kernel)",
                field=f"option {name}",
            )


def _inject(found: CliqueSearch, graph: FairClique, solution: Clique | None) -> None:
    if solution is not None:
        found.inject(graph.index(solution.vertices))


def _run(found: CliqueSearch, graph: FairClique, search: Search, offer: bool = True) -> None:
    """Slices until the end; cliques and bounds flow into the search."""
    piece, budget, known = 0.005, search.iterations, None
    while search.open and (budget is None or budget > 0):
        before = found.iterations
        more = found.run(min(piece, search.remaining), -1 if budget is None else min(budget, 4096))
        piece = min(2 * piece, 0.1)
        if budget is not None:
            budget -= max(1, found.iterations - before)
        size = found.objective
        if offer and size is not None and size != known:
            search.offer(_clique(graph, found.best()), "kernel", size)
            known = size
        if offer and found.bound >= 0:
            # Colour bounds of the start vertices not done with, and the best: every clique is
            # found at its first vertex in the order, and the reductions keep what is larger.
            search.tighten(found.bound, "kernel")
        if not more:
            break


def _no_clique(graph: FairClique, search: Search) -> None:
    search.prove_infeasible(
        f"no clique has {graph.k} vertices of every attribute value "
        f"with counts within {graph.delta}",
        "kernel",
    )


def _listed(graph: FairClique, search: Search, best: Clique) -> Clique:
    """The optimal clique with its equals, or the lexicographically first of them."""
    if len(best) == 0:
        return best
    limit = search.options["enumerate"]
    if search.options["ties"] == "lexicographic":
        best = _clique(graph, _smallest(graph, search, graph.index(best.vertices)))
    if not limit:
        return best
    found = _cliques_of(graph, len(best), limit=limit, threads=search.threads)
    _run(found, graph, search, offer=False)
    listed = _sorted(graph, found.cliques())
    others = [c for c in listed if not np.array_equal(c, best.vertices)]
    return Clique(best.vertices, tuple(others[: limit - 1]), names=graph.names)


def _sorted(graph: FairClique, cliques: list[np.ndarray]) -> list[np.ndarray]:
    return [graph.ids[np.array(c)] for c in sorted(c.tolist() for c in cliques)]


def _smallest(graph: FairClique, search: Search, clique: np.ndarray) -> np.ndarray:
    """The lexicographically first clique of the same size.

    Vertex by vertex: is there one that begins with the prefix and this vertex? Every question
    restricts the graph to the later common neighbours, so it is far easier than the first search.
    """
    best = np.sort(clique)
    alive = survivors(graph, len(best))
    for place in range(len(best)):
        prefix, later = best[:place], alive
        for u in prefix:
            later = np.intersect1d(later, graph.row(int(u)), assume_unique=True)
        after = prefix[-1] if place else -1
        for v in later[(later > after) & (later < best[place])]:
            if not search.open:
                return best
            rest = _completed(graph, np.append(prefix, v), later, len(best))
            if rest is not None:
                best = rest
                break
    return best


def _completed(
    graph: FairClique, prefix: np.ndarray, later: np.ndarray, size: int
) -> np.ndarray | None:
    """A fair clique of `size` that begins with `prefix` and goes on in `later`, or None."""
    row = graph.row(int(prefix[-1]))
    later = np.intersect1d(later[later > prefix[-1]], row, assume_unique=True)
    if len(later) + len(prefix) < size:
        return None
    matrix = graph.induced(later)
    first = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int64)
    values = len(graph.values)
    added = complete(
        first,
        np.nonzero(matrix)[1].astype(np.int32),
        np.ascontiguousarray(graph.attribute[later]),
        values,
        graph.k,
        graph.delta,
        np.bincount(graph.attribute[prefix], minlength=values).tolist(),
        size,
    )
    return None if added is None else np.concatenate([prefix, later[added]])


METHODS = {
    "auto": auto,
    "kernel": kernel,
    "heuristic": heuristic,
    "degree": greedy.degree,
    "coloured-degree": greedy.coloured_degree,
    "heurrfc": greedy.heurrfc,
    "exact": cold,
    "cpsat": warm,
    "highs": cold_highs,
    "highs-warm": warm_highs,
}
#: Methods that know the constraints which `extend` adds.
EXTENDABLE = ("auto", "exact", "cpsat", "highs", "highs-warm")
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (("kernel", {}), ("cpsat", {}), ("highs", {}))
