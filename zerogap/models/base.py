"""What a family of problems is, and the registry of the families.

A family is a package ``zerogap.models.<name>`` whose ``__init__`` defines ``FAMILY``. Its solver is
``zerogap.solvers.<name>`` (a dict ``METHODS``), its picture ``zerogap.report.<name>`` (a function
``draw``). Nothing of a family is imported before it is used.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib
import inspect
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from zerogap.models.errors import InfeasibleSolution as InfeasibleSolution
from zerogap.models.errors import InstanceError
from zerogap.models.text import visible, words
from zerogap.models.told import Told, nearest, newer

#: The families of the package. A new family is one more line here.
REGISTRY: dict[str, tuple[str, str, str]] = {
    name: (f"zerogap.models.{name}", f"zerogap.solvers.{name}", f"zerogap.report.{name}")
    for name in (
        "routing",
        "jobshop",
        "fairclique",
        "matmul",
        "treeprune",
        "scratchpad",
        "scheduling",
        "mapf",
        "dag",  # last: a table of numbers could be anything
    )
}


@dataclass(frozen=True)
class Format:
    """A file format of a family's instances.

    Parameters
    ----------
    name : str
        Name shown to users.
    suffixes : tuple of str
        Usual endings of file names, with the dot; the first is used for writing.
    sniff : callable
        ``sniff(head, name)`` tells from the first 64 KiB of the text (bytes if `binary`) and the
        file's name whether the file is of this format.
    read : callable
        ``read(text, *, file, **options)`` returns the instance or raises `InstanceError`.
    write : callable, optional
        ``write(instance)`` returns the text (bytes if `binary`).
    binary : bool
        Whether `read`, `sniff` and `write` deal in bytes.
    shape : int
        1: `sniff` goes by the shape alone (rows of numbers), which other families' files may have
        as well; a format recognised by a meaning (a keyword, a header) wins over it. 2: the shape
        is so weak that any other format wins.
    named : bool
        Whether the family must be named, or told by its options, before `sniff` is asked.
    columns : mapping
        Of a table: the columns it cannot do without, each with the words that mean it; to say
        what is missing in a file that is nearly one.
    encode, decode : callable, optional
        Of a JSON format, see `json_format`.
    schema : callable, optional
        Of a JSON format: ``schema()`` gives the JSON schemas of keys whose fields are declared.
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Any, str], bool]
    read: Callable[..., Any]
    write: Callable[[Any], Any] | None = None
    binary: bool = False
    shape: int = 0
    named: bool = False
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    encode: Callable[[Any], dict] | None = None
    decode: Callable[..., Any] | None = None
    schema: Callable[[], dict[str, Any]] | None = None


@dataclass(frozen=True)
class Option:
    """A setting of a family, ``--option name=value`` on the command line.

    Parameters
    ----------
    name : str
    type : callable
        Converts the text; raises ValueError with what was expected.
    default : object
    help : str
        What it sets, in a few words without a full stop.
    choices : tuple, optional
        The allowed values.
    solving : bool
        Whether it is a setting of `solve`. All others belong to reading (or generating) and
        become part of the instance; neither is taken for the other.
    """

    name: str
    type: Callable[[str], Any]
    default: Any = None
    help: str = ""
    choices: tuple[Any, ...] | None = None
    #: Whether it is one of `solve`; otherwise it belongs to reading, and is part of the instance.
    solving: bool = False

    def parse(self, value: Any) -> Any:
        """Convert `value` (text from the command line, or already converted)."""
        try:
            parsed = self._convert(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise InstanceError(
                f"cannot read {value!r}: {_expected(self.type, error)}",
                field=f"option {self.name}",
            ) from None
        if self.choices is not None and parsed not in self.choices:
            raise InstanceError(
                f"{parsed!r} is not one of {', '.join(map(str, self.choices))}",
                field=f"option {self.name}",
            )
        return parsed

    def _convert(self, value: Any) -> Any:
        if self.type is bool:
            return boolean(value)
        if self.type is int:
            return integer(value)
        if self.type is float and isinstance(value, bool):
            raise ValueError("expected a number")
        return self.type(value)


#: An option of `solve`; a plain `Option` belongs to reading.
Setting = functools.partial(Option, solving=True)


def _expected(kind: Any, error: Exception) -> str:
    """What was expected, in no words of Python's own."""
    return {float: "expected a number", str: "expected a text"}.get(kind) or str(error)


def integer(value: Any) -> int:
    """An integer as it is, or from a text or a whole float; never rounded.

    Raises
    ------
    ValueError
        Saying what was expected.
    """
    if isinstance(value, bool):
        raise ValueError("expected an integer")
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError("expected an integer") from None
    if not isinstance(value, str) and whole != value:
        raise ValueError("expected an integer")
    return whole


def boolean(value: Any) -> bool:
    """A truth value as it is, or from a text.

    Raises
    ------
    ValueError
        Saying what was expected.
    """
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    try:
        return words[str(value).lower()]
    except KeyError:
        raise ValueError("expected true or false") from None


@dataclass(frozen=True)
class Family:
    """Everything the rest of the package needs to know of a family of problems.

    Parameters
    ----------
    name, title : str
        Name in every layer; title for people.
    sense : {"min", "max"}
        Direction of the objective.
    integral : bool
        Whether objectives are exact integers.
    unit : str
        Unit of the objective.
    instances, solution : tuple of type
        Classes of instances and of solutions.
    formats : tuple of Format
        Asked in this order when a file is recognised.
    check : callable
        ``check(instance, solution)`` recomputes the objective from the definition or raises
        `InfeasibleSolution`.
    encode, decode : callable
        ``encode(solution)`` gives a JSON-able dict, ``decode(instance, dict)`` the solution.
    info : callable
        ``info(instance)`` gives a dict of facts for people.
    generators : mapping of str to callable
        ``generator(seed=0, **options)``; the first is the default.
    options : tuple of Option
        Settings of reading and solving.
    tolerance : float
        Two objectives within ``tolerance * max(1, |objective|)`` are the same; 0 for integers.
    sense_of : callable, optional
        ``sense_of(instance)`` where the direction depends on the instance.
    offset_of : callable, optional
        ``offset_of(instance)``: what objectives get before anything is divided by them. Rewards
        may bring an objective near 0 or below, where a relative gap says nothing; with the offset
        it is the cost plus the rewards missed. Objectives and bounds themselves stay what they are.
    shown : callable, optional
        ``shown(instance, objective)``: the objective in the words and units of the data, for
        people; empty where the number says it.
    read_solution : callable, optional
        ``read_solution(text, instance, *, file)`` reads the field's own solution files.
    """

    name: str
    title: str
    sense: str
    integral: bool
    unit: str
    instances: tuple[type, ...]
    solution: type | tuple[type, ...]
    formats: tuple[Format, ...]
    check: Callable[[Any, Any], Any]
    encode: Callable[[Any], dict]
    decode: Callable[[Any, dict], Any]
    info: Callable[[Any], dict]
    generators: Mapping[str, Callable[..., Any]]
    options: tuple[Option, ...] = ()
    tolerance: float = 0.0
    sense_of: Callable[[Any], str] | None = None
    read_solution: Callable[..., Any] | None = None
    shown: Callable[[Any, Any], str] | None = None
    offset_of: Callable[[Any], float] | None = None

    def offset(self, instance: Any) -> float:
        """What an objective of `instance` gets before a relative gap is taken of it."""
        return 0 if self.offset_of is None else self.offset_of(instance)

    def option(self, name: str) -> Option:
        """The option called `name`; raises `InstanceError` naming the known ones."""
        for option in self.options:
            if option.name == name:
                return option
        names = [o.name for o in self.options]
        raise InstanceError(
            f"{self.name} has no option {name!r}{nearest(name, names)} "
            f"(known: {', '.join(names) or 'none'})",
            field="option",
        )

    def reading(self, options: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Settings parsed, those of reading and those of solving apart.

        Raises
        ------
        InstanceError
            If one is unknown or out of range.
        """
        read: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for key, value in options.items():
            option = self.option(key)
            (rest if option.solving else read)[key] = option.parse(value)
        return read, rest


@dataclass
class Model:
    """An exact formulation with its variables by name.

    Parameters
    ----------
    model : object
        ``cp_model.CpModel`` or a Pyomo ``ConcreteModel``.
    variables : dict
        Variables by name, so that users can add constraints; each family documents its names.
    read : callable
        ``read(value)`` builds the solution, ``value(variable)`` being a number.
    hint : callable
        ``hint(solution)`` yields (variable, number) for *every* variable, auxiliary ones included.
    scale, offset : float
        Objective of the family = scale × backend objective + offset.
    slack : float
        By how much a backend bound may be wrong because coefficients were rounded to integers
        (in the family's unit); bounds are relaxed by it.
    """

    model: Any
    variables: dict[str, Any]
    read: Callable[[Callable[[Any], float]], Any]
    hint: Callable[[Any], Iterable[tuple[Any, float]]]
    scale: float = 1
    offset: float = 0
    slack: float = 0.0
    extended: bool = field(default=False, repr=False)
    #: Under the user's constraints: solutions on the better side of this objective need no time
    #: beyond the model's horizon, so that claims hold up to it. None: no horizon but the
    #: definition's.
    reach: float | None = None
    #: Objective that a cut-off in the model demands to be beaten; None: no cut-off.
    target: Any = field(default=None, repr=False)


def register(name: str, models: str, solvers: str, report: str = "") -> None:
    """Add a family of one's own: the modules with its ``FAMILY``, ``METHODS`` and ``draw``."""
    REGISTRY[name] = (models, solvers, report)


def names() -> tuple[str, ...]:
    """Names of the known families."""
    return tuple(REGISTRY)


def _module(name: str, layer: int) -> ModuleType:
    if name not in REGISTRY:
        raise InstanceError(
            f"unknown family {name!r}{nearest(name, REGISTRY)} (known: {', '.join(REGISTRY)})",
            field="family",
        )
    return importlib.import_module(REGISTRY[name][layer])


def family(name: str) -> Family:
    """The family called `name`, imported on first use."""
    return _module(name, 0).FAMILY


def family_of(instance: Any) -> Family:
    """The family an instance belongs to."""
    package = type(instance).__module__
    for name, (models, _, _) in REGISTRY.items():
        if (package == models or package.startswith(models + ".")) and isinstance(
            instance, family(name).instances
        ):
            return family(name)
    kind = type(instance).__name__
    hint = " (its instance is .instance; .save(path) writes it)" if kind == "Result" else ""
    raise TypeError(
        f"expected an instance (of {', '.join(REGISTRY)}), got an object of type {kind}{hint}"
    )


#: Width of the lines of `described`.
_WIDTH = 100


def described(instance: Any) -> str:
    """An instance in three lines: what it is, and its first facts (`Family.info`)."""
    try:
        known = family_of(instance)
        facts = [f"{key} {words(value)}" for key, value in known.info(instance).items()]
        name = getattr(instance, "name", "")
    except Exception:  # an object that is only half made: in a debugger, in a traceback
        return f"<{type(instance).__name__}>"
    head = f"{type(instance).__name__}{f' {visible(name)}' if name else ''}: {known.title}"
    lines = [head[:_WIDTH]]
    for _ in range(2):
        line = ""
        while facts and len(line) + len(facts[0]) + 4 <= _WIDTH:
            line += ("; " if line else "  ") + facts.pop(0)
        if facts and not line:  # one fact that is longer than a line
            line = f"  {facts.pop(0)}"[: _WIDTH - 1] + "…"
        if line:
            lines.append(visible(line))
    return "\n".join(lines)


def digest(instance: Any) -> str:
    """SHA-256 over everything that defines the instance (all fields but its name).

    An instance that can be written in several ways says by a method ``canonical`` which is hashed.
    A field that came later states in its metadata the value that means nothing (``neutral``); an
    instance that has only that keeps the digest it had before.
    """
    h = hashlib.sha256()
    canonical = getattr(instance, "canonical", None)
    if canonical is not None:
        instance = canonical()
    _feed(h, instance)
    return h.hexdigest()


def _neutral(f: dataclasses.Field, instance: Any) -> bool:
    if "neutral" not in f.metadata:
        return False
    import numpy as np  # --help answers without it

    return bool(np.all(np.asarray(getattr(instance, f.name)) == f.metadata["neutral"]))


def _feed(h: Any, value: Any) -> None:
    import numpy as np  # --help answers without it

    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        h.update(type(value).__name__.encode())
        for f in dataclasses.fields(value):
            if f.name != "name" and f.compare and not _neutral(f, value):
                h.update(b"\0" + f.name.encode() + b"\0")
                _feed(h, getattr(value, f.name))
    elif isinstance(value, np.ndarray):
        h.update(f"{value.dtype.str}{value.shape}".encode())
        h.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            _feed(h, key)
            _feed(h, value[key])
    elif isinstance(value, list | tuple):
        h.update(f"[{len(value)}".encode())
        for item in value:
            _feed(h, item)
    elif isinstance(value, frozenset | set):
        _feed(h, sorted(value, key=repr))
    else:
        h.update(repr(value).encode() + b";")


def accepted(function: Callable[..., Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `options` that `function` takes by keyword: settings of reading, not of solving."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return dict(options)
    known = {p.name for p in parameters}
    return {key: value for key, value in options.items() if key in known}


def wanted(function: Callable[..., Any], options: Mapping[str, Any], format: str) -> dict[str, Any]:
    """The `options`, all of which `function` must take; else `InstanceError` naming one."""
    taken = accepted(function, options)
    for key in options:
        if key not in taken:
            raise InstanceError(f"says nothing to the format {format}", field=f"option {key}")
    return taken


def json_text(data: dict) -> str:
    """JSON as the project writes it: one line a top-level key, so that files diff well."""
    lines = (f"  {json.dumps(k)}: {json.dumps(v, default=_plain)}" for k, v in data.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value: Any) -> Any:
    import numpy as np  # --help answers without it

    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def parse_json(text: str, *, file: str, kind: type | tuple[type, ...] = dict) -> Any:
    """A JSON object (or another `kind` of value); NaN and infinities are refused.

    Raises
    ------
    InstanceError
        With file and line.
    """

    def refuse(word: str):
        raise InstanceError(f"{word} is not allowed", file=file)

    try:
        data = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        raise InstanceError(f"not JSON: {error.msg}", file=file, line=error.lineno) from None
    except RecursionError:
        raise InstanceError("JSON is nested too deeply", file=file) from None
    except ValueError as error:
        if isinstance(error, InstanceError):
            raise
        raise InstanceError("a number has too many digits", file=file) from None
    if not isinstance(data, kind):
        raise InstanceError("expected a JSON object", file=file, line=1)
    return data


def json_format(
    family_name: str,
    encode: Callable[[Any], dict],
    decode: Callable[..., Any],
    *,
    suffixes: tuple[str, ...] = (".json",),
    schema: Callable[[], dict[str, Any]] | None = None,
) -> Format:
    """The family's JSON format ``{"family": name, …}``.

    Parameters
    ----------
    encode : callable
        ``encode(instance)`` gives the dict of fields (without "family").
    decode : callable
        ``decode(data, *, file, **options)`` builds the instance; a missing key may raise
        KeyError, a wrong type TypeError: both become an `InstanceError`.
    schema : callable, optional
        ``schema()`` gives the JSON schemas of keys whose fields are declared.
    """

    def sniff(head: str, name: str) -> bool:
        return head.lstrip()[:1] == "{" and f'"{family_name}"' in head and '"solution"' not in head

    def read(text: str, *, file: str, **options: Any) -> Any:
        data = parse_json(text, file=file)
        if data.get("family", family_name) != family_name:
            raise InstanceError(
                f"family is {data.get('family')!r}, expected {family_name!r}", file=file
            )
        newer(data, file)
        told = Told(data)
        try:
            made = decode(told, file=file, **wanted(decode, options, "json"))
            # An option that was given wins over the file's key of its name, which nobody asks for.
            told.refuse_unknown({"family", "format", *options}, file=file)
            return made
        except InstanceError as error:
            error.file = error.file or file
            raise
        except KeyError as error:
            raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None
        except (TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
            raise InstanceError(told.malformed(error), file=file) from None

    def write(instance: Any) -> str:
        return json_text({"family": family_name, **encode(instance)})

    parts: dict[str, Any] = {"encode": encode, "decode": decode, "schema": schema}
    return Format("json", suffixes, sniff, read, write, **parts)
