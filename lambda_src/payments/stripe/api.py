"""Asks Stripe, and names what can go wrong as the payments service does. No text of Stripe's comes out."""

import hashlib
import logging
import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import stripe

from lambda_src.errors import GatewayBusy, GatewayError
from lambda_src.observability import keep_secret
from lambda_src.payments.stripe.http import InTime
from lambda_src.payments.stripe.key import RestrictedKey

_UNEXPECTED_STATE: Final = "payment_intent_unexpected_state"
_IN_USE: Final = 409
_CODE: Final = re.compile(r"[a-z_]{1,64}")
_REPLAYED: Final = "idempotent-replayed"

Answer = TypeVar("Answer")
Call = Callable[[stripe.StripeClient], Answer]

# At its finest the SDK logs what is sent, and what Stripe answers.
logging.getLogger("stripe").setLevel(logging.WARNING)
stripe.enable_telemetry = False


class UnexpectedState(Exception):
    """The payment is not in a state in which Stripe could do that. Nothing happened: ask what state it is in."""


class Refused(Exception):
    """Stripe, or the bank, refused the payment method. Nothing is held."""


class FailedBefore(Exception):
    """Stripe repeats an error of its own from an earlier call with the same key: this call did nothing."""


class StripeApi:
    """Calls Stripe for one step of one ride.

    Args:
        key: The restricted key.
        base: Where Stripe answers.
    """

    def __init__(self, key: RestrictedKey, base: str) -> None:
        self._key = key
        self._base = base
        self._http = InTime()

    def ask(self, call: Call[Answer]) -> Answer:
        """Makes a call; if Stripe refuses the key, once more with the one that the secret holds by now.

        Raises:
            UnexpectedState: See there.
            Refused: See there.
            FailedBefore: See there.
            GatewayBusy: Nothing happened: a rate limit, or the same call is under way.
            GatewayError: Anything else: the call is in doubt.
        """
        try:
            return self._ask(call)
        except stripe.AuthenticationError:
            if not self._key.has_changed():
                raise GatewayError("Stripe refuses the key that the secret holds: rotate it") from None
        try:
            return self._ask(call)
        except stripe.AuthenticationError:
            raise GatewayError("Stripe refuses the key that the secret holds: rotate it") from None

    def _ask(self, call: Call[Answer]) -> Answer:
        key = self._key.value()
        keep_secret(key)
        client = stripe.StripeClient(
            key, base_addresses={"api": self._base}, http_client=self._http, max_network_retries=0
        )
        try:
            return call(client)
        except stripe.AuthenticationError:
            raise
        except stripe.StripeError as error:
            raise _named(error) from None


def _named(error: stripe.StripeError) -> Exception:
    if isinstance(error, stripe.APIConnectionError):
        return GatewayError("Stripe did not answer")
    if isinstance(error, stripe.RateLimitError) or error.http_status == _IN_USE:
        return GatewayBusy("Stripe is busy, or the same call is under way: repeat the step")
    if isinstance(error, stripe.APIError) and _header(error, _REPLAYED) == "true":
        return FailedBefore(_code(error))
    return _of_the_payment(error) or GatewayError(f"Stripe answered with status {error.http_status}{_code(error)}")


def _of_the_payment(error: stripe.StripeError) -> Exception | None:
    """What the error says of the payment or its method; None if it says nothing of them."""
    if isinstance(error, stripe.CardError):
        return Refused(_code(error))
    if isinstance(error, stripe.InvalidRequestError):
        if error.code == _UNEXPECTED_STATE:
            return UnexpectedState(_code(error))
        if str(error.param).startswith("payment_method"):
            return Refused(_code(error))
    return None


def _code(error: stripe.StripeError) -> str:
    """Stripe's short name of an error; its text may quote what was sent."""
    code = str(error.code or "")
    return f" {code}" if _CODE.fullmatch(code) else ""


def _header(error: stripe.StripeError, name: str) -> str | None:
    headers: Any = error.headers or {}
    return next((str(value) for given, value in headers.items() if given.lower() == name), None)


def operation_key(saga_id: str, operation: str) -> str:
    """The idempotency key of a saga's operation: a saga's id may have characters that a header cannot."""
    return f"{hashlib.sha256(saga_id.encode()).hexdigest()}-{operation}"
