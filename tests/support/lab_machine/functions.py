"""The lab's functions: they call nothing, and fail as the end of the customerId asks them to. Deployed as one file."""

import uuid
from typing import Any


class PaymentAuthException(Exception):
    """The card is not authorised."""


class PaymentChargeException(Exception):
    """The charge is refused."""


class AccountCreditException(Exception):
    """The account does not take the credit."""


def charge(event: dict[str, Any], context: object) -> dict[str, str]:
    """Authorises and charges: two random ids, and nothing kept."""
    if event["customerId"].endswith("fail_auth"):
        raise PaymentAuthException("the card is not authorised")
    if event["customerId"].endswith("fail_charge"):
        raise PaymentChargeException("the charge is refused")
    return {"authorisationId": str(uuid.uuid4()), "chargeId": str(uuid.uuid4())}


def credit(event: dict[str, Any], context: object) -> dict[str, str]:
    """Credits the account: a random id, and nothing kept."""
    if event["customerId"].endswith("fail_credit"):
        raise AccountCreditException("the account does not take the credit")
    return {"creditId": str(uuid.uuid4())}


def refund(event: dict[str, Any], context: object) -> dict[str, str]:
    """Refunds the charge: a random id, and nothing kept."""
    return {"fareId": event["fareId"], "refundId": str(uuid.uuid4())}
