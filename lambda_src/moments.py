"""Moments for rows and messages: ISO 8601 in UTC, to the millisecond, so that text sorts by time."""

from datetime import UTC, datetime, timedelta


def iso_millis(moment: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, as `$fromMillis` writes it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def now() -> str:
    """This moment, in ISO 8601 to the millisecond."""
    return iso_millis(datetime.now(UTC))


def at(seconds: float) -> str:
    """The moment after a number of seconds from now, in ISO 8601."""
    return iso_millis(datetime.now(UTC) + timedelta(seconds=seconds))
