"""Reads Terraform's language as far as it says what a machine is: blocks, objects, lists, text, and calls.

Everything else (a reference, a condition, a loop) is kept as it is written, as an open value.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from sagalint.input_error import InputError
from sagalint.inputs.lines import Lines
from sagalint.inputs.terraform.tokens import Token, tokens_of, wrong_at

_WORDS: Final = {"true": True, "false": False, "null": None}
_CLOSED_BY: Final = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Open:
    """An expression that only Terraform can work out, as it is written."""

    text: str


@dataclass(frozen=True)
class Call:
    """A call of a function."""

    name: str
    arguments: tuple[Any, ...]


@dataclass
class Block:
    """A block: its words, such as `resource "aws_sfn_state_machine" "orders"`, and what is in it."""

    words: tuple[str, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, Lines] = field(default_factory=dict)
    blocks: list["Block"] = field(default_factory=list)


def parse_hcl(text: str, name: str) -> Block:
    """Reads a file.

    Raises:
        InputError: It is not HCL. Says where.
    """
    return _Parser(text, name).file()


class _Parser:
    """Goes through the tokens of a file, one after the other."""

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._tokens = [*tokens_of(text, name)]
        self._at = 0

    def file(self) -> Block:
        """The file as a block without words."""
        whole = Block(())
        self._body(whole, closed_by="end")
        return whole

    def _body(self, block: Block, closed_by: str) -> None:
        while not self._take(closed_by):
            if self._take("newline"):
                continue
            words = [self._next("name").text]
            first = self._line(self._tokens[self._at - 1].start)
            if self._take("="):
                block.attributes[words[0]] = self._value(newline_ends=True)
                block.lines[words[0]] = Lines(first, self._line(self._tokens[self._at - 1].end))
                continue
            while not self._take("{"):
                token = self._next("name", "string")
                words.append(token.text)
            inner = Block(tuple(words))
            self._body(inner, closed_by="}")
            block.blocks.append(inner)

    def _value(self, *, newline_ends: bool) -> Any:
        began = self._at
        value = self._simple_value()
        if self._goes_on(newline_ends=newline_ends):
            self._skip_rest(newline_ends=newline_ends)
            return Open(self._text[self._tokens[began].start : self._tokens[self._at - 1].end])
        return value

    def _simple_value(self) -> Any:
        token = self._next()
        value: Any
        match token.kind:
            case "string":
                value = token.text
            case "number":
                value = float(token.text) if re.search("[.eE]", token.text) else int(token.text)
            case "name" if token.text in _WORDS:
                value = _WORDS[token.text]
            case "name":
                value = Call(token.text, tuple(self._list(")"))) if self._take("(") else Open(token.text)
            case "{":
                value = self._loop(token) or self._object()
            case "[":
                value = self._loop(token) or self._list("]")
            case "(":
                value = next(iter(self._list(")")), None)
            case _:
                value = Open(token.text)
        return value

    def _object(self) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not self._take("}"):
            if self._take("newline") or self._take(","):
                continue
            key = self._next("name", "string", "number", "(")
            if key.kind == "(":
                self._skip_to(")")
            if not self._take("=") and not self._take(":"):
                raise self._wrong()
            made[key.text] = self._value(newline_ends=True)
        return made

    def _list(self, closed_by: str) -> list[Any]:
        made: list[Any] = []
        while not self._take(closed_by):
            if self._take("newline") or self._take(","):
                continue
            made.append(self._value(newline_ends=False))
        return made

    def _loop(self, opening: Token) -> Open | None:
        """An object or a list that a `for` makes."""
        ahead = next((one for one in self._tokens[self._at :] if one.kind != "newline"), None)
        if ahead is None or (ahead.kind, ahead.text) != ("name", "for"):
            return None
        self._skip_to(_CLOSED_BY[opening.kind])
        return Open(self._text[opening.start : self._tokens[self._at - 1].end])

    def _goes_on(self, *, newline_ends: bool) -> bool:
        """Whether an expression is more than its first value."""
        at = self._at
        while not newline_ends and self._tokens[at].kind == "newline":
            at += 1
        return self._tokens[at].kind not in ("newline", ",", "end", *_CLOSED_BY.values())

    def _skip_rest(self, *, newline_ends: bool) -> None:
        while self._goes_on(newline_ends=newline_ends):
            token = self._tokens[self._at]
            self._at += 1
            if token.kind in _CLOSED_BY:
                self._skip_to(_CLOSED_BY[token.kind])

    def _skip_to(self, closing: str) -> None:
        while not self._take(closing):
            token = self._next()
            if token.kind in _CLOSED_BY:
                self._skip_to(_CLOSED_BY[token.kind])

    def _take(self, kind: str) -> bool:
        taken = self._tokens[self._at].kind == kind
        self._at += taken and kind != "end"
        return taken

    def _next(self, *kinds: str) -> Token:
        token = self._tokens[self._at]
        if token.kind == "end" or (kinds and token.kind not in kinds):
            raise self._wrong()
        self._at += 1
        return token

    def _line(self, position: int) -> int:
        return self._text.count("\n", 0, position) + 1

    def _wrong(self) -> InputError:
        return wrong_at(self._text, self._tokens[self._at].start, self._name)
