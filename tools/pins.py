"""The exact backends at both ends of the versions that pyproject.toml allows.

    python tools/pins.py [--out out/pins] [--tests PATH …]

For ``ortools`` and ``highspy`` the lowest and the highest version allowed that the package index
offers are installed beside the environment (a folder each, no other package moves), and the tests
of the backends run against the lowest of both and against the highest of both. Why the ranges end
where they end stands in pyproject.toml; that versions beyond are refused is tested in
tests/solvers/test_backends.py.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
#: The packages that solve: others follow from the lock file.
BACKENDS = ("ortools", "highspy")
#: What runs at both ends: the backends together in one process, MIPs, LPs, CP-SAT models.
TESTS = ("tests/solvers/test_backends.py",)


def allowed(text: str | None = None) -> dict[str, Requirement]:
    """The ranges of the backends in pyproject.toml (or in the `text` of one)."""
    text = (ROOT / "pyproject.toml").read_text() if text is None else text
    found = map(Requirement, tomllib.loads(text)["project"]["dependencies"])
    return {r.name: r for r in found if r.name in BACKENDS}


def ends(requirement: Requirement, offered: list[str]) -> tuple[str, str]:
    """The lowest and the highest of the offered versions that a range allows."""
    fitting = sorted(requirement.specifier.filter(offered), key=Version)
    if not fitting:
        raise SystemExit(f"no version of {requirement} among {', '.join(offered) or 'none'}")
    return fitting[0], fitting[-1]


def offered(name: str) -> list[str]:
    """Versions of a package that the index has for this interpreter."""
    told = subprocess.run(
        [sys.executable, "-m", "pip", "index", "versions", name],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    line = re.search(r"Available versions: (.*)", told)
    return line[1].split(", ") if line else []


def tested(versions: dict[str, str], folder: Path, tests: list[str]) -> int:
    """Install these versions into a folder and run the tests before it; pytest's exit code."""
    wanted = [f"{name}=={version}" for name, version in versions.items()]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--upgrade",
         "--target", str(folder), *wanted],
        check=True,
    )  # fmt: skip
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(folder), str(ROOT)))}
    code = "from importlib.metadata import version as v; import sys; " \
           "sys.exit(any(v(n) != w for n, w in (p.split('==') for p in sys.argv[1:])))"  # fmt: skip
    subprocess.run([sys.executable, "-c", code, *wanted], check=True, env=environment, cwd=ROOT)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], env=environment, cwd=ROOT)
    print(f"{' '.join(wanted)}: {'failed' if done.returncode else 'passed'}", flush=True)
    return done.returncode


def main() -> int:
    """Both ends in turn; the exit code is the number of failures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--out", default="out/pins")
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    options = parser.parse_args()
    found = {name: ends(r, offered(name)) for name, r in allowed().items()}
    failed = 0
    for k, end in enumerate(("lowest", "highest")):
        versions = {name: pair[k] for name, pair in found.items()}
        failed += bool(tested(versions, Path(options.out).resolve() / end, options.tests))
    return failed


if __name__ == "__main__":
    sys.exit(main())
