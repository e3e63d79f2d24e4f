"""Files of every kind of badness, on the toy family."""

from __future__ import annotations

import gzip
import io
import os
import stat
import zipfile

import numpy as np
import pytest

import zerogap as zg
from tests.toy import models as toy
from zerogap.models import files
from zerogap.models.arrays import frozen
from zerogap.models.base import InstanceError

zg.register("toy", "tests.toy.models", "tests.toy.solvers", "tests.toy.report")


@pytest.fixture
def knapsack():
    return zg.generate("toy", seed=1)


@pytest.mark.parametrize("suffix", [".knap", ".json"])
def test_round_trip(knapsack, tmp_path, suffix):
    path = tmp_path / f"k{suffix}"
    zg.write(knapsack, path)
    again = zg.read(path)
    assert zg.digest(again) == zg.digest(knapsack)


def test_packed_files_are_read(knapsack, tmp_path):
    text = toy.write(knapsack).encode()
    (tmp_path / "k.knap.gz").write_bytes(gzip.compress(text))
    with zipfile.ZipFile(tmp_path / "k.zip", "w") as archive:
        archive.writestr("k.knap", text)
    for name in ("k.knap.gz", "k.zip"):
        assert zg.digest(zg.read(tmp_path / name)) == zg.digest(knapsack)


def test_standard_input(knapsack, monkeypatch):
    import sys

    stream = io.TextIOWrapper(io.BytesIO(toy.write(knapsack).encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    assert zg.digest(zg.read("-")) == zg.digest(knapsack)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n\n", "empty"),
        (b"knapsack\n", "knap.txt:1: expected 'knapsack CAPACITY'"),
        (b"knapsack 5\n1 2\n1 two\n", "knap.txt:3: expected 'value weight'"),
        (b"knapsack 5\n1 -2\n", "weight: element 0 is -2, expected at least 0"),
        (b"knapsack 5\n99999999999999999999 1\n", "64 bits"),
        (b"\x00\x01\x02\xff" * 50, "binary"),
        (b"knapsack 5\n\xff\xfe\n", "knap.txt:2: is not UTF-8"),
        (b"nonsense\n", "no family recognises"),
        (b'{"family": "toy", "value": [1', "knap.txt:1: not JSON"),
        (b'{"family": "toy",\n"value": [NaN]}', "NaN"),
        (b'{"family": "toy", "value": [1]}', "'weight' is missing"),
        (b'{"family": "toy", "value": [1], "weight": "x", "capacity": 1}', "weight"),
        (b'{"family": "toy", "value": [1.5], "weight": [1], "capacity": 1}', "1.5"),
        (b'{"family": "toy", "value": [1], "weight": [1, 2], "capacity": 1}', "shape"),
        (b"\x1f\x8b\x08\x00truncated", "truncated or damaged"),
        (b"PK\x03\x04garbage", "zip"),
    ],
)
def test_bad_content_is_one_clear_line(tmp_path, content, message):
    path = tmp_path / "knap.txt"
    path.write_bytes(content)
    with pytest.raises(InstanceError) as error:
        zg.read(path)
    assert message in str(error.value) and "\n" not in str(error.value)
    assert "knap.txt" in str(error.value)


def test_unreadable_paths(tmp_path):
    with pytest.raises(InstanceError, match="directory"):
        zg.read(tmp_path)
    with pytest.raises(InstanceError, match="No such file"):
        zg.read(tmp_path / "nothing")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(InstanceError, match="not a regular file"):
        zg.read(fifo)
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.write_text("knapsack 5\n")
        locked.chmod(stat.S_IWUSR)
        with pytest.raises(InstanceError, match="Permission"):
            zg.read(locked)


def test_bombs_are_refused_by_size(tmp_path, monkeypatch):
    monkeypatch.setenv("ZEROGAP_MAX_BYTES", "1000000")
    bomb = b"0" * 50_000_000
    (tmp_path / "bomb.gz").write_bytes(gzip.compress(bomb))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bomb)
    for name in ("bomb.gz", "bomb.zip"):
        with pytest.raises(InstanceError, match="unpacks to more than"):
            zg.read(tmp_path / name)
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("b", "2")
    with pytest.raises(InstanceError, match="2 files"):
        zg.read(tmp_path / "two.zip")


def test_unknown_names_list_the_known_ones(knapsack, tmp_path):
    zg.write(knapsack, tmp_path / "k.json")
    with pytest.raises(InstanceError, match="jobshop"):
        zg.read(tmp_path / "k.json", family="chess")
    with pytest.raises(InstanceError, match="capacity"):
        zg.read(tmp_path / "k.json", colour="red")
    with pytest.raises(InstanceError, match="cannot write"):
        zg.write(knapsack, tmp_path / "k.xyz")
    with pytest.raises(InstanceError, match="no generator"):
        zg.generate("toy", "gaussian")
    with pytest.raises(InstanceError, match="colour"):
        zg.generate("toy", colour="red")
    with pytest.raises(InstanceError, match="cannot be written"):
        zg.write(knapsack, tmp_path / "no" / "such" / "folder.json")


def test_a_failed_write_leaves_the_old_file(knapsack, tmp_path, monkeypatch):
    path = tmp_path / "k.json"
    zg.write(knapsack, path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space")))
    with pytest.raises(InstanceError, match="No space"):
        files.replace(path, b"half")
    assert path.read_bytes() == before and len(list(tmp_path.iterdir())) == 1


def test_options_are_parsed_by_the_family(knapsack, tmp_path):
    zg.write(knapsack, tmp_path / "k.knap")
    assert zg.read(tmp_path / "k.knap", capacity="7").capacity == 7
    with pytest.raises(InstanceError, match="option capacity"):
        zg.read(tmp_path / "k.knap", capacity="seven")


@pytest.mark.parametrize(
    ("values", "dtype", "message"),
    [
        ([1, 2.5], np.int64, "element 1 is 2.5"),
        ([1, float("nan")], np.int64, "nan"),
        ([1.0, float("nan")], np.float64, "NaN"),
        ([1, 2**63], np.int64, "64 bits"),
        ([1, 2**40], np.int32, "element 1 is 1099511627776, expected at most 2147483647"),
        ([1, "2"], np.int64, "expected an integer"),
        ([[1, 2], [3]], np.int64, "no array of"),
        ([1, None], np.int64, "None"),
    ],
)
def test_frozen_refuses_what_would_change(values, dtype, message):
    with pytest.raises(InstanceError, match="x"):
        frozen(values, dtype, field="x")
    with pytest.raises(InstanceError) as error:
        frozen(values, dtype, field="x")
    assert message in str(error.value)


def test_frozen_arrays_are_read_only_copies():
    source = np.arange(3)
    array = frozen(source, np.int64, field="x")
    source[0] = 9
    assert array.tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    assert frozen([], np.int64, field="x").size == 0
    assert frozen([2.0, 3.0], np.int64, field="x").tolist() == [2, 3]
