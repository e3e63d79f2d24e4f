"""Running a suite: a process a run, an appended line a run, nothing done twice."""

from __future__ import annotations

import contextlib
import functools
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
    return found


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


def execute(run: Run, root: Path) -> dict:
    """One run in a process of its own; always returns a record."""
    order = run.to_dict() | {"file": run.source.file, "root": str(root)}
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
        | {"at": round(begun), "machine": environment()}
    )


def perform(
    suite: Suite,
    suite_path: Path,
    store: Store,
    *,
    jobs: int = 1,
    runs: Iterable[Run] | None = None,
    submit: Callable[..., Future] | None = None,
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
        ``submit(execute, run, root)`` of another engine, returning a future.
    """
    root = project_root(suite_path)
    todo = [run for run in (suite.runs if runs is None else runs) if run.key not in store.done]
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        send = submit or pool.submit
        queue = iter(todo)
        width = jobs if submit is None else len(todo)
        waiting = {send(execute, run, root): run for run in itertools.islice(queue, width)}
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
                    waiting[send(execute, run, root)] = run


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
