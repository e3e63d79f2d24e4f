"""JSON objects that remember what they were asked for, so that nothing in a file is ignored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from zerogap.models.errors import InstanceError

#: The newest layout of the JSON files that this version reads.
JSON_FORMAT = 1


def newer(data: dict, file: str) -> None:
    """Refuse a file that states a layout which this version does not know."""
    stated = data.get("format", JSON_FORMAT)
    if isinstance(stated, bool) or not isinstance(stated, int) or not 1 <= stated <= JSON_FORMAT:
        raise InstanceError(
            f"is {stated!r}; this version reads up to {JSON_FORMAT}", file=file, field="format"
        )


def nearest(name: str, known: Iterable[str]) -> str:
    """What `name` may have been meant to be, in words; empty without a guess."""
    import difflib

    close = difflib.get_close_matches(name, sorted(known), 1, 0.6)
    return f" (did you mean {close[0]!r}?)" if close else ""


class Told(dict):
    """A JSON object that remembers what a reader asked it for.

    What was asked for, there or not, is what the format knows; a key that nobody asked for is
    unknown to it and refused by name, at any depth. ``comment`` and keys that begin with an
    underscore are free.
    """

    __slots__ = ("asked", "path", "trail")

    def __init__(self, data: Mapping, path: str = "", trail: list | None = None):
        self.asked: set[str] = set()
        self.path = path
        #: Path and key of what was asked for last, in one place for an object and all within.
        self.trail: list = [("", "")] if trail is None else trail
        super().__init__(
            {k: _told(v, f"{path}.{k}" if path else str(k), self.trail) for k, v in data.items()}
        )

    def __getitem__(self, key: str) -> Any:
        self._ask(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, noted as asked for."""
        self._ask(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """Take a key out, noted as asked for."""
        self._ask(key)
        return super().pop(key, *default)

    def _ask(self, key: str) -> None:
        self.asked.add(key)
        self.trail[0] = (self.path, key)

    def malformed(self, error: Exception) -> str:
        """What an exception of a reader means, and where it arose as far as that is known.

        The place is that of the value that the exception names (of the list whose rows differ), if
        no other is like it, else what was read last within a list: the fault is there or behind.
        """
        said = plainly(error)
        named = re.match(r"is ('.*?'|\".*?\"), expected", said)
        places = _places(self, named[1][1:-1]) if named else []
        if said.startswith("rows of different length"):
            places = _ragged(self)
        path, key = self.trail[0]
        if len(places) == 1:
            return f"malformed: {places[0]}: {said}"
        return f"malformed at or after {path}.{key}: {said}" if path else f"malformed: {said}"

    def refuse_unknown(self, known: Iterable[str] = (), *, file: str | None = None) -> None:
        """Raise `InstanceError` for the first key that nobody asked for."""
        self.asked |= set(known)
        for key, value in super().items():
            if key == "comment" or key.startswith("_"):
                continue
            if key not in self.asked:
                where = f" in {self.path}" if self.path else ""
                raise InstanceError(
                    f"unknown key {key!r}{where}{nearest(key, self.asked)}", file=file
                )
            _refuse_in(value, file)


def _told(value: Any, path: str, trail: list) -> Any:
    if isinstance(value, dict):
        return Told(value, path, trail)
    if isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        return [_told(v, f"{path}[{i}]", trail) for i, v in enumerate(value)]
    return value


#: What Python says of a value of the wrong kind, and what that means to who wrote the file.
_WORDS = (
    (r"could not convert string to float: (.*)", r"is \1, expected a number"),
    (r"invalid literal for int\(\) with base 10: (.*)", r"is \1, expected a whole number"),
    (r"int\(\) argument must be .*", "expected a whole number"),
    (r"float\(\) argument must be .*", "expected a number"),
    (r"only .*arrays can be converted to Python scalars", "is a list, expected a number"),
    (r"must be real number, not .*", "expected a number"),
    (r"unsupported operand .*|'[<>]=?' not supported .*|bad operand .*", "expected a number"),
    (r"ufunc .*", "expected numbers"),
    (r"'(\w+)' object is not (?:iterable|subscriptable)", r"is \1, expected a list or an object"),
    (r"object of type '(\w+)' has no len\(\)", r"is \1, expected a list"),
    (r"'(\w+)' object has no attribute .*", r"is \1, expected an object"),
    (r"cannot unpack non-iterable (\w+) object", r"is \1, expected a list"),
    (r"(?:string|list|tuple) ind(?:ices|ex) must be .*",
     "expected an object, got a list or a text"),
    (r"(?:list|tuple|string) index out of range", "a list is shorter than expected"),
    (r"not enough values to unpack \(expected (.*), got (.*)\)", r"has \2 values, expected \1"),
    (r"too many values to unpack \(expected (\d+).*\)", r"has more values than the \1 expected"),
    (r"unhashable type: '(\w+)'", r"is \1, expected a text or a number"),
    (r"cannot use '(\w+)' as a \w+ .*", r"is \1, expected a text or a number"),
    (r".*inhomogeneous.*|setting an array element with a sequence.*",
     "rows of different length, or lists where numbers are expected"),
    (r"cannot reshape array of size (\d+) into shape \((\d+),?\)",
     r"has \1 values, expected a multiple of \2"),
    (r".*too large to convert.*|.*out of bounds.*|.*int too large.*", "a number is too large"),
    (r".*missing \d+ required .*argument.*?: (.*)", r"\1 is missing"),
    (r"\S*\(\) got an unexpected keyword argument (.*)", r"unknown key \1"),
    (r"\S*\(\) argument after \*\* must be a mapping.*", "expected an object"),
)  # fmt: skip
#: Kinds of values, as they are called in JSON.
_KINDS = {
    "NoneType": "nothing", "int": "a number", "float": "a number", "bool": "true or false",
    "str": "a text", "list": "a list", "tuple": "a list", "dict": "an object",
    "Told": "an object", "ndarray": "a list",
}  # fmt: skip


def plainly(error: Exception) -> str:
    """What an exception of a reader means to who wrote the file, in no word of Python's."""
    text = str(error)
    for pattern, meaning in _WORDS:
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            for k, group in enumerate(found.groups(), 1):
                meaning = meaning.replace(f"\\{k}", _KINDS.get(group, group))
            return meaning
    if isinstance(error, TypeError | AttributeError):
        return "a value is of another kind than expected"
    return text


def _places(value: Any, text: str, path: str = "") -> list[str]:
    """Where `text` stands in JSON data."""
    if isinstance(value, dict):
        items = ((f"{path}.{k}" if path else str(k), v) for k, v in value.items())
    elif isinstance(value, list):
        items = ((f"{path}[{i}]", v) for i, v in enumerate(value))
    else:
        return [path] if value == text else []
    return [place for where, v in items for place in _places(v, text, where)]


def _ragged(value: Any, path: str = "") -> list[str]:
    """The lists in JSON data whose members are lists of different length, or not all lists."""
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in _ragged(v, f"{path}.{k}" if path else str(k))]
    if not isinstance(value, list):
        return []
    widths = {len(v) if isinstance(v, list) else -1 for v in value}
    deeper = [p for i, v in enumerate(value) for p in _ragged(v, f"{path}[{i}]")]
    return deeper or ([path] if len(widths) > 1 else [])


def _refuse_in(value: Any, file: str | None) -> None:
    if isinstance(value, Told):
        # An object none of whose keys was asked for is data: a mapping by names of the user's.
        if value.asked:
            value.refuse_unknown(file=file)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Told | list):
                _refuse_in(item, file)
