"""The project's documents as data: text, headings, links, code blocks, and the names in them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.conftest import ROOT

_INSTALLED: Final = {"node_modules", "cdk.out", "build", "dist"}
_FENCED: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_HEADING: Final = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
_CODE: Final = re.compile(r"`([^`\n]+)`")


def documents() -> list[Path]:
    """Every document of the project, without those of installed packages."""
    return sorted([*ROOT.glob("*.md"), *(page for folder in _folders() for page in folder.rglob("*.md"))])


def prose(page: Path) -> str:
    """A document without its code blocks."""
    return _FENCED.sub("", page.read_text())


def code_blocks(page: Path, language: str) -> list[str]:
    """The code blocks of a language in a document."""
    return [block for kind, block in _FENCED.findall(page.read_text()) if kind == language]


def anchors(page: Path) -> set[str]:
    """The anchors of a document: its headings, as GitHub writes them."""
    return {_anchor(heading) for heading in _HEADING.findall(prose(page))}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The links of a document to files of the project: the file, and the anchor or an empty text."""
    for link in _LINK.findall(prose(page)):
        if not link.startswith(("http://", "https://")):
            path, _, anchor = link.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def named_paths(page: Path) -> Iterator[str]:
    """The files and folders of the project that a document names in code, from the top level on."""
    names = {folder.name for folder in _folders()}
    for code in _CODE.findall(prose(page)):
        if "/" in code and " " not in code and code.partition("/")[0] in names:
            yield code


def named_targets(page: Path) -> set[str]:
    """The targets of make that a document names, in code or in a block of a shell."""
    shown = [*_CODE.findall(prose(page)), *code_blocks(page, "bash")]
    return {
        word
        for code in shown
        for line in code.splitlines()
        if line.startswith("make ")
        for word in line.split()[1:]
        if re.fullmatch(r"[a-z]+(-[a-z]+)*", word)
    }


def policies(page: Path) -> dict[str, dict[str, Any]]:
    """The policies in a document, by the name in the comment before each."""
    found = re.findall(r"<!-- policy: (\w+) -->\n```json\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)
    return {name: json.loads(text) for name, text in found}


def _folders() -> list[Path]:
    """The folders of the top level that are the project's own."""
    return [path for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name not in _INSTALLED]


def _anchor(heading: str) -> str:
    """A heading's anchor: small letters, digits, hyphens and underscores; a space becomes a hyphen."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
