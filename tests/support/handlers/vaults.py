"""The card vault in moto: its table beside the ledgers, a key of KMS, and a clock to set."""

import base64
import contextlib
import copy
import dataclasses
import hashlib
import io
import json
import logging
import traceback
from collections.abc import Callable, Iterator
from typing import Any, Final

from botocore.exceptions import ClientError

from lambda_src.dynamodb import Row
from lambda_src.fare import Card, Ride
from lambda_src.payments import tokenise
from lambda_src.payments.encryption import PURPOSE
from lambda_src.payments.vault import CardVault
from tests.support.handlers.rides import CARD, CONTEXT, RIDE, SAME_NAME_LATER, Event, event, event_without
from tests.support.handlers.stepping import Attempt
from tests.support.handlers.tables import Tables

CARDS: Final = "Cards"
NOW: Final = 1_900_000_000
LIFE: Final = 900
"""How long a token is to live, in seconds."""
UNKNOWN: Final = f"tok_{'0' * 32}"
ANOTHER_CUSTOMER: Final = dataclasses.replace(RIDE, customer_id="customer-2")
ANOTHER_RIDE: Final = dataclasses.replace(RIDE, saga_id=f"{RIDE.saga_id}-another", fare_id="fare-2")
OTHERS: Final = {
    "another-customer": ANOTHER_CUSTOMER,
    "another-ride": ANOTHER_RIDE,
    "later-execution": SAME_NAME_LATER,
}
"""Rides that may not use a card which the ride has taken."""


class Kms:
    """Replaces KMS's client: passes its calls on, or raises a given error."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.failure: Exception | None = None

    def encrypt(self, **arguments: Any) -> dict[str, Any]:
        """Encrypts."""
        return self._ask(self._client.encrypt, arguments)

    def decrypt(self, **arguments: Any) -> dict[str, Any]:
        """Decrypts."""
        return self._ask(self._client.decrypt, arguments)

    def _ask(self, operation: Callable[..., dict[str, Any]], arguments: dict[str, Any]) -> dict[str, Any]:
        if self.failure:
            raise self.failure
        return operation(**arguments)


class Cards:
    """The vault with its tables and its key. Only one may be in use at a time."""

    def __init__(self, client: Any, kms: Any, tables: Tables) -> None:
        self._client = client
        self._tables = tables
        client.create_table(
            TableName=CARDS,
            KeySchema=[{"AttributeName": "tokenDigest", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "tokenDigest", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        self._empty = copy.deepcopy(tables.state())
        self.kms = Kms(kms)
        self.key = str(kms.create_key()["KeyMetadata"]["Arn"])
        self.vault = CardVault(CARDS, self.key)
        self.now = NOW

    def keep(self, card: Card = CARD) -> str:
        """Keeps a card for a ride of the customer; returns its token."""
        token, _ = self.vault.keep(card, RIDE.customer_id)
        return token

    def rows(self) -> list[Row]:
        """Every row of the table of cards."""
        return self._tables.rows(CARDS)

    def row(self) -> Row:
        """The only row of the table of cards."""
        [row] = self.rows()
        return row

    def delete(self) -> None:
        """Deletes every card, as DynamoDB does some time after its expiry."""
        for row in self.rows():
            self._client.delete_item(TableName=CARDS, Key={"tokenDigest": {"S": str(row["tokenDigest"])}})

    def clear(self) -> None:
        """Empties every table, the ledgers' too, and resets clock and key."""
        self._tables.go_back_to(self._empty)
        self.kms.failure = None
        self.now = NOW


def refusal(operation: str, message: str = "no", code: str = "AccessDeniedException") -> ClientError:
    """An error of AWS's."""
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


def event_with_token(token: str, **changes: object) -> Event:
    """The event of a ride that is paid with a token, in the machine's form."""
    return event(**{"cc": "", "expiryDate": "", "cvv": "", "paymentToken": token} | changes)


def card_event(**changes: object) -> Event:
    """The front door's event, with some fields changed."""
    return Event(event_without("sagaId", "startTime", "fareId", "fareAmount") | changes)


@contextlib.contextmanager
def log_kept_back(level: int = logging.NOTSET) -> Iterator[io.StringIO]:
    """Yields the log, and hides it from pytest, which would print it with a failing test."""
    root, stream = logging.getLogger(), io.StringIO()
    kept_back = logging.StreamHandler(stream)
    loggers = [root, *(one for one in root.manager.loggerDict.values() if isinstance(one, logging.Logger))]
    before = [(logger, logger.handlers) for logger in loggers if any(map(_is_pytests, logger.handlers))]
    level_before = root.level
    for logger, handlers in before:
        logger.handlers = [kept_back, *(handler for handler in handlers if not _is_pytests(handler))]
    root.setLevel(level or level_before)
    try:
        yield stream
    finally:
        root.setLevel(level_before)
        for logger, handlers in before:
            logger.handlers = handlers


def _is_pytests(handler: logging.Handler) -> bool:
    return type(handler).__module__.startswith("_pytest.")


def context(token: str) -> dict[str, str]:
    """The encryption context of a token's card."""
    return {"purpose": PURPOSE, "token": digest(f"context of {token}")}


def digest(text: str) -> str:
    """The digest that a row has of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def ciphertext(cards: Cards) -> bytes:
    """The ciphertext of the only card."""
    return base64.b64decode(str(cards.row()["card"]))


def taking(cards: Cards, token: str, ride: Ride = RIDE) -> Attempt:
    """A ride that takes the token's card."""
    return Attempt(ride.saga_id, lambda: cards.vault.take(token, ride))


def gives_the_card(cards: Cards, token: str, ride: Ride = RIDE) -> bool:
    """Tells whether the ride gets the card that was kept; a comparison would print it."""
    return cards.vault.take(token, ride) == CARD


def card_plaintext() -> str:
    """The text that KMS encrypts."""
    return json.dumps({"number": CARD.number, "expiry": CARD.expiry, "code": CARD.code})


def tokenise_shown(fare: Event, logs: Any) -> tuple[str, str]:
    """All that a call of Tokenise prints, logs and raises, and the name of its error."""
    error: Exception | None = None
    with log_kept_back() as log:
        try:
            tokenise.handler(fare, CONTEXT)
        except Exception as raised:
            error = raised
    printed = logs.readouterr()
    reported = traceback.format_exception(error) if error else []
    return "".join([*reported, printed.out, printed.err, log.getvalue()]), type(error).__name__
