"""The ride, the card and the handlers' events that the unit tests use."""

import dataclasses
import re
from types import SimpleNamespace
from typing import Any, Final

from lambda_src.fare import Card, Ride

FARE: Final = 2000
"""The ride's fare, in minor units."""
RIDE: Final = Ride(
    saga_id="arn:aws:states:eu-west-1:123456789012:execution:fare-saga:ride-1",
    start_time="2026-11-22T10:00:00.123Z",
    customer_id="customer-1",
    fare_id="fare-1",
    amount_minor=FARE,
)
SAME_NAME_LATER: Final = dataclasses.replace(RIDE, start_time="2027-05-01T08:30:00.456Z")
"""Another execution under the same name: AWS allows a name again after 90 days."""
CARD: Final = Card(number="4000271828182845", expiry="11/39", code="9074")
CARD_NUMBER_SPACED: Final = "4000 2718-2818 2845"
CONTEXT: Final = SimpleNamespace(
    function_name="step",
    memory_limit_in_mb=256,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:step",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 50_000,
)


class Event(dict[str, Any]):
    """A handler's event that a failing test does not print."""

    def __repr__(self) -> str:
        """Hides the card."""
        return "<event>"


def event(**changes: object) -> Event:
    """The ride's event, card included, with some fields changed."""
    fields: dict[str, object] = {
        "sagaId": RIDE.saga_id,
        "startTime": RIDE.start_time,
        "customerId": RIDE.customer_id,
        "fareId": RIDE.fare_id,
        "fareAmount": "$20.00",
        "cc": CARD_NUMBER_SPACED,
        "expiryDate": CARD.expiry,
        "cvv": CARD.code,
    }
    return Event(fields | changes)


def event_without(*names: str) -> Event:
    """The ride's event with some fields missing."""
    return Event({name: value for name, value in event().items() if name not in names})


def card_fields_in(text: str) -> list[str]:
    """Names the parts of the card that a text shows, never their values; timestamps are not searched."""
    timeless = re.sub(r'"timestamp": ?"[^"]*"|"Timestamp": ?\d+', "", text)
    parts = {
        "number": CARD.number,
        "number as given": CARD_NUMBER_SPACED,
        "expiry": CARD.expiry,
        "code": CARD.code,
    }
    return [name for name, value in parts.items() if value in timeless]
