"""The instance: tables of tasks, modes, resources and what holds between them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError, described
from zerogap.models.scheduling.fields import (
    BY_ARRAY,
    BY_TABLE,
    LARGEST,
    NONE,
    OBJECTIVES,
    TABLES,
    UNLIMITED,
    Field,
)
from zerogap.models.told import nearest

_EXTRA = ("setup_time", "setup_cost", "setup_initial", "objective", "horizon", "name")


class Workshop:
    """A scheduling problem in the general encoding; immutable, validated when it is made.

    Parameters
    ----------
    **columns
        One array a field (``task_release``, ``mode_duration``, …; see
        `zerogap.models.scheduling.fields`), all of a table of one length, -1 where a field is not
        set; `Builder` makes them from tasks added one by one. Beside the fields:

        - ``setup_time``, ``setup_cost`` : int64, shape (matrices, families, families): time and
          cost between a task of the first family and the next of the second on a machine;
        - ``setup_initial`` : int64, shape (matrices, families): time before the first task;
        - ``objective`` : dict of weights (0 or more) of `OBJECTIVES`, the makespan if not given;
        - ``horizon`` : int, when everything must have ended;
        - ``name`` : str.

    Raises
    ------
    InstanceError
        Naming the field, the place and what was expected.
    """

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

    tasks: int
    modes: int
    resources: int
    jobs: int
    horizon: int
    name: str
    objective: dict[str, int]

    def __init__(self, **columns: Any):
        for key in columns:
            if key not in BY_ARRAY and key not in _EXTRA:
                known = nearest(key, [*BY_ARRAY, *_EXTRA])
                raise InstanceError(f"unknown field{known}", field=key)
        for table in TABLES:
            self._columns(table, columns)
        self._set("tasks", len(self.task_release))
        self._set("modes", len(self.mode_task))
        self._set("resources", len(self.resource_kind))
        self._set("jobs", len(self.job_release))
        self._offsets()
        self._setups(columns)
        self._set("objective", _objective(columns.get("objective")))
        self._set("name", str(columns.get("name") or ""))
        from zerogap.models.scheduling import validate

        self._set("horizon", validate.horizon(self, columns.get("horizon")))
        validate.validate(self)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"a workshop is immutable: {name}")

    def _columns(self, table: str, columns: Mapping[str, Any]) -> None:
        given = [f for f in BY_TABLE[table] if columns.get(f.array) is not None]
        count = len(columns[given[0].array]) if given else 0
        if table == "task" and not given:
            owners = columns.get("mode_task")
            count = 0 if owners is None or not len(owners) else int(np.max(owners)) + 1
        for field in BY_TABLE[table]:
            values = columns.get(field.array)
            if values is None:
                if field.default is ... and count:
                    raise InstanceError("is missing", field=field.array)
                self._set(field.array, _default(field, count))
            else:
                self._set(field.array, _column(field, values, count, self))

    def _offsets(self) -> None:
        """Where the modes of a task and the demands of a mode begin."""
        if not self.tasks:
            raise InstanceError("there is no task", field="tasks")
        for table, owner, count in (("mode", "task", self.tasks), ("demand", "mode", self.modes)):
            of = getattr(self, f"{table}_{owner}")
            if (np.diff(of) < 0).any():
                raise InstanceError("is not ascending", field=f"{table}_{owner}")
            first = np.concatenate(([0], np.cumsum(np.bincount(of, minlength=count))))
            first.setflags(write=False)
            self._set(f"first_{table}", first)
        empty = np.flatnonzero(np.diff(self.first_mode) == 0)
        if empty.size:
            raise InstanceError(f"{self.label('task', empty[0])} has no mode", field="modes")

    def _setups(self, columns: Mapping[str, Any]) -> None:
        time = columns.get("setup_time")
        cost = columns.get("setup_cost")
        initial = columns.get("setup_initial")
        shape = next((np.shape(a) for a in (time, cost) if a is not None), None)
        if shape is None:
            if initial is not None:
                raise InstanceError("needs setup_time as well", field="setup_initial")
            shape = (0, 0, 0)
        if len(shape) != 3 or shape[1] != shape[2]:
            raise InstanceError(
                f"has shape {shape}, expected matrices × families × families", field="setup_time"
            )
        for name, values, want in (
            ("setup_time", time, shape),
            ("setup_cost", cost, shape),
            ("setup_initial", initial, shape[:2]),
        ):
            values = np.zeros(want, dtype=np.int64) if values is None else values
            array = frozen(values, np.int64, field=name, shape=want, low=0, high=LARGEST)
            self._set(name, array)
        _below(self.resource_setup, shape[0], "resource_setup")
        _below(self.task_family, shape[1], "task_family")

    def label(self, table: str, index: Any) -> str:
        """A task, job, resource or mode in words, for errors."""
        if table == "mode":
            t = int(self.mode_task[index])
            return f"mode {index - self.first_mode[t]} of {self.label('task', t)}"
        name = getattr(self, f"{table}_name")[index]
        return f"{table} {int(index)}" + (f" ({name})" if name else "")

    def canonical(self) -> tuple:
        """What the instance's identity is taken from: everything but names."""
        arrays = tuple(getattr(self, a) for a, f in BY_ARRAY.items() if f.kind != "text")
        setups = (self.setup_time, self.setup_cost, self.setup_initial)
        return (*arrays, *setups, self.objective, self.horizon)

    def columns(self) -> dict[str, Any]:
        """The arguments that make this instance again, to be changed and handed over anew."""
        data = {array: getattr(self, array) for array in BY_ARRAY}
        data |= {name: getattr(self, name) for name in ("setup_time", "setup_cost", "objective")}
        return data | {"setup_initial": self.setup_initial, "horizon": self.horizon,
                       "name": self.name}  # fmt: skip

    __repr__ = described


def _default(field: Field, count: int) -> Any:
    if field.kind == "text":
        return ("",) * count
    default = field.default
    value = UNLIMITED if default is None else default
    if field.kind == "word":
        value = 0 if default is ... else field.choices.index(str(default))
    array = np.full(count, 0 if value is ... else value, dtype=np.int64)
    array.setflags(write=False)
    return array


def _column(field: Field, values: Any, count: int, shop: Workshop) -> Any:
    name = field.array
    if field.kind == "text":
        if isinstance(values, str) or len(values) != count:
            raise InstanceError(f"expected {count} names", field=name)
        for i, text in enumerate(values):
            if not isinstance(text, str) or (text and not text.isprintable()):
                raise InstanceError(f"element {i} is {text!r}, expected printable text", field=name)
        return tuple(values)
    if field.kind == "word" and len(values) and isinstance(values[0], str):
        values = [_word(field, word, i) for i, word in enumerate(values)]
    low, high = field.low, field.high
    if field.kind == "bool":
        high = 1
    elif field.kind == "word":
        high = len(field.choices) - 1
    elif field.default is None:
        high = UNLIMITED
    if field.default == NONE and field.default is not False:
        low = NONE
    array = frozen(values, np.int64, field=name, shape=(count,), low=low, high=high)
    if field.kind in TABLES:
        _below(array, _length(shop, field.kind, count), name)
    return array


def _length(shop: Workshop, table: str, count: int) -> int:
    """Rows of a table that a column points into; all tables pointed to come before."""
    first = BY_TABLE[table][0].array
    return len(getattr(shop, first)) if first in shop.__dict__ else count


def _word(field: Field, word: Any, i: int) -> int:
    if word not in field.choices:
        raise InstanceError(
            f"element {i} is {word!r}, expected one of {', '.join(field.choices)}",
            field=field.array,
        )
    return field.choices.index(word)


def _below(array: np.ndarray, count: int, name: str) -> None:
    if array.size and array.max() >= count:
        i = int(np.argmax(array))
        raise InstanceError(f"element {i} is {array[i]}, expected less than {count}", field=name)


def _objective(weights: Any) -> dict[str, int]:
    if weights is None:
        return {"makespan": 1}
    if isinstance(weights, str):
        weights = {weights: 1}
    if not isinstance(weights, Mapping) or not weights:
        raise InstanceError("expected weights by name", field="objective")
    made = {}
    for name, weight in weights.items():
        if name not in OBJECTIVES:
            raise InstanceError(
                f"unknown part {name!r}{nearest(str(name), OBJECTIVES)} "
                f"(known: {', '.join(OBJECTIVES)})",
                field="objective",
            )
        whole = isinstance(weight, int | np.integer) and not isinstance(weight, bool)
        if not whole or not 0 <= weight <= LARGEST:
            raise InstanceError(
                f"is {weight!r}, expected an integer of 0 or more", field=f"objective.{name}"
            )
        if weight:
            made[str(name)] = int(weight)
    if not made:
        raise InstanceError("every weight is 0", field="objective")
    return made
