"""The catalogue: every scheme verified, recipes, damaged files, the table of the documentation."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import zerogap as zg
from zerogap.models.base import InstanceError
from zerogap.models.matmul import Scheme, catalogue, check_scheme, moves
from zerogap.solvers.matmul.catalogue import table

ROOT = Path(__file__).parents[2]
OURS = catalogue.default()
FORMATS = catalogue.formats()


def test_every_stored_scheme_is_right():
    stored = [(n, ring, s) for (n, ring), found in OURS.stored.items() for s in found]
    for n, ring, scheme in stored:
        check_scheme(n, ring, Scheme(*scheme))
    assert len(stored) >= 20


@pytest.mark.parametrize("largest", range(2, 9))
def test_formats_to_side_8_are_right(largest):
    for n in FORMATS:
        if n[2] == largest:
            assert OURS.scheme(n).rank == OURS.rank(n)


@pytest.mark.parametrize("part", range(6))
def test_larger_formats_are_right(part):
    larger = [n for n in FORMATS if n[2] > 8]
    for n in larger[part::60]:
        assert OURS.scheme(n[::-1]).rank == OURS.rank(n)


def test_formats_with_recipes_modulo_2_are_right():
    own = sorted(n for n, ring in OURS.recipes if ring == "Z2")
    for n in [n for n in own if n[2] <= 6] + own[::25]:
        assert OURS.scheme(n, "Z2").rank == OURS.rank(n, "Z2") <= OURS.rank(n, "ZT")


def test_ranks_are_near_the_best_known():
    ratios = [OURS.rank(n) / catalogue.known(n)[0] for n in FORMATS]
    assert len(ratios) == 680
    assert np.mean(ratios) <= 1.06
    assert max(ratios) <= 1.13


def test_an_entry_says_where_its_numbers_are_from():
    entry = OURS.entry((4, 4, 4), "Z2")
    assert (entry.rank, entry.known) == (OURS.rank((4, 4, 4), "Z2"), 47)
    assert "AlphaTensor" in entry.known_source
    assert entry.bound <= entry.rank and entry.bound_source
    assert all(OURS.entry(n).bound <= OURS.entry(n).known for n in FORMATS)


def test_a_generated_instance_takes_the_catalogues_scheme():
    instance = zg.generate("matmul", format="7x8x6", best=True)
    assert instance.given is not None
    assert zg.check(instance, instance.given) == OURS.rank((6, 7, 8))
    for ring in ("Z", "Q", "Z2"):
        assert zg.generate("matmul", format="2x3x2", ring=ring, best=True).scheme.rank == 11
    with pytest.raises(InstanceError, match="beyond the catalogue, which ends at side 16"):
        zg.generate("matmul", format="2x2x17", best=True)


def test_searches_start_from_the_catalogue():
    instance = zg.generate("matmul", format="6x7x8")
    result = zg.solve(instance, iterations=1, threads=1, method="kernel")
    assert result.objective <= OURS.rank((6, 7, 8))
    large = zg.generate("matmul", format="1x2x17")
    assert zg.solve(large, iterations=1, threads=1).objective == 34


def test_blocks_of_unequal_sizes_multiply():
    rng = np.random.default_rng(3)
    for _ in range(40):
        n = tuple(int(x) for x in rng.integers(1, 4, 3))
        outer = moves.permute(tuple(sorted(n)), OURS.factors(tuple(sorted(n))), n)
        sizes = tuple(tuple(int(x) for x in rng.integers(1, 4, k)) for k in n)
        found, made = moves.blocks(n, outer, sizes, lambda shape: moves.naive(shape))
        check_scheme(found, "ZT", Scheme(*made))
        assert found == tuple(sum(s) for s in sizes)


def test_packing_is_exact():
    rng = np.random.default_rng(1)
    scheme = tuple(rng.integers(-1, 2, (7, e)).astype(np.int8) for e in (6, 12, 8))
    again = catalogue.unpack(catalogue.pack(scheme), (2, 3, 4), 7)
    assert all((a == b).all() for a, b in zip(scheme, again))


@pytest.fixture
def copy(tmp_path):
    for name in ("schemes.json", "recipes.csv"):
        shutil.copy(catalogue.folder() / name, tmp_path / name)
    return tmp_path


def _loaded(folder):
    made = catalogue.Catalogue(folder)
    for n in FORMATS[:200]:
        made.scheme(n)


@pytest.mark.parametrize("name", ["schemes.json", "recipes.csv"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_a_file_that_is_cut_short_is_named(copy, name, share):
    path = copy / name
    body = path.read_bytes()
    path.write_bytes(body[: int(share * len(body))])
    with pytest.raises(InstanceError, match=r"catalogue is damaged.*--rebuild") as error:
        _loaded(copy)
    assert name in str(error.value)


def test_a_changed_scheme_is_named(copy):
    path = copy / "schemes.json"
    data = json.loads(path.read_text())
    entry = data["schemes"][3]
    n = tuple(entry["n"])
    factors = catalogue.unpack(entry["data"], n, entry["rank"])
    factors[1][2, 0] = 1 - abs(factors[1][2, 0])
    entry["data"] = catalogue.pack(factors)
    path.write_text(json.dumps(data))
    with pytest.raises(InstanceError, match=r"catalogue is damaged.*Brent equation.*--rebuild"):
        catalogue.Catalogue(copy).scheme(n, entry["ring"])
    entry["data"] = entry["data"][:-9]
    path.write_text(json.dumps(data))
    with pytest.raises(InstanceError, match=r"catalogue is damaged.*--rebuild"):
        catalogue.Catalogue(copy).scheme(n, entry["ring"])


@pytest.mark.parametrize(
    ("recipe", "what"),
    [
        ("magic", "is no recipe"),
        ("2x2x2#0.0 on 3+4, 4+3, 3+3", "does not fit"),
        ("2x2x2#99.0 on 4+3, 4+3, 4+3", "lacks scheme 99"),
        ("1x1x2#0.0 on 7, 7, 7+0", "is circular"),
        ("7x7x7 less 0:1", "is circular"),
        ("1x1x2#0.0 on 7, 7, 3+4", "has rank"),
    ],
)
def test_a_changed_recipe_is_named(copy, recipe, what):
    path = copy / "recipes.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        for row in rows:
            if (row["format"], row["ring"]) == ("7x7x7", "ZT"):
                row["recipe"], row["rank"] = recipe, "250"
            writer.writerow(row)
    with pytest.raises(InstanceError, match=f"catalogue is damaged.*{what}"):
        catalogue.Catalogue(copy).scheme((7, 7, 7))


def test_the_page_is_what_the_command_writes():
    page = (ROOT / "docs" / "matmul-catalogue.md").read_text()
    assert page == table(OURS)
