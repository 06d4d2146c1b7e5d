"""How grave it is that something is left: by how it comes to that, what it is worth, and why."""

from collections.abc import Sequence
from typing import Final

from sagalint.definition.naming.task_kinds import worth_of

KEPT, IN_DOUBT, BESIDE = "kept", "in doubt", "beside"
"""What a failing step leaves for sure, what may be left, and what only a message that fails leaves."""
CANNOT_RUN, NOTHING_UNDOES, LEFT_OUT = 0, 1, 2
"""Why something is left: what undoes it fails of its own on every way, is not there, or is left out on some way."""
_BY_HARM: Final = (
    *((KEPT, 0), (KEPT, 1), (IN_DOUBT, 0)),
    *((KEPT, 2), (IN_DOUBT, 1), (IN_DOUBT, 2)),
    *((BESIDE, 0), (BESIDE, 1), (BESIDE, 2)),
)
"""What is left, with its worth, the gravest first: money in doubt comes before what is neither paid nor booked."""
HARMS: Final = len(_BY_HARM)
_REASONS: Final = 3


def harm_of(gravity: int) -> int:
    """How much harm a gravity stands for, whatever the reason: 0 is the gravest, `HARMS` has none of them."""
    return gravity // _REASONS


def weight(how: str, actions: Sequence[str], why: int) -> int:
    """The gravity of what is left: by how it comes to that and what it is worth, then by why it is left."""
    return _REASONS * _BY_HARM.index((how, worth_of(actions))) + why
