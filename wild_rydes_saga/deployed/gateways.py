"""The payment gateway of a deployed stack: what its rides are paid with, and what it says that it did for one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import stripe
from botocore.exceptions import ClientError

from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.errors import OperatorError
from wild_rydes_saga.emulator.process import HOST

OPERATIONS: Final = ("authorise", "capture", "void", "refund")
STRIPE_SECRET: Final = "StripeSecretArn"  # noqa: S105  # an output's name
"""The output that a stack has whose gateway is Stripe."""
_STRIPE_URL: Final = "StripeUrl"
_TEST_METHOD: Final = "pm_card_visa"
"""A payment method of Stripe's test mode that is always accepted."""
_CARD: Final = ("cc", "expiryDate", "cvv")
_THIS_MACHINE: Final = f"http://{HOST}:"

Row = Mapping[str, Any]


class GatewayBook(Protocol):
    """What can be known of a gateway from outside."""

    @property
    def name(self) -> str:
        """Which gateway it is, and whether that is the real one."""
        ...

    def paid_with(self, payload: Mapping[str, str]) -> dict[str, str]:
        """The input of a ride, paid with what the gateway takes."""
        ...

    def book(self, saga_id: str, payment: Row | None) -> dict[str, int]:
        """What the gateway says that it did for a ride, in minor units by operation.

        Args:
            saga_id: The ride.
            payment: Its row in the payments ledger, if it has one.
        """
        ...


@dataclass(frozen=True)
class SimulatedBook:
    """The simulated gateway's own table."""

    account: Account
    table: str

    @property
    def name(self) -> str:
        """See `GatewayBook.name`."""
        return "simulated, no money moves"

    def paid_with(self, payload: Mapping[str, str]) -> dict[str, str]:
        """See `GatewayBook.paid_with`: any card."""
        return dict(payload)

    def book(self, saga_id: str, payment: Row | None) -> dict[str, int]:
        """See `GatewayBook.book`."""
        del payment
        rows = {name: self._row(f"{saga_id}#{name}") for name in OPERATIONS}
        return {name: int(row["amountMinor"]["N"]) for name, row in rows.items() if row}

    def _row(self, key: str) -> Any:
        answer = self.account.client("dynamodb").get_item(
            TableName=self.table, Key={"operationKey": {"S": key}}, ConsistentRead=True
        )
        return answer.get("Item")


@dataclass(frozen=True)
class StripeBook:
    """Stripe, asked by the id that the ledger has. It needs the right to read the secret with the key."""

    account: Account
    secret: str
    url: str

    @property
    def name(self) -> str:
        """See `GatewayBook.name`."""
        if self.url.startswith(_THIS_MACHINE):
            return f"Stripe's double at {self.url}, no money moves"
        return f"Stripe at {self.url}"

    def paid_with(self, payload: Mapping[str, str]) -> dict[str, str]:
        """See `GatewayBook.paid_with`: no card, but a payment method of Stripe's test mode."""
        fare = {name: value for name, value in payload.items() if name not in _CARD}
        return {**fare, "paymentToken": _TEST_METHOD}

    def book(self, saga_id: str, payment: Row | None) -> dict[str, int]:
        """See `GatewayBook.book`."""
        del saga_id
        if payment is None or "paymentId" not in payment:
            return {}
        client = stripe.StripeClient(self._key(), base_addresses={"api": self.url}, max_network_retries=2)
        try:
            intent = client.v1.payment_intents.retrieve(str(payment["paymentId"]))
            refunds = client.v1.refunds.list({"payment_intent": intent.id, "limit": 100}).data
        except stripe.StripeError as error:
            raise OperatorError(f"Stripe could not be asked: {type(error).__name__}") from None
        book = {
            "authorise": intent.amount if payment.get("authorisationCode") else 0,
            "capture": intent.amount_received if intent.status == "succeeded" else 0,
            "void": intent.amount if intent.status == "canceled" and payment.get("authorisationCode") else 0,
            "refund": sum(one.amount for one in refunds if one.status == "succeeded"),
        }
        pending = {"refund pending": sum(one.amount for one in refunds if one.status in ("pending", "requires_action"))}
        if intent.status == "requires_capture":
            book["authorise"] = intent.amount
        return {name: minor for name, minor in {**book, **pending}.items() if minor}

    def _key(self) -> str:
        try:
            answer = self.account.client("secretsmanager").get_secret_value(SecretId=self.secret)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise OperatorError(f"Stripe's key cannot be read ({code}): your role needs {self.secret}") from None
        return str(answer["SecretString"])


def gateway_book(account: Account, outputs: Mapping[str, str]) -> GatewayBook:
    """The gateway of a stack."""
    if STRIPE_SECRET in outputs:
        return StripeBook(account, outputs[STRIPE_SECRET], outputs[_STRIPE_URL])
    return SimulatedBook(account, outputs["GatewayTableName"])


def put_stripe_key(account: Account, outputs: Mapping[str, str], key: str) -> None:
    """Puts Stripe's key into the stack's secret."""
    account.client("secretsmanager").put_secret_value(SecretId=outputs[STRIPE_SECRET], SecretString=key)
