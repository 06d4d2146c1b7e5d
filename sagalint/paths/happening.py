"""What becomes of a state on a path, and one moment of the story that shows it."""

from dataclasses import dataclass
from enum import StrEnum


class Happening(StrEnum):
    """What became of a state on a path."""

    DONE = "done"
    CLEAN = "failed cleanly"
    DOUBT = "in doubt"
    GAVE_UP = "gave up"
    REFUSED = "refused"
    PASSED = "passed"
    ENDED = "ended"


@dataclass(frozen=True)
class Moment:
    """One state of a story.

    Attributes:
        state: The state's name.
        what: What became of it.
        errors: The errors that lead this way; the first stands for them in the story. Empty if none did.
        next: The state that follows, or None at the end of the execution.
        told: The moment as a sentence.
    """

    state: str
    what: Happening
    errors: tuple[str, ...]
    next: str | None
    text: str
