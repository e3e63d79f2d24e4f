"""JSON objects that remember what they were asked for, so that nothing in a file is ignored."""

from __future__ import annotations

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

    __slots__ = ("asked", "path")

    def __init__(self, data: Mapping, path: str = ""):
        self.asked: set[str] = set()
        self.path = path
        super().__init__({k: _told(v, f"{path}.{k}" if path else str(k)) for k, v in data.items()})

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)

    def __contains__(self, key: object) -> bool:
        self.asked.add(str(key))
        return super().__contains__(key)

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key, noted as asked for."""
        self.asked.add(key)
        return super().get(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        """Take a key out, noted as asked for."""
        self.asked.add(key)
        return super().pop(key, *default)

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


def _told(value: Any, path: str) -> Any:
    if isinstance(value, dict):
        return Told(value, path)
    if isinstance(value, list) and any(isinstance(v, dict | list) for v in value):
        return [_told(v, f"{path}[{i}]") for i, v in enumerate(value)]
    return value


def _refuse_in(value: Any, file: str | None) -> None:
    if isinstance(value, Told):
        # An object none of whose keys was asked for is data: a mapping by names of the user's.
        if value.asked:
            value.refuse_unknown(file=file)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, Told | list):
                _refuse_in(item, file)
