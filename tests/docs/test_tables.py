"""Figures of the documentation come from committed result lines and from nowhere else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.skipif(
    not (ROOT / "benchmarks" / "tables").is_dir(), reason="needs the source tree, not the wheel"
)

from benchmarks.tables import definitions, lines, marks  # noqa: E402
from benchmarks.tables.definitions import systems  # noqa: E402
from zerogap.bench import bars, html, runner, table  # noqa: E402

PAGES = marks.pages()
RESULTS = sorted((ROOT / "benchmarks" / "results").glob("*.jsonl"))


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_generated_blocks_are_what_make_tables_writes(page):
    assert definitions
    assert marks.render(page.read_text(), name_of(page)) == page.read_text(), "run: make tables"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_table_outside_generated_blocks_has_figures(page):
    assert list(marks.loose_rows(page.read_text())) == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_no_measured_figure_stands_in_running_text(page):
    assert list(marks.loose_text(page.read_text())) == []


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("| ta | 0.29 % |", True),
        ("| files | 54 |", True),
        ("| 4 s |", True),
        ("| memory | 3 MiB |", True),
        ("| **1,5** |", True),
        ("| shape | `2 × jobs` |", False),
        ("| default | `20000` |", False),
        ("| ½ log(n) s (r − 1) |", False),
        ("no row 54 %", False),
        ("<!-- table: x -->\n| 54 |\n<!-- end -->", False),
        ("```text\n| 54 |\n```", False),
    ],
)
def test_what_counts_as_a_figure(row, found):
    assert bool(list(marks.loose_rows(row))) is found


def test_running_text_is_searched_too():
    assert list(marks.loose_text("it takes 4.5 s here"))
    assert list(marks.loose_text("about 3 % better"))
    assert not list(
        marks.loose_text("with `-t 10 s`; <!-- figure: x -->4 s<!-- end -->; 10⁵ tasks")
    )


def test_a_block_that_nobody_makes_is_named():
    with pytest.raises(KeyError, match=r"a\.md: nobody makes the table 'no/such'"):
        marks.render("<!-- table: no/such -->\n<!-- end -->", "a.md")


def test_blocks_are_closed_and_used():
    """Every opened block ends before the next begins, and no maker is forgotten."""
    used = set()
    for page in PAGES:
        text = page.read_text()
        opened = re.findall(r"(?<!`)<!-- (?:table|figure): ", text)
        found = marks.MARK.findall(text)
        ends = re.findall(r"<!-- end -->(?!`)", text)
        assert len(opened) == len(found) == len(ends), name_of(page)
        used |= {(kind, name) for kind, name, _ in found}
    made = {("table", n) for n in marks.TABLES} | {("figure", n) for n in marks.FIGURES}
    assert made == used


def test_every_system_has_a_table_and_every_claim_its_columns():
    page = (ROOT / "docs" / "systems.md").read_text()
    found = systems.systems()
    assert len(found) == 10
    for system in found:
        assert f"<!-- table: {systems.slug(system['title'])} -->" in page
        assert "arxiv.org" in system["paper"]
        for claim in system["claim"]:
            assert set(claim) == {"claim", "theirs", "source", "ours", "command", "not"}
            assert all(claim.values()), claim
    readme = (ROOT / "README.md").read_text()
    assert readme.index("docs/systems.md") < readme.index("## ")  # on the first screen


@pytest.mark.parametrize("path", RESULTS, ids=lambda p: p.stem)
def test_every_committed_result_file_can_be_read_and_reported(path, tmp_path):
    records = runner.read_results(path)
    assert records
    beside = path.with_suffix(".md")
    assert beside.read_text() == lines.whole(path.stem), "run: make tables"
    text = html.markdown([(records, None)])
    assert text.count("|---|") >= 1
    if bars.is_bar(records):
        assert all(r.get("command") and r.get("machine") and r.get("versions") for r in records)
        return
    values, own = table.references(records, {})
    head = table.summary(records).head
    assert (table.GAP in head) is (not own)
    assert all(v for v in values.values()) or own
    for record in records:
        if record.get("known"):
            assert record["known"]["source"]
        if record.get("peer") and record["status"] not in ("error", "missing"):
            assert table.label(record["method"], records) != record["method"], "a peer's version"


def test_gaps_of_tables_need_a_published_value():
    record = {"instance": "a", "objective": 5, "family": "routing", "known": None}
    with pytest.raises(AssertionError, match="no best known value"):
        lines.gap(record)
    assert lines.gap(record | {"known": {"value": 4, "bound": 4, "source": "x"}}) == 0.25
