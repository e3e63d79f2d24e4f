"""The best schemes found of every format and ring, shared by all walkers, kept in a file."""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from dataclasses import dataclass, field

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.files import replace
from zerogap.models.matmul.moves import Factors, Sides
from zerogap.models.matmul.solution import Scheme, check_scheme

_VERSION = 1


@dataclass
class Pool:
    """Distinct schemes of one rank, the best found."""

    rank: int
    schemes: list[Factors] = field(default_factory=list)
    marks: list[int] = field(default_factory=list)
    visits: int = 0
    failures: int = 0


class Pools:
    """Pools by (sides in ascending order, ring), safe to share between threads.

    Parameters
    ----------
    size : int
        Schemes kept of every format and ring.
    path : str
        Checkpoint; read if it exists, then rewritten whole as the pools change. Empty: none.

    Raises
    ------
    InstanceError
        If the checkpoint is damaged or holds a wrong scheme.
    """

    #: Seconds between two writings that only add schemes of a known rank.
    PAUSE = 1.0

    def __init__(self, size: int = 64, path: str = ""):
        self.size = size
        self.path = path
        self.pools: dict[tuple[Sides, str], Pool] = {}
        self.lock = threading.RLock()
        self.steps = 0
        self._written = 0.0
        self._dirty = False
        if path and os.path.exists(path):
            self._load()

    def rank(self, n: Sides, ring: str) -> int | None:
        """Best rank of a format, None before anything was found."""
        with self.lock:
            pool = self.pools.get((n, ring))
            return pool.rank if pool else None

    def add(self, n: Sides, ring: str, scheme: Factors, mark: int) -> str:
        """Take a scheme: ``better`` (new best rank), ``new``, or ``known`` (or worse)."""
        with self.lock:
            pool = self.pools.get((n, ring))
            rank = len(scheme[0])
            if pool is not None and (rank > pool.rank or mark in pool.marks):
                return "known"
            better = pool is None or rank < pool.rank
            if better:
                visits = pool.visits if pool else 0
                pool = self.pools[n, ring] = Pool(rank, visits=visits)
            assert pool is not None
            if len(pool.schemes) >= self.size:  # replace the oldest: pools keep moving
                del pool.schemes[0], pool.marks[0]
            pool.schemes.append(tuple(np.array(m, np.int8) for m in scheme))
            pool.marks.append(mark)
            self._dirty = True
        self.save(now=better)
        return "better" if better else "new"

    def merge(self, other: Pools) -> None:
        """Take what others found; their visits count as ours."""
        with other.lock:
            entries = [(key, pool.visits, list(zip(pool.schemes, pool.marks)))
                       for key, pool in sorted(other.pools.items())]  # fmt: skip
        for (n, ring), visits, schemes in entries:
            for scheme, mark in schemes:
                self.add(n, ring, scheme, mark)
            with self.lock:
                pool = self.pools[n, ring]
                pool.visits = max(pool.visits, visits)

    def __getstate__(self) -> dict:
        """Pools travel to other processes without their lock and their file."""
        with self.lock:
            return {"size": self.size, "pools": self.pools, "steps": self.steps}

    def __setstate__(self, state: dict) -> None:
        self.__init__(state["size"])  # type: ignore[misc]
        self.pools, self.steps = state["pools"], state["steps"]

    def draw(self, n: Sides, ring: str, rng: np.random.Generator) -> Factors | None:
        """A random scheme of the best rank."""
        with self.lock:
            pool = self.pools.get((n, ring))
            if pool is None:
                return None
            return pool.schemes[int(rng.integers(len(pool.schemes)))]

    def table(self) -> dict[tuple[Sides, str], int]:
        """Best rank by format and ring."""
        with self.lock:
            return {key: pool.rank for key, pool in sorted(self.pools.items())}

    def save(self, *, now: bool = False) -> None:
        """Write the checkpoint, whole or not at all, at most once in `PAUSE` unless `now`."""
        if not self.path:
            return
        with self.lock:
            if not self._dirty or (not now and time.monotonic() - self._written < self.PAUSE):
                return
            self._dirty = False
            self._written = time.monotonic()
            arrays: dict[str, np.ndarray] = {}
            entries = []
            for (n, ring), pool in self.pools.items():
                key = f"{'x'.join(map(str, n))}_{ring}"
                entries.append({"n": list(n), "ring": ring, "rank": pool.rank, "key": key,
                                "visits": pool.visits})  # fmt: skip
                for name, index in (("u", 0), ("v", 1), ("w", 2)):
                    arrays[f"{key}_{name}"] = np.array([s[index] for s in pool.schemes], np.int8)
                arrays[f"{key}_marks"] = np.array(pool.marks, np.uint64)
            head = {"version": _VERSION, "steps": self.steps, "pools": entries}
            arrays["head"] = np.frombuffer(json.dumps(head).encode(), np.uint8)
            buffer = io.BytesIO()
            np.savez(buffer, **arrays)  # type: ignore[arg-type]
            replace(self.path, buffer.getvalue())

    def _load(self) -> None:
        try:
            with np.load(self.path, allow_pickle=False) as data:
                head = json.loads(bytes(data["head"]).decode())
                if head["version"] != _VERSION:
                    raise InstanceError(f"version {head['version']} is unknown", file=self.path)
                self.steps = int(head["steps"])
                for entry in head["pools"]:
                    n, key = tuple(entry["n"]), entry["key"]
                    u, v, w = (data[f"{key}_{name}"] for name in "uvw")
                    pool = Pool(entry["rank"], visits=entry["visits"])
                    pool.schemes = list(zip(u, v, w))
                    pool.marks = [int(x) for x in data[f"{key}_marks"]]
                    for scheme in pool.schemes:
                        check_scheme(n, entry["ring"], Scheme(*scheme))
                    self.pools[n, entry["ring"]] = pool
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            if isinstance(error, InstanceError) and error.file:
                raise
            raise InstanceError(f"is no checkpoint: {error}", file=self.path) from None
