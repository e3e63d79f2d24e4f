"""Files of schemes both ways, what is wrong with bad ones, and the code made from them."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess

import numpy as np
import pytest

from zerogap.models import files
from zerogap.models.base import InstanceError, digest
from zerogap.models.matmul import MatMul, ReducedScheme, Scheme, naive, unshared
from zerogap.models.matmul.formats import write_plain_order, write_scheme, write_text
from zerogap.models.matmul.generate import strassen

STRASSEN = strassen().scheme
GIVEN = MatMul(np.array([2, 2, 2]), given=STRASSEN)
SHARED = MatMul(np.array([2, 2, 2]), given=unshared(STRASSEN))
FLAT = MatMul(np.array([1, 2, 3]), given=naive((1, 2, 3)))


def read(tmp_path, text, name="scheme.json", **options):
    (tmp_path / name).write_text(text)
    return files.read(tmp_path / name, family="matmul", **options)


@pytest.mark.parametrize(
    "suffix", [".json", ".scheme.json", ".plain.json", ".reduced.json", ".txt"]
)
@pytest.mark.parametrize("instance", [GIVEN, SHARED, FLAT], ids=["plain", "reduced", "flat"])
def test_round_trip(tmp_path, instance, suffix):
    path = tmp_path / f"x{suffix}"
    files.write(instance, path)
    again = files.read(path, family="matmul")
    for name in "uvw":
        assert np.array_equal(getattr(again.scheme, name), getattr(instance.scheme, name))
    if suffix == ".reduced.json":
        assert isinstance(again.given, ReducedScheme)


@pytest.mark.parametrize("ring", ["Z2", "ZT", "Z", "Q"])
def test_bare_instances_round_trip(tmp_path, ring):
    instance = MatMul(np.array([3, 4, 5]), ring, name="x")
    files.write(instance, tmp_path / "x.json")
    assert digest(files.read(tmp_path / "x.json")) == digest(instance)


def test_additions_instances_round_trip(tmp_path):
    instance = MatMul(np.array([2, 2, 2]), "ZT", "additions", 7, unshared(STRASSEN), True, "x")
    files.write(instance, tmp_path / "x.json")
    assert digest(files.read(tmp_path / "x.json")) == digest(instance)


def test_files_of_the_public_collection(data):
    for name, rank in (("schemes/2x3x10_m50_ZT.json", 50), ("schemes/2x4x6_m39_ZT.json", 39)):
        instance = files.read(data(f"matmul/{name}"))
        assert instance.scheme.rank == rank
        assert instance.ring == "ZT"
    reduced = files.read(data("matmul/reduced/3x3x3_m23_cr58_cn119_ZT_reduced.json"))
    assert reduced.given.additions == 58
    assert reduced.scheme.additions == 119


def test_the_other_order_of_w_is_detected_and_said(tmp_path):
    mixed = json.loads(write_plain_order(GIVEN))
    del mixed["w_order"]
    with pytest.raises(
        InstanceError, match=r"w: holds the entries of C in the order n1×n3.*w=plain"
    ):
        read(tmp_path, json.dumps(mixed))
    right = read(tmp_path, json.dumps(mixed), w="plain")
    assert np.array_equal(right.scheme.w, STRASSEN.w)
    with pytest.raises(InstanceError, match="w=transposed"):
        read(tmp_path, write_scheme(GIVEN), w="plain")


def test_several_schemes_in_a_text(tmp_path):
    text = "2\n" + write_text(FLAT) + write_text(GIVEN)
    assert read(tmp_path, text, "two.txt").scheme.rank == 6
    assert read(tmp_path, text, "two.txt", scheme=2).scheme.rank == 7
    with pytest.raises(InstanceError, match="is 3, the file holds 2"):
        read(tmp_path, text, "two.txt", scheme=3)


def test_reading_modulo_two(tmp_path):
    binary = read(tmp_path, write_scheme(GIVEN), ring="Z2")
    assert binary.ring == "Z2"
    assert binary.scheme.u.min() == 0
    files.write(binary, tmp_path / "b.json")
    assert files.read(tmp_path / "b.json", family="matmul").ring == "Z2"


def change(key, value):
    data = json.loads(write_scheme(GIVEN))
    if value is None:
        del data[key]
    else:
        data[key] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (change("n", [2, 2]), "n: is .2, 2., expected three positive integers"),
        (change("n", [2, 2, 3]), "needs"),
        (change("n", [20, 20, 2]), "the limit is 256"),
        (change("m", 8), "m: is 8, but u has 7 rows"),
        (change("z2", "yes"), "z2: is 'yes'"),
        (change("w", None), "key 'w' is missing"),
        (change("u", [[1, 2], [1]]), "row 1 has 1 coefficients, row 0 has 2"),
        (change("u", [[0.5, 0, 0, 1]]), r"u: \[0\]\[0\] is 0.5"),
        (change("v", [[1, 0, 0, 0]] * 6), "v: has shape 6×4"),
        (change("v", [[1, 0, 0, 0]] * 7), r"Brent equation a\(1,1\)"),
        (change("u", "x"), "no list of rows"),
        (write_scheme(GIVEN)[:-9], "not JSON"),
        (write_text(GIVEN)[:-9], "ends after"),
        (write_text(GIVEN) + " 1", "1 numbers too many"),
        (write_text(GIVEN).replace("-1", "x", 1), "'x' is no integer|in none of the formats"),
    ],
)
def test_bad_files_say_what_is_wrong(tmp_path, text, message):
    with pytest.raises(InstanceError, match=message):
        read(tmp_path, text, "bad.json" if text[0] == "{" else "bad.txt")


def test_bad_programs(tmp_path):
    files.write(SHARED, tmp_path / "x.reduced.json")
    good = json.loads((tmp_path / "x.reduced.json").read_text())
    for key, value, message in (
        ("u", [[{"index": 9, "value": 1}]] * 7, "u: row 0 uses variable 9"),
        ("w", [[{"index": 0, "value": 3}]] * 4, "w: row 0 has coefficient 3"),
        ("v_fresh", [[{"index": "0", "value": 1}]], "v_fresh: row 0: a term needs integers"),
        ("v", good["v"][1:], "u has 7 forms, v 6"),
        ("w", good["w"][::-1], "brent: given scheme: Brent equation"),
    ):
        with pytest.raises(InstanceError, match=message):
            read(tmp_path, json.dumps({**good, key: value}))


@pytest.mark.parametrize("instance", [GIVEN, SHARED, FLAT], ids=["plain", "reduced", "flat"])
def test_python_code_multiplies(tmp_path, instance):
    path = tmp_path / "generated.py"
    files.write(instance, path)
    spec = importlib.util.spec_from_file_location("generated", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    rng = np.random.default_rng(1)
    for shape in ((2, 2, 2), (1, 2, 3), (5, 7, 3), (8, 8, 8)):
        a, b = rng.integers(-50, 50, shape[:2]), rng.integers(-50, 50, shape[1:])
        for levels in (0, 1, 2, 3):
            assert np.array_equal(module.multiply(a, b, levels), a @ b)
    assert instance.scheme.rank == module.RANK


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
@pytest.mark.parametrize("instance", [SHARED, FLAT], ids=["reduced", "flat"])
def test_c_code_multiplies(tmp_path, instance):
    path = tmp_path / "generated.c"
    files.write(instance, path)
    program = tmp_path / "generated"
    flags = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-DZEROGAP_MAIN"]
    subprocess.run(["cc", *flags, str(path), "-o", str(program)], check=True)
    assert "correct with" in subprocess.run([program], capture_output=True, text=True).stdout


def test_code_needs_plus_and_minus_one(tmp_path):
    binary = MatMul(np.array([2, 2, 2]), "Z2", given=naive((2, 2, 2)))
    with pytest.raises(InstanceError, match="modulo 2"):
        files.write(binary, tmp_path / "x.py")
    halves = Scheme(2 * STRASSEN.u, STRASSEN.v, STRASSEN.w, np.full(7, 2))
    with pytest.raises(InstanceError, match="need multiplications"):
        files.write(MatMul(np.array([2, 2, 2]), "Q", given=halves), tmp_path / "x.c")
