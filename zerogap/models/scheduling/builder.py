"""An instance put together piece by piece, as its users think of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.scheduling.fields import BY_TABLE, KEYS, NONE, TABLES, UNLIMITED, Field
from zerogap.models.scheduling.instance import Workshop
from zerogap.models.scheduling.solution import Plan
from zerogap.models.scheduling.validate import enough
from zerogap.models.told import nearest

#: A row by the number that its ``add_…`` returned, or by its name.
Ref = int | str


class Builder:
    """Collects tasks, modes, resources and what holds between them; `build` makes the instance.

    Every ``add_…`` returns the number of what it added, counted from 0; wherever such a number is
    asked for, the name that was given does as well. Fields and their defaults are those of
    `zerogap.models.scheduling.fields`.

    Parameters
    ----------
    name : str
        Name of the instance.

    Examples
    --------
    >>> b = Builder("two jobs")
    >>> saw = b.add_machine("saw", closed=[(4, 6)])
    >>> job = b.add_job("table", due=9)
    >>> cut = b.add_task("cut", job=job, modes=[(3, saw)])
    >>> b.objective("tardiness", 2).build().tasks
    1
    """

    def __init__(self, name: str = ""):
        self.name = name
        self._rows: dict[str, dict[str, list]] = {
            t: {f.name: [] for f in BY_TABLE[t]} for t in TABLES
        }
        self._names: dict[str, dict[str, int]] = {t: {} for t in TABLES}
        self._setup: dict[int, dict[tuple[int, int], tuple[int, int]]] = {}
        self._initial: dict[int, dict[int, int]] = {}
        self._families: dict[str, int] = {}
        self._objective: dict[str, int] = {}
        self._horizon: int | None = None
        self._matrices: dict[str, Any] = {}

    # ---- rows ----------------------------------------------------------------------------------

    def add(self, table: str, **given: Any) -> int:
        """A row of a table by its fields; the ``add_…`` below are made of it."""
        fields = {f.name: f for f in BY_TABLE[table]}
        for key in given:
            if key not in fields:
                raise InstanceError(f"unknown field{nearest(key, fields)}", field=f"{table}.{key}")
        rows = self._rows[table]
        values = {f.name: self._value(f, given.get(f.name)) for f in fields.values()}
        for key, value in values.items():
            rows[key].append(value)
        index = len(next(iter(rows.values()))) - 1
        name = given.get("name")
        if name:
            if name in self._names[table]:
                raise InstanceError(f"a {table} named {name!r} exists already", field=KEYS[table])
            self._names[table][name] = index
        return index

    def _value(self, field: Field, value: Any) -> Any:
        place = f"{field.table}.{field.name}"
        if value is None:
            if field.default is ...:
                raise InstanceError("is missing", field=place)
            value = UNLIMITED if field.default is None else field.default
            return field.choices.index(str(value)) if field.choices else value
        if field.choices:
            if value not in field.choices:
                raise InstanceError(
                    f"is {value!r}, expected one of {', '.join(field.choices)}", field=place
                )
            return field.choices.index(value)
        if field.kind == "text":
            if not isinstance(value, str):
                raise InstanceError(f"is {value!r}, expected a text", field=place)
            return value
        if field.kind == "bool":
            if not isinstance(value, bool | np.bool_):
                raise InstanceError(f"is {value!r}, expected true or false", field=place)
            return bool(value)
        if field.name == "family":
            return self.family(value)
        if field.kind in TABLES:
            return self.find(field.kind, value)
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise InstanceError(f"is {value!r}, expected an integer", field=place)
        if not field.low <= value <= field.high:
            span = f"{field.low} … {field.high}" if field.low > -(2**60) else "at most 2**60"
            raise InstanceError(f"is {value}, expected {span}", field=place)
        return int(value)

    def find(self, table: str, ref: Ref) -> int:
        """The number of a row by its number or its name."""
        count = len(next(iter(self._rows[table].values())))
        if isinstance(ref, str):
            if ref not in self._names[table]:
                raise InstanceError(
                    f"unknown {table} {ref!r}{nearest(ref, self._names[table])}", field=KEYS[table]
                )
            return self._names[table][ref]
        if isinstance(ref, bool) or not isinstance(ref, int | np.integer) or not 0 <= ref < count:
            raise InstanceError(f"there is no {table} {ref!r}", field=KEYS[table])
        return int(ref)

    def family(self, ref: Ref) -> int:
        """The number of a setup family; names get the next free number."""
        if isinstance(ref, str):
            return self._families.setdefault(ref, len(self._families))
        if isinstance(ref, bool) or not isinstance(ref, int | np.integer) or ref < 0:
            raise InstanceError(f"is {ref!r}, expected a name or a number", field="task.family")
        return int(ref)

    # ---- resources -----------------------------------------------------------------------------

    def add_machine(self, name: str = "", *, closed: Iterable[Sequence[int]] = ()) -> int:
        """A machine: one task at a time; `closed` lists (begin, end) in which it stands still."""
        return self.add_resource("machine", name, 1, closed=closed)

    def add_resource(
        self,
        kind: str = "renewable",
        name: str = "",
        capacity: int = 1,
        *,
        closed: Iterable[Sequence[int]] = (),
        **fields: Any,
    ) -> int:
        """A machine, renewable, consumable or reservoir with its closings."""
        r = self.add("resource", kind=kind, name=name, capacity=capacity, **fields)
        for pair in closed:
            self.close(r, *pair)
        return r

    def close(self, resource: Ref, begin: int, end: int) -> None:
        """Close a machine or a renewable resource from `begin` until `end`."""
        self.add("closing", resource=resource, begin=begin, end=end)

    def add_setup(
        self, machine: Ref, first: Ref | None, second: Ref, time: int = 0, cost: int = 0
    ) -> None:
        """Time and cost on a machine between a task of one family and the next of another.

        Without `first` it is the time before the machine's first task.
        """
        r = self.find("resource", machine)
        b = self.family(second)
        for what, value in (("time", time), ("cost", cost)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
                raise InstanceError(
                    f"is {value!r}, expected an integer of 0 or more", field=f"setup.{what}"
                )
        self._setup.setdefault(r, {})
        if first is None:
            self._initial.setdefault(r, {})[b] = int(time)
        else:
            self._setup[r][self.family(first), b] = (int(time), int(cost))

    # ---- jobs, tasks, modes --------------------------------------------------------------------

    def add_job(self, name: str = "", **fields: Any) -> int:
        """A job: release, due, deadline, weight."""
        return self.add("job", name=name, **fields)

    def add_task(
        self,
        name: str = "",
        *,
        modes: Iterable[Sequence[Any]] = (),
        **fields: Any,
    ) -> int:
        """A task; `modes` are (duration, resource or demands) pairs, see `add_mode`."""
        t = self.add("task", name=name, **fields)
        for duration, demands in modes:
            self.add_mode(t, duration, demands)
        return t

    def add_mode(
        self, task: Ref, duration: int, demands: Any = (), *, cost: int = 0, at: str | None = None
    ) -> int:
        """A way to do a task: how long and with which resources.

        Parameters
        ----------
        task : int or str
        duration : int
        demands : resource, list of resources, or mapping of resource to amount
        cost : int
        at : str, optional
            For reservoirs, ``start`` or ``end``: when the amounts in `demands` are added.
        """
        m = self.add("mode", task=task, duration=duration, cost=cost)
        self.add_demand(m, demands, at=at)
        return m

    def add_demand(self, mode: int, demands: Any, *, at: str | None = None) -> None:
        """Further resources of a mode."""
        if isinstance(demands, int | str | np.integer):
            demands = {demands: 1}
        pairs = demands.items() if isinstance(demands, Mapping) else [(r, 1) for r in demands]
        for resource, amount in pairs:
            self.add("demand", mode=mode, resource=resource, amount=amount, at=at)

    # ---- what holds between them ---------------------------------------------------------------

    def add_precedence(
        self,
        before: Ref,
        after: Ref,
        lag: int = 0,
        most: int | None = None,
        *,
        of: str = "end",
        to: str = "start",
    ) -> None:
        """At least `lag` (and at most `most`) between a moment of one task and one of another."""
        self.add("precedence", before=before, after=after, of=of, to=to, lag=lag, most=most)

    def add_no_wait(self, before: Ref, after: Ref) -> None:
        """The second task starts at the moment the first ends."""
        self.add_precedence(before, after, 0, 0)

    def add_blocking(self, first: Ref, second: Ref) -> None:
        """The first task holds its resources until the second starts, never before its end."""
        self.add("relation", kind="blocking", first=first, second=second)

    def add_relation(self, kind: str, first: Ref, second: Ref) -> None:
        """``same mode``, ``same resource``, ``different resource`` or ``together``."""
        self.add("relation", kind=kind, first=first, second=second)

    def add_same_sequence(self, first: Ref, second: Ref) -> None:
        """Both machines serve the jobs in the same sequence."""
        self.add("sequence", first=first, second=second)

    def add_rule(self, mode: int, then: Iterable[int]) -> None:
        """If `mode` is chosen, the task of `then` uses one of `then`."""
        for m in then:
            self.add("rule", mode=mode, then=m)

    def add_alternatives(self, tasks: Iterable[Ref]) -> None:
        """Exactly one of these optional tasks is present."""
        group = 1 + max(self._rows["choice"]["group"], default=-1)
        for t in tasks:
            self.add("choice", group=group, task=t)

    def fix(self, task: Ref, start: int, mode: int = 0) -> None:
        """A task that has begun or is done: its start and its mode, counted from its first."""
        t = self.find("task", task)
        rows = self._rows["task"]
        by_name = {f.name: f for f in BY_TABLE["task"]}
        rows["fixed_start"][t] = self._value(by_name["fixed_start"], start)
        rows["fixed_mode"][t] = self._value(by_name["fixed_mode"], mode)

    def objective(self, part: str, weight: int = 1) -> Builder:
        """Add a part to the objective; without any it is the makespan."""
        self._objective[part] = weight
        return self

    def horizon(self, time: int) -> Builder:
        """When everything must have ended."""
        self._horizon = time
        return self

    def matrices(self, time: Any = None, cost: Any = None, initial: Any = None) -> None:
        """Setups as arrays; machines name their matrix by the field ``setup``."""
        given = {"setup_time": time, "setup_cost": cost, "setup_initial": initial}
        self._matrices = {k: v for k, v in given.items() if v is not None}

    # ---- the instance --------------------------------------------------------------------------

    def build(self) -> Workshop:
        """The instance.

        Raises
        ------
        InstanceError
            Naming what is wrong.
        """
        columns: dict[str, Any] = {}
        rows = {t: dict(values) for t, values in self._rows.items()}
        # Modes may be added in any order: a task's stand together in an instance.
        order = sorted(range(len(rows["mode"]["task"])), key=rows["mode"]["task"].__getitem__)
        rows["mode"] = {k: [v[i] for i in order] for k, v in rows["mode"].items()}
        place = {m: i for i, m in enumerate(order)}
        rows["demand"]["mode"] = [place[m] for m in rows["demand"]["mode"]]
        for key in ("mode", "then"):
            rows["rule"][key] = [place[m] for m in rows["rule"][key]]
        order = sorted(range(len(place and rows["demand"]["mode"])),
                       key=rows["demand"]["mode"].__getitem__)  # fmt: skip
        rows["demand"] = {k: [v[i] for i in order] for k, v in rows["demand"].items()}
        rows["resource"]["setup"] = list(rows["resource"]["setup"])
        columns.update(self._setups(rows["resource"]["setup"]))
        for table, values in rows.items():
            for key, column in values.items():
                columns[f"{table}_{key}"] = column
        return Workshop(
            **columns,
            objective=self._objective or None,
            horizon=self._horizon,
            name=self.name,
        )

    def _setups(self, which: list[int]) -> dict[str, Any]:
        if not self._setup:
            return dict(self._matrices)
        if self._matrices:
            raise InstanceError("setups are given as arrays and one by one", field="setups")
        pairs = [key for rows in self._setup.values() for key in rows]
        known = [f for pair in pairs for f in pair]
        known += [f for rows in self._initial.values() for f in rows]
        n = 1 + max([*known, *self._rows["task"]["family"], *self._families.values(), NONE])
        shape = (len(self._setup), n, n)
        time, cost = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        initial = np.zeros(shape[:2], dtype=np.int64)
        for k, (r, rows) in enumerate(self._setup.items()):
            which[r] = k
            for (a, b), (t, c) in rows.items():
                time[k, a, b], cost[k, a, b] = t, c
            for b, t in self._initial.get(r, {}).items():
                initial[k, b] = t
        return {"setup_time": time, "setup_cost": cost, "setup_initial": initial}


def reschedule(shop: Workshop, plan: Plan, now: int, *, stability: int = 0) -> Workshop:
    """The rest of a plan to be planned anew at `now`: what has started stays, nothing else may.

    Parameters
    ----------
    shop : Workshop
        With what has changed since (closings, due dates) already in it.
    plan : Plan
        The plan that was followed so far.
    now : int
        Tasks that started before keep start and mode; the others start at `now` or later.
    stability : int
        Weight of the distances of starts from the old plan in the objective.
    """
    columns = shop.columns()
    begun = (plan.mode >= 0) & (plan.start < now)
    columns["task_fixed_start"] = np.where(begun, plan.start, shop.task_fixed_start)
    columns["task_fixed_mode"] = np.where(begun, plan.mode, shop.task_fixed_mode)
    columns["task_release"] = np.where(begun, shop.task_release, np.maximum(shop.task_release, now))
    if stability:
        columns["task_planned"] = np.where(plan.mode >= 0, plan.start, NONE)
        columns["objective"] = {**shop.objective, "stability": stability}
    return Workshop(**columns)


def lexicographic(shop: Workshop, parts: Sequence[str]) -> Workshop:
    """The same workshop with its objective's parts one after the other.

    A part's weight is more than all later parts together can make up for in plans that end by the
    horizon, which becomes the time by which some best plan ends.

    Parameters
    ----------
    shop : Workshop
    parts : sequence of str
        Parts of the objective, the most important first.

    Raises
    ------
    InstanceError
        If a part is unknown or the weights do not fit into 2**60.
    """
    end = min(shop.horizon, enough(shop))
    jobs = sum(shop.job_weight.tolist())
    due = int(shop.job_due.max(initial=0))
    on_machines = len(shop.demand_mode)
    largest = int(shop.setup_cost.max(initial=0))
    time = int(shop.setup_time.max(initial=0)) + int(shop.setup_initial.max(initial=0))
    dearest = np.maximum.reduceat(shop.mode_cost, shop.first_mode[:-1])
    spread = {
        "makespan": end, "completion": end * jobs, "flow": 2 * end * jobs, "tardiness": end * jobs,
        "tardy": jobs, "earliness": due * jobs, "lateness": end + due, "span": end,
        "setup_time": time * on_machines, "setup_cost": largest * on_machines,
        "cost": sum(dearest.tolist()), "idle": end * shop.resources,
        "stability": max(end, int(shop.task_planned.max(initial=0))) * shop.tasks,
    }  # fmt: skip
    weights: dict[str, int] = {}
    total = 0
    for part in reversed(list(parts)):
        if part not in spread or part in weights:
            what = "named twice" if part in weights else "unknown"
            raise InstanceError(f"{part!r} is {what}", field="objective")
        weights[part] = total + 1
        total += weights[part] * spread[part]
    columns = shop.columns()
    columns["objective"] = {part: weights[part] for part in parts}
    columns["horizon"] = end
    return Workshop(**columns)
