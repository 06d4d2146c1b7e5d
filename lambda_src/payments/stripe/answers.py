"""What Stripe's errors mean to the payments service. Only what is listed here is a refusal; the rest is doubt."""

import re
from collections.abc import Mapping
from typing import Any, Final

import stripe

from lambda_src.errors import GatewayBusy, GatewayError

_IN_USE: Final = 409
_CODE: Final = re.compile(r"[a-z0-9_]{1,64}")
_REPLAYED: Final = "idempotent-replayed"


class UnexpectedState(Exception):
    """The payment is not in a state in which Stripe could do that. Nothing happened: ask what state it is in."""


class Refused(Exception):
    """Stripe, or the bank, refused the payment or its method. This call held and took nothing."""


class AmountNotTaken(Refused):
    """Stripe does not take such an amount, or not in this currency. This call held and took nothing."""


class NothingLeft(Exception):
    """All that was captured was refunded already, or is being refunded. Nothing happened: read the refunds."""


class FailedBefore(Exception):
    """Stripe repeats an error of its own from an earlier call with the same key: this call did nothing."""


_AMOUNT: Final = (
    "amount_too_small",
    "amount_too_large",
    "invalid_charge_amount",
    "charge_exceeds_source_limit",
    "charge_exceeds_transaction_limit",
)
_METHOD: Final = (
    "payment_intent_authentication_failure",
    "payment_intent_incompatible_payment_method",
    "payment_intent_payment_attempt_failed",
    "payment_method_currency_mismatch",
    "payment_method_customer_decline",
    "payment_method_invalid_parameter",
    "payment_method_not_available",
    "payment_method_provider_decline",
    "payment_method_unactivated",
    "payment_method_unexpected_state",
)
_CAPTURE: Final = ("capture_charge_authorization_expired", "capture_unauthorized_payment", "charge_expired_for_capture")
_CODES: Final[Mapping[str, type[Exception]]] = {
    "payment_intent_unexpected_state": UnexpectedState,
    "charge_already_refunded": NothingLeft,
    **dict.fromkeys(_AMOUNT, AmountNotTaken),
    **dict.fromkeys((*_METHOD, *_CAPTURE), Refused),
}
"""By the code of an invalid request (Stripe, "Error codes"): such a request was not carried out."""
_PARAMETERS: Final[Mapping[str, type[Exception]]] = {
    "amount": AmountNotTaken,
    "currency": AmountNotTaken,
    "payment_method": Refused,
}
"""By the parameter that is wrong, where the code says less."""


def named(error: stripe.StripeError) -> Exception:
    """The error of ours that says what one of Stripe's means."""
    if isinstance(error, stripe.APIConnectionError):
        return GatewayError("Stripe did not answer")
    if isinstance(error, stripe.RateLimitError) or error.http_status == _IN_USE:
        return GatewayBusy("Stripe is busy, or the same call is under way: repeat the step")
    if isinstance(error, stripe.APIError) and _header(error, _REPLAYED) == "true":
        return FailedBefore(_code(error))
    return _refusal(error) or GatewayError(f"Stripe answered with status {error.http_status} {_code(error)}".strip())


def _refusal(error: stripe.StripeError) -> Exception | None:
    """What a definite refusal means; None if the error is none that is listed."""
    if isinstance(error, stripe.CardError):
        return _CODES.get(_code(error), Refused)(_code(error))
    if isinstance(error, stripe.InvalidRequestError):
        parameter = re.split(r"[\[.]", str(error.param))[0]
        kind = _CODES.get(_code(error)) or _PARAMETERS.get(parameter)
        return kind(_code(error)) if kind else None
    return None


def _code(error: stripe.StripeError) -> str:
    """Stripe's short name of an error; its text may quote what was sent."""
    code = str(error.code or "")
    return code if _CODE.fullmatch(code) else ""


def _header(error: stripe.StripeError, name: str) -> str | None:
    headers: Any = error.headers or {}
    return next((str(value) for given, value in headers.items() if given.lower() == name), None)
