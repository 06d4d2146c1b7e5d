"""Puts the Stripe gateway together from its environment."""

from typing import Final

from lambda_src import environment
from lambda_src.fare import METHODS
from lambda_src.metric_names import Counted
from lambda_src.observability import count
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.stripe.api import StripeApi
from lambda_src.payments.stripe.gateway import StripeGateway
from lambda_src.payments.stripe.key import restricted_key

INTAKE: Final = METHODS
"""Stripe keeps the cards. The rider's browser gives them to it, and this stack gets a payment method."""


def from_environment() -> Gateway:
    """A gateway for one step, which has all of its time."""
    key = restricted_key(environment.required(environment.GATEWAY_KEY_SECRET))
    url = environment.required(environment.GATEWAY_URL)
    api = StripeApi(key, url, key_refused=lambda: count(Counted.GATEWAY_KEY_REFUSED))
    return StripeGateway(api, environment.required(environment.CURRENCY))
