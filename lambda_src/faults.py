"""Failures that a learner can force by the customerId's suffix. Off unless the stage turns them on."""

import os
from dataclasses import dataclass
from typing import Final

from lambda_src import environment
from lambda_src.errors import RefundException
from lambda_src.fare import Card
from lambda_src.payments.gateway import CaptureRefused, Declined, Gateway

FAIL_AUTH: Final = "fail_auth"
FAIL_CHARGE: Final = "fail_charge"
FAIL_CREDIT: Final = "fail_credit"
FAIL_REFUND: Final = "fail_refund"
"""Fails the credit, so that there is something to refund, and then every refund."""

_SUFFIXES: Final = (FAIL_AUTH, FAIL_CHARGE, FAIL_CREDIT, FAIL_REFUND)


def forced_failure(customer_id: str) -> str | None:
    """Returns the failure that the customerId's suffix asks for, or None."""
    if os.environ.get(environment.FORCED_FAILURES) != "on":
        return None
    return next((suffix for suffix in _SUFFIXES if customer_id.endswith(suffix)), None)


@dataclass(frozen=True)
class FailingGateway:
    """A gateway that fails where it was asked to and is the real one everywhere else."""

    gateway: Gateway
    failure: str

    def authorise(self, saga_id: str, card: Card, amount_minor: int) -> str:
        """See `Gateway.authorise`."""
        if self.failure == FAIL_AUTH:
            raise Declined("forced by the customerId")
        return self.gateway.authorise(saga_id, card, amount_minor)

    def capture(self, saga_id: str, authorisation_code: str, amount_minor: int) -> str:
        """See `Gateway.capture`."""
        if self.failure == FAIL_CHARGE:
            raise CaptureRefused("forced by the customerId")
        return self.gateway.capture(saga_id, authorisation_code, amount_minor)

    def void(self, saga_id: str) -> None:
        """See `Gateway.void`."""
        self.gateway.void(saga_id)

    def refund(self, saga_id: str) -> int:
        """See `Gateway.refund`."""
        if self.failure == FAIL_REFUND:
            raise RefundException("the gateway would not refund: forced by the customerId")
        return self.gateway.refund(saga_id)
