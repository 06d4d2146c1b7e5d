"""The local clouds of the campaigns, with Stripe as the gateway."""

from collections.abc import Iterator

import pytest

from lambda_src.payments.gateways import STRIPE
from tests.support.faults.cloud import FaultyCloud
from tests.support.faults.deployment.started import faulty_cloud


@pytest.fixture(scope="session")
def faulty() -> Iterator[FaultyCloud]:
    """A local cloud whose deployed stack can be made to fail. Half a day passes at Stripe every second."""
    with faulty_cloud(gateway=STRIPE) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def breakable(faulty: FaultyCloud) -> FaultyCloud:
    """The same one: what the tests of the network change, they change back."""
    return faulty
