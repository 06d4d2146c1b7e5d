"""RefundFare: gives back whatever ChargeFare took or held, or sees to it that it never will."""

import contextlib
from collections.abc import Callable
from typing import Any

from lambda_src.dynamodb import Refused
from lambda_src.fare import Ride, parse_ride
from lambda_src.metric_names import Counted
from lambda_src.observability import count, saga_step
from lambda_src.payments.gateway import AlreadyCaptured, Gateway, release
from lambda_src.payments.ledger import PaymentsLedger, is_of_another_execution
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
    refunds; then records it. Only a recorded refund short-cuts a repeat, so that
    no repeat can refund twice, whatever the gateway has forgotten by then. A row
    left by an earlier execution of the same name refuses this ride's charge as
    it stands, so there is nothing to undo.

    Args:
        ride: The ride.
        ledger: Where the charge is kept.
        gateway: Who gives the money back.
        refunded: Told the amount, in minor units, by the call that recorded it; 0 if nothing had been taken.
    """
    try:
        ledger.fence_refund(ride)
        row = ledger.record_refunded(ride, release(gateway, ride.saga_id))
        if refunded:
            refunded(int(row["refundedMinor"]))
    except Refused as refused:
        if is_of_another_execution(refused, ride):
            return {}
        row = refused.row or {}
        # Refunded already. A void moves no money, and frees what a charge that came late and died may hold.
        with contextlib.suppress(AlreadyCaptured):
            gateway.void(ride.saga_id)
    return {"chargeId": str(row["chargeId"])} if "chargeId" in row else {}
