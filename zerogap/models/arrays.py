"""Arrays of instances: converted once, read-only, never changed silently."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from zerogap.models.errors import InstanceError
from zerogap.models.told import plainly


def frozen(
    values: Any,
    dtype: Any,
    *,
    field: str,
    shape: tuple[int | None, ...] | None = None,
    low: float | None = None,
    high: float | None = None,
) -> np.ndarray:
    """Convert to a read-only contiguous array without ever changing a value silently.

    Parameters
    ----------
    values : array_like
        The data.
    dtype : numpy dtype
        Wanted type; integers that do not fit, fractions and NaN are refused.
    field : str
        Name used in errors.
    shape : tuple, optional
        Wanted shape, None for a free length.
    low, high : number, optional
        Allowed range, ends included.

    Raises
    ------
    InstanceError
        Naming field, index, value and expectation.
    """
    dtype = np.dtype(dtype)
    try:
        raw = np.asarray(values)
        if raw.size == 0 and raw.dtype.kind == "f":
            raw = raw.astype(dtype)
        if raw.dtype.kind not in "iufb" or (raw.dtype.kind == "f" and dtype.kind in "iu"):
            raw = _exact(raw, dtype, field)
    except (TypeError, ValueError) as error:
        if isinstance(error, InstanceError):
            raise
        kind = "integers" if dtype.kind in "iu" else "numbers"
        raise InstanceError(f"is no array of {kind}: {plainly(error)}", field=field) from None
    if shape is not None and (
        raw.ndim != len(shape) or any(s is not None and s != n for s, n in zip(shape, raw.shape))
    ):
        want = "×".join("any" if s is None else str(s) for s in shape)
        raise InstanceError(
            f"has shape {'×'.join(map(str, raw.shape)) or 'scalar'}, expected {want}{_axes(shape)}",
            field=field,
        )
    _in_range(raw, dtype, field, low, high)
    array = np.array(raw, dtype=dtype, order="C", copy=True)
    array.setflags(write=False)
    return array


def _axes(shape: tuple[int | None, ...]) -> str:
    return {0: " (one number)", 1: " (a flat list)", 2: " (a table)"}.get(len(shape), "")


def _exact(raw: np.ndarray, dtype: np.dtype, field: str) -> np.ndarray:
    """Integers from floats or Python objects, or an error naming the first bad element."""
    flat = raw.reshape(-1)
    if dtype.kind == "f":
        return raw.astype(dtype)
    out = np.empty(flat.shape, dtype=object)
    for i, value in enumerate(flat.tolist()):
        if isinstance(value, float) and (not math.isfinite(value) or value != int(value)):
            raise InstanceError(f"element {i} is {value}, expected an integer", field=field)
        if isinstance(value, str | bytes) or value is None:
            raise InstanceError(f"element {i} is {value!r}, expected an integer", field=field)
        out[i] = int(value)
    try:
        return out.astype(np.int64).reshape(raw.shape)
    except OverflowError:
        raise InstanceError("an element does not fit into 64 bits", field=field) from None


def _in_range(raw: np.ndarray, dtype: np.dtype, field: str, low, high) -> None:
    if raw.size == 0:
        return
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low = limits.min if low is None else max(low, limits.min)
        high = limits.max if high is None else min(high, limits.max)
    elif raw.dtype.kind == "f" and np.isnan(raw).any():
        i = int(np.flatnonzero(np.isnan(raw))[0])
        raise InstanceError(f"element {i} is NaN, expected a number", field=field)
    for bad, word in (
        (None if low is None else raw < low, f"at least {low}"),
        (None if high is None else raw > high, f"at most {high}"),
    ):
        if bad is not None and bad.any():
            i = int(np.flatnonzero(bad)[0])
            value = raw.reshape(-1)[i]
            raise InstanceError(f"element {i} is {value}, expected {word}", field=field)
