"""``zerogap meta``: many formats at once, schemes written and right."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import zerogap as zg
from zerogap.cli import cli
from zerogap.models.base import InstanceError
from zerogap.solvers.matmul import meta


def run(*arguments: str):
    return CliRunner().invoke(cli, ["meta", *arguments], catch_exceptions=False)


def test_formats_are_searched_and_their_schemes_written(tmp_path):
    folder, pools = tmp_path / "schemes", tmp_path / "pools.npz"
    arguments = ("2x2x2,3x2x2", "--iterations", "1000000", "-q", "-o", str(folder))
    done = run(*arguments, "--checkpoint", str(pools))
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert lines[0] == "2x2x2  7  best known over ZT 7"
    assert lines[1].startswith("2x2x3  ") and lines[1].endswith("best known over ZT 11")
    assert pools.exists()
    written = sorted(folder.iterdir())
    assert len(written) == 2 and written[0].name == "2x2x2-rank7-ZT.scheme.json"
    for path in written:
        scheme = zg.read(path)
        rank = int(path.name.split("-rank")[1].split("-")[0])
        assert zg.check(scheme, scheme.given) == rank
    again = run(*arguments, "--checkpoint", str(pools))  # goes on, and is no worse
    assert again.exit_code == 0 and int(again.output.splitlines()[1].split()[1]) <= rank


def test_ranges_and_lists_name_formats():
    assert meta.wanted("2-3") == [(2, 2, 2), (2, 2, 3), (2, 3, 3), (3, 3, 3)]
    assert meta.wanted("4x3x2, 2x3x4,2x2x2") == [(2, 3, 4), (2, 2, 2)]


@pytest.mark.parametrize("text", ["2-99", "5-2", "1-3", "2-", "a-b", "3x3", "1x2x3", "3x3x17", ""])
def test_what_is_no_format_is_refused(text):
    with pytest.raises(InstanceError, match="expected"):
        meta.wanted(text)
