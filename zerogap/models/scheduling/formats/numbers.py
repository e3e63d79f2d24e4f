"""Whitespace-separated integers that know the line they stood on."""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import LARGEST


class Numbers:
    """The integers of a file, taken one after the other.

    Parameters
    ----------
    text, file : str
        Contents and name; the name is said in errors.
    """

    def __init__(self, text: str, file: str):
        self.file = file
        words: list[str] = []
        lines: list[int] = []
        for number, line in enumerate(text.splitlines(), 1):
            found = line.split()
            words.extend(found)
            lines.extend([number] * len(found))
        try:
            self.values = np.array(words, dtype=np.int64)
        except (ValueError, OverflowError):
            for word, number in zip(words, lines):
                try:
                    fits = -LARGEST <= int(word) <= LARGEST
                except ValueError:
                    raise InstanceError(
                        f"{word[:40]!r} is no integer", file=file, line=number
                    ) from None
                if not fits:
                    raise InstanceError(
                        f"{word[:40]} is beyond 2**60", file=file, line=number
                    ) from None
        self.lines = lines
        self.at = 0

    def line(self, offset: int = 0) -> int | None:
        """Line of the next number, or of one before or after it."""
        at = self.at + offset
        if not self.lines:
            return None
        return self.lines[at] if 0 <= at < len(self.lines) else self.lines[-1]

    def count(self, what: str, low: int = 1, high: int = 10**7) -> int:
        """The next number, which must lie in a range."""
        return int(self.take(1, what, low, high)[0])

    def take(self, count: int, what: str, low: int = 0, high: int = LARGEST) -> np.ndarray:
        """The next `count` numbers."""
        left = len(self.values) - self.at
        if left < count:
            raise InstanceError(
                f"ends after {left} of {count} numbers",
                file=self.file,
                line=self.line(left),
                field=what,
            )
        values = self.values[self.at : self.at + count]
        bad = np.flatnonzero((values < low) | (values > high))
        if bad.size:
            limit = f"{low} … {high}" if high < LARGEST else f"at least {low}"
            if values[bad[0]] > LARGEST:
                limit = "at most 2**60"
            raise InstanceError(
                f"is {values[bad[0]]}, expected {limit}",
                file=self.file,
                line=self.line(int(bad[0])),
                field=what,
            )
        self.at += count
        return values

    def table(self, rows: int, columns: int, what: str, low: int = 0, high: int = LARGEST):
        """The next rows × columns numbers."""
        return self.take(rows * columns, what, low, high).reshape(rows, columns)

    def finish(self) -> None:
        """Nothing may follow."""
        if self.at < len(self.values):
            raise InstanceError(
                f"{len(self.values) - self.at} numbers more than the counts announce",
                file=self.file,
                line=self.line(),
            )


def stem(file: str) -> str:
    """Name of an instance from its file."""
    base = file.replace("\\", "/").rpartition("/")[2]
    name = base.rpartition(".")[0] or base
    return "" if name.startswith("<") else name
