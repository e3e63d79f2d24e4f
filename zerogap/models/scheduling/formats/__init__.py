"""File formats: JSON, the class files of the machine-scheduling literature, project files."""

from __future__ import annotations

from zerogap.models.base import Format, json_format
from zerogap.models.scheduling.formats.classes import PROBLEMS, read_class
from zerogap.models.scheduling.formats.json import decode, encode
from zerogap.models.scheduling.formats.projects import read_patterson, read_psplib

FORMATS = (
    json_format("scheduling", encode, decode),
    Format(
        "psplib",
        (".sm", ".mm"),
        lambda head, name: "PRECEDENCE RELATIONS" in head and "incl. supersource" in head,
        read_psplib,
    ),
    Format("patterson", (".rcp",), lambda head, name: name.endswith(".rcp"), read_patterson),
    # Bare numbers, which other families' files are as well: only where the family is named.
    Format("class", (".txt",), lambda head, name: head[:1].isspace() or head[:1].isdigit(),
           read_class, shape=1, named=True),
)  # fmt: skip

__all__ = ["FORMATS", "PROBLEMS"]
