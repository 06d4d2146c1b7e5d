"""The parts of sentences on a ride: customers, failures, and where a card has come to."""

import re
from collections.abc import Sequence
from typing import Any, Final

from lambda_src.fare import CARD_FIELDS
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.lab.riding import Ridden, Trouble

_FORCED: Final = re.compile(r"_fail_\w+$")
_INTERNAL: Final = re.compile(r"'\w+' object|NoneType|not subscriptable|unexpected keyword argument")
_OF_THE_PLAN: Final = (
    (r"\bsay it in the plan\b.*$", "write a number of seconds"),
    (r"\bthe plan knows only (.*) of what its function raises", r"its function raises only \1"),
    (r" that (?:`ending` in )?the plan names", ""),
    (r"(?:, or|; if|, and) [^;]*\bplan\b.*$", ""),
    (r" (?:of|in) the plan\b", ""),
)
"""What sagalint says of its plan. The lab has made that, so a learner neither knows it nor can change it."""


def label_of(customer_id: str) -> str:
    """The end of a customerId that forces a failure, or all of it."""
    found = _FORCED.search(customer_id)
    return found[0] if found else customer_id


def card_in(ridden: Ridden) -> str:
    """Where a part of the card is that must not have it; empty if nowhere."""
    places: Sequence[tuple[str, Any]] = (
        ("the fare's row", ridden.fare),
        ("the message", ridden.message),
        ("the execution's output", ridden.description.get("output")),
    )
    number = LAB_FARE["cc"]
    for place, content in places:
        text = str(content)
        if number in text or any(f"'{name}'" in text or f'"{name}"' in text for name in CARD_FIELDS):
            return place
    return ""


def told(trouble: Trouble) -> str:
    """A failure in words."""
    # The emulator passes on what its own code ran into.
    internal = trouble.error == "States.Runtime" and _INTERNAL.search(trouble.cause)
    cause = ": an argument has the wrong type" if internal else f": {trouble.cause}" if trouble.cause else ""
    return f"{trouble.state} failed with {trouble.error}{cause}".rstrip(".")


def without_plan(text: str) -> str:
    """A sentence of sagalint's without its plan."""
    for words, instead in _OF_THE_PLAN:
        text = re.sub(words, instead, text)
    return text
