"""ReverseAccountCredit: takes the credit back, or prevents it from arriving later."""

from typing import Any

from lambda_src.accounts.ledger import CREDITED, AccountsLedger, status_of
from lambda_src.accounts.wiring import accounts_ledger
from lambda_src.dynamodb import Refused
from lambda_src.errors import LedgerBusy
from lambda_src.fare import Ride, parse_ride
from lambda_src.metric_names import Counted
from lambda_src.observability import count, saga_step


@saga_step("ReverseAccountCredit")
def handler(event: dict[str, Any]) -> dict[str, str]:
    """Undoes the credit of the ride in the event."""
    ride = parse_ride(event)
    if reverse(ride, ledger=accounts_ledger()):
        count(Counted.REVERSED, ride.amount_minor)
    return {}


def reverse(ride: Ride, *, ledger: AccountsLedger) -> bool:
    """Undoes the ride's credit once, also if it never ran; returns whether this call took it back.

    A row that is reversed, rejected, or written by an earlier execution of the
    same name already refuses this ride's credit: there is nothing to undo.

    Raises:
        LedgerBusy: A credit came in between; nothing is reversed yet. Repeat.
    """
    try:
        ledger.reverse(ride)
        return True
    except Refused as refused:
        if refused.row is None:
            _leave_tombstone(ride, ledger)
        return False


def _leave_tombstone(ride: Ride, ledger: AccountsLedger) -> None:
    try:
        ledger.leave_tombstone(ride)
    except Refused as refused:
        if status_of(refused, ride) == CREDITED:
            raise LedgerBusy("the credit came while it was being reversed: repeat the step") from None
