"""What the payments service needs from a gateway, and what it does not need.

It needs four things:

* **A payment has an id before it holds anything.** `prepare` makes one. The ledger records the id before
  the payment is authorised, so whatever the gateway holds or takes is known by an id that is recorded.
* **Asked by that id, the gateway says at once what it did.** Each method repairs its own repeat that way.
* **Captured or voided, never both.** A refund gives back at most what was captured.
* **Two calls with the same key at the same time have one effect.** Keys are saga and operation, never the attempt.

It does not need keys that are remembered (two attempts overlap for minutes, not for a day), a search, a
webhook, or the same answer twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from lambda_src.dynamodb import Row
from lambda_src.errors import GatewayError
from lambda_src.fare import PaidWith
from lambda_src.forced_failures import LIFTED_AT


class Declined(Exception):
    """The gateway did not authorise the payment: it holds nothing."""


class AmountRefused(Exception):
    """The gateway never takes such an amount: no payment was prepared. Its text may be shown to the caller."""


class CaptureRefused(Exception):
    """The gateway did not capture; the hold, if there still is one, stands."""


class AlreadyCaptured(Exception):
    """The payment cannot be voided: its money was captured. Refund it."""


@dataclass(frozen=True, kw_only=True)
class Payment:
    """A payment as the ledger knows it: every id that the gateway has returned.

    Attributes:
        saga_id: The saga that pays.
        amount_minor: The fare, in minor units.
        payment_id: What `prepare` returned.
        authorisation_code: What `authorise` returned; None until it is recorded.
        charge_id: What `capture` returned; None until it is recorded.
        refund_id: What `refund` returned last; None until it is recorded.
        captured_minor: What the ledger says was captured.
        failure_lifted: Whether a person has ended a failure that the customerId forces, where failures may be forced.
    """

    saga_id: str
    amount_minor: int
    payment_id: str
    authorisation_code: str | None = None
    charge_id: str | None = None
    refund_id: str | None = None
    captured_minor: int = 0
    failure_lifted: bool = False

    @classmethod
    def recorded_in(cls, row: Row) -> "Payment | None":
        """The payment of a row of the ledger; None if no payment was ever prepared for it."""
        if "paymentId" not in row:
            return None
        ids = {
            "authorisation_code": row.get("authorisationCode"),
            "charge_id": row.get("chargeId"),
            "refund_id": row.get("refundId"),
        }
        return cls(
            saga_id=str(row["sagaId"]),
            amount_minor=int(row["amountMinor"]),
            payment_id=str(row["paymentId"]),
            captured_minor=int(row["capturedMinor"]),
            failure_lifted=LIFTED_AT in row,
            **{name: None if value is None else str(value) for name, value in ids.items()},
        )


class RefundState(StrEnum):
    """How far a refund has come, the worst first."""

    FAILED = "failed"
    """The money came back to us. A later call of `refund` makes another refund."""
    PENDING = "pending"
    """The gateway has accepted it, and says later whether the money arrived."""
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, kw_only=True)
class Refund:
    """What the gateway gave back, or gives back.

    Attributes:
        amount_minor: How much, in minor units.
        refund_id: Its id at the gateway; None if nothing had been captured.
        state: How far it has come.
    """

    amount_minor: int
    refund_id: str | None = None
    state: RefundState = RefundState.SUCCEEDED


NOTHING_TO_REFUND = Refund(amount_minor=0)


class Gateway(Protocol):
    """What the payments service needs of a gateway. See the module for what it takes as given.

    Every method may be called again, minutes or days later, with the same payment: it then says what the
    first call did and moves no money. `GatewayBusy` means that nothing happened. Anything but the errors
    named leaves the operation in doubt. An error never has text of the gateway's: that may quote a card.
    """

    def prepare(self, saga_id: str, amount_minor: int) -> str:
        """Makes a payment that holds and takes nothing; returns its id. A repeat may make another.

        Raises `AmountRefused`.
        """
        ...

    def authorise(self, payment: Payment, method: PaidWith) -> str:
        """Places the hold and returns its authorisation code; raises `Declined`."""
        ...

    def capture(self, payment: Payment) -> str:
        """Takes the money that the hold reserved and returns a charge id; raises `CaptureRefused`."""
        ...

    def void(self, payment: Payment) -> bool:
        """Releases the payment's hold; returns whether there was one. Raises `AlreadyCaptured`."""
        ...

    def refund(self, payment: Payment) -> Refund:
        """Gives back all that was captured, and returns how far that has come; makes no second refund beside it."""
        ...


def release(gateway: Gateway, payment: Payment | None) -> Refund:
    """Undoes whatever was done under a payment; returns what that gave back.

    The gateway decides between a capture and a void that race: it lets one
    of them through, and a hold that was captured first is refunded.

    Args:
        gateway: The gateway.
        payment: The payment; None if none was recorded, so that nothing was asked of the gateway.

    Raises:
        GatewayError: The gateway contradicts the ledger: it knows nothing of what that recorded.
    """
    if payment is None:
        return NOTHING_TO_REFUND
    try:
        held = gateway.void(payment)
    except AlreadyCaptured:
        refund = gateway.refund(payment)
        if payment.captured_minor not in (0, refund.amount_minor):
            raise GatewayError("the gateway refunds another amount than the ledger says was captured") from None
        return refund
    if payment.captured_minor:
        raise GatewayError("the ledger says that the fare was captured, and the gateway does not know that")
    if payment.authorisation_code and not held:
        raise GatewayError("the ledger says that the fare was authorised, and the gateway does not know that")
    return NOTHING_TO_REFUND
