"""Why clients are not served: constraints that stop them, found by trying and tried again.

A reason is an inclusion-minimal set of constraints: with these alone a client cannot be served, and
as soon as any one of them is taken away, it can (deletion filter; Chinneck and Dravnieks 1991).
Whether taking one away is enough with all others kept is said as well.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from zerogap.models.base import InfeasibleSolution
from zerogap.models.routing import Route, Routes, Routing, check_route
from zerogap.models.routing.feasibility import obstacles
from zerogap.models.routing.fields import FIELDS, FORBIDDEN, UNLIMITED

Relax = Callable[[Routing], Routing]


@dataclass(frozen=True)
class Reason:
    """Why one client is not served.

    Parameters
    ----------
    client : int
        From 0.
    name : str
    where : {"alone", "plan", "cost", "open"}
        It cannot be served by any vehicle even alone; in no place of the plan; it can, but for more
        than leaving it out costs; nothing was found that stops it.
    constraints : tuple of str
        An inclusion-minimal set that stops it.
    enough : tuple of str
        Those of them whose absence alone, with all else kept, lets it be served.
    words : str
        The same in a sentence.
    """

    client: int
    name: str
    where: str
    constraints: tuple[str, ...]
    enough: tuple[str, ...]
    words: str

    def __str__(self) -> str:
        return self.words


def explain(
    instance: Routing, solution: Routes | None = None, *, seconds: float = 10.0
) -> list[Reason]:
    """Reasons for every client that is not served.

    Parameters
    ----------
    instance : Routing
    solution : Routes, optional
        A plan; its unserved clients are explained. Without one, every client that no vehicle can
        serve even alone; where there is none, the clients that a plan leaves out which may leave
        out every client (searched for in half of the time).
    seconds : float
        When to stop; clients that were not come to are left out.

    Returns
    -------
    list of Reason
    """
    until = time.monotonic() + seconds
    if solution is None:
        wanted = instance.required | (instance.group >= 0)
        alone = [_alone(instance, int(c)) for c in np.flatnonzero(wanted)]
        if found := [reason for reason in alone if reason is not None]:
            return found
        solution = gaps(instance, seconds / 2)
        if solution is None:
            return []
    served = {c for route in solution for c in route}
    grouped = instance.group >= 0
    happy = {int(instance.group[c]) for c in served if grouped[c]}
    found = []
    for c in range(instance.clients):
        if c in served or (grouped[c] and int(instance.group[c]) in happy):
            continue
        reason = _alone(instance, c)
        if reason is None:
            reason = _in_plan(instance, solution, c, until)
        if reason is not None:
            found.append(reason)
        if time.monotonic() > until:
            break
    return found


def lacking(instance: Routing) -> list[str]:
    """What the fleet as a whole is too small for, and other proofs that there is no solution."""
    return obstacles(instance)


def gaps(instance: Routing, seconds: float) -> Routes | None:
    """A plan in which every client may be left out for more than any of its routes costs."""
    from zerogap.solvers import solve  # it imports the families

    most = max(int(instance.prize.max(initial=0)), int(instance.fixed_cost.max()) + 1)
    far = instance.travel(instance.depot_location[0], instance.client_location)
    most += (
        10 * int(far[far < FORBIDDEN].max(initial=1)) * max(1, int(instance.distance_cost.max()))
    )
    most += (
        100 * int(max(instance.duration_cost.max(), 1)) * int(far[far < FORBIDDEN].max(initial=1))
    )
    free = instance.replace(
        required=np.zeros_like(instance.required),
        prize=np.where(instance.required | (instance.group >= 0), most, instance.prize),
        group_required=np.zeros_like(instance.group_required),
        min_clients=0, min_prize=0, min_units=0, min_vehicles=0,
    )  # fmt: skip
    found = solve(free, method="kernel", time_limit=seconds, threads=1).solution
    return found if isinstance(found, Routes) else None


# -- what can be taken away ------------------------------------------------------------------------
def _full(instance: Routing, field: str, value: int | bool) -> Routing:
    array = np.full_like(getattr(instance, field), value)
    return instance.replace(**{field: array})


def _client(field: str, value: int | bool, c: int) -> Relax:
    def relax(instance: Routing) -> Routing:
        array = getattr(instance, field).copy()
        array[c] = value
        return instance.replace(**{field: array})

    return relax


def _windows(c: int) -> Relax:
    def relax(instance: Routing) -> Routing:
        spans = [[tuple(w) for w in instance.windows(k)] for k in range(instance.clients)]
        spans[c] = [(0, UNLIMITED)]
        first = np.concatenate([[0], np.cumsum([len(s) for s in spans])]).astype(np.int64)
        return instance.replace(window_first=first, window=np.array([w for s in spans for w in s]))

    return relax


def _permission(c: int) -> Relax:
    def relax(instance: Routing) -> Routing:
        fixed = instance.fixed_vehicle.copy()
        fixed[c] = -1
        skills = instance.client_skills
        if skills is not None:
            skills = tuple(() if k == c else row for k, row in enumerate(skills))
        allowed = instance.allowed
        if allowed is not None:
            allowed = allowed.copy()
            allowed[:, c] = True
        return instance.replace(fixed_vehicle=fixed, client_skills=skills, allowed=allowed)

    return relax


def _load(c: int) -> Relax:
    def relax(instance: Routing) -> Routing:
        delivery, pickup = instance.delivery.copy(), instance.pickup.copy()
        delivery[c] = pickup[c] = 0
        shipped = instance.shipment_load.copy()
        shipped[(instance.shipments == c).any(axis=1)] = 0
        return instance.replace(delivery=delivery, pickup=pickup, shipment_load=shipped)

    return relax


def _without(field: str, c: int) -> Relax:
    def relax(instance: Routing) -> Routing:
        pairs = getattr(instance, field)
        return instance.replace(**{field: pairs[(pairs != c).all(axis=1)]})

    return relax


def _roads(instance: Routing) -> Routing:
    if instance.distance is None or instance.traffic is not None:
        return instance
    least = np.where(instance.distance >= FORBIDDEN, 0, instance.distance)
    times = instance.duration
    if times is not None:
        times = np.where((times >= FORBIDDEN) | (instance.distance >= FORBIDDEN), 0, times)
    return instance.replace(distance=least, duration=times)


def _hours(instance: Routing) -> Routing:
    spans = np.tile([0, UNLIMITED], (instance.depots, 1))
    return instance.replace(depot_window=spans)


def _shifts(instance: Routing) -> Routing:
    return instance.replace(shift=np.tile([0, UNLIMITED], (instance.types, 1)))


def _no_breaks(instance: Routing) -> Routing:
    nothing = np.zeros(instance.types, np.int64)
    return instance.replace(breaks=np.zeros((0, 5), np.int64), unpaid=nothing)


def units(instance: Routing, c: int) -> Iterator[tuple[str, Relax]]:
    """(name, how to take it away) of every constraint that may keep client c from being served."""
    spans = instance.windows(c)
    if len(spans) > 1 or spans[0, 0] > 0 or spans[0, 1] < UNLIMITED:
        yield f"its window {spans.tolist()}", _windows(c)
    if instance.release[c]:
        yield f"its release at {instance.release[c]}", _client("release", 0, c)
    if instance.allowed is not None and not instance.allowed[:, c].all():
        wanted = instance.client_skills[c] if instance.client_skills is not None else ()
        name = f"its skills {', '.join(wanted)}" if wanted else "who may serve it"
        yield name, _permission(c)
    if instance.delivery[c].any() or instance.pickup[c].any() or (instance.shipments == c).any():
        yield "its load", _load(c)
    for field, word in (("not_first", "may not be first"), ("not_last", "may not be last")):
        if getattr(instance, field)[c]:
            yield f"it {word}", _client(field, False, c)
    if instance.together[c] >= 0:
        yield f"its same-vehicle group {instance.together[c]}", _client("together", -1, c)
    for field, word in (("conflicts", "its conflicts"), ("precedences", "its precedences")):
        if (getattr(instance, field) == c).any():
            yield word, _without(field, c)
    for field, word, nothing in (
        ("max_distance", "the longest distance", UNLIMITED),
        ("max_duration", "the longest duration", UNLIMITED),
        ("max_travel_time", "the longest driving time", UNLIMITED),
        ("max_stops", "the most stops of a route", UNLIMITED),
        ("energy", "the energy of the vehicles", UNLIMITED),
        ("on_board", "the load on board at the start", 0),
    ):
        if (getattr(instance, field) != nothing).any():
            yield word, partial(_full, field=field, value=nothing)
    if (instance.shift[:, 0] > 0).any() or (instance.shift[:, 1] < UNLIMITED).any():
        yield "the shifts", _shifts
    if (instance.depot_window[:, 0] > 0).any() or (instance.depot_window[:, 1] < UNLIMITED).any():
        yield "the hours of the depots", _hours
    if len(instance.breaks):
        yield "the breaks", _no_breaks
    if instance.backhaul == "last":
        yield "deliveries before pickups", lambda i: i.replace(backhaul="mixed")
    if instance.distance is not None and (instance.distance >= FORBIDDEN).any():
        yield "roads that may not be driven", _roads


# -- trying ----------------------------------------------------------------------------------------
def _minimal(
    base: Routing, named: list[tuple[str, Relax]], possible: Callable[[Routing], bool]
) -> tuple[list[str], list[str]] | None:
    """A minimal set that makes it impossible, and those that are enough; None if it is possible."""
    if possible(base):
        return None
    kept: list[str] = []
    relaxed = base
    for name, relax in named:
        tried = relax(relaxed)
        if possible(tried):
            kept.append(name)
        else:
            relaxed = tried
    if possible(relaxed):
        raise AssertionError("what stops it was taken away")  # by the filter: never
    return kept, [name for name, relax in named if name in kept and possible(relax(base))]


def _alone(instance: Routing, c: int) -> Reason | None:
    """Why no vehicle can serve c (with the other end of its shipment) on a route of its own."""
    partner = [int(x) for pair in instance.shipments if c in pair for x in pair]
    order = tuple(partner or [c])
    types = np.flatnonzero(instance.vehicles > 0).tolist()

    def failed(made: Routing) -> str:
        words = ""
        made = made.replace(min_stops=np.zeros_like(made.min_stops),
                            min_load=np.zeros_like(made.min_load))  # fmt: skip
        for t in types:
            try:
                check_route(made, Route(t, (order,)))
                return ""
            except InfeasibleSolution as error:
                words = words or str(error).partition(": ")[2]
        return words or "there is no vehicle"

    if not failed(instance):
        return None
    small = _only(instance, order)
    local = order.index(c)
    order = tuple(range(len(order)))
    found = _minimal(small, list(units(small, local)), lambda made: not failed(made))
    if found is None:  # the others of its group or relations play no part alone
        return None
    kept, enough = found
    words = f"{instance.client(c)}: no vehicle can serve it even alone ({failed(small)})"
    return _reason(instance, c, "alone", kept, enough, words)


def _in_plan(instance: Routing, plan: Routes, c: int, until: float) -> Reason:
    """Why c is in no route of the plan."""
    partner = [int(x) for pair in instance.shipments if c in pair for x in pair]
    if partner:
        words = f"{instance.client(c)}: can be served alone; places of shipments are not tried"
        return _reason(instance, c, "open", [], [], words)
    used = np.bincount([r.vehicle for r in plan], minlength=instance.types)
    home = {int(instance.together[x]): r for r, route in enumerate(plan) for x in route
            if instance.together[x] >= 0}  # fmt: skip
    old: dict[int, int] = {}

    def cheapest(made: Routing, any_place: bool) -> int | None:
        """Least extra cost of a place for c (or that of any place), None if there is none."""
        best = None
        own = home.get(int(made.together[c])) if made.together[c] >= 0 else None
        free = [t for t in range(made.types) if used[t] < made.vehicles[t]]
        tries = [(Route(t, ((c,),)), 0) for t in free if own is None]
        for r, route in enumerate(plan):
            if own is not None and r != own:
                continue
            if r not in old:
                old[r] = check_route(instance, route).cost
            for k, trip in enumerate(route.trips):
                for at in range(len(trip) + 1):
                    longer = (*trip[:at], c, *trip[at:])
                    trips = (*route.trips[:k], longer, *route.trips[k + 1 :])
                    tries.append((replace(route, trips=trips, times=(), rests=(), via=()), old[r]))
        for route, before in tries:
            if time.monotonic() > until + 5:
                break
            try:
                more = check_route(made, route).cost - before
            except InfeasibleSolution:
                continue
            if best is None or more < best:
                best = more
            if any_place:
                break
        return best

    least = cheapest(instance, False)
    if least is not None:
        words = (
            f"{instance.client(c)}: its cheapest place in the plan costs {least} more, leaving it "
            f"out {instance.prize[c]}"
        )
        where = "cost" if least >= instance.prize[c] else "open"
        return _reason(instance, c, where, [], [], words)
    more = "the number of vehicles"
    named = [(name, relax) for name, relax in units(instance, c)]
    named.append(("the capacity of the vehicles", lambda i: _full(i, "capacity", UNLIMITED)))
    marker = [(more, lambda i: i.replace(vehicles=i.vehicles + len(plan.routes) + 1))]
    found = _minimal(instance, marker + named, lambda made: cheapest(made, True) is not None)
    assert found is not None
    kept, enough = found
    words = f"{instance.client(c)}: no place in the plan can take it"
    return _reason(instance, c, "plan", kept, enough, words)


def _reason(instance, c, where, kept, enough, words) -> Reason:
    if kept:
        words += f"; because of {' and '.join(kept)}"
        if enough:
            words += f" (enough to change one: {', '.join(enough)})"
    name = instance.called("client", c)
    return Reason(c, name, where, tuple(kept), tuple(enough), words)


def _only(instance: Routing, clients: tuple[int, ...]) -> Routing:
    """The instance with some of its clients alone; groups are left out."""
    keep = np.array(clients)
    fields: dict = {}
    for row in FIELDS:
        array = getattr(instance, row.name)
        if array is not None and "n" in row.shape:
            fields[row.name] = np.take(array, keep, axis=row.shape.index("n"))
        elif array is not None and row.room == "client" and row.kind in ("name", "skills"):
            fields[row.name] = tuple(array[k] for k in keep)
    spans = [instance.windows(int(c)) for c in keep]
    fields["window_first"] = np.concatenate([[0], np.cumsum([len(s) for s in spans])])
    fields["window"] = np.concatenate(spans)
    new = {int(c): k for k, c in enumerate(keep)}
    for name in ("conflicts", "precedences"):
        fields[name] = np.zeros((0, 2), np.int32)
    inside = [s for s, pair in enumerate(instance.shipments.tolist()) if set(pair) <= set(new)]
    fields["shipments"] = np.array(
        [[new[x] for x in instance.shipments[s].tolist()] for s in inside], np.int32
    ).reshape(-1, 2)
    fields["shipment_load"] = instance.shipment_load[inside]
    fields["client_names"] = tuple(instance.called("client", int(c)) for c in keep)
    fields["group"] = np.full(len(keep), -1)
    fields["group_required"] = np.zeros(0, bool)
    fields["together"] = np.where(fields["together"] >= 0, 0, -1)
    return instance.replace(**fields, min_clients=0, min_prize=0, min_units=0)
