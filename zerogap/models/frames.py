"""Instances from data frames: a frame is read as the table it would be as a CSV file."""

from __future__ import annotations

import io
from typing import Any

from zerogap.models import files
from zerogap.models.base import InstanceError


def as_csv(frame: Any) -> str:
    """A data frame as CSV; whole numbers stay whole where others are missing.

    Parameters
    ----------
    frame : pandas.DataFrame, or what pandas makes one of (dict of columns, list of dicts)
    """
    import pandas as pd

    if hasattr(frame, "to_pandas"):  # polars, pyarrow
        frame = frame.to_pandas()
    table = pd.DataFrame(frame)
    if table.index.name is not None or table.index.nlevels > 1:
        table = table.reset_index()
    if table.empty:
        raise InstanceError("is empty", field="table")
    if all(isinstance(c, int) for c in table.columns):  # no header of its own
        table.columns = [f"column {c}" for c in table.columns]
    for name in table.columns:
        column = table[name]
        if column.dtype.kind == "f" and column.isna().any():
            rest = column.dropna()
            if (rest == rest.round()).all() and rest.abs().max() < 2**53:
                table = table.assign(**{str(name): column.astype("Int64")})
    text = io.StringIO()
    table.to_csv(text, index=False)
    return text.getvalue()


def from_frame(family: str, frame: Any, *, name: str = "table", **options: Any) -> Any:
    """The instance that a table is to a family.

    Parameters
    ----------
    family : str
    frame : pandas.DataFrame
        With the columns of the family's CSV files.
    name : str
        Of the instance; errors name rows by their line in the CSV file (the first row is 2).
    **options
        Settings of reading.

    Raises
    ------
    InstanceError
        Naming line and column.
    """
    raw = as_csv(frame).encode()
    file = f"{name}.csv"
    known, fmt = files.recognise(raw, file, family, options)
    settings, rest = known.reading(options)
    for key in rest:
        raise InstanceError("belongs to solving, not to reading", field=f"option {key}")
    return files.parse(raw, file, fmt, settings)
