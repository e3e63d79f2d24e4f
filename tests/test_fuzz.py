"""Every reader against damaged files: an instance or one clear error, never a crash or a hang."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path

import pytest

import zerogap as zg
from tests.models.test_scheduling import TEXTS as TEXTS_BY_CLASS
from zerogap.models import base, files
from zerogap.models.base import InstanceError

#: A reader that takes longer over a small damaged file is taken to hang.
PATIENCE = 2.0
JUNK = ["-1", "0", "99999999999999999999", "1e308", "nan", "inf", "x", "", "2147483648", "0.5"]
JUNK += ["-", '"', "{", "}", "[", "]", ",", ":", "null", "true", "\t", "\n", "é", "EOF", "1e-320"]


#: Valid files of formats that are only read.
TEXTS = {
    ("routing", "lilim"): "2\t20\t1\n0\t0\t0\t0\t0\t200\t0\t0\t0\n"
    "1\t3\t4\t6\t0\t90\t5\t0\t2\n2\t6\t8\t-6\t0\t190\t5\t1\t0\n",
    ("routing", "cordeau"): "2 2 3 2\n0 80\n0 80\n1 5 0 0 7\n2 9 0 0 7\n3 50 0 0 7\n4 0 0 0 0\n"
    "5 60 0 0 0\n",
    ("fairclique", "matrix market"): "%%MatrixMarket matrix coordinate pattern symmetric\n% five\n"
    "5 5 6\n2 1\n3 1\n3 2\n4 3\n5 4\n5 1\n",
    ("scheduling", "psplib"): TEXTS_BY_CLASS["mmrcpsp"],
    # Without the class no such file is read; tests/models/test_scheduling.py damages one of each.
    ("scheduling", "class"): TEXTS_BY_CLASS["pfsp"],
    ("fairclique", "edge list"): "# two triangles\n0 1\n1 2\n0 2\n2 3\n3 4\n2 4\n",
}


def onnx_file():
    """A network of two operators."""
    onnx = pytest.importorskip("onnx", reason="extra [onnx] is not installed")
    from onnx import TensorProto, helper

    def tensor(name):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4, 8, 8])

    nodes = [helper.make_node("Relu", ["x"], ["y"]), helper.make_node("Add", ["x", "y"], ["z"])]
    graph = helper.make_graph(nodes, "two", [tensor("x")], [tensor("z")], value_info=[tensor("y")])
    return onnx.ModelProto.SerializeToString(helper.make_model(graph))


def seeds():
    """All (family, format) pairs."""
    for name in zg.names():
        if name == "toy":
            continue
        for fmt in base.family(name).formats:
            yield pytest.param(name, fmt, id=f"{name}-{fmt.name}")


def at_hand(name):
    """Bytes, format and instance of the family's committed files, and what its generators make."""
    folder = Path(__file__).parents[1] / "instances" / name
    for path in sorted(p for p in folder.glob("*") if p.is_file()):
        try:
            raw = path.read_bytes()
            own = files.recognise(raw, path.name, name)[1]
            yield raw, own, files.parse(raw, path.name, own, {})
        except InstanceError:
            continue  # not an instance: best known values, a readme
    for called, generator in base.family(name).generators.items():
        if (name, called) == ("dag", "network"):
            continue  # it samples a BIF file's network, and has no default
        try:
            yield b"", None, generator(seed=1)
        except TypeError:
            continue  # it needs settings


def samples(name, fmt):
    """Small valid files of the format: committed ones, written ones, or given above."""
    found = [TEXTS[name, fmt.name].encode()] if (name, fmt.name) in TEXTS else []
    if (name, fmt.name) == ("scratchpad", "onnx"):
        found.append(onnx_file())
    if (name, fmt.name) == ("matmul", "result"):
        result = zg.solve(zg.generate("matmul", format="2x2x2", ring="Z2"), time_limit=0.2)
        found.append(json.dumps(result.to_dict()).encode())
    for raw, own, instance in at_hand(name):
        if own is not fmt:
            try:
                data = fmt.write(instance) if fmt.write is not None else b""
            except (InstanceError, TypeError, ValueError):
                continue  # this format cannot express that instance
            raw = data if isinstance(data, bytes) else data.encode()
        if 0 < len(raw) < 200_000 and fmt.sniff(raw if fmt.binary else raw.decode(), "f"):
            found.append(raw)
    return found


def damage(raw: bytes, rng: random.Random, binary: bool = False) -> bytes:
    """A file with tokens, lines or bytes cut, doubled, swapped or replaced."""
    text = raw.decode("latin-1" if binary else "utf-8", errors="replace")
    for _ in range(rng.randint(1, 3)):
        kind = rng.randrange(7)
        if kind == 0:
            text = text[: rng.randrange(len(text) + 1)]
        elif kind in (1, 2):
            words = text.split(" ")
            i = rng.randrange(len(words))
            words[i] = rng.choice(JUNK) if kind == 1 else ""
            text = " ".join(words)
        elif kind in (3, 4):
            lines = text.split("\n")
            i = rng.randrange(len(lines))
            lines[i : i + 1] = [lines[i]] * (2 if kind == 3 else 0)
            text = "\n".join(lines)
        else:
            i = rng.randrange(len(text) + 1)
            new = rng.choice(JUNK) if kind == 5 else chr(rng.randrange(1, 256))
            text = text[:i] + new + text[i + rng.randrange(3) :]
    return text.encode("latin-1" if binary else "utf-8", errors="replace")


def attempt(name, fmt, raw):
    if not raw.strip():
        return  # refused before any reader is asked
    begun = time.monotonic()
    try:
        instance = files.parse(raw, "fuzz", fmt, {})
    except InstanceError as error:
        assert "\n" not in str(error), repr(str(error))
    else:
        assert isinstance(instance, base.family(name).instances)
        base.family(name).info(instance)
    assert time.monotonic() - begun < 10 * PATIENCE  # an idle machine is asserted in --slow


def assert_survives(name, fmt, count, patience):
    sources = samples(name, fmt)
    if not sources:
        pytest.skip(f"no small valid file of {name} in format {fmt.name} is at hand")
    rng = random.Random(1)
    for _ in range(count):
        raw = damage(rng.choice(sources), rng, fmt.binary)
        begun = time.monotonic()
        try:
            attempt(name, fmt, raw)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error} for {raw[:500]!r}") from error
        assert time.monotonic() - begun < patience


@pytest.mark.parametrize(("name", "fmt"), list(seeds()))
def test_damaged_files(name, fmt):
    assert_survives(name, fmt, 150, 10 * PATIENCE)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fmt"), list(seeds()))
def test_ten_thousand_damaged_files(name, fmt):
    assert_survives(name, fmt, 10_000, PATIENCE)
