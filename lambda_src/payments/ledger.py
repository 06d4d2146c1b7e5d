"""The payments ledger: one row a saga, and the fences that let its steps be repeated, late, or reversed first."""

from dataclasses import dataclass
from typing import Final

from lambda_src import dynamodb, fare_status
from lambda_src.dynamodb import Refused, Row, Value
from lambda_src.fare import Ride
from lambda_src.payments.gateway import Refund

AUTHORISING: Final = "authorising"
AUTHORISED: Final = "authorised"
CAPTURED: Final = fare_status.CAPTURED
DECLINED: Final = "declined"
"""Closed for good by PaymentAuthException."""
VOIDED: Final = "voided"
"""Closed for good by PaymentChargeException."""
REFUNDING: Final = "refunding"
"""The refund's fence: no charge passes any more, and the money is not back yet."""
REFUND_PENDING: Final = fare_status.REFUND_PENDING
REFUNDED: Final = "refunded"
"""Undone; also the tombstone of a charge that never came."""


@dataclass(frozen=True)
class PaymentsLedger:
    """Moves a saga's row from status to status by conditional writes, never by reading first.

    Every method raises `dynamodb.Refused` with the current row when it
    is not in a status that the move may start from, or belongs to an earlier
    execution of the same name (AWS lets a name return after 90 days).
    """

    table: str

    def open(self, ride: Ride, payment_id: str) -> Row:
        """Claims the row for a charge, or finds it where an earlier attempt left it; returns it.

        The row names one payment for good, the first attempt's: nothing is asked of another.
        """
        return self._move(
            ride,
            "SET #status = if_not_exists(#status, :authorising), amountMinor = :amount, startTime = :start, "
            "paymentId = if_not_exists(paymentId, :payment), "
            "capturedMinor = if_not_exists(capturedMinor, :zero), refundedMinor = if_not_exists(refundedMinor, :zero)",
            may_start_from=(AUTHORISING, AUTHORISED, CAPTURED),
            or_new=True,
            values={":amount": ride.amount_minor, ":zero": 0, ":payment": payment_id},
        )

    def record_authorised(self, ride: Ride, authorisation_code: str) -> Row:
        """Notes the hold, before anything is captured under it."""
        return self._move(
            ride,
            "SET #status = :authorised, authorisationCode = :code",
            may_start_from=(AUTHORISING, AUTHORISED),
            values={":code": authorisation_code, ":authorised": AUTHORISED},
        )

    def record_captured(self, ride: Ride, charge_id: str) -> Row:
        """Notes the money taken."""
        return self._move(
            ride,
            "SET #status = :captured, chargeId = :charge, capturedMinor = :amount",
            may_start_from=(AUTHORISED, CAPTURED),
            values={
                ":captured": CAPTURED,
                ":charge": charge_id,
                ":amount": ride.amount_minor,
            },
        )

    def close_declined(self, ride: Ride) -> Row:
        """Closes the row of a charge whose card was not authorised."""
        return self._move(
            ride,
            "SET #status = :declined",
            may_start_from=(AUTHORISING, DECLINED),
            values={":declined": DECLINED},
        )

    def close_unprepared(self, ride: Ride) -> Row:
        """Closes the row of a charge for which the gateway would prepare no payment."""
        return self._move(
            ride,
            "SET #status = :declined, amountMinor = :amount, startTime = :start, "
            "capturedMinor = :zero, refundedMinor = :zero",
            may_start_from=(DECLINED,),
            or_new=True,
            values={":declined": DECLINED, ":amount": ride.amount_minor, ":zero": 0},
        )

    def close_voided(self, ride: Ride) -> Row:
        """Closes the row of a charge whose capture was refused and whose hold is voided."""
        return self._move(
            ride,
            "SET #status = :voided",
            may_start_from=(AUTHORISED, VOIDED),
            values={":voided": VOIDED},
        )

    def fence_refund(self, ride: Ride) -> Row:
        """Shuts the row to every charge, also to one that never came."""
        return self._move(
            ride,
            "SET #status = :refunding, amountMinor = :amount, startTime = :start, "
            "capturedMinor = if_not_exists(capturedMinor, :zero), refundedMinor = if_not_exists(refundedMinor, :zero)",
            may_start_from=(
                AUTHORISING,
                AUTHORISED,
                CAPTURED,
                DECLINED,
                VOIDED,
                REFUNDING,
                REFUND_PENDING,
            ),
            or_new=True,
            values={":amount": ride.amount_minor, ":zero": 0, ":refunding": REFUNDING},
        )

    def record_refund_pending(self, ride: Ride, refund_id: str) -> Row:
        """Notes the refund that the gateway has accepted, and will report on later."""
        return self._move(
            ride,
            "SET #status = :pending, refundId = :refund",
            may_start_from=(REFUNDING, REFUND_PENDING),
            values={":pending": REFUND_PENDING, ":refund": refund_id},
        )

    def record_refund_failed(self, ride: Ride, refund_id: str) -> Row:
        """Notes the refund whose money came back: the next one is another."""
        return self._move(
            ride,
            "SET #status = :refunding, refundId = :refund",
            may_start_from=(REFUNDING, REFUND_PENDING),
            values={":refunding": REFUNDING, ":refund": refund_id},
        )

    def record_refunded(self, ride: Ride, refund: Refund) -> Row:
        """Notes what was given back; it is what was captured, which an attempt that died may not have recorded.

        Refuses an amount that contradicts a recorded capture.
        """
        values: dict[str, Value] = {":refunded": REFUNDED, ":money": refund.amount_minor, ":zero": 0}
        refund_id = "" if refund.refund_id is None else ", refundId = :refund"
        return self._move(
            ride,
            f"SET #status = :refunded, capturedMinor = :money, refundedMinor = :money{refund_id}",
            may_start_from=(REFUNDING, REFUND_PENDING, REFUNDED),
            only_if="capturedMinor IN (:zero, :money)",
            values=values if refund.refund_id is None else {**values, ":refund": refund.refund_id},
        )

    def _move(
        self,
        ride: Ride,
        expression: str,
        *,
        may_start_from: tuple[str, ...],
        values: dict[str, Value],
        or_new: bool = False,
        only_if: str | None = None,
    ) -> Row:
        starts = {f":{status}": status for status in may_start_from}
        condition = f"startTime = :start AND #status IN ({', '.join(starts)})"
        if only_if:
            condition = f"{condition} AND {only_if}"
        if or_new:
            condition = f"attribute_not_exists(sagaId) OR ({condition})"
        return dynamodb.update(
            TableName=self.table,
            Key=dynamodb.typed({"sagaId": ride.saga_id}),
            UpdateExpression=expression,
            ConditionExpression=condition,
            ExpressionAttributeNames={"#status": "status"},
            ExpressionAttributeValues=dynamodb.typed({**starts, **values, ":start": ride.start_time}),
        )


def is_of_another_execution(refused: Refused, ride: Ride) -> bool:
    """Tells whether the row was left by an earlier execution of the same name."""
    return refused.row is not None and refused.row.get("startTime") != ride.start_time
