"""Every reader against damaged files: an instance or one clear error, never a crash or a hang."""

from __future__ import annotations

import random
import time

import pytest

import zerogap as zg
from zerogap.models import base, files
from zerogap.models.base import InstanceError

#: A reader that takes longer over a small damaged file is taken to hang.
PATIENCE = 2.0
JUNK = ["-1", "0", "99999999999999999999", "1e308", "nan", "inf", "x", "", "2147483648", "0.5"]
JUNK += ["-", '"', "{", "}", "[", "]", ",", ":", "null", "true", "\t", "\n", "é", "EOF", "1e-320"]


def seeds():
    """(family, format) pairs that can be written, so that a valid file is at hand."""
    for name in zg.names():
        if name == "toy":
            continue
        for fmt in base.family(name).formats:
            yield pytest.param(name, fmt, id=f"{name}-{fmt.name}")


def samples(name, fmt):
    """Small valid files of the format."""
    found = []
    for generator in base.family(name).generators.values():
        try:
            instance = generator(seed=1)
            data = fmt.write(instance) if fmt.write is not None else None
        except (InstanceError, TypeError, ValueError):
            continue  # this format cannot express that instance
        if data:
            raw = data if isinstance(data, bytes) else data.encode()
            if len(raw) < 200_000 and fmt.sniff(raw if fmt.binary else raw.decode(), "f"):
                found.append(raw)
    return found


def damage(raw: bytes, rng: random.Random) -> bytes:
    """A file with tokens, lines or bytes cut, doubled, swapped or replaced."""
    text = raw.decode(errors="replace")
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
    return text.encode(errors="replace")


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


def run(name, fmt, count, patience):
    sources = samples(name, fmt)
    if not sources:
        pytest.skip(f"{name} writes no small file in format {fmt.name}")
    rng = random.Random(1)
    for _ in range(count):
        raw = damage(rng.choice(sources), rng)
        begun = time.monotonic()
        try:
            attempt(name, fmt, raw)
        except Exception as error:
            raise AssertionError(f"{type(error).__name__}: {error} for {raw[:2000]!r}") from error
        assert time.monotonic() - begun < patience


@pytest.mark.parametrize(("name", "fmt"), list(seeds()))
def test_damaged_files(name, fmt):
    run(name, fmt, 150, 10 * PATIENCE)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fmt"), list(seeds()))
def test_ten_thousand_damaged_files(name, fmt):
    run(name, fmt, 10_000, PATIENCE)
