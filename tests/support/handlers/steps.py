"""The services' four steps as attempts that a stepper can run."""

from typing import Final

from lambda_src.accounts.credit_customer_account import credit
from lambda_src.accounts.ledger import AccountsLedger
from lambda_src.accounts.reverse_account_credit import reverse
from lambda_src.errors import Refusal
from lambda_src.fare import Ride
from lambda_src.payments.charge_fare import charge
from lambda_src.payments.failing_gateway import FailingGateway
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.ledger import PaymentsLedger
from lambda_src.payments.refund_fare import refund
from lambda_src.payments.simulated_gateway import SimulatedGateway
from tests.support.handlers.rides import CARD, RIDE
from tests.support.handlers.stepping import Attempt, Outcome
from tests.support.handlers.tables import ACCOUNTS, GATEWAY, PAYMENTS

PAYMENTS_LEDGER: Final = PaymentsLedger(PAYMENTS)
ACCOUNTS_LEDGER: Final = AccountsLedger(ACCOUNTS)


def charging(failure: str | None = None, *, name: str = "charge", ride: Ride = RIDE) -> Attempt:
    """ChargeFare, with a gateway that can fail in a given way."""
    simulated = SimulatedGateway(GATEWAY)
    gateway: Gateway = FailingGateway(simulated, failure) if failure else simulated
    return Attempt(name, lambda: charge(ride, CARD, ledger=PAYMENTS_LEDGER, gateway=gateway))


def refunding(name: str = "refund", *, ride: Ride = RIDE) -> Attempt:
    """RefundFare."""
    return Attempt(name, lambda: refund(ride, ledger=PAYMENTS_LEDGER, gateway=SimulatedGateway(GATEWAY)))


def crediting(name: str = "credit", *, refuse: bool = False, ride: Ride = RIDE) -> Attempt:
    """CustomerAccountCredit."""
    return Attempt(name, lambda: credit(ride, ledger=ACCOUNTS_LEDGER, refuse=refuse))


def reversing(name: str = "reverse", *, ride: Ride = RIDE) -> Attempt:
    """ReverseAccountCredit."""
    return Attempt(name, lambda: reverse(ride, ledger=ACCOUNTS_LEDGER))


def is_clean(outcome: Outcome) -> bool:
    """Returns whether the outcome reports that nothing happened, so that nothing is compensated."""
    return isinstance(outcome.error, Refusal)
