"""Job-shops: tabu search or annealing and CP-SAT close in on the optimum from both sides."""

from __future__ import annotations

from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.jobshop import FlexibleJobShop, Shop
from zerogap.models.jobshop.instance import DUE, SUMS
from zerogap.solvers.jobshop import balanced, bounds, extended, neighbourhoods, rules
from zerogap.solvers.jobshop.islands import drive, in_background, kernels
from zerogap.solvers.jobshop.schedules import searchable
from zerogap.solvers.search import Search

#: Up to so many operations CP-SAT proves in minutes what the kernel finds in seconds.
PROVABLE = 250
#: Beyond so many operations CP-SAT's propagation does not finish once.
UNPROVABLE = 20_000
#: Beyond so many operations a move costs more than a tenth of a schedule: dispatching alone.
HUGE = 300_000
#: Random schedules of the opening where iterations, not time, decide.
RESTARTS = 20
#: Stronger propagation of the machines: the proof of ft10 below 930 takes 0.6 s instead of 14.
STRONG = {
    "use_strong_propagation_in_disjunctive": True,
    "use_dynamic_precedence_in_disjunctive": True,
}


#: To raise the bound where a proof is out of reach: ta22 1436 after 7 s of one worker, 1385 after
#: 20 s of two with the defaults; dmu41 2985 against 2839. Without the cut-off, whose presolve is
#: slow.
BOUND = STRONG | {"use_objective_lb_search": True}
#: Share of the remaining time that CP-SAT gets one thread for: to prove, or to raise the bound
#: where a proof is out of reach (measured by ``benchmarks/jobshop_bars.py shares``).
PROOF_SHARE, BOUND_SHARE = 1.0, 0.2
#: Rules and delays of the first schedules.
OPENERS = (("mwkr", 0.0), ("learned", None), ("mwkr", 0.3), ("mor", 0.0))
#: The same where due dates count.
URGENT = (("atc", 0.0), ("edd", 0.0), ("learned", None), ("atc", 0.3))


def auto(shop: Shop, search: Search) -> None:
    """Kernels and CP-SAT together; who gets how many threads depends on the size."""
    if search.extend is not None:
        if search.hint is None:  # a start of the user's is the better hint: it may keep constraints
            opening(shop, search)
            if kernelled(shop):
                drive(shop, search, kernels(shop, search)[:1], seconds=0.05 * search.remaining)
        return extended.solve(shop, search, cold=False, parameters=STRONG)
    opening(shop, search)
    if not search.open:
        return None
    if not kernelled(shop):
        return neighbourhoods.redispatch(shop, search)
    islands = kernels(shop, search)
    # Most of what the kernels will ever find they find now, and CP-SAT starts below it.
    drive(shop, search, islands, seconds=burst(shop, search))
    even(shop, search)
    if not search.open:
        return None
    if search.threads == 1:
        return alternate(shop, search, islands)
    # A shop that CP-SAT cannot prove gets it for a bound only; then all threads search.
    share = PROOF_SHARE if provable(shop) else BOUND_SHARE
    if share and shop.operations <= UNPROVABLE:
        with in_background(shop, search, islands[1:]):
            second(shop, search, share * search.remaining)
    if search.open:
        drive(shop, search, islands)
    return None


def kernel(shop: Shop, search: Search) -> None:
    """The kernels alone, an island a thread."""
    opening(shop, search)
    if search.open and kernelled(shop):
        even(shop, search)
        drive(shop, search, kernels(shop, search))
    elif search.open:
        neighbourhoods.redispatch(shop, search)


def exact(shop: Shop, search: Search) -> None:
    """CP-SAT alone, without a start; or HiGHS, by option ``backend``."""
    if search.options["backend"] == "highs":
        return disjunctive(shop, search)
    if search.extend is not None:
        return extended.solve(shop, search, cold=True, parameters=None)
    prove(shop, search, workers=search.threads, cold=True)


def disjunctive(shop: Shop, search: Search) -> None:
    """HiGHS on the disjunctive formulation: another opinion, on small shops."""
    from zerogap.models.jobshop.exact.pyomo import build
    from zerogap.solvers.backends import highs

    if search.extend is not None:
        raise InstanceError("highs cannot take constraints of extend", field="option backend")
    # Bounds hold for the whole problem: the model leaves out only what `last_useful` shows to be
    # no better, and its `slack` covers HiGHS's tolerances. A start (of `audit`) is only a hint.
    highs.improve(build(shop), search, hint=search.solution is not None)


def dispatch(shop: Shop, search: Search) -> None:
    """One schedule by the priority rule of option ``rule``."""
    search.offer(rules.schedule(shop, rules.rule(search.options["rule"])), "dispatch")


METHODS = {"auto": auto, "kernel": kernel, "exact": exact, "dispatch": dispatch}
#: Methods that prove something, by different arguments: whom `audit` asks.
PROOFS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("exact", {"backend": "cp-sat"}),
    ("exact", {"backend": "highs"}),
    ("auto", {}),
)


def opening(shop: Shop, search: Search) -> None:
    """A first schedule and a first bound, in milliseconds (a second for a million operations)."""
    # Valid for all instances and also with constraints of the user's, which only take schedules
    # away: every schedule keeps its jobs' chains and its machines' capacities. It knows no
    # incumbent.
    search.tighten(bounds.opening(shop), "bounds")
    dated = shop.objective in DUE
    favourite = search.options["rule"]
    for name, delay in URGENT if dated else OPENERS:
        if search.open or search.solution is None:
            chosen = rules.rule(favourite if name == "learned" else name, delay)
            search.offer(rules.schedule(shop, chosen), "dispatch")
        if search.elapsed > 0.1 * search.limits.time:
            break
    if shop.objective != "makespan" and search.open:
        # Sums differ by more between rules than makespans do.
        seconds = min(1.0, 0.03 * search.remaining)
        neighbourhoods.redispatch(
            shop, search, seconds, None if search.iterations is None else RESTARTS
        )


def even(shop: Shop, search: Search) -> None:
    """Search the order alone where evenly loaded machines make good schedules."""
    if search.open and search.iterations is None:
        made = balanced.islands(
            shop, bound=search.bound, objective=search.objective, seed=search.seed,
            count=search.threads,
        )  # fmt: skip
        if made:
            drive(shop, search, made, seconds=balanced.SHARE * search.remaining)


def kernelled(shop: Shop) -> bool:
    """Whether there is a kernel for the shop that gets anywhere."""
    return shop.operations <= HUGE and searchable(shop)


def provable(shop: Shop) -> bool:
    """Whether CP-SAT has a chance: small, or so many jobs that a machine's load is the makespan."""
    if isinstance(shop, FlexibleJobShop):
        return shop.operations <= 2 * PROVABLE
    return shop.operations <= PROVABLE or (
        shop.jobs >= 2.5 * shop.machines and shop.operations <= 4 * PROVABLE
    )


def second(shop: Shop, search: Search, seconds: float) -> None:
    """What CP-SAT does on one thread while kernels search on the others."""
    slow = not provable(shop)
    if slow and shop.objective in SUMS:
        # Its bounds of sums stay near nothing for hours: better schedules are of more use.
        neighbourhoods.windows(shop, search, seconds, workers=1)
    else:
        prove(shop, search, workers=1, seconds=seconds, bound=slow)


def burst(shop: Shop, search: Search) -> float:
    """Seconds for the kernels alone: what a hundred moves an operation take, a tenth at most."""
    return min(0.1 * search.remaining, 0.2 + 0.005 * shop.operations)


def alternate(shop: Shop, search: Search, islands: list[Any]) -> None:
    """One thread: kernel and CP-SAT take turns that grow."""
    turn = 2.0
    while search.open:
        if shop.operations <= UNPROVABLE:
            second(shop, search, turn if provable(shop) else 0.2 * turn)
        if search.open:
            drive(shop, search, islands, seconds=turn)
        turn *= 2


def prove(
    shop: Shop,
    search: Search,
    *,
    workers: int,
    seconds: float | None = None,
    cold: bool = False,
    bound: bool = False,
) -> str:
    """CP-SAT on the whole shop; warm, only better schedules than the incumbent are asked for.

    With `bound` it starts from the incumbent and works on the bound alone.
    """
    from zerogap.models.jobshop.exact.cpsat import build
    from zerogap.solvers.backends import cpsat

    # Claims of this call rest on the plain problem (no `extend` comes here) and on one snapshot:
    # schedules worse than `upper` are left out, so that a bound B of the model is min(B, upper) of
    # the problem, which B cannot exceed as the incumbent itself stays in the model. Where a cut-off
    # leaves the incumbent out, `improve` takes it from a later snapshot, no worse than `upper`, and
    # cuts its claims down to that. A `lower` proven elsewhere only leaves out what does not exist.
    upper, lower = search.objective, search.bound
    known = not cold and upper is not None
    model = build(shop, upper=upper if known else None, lower=lower if known else None)
    return cpsat.improve(
        model,
        search,
        seconds=seconds,
        workers=workers,
        hint=not cold and (bound or not known),
        cutoff=known and not bound,
        parameters=None if cold else BOUND if bound and known else STRONG,
    )
