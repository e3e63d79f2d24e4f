"""Every example of the documentation runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("**/*.md")])
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [body for name, body in BLOCK.findall(page.read_text()) if name == language]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_blocks_run(page, tmp_path):
    """All ``python`` blocks of a page, in order, in one fresh interpreter."""
    code = blocks(page, "python")
    if not code:
        assert "```python" not in page.read_text()
        return
    script = tmp_path / "page.py"
    script.write_text("\n\n".join(code))
    (tmp_path / "instances").symlink_to(ROOT / "instances")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_console_blocks_run(page, tmp_path):
    """Lines ``$ zerogap …`` of ``console`` blocks, in order, in one folder."""
    (tmp_path / "instances").symlink_to(ROOT / "instances")
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    for body in blocks(page, "console"):
        for line in body.splitlines():
            if not line.startswith("$ zerogap "):
                continue
            words = shlex.split(line.removeprefix("$ zerogap "), comments=True)
            done = subprocess.run(
                [sys.executable, "-m", "zerogap", *words],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == 0, f"{line}\n{done.stderr[-3000:]}"


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
