"""Facts printed for an operator: a title, then a name and a value a line, which a script can read too."""

from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.text import Text

_NAME_WIDTH: Final = 16

Fact = tuple[str, str]


def print_facts(console: Console, title: str, facts: Iterable[Fact]) -> None:
    """Prints facts, one a line however long. A rider's text cannot command the terminal: only its letters pass."""
    console.print(Text.assemble("\n", (printable(title), "bold")))
    for name, value in facts:
        line = Text.assemble("  ", (f"{name:{_NAME_WIDTH}}", "dim"), printable(value))
        console.print(line, soft_wrap=True)


def printable(text: str) -> str:
    """The text with a `?` for every character that is not printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def money(minor: str) -> str:
    """An amount in dollars, from minor units as a table gives them."""
    return f"${int(minor) // 100}.{int(minor) % 100:02d}"
