"""Running a suite: a process a run, an appended line a run, nothing done twice."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any

from zerogap.bench.suite import Run, Suite, project_root
from zerogap.models.base import InstanceError
from zerogap.solvers.result import SolverError

#: Seconds a run may take beyond its time limit (reading, building, checking) before it is killed.
GRACE = 120.0
FORMAT = 1


def environment() -> dict[str, Any]:
    """The machine as far as it decides about times."""
    model = ""
    try:
        with open("/proc/cpuinfo") as stream:
            model = next(
                (l.split(":")[1].strip() for l in stream if l.startswith("model name")), ""
            )
    except OSError:
        model = platform.processor()
    return {
        "cpu": model,
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "system": platform.system(),
        "python": platform.python_version(),
        "commit": commit(),
    }


@functools.cache
def commit() -> str:
    """Commit of the checkout this package runs from, ``+`` behind it if changed; else empty."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return ""
    command = [
        "git",
        "-C",
        str(root),
        "describe",
        "--always",
        "--abbrev=12",
        "--match=",
        "--dirty=+",
    ]
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    return ""


def read_results(path: str | os.PathLike) -> list[dict]:
    """The lines of a result file; a last line cut by a crash is left out.

    Lines of suites have a `key`, those of single measurements (`benchmarks/*_bars.py`) a `bar`.

    Raises
    ------
    InstanceError
        If a line other than the last is damaged.
    """
    file = str(path)
    try:
        lines = Path(path).read_bytes().split(b"\n")
    except OSError as error:
        raise InstanceError(f"cannot be read: {error.strerror}", file=file) from None
    found = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or not ("key" in record or "bar" in record):
                raise ValueError("no result line")
        except ValueError:
            if number == len(lines):
                continue
            raise InstanceError("damaged result line", file=file, line=number) from None
        found.append(record)
    return newest(found)


def newest(records: list[dict]) -> list[dict]:
    """Records without those that later ones replace.

    A later line of the same run replaces an earlier one; and where an instance has changed since
    (its sha256), what was found for the old one is left out, whichever method found it.
    """
    last: dict[tuple, Any] = {}
    for record in records:
        if "key" in record and record.get("sha256"):
            last[_instance_of(record)] = record["sha256"]
    of_key = {record.get("key", k): k for k, record in enumerate(records)}
    return [
        record
        for k, record in enumerate(records)
        if of_key[record.get("key", k)] == k
        and ("key" not in record or record.get("sha256") in (None, last.get(_instance_of(record))))
    ]


def _instance_of(record: dict) -> tuple:
    """What names the instance of a record."""
    keys = ("family", "instance", "origin", "generate", "instance_options")
    return tuple(json.dumps(record.get(key), sort_keys=True) for key in keys)


#: How a run ends that found out nothing.
FAILED = ("error", "crashed", "killed")


class Fresh:
    """Which runs of a result file still hold: same instance, same adapter, same version of ours.

    Parameters
    ----------
    store : Store
    root, folder : path
        Of the project and of the suite: peers' adapters are named from there.
    """

    def __init__(self, store: Store, root: Path, folder: Path | None = None):
        self.records = {} if not store.path.exists() else {
            r["key"]: r for r in read_results(store.path) if "key" in r
        }  # fmt: skip
        self.root, self.folder = root, root if folder is None else folder
        self._digests: dict[str, str] = {}

    def __call__(self, run: Run, *, retry: bool = False) -> bool:
        """Whether the run is done and its record speaks of what it would be run on now."""
        record = self.records.get(run.key)
        if record is None or (retry and record.get("status") in FAILED):
            return False
        if not run.method.peer and (record.get("versions") or {}).get("zerogap", version()) != (
            version()
        ):
            return False
        if "source_sha256" in record:
            return bool(record["source_sha256"] == source_digest(run, self.root, self.folder))
        return record.get("sha256") in (None, self._digest(run))

    def _digest(self, run: Run) -> str | None:
        """sha256 of the instance as it is now: for lines without one of its files."""
        from zerogap.models import base, files

        if run.source.generate:
            return base.digest(_generated(run))
        where = json.dumps([run.source.file, dict(run.source.options)], sort_keys=True)
        if where not in self._digests:
            made = files.read(run.source.file, family=run.family, **dict(run.source.options))
            self._digests[where] = base.digest(made)
        return self._digests[where]


def _generated(run: Run) -> Any:
    import zerogap as zg

    call = dict(run.source.generate)
    return zg.generate(run.family, call.pop("generator", None), **call)


@functools.cache
def version() -> str:
    """Version of zerogap that runs."""
    from importlib import metadata

    return metadata.version("zerogap")


def source_digest(run: Run, root: Path, folder: Path) -> str:
    """sha256 over all that a run reads: its file, files that its options name, a peer's adapter."""
    seen = hashlib.sha256()
    named = [run.source.file, *(str(v) for _, v in run.source.options)]
    if run.method.peer:
        named.append(str(adapter(run, root, folder)))
    for name in named:
        if name and os.path.isfile(name):
            seen.update(_file_digest(name, os.stat(name).st_mtime_ns).encode())
    seen.update(json.dumps(dict(run.source.generate), sort_keys=True).encode())
    return seen.hexdigest()


@functools.lru_cache(maxsize=4096)
def _file_digest(name: str, _: int) -> str:
    with open(name, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Store:
    """An append-only file of results; survives a kill at any moment.

    Parameters
    ----------
    path : str or path
        JSON lines. A line that a kill cut short is removed before anything is appended.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.done: set[str] = set()
        if self.path.exists():
            self._mend()
            self.done = {r["key"] for r in read_results(self.path) if "key" in r}

    def _mend(self) -> None:
        raw = self.path.read_bytes()
        if raw and not raw.endswith(b"\n"):
            with open(self.path, "r+b") as stream:
                stream.truncate(raw.rfind(b"\n") + 1)

    def append(self, record: dict) -> None:
        """Write one line through to the disk."""
        line = json.dumps(record, default=str).encode() + b"\n"
        with open(self.path, "ab") as stream:
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        if "key" in record:
            self.done.add(record["key"])


def adapter(run: Run, root: Path, folder: Path) -> Path:
    """File of a peer's adapter: named from the suite's folder, or from the project's."""
    beside = folder / run.method.peer
    return beside if beside.is_file() else root / run.method.peer


def execute(run: Run, root: Path, folder: Path | None = None) -> dict:
    """One run in a process of its own; always returns a record."""
    folder = root if folder is None else folder
    order = run.to_dict() | {"file": run.source.file, "root": str(root)}
    order["peer_file"] = str(adapter(run, root, folder)) if run.method.peer else ""
    digest = source_digest(run, root, folder)
    begun = time.time()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "zerogap.bench.worker"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=run.time_limit + GRACE,
            check=False,
        )
        outcome = json.loads(done.stdout.strip().split(b"\n")[-1])
    except subprocess.TimeoutExpired:
        outcome = {"status": "killed", "messages": [f"no answer {GRACE:g} s after its limit"]}
    except ValueError:
        tail = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        outcome = {"status": "crashed", "messages": [f"exit code {done.returncode}: {tail}"]}
    return (
        {"format": FORMAT, "key": run.key, "suite": run.suite}
        | run.to_dict()
        | outcome
        | {"source_sha256": digest, "at": round(begun), "machine": environment()}
    )


def perform(
    suite: Suite,
    suite_path: Path,
    store: Store,
    *,
    jobs: int = 1,
    runs: Iterable[Run] | None = None,
    submit: Callable[..., Future] | None = None,
    retry: bool = False,
) -> Iterator[dict]:
    """Do what is not done yet of a suite, yielding the records as they come.

    Parameters
    ----------
    suite : Suite
    suite_path : Path
        Where it was read from.
    store : Store
        Gets every record before it is yielded.
    jobs : int
        Runs at a time; more than one disturbs the times of the others.
    runs : iterable of Run, optional
        A part of the suite instead of all.
    submit : callable, optional
        ``submit(execute, run, root, folder)`` of another engine, returning a future.
    retry : bool
        Whether runs that failed are run again.
    """
    root, folder = project_root(suite_path), suite_path.resolve().parent
    holds = Fresh(store, root, folder)
    todo = [run for run in (suite.runs if runs is None else runs) if not holds(run, retry=retry)]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        send = submit or pool.submit
        queue = iter(todo)
        width = jobs if submit is None else len(todo)
        waiting = {send(execute, run, root, folder): run for run in itertools.islice(queue, width)}
        while waiting:
            for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                record = _outcome(future, waiting.pop(future), store)
                record["machine"]["jobs"] = jobs if submit is None else 1
                record["known"] = suite.known(record["instance"])
                if record["status"] != "missing":  # a peer installed later is run later
                    store.append(record)
                yield record
                run = next(queue, None)
                if run is not None:
                    waiting[send(execute, run, root, folder)] = run


def _outcome(future: Future, run: Run, store: Store) -> dict:
    """The record of a run; an engine that gave the run up ends the suite, which can be resumed."""
    try:
        return future.result()
    except (Exception, CancelledError) as error:
        reason = str(error) or type(error).__name__
        raise SolverError(
            f"{run.source.name} {run.method.name} was lost: {reason}; what is done is in "
            f"{store.path}, the same command goes on from there"
        ) from None


def to_pandas(path: str | os.PathLike) -> Any:
    """A result file as a pandas DataFrame (extra [science]), a row a run, without traces."""
    import pandas as pd

    rows = [
        {k: v for k, v in r.items() if k not in ("trace", "solution", "versions", "machine")}
        for r in read_results(path)
    ]
    return pd.DataFrame(rows)
