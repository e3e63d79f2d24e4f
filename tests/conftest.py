"""Fixtures and options of the whole test suite."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent

# A solution that the checker refuses, or a claim that one refutes, is an error in every test;
# what happens in production is tested where this is taken back.
os.environ["ZEROGAP_STRICT"] = "1"

# A busy machine is no failure: examples have no time of their own.
hypothesis.settings.register_profile("zerogap", deadline=None)
hypothesis.settings.load_profile("zerogap")


def pytest_addoption(parser):
    parser.addoption("--slow", action="store_true", help="run larger counts of the same tests")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--slow"):
        return
    slow = [item for item in items if "slow" in item.keywords]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if "slow" not in item.keywords]


@pytest.fixture(scope="session")
def data():
    """``data("jobshop/jsp/ta01.txt")``: a public benchmark file, or a skip with the reason."""

    def find(name: str) -> Path:
        root = os.environ.get("ZEROGAP_DATA")
        if not root:
            pytest.skip("ZEROGAP_DATA is not set: no public benchmark data here")
        path = Path(root) / name
        if not path.exists():
            pytest.skip(f"ZEROGAP_DATA has no {name}")
        return path

    return find


@pytest.fixture(scope="session")
def instances() -> Path:
    """Folder of the project's own instances."""
    return ROOT / "instances"
