"""A bound for what column generation does not know: that of a relaxation which it knows.

Constraints are left out, times are the least that any vehicle needs, and costs that are never
negative are not counted. What is left has every solution of the instance among its own, at no
higher cost: its bound is a bound, and where it has no solution there is none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from zerogap.models.routing import FORBIDDEN, UNLIMITED, Routing
from zerogap.solvers.routing.bounds import prove
from zerogap.solvers.routing.master import applicable
from zerogap.solvers.search import Search

#: Features that make a bound by relaxation worth its time; others keep their kernels alone.
WORTH = {
    "conflicts",
    "precedences",
    "same vehicle",
    "first and last",
    "travel time limit",
    "smallest routes",
    "setup times",
    "speeds",
    "service by vehicle",
    "soft windows",
    "overtime",
    "breaks",
    "unpaid breaks",
    "traffic",
    "load on board",
}
#: Clients up to which it is tried; share of the time, and seconds at most, that it gets of one
#: thread.
MOST, SHARE, SECONDS = 150, 0.3, 10.0


def relaxation(instance: Routing) -> Routing | None:
    """A relaxation that column generation knows; None where none is made."""
    if (
        instance.objective != "cost"
        or instance.then
        or instance.visits != "once"
        or (instance.max_trips > 1).any()
        or (instance.energy < UNLIMITED).any()
        or instance.end_depots.any()
    ):
        return None
    k = int(np.argmax(instance.delivery.sum(axis=0) / np.maximum(instance.capacity.max(axis=0), 1)))
    firsts = instance.window_first
    hull = np.stack([instance.window[firsts[:-1], 0], instance.window[firsts[1:] - 1, 1]], axis=1)
    n, types = instance.clients, instance.types
    distance, duration = instance.distance, instance.duration
    if (instance.speed > 1000).any():
        every = np.arange(instance.locations)
        raw = [instance.travel_time(every[:, None], every, p) for p in range(instance.profiles)]
        times = np.array(raw)
        fast = np.array([instance.speed[instance.profile == p].max(initial=1000)
                         for p in range(instance.profiles)])[:, None, None]  # fmt: skip
        duration = np.where(times < FORBIDDEN, 1000 * times // np.maximum(fast, 1000), times)
        if distance is None:
            distance = np.array([instance.matrix(p) for p in range(instance.profiles)])
    service = instance.service if instance.type_service is None else instance.type_service.min(0)
    group = instance.group >= 0
    made = instance.replace(
        delivery=instance.delivery[:, k : k + 1], pickup=np.zeros((n, 1), np.int64),
        capacity=instance.capacity[:, k : k + 1],
        min_load=np.zeros((types, 1), np.int64), on_board=np.zeros((types, 1), np.int64),
        shipments=np.zeros((0, 2), np.int32), shipment_load=np.zeros((0, 1), np.int64),
        window_first=np.arange(n + 1), window=hull, release=np.zeros(n, np.int64),
        service=service, type_service=None, setup=np.zeros(n, np.int64),
        speed=np.full(types, 1000), distance=distance, duration=duration,
        traffic=None, period=np.zeros(0, np.int64), breaks=np.zeros((0, 5), np.int64),
        unpaid=np.zeros(types, np.int64),
        required=instance.required & ~group, group=np.full(n, -1),
        group_required=np.zeros(0, bool),
        conflicts=np.zeros((0, 2), np.int32), precedences=np.zeros((0, 2), np.int32),
        together=np.full(n, -1), not_first=np.zeros(n, bool), not_last=np.zeros(n, bool),
        early_cost=np.zeros(n, np.int64), late_cost=np.zeros(n, np.int64),
        soft_window=np.tile([0, UNLIMITED], (n, 1)),
        overtime_cost=np.zeros(types, np.int64), regular_duration=np.full(types, UNLIMITED),
        duration_cost=np.zeros(types, np.int64), max_duration=np.full(types, UNLIMITED),
        max_distance=np.full(types, UNLIMITED), max_travel_time=np.full(types, UNLIMITED),
        max_stops=np.full(types, UNLIMITED), min_stops=np.zeros(types, np.int64),
        purchase=np.zeros(n, np.int64), units=np.zeros(n, np.int64),
        backhaul="mixed", min_clients=0, min_prize=0, fairness=0, min_vehicles=0, min_units=0,
        max_units=UNLIMITED, max_vehicles=UNLIMITED,
    )  # fmt: skip
    return None if applicable(made) else made


def worth(instance: Routing, search: Search) -> bool:
    """Whether `auto` should ask for the bound of a relaxation."""
    used = set(instance.features())
    return search.iterations is None and instance.clients <= MOST and bool(used & WORTH)


def bound(instance: Routing, search: Search, seconds: float) -> None:
    """Tighten the search's bound by that of the relaxation."""
    made = relaxation(instance)
    if made is None or seconds < 0.05:
        return
    limits = replace(search.limits, time=seconds)
    inner = Search(search.family, made, limits, threads=1, seed=search.seed, method="columns",
                   options=search.options)  # fmt: skip
    forget = search.on_stop(lambda: inner.stop("outer"))

    def tell(_: object) -> None:
        # Every solution of the instance is one of the relaxation, at no higher cost there.
        if inner.bound is not None:
            search.tighten(inner.bound, "relaxed columns")

    inner.incumbent.subscribe(tell)
    try:
        prove(made, inner)
    except Exception as error:
        search.report("relaxed columns", error)
    finally:
        forget()
    if inner.incumbent.infeasible:
        # The relaxation has every solution of the instance, and none.
        search.prove_infeasible("not even without its rules and hours", "relaxed columns")
    tell(None)


def with_bound(instance: Routing, search: Search, improve: Callable[..., None]) -> None:
    """Kernels, and the bound of the relaxation before them or on a thread of its own."""
    if search.threads == 1:
        bound(instance, search, min(SECONDS, SHARE * search.remaining))
        if search.open:
            improve(instance, search)
        return
    thread = threading.Thread(
        target=bound, args=(instance, search, search.remaining), name="relaxed", daemon=True
    )
    thread.start()
    improve(instance, search, spare=1)
    thread.join()
