"""Payment gateways as constructs. One holds a whole gateway, so one can take the place of another."""

from collections.abc import Callable, Mapping
from typing import Final

from constructs import Construct

from lambda_src.payments.gateways import SIMULATED, STRIPE
from wild_rydes_saga.foundation.functions import Functions
from wild_rydes_saga.foundation.shared import Shared
from wild_rydes_saga.services.gateways.gateway import PaymentGateway
from wild_rydes_saga.services.gateways.simulated import SimulatedGateway
from wild_rydes_saga.services.gateways.stripe import StripeGateway

__all__ = ["PaymentGateway", "payment_gateway"]

_GATEWAYS: Final[Mapping[str, Callable[[Construct, Functions, Shared], PaymentGateway]]] = {
    SIMULATED: SimulatedGateway,
    STRIPE: StripeGateway,
}


def payment_gateway(scope: Construct, functions: Functions, shared: Shared) -> PaymentGateway:
    """The gateway that the settings name."""
    return _GATEWAYS[shared.settings.gateway.name](scope, functions, shared)
