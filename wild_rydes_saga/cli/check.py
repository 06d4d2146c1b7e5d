"""`make check`: rides the lab's four rides on the learner's machine, and says which chapter it passes."""

from pathlib import Path
from typing import Final

from rich.console import Console

from wild_rydes_saga.cli.screen import print_line, print_next
from wild_rydes_saga.deployed.stacks import Stack
from wild_rydes_saga.lab import Checked, Item, Mark, check, read_file

_SIGNS: Final = {Mark.PASSED: ("✓", "green"), Mark.FAILED: ("✗", "red"), Mark.NOT_REACHED: ("…", "dim")}
_MOST_FINDINGS: Final = 5


def check_machine(console: Console, stack: Stack, file: Path | None) -> bool:
    """Checks a definition, or the one that start-here has; returns whether all chapters pass."""
    text = None if file is None else read_file(file)
    found = check(
        stack.account, stack.outputs, text, progress=lambda line: print_line(console, f"… {line}", style="dim")
    )
    console.print()
    for item in found.items:
        _print_item(console, item)
    _print_findings(console, found)
    console.print()
    for chapter in found.chapters:
        sign, style = _SIGNS[Mark.PASSED if chapter.passed else Mark.FAILED if found.rides else Mark.NOT_REACHED]
        print_line(console, f"{sign} Chapter {chapter.number}: {chapter.title}", style=style)
    console.print()
    print_line(console, found.verdict, style="bold")
    if file is not None and found.rides:
        print_line(console, f"start-here now has the definition of {file}.")
    print_next(console, found.next_step)
    return found.passed


def _print_item(console: Console, item: Item) -> None:
    sign, style = _SIGNS[item.mark]
    where = f" (line {item.line}{f', column {item.column}' if item.column else ''})" if item.line else ""
    print_line(console, f"{sign} {item.name}{where}: {item.sentence}", style=style)
    if item.hint:
        print_line(console, f"    {item.hint}")


def _print_findings(console: Console, found: Checked) -> None:
    for one in found.findings[1:_MOST_FINDINGS]:
        where = f" (line {one.line})" if one.line else ""
        print_line(console, f"    {one.level} {one.rule}{where}: {one.sentence}")
    if len(found.findings) > _MOST_FINDINGS:
        print_line(console, f"    {len(found.findings) - _MOST_FINDINGS} more: fix these first, and check again")
