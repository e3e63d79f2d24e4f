"""Validation of a routing instance: every field, by name, index, value and expectation."""

from __future__ import annotations

from typing import Any

import numpy as np

from zerogap.models.base import InstanceError, integer
from zerogap.models.routing.fields import (
    BACKHAULS,
    FIELDS,
    FORBIDDEN,
    LARGEST,
    MOST_BREAKS,
    OBJECTIVES,
    SECOND,
    SIZES,
    TRAFFIC,
    UNLIMITED,
    VISITS,
)

#: Locations up to which shortest ways between all of them are computed.
CLOSED = 2000
#: The instance under construction: `instance` imports this file, not the other way.
Routing = Any


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
        kind = "texts" if array.dtype.kind in "US" else "nothing, texts or lists among them"
        raise InstanceError(f"expected numbers, got {kind}", field=field)
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
    _convert(instance)
    if instance.depots < 1:
        raise InstanceError("there must be at least one depot", field="depot_location")
    if instance.types < 1 or instance.vehicles.sum() < 1:
        raise InstanceError("0 vehicles: there must be at least one", field="vehicles")
    _ranges(instance)
    _windows(instance)
    _relations(instance)
    _traffic(instance)
    _matrices(instance)
    _rests(instance)
    _names(instance)
    _permissions(instance)
    for field, words in (
        ("objective", OBJECTIVES),
        ("then", SECOND),
        ("backhaul", BACKHAULS),
        ("visits", VISITS),
        ("traffic_by", TRAFFIC),
    ):
        if getattr(instance, field) not in words:
            raise InstanceError(f"{getattr(instance, field)!r} is none of {words}", field=field)
    for field in ("min_clients", "min_prize", "fairness"):
        if getattr(instance, field) < 0:
            raise InstanceError(f"{getattr(instance, field)} < 0", field=field)
    if instance.gap_offset is not None:
        try:
            offset = integer(instance.gap_offset)
        except ValueError as error:
            raise InstanceError(
                f"is {instance.gap_offset!r}, {error}", field="gap_offset"
            ) from None
        if not 0 <= offset <= LARGEST:
            raise InstanceError(f"{offset} is not within 0 … {LARGEST}", field="gap_offset")
        object.__setattr__(instance, "gap_offset", offset)
    for what in ("units", "vehicles"):
        low, high = getattr(instance, f"min_{what}"), getattr(instance, f"max_{what}")
        if low < 0:
            raise InstanceError(f"{low} < 0", field=f"min_{what}")
        if high < low:
            raise InstanceError(f"{high} is less than min_{what}, {low}", field=f"max_{what}")
    if not (np.isfinite(instance.scale) and instance.scale > 0):
        raise InstanceError(f"{instance.scale} is no positive number", field="scale")
    _together(instance)


def _together(instance: Routing) -> None:
    """What cannot be said together."""
    open_ends = np.flatnonzero(instance.end_depots.any(axis=1) & (instance.end_depot < 0))
    if len(open_ends):
        raise InstanceError(
            f"type {int(open_ends[0])} has open routes, which end at no depot", field="end_depots"
        )
    limited = instance.energy < UNLIMITED
    if (limited & (instance.max_trips > 1)).any():
        raise InstanceError("energy and several trips cannot be had together", field="energy")
    if limited.any() and (instance.fairness or instance.then == "spread"):
        # Calls at stations would lengthen the shortest route as far as one likes.
        raise InstanceError("energy and a spread of routes cannot be had together", field="energy")
    if limited.any() and instance.duration is not None:
        raise InstanceError("with energy, durations are the distances", field="duration")
    for other, field in ((limited, "energy"), (instance.end_depots.any(axis=1), "end_depots")):
        if (other & (instance.max_travel_time < UNLIMITED)).any():
            raise InstanceError(f"not together with {field}", field="max_travel_time")
    if instance.decides_times():
        for other, used in (
            ("energy", limited.any()),
            ("end_depots", instance.end_depots.any()),
            ("visits", instance.visits == "repeat"),
            ("then", instance.then),
            ("objective", instance.objective == "costliest"),
        ):
            if used:
                raise InstanceError(
                    "not together with soft windows, overtime, breaks or traffic", field=other
                )
    if instance.visits == "repeat":
        if instance.setup.any():
            raise InstanceError("setups and repeated visits cannot be had together", field="visits")
        if limited.any():
            raise InstanceError("energy and repeated visits cannot be had together", field="visits")
        if instance.duration is not None:
            raise InstanceError("with repeated visits, durations are the distances", field="visits")
        if instance.locations > CLOSED:
            raise InstanceError(
                f"{instance.locations} locations, {CLOSED} may be visited repeatedly",
                field="visits",
            )
        if instance.objective == "bottleneck":
            raise InstanceError("with repeated visits there is no bottleneck", field="visits")
    if instance.then:
        if instance.then == instance.objective:
            raise InstanceError(f"{instance.then!r} is the objective already", field="then")
        if instance.duration_cost.any():
            raise InstanceError("no duration costs with a second objective", field="then")
        if instance.weight * (1 + instance.reach() * int(instance.distance_cost.max())) >= 1 << 60:
            raise InstanceError("the numbers are too large for two objectives", field="then")


def _convert(instance: Routing) -> None:
    """Every field to its type and shape; a size is what the first field that has it says."""
    sizes: dict[str | int, int | None] = {"·": None}
    for row in FIELDS:
        if row.kind in ("name", "skills") or (row.optional and getattr(instance, row.name) is None):
            continue
        if "n" in sizes:
            sizes["n+1"] = (sizes["n"] or 0) + 1
        want = tuple(s if isinstance(s, int) else sizes.get(s) for s in row.shape)
        if getattr(instance, row.name) is None:
            nothing = -1 if row.kind == "index" else 0
            default = nothing if row.default is None else row.default
            default = 0 if default == () else default  # nothing named, nobody marked
            object.__setattr__(instance, row.name, np.full([s or 0 for s in want], default))
        array = _array(instance, row.name, row.dtype, want)
        for symbol, length in zip(row.shape, array.shape):
            sizes.setdefault(symbol, length)


def _ranges(instance: Routing) -> None:
    size = {
        "L": instance.locations,
        "D": instance.depots,
        "n": instance.clients,
        "G": len(instance.group_required),
        "P": instance.profiles,
        "T": instance.types,
    }
    for row in FIELDS:
        if row.low is None or getattr(instance, row.name) is None:
            continue
        if isinstance(row.high, str):
            # Messages name what is there: "expected a depot below 2".
            most, what = size[row.high] - 1, SIZES[row.high].removesuffix("s")
            none = "−1 or " if row.low < 0 else ""
            _within(instance, row.name, row.low, most, f"expected {none}a {what} below {most + 1}")
        else:
            high = UNLIMITED if row.high is None else row.high
            shown = f"{row.low} … {high}" if high < UNLIMITED else f">= {row.low}"
            _within(instance, row.name, row.low, high, f"expected {shown}")
    for field in ("shift", "depot_window", "soft_window"):
        array = getattr(instance, field)
        bad = np.flatnonzero(array[:, 0] > array[:, 1])
        if len(bad):
            i = int(bad[0])
            raise InstanceError(
                f"entry {i}: closes at {array[i, 1]} before it opens at {array[i, 0]}", field=field
            )
    trips = (instance.max_trips > 1) & (instance.end_depot < 0)
    if trips.any():
        i = int(np.flatnonzero(trips)[0])
        raise InstanceError(f"type {i} has open routes and several trips", field="max_trips")


def _windows(instance: Routing) -> None:
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
    for field in ("shipments", "conflicts", "precedences"):
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


def _traffic(instance: Routing) -> None:
    """Periods and their matrices; the durations are the least of them."""
    if instance.traffic is None:
        if len(instance.period):
            raise InstanceError("there are no durations by period", field="period")
        return
    period, traffic = instance.period, instance.traffic
    if len(period) != len(traffic) or not len(period):
        raise InstanceError(f"{len(traffic)} matrices for {len(period)} periods", field="traffic")
    if period[0] != 0 or (np.diff(period) <= 0).any():
        raise InstanceError(f"is {period.tolist()}, expected 0 and then ascending", field="period")
    if instance.distance is None:
        raise InstanceError("give the distance matrices as well", field="distance")
    closed = traffic >= FORBIDDEN
    bad = np.argwhere((traffic < 0) | (~closed & (traffic >= 1 << 30)))
    if len(bad):
        where = tuple(int(v) for v in bad[0])
        raise InstanceError(
            f"entry {where} is {traffic[where]}, expected 0 … {(1 << 30) - 1}", field="traffic"
        )
    if (closed != closed[0]).any():
        raise InstanceError("an arc is forbidden in some periods only", field="traffic")
    if instance.breaks_on_road.any():
        raise InstanceError("not with durations by the hour", field="breaks_on_road")
    if instance.traffic_by == "departure":
        _first_out(instance)
    least = traffic.min(axis=0)
    if instance.duration is not None and (instance.duration != least).any():
        raise InstanceError("is not the least of traffic; leave it out", field="duration")
    least.flags.writeable = False
    object.__setattr__(instance, "duration", least)


def _first_out(instance: Routing) -> None:
    """Tables of durations by departure: who leaves later arrives no earlier."""
    period, traffic = instance.period, instance.traffic
    assert traffic is not None
    step = int(np.diff(period).max(initial=1))
    for t in range(instance.types):
        p, speed = int(instance.profile[t]), int(instance.speed[t])
        raw = traffic[:, p]
        drive = np.where(raw < FORBIDDEN, -(-1000 * raw // speed), 0)
        if int(drive.max(initial=0)) * step >= 1 << 62:
            raise InstanceError(
                f"durations up to {drive.max()} over {step} are too large; use coarser units",
                field="traffic",
            )
        arrival = period[:, None, None] + drive
        bad = np.argwhere(np.diff(arrival, axis=0) < 0)
        if len(bad):
            q, a, b = (int(v) for v in bad[0])
            raise InstanceError(
                f"is not first in, first out: {instance.vehicle(t)} that leaves location {a} at "
                f"{period[q]} is at {b} at {arrival[q, a, b]}, who leaves at {period[q + 1]} is "
                f"there at {arrival[q + 1, a, b]}",
                field="traffic",
            )


def _rests(instance: Routing) -> None:
    """Breaks, load on board, soft windows."""
    before: list[int] | None = None
    for t, k, length, opens, closes in instance.breaks.tolist():
        where = f"breaks[{k}] of type {t}"
        if not 0 <= t < instance.types or k < 0:
            raise InstanceError(f"there is no {where}", field="breaks")
        if not 0 <= length <= LARGEST:
            raise InstanceError(f"lasts {length}", field=where)
        if not 0 <= opens <= closes <= UNLIMITED or opens > LARGEST:
            raise InstanceError(f"window ({opens}, {closes}) closes before it opens", field=where)
        if before is not None and before[:2] == [t, k]:
            if before[2] != length or opens <= before[4]:
                raise InstanceError("windows overlap or are out of order", field=where)
        elif k != (before[1] + 1 if before is not None and before[0] == t else 0):
            raise InstanceError("is out of order", field=where)
        before = [t, k, length, opens, closes]
        if k >= MOST_BREAKS:
            raise InstanceError(f"at most {MOST_BREAKS} breaks a type", field=where)
        if closes < instance.shift[t, 0] or opens + length > instance.shift[t, 1]:
            raise InstanceError(
                f"cannot be taken: window ({opens}, {closes}) and duration {length} do not fit "
                f"into the shift {instance.shift[t].tolist()}",
                field=where,
            )
    for t in np.flatnonzero(instance.unpaid).tolist():
        most = sum(length for length, _ in instance.breaks_of(t))
        if instance.unpaid[t] > most:
            raise InstanceError(
                f"type {t} has {instance.unpaid[t]}, its breaks last {most}", field="unpaid"
            )
    over = np.argwhere(instance.on_board > instance.capacity)
    if len(over):
        t, k = (int(v) for v in over[0])
        raise InstanceError(
            f"type {t} has {instance.on_board[t, k]} on board, capacity {instance.capacity[t, k]}",
            field="on_board",
        )
    late = np.flatnonzero(instance.soft_window[:, 0] > LARGEST)
    if len(late):
        c = int(late[0])
        raise InstanceError(f"client {c + 1}: opens never", field="soft_window")


def _permissions(instance: Routing) -> None:
    """Skills and fixed vehicles narrow what is allowed."""
    for field, count in (("client_skills", instance.clients), ("vehicle_skills", instance.types)):
        given = getattr(instance, field)
        if given is None:
            continue
        skills = tuple(tuple(sorted(set(map(str, row)))) for row in given)
        if len(skills) != count:
            raise InstanceError(f"{len(skills)} rows of skills, expected {count}", field=field)
        object.__setattr__(instance, field, skills if any(skills) else None)
    may = np.ones((instance.types, instance.clients), bool)
    if instance.client_skills is not None:
        have = instance.vehicle_skills or ((),) * instance.types
        wanted = [frozenset(row) for row in instance.client_skills]
        for t in range(instance.types):
            may[t] = [row <= set(have[t]) for row in wanted]
    fixed = np.flatnonzero(instance.fixed_vehicle >= 0)
    may[:, fixed] &= np.arange(instance.types)[:, None] == instance.fixed_vehicle[fixed]
    if not may.all():
        if instance.allowed is not None:
            may &= instance.allowed
        may.flags.writeable = False
        object.__setattr__(instance, "allowed", may)


def _names(instance: Routing) -> None:
    for field, count in (("client_names", instance.clients), ("vehicle_names", instance.types)):
        names = getattr(instance, field)
        if names is None:
            continue
        names = tuple(map(str, names))
        if len(names) != count:
            raise InstanceError(f"{len(names)} names, expected {count}", field=field)
        object.__setattr__(instance, field, names)
