"""Reads the code blocks of a recipe, each with the place where it goes, and pastes them."""

import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_HEADING: Final = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_BLOCK: Final = re.compile(
    r"^(?P<indent> *)`(?P<file>[^`\n]+)`(?P<place>[^\n]*):\n\n(?P=indent)```\w+\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_CODE_BLOCKS: Final = re.compile(r"^ *```(?P<language>\w+)$", re.MULTILINE)
_SHELL: Final = "bash"


class RecipeError(Exception):
    """The recipe does not fit the project. Says which block, and why."""


@dataclass(frozen=True)
class Block:
    """A code block and where it goes.

    Attributes:
        file: The file, from the project's root.
        place: Where in that file, as the recipe says it.
        code: The block, without the recipe's own indentation.
    """

    file: str
    place: str
    code: str

    def paste(self, project: Path) -> None:
        """Writes the block into its file; raises `RecipeError` if that has no such place."""
        path = project / self.file
        for pattern, insert in _PLACES.items():
            if found := re.fullmatch(pattern, self.place):
                if insert is None:
                    self._create(path)
                else:
                    lines = path.read_text(encoding="utf-8").splitlines()
                    path.write_text("\n".join(insert(lines, self, found.groupdict())) + "\n", encoding="utf-8")
                return
        raise RecipeError(f"{self.file}: the place is not understood: {self.place!r}")

    def _create(self, path: Path) -> None:
        if path.exists():
            raise RecipeError(f"{self.file} exists already")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.code, encoding="utf-8")

    @property
    def lines(self) -> list[str]:
        """The block's lines."""
        return self.code.splitlines()


def blocks_of(document: str, title: str) -> list[Block]:
    """The blocks of one section, in order; raises `RecipeError` if a block does not say where it goes."""
    section = _section(document, title)
    found = [
        Block(block["file"], block["place"].strip(", "), textwrap.dedent(_without_indent(block)))
        if block["place"] == " (new file)"
        else Block(block["file"], block["place"].strip(", "), _without_indent(block))
        for block in _BLOCK.finditer(section)
    ]
    languages = [block["language"] for block in _CODE_BLOCKS.finditer(section)]
    if len(found) != len(languages) - languages.count(_SHELL):
        raise RecipeError(f"{len(languages)} code blocks, {len(found)} of which say where they go: write `file`: above")
    return found


def _section(document: str, title: str) -> str:
    headings = list(_HEADING.finditer(document))
    for heading, following in zip(headings, [*headings[1:], None], strict=True):
        if heading["title"] == title:
            return document[heading.end() : following.start() if following else None]
    raise RecipeError(f"there is no section {title!r}")


def _without_indent(block: re.Match[str]) -> str:
    return re.sub(rf"^{block['indent']}", "", block["code"], flags=re.MULTILINE)


def _line_of(lines: Sequence[str], anchor: str, block: Block) -> int:
    numbers = [number for number, line in enumerate(lines) if line.strip() == anchor]
    if len(numbers) != 1:
        raise RecipeError(f"{block.file} has the line {anchor!r} {len(numbers)} times: the recipe needs it once")
    return numbers[0]


def _below(lines: list[str], block: Block, place: Mapping[str, str]) -> list[str]:
    number = _line_of(lines, place["anchor"], block) + 1
    return [*lines[:number], *block.lines, *lines[number:]]


def _instead(lines: list[str], block: Block, place: Mapping[str, str]) -> list[str]:
    number = _line_of(lines, place["anchor"], block)
    return [*lines[:number], *block.lines, *lines[number + 1 :]]


def _above_opening(lines: list[str], block: Block, place: Mapping[str, str]) -> list[str]:
    number = _line_of(lines, place["anchor"], block)
    while lines[number].strip() != place["opening"]:
        number -= 1
    return [*lines[:number], *block.lines, *lines[number:]]


def _at_end(lines: list[str], block: Block, place: Mapping[str, str]) -> list[str]:
    del place
    return [*lines, *block.lines]


_Insert = Callable[[list[str], Block, Mapping[str, str]], list[str]]
_PLACES: Final[Mapping[str, _Insert | None]] = {
    r"\(new file\)": None,
    r"below `(?P<anchor>[^`]+)`": _below,
    r"in place of `(?P<anchor>[^`]+)`": _instead,
    r"above the `(?P<opening>[^`]+)` of `(?P<anchor>[^`]+)`": _above_opening,
    "at the end": _at_end,
}
"""How a recipe says where a block goes; a line is named without its indentation."""
