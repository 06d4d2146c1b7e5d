"""A gateway that fails where the customerId asks it to."""

from dataclasses import dataclass

from lambda_src.errors import RefundException
from lambda_src.fare import Card
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE, FAIL_REFUND
from lambda_src.payments.gateway import CaptureRefused, Declined, Gateway


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
