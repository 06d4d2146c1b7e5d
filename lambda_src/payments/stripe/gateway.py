"""The gateway that is Stripe.

A PaymentIntent is made unconfirmed: it holds nothing. Its id is recorded; then it is confirmed, which places
the hold, and captured. If Stripe says that a payment is not in the state for a call, the payment is read by
its id, and its state says what an earlier call did. So a key that Stripe has forgotten changes nothing.

No webhook is needed: the saga waits for each answer, reads by id what it missed, and asks after a refund that
is pending. An event could come late, twice or never, and would need a public door.
"""

from typing import Final

import stripe

from lambda_src.errors import GatewayError
from lambda_src.fare import GatewayMethod, PaidWith
from lambda_src.payments.gateway import (
    AlreadyCaptured,
    AmountRefused,
    CaptureRefused,
    Declined,
    Payment,
    Refund,
    RefundState,
)
from lambda_src.payments.stripe.answers import AmountNotTaken, FailedBefore, NothingLeft, Refused, UnexpectedState
from lambda_src.payments.stripe.api import StripeApi, operation_key

_HELD: Final = ("requires_capture", "succeeded")
_NOT_HELD: Final = ("requires_payment_method", "requires_confirmation", "requires_action", "canceled")
_NOT_REFUNDING: Final = ("failed", "canceled")
_MOST_REFUNDS: Final = 100


class StripeGateway:
    """Takes and gives back money by PaymentIntents with manual capture.

    Args:
        api: Calls Stripe.
        currency: The currency of every fare, such as `usd`.
    """

    def __init__(self, api: StripeApi, currency: str) -> None:
        self._api = api
        self._currency = currency

    def prepare(self, saga_id: str, amount_minor: int) -> str:
        """See `Gateway.prepare`: an unconfirmed PaymentIntent holds nothing."""
        try:
            return self._prepare(saga_id, amount_minor)
        except AmountNotTaken as refused:
            raise AmountRefused(f"Stripe does not take this amount in {self._currency}: {refused}") from None
        except FailedBefore:
            raise GatewayError("Stripe repeats an error of its own: no payment was prepared") from None

    def _prepare(self, saga_id: str, amount_minor: int) -> str:
        intent = self._api.ask(
            lambda client: client.v1.payment_intents.create(
                {
                    "amount": amount_minor,
                    "currency": self._currency,
                    "capture_method": "manual",
                    "allowed_payment_method_types": ["card"],
                    "metadata": {"sagaId": saga_id},
                },
                {"idempotency_key": operation_key(saga_id, "prepare")},
            )
        )
        return str(intent.id)

    def authorise(self, payment: Payment, method: PaidWith) -> str:
        """See `Gateway.authorise`. What needs 3-D Secure is declined: nobody is there to answer the bank."""
        if not isinstance(method, GatewayMethod):
            raise GatewayError("Stripe takes a payment method of its own, and no card")
        try:
            intent = self._api.ask(
                lambda client: client.v1.payment_intents.confirm(
                    payment.payment_id,
                    {"payment_method": method.method_id, "error_on_requires_action": True},
                    {"idempotency_key": operation_key(payment.saga_id, "authorise")},
                )
            )
        except Refused:
            raise Declined("Stripe declined the payment method") from None
        except (UnexpectedState, FailedBefore):
            intent = self._read(payment)
        if intent.status in _HELD and intent.latest_charge:
            return str(intent.latest_charge)
        if intent.status in _NOT_HELD:
            raise Declined("Stripe holds nothing for the payment")
        raise GatewayError("Stripe has not decided on the payment yet")

    def capture(self, payment: Payment) -> str:
        """See `Gateway.capture`."""
        try:
            intent = self._api.ask(
                lambda client: client.v1.payment_intents.capture(
                    payment.payment_id,
                    {"amount_to_capture": payment.amount_minor},
                    {"idempotency_key": operation_key(payment.saga_id, "capture")},
                )
            )
        except Refused:
            raise CaptureRefused("Stripe refused the capture") from None
        except (UnexpectedState, FailedBefore):
            intent = self._read(payment)
        if intent.status in _NOT_HELD:
            raise CaptureRefused("Stripe holds nothing for the payment any more")
        if intent.status != "succeeded" or intent.amount_received != payment.amount_minor:
            raise GatewayError("Stripe captured another amount than the fare, or has not captured it yet")
        return str(intent.latest_charge)

    def void(self, payment: Payment) -> bool:
        """See `Gateway.void`. A cancelled PaymentIntent can never hold anything again, confirmed or not."""
        try:
            intent = self._api.ask(lambda client: client.v1.payment_intents.cancel(payment.payment_id))
        except UnexpectedState:
            intent = self._read(payment)
        if intent.status == "succeeded":
            raise AlreadyCaptured("Stripe has captured the payment")
        if intent.status != "canceled":
            raise GatewayError("Stripe has neither cancelled nor captured the payment")
        return intent.latest_charge is not None

    def refund(self, payment: Payment) -> Refund:
        """See `Gateway.refund`. Reads the payment's refunds first; Stripe refunds at most what was captured."""
        listed = self._refunds(payment)
        if payment.refund_id is not None and payment.refund_id not in {one.id for one in listed}:
            raise GatewayError("Stripe does not know the refund that the ledger has")
        made = [one for one in listed if one.status not in _NOT_REFUNDING]
        if sum(one.amount for one in made) < payment.amount_minor:
            try:
                made.append(self._refund_the_rest(payment, number=len(listed)))
            except NothingLeft:  # less was captured than the fare, or a person refunds it at this moment
                made = [one for one in self._refunds(payment) if one.status not in _NOT_REFUNDING]
        if not made:
            raise GatewayError("Stripe neither refunds the payment nor says that it did")
        last = min(made, key=lambda one: list(RefundState).index(_state(one)))
        return Refund(amount_minor=sum(one.amount for one in made), refund_id=str(last.id), state=_state(last))

    def _refund_the_rest(self, payment: Payment, *, number: int) -> stripe.Refund:
        """Makes the refund after so many others: two attempts that saw the same ones make it together."""

        def make(operation: str) -> stripe.Refund:
            return self._api.ask(
                lambda client: client.v1.refunds.create(
                    {"payment_intent": payment.payment_id},
                    {"idempotency_key": operation_key(payment.saga_id, operation)},
                )
            )

        try:
            return make(f"refund-{number}")
        except FailedBefore:
            try:
                return make(f"refund-{number}-after-an-error")  # the first did nothing: its refund would be listed
            except FailedBefore:
                raise GatewayError("Stripe repeats an error of its own") from None
        except (Refused, UnexpectedState) as refused:
            raise GatewayError(f"Stripe would not refund the payment: {refused}") from None

    def _refunds(self, payment: Payment) -> list[stripe.Refund]:
        return self._api.ask(
            lambda client: client.v1.refunds.list({"payment_intent": payment.payment_id, "limit": _MOST_REFUNDS})
        ).data

    def _read(self, payment: Payment) -> stripe.PaymentIntent:
        return self._api.ask(lambda client: client.v1.payment_intents.retrieve(payment.payment_id))


def _state(refund: stripe.Refund) -> RefundState:
    if refund.status in _NOT_REFUNDING:
        return RefundState.FAILED
    return RefundState.SUCCEEDED if refund.status == "succeeded" else RefundState.PENDING
