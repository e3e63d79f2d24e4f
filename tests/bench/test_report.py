"""The HTML report: whole in itself, rendered and used in a real headless browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

import zerogap as zg
from zerogap.bench import compare, html, runner, worker
from zerogap.bench.suite import Method, Run, Source

zg.register("toy", "tests.toy.models", "tests.toy.solvers", "tests.toy.report")
pytest.importorskip("matplotlib", reason="extra [plot] is not installed")


@pytest.fixture(scope="module")
def records():
    found = []
    for seed in (0, 1):
        for size in (8, 10):
            for method in ("auto", "kernel"):
                call = (("items", size), ("seed", 5))
                run = Run("toy <suite>", "toy", Source(f"k{size}", generate=call),
                          Method(method, method), seed, 0.4, 1)  # fmt: skip
                order = run.to_dict() | {"file": "", "root": "."}
                outcome = json.loads(json.dumps(worker.perform(order), default=worker._plain))
                found.append(
                    {"key": run.key, "suite": run.suite}
                    | run.to_dict() | outcome | {"machine": runner.environment()}
                )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def page(records, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(html.report([(records, None)]))
    return path


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.addresses = [], []

    def handle_starttag(self, tag, attrs):
        self.seen.append(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "xlink:href") and v]


def test_report_needs_no_network_and_holds_everything(page, records):
    text = page.read_text()
    tags = Tags()
    tags.feed(text)
    assert all(address.startswith("#") for address in tags.addresses)
    assert tags.seen.count("svg") == 4  # two curves, two pictures of solutions
    assert tags.seen.count("table") == 3
    assert "toy &lt;suite&gt;" in text and "<suite>" not in text
    assert len(text) < 2_000_000
    ids = re.findall(r'id="([^"]+)"', text)
    assert len(ids) == len(set(ids))


def test_markdown_has_the_same_tables(records):
    text = html.markdown([(records, None)])
    assert text.count("\n|---|") == 3 and "| auto |" in text


def test_duels_and_regressions(records):
    rows = compare.duels(records).rows
    assert rows[0][:2] == ["auto", "kernel"]
    assert sum(int(cell) for cell in rows[0][2:5]) == 4 and 0 < float(rows[0][5]) <= 1
    assert compare.regressions(records, records).rows == []
    worse = [dict(r, objective=r["objective"] * 0.9, status="feasible") for r in records]
    found = compare.regressions(records, worse).rows
    assert {row[3] for row in found} == {"objective", "proof lost"}
    failed = [dict(r, objective=None, status="error") for r in records]
    assert any(row[3] == "no solution" for row in compare.regressions(records, failed).rows)


def browser() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine: the report is not rendered")
    return found


def run_browser(*arguments: str) -> str:
    done = subprocess.run(
        [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
         "--no-first-run", "--disable-background-networking", "--disable-component-update",
         "--disable-sync", *arguments],
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("size", ["1280,900", "390,800"])
def test_report_renders_on_desk_and_phone(page, tmp_path, size):
    shot = tmp_path / "shot.png"
    run_browser(f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={size}",
                f"--screenshot={shot}", page.as_uri())  # fmt: skip
    assert shot.stat().st_size > 10_000


def test_tables_sort_and_filter_in_the_browser(page, tmp_path):
    """A copy of the page clicks a head and types a word; the resulting page is inspected."""
    script = """
    <script>
    const tables = document.querySelectorAll("table.sortable");
    const last = tables[tables.length - 1];
    last.tHead.rows[0].cells[0].click(); last.tHead.rows[0].cells[0].click();
    document.title = [...last.tBodies[0].rows].map(r => r.cells[0].textContent).join(",");
    const field = document.querySelector("input[type=search]");
    field.value = "k10"; field.dispatchEvent(new Event("input"));
    document.title += ";" + [...last.tBodies[0].rows].filter(r => !r.hidden).length;
    document.title += ";" + (document.documentElement.scrollWidth <= window.innerWidth + 1);
    const pictures = [...document.querySelectorAll("figure svg")];
    document.title += ";" + pictures.every(p => p.getBoundingClientRect().height > 50);
    </script></body>
    """
    copy = tmp_path / "copy.html"
    copy.write_text(page.read_text().replace("</body>", script))
    dom = run_browser(f"--user-data-dir={tmp_path / 'profile'}", "--window-size=500,800",
                      "--dump-dom", copy.as_uri())  # fmt: skip
    title = re.search(r"<title>(.*?)</title>", dom).group(1)
    assert title in ("k8,k10;1;true;true", "k10,k8;1;true;true")


def test_a_report_that_would_be_large_leaves_out_and_says_what(records, monkeypatch):
    groups = [(records, None)]
    whole = html.report(groups)
    assert "Left out" not in whole and "<details>" in whole
    monkeypatch.setattr(html, "LARGEST", len(whole.encode()) - 1)
    less = html.report(groups)
    assert "larger than 2 MB: raw result lines." in less and "<details>" not in less
    assert less.count("<svg") == whole.count("<svg") and len(less) < len(whole)
    monkeypatch.setattr(html, "LARGEST", 1)
    least = html.report(groups)
    assert "pictures, tables instance by instance, curves" in least and "<svg" not in least
    for text in (less, least):  # what is left is in order
        assert text.count("<section") == text.count("</section>") == 1
        assert text.count("<div") == text.count("</div>") and "Method against method" in text
