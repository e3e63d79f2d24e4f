"""JSON Schema of a family's instance format, from the reader itself.

What a JSON format knows is what its reader asks for (`Told`). The schema is made by letting the
reader read generated instances and noting what it asked: every key, at any depth. Which keys are
required is tried out by leaving them out, and a place has the types of the examples and all others
that the reader takes there; a key that no example has is named without a type. Such a schema may
allow more than the reader. Where a family declares its fields (`Format.schema`), their types,
ranges, defaults and descriptions stand in these places; where all required ones are declared, no
other key is allowed.
"""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Iterable
from typing import Any

from zerogap.models.base import Family, Format, InstanceError, family, json_text
from zerogap.models.told import JSON_FORMAT, Told

DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Arguments of generators that are sizes, and what is small for them.
SMALL = {
    "clients": 6, "cities": 9, "robots": 2, "vehicles": 3, "jobs": 3, "machines": 3, "agents": 2,
    "vertices": 8, "edges": 10, "scale": 3, "layers": 4, "leaves": 4, "width": 4, "depth": 3,
    "branches": 3, "candidates": 12, "rows": 5, "columns": 5, "stages": 2, "batches": 2, "tasks": 4,
}  # fmt: skip
#: The same for generators that take their options as they come.
FREE = {"variables": 4, "observations": 20}
SHOWN = 2000  # characters that an example may have
LARGE = 4_000  # characters of an example from which on no other types are tried
ITEMS = 2  # of a list in whose place other types are tried
OWN = ("family", "format")  # keys of every file
PROBES: tuple[Any, ...] = (None, True, 1, 0.5, "x", [], {})
_NAMES = {
    str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null",
    list: "array", dict: "object", Told: "object",
}  # fmt: skip


class NoSchema(LookupError):
    """A family without a JSON format of instances."""


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema of a family's instance files.

    Parameters
    ----------
    name : str
        Name of the family.

    Raises
    ------
    NoSchema
        If its instances have no JSON format.
    """
    found = family(name)
    form = next((f for f in found.formats if f.decode is not None), None)
    if form is None:
        raise NoSchema(f"{name} has no JSON format of instances")
    examples = [json_text({"family": name, **data}) for data in _examples(found, form)]
    declared = {} if form.schema is None else form.schema()
    readers = [_Reader(form, json.loads(text), set(declared)) for text in examples]
    rows = _merged([reader.described() for reader in readers])["properties"] | declared
    head: dict[str, Any] = {
        "family": {"const": name, "description": "may be left out where the family is named"},
        "format": {"type": "integer", "minimum": 1, "maximum": JSON_FORMAT},
    }
    required = set.intersection(*(reader.required() for reader in readers))
    schema: dict[str, Any] = {
        "$schema": DIALECT,
        "title": f"{found.title}: an instance of zerogap",
        "type": "object",
        "required": sorted(required),
        "properties": head | dict(sorted(rows.items())),
    }
    if declared and required <= set(declared):
        schema |= {"additionalProperties": False, "patternProperties": {"^(comment$|_)": {}}}
    shortest = min(examples, key=len)
    if len(shortest) <= SHOWN:
        schema["examples"] = [json.loads(shortest)]
    return _plain(schema)


def _examples(found: Family, form: Format) -> Iterable[dict[str, Any]]:
    """Small generated instances, as the family writes them."""
    assert form.encode is not None
    for make in found.generators.values():
        known = inspect.signature(make).parameters
        small = FREE if "options" in known else {k: v for k, v in SMALL.items() if k in known}
        for sizes in (small, {}):
            try:
                yield form.encode(make(seed=1, **sizes))
                break
            except (InstanceError, TypeError):  # too small for this one; or not in JSON
                continue


class _Reader:
    """The reader at an example: what it asks for, and what else it would take."""

    def __init__(self, form: Format, data: dict[str, Any], declared: set[str]) -> None:
        self.form, self.data = form, {k: v for k, v in data.items() if k not in OWN}
        self.declared = declared
        self.curious = len(json.dumps(data)) < LARGE

    def takes(self, data: dict[str, Any]) -> Told | None:
        """The object after it was read; None if it is refused."""
        told = Told(data)
        try:
            self.form.decode(told, file="<example>")  # type: ignore[misc]
        except (InstanceError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return None
        return told

    def required(self) -> set[str]:
        """Top keys that the example cannot be read without."""
        return {
            key
            for key in self.data
            if self.takes({k: v for k, v in self.data.items() if k != key}) is None
        }

    def described(self) -> dict[str, Any]:
        """What the example says about the whole."""
        told = self.takes(self.data)
        if told is None:
            raise AssertionError("an example that its own reader refuses")
        return self._value(told, ())

    def _value(self, value: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
        if path and path[0] in self.declared:
            return {}
        made: dict[str, Any] = {"type": self._types(value, path)}
        if isinstance(value, Told) and value.asked:
            rows: dict[str, Any] = {key: {} for key in value.asked}
            known = [(k, v) for k, v in dict.items(value) if k in value.asked]
            made["properties"] = rows | {k: self._value(v, (*path, k)) for k, v in known}
        elif isinstance(value, list) and value:
            tried = [self._value(v, (*path, k)) for k, v in enumerate(value[:ITEMS])]
            made["items"] = _merged(tried + [_shape(v) for v in value[ITEMS:]])
        return made

    def _types(self, value: Any, path: tuple[str | int, ...]) -> list[str]:
        """Types that a place may have; Python's looser habits are not advertised."""
        own = _NAMES[type(value)]
        others = {_NAMES[type(probe)] for probe in PROBES if self._other(path, probe)}
        if len(others) == len(PROBES) or own == "boolean":  # nobody looks at the type
            others = set()
        return [own, *(others - {"boolean"} if own in ("integer", "number") else others)]

    def _other(self, path: tuple[str | int, ...], probe: Any) -> bool:
        """Whether the reader takes a value of another type in a place."""
        if not path or not self.curious:
            return False
        changed = copy.deepcopy(self.data)
        at: Any = changed
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = probe
        return self.takes(changed) is not None


def _shape(value: Any) -> dict[str, Any]:
    """The type alone."""
    made: dict[str, Any] = {"type": [_NAMES[type(value)]]}
    if isinstance(value, Told):
        made["properties"] = {k: _shape(v) for k, v in dict.items(value) if k in value.asked}
    elif isinstance(value, list) and value:
        made["items"] = _merged([_shape(v) for v in value])
    return made


def _merged(parts: list[dict[str, Any]]) -> dict[str, Any]:
    """What several values say about the same place."""
    made: dict[str, Any] = {}
    for part in parts:
        if not made or not part:
            made = made or dict(part)
            continue
        made["type"] = [*made.get("type", ()), *part.get("type", ())]
        if "items" in part:
            made["items"] = _merged([made.get("items", {}), part["items"]])
        if "properties" in part:
            rows = dict(made.get("properties", {}))
            for key, row in part["properties"].items():
                rows[key] = _merged([rows.get(key, {}), row])
            made["properties"] = rows
    return made


def _plain(node: Any) -> Any:
    """Types without repetitions, a single one as a word; keys of objects in order."""
    if isinstance(node, list):
        return [_plain(v) for v in node]
    if not isinstance(node, dict):
        return node
    made = {k: _plain(v) for k, v in node.items() if k not in ("const", "enum", "examples")}
    made |= {k: node[k] for k in ("const", "enum", "examples") if k in node}
    kinds = node.get("type")
    if isinstance(kinds, list) and all(isinstance(k, str) for k in kinds):
        every = set(kinds)
        every -= {"integer"} if "number" in every else set()
        if every == {"null"}:  # what else it may be was not seen
            del made["type"]
        else:
            made["type"] = sorted(every) if len(every) > 1 else every.pop()
    return made
