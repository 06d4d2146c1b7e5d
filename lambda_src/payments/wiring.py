"""Puts the payments service together from its environment, at the first call."""

from lambda_src import environment
from lambda_src.fare import Ride
from lambda_src.forced_failures import forced_failure
from lambda_src.payments.failing_gateway import FailingGateway
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.ledger import PaymentsLedger
from lambda_src.payments.simulated_gateway import SimulatedGateway
from lambda_src.payments.vault import CardVault


def payments_ledger() -> PaymentsLedger:
    """The ledger in the service's own table."""
    return PaymentsLedger(environment.required(environment.PAYMENTS_TABLE))


def card_vault() -> CardVault:
    """The vault of the cards behind tokens."""
    return CardVault(environment.required(environment.CARDS_TABLE), environment.required(environment.CARDS_KEY))


def gateway_for(ride: Ride) -> Gateway:
    """The gateway; where failures may be forced, one that fails as the customerId's suffix asks.

    To take real money, return a client of your gateway here: `Gateway` says what it must do.
    """
    gateway = SimulatedGateway(environment.required(environment.GATEWAY_TABLE))
    forced = forced_failure(ride.customer_id)
    return FailingGateway(gateway, forced) if forced else gateway
