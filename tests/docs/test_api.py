"""The API page names everything that is public, and every example in a docstring is true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import zerogap as zg
from zerogap.models import base

ROOT = Path(__file__).parents[2]
FAMILIES = [n for n, where in base.REGISTRY.items() if where[0].startswith("zerogap.models.")]
MODULES = sorted(
    m.name
    for m in pkgutil.walk_packages(zg.__path__, "zerogap.")
    if not m.name.startswith(("zerogap._ext", "zerogap.__main__"))
)


def with_examples():
    for name in MODULES:
        source = ROOT / (name.replace(".", "/") + ".py")
        source = source if source.exists() else ROOT / name.replace(".", "/") / "__init__.py"
        if source.exists() and ">>> " in source.read_text():
            yield name


def members(module: str) -> set[str]:
    text = (ROOT / "docs/api.md").read_text()
    found: set[str] = set()
    for block in re.findall(rf"^::: {re.escape(module)}\n(.*?)(?=\n\n|\Z)", text, re.M | re.S):
        found |= {n.strip() for n in re.search(r"members: \[(.*?)\]", block)[1].split(",")}
    return found


def test_everything_of_the_package_is_named():
    for name in zg.__all__:
        assert name in members(getattr(zg, name).__module__), name


@pytest.mark.parametrize("family", FAMILIES)
def test_everything_of_a_family_is_named(family):
    module = importlib.import_module(base.REGISTRY[family][0])
    told = members(f"zerogap.models.{family}")
    assert set(module.__all__) <= told, set(module.__all__) - told
    assert all(hasattr(module, name) for name in told)


@pytest.mark.parametrize("name", sorted(with_examples()) or ["zerogap"])
def test_examples_in_docstrings(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried and not failed
