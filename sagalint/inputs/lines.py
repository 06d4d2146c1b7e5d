"""The lines of a file in which the states of a machine are defined."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from sagalint.inputs.documents import is_json, legible, quoted, read_text

Where = tuple[str | int, ...]
"""The names and positions that lead to a part of a document."""

_CLOSED_BY: Final = {"{": "}", "[": "]"}
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


class Lines(NamedTuple):
    """The first and the last line of a part, from 1."""

    first: int
    last: int


@dataclass(frozen=True)
class Place:
    """Where a definition is written.

    Attributes:
        path: The file.
        where: What leads to the definition in the file's document; nothing if the document is the definition itself.
        lines: Its lines, where the file is not a document, such as Terraform's.
    """

    path: Path
    where: Where = ()
    lines: Lines | None = None

    def line_of(self, state: str | None) -> int:
        """The line in which a state begins; that of the definition if it is None or cannot be found."""
        parts = {} if self.lines else _parts(self.path)
        whole = self.lines or parts.get(self.where, Lines(1, 1))
        if state is None:
            return whole.first
        depth = len(self.where)
        exact = (
            lines.first
            for where, lines in parts.items()
            if where[-2:] == ("States", state) and where[:depth] == self.where
        )
        return next(exact, None) or self._searched(state, whole)

    def _searched(self, state: str, whole: Lines) -> int:
        """The same where the definition is text inside of the file: its name, and then what is not text."""
        quote = r'\\?["\']?'
        named = re.compile(rf"(^|[\s{{,]){quote}{re.escape(state)}{quote}\s*[:=]\s*(\{{|$)")
        within = enumerate(_text(self.path).splitlines()[whole.first - 1 : whole.last], start=whole.first)
        return next((number for number, line in within if named.search(line)), whole.first)


@cache
def _text(path: Path) -> str:
    return read_text(path)


@cache
def _parts(path: Path) -> Mapping[Where, Lines]:
    """The lines of every part of a document."""
    text = _text(path)
    return dict(_parts_of_json(text) if is_json(path, text) else _parts_of_yaml(text))


def lines_of_json(text: str) -> Mapping[Where, Lines]:
    """The lines of every part of a JSON text, which can be read as such."""
    return dict(_parts_of_json(text))


def _parts_of_yaml(text: str) -> Iterator[tuple[Where, Lines]]:
    from sagalint.inputs.yaml_documents import composed  # noqa: PLC0415 # slow to import, and seldom needed

    def visit(node: Any, where: Where, first: int) -> Iterator[tuple[Where, Lines]]:
        # A block ends where the next one begins.
        last = node.end_mark.line + (1 if node.end_mark.column else 0)
        yield where, Lines(first, max(first, last))
        if node.id == "mapping":
            for key, value in node.value:
                yield from visit(value, (*where, key.value), key.start_mark.line + 1)
        elif node.id == "sequence":
            for position, value in enumerate(node.value):
                yield from visit(value, (*where, position), value.start_mark.line + 1)

    root = composed(text)
    yield from visit(root, (), root.start_mark.line + 1)


def _parts_of_json(text: str) -> Iterator[tuple[Where, Lines]]:
    text = _readable(text)
    ends = [found.start() for found in re.finditer("\n", text)]
    tokens = (_Token(found[0], bisect_right(ends, found.start()) + 1) for found in _TOKEN.finditer(text))
    yield from _part_of_json(next(tokens), tokens, (), 1)


def _readable(text: str) -> str:
    """JSON text in which open values are text; each part stays in its line."""
    try:
        json.loads(quoted(text))
    except ValueError:
        return quoted(legible(text))
    return quoted(text)


def _part_of_json(
    begin: "_Token", tokens: "Iterator[_Token]", where: Where, first: int
) -> Iterator[tuple[Where, Lines]]:
    last = begin.line
    position = 0
    for token in tokens if begin.text in _CLOSED_BY else ():
        if token.text == _CLOSED_BY[begin.text]:
            last = token.line
            break
        if token.text == ",":
            position += 1
        elif begin.text == "[":
            yield from _part_of_json(token, tokens, (*where, position), token.line)
        else:
            next(tokens)  # the colon
            yield from _part_of_json(next(tokens), tokens, (*where, json.loads(token.text)), token.line)
    yield where, Lines(first, last)


class _Token(NamedTuple):
    """A string, a number, a word or a bracket of JSON, with its line."""

    text: str
    line: int
