"""Progress: a spinner while a phase runs, and a line with its time when it is done."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console


@contextlib.contextmanager
def phase(console: Console, title: str) -> Iterator[None]:
    """Shows that a phase runs: on a screen with a spinner, in a log with a line at its start and its end."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"… {title}")
    try:
        with console.status(f"{title} …", spinner="dots"):
            yield
    except BaseException:
        console.print(f"[red]✗[/red] {title}  [dim]{time.monotonic() - began:.1f} s[/dim]")
        raise
    console.print(f"[green]✓[/green] {title}  [dim]{time.monotonic() - began:.1f} s[/dim]")
