"""The parts of sentences on a ride: money, customers, failures, and where a card has come to."""

import re
from collections.abc import Sequence
from typing import Any, Final

from lambda_src.fare import CARD_FIELDS
from wild_rydes_saga.deployed.rides import LAB_FARE
from wild_rydes_saga.lab.riding import Ridden, Trouble

_FORCED: Final = re.compile(r"_fail_\w+$")
_INTERNAL: Final = re.compile(r"'\w+' object|NoneType|not subscriptable|unexpected keyword argument")
_CENTS: Final = 100


def dollars(minor: int) -> str:
    """An amount of minor units."""
    return f"${minor // _CENTS}.{minor % _CENTS:02d}"


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
