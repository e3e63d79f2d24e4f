"""Makes the pictures of the gallery: solves a small instance of every family and draws it.

Run from the project's root: ``python docs/make_pictures.py``.
"""

from __future__ import annotations

from pathlib import Path

import zerogap as zg

OUT = Path(__file__).parent / "img"
#: Family → generator's call, method and seconds.
PICTURES = {
    "routing": (("vrptw", {"clients": 40}), "auto", 5),
    "jobshop": (("taillard", {"jobs": 10, "machines": 6}), "auto", 5),
    "fairclique": (("chung-lu", {}), "auto", 5),
    "matmul": (("format", {"format": "2x2x2", "ring": "ZT"}), "auto", 5),
    "dag": (("er", {}), "auto", 5),
    "treeprune": (("rebase", {"width": 16}), "auto", 5),
    "scratchpad": (("squeezenet", {}), "auto", 10),
    "scheduling": (("workshop", {"jobs": 6, "machines": 3}), "auto", 8),
    "mapf": (("rooms", {"agents": 12}), "auto", 10),
}


def main() -> None:
    """Draw all; says what was drawn."""
    OUT.mkdir(exist_ok=True)
    for family, ((generator, options), method, seconds) in PICTURES.items():
        instance = zg.generate(family, generator, seed=1, **options)
        result = zg.solve(instance, method=method, time_limit=seconds, seed=1)
        result.plot(str(OUT / f"{family}.svg"))
        print(f"{family}: {result}")
    shop = zg.read("instances/jobshop/ft10.txt")
    zg.solve(shop, time_limit=30).plot(str(OUT / "ft10.svg"))


if __name__ == "__main__":
    main()
