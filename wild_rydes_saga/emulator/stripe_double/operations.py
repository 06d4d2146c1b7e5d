"""What can be asked of the double, and which moves of a payment are legal."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from wild_rydes_saga.emulator.stripe_double.objects import (
    DECLINED,
    DISPUTED,
    FAILING_REFUND,
    LARGEST,
    METHODS,
    NEEDS_3DS,
    PENDING_REFUND,
    REFUND_SECONDS,
    SEARCH_LAG_SECONDS,
    SMALLEST,
    Intent,
    Refunded,
    Store,
    StripeError,
    invalid,
)

Parameters = Mapping[str, str]
Answer = dict[str, Any]
_BEFORE_A_HOLD: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
_CURRENCY: Final = re.compile(r"[a-z]{3}")
_QUERY: Final = re.compile(r"""metadata\[['"]sagaId['"]\]:['"](?P<saga>[^'"]*)['"]""")


def create_intent(store: Store, parameters: Parameters) -> Answer:
    """POST /v1/payment_intents."""
    if any("card][number" in name for name in parameters):
        raise invalid("parameter_unknown", param="payment_method_data[card][number]")
    if parameters.get("capture_method") != "manual":
        raise invalid("parameter_invalid_empty", param="capture_method")
    if {value for name, value in parameters.items() if name.startswith("allowed_payment_method_types")} != {"card"}:
        raise invalid("parameter_invalid_empty", param="allowed_payment_method_types")  # other ones settle days later
    amount = _amount(parameters, "amount")
    if not SMALLEST <= amount <= LARGEST:
        raise invalid("amount_too_small" if amount < SMALLEST else "amount_too_large", param="amount")
    intent = Intent(
        id=store.new_id("pi"),
        amount=amount,
        currency=_currency(parameters),
        created=store.clock.now(),
        saga_id=parameters.get("metadata[sagaId]", ""),
    )
    store.intents[intent.id] = intent
    return intent.shown()


def read_intent(store: Store, parameters: Parameters, intent_id: str) -> Answer:
    """GET /v1/payment_intents/ID: at once what was done."""
    del parameters
    return store.intent(intent_id).shown()


def confirm_intent(store: Store, parameters: Parameters, intent_id: str) -> Answer:
    """POST /v1/payment_intents/ID/confirm: places the hold."""
    intent = store.intent(intent_id)
    method = parameters.get("payment_method", "")
    if method not in METHODS:
        raise invalid("resource_missing", param="payment_method")
    _check_state(intent, *_BEFORE_A_HOLD)
    if method == DECLINED:
        intent.latest_charge, intent.status = store.new_id("ch"), "requires_payment_method"
        raise StripeError(402, "card_error", "card_declined")
    if method == NEEDS_3DS:
        if parameters.get("error_on_requires_action") == "true":
            intent.status = "requires_payment_method"
            raise StripeError(402, "card_error", "authentication_required")
        intent.status = "requires_action"
        return intent.shown()
    intent.payment_method, intent.latest_charge = method, store.new_id("ch")
    intent.status, intent.held_at = "requires_capture", store.clock.now()
    store.note("authorise", intent, intent.amount, str(intent.latest_charge))
    return intent.shown()


def capture_intent(store: Store, parameters: Parameters, intent_id: str) -> Answer:
    """POST /v1/payment_intents/ID/capture: takes the money."""
    intent = store.intent(intent_id)
    amount = _amount(parameters, "amount_to_capture") if "amount_to_capture" in parameters else intent.amount
    _check_state(intent, "requires_capture")
    if amount > intent.amount:
        raise invalid("amount_too_large")
    intent.status, intent.amount_received = "succeeded", amount
    store.note("capture", intent, amount, str(intent.latest_charge))
    return intent.shown()


def cancel_intent(store: Store, parameters: Parameters, intent_id: str) -> Answer:
    """POST /v1/payment_intents/ID/cancel: releases the hold, for good."""
    del parameters
    intent = store.intent(intent_id)
    _check_state(intent, "requires_capture", *_BEFORE_A_HOLD)
    store.release(intent)
    return intent.shown()


def create_refund(store: Store, parameters: Parameters) -> Answer:
    """POST /v1/refunds: at most what was captured."""
    intent = store.intent(parameters.get("payment_intent", ""))
    _check_state(intent, "succeeded")
    if intent.payment_method == DISPUTED:
        raise invalid("charge_disputed")
    left = intent.amount_received - store.refunded(intent.id)
    amount = _amount(parameters, "amount") if "amount" in parameters else left
    if left == 0:
        raise invalid("charge_already_refunded")
    if amount > left:
        raise invalid("amount_too_large")
    now = store.clock.now()
    slow = intent.payment_method in (PENDING_REFUND, FAILING_REFUND)
    refund = Refunded(
        id=store.new_id("re"),
        intent=intent.id,
        amount=amount,
        created=now,
        ends_as="failed" if intent.payment_method == FAILING_REFUND else "succeeded",
        ends_at=now + (REFUND_SECONDS if slow else 0),
    )
    store.refunds[refund.id] = refund
    store.note("refund", intent, amount, refund.id)
    return refund.shown(now)


def list_refunds(store: Store, parameters: Parameters) -> Answer:
    """GET /v1/refunds?payment_intent=ID: newest first."""
    now, intent_id = store.clock.now(), parameters.get("payment_intent", "")
    store.intent(intent_id)
    found = [one.shown(now) for one in store.refunds.values() if one.intent == intent_id]
    return _list(found[::-1], "/v1/refunds")


def search_intents(store: Store, parameters: Parameters) -> Answer:
    """GET /v1/payment_intents/search: a minute late."""
    query = _QUERY.fullmatch(parameters.get("query", ""))
    if query is None:
        raise invalid("parameter_invalid_string_blank", param="query")
    seen = store.clock.now() - SEARCH_LAG_SECONDS
    found = [one.shown() for one in store.intents.values() if one.saga_id == query["saga"] and one.created <= seen]
    return {**_list(found, "/v1/payment_intents/search"), "object": "search_result"}


Operation = Callable[..., Answer]
OPERATIONS: Final[Mapping[tuple[str, str], Operation]] = {
    ("POST", r"/v1/payment_intents"): create_intent,
    ("GET", r"/v1/payment_intents/search"): search_intents,
    ("GET", r"/v1/payment_intents/([^/]+)"): read_intent,
    ("POST", r"/v1/payment_intents/([^/]+)/confirm"): confirm_intent,
    ("POST", r"/v1/payment_intents/([^/]+)/capture"): capture_intent,
    ("POST", r"/v1/payment_intents/([^/]+)/cancel"): cancel_intent,
    ("POST", r"/v1/refunds"): create_refund,
    ("GET", r"/v1/refunds"): list_refunds,
}


def run(store: Store, method: str, path: str, parameters: Parameters) -> Answer:
    """Does what a request asks for; raises `StripeError`."""
    for (known_method, pattern), operation in OPERATIONS.items():
        found = re.fullmatch(pattern, path)
        if known_method == method and found:
            with store.lock:
                return operation(store, parameters, *found.groups())
    raise invalid("resource_missing", status=404)


def _list(found: list[Answer], url: str) -> Answer:
    return {"object": "list", "url": url, "has_more": False, "data": found}


def _check_state(intent: Intent, *allowed: str) -> None:
    if intent.status not in allowed:
        raise invalid("payment_intent_unexpected_state")


def _amount(parameters: Parameters, name: str) -> int:
    text = parameters.get(name, "")
    if not text.isdecimal() or int(text) == 0:
        raise invalid("parameter_invalid_integer", param=name)
    return int(text)


def _currency(parameters: Parameters) -> str:
    text = parameters.get("currency", "")
    if not _CURRENCY.fullmatch(text):
        raise invalid("parameter_invalid_string_blank", param="currency")
    return text
