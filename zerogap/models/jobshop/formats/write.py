"""Writers of the texts made of rows of numbers."""

from __future__ import annotations

import numpy as np

from zerogap.models.base import InstanceError
from zerogap.models.jobshop.instance import FlexibleJobShop, JobShop, Shop

_OPTIONAL = ("release", "due", "weight")


def standard(shop: Shop) -> str:
    """The standard text; refuses what it cannot hold."""
    if not isinstance(shop, JobShop):
        raise InstanceError("the standard format has no alternative machines (use .fjs or .json)")
    _plain(shop)
    pairs = np.stack((shop.machine, shop.duration), axis=1).tolist()
    lines = [f"{shop.jobs} {shop.machines}"]
    for a, b in zip(shop.first[:-1].tolist(), shop.first[1:].tolist()):
        lines.append(" ".join(f"{m} {d}" for m, d in pairs[a:b]))
    return "\n".join(lines) + "\n"


def _plain(shop: Shop) -> None:
    """Text formats hold machines and durations only."""
    extra = [field for field in _OPTIONAL if getattr(shop, field) is not None]
    if extra or shop.objective != "makespan":
        what = ", ".join(extra) or f"objective {shop.objective}"
        raise InstanceError(f"this format cannot hold {what} (use .json)")


def taillard(shop: Shop) -> str:
    """Taillard's text, for shops whose jobs have one operation a machine."""
    if not isinstance(shop, JobShop) or (np.diff(shop.first) != shop.machines).any():
        raise InstanceError("Taillard's format needs one operation a machine in every job")
    _plain(shop)

    def block(values: np.ndarray) -> list[str]:
        return [" ".join(map(str, row)) for row in values.reshape(shop.jobs, -1).tolist()]

    head = f"{shop.jobs} {shop.machines}"
    return (
        "\n".join([head, "Times", *block(shop.duration), "Machines", *block(shop.machine + 1)])
        + "\n"
    )


def flexible(shop: Shop) -> str:
    """The flexible text; an ordinary shop is written with one alternative an operation."""
    _plain(shop)
    choice = shop.choice if isinstance(shop, FlexibleJobShop) else np.arange(shop.operations + 1)
    machine, duration = (shop.machine + 1).tolist(), shop.duration.tolist()
    lines = [f"{shop.jobs} {shop.machines} {len(machine) / shop.operations:.4g}"]
    for a, b in zip(shop.first[:-1].tolist(), shop.first[1:].tolist()):
        words = [str(b - a)]
        for x in range(a, b):
            options = range(choice[x], choice[x + 1])
            words.append(str(len(options)))
            words.extend(f"{machine[i]} {duration[i]}" for i in options)
        lines.append(" ".join(words))
    return "\n".join(lines) + "\n"
