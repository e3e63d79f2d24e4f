"""Benchmark suites: which instances, which methods, which budgets."""

from __future__ import annotations

import csv
import glob
import hashlib
import itertools
import json
import os
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zerogap.models.base import InstanceError
from zerogap.models.told import plainly


@dataclass(frozen=True)
class Method:
    """One column of a table: a method of ours, or a peer's adapter."""

    name: str
    method: str = ""
    peer: str = ""
    options: tuple[tuple[str, Any], ...] = ()
    time_limit: float | None = None  # seconds, where it is not the suite's


@dataclass(frozen=True)
class Source:
    """Where one instance comes from: a file (`origin`: as the suite names it), or a generator."""

    name: str
    file: str = ""
    origin: str = ""
    generate: tuple[tuple[str, Any], ...] = ()
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Run:
    """One run: an instance, a method, a seed and a budget."""

    suite: str
    family: str
    source: Source
    method: Method
    seed: int
    time_limit: float
    threads: int

    @property
    def key(self) -> str:
        """Identity of the run in a result file; the same run is never done twice."""
        text = json.dumps(self.to_dict(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_dict(self) -> dict:
        """The run as JSON, without machine paths."""
        return {
            "family": self.family,
            "instance": self.source.name,
            "origin": self.source.origin,
            "generate": dict(self.source.generate),
            "instance_options": dict(self.source.options),
            "method": self.method.name,
            "ours": self.method.method,
            "peer": self.method.peer,
            "options": dict(self.method.options),
            "seed": self.seed,
            "time_limit": self.time_limit,
            "threads": self.threads,
        }


@dataclass(frozen=True)
class Suite:
    """A suite file, resolved: its runs in order, and the best known values by instance name."""

    name: str
    family: str
    runs: tuple[Run, ...]
    best_known: dict[str, tuple[float | None, float | None]]
    missing: tuple[str, ...]
    known_source: str = ""  # where the best known values stand

    def known(self, instance: str) -> dict[str, Any] | None:
        """Best known value and bound of an instance with their source, as a result line has them.

        Returns
        -------
        dict or None
            `value` and `bound` (either may be None) and `source`; None where nothing is known.
        """
        if instance not in self.best_known:
            return None
        bound, value = self.best_known[instance]
        return {"value": value, "bound": bound, "source": self.known_source}


_KEYS = {
    "name", "family", "time_limit", "threads", "seeds", "best_known", "known_source", "instances",
    "methods", "description",
}  # fmt: skip


def load(path: str | os.PathLike) -> Suite:
    """Read a suite.

    Parameters
    ----------
    path : str or path
        TOML file. ``$ZEROGAP_DATA`` in a path means the folder of public data; instances under it
        are left out (and listed in `missing`) where the variable is not set.

    Returns
    -------
    Suite

    Raises
    ------
    InstanceError
        If the file cannot be read or a key is unknown, missing or of the wrong type.
    """
    file = str(path)
    try:
        data = tomllib.loads(Path(path).read_text())
    except OSError as error:
        raise InstanceError(f"cannot be read: {error.strerror}", file=file) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstanceError(f"not TOML: {error}", file=file) from None
    unknown = set(data) - _KEYS
    if unknown:
        raise InstanceError(f"unknown key {sorted(unknown)[0]!r}", file=file)
    try:
        return _resolve(data, Path(path))
    except KeyError as error:
        raise InstanceError(f"key {error.args[0]!r} is missing", file=file) from None
    except (TypeError, AttributeError) as error:
        raise InstanceError(f"malformed suite: {plainly(error)}", file=file) from None


def _resolve(data: dict, path: Path) -> Suite:
    family = data["family"]
    name = data.get("name", path.stem)
    sources, missing = [], []
    for entry in data["instances"]:
        found, lacking = _sources(entry, path)
        sources += found
        missing += lacking
    methods = [
        Method(
            m["name"],
            m.get("method", "" if "peer" in m else m["name"]),
            m.get("peer", ""),
            tuple(sorted(m.get("options", {}).items())),
            float(m["time_limit"]) if "time_limit" in m else None,
        )
        for m in data["methods"]
    ]
    runs = tuple(
        Run(
            name,
            family,
            source,
            method,
            seed,
            float(data.get("time_limit", 60)) if method.time_limit is None else method.time_limit,
            int(data.get("threads", 1)),
        )
        for source in sources
        for seed in data.get("seeds", [0])
        for method in methods
    )
    entry = data.get("best_known", {})
    known = _best_known(entry, path, sources)
    source = data.get("known_source") or _source_of(entry, path)
    return Suite(name, family, runs, known, tuple(missing), source)


def _source_of(entry: Any, path: Path) -> str:
    """Where best known values stand: the suite itself, a table, or solutions beside the files."""
    if isinstance(entry, dict):
        return f"benchmarks/suites/{path.name}"
    return f"{entry} beside the files" if entry.startswith("*") else entry


def _sources(entry: dict, path: Path) -> tuple[list[Source], list[str]]:
    options = tuple(sorted(entry.get("options", {}).items()))
    if "generate" in entry:
        return [
            Source(label, generate=call, options=options) for label, call in _sweep(entry, path)
        ], []
    pattern = entry.get("file") or entry["glob"]
    located = locate(pattern, path)
    if located is None:
        return [], [pattern]
    files = sorted(glob.glob(str(located))) if "glob" in entry else [str(located)]
    files = [f for f in files if os.path.exists(f)]
    every = entry.get("every", 1)
    folder = os.path.dirname(pattern)
    return [
        Source(_stem(f), f, os.path.join(folder, os.path.basename(f)), options=options)
        for f in files[::every]
    ], ([] if files else [pattern])


def _sweep(entry: dict, path: Path) -> Iterator[tuple[str, tuple[tuple[str, Any], ...]]]:
    """Names and calls of generated instances: every combination of the lists' members.

    Lists are swept in the order written, the last one fastest; ``{clients}`` in the name stands for
    the value of `clients`.
    """
    swept = {k: v if isinstance(v, list) else [v] for k, v in entry["generate"].items()}
    names = set()
    for values in itertools.product(*swept.values()):
        call = dict(zip(swept, values, strict=True))
        default = "-".join(f"{k}={v}" for k, v in sorted(call.items()))
        try:
            name = entry.get("name", default).format(**call)
        except (KeyError, IndexError, ValueError):
            message = f"name {entry['name']!r} may only hold {{argument}} of its generator"
            raise InstanceError(message, file=str(path)) from None
        if name in names:
            raise InstanceError(
                f"several generated instances would be called {name!r}; expected {{...}} of every "
                "list in the name",
                file=str(path),
            )
        names.add(name)
        yield name, tuple(sorted(call.items()))


def _stem(file: str) -> str:
    name = os.path.basename(file)
    for suffix in (".gz", ".zip"):
        name = name.removesuffix(suffix)
    return name.rsplit(".", 1)[0]


def locate(pattern: str, suite: Path) -> Path | None:
    """A path of a suite: under ``$ZEROGAP_DATA``, or relative to the project's root."""
    if pattern.startswith("$ZEROGAP_DATA"):
        root = os.environ.get("ZEROGAP_DATA")
        return Path(root) / pattern.removeprefix("$ZEROGAP_DATA").lstrip("/") if root else None
    if os.path.isabs(pattern):
        return Path(pattern)
    return project_root(suite) / pattern


def project_root(suite: Path) -> Path:
    """The folder that paths in a suite are relative to: the nearest one above with instances/."""
    for folder in suite.resolve().parents:
        if (folder / "instances").is_dir():
            return folder
    return suite.resolve().parent


def _best_known(
    entry: Any, path: Path, sources: list[Source]
) -> dict[str, tuple[float | None, float | None]]:
    """(lower, upper) by instance.

    From a table in the suite, from a CSV file, or (``"*.sol"``) from the line ``Cost`` of the
    solution file beside each instance.
    """
    if isinstance(entry, dict):
        return {k: (None, float(v)) for k, v in entry.items()}
    if entry.startswith("*"):
        beside = {s.name: Path(s.file).with_name(s.name + entry[1:]) for s in sources if s.file}
        return {name: (None, _cost(file)) for name, file in beside.items() if file.exists()}
    located = locate(entry, path)
    if located is None or not located.exists():
        return {}
    known = {}
    with open(located, newline="") as stream:
        for row in csv.DictReader(stream):
            bounds = (_first(row, "lower", "lower_bound"), _first(row, "upper", "best_known"))
            known[row["instance"]] = bounds
            # Taillard's shops are listed as ta01js in the public collection, their files as ta01.
            known.setdefault(row["instance"].removesuffix("js"), bounds)
    return known


def _first(row: dict[str, str], *columns: str) -> float | None:
    """The first of `columns` that is there and filled, as a number."""
    return next((float(row[c]) for c in columns if row.get(c)), None)


def _cost(file: Path) -> float | None:
    """The number behind ``Cost`` in a CVRPLIB solution file."""
    found = re.search(r"^\s*Cost\s*:?\s*([-+.\deE]+)", file.read_text(), re.MULTILINE)
    return float(found.group(1)) if found else None
