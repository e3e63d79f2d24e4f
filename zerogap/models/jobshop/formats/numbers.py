"""Exact numbers: integers, and decimals that become integers when all are multiplied by one."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError

#: By what times or weights are multiplied at most so that decimals become integers.
LARGEST_SCALE = 10**9
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?([0-9]{1,30}\.[0-9]{0,30}|\.[0-9]{1,30})([eE][+-]?[0-9]{1,2})?")

Number = int | Fraction


def number(word: str) -> Number | None:
    """The number a word is, exactly; None if it is none."""
    if _INTEGER.fullmatch(word):
        return int(word)
    if _DECIMAL.fullmatch(word):
        value = Fraction(word)
        return value.numerator if value.denominator == 1 else value
    return None


def exactly(value: Any) -> Number | None:
    """A JSON number as the decimal it was written as; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        fraction = Fraction(repr(value))
        return fraction.numerator if fraction.denominator == 1 else fraction
    return None


def scaled(values: Iterable[Sequence[Any] | None], field: str) -> tuple[list[Any], int]:
    """Lists of numbers multiplied by the least integer that makes all of them integers.

    Raises
    ------
    InstanceError
        If that integer is beyond `LARGEST_SCALE`.
    """
    lists = list(values)
    # None stands for a value that is not given.
    denominators = {
        v.denominator for some in lists if some is not None for v in some if type(v) is Fraction
    }
    if not denominators:
        return lists, 1
    scale = math.lcm(*denominators)
    if scale > LARGEST_SCALE:
        raise InstanceError(
            f"the decimals become integers only when multiplied by {scale}, beyond 10**9",
            field=field,
        )
    times = lambda v: None if v is None else int(v * scale)  # noqa: E731
    return [None if some is None else [times(v) for v in some] for some in lists], scale


def row_of(words: list[str]) -> np.ndarray:
    """Numbers of a line: int64, or objects where there are decimals.

    Raises
    ------
    ValueError
        With the first word that is no number.
    """
    try:
        if not any("_" in word for word in words):
            return np.array(words, dtype=np.int64)
    except (ValueError, OverflowError):
        pass
    numbers: list[Number] = []
    for word in words:
        value = number(word)
        if value is None:
            raise ValueError(f"{word[:40]!r} is no number")
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{word[:40]!r} does not fit into 64 bits")
        numbers.append(value)
    row = np.empty(len(numbers), dtype=object)
    row[:] = numbers
    return row
