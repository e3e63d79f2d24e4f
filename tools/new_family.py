"""Lay the rooms of a new family: ``make new-family NAME=parcels``.

Every file of ``tools/family`` is copied with the family's name in it, and the name is entered in
the registry. The tests that are laid fail until the rooms are filled.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

TEMPLATE = Path(__file__).with_name("family")
REGISTRY = Path("zerogap/models/base.py")
#: The entry that new names go before: it comes last, since it could read any table of numbers.
LAST = '        "dag",  # last'


def rooms(name: str) -> dict[Path, str]:
    """Path and text of every file that a family called `name` has.

    Raises
    ------
    ValueError
        If the name is none for a package.
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*", name):
        raise ValueError(f"{name!r}: expected a lower-case word, letters and digits")
    words = {
        "@name@": name,
        "@Name@": name.capitalize(),
        "@Title@": name.capitalize(),
        "@title@": name,
        "@Solution@": f"{name.capitalize()}Solution",
    }
    found = {}
    for source in sorted(TEMPLATE.rglob("*.in")):
        text = source.read_text()
        for placeholder, word in words.items():
            text = text.replace(placeholder, word)
        path = source.relative_to(TEMPLATE).as_posix().removesuffix(".in").replace("NAME", name)
        found[Path(path)] = text
    return found


def lay(root: Path, name: str) -> list[Path]:
    """Write the rooms below `root`; nothing that is there is touched but the registry.

    Raises
    ------
    ValueError
        If the name is no name, or something of it is there already.
    """
    made = rooms(name)
    there = [path for path in made if (root / path).exists()]
    if there:
        raise ValueError(f"{there[0]} is there already")
    registry = (root / REGISTRY).read_text()
    if f'"{name}",' in registry or LAST not in registry:
        raise ValueError(f"{REGISTRY} knows {name} already, or has no place for it")
    for path, text in made.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    (root / REGISTRY).write_text(registry.replace(LAST, f'        "{name}",\n{LAST}', 1))
    return list(made)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--root", type=Path, default=Path())
    arguments = parser.parse_args()
    try:
        made = lay(arguments.root, arguments.name)
    except ValueError as error:
        parser.error(str(error))
    print("\n".join(map(str, made)))
    print(f"Fill them; then: make test TESTS='tests/models/test_{arguments.name}.py "
          f"tests/solvers/test_{arguments.name}_solve.py' and python -m tests.truth "
          f"{arguments.name}")  # fmt: skip


if __name__ == "__main__":
    main()
