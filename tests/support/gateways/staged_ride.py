"""One ride, its ledger and Stripe's double, with what a person or a fault may do to them."""

from lambda_src.fare import GatewayMethod
from lambda_src.payments import charge_fare, refund_fare
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.ledger import PaymentsLedger
from tests.support.gateways.money import wrong_with
from tests.support.gateways.stripe_double import StripeSubject
from tests.support.handlers.rides import FARE, RIDE
from tests.support.handlers.tables import PAYMENTS, Tables
from wild_rydes_saga.emulator.stripe_double.objects import (
    ACCEPTED,
    Intent,
)

LEDGER = PaymentsLedger(PAYMENTS)


class Stage:
    """One ride, its ledger and Stripe."""

    def __init__(self, subject: StripeSubject, tables: Tables) -> None:
        self.subject = subject
        self.tables = tables

    def charge(self, method: str = ACCEPTED, gateway: Gateway | None = None) -> str:
        """ChargeFare."""
        given = gateway or self.subject.gateway
        return charge_fare.charge(RIDE, GatewayMethod(method), ledger=LEDGER, gateway=given)

    def refund(self) -> None:
        """RefundFare."""
        refund_fare.refund(RIDE, ledger=LEDGER, gateway=self.subject.gateway)

    def fault(self, path: str, **how: object) -> None:
        """Sets a fault."""
        self.subject.double.control("faults", {"path": path, **how})

    @property
    def intent(self) -> Intent:
        """The payment that the ledger names."""
        return self.subject.double.store.intent(str(self.tables.payment()["paymentId"]))

    def wrong(self) -> list[str]:
        """What is wrong with the money, once the ride is closed."""
        return wrong_with(self.tables.payment(), self.subject.book(RIDE.saga_id), FARE)
