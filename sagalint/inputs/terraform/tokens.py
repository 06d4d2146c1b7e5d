"""The tokens of Terraform's language: text in quotes or as a heredoc, numbers, names and signs."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sagalint.input_error import InputError

_TOKENS: Final = re.compile(
    r"""
      (?P<space>[ \t\r]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)
    | (?P<newline>\n)
    | <<(?P<indented>-?)(?P<end>\w+)[ \t]*\r?\n(?P<heredoc>.*?)^[ \t]*(?P=end)\b
    | (?P<number>\d+(\.\d+)?([eE][-+]?\d+)?)
    | (?P<name>[A-Za-z_][\w-]*)
    | (?P<quote>")
    | (?P<sign>=>|==|!=|<=|>=|&&|\|\||\.\.\.|[^\s\w"])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Token(NamedTuple):
    """One of them, with its position. The kind of a sign is the sign itself; that of the last token is `end`."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str, name: str) -> Iterator[Token]:
    """The tokens of a file; raises `InputError` at what is none."""
    at = 0
    while at < len(text):
        found = _TOKENS.match(text, at)
        if not found:
            raise wrong_at(text, at, name)
        at = found.end()
        if found["quote"]:
            at = _end_of_string(text, at, name)
            yield Token("string", _unescaped(text[found.end() : at - 1]), found.start(), at)
        elif found["end"]:
            lines = found["heredoc"].split("\n")
            yield Token("string", "\n".join(_unindented(lines) if found["indented"] else lines), found.start(), at)
        elif found["sign"]:
            yield Token(found["sign"], found["sign"], found.start(), at)
        elif not found["space"]:
            kind = next(kind for kind in ("newline", "number", "name") if found[kind])
            yield Token(kind, found[0], found.start(), at)
    yield Token("end", "", at, at)


def _end_of_string(text: str, at: int, name: str) -> int:
    """The position after a string's closing quote; `${...}` inside may have strings of its own."""
    depth = 0
    while at < len(text):
        if text[at] == "\\":
            at += 2
            continue
        if text[at] == "\n" and not depth:
            break
        if text.startswith(("${", "%{"), at) and not text.startswith(("$${", "%%{"), at - 1):
            depth += 1
        elif text[at] == "}" and depth:
            depth -= 1
        elif text[at] == '"':
            if not depth:
                return at + 1
            at = _end_of_string(text, at + 1, name)
            continue
        at += 1
    raise wrong_at(text, at - 1, name)


def wrong_at(text: str, at: int, name: str) -> InputError:
    """What to raise at a position that cannot be read."""
    line = text.count("\n", 0, at) + 1
    return InputError(f"{name} cannot be read as Terraform in line {line}: correct it there")


def _unescaped(text: str) -> str:
    return re.sub(r'\\([nrt"\\])', lambda found: _ESCAPES[found[1]], text)


def _unindented(lines: Sequence[str]) -> list[str]:
    depths = [len(line) - len(line.lstrip()) for line in lines if line.strip()]
    return [line[min(depths, default=0) :] for line in lines]
