"""Two matrices, durations and machines: as JSON and as numpy arrays."""

from __future__ import annotations

import io
import re
import struct
from tokenize import TokenError
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop.formats.numbers import exactly
from zerogap.models.jobshop.formats.parts import Job, shop_of
from zerogap.models.jobshop.instance import Shop

MAGIC = b"\x93NUMPY"
_SHAPE = re.compile(rb"'shape': \(([0-9]+, )?2, [0-9]+, [0-9]+\)")
_LAYOUTS = ("machines-first", "times-first")


def shop(data: Any, objective: str | None) -> Shop:
    """A shop from ``duration_matrix`` and ``machines_matrix``, machines from 0; -1 fills rows up.

    An entry of the machines' matrix may be a list: alternatives with one duration.
    """
    times, machines = data["duration_matrix"], data["machines_matrix"]
    for key in ("release_dates_matrix", "deadlines_matrix", "due_dates_matrix"):
        if data.get(key) is not None:
            raise InstanceError(
                "dates of single operations are no part of a job-shop (see scheduling)", field=key
            )
    data.get("metadata")
    if not isinstance(times, list) or not isinstance(machines, list) or not times:
        raise InstanceError("expected a list of rows", field="duration_matrix")
    if len(times) != len(machines):
        raise InstanceError(
            f"has {len(machines)} rows, the durations have {len(times)}", field="machines_matrix"
        )
    jobs, most = [], 0
    for j, (row, chosen) in enumerate(zip(times, machines)):
        job = Job()
        for k, (duration, options) in enumerate(_entries(row, chosen, j)):
            amount = exactly(duration)
            if amount is None or amount < 0:
                raise InstanceError(
                    f"is {duration!r}, expected a number of at least 0",
                    field=f"duration_matrix[{j}][{k}]",
                )
            for m in options:
                if isinstance(m, bool) or not isinstance(m, int) or m < 0:
                    raise InstanceError(
                        f"is {m!r}, expected a machine's number from 0",
                        field=f"machines_matrix[{j}][{k}]",
                    )
                most = max(most, m)
            job.operations.append([(m, amount) for m in options])
        jobs.append(job)
    return shop_of(
        jobs,
        most + 1,
        objective=objective or "makespan",
        name=str(data.get("name") or ""),
    )


def _entries(row: Any, chosen: Any, j: int) -> list[tuple[Any, list[Any]]]:
    """Pairs of duration and machines of a row without what fills it up."""
    if not isinstance(row, list) or not isinstance(chosen, list):
        raise InstanceError("expected a list", field=f"duration_matrix[{j}]")
    if len(row) != len(chosen):
        raise InstanceError(
            f"{len(chosen)} machines for {len(row)} durations", field=f"machines_matrix[{j}]"
        )
    end = len(row)
    while end and row[end - 1] == -1 and chosen[end - 1] in (-1, []):
        end -= 1
    if not end:
        raise InstanceError("a job without operations", field=f"duration_matrix[{j}]")
    return [(d, m if isinstance(m, list) else [m]) for d, m in zip(row[:end], chosen[:end])]


def sniff(head: bytes, name: str) -> bool:
    """Whether it is a numpy file of two matrices, or of a batch of two each."""
    return head[: len(MAGIC)] == MAGIC and bool(_SHAPE.search(head[:1000]))


def read(
    raw: bytes,
    *,
    file: str,
    objective: str = "makespan",
    layout: str | None = None,
    index: str | None = None,
) -> Shop:
    """A numpy array of shape (2, jobs, machines), or a batch of them chosen by `index`.

    Which of the two matrices is that of machines shows where only one holds a permutation in every
    row; else `layout` says it: ``machines-first`` or ``times-first``.
    """
    array = _load(raw, file)
    if array.ndim == 4:
        array = _chosen(array, index, file)
    elif index is not None:
        raise InstanceError("the file holds one instance", file=file, field="option index")
    if array.ndim != 3 or array.shape[0] != 2 or 0 in array.shape:
        shape = "×".join(map(str, array.shape)) or "scalar"
        raise InstanceError(f"has shape {shape}, expected 2 × jobs × machines", file=file)
    if layout is not None and layout not in _LAYOUTS:
        raise InstanceError(
            f"is {layout!r}, expected one of {', '.join(_LAYOUTS)}", field="option layout"
        )
    if layout is None:
        fits = [_numbering(array[i]) is not None for i in (0, 1)]
        if fits[0] == fits[1]:
            why = "both" if fits[0] else "neither"
            raise InstanceError(
                f"{why} of the two matrices can be that of the machines: say which with --option "
                "layout=machines-first or layout=times-first",
                file=file,
            )
        layout = _LAYOUTS[fits.index(True)]
    at = _LAYOUTS.index(layout)
    machines, times = array[at], array[1 - at]
    low = _numbering(machines)
    rows = machines - (0 if low is None else low)
    data = {"duration_matrix": _lists(times), "machines_matrix": _lists(rows, machines)}
    return shop(data, objective)


def _lists(values: np.ndarray, filled: np.ndarray | None = None) -> list:
    """Rows as lists; what fills up stays -1."""
    if filled is not None:
        values = np.where(filled == -1, -1, values)
    whole = values.dtype.kind in "iu" or bool((values == np.floor(values)).all())
    return (values.astype(np.int64) if whole else values).tolist()


def _numbering(matrix: np.ndarray) -> int | None:
    """0 or 1 where every row holds each machine from there at most once; None if it does not."""
    values = matrix.astype(np.float64)
    if not (values == np.floor(values)).all():
        return None
    for low in (0, 1):
        inside = (values == -1) | ((values >= low) & (values < matrix.shape[1] + low))
        if inside.all() and all(_once(row) for row in values.tolist()):
            return low
    return None


def _once(row: list[float]) -> bool:
    kept = [v for v in row if v != -1]
    return bool(kept) and len(set(kept)) == len(kept)


def _chosen(array: np.ndarray, index: str | None, file: str) -> np.ndarray:
    """One instance of a batch."""
    count = len(array)
    if index is None:
        if count == 1:
            return array[0]
        raise InstanceError(
            f"holds {count} instances: choose one with --option index=0 … {count - 1}", file=file
        )
    at = int(index) if index.isascii() and index.isdigit() and len(index) < 10 else -1
    if not 0 <= at < count:
        raise InstanceError(
            f"is {index!r}, expected 0 … {count - 1}", file=file, field="option index"
        )
    return array[at]


def _load(raw: bytes, file: str) -> np.ndarray:
    """The numbers of a numpy file; objects are refused, and sizes that the file does not have."""
    stream = io.BytesIO(raw)
    try:
        version = np.lib.format.read_magic(stream)
        reader = {1: "read_array_header_1_0", 2: "read_array_header_2_0"}.get(version[0])
        if reader is None:
            raise InstanceError("numpy file of an unknown version", file=file)
        shape, fortran, dtype = getattr(np.lib.format, reader)(stream)
    except (ValueError, EOFError, TypeError, SyntaxError, struct.error, TokenError) as error:
        word = str(error).splitlines()[0] if str(error) else "bad header"
        raise InstanceError(f"truncated or damaged numpy file: {word}", file=file) from None
    if dtype.kind not in "iuf":
        raise InstanceError(f"holds {dtype.name}, expected numbers", file=file)
    count = int(np.prod(shape, dtype=object)) if shape else 1
    body = raw[stream.tell() :]
    if len(body) != count * dtype.itemsize:
        raise InstanceError(
            f"truncated: {len(body)} bytes of numbers, the header announces "
            f"{count * dtype.itemsize}",
            file=file,
        )
    array = np.frombuffer(body, dtype=dtype).reshape(shape, order="F" if fortran else "C")
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise InstanceError("holds NaN or infinity", file=file)
    if array.size and (np.abs(array.astype(np.float64)) > 2.0**62).any():
        raise InstanceError("holds numbers beyond 2**62", file=file)
    return array
