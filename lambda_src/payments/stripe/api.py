"""Asks Stripe, and names what can go wrong as the payments service does. No text of Stripe's comes out."""

import hashlib
import logging
from collections.abc import Callable
from typing import Final, TypeVar

import stripe

from lambda_src.errors import GatewayKeyRefused
from lambda_src.observability import keep_secret
from lambda_src.payments.stripe.answers import named
from lambda_src.payments.stripe.http import InTime
from lambda_src.payments.stripe.key import RestrictedKey

_KEY_ERRORS: Final = (stripe.AuthenticationError, stripe.PermissionError)
_WRONG_KEY: Final = "Stripe refuses the key that the secret holds: make another one, and put it there"
_WEAK_KEY: Final = "Stripe's key may not do this: let it write PaymentIntents and refunds, or put another one there"

Answer = TypeVar("Answer")
Call = Callable[[stripe.StripeClient], Answer]

# At its finest the SDK logs what is sent, and what Stripe answers.
logging.getLogger("stripe").setLevel(logging.WARNING)
stripe.enable_telemetry = False


class StripeApi:
    """Calls Stripe for one step of one ride.

    Args:
        key: The restricted key.
        base: Where Stripe answers.
        key_refused: Called when Stripe refuses the key, or the key cannot be read.
    """

    def __init__(self, key: RestrictedKey, base: str, key_refused: Callable[[], None] | None = None) -> None:
        self._key = key
        self._base = base
        self._key_refused = key_refused
        self._http = InTime()

    def ask(self, call: Call[Answer]) -> Answer:
        """Makes a call; if Stripe refuses the key, once more with the one that the secret holds by now.

        Raises:
            Exception: One of `lambda_src.payments.stripe.answers`.
            GatewayKeyRefused: Stripe refuses the key, or the key cannot be read: this call did nothing.
            GatewayBusy: Nothing happened: a rate limit, or the same call is under way.
            GatewayError: Anything else: the call is in doubt.
        """
        try:
            return self._ask_with_the_newest_key(call)
        except GatewayKeyRefused:
            if self._key_refused:
                self._key_refused()
            raise

    def _ask_with_the_newest_key(self, call: Call[Answer]) -> Answer:
        try:
            return self._ask(call)
        except _KEY_ERRORS as error:
            if not self._key.has_changed():
                raise _key_refused(error) from None
        try:
            return self._ask(call)
        except _KEY_ERRORS as error:
            raise _key_refused(error) from None

    def _ask(self, call: Call[Answer]) -> Answer:
        key = self._key.value()
        keep_secret(key)
        client = stripe.StripeClient(
            key, base_addresses={"api": self._base}, http_client=self._http, max_network_retries=0
        )
        try:
            return call(client)
        except _KEY_ERRORS:
            raise
        except stripe.StripeError as error:
            raise named(error) from None


def _key_refused(error: stripe.StripeError) -> GatewayKeyRefused:
    return GatewayKeyRefused(_WEAK_KEY if isinstance(error, stripe.PermissionError) else _WRONG_KEY)


def operation_key(saga_id: str, operation: str) -> str:
    """The idempotency key of a saga's operation: a saga's id may have characters that a header cannot."""
    return f"{hashlib.sha256(saga_id.encode()).hexdigest()}-{operation}"
