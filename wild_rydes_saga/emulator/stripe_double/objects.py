"""What the double keeps: payments, refunds, its book, and a clock that can be moved."""

import itertools
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

DAY: Final = 24 * 3600.0
HOLD_SECONDS: Final = 7 * DAY
"""A hold that is not captured is released after that, and its PaymentIntent is cancelled."""
SEARCH_LAG_SECONDS: Final = 60.0
REFUND_SECONDS: Final = 3 * DAY
"""A refund that is pending is decided after that."""

ACCEPTED: Final = "pm_card_visa"
DECLINED: Final = "pm_card_visa_chargeDeclined"
NEEDS_3DS: Final = "pm_card_authenticationRequired"
SMALLEST: Final = 50
"""The smallest amount in most currencies, in minor units."""
LARGEST: Final = 99_999_999
PENDING_REFUND: Final = "pm_card_pendingRefund"
FAILING_REFUND: Final = "pm_card_refundFail"
DISPUTED: Final = "pm_card_createDispute"
METHODS: Final = (ACCEPTED, DECLINED, NEEDS_3DS, PENDING_REFUND, FAILING_REFUND, DISPUTED)
"""The payment methods that the double knows: Stripe's own, of its test mode."""


class StripeError(Exception):
    """What Stripe answers instead of an object."""

    def __init__(self, status: int, kind: str, code: str | None, *, param: str | None = None) -> None:
        super().__init__(f"{status} {code or kind}")
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "param": param, "message": f"the double: {code or kind}"}}
        self.executed = status not in (401, 403, 429, 409) and param is None
        """Whether the request got as far as its work: only then is its answer kept under its key."""


def invalid(code: str | None, *, param: str | None = None, status: int = 400) -> StripeError:
    """A request that cannot be done."""
    return StripeError(status, "invalid_request_error", code, param=param)


@dataclass
class Clock:
    """The double's time, in seconds since 1970: the machine's own, moved ahead as tests ask."""

    ahead: float = 0.0

    def now(self) -> float:
        """What time it is."""
        return time.time() + self.ahead


@dataclass
class Intent:
    """A PaymentIntent."""

    id: str
    amount: int
    currency: str
    created: float
    saga_id: str
    status: str = "requires_payment_method"
    payment_method: str | None = None
    latest_charge: str | None = None
    amount_received: int = 0
    held_at: float | None = None

    def shown(self) -> dict[str, Any]:
        """As Stripe shows it, as far as anybody here reads it."""
        return {
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_capturable": self.amount if self.status == "requires_capture" else 0,
            "amount_received": self.amount_received,
            "capture_method": "manual",
            "created": int(self.created),
            "currency": self.currency,
            "latest_charge": self.latest_charge,
            "livemode": False,
            "metadata": {"sagaId": self.saga_id},
            "payment_method": self.payment_method,
            "status": self.status,
        }


@dataclass
class Refunded:
    """A Refund."""

    id: str
    intent: str
    amount: int
    created: float
    ends_as: str
    ends_at: float
    waits_as: str = "pending"

    def status(self, now: float) -> str:
        """How far it has come."""
        return self.ends_as if now >= self.ends_at else self.waits_as

    def shown(self, now: float) -> dict[str, Any]:
        """As Stripe shows it."""
        return {
            "id": self.id,
            "object": "refund",
            "amount": self.amount,
            "created": int(self.created),
            "payment_intent": self.intent,
            "status": self.status(now),
        }


@dataclass
class Booked:
    """An operation in the double's own book. Money moved, or was held."""

    operation: str
    saga_id: str
    amount_minor: int
    object_id: str
    at: float

    def shown(self) -> dict[str, Any]:
        """As the book is read by audits: the fields of the simulated gateway's."""
        return {
            "operationKey": f"{self.saga_id}#{self.operation}",
            "sagaId": self.saga_id,
            "operation": self.operation,
            "amountMinor": self.amount_minor,
            "operationId": self.object_id,
        }


@dataclass
class Store:
    """Everything that the double keeps."""

    clock: Clock = field(default_factory=Clock)
    intents: dict[str, Intent] = field(default_factory=dict)
    refunds: dict[str, Refunded] = field(default_factory=dict)
    book: list[Booked] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_id(self, prefix: str) -> str:
        """An id that was never given before."""
        return f"{prefix}_double{next(self._numbers):08d}"

    def intent(self, intent_id: str) -> Intent:
        """A payment as it is now: a hold that has expired is released."""
        found = self.intents.get(intent_id)
        if found is None:
            raise invalid("resource_missing", param="intent", status=404)
        expired = found.held_at is not None and self.clock.now() - found.held_at >= HOLD_SECONDS
        if found.status == "requires_capture" and expired:
            self.release(found)
        return found

    def release(self, intent: Intent) -> None:
        """Cancels a payment, and books it if that releases a hold."""
        if intent.status == "requires_capture":
            self.note("void", intent, intent.amount, str(intent.latest_charge))
        intent.status = "canceled"

    def note(self, operation: str, intent: Intent, amount: int, object_id: str) -> None:
        """Books an operation."""
        self.book.append(Booked(operation, intent.saga_id, amount, object_id, self.clock.now()))

    def refunded(self, intent_id: str) -> int:
        """What was given back of a payment, or is being given back."""
        now = self.clock.now()
        return sum(
            one.amount for one in self.refunds.values() if one.intent == intent_id and one.status(now) != "failed"
        )

    def booked(self) -> list[Mapping[str, Any]]:
        """The book, as of now: a refund that failed did not happen, and one that is pending is on its way."""
        now = self.clock.now()
        failed = {one.id for one in self.refunds.values() if one.status(now) == "failed"}
        return [one.shown() for one in self.book if one.object_id not in failed]
