"""Tables that are made from declarations instead of measurements."""

from __future__ import annotations

from benchmarks.tables import lines
from benchmarks.tables.marks import table
from zerogap.models.scheduling import fields


@table("scheduling/fields")
def scheduling() -> str:
    """Every field of the encoding."""
    head = ("table", "field", "unit", "default", "meaning")
    return lines.markdown(head, [_field(f) for f in fields.FIELDS])


def _field(field: fields.Field) -> list[str]:
    unit = " / ".join(field.choices) or field.unit or field.kind
    return [_plural(field.table), f"`{field.name}`", unit, _default(field), field.doc]


def _plural(word: str) -> str:
    return {"closing": "closings"}.get(word, word + "s")


def _default(field: fields.Field) -> str:
    if field.default is ...:
        return "required"
    if field.kind == "text":
        return field.default or "empty"  # type: ignore[return-value]
    if field.default in (fields.NONE, None):
        return "none"
    return str(field.default).lower() if isinstance(field.default, bool) else str(field.default)


@table("matmul/catalogue")
def catalogue() -> str:
    """The catalogue of formats, as its own module writes it."""
    from benchmarks.tables.marks import MARK
    from zerogap.models.matmul.catalogue import default
    from zerogap.solvers.matmul import catalogue as page

    match = MARK.search(page.table(default()))
    assert match
    return match[3]
