"""The suite against Stripe itself, in its test mode (`make stripe-check`). Skipped without a key in STRIPE_TEST_KEY."""

import os

import pytest

from tests.support.gateways.stripe_test_mode import TEST_MODE, StripeTestMode
from tests.support.gateways.subject import Subject
from tests.support.gateways.suite import GatewaySuite

KEY = "STRIPE_TEST_KEY"


@pytest.mark.skipif(not os.environ.get(KEY), reason=f"{KEY} is not set")
class TestStripesTestMode(GatewaySuite):
    """What must hold for every gateway, as Stripe itself answers."""

    @pytest.fixture
    def subject(self) -> Subject:
        key = os.environ[KEY]
        if not key.startswith(TEST_MODE):
            pytest.fail(f"{KEY} is not a key of Stripe's test mode: with another one, money would move")
        return StripeTestMode(key)
