"""Progress for a person to watch: a spinner while a phase runs, a line with its time when it is done."""

import contextlib
import time
from collections.abc import Iterator

from rich.console import Console


@contextlib.contextmanager
def phase(console: Console, title: str) -> Iterator[None]:
    """Shows that a phase runs; on a screen it spins and counts, in a log it says when it begins and ends."""
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
