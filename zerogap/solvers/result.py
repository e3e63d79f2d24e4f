"""What comes out of a solve."""

from __future__ import annotations

import importlib
import io
import math
import os
import platform
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import metadata
from numbers import Real
from typing import Any, Generic, TypeVar

from zerogap.models import base, files
from zerogap.models.base import InstanceError
from zerogap.models.text import visible
from zerogap.models.told import nearest, plainly

FORMAT = 1

#: An instance of a family, and its solution.
InstanceT = TypeVar("InstanceT")
SolutionT = TypeVar("SolutionT")


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class SolverError(RuntimeError):
    """A kernel or a backend failed, or contradicted the checker."""


@dataclass(frozen=True, slots=True)
class Limits:
    """When a solve ends.

    Parameters
    ----------
    time : float
        Wall-clock seconds, may be infinite.
    gap : float
        Relative gap that is good enough.
    iterations : int, optional
        Kernel iterations; with one thread this makes a run repeatable bit for bit.
    """

    time: float = 60.0
    gap: float = 0.0
    iterations: int | None = None

    def __post_init__(self):
        if not _real(self.time) or not self.time > 0:
            raise ValueError(f"time limit is {self.time!r}, expected more than 0 seconds")
        if not _real(self.gap) or not 0 <= self.gap < math.inf:
            raise ValueError(f"gap is {self.gap!r}, expected a number, 0 or more")
        if self.iterations is not None and (
            not _real(self.iterations) or self.iterations < 1 or self.iterations % 1
        ):
            raise ValueError(
                f"iterations is {self.iterations!r}, expected a whole number, 1 or more"
            )


def _real(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Claim:
    """A bound, or that there is no solution, with what it rests on.

    Parameters
    ----------
    kind : {"bound", "infeasible"}
    value : number or None
        The bound, in the family's unit.
    source : str
        The part of the solver that proves it.
    against : number or None
        The incumbent's objective when the claim was made; one snapshot.
    """

    kind: str
    value: Any
    source: str
    against: Any

    def to_dict(self) -> dict:
        """The claim as in the result's JSON."""
        return {
            "claim": self.kind,
            "value": _finite(self.value),
            "source": self.source,
            "against": self.against,
        }


@dataclass(frozen=True, slots=True)
class TracePoint:
    """One improvement: seconds since the start, the values after it, and who found it."""

    time: float
    objective: float | None
    bound: float | None
    source: str

    def to_dict(self) -> dict:
        """The point as in the result's JSON."""
        return {
            "time": round(self.time, 6),
            "objective": self.objective,
            "bound": self.bound,
            "source": self.source,
        }


def gap(objective: float | None, bound: float | None, offset: float = 0) -> float | None:
    """Relative gap |objective − bound| / |objective + offset|; 0 where both are equal.

    None if one lacks. The offset is the family's (`Family.offset`); no proof rests on it.
    """
    if objective is None or bound is None:
        return None
    if objective == bound:
        return 0.0
    base = abs(objective + offset)
    return abs(objective - bound) / base if base else math.inf


@dataclass(frozen=True)
class Result(Generic[InstanceT, SolutionT]):
    """Outcome of a solve; its solution has passed the checker.

    Parameters
    ----------
    status : Status
        ``optimal`` only where the bound proves it.
    objective, bound : number or None
        Objective of the solution and the best proven bound, in the family's unit.
    solution : object or None
        The family's solution.
    trace : tuple of TracePoint
        Every improvement of incumbent or bound with its source.
    time : float
        Wall-clock seconds.
    messages : tuple of str
        What went wrong on the way without costing the solution.
    claims : tuple of Claim
        What bound and status rest on: the claims that hold at the end, the deciding one first.
    extended : bool
        Whether the user's `extend` added constraints: status and bound speak of that problem.
    incumbents : tuple of (time, objective, solution)
        How the solution grew: at most 20, the last one included; empty for very large instances
        and for results read from a file.
    """

    family: str
    instance: InstanceT = field(repr=False)
    status: Status
    objective: Any
    bound: Any
    solution: SolutionT = field(repr=False)  # None where there is none: ask `status`
    trace: tuple[TracePoint, ...] = field(repr=False)
    time: float
    seed: int
    threads: int
    method: str
    stopped: str = ""
    messages: tuple[str, ...] = ()
    claims: tuple[Claim, ...] = ()
    extended: bool = False
    incumbents: tuple[tuple[float, Any, Any], ...] = field(default=(), repr=False)

    def __getattr__(self, name: str) -> Any:
        """Nothing more than there is, but where what was meant stands."""
        if name.startswith("_"):  # asked for by Python, notebooks and copies
            raise AttributeError(name)
        decided = object.__getattribute__(self, "__dict__").get("solution")
        if hasattr(decided, name):
            raise AttributeError(f"a result has no {name!r}; its solution has: .solution.{name}")
        known = {*dir(type(self)), *self.__dataclass_fields__}
        raise AttributeError(f"a result has no {name!r}{nearest(name, known)}")

    @property
    def gap(self) -> float | None:
        """Relative gap between objective and bound, both with the family's offset."""
        return gap(self.objective, self.bound, self.offset)

    @property
    def offset(self) -> float:
        """What objective and bound get before the gap is taken, 0 in most families."""
        return base.family(self.family).offset(self.instance)

    @property
    def name(self) -> str:
        """Name of the instance."""
        return getattr(self.instance, "name", "") or self.family

    def __str__(self) -> str:
        if self.solution is None:
            return f"{self.status}: no solution, bound {number(self.bound)}, {self.time:.1f} s"
        tail = "" if self.gap in (None, 0.0) else f", gap {self.gap:.2%}"
        shown = base.family(self.family).shown
        words = "" if shown is None else shown(self.instance, self.objective)
        words = f" ({words})" if words else ""
        return (
            f"{self.status}: objective {number(self.objective)}{words}, bound {number(self.bound)}"
            f"{tail}, {self.time:.1f} s"
        )

    __repr__ = __str__

    def to_dict(self) -> dict:
        """The result as the JSON object that ``--json`` prints and ``-o`` writes."""
        encoded = None
        if self.solution is not None:
            encoded = base.family(self.family).encode(self.solution)
        return {
            "format": FORMAT,
            "zerogap": metadata.version("zerogap"),
            "family": self.family,
            "instance": {"name": self.name, "sha256": base.digest(self.instance)},
            "method": self.method,
            "status": str(self.status),
            "objective": self.objective,
            "bound": _finite(self.bound),
            "gap": _finite(self.gap),
            **({"offset": self.offset} if self.offset else {}),
            "time": round(self.time, 6),
            "seed": self.seed,
            "threads": self.threads,
            "stopped": self.stopped,
            "messages": list(self.messages),
            "claims": [claim.to_dict() for claim in self.claims],
            "extended": self.extended,
            "trace": [point.to_dict() for point in self.trace],
            "solution": encoded,
        }

    def to_json(self) -> str:
        """`to_dict` as text."""
        return base.json_text(self.to_dict())

    def save(self, path: str) -> None:
        """Write the JSON to a file, whole or not at all."""
        files.replace(path, self.to_json().encode())

    def primal_integral(self, best: float, horizon: float) -> float:
        """Mean primal gap over [0, horizon] against `best` (Berthold 2013): 0 best, 1 worst."""
        points = ((p.time, p.objective) for p in self.trace)
        return primal_integral(points, best, horizon, self.offset)

    def plot(self, path: str | None = None) -> Any:
        """The picture of the solution as a matplotlib figure, written to `path` if given.

        A `path` whose ending names no picture (``.html``, a family's export) is written without
        matplotlib, and None comes back.

        Raises
        ------
        ValueError
            If there is no solution.
        """
        if self.solution is None:
            raise ValueError("nothing to plot: the result has no solution")
        # By name: pictures stand above solvers, and are imported only here.
        report = importlib.import_module("zerogap.report")
        if path is not None:
            return report.save(self.instance, self.solution, path, self)
        return report.figure(self.instance, self.solution)

    def to_frame(self) -> Any:
        """The solution as a pandas DataFrame (extra [science]).

        A row a stop with its times, an operation with its machine, an edge with its weight, a
        buffer with its offset, a vertex, a leaf, a product, a task: what the family decides.

        Raises
        ------
        ValueError
            If there is no solution.
        """
        if self.solution is None:
            raise ValueError("no table: the result has no solution")
        import pandas as pd

        report = importlib.import_module("zerogap.report")
        return pd.DataFrame(report.rows(self.instance, self.solution))

    def trace_frame(self) -> Any:
        """`to_pandas`: every improvement of incumbent or bound."""
        return self.to_pandas()

    def to_pandas(self) -> Any:
        """The trace as a pandas DataFrame (extra [science]): time, objective, bound, source."""
        import pandas as pd

        return pd.DataFrame([point.to_dict() for point in self.trace],
                            columns=["time", "objective", "bound", "source"])  # fmt: skip

    def _repr_html_(self) -> str:
        rows = {
            "status": self.status,
            "objective": number(self.objective),
            "bound": number(self.bound),
            "gap": "" if self.gap is None else f"{self.gap:.3%}",
            "time": f"{self.time:.2f} s",
            "method": f"{self.method}, {self.threads} threads, seed {self.seed}",
        }
        cells = "".join(
            f"<tr><th style='text-align:left'>{k}</th><td>{v}</td></tr>" for k, v in rows.items()
        )
        from html import escape

        known = visible(self.name)
        caption = known if known.startswith(self.family) else f"{self.family} {known}"
        return f"<table><caption>{escape(caption)}</caption>{cells}</table>{self._picture()}"

    def _picture(self) -> str:
        """The picture as SVG, where it can be drawn and is no megabyte."""
        if self.solution is None:
            return ""
        report = importlib.import_module("zerogap.report")
        try:
            drawn = io.StringIO()
            figure = report.figure(self.instance, self.solution)
            figure.savefig(drawn, format="svg", bbox_inches="tight")
        except Exception:  # a picture is no reason for a result not to be shown
            return ""
        text = drawn.getvalue()
        svg = text[text.index("<svg") :]
        return f"<div style='max-width:720px'>{svg}</div>" if len(svg) < 1_000_000 else ""


def primal_integral(
    points: Iterable[tuple[float, float | None]], best: float, horizon: float, offset: float = 0
) -> float:
    """Mean primal gap of a trace over [0, horizon].

    The gap is 1 before the first solution, then |objective − best| / max(|objective|, |best|),
    and 1 if the two differ in sign (Berthold, *Measuring the impact of primal heuristics*, 2013).
    All objectives get the family's `offset` first.
    """
    best += offset
    area, last, current = 0.0, 0.0, 1.0
    for time, objective in points:
        if objective is None:
            continue
        objective += offset
        moment = min(time, horizon)
        area += current * (moment - last)
        last = moment
        if objective == best:
            current = 0.0
        elif objective * best < 0:
            current = 1.0
        else:
            current = min(1.0, abs(objective - best) / max(abs(objective), abs(best)))
    return (area + current * max(0.0, horizon - last)) / horizon


def number(value: float | None) -> str:
    """A number for people: integers whole, others with nine significant digits."""
    if value is None:
        return "–"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return f"{int(value)}"
    return f"{value:.9g}"


def _finite(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def load_solution(path: str, instance: Any) -> Any:
    """The solution in a result file, decoded for `instance`.

    Raises
    ------
    InstanceError
        If the file is no result, belongs to another family or instance, or has no solution.
    """
    path, instance = _in_order(path, instance)
    raw, file = files.load(path)
    text = files.text_of(raw, file)
    family = base.family_of(instance)
    framed = text.lstrip().startswith("{") and ('"solution"' in text or '"format"' in text)
    try:
        if family.read_solution is not None and not framed:
            return family.read_solution(text, instance, file=file)
        data = _result_data(text, instance, file)
    except InstanceError:
        if not framed and (found := _instance_file(raw, file)):
            raise InstanceError(
                f"is an instance of {found}, expected a result or a solution", file=file
            ) from None
        raise
    if not isinstance(data["solution"], dict):
        raise InstanceError("holds no solution", file=file, field="solution")
    return decode(instance, data["solution"], file=file)


def _instance_file(raw: bytes, file: str) -> str:
    """The family that a file is an instance of; empty if of none."""
    try:
        family, fmt = files.recognise(raw, file)
        files.parse(raw, file, fmt, {})
    except InstanceError:
        return ""
    return family.name


def _in_order(path: Any, instance: Any) -> tuple[Any, Any]:
    """File and instance, whichever came first; an instance may be named by its file, too."""
    if isinstance(instance, str | os.PathLike) and not isinstance(path, str | os.PathLike):
        path, instance = instance, path
    elif isinstance(instance, str | os.PathLike):
        instance = files.read(instance)
    return path, instance


def _result_data(text: str, instance: Any, file: str) -> dict:
    """The JSON of a result that is one of `instance`."""
    family = base.family_of(instance)
    data = base.parse_json(text, file=file)
    if data.get("format") != FORMAT or "solution" not in data:
        raise InstanceError(f'is no solution file (expected "format": {FORMAT})', file=file)
    if data.get("family") != family.name:
        raise InstanceError(
            f"is a solution of family {data.get('family')!r}, expected {family.name!r}", file=file
        )
    described = data.get("instance")
    stated = described.get("sha256") if isinstance(described, dict) else None
    if stated != base.digest(instance):
        raise InstanceError(
            "is a solution of another instance, or of this file read with other options (its "
            "sha256 differs): if it was solved with --option KEY=VALUE, repeat that here",
            file=file,
            field="instance",
        )
    return data


def load_result(path: str, instance: Any) -> Result:
    """A result file as the `Result` it was written from, its claims held against a recomputation.

    Parameters
    ----------
    path : str
        A file of ``zerogap solve -o`` or `Result.save`.
    instance : object
        The instance it is a result of.

    Returns
    -------
    Result
        With an empty trace.

    Raises
    ------
    InstanceError
        If the file is no result of `instance`, or if objective, bound, gap or status are not
        those of its solution.
    InfeasibleSolution
        If the solution violates a constraint.
    """
    path, instance = _in_order(path, instance)
    raw, file = files.load(path)
    text = files.text_of(raw, file)
    if not text.lstrip().startswith("{"):
        raise InstanceError("is a solution file without claims", file=file)
    data = _result_data(text, instance, file)
    family = base.family_of(instance)
    solution, objective = None, None
    if data["solution"] is not None:
        if not isinstance(data["solution"], dict):
            raise InstanceError("expected an object or null", file=file, field="solution")
        solution = decode(instance, data["solution"], file=file)
        objective = family.check(instance, solution)
    status, bound = _stated(data, objective, instance, file)
    claims = _stated_claims(data, file)
    for claim in claims[:1]:
        if claim.kind == "bound" and claim.value != bound:
            raise InstanceError(
                f"the deciding one is {claim.value}, the bound {bound}", file=file, field="claims"
            )
    return Result(
        family=family.name,
        instance=instance,
        status=status,
        objective=objective,
        bound=bound,
        solution=solution,
        trace=(),
        time=_number(data, "time", file) or 0.0,
        seed=int(_number(data, "seed", file) or 0),
        threads=int(_number(data, "threads", file) or 1),
        method=str(data.get("method", "")),
        claims=claims,
        extended=data.get("extended", False) is True,
    )


def _number(data: dict, key: str, file: str) -> Any:
    value = data.get(key)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise InstanceError(f"is {value!r}, expected a number", file=file, field=key)
    return value


def _stated(data: dict, objective: Any, instance: Any, file: str) -> tuple[Status, Any]:
    """Status and bound as stated, refused where they contradict the solution."""
    family = base.family_of(instance)
    sense = family.sense_of(instance) if family.sense_of else family.sense

    def beyond(a: Any, b: Any) -> bool:
        worse = a - b if sense == "min" else b - a
        return worse > max(family.tolerance, 0.0) * max(1.0, abs(a))

    def refuse(field: str, why: str) -> None:
        raise InstanceError(why, file=file, field=field)

    stated, bound = _number(data, "objective", file), _number(data, "bound", file)
    if objective is None and stated is not None:
        refuse("objective", f"is {number(stated)} without a solution")
    if objective is not None and (
        stated is None or beyond(stated, objective) or beyond(objective, stated)
    ):
        refuse("objective", f"is {number(stated)}, the solution's is {number(objective)}")
    try:
        status = Status(str(data.get("status")))
    except ValueError:
        refuse("status", f"is {data.get('status')!r}, expected one of {', '.join(Status)}")
    if objective is not None and bound is not None and beyond(bound, objective):
        refuse("bound", f"is {number(bound)}, beyond the solution's {number(objective)}")
    closed = objective is not None and bound is not None and not beyond(objective, bound)
    wrong = {
        Status.OPTIMAL: not closed,
        Status.FEASIBLE: objective is None or closed,
        Status.INFEASIBLE: objective is not None,
        Status.UNKNOWN: objective is not None,
    }[status]
    if wrong:
        refuse(
            "status",
            f"is {status}, which objective {number(objective)} and bound {number(bound)} are not",
        )
    claimed = _number(data, "gap", file)
    true = _finite(gap(objective, bound, family.offset(instance)))
    if claimed is not None and (true is None or abs(claimed - true) > 1e-9 * max(1.0, abs(true))):
        refuse("gap", f"is {claimed}, that of objective and bound is {true}")
    return status, bound


def _stated_claims(data: dict, file: str) -> tuple[Claim, ...]:
    stated = data.get("claims", [])
    if not isinstance(stated, list) or not all(isinstance(c, dict) for c in stated):
        raise InstanceError("expected a list of objects", file=file, field="claims")
    try:
        return tuple(
            Claim(str(c["claim"]), c["value"], str(c["source"]), c.get("against")) for c in stated
        )
    except KeyError as error:
        raise InstanceError(
            f"key {error.args[0]!r} is missing", file=file, field="claims"
        ) from None


def decode(instance: Any, encoded: dict, *, file: str | None = None) -> Any:
    """A solution from its JSON form; every malformation is an `InstanceError`."""
    try:
        return base.family_of(instance).decode(instance, encoded)
    except InstanceError as error:
        error.file = error.file or file
        raise
    except KeyError as error:
        raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None
    except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        raise InstanceError(f"malformed solution: {plainly(error)}", file=file) from None


def versions() -> dict[str, str]:
    """Versions of everything that decides about a result, for bug reports and tables."""
    found = {"python": platform.python_version()}
    for package in ("zerogap", "ortools", "highspy", "pyomo", "numpy", "networkx"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "missing"
    return found
