"""The catalogue: a scheme of every format up to 16×16×16, and what is known of its rank.

Schemes that walks have found are stored packed; every other format is composed of smaller ones by a
recipe. What is handed out has been verified on the way.

Recipes
-------
``scheme``
    stored.
``naive``
    every product of entries.
``2x2x3#1.4 on 3+2, 4+3, 2+2+2``
    `moves.blocks`: scheme number 1 stored of the outer format, in orientation 4 (`oriented`), on
    blocks of these sizes.
``3x4x5 less 0:2``
    `moves.project`: the format 3×4×5 without index 2 of its side 0.
"""

from __future__ import annotations

import base64
import contextlib
import csv
import functools
import itertools
import json
import math
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from zerogap.models.base import InfeasibleSolution, InstanceError
from zerogap.models.matmul import moves
from zerogap.models.matmul.bounds import rank_bound
from zerogap.models.matmul.moves import Factors, Sides
from zerogap.models.matmul.solution import Scheme, check_scheme

#: Largest side of a format in the catalogue.
LARGEST = 16

#: Rings in which the catalogue has schemes of its own; a ternary scheme is one over every other.
OWN = ("ZT", "Z2")

#: Where the best known ranks are from.
KNOWN = "collection of Perminov, 2026: arXiv 2511.20317, 2603.02398, 2606.02480 and what they cite"
KNOWN_Z2 = {
    (4, 4, 4): (47, "Fawzi et al. 2022, AlphaTensor"),
    (4, 4, 5): (60, "Kauers, Moosbauer 2022, Flip graphs for matrix multiplication"),
}

_REMEDY = "rebuild it: python -m zerogap.solvers.matmul.catalogue --rebuild"
_BLOCKS = re.compile(r"(\d+x\d+x\d+)#(\d+)\.(\d) on ([\d+]+), ([\d+]+), ([\d+]+)")
_CUT = re.compile(r"(\d+x\d+x\d+) less (\d):(\d+)")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the catalogue: rank, recipe, best known rank, lower bound and its source."""

    n: Sides
    ring: str
    rank: int
    recipe: str
    known: int
    known_source: str
    bound: int
    bound_source: str


def formats(largest: int = LARGEST, smallest: int = 2) -> list[Sides]:
    """All formats with sides in a range, in ascending order (there are 680 from 2 to 16)."""
    return list(itertools.combinations_with_replacement(range(smallest, largest + 1), 3))


def text(n: Sides) -> str:
    """The format as ``3x4x5``."""
    return "x".join(map(str, n))


def sides(name: str) -> Sides:
    """``3x4x5`` as three numbers."""
    return tuple(int(x) for x in name.split("x"))


def oriented(n: Sides, scheme: Factors, orientation: int) -> tuple[Sides, Factors]:
    """One of the six turns of a scheme: transposed from 3 on, then rotated 0 to 2 times."""
    if orientation >= 3:
        n, scheme = moves.transpose(n, scheme)
    for _ in range(orientation % 3):
        n, scheme = moves.rotate(n, scheme)
    return n, scheme


def pack(scheme: Factors) -> str:
    """Coefficients −1, 0, 1 as text: five to a byte, deflated, base 85."""
    flat = np.concatenate([np.asarray(m, np.int64).ravel() for m in scheme]) + 1
    flat = np.concatenate([flat, np.zeros(-len(flat) % 5, np.int64)]).reshape(-1, 5)
    data = (flat @ 3 ** np.arange(5)).astype(np.uint8).tobytes()
    return base64.b85encode(zlib.compress(data, 9)).decode()


def unpack(data: str, n: Sides, rank: int) -> Factors:
    """The inverse of `pack`; raises ValueError."""
    raw = np.frombuffer(zlib.decompress(base64.b85decode(data)), np.uint8).astype(np.int64)
    flat = (raw[:, None] // 3 ** np.arange(5) % 3 - 1).ravel().astype(np.int8)
    widths = (n[0] * n[1], n[1] * n[2], n[2] * n[0])
    if not 0 <= len(flat) - rank * sum(widths) < 5:
        raise ValueError(f"{len(flat)} coefficients, {rank * sum(widths)} expected")
    ends = np.cumsum([rank * e for e in widths])
    u, v, w = (x.reshape(rank, -1) for x in np.split(flat, ends)[:3])
    return u, v, w


class Catalogue:
    """Stored schemes and recipes.

    Parameters
    ----------
    folder : path, optional
        Holds ``schemes.json`` and ``recipes.csv``; None: an empty catalogue.

    Raises
    ------
    InstanceError
        Naming the file that is cut short or changed.
    """

    def __init__(self, folder: str | Path | None = None):
        self.folder = None if folder is None else Path(folder)
        #: (sorted format, ring) -> stored schemes, the best first.
        self.stored: dict[tuple[Sides, str], list[Factors]] = {}
        #: (sorted format, ring) -> (rank, recipe).
        self.recipes: dict[tuple[Sides, str], tuple[int, str]] = {}
        self._pricing = False
        self._made: dict[tuple[Sides, str], Factors] = {}
        if self.folder is not None:
            self._read_schemes(self.folder / "schemes.json")
            self._read_recipes(self.folder / "recipes.csv")

    # ---- what there is -------------------------------------------------------------------------

    def rank(self, n: Sides, ring: str = "ZT") -> int:
        """Rank of the scheme of a format."""
        return self._recipe(tuple(sorted(n)), ring)[0]

    def recipe(self, n: Sides, ring: str = "ZT") -> str:
        """How the scheme of a format is made."""
        return self._recipe(tuple(sorted(n)), ring)[1]

    def _recipe(self, n: Sides, ring: str) -> tuple[int, str]:
        if n[2] > LARGEST:
            raise InstanceError(
                f"{text(n)} is beyond the catalogue, which ends at side {LARGEST} "
                "(searches take larger formats)",
                field="format",
            )
        found = [(math.prod(n), "naive")]
        found += [self.recipes[n, r] for r in _rings(ring) if (n, r) in self.recipes]
        return min(found, key=lambda f: f[0])

    def entry(self, n: Sides, ring: str = "ZT") -> Entry:
        """All that the catalogue says of a format."""
        n = tuple(sorted(n))
        rank, recipe = self._recipe(n, ring)
        best, source = known(n, ring)
        bound, bound_source = rank_bound(n, ring)
        return Entry(n, ring, rank, recipe, best, source, bound, bound_source)

    def scheme(self, n: Sides, ring: str = "ZT") -> Scheme:
        """A verified scheme of a format, its sides in any order."""
        n = tuple(int(x) for x in n)
        factors = moves.permute(tuple(sorted(n)), self.factors(tuple(sorted(n)), ring), n)
        scheme = Scheme(*factors)
        try:
            check_scheme(n, ring, scheme)
        except InfeasibleSolution as error:
            raise self._damaged("schemes.json", f"{text(n)} {ring}: {error}") from None
        return scheme

    def factors(self, n: Sides, ring: str = "ZT") -> Factors:
        """Factors of a sorted format, made by its recipe (not verified)."""
        key = n, ring
        if key not in self._made:
            rank, recipe = self._recipe(n, ring)
            if ring != "ZT" and self.recipes.get((n, ring), (0, ""))[1] != recipe:
                made = self.factors(n, "ZT")
            else:
                made = self.make(n, ring, recipe)
            if ring == "Z2":
                made = tuple(m & 1 for m in made)
            if self._pricing and len(made[0]) < rank:
                self.recipes[key] = len(made[0]), recipe
            elif len(made[0]) != rank:
                raise self._damaged(
                    "recipes.csv", f"{text(n)} {ring}: {recipe!r} has rank {len(made[0])}"
                )
            self._made[key] = made
        return self._made[key]

    @contextlib.contextmanager
    def pricing(self) -> Iterator[None]:
        """While parts become smaller: recipes take the ranks that they really give."""
        before, self._pricing = self._pricing, True
        try:
            yield
        finally:
            self._pricing = before

    def reprice(self) -> None:
        """Take the ranks of all recipes anew, after stored schemes have become smaller."""
        self._made.clear()
        with self.pricing():
            for n, ring in list(self.recipes):
                self.factors(n, ring)

    def make(self, n: Sides, ring: str, recipe: str) -> Factors:
        """Factors of a sorted format by any recipe."""
        if recipe == "naive":
            return moves.naive(n)
        if recipe == "scheme":
            return self.outer(n, ring, 0)
        if match := _BLOCKS.fullmatch(recipe):
            outer = sides(match.group(1))
            number, orientation = int(match.group(2)), int(match.group(3))
            turned, scheme = oriented(outer, self.outer(outer, ring, number), orientation)
            sizes = [tuple(int(x) for x in match.group(k).split("+")) for k in (4, 5, 6)]
            if [len(s) for s in sizes] != list(turned) or tuple(map(sum, sizes)) != n:
                raise self._damaged("recipes.csv", f"{text(n)} {ring}: {recipe!r} does not fit")

            def inner(shape: Sides) -> Factors:
                small = tuple(sorted(shape))
                if math.prod(small) >= math.prod(n):
                    raise self._damaged("recipes.csv", f"{text(n)} {ring}: {recipe!r} is circular")
                return moves.permute(small, self.factors(small, ring), shape)

            return moves.blocks(turned, scheme, (sizes[0], sizes[1], sizes[2]), inner)[1]
        if match := _CUT.fullmatch(recipe):
            larger, side, index = sides(match.group(1)), int(match.group(2)), int(match.group(3))
            if self.recipe(larger, ring).find(" less ") >= 0 or math.prod(larger) <= math.prod(n):
                raise self._damaged("recipes.csv", f"{text(n)} {ring}: {recipe!r} is circular")
            cut, factors = moves.project(larger, self.factors(larger, ring), side, index)
            return moves.permute(cut, factors, n)
        raise self._damaged("recipes.csv", f"{text(n)} {ring}: {recipe!r} is no recipe")

    def outer(self, n: Sides, ring: str, number: int) -> Factors:
        """Stored scheme `number` of a sorted format, the naive one where a side is 1."""
        if n[0] == 1:
            return moves.naive(n)
        found = [(n, r, k) for r in _rings(ring) for k in range(len(self.stored.get((n, r), ())))]
        if number < len(found):
            n, r, k = found[number]
            return self.stored[n, r][k]
        raise self._damaged("schemes.json", f"lacks scheme {number} of {text(n)} over {ring}")

    # ---- files ---------------------------------------------------------------------------------

    def save(self, folder: str | Path) -> None:
        """Write ``schemes.json`` and ``recipes.csv``."""
        from zerogap.models.files import replace

        entries = [
            {"n": list(n), "ring": ring, "rank": len(s[0]), "data": pack(s)}
            for (n, ring), found in sorted(self.stored.items())
            for s in found
        ]
        lines = ",\n".join(json.dumps(e) for e in entries)
        body = f'{{"format": 1, "count": {len(entries)}, "schemes": [\n{lines}\n]}}\n'
        replace(str(Path(folder) / "schemes.json"), body.encode())
        rows = [
            f'{text(n)},{ring},{rank},"{recipe}"\n'
            for (n, ring), (rank, recipe) in sorted(self.recipes.items())
        ]
        head, end = "format,ring,rank,recipe\n", f"end,,{len(rows)},\n"
        replace(str(Path(folder) / "recipes.csv"), "".join([head, *rows, end]).encode())

    def _damaged(self, file: str, what: str) -> InstanceError:
        where = None if self.folder is None else str(self.folder / file)
        return InstanceError(f"catalogue is damaged: {what} ({_REMEDY})", file=where)

    def _read_schemes(self, path: Path) -> None:
        try:
            data = json.loads(path.read_text())
            if len(data["schemes"]) != data["count"]:
                raise ValueError(f"{len(data['schemes'])} schemes of {data['count']}")
            for e in data["schemes"]:
                n, rank = tuple(e["n"]), int(e["rank"])
                scheme: Any = _Packed(e["data"], n, rank)
                self.stored.setdefault((n, e["ring"]), _Schemes()).append(scheme)
        except (OSError, ValueError, KeyError, TypeError, zlib.error) as error:
            raise self._damaged(path.name, f"{type(error).__name__}: {error}") from None

    def _read_recipes(self, path: Path) -> None:
        try:
            with path.open(newline="") as file:
                *rows, end = csv.DictReader(file)
            if end["format"] != "end" or int(end["rank"]) != len(rows):
                raise ValueError(f"line {len(rows) + 2} is not the end of {len(rows)} recipes")
            for row in rows:
                key = sides(row["format"]), row["ring"]
                self.recipes[key] = int(row["rank"]), row["recipe"]
            missing = [n for n in formats() if (n, "ZT") not in self.recipes]
            if missing:
                raise ValueError(f"{len(missing)} formats are missing, {text(missing[0])} first")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise self._damaged(path.name, f"{type(error).__name__}: {error}") from None


@dataclass(slots=True)
class _Packed:
    """A scheme that is unpacked when it is asked for."""

    data: str
    n: Sides
    rank: int


class _Schemes(list):
    """A list of schemes of which packed ones are unpacked at the first access."""

    def __getitem__(self, index):
        item = super().__getitem__(index)
        if isinstance(item, _Packed):
            try:
                item = unpack(item.data, item.n, item.rank)
            except (ValueError, zlib.error) as error:
                raise InstanceError(
                    f"catalogue is damaged: {text(item.n)}: {error} ({_REMEDY})",
                    file="schemes.json",
                ) from None
            self[index] = item
        return item

    def __iter__(self):
        return (self[k] for k in range(len(self)))


def _rings(ring: str) -> tuple[str, ...]:
    """Rings whose schemes hold over `ring`."""
    return ("Z2", "ZT") if ring == "Z2" else ("ZT",)


def folder() -> Path:
    """Where the catalogue is read from: the package, or what ZEROGAP_CATALOGUE says."""
    return Path(os.environ.get("ZEROGAP_CATALOGUE") or Path(__file__).with_name("data"))


@functools.cache
def default() -> Catalogue:
    """The catalogue of the package."""
    return Catalogue(folder())


@functools.cache
def _known() -> dict[Sides, dict[str, int]]:
    with (Path(__file__).with_name("data") / "known.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        sides(row["format"]): {k: int(v) for k, v in row.items() if k != "format"} for row in rows
    }


def known(n: Sides, ring: str = "ZT") -> tuple[int, str]:
    """The best rank in the literature and where it is from."""
    n = tuple(sorted(int(x) for x in n))
    if n[0] == 1:
        return math.prod(n), "one side is 1: products and entries correspond"
    row = _known().get(n)
    if row is None:
        raise InstanceError(
            f"{text(n)} is beyond the table, which ends at side {LARGEST}", field="format"
        )
    if ring == "Z2" and n in KNOWN_Z2:
        return KNOWN_Z2[n]
    return row["Q" if ring == "Qi" else ring], KNOWN
