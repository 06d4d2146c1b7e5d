"""ChargeFare: pre-authorises the fare, then captures it with that authorisation."""

from collections.abc import Callable
from typing import Any, Final

from lambda_src.dynamodb import Refused, Row
from lambda_src.errors import (
    GatewayError,
    LedgerBusy,
    PaymentAuthException,
    PaymentChargeException,
    StepAlreadyCompensated,
    UnknownToken,
    VaultBusy,
)
from lambda_src.fare import CARD_FIELDS, TOKEN, PaymentMethod, Ride
from lambda_src.metric_names import Counted
from lambda_src.observability import count, saga_step
from lambda_src.payments import ledger as status
from lambda_src.payments.gateway import AmountRefused, CaptureRefused, Declined, Gateway, Payment, release
from lambda_src.payments.ledger import PaymentsLedger, is_of_another_execution
from lambda_src.payments.wiring import gateway_for, parse_payment, payments_ledger

_NOT_AUTHORISED: Final = "the card was not authorised"


@saga_step("ChargeFare", secret_fields=(*CARD_FIELDS, TOKEN))
def handler(event: dict[str, Any]) -> dict[str, str]:
    """Charges the fare in the event and returns `chargeId`."""
    ride, card = parse_payment(event)
    charge_id = charge(
        ride,
        card,
        ledger=payments_ledger(),
        gateway=gateway_for(ride),
        captured=lambda minor: count(Counted.CAPTURED, minor),
    )
    return {"chargeId": charge_id}


def charge(
    ride: Ride,
    card: PaymentMethod,
    *,
    ledger: PaymentsLedger,
    gateway: Gateway,
    captured: Callable[[int], None] | None = None,
) -> str:
    """Takes the fare from the card, once, however often it is called; returns the charge's id.

    The order is the protection: prepare a payment, which holds nothing; claim the
    row with its id; authorise, record, capture, record. Each record fails if a
    refund has come between, and what was done outside is then undone.

    Args:
        ride: The ride.
        card: What it is paid with. Asked for the card only while there is no hold, and to forget it
            unless the step is to be repeated.
        ledger: Where the charge is kept.
        gateway: Who takes the money.
        captured: Called with the amount, in minor units, by the call that recorded the capture.

    Raises:
        PaymentAuthException: Clean: no hold, and the row is closed.
        PaymentChargeException: Clean: the hold is voided, and the row is closed.
        StepAlreadyCompensated: The refund came first.
    """
    try:
        return _charge(ride, card, ledger, gateway, captured)
    except (LedgerBusy, VaultBusy):
        raise  # the machine repeats the step, which may need the card again
    except Exception:
        card.forget()  # what comes now is the refund, which has no token
        raise


def _charge(
    ride: Ride, card: PaymentMethod, ledger: PaymentsLedger, gateway: Gateway, captured: Callable[[int], None] | None
) -> str:
    try:
        row = ledger.open(ride, _prepare(ride, ledger, gateway))
        if row["status"] == status.CAPTURED:
            card.forget()  # in case the attempt that captured could not
            return str(row["chargeId"])
        if "authorisationCode" not in row:
            row = _authorise(ride, card, _payment(row), ledger, gateway)
        card.forget()
        charge_id = _capture(ride, _payment(row), ledger, gateway)
        row = ledger.record_captured(ride, charge_id)
        if captured:
            captured(ride.amount_minor)
        return str(row["chargeId"])
    except Refused as refused:
        return _answer_refusal(refused, ride, gateway)


def _prepare(ride: Ride, ledger: PaymentsLedger, gateway: Gateway) -> str:
    try:
        return gateway.prepare(ride.saga_id, ride.amount_minor)
    except AmountRefused as refused:
        ledger.close_unprepared(ride)
        raise PaymentAuthException(str(refused)) from None


def _payment(row: Row) -> Payment:
    """The payment of a row that a charge has opened."""
    payment = Payment.recorded_in(row)
    if payment is None:
        raise GatewayError("the ledger has lost the payment's id: the charge is in doubt")
    return payment


def _authorise(ride: Ride, card: PaymentMethod, payment: Payment, ledger: PaymentsLedger, gateway: Gateway) -> Row:
    try:
        code = gateway.authorise(payment, card.reveal())
    except Declined:
        raise _declined(ride, payment, ledger, gateway, _NOT_AUTHORISED) from None
    except UnknownToken as unknown:
        row = ledger.open(ride, payment.payment_id)
        if "authorisationCode" in row:  # another attempt was faster, and needs the card no more
            return row
        raise _declined(ride, payment, ledger, gateway, str(unknown)) from None
    return ledger.record_authorised(ride, code)


def _declined(ride: Ride, payment: Payment, ledger: PaymentsLedger, gateway: Gateway, why: str) -> PaymentAuthException:
    """Closes the payment and the row of a charge without a hold."""
    gateway.void(payment)  # whatever an earlier attempt may hold
    ledger.close_declined(ride)
    return PaymentAuthException(why)


def _capture(ride: Ride, payment: Payment, ledger: PaymentsLedger, gateway: Gateway) -> str:
    try:
        return gateway.capture(payment)
    except CaptureRefused:
        gateway.void(payment)
        ledger.close_voided(ride)
        raise _charge_refused() from None


def _answer_refusal(refused: Refused, ride: Ride, gateway: Gateway) -> str:
    """Gives the answer that the row's status stands for to an attempt that it refused, and undoes what that one did."""
    if is_of_another_execution(refused, ride):
        raise PaymentAuthException("this execution name was used before: start the ride under another name") from None
    row = refused.row or {}
    match row.get("status"):
        case status.CAPTURED:
            return str(row["chargeId"])
        case status.DECLINED:
            answer: Exception = PaymentAuthException(_NOT_AUTHORISED)
        case status.VOIDED:
            answer = _charge_refused()
        case status.REFUNDING | status.REFUND_PENDING | status.REFUNDED:
            answer = StepAlreadyCompensated("the refund came first: nothing is charged")
        case _:
            raise GatewayError("two attempts were answered differently: the charge is in doubt") from None
    release(gateway, Payment.recorded_in(row))
    raise answer from None


def _charge_refused() -> PaymentChargeException:
    return PaymentChargeException("the authorised fare could not be captured; the hold is voided")
