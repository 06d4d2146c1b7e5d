"""What a fare looks like: the rules of its fields, written once for the machine and the handlers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from lambda_src.errors import InvalidFare


@dataclass(frozen=True)
class FieldRule:
    """What one field of the input must be.

    Attributes:
        pattern: The whole value must match. Written in the part of regular
            expressions that Python and JSONata share.
        must_be: The same, for the person who mends the input.
        refused: A pattern whose whole match is refused even so.
    """

    pattern: str
    must_be: str
    refused: str | None = None

    def accepts(self, value: object) -> bool:
        """Tells whether the value is a string of the right form."""
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            return False
        return self.refused is None or not re.fullmatch(self.refused, value)


_IDENTIFIER: Final = FieldRule(r"[\s\S]{1,128}", "a string of 1 to 128 characters")

FARE_FIELDS: Final[Mapping[str, FieldRule]] = {
    "customerId": _IDENTIFIER,
    "fareId": _IDENTIFIER,
    "fareAmount": FieldRule(
        r"\$[0-9]{1,6}\.[0-9]{2}",
        'a string like "$20.00", above zero and at most "$999999.99"',
        refused=r"\$0+\.00",
    ),
}
CARD_FIELDS: Final[Mapping[str, FieldRule]] = {
    "cc": FieldRule(
        r"[ -]{0,3}[0-9](?:[ -]{0,3}[0-9]){11,18}[ -]{0,3}",
        "a string of 12 to 19 digits, with or without spaces or hyphens",
    ),
    "expiryDate": FieldRule(r"(?:0[1-9]|1[0-2])/[0-9]{2}", 'a string like "MM/YY"'),
    "cvv": FieldRule(r"[0-9]{3,4}", "a string of 3 or 4 digits"),
}
INPUT_FIELDS: Final[Mapping[str, FieldRule]] = {**FARE_FIELDS, **CARD_FIELDS}

_RIDE_FIELDS: Final[Mapping[str, FieldRule]] = {
    "sagaId": FieldRule(r"[\s\S]{1,512}", "the execution's ARN"),
    "startTime": FieldRule(r"[0-9TZ:.+-]{1,40}", "the execution's start time"),
    **FARE_FIELDS,
}


@dataclass(frozen=True)
class Ride:
    """One saga's fare, as a handler needs it. Money is in minor units."""

    saga_id: str
    start_time: str
    customer_id: str
    fare_id: str
    amount_minor: int


@dataclass(frozen=True)
class Card:
    """A card. Shows none of itself when printed."""

    number: str = field(repr=False)
    expiry: str = field(repr=False)
    code: str = field(repr=False)


def parse_ride(event: object) -> Ride:
    """Reads a handler's event; raises `InvalidFare` naming each wrong field."""
    return _ride(_checked(event, _RIDE_FIELDS))


def parse_charge(event: object) -> tuple[Ride, Card]:
    """Reads ChargeFare's event; raises `InvalidFare` naming each wrong field, never its value."""
    fields = _checked(event, {**_RIDE_FIELDS, **CARD_FIELDS})
    card = Card(number=re.sub(r"[ -]", "", fields["cc"]), expiry=fields["expiryDate"], code=fields["cvv"])
    return _ride(fields), card


def invalid_fare_cause(names: Iterable[str]) -> str:
    """Says which fields are wrong and what each must be."""
    rules = {**_RIDE_FIELDS, **CARD_FIELDS}
    return "; ".join(f"{name} must be {rules[name].must_be}" for name in names)


def _ride(fields: Mapping[str, str]) -> Ride:
    return Ride(
        saga_id=fields["sagaId"],
        start_time=fields["startTime"],
        customer_id=fields["customerId"],
        fare_id=fields["fareId"],
        amount_minor=int(re.sub(r"[$.]", "", fields["fareAmount"])),
    )


def _checked(event: object, rules: Mapping[str, FieldRule]) -> dict[str, str]:
    fields: dict[str, Any] = event if isinstance(event, dict) else {}
    wrong = [name for name, rule in rules.items() if not rule.accepts(fields.get(name))]
    if wrong:
        raise InvalidFare(invalid_fare_cause(wrong))
    return {name: fields[name] for name in rules}
