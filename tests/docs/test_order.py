"""The order in which the documentation is learned, and that nothing of it is left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import zerogap as zg

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
FAMILIES = [name for name in zg.names() if name != "toy"]


def nav():
    text = (ROOT / "mkdocs.yml").read_text().split("\nnav:\n")[1]
    return re.findall(r"([\w./-]+\.md)", text)


def test_every_page_is_in_the_navigation_once():
    pages = sorted(str(p.relative_to(DOCS)) for p in DOCS.glob("**/*.md"))
    assert sorted(nav()) == pages


def test_the_start_page_leads_from_problem_to_family_to_command():
    text = (DOCS / "index.md").read_text()
    for family in FAMILIES:
        rows = [line for line in text.splitlines() if f"](tutorials/{family}.md)" in line]
        assert len(rows) == 1 and "`zerogap " in rows[0] and f"]({family}.md)" in rows[0], family


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_a_tutorial_and_a_page(family):
    tutorial = (DOCS / "tutorials" / f"{family}.md").read_text()
    assert "```python" in tutorial and f"](../{family}.md)" in tutorial
    assert (DOCS / f"{family}.md").exists()


def test_tutorials_come_before_how_tos_before_reference_before_explanation():
    text = (ROOT / "mkdocs.yml").read_text()
    heads = ["zerogap: index.md", "newcomer.md", "Tutorials:", "How to:", "Reference:",
             "Explanation:"]  # fmt: skip
    places = [text.index(head) for head in heads]
    assert places == sorted(places)
