"""What is wrong with input or with a solution, so that it can be said in one line."""

from __future__ import annotations

from typing import Any


class InstanceError(ValueError):
    """Input that is no valid instance or solution file.

    Parameters
    ----------
    message : str
        What is wrong and what was expected.
    file : str, optional
        File the data came from.
    line : int, optional
        Line in the file, from 1.
    field : str, optional
        Name of the field or array at fault.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        line: int | None = None,
        field: str | None = None,
    ):
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line
        self.field = field

    def __str__(self) -> str:
        place = ":".join(str(p) for p in (self.file, self.line) if p is not None)
        return ": ".join(p for p in (place, self.field, self.message) if p)

    def __reduce__(self):
        return _instance_error, (self.message, self.file, self.line, self.field)


def _instance_error(message, file, line, field):
    return InstanceError(message, file=file, line=line, field=field)


class InfeasibleSolution(ValueError):
    """A solution that violates a constraint of its instance.

    Parameters
    ----------
    message : str
        One line that a user understands.
    constraint : str, optional
        Name of the violated constraint.
    where : object, optional
        Index or indices of the place.
    by : number, optional
        Amount of the violation.
    """

    def __init__(
        self,
        message: str,
        *,
        constraint: str | None = None,
        where: Any = None,
        by: float | None = None,
    ):
        super().__init__(message)
        self.message = message
        self.constraint = constraint
        self.where = where
        self.by = by


class MissingExtra(RuntimeError):
    """Something needs an optional dependency that is not installed."""

    def __init__(self, purpose: str, extra: str):
        super().__init__(f"{purpose} needs the extra [{extra}]: pip install 'zerogap[{extra}]'")
