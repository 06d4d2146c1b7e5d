"""Stripe under test: the real SDK, against the double over HTTP."""

import secrets
from collections import defaultdict
from typing import Final

import stripe

from lambda_src.fare import GatewayMethod, PaidWith
from lambda_src.payments.gateway import Gateway
from lambda_src.payments.stripe.api import StripeApi
from lambda_src.payments.stripe.gateway import StripeGateway
from lambda_src.payments.stripe.key import RestrictedKey
from tests.support.gateways.subject import Book
from wild_rydes_saga.emulator.stripe_double.double import StripeDouble
from wild_rydes_saga.emulator.stripe_double.objects import ACCEPTED, DECLINED

CURRENCY: Final = "usd"


def new_key() -> str:
    """A key of the form of Stripe's restricted ones, of its test mode."""
    return "_".join(("rk", "test", secrets.token_hex(12)))


class KnownKey(RestrictedKey):
    """A key that is in no secret. `put` puts another there, as an operator does."""

    def __init__(self, key: str) -> None:
        super().__init__("secret")
        self.secret_value = key
        self.reads = 0

    def _read(self) -> str:
        self.reads += 1
        return self.secret_value


class StripeSubject:
    """The double in this process, and the client under test."""

    def __init__(self, double: StripeDouble, base: str) -> None:
        self.double = double
        self.base = base
        self.key = KnownKey(double.api_keys[0])
        self.keys_refused = 0
        self.accepted: PaidWith = GatewayMethod(ACCEPTED)
        self.declined: PaidWith | None = GatewayMethod(DECLINED)

    @property
    def gateway(self) -> Gateway:
        """A client with all the time of a step, as each call of a handler makes one."""
        return self.gateway_in(CURRENCY)

    def gateway_in(self, currency: str) -> Gateway:
        """A client of a stack that charges in a currency."""
        return StripeGateway(StripeApi(self.key, self.base, self._count_refusal), currency)

    @property
    def client(self) -> stripe.StripeClient:
        """Stripe's SDK, for what a person does by hand."""
        return stripe.StripeClient(self.double.api_keys[0], base_addresses={"api": self.base})

    def _count_refusal(self) -> None:
        self.keys_refused += 1

    def book(self, saga_id: str) -> Book:
        """See `Subject.book`."""
        book: defaultdict[str, list[int]] = defaultdict(list)
        for row in self.double.store.booked():
            if row["sagaId"] == saga_id:
                book[row["operation"]].append(row["amountMinor"])
        return dict(book)

    def later(self, seconds: float) -> None:
        """See `Subject.later`."""
        self.double.store.clock.ahead += seconds

    def forget(self) -> None:
        """Begins with an empty account."""
        store = self.double.store
        for kept in (store.intents, store.refunds, store.book):
            kept.clear()
        self.double.keys.forget()
        self.double.faults.waiting.clear()
