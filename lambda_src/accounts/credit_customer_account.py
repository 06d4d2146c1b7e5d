"""CustomerAccountCredit: credits the customer's account with the fare."""

from typing import Any

from lambda_src.accounts.ledger import CREDITED, REJECTED, AccountsLedger, status_of
from lambda_src.accounts.wiring import accounts_ledger
from lambda_src.dynamodb import Refused
from lambda_src.errors import AccountCreditException, StepAlreadyCompensated
from lambda_src.fare import Ride, parse_ride
from lambda_src.forced_failures import FAIL_CREDIT, FAIL_REFUND, forced_failure
from lambda_src.metric_names import Counted
from lambda_src.observability import count, saga_step


@saga_step("CustomerAccountCredit")
def handler(event: dict[str, Any]) -> dict[str, str]:
    """Credits the account of the ride in the event."""
    ride = parse_ride(event)
    refuse = forced_failure(ride.customer_id) in (FAIL_CREDIT, FAIL_REFUND)
    if credit(ride, ledger=accounts_ledger(), refuse=refuse):
        count(Counted.CREDITED, ride.amount_minor)
    return {}


def credit(ride: Ride, *, ledger: AccountsLedger, refuse: bool = False) -> bool:
    """Credits the ride's fare once, however often it is called; returns whether this call did.

    Args:
        ride: The ride.
        ledger: Where the credit is kept.
        refuse: Whether the account does not take the credit.

    Raises:
        AccountCreditException: Clean: nothing was credited, and the row is closed.
        StepAlreadyCompensated: The reversal came first.
    """
    try:
        if refuse:
            ledger.close_rejected(ride)
            raise _rejected()
        ledger.credit(ride)
        return True
    except Refused as refused:
        status = status_of(refused, ride)
        if status == CREDITED:
            return False
        if status == REJECTED:
            raise _rejected() from None
        if status is None:
            raise AccountCreditException(
                "this execution name was used before: start the ride under another name"
            ) from None
        raise StepAlreadyCompensated("the reversal came first: nothing is credited") from None


def _rejected() -> AccountCreditException:
    return AccountCreditException("the customer's account did not take the credit")
