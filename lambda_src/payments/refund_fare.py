"""RefundFare: gives back whatever ChargeFare took or held, or sees to it that it never will."""

import contextlib
from collections.abc import Callable
from typing import Any

from lambda_src.dynamodb import Refused, Row
from lambda_src.errors import GatewayError, RefundException, RefundPending
from lambda_src.fare import Ride, parse_ride
from lambda_src.metric_names import Counted
from lambda_src.observability import count, saga_step
from lambda_src.payments.gateway import AlreadyCaptured, Gateway, Payment, Refund, RefundState, release
from lambda_src.payments.ledger import REFUNDED, PaymentsLedger, is_of_another_execution
from lambda_src.payments.wiring import gateway_for, payments_ledger


@saga_step("RefundFare")
def handler(event: dict[str, Any]) -> dict[str, str]:
    """Undoes the charge of the ride in the event; returns its `chargeId` if the ledger knows one."""
    ride = parse_ride(event)
    return refund(
        ride,
        ledger=payments_ledger(),
        gateway=gateway_for(ride),
        refunded=lambda minor: count(Counted.REFUNDED, minor),
    )


def refund(
    ride: Ride,
    *,
    ledger: PaymentsLedger,
    gateway: Gateway,
    refunded: Callable[[int], None] | None = None,
) -> dict[str, str]:
    """Undoes the ride's charge, whatever became of it, once, however often it is called.

    Fences the row first, so that no charge passes from here on; then voids or
    refunds the payment that the row names, and records each id that comes back.
    A row that names no payment never asked the gateway for anything. A row left
    by an earlier execution of the same name refuses this ride's charge, so
    there is nothing to undo.

    Args:
        ride: The ride.
        ledger: Where the charge is kept.
        gateway: Who gives the money back.
        refunded: Called with the amount, in minor units, by the call that recorded it; 0 if nothing had been taken.

    Raises:
        RefundPending: The gateway has accepted the refund, and says later whether the money arrived.
        RefundException: The gateway could not give the money back.
        GatewayError: The ledger and the gateway contradict each other, or the gateway's answer leaves doubt.
    """
    try:
        row = ledger.fence_refund(ride)
        row = _recorded(ride, release(gateway, Payment.recorded_in(row)), ledger)
        if refunded:
            refunded(int(row["refundedMinor"]))
    except Refused as refused:
        if is_of_another_execution(refused, ride):
            return {}
        row = refused.row or {}
        _check_repeat(row, gateway)
    return {"chargeId": str(row["chargeId"])} if "chargeId" in row else {}


def _recorded(ride: Ride, refund: Refund, ledger: PaymentsLedger) -> Row:
    """Records what became of the money; raises unless it is back."""
    if refund.refund_id is not None and refund.state == RefundState.PENDING:
        ledger.record_refund_pending(ride, refund.refund_id)
        raise RefundPending("the gateway has accepted the refund, and says later whether the money arrived")
    if refund.refund_id is not None and refund.state == RefundState.FAILED:
        ledger.record_refund_failed(ride, refund.refund_id)
        raise RefundException("the gateway could not give the money back: see the refund there")
    return ledger.record_refunded(ride, refund)


def _check_repeat(row: Row, gateway: Gateway) -> None:
    """Frees what a charge that came late and died may hold, under a row that is refunded already."""
    if row and row["status"] != REFUNDED:
        raise GatewayError("the gateway gives back another amount than the ledger says was captured") from None
    payment = Payment.recorded_in(row)
    if payment is not None:
        with contextlib.suppress(AlreadyCaptured):
            gateway.void(payment)
