"""Old names of modules still import for a release, with a warning."""

from __future__ import annotations

import importlib
import subprocess
import sys

import pytest

from zerogap._moved import MOVED


@pytest.mark.parametrize("old", MOVED)
def test_an_old_name_gives_the_new_module(old):
    sys.modules.pop(old, None)
    with pytest.warns(DeprecationWarning, match=MOVED[old]):
        assert importlib.import_module(old) is importlib.import_module(MOVED[old])


def test_a_new_name_keeps_its_spec():
    code = (
        "import warnings; warnings.simplefilter('ignore'); import zerogap;"
        "import zerogap.models.jobshop.cpsat as old, zerogap.models.jobshop.exact.cpsat as new;"
        "assert old is new; print(new.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "zerogap.models.jobshop.exact.cpsat"
