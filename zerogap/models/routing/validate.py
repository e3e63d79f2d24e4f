"""Validation of a routing instance: every field, by name, index, value and expectation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from zerogap.models.base import InstanceError

if TYPE_CHECKING:
    from zerogap.models.routing.instance import Routing


def _array(instance: Routing, field: str, dtype, shape: tuple) -> np.ndarray:
    """Convert a field to a read-only array of the wanted type and shape, or say what is wrong.

    A ``None`` in ``shape`` accepts any length.
    """
    raw = getattr(instance, field)
    try:
        array = np.asarray(raw)
    except ValueError as error:
        raise InstanceError(f"is not a regular array: {error}", field=field) from None
    if array.size and array.dtype.kind not in "biuf":
        raise InstanceError(f"expected numbers, got {array.dtype}", field=field)
    if array.dtype.kind == "f" and array.size:
        bad = np.argwhere(~np.isfinite(array))
        if len(bad):
            where = tuple(int(i) for i in bad[0])
            raise InstanceError(f"entry {where} is {array[where]}", field=field)
        if np.dtype(dtype).kind in "iu" and (array != np.floor(array)).any():
            where = tuple(int(i) for i in np.argwhere(array != np.floor(array))[0])
            raise InstanceError(f"entry {where} is {array[where]}, not an integer", field=field)
    if array.ndim != len(shape) and array.size == 0:
        array = array.reshape([0 if s is None else s for s in shape])
    if array.ndim != len(shape) or any(
        s is not None and s != t for s, t in zip(shape, array.shape)
    ):
        want = tuple("·" if s is None else s for s in shape)
        raise InstanceError(f"shape {array.shape}, expected {want}", field=field)
    result = np.ascontiguousarray(array, dtype=dtype)
    if result is raw and result.flags.writeable:
        result = result.copy()
    result.flags.writeable = False
    object.__setattr__(instance, field, result)
    return result


def _within(instance: Routing, field: str, low, high, meaning: str = "") -> None:
    array = getattr(instance, field)
    bad = np.argwhere((array < low) | (array > high))
    if len(bad):
        where = tuple(int(i) for i in bad[0])
        at = where[0] if len(where) == 1 else where
        raise InstanceError(
            f"entry {at} is {array[where]}{meaning and ', ' + meaning}", field=field
        )


def validate(instance: Routing) -> None:
    """Convert, freeze and check all fields of an instance under construction."""
    from zerogap.models.routing.instance import BACKHAULS, OBJECTIVES

    _convert(instance)
    if instance.depots < 1:
        raise InstanceError("there must be at least one depot", field="depot_location")
    if instance.types < 1 or instance.vehicles.sum() < 1:
        raise InstanceError("0 vehicles: there must be at least one", field="vehicles")
    _ranges(instance)
    _windows(instance)
    _relations(instance)
    _matrices(instance)
    if instance.objective not in OBJECTIVES:
        raise InstanceError(f"{instance.objective!r} is none of {OBJECTIVES}", field="objective")
    if instance.backhaul not in BACKHAULS:
        raise InstanceError(f"{instance.backhaul!r} is none of {BACKHAULS}", field="backhaul")
    for field in ("min_clients", "min_prize", "fairness"):
        if getattr(instance, field) < 0:
            raise InstanceError(f"{getattr(instance, field)} < 0", field=field)
    if not (np.isfinite(instance.scale) and instance.scale > 0):
        raise InstanceError(f"{instance.scale} is no positive number", field="scale")


def _convert(instance: Routing) -> None:
    def put(field, dtype, *shape):
        return _array(instance, field, dtype, shape)

    locations = len(put("x", np.float64, None))
    put("y", np.float64, locations)
    n = len(put("client_location", np.int32, None))
    d = len(put("depot_location", np.int32, None))
    k = put("delivery", np.int64, n, None).shape[1]
    put("pickup", np.int64, n, k)
    for field in ("service", "release", "prize"):
        put(field, np.int64, n)
    put("required", np.bool_, n)
    put("group", np.int32, n)
    put("group_required", np.bool_, None)
    put("window_first", np.int64, n + 1)
    put("window", np.int64, None, 2)
    m = len(put("shipments", np.int32, None, 2))
    put("shipment_load", np.int64, m, k)
    put("conflicts", np.int32, None, 2)
    put("precedences", np.int32, None, 2)
    t = len(put("vehicles", np.int64, None))
    put("capacity", np.int64, t, k)
    for field in (
        "fixed_cost",
        "distance_cost",
        "duration_cost",
        "max_distance",
        "max_duration",
        "max_trips",
    ):
        put(field, np.int64, t)
    for field in ("start_depot", "end_depot", "profile"):
        put(field, np.int32, t)
    put("shift", np.int64, t, 2)
    put("reload", np.bool_, t, d)
    put("depot_window", np.int64, d, 2)
    for field in ("distance", "duration"):
        if getattr(instance, field) is not None:
            put(field, np.int64, None, locations, locations)
    if instance.preference is not None:
        put("preference", np.int64, t, n)
    if instance.allowed is not None:
        put("allowed", np.bool_, t, n)


def _ranges(instance: Routing) -> None:
    from zerogap.models.routing.instance import LARGEST, UNLIMITED

    locations, depots = instance.locations, instance.depots
    for field in ("client_location", "depot_location"):
        _within(instance, field, 0, locations - 1, f"expected a location below {locations}")
    for field in ("delivery", "pickup", "service", "release", "prize", "shipment_load"):
        _within(instance, field, 0, LARGEST, f"expected 0 … {LARGEST}")
    for field in ("fixed_cost", "distance_cost", "duration_cost"):
        _within(instance, field, 0, LARGEST, f"expected 0 … {LARGEST}")
    for field in ("vehicles", "capacity", "max_distance", "max_duration"):
        _within(instance, field, 0, UNLIMITED, "expected >= 0")
    _within(instance, "max_trips", 1, UNLIMITED, "expected >= 1")
    _within(instance, "start_depot", 0, depots - 1, f"expected a depot below {depots}")
    _within(instance, "end_depot", -1, depots - 1, f"expected −1 or a depot below {depots}")
    _within(instance, "profile", 0, instance.profiles - 1, f"{instance.profiles} profiles")
    _within(instance, "group", -1, len(instance.group_required) - 1, "no such group")
    for field in ("shift", "depot_window"):
        _within(instance, field, 0, UNLIMITED, "expected >= 0")
        array = getattr(instance, field)
        bad = np.flatnonzero(array[:, 0] > array[:, 1])
        if len(bad):
            i = int(bad[0])
            raise InstanceError(
                f"entry {i}: closes at {array[i, 1]} before it opens at {array[i, 0]}", field=field
            )
    if instance.preference is not None:
        _within(instance, "preference", -LARGEST, LARGEST, "too large")
    trips = (instance.max_trips > 1) & (instance.end_depot < 0)
    if trips.any():
        i = int(np.flatnonzero(trips)[0])
        raise InstanceError(f"type {i} has open routes and several trips", field="max_trips")


def _windows(instance: Routing) -> None:
    from zerogap.models.routing.instance import UNLIMITED

    first, window = instance.window_first, instance.window
    if first[0] != 0 or first[-1] != len(window) or (np.diff(first) < 1).any():
        raise InstanceError("every client needs at least one window", field="window_first")
    bad = np.flatnonzero((window[:, 0] < 0) | (window[:, 1] > UNLIMITED))
    if len(bad):
        raise InstanceError(f"window {window[bad[0]].tolist()} is out of range", field="window")
    bad = np.flatnonzero(window[:, 0] > window[:, 1])
    if len(bad):
        client = int(np.searchsorted(first, bad[0], side="right")) - 1
        raise InstanceError(
            f"client {client + 1}: closes at {window[bad[0], 1]} before it opens at "
            f"{window[bad[0], 0]}",
            field="window",
        )
    same = np.repeat(np.arange(instance.clients), np.diff(first))
    later = np.flatnonzero((same[1:] == same[:-1]) & (window[1:, 0] <= window[:-1, 1]))
    if len(later):
        raise InstanceError(
            f"client {same[later[0]] + 1}: windows overlap or are out of order", field="window"
        )


def _relations(instance: Routing) -> None:
    n = instance.clients
    for field in ("shipments", "conflicts", "precedences"):
        _within(instance, field, 0, n - 1, f"there are {n} clients")
        pairs = getattr(instance, field)
        bad = np.flatnonzero(pairs[:, 0] == pairs[:, 1])
        if len(bad):
            raise InstanceError(f"entry {int(bad[0])} pairs a client with itself", field=field)
    ends, count = np.unique(instance.shipments, return_counts=True)
    if (count > 1).any():
        client = int(ends[np.argmax(count > 1)])
        raise InstanceError(f"client {client + 1} is in two shipments", field="shipments")
    both = np.flatnonzero((instance.group >= 0) & instance.required)
    if len(both):
        raise InstanceError(
            f"client {int(both[0]) + 1} is in a group, so it cannot be required by itself",
            field="required",
        )
    grouped = instance.group[instance.shipments.ravel()] >= 0
    if grouped.any():
        raise InstanceError("a client of a shipment cannot be in a group", field="group")
    p, d = instance.shipments[:, 0], instance.shipments[:, 1]
    bad = np.flatnonzero(instance.required[p] != instance.required[d])
    if len(bad):
        raise InstanceError(
            f"shipment {int(bad[0])}: both ends must be required, or none", field="required"
        )


def _matrices(instance: Routing) -> None:
    for field in ("distance", "duration"):
        matrix = getattr(instance, field)
        if matrix is None:
            continue
        if (matrix < 0).any():
            where = tuple(int(i) for i in np.argwhere(matrix < 0)[0])
            raise InstanceError(f"entry {where} is {matrix[where]} < 0", field=field)
    if instance.distance is not None and instance.duration is not None:
        if len(instance.distance) != len(instance.duration):
            raise InstanceError(
                f"{len(instance.duration)} profiles, distance has {len(instance.distance)}",
                field="duration",
            )
    elif instance.distance is None and instance.duration is not None:
        raise InstanceError("give the distance matrices as well", field="duration")
