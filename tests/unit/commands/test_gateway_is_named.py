"""A demo, a ride and a page say which gateway a ride was paid through, and whether that is the real one."""

import pytest

from wild_rydes_saga.cli.demo import Ridden, _facts
from wild_rydes_saga.deployed.account import Account
from wild_rydes_saga.deployed.gateways import gateway_book
from wild_rydes_saga.deployed.rides import LAB_RIDES
from wild_rydes_saga.settings import STRIPE_URL

SIMULATED = {"GatewayTableName": "table"}
DOUBLE = {"StripeSecretArn": "arn", "StripeUrl": "http://127.0.0.1:4567"}
REAL = {"StripeSecretArn": "arn", "StripeUrl": STRIPE_URL}


@pytest.mark.parametrize(
    ("outputs", "name"),
    [
        (SIMULATED, "simulated, no money moves"),
        (DOUBLE, "Stripe's double at http://127.0.0.1:4567, no money moves"),
        (REAL, f"Stripe at {STRIPE_URL}"),
    ],
    ids=["simulated", "double", "Stripe"],
)
def test_the_facts_of_a_ride_name_its_gateway(outputs: dict[str, str], name: str) -> None:
    ride = LAB_RIDES[0]
    ridden = Ridden(ride, "arn", ride.expected, "", gateway_book(Account(), outputs).name)
    assert ("gateway", name) in _facts(ridden)
