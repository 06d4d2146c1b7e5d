"""AWS at its worst, as data: throttles, slow calls, and events that are lost, late or sent twice.

A test writes it into the folder of the faults; the engine reads it at every call of a handler and at every event.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

_FILE: Final = "conditions.json"
CALLS: Final = "calls.txt"
"""The calls that handlers made, a line each: the operation as AWS names it."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What goes wrong with AWS for every ride.

    Attributes:
        throttled: Operations that are refused when a handler calls them, such as `DescribeExecution`.
        slow_seconds: How much longer each call of a handler takes.
        events: Of executions that ended: `sent`, `lost`, `twice`, or `late` by `late_seconds`.
        late_seconds: How late an event comes, or the end of an execution can be seen.
        end_shown_late: Whether DescribeExecution shows an execution's end that late.
    """

    throttled: tuple[str, ...] = ()
    slow_seconds: float = 0
    events: str = "sent"
    late_seconds: float = 0
    end_shown_late: bool = False


FINE: Final = Conditions()


def read_conditions(folder: Path) -> Conditions:
    """What goes wrong now."""
    try:
        found = json.loads((folder / _FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return FINE
    return Conditions(**{**found, "throttled": tuple(found["throttled"])})


@contextlib.contextmanager
def conditions(folder: Path, now: Conditions) -> Iterator[None]:
    """Lets AWS be so for as long as the block lasts."""
    written = folder / f"{_FILE}.new"
    written.write_text(json.dumps(asdict(now)), encoding="utf-8")
    written.replace(folder / _FILE)
    try:
        yield
    finally:
        (folder / _FILE).unlink()


def calls_made(folder: Path) -> Counter[str]:
    """How often handlers called each operation since the emulator began."""
    try:
        return Counter((folder / CALLS).read_text(encoding="utf-8").split())
    except FileNotFoundError:
        return Counter()
