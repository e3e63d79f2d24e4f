"""XML with line numbers, for error messages that name the place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from zerogap.models.base import InstanceError, nearest


@dataclass
class Node:
    """An element: its tag without a namespace, attributes, text, children, and its line."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Node] = field(default_factory=list)
    text: str = ""

    def all(self, tag: str) -> list[Node]:
        """The children with a tag."""
        return [child for child in self.children if child.tag == tag]

    def one(self, tag: str, file: str) -> Node:
        """The only child with a tag.

        Raises
        ------
        InstanceError
            If there is none or more than one.
        """
        found = self.all(tag)
        if len(found) != 1:
            raise InstanceError(
                f"<{self.tag}> holds {len(found)} <{tag}>, expected one",
                file=file,
                line=found[1].line if found else self.line,
            )
        return found[0]

    def only(self, known: tuple[str, ...], file: str) -> None:
        """Refuse children with any other tag."""
        for child in self.children:
            if child.tag not in known:
                raise InstanceError(
                    f"unknown element <{child.tag}>{nearest(child.tag, known)}, expected "
                    f"{', '.join(f'<{tag}>' for tag in known)}",
                    file=file,
                    line=child.line,
                )


def parse(text: str, file: str) -> Node:
    """The root element; declarations of entities are refused."""
    parser = expat.ParserCreate()
    root = Node("", {}, 0)
    stack = [root]

    def begin(tag: str, attributes: dict[str, str]) -> None:
        node = Node(tag.split(":")[-1], attributes, parser.CurrentLineNumber)
        stack[-1].children.append(node)
        stack.append(node)

    def refuse(*_: Any) -> None:
        raise InstanceError(
            "declares an entity, which is not allowed", file=file, line=parser.CurrentLineNumber
        )

    def data(part: str) -> None:
        stack[-1].text += part

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda tag: stack.pop() and None
    parser.CharacterDataHandler = data
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    try:
        parser.Parse(text.encode(), True)
    except expat.ExpatError as error:
        raise InstanceError(
            f"not XML: {expat.ErrorString(error.code)}", file=file, line=error.lineno
        ) from None
    return root.children[0]


def number(node: Node, key: str, file: str, kind: Any = int) -> Any:
    """An attribute as a number."""
    if key not in node.attributes:
        raise InstanceError(f"<{node.tag}> lacks {key}", file=file, line=node.line)
    return convert(node.attributes[key], f"{key} of <{node.tag}>", kind, file, node.line)


def convert(text: str, what: str, kind: Any, file: str, line: int) -> Any:
    """A number from a text."""
    try:
        value = kind(text.strip())
    except ValueError:
        word = "an integer" if kind is int else "a number"
        raise InstanceError(
            f"{what} is {text.strip()[:40]!r}, expected {word}", file=file, line=line
        ) from None
    if value != value or value in (float("inf"), float("-inf")):
        raise InstanceError(f"{what} is {text.strip()}, expected a number", file=file, line=line)
    return value
