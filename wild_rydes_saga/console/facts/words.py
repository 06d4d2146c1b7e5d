"""Times for people."""

from datetime import datetime
from typing import Final

_MILLIS: Final = 1000
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def duration(seconds: float) -> str:
    """A time in the largest unit of which there are at least two; milliseconds below a second."""
    if seconds < 1:
        return f"{max(0, round(seconds * _MILLIS))} ms"
    name, size = next((unit for unit in _UNITS if seconds >= 2 * unit[1]), _UNITS[-1])
    number = round(seconds / size, 1 if size == 1 else None)
    return f"{number} {name}{'' if number == 1 else 's'}"


def moment(when: datetime | None) -> str | None:
    """A moment in ISO 8601, which a page shows in its reader's own time."""
    return when.isoformat(timespec="milliseconds") if when else None
