"""No money is lost at a gateway that forgets keys after a day and finds a payment a minute late."""

import pytest

from lambda_src.dynamodb import Row
from lambda_src.fare import Ride
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.gateway import Refund
from lambda_src.payments.ledger import PaymentsLedger
from lambda_src.payments.refund_fare import refund
from tests.support.handlers.forgetful import ForgetfulGateway
from tests.support.handlers.rides import CARD, FARE, RIDE
from tests.support.handlers.steps import PAYMENTS_LEDGER
from tests.support.handlers.tables import PAYMENTS, Tables

pytestmark = pytest.mark.usefixtures("stepper")


class Stopped(BaseException):
    """Lambda was stopped here."""


class DiesBeforeTheRecord(PaymentsLedger):
    """A ledger whose handler is stopped before it can record a refund."""

    def record_refunded(self, ride: Ride, refund: Refund) -> Row:
        """Is never reached."""
        raise Stopped(ride.saga_id, refund.refund_id)


def test_a_refund_repeated_after_its_key_was_forgotten_is_paid_once(tables: Tables) -> None:
    gateway = ForgetfulGateway()
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway)
    with pytest.raises(Stopped):
        refund(RIDE, ledger=DiesBeforeTheRecord(PAYMENTS), gateway=gateway)
    gateway.now += 25 * 3600
    refund(RIDE, ledger=PAYMENTS_LEDGER, gateway=gateway)
    assert [amount for _, amount in gateway.refunds] == [FARE]
    assert tables.payment()["refundedMinor"] == FARE


def test_a_refund_of_a_payment_that_search_does_not_show_gives_it_back(tables: Tables) -> None:
    gateway = ForgetfulGateway()
    charge(RIDE, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway)
    gateway.now += 10
    refund(RIDE, ledger=PAYMENTS_LEDGER, gateway=gateway)
    assert [amount for _, amount in gateway.refunds] == [FARE]
    assert (tables.payment()["capturedMinor"], tables.payment()["refundedMinor"]) == (FARE, FARE)
