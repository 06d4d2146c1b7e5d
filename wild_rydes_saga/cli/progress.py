"""Progress: a spinner while a phase runs, and a line with its time when it is done."""

import contextlib
import time
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.markup import escape

Say = Callable[[str], None]
"""Shows how far a phase has come."""


@contextlib.contextmanager
def phase(console: Console, title: str) -> Iterator[None]:
    """Shows that a phase runs: on a screen with a spinner, in a log with a line at its start and its end."""
    with phase_with_steps(console, title):
        yield


@contextlib.contextmanager
def phase_with_steps(console: Console, title: str) -> Iterator[Say]:
    """Shows that a phase runs, as `phase` does, and each step of it: beside the spinner, or in a line of the log."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"… {title}")
    try:
        with console.status(f"{title} …", spinner="dots") as status:

            def say(step: str) -> None:
                if console.is_terminal:
                    status.update(f"{title} … {escape(step)}")
                else:
                    console.print(f"… {title}: {escape(step)}", soft_wrap=True)

            yield say
    except BaseException:
        console.print(f"[red]✗[/red] {title}  [dim]{time.monotonic() - began:.1f} s[/dim]")
        raise
    console.print(f"[green]✓[/green] {title}  [dim]{time.monotonic() - began:.1f} s[/dim]")
