"""Stripe itself under test, in its test mode: no money moves. Its book is what Stripe says of a payment's id."""

from collections.abc import Mapping
from typing import Final

import pytest
import stripe

from lambda_src.fare import GatewayMethod, PaidWith
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.stripe.api import StripeApi
from lambda_src.payments.stripe.gateway import StripeGateway
from tests.support.gateways.stripe_double import CURRENCY, KnownKey
from tests.support.gateways.subject import Book
from wild_rydes_saga.emulator.stripe_double.objects import ACCEPTED, DECLINED

URL: Final = "https://api.stripe.com"
TEST_MODE: Final = tuple("_".join((kind, "test", "")) for kind in ("rk", "sk"))
"""How the keys begin by which Stripe moves no money."""


class StripeTestMode:
    """Stripe's test mode, and the client under test."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._prepared: dict[str, str] = {}
        self.accepted: PaidWith = GatewayMethod(ACCEPTED)
        self.declined: PaidWith | None = GatewayMethod(DECLINED)

    @property
    def gateway(self) -> Gateway:
        """A client with all the time of a step."""
        return _Noting(StripeApi(KnownKey(self._key), URL), self._prepared)

    def book(self, saga_id: str) -> Book:
        """See `Subject.book`."""
        client = stripe.StripeClient(self._key, max_network_retries=2)
        intent = client.v1.payment_intents.retrieve(self._prepared[saga_id])
        refunds = client.v1.refunds.list({"payment_intent": intent.id}).data
        events: Mapping[str, list[int]] = {
            "authorise": [intent.amount] if self._was_held(client, intent) else [],
            "capture": [intent.amount_received] if intent.status == "succeeded" else [],
            "void": [intent.amount] if intent.status == "canceled" and self._was_held(client, intent) else [],
            "refund": [one.amount for one in refunds if one.status == "succeeded"],
        }
        return {operation: amounts for operation, amounts in events.items() if amounts}

    def later(self, seconds: float) -> None:
        """See `Subject.later`: Stripe's clock is its own."""
        if seconds:
            pytest.skip("nobody can move Stripe's clock")

    @staticmethod
    def _was_held(client: stripe.StripeClient, intent: stripe.PaymentIntent) -> bool:
        if not intent.latest_charge:
            return False
        return client.v1.charges.retrieve(str(intent.latest_charge)).status == "succeeded"


class _Noting(StripeGateway):
    """Notes the id of each payment, since a search would show it a minute later."""

    def __init__(self, api: StripeApi, prepared: dict[str, str]) -> None:
        super().__init__(api, CURRENCY)
        self._prepared = prepared

    def prepare(self, saga_id: str, amount_minor: int) -> str:
        """See `Gateway.prepare`."""
        payment_id = super().prepare(saga_id, amount_minor)
        self._prepared[saga_id] = payment_id
        return payment_id
