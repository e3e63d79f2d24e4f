"""File formats: rows of numbers, JSON, tables, numpy arrays."""

from __future__ import annotations

import functools
from typing import Any

from zerogap.models import base
from zerogap.models.base import Format
from zerogap.models.jobshop.formats import frames, matrices, objects, rows, tables, write
from zerogap.models.jobshop.instance import Shop


def _reader(preferred: str) -> Any:
    def read(
        text: str,
        *,
        file: str,
        objective: str = "makespan",
        layout: str | None = None,
        numbering: int | None = None,
        index: str | None = None,
    ) -> Shop:
        return rows.read(
            text,
            file=file,
            objective=objective,
            layout=layout,
            numbering=numbering,
            index=index,
            preferred=preferred,
        )

    return read


def _sniff_rows(wanted: str, head: str, name: str) -> bool:
    return rows.sniffed(head, name) == wanted


def _rows(name: str, suffixes: tuple[str, ...], writer: Any) -> Format:
    sniff = functools.partial(_sniff_rows, name)
    return Format(name, suffixes, sniff, _reader(name), writer, shape=True)


def _sniff_framed(head: str, name: str) -> bool:
    return frames.framed(head)


def _sniff_captioned(head: str, name: str) -> bool:
    return frames.captioned(head)


FORMATS = (
    base.json_format("jobshop", objects.encode, objects.decode),
    Format("or-library", (".orlib",), _sniff_framed, _reader("standard")),
    Format("taillard's captions", (".tai",), _sniff_captioned, _reader("taillard")),
    _rows("taillard", (".ta", ".taillard"), write.taillard),
    _rows("flexible", (".fjs",), write.flexible),
    _rows("standard", (".txt", ".jsp", ".jss"), write.standard),
    Format("table", (".csv", ".tsv"), tables.sniff, tables.read, columns=tables.NEEDED),
    Format("printed table", (".table",), tables.sniff_printed, tables.read_printed),
    Format("foreign json", (".json",), objects.sniff, objects.read),
    Format("numpy", (".npy",), matrices.sniff, matrices.read, binary=True),
    Format("spreadsheet", (".xlsx",), tables.sniff_sheet, tables.read_sheet, binary=True),
)
