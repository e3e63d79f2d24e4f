"""Text from files, made safe to show."""

from __future__ import annotations

import unicodedata
from typing import Any

#: Control and format characters (Cc, Cf: also those that turn the direction of writing),
#: surrogates, and the line and paragraph separators.
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def visible(text: object, *, keep: str = "") -> str:
    r"""Text in which nothing can move a cursor, change a colour or break a document.

    Parameters
    ----------
    text : object
        Shown as ``str`` shows it; names come from files, so anything may be in them.
    keep : str
        Characters that stay as they are (``"\n"`` for a text of several lines).

    Returns
    -------
    str
        The text with every control character written as an escape (``\x1b``, ``\u202e``).
    """
    text = str(text)
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        c if c in keep or unicodedata.category(c) not in HIDDEN else _escape(ord(c)) for c in text
    )


def _escape(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def words(value: Any) -> str:
    """A fact as a reader wants it: no brackets, no True, no digits that mean nothing."""
    import numpy as np  # --help answers without it

    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    if isinstance(value, dict):
        return ", ".join(f"{k} {words(v)}" for k, v in value.items()) or "none"
    if isinstance(value, list | tuple | np.ndarray):
        nested = any(isinstance(v, list | tuple | np.ndarray) for v in value)
        return ("; " if nested else ", ").join(words(v) for v in value) or "none"
    return str(value)
