"""What a fare looks like: the rules of its fields, written once for the machine and the handlers."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from lambda_src.errors import InvalidCard, InvalidFare
from lambda_src.text import CARRIED


@dataclass(frozen=True)
class FieldRule:
    """What one field of the input must be.

    Attributes:
        pattern: The whole value must match. Written in the part of regular
            expressions that Python and JSONata share.
        must_be: The same, for the person who corrects the input.
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


_IDENTIFIER: Final = FieldRule(
    f"{CARRIED}{{1,128}}",
    "a string of 1 to 128 characters, without U+FFFE, U+FFFF and control characters but tab and line breaks",
)

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
TOKEN: Final = "paymentToken"  # noqa: S105  # a field's name
"""The field that stands for a card, instead of the card's own."""
TOKEN_RULE: Final = FieldRule(
    r"tok_[0-9a-f]{32}", f"a token that tokenise gave, without {', '.join(CARD_FIELDS)} beside it"
)

_NO_VALUE: Final = r"(?!)"


@dataclass(frozen=True)
class Intake:
    """What the rides of a stack may be paid with: its gateway says it.

    Attributes:
        cards: Whether a card may come in, or only a token.
        token: What a token must be.
    """

    cards: bool
    token: FieldRule

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of the input that say what a ride is paid with."""
        return (*CARD_FIELDS, TOKEN) if self.cards else (TOKEN,)

    def rules(self, given: Mapping[str, object]) -> Mapping[str, FieldRule]:
        """The rules for what a ride is paid with: its token, or else its card if cards may come in."""
        if self.cards and TOKEN not in given:
            return CARD_FIELDS
        beside = any(name in given for name in CARD_FIELDS)
        return {TOKEN: FieldRule(_NO_VALUE, self.token.must_be) if beside else self.token}


CARDS: Final = Intake(cards=True, token=TOKEN_RULE)
"""A card, or a token that stands for one."""
METHODS: Final = Intake(
    cards=False,
    token=FieldRule(
        r"pm_[A-Za-z0-9_]{1,250}",
        f"a payment method that the gateway keeps, like pm_..., without {', '.join(CARD_FIELDS)} beside it:"
        " this stack takes no card",
    ),
)
"""A payment method that the gateway keeps: no card comes near the stack."""

_RIDE_FIELDS: Final[Mapping[str, FieldRule]] = {
    "sagaId": FieldRule(r"[^\s\x00-\x1f\x7f\ud800-\udfff\ufffe\uffff]{1,256}", "the execution's ARN"),
    "startTime": FieldRule(
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z",
        'the execution\'s start time, like "2026-01-31T12:00:00.000Z"',
    ),
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

    def reveal(self) -> "Card":
        """The card: it is at hand."""
        return self

    def forget(self) -> None:
        """Does nothing: it is kept nowhere."""


@dataclass(frozen=True)
class GatewayMethod:
    """A payment method that the gateway itself keeps, by its id there. Shows nothing of it when printed."""

    method_id: str = field(repr=False)

    def reveal(self) -> "GatewayMethod":
        """The payment method: its id is all that there is."""
        return self

    def forget(self) -> None:
        """Does nothing: the gateway keeps it."""


PaidWith = Card | GatewayMethod
"""What a gateway is given to authorise a payment with."""


class PaymentMethod(Protocol):
    """What a ride is paid with: a card, or what leads to one, or what the gateway knows it by."""

    def reveal(self) -> PaidWith:
        """Returns the card, or the gateway's payment method.

        Raises `UnknownToken` if nothing is kept under the token, `VaultBusy` if it cannot be read now.
        """
        ...

    def forget(self) -> None:
        """Deletes what is kept of the card. Called once it is not needed any more; may be called again."""
        ...


def parse_ride(event: object) -> Ride:
    """Reads a handler's event; raises `InvalidFare` naming each wrong field."""
    return _ride(_checked(event, _RIDE_FIELDS))


def parse_charge(event: object, intake: Intake = CARDS) -> tuple[Ride, Card | str]:
    """Reads ChargeFare's event: the ride, and its card or token.

    Of the card's fields and the token, one that is empty counts as missing: the
    machine always sends all four.

    Raises:
        InvalidFare: Names each wrong field, never its value.
    """
    empty = [name for name in (*CARD_FIELDS, TOKEN) if isinstance(event, dict) and event.get(name) == ""]
    given = {name: value for name, value in event.items() if name not in empty} if isinstance(event, dict) else {}
    fields = _checked(given, {**_RIDE_FIELDS, **intake.rules(given)})
    return _ride(fields), fields[TOKEN] if TOKEN in fields else _card(fields)


def parse_card(event: object) -> tuple[str, Card]:
    """Reads the front door's event: whose card it is, and the card.

    Raises:
        InvalidCard: Names each wrong field, never its value.
    """
    fields = _checked(event, {"customerId": FARE_FIELDS["customerId"], **CARD_FIELDS}, InvalidCard)
    return fields["customerId"], _card(fields)


def is_whole_input(given: Mapping[str, object]) -> bool:
    """Tells whether every field of an execution's input is valid, whatever its stack takes."""
    return any(
        all(rule.accepts(given.get(name)) for name, rule in {**FARE_FIELDS, **intake.rules(given)}.items())
        for intake in (CARDS, METHODS)
    )


def _card(fields: Mapping[str, str]) -> Card:
    return Card(number=re.sub(r"[ -]", "", fields["cc"]), expiry=fields["expiryDate"], code=fields["cvv"])


def invalid_fare_cause(names: Iterable[str], intake: Intake = CARDS) -> str:
    """Says which fields are wrong and what each must be."""
    return _cause(names, {**_RIDE_FIELDS, **CARD_FIELDS, TOKEN: intake.token})


def _cause(names: Iterable[str], rules: Mapping[str, FieldRule]) -> str:
    return "; ".join(f"{name} must be {rules[name].must_be}" for name in names)


def _ride(fields: Mapping[str, str]) -> Ride:
    return Ride(
        saga_id=fields["sagaId"],
        start_time=fields["startTime"],
        customer_id=fields["customerId"],
        fare_id=fields["fareId"],
        amount_minor=int(re.sub(r"[$.]", "", fields["fareAmount"])),
    )


def _checked(event: object, rules: Mapping[str, FieldRule], error: type[Exception] = InvalidFare) -> dict[str, str]:
    fields: dict[str, Any] = event if isinstance(event, dict) else {}
    wrong = [name for name, rule in rules.items() if not rule.accepts(fields.get(name))]
    if wrong:
        raise error(_cause(wrong, rules))
    return {name: fields[name] for name in rules}
