"""A rule that does not hold on a move, and the words for it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

NOBODY: Final = (
    "nobody finishes an execution that ends halfway: when what cannot be undone gives up, at a timeout or an abort "
    "of the whole execution, at an error that cannot be caught (States.Runtime, States.DataLimitExceeded)"
)
RECOVER: Final = (
    "start something on executions that end as FAILED, TIMED_OUT or ABORTED (an EventBridge rule), let it finish "
    "what they left, and name it in the plan as recovered_by"
)


class Breach(NamedTuple):
    """A rule that does not hold on a move.

    Attributes:
        rule: The rule's id.
        states: The states that it is about, the one to fix first.
        message: What is wrong, in a sentence.
        fix: What to change.
        by: The catcher to fix, by its position, where it is one. Breaches that agree in rule, first state and
            this are one finding, and the first of them has the shortest path.
    """

    rule: str
    states: tuple[str, ...]
    message: str
    fix: str
    by: int | None = None


def listed(names: Sequence[str]) -> str:
    """Names as a sentence has them."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def them(names: Sequence[str]) -> str:
    """What stands for names in a sentence."""
    return "it" if len(names) == 1 else "them"


def once(*names: str) -> tuple[str, ...]:
    """Names without those that were named before."""
    return tuple(dict.fromkeys(names))
