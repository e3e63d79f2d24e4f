"""The slow harness: ``python -m tests.truth [FAMILY …] [--count N] [--seed S]``.

Goes on where it stopped (``out/truth/<family>.json``), writes every contradiction with the command
that reproduces it, and ends with code 1 if there is any.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("ZEROGAP_STRICT", "1")

import zerogap as zg
from tests.truth import harness


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.truth")
    parser.add_argument("families", nargs="*", help="all if none is named")
    parser.add_argument("--count", type=int, default=20_000, help="instances a family")
    parser.add_argument("--seed", type=int, help="this one case alone, with a traceback")
    parser.add_argument("--first", type=int, help="begin with this seed, not where it stopped")
    parser.add_argument("--world", choices=harness.WORLDS, help="this one alone (default: drawn)")
    parser.add_argument("--folder", default="out/truth", help="where the state is kept")
    given = parser.parse_args()
    families = given.families or list(zg.names())
    if given.seed is not None:
        for family in families:
            print(family, harness.run(family, given.seed, given.world))
        return 0
    return max(_family(f, given) for f in families)


def _family(family: str, given: argparse.Namespace) -> int:
    folder = Path(given.folder)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{family}{f'-{given.world}' if given.world else ''}.json"
    state = json.loads(path.read_text()) if path.exists() else {"next": 0, "found": [], "is": {}}
    if given.first is not None:
        state = {"next": given.first, "found": [], "is": {}}
    seen = Counter(state["is"])
    begun, last = time.monotonic(), 0.0
    while state["next"] < (given.first or 0) + given.count:
        seed = state["next"]
        try:
            seen[harness.run(family, seed, given.world)] += 1
        except harness.Contradiction as error:
            state["found"].append(str(error))
            print(f"CONTRADICTION {error}", flush=True)
        state["next"], state["is"] = seed + 1, dict(seen)
        if (spent := time.monotonic() - begun) > last + 10 or state["next"] % 1000 == 0:
            last = spent
            path.write_text(json.dumps(state, indent=1))
            print(f"{family}: {state['next']} cases, {dict(seen)}, "
                  f"{len(state['found'])} contradictions, {spent:.0f} s", flush=True)  # fmt: skip
    path.write_text(json.dumps(state, indent=1))
    print(f"{family}: {state['next']} cases, {dict(seen)}, {len(state['found'])} contradictions")
    return 1 if state["found"] else 0


if __name__ == "__main__":
    sys.exit(main())
