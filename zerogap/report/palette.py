"""Colours that colour-blind readers tell apart, the same in pictures and pages."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Okabe and Ito (2008), without black; the grey of the pages at the end.
BASE = ((0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233),
        (213, 94, 0), (240, 228, 66), (120, 120, 120))  # fmt: skip


def colours(groups: Any) -> np.ndarray:
    """A colour a group, shape (groups, 4): eight hues, further groups by lightness.

    Parameters
    ----------
    groups : array_like of int
        Negative: grey.
    """
    index = np.asarray(groups, dtype=np.int64)
    hue = np.array(BASE, dtype=float)[index % 8] / 255
    shade = 1 - 0.22 * ((index // 8) % 4)
    found = np.ones((*index.shape, 4))
    found[..., :3] = hue * shade[..., None]
    found[index < 0, :3] = 0.53
    return found


def ink(colour: Any) -> str:
    """Letters that are legible on a colour."""
    red, green, blue = (float(v) for v in colour[:3])
    return "#111111" if 0.3 * red + 0.59 * green + 0.11 * blue > 0.55 else "white"
