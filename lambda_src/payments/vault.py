"""The card vault: keeps a card encrypted for a short while, for one customer and one ride, and gives a token for it."""

import base64
import contextlib
import functools
import hashlib
import json
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambda_src import dynamodb
from lambda_src.errors import UnknownToken, VaultBusy
from lambda_src.fare import Card, Ride
from lambda_src.observability import keep_secret
from lambda_src.payments.encryption import PURPOSE
from lambda_src.sdk import is_busy, make_client

CARD_LIFE_SECONDS: Final = 900
"""How long a token can be used to begin a ride. DynamoDB deletes the row within days after that, by its `expiresAt`."""

_PASSING: Final = ("KMSInternalException", "DependencyTimeoutException")
"""Errors of KMS, besides throttles, that a repeat can cure."""
_MINE: Final = "sagaId = :saga AND startTime = :start"
_FREE: Final = "attribute_not_exists(sagaId) AND expiresAt > :now"

# At its finest botocore logs what is sent and what comes back: here that would be cards.
logging.getLogger("botocore").setLevel(logging.INFO)


@functools.cache
def kms() -> Any:
    """The one KMS client of this execution environment, made when the first token is."""
    return make_client("kms")


@dataclass(frozen=True)
class CardVault:
    """Keeps cards under a key of KMS.

    Who can read the table sees neither cards, which KMS has encrypted, nor
    tokens, of which it has only digests. To read a card takes its row, the key and
    its token.

    Attributes:
        table: The table of cards.
        key: The key's ARN.
    """

    table: str
    key: str

    def keep(self, card: Card, customer_id: str) -> tuple[str, int]:
        """Keeps the card for a ride of the customer; returns its token and when that expires, in epoch seconds."""
        token = f"tok_{secrets.token_hex(16)}"
        expires_at = int(time.time()) + CARD_LIFE_SECONDS
        plain = json.dumps({"number": card.number, "expiry": card.expiry, "code": card.code})
        answer = _patiently(
            lambda: kms().encrypt(KeyId=self.key, Plaintext=plain.encode(), EncryptionContext=_context(token))
        )
        row: dynamodb.Row = {
            "tokenDigest": _digest(token),
            "customerId": customer_id,
            "card": base64.b64encode(answer["CiphertextBlob"]).decode(),
            "expiresAt": expires_at,
        }
        dynamodb.put(TableName=self.table, Item=dynamodb.typed(row))
        return token, expires_at

    def take(self, token: str, ride: Ride) -> Card:
        """Gives the card to the ride, and from then on to no other.

        Raises:
            UnknownToken: There is no such card, it is another customer's or ride's, or its time is over.
            VaultBusy: The key cannot be used just now; the card stays the ride's.
        """
        try:
            row = dynamodb.update(
                TableName=self.table,
                Key=dynamodb.typed({"tokenDigest": _digest(token)}),
                UpdateExpression="SET sagaId = :saga, startTime = :start",
                ConditionExpression=f"customerId = :customer AND (({_FREE}) OR ({_MINE}))",
                ExpressionAttributeValues=dynamodb.typed(
                    {**_ride(ride), ":customer": ride.customer_id, ":now": int(time.time())}
                ),
            )
        except dynamodb.Refused:
            raise UnknownToken("the token is unknown, used, expired or another customer's: tokenise the card") from None
        sealed = base64.b64decode(str(row["card"]))
        answer = _patiently(
            lambda: kms().decrypt(KeyId=self.key, CiphertextBlob=sealed, EncryptionContext=_context(token))
        )
        return Card(**json.loads(answer["Plaintext"]))

    def forget(self, token: str, ride: Ride) -> None:
        """Deletes the card that the ride took; if it cannot be now, it goes when its time is over."""
        with contextlib.suppress(ClientError, BotoCoreError):
            dynamodb.client().delete_item(
                TableName=self.table,
                Key=dynamodb.typed({"tokenDigest": _digest(token)}),
                ConditionExpression=_MINE,
                ExpressionAttributeValues=dynamodb.typed(_ride(ride)),
            )


@dataclass(frozen=True)
class TokenisedCard:
    """The card behind a ride's token; see `lambda_src.fare.Card` for the same of a card that is there."""

    token: str
    ride: Ride
    vault: CardVault

    def reveal(self) -> Card:
        """Takes the card out of the vault; see `CardVault.take`."""
        card = self.vault.take(self.token, self.ride)
        keep_secret(card.number, card.expiry, card.code)
        return card

    def forget(self) -> None:
        """Deletes it: nobody needs it any more."""
        self.vault.forget(self.token, self.ride)

    def __repr__(self) -> str:
        """Shows nothing of the token."""
        return "TokenisedCard()"


def _patiently(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except ClientError as error:
        if is_busy(error) or error.response["Error"]["Code"] in _PASSING:
            raise VaultBusy("the key cannot be used just now: repeat the step") from None
        raise


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _context(token: str) -> dict[str, str]:
    """What the card is bound to: another digest than the row's, so that row and key do not suffice to read it."""
    return {"purpose": PURPOSE, "token": _digest(f"context of {token}")}


def _ride(ride: Ride) -> dict[str, dynamodb.Value]:
    return {":saga": ride.saga_id, ":start": ride.start_time}
