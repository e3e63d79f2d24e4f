"""Every example of the documentation runs, in the order of its page."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def command(line: str, folder: Path) -> None:
    """Run a line ``$ zerogap …`` as a process of its own."""
    words = shlex.split(line.removeprefix("$ zerogap "), comments=True)
    done = subprocess.run(
        [sys.executable, "-m", "zerogap", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{line}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_examples_run(page, tmp_path, monkeypatch):
    """``python`` blocks share one namespace, ``console`` blocks one folder with them."""
    (tmp_path / "instances").symlink_to(ROOT / "instances")
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    monkeypatch.chdir(tmp_path)
    namespace: dict = {"__name__": "example"}
    text = page.read_text()
    found = BLOCK.findall(text)
    assert len(found) == text.count("\n```python\n") + text.count("\n```console\n")
    for language, body in found:
        if language == "python":
            exec(compile(body, f"{page.name}", "exec"), namespace)
        else:
            for line in body.splitlines():
                if line.startswith("$ zerogap "):
                    command(line, tmp_path)


def test_links_between_pages_are_alive():
    dead = []
    for page in PAGES:
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        dead += [
            f"{page.relative_to(ROOT)}: {target}"
            for target in targets
            if "://" not in target and not (page.parent / target).exists()
        ]
    assert dead == []
