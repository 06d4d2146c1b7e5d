"""Rides that ended in every way, and their inspection with given rows of the tables."""

from datetime import datetime
from typing import Any, Final

from lambda_src.dynamodb import Row
from lambda_src.recovery.inspect_execution import inspect
from tests.support.handlers.rides import RIDE, SAME_NAME_LATER
from tests.support.recovery.executions import (
    LOCKED,
    PATIENCE,
    SHAPE,
    STARTED,
    History,
    OneExecution,
    OneRide,
    description,
    done,
    failed,
    history,
    not_evaluated,
    rolled_back,
    under_way,
    visit,
)

EARLIER: Final = "2026-08-20T09:00:00.000Z"
"""The start of an earlier execution of the ride's name, months before the ride's."""
REGISTERED = visit("RegisterFare", done())
DECLINED = visit("ChargeFare", failed("PaymentAuthException"))
NOT_STARTED: Final[tuple[str, list[History]]] = ("ABORTED", [])
CHARGING = ("TIMED_OUT", [REGISTERED, visit("ChargeFare", under_way(), leaves=False)])
NOTIFYING = (
    "FAILED",
    [REGISTERED, DECLINED, visit("SetFareStatusFailed", done()), visit("NotifyFailure", failed("x"))],
)
SETTLING = ("ABORTED", [REGISTERED, DECLINED, visit("SetFareStatusFailed", under_way(), leaves=False)])
LOCKED_OUT = ("ABORTED", [visit("RegisterFare", failed(LOCKED)), visit("NotifyFailure", under_way(), leaves=False)])
INVALID = ("ABORTED", [visit("RegisterFare", not_evaluated("RegisterFare"))])
NOTIFIED = (
    "FAILED",
    [REGISTERED, DECLINED, visit("SetFareStatusFailed", done()), visit("NotifyFailure", done()), rolled_back()],
)
SUCCEEDED = ("SUCCEEDED", [REGISTERED, *(visit(action, done()) for action in SHAPE.actions[1:])])
Ended = tuple[str, list[History]]


def mine(status: str, **changes: str) -> Row:
    """A row of the fare or of a ledger, written by this ride."""
    return {"sagaId": RIDE.saga_id, "startTime": RIDE.start_time, "fareStatus": status, "status": status, **changes}


def another(status: str) -> Row:
    """The fare's row, written by another saga."""
    return mine(status, sagaId=f"{RIDE.saga_id}-again", startTime=SAME_NAME_LATER.start_time)


def inspected(
    ended: Ended, *rows: Row | None, text: object = None, stopped: datetime | None = STARTED
) -> dict[str, Any]:
    """Inspects an execution with these rows of fare, payment and account."""
    status, visits = ended
    found = description(status, text, stopped=stopped), history(*visits, status=status)
    return inspect(
        RIDE.saga_id,
        executions=OneExecution(found=found),
        books=OneRide(rows=rows),
        shape=SHAPE,
        patience=PATIENCE,
    )


KEPT = (mine("captured", chargeId="charge-1"), mine("credited"))
EARLIER_KEPT = (mine("captured", startTime=EARLIER), mine("credited", startTime=EARLIER))
