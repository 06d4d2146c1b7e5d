"""An operator's screen: the verdict in one sentence, facts one a line, and the next command."""

import shlex
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.text import Text

from wild_rydes_saga.deployed.stacks import DEFAULT_STACK_NAME, Stack

_NAME_WIDTH: Final = 16
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))

Fact = tuple[str, str]


def new_console(*, stderr: bool = False) -> Console:
    """A console that never breaks a line: an ARN stays in one piece, in a pipe and on a narrow terminal."""
    return Console(highlight=False, soft_wrap=True, stderr=stderr)


def print_line(console: Console, text: str, *, style: str = "") -> None:
    """Prints a line. A rider's text cannot command the terminal: only its letters pass."""
    console.print(Text(printable(text)), style=style, soft_wrap=True)


def print_facts(console: Console, title: str, facts: Iterable[Fact]) -> None:
    """Prints a title, then a fact a line: its name and its value."""
    console.print()
    print_line(console, title, style="bold")
    for name, value in facts:
        console.print(Text.assemble("  ", (f"{name:{_NAME_WIDTH}}", "dim"), printable(value)), soft_wrap=True)


def print_next(console: Console, text: str) -> None:
    """Prints what to do next, as the last line."""
    console.print()
    print_line(console, f"Next: {text}")


def command(stack: Stack, target: str) -> str:
    """A make command as it must be typed for that stack."""
    if stack.account.endpoint_url is not None:
        return f"make {target}"
    if stack.name == DEFAULT_STACK_NAME:
        return f"make {target} ARGS=--aws"
    return f"make {target} ARGS={shlex.quote(f'--aws --stack-name {stack.name}')}"


def ride_command(stack: Stack, target: str, name: str) -> str:
    """A make command about one ride."""
    return command(stack, f"{target} RIDE={shlex.quote(printable(name))}")


def printable(text: str) -> str:
    """The text with a `?` for every character that is not printable."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def duration(seconds: float) -> str:
    """A time for people, in the largest unit of which there are at least two: 28 minutes."""
    whole = max(0, round(seconds))
    name, size = next((unit for unit in _UNITS if whole >= 2 * unit[1]), _UNITS[-1])
    return count(round(whole / size), name)


def with_age(moment: str) -> str:
    """A moment in ISO 8601, and how long ago that was. Any other text stays as it is."""
    try:
        passed = datetime.now(UTC) - datetime.fromisoformat(moment)
    except (ValueError, TypeError):  # what is in a queue may be anybody's
        return moment
    return f"{moment} ({duration(passed.total_seconds())} ago)"


def count(number: int, noun: str) -> str:
    """A number of things: 1 ride, 2 rides."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
