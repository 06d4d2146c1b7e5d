"""ChargeFare with a token, as an attempt that a stepper can run."""

import pytest

from lambda_src.errors import PaymentAuthException
from lambda_src.fare import PaidWith, Ride
from lambda_src.forced_failures import FAIL_AUTH, FAIL_CHARGE
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.failing_gateway import FailingGateway
from lambda_src.payments.gateway import Gateway, Payment
from lambda_src.payments.simulated_gateway import SimulatedGateway
from lambda_src.payments.vault import TokenisedCard
from tests.support.handlers.rides import RIDE
from tests.support.handlers.stepping import Attempt, Outcome
from tests.support.handlers.steps import PAYMENTS_LEDGER, refunding
from tests.support.handlers.tables import GATEWAY
from tests.support.handlers.vaults import (
    Cards,
)

FAILURES = [
    pytest.param(None, id="captured"),
    pytest.param(FAIL_AUTH, id="declined"),
    pytest.param(FAIL_CHARGE, id="capture-refused"),
]
ARRIVES = [pytest.param(True, id="answer-lost"), pytest.param(False, id="call-lost")]
REFUND = refunding()


class SeesTheCards(SimulatedGateway):
    """A gateway that notes the card of each request, and how many cards are kept when it captures."""

    def __init__(self, cards: Cards) -> None:
        super().__init__(GATEWAY)
        self._cards = cards
        self.given: list[PaidWith] = []
        self.kept_at_capture: list[int] = []

    def authorise(self, payment: Payment, method: PaidWith) -> str:
        """Authorises."""
        self.given.append(method)
        return super().authorise(payment, method)

    def capture(self, payment: Payment) -> str:
        """Captures."""
        self.kept_at_capture.append(len(self._cards.rows()))
        return super().capture(payment)


def charging(
    cards: Cards,
    token: str,
    failure: str | None = None,
    *,
    name: str = "charge",
    ride: Ride = RIDE,
    gateway: Gateway | None = None,
) -> Attempt:
    """ChargeFare with a token."""
    gateway = gateway or SimulatedGateway(GATEWAY)
    if failure:
        gateway = FailingGateway(gateway, failure)
    card = TokenisedCard(token, ride, cards.vault)
    return Attempt(name, lambda: charge(ride, card, ledger=PAYMENTS_LEDGER, gateway=gateway))


def asks_for_a_new_token(outcome: Outcome) -> bool:
    """Returns whether the outcome names the fix for a token that cannot be used."""
    return isinstance(outcome.error, PaymentAuthException) and "tokenise the card" in str(outcome.error)
