"""Puts the payments service together from its environment, at the first call."""

from typing import Any

from lambda_src import environment
from lambda_src.fare import Card, GatewayMethod, PaymentMethod, Ride, parse_charge
from lambda_src.forced_failures import forced_failure
from lambda_src.payments.failing_gateway import FailingGateway
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.gateways import chosen_gateway
from lambda_src.payments.ledger import PaymentsLedger
from lambda_src.payments.vault import CardVault, TokenisedCard


def payments_ledger() -> PaymentsLedger:
    """The ledger in the service's own table."""
    return PaymentsLedger(environment.required(environment.PAYMENTS_TABLE))


def card_vault() -> CardVault:
    """The vault of the cards behind tokens."""
    return CardVault(environment.required(environment.CARDS_TABLE), environment.required(environment.CARDS_KEY))


def gateway_for(ride: Ride) -> Gateway:
    """The stack's gateway; where failures may be forced, one that fails as the customerId's suffix asks."""
    gateway = chosen_gateway().from_environment()
    forced = forced_failure(ride.customer_id)
    return FailingGateway(gateway, forced) if forced else gateway


def parse_payment(event: dict[str, Any]) -> tuple[Ride, PaymentMethod]:
    """Reads ChargeFare's event: the ride, and what it is paid with. Raises `InvalidFare` naming each wrong field."""
    intake = chosen_gateway().INTAKE
    ride, given = parse_charge(event, intake)
    if isinstance(given, Card):
        return ride, given
    return ride, TokenisedCard(given, ride, card_vault()) if intake.cards else GatewayMethod(given)
