"""The ranges of the exact backends: explained, and their ends found (tools/pins.py tests them)."""

from __future__ import annotations

import importlib.util
import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    not (ROOT / "tools" / "pins.py").is_file(), reason="needs the source tree, not the wheel"
)


@pytest.fixture(scope="module")
def pins():
    spec = importlib.util.spec_from_file_location("pins", ROOT / "tools" / "pins.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_ends_of_a_range(pins):
    found = pins.allowed('[project]\ndependencies = ["highspy>=1.12,<1.14", "numpy>=1"]\n')
    assert list(found) == ["highspy"]
    offered = ["1.15.0", "1.14.0", "1.13.1", "1.13.0", "1.12.0", "1.11.0", "1.9.0"]
    assert pins.ends(found["highspy"], offered) == ("1.12.0", "1.13.1")
    with pytest.raises(SystemExit, match="no version"):
        pins.ends(found["highspy"], ["2.0"])


def test_backends_are_pinned_on_both_sides_and_it_is_said_why(pins):
    text = (ROOT / "pyproject.toml").read_text()
    for name, range_ in pins.allowed().items():
        assert {s.operator for s in range_.specifier} == {">=", "<"}, name
        assert metadata.version(name) in range_.specifier, name
    assert set(pins.allowed()) == set(pins.BACKENDS)
    reasons = text[: text.index('"highspy>')].rsplit('"ortools', 1)[1]
    # Each reason names where it is reported.
    assert len(re.findall(r"#\d{4}", reasons)) >= 2
