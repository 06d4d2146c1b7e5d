"""A gateway that fails where the customerId asks it to: it stands around any other one."""

from dataclasses import dataclass

from lambda_src.errors import RefundException
from lambda_src.fare import PaidWith
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE, FAIL_REFUND, FORCED
from lambda_src.payments.gateway import CaptureRefused, Declined, Gateway, Payment, Refund


@dataclass(frozen=True)
class FailingGateway:
    """A gateway that fails where it was asked to and is the real one everywhere else."""

    gateway: Gateway
    failure: str

    def prepare(self, saga_id: str, amount_minor: int) -> str:
        """See `Gateway.prepare`."""
        return self.gateway.prepare(saga_id, amount_minor)

    def authorise(self, payment: Payment, method: PaidWith) -> str:
        """See `Gateway.authorise`."""
        if self.failure == FAIL_AUTH:
            raise Declined(FORCED)
        return self.gateway.authorise(payment, method)

    def capture(self, payment: Payment) -> str:
        """See `Gateway.capture`."""
        if self.failure == FAIL_CHARGE:
            raise CaptureRefused(FORCED)
        return self.gateway.capture(payment)

    def void(self, payment: Payment) -> bool:
        """See `Gateway.void`."""
        return self.gateway.void(payment)

    def refund(self, payment: Payment) -> Refund:
        """See `Gateway.refund`. It fails until a person lifts the failure: the payment's row says so."""
        if self.failure == FAIL_REFUND and not payment.failure_lifted:
            raise RefundException(f"the gateway would not refund: {FORCED}")
        return self.gateway.refund(payment)
