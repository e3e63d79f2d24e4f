"""Every field of the encoding, declared once.

Builder arguments, JSON keys, the arrays of an instance, their ranges, errors about unknown keys and
the table in the documentation are made from these rows. A table is a list of objects in JSON and
one array a field (``<table>_<field>``) in an instance.
"""

from __future__ import annotations

from dataclasses import dataclass

#: No number and no sum of them may pass this.
LARGEST = 2**60
#: What an array holds where a field is not set.
NONE = -1

MACHINE, RENEWABLE, CONSUMABLE, RESERVOIR = range(4)
KINDS = ("machine", "renewable", "consumable", "reservoir")
#: When a demand on a reservoir takes effect; ``during`` is what other resources know.
DURING, AT_START, AT_END = range(3)
MOMENTS = ("during", "start", "end")
START, END = range(2)
ENDS = ("start", "end")
BLOCKING, SAME_MODE, SAME_RESOURCE, DIFFERENT_RESOURCE, TOGETHER = range(5)
RELATIONS = ("blocking", "same mode", "same resource", "different resource", "together")

#: Parts of the objective: what they sum up.
OBJECTIVES = {
    "makespan": "latest end of a task",
    "completion": "weighted ends of the jobs",
    "flow": "weighted times of the jobs between release and end",
    "tardiness": "weighted times by which jobs end after they are due",
    "tardy": "weight of the jobs that end after they are due",
    "earliness": "weighted times by which jobs end before they are due",
    "lateness": "largest end minus due date of a job (may be negative)",
    "setup_time": "times of the setups between neighbours on a machine, and before the first",
    "setup_cost": "costs of the same setups",
    "cost": "costs of the chosen modes",
    "span": "largest time of a machine between its first start and its last end",
    "idle": "times of the machines between first start and last end in which they run no task",
    "stability": "distances of starts from the planned ones",
}


@dataclass(frozen=True)
class Field:
    """One field of a table.

    Parameters
    ----------
    table, name : str
        Where it stands and what it is called everywhere.
    kind : str
        ``int``, ``bool``, ``text``, ``word`` (one of `choices`) or the table it points into.
    default : object
        What is assumed where it is not given; ``...`` if it must be given.
    low, high : int
        Range of numbers; `NONE` is allowed beside it where it is the default.
    unit, doc : str
        For people.
    choices : tuple of str
        Words of a ``word``; arrays hold their index.
    """

    table: str
    name: str
    kind: str
    default: object
    doc: str
    unit: str = ""
    low: int = 0
    high: int = LARGEST
    choices: tuple[str, ...] = ()

    @property
    def array(self) -> str:
        """Name of the field's array in an instance."""
        return f"{self.table}_{self.name}"


def _time(table: str, name: str, default: object, doc: str) -> Field:
    return Field(table, name, "int", default, doc, "time")


FIELDS = (
    Field("resource", "name", "text", "", "its name"),
    Field("resource", "kind", "word", "machine", "what it is", choices=KINDS),
    Field("resource", "capacity", "int", 1, "units at a time, budget, or highest level", "units"),
    Field("resource", "low", "int", 0, "lowest level of a reservoir", "units", -LARGEST),
    Field("resource", "level", "int", 0, "level of a reservoir at time 0", "units", -LARGEST),
    Field("resource", "setup", "int", NONE, "which matrix of setups it has", "index"),
    Field("closing", "resource", "resource", ..., "machine or renewable resource that is closed"),
    _time("closing", "begin", ..., "first closed moment"),
    _time("closing", "end", ..., "first moment that is open again"),
    Field("job", "name", "text", "", "its name"),
    _time("job", "release", 0, "no task of it starts before"),
    _time("job", "due", NONE, "when it should end"),
    _time("job", "deadline", NONE, "when it must have ended"),
    Field("job", "weight", "int", 1, "its weight in sums over jobs"),
    Field("task", "name", "text", "", "its name"),
    Field("task", "job", "job", NONE, "the job it belongs to"),
    _time("task", "release", 0, "earliest start"),
    _time("task", "latest_start", NONE, "latest start"),
    _time("task", "earliest_end", 0, "earliest end"),
    _time("task", "deadline", NONE, "latest end"),
    Field("task", "optional", "bool", False, "whether it may be left out"),
    Field("task", "pause", "bool", False, "whether closings pause it; else it fits between them"),
    Field("task", "family", "int", NONE, "its row and column in matrices of setups", "index"),
    _time("task", "fixed_start", NONE, "start of a task that has begun or is done"),
    Field("task", "fixed_mode", "int", NONE, "mode of such a task, from its first on", "index"),
    _time("task", "planned", NONE, "start in an older plan, for the objective stability"),
    Field("mode", "task", "task", ..., "task that can be done this way"),
    _time("mode", "duration", ..., "working time"),
    Field("mode", "cost", "int", 0, "cost of choosing it", "cost"),
    Field("demand", "mode", "mode", ..., "mode that needs the resource"),
    Field("demand", "resource", "resource", ..., "resource needed"),
    Field("demand", "amount", "int", 1, "units; a reservoir's may be negative", "units", -LARGEST),
    Field("demand", "at", "word", "during", "when it changes a reservoir", choices=MOMENTS),
    Field("precedence", "before", "task", ..., "first task"),
    Field("precedence", "after", "task", ..., "second task"),
    Field("precedence", "of", "word", "end", "moment of the first task", choices=ENDS),
    Field("precedence", "to", "word", "start", "moment of the second task", choices=ENDS),
    Field("precedence", "lag", "int", 0, "least time between them", "time", -LARGEST),
    Field("precedence", "most", "int", None, "largest time between them", "time", -LARGEST),
    Field("relation", "kind", "word", ..., "what holds between two tasks", choices=RELATIONS),
    Field("relation", "first", "task", ..., "first task"),
    Field("relation", "second", "task", ..., "second task"),
    Field("sequence", "first", "resource", ..., "machine that leads"),
    Field("sequence", "second", "resource", ..., "machine with the same sequence of jobs"),
    Field("rule", "mode", "mode", ..., "if this mode is chosen,"),
    Field("rule", "then", "mode", ..., "its task uses this (or another so named) mode"),
    Field("choice", "group", "int", ..., "group of which exactly one task is present", "index"),
    Field("choice", "task", "task", ..., "optional task of the group"),
)

#: What "no largest lag" is in the array, since a lag may be negative.
UNLIMITED = LARGEST + 1
TABLES = tuple(dict.fromkeys(field.table for field in FIELDS))
BY_TABLE = {t: tuple(f for f in FIELDS if f.table == t) for t in TABLES}
BY_ARRAY = {field.array: field for field in FIELDS}
#: JSON key of every table.
KEYS = {"precedence": "precedences", "choice": "choices"} | {
    t: f"{t}s" for t in TABLES if t not in ("precedence", "choice")
}


def documentation() -> str:
    """The fields as a Markdown table."""
    lines = ["| table | field | unit | default | meaning |", "|---|---|---|---|---|"]
    for f in FIELDS:
        default = {...: "required", NONE: "none", None: "none", "": "empty"}.get(
            f.default, str(f.default).lower()
        )
        unit = f.unit or (" / ".join(f.choices) if f.choices else f.kind)
        lines.append(f"| {KEYS[f.table]} | `{f.name}` | {unit} | {default} | {f.doc} |")
    return "\n".join(lines) + "\n"
