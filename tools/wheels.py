"""Wheels for every interpreter that is installed, each tested away from the sources.

    python tools/wheels.py [--out out/wheels] [PYTHON …]

For each interpreter: `pip wheel` in a copy of the sources, an empty environment, the wheel into it,
and the tests of `TESTS` beside it. Without PYTHON all CPython 3.11 … 3.14 on the PATH and of pyenv
are taken. The wheels that are published are built by cibuildwheel from the same configuration
(pyproject.toml, [tool.cibuildwheel]).
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Versions that are supported.
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
#: What is run against an installed wheel: solves in every family, the command line, the kernels.
TESTS = ("tests/solvers/test_solve.py", "tests/cli/test_cli.py", "tests/ext/test_shared.py",
         "tests/solvers/test_backends.py")  # fmt: skip


def interpreters() -> dict[str, str]:
    """The first interpreter of every supported version, by version."""
    places = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep)]
    places += sorted(Path.home().glob(".pyenv/versions/*/bin"))
    found: dict[str, str] = {}
    for version in VERSIONS:
        for folder in places:
            program = folder / f"python{version}"
            if "shims" not in folder.parts and os.access(program, os.X_OK):
                found.setdefault(version, str(program))
    return found


def run(*words: str | Path, cwd: Path = ROOT, **environment: str) -> None:
    """Run a command; its failure is ours."""
    plain = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "ZEROGAP_EXT")}
    subprocess.run([str(w) for w in words], cwd=cwd, env=plain | environment, check=True)


def wheel(python: str, out: Path) -> str:
    """Build, install and test one wheel; its file name."""
    version = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    here = out / version
    shutil.rmtree(here, ignore_errors=True)
    sources = here / "sources"
    made_here = (".git", ".venv", "build", "out", "site", "*.so", "*.cpp", "__pycache__")
    shutil.copytree(ROOT, sources, ignore=shutil.ignore_patterns(*made_here, "*.egg-info"))
    run(python, "-m", "venv", here / "build")
    tools = here / "build" / "bin" / "python"
    required = re.search(r"requires = \[(.*?)\]", (ROOT / "pyproject.toml").read_text())
    assert required is not None
    run(tools, "-m", "pip", "install", "--quiet", "wheel", *re.findall(r'"(.*?)"', required[1]))
    run(tools, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps",
        "--wheel-dir", here, sources)  # fmt: skip
    (made,) = here.glob("*.whl")
    run(python, "-m", "venv", here / "venv")
    clean = here / "venv" / "bin" / "python"
    run(clean, "-m", "pip", "install", "--quiet", "-c", ROOT / "requirements.lock", made,
        "pytest", "hypothesis", "matplotlib", "pandas")  # fmt: skip
    site = here / "site"
    for name in ("tests", "instances"):
        shutil.copytree(ROOT / name, site / name)
    shutil.copy(ROOT / "pyproject.toml", site)
    run(clean, "-m", "pytest", *TESTS, cwd=site)
    shutil.rmtree(sources)
    return made.name


def main() -> int:
    """Every interpreter in turn; the exit code is the number of failures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--out", default="out/wheels")
    parser.add_argument("python", nargs="*")
    options = parser.parse_args()
    chosen = options.python or list(interpreters().values())
    failed = 0
    for python in chosen:
        try:
            print(f"{python}: {wheel(python, Path(options.out).resolve())} built and tested")
        except subprocess.CalledProcessError as error:
            failed += 1
            print(f"{python}: failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
    if not chosen:
        print("no interpreter of " + ", ".join(VERSIONS) + " found", file=sys.stderr)
    return failed or int(not chosen)


if __name__ == "__main__":
    sys.exit(main())
